"""Service points: opened, closed, their hours and rooms, and who has a room when."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import opening
from pianqu.kernels.opening import Spans
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries, rules
from pianqu.rooms.territory.facts import BookingCancelled, HoursSet, PointClosed, PointOpened, RoomAdded, RoomBooked
from pianqu.rooms.territory.models import Booking, OpeningHours, Room, ServicePoint
from pianqu.rooms.territory.queries import BOOKED_BY, POINT_KINDS, PURPOSES

AHEAD = timedelta(days=60)
"""How far ahead a room may be booked."""
LONGEST = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPoint:
    """A service point to be opened; the coordinates are WGS 84."""

    code: str
    name: str
    kind: str
    place_code: str
    organisation_code: str
    name_en: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    phone: str = ""
    accessible: bool = False
    weekly: Sequence[Spans] = ((),) * 7


@verb
def open_points(*, actor: Actor, items: Sequence[NewPoint], valid_from: date, now: datetime) -> int:
    """Open those of these points whose code is new, each with its weekly hours; answers how many there were.

    Raises Forbidden, Invalid for an unknown kind, place or organisation, or a point that lies in another community.
    """
    known = set(ServicePoint.objects.filter(code__in=[item.code for item in items]).values_list("code", flat=True))
    fresh = [item for item in items if item.code not in known]
    running = directory.organisations([item.organisation_code for item in fresh])
    for item in fresh:
        rules.check_may_manage_point(actor, item.organisation_code)
        check_point(item, running=set(running))
    rows = [_row(item, valid_from) for item in fresh]
    ServicePoint.objects.bulk_create(rows)
    lines = [line for row, item in zip(rows, fresh, strict=True) for line in _weekly(row, item.weekly)]
    OpeningHours.objects.bulk_create(lines)
    facts = [
        PointOpened(
            subject=f"point:{item.code}",
            organisation_code=actor.organisation_code,
            point_code=item.code,
            point_kind=item.kind,
            place_code=item.place_code,
            valid_from=valid_from.isoformat(),
        )
        for item in fresh
    ]
    if facts:
        ledger.record(facts, actor=actor, now=now)
    return len(fresh)


def check_point(item: NewPoint, *, running: set[str]) -> None:
    """Raises Invalid with one sentence for the first thing that is wrong; `running` are organisations that exist."""
    places = queries.places()
    checks = (
        (not item.code.strip() or len(item.code) > 32, _("A service point needs a code of at most 32 characters.")),
        (not item.name.strip(), _("A service point needs a name.")),
        (item.kind not in POINT_KINDS, _("“%(text)s” is no kind of service point.") % {"text": item.kind[:40]}),
        (item.place_code not in places, _("There is no place %(text)s.") % {"text": item.place_code[:40]}),
        (
            item.organisation_code not in running,
            _("There is no organisation %(text)s.") % {"text": item.organisation_code[:40]},
        ),
        ((item.lon is None) != (item.lat is None), _("Longitude and latitude belong together.")),
        (bool(opening.faults(list(item.weekly))), _("The opening hours overlap.")),
    )
    for wrong, sentence in checks:
        if wrong:
            raise Invalid("point-wrong", sentence)
    _check_ground(item)


def _check_ground(item: NewPoint) -> None:
    if item.lon is None or item.lat is None:
        return
    if queries.looks_swapped(item.lon, item.lat):
        raise Invalid("point-swapped", _("Longitude and latitude look swapped."))
    found = queries.locate(item.lon, item.lat)
    if found is None or found.method == "outside":
        raise Invalid("point-outside", _("This position lies outside of the district."))
    wanted = item.place_code.removesuffix("000")
    if not found.community.code.startswith(wanted):
        names = {"name": found.community.short_name, "code": found.community.code}
        raise Invalid(
            "point-elsewhere", _("This position lies in %(name)s (%(code)s), not in the place given.") % names
        )


def _row(item: NewPoint, valid_from: date) -> ServicePoint:
    return ServicePoint(
        id=new_id(),
        code=item.code.strip(),
        name=item.name.strip()[:60],
        name_en=item.name_en.strip()[:80],
        kind=item.kind,
        place_code=item.place_code,
        address=item.address.strip()[:120],
        lon=item.lon,
        lat=item.lat,
        phone=item.phone.strip()[:32],
        accessible=item.accessible,
        organisation_code=item.organisation_code,
        valid_from=valid_from,
    )


def _weekly(point: ServicePoint, weekly: Sequence[Spans]) -> list[OpeningHours]:
    return [
        OpeningHours(id=new_id(), point=point, weekday=weekday, spans=_pairs(spans))
        for weekday, spans in enumerate(weekly)
        if spans
    ]


def _pairs(spans: Spans) -> list[list[int]]:
    return [[span.opens, span.closes] for span in spans]


@verb
def close_point(*, actor: Actor, code: str, on: date, now: datetime) -> None:
    """From this day on the point serves nobody. Raises Refused while rooms are booked from that day on."""
    point = _point(code, lock=True)
    rules.check_may_manage_point(actor, point.organisation_code)
    if on <= point.valid_from:
        raise Invalid("point-day", _("A service point ends after the day on which it began."))
    begin = timezone.make_aware(datetime.combine(on, datetime.min.time()))
    if Booking.objects.filter(room__point=point, cancelled_at=None, ends__gt=begin).exists():
        raise Refused("point-booked", _("Rooms are booked after that day. Please cancel these bookings first."))
    point.valid_to = on
    point.save(update_fields=["valid_to"])
    fact = PointClosed(
        subject=f"point:{code}",
        organisation_code=actor.organisation_code,
        point_code=code,
        valid_to=on.isoformat(),
    )
    ledger.record([fact], actor=actor, now=now)


@verb
def set_hours(
    *, actor: Actor, code: str, weekly: Sequence[Spans], days: Mapping[date, Spans] | None = None, now: datetime
) -> None:
    """Say anew when the point is open: seven weekdays, and single days that differ (no span: closed). What was said is replaced.

    Raises Forbidden, Invalid for hours that overlap, Refused while a room is booked when it would be closed.
    """
    point = _point(code, lock=True)
    rules.check_may_manage_point(actor, point.organisation_code)
    if len(weekly) != 7 or opening.faults(list(weekly)):
        raise Invalid("hours-overlap", _("The opening hours overlap. Nothing was changed."))
    _check_booked(point, opening.Table(tuple(weekly), days or {}), now)
    others = sorted((days or {}).items())
    OpeningHours.objects.filter(point=point).delete()
    single = [OpeningHours(id=new_id(), point=point, day=day, spans=_pairs(spans)) for day, spans in others]
    OpeningHours.objects.bulk_create([*_weekly(point, weekly), *single])
    fact = HoursSet(
        subject=f"point:{code}",
        organisation_code=actor.organisation_code,
        point_code=code,
        weekly=tuple(_told(spans) for spans in weekly),
        days=tuple((day.isoformat(), _told(spans)) for day, spans in others),
    )
    ledger.record([fact], actor=actor, now=now)


def _check_booked(point: ServicePoint, table: opening.Table, now: datetime) -> None:
    here = timezone.get_default_timezone()
    for booking in Booking.objects.filter(room__point=point, cancelled_at=None, ends__gt=now).order_by("starts"):
        begin, end = (moment.astimezone(here).replace(tzinfo=None) for moment in (booking.starts, booking.ends))
        if not opening.covers(table, begin, end):
            sentence = _("A room is booked on %(day)s from %(from)s to %(to)s, when it would be closed. %(do)s")
            names = {"day": f"{begin:%Y-%m-%d}", "from": f"{begin:%H:%M}", "to": f"{end:%H:%M}"}
            todo = _("Please cancel or move that booking first. Nothing was changed.")
            raise Refused("hours-booked", sentence % {**names, "do": todo})


def _told(spans: Spans) -> tuple[tuple[int, int], ...]:
    return tuple((span.opens, span.closes) for span in spans)


@verb
def add_room(
    *, actor: Actor, code: str, name: str, seats: int, equipment: str = "", booked_by: str = "staff", now: datetime
) -> uuid.UUID:
    """A room of the point that can be booked. Raises Forbidden, Invalid, Refused for a name that is there already."""
    point = _point(code, lock=True)
    rules.check_may_manage_point(actor, point.organisation_code)
    if not name.strip() or not 1 <= seats <= 2_000 or booked_by not in BOOKED_BY:
        raise Invalid("room-wrong", _("A room needs a name, 1 to 2 000 seats, and who may book it."))
    if Room.objects.filter(point=point, name=name.strip()[:40]).exists():
        raise Refused("room-there", _("The service point has a room of this name already."))
    room = Room.objects.create(
        id=new_id(),
        point=point,
        name=name.strip()[:40],
        seats=seats,
        equipment=equipment.strip()[:120],
        booked_by=booked_by,
    )
    fact = RoomAdded(
        subject=f"point:{code}",
        organisation_code=actor.organisation_code,
        point_code=code,
        room_id=str(room.id),
        seats=seats,
        booked_by=booked_by,
    )
    ledger.record([fact], actor=actor, now=now)
    return room.id


@verb
def book_room(
    *, actor: Actor, room_id: uuid.UUID, starts: datetime, ends: datetime, purpose: str, now: datetime
) -> uuid.UUID:
    """Have a room for a time within the opening hours. Two never have it at once: the room's row is locked.

    Raises Forbidden, Invalid for times that are none, Refused outside of the hours or where somebody has it already.
    """
    room = Room.objects.select_for_update(of=("self",)).select_related("point").filter(id=room_id).first()
    if room is None:
        raise Absent("room-absent", _("There is no such room."))
    rules.check_may_book(actor, booked_by=room.booked_by, organisation_code=room.point.organisation_code)
    _check_times(starts, ends, purpose, now)
    _check_hours(room.point, starts, ends)
    taken = Booking.objects.filter(room=room, cancelled_at=None, starts__lt=ends, ends__gt=starts).order_by("starts")
    if other := taken.first():
        raise Refused("room-taken", _taken(other))
    booking = Booking.objects.create(
        id=new_id(),
        room=room,
        starts=starts,
        ends=ends,
        purpose=purpose,
        organisation_code=actor.organisation_code,
        account_id=uuid.UUID(actor.account_id) if actor.account_id else None,
        booked_at=now,
    )
    fact = RoomBooked(
        subject=f"point:{room.point.code}",
        organisation_code=actor.organisation_code,
        booking_id=str(booking.id),
        room_id=str(room.id),
        starts=starts.isoformat(),
        ends=ends.isoformat(),
        purpose=purpose,
    )
    ledger.record([fact], actor=actor, now=now)
    return booking.id


def _check_times(starts: datetime, ends: datetime, purpose: str, now: datetime) -> None:
    checks = (
        (purpose not in PURPOSES, _("Please choose what the room is for.")),
        (ends <= starts, _("The end has to come after the beginning. Nothing was booked.")),
        (starts < now, _("This time has passed already. Nothing was booked.")),
        (ends - starts > LONGEST, _("A room can be had for 12 hours at most. Nothing was booked.")),
        (starts > now + AHEAD, _("A room can be booked 60 days ahead at most. Nothing was booked.")),
    )
    for wrong, sentence in checks:
        if wrong:
            raise Invalid("booking-wrong", sentence)


def _check_hours(point: ServicePoint, starts: datetime, ends: datetime) -> None:
    here = timezone.get_default_timezone()
    begin, end = (moment.astimezone(here).replace(tzinfo=None) for moment in (starts, ends))
    closed = point.valid_to is not None and end.date() >= point.valid_to
    if closed or not opening.covers(queries.hours_of([point.code])[point.code], begin, end):
        raise Refused("booking-closed", _("The service point is not open all that time. Nothing was booked."))


def _taken(other: Booking) -> str:
    here = timezone.get_default_timezone()
    names = {
        "from": f"{other.starts.astimezone(here):%H:%M}",
        "to": f"{other.ends.astimezone(here):%H:%M}",
        "who": directory.name_of(other.organisation_code),
    }
    return _("%(who)s has this room from %(from)s to %(to)s. Nothing was booked; please choose another time.") % names


@verb
def cancel_booking(*, actor: Actor, booking_id: uuid.UUID, now: datetime) -> None:
    """The room is free again: by the organisation that booked it, or by who runs the point. Raises Refused afterwards."""
    booking = (
        Booking.objects.select_for_update(of=("self",)).filter(id=booking_id).select_related("room__point").first()
    )
    if booking is None:
        raise Absent("booking-absent", _("There is no such booking."))
    if not (actor.acts and actor.organisation_code == booking.organisation_code):
        rules.check_may_manage_point(actor, booking.room.point.organisation_code)
    if booking.cancelled_at is not None or booking.ends <= now:
        raise Refused("booking-over", _("This booking is cancelled or over already. Nothing was changed."))
    booking.cancelled_at = now
    booking.save(update_fields=["cancelled_at"])
    fact = BookingCancelled(
        subject=f"point:{booking.room.point.code}",
        organisation_code=actor.organisation_code,
        booking_id=str(booking_id),
        room_id=str(booking.room_id),
    )
    ledger.record([fact], actor=actor, now=now)


def wrong_time() -> Invalid:
    """What is typed as day or hour is none."""
    return Invalid("booking-wrong", _("Please give the day, and the hours as 09:00. Nothing was booked."))


def wrong_hours(text: str) -> Invalid:
    """What is typed as opening hours is none."""
    sentence = _("“%(text)s” are no opening hours. Please write 08:30-12:00, 14:00-17:30. Nothing was changed.")
    return Invalid("hours-wrong", sentence % {"text": text[:60]})


def _point(code: str, *, lock: bool) -> ServicePoint:
    rows = ServicePoint.objects.select_for_update() if lock else ServicePoint.objects.all()
    point = rows.filter(code=code).first()
    if point is None:
        raise Absent("point-absent", _("There is no such service point."))
    return point
