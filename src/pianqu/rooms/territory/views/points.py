"""Service points: for everybody where help is near and open now, on the desk who has which room when."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import cos, hypot, radians

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Problem
from pianqu.kernels import opening
from pianqu.kernels.opening import Table, WrongHours
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries, services
from pianqu.rooms.territory.queries import BookingCard, PointCard, RoomCard
from pianqu.rooms.territory.views import shown
from pianqu.rooms.territory.views.shown import Name

WEEK = 7
KM_PER_DEGREE = 111.2


@dataclass(frozen=True, slots=True, kw_only=True)
class PointRow:
    """A point as a line of a list."""

    card: PointCard
    name: Name
    kind: str
    place: Name
    is_open: bool
    standing: str
    km: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """One day of the hours."""

    day: date
    word: str
    hours: str
    is_other: bool
    is_today: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomRow:
    """A room with its bookings of each shown day."""

    card: RoomCard
    days: tuple[tuple["Booked", ...], ...]
    may_book: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Booked:
    """A booking as a cell of the week shows it."""

    card: BookingCard
    hours: str
    who: str
    purpose: str
    may_cancel: bool


def kinds() -> dict[str, str]:
    """Kinds of service points in words."""
    return {
        "centre": _("Cluster centre"),
        "window": _("Convenience window"),
        "mediation": _("Mediation room"),
        "care": _("Care for the old"),
        "health": _("Health service"),
        "culture": _("Culture"),
    }


def purposes() -> dict[str, str]:
    """What rooms are booked for."""
    return {
        "meeting": pgettext("purpose", "Meeting"),
        "mediation": pgettext("purpose", "Mediation"),
        "activity": pgettext("purpose", "Activity"),
        "training": pgettext("purpose", "Training"),
        "reception": pgettext("purpose", "Reception of visitors"),
    }


# for everybody -------------------------------------------------------------------------------------------------------


@require_safe
def points(request: HttpRequest) -> HttpResponse:
    """Where people are served, what is open now first; from a place on, the nearest first."""
    now = timezone.now()
    names = kinds()
    kind = request.GET.get("kind", "") if request.GET.get("kind", "") in names else ""
    near = request.GET.get("place", "")[:12]
    rows = _rows(queries.points(on=timezone.localdate(now), kind=kind), near, now)
    if request.GET.get("open"):
        rows = [row for row in rows if row.is_open]
    context = {
        "rows": rows,
        "kinds": names.items(),
        "kind": kind,
        "near": near if near in queries.places() else "",
        "only_open": bool(request.GET.get("open")),
        "groups": _groups(),
    }
    return render(request, "territory/points.html", context)


def _groups() -> list[tuple[Name, list[tuple[str, Name]]]]:
    """Streets with their communities, as a select shows them."""
    return [
        (
            shown.place_name(group.street, group.street.code),
            [(card.code, shown.place_name(card, card.code)) for card in group.communities],
        )
        for group in queries.community_choices()
    ]


@require_safe
def points_map(request: HttpRequest) -> HttpResponse:
    """Outlines and points for the map."""
    on, kind, only = timezone.localdate(), request.GET.get("kind", ""), request.GET.get("only", "")
    base = queries.map_layers()
    outlines = [one for one in base["features"] if one["properties"].get("level") in ("street", "community")]
    marks = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [card.lon, card.lat]},
            "properties": {
                "level": "point",
                "kind": card.kind,
                "name": _name(card).text,
                "href": f"/points/{card.code}/",
            },
        }
        for card in queries.points(on=on, kind=kind if kind in kinds() else "")
        if card.lon is not None and only in ("", card.code)
    ]
    response = JsonResponse({**base, "features": [*outlines, *marks]})
    response["Cache-Control"] = "public, max-age=300"
    return response


@require_safe
def point(request: HttpRequest, code: str) -> HttpResponse:
    """One point: where, when, who runs it, which rooms."""
    now = timezone.now()
    card = _found(code)
    table = queries.hours_of([code])[code]
    context = {
        "row": _row(card, table, None, now),
        "days": _days(table, timezone.localdate(now)),
        "weekly": _weekly(table),
        "rooms": queries.rooms(code),
        "organisation": _body(card.organisation_code),
        "ended": card.valid_to is not None and card.valid_to <= timezone.localdate(now),
    }
    return render(request, "territory/point.html", context)


def _rows(cards: Sequence[PointCard], near: str, now: datetime) -> list[PointRow]:
    tables = queries.hours_of([card.code for card in cards])
    place = queries.places().get(near)
    middle = (place.lon, place.lat) if place and place.lon is not None and place.lat is not None else None
    rows = [_row(card, tables[card.code], middle, now) for card in cards]
    if middle:
        return sorted(rows, key=lambda row: (row.km is None, row.km or 0.0, row.card.code))
    return sorted(rows, key=lambda row: (not row.is_open, row.card.code))


def _row(card: PointCard, table: Table, middle: tuple[float | None, float | None] | None, now: datetime) -> PointRow:
    here = timezone.localtime(now).replace(tzinfo=None)
    return PointRow(
        card=card,
        name=_name(card),
        kind=kinds()[card.kind],
        place=shown.place_name(queries.places().get(card.place_code), card.place_code),
        is_open=opening.is_open(table, here),
        standing=_standing(table, here),
        km=_km(card, middle),
    )


def _km(card: PointCard, middle: tuple[float | None, float | None] | None) -> float | None:
    if middle is None or middle[0] is None or middle[1] is None or card.lon is None or card.lat is None:
        return None
    east = (card.lon - middle[0]) * cos(radians(card.lat))
    return round(hypot(east, card.lat - middle[1]) * KM_PER_DEGREE, 1)


def _standing(table: Table, here: datetime) -> str:
    """Open until when, or when it opens next."""
    if opening.is_open(table, here):
        closes = opening.open_until(table, here)
        return _("open until %(at)s") % {"at": _clock(closes, here)} if closes else _("open day and night")
    opens = opening.next_opening(table, here)
    return _("opens %(at)s") % {"at": _clock(opens, here)} if opens else _("no opening hours are known")


def _clock(at: datetime, here: datetime) -> str:
    if at.date() == here.date():
        return f"{at:%H:%M}"
    if at.time() == time() and at > here:  # midnight is 24:00 of the day that ends
        ended = at.date() - timedelta(days=1)
        return "24:00" if ended == here.date() else f"{_weekday(ended)} 24:00"
    return f"{_weekday(at.date())} {at:%H:%M}"


def _weekday(day: date) -> str:
    return (
        _("Monday"),
        _("Tuesday"),
        _("Wednesday"),
        _("Thursday"),
        _("Friday"),
        _("Saturday"),
        _("Sunday"),
    )[day.weekday()]


def _days(table: Table, today: date) -> list[DayRow]:
    """This day and the six that follow."""
    days = [today + timedelta(days=number) for number in range(WEEK)]
    return [
        DayRow(
            day=day,
            word=_weekday(day),
            hours=opening.write(table.on(day)) or _("closed"),
            is_other=day in table.exceptions,
            is_today=day == today,
        )
        for day in days
    ]


def _weekly(table: Table) -> list[tuple[str, str]]:
    """Weekdays with the same hours together."""
    monday = date(2026, 3, 2)
    found = []
    for first, last, spans in opening.grouped(table.weekly):
        begin, end = (_weekday(monday + timedelta(days=number)) for number in (first, last))
        days = begin if first == last else _("%(first)s to %(last)s") % {"first": begin, "last": end}
        found.append((days, opening.write(spans) or _("closed")))
    return found


def _name(card: PointCard) -> Name:
    return Name(text=card.name_en, lang="en") if shown.in_english() and card.name_en else Name(text=card.name)


def _body(code: str) -> Name:
    for card in directory.every_organisation():
        if card.code == code:
            return Name(text=card.name_en, lang="en") if shown.in_english() and card.name_en else Name(text=card.name)
    return Name(text=code, lang="en")


def _found(code: str) -> PointCard:
    try:
        return queries.point(code[:32])
    except Absent as absent:
        raise Http404 from absent


# on the desk ---------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def desk_points(request: HttpRequest) -> HttpResponse:
    """Every point with what is booked there today."""
    actor, now = shown.actor_of(request), timezone.now()
    cards = queries.points(on=timezone.localdate(now))
    context = {"rows": _rows(cards, "", now), "title": directory.title_of_post(actor)}
    return render(request, "territory/desk_points.html", context)


@never_cache
@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def desk_point(request: HttpRequest, code: str) -> HttpResponse:
    """A week of a point's rooms; book, cancel, and for who runs it: rooms and hours."""
    actor, card = shown.actor_of(request), _found(code)
    if request.method != "POST":
        return _desk_page(request, actor, card)
    act = _ACTS.get(request.POST.get("act", ""))
    try:
        if act is None:
            raise Absent("act-absent", _("There is no such act."))
        done = act(request, actor, card)
    except Forbidden:
        raise
    except Problem as problem:
        return _desk_page(request, actor, card, error=problem.message, status=problem.status)
    messages.success(request, done)
    return redirect(request.get_full_path())


def _desk_page(
    request: HttpRequest, actor: Actor, card: PointCard, *, error: str = "", status: int = 200
) -> HttpResponse:
    now = timezone.now()
    first = _first_day(request.GET.get("from", ""), timezone.localdate(now))
    table = queries.hours_of([card.code])[card.code]
    days = [first + timedelta(days=number) for number in range(WEEK)]
    rooms = queries.rooms(card.code)
    manages = directory.may_manage(actor, card.organisation_code)
    context = {
        "row": _row(card, table, None, now),
        "organisation": _body(card.organisation_code),
        "days": [(day, _weekday(day), opening.write(table.on(day)) or _("closed")) for day in days],
        "rooms": _room_rows(actor, card, rooms, days, manages, now),
        "bookable": [room for room in rooms if _may_book(actor, room, card)],
        "purposes": purposes().items(),
        "manages": manages and not actor.reads_only,
        "hours": _typed_hours(table),
        "others": sorted((day, opening.write(spans) or _("closed")) for day, spans in table.exceptions.items()),
        "typed": request.POST,
        "error": error,
        "first": first,
        "before": first - timedelta(days=WEEK),
        "after": first + timedelta(days=WEEK),
        "free": _free(request, rooms, table) if error else (),
        "title": directory.title_of_post(actor),
    }
    return render(request, "territory/desk_point.html", context, status=status)


def _typed_hours(table: Table) -> list[tuple[int, str, str]]:
    """Each weekday's number, word and hours as they are typed."""
    monday = date(2026, 3, 2)
    words = [_weekday(monday + timedelta(days=number)) for number in range(WEEK)]
    return [(number, words[number], opening.write(spans)) for number, spans in enumerate(table.weekly)]


def _first_day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return today
    return day if abs((day - today).days) < 400 else today


def _may_book(actor: Actor, room: RoomCard, card: PointCard) -> bool:
    return actor.acts and (room.booked_by == "staff" or actor.organisation_code == card.organisation_code)


def _room_rows(
    actor: Actor, card: PointCard, rooms: Sequence[RoomCard], days: Sequence[date], manages: bool, now: datetime
) -> list[RoomRow]:
    since, until = _moment(days[0], time()), _moment(days[-1] + timedelta(days=1), time())
    booked = queries.bookings([room.room_id for room in rooms], since=since, until=until)
    words = purposes()
    return [
        RoomRow(
            card=room,
            days=tuple(
                tuple(
                    _booked(one, words, actor, manages, now)
                    for one in booked
                    if one.room_id == room.room_id and timezone.localdate(one.starts) == day
                )
                for day in days
            ),
            may_book=_may_book(actor, room, card),
        )
        for room in rooms
    ]


def _booked(one: BookingCard, words: Mapping[str, str], actor: Actor, manages: bool, now: datetime) -> Booked:
    begin, end = timezone.localtime(one.starts), timezone.localtime(one.ends)
    mine = actor.acts and actor.organisation_code == one.organisation_code
    return Booked(
        card=one,
        hours=f"{begin:%H:%M}–{end:%H:%M}",
        who=directory.name_of(one.organisation_code),
        purpose=words.get(one.purpose, one.purpose),
        may_cancel=(mine or manages) and not actor.reads_only and one.ends > now,
    )


def _free(request: HttpRequest, rooms: Sequence[RoomCard], table: Table) -> list[str]:
    """When the asked room is free on the asked day."""
    room = next((one for one in rooms if str(one.room_id) == request.POST.get("room")), None)
    day = _day(request.POST.get("day", ""))
    if room is None or day is None:
        return []
    since, until = _moment(day, time()), _moment(day + timedelta(days=1), time())
    taken = [
        (timezone.localtime(one.starts).replace(tzinfo=None), timezone.localtime(one.ends).replace(tzinfo=None))
        for one in queries.bookings([room.room_id], since=since, until=until)
    ]
    return [f"{opens:%H:%M}–{_end(closes)}" for opens, closes in opening.free(table, day, taken)]


def _end(at: datetime) -> str:
    return "24:00" if at.time() == time() else f"{at:%H:%M}"


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, timezone.get_default_timezone())


def _uuid(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        return uuid.UUID(int=0)


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise services.wrong_time() from None


def _book(request: HttpRequest, actor: Actor, _card: PointCard) -> str:
    asked = request.POST
    day = _day(asked.get("day", ""))
    if day is None:
        raise services.wrong_time()
    services.book_room(
        actor=actor,
        room_id=_uuid(asked.get("room", "")),
        starts=_moment(day, _time(asked.get("starts", ""))),
        ends=_moment(day, _time(asked.get("ends", ""))),
        purpose=asked.get("purpose", ""),
        now=timezone.now(),
    )
    return _("Booked.")


def _cancel(request: HttpRequest, actor: Actor, _card: PointCard) -> str:
    services.cancel_booking(actor=actor, booking_id=_uuid(request.POST.get("booking", "")), now=timezone.now())
    return _("Cancelled: the room is free again.")


def _room(request: HttpRequest, actor: Actor, card: PointCard) -> str:
    asked = request.POST
    seats = asked.get("seats", "")
    services.add_room(
        actor=actor,
        code=card.code,
        name=asked.get("name", ""),
        seats=int(seats) if seats.isascii() and seats.isdigit() and len(seats) < 5 else 0,
        equipment=asked.get("equipment", ""),
        booked_by=asked.get("booked_by", ""),
        now=timezone.now(),
    )
    return _("The room can be booked now.")


def _hours(request: HttpRequest, actor: Actor, card: PointCard) -> str:
    asked = request.POST
    days = dict(queries.hours_of([card.code])[card.code].exceptions)
    try:
        weekly = [opening.read(asked.get(f"hours-{number}", "")) for number in range(WEEK)]
        if other := _day(asked.get("other-day", "")):
            days[other] = opening.read(asked.get("other-hours", ""))
    except WrongHours as wrong:
        raise services.wrong_hours(str(wrong)) from None
    if (gone := _day(asked.get("drop-day", ""))) in days:
        del days[gone]
    services.set_hours(actor=actor, code=card.code, weekly=weekly, days=days, now=timezone.now())
    return _("The opening hours hold from now on.")


_ACTS = {"book": _book, "cancel": _cancel, "room": _room, "hours": _hours}
