"""Two editions of a table of codes side by side: what every old code is now, and what a person has to decide."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pianqu.composition.importing.cells import Bad, text
from pianqu.composition.planning.extras import Extra, Sheet
from pianqu.composition.planning.points import Cells, digest, read_lines, refuse
from pianqu.composition.planning.writing import Rows, as_csv, as_excel
from pianqu.kernels.editions import Change, Compared, Place, compared

TABLE, WORKBOOK = "editions.csv", "editions.xlsx"
NEEDED = {"code": "编码", "name": "名称"}
PARENTS = {"parent": "上级编码", "street_code": "街道编码"}
COMMUNITY, STREET = 12, 9
"""Figures of a community's statistical code, which begins with its street's."""


def editions(old: Path, new: Path) -> Extra:
    """All that can be told of the two. Raises Invalid for tables that cannot be used."""
    before, after = _read(old), _read(new)
    found = compared(before.values(), after.values())
    head, rows = _codes_head(), _code_rows(found, before, after)
    sheets: list[Sheet] = [
        (pgettext("plan", "Codes"), head, rows),
        (pgettext("plan", "To be decided"), _asked_head(), _asked_rows(found, before, after)),
        (pgettext("plan", "New"), _new_head(), _new_rows(found, after)),
    ]
    return Extra(
        files={TABLE: as_csv(head, rows)},
        workbooks={WORKBOOK: as_excel(*sheets)},
        told={"editions": _told(old, new, found, before, after)},
        lines=tuple(_lines(found, before, after)),
    )


def _read(path: Path) -> dict[str, Place]:
    found: dict[str, Place] = {}
    faults: list[tuple[int, str]] = []
    for number, cells in read_lines(path, NEEDED, PARENTS):
        try:
            place = _place(cells)
            if found.setdefault(place.code, place) is not place:
                raise Bad(_("the code stands on an earlier line already"))
        except Bad as bad:
            faults.append((number, str(bad)))
    refuse(path, faults)
    return found


def _place(cells: Cells) -> Place:
    code, name = text(cells, "code"), text(cells, "name")
    if not code:
        raise Bad(_("the code is missing"))
    if not name:
        raise Bad(_("the name is missing"))
    parent = text(cells, "parent") or text(cells, "street_code")
    own = code[:STREET] if len(code) == COMMUNITY and code.isdecimal() else ""
    return Place(code=code, name=name, parent=parent or own)


def _how(code: str) -> str:
    """What became of a place, as people say it."""
    return {
        "kept": pgettext("plan", "as it was"),
        "renamed": pgettext("plan", "another name"),
        "moved": pgettext("plan", "moved to another street"),
        "recoded": pgettext("plan", "another code"),
        "alike": pgettext("plan", "similar name"),
        "gone": pgettext("plan", "not found again"),
        "new": pgettext("plan", "new"),
    }[code]


def _codes_head() -> list[str]:
    return [
        pgettext("plan", "old code"),
        pgettext("plan", "old name"),
        pgettext("plan", "old street"),
        pgettext("plan", "new code"),
        pgettext("plan", "new name"),
        pgettext("plan", "new street"),
        pgettext("plan", "what became of it"),
        pgettext("plan", "sure"),
    ]


def _code_rows(found: Compared, before: Mapping[str, Place], after: Mapping[str, Place]) -> Rows:
    """A line for every old code; what is only proposed has its new code too, and is not sure."""
    yes, no = pgettext("plan", "yes"), pgettext("plan", "to be decided")
    kept = [Change(how="kept", old=code, new=code, sure=True) for code in found.kept]
    changes = sorted((*kept, *(one for one in found.changes if one.old)), key=lambda one: one.old)
    return [
        (*_cells(before, one.old), *_cells(after, one.new), _how(one.how), yes if one.sure else no) for one in changes
    ]


def _cells(places: Mapping[str, Place], code: str) -> tuple[str | None, str | None, str | None]:
    place = places.get(code)
    return (place.code, place.name, place.parent) if place else (None, None, None)


def _asked_head() -> list[str]:
    return [
        *_codes_head()[:3],
        pgettext("plan", "why it is asked"),
        pgettext("plan", "may be"),
        pgettext("plan", "decided: new code"),
    ]


def _asked_rows(found: Compared, before: Mapping[str, Place], after: Mapping[str, Place]) -> Rows:
    """A line for everything that a person decides, with a cell for the decision."""
    return [(*_cells(before, one.old), _how(one.how), _may_be(one, after), None) for one in found.asked() if one.old]


def _may_be(change: Change, after: Mapping[str, Place]) -> str:
    codes = [code for code in (change.new, *change.others) if code]
    return pgettext("plan", ", ").join(f"{code} {after[code].name}" for code in codes)


def _new_head() -> list[str]:
    return _codes_head()[3:6]


def _new_rows(found: Compared, after: Mapping[str, Place]) -> Rows:
    return [_cells(after, one.new) for one in found.changes if one.how == "new"]


def _told(
    old: Path, new: Path, found: Compared, before: Mapping[str, Place], after: Mapping[str, Place]
) -> dict[str, Any]:
    return {
        "inputs": [
            {"role": role, "file": path.name, "sha256": digest(path), "lines": len(places)}
            for role, path, places in (("old", old, before), ("new", new, after))
        ],
        **_figures(found, before, after),
        "to_be_decided": [
            {"old": one.old, "how": one.how, "proposed": one.new or None, "others": list(one.others)}
            for one in found.asked()
            if one.old
        ],
    }


def _figures(found: Compared, before: Mapping[str, Place], after: Mapping[str, Place]) -> dict[str, int]:
    how = Counter(one.how for one in found.changes)
    names = ("renamed", "moved", "recoded", "alike", "gone", "new")
    removed, added = len(before.keys() - after.keys()), len(after.keys() - before.keys())
    return {"removed": removed, "added": added, "kept": len(found.kept)} | {name: how[name] for name in names}


def _lines(found: Compared, before: Mapping[str, Place], after: Mapping[str, Place]) -> list[str]:
    figures: Mapping[str, int] = _figures(found, before, after)
    asked = sum(bool(one.old) for one in found.asked())
    return [
        _("Codes: %(removed)s removed, %(added)s added; %(kept)s are as they were.") % figures,
        _("Found again: %(moved)s in another street, %(recoded)s with another code, %(renamed)s with another name.")
        % figures,
        _("To be decided by a person: %(asked)s, %(alike)s of them with a proposal; see %(file)s.")
        % {"asked": asked, "alike": figures["alike"], "file": WORKBOOK},
    ]
