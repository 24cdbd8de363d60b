"""Call-backs: the list of reporters to be asked, what they said, and the draws of samples."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Problem
from pianqu.rooms.casework import forms, queries, rules, services
from pianqu.rooms.casework.queries import CallBackCard
from pianqu.rooms.casework.views import pressing, shown
from pianqu.rooms.casework.views.desk import Line, actor_of, case_page, lines_of
from pianqu.rooms.casework.views.posted import posted

OLD = timedelta(days=7)
"""Who has waited longer for a call is marked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One line: the matter, why its reporter is asked, and what came of it."""

    card: CallBackCard
    matter: Line | None
    holder: str
    reason: str
    outcome: str
    tone: str
    days: int
    """So many days it has waited."""
    is_old: bool


@never_cache
@login_required
@require_safe
def callbacks(request: HttpRequest) -> HttpResponse:
    return _page(request, actor_of(request))


def _page(request: HttpRequest, actor: Actor, *, error: str = "", status: int = 200) -> HttpResponse:
    now, which = timezone.now(), request.GET.get("show", "")
    chosen = {name: request.GET.get(name, "")[:40] for name in ("reason", "unit")}
    found = queries.call_backs_for(
        actor,
        which=which,
        page=shown.page_number(request.GET.get("page", "")),
        reason=chosen["reason"],
        lead_code=chosen["unit"],
    )
    matters = dict(zip(found.cases, lines_of(list(found.cases.values()), now), strict=True))
    organisations, reasons, outcomes = shown.Organisations(), pressing.call_reasons(), pressing.call_outcomes()
    lines = [
        Asked(
            card=card,
            matter=matters.get(card.case_id),
            holder=organisations.short(card.lead_code),
            reason=reasons[card.reason],
            outcome=outcomes.get(card.outcome, ("", ""))[0],
            tone=outcomes.get(card.outcome, ("", "secondary"))[1],
            days=(now - card.waits_since).days,
            is_old=card.is_answered and not card.ended_at and now - card.waits_since >= OLD,
        )
        for card in found.cards
    ]
    context = {
        "found": found,
        "lines": lines,
        "tabs": _tabs(found, which),
        "which": which,
        "chosen": chosen,
        "kept": urlencode({name: value for name, value in chosen.items() if value}),
        "reasons": [shown.Choice(code=code, name=name) for code, name in reasons.items()],
        "units": [shown.Choice(code=code, name=organisations.short(code)) for code in found.units],
        "ended": _ended(found, outcomes),
        "draws": queries.draws_for(actor),
        "may_draw": rules.may_draw(actor),
        "error": error,
        "typed": request.POST,
        "here": "callbacks",
        "now": now,
    }
    return render(request, "casework/callbacks.html", context, status=status)


def _ended(found: queries.CallBackPage, names: Mapping[str, tuple[str, str]]) -> Sequence[tuple[str, int]]:
    """How those that are over ended, and how many each way."""
    counts = [(name, getattr(found, code.replace("-", "_"))) for code, (name, _tone) in names.items()]
    return [(name, count) for name, count in counts if count]


def _tabs(found: queries.CallBackPage, which: str) -> Sequence[pressing.Tab]:
    names = (
        ("", pgettext("call-back", "To be called"), found.waiting),
        ("early", _("Wait for their answer"), found.early),
        ("done", pgettext("call-back", "Done"), found.done),
    )
    return [pressing.Tab(code=code, name=name, count=count, is_shown=code == which) for code, name, count in names]


@never_cache
@login_required
@posted("casework:callbacks")
def draw(request: HttpRequest) -> HttpResponse:
    """Draw a sample of some days' answers; or the list again with what is wrong."""
    actor = actor_of(request)
    try:
        services.draw_call_backs(actor=actor, now=timezone.now(), **_wanted(request))
    except Problem as problem:
        return _page(request, actor, error=problem.message, status=problem.status)
    return redirect("casework:callbacks")


def _wanted(request: HttpRequest) -> Mapping[str, Any]:
    since, until = (forms.day_of(request.POST.get(name, "")) for name in ("since", "until"))
    if since is None or until is None:
        raise Invalid("draw-days", _("Please say from which day to which day. Nothing was changed."))
    percent = request.POST.get("percent", "")
    return {"since": since, "until": until, "percent": int(percent) if percent.isdecimal() and len(percent) < 4 else 0}


@never_cache
@login_required
@posted("casework:callbacks")
def record(request: HttpRequest, call_back_id: uuid.UUID) -> HttpResponse:
    """Write down what was said; on the matter's page, with everything that was typed, where that is refused."""
    actor, case_id = actor_of(request), queries.case_of_call_back(call_back_id)
    if case_id is None:
        raise Absent("call-back-absent", _("There is no such call-back."))
    queries.check_sees(actor, case_id)
    outcome, words = request.POST.get("outcome", ""), request.POST.get("words", "")
    try:
        services.record_call_back(
            actor=actor, call_back_id=call_back_id, outcome=outcome, words=words, now=timezone.now()
        )
    except Problem as problem:
        return _refused(request, actor, case_id, problem)
    return redirect("casework:callbacks")


def _refused(request: HttpRequest, actor: Actor, case_id: uuid.UUID, problem: Problem) -> HttpResponse:
    kept = "" if problem.status == Invalid.status else request.POST.get("words", "").strip()
    return case_page(
        request,
        actor,
        case_id,
        status=problem.status,
        errors={"record-call-back": problem.message},
        typed=request.POST,
        refused=problem.message,
        refused_at="" if kept else "call-back",
        kept=kept,
    )
