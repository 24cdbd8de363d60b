"""Calls to the spot 吹哨报到: who is called where, the form that calls, and what each organisation does about it."""

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Problem
from pianqu.rooms.casework import queries, rules, services
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of
from pianqu.rooms.casework.views.posted import posted
from pianqu.rooms.casework.views.whistle_lines import lines_of
from pianqu.rooms.directory import queries as directory


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def whistles(request: HttpRequest) -> HttpResponse:
    """Every call that concerns the post, and the form of a new one."""
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, actor)
    typed, case_id = request.POST, _uuid(request.POST.get("case", ""))
    try:
        whistle_id = services.blow_whistle(
            actor=actor,
            called_codes=typed.getlist("called"),
            words=typed.get("words", ""),
            answer_by=_moment(typed.get("answer_by", "")),
            be_there_by=_moment(typed.get("be_there_by", "")),
            place_code=typed.get("place", "")[:12],
            landmark=typed.get("landmark", ""),
            case_id=case_id,
            now=timezone.now(),
        )
    except (Absent, Forbidden):
        raise
    except Problem as problem:
        named = _missing(typed, actor, case_id)
        named.setdefault(_FIELDS.get(problem.code, "form"), problem.message)
        return _page(request, actor, errors=named, typed=typed, status=problem.status)
    return redirect(f"{request.path}#w-{whistle_id}")


_FIELDS = {
    "whistle-called": "called",
    "whistle-self": "called",
    "whistle-down": "called",
    "party-unknown": "called",
    "party-ended": "called",
    "whistle-place": "place",
    "whistle-elsewhere": "place",
    "words-empty": "words",
    "words-too-long": "words",
    "whistle-moment": "answer_by",
    "whistle-soon": "answer_by",
    "whistle-there": "be_there_by",
}
"""Problems of a new call, and the field of the form that each is about."""


def _missing(typed: QueryDict, actor: Actor, case_id: uuid.UUID | None) -> dict[str, str]:
    """Everything that is still empty, said at once."""
    place = queries.case_for(actor, case_id).place_code if case_id else ""
    empty = {
        "place": (not typed.get("place") and not place, _("Please say in which street or community the spot lies.")),
        "called": (not typed.getlist("called"), _("Please choose whom to call: one to twelve organisations.")),
        "words": (not typed.get("words", "").strip(), _("Please say what is to be settled there.")),
        "answer_by": (_moment(typed.get("answer_by", "")) is None, _("Please say by when they must answer.")),
        "be_there_by": (_moment(typed.get("be_there_by", "")) is None, _("Please say by when they must be there.")),
    }
    return {name: sentence for name, (is_empty, sentence) in empty.items() if is_empty}


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError as wrong:
        raise Http404 from wrong


def _moment(text: str) -> datetime | None:
    """A moment as a form gives it, on the district's clocks; None for what is none."""
    try:
        naive = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return timezone.make_aware(naive) if naive.tzinfo is None and 2000 <= naive.year < 2100 else None


def _page(
    request: HttpRequest,
    actor: Actor,
    *,
    status: int = 200,
    errors: Mapping[str, str] | None = None,
    typed: Mapping[str, Any] | None = None,
    refused: str = "",
) -> HttpResponse:
    now, organisations = timezone.now(), shown.Organisations()
    case_id = _uuid(str((typed or request.GET).get("case", "")))
    case = queries.case_for(actor, case_id) if case_id else None
    cards = queries.whistles_for(actor, now=now)
    kind = organisations.kind(actor.organisation_code)
    context = {
        "lines": lines_of(cards, organisations),
        "waiting": sum(card.is_called for card in cards),
        "may_whistle": rules.may_whistle(actor, kind),
        "case": case,
        "parties": organisations.choices("department", "station"),
        "places": shown.Places().options(queries.scope_of(actor)),
        "errors": errors or {},
        "refused": refused,
        "typed": typed or {},
        "chosen": typed.getlist("called") if isinstance(typed, QueryDict) else (),
        "answer_by": typed.get("answer_by", "") if typed else _form(now + timedelta(hours=1)),
        "be_there_by": typed.get("be_there_by", "") if typed else _form(now + timedelta(hours=3)),
        "title": directory.title_of_post(actor),
    }
    return render(request, "casework/whistles.html", context, status=status)


def _form(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%dT%H:%M}"


Typed = QueryDict
_ACTS: dict[str, tuple[Callable[..., object], Callable[[Typed], dict[str, Any]]]] = {
    "answer": (
        services.answer_whistle,
        lambda typed: {"office": typed.get("office", ""), "comes_at": _moment(typed.get("comes_at", ""))},
    ),
    "object": (services.object_to_whistle, lambda typed: {"words": typed.get("words", "")}),
    "decide": (
        services.decide_on_whistle,
        lambda typed: {
            "called_code": typed.get("called", ""),
            "excused": typed.get("yes") == "1",
            "words": typed.get("words", ""),
        },
    ),
    "arrive": (services.arrive_at_whistle, lambda typed: {"called_code": typed.get("called", "")}),
    "finish": (services.finish_whistle, lambda typed: {"words": typed.get("words", "")}),
    "end": (services.end_whistle, lambda _typed: {}),
}


@login_required
@posted("casework:whistles")
def act(request: HttpRequest, whistle_id: uuid.UUID, name: str) -> HttpResponse:
    """Answer, object, decide, arrive, finish, end."""
    actor, now = actor_of(request), timezone.now()
    if name not in _ACTS:
        raise Http404
    queries.whistle_for(actor, whistle_id, now=now)
    verb, takes = _ACTS[name]
    try:
        verb(actor=actor, whistle_id=whistle_id, now=now, **takes(request.POST))
    except (Absent, Forbidden):
        raise
    except Problem as problem:
        typed = request.POST.get("words", "") or request.POST.get("office", "")
        kept = pgettext("list", "%(why)s What you typed: “%(typed)s”") % {"why": problem.message, "typed": typed}
        return _page(request, actor, refused=kept if typed.strip() else problem.message, status=problem.status)
    return redirect(f"{_home()}#w-{whistle_id}")


def _home() -> str:
    return reverse("casework:whistles")
