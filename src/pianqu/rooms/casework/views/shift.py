"""One shift hands over to the next: how matters stand, what to look after, and who took it over."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.views.desk import actor_of, lines_of

URGENT = 12


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def shift(request: HttpRequest) -> HttpResponse:
    """The page; with words sent, the shift is handed over."""
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, actor)
    words = request.POST.get("words", "")
    try:
        services.hand_over_shift(actor=actor, words=words, now=timezone.now())
    except Problem as problem:
        return _page(request, actor, words=words, error=problem.message, status=problem.status)
    return redirect("casework:shift")


@login_required
@require_POST
def take_over(request: HttpRequest, handover_id: uuid.UUID) -> HttpResponse:
    """Say that one has read what was left."""
    actor = actor_of(request)
    try:
        services.take_over_shift(actor=actor, handover_id=handover_id, now=timezone.now())
    except Problem as problem:
        return _page(request, actor, error=problem.message, status=problem.status)
    return redirect("casework:shift")


def _page(request: HttpRequest, actor: Actor, *, words: str = "", error: str = "", status: int = 200) -> HttpResponse:
    now = timezone.now()
    first = queries.cases_for(actor, filters=queries.CaseFilter(order=queries.DUE), size=URGENT, now=now)
    left = queries.handovers(actor)
    context = {
        "standing": queries.standing_for(actor, now=now),
        "lines": lines_of(first.rows, now),
        "handovers": left,
        "open": left[0] if left and left[0].taken_at is None else None,
        "words": words,
        "error": error,
        "now": now,
    }
    return render(request, "casework/shift.html", context, status=status)
