"""Acts on many matters: chosen on the list, rehearsed on a page, planned, and watched while they are done."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.foundation.ids import read_id
from pianqu.rooms.casework import queries, rules, services
from pianqu.rooms.casework.queries import BulkCard
from pianqu.rooms.casework.services import Wanted
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import PARTY_KINDS, actor_of, filters_in, query_of
from pianqu.rooms.casework.views.posted import posted


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A bulk act in the words that the page shows."""

    card: BulkCard
    name: str
    percent: int
    seconds_left: int
    window: int
    gone: int
    """Seconds of the undo window, and how many of them are over."""


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: HttpRequest) -> HttpResponse:
    """The post's latest ones; sent from the list, the form for what is to be done with what was chosen there.

    The act comes first, then its own fields, then what would happen; an act without fields is tried at once.
    """
    actor = actor_of(request)
    if request.method != "POST" and "case" not in request.GET:
        return render(request, "casework/bulk.html", {"lines": [_line(card) for card in queries.bulk_acts_of(actor)]})
    rules.check_may_act_on_many(actor)
    filters = filters_in(request, set(shown.category_names()))
    case_ids, is_cut = _chosen(request, actor, filters)
    wanted, step = _wanted(request), request.POST.get("step", "")
    fields = services.BULK_FIELDS.get(wanted.act)
    if fields == () and not step:
        step = "preview"
    context: dict[str, Any] = {
        "case_ids": case_ids,
        "is_cut": is_cut,
        "most": services.MOST_AT_ONCE,
        "fields": fields,
        "act_name": act_names().get(wanted.act, ""),
        "acts": act_names().items(),
        "wanted": wanted,
        "query": query_of(filters),
        "natures": shown.natures(),
        "parties": shown.Organisations().choices(*PARTY_KINDS),
        "seconds": int(services.UNDO_WINDOW.total_seconds()),
    }
    now, status = timezone.now(), 200
    try:
        if step == "plan":
            bulk_id = services.plan_bulk(
                actor=actor, case_ids=case_ids, wanted=wanted, language=get_language() or "", now=now
            )
            return redirect("casework:bulk_act", bulk_id=bulk_id)
        if step == "preview":
            found = services.rehearse_bulk(actor=actor, case_ids=case_ids, wanted=wanted, now=now)
            context |= {"rehearsal": found, **_told(actor, case_ids, found)}
    except Problem as problem:
        context["refused"], status = problem.message, problem.status
        context["wrong"] = problem.code.removeprefix("bulk-")
    return render(request, "casework/bulk_form.html", context, status=status)


@never_cache
@login_required
@require_safe
def one(request: HttpRequest, bulk_id: uuid.UUID) -> HttpResponse:
    """How far it is, and why some could not be done."""
    whole = queries.bulk_whole(actor_of(request), bulk_id)
    asked = {"whole": whole, "asked": _asked(whole.values)}
    return render(request, "casework/bulk_act.html", {**_progress(request, bulk_id), **asked})


def _told(actor: Actor, case_ids: Sequence[uuid.UUID], found: services.Rehearsal) -> dict[str, Any]:
    """The matters of a rehearsal as links: those that can, and those that cannot by their reason."""
    rows = queries.rows_for(actor, set(case_ids))
    of_code = {row.shown_code: row for row in rows.values()}
    return {
        "can": [rows[one] for one in found.can if one in rows],
        "cannot": [
            (why.sentence, len(why.codes), [of_code[c] for c in why.codes if c in of_code]) for why in found.cannot
        ],
    }


def _asked(values: Mapping[str, str]) -> list[tuple[str, str]]:
    """What was chosen, in words."""
    names = {
        "lead_code": pgettext("bulk", "Who leads"),
        "nature": pgettext("bulk", "Nature"),
        "parent_code": pgettext("bulk", "Joined to"),
    }
    told: dict[str, Callable[[str], str]] = {
        "lead_code": shown.Organisations().short,
        "nature": lambda code: str(queries.nature_name(code)),
        "parent_code": str,
    }
    return [(names[name], told[name](value)) for name, value in values.items() if value and name in names]


@never_cache
@login_required
@require_safe
def progress(request: HttpRequest, bulk_id: uuid.UUID) -> HttpResponse:
    """The progress alone: the page asks for it again until it has ended."""
    return render(request, "casework/_bulk.html", _progress(request, bulk_id))


@never_cache
@login_required
@posted("casework:bulk_act", by="bulk_id")
def undo(request: HttpRequest, bulk_id: uuid.UUID) -> HttpResponse:
    """Cancel what has not begun."""
    services.undo_bulk(actor=actor_of(request), bulk_id=bulk_id, now=timezone.now())
    return redirect("casework:bulk_act", bulk_id=bulk_id)


def act_names() -> dict[str, str]:
    """What can be done with many, in words."""
    return {
        "accept": pgettext("bulk", "Accept"),
        "dispatch": pgettext("bulk", "Dispatch"),
        "note": pgettext("bulk", "Write an internal note"),
        "answer": pgettext("bulk", "Answer who reported it"),
        "close": pgettext("bulk", "Close"),
        "link": pgettext("bulk", "Join to another matter"),
    }


def _progress(request: HttpRequest, bulk_id: uuid.UUID) -> dict[str, Any]:
    card, refusals = queries.bulk_act_of(actor_of(request), bulk_id)
    return {"line": _line(card), "refusals": refusals}


def _line(card: BulkCard) -> Line:
    left = max(0, round((card.begins_at - timezone.now()).total_seconds())) if card.ended_at is None else 0
    window = int(services.UNDO_WINDOW.total_seconds())
    return Line(
        card=card,
        name=act_names()[card.act],
        percent=100 * (card.total - card.waiting) // max(1, card.total),
        seconds_left=left,
        window=window,
        gone=max(0, window - left),
    )


def _chosen(request: HttpRequest, actor: Actor, filters: queries.CaseFilter) -> tuple[Sequence[uuid.UUID], bool]:
    """The rows that were ticked, or the first ones of the whole list, and whether it has more. What is no id is left out."""
    typed = request.POST if request.method == "POST" else request.GET
    if typed.get("all"):
        page = queries.cases_for(actor, filters=filters, size=services.MOST_AT_ONCE, now=timezone.now())
        return [row.case_id for row in page.rows], page.has_next
    ids = [found for text in typed.getlist("case")[: services.MOST_AT_ONCE + 1] if (found := read_id(text))]
    return ids, bool(typed.get("cut"))


def _wanted(request: HttpRequest) -> Wanted:
    typed = request.POST if request.method == "POST" else request.GET
    values = {name: typed.get(name, "")[:40] for name in ("nature", "lead_code", "parent_code")}
    return Wanted(act=typed.get("act", ""), values=values, words=typed.get("words", ""))
