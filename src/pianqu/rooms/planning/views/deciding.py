"""Publishing a draft for comment, putting it into force, withdrawing it: each page first says what follows from it."""

import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid, Problem
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import DraftState
from pianqu.rooms.planning.views import cards, posted
from pianqu.rooms.planning.views.acting import actor_of
from pianqu.rooms.planning.views.comparing import broken, pairs
from pianqu.rooms.planning.views.figures import moved
from pianqu.rooms.territory import queries as territory

COMMENT_DAYS, AHEAD_DAYS = 14, 30
PUBLISH, ADOPT, WITHDRAW = "publish", "adopt", "withdraw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the page asks for, with what was typed."""

    act: str
    day: str = ""
    reason: str = ""
    is_unasked: bool = False
    """Publish without a period for comments."""
    revision: int | None = None
    """The one that the page showed."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def publish(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Until when residents and officials may comment."""
    usual = timezone.localdate() + timedelta(days=COMMENT_DAYS)
    return _decide(request, draft_id, PUBLISH, usual.isoformat())


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def adopt(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """From which day on the plan is in force."""
    usual = (timezone.localdate() + timedelta(days=AHEAD_DAYS)).replace(day=1)
    return _decide(request, draft_id, ADOPT, max(usual, _first_day()).isoformat())


def _first_day() -> date:
    """The first day on which a plan can come into force: after today, and after the last grid."""
    known, tomorrow = territory.versions(), timezone.localdate() + timedelta(days=1)
    return max(tomorrow, known[0].valid_from + timedelta(days=1)) if known else tomorrow


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """The plan is given up."""
    return _decide(request, draft_id, WITHDRAW, "")


def _decide(request: HttpRequest, draft_id: uuid.UUID, act: str, usual: str) -> HttpResponse:
    actor = actor_of(request)
    if request.method != "POST":
        return _show(request, actor, draft_id, Asked(act=act, day=usual), None)
    asked = Asked(
        act=act,
        day=request.POST.get("day", "")[:10],
        reason=request.POST.get("reason", "").strip()[:2000],
        is_unasked=request.POST.get("unasked") == "1",
        revision=posted.seen(request),
    )
    try:
        _done(actor, draft_id, asked)
    except Problem as problem:
        return _show(request, actor, draft_id, asked, problem)
    return HttpResponseRedirect(reverse("planning:draft", args=[draft_id]) + f"?done={act}")


def _done(actor: Actor, draft_id: uuid.UUID, asked: Asked) -> None:
    now = timezone.now()
    if asked.act == PUBLISH:
        services.publish_draft(
            actor=actor,
            draft_id=draft_id,
            comments_until=None if asked.is_unasked else _day(asked.day),
            because=asked.reason,
            revision=asked.revision,
            now=now,
        )
    elif asked.act == ADOPT:
        services.adopt_draft(
            actor=actor,
            draft_id=draft_id,
            valid_from=_day(asked.day),
            reason=asked.reason,
            revision=asked.revision,
            now=now,
        )
    else:
        services.withdraw_draft(actor=actor, draft_id=draft_id, now=now)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Invalid("decide-day", _("Please give a day, as in 2027-01-31. Nothing was decided.")) from None


def _show(
    request: HttpRequest, actor: Actor, draft_id: uuid.UUID, asked: Asked, problem: Problem | None
) -> HttpResponse:
    state = queries.draft_state(actor, draft_id, now=timezone.now())
    may, open_until = _may(state, asked.act), _open_until(state, asked.act)
    if not problem and not may and not open_until:
        problem = Forbidden("decide-forbidden", _("Just now this plan cannot be decided on like that by you."))
    written = queries.units_of(state.units_id)
    rows = moved(written, state)
    context = {
        "card": cards.head(state, ""),
        "page": cards.page(state, written, -1),
        "asked": asked,
        "may": may,
        "open_until": open_until,
        "pairs": pairs(state),
        "broken": broken(state),
        "moved": rows,
        "moved_units": sum(len(row.units) for row in rows),
        "moved_households": sum(row.households for row in rows),
        "outside": bool(state.figures.over),
        "problem": str(problem.told) if problem else "",
    }
    return render(request, "planning/decide.html", context, status=problem.status if problem else 200)


def _open_until(state: DraftState, act: str) -> date | None:
    """The last day for comments, while adopting has to wait for it."""
    waits = act == ADOPT and state.may.decide and not state.may.adopt
    return state.comments_until if waits else None


def _may(state: DraftState, act: str) -> bool:
    return {PUBLISH: state.may.publish, ADOPT: state.may.adopt, WITHDRAW: state.may.withdraw}[act]
