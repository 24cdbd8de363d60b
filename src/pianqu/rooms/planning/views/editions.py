"""Two editions of a table of codes side by side: what was kept, renamed and moved, and a question wherever that is unsure.

Nothing is kept here: both tables travel with the form, what was decided leaves as a workbook.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.foundation.errors import Invalid, Problem
from pianqu.kernels.editions import Change, Compared, Place
from pianqu.rooms.planning import queries
from pianqu.rooms.planning.queries import Editions
from pianqu.rooms.planning.views.acting import actor_of
from pianqu.rooms.planning.views.books import Cell, book

LARGEST = 2_000_000
ENDINGS = (".xlsx", ".csv")
NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A place of the old edition of which it is unsure what became of it."""

    code: str
    name: str
    street: str
    options: tuple[tuple[str, str, str], ...]
    """Code, name, and how alike in per cent ("" where only the ground speaks for it)."""
    chosen: str
    typed: str
    """The code of another place, as it was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRow:
    """What became of a place."""

    how: str
    old: str
    old_name: str
    new: str
    new_name: str
    decided: bool


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The form; sent, what became of each place; answered, the workbook."""
    actor_of(request)
    if request.method != "POST":
        return _form(request)
    try:
        editions = _editions(request)
        found = editions.compared()
    except Problem as problem:
        return _form(request, problem)
    given = {name: str(value).strip() for name, value in request.POST.items()}
    typed = {name[2:]: value for name, value in given.items() if name.startswith("o-") and value}
    chosen = {name[2:]: value for name, value in given.items() if name.startswith("c-")} | typed
    wrong = next((value for value in typed.values() if value not in editions.new), "")
    if request.POST.get("act") == "fetch" and not wrong:
        return _fetched(editions, found, chosen)
    return _result(request, editions, found, chosen, typed, wrong)


def _form(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    context = {"error": str(problem.message) if problem else "", "known": queries.places_now_count()}
    return render(request, "planning/editions.html", context, status=problem.status if problem else 200)


def _editions(request: HttpRequest) -> Editions:
    """From the files that were sent, or from what the form brought along."""
    carried = request.POST.get("tables", "")
    if carried:
        return queries.editions_of(_carried(carried))
    new = _sent(request, "new")
    if new is None:
        raise Invalid("edition-missing", _("Choose the table of the new edition."))
    return queries.read_editions(_sent(request, "old"), new)


def _carried(text: str) -> Mapping[str, Any]:
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Invalid("edition-broken", _("The tables did not come back whole. Please send both files again."))
    return told


def _sent(request: HttpRequest, name: str) -> tuple[str, bytes] | None:
    upload = request.FILES.get(name)
    if not isinstance(upload, UploadedFile):
        return None
    named = PurePath(upload.name or "").name[:80]
    if PurePath(named).suffix.lower() not in ENDINGS:
        told = {"file": named, "endings": ", ".join(ENDINGS)}
        raise Invalid("edition-ending", _("%(file)s is no table of codes (%(endings)s).") % told)
    if (upload.size or 0) > LARGEST:
        words = {"most": LARGEST // 1_000_000}
        raise Invalid("edition-large", _("A table of codes has at most %(most)d MB.") % words)
    return named, upload.read()


def _result(
    request: HttpRequest,
    editions: Editions,
    found: Compared,
    chosen: Mapping[str, str],
    typed: Mapping[str, str],
    wrong: str,
) -> HttpResponse:
    rows = _rows(editions, found, chosen)
    context = {
        "tables": json.dumps(editions.as_json(), ensure_ascii=False, separators=(",", ":")),
        "old_count": len(editions.old),
        "new_count": len(editions.new),
        "kept": len(found.kept),
        "removed": len(editions.old.keys() - editions.new.keys()),
        "added": len(editions.new.keys() - editions.old.keys()),
        "moved": sum(row.how in ("moved", "recoded") for row in rows),
        "questions": _questions(editions, found, chosen, typed),
        "codes": [(code, one.name) for code, one in sorted(editions.new.items())],
        "error": _("The new edition has no code %(code)s.") % {"code": wrong} if wrong else "",
        "sure": [_shown(row) for row in rows if row.how != NONE and not row.decided],
    }
    return render(request, "planning/editions_found.html", context, status=422 if wrong else 200)


def _questions(
    editions: Editions, found: Compared, chosen: Mapping[str, str], typed: Mapping[str, str]
) -> list[Question]:
    rows = []
    for change in found.asked():
        if not change.old:
            continue
        codes = ([change.new] if change.new else []) + list(change.others)
        rows.append(
            Question(
                code=change.old,
                name=editions.old[change.old].name,
                street=editions.street(change.old),
                options=tuple(_option(editions, change, code) for code in codes),
                chosen=chosen.get(change.old, change.new or NONE),
                typed=typed.get(change.old, ""),
            )
        )
    return rows


def _option(editions: Editions, change: Change, code: str) -> tuple[str, str, str]:
    alike = f"{change.likeness:.0%}" if code == change.new and change.likeness else ""
    return code, editions.new[code].name, alike


def _rows(editions: Editions, found: Compared, chosen: Mapping[str, str]) -> list[ChangeRow]:
    """Every change with what was decided; a place that went into none stays without a new code."""
    rows = []
    for change in found.changes:
        new, decided = change.new, False
        if change.old and not change.sure:
            picked = chosen.get(change.old, change.new)
            new, decided = (picked if picked in editions.new else ""), True
        rows.append(
            ChangeRow(
                how=change.how if change.sure or not new else "merged",
                old=change.old,
                old_name=_name(editions.old, change.old),
                new=new,
                new_name=_name(editions.new, new),
                decided=decided,
            )
        )
    taken = {row.new for row in rows if row.old}
    return [row for row in rows if row.old or row.new not in taken]


def _name(places: Mapping[str, Place], code: str) -> str:
    return places[code].name if code in places else ""


def how_word(how: str) -> str:
    """What became of a place, in a word."""
    return {
        "kept": pgettext("edition", "kept"),
        "renamed": pgettext("edition", "renamed"),
        "moved": pgettext("edition", "moved to another street"),
        "recoded": pgettext("edition", "new code"),
        "alike": pgettext("edition", "decided: the same"),
        "merged": pgettext("edition", "decided: went into"),
        "gone": pgettext("edition", "gone"),
        "new": pgettext("edition", "new"),
    }.get(how, how)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A change in words."""

    row: ChangeRow
    how: str


def _shown(row: ChangeRow) -> Shown:
    return Shown(row=row, how=how_word(row.how))


def _fetched(editions: Editions, found: Compared, chosen: Mapping[str, str]) -> HttpResponse:
    rows = _rows(editions, found, chosen)
    kept = [
        ChangeRow(
            how="kept",
            old=code,
            old_name=_name(editions.old, code),
            new=code,
            new_name=_name(editions.new, code),
            decided=False,
        )
        for code in found.kept
    ]
    head = [
        pgettext("edition", "old code"),
        pgettext("edition", "old name"),
        pgettext("edition", "new code"),
        pgettext("edition", "new name"),
        pgettext("edition", "what became of it"),
        pgettext("edition", "decided by a person"),
    ]
    renames: Sequence[Sequence[Cell]] = [
        [row.old, row.old_name, row.new, row.new_name, how_word(row.how), _yes(row.decided)] for row in rows
    ]
    homes = editions.households
    crosswalk: Sequence[Sequence[Cell]] = [
        [row.old, row.new, homes.get(row.old, homes.get(row.new)), 1.0]
        for row in sorted([*kept, *rows], key=lambda row: row.old)
        if row.old and row.new
    ]
    names = [
        pgettext("edition", "old code"),
        pgettext("edition", "new code"),
        pgettext("crosswalk", "households"),
        pgettext("crosswalk", "share of the first"),
    ]
    return book(
        "editions.xlsx",
        (pgettext("edition", "Renames"), head, renames),
        (pgettext("edition", "Crosswalk"), names, crosswalk),
    )


def _yes(decided: bool) -> str:
    return pgettext("merge", "yes") if decided else pgettext("merge", "no")
