"""Makes a district of twelve communities, three in a row of four, two streets and three clusters, by calling the verbs."""

import uuid
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.planning import services
from pianqu.rooms.territory import services as territory
from pianqu.rooms.territory.services import NewBuilding, NewCell, NewCluster, NewPlace

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)
TOMORROW = TODAY + timedelta(days=1)
AFTER = NOW + timedelta(days=1)
"""When comments that were taken until TODAY are over."""
SYSTEM = Actor(kind="system", organisation_code="330205")
RESIDENT = Actor(kind="resident", organisation_code="330205")
DISTRICT, CENTRE = "330205", "330205-cluster"
EAST, WEST = "330205001000", "330205002000"
STREETS = (EAST, WEST)
COLUMNS, ROWS = 4, 3
LON, LAT, SIDE = 121.55, 29.90, 0.008
HOUSEHOLDS = (300, 420, 380, 500, 360, 400, 440, 320, 410, 390, 430, 370)
PER_BUILDING = 40


def code_of(number: int) -> str:
    """The community in that place, row by row from the south-west."""
    return f"330205001{number + 1:03}"


def street_of(number: int) -> str:
    return STREETS[number % COLUMNS >= COLUMNS // 2]


def square(west: float, south: float, side: float = SIDE, height: float = 0.0) -> dict[str, Any]:
    east, north = round(west + side, 7), round(south + (height or side), 7)
    west, south = round(west, 7), round(south, 7)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def corner(number: int) -> tuple[float, float]:
    return LON + number % COLUMNS * SIDE, LAT + number // COLUMNS * SIDE


def district_of_twelve() -> None:
    items = [
        NewOrganisation(code=DISTRICT, kind="district", name="江北区", short_name="江北区"),
        NewOrganisation(code=CENTRE, kind="centre", name="北郊片区中心", short_name="北郊", parent_code=DISTRICT),
        NewOrganisation(code=EAST, kind="street", name="东街道", short_name="东街道", parent_code=DISTRICT),
        NewOrganisation(code=WEST, kind="street", name="西街道", short_name="西街道", parent_code=DISTRICT),
    ]
    items += [
        NewOrganisation(
            code=code_of(n), kind="community", name=f"{n + 1}号社区", short_name=f"{n + 1}号", parent_code=street_of(n)
        )
        for n in range(COLUMNS * ROWS)
    ]
    directory.add_organisations(actor=SYSTEM, items=items, valid_from=TODAY - timedelta(days=30), now=NOW)
    places = [NewPlace(code=code, level="street", kind="street", name="街道", short_name=code[6:9]) for code in STREETS]
    places += [new_community(number) for number in range(COLUMNS * ROWS)]
    territory.add_places(actor=SYSTEM, items=places, valid_from=TODAY - timedelta(days=30), now=NOW)
    take_in(dict(enumerate(HOUSEHOLDS)))
    adopt()


def new_community(number: int, **changes: Any) -> NewPlace:
    west, south = corner(number)
    given: dict[str, Any] = {
        "code": code_of(number),
        "level": "community",
        "kind": "community",
        "name": f"{number + 1}号社区",
        "short_name": f"{number + 1}号",
        "parent_code": street_of(number),
        "lon": west + SIDE / 2,
        "lat": south + SIDE / 2,
        "outline": square(west, south),
    }
    return NewPlace(**{**given, **changes})


def take_in(households: Mapping[int, int], *, at: datetime = NOW, people: bool = True) -> None:
    """Buildings of forty households each, in rows; the last one of a community has the rest."""
    items = []
    for number, count in households.items():
        west, south = corner(number)
        many = max(1, count // PER_BUILDING)
        for n in range(many):
            homes = count // many + (n < count % many)
            items.append(
                NewBuilding(
                    code=f"{code_of(number)}-{n + 1:03}",
                    name=f"{n + 1}幢",
                    community_code=code_of(number),
                    lon=round(west + SIDE * (n % 4 + 0.5) / 4, 7),
                    lat=round(south + SIDE * (n // 4 + 0.5) / 4, 7),
                    households=homes,
                    population=homes * 3 if people else None,
                )
            )
    territory.take_in_buildings(actor=SYSTEM, items=items, source="测试", synthetic=True, now=at)


def adopt() -> uuid.UUID:
    """A cell in each community; a cluster in each row."""
    cells = [
        NewCell(
            code=f"{code_of(number)}01",
            name=f"{number + 1}号第一网格",
            kind="ordinary",
            community_code=code_of(number),
            geometry=square(*corner(number)),
            lon=corner(number)[0] + SIDE / 2,
            lat=corner(number)[1] + SIDE / 2,
        )
        for number in range(COLUMNS * ROWS)
    ]
    clusters = [
        NewCluster(
            code=f"c{row + 1}",
            name=f"第{row + 1}片区",
            community_codes=[code_of(number) for number in range(row * COLUMNS, (row + 1) * COLUMNS)],
            centre_code=CENTRE if row == 0 else "",
        )
        for row in range(ROWS)
    ]
    return territory.adopt_grid(
        actor=SYSTEM, cells=cells, clusters=clusters, valid_from=TODAY - timedelta(days=20), source="测试", now=NOW
    )


def official(login: str, organisation: str = DISTRICT, kind: str = "leader") -> Actor:
    """Somebody in a post."""
    person = Account(id=new_id(), login=login, name=f"某{login}", password="!")
    person.save()
    directory.appoint(
        actor=SYSTEM, account_id=person.id, organisation_code=organisation, kind=kind, title=f"{kind} {login}", now=NOW
    )
    actor = directory_questions.actor_for(person.id)
    assert actor
    return actor


def started(**changes: Any) -> uuid.UUID:
    """A draft of the district's clusters."""
    given: dict[str, Any] = {
        "actor": SYSTEM,
        "title": "三片区调整",
        "settings": {"tolerance": 800, "sweeps": 40, "tries": 2},
        "now": NOW,
    }
    return services.start_draft(**{**given, **changes})
