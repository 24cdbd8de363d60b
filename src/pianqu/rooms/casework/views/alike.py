"""“Is it one of these?”: a step between form and receipt, or a part of the form."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from pianqu.foundation.api import address_of
from pianqu.foundation.errors import Invalid
from pianqu.foundation.limits import TooFast
from pianqu.rooms.casework import forms, queries, services
from pianqu.rooms.casework.queries import Alike, ReportedWords
from pianqu.rooms.casework.services.parts import checked_place
from pianqu.rooms.casework.views import shown


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
    try:
        queries.check_pace(address_of(request))
    except TooFast as problem:
        answer = render(request, "casework/_alike.html", {"refused": problem.message}, status=problem.status)
        answer["Retry-After"] = str(int(problem.wait_s) + 1)
        return answer
    found = proposals(forms.Report.of(request.POST), timezone.now())
    return render(request, "casework/_alike.html", {"found": found, "inline": True})
