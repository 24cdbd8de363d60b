"""“Is it one of these?”: a step between form and receipt, or a part of the form; and for staff, who joined a matter."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from pianqu.foundation.errors import Invalid, Problem, as_problem
from pianqu.kernels import checkcode
from pianqu.rooms.casework import forms, queries, services
from pianqu.rooms.casework.queries import Alike, ReportedWords
from pianqu.rooms.casework.services.parts import checked_place
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A matter as the form proposes it: no word of who reported it."""

    token: str
    category: str
    icon: str
    community: Any
    metres: int | None
    days: int
    state: str
    title: str
    joined: int


def proposals(typed: forms.Report, now: datetime) -> tuple[Proposal, ...]:
    """What may be the same as the report; nothing where its place or words cannot be compared yet."""
    try:
        place = checked_place(forms.place_of(typed), ours=True)
    except Invalid:
        return ()
    report = ReportedWords(
        words=typed.words[:5_000],
        category=typed.category,
        place_code=place.community_code or "",
        lon=place.lon,
        lat=place.lat,
        landmark=place.landmark or "",
    )
    found = queries.alike_to(report, now=now)
    names, kinds = (shown.Places(), shown.category_names()) if found else (None, {})
    return tuple(_proposal(one, names, kinds, now) for one in found)


def _proposal(one: Alike, names: shown.Places | None, kinds: Mapping[str, Any], now: datetime) -> Proposal:
    kind = kinds.get(one.category)
    return Proposal(
        token=services.offer(one.case_id, now=now),
        category=kind.name if kind else one.category,
        icon=kind.icon if kind else "file-text",
        community=names.name(one.place_code) if names and one.place_code else None,
        metres=one.metres,
        days=one.days,
        state=one.state,
        title=one.title,
        joined=one.joined,
    )


def asked(request: HttpRequest, typed: forms.Report, kept: int, found: tuple[Proposal, ...]) -> HttpResponse:
    """The step between: everything typed travels with it."""
    hidden = [(item.name, getattr(typed, item.name)) for item in fields(typed)]
    hidden += [("kept", str(order)) for order in range(kept)]
    return render(request, "casework/alike.html", {"found": found, "hidden": hidden, "typed": typed})


@never_cache
@require_POST
def alike(request: HttpRequest) -> HttpResponse:
    """The same as a part of the form, while it is being filled in."""
    found = proposals(forms.Report.of(request.POST), timezone.now())
    return render(request, "casework/_alike.html", {"found": found, "inline": True})


# staff ---------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def joined(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Who joined a matter; one answer for all, with a paragraph of its own for each who needs one."""
    actor = actor_of(request)
    if request.method != "POST":
        return _joined(request, case_id, {}, 200)
    queries.check_sees(actor, case_id)
    own = {number: text for name, text in request.POST.items() if (number := _number(name))}
    try:
        services.answer_joined(
            actor=actor, case_id=case_id, reply=request.POST.get("reply", ""), own=own, now=timezone.now()
        )
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        return _joined(request, case_id, {"reply": problem.message}, problem.status, own=own)
    return redirect("casework:joined", case_id=case_id)


def _number(name: str) -> uuid.UUID | None:
    if not name.startswith("own-"):
        return None
    try:
        return uuid.UUID(name.removeprefix("own-"))
    except ValueError:
        return None


def _joined(
    request: HttpRequest,
    case_id: uuid.UUID,
    errors: Mapping[str, str],
    status: int,
    *,
    own: Mapping[uuid.UUID, str] | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    card = queries.case_for(actor, case_id)
    page = queries.joined_to(actor, case_id, page=request.GET.get("page", "")[:8])
    typed = own or {}
    context = {
        "case": card,
        "category": shown.category_names().get(card.category),
        "page": page,
        "rows": [(row, typed.get(row.case_id, "")) for row in page.rows],
        "reply": request.POST.get("reply", ""),
        "may_answer": queries.may_answer_joined(actor, case_id) and page.waiting,
        "errors": errors,
        "shown_code": checkcode.show(card.code),
    }
    return render(request, "casework/joined.html", context, status=status)
