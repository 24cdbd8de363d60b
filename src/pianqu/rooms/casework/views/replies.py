"""Doors of reply templates: the page on which they are kept, and their words put into the form of an act."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Problem
from pianqu.foundation.ids import read_id
from pianqu.rooms.casework import queries, rules, services
from pianqu.rooms.casework.services import ReplyWords
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of, case_page
from pianqu.rooms.casework.views.offered import chosen_in, put_in
from pianqu.rooms.casework.views.posted import posted
from pianqu.rooms.directory import queries as directory

# the page ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A template with its category in words."""

    card: queries.ReplyCard
    category: str


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def replies(request: HttpRequest) -> HttpResponse:
    """Every template that the post is offered; who keeps them writes and changes them here."""
    actor = actor_of(request)
    if request.method != "POST":
        return _page(request, actor)
    try:
        _keep(actor, request.POST)
    except Forbidden:
        raise
    except Problem as problem:
        return _page(request, actor, error=problem.message, typed=request.POST, status=problem.status)
    messages.success(request, _("The template is kept. It is offered from now on."))
    return redirect("casework:replies")


def _keep(actor: Actor, typed: QueryDict) -> None:
    wanted = ReplyWords(
        name=typed.get("name", ""),
        use=typed.get("use", ""),
        words=typed.get("words", ""),
        words_en=typed.get("words_en", ""),
        category=typed.get("category", ""),
    )
    now = timezone.now()
    if template_id := read_id(typed.get("template", "")):
        version = typed.get("version", "")
        services.change_reply_template(
            actor=actor,
            template_id=template_id,
            version=int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
            wanted=wanted,
            now=now,
        )
    else:
        services.make_reply_template(actor=actor, wanted=wanted, for_all=typed.get("whose") == "all", now=now)


def _page(
    request: HttpRequest, actor: Actor, *, error: str = "", typed: QueryDict | None = None, status: int = 200
) -> HttpResponse:
    cards = queries.reply_templates_for(actor, now=timezone.now())
    categories = shown.category_names()
    wanted = typed.get("template", "") if typed is not None else request.GET.get("template", "")
    editing = next((card for card in cards if card.may_change and str(card.template_id) == wanted), None)
    may_own, may_all = rules.may_write_replies(actor, actor.organisation_code), rules.may_write_replies(actor, "")
    context = {
        "groups": [
            (code, name, says, [_line(card, categories) for card in cards if card.use == code])
            for code, name, says in _uses()
        ],
        "has_any": bool(cards),
        "editing": editing,
        "form": typed if typed is not None else _form(editing),
        "error": error,
        "uses": [(code, name) for code, name, _says in _uses()],
        "categories": shown.category_choices(queries.shipped_categories()),
        "blanks": _blanks(),
        "may_write": may_own or may_all,
        "may_own": may_own,
        "may_all": may_all,
        "title": directory.title_of_post(actor),
        "longest": services.LONGEST_REPLY,
    }
    return render(request, "casework/replies.html", context, status=status)


def _line(card: queries.ReplyCard, categories: Any) -> Line:
    known = categories.get(card.category)
    return Line(card=card, category=known.name if known else card.category)


def _form(card: queries.ReplyCard | None) -> dict[str, Any]:
    if card is None:
        return {"use": "answer"}
    return {
        "name": card.name,
        "use": card.use,
        "category": card.category,
        "words": card.words,
        "words_en": card.words_en,
        "version": card.version,
    }


def _uses() -> tuple[tuple[str, str, str], ...]:
    """Code, name, and where it is offered."""
    return (
        ("answer", pgettext("template", "Answers"), _("offered when a matter, or the own part of it, is done")),
        ("return", pgettext("template", "Returns"), _("offered when a matter is returned or its dispatch objected to")),
        (
            "message",
            pgettext("template", "Messages to the reporter"),
            _("offered when the clock is paused and at the window: the reporter reads it"),
        ),
    )


def _blanks() -> list[tuple[str, str, str]]:
    """The two ways to write each, and what stands there."""
    says = {
        "number": _("the matter's code"),
        "category": _("what it is about"),
        "place": _("the community in which it lies"),
        "reported": _("the day on which it came in"),
        "due": _("the day until which it is to be answered"),
        "today": _("the day on which the words are put in"),
        "organisation": _("the organisation that writes"),
        "handler_organisation": _("the organisation that leads the matter"),
    }
    return [(f"{{{{{chinese}}}}}", f"{{{{{code}}}}}", says[code]) for code, chinese in queries.BLANKS.items()]


@never_cache
@login_required
@posted("casework:replies")
def retire(request: HttpRequest, template_id: uuid.UUID) -> HttpResponse:
    """Offer it no longer."""
    actor = actor_of(request)
    try:
        services.retire_reply_template(actor=actor, template_id=template_id, now=timezone.now())
    except Absent as problem:
        return _page(request, actor, error=problem.message, status=problem.status)
    messages.success(request, _("The template is retired. What was written with it stays."))
    return redirect("casework:replies")


# into a form ---------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@posted("casework:desk_case", by="case_id")
def fill(request: HttpRequest, case_id: uuid.UUID, name: str) -> HttpResponse:
    """The matter's page again with the template's words in the form of this act, behind what was typed. Nothing is done."""
    actor = actor_of(request)
    if name not in queries.REPLY_ACTS:
        raise Http404
    field = "reply" if name == "resolve" else "words"
    typed = request.POST.copy()
    template_id, language = chosen_in(typed)
    errors, status = {}, 200
    if template_id is None:
        errors, status = {field if field == "reply" else name: _("Please choose a template first.")}, 422
    else:
        try:
            words = queries.filled_reply(
                actor, case_id=case_id, template_id=template_id, language=language, now=timezone.now()
            )
            typed[field] = put_in(typed.get(field, ""), words)
        except Absent as problem:
            queries.check_sees(actor, case_id)
            errors, status = {field if field == "reply" else name: problem.message}, problem.status
    more: dict[str, Any] = {"reply": typed.get("reply", "")} if field == "reply" else {}
    return case_page(request, actor, case_id, status=status, typed=typed, errors=errors, filled=name, **more)


@never_cache
@login_required
@require_safe
def words(request: HttpRequest, case_id: uuid.UUID, template_id: uuid.UUID) -> HttpResponse:
    """A template's words for this matter, to be put into a form without a new page."""
    text = queries.filled_reply(
        actor_of(request),
        case_id=case_id,
        template_id=template_id,
        language=request.GET.get("language", "zh"),
        now=timezone.now(),
    )
    return JsonResponse({"words": text})
