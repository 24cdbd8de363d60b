"""Calendars that programs subscribe to (RFC 5545): events go in, the text of a feed comes out."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Calendar
from icalendar import Event as Component

from pianqu.foundation.installation import installation

MEDIA_TYPE = "text/calendar"
LOOK_AGAIN = timedelta(hours=1)
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something at a time, or on whole days. The same `key` stays the same event at every look."""

    key: str
    starts: datetime | date
    ends: datetime | date
    """For whole days the day after the last one."""
    summary: str
    description: str = ""
    path: str = ""
    """Where its page stands in this installation."""
    is_busy: bool = False
    weekdays: tuple[int, ...] = ()
    """It comes again each week on these (1 is Monday) …"""
    until: date | None = None
    """… until this day, or for good."""


def feed(events: Iterable[Event], *, name: str, now: datetime) -> bytes:
    """The feed: moments in UTC, so that no program needs to know our zone; lines folded and text escaped by the library."""
    calendar = Calendar()
    calendar.add("prodid", "-//pianqu//pianqu//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", LOOK_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for event in events:
        calendar.add_component(_component(event, now))
    return bytes(calendar.to_ical())


def _component(event: Event, now: datetime) -> Component:
    told, home = Component(), installation().public_url
    told.add("uid", f"{event.key}@{urlsplit(home).hostname or 'pianqu'}")
    told.add("dtstamp", now.astimezone(UTC))
    told.add("dtstart", _as_utc(event.starts))
    told.add("dtend", _as_utc(event.ends))
    told.add("summary", event.summary)
    told.add("transp", "OPAQUE" if event.is_busy else "TRANSPARENT")
    if event.description:
        told.add("description", event.description)
    if event.path:
        told.add("url", f"{home.rstrip('/')}{event.path}")
    if event.weekdays:
        rule: dict[str, object] = {"freq": "weekly", "byday": [_DAYS[day - 1] for day in event.weekdays]}
        told.add("rrule", rule | ({"until": event.until} if event.until else {}))
    return told


def _as_utc(value: datetime | date) -> datetime | date:
    return value.astimezone(UTC) if isinstance(value, datetime) else value
