"""Tables of matters that a post asked for: the form that asks for one, how far each is, the file itself."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from pianqu.foundation import growing
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.foundation.tables import FORMS, has_parquet
from pianqu.foundation.templatetags.ui import state_word
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import CaseFilter, ExportCard
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of, filters_in, query_of
from pianqu.rooms.casework.views.posted import posted


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A table in the words that the page shows."""

    card: ExportCard
    form: str
    what: str
    why: str
    """Why it stopped."""
    percent: int | None

    @property
    def goes_on(self) -> bool:
        return self.card.state == queries.ASKED


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest) -> HttpResponse:
    """The page; sent, a table of what its address asks for is asked for."""
    actor, filters = actor_of(request), filters_in(request, set(shown.category_names()))
    if request.method != "POST":
        return _page(request, actor, filters)
    try:
        services.ask_for_export(
            actor=actor,
            form=request.POST.get("form", ""),
            filters=filters,
            with_words=bool(request.POST.get("with_words")),
            purpose=request.POST.get("purpose", ""),
            language=get_language() or "",
            now=timezone.now(),
        )
    except Problem as problem:
        return _page(request, actor, filters, problem=problem)
    return redirect("casework:exports")


def _page(request: HttpRequest, actor: Actor, filters: CaseFilter, *, problem: Problem | None = None) -> HttpResponse:
    errors = {"purpose" if problem.code == "export-purpose" else "form": problem.message} if problem else {}
    context = {
        **_made(actor),
        "query": query_of(filters),
        "back": query_of(filters),
        "what": _in_words(filters),
        "forms": _forms(),
        "chosen": request.POST.get("form", "xlsx"),
        "with_words": bool(request.POST.get("with_words")),
        "purpose": request.POST.get("purpose", ""),
        "errors": errors,
        "title": actor.title,
        "days": services.KEPT.days,
    }
    return render(request, "casework/exports.html", context, status=problem.status if problem else 200)


@never_cache
@login_required
@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """The list alone: the page asks for it again while something is being made."""
    return render(request, "casework/_exports.html", _made(actor_of(request)))


@never_cache
@login_required
@posted("casework:exports")
def cancel(request: HttpRequest, export_id: uuid.UUID) -> HttpResponse:
    """It is not wanted any more."""
    services.cancel_export(actor=actor_of(request), export_id=export_id, now=timezone.now())
    return redirect("casework:exports")


@never_cache
@login_required
@require_GET
def file(request: HttpRequest, export_id: uuid.UUID) -> HttpResponseBase:
    """The file for its post; that it was fetched is written down."""
    taken = services.take_export(actor=actor_of(request), export_id=export_id, now=timezone.now())
    return growing.answer(taken.name, called=taken.called, media_type=FORMS[taken.form].media_type)


# words ---------------------------------------------------------------------------------------------------------------


def _forms() -> Sequence[tuple[str, str, str, bool]]:
    """Code, name, what it is good for, and whether it can be made here."""
    return (
        ("xlsx", "Excel", _("to read and to sort; codes stay as they are"), True),
        ("csv", "CSV", _("for every program; Excel opens the Chinese right"), True),
        ("geojson", "GeoJSON", _("for maps: points, and matters without one"), True),
        (
            "parquet",
            "Parquet",
            _("for analysis of very many") if has_parquet() else _("not installed here"),
            has_parquet(),
        ),
    )


def _made(actor: Actor) -> dict[str, Any]:
    """The tables of a post, and whether to look again soon."""
    lines = _lines(actor)
    return {"lines": lines, "goes_on": any(line.goes_on for line in lines)}


def _lines(actor: Actor) -> list[Line]:
    names = {code: name for code, name, _hint, _there in _forms()}
    return [
        Line(
            card=card,
            form=names[card.form],
            what=_in_words(card.filters),
            why=_why(card.reason),
            percent=min(99, 100 * card.written // card.total) if card.total else None,
        )
        for card in queries.exports_of(actor, now=timezone.now())
    ]


def _why(reason: str) -> str:
    sentences = {
        queries.CANCELLED: _("Cancelled. Nothing of it is kept."),
        queries.POST_ENDED: _("The post that asked for it has ended, so it was not made."),
        queries.ERASED: _(
            "What a matter says about a person was erased meanwhile, so this table was destroyed. Ask for it anew."
        ),
        queries.STUMBLED: _("It could not be made, three times. Please tell the operator; nothing of it is kept."),
        "disk-full": _("The disk is full, so it was not made and nothing of it is kept. Please tell the operator."),
        "files-unwritable": _("The data folder cannot be written, so it was not made. Please tell the operator."),
        "parquet-missing": _("Parquet is not installed here. Please choose another format."),
    }
    return sentences.get(reason, reason)


def _in_words(filters: CaseFilter) -> str:
    """What a filter asks for, in a line."""
    names, categories = shown.Places(), shown.category_names()
    category = categories.get(filters.category)
    place = shown.chosen_place(names, filters.place_code) if filters.place_code else None
    cluster = {choice.code: choice.name for choice in names.clusters()}.get(filters.cluster_code, filters.cluster_code)
    said = [
        shown.queue_name(filters.queue) if filters.queue else "",
        state_word(filters.state) if filters.state else "",
        category.name if category else filters.category,
        queries.platform_name(filters.platform) if filters.platform else "",
        place.name if place else filters.place_code,
        cluster,
        _("cell of its day %(code)s") % {"code": filters.cell_code} if filters.cell_code else "",
        _("cell of today %(code)s") % {"code": filters.cell_now} if filters.cell_now else "",
        shown.Organisations().short(filters.party) if filters.party else "",
        _days(filters),
        f"“{filters.text}”" if filters.text else "",
        {queries.DUE: _("what is due"), queries.RISK: _("what a forecast speaks of")}.get(filters.order, ""),
    ]
    return " · ".join(word for word in said if word) or _("All cases")


def _days(filters: CaseFilter) -> str:
    if not (filters.since or filters.until):
        return ""
    which = {choice.code: choice.name for choice in shown.moments()}.get(filters.moment, _("Coming in"))
    return f"{which} {filters.since or '…'} – {filters.until or '…'}"
