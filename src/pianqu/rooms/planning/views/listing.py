"""The list of drafts, and how one begins."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem
from pianqu.kernels.partition.records import CELLS, CLUSTERS
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import DraftCard
from pianqu.rooms.planning.views import posted
from pianqu.rooms.planning.views.acting import actor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What the form holds."""

    title: str = ""
    level: str = CLUSTERS
    clusters: str = "12"
    tolerance: str = "5"
    least: str = "300"
    most: str = "500"
    balance: str = "households"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A draft in the list."""

    card: DraftCard
    is_cells: bool
    link: str
    organisation: str


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def drafts(request: HttpRequest) -> HttpResponse:
    """All drafts, what changed last first; a POST begins one and opens it."""
    actor = actor_of(request)
    if request.method != "POST":
        return _list(request, actor, Typed(), None)
    typed = Typed(**{name: request.POST.get(name, "").strip()[:60] for name in Typed.__dataclass_fields__})
    try:
        draft_id = services.start_draft(
            actor=actor, title=typed.title, level=typed.level, settings=_settings(typed), now=timezone.now()
        )
    except Problem as problem:
        return _list(request, actor, typed, problem)
    return HttpResponseRedirect(reverse("planning:draft", args=[draft_id]) + "?done=begun")


def _settings(typed: Typed) -> dict[str, Any]:
    if typed.level == CELLS:
        return {"balance": "households", "least": _number(typed.least), "most": _number(typed.most)}
    return {
        "clusters": _number(typed.clusters),
        "tolerance": round(_decimal(typed.tolerance) * 100),
        "balance": typed.balance,
    }


def _number(text: str) -> int:
    try:
        return posted.number(text)
    except Invalid:
        raise Invalid(
            "begin-number", _("“%(text)s” is no whole number. Nothing was started.") % {"text": text}
        ) from None


def _decimal(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise Invalid("begin-percent", _("A deviation is a number from 0 to 100 percent. Nothing was started."))
    return value


def _list(request: HttpRequest, actor: Actor, typed: Typed, problem: Problem | None) -> HttpResponse:
    found = queries.drafts()
    known = directory.organisations({card.organisation_code for card in found})
    lines = [
        Line(
            card=card,
            is_cells=card.level == CELLS,
            link=reverse("planning:draft", args=[card.draft_id]),
            organisation=known[card.organisation_code].short_name if card.organisation_code in known else "",
        )
        for card in found
    ]
    context = {
        "lines": lines,
        "typed": typed,
        "may_plan": queries.may_plan(actor),
        "problem": str(problem.told) if problem else "",
        "balances": (
            ("households", pgettext("planning", "Households")),
            ("population", pgettext("planning", "People")),
            ("workload", pgettext("planning", "Cases a year")),
        ),
        "levels": (
            (CLUSTERS, _("Communities into clusters")),
            (CELLS, _("Houses into cells of the grid")),
        ),
    }
    return render(request, "planning/drafts.html", context, status=problem.status if problem else 200)
