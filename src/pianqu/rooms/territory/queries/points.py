"""Questions about service points: where, when open, which rooms, who has them."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.kernels.opening import Span, Spans, Table
from pianqu.rooms.territory.models import Booking, OpeningHours, Room, ServicePoint

POINT_KINDS = ("centre", "window", "mediation", "care", "health", "culture")
PURPOSES = ("meeting", "mediation", "activity", "training", "reception")
BOOKED_BY = ("staff", "own")


@dataclass(frozen=True, slots=True, kw_only=True)
class PointCard:
    """A service point."""

    point_id: uuid.UUID
    code: str
    name: str
    name_en: str
    kind: str
    place_code: str
    address: str
    lon: float | None
    lat: float | None
    phone: str
    accessible: bool
    organisation_code: str
    valid_to: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomCard:
    """A room of a point."""

    room_id: uuid.UUID
    point_code: str
    name: str
    seats: int
    equipment: str
    booked_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingCard:
    """A room for a time."""

    booking_id: uuid.UUID
    room_id: uuid.UUID
    starts: datetime
    ends: datetime
    purpose: str
    organisation_code: str


def points(*, on: date, kind: str = "") -> tuple[PointCard, ...]:
    """The points that serve on a day, by code. One statement."""
    rows = ServicePoint.objects.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on).order_by("code")
    return tuple(_card(row) for row in (rows.filter(kind=kind) if kind else rows))


def point(code: str) -> PointCard:
    """Raises Absent for an unknown code."""
    row = ServicePoint.objects.filter(code=code).first()
    if row is None:
        raise Absent("point-absent", _("There is no such service point."))
    return _card(row)


def point_codes() -> frozenset[str]:
    """Codes of all points there are or were."""
    return frozenset(ServicePoint.objects.values_list("code", flat=True))


def hours_of(codes: Collection[str]) -> dict[str, Table]:
    """When these points are open; one without hours never is. One statement."""
    weekly: dict[str, list[Spans]] = {code: [()] * 7 for code in codes}
    days: dict[str, dict[date, Spans]] = {code: {} for code in codes}
    rows = OpeningHours.objects.filter(point__code__in=codes).values_list("point__code", "weekday", "day", "spans")
    for code, weekday, day, pairs in rows:
        spans = tuple(Span(opens, closes) for opens, closes in pairs)
        if day is not None:
            days[code][day] = spans
        elif weekday is not None:
            weekly[code][weekday] = spans
    return {code: Table(tuple(weekly[code]), days[code]) for code in codes}


def rooms(code: str) -> tuple[RoomCard, ...]:
    """The rooms of a point, by name."""
    rows = Room.objects.filter(point__code=code).order_by("name")
    return tuple(
        RoomCard(
            room_id=row.id,
            point_code=code,
            name=row.name,
            seats=row.seats,
            equipment=row.equipment,
            booked_by=row.booked_by,
        )
        for row in rows
    )


def bookings(room_ids: Sequence[uuid.UUID], *, since: datetime, until: datetime) -> tuple[BookingCard, ...]:
    """Bookings that stand and touch this time, in the order of time. One statement."""
    rows = Booking.objects.filter(room_id__in=room_ids, cancelled_at=None, starts__lt=until, ends__gt=since)
    return tuple(
        BookingCard(
            booking_id=row.id,
            room_id=row.room_id,
            starts=row.starts,
            ends=row.ends,
            purpose=row.purpose,
            organisation_code=row.organisation_code,
        )
        for row in rows.order_by("starts", "id")
    )


def _card(row: ServicePoint) -> PointCard:
    return PointCard(
        point_id=row.id,
        code=row.code,
        name=row.name,
        name_en=row.name_en,
        kind=row.kind,
        place_code=row.place_code,
        address=row.address,
        lon=row.lon,
        lat=row.lat,
        phone=row.phone,
        accessible=row.accessible,
        organisation_code=row.organisation_code,
        valid_to=row.valid_to,
    )
