"""What was said of a draft, at the desk: read, answered, hidden for a published reason; and what officials say themselves."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.views import cards, posted
from pianqu.rooms.planning.views.acting import actor_of

SAY, ANSWER, HIDE = "say", "answer", "hide"


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remarks(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """All comments; a POST says something, answers, or hides."""
    actor = actor_of(request)
    if request.method != "POST":
        return _show(request, actor, draft_id, None)
    try:
        _act(actor, draft_id, request)
    except (Absent, Forbidden):
        raise
    except Problem as problem:
        return _show(request, actor, draft_id, problem)
    comment_id = request.POST.get("comment", "")
    return HttpResponseRedirect(
        reverse("planning:remarks", args=[draft_id]) + (f"#c-{comment_id}" if comment_id else "")
    )


def _act(actor: Actor, draft_id: uuid.UUID, request: HttpRequest) -> None:
    act, words, now = request.POST.get("act", ""), request.POST.get("words", ""), timezone.now()
    if act == SAY:
        services.comment(
            actor=actor,
            draft_id=draft_id,
            words=words,
            unit=request.POST.get("unit", ""),
            revision=posted.seen(request),
            now=now,
        )
    elif act == ANSWER:
        services.answer_comment(actor=actor, draft_id=draft_id, comment_id=_which(request), words=words, now=now)
    elif act == HIDE:
        reason = request.POST.get("reason", "")
        services.hide_comment(actor=actor, draft_id=draft_id, comment_id=_which(request), reason=reason, now=now)


def _which(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("comment", ""))
    except ValueError:
        raise Invalid("comment-which", _("Please choose a comment on this page. Nothing was changed.")) from None


def _show(request: HttpRequest, actor: Actor, draft_id: uuid.UUID, problem: Problem | None) -> HttpResponse:
    state = queries.draft_state(actor, draft_id, now=timezone.now())
    context = {
        "card": cards.head(state, "planning:remarks"),
        "may": state.may,
        "may_answer": state.may.answer,
        "comments": queries.comments(draft_id, most=queries.MOST_COMMENTS),
        "until": state.comments_until,
        "published": state.published_at,
        "is_unasked": bool(state.unasked),
        "reasons": queries.HIDING.items(),
        "typed": request.POST.get("words", "") if problem else "",
        "about": request.POST.get("comment", "") if problem else "",
        "problem": str(problem.told) if problem else "",
    }
    return render(request, "planning/remarks.html", context, status=problem.status if problem else 200)
