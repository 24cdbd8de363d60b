"""Tokens of one's own post: issued for a program, shown once, ended at any time. Administrators see and end all."""

import uuid
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.composition.desk.account import whose
from pianqu.foundation.actor import CHOSEN_POST, Actor
from pianqu.foundation.api import RIGHTS
from pianqu.foundation.errors import Forbidden, Problem
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services

DAYS = (30, 90, 180, 365)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The living tokens and a form for another; a new one is shown on the page that issues it, and never again."""
    actor, now, secret, problem = _actor(request), timezone.now(), "", None
    if request.method == "POST":
        try:
            secret = services.issue_token(
                actor=actor,
                name=request.POST.get("name", ""),
                rights=request.POST.getlist("rights"),
                expires_at=_expiry(request.POST.get("days", ""), now),
                now=now,
            )
        except Problem as refused:
            problem = refused
    typed = request.POST if problem else {}
    context = {
        "tokens": [(card, [_(RIGHTS[right]) for right in card.rights]) for card in directory.tokens_for(actor, at=now)],
        "rights": [(code, _(says)) for code, says in RIGHTS.items()],
        "chosen": request.POST.getlist("rights") if problem else ["read"],
        "days": DAYS,
        "days_chosen": typed.get("days", str(DAYS[1])),
        "typed_name": typed.get("name", ""),
        "secret": secret,
        "error": problem.message if problem else "",
        "title": actor.title,
    }
    return render(request, "composition/tokens.html", context, status=problem.status if problem else 200)


def _expiry(typed: str, now: datetime) -> datetime:
    """The moment after so many days; for anything else a moment that the verb refuses with its sentence."""
    return now + timedelta(days=int(typed)) if typed in {str(days) for days in DAYS} else now


def _actor(request: HttpRequest) -> Actor:
    actor = directory.acting(whose(request).id, request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        raise Forbidden(
            "no-post", _("You are signed in, but you hold no post here. Please ask the directory's keeper for one.")
        )
    return actor


@never_cache
@login_required
def end(request: HttpRequest, token_id: uuid.UUID) -> HttpResponse:
    """The program may act no more."""
    if request.method == "POST":
        try:
            services.end_token(actor=_actor(request), token_id=token_id, now=timezone.now())
            messages.success(request, _("Ended. Whoever uses this token is refused from now on."))
        except Forbidden:
            raise
        except Problem as problem:
            messages.error(request, problem.message)
    return redirect("tokens")
