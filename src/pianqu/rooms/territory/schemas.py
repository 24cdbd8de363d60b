"""What programs send to territory, in the words of its verbs."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from ninja import Schema
from pydantic import AfterValidator, Field, StringConstraints

from pianqu.foundation.api import Body, Code, Moment, Short, day
from pianqu.rooms.territory.queries import BookingCard, CellCard, PersonCard, PointCard, PromiseCard, RoomCard
from pianqu.rooms.territory.services import MOST_HOUSEHOLDS

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


class Reverting(Body):
    """A grid that was a mistake, and from which day on an earlier one holds again."""

    version_id: UUID = Field(
        description="The mistake: the latest version.", examples=["0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"]
    )
    valid_from: Day = Field(examples=["2026-12-01"])
    reason: Annotated[Short, Field(min_length=1, examples=["草案未经公示"])]
    to_id: UUID | None = Field(None, description="The version to go back to; the one in force before it, if left out.")


class Person(Body):
    role: Short
    post_id: str = Field(pattern=r"^[0-9a-f-]{36}$")


class Staff(Body):
    people: list[Person] = Field(
        max_length=60, examples=[[{"role": "leader", "post_id": "0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"}]]
    )
    valid_from: Day | None = None


class Entry(Body):
    cell_kind: Short
    category: Code
    article: Annotated[Short, Field(max_length=120)]


class EntryList(Body):
    name: Annotated[Short, Field(min_length=1, max_length=80, examples=["网格准入清单 2026"])]
    items: list[Entry] = Field(
        max_length=2_000, examples=[[{"cell_kind": "ordinary", "category": "environment", "article": "1.1"}]]
    )
    valid_from: Day | None = None


class EntryLine(Schema):
    """A kind of matter that may be handed to a kind of cell, and the article that says so."""

    list_name: str
    cell_kind: str
    category: str
    article: str


Spans = Annotated[Short, Field(description="Spans of a day; empty: closed.", examples=["08:30-12:00, 14:00-17:30"])]


class Hours(Schema):
    """When a point is open: seven weekdays from Monday on, and days that differ."""

    weekly: list[str]
    days: dict[str, str] = Field(description="By day, as 2026-10-01; empty: closed.")


class NewHours(Body):
    """The same, said anew: what was said before is replaced."""

    weekly: list[Spans] = Field(min_length=7, max_length=7, examples=[[*["08:30-12:00, 14:00-17:30"] * 5, "", ""]])
    days: dict[Day, Spans] = Field(default_factory=dict, max_length=366)


class NewPoint(Body):
    code: Annotated[Code, Field(max_length=32, examples=["C99"])]
    name: Annotated[Short, Field(min_length=1, max_length=60, examples=["外滩便民服务点"])]
    kind: Short = Field(examples=["window"])
    place_code: Code = Field(examples=["330205001001"])
    organisation_code: Code = Field(examples=["330205-centre"])
    name_en: Annotated[Short, Field(max_length=80)] = ""
    address: Annotated[Short, Field(max_length=120)] = ""
    lon: float | None = Field(None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(None, ge=-90, le=90, allow_inf_nan=False)
    phone: Annotated[Short, Field(max_length=32)] = ""
    accessible: bool = False
    weekly: list[Spans] = Field(default_factory=list, max_length=7)
    valid_from: Day | None = None


class House(Body):
    """A building with how many households it has; people where they were counted. Never who."""

    code: Annotated[Code, Field(max_length=24, examples=["330205001001-0001"])]
    name: Annotated[Short, Field(min_length=1, max_length=60, examples=["锦绣小区 1 幢"])]
    community_code: Code = Field(examples=["330205001001"])
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False, examples=[121.55])
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False, examples=[29.88])
    households: int = Field(ge=0, le=MOST_HOUSEHOLDS, examples=[48])
    population: int | None = Field(None, ge=0, le=1_000_000)


class BuildingRoll(Body):
    """All buildings of the district: the roll takes the last one's place."""

    source: Annotated[Short, Field(min_length=1, max_length=80, examples=["2026 年人口普查"])]
    items: list[House] = Field(
        min_length=1,
        max_length=50_000,
        examples=[
            [
                {
                    "code": "330205001001-0001",
                    "name": "锦绣小区 1 幢",
                    "community_code": "330205001001",
                    "lon": 121.55,
                    "lat": 29.88,
                    "households": 48,
                }
            ]
        ],
    )


class Households(Schema):
    """How many live in a community, by the roll that counts."""

    community_code: str
    buildings: int
    households: int
    population: int | None = Field(description="Where people were counted.")


class NewRoom(Body):
    name: Annotated[Short, Field(min_length=1, max_length=40, examples=["议事厅"])]
    seats: int = Field(ge=1, le=2_000, examples=[30])
    equipment: Short = ""
    booked_by: Literal["staff", "own"] = "staff"


class NewBooking(Body):
    starts: Annotated[Moment, Field(examples=["2026-12-01T09:00:00+08:00"])]
    ends: Annotated[Moment, Field(examples=["2026-12-01T10:30:00+08:00"])]
    purpose: Annotated[Short, Field(min_length=1, examples=["meeting"])]


class Ending(Body):
    on: Day = Field(examples=["2026-12-31"])


Role = Literal["property", "committee", "owners", "grid"]
Maybe = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z_-]{0,32}$")]
"""The code of an organisation, or nothing."""
Phone = Annotated[Short, Field(max_length=32, pattern=r"^[0-9+() -]*$")]


class PromiseLine(Schema):
    """A promise, and how it stands today: open, overdue, kept, late or broken."""

    promise: PromiseCard
    standing: str


class NewEstate(Body):
    """An estate as it is to stand; where it has buildings, the cells may be left to them."""

    code: Annotated[Code, Field(max_length=32, examples=["330205001001-E90"])]
    name: Annotated[Short, Field(min_length=1, max_length=60, examples=["外滩花园"])]
    community_code: Code = Field(examples=["330205001001"])
    property_code: Maybe = ""
    owners_code: Maybe = ""
    property_phone: Phone = ""
    owners_phone: Phone = ""
    committee_phone: Phone = ""
    cell_codes: list[Code] = Field(default_factory=list, max_length=60, examples=[["330205001001001"]])
    building_codes: list[Code] = Field(default_factory=list, max_length=500)
    valid_from: Day | None = None


class EstateEnd(Body):
    on: Day = Field(examples=["2027-01-01"])


class RoundParty(Body):
    role: Role
    organisation_code: Code


class NewPromise(Body):
    role: Role = Field(examples=["committee"])
    organisation_code: Code = Field(examples=["330205001001"])
    words: Annotated[Short, Field(min_length=1, examples=["商定停车划线方案"])]
    due_on: Day = Field(examples=["2026-12-20"])


class NewRound(Body):
    kind: Literal["cell", "cluster"] = Field(examples=["cell"])
    code: Code = Field(examples=["330205001001001"])
    day: Day = Field(examples=["2026-11-30"])
    parties: list[RoundParty] = Field(
        max_length=60, examples=[[{"role": "committee", "organisation_code": "330205001001"}]]
    )
    promises: list[NewPromise] = Field(default_factory=list, max_length=12)


class PromiseTold(Body):
    verdict: Literal["kept", "broken"] = Field(examples=["kept"])
    on: Day = Field(examples=["2026-11-30"])
    words: Annotated[Short, Field(max_length=300)] = ""
