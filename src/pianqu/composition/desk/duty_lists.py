"""Taking in a published duty list: a file, its bad lines by number, or what it changed and what the lists leave open."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from pianqu.composition.desk.uploads import sent_list
from pianqu.composition.desk.who import administrator, called, in_english
from pianqu.composition.importing.duties import DutyList
from pianqu.composition.importing.powers import LARGEST, read_list, take, try_out
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem, as_problem
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import Trouble
from pianqu.rooms.directory.services import PowersReport

SHOWN = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What the lists leave open, or say twice, in words."""

    category: str
    place: str
    place_code: str
    on: str
    who: str
    is_new: bool
    """Whether it is not there today and the list would bring it."""


@never_cache
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """The form, or what came of the file: taken as a whole, without its bad lines where that was asked for, or not at all."""
    actor = administrator(request)
    if request.method != "POST":
        return render(request, "composition/duty_lists.html", {"source": ""})
    source, skip, now = request.POST.get("source", "").strip(), request.POST.get("skip") == "1", timezone.now()
    context: dict[str, object] = {"source": source, "skip": skip}
    try:
        found = _read(request, source)
        context |= {"found": found, "faults": found.faults[:SHOWN], "more": max(0, len(found.faults) - SHOWN)}
        if request.POST.get("step") == "check":
            context |= _as_if(found, now)
        elif skip or not found.faults:
            context |= _taken(actor, found, now)
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        return render(
            request, "composition/duty_lists.html", {**context, "error": problem.message}, status=problem.status
        )
    status = Invalid.status if found.faults and "report" not in context else 200
    return render(request, "composition/duty_lists.html", context, status=status)


def _read(request: HttpRequest, source: str) -> DutyList:
    """The list in the file, checked. Raises Invalid."""
    missing = _("Please choose a file: Excel (.xlsx) or TOML (.toml).")
    with sent_list(request, missing=missing, largest=LARGEST) as (path, name):
        return read_list(path, source=source or ("" if path.suffix == ".toml" else name))


def _taken(actor: Actor, found: DutyList, now: datetime) -> dict[str, object]:
    report = take(found, actor=actor, now=now)
    return {"report": report, **_open(report, frozenset())}


def _as_if(found: DutyList, now: datetime) -> dict[str, object]:
    """What taking it in would do and leave open; nothing where no line can be taken."""
    if not found.powers:
        return {}
    trial = try_out(found, now=now)
    return {"trial": trial.report, "new": len(trial.new), **_open(trial.report, trial.new)}


def _open(report: PowersReport, new: Collection[Trouble]) -> dict[str, object]:
    """Overlaps and gaps, new ones first."""
    overlaps, gaps = (sorted(of, key=lambda one: one not in new) for of in (report.overlaps, report.gaps))
    return {"overlaps": _left(overlaps, new), "gaps": _left(gaps, new), "rest": _rest(report)}


def _left(troubles: Sequence[Trouble], new: Collection[Trouble]) -> list[Left]:
    english = in_english()
    words = {card.code: card.name_en if english else card.name_zh for card in casework.categories()}
    some = troubles[:SHOWN]
    names = directory.organisations({code for one in some for code in one.candidates})
    return [
        Left(
            category=words.get(one.category, one.category),
            place=one.place_name,
            place_code=one.place_code,
            on=one.on.isoformat(),
            who=" / ".join(called(names.get(code), code) for code in one.candidates),
            is_new=one in new,
        )
        for one in some
    ]


def _rest(report: PowersReport) -> int:
    """How many are only counted."""
    both = Counter(overlaps=len(report.overlaps), gaps=len(report.gaps))
    return sum(max(0, number - SHOWN) for number in both.values())
