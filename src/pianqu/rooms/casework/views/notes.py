"""Doors of notes among colleagues: written and marked beside a matter, and the list of where a post is mentioned."""

import uuid
from itertools import groupby

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Problem
from pianqu.foundation.ids import read_id
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of
from pianqu.rooms.casework.views.noted import notes_on
from pianqu.rooms.casework.views.posted import posted
from pianqu.rooms.directory import queries as directory


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def notes(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Everything that colleagues wrote beside a matter, and the form with whom one may mention."""
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, actor, case_id)
    try:
        services.write_note(
            actor=actor,
            case_id=case_id,
            words=request.POST.get("words", ""),
            post_ids=request.POST.getlist("posts"),
            now=timezone.now(),
        )
    except Absent:
        raise
    except Problem as problem:
        return _page(request, actor, case_id, error=problem.message, status=problem.status)
    return redirect(reverse("casework:desk_case", args=[case_id]) + "#notes")


def _page(
    request: HttpRequest, actor: Actor, case_id: uuid.UUID, *, error: str = "", status: int = 200
) -> HttpResponse:
    card = queries.case_for(actor, case_id)
    held = queries.colleagues_around(actor, case_id) if actor.acts else ()
    context = {
        "case": card,
        **notes_on(actor, card, timezone.now()),
        "groups": [(name, list(posts)) for name, posts in groupby(held, key=lambda one: one.organisation_name)],
        "chosen": request.POST.getlist("posts"),
        "words": request.POST.get("words", "") if error else "",
        "error": error,
        "whole": True,
    }
    return render(request, "casework/notes.html", context, status=status)


@never_cache
@login_required
@posted("casework:notes", by="case_id")
def mark(request: HttpRequest, case_id: uuid.UUID, note_id: uuid.UUID, name: str) -> HttpResponse:
    """Take a note back, or strike it."""
    actor = actor_of(request)
    if name not in ("retract", "strike"):
        raise Http404
    verb = services.retract_note if name == "retract" else services.strike_note
    try:
        verb(actor=actor, case_id=case_id, note_id=note_id, now=timezone.now())
    except Absent:
        raise
    except Problem as problem:
        return _page(request, actor, case_id, error=problem.message, status=problem.status)
    return redirect("casework:notes", case_id=case_id)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def mentions(request: HttpRequest) -> HttpResponse:
    """Where the post is mentioned; what is sent says with which of them it is done."""
    actor = actor_of(request)
    if request.method == "POST":
        one = request.POST.get("mention", "")
        services.settle_mentions(actor=actor, mention_ids=None if one == "all" else _ids(one), now=timezone.now())
        messages.success(request, _("Done with."))
        return redirect("casework:mentions")
    page = shown.page_number(request.GET.get("page", ""))
    cards, has_more = queries.mentions_of(actor, page=page)
    context = {
        "cards": cards,
        "new": queries.mentions_new(actor),
        "older": page + 1 if has_more else 0,
        "newest": page > 1,
        "title": directory.title_of_post(actor),
    }
    return render(request, "casework/mentions.html", context)


def _ids(text: str) -> list[uuid.UUID]:
    one = read_id(text)
    return [one] if one else []
