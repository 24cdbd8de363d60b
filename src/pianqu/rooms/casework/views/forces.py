"""Joint task forces 联合工作组: who works together, on which matters, until when; formed, given matters, ended with a report."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem
from pianqu.rooms.casework import forms, queries, rules, services
from pianqu.rooms.casework.lifecycle import HANDLED
from pianqu.rooms.casework.queries import ForceCard
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of
from pianqu.rooms.casework.views.posted import posted

PARTIES = ("department", "station", "street", "town", "centre")


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def forces(request: HttpRequest) -> HttpResponse:
    """Those that concern the post, and the form of a new one."""
    actor, typed = actor_of(request), request.POST
    if request.method != "POST":
        return _page(request, actor)
    try:
        days = [forms.day_of(typed.get(name, "")) for name in ("starts", "ends")]
        if days[0] is None or days[1] is None:
            raise Invalid("force-days", _("Please choose its first and its last day."))
        force_id = services.form_force(
            actor=actor,
            name=typed.get("name", ""),
            words=typed.get("words", ""),
            lead_code=typed.get("lead", ""),
            member_codes=typed.getlist("members"),
            starts_on=days[0],
            ends_on=days[1],
            now=timezone.now(),
        )
    except Problem as problem:
        named = {} if isinstance(problem, Forbidden) else _missing(typed)
        errors = {**named}
        errors.setdefault(_FIELDS.get(problem.code, "form"), problem.message)
        return _page(request, actor, errors=errors, status=problem.status)
    return redirect("casework:force", force_id=force_id)


_FIELDS = {
    "force-name": "name",
    "words-empty": "words",
    "words-too-long": "words",
    "force-members": "members",
    "party-unknown": "members",
    "force-days": "ends",
}
"""Problems of a new task force, and the field of the form that each is about."""


def _missing(typed: QueryDict) -> dict[str, str]:
    """Everything that is still empty, said at once."""
    empty = {
        "name": (not typed.get("name", "").strip(), _("Please give the task force a name.")),
        "words": (not typed.get("words", "").strip(), _("Please say what it is for.")),
        "members": (not typed.getlist("members"), _("A joint task force has a lead and one to twenty others.")),
        "starts": (forms.day_of(typed.get("starts", "")) is None, _("Please choose its first day.")),
        "ends": (forms.day_of(typed.get("ends", "")) is None, _("Please choose its last day.")),
    }
    return {name: sentence for name, (is_empty, sentence) in empty.items() if is_empty}


def _page(
    request: HttpRequest, actor: Actor, *, errors: Mapping[str, str] | None = None, status: int = 200
) -> HttpResponse:
    now, organisations = timezone.now(), shown.Organisations()
    today = timezone.localdate(now)
    cards = queries.forces_for(actor, now=now, on=today)
    context = {
        "lines": [_line(card, organisations) for card in cards],
        "may_form": rules.may_form_force(actor, actor.organisation_code),
        "parties": organisations.choices(*PARTIES),
        "own": actor.organisation_code,
        "errors": errors or {},
        "typed": request.POST,
        "chosen": request.POST.getlist("members"),
        "today": today,
    }
    return render(request, "casework/forces.html", context, status=status)


def _line(card: ForceCard, organisations: shown.Organisations) -> dict[str, Any]:
    return {
        "card": card,
        "lead": organisations.short(card.lead_code),
        "members": [organisations.short(code) for code in card.member_codes],
    }


@never_cache
@login_required
@require_safe
def force(request: HttpRequest, force_id: uuid.UUID) -> HttpResponse:
    """One of them with its matters."""
    return _force(request, actor_of(request), force_id)


def _force(request: HttpRequest, actor: Actor, force_id: uuid.UUID, *, status: int = 200, **more: Any) -> HttpResponse:
    now, organisations = timezone.now(), shown.Organisations()
    card = queries.force_for(actor, force_id, now=now, on=timezone.localdate(now))
    names = shown.category_names()
    context = {
        **_line(card, organisations),
        "matters": [
            (
                one,
                names[one.category].name if one.category in names else one.category,
                organisations.short(one.lead_code) if one.lead_code else "",
            )
            for one in card.matters
        ],
        "asking": _may_be_asked(actor, card, organisations),
        "typed": request.POST,
        **more,
    }
    return render(request, "casework/force.html", context, status=status)


def _may_be_asked(
    actor: Actor, card: ForceCard, organisations: shown.Organisations
) -> dict[uuid.UUID, list[shown.Choice]]:
    """Matter → who of the task force may be asked to help with it by this actor: those that do not lead it."""
    own = [card.lead_code, *card.member_codes]
    return {
        one.case_id: [shown.Choice(code=code, name=organisations.short(code)) for code in own if code != one.lead_code]
        for one in card.matters
        if card.ended_at is None and one.state in HANDLED and rules.may_ask_for_help(actor, one.lead_code)
    }


@login_required
@posted("casework:force", by="force_id")
def act(request: HttpRequest, force_id: uuid.UUID, name: str) -> HttpResponse:
    """Give it a matter, take one back, end it."""
    actor, now, typed = actor_of(request), timezone.now(), request.POST
    queries.force_for(actor, force_id, now=now, on=timezone.localdate(now))
    try:
        if name == "give":
            own = {"code": typed.get("code", ""), "after": typed.get("after", "")}
            services.give_to_force(actor=actor, force_id=force_id, **own, now=now)
        elif name == "release":
            services.release_from_force(actor=actor, force_id=force_id, case_id=_uuid(typed.get("case", "")), now=now)
        elif name == "end":
            services.end_force(actor=actor, force_id=force_id, words=typed.get("words", ""), now=now)
        else:
            raise Http404
    except (Absent, Forbidden):
        raise
    except Problem as problem:
        return _force(request, actor, force_id, status=problem.status, errors={name: problem.message})
    return redirect("casework:force", force_id=force_id)


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as wrong:
        raise Http404 from wrong
