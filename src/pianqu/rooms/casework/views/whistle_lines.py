"""Calls to the spot in words, for their own page and for the matter's."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.rooms.casework.queries import CallCard, WhistleCard
from pianqu.rooms.casework.views import shown

AN_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalledLine:
    """One called organisation in words."""

    call: CallCard
    name: str
    word: str
    tone: str
    icon: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WhistleLine:
    card: WhistleCard
    caller: str
    place: str
    calls: tuple[CalledLine, ...]
    arrival: str
    """What a form proposes for when they will be there: in an hour, or when they have to be there."""


def lines_of(cards: tuple[WhistleCard, ...], organisations: shown.Organisations) -> list[WhistleLine]:
    """Calls as a page shows them; the same on the matter's page."""
    places = shown.Places()
    return [
        WhistleLine(
            card=card,
            caller=organisations.short(card.organisation_code),
            place=name.text if (name := places.name(card.place_code)) else card.place_code,
            calls=tuple(_called(call, organisations, is_over=card.ended_at is not None) for call in card.calls),
            arrival=f"{timezone.localtime(min(timezone.now() + AN_HOUR, card.be_there_by)):%Y-%m-%dT%H:%M}",
        )
        for card in cards
    ]


def _called(call: CallCard, organisations: shown.Organisations, *, is_over: bool) -> CalledLine:
    words = {
        "called": ("hourglass", "yellow", _("has not answered")),
        "coming": ("send", "azure", _("comes")),
        "objected": ("flag", "orange", _("objects: a leader decides")),
        "excused": ("circle-x", "secondary", _("need not come")),
        "arrived": ("map-pin", "teal", _("was there") if is_over else _("is there")),
        "finished": ("circle-check", "green", _("has finished")),
        "ended": ("archive", "secondary", _("need not come any more")),
    }
    icon, tone, word = words[call.state]
    if call.standing == "late":
        icon, tone = "alert-triangle", "red"
    return CalledLine(call=call, name=organisations.short(call.organisation_code), word=word, tone=tone, icon=icon)
