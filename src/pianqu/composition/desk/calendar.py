"""Calendars to subscribe to: what is due and who has duty, for a calendar program that cannot sign in.

Such a program has a token with the one right `calendar`, in the address or as a password: whoever finds it reads the two
calendars and nothing else, and its holder ends it here at any time.
"""

import base64
import binascii
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.composition.desk.who import colleague, in_english
from pianqu.foundation.actor import Actor
from pianqu.foundation.api import Caller, Doors, Unknown, actor_of, address_of
from pianqu.foundation.calendars import MEDIA_TYPE, Event, feed
from pianqu.foundation.errors import Absent, Problem
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services
from pianqu.rooms.territory import queries as territory

RIGHT = "calendar"
LIFE = timedelta(days=365)
BACK, AHEAD = timedelta(days=14), timedelta(days=120)
"""How far duties are told."""
HALF_HOUR = timedelta(minutes=30)
"""A date at 24:00 belongs to the day that ends then: what is due is shown in the half hour before."""


# what stands in them -------------------------------------------------------------------------------------------------


def due_events(actor: Actor, now: datetime) -> Iterator[Event]:
    """Dates of the open matters in which the post's organisation has a part: code, category and street, nothing else."""
    english = in_english()
    categories = {card.code: card.name_en if english else card.name_zh for card in casework.categories()}
    streets = territory.ground(on=timezone.localdate(now)).places
    for card in casework.due_dates(actor):
        street = streets.get(card.street_code)
        named = {
            "category": categories.get(card.category, card.category),
            "code": card.shown_code,
            "street": (street.name_en if english and street.name_en else street.short_name) if street else "",
        }
        said = [_("Your organisation leads it.") if card.leads else _("Your organisation helps with it.")]
        if card.provisional:
            said.append(_("The date is provisional."))
        yield Event(
            key=str(card.task_id),
            starts=card.due_at - HALF_HOUR,
            ends=card.due_at,
            summary=(_("Due: %(category)s %(code)s %(street)s") % named).strip(),
            description=" ".join(said),
            path=reverse("casework:desk_case", args=[card.case_id]),
        )


def duty_events(actor: Actor, now: datetime) -> Iterator[Event]:
    """Hours of duty of the post's organisation and of the post itself, and what comes in turn; posts, never names."""
    for card in directory.turns_of(actor, now - BACK, now + AHEAD):
        own = str(card.post_id) == actor.post_id
        named = {"organisation": card.organisation_name, "post": card.title}
        sentence = _("My duty: %(organisation)s") if own else _("Duty: %(organisation)s, %(post)s")
        yield Event(
            key=str(card.duty_id),
            starts=card.starts,
            ends=card.ends,
            summary=sentence % named,
            path=reverse("directory:duty"),
            is_busy=own,
        )
    for sent in directory.rotations_of(actor, on=timezone.localdate(now)):
        week = [sent.starts + timedelta(days=number) for number in range(7)]
        first = next(day for day in week if day.isoweekday() in sent.weekdays)
        if sent.ends and first >= sent.ends:
            continue
        named = {"sender": sent.from_name, "centre": sent.to_name, "what": sent.title}
        yield Event(
            key=str(sent.send_down_id),
            starts=first,
            ends=first + timedelta(days=1),
            summary=_("In turn at %(centre)s: %(sender)s, %(what)s") % named,
            path=reverse("directory:here_today"),
            weekdays=sent.weekdays,
            until=sent.ends - timedelta(days=1) if sent.ends else None,
        )


@dataclass(frozen=True, slots=True)
class Kind:
    """One calendar."""

    events: Callable[[Actor, datetime], Iterator[Event]]
    name: str
    says: str


KINDS: Mapping[str, Kind] = {
    "due": Kind(
        due_events, gettext_noop("Due dates"), gettext_noop("Open matters that your organisation leads or helps with")
    ),
    "duty": Kind(
        duty_events, gettext_noop("Duty"), gettext_noop("Hours of duty of your organisation and your own, and turns")
    ),
}


def written(which: str, actor: Actor, now: datetime) -> bytes:
    """The feed of one calendar."""
    kind = KINDS[which]
    return feed(kind.events(actor, now), name=f"{_(kind.name)} · {directory.title_of_post(actor)}", now=now)


# doors for calendar programs -----------------------------------------------------------------------------------------


@require_safe
def subscribed(request: HttpRequest, which: str, key: str = "") -> HttpResponse:
    """A feed for who has the secret link, or the token as the password of a name of their choice."""
    now = timezone.now()
    try:
        if which not in KINDS:
            raise Absent("calendar-absent", _("There is no such calendar."))
        caller = _caller(request, key or _password(request), now)
        LIMITS.check(f"token:{caller.token_id}", per_minute=installation().api_rate)
        caller.check(RIGHT)
        return _answer(written(which, caller.actor, now), which)
    except Problem as problem:
        answer = HttpResponse(problem.message, status=problem.status, content_type="text/plain; charset=utf-8")
        if problem.status == Unknown.status:
            answer["WWW-Authenticate"] = 'Basic realm="pianqu", charset="UTF-8"'
        return answer


def _caller(request: HttpRequest, secret: str, now: datetime) -> Caller:
    try:
        return directory.caller_with(secret, at=now)
    except Unknown:
        LIMITS.check(f"address:{address_of(request)}", per_minute=installation().api_rate)
        raise


def _password(request: HttpRequest) -> str:
    """The password of the Basic scheme (RFC 7617); empty where there is none."""
    scheme, _blank, told = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(told, validate=True).decode().partition(":")[2]
    except (binascii.Error, ValueError):
        return ""


def _answer(content: bytes, which: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=f"{MEDIA_TYPE}; charset=utf-8")
    answer["Content-Disposition"] = f'inline; filename="{which}.ics"'
    answer["Cache-Control"] = "private, no-store"
    return answer


doors = Doors("calendar")
routers = {"/calendar": doors.router}


def _mount(which: str, kind: Kind) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        answer = HttpResponse(written(which, actor_of(request), timezone.now()), content_type=MEDIA_TYPE)
        answer["Cache-Control"] = "no-store"
        return answer

    name = f"get{which.capitalize()}Calendar"
    doors.asks(f"/{which}.ics", name=name, says=kind.says, gives={MEDIA_TYPE: bytes}, right=RIGHT)(view)


for _which, _kind in KINDS.items():
    _mount(_which, _kind)


# the page ------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest) -> HttpResponse:
    """What the links are, a new one, and an end to those there are."""
    actor, now, secret, problem = colleague(request), timezone.now(), "", None
    try:
        if request.POST.get("end"):
            services.end_token(actor=actor, token_id=_uuid(request.POST["end"]), now=now)
        elif request.method == "POST":
            secret = services.issue_token(
                actor=actor, name=_("Calendar"), rights=[RIGHT], expires_at=now + LIFE, now=now
            )
    except Problem as refused:
        problem = refused
    context = {
        "links": [(_(kind.name), _link(which, secret)) for which, kind in KINDS.items()] if secret else [],
        "kinds": [(_(kind.name), _(kind.says), _link(which)) for which, kind in KINDS.items()],
        "tokens": [card for card in directory.tokens_for(actor, at=now) if card.rights == (RIGHT,)],
        "error": problem.message if problem else "",
        "title": directory.title_of_post(actor),
    }
    return render(request, "composition/calendar.html", context, status=problem.status if problem else 200)


def _link(which: str, secret: str = "") -> str:
    path = reverse("calendar_feed", args=[secret, which]) if secret else reverse("calendar_by_password", args=[which])
    return f"{installation().public_url.rstrip('/')}{path}"


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)
