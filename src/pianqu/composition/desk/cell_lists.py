"""What may be handed to cells, who works in them, and how many live where, from tables: checked as a whole, shown as it would be,
taken in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.composition.desk.uploads import sent_list
from pianqu.composition.desk.who import administrator, in_english
from pianqu.composition.desk.workbooks import workbook_answer
from pianqu.composition.importing import buildings, entries, staffing
from pianqu.composition.importing.table import Fault
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem, as_problem
from pianqu.foundation.trial import tried
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.territory import queries as territory

SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was sent beside the file."""

    actor: Actor
    now: datetime
    name: str
    starts: str
    skip: bool
    check: bool

    @property
    def day(self) -> date:
        """The first day. Raises Invalid."""
        try:
            day = parse_date(self.starts)
        except ValueError:
            day = None
        if day is None:
            raise Invalid("day-wrong", _("Write the first day like 2026-12-01."))
        return day


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came, or would come, of a table."""

    title: str
    sentences: tuple[str, ...]
    added: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()


class Found(Protocol):
    """What was read of a table."""

    @property
    def faults(self) -> tuple[Fault, ...]: ...


F = TypeVar("F", bound=Found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[F]):
    """One of these tables: how it is read, said and put into force."""

    template: str
    largest: int
    read: Callable[[Path, date], F]
    can_be_taken: Callable[[F], str]
    take: Callable[[F, Asked, str], Outcome]
    """The good lines, what was asked, and what the file is called."""
    standing: Callable[[date], dict[str, object]]
    """What the page tells of a day before any file."""


def _page(request: HttpRequest, table: Table[F]) -> HttpResponse:
    """The form, or what came of the file: taken whole, without its bad lines where that was asked for, or not at all."""
    actor, now, typed = administrator(request), timezone.now(), request.POST
    today = timezone.localdate(now)
    asked = Asked(
        actor=actor,
        now=now,
        name=typed.get("name", "").replace("\x00", "").strip()[:60],
        starts=typed.get("starts", today.isoformat())[:10],
        skip=typed.get("skip") == "1",
        check=typed.get("step") == "check",
    )
    context, status = _sent(request, table, asked) if request.method == "POST" else ({}, 200)
    return render(request, table.template, {**context, "asked": asked, **table.standing(today)}, status=status)


def _sent(request: HttpRequest, table: Table[F], asked: Asked) -> tuple[dict[str, object], int]:
    context: dict[str, object] = {}
    missing = _("Please choose a file: Excel (.xlsx) or CSV (.csv).")
    try:
        with sent_list(request, missing=missing, largest=table.largest) as (path, name):
            found = table.read(path, asked.day)
        faults = found.faults
        context |= {"good": table.can_be_taken(found), "faults": faults[:SHOWN], "bad": len(faults)}
        context["more"] = max(0, len(faults) - SHOWN)
        if asked.check:
            context["outcome"] = tried(lambda: table.take(found, asked, name))
        elif asked.skip or not faults:
            context["outcome"] = table.take(found, asked, name)
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        return {**context, "error": problem.message}, problem.status
    return context, Invalid.status if faults and "outcome" not in context else 200


# the entry list ------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def entry_list(request: HttpRequest) -> HttpResponse:
    """The list in force, and a form for the next one."""
    return _page(request, _ENTRY_LIST)


@never_cache
@login_required
@require_safe
def entry_list_book(request: HttpRequest) -> HttpResponse:
    """The list in force today as a table that can be changed and sent back."""
    administrator(request)
    return workbook_answer(entries.workbook(on=timezone.localdate()), "entry-list.xlsx")


def _entries(found: entries.Entries) -> str:
    n = len(found.good)
    return ngettext("%(n)s entry can be taken.", "%(n)s entries can be taken.", n) % {"n": n}


def _take_entries(found: entries.Entries, asked: Asked, file: str) -> Outcome:
    name = (asked.name or file)[:60]
    change = entries.take(found, name=name, valid_from=asked.day, actor=asked.actor, now=asked.now)
    told = {"day": asked.starts, "added": len(change.added), "kept": change.kept, "ended": len(change.ended)}
    kinds, categories = _words()
    return Outcome(
        title=name,
        sentences=(_("From %(day)s: %(added)s added, %(kept)s kept, %(ended)s ended.") % told,),
        added=tuple(f"{kinds[kind]} · {categories.get(category, category)}" for kind, category in change.added),
        ended=tuple(f"{kinds[kind]} · {categories.get(category, category)}" for kind, category in change.ended),
    )


def _words() -> tuple[dict[str, str], dict[str, str]]:
    """Kinds of cells and categories in the reader's language."""
    kinds = {
        "ordinary": _("Ordinary cells"),
        "special": _("Special cells"),
        "micro": _("Micro-cells"),
    }
    english = in_english()
    return kinds, {card.code: card.name_en if english else card.name_zh for card in casework.categories()}


def _standing_entries(on: date) -> dict[str, object]:
    rows = territory.entry_list(on=on)
    kinds, categories = _words()
    grouped = [
        (word, [(categories.get(code, code), article) for _name, of, code, article in rows if of == kind])
        for kind, word in kinds.items()
    ]
    return {"names": sorted({row[0] for row in rows}), "kinds": [(word, items) for word, items in grouped if items]}


_ENTRY_LIST = Table(
    template="composition/entry_list.html",
    largest=entries.LARGEST,
    read=lambda path, _on: entries.read(path),
    can_be_taken=_entries,
    take=_take_entries,
    standing=_standing_entries,
)


# the people of cells -------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cell_people(request: HttpRequest) -> HttpResponse:
    """How many cells have a leader, and a form that names the people of many at once."""
    return _page(request, _CELL_PEOPLE)


@never_cache
@login_required
@require_safe
def cell_people_book(request: HttpRequest) -> HttpResponse:
    """Who works where today as a table that can be changed and sent back."""
    administrator(request)
    return workbook_answer(staffing.workbook(on=timezone.localdate()), "cell-people.xlsx")


def _crews(found: staffing.Crews) -> str:
    n, people = len(found.good), sum(len(named) for named in found.good.values())
    sentence = ngettext(
        "%(n)s cell can be staffed, people in all: %(people)s.",
        "%(n)s cells can be staffed, people in all: %(people)s.",
        n,
    )
    return sentence % {"n": n, "people": people}


def _take_people(found: staffing.Crews, asked: Asked, _file: str) -> Outcome:
    staffing.take(found, on=asked.day, actor=asked.actor, now=asked.now)
    n, bare = len(found.good), staffing.led(on=asked.day).bare
    named = ngettext("The people of %(n)s cell are named.", "The people of %(n)s cells are named.", n) % {"n": n}
    left = ngettext("%(n)s cell has no leader then.", "%(n)s cells have no leader then.", bare) % {"n": bare}
    return Outcome(title=_("From %(day)s") % {"day": asked.starts}, sentences=(named, left))


def _standing_people(on: date) -> dict[str, object]:
    return {"led": staffing.led(on=on)}


_CELL_PEOPLE = Table(
    template="composition/cell_people.html",
    largest=staffing.LARGEST,
    read=lambda path, on: staffing.read(path, on=on),
    can_be_taken=_crews,
    take=_take_people,
    standing=_standing_people,
)


# buildings -----------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def building_roll(request: HttpRequest) -> HttpResponse:
    """How many households each community has by the roll that counts, and a form for the next roll."""
    return _page(request, _BUILDINGS)


@never_cache
@login_required
@require_safe
def building_roll_book(request: HttpRequest) -> HttpResponse:
    """The roll that counts as a table that can be changed and sent back."""
    administrator(request)
    return workbook_answer(buildings.workbook(), "buildings.xlsx")


def _houses(found: buildings.Roll) -> str:
    n, homes = len(found.good), found.households
    sentence = ngettext(
        "%(n)s building can be taken, households in all: %(homes)s.",
        "%(n)s buildings can be taken, households in all: %(homes)s.",
        n,
    )
    return sentence % {"n": n, "homes": homes}


def _take_houses(found: buildings.Roll, asked: Asked, file: str) -> Outcome:
    buildings.take(found, source=asked.name or file, actor=asked.actor, now=asked.now)
    empty = len(_communities()) - len({building.community_code for building in found.good})
    sentence = ngettext("%(n)s community has no building.", "%(n)s communities have no building.", empty)
    return Outcome(title=_houses(found), sentences=(sentence % {"n": empty},))


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A community with its counts; none where no building of it is on the roll."""

    name: str
    lang: str
    counts: territory.Counts | None


def _communities() -> list[territory.PlaceCard]:
    return [place for _code, place in sorted(territory.places().items()) if place.level == "community"]


def _standing_houses(_on: date) -> dict[str, object]:
    counts, english = territory.households_by_community(), in_english()
    rows = [
        Counted(
            name=place.name_en if english and place.name_en else place.short_name,
            lang="en" if english and place.name_en else "zh-CN",
            counts=counts.get(place.code),
        )
        for place in _communities()
    ]
    return {
        "roll": territory.building_roll(),
        "rows": rows,
        "buildings": sum(one.buildings for one in counts.values()),
        "households": sum(one.households for one in counts.values()),
        "empty": sum(row.counts is None for row in rows),
    }


_BUILDINGS = Table(
    template="composition/buildings.html",
    largest=buildings.LARGEST,
    read=lambda path, _on: buildings.read(path),
    can_be_taken=_houses,
    take=_take_houses,
    standing=_standing_houses,
)
