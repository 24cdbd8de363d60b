"""Who joined a matter, for staff: one answer for all, with a paragraph of its own for each who needs one."""

import uuid
from collections.abc import Mapping

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.foundation.errors import Problem, as_problem
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of, same


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def joined(request: HttpRequest, case_id: uuid.UUID) -> HttpResponse:
    """Who joined a matter; one answer for all, with a paragraph of its own for each who needs one."""
    actor = actor_of(request)
    if request.method != "POST":
        return _joined(request, case_id, {}, 200)
    queries.check_sees(actor, case_id)
    own = {number: str(text) for name, text in request.POST.items() if (number := _number(name))}
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
    names = shown.Places()
    beside = same(actor, card, names, timezone.now())
    handling = queries.handling_for(actor, case_id, now=timezone.now())
    if "part" in request.GET:
        part = {"case": card, "handling": handling, "may": handling.may, "errors": {}, **beside}
        return render(request, "casework/_same.html", part)
    page = queries.joined_to(actor, case_id, page=request.GET.get("page", "")[:8])
    typed = own or {}
    context = {
        "case": card,
        "category": shown.category_names().get(card.category),
        "page": page,
        "rows": [(row, typed.get(row.case_id, "")) for row in page.rows],
        "reply": request.POST.get("reply", ""),
        "may_answer": page.waiting
        and queries.may_answer_joined(actor, case_id)
        and (not page.answering or request.method == "POST"),  # what was typed is shown again
        "errors": errors,
        "handling": handling,
        "may": handling.may,
        "on_page": True,
        **beside,
        "shown_code": checkcode.show(card.code),
    }
    return render(request, "casework/joined.html", context, status=status)
