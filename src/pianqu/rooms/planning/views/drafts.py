"""Drafts at the desk: begin one, and the page on which a plan is made, by map or by table, with a script or without."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Problem
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import DraftState
from pianqu.rooms.planning.views import balance, cards, posted
from pianqu.rooms.planning.views.acting import actor_of, problem_as_json, wants_json
from pianqu.rooms.planning.views.figures import tones
from pianqu.rooms.planning.views.plot import plot
from pianqu.rooms.planning.views.words import spoken, tools

YEAR_S = 31_536_000
NOBODY = uuid.UUID(int=0)
TRY = "try"
ALERTS = ("success", "info", "warning", "danger")
DONE = {
    "kept": lambda: _("The settings are kept. Compute to see what they bring."),
    "changed": lambda: _("The plan was changed."),
    "repaired": lambda: _("What was near by is right again."),
    "asked": lambda: _("The worker computes. You may leave: what it finds stays here."),
    "stopped": lambda: _("It stops. What it has found stays here."),
    "chosen": lambda: _("You go on from this plan. What was drawn before can be taken back."),
    "publish": lambda: _("The plan is open for comment."),
    "adopt": lambda: _("The plan was put into force."),
    "withdraw": lambda: _("The plan was withdrawn."),
    "begun": lambda: _("The draft has begun from what is in force."),
}
"""What a page says of an act that was done, by the word in its address."""


@never_cache
@login_required
@require_safe
def draft(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """The page of a draft; `?cluster=` opens one of its clusters, `?option=` looks at a computed plan."""
    return _page(request, actor_of(request), draft_id)


def _page(
    request: HttpRequest,
    actor: Actor,
    draft_id: uuid.UUID,
    *,
    problem: Problem | None = None,
    trial: tuple[list[int], int] | None = None,
) -> HttpResponse:
    state = queries.draft_state(actor, draft_id, now=timezone.now())
    written = queries.units_of(state.units_id)
    selected = _selected(request, state)
    option = request.GET.get("option", "")
    context = {
        "card": cards.head(state, "planning:draft"),
        "page": cards.page(state, written, selected),
        "run": cards.running(state.run, state.run_sentences),
        "plot": plot(state, lambda which: balance.link(state, cluster=selected, option=which) + "#trial"),
        "opened": bool(option),
        "rows": balance.some_rows(state, written, selected, _rows_page(request)),
        "sheet": cards.sheet(state, written, selected, trial[0] if trial else ()),
        "trial": _trial(actor, state, option, trial),
        "told": _told(state, written, selected),
        "tools": tools(),
        "alerts": ALERTS,
        "problem": str(problem.told) if problem else "",
        "done": DONE[word]() if (word := request.GET.get("done", "")) in DONE else "",
    }
    return render(request, "planning/draft.html", context, status=problem.status if problem else 200)


def _selected(request: HttpRequest, state: DraftState) -> int:
    number = _number(request)
    return number if number < len(state.names) else -1


def _number(request: HttpRequest) -> int:
    """Of the cluster that is open; −1 for none."""
    text = request.POST.get("cluster", request.GET.get("cluster", ""))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else -1


def _rows_page(request: HttpRequest) -> int | None:
    text = request.GET.get("rows", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def _trial(actor: Actor, state: DraftState, option: str, moved: tuple[list[int], int] | None) -> cards.Trial | None:
    written = queries.units_of(state.units_id)
    if moved:
        units, to = moved
        if not all(0 <= unit < len(written) for unit in units) or not 0 <= to < len(state.names):
            return None
        return cards.tried(state, written, units, to)
    found = _option(actor, state.id, option) if option else None
    return cards.looked_at(state, str(found.id), found.number, found.figures) if found else None


def _option(actor: Actor, draft_id: uuid.UUID, text: str) -> queries.OptionPlan | None:
    try:
        return queries.option_plan(actor, draft_id, uuid.UUID(text))
    except (ValueError, Absent):
        return None


def _told(state: DraftState, written: queries.Written, selected: int) -> dict[str, Any]:
    """What the page's script begins with."""
    args = [state.id]
    digest = state.units_digest
    return {
        "selected": selected,
        "digest": digest,
        "mayEdit": state.may.edit,
        "tones": tones(written, state.part, len(state.names)),
        "words": spoken(is_cells=state.level == "cells"),
        "urls": {
            "state": reverse("planning:state", args=args),
            "units": f"{reverse('planning:units', args=args)}?d={digest}",
            "change": reverse("planning:change", args=args),
            "repair": reverse("planning:repair", args=args),
            "choose": reverse("planning:choose", args=args),
            "option": reverse("planning:option", args=[state.id, NOBODY]),
        },
    }


@never_cache
@login_required
@require_safe
def state_json(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """The draft as its script reads it."""
    return JsonResponse(queries.draft_state(actor_of(request), draft_id, now=timezone.now()).as_json())


@login_required
@require_safe
def units_json(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Units and their shapes; by their digest, so that a browser may keep them for ever."""
    actor_of(request)
    text = queries.draft_units(draft_id)
    response = HttpResponse(f'{{"units":{text.content},"shapes":{text.shapes}}}', content_type="application/json")
    is_named = request.GET.get("d") == text.digest
    response["Cache-Control"] = f"private, max-age={YEAR_S}, immutable" if is_named else "no-store"
    return response


@never_cache
@login_required
@require_safe
def option_json(request: HttpRequest, draft_id: uuid.UUID, option_id: uuid.UUID) -> HttpResponse:
    """A computed plan, to be looked at on the map."""
    found = queries.option_plan(actor_of(request), draft_id, option_id)
    return JsonResponse(
        {"id": str(found.id), "number": found.number, "part": list(found.part), "figures": dict(found.figures)}
    )


# changing ------------------------------------------------------------------------------------------------------------

Act = Callable[[Actor, uuid.UUID, Mapping[str, Any]], str]
"""Does it, and answers the word of DONE."""


def _acted(request: HttpRequest, draft_id: uuid.UUID, act: Act, status: int = 200) -> HttpResponse:
    """One act: a script gets the new state, a person the page with what was done; refused, nothing typed is lost."""
    actor = actor_of(request)
    try:
        word = act(actor, draft_id, posted.given(request))
    except Problem as problem:
        return _refused(request, actor, draft_id, problem)
    if wants_json(request):
        return JsonResponse(queries.draft_state(actor, draft_id, now=timezone.now()).as_json(), status=status)
    selected = _number(request)
    asked = f"?cluster={selected}&done={word}" if selected >= 0 else f"?done={word}"
    return HttpResponseRedirect(reverse("planning:draft", args=[draft_id]) + asked)


def _refused(request: HttpRequest, actor: Actor, draft_id: uuid.UUID, problem: Problem) -> HttpResponse:
    if isinstance(problem, Absent) or not queries.may_see(actor):
        raise problem
    if not wants_json(request):
        return _page(request, actor, draft_id, problem=problem)
    state = queries.draft_state(actor, draft_id, now=timezone.now()).as_json()
    return problem_as_json(problem, state=state)


@never_cache
@login_required
@require_POST
def change(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Paint, lock, unlock, split, merge, centre, rename, settings, undo; `try` shows what a move would cost."""
    if request.POST.get("kind") == TRY:
        return _try(request, draft_id)

    def act(actor: Actor, which: uuid.UUID, told: Mapping[str, Any]) -> str:
        wanted = posted.change(told)
        services.change_draft(
            actor=actor, draft_id=which, revision=posted.revision(told), change=wanted, now=timezone.now()
        )
        return "kept" if wanted.kind == "settings" else "changed"

    return _acted(request, draft_id, act)


def _try(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """For a browser without scripts: both sides and the cost, before anything is changed."""
    actor = actor_of(request)
    try:
        told = posted.given(request)
        units = posted.numbers(told.get("unit", []))
        if not units:
            raise Invalid("move-none", _("Choose what is to move: tick it in the table. Nothing was changed."))
        return _page(request, actor, draft_id, trial=(units, posted.number(told.get("to"))))
    except Invalid as problem:
        return _page(request, actor, draft_id, problem=problem)


@never_cache
@login_required
@require_POST
def repair(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Set right what lies near some units."""

    def act(actor: Actor, which: uuid.UUID, told: Mapping[str, Any]) -> str:
        services.repair_draft(
            actor=actor,
            draft_id=which,
            revision=posted.revision(told),
            near=posted.numbers(told.get("near", told.get("unit", []))),
            reach=posted.number(told.get("reach", 3)),
            now=timezone.now(),
        )
        return "repaired"

    return _acted(request, draft_id, act)


@never_cache
@login_required
@require_POST
def compute(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Let the worker compute one plan, or many."""

    def act(actor: Actor, which: uuid.UUID, told: Mapping[str, Any]) -> str:
        kind, count = str(told.get("kind", "")), posted.number(told.get("count", 30))
        services.ask_plan(actor=actor, draft_id=which, kind=kind, count=count, now=timezone.now())
        return "asked"

    return _acted(request, draft_id, act, 202)


@never_cache
@login_required
@require_POST
def stop(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Stop with the best so far."""

    def act(actor: Actor, which: uuid.UUID, _told: Mapping[str, Any]) -> str:
        services.stop_plan(actor=actor, draft_id=which, now=timezone.now())
        return "stopped"

    return _acted(request, draft_id, act)


@never_cache
@login_required
@require_POST
def choose(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Go on from a computed plan."""

    def act(actor: Actor, which: uuid.UUID, told: Mapping[str, Any]) -> str:
        services.choose_plan(
            actor=actor,
            draft_id=which,
            revision=posted.revision(told),
            option_id=posted.identity(told.get("option")),
            now=timezone.now(),
        )
        return "chosen"

    return _acted(request, draft_id, act)
