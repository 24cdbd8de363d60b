"""The telephone and the window: what somebody says is taken down in a minute, and they leave with a slip or a code."""

from collections.abc import Mapping
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Problem, as_problem
from pianqu.kernels import checkcode
from pianqu.rooms.casework import forms, queries, services
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import Earlier, actor_of, earlier_rows
from pianqu.rooms.casework.views.suggested import suggested
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def intake(request: HttpRequest) -> HttpResponse:
    """The form; taken in, the slip. The same form sent again shows the same slip."""
    actor, now = actor_of(request), timezone.now()
    if request.method != "POST":
        return _page(request, actor, forms.Intake(channel=_channel(request)), {}, now, 200)
    typed = forms.Intake.of(request.POST)
    if "look" in request.POST or "suggest" in request.POST:
        return _page(request, actor, typed, {}, now, 200)
    if errors := typed.faults():
        return _page(request, actor, typed, errors, now, Invalid.status)
    try:
        opened = services.take_in(
            actor=actor,
            channel=typed.channel,
            words=typed.report.words,
            category=typed.report.category,
            place=forms.place_of(typed.report),
            contact=typed.report.contact.strip() or None,
            tell=bool(typed.report.tell),
            reply=typed.reply,
            suggested_by=typed.suggested_by,
            idempotency_key=typed.report.key,
            now=now,
        )
    except (Problem, OperationalError) as error:
        return _refused(request, actor, typed, error, now)
    return _slip(request, actor, opened, typed)


def _channel(request: HttpRequest) -> str:
    return forms.one_of(request.GET.get("channel", ""), list(forms.BY_STAFF)) or forms.BY_STAFF[0]


def _refused(request: HttpRequest, actor: Actor, typed: forms.Intake, error: Exception, now: datetime) -> HttpResponse:
    problem = as_problem(error)
    if problem is None:
        raise error
    if problem.code == "idempotency-key-reused":
        typed = typed.again()
    return _page(request, actor, typed, {forms.field_of(problem): problem.message}, now, problem.status)


def sent_without_token(request: HttpRequest) -> HttpResponse:
    """The page was open for too long: shown again with everything typed and a fresh token."""
    sentence = _(
        "This page was open for too long, so nothing was sent yet. Everything is still here: please send it again."
    )
    typed = forms.Intake.of(request.POST)
    return _page(request, actor_of(request), typed, {"form": sentence}, timezone.now(), 403)


intake.sent_without_token = sent_without_token  # type: ignore[attr-defined]  # composition's CSRF page asks for it


def _page(
    request: HttpRequest, actor: Actor, typed: forms.Intake, errors: Mapping[str, str], now: datetime, status: int
) -> HttpResponse:
    names = shown.Places()
    report = typed.report
    suggestion = suggested(report.words)
    context = {
        "typed": typed,
        "report": report,
        "errors": errors,
        "categories": shown.category_choices(queries.shipped_categories()),
        "chosen_place": names.chosen(report.community),
        "places": names.options(),
        "hits": _hits(report.landmark),
        "earlier": _earlier(actor, typed, now),
        "suggestion": suggestion,
        "chosen": report.category or (suggestion.sure if suggestion else ""),
    }
    return render(request, "casework/intake.html", context, status=status)


def _hits(words: str) -> tuple[territory.Hit, ...]:
    return territory.find(words) if words.strip() else ()


def _earlier(actor: Actor, typed: forms.Intake, now: datetime) -> Earlier:
    report = typed.report
    place, category = forms.code_of(report.community), forms.code_of(report.category)
    rows = queries.earlier(actor, code=typed.code, place_code=place, category=category, now=now)
    return earlier_rows(rows, now, asked=bool(typed.code or (place and category)), by_code=bool(typed.code.strip()))


@never_cache
@login_required
@require_safe
def earlier(request: HttpRequest) -> HttpResponse:
    """What the caller may mean, as a part of the form."""
    found = _earlier(actor_of(request), forms.Intake.of(request.GET), timezone.now())
    return render(request, "casework/_earlier.html", {"earlier": found})


def _slip(request: HttpRequest, actor: Actor, opened: services.Opened, typed: forms.Intake) -> HttpResponse:
    """What the person takes home, or hears: the code, how to follow it, until when the next step is due."""
    card = queries.case_for(actor, opened.case_id)
    link = reverse("casework:case", args=[card.shown_code]) + f"?s={opened.receipt_secret}"
    url = request.build_absolute_uri(link)
    names, organisations = shown.Places(), shown.Organisations()
    context = {
        "case": card,
        "spelt": " ".join(checkcode.show(card.code)),
        "category": shown.category_names().get(card.category),
        "community": names.name(card.place_code),
        "organisation": organisations.full(card.organisation_code),
        "url": url,
        "follow": request.build_absolute_uri(reverse("casework:follow")),
        "qr": shown.link_picture(url),
        "channel": typed.channel,
        "title": directory.title_of_post(actor),
    }
    return render(request, "casework/slip.html", context)
