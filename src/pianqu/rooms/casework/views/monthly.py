"""The reports of months: the list, one with its words as they will be printed, its editing, issuing and files."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Problem
from pianqu.foundation.official import Chart, missing_faces, paragraphs
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.views.desk import actor_of
from pianqu.rooms.casework.views.posted import posted

FORMS = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@never_cache
@login_required
@require_safe
def reports(request: HttpRequest) -> HttpResponse:
    """All that this post may read, the newest first."""
    cards = queries.reports_for(actor_of(request))
    return render(request, "casework/reports.html", {"cards": cards, "here": "reports"})


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """One report; sent, its words are changed."""
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, actor, report_id)
    queries.report_for(actor, report_id)
    typed = {name: request.POST.get(name, "") for name in ("title", "number", "addressee", "text")}
    try:
        services.edit_report(actor=actor, report_id=report_id, now=timezone.now(), **typed)
    except Problem as problem:
        return _page(request, actor, report_id, error=problem.message, status=problem.status, edits=True)
    return redirect("casework:monthly", report_id=report_id)


def _page(
    request: HttpRequest,
    actor: Actor,
    report_id: uuid.UUID,
    *,
    error: str = "",
    refused: str = "",
    status: int = 200,
    edits: bool = False,
) -> HttpResponse:
    whole = queries.report_for(actor, report_id)
    blocks = [
        (one.kind, one.text, whole.sheets.get(one.text) if one.kind == "mark" else None)
        for one in paragraphs(whole.text)
    ]
    context = {
        "whole": whole,
        "card": whole.card,
        "blocks": [(kind, text, sheet, isinstance(sheet, Chart)) for kind, text, sheet in blocks],
        "typed": request.POST if edits else {},
        "error": error,
        "refused": refused,
        "open_end": services.OPEN_END if services.OPEN_END in whole.text else "",
        "missing": missing_faces(),
        "marks": "、".join(f"【{name}】" for name in whole.sheets),
        "here": "reports",
    }
    return render(request, "casework/monthly.html", context, status=status)


@never_cache
@login_required
@posted("casework:monthly", by="report_id")
def issue(request: HttpRequest, report_id: uuid.UUID) -> HttpResponse:
    """A leader issues it; or the page again with what is missing."""
    actor, now = actor_of(request), timezone.now()
    queries.report_for(actor, report_id)
    try:
        files = services.printed(actor, report_id, now=now, issued=True)
        services.issue_report(actor=actor, report_id=report_id, files=files, now=now)
    except Problem as problem:
        return _page(request, actor, report_id, refused=problem.message, status=problem.status)
    return redirect("casework:monthly", report_id=report_id)


@never_cache
@login_required
@require_safe
def file(request: HttpRequest, report_id: uuid.UUID, form: str) -> HttpResponse:
    """The file as it was issued; of a draft, one that says so, made now."""
    if form not in FORMS:
        raise Absent("report-absent", _("There is no such report."))
    actor = actor_of(request)
    whole = queries.report_for(actor, report_id)
    if whole.card.state == queries.ISSUED_REPORT:
        content, called = queries.report_file(actor, report_id, form)
    else:
        made = services.printed(actor, report_id, now=timezone.now())
        content, called = (made.pdf if form == "pdf" else made.word), f"draft-{whole.card.month:%Y-%m}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{called}"'}
    return HttpResponse(content, content_type=FORMS[form], headers=headers)
