"""What is typed about rounds, promises and estates: read, and kept where it was refused."""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Invalid
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.queries import EstateCard, Neighbourhood
from pianqu.rooms.territory.services import NewEstate, NewPromise
from pianqu.rooms.territory.views import shown
from pianqu.rooms.territory.views.party_cards import Names, role_words

LINES = 3
"""Promises that the form of a round has room for; more are added to the round afterwards."""


@dataclass(frozen=True, slots=True)
class Failed:
    """Which form was refused, with what was typed and why."""

    act: str
    key: str
    typed: QueryDict
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A party of the place as a form sends it: `role:code`."""

    value: str
    word: str
    name: str
    is_chosen: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One promise as typed."""

    number: int
    who: str = ""
    what: str = ""
    due: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundForm:
    """A round to be entered."""

    day: str
    today: str
    choices: tuple[Choice, ...]
    lines: tuple[Line, ...]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseForm:
    """One more promise of a round."""

    choices: tuple[Choice, ...]
    line: Line
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellForm:
    """Whether a promise was kept."""

    verdict: str
    on: str
    words: str
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateForm:
    """An estate to be set; `is_new` for one that does not stand yet."""

    code: str
    name: str
    community_code: str
    property_code: str
    owners_code: str
    property_phone: str
    owners_phone: str
    committee_phone: str
    starts: str
    is_new: bool
    communities: tuple[tuple[str, str], ...]
    companies: tuple[tuple[str, str], ...]
    committees: tuple[tuple[str, str], ...]
    cells: tuple[tuple[str, str, bool], ...] = field(default=())
    buildings: int = 0
    error: str = ""


# rounds and promises -------------------------------------------------------------------------------------------------


def choices(told: Iterable[tuple[str, str]], names: Names, chosen: Sequence[str] = ()) -> tuple[Choice, ...]:
    """Parties, as (role, organisation), for a form."""
    words = role_words()
    return tuple(
        Choice(
            value=f"{role}:{code}", word=words[role], name=names.name(code).text, is_chosen=f"{role}:{code}" in chosen
        )
        for role, code in told
    )


def round_form(told: Iterable[tuple[str, str]], names: Names, failed: Failed | None) -> RoundForm:
    today = timezone.localdate().isoformat()
    mine = failed if failed and failed.act == "round" else None
    if mine is None:
        parties = tuple(told)
        blank = tuple(Line(number=number) for number in range(1, LINES + 1))
        every = [f"{role}:{code}" for role, code in parties] if len(parties) <= LINES + 1 else []
        return RoundForm(day=today, today=today, choices=choices(parties, names, every), lines=blank)
    typed = mine.typed
    return RoundForm(
        day=typed.get("day", "")[:10],
        today=today,
        choices=choices(told, names, typed.getlist("party")),
        lines=tuple(_line(typed, number) for number in range(1, LINES + 1)),
        error=mine.message,
    )


def promise_form(told: Iterable[tuple[str, str]], names: Names, key: str, failed: Failed | None) -> PromiseForm:
    mine = failed if failed and (failed.act, failed.key) == ("promise", key) else None
    line = _line(mine.typed, 1) if mine else Line(number=1)
    return PromiseForm(choices=choices(told, names), line=line, error=mine.message if mine else "")


def tell_form(key: str, failed: Failed | None) -> TellForm:
    mine = failed if failed and (failed.act, failed.key) == ("tell", key) else None
    if mine is None:
        return TellForm(verdict="", on=timezone.localdate().isoformat(), words="")
    typed = mine.typed
    return TellForm(
        verdict=typed.get("verdict", "")[:8],
        on=typed.get("on", "")[:10],
        words=typed.get("words", ""),
        error=mine.message,
    )


def _line(typed: QueryDict, number: int) -> Line:
    return Line(
        number=number,
        who=typed.get(f"who-{number}", ""),
        what=typed.get(f"what-{number}", ""),
        due=typed.get(f"due-{number}", "")[:10],
    )


def promised(typed: QueryDict) -> list[NewPromise]:
    """The promises of a round's form; empty lines are left out. Raises Invalid."""
    lines = [_line(typed, number) for number in range(1, LINES + 1)]
    return [_promise(line) for line in lines if line.who or line.what.strip() or line.due]


def one_promise(typed: QueryDict) -> NewPromise:
    """The promise of the small form. Raises Invalid."""
    return _promise(_line(typed, 1))


def _promise(line: Line) -> NewPromise:
    if not line.who:
        raise Invalid("promise-party", _("Please choose who promised it. Nothing was entered."))
    role, code = _pair(line.who)
    return NewPromise(role=role, organisation_code=code, words=line.what, due_on=day(line.due))


def _pair(text: str) -> tuple[str, str]:
    role, _colon, code = text.partition(":")
    return role[:12], code[:32]


def took_part(typed: QueryDict) -> list[tuple[str, str]]:
    """Who took part, as (role, organisation)."""
    return [_pair(text) for text in typed.getlist("party")]


def day(text: str) -> date:
    """Raises Invalid for what is no day."""
    found = shown.day_of(text)
    if found is None:
        raise Invalid("day-wrong", _("Please write the day like 2026-12-01. Nothing was changed."))
    return found


def read_id(text: str) -> uuid.UUID:
    """Raises Invalid for what is no id."""
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Invalid("id-wrong", _("This form is out of date. Please load the page again.")) from error


# estates -------------------------------------------------------------------------------------------------------------


def estate_form(
    where: Neighbourhood, known: Sequence[EstateCard], asked: str, names: Names, failed: Failed | None
) -> EstateForm:
    """The form for the estate `asked` of these, or for a new one; or with what was typed. One statement."""
    mine = failed if failed and failed.act == "estate" else None
    card = next((one for one in known if one.code == (mine.typed.get("code", "") if mine else asked)), None)
    told = _typed(mine.typed) if mine else _standing(card) if card else _blank(where, known)
    community = str(told["community_code"])
    chosen = set(mine.typed.getlist("cells")) if mine else set(card.cell_codes) if card else set(where.cell_codes[:1])
    bodies = directory.all_organisations("property", "owners_committee")
    cells = queries.cells(on=timezone.localdate(), community_code=community)
    return EstateForm(
        **told,
        is_new=card is None,
        communities=tuple((code, names.name(code).text) for code in where.community_codes),
        companies=tuple((body.code, names.name(body.code).text) for body in bodies if body.kind == "property"),
        committees=tuple((body.code, names.name(body.code).text) for body in bodies if body.kind != "property"),
        cells=tuple((one.code, one.name, one.code in chosen) for one in cells if one.kind != queries.MICRO),
        buildings=len(card.building_codes) if card else 0,
        error=mine.message if mine else "",
    )


TEXTS = (
    "code",
    "name",
    "community_code",
    "property_code",
    "owners_code",
    "property_phone",
    "owners_phone",
    "committee_phone",
    "starts",
)


def _typed(typed: QueryDict) -> dict[str, str]:
    return {name: typed.get(name, "").strip()[:80] for name in TEXTS}


def _standing(card: EstateCard) -> dict[str, str]:
    told = {name: str(getattr(card, name)) for name in TEXTS if name != "starts"}
    return {**told, "starts": timezone.localdate().isoformat()}


def _blank(where: Neighbourhood, known: Sequence[EstateCard]) -> dict[str, str]:
    community = where.community_codes[0] if where.community_codes else ""
    taken = {card.code for card in known}
    code = next(code for number in range(1, len(taken) + 2) if (code := f"{community}-E{number:02}") not in taken)
    told = {"code": code, "community_code": community, "starts": timezone.localdate().isoformat()}
    return {**dict.fromkeys(TEXTS, ""), **told}


def new_estate(typed: QueryDict, known: Iterable[EstateCard]) -> tuple[NewEstate, date]:
    """The estate as typed, with its buildings where it stands already, and from which day on. Raises Invalid."""
    told = _typed(typed)
    starts = day(told.pop("starts"))
    standing = next((card for card in known if card.code == told["code"]), None)
    buildings = standing.building_codes if standing else ()
    return NewEstate(**told, cell_codes=typed.getlist("cells")[:60], building_codes=buildings), starts
