"""How the directory is put into words for a page: names in the reader's language, days, and the signed-in person's post."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from pianqu.foundation.actor import CHOSEN_POST, Actor
from pianqu.foundation.errors import Forbidden
from pianqu.foundation.templatetags.ui import day as short_day
from pianqu.rooms.directory import queries
from pianqu.rooms.directory.queries import OrganisationCard

FARTHEST = timedelta(days=3660)
"""Days farther away are no question that a list could answer."""


class Category(Protocol):
    """What a higher room tells of a category; composition hands the question in."""

    @property
    def code(self) -> str: ...
    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...
    @property
    def icon(self) -> str: ...


Categories = Callable[[], Sequence[Category]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """A name with the language it is in, since not every organisation has an English one."""

    text: str
    lang: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Something that a form offers or a list shows by name."""

    code: str
    name: str
    icon: str = "file-text"


def in_english() -> bool:
    return (get_language() or "").startswith("en")


def organisation_name(card: OrganisationCard | None, code: str = "") -> Name:
    """A name as people say it; the code of one that nobody knows."""
    if card is None:
        return Name(text=code, lang="en")
    if in_english() and card.name_en:
        return Name(text=card.name_en, lang="en")
    return Name(text=card.short_name, lang="zh-CN")


def category_choices(categories: Categories) -> dict[str, Choice]:
    """Categories by code in the reader's language, in their order."""
    english = in_english()
    return {
        card.code: Choice(code=card.code, name=card.name_en if english else card.name_zh, icon=card.icon)
        for card in categories()
    }


def names(codes: Iterable[str]) -> dict[str, Name]:
    """Names of organisations in one statement."""
    wanted = set(codes)
    cards = queries.organisations(wanted)
    return {code: organisation_name(cards.get(code), code) for code in wanted}


def account_of(request: HttpRequest) -> uuid.UUID:
    return uuid.UUID(str(request.user.pk))


def actor_of(request: HttpRequest) -> Actor:
    """The post in which the signed-in person acts. Raises Forbidden where there is none."""
    actor = queries.acting(account_of(request), request.session.get(CHOSEN_POST, ""), timezone.now())
    if actor is None:
        sentence = _("You are signed in, but you hold no post here. Please ask the directory's keeper for one.")
        raise Forbidden("no-post", sentence)
    return actor


def asked_day(request: HttpRequest) -> tuple[date, str]:
    """The day that `?on=` asks for with an empty text, or today with a sentence about what was wrong."""
    today, asked = timezone.localdate(), request.GET.get("on", "").strip()
    if not asked:
        return today, ""
    try:
        on = date.fromisoformat(asked)
    except ValueError:
        return today, _("That is no day. Today is shown.")
    if abs(on - today) > FARTHEST:
        return today, _("That day is too far away. Today is shown.")
    return on, ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day with its neighbours, as a page walks through them."""

    on: date
    words: str
    weekday: str
    is_today: bool
    before: date
    after: date


def weekdays() -> tuple[str, ...]:
    return (
        pgettext("weekday", "Mon"),
        pgettext("weekday", "Tue"),
        pgettext("weekday", "Wed"),
        pgettext("weekday", "Thu"),
        pgettext("weekday", "Fri"),
        pgettext("weekday", "Sat"),
        pgettext("weekday", "Sun"),
    )


def shown_day(on: date) -> Day:
    return Day(
        on=on,
        words=short_day(on),
        weekday=weekdays()[on.weekday()],
        is_today=on == timezone.localdate(),
        before=on - timedelta(days=1),
        after=on + timedelta(days=1),
    )


def list_word(list_kind: str) -> str:
    """What a list is called."""
    return {
        "basic": pgettext("list", "Basic duty"),
        "assisting": pgettext("list", "Assisting"),
        "taken_back": pgettext("list", "Taken back"),
        "sent_down": pgettext("list", "Sent down"),
    }.get(list_kind, list_kind)


def level_word(level: str) -> str:
    return {
        "district": pgettext("level", "District"),
        "street": pgettext("level", "Street or town"),
        "cluster": pgettext("level", "Cluster"),
        "community": pgettext("level", "Community"),
    }.get(level, level)


def kind_word(kind: str) -> str:
    """What a kind of organisation is called."""
    return {
        "district": pgettext("organisation", "District"),
        "street": pgettext("organisation", "Subdistrict"),
        "town": pgettext("organisation", "Town"),
        "centre": pgettext("organisation", "Centre"),
        "community": pgettext("organisation", "Community"),
        "village": pgettext("organisation", "Village"),
        "department": pgettext("organisation", "Department"),
        "station": pgettext("organisation", "Station"),
        "party": pgettext("organisation", "Party organisation"),
        "social": pgettext("organisation", "Social organisation"),
        "property": pgettext("organisation", "Property company"),
        "owners_committee": pgettext("organisation", "Owners' committee"),
    }.get(kind, kind)


def presence_word(presence: str) -> str:
    return {
        "resident": pgettext("presence", "Resident"),
        "rotating": pgettext("presence", "Rotating"),
        "on_call": pgettext("presence", "On call"),
    }.get(presence, presence)


def what_word(what: str) -> str:
    return {
        "resource": pgettext("sent down", "Resource"),
        "service": pgettext("sent down", "Service"),
        "person": pgettext("sent down", "Person"),
        "responsibility": pgettext("sent down", "Responsibility"),
    }.get(what, what)
