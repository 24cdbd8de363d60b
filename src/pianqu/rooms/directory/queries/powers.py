"""The powers matrix: who answers, who holds what, and where the lists leave a gap or contradict each other."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from pianqu.foundation.actor import Actor
from pianqu.rooms.directory import rules
from pianqu.rooms.directory.models import Organisation, Power, SendDown
from pianqu.rooms.directory.queries.organisations import grounds, own_ground, tree, valid_on
from pianqu.rooms.directory.queries.prevailing import (
    GAP,
    PowerCard,
    Responsibility,
    around,
    covers,
    foremost,
    in_force,
    responsibility,
    stem,
    within,
)

_POWER = (
    "id",
    "verb",
    "category",
    "area_code",
    "level",
    "organisation__code",
    "list_kind",
    "article",
    "source",
    "valid_from",
    "valid_to",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A gap or an overlap of the lists, from a day on, in one place with its name; a whole street stands for its communities."""

    kind: str
    category: str
    place_code: str
    place_name: str
    on: date
    candidates: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """Whether a matter may be given to an organisation by the lists. `reason`: taken_back, not_listed or empty."""

    allowed: bool
    reason: str = ""
    article: str = ""
    source: str = ""


def cards(rows: QuerySet[Power]) -> list[PowerCard]:
    """Rows of the matrix as cards, in one statement."""
    names = [name.replace("__", "_") if name != "id" else "power_id" for name in _POWER]
    return [PowerCard(**dict(zip(names, row, strict=True))) for row in rows.values_list(*_POWER)]


def _reaching(place_code: str, on: date, **more: Any) -> list[PowerCard]:
    """All powers that reach a place on a day; two statements."""
    rows = Power.objects.filter(valid_on(on), area_code__in=around(place_code), **more)
    found = cards(rows.order_by("article", "id"))
    ground = grounds((power.organisation_code for power in found if power.level == "cluster"), on)
    return [power for power in found if covers(power, place_code, ground)]


def who_answers(*, category: str, place_code: str, on: date, without: Collection[str] = ()) -> Responsibility:
    """Who answers for a category in a community (or a street as a whole) on a day; two statements, whatever the lists hold.

    `without`: organisations that have no business in this very spot (the property companies of other estates).
    """
    found = _reaching(place_code, on, category=category, verb__in=(rules.HANDLE, rules.ASSIST))
    return responsibility([power for power in found if power.organisation_code not in without])


def answers_at(place_code: str, on: date, categories: Iterable[str]) -> dict[str, Responsibility]:
    """The same for several categories at once, in their order; two statements."""
    asked = list(categories)
    found = _reaching(place_code, on, category__in=asked, verb__in=(rules.HANDLE, rules.ASSIST))
    return {code: responsibility([power for power in found if power.category == code]) for code in asked}


def holds(actor: Actor, verb: str, category: str, place_code: str, on: date) -> PowerCard | None:
    """The power by which the actor's organisation may do this there, or None. At most three statements.

    What departments took back is held by nobody else, whatever other lists say; helping is never taken back.
    For `decide` the word of an organisation that sent something down counts too.
    """
    found = _reaching(place_code, on, category=category, verb__in=(rules.HANDLE, verb))
    back = {power.organisation_code for power in found if power.list_kind == rules.TAKEN_BACK}
    if verb != rules.ASSIST and back and actor.organisation_code not in back:
        return None
    mine = [power for power in found if power.verb == verb and power.organisation_code == actor.organisation_code]
    if mine:
        return foremost(mine)[0]
    return _sent(actor.organisation_code, category, place_code, on) if verb == rules.DECIDE else None


def _sent(centre_code: str, category: str, place_code: str, on: date) -> PowerCard | None:
    """What was sent down to a centre lets it decide on the ground that it serves."""
    rows = SendDown.objects.filter(valid_on(on, "starts", "ends"), centre__code=centre_code).select_related("sender")
    given = [row for row in rows.order_by("starts", "id") if category in row.may_decide]
    areas = _ground_of(centre_code, on) if given else frozenset[str]()
    for row in given:
        if any(within(place_code, area) for area in areas):
            return PowerCard(
                power_id=row.id,
                verb=rules.DECIDE,
                category=category,
                area_code=place_code,
                level="cluster",
                organisation_code=centre_code,
                list_kind=rules.SENT_DOWN,
                article=row.title,
                source=row.sender.code,
                valid_from=row.starts,
                valid_to=row.ends,
            )
    return None


def _ground_of(code: str, on: date) -> frozenset[str]:
    """The served ground, or the code itself where it is a place's."""
    return grounds([code], on).get(code) or (frozenset({code}) if len(code) == 12 else frozenset())


def may_be_given(*, category: str, place_code: str, organisation_code: str, on: date, kind: str = "") -> Giving:
    """Whether the lists let a matter be given to an organisation there. At most three statements, two with its `kind`.

    A department may always be asked (it objects where it is wrong); the ground only with a listed power, and never for what was
    taken back. The line of the list that says so is cited.
    """
    found = _reaching(place_code, on, category=category, verb__in=(rules.HANDLE, rules.ASSIST))
    mine = [power for power in found if power.organisation_code == organisation_code]
    back = [power for power in found if power.list_kind == rules.TAKEN_BACK]
    if back and not any(power.organisation_code == organisation_code for power in back):
        return _given_back(organisation_code, back[0], mine, kind)
    if mine or _may_be_asked(organisation_code, kind):
        return Giving(allowed=True, article=mine[0].article if mine else "", source=mine[0].source if mine else "")
    return Giving(allowed=False, reason="not_listed")


def items_at(*, category: str, place_code: str, on: date) -> tuple[PowerCard, ...]:
    """Every item of the lists that speaks of this category there: what a return or an objection may cite. Two statements."""
    return tuple(_reaching(place_code, on, category=category)) if place_code else ()


def powers_at(*, place_code: str, on: date, categories: Iterable[str]) -> tuple[PowerCard, ...]:
    """Items of the lists in force that speak of these categories there: by category, who handles it first. Two statements."""
    found = _reaching(place_code, on, category__in=list(categories))
    order = (rules.HANDLE, rules.DECIDE, rules.APPROVE, rules.ASSIST)
    return tuple(sorted(found, key=lambda power: (power.category, order.index(power.verb), power.article)))


def articles_at(*, place_code: str, on: date) -> frozenset[str]:
    """Every item that any list in force says of a place, or of anywhere where no place is known. At most two statements."""
    if place_code:
        return frozenset(power.article for power in _reaching(place_code, on))
    return frozenset(Power.objects.filter(valid_on(on)).values_list("article", flat=True))


def working_at(place_code: str) -> frozenset[str]:
    """Codes of who stands and works at a place, or has no ground of its own; of all who stand where no place is known.

    For pages: some seconds old at most, and no statement as a rule.
    """
    known = tree()
    grounds = {
        card.code: known.ground.get(card.code, frozenset()) | own_ground(card) | {card.serves_code} - {""}
        for card in known.cards
        if not card.ended
    }
    return frozenset(
        code
        for code, areas in grounds.items()
        if not (place_code and areas) or any(within(place_code, area) for area in areas)
    )


def _given_back(organisation_code: str, back: PowerCard, mine: list[PowerCard], kind: str) -> Giving:
    helping = any(power.verb == rules.ASSIST for power in mine)
    if helping or _may_be_asked(organisation_code, kind):
        return Giving(allowed=True, article=back.article, source=back.source)
    return Giving(allowed=False, reason=rules.TAKEN_BACK, article=back.article, source=back.source)


def _may_be_asked(organisation_code: str, kind: str) -> bool:
    if not kind:
        kind = Organisation.objects.filter(code=organisation_code).values_list("kind", flat=True).first() or ""
    return kind in {"department", "district"}


def powers_of(organisation_code: str, on: date) -> tuple[PowerCard, ...]:
    """Everything that the lists give an organisation on a day, by category and verb."""
    rows = Power.objects.filter(valid_on(on), organisation__code=organisation_code)
    return tuple(cards(rows.order_by("category", "verb", "area_code", "id")))


def powers_of_all(organisation_codes: Collection[str], on: date) -> tuple[PowerCard, ...]:
    """The same for several organisations. One statement."""
    rows = Power.objects.filter(valid_on(on), organisation__code__in=set(organisation_codes))
    return tuple(cards(rows.order_by("category", "verb", "area_code", "id")))


def troubles(*, on: date, categories: Collection[str] | None = None) -> tuple[Trouble, ...]:
    """Gaps and overlaps of the living lists, today and on every later day on which a line begins or ends.

    Without `categories`, those that the lists name. Three statements, then thinking in memory.
    """
    found = cards(Power.objects.filter(verb=rules.HANDLE).exclude(valid_to__lte=on))
    ground = grounds({power.organisation_code for power in found if power.level == "cluster"})
    names = dict(
        Organisation.objects.filter(valid_on(on), kind__in=rules.STREETS | rules.COMMUNITIES)
        .order_by("code")
        .values_list("code", "short_name")
    )
    wanted = sorted({power.category for power in found} if categories is None else set(categories))
    said: set[tuple[str, str, str, tuple[str, ...]]] = set()
    out: list[Trouble] = []
    for category in wanted:
        mine = [power for power in found if power.category == category]
        for day in _days(mine, on):
            for trouble in _on_day(category, [p for p in mine if in_force(p, day)], names, ground, day):
                key = (trouble.kind, category, trouble.place_code, trouble.candidates)
                if key not in said:
                    said.add(key)
                    out.append(trouble)
    return tuple(out)


def _days(powers: Iterable[PowerCard], on: date) -> list[date]:
    """Today and the later days on which something changes, but for the day on which the last line ends."""
    turns = {day for power in powers for day in (power.valid_from, power.valid_to) if day and day > on}
    return [on, *sorted(turns)]


def _on_day(
    category: str, powers: list[PowerCard], names: Mapping[str, str], ground: Mapping[str, frozenset[str]], day: date
) -> list[Trouble]:
    """Troubles of one category on one day, by community; where a whole street has the same one, by street."""
    there: dict[str, Trouble] = {}
    for code, name in names.items():
        reaching = [power for power in powers if covers(power, code, ground)]
        answer = responsibility(reaching)
        quarrel = _contradictions(reaching)
        if not answer.trouble and not quarrel:
            continue
        at_odds = sorted({*answer.candidates, *quarrel})
        there[code] = Trouble(
            kind=answer.trouble or "overlap",
            category=category,
            place_code=code,
            place_name=name,
            on=day,
            candidates=tuple(at_odds),
            articles=tuple(sorted({p.article for p in reaching if p.organisation_code in at_odds})),
        )
    return _gathered(there, names)


def _contradictions(powers: list[PowerCard]) -> set[str]:
    """A matter that departments took back while another list leaves it on the ground: all who are named."""
    back = {power.organisation_code for power in powers if power.list_kind == rules.TAKEN_BACK}
    basic = {power.organisation_code for power in powers if power.list_kind == rules.BASIC}
    return back | basic if back and basic - back else set()


def _gathered(there: Mapping[str, Trouble], names: Mapping[str, str]) -> list[Trouble]:
    """One line for a street of which every community has the same trouble; communities by themselves elsewhere.

    A street that is in trouble only as a whole (all its communities have an answer of their own) is in none.
    """
    out: list[Trouble] = []
    for code, name in names.items():
        if not code.endswith("000"):
            continue
        inside = [other for other in names if other != code and other.startswith(stem(code))]
        hit = [there[other] for other in inside if other in there]
        alike = len({(trouble.kind, trouble.candidates) for trouble in hit}) == 1
        if hit and alike and len(hit) == len(inside):
            first = hit[0]
            out.append(
                Trouble(
                    kind=first.kind,
                    category=first.category,
                    place_code=code,
                    place_name=name,
                    on=first.on,
                    candidates=first.candidates,
                    articles=first.articles,
                )
            )
        elif inside:
            out += hit
        elif code in there:
            out.append(there[code])
    orphans = [code for code in names if not code.endswith("000") and f"{code[:9]}000" not in names]
    return out + [there[code] for code in orphans if code in there]


__all__ = [
    "GAP",
    "Giving",
    "PowerCard",
    "Responsibility",
    "Trouble",
    "answers_at",
    "holds",
    "may_be_given",
    "powers_of",
    "troubles",
    "who_answers",
]
