"""What moved when another grid came into force: the list of adoptions, one adoption's report, and taking a mistake back."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pianqu.composition import grid_changes
from pianqu.composition.desk.grid_sheets import sheets, workbook
from pianqu.composition.desk.who import colleague
from pianqu.composition.desk.workbooks import workbook_answer
from pianqu.composition.grid_changes import DONE, FIRST, VOID, WAITS, WORKS, Report
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far an adoption is, as a badge."""

    word: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reverting:
    """The form that takes a mistake back."""

    earlier: tuple[tuple[str, str], ...]
    chosen: str
    starts: str
    first: date
    reason: str
    lies_ahead: bool
    error: str = ""
    """What is wrong with neither the day nor the reason."""
    starts_error: str = ""
    reason_error: str = ""


@never_cache
@login_required
@require_safe
def changes(request: HttpRequest) -> HttpResponse:
    """Every adoption, the latest first."""
    colleague(request)
    rows = [(turn, _standing(turn.standing)) for turn in grid_changes.turns(on=timezone.localdate())]
    return render(request, "composition/grid_changes.html", {"rows": rows})


def _standing(standing: str) -> Standing:
    return {
        FIRST: Standing(word=_("First grid"), tone="secondary", icon="polygon"),
        VOID: Standing(word=_("Taken back before its day"), tone="secondary", icon="x"),
        WAITS: Standing(word=_("Waits for its day"), tone="yellow", icon="hourglass"),
        WORKS: Standing(word=_("Being moved"), tone="azure", icon="refresh"),
        DONE: Standing(word=_("Everything moved"), tone="green", icon="circle-check"),
    }[standing]


@never_cache
@login_required
@require_safe
def change(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """What moved with one version."""
    return _shown(request, colleague(request), version_id)


@never_cache
@login_required
@require_POST
def revert(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """Take a mistake back; refused, the page shows what was typed and why."""
    actor, typed = colleague(request), request.POST.dict()
    try:
        fresh = services.revert_grid(
            actor=actor,
            version_id=version_id,
            valid_from=_day(typed.get("starts", "")),
            reason=typed.get("reason", ""),
            to_id=_id(typed.get("to", "")),
            now=timezone.now(),
        )
    except Problem as problem:
        return _shown(request, actor, version_id, typed, problem)
    return HttpResponseRedirect(f"{reverse('grid_change', args=[fresh])}?reverted=1")


def _day(text: str) -> date:
    try:
        day = parse_date(text[:10])
    except ValueError:
        day = None
    if day is None:
        raise Invalid("day-wrong", _("Write the first day like 2026-12-01."))
    return day


def _id(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        raise Invalid(
            "grid-no-earlier", _("Please choose an earlier grid from the list. Nothing was changed.")
        ) from None


@never_cache
@login_required
@require_safe
def book(request: HttpRequest, version_id: uuid.UUID) -> HttpResponse:
    """The report as a workbook: every table whole."""
    colleague(request)
    found = grid_changes.report(version_id, on=timezone.localdate())
    return workbook_answer(workbook(sheets(found)), f"grid-{found.version.valid_from.isoformat()}.xlsx")


def _shown(
    request: HttpRequest,
    actor: Actor,
    version_id: uuid.UUID,
    typed: Mapping[str, str] | None = None,
    problem: Problem | None = None,
) -> HttpResponse:
    today = timezone.localdate()
    found = grid_changes.report(version_id, on=today)
    replaced = territory.version(found.version.reverts) if found.version.reverts else None
    tables = sheets(found)
    context = {
        "found": found,
        "standing": _standing(found.standing),
        "until": found.version.valid_to - timedelta(days=1) if found.version.valid_to else None,
        "replaced": replaced,
        "reason": territory.reason_of(version_id) if replaced else "",
        "sheets": [sheet for sheet in tables if sheet.rows],
        "quiet": [sheet for sheet in tables if not sheet.rows],
        "reverting": _reverting(found, actor, typed or {}, problem, today),
        "reverted": request.GET.get("reverted") == "1",
    }
    return render(request, "composition/grid_change.html", context, status=problem.status if problem else 200)


def _reverting(
    found: Report, actor: Actor, typed: Mapping[str, str], problem: Problem | None, today: date
) -> Reverting | None:
    """The form, for who may and where this is the latest grid and there is one to go back to."""
    earlier = territory.earlier_than(found.version.version_id)
    if found.version.valid_to is not None or not earlier or not directory.may_change_directory(actor):
        return None
    first = territory.first_day_back(found.version.valid_from, today)
    return Reverting(
        earlier=tuple((str(card.version_id), f"{card.valid_from.isoformat()} · {card.source}") for card in earlier),
        chosen=typed.get("to", str(earlier[0].version_id)),
        starts=typed.get("starts", first.isoformat())[:10],
        first=first,
        reason=typed.get("reason", ""),
        lies_ahead=found.version.valid_from > today,
        **({_FIELDS.get(problem.code, "error"): str(problem.message)} if problem else {}),
    )


_FIELDS = {
    "day-wrong": "starts_error",
    "revert-day": "starts_error",
    "revert-far": "starts_error",
    "revert-reason": "reason_error",
}
"""Refusals → the field beside which they stand."""
