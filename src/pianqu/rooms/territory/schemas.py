"""What programs send to territory, in the words of its verbs."""

from datetime import date
from typing import Annotated, Literal

from ninja import Schema
from pydantic import AfterValidator, Field

from pianqu.foundation.api import Body, Code, Moment, Short, day
from pianqu.rooms.territory.queries import BookingCard, CellCard, PersonCard, PointCard, RoomCard

Day = Annotated[date, AfterValidator(day)]


class CellWhole(Schema):
    """A cell with the posts that answer for it."""

    cell: CellCard
    people: list[PersonCard]


class PointWhole(Schema):
    """A service point with its rooms."""

    point: PointCard
    rooms: list[RoomCard]


class Bookings(Schema):
    """What rooms of a point are booked for."""

    bookings: list[BookingCard]


class Lot(Body):
    """Points to find the cells of: pairs of longitude and latitude (WGS 84)."""

    points: list[tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]] = Field(
        max_length=10_000, examples=[[[121.551, 29.887]]]
    )
    on: Day | None = None


class Person(Body):
    role: Short
    post_id: str = Field(pattern=r"^[0-9a-f-]{36}$")


class Staff(Body):
    people: list[Person] = Field(max_length=60)
    valid_from: Day | None = None


class Entry(Body):
    cell_kind: Short
    category: Code
    article: Annotated[Short, Field(max_length=120)]


class EntryList(Body):
    name: Annotated[Short, Field(min_length=1, max_length=80)]
    items: list[Entry] = Field(max_length=2_000)
    valid_from: Day | None = None


class NewRoom(Body):
    name: Annotated[Short, Field(min_length=1, max_length=40)]
    seats: int = Field(ge=1, le=2_000)
    equipment: Short = ""
    booked_by: Literal["staff", "own"] = "staff"


class NewBooking(Body):
    starts: Moment
    ends: Moment
    purpose: Annotated[Short, Field(min_length=1)]


class Ending(Body):
    on: Day
