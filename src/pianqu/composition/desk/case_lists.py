"""Lists of matters from Excel: sent and looked at, taken in as far as they are right, the wrong rows fetched and mended."""

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pianqu.composition.desk.uploads import sent_list
from pianqu.composition.desk.who import colleague
from pianqu.composition.desk.workbooks import workbook_answer
from pianqu.composition.importing import case_lists as importing
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem, as_problem
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.services import ListLook

FIRST = 5
"""Right rows that the page shows as they will be taken in."""
SHOWN = 100
"""Wrong cells that the page shows; the file holds them all."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """The form with what came of former lists; sent, on to what is in the list."""
    actor, now = colleague(request), timezone.now()
    if request.method != "POST":
        return _form(request, actor)
    try:
        return redirect("case_list", list_id=_send(request, actor, now))
    except (Problem, OperationalError) as error:
        problem = as_problem(error)
        if problem is None:
            raise
        return _form(request, actor, problem)


def _send(request: HttpRequest, actor: Actor, now: datetime) -> uuid.UUID:
    missing = _("Please choose an Excel file (.xlsx).")
    with sent_list(request, missing=missing, largest=importing.LARGEST) as (path, _name):
        return services.send_list(
            actor=actor,
            source=request.POST.get("source", "").replace("\x00", ""),
            rows=importing.read(path),
            content=path.read_bytes(),
            now=now,
        )


def _form(request: HttpRequest, actor: Actor, problem: Problem | None = None) -> HttpResponse:
    lists = queries.lists_of(actor)
    context = {
        "lists": lists,
        "known": sorted({card.source for card in lists}),
        "source": request.POST.get("source", ""),
        "error": problem.message if problem else "",
        "wrong_source": bool(problem and problem.code == "list-source"),
        "columns": list(importing.headings().values()),
    }
    return render(request, "composition/case_lists.html", context, status=problem.status if problem else 200)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, list_id: uuid.UUID) -> HttpResponse:
    """What is right and wrong in a list; sent, its right rows are taken in. Sent again, nothing happens twice."""
    actor, now, problem = colleague(request), timezone.now(), None
    if request.method == "POST":
        try:
            services.take_in_list(actor=actor, list_id=list_id, now=now)
            return redirect("case_list", list_id=list_id)
        except (Problem, OperationalError) as error:
            problem = as_problem(error)
            if problem is None:
                raise
    look = services.look_at_list(actor=actor, list_id=list_id, now=now)
    context = {**_looked(look), "error": problem.message if problem else ""}
    return render(request, "composition/case_list.html", context, status=problem.status if problem else 200)


def _looked(look: ListLook) -> dict[str, Any]:
    names = importing.headings()
    known = {one.source: one for one in sorted(look.alike, key=lambda one: one.rows)}
    faults = sorted(look.faults, key=lambda fault: fault.line)
    return {
        "card": look.card,
        "names": names,
        "kept": bool(look.rows),
        "good": len(look.good),
        "wrong": len(look.wrong_lines),
        "before": look.before[:SHOWN],
        "before_count": len(look.before),
        "alike": list(known.values())[::-1],
        "first": importing.told(look.good[:FIRST]),
        "faults": [(fault.line, names[fault.column], fault.sentence) for fault in faults[:SHOWN]],
        "more": max(0, len(faults) - SHOWN),
    }


@never_cache
@login_required
@require_safe
def wrong(request: HttpRequest, list_id: uuid.UUID) -> HttpResponse:
    """The wrong rows, to be mended and sent again."""
    look = services.look_at_list(actor=colleague(request), list_id=list_id, now=timezone.now())
    return workbook_answer(importing.wrong_rows(look.rows, look.faults), "rows-to-mend.xlsx")


@never_cache
@login_required
@require_safe
def results(request: HttpRequest, list_id: uuid.UUID) -> HttpResponse:
    """What became of its rows, by the source's own numbers; no words."""
    found = queries.list_results(colleague(request), list_id)
    return workbook_answer(importing.results(found), "results.xlsx")


@never_cache
@login_required
@require_POST
def forget(request: HttpRequest, list_id: uuid.UUID) -> HttpResponse:
    """The rows that are kept are not needed any more."""
    services.forget_list(actor=colleague(request), list_id=list_id, now=timezone.now())
    return redirect("case_lists")


@never_cache
@login_required
@require_safe
def template(request: HttpRequest) -> HttpResponse:
    """The empty list."""
    colleague(request)
    return workbook_answer(importing.template(), "matters.xlsx")
