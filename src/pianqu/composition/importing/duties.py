"""Duty lists in Excel or TOML become lines of the powers matrix; every line that cannot be one is named with its reason.

An Excel list has its column names in the first row, English or Chinese; values may be codes or the words and names that
people use. A TOML list is described in the district pack's own (`duties_synthetic.toml`).
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.utils.translation import gettext as _

from pianqu.composition.importing.cells import Bad, Line, by_name, day, one, text
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services
from pianqu.rooms.directory.services import NewPower

OWN = "area"
"""Stands for the organisation of the place itself."""
COLUMNS = {
    "verb": "职权",
    "category": "事项类别",
    "area": "地方",
    "level": "层级",
    "organisation": "机构",
    "list": "清单",
    "article": "条目",
    "valid_from": "生效日",
    "valid_to": "失效日",
}
WORDS = {
    "verb": {"主办": "handle", "协助": "assist", "审批": "approve", "决定": "decide"},
    "level": {
        "区": "district",
        "街道": "street",
        "镇": "street",
        "片区": "cluster",
        "社区": "community",
        "村": "community",
    },
    "list": {"基本": "basic", "配合": "assisting", "收回": "taken_back"},
}


@dataclass(frozen=True, slots=True)
class Fault:
    """A line that cannot be taken. `number` is the row in Excel (the head is row 1), or the duty's place in TOML."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyList:
    """What a file says: its name as a source, the lines that can be taken with their numbers, and the others."""

    source: str
    powers: tuple[NewPower, ...]
    numbers: tuple[int, ...]
    faults: tuple[Fault, ...]


def read_toml(path: Path) -> DutyList:
    """The list in a TOML file, checked. Raises Invalid for a file that is no list at all."""
    named, lines = toml_lines(path)
    return checked(named, lines)


def toml_lines(path: Path) -> tuple[str, list[Line]]:
    """The name that a list gives itself, and a line for each area of each duty."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        groups: dict[str, list[str]] = table.get("areas", {})
        every: dict[str, object] = {key: table[key] for key in ("valid_from", "valid_to") if key in table}
        lines: list[Line] = []
        for number, duty in enumerate(table.get("duty", []), start=1):
            areas = duty.get("areas", [""])
            for area in groups.get(areas, [areas]) if isinstance(areas, str) else areas:
                lines.append((number, {**every, **duty, "area": area}))
        return str(table.get("source", path.stem)), lines
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid("list-not-toml", _("The file is not TOML: %(error)s.") % {"error": error}) from error
    except (AttributeError, TypeError) as error:
        raise Invalid("list-wrong", _("The file is TOML, but no duty list: %(error)s.") % {"error": error}) from error


class _Known:
    """Codes by everything that people may write for them."""

    def __init__(self) -> None:
        cards = directory.all_organisations()
        self.organisations = by_name((card.code, (card.name, card.short_name, card.name_en)) for card in cards)
        places = [card for card in cards if card.kind in {"district", "street", "town", "community", "village"}]
        self.places = by_name((card.code, (card.name, card.short_name, card.name_en)) for card in places)
        self.places |= {f"{card.code}000000": {card.code} for card in places if card.kind == "district"}
        self.categories = by_name((card.code, (card.name_zh, card.name_en)) for card in casework.categories())


def checked(source: str, lines: list[Line]) -> DutyList:
    """Lines against organisations, places and categories of this installation. Raises Invalid where there is none."""
    if not lines:
        raise Invalid("list-empty", _("The list holds no line."))
    known = _Known()
    faults: list[Fault] = []
    taken: list[tuple[int, NewPower]] = []
    for number, cells in lines:
        try:
            taken.append((number, _power(cells, known)))
        except Bad as bad:
            faults.append(Fault(number, str(bad)))
    wrong = dict(services.faults_of([power for _number, power in taken]))
    faults += [Fault(taken[at][0], reason) for at, reason in wrong.items()]
    good = [line for at, line in enumerate(taken) if at not in wrong]
    return DutyList(
        source=source[:80],
        powers=tuple(power for _number, power in good),
        numbers=tuple(number for number, _power in good),
        faults=tuple(sorted(faults, key=lambda fault: fault.number)),
    )


def _power(cells: Mapping[str, object], known: _Known) -> NewPower:
    area = one(text(cells, "area"), known.places, _missing("place"))
    named = text(cells, "organisation")
    valid_from = day(cells, "valid_from")
    if valid_from is None:
        raise Bad(_("It has no day from which it holds (valid_from)."))
    return NewPower(
        verb=_word(cells, "verb"),
        category=one(text(cells, "category"), known.categories, _missing("category")),
        area_code=area,
        level=_word(cells, "level"),
        organisation_code=area
        if named.casefold() == OWN
        else one(named, known.organisations, _missing("organisation")),
        list_kind=_word(cells, "list"),
        article=text(cells, "article"),
        valid_from=valid_from,
        valid_to=day(cells, "valid_to"),
    )


def _word(cells: Mapping[str, object], name: str) -> str:
    said = text(cells, name)
    return WORDS[name].get(said, said.lower())


def _missing(what: str) -> tuple[str, str]:
    """How it is said that nothing was named, or something unknown."""
    return {
        "place": (_("It names no place."), _("There is no place “%(text)s”.")),
        "category": (_("It names no category."), _("There is no category “%(text)s”.")),
        "organisation": (_("It names no organisation."), _("There is no organisation “%(text)s”.")),
    }[what]
