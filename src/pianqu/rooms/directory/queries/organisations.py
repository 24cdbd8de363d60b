"""Organisations: cards, the reporting line, and the ground they work on."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.db import fetch, vendor
from pianqu.foundation.errors import Absent
from pianqu.foundation.fresh import Fresh
from pianqu.rooms.directory import rules, sql
from pianqu.rooms.directory.models import Organisation, ServedArea, Succession


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationCard:
    """An organisation as others show it."""

    code: str
    kind: str
    name: str
    short_name: str
    name_en: str
    parent_code: str
    serves_code: str = ""
    """The street, town or centre that a department's station serves."""
    valid_from: date
    valid_to: date | None = None

    @property
    def ended(self) -> bool:
        """Whether it has an end: its name stays readable."""
        return self.valid_to is not None


_CARD = ("code", "kind", "name", "short_name", "name_en", "parent_code", "serves_code", "valid_from", "valid_to")


def valid_on(on: date, first: str = "valid_from", last: str = "valid_to") -> Q:
    """Rows in force on a day; their last day is the day before `valid_to`."""
    return Q(**{f"{first}__lte": on}) & (Q(**{last: None}) | Q(**{f"{last}__gt": on}))


def organisation(code: str) -> OrganisationCard:
    """Raises Absent for an unknown code."""
    found = organisations([code])
    if code not in found:
        raise Absent("organisation-absent", _("There is no such organisation."))
    return found[code]


def organisations(codes: Iterable[str]) -> dict[str, OrganisationCard]:
    """The cards of these codes in one statement, ended ones too; unknown codes are missing."""
    rows = Organisation.objects.filter(code__in=set(codes)).values(*_CARD)
    return {row["code"]: OrganisationCard(**row) for row in rows}


def hold(codes: Iterable[str]) -> dict[str, OrganisationCard]:
    """The cards of these codes, none of which ends before the transaction is over. Asked before any case is locked.

    Whoever would end one waits; where it has ended already, the card says so. SQLite has one writer and needs no lock.
    """
    wanted = set(codes)
    if wanted and vendor() == "postgresql":
        fetch(sql.hold(wanted))
    return organisations(wanted)


def all_organisations(*kinds: str, on: date | None = None) -> tuple[OrganisationCard, ...]:
    """Every organisation in force (on a day, or without an end), of these kinds or of all, by code."""
    rows = living(on).order_by("code")
    if kinds:
        rows = rows.filter(kind__in=kinds)
    return tuple(OrganisationCard(**row) for row in rows.values(*_CARD))


@dataclass(frozen=True, slots=True)
class Tree:
    """Every organisation there is or was, by code, and the ground of those that work on one."""

    cards: tuple[OrganisationCard, ...]
    ground: Mapping[str, frozenset[str]]


def _read() -> Tree:
    cards = tuple(OrganisationCard(**row) for row in Organisation.objects.order_by("code").values(*_CARD))
    rows = ServedArea.objects.filter(valid_to=None).values_list("organisation__code", "area_code")
    return Tree(cards, _grouped(rows))


_tree = Fresh(_read)


def tree(knowing: str = "") -> Tree:
    """Organisations for pages and scopes, a few seconds old at most; in two statements, or in none. Verbs ask the tables.

    One that does not stand in it is looked for anew: another process may have entered it a moment ago.
    """
    kept = _tree()
    if knowing and not any(card.code == knowing for card in kept.cards):
        _tree.forget()
        return _tree()
    return kept


def forget_organisations() -> None:
    """Read them anew at the next question: a verb changed them."""
    _tree.forget()


def _grouped(rows: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for code, area in rows:
        found.setdefault(code, set()).add(area)
    return {code: frozenset(areas) for code, areas in found.items()}


def every_organisation() -> tuple[OrganisationCard, ...]:
    """Every organisation there is or was, by code: what history names must stay readable."""
    return tree().cards


def living(on: date | None) -> QuerySet[Organisation]:
    """Organisations in force on a day; without a day those that have no end."""
    return Organisation.objects.filter(Q(valid_to=None) if on is None else valid_on(on))


def name_of(code: str) -> str:
    """How an organisation is called; its code where nobody knows it."""
    return Organisation.objects.filter(code=code).values_list("short_name", flat=True).first() or code


def parents(on: date | None = None) -> dict[str, str]:
    """Code → code of the superior (empty at the top) of all organisations in force, in one statement."""
    return dict(living(on).values_list("code", "parent_code"))


def line_above(code: str, parent_of: Mapping[str, str]) -> tuple[str, ...]:
    """The codes above one, nearest first. A line that bites its tail, or leaves what is known, ends there."""
    line: list[str] = []
    above = parent_of.get(code, "")
    while above in parent_of and above not in (code, *line):
        line.append(above)
        above = parent_of[above]
    return tuple(line)


def line_below(code: str, parent_of: Mapping[str, str]) -> frozenset[str]:
    """The codes that report to one, directly or through others."""
    below: dict[str, list[str]] = {}
    for child, parent in parent_of.items():
        below.setdefault(parent, []).append(child)
    found: set[str] = set()
    waiting = [code]
    while waiting:
        fresh = set(below.get(waiting.pop(), ())) - found - {code}
        found |= fresh
        waiting += fresh
    return frozenset(found)


def superiors(code: str, on: date | None = None) -> tuple[str, ...]:
    """The reporting line above an organisation, nearest first: matters escalate along it. One statement."""
    return line_above(code, parents(on))


def areas_of(code: str, on: date | None = None) -> frozenset[str]:
    """Place codes of the ground on which an organisation works; a street's or community's own ground is its code."""
    return grounds([code], on).get(code, frozenset())


def grounds(codes: Iterable[str], on: date | None = None) -> dict[str, frozenset[str]]:
    """The same for several, from the table alone; those that serve nothing are missing. One statement."""
    rows = ServedArea.objects.filter(organisation__code__in=set(codes))
    rows = rows.filter(Q(valid_to=None) if on is None else valid_on(on))
    return _grouped(rows.values_list("organisation__code", "area_code"))


def own_ground(card: OrganisationCard) -> frozenset[str]:
    """The place that an organisation is by its own code: streets, towns, communities and villages."""
    return frozenset({card.code}) if card.kind in rules.STREETS | rules.COMMUNITIES else frozenset()


def successors(code: str) -> tuple[str, ...]:
    """Who took over from an organisation that ended, oldest first; empty for one that stands."""
    return tuple(Succession.objects.filter(old_code=code).order_by("on", "new_code").values_list("new_code", flat=True))
