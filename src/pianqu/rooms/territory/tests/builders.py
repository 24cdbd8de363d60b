"""Makes places and grids by calling the verbs."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewCell, NewCluster, NewPlace

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TODAY = date(2026, 3, 2)
TOMORROW = TODAY + timedelta(days=1)
SYSTEM = Actor(kind="system", organisation_code="330205")
STREET, ONE, TWO = "330205001000", "330205001001", "330205001002"
CENTRE = "330205-cluster"
WEST, SOUTH, SIDE = 121.55, 29.90, 0.004


def square(west: float, south: float, side: float = SIDE) -> dict[str, Any]:
    east, north = round(west + side, 7), round(south + side, 7)
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def small_district() -> None:
    """One street with two communities side by side, and a cluster centre."""
    organisations = [
        NewOrganisation(code="330205", kind="district", name="江北区", short_name="江北区"),
        NewOrganisation(code=CENTRE, kind="centre", name="北郊片区中心", short_name="北郊", parent_code="330205"),
        NewOrganisation(code=STREET, kind="street", name="外滩街道", short_name="外滩", parent_code="330205"),
        NewOrganisation(code=ONE, kind="community", name="一号社区", short_name="一号", parent_code=STREET),
        NewOrganisation(code=TWO, kind="community", name="二号社区", short_name="二号", parent_code=STREET),
    ]
    directory.add_organisations(actor=SYSTEM, items=organisations, valid_from=TODAY, now=NOW)
    outlined = {ONE: square(WEST, SOUTH, 2 * SIDE), TWO: square(WEST + 2 * SIDE, SOUTH, 2 * SIDE)}
    items = [NewPlace(code=STREET, level="street", kind="street", name="外滩街道", short_name="外滩")]
    items += [
        NewPlace(
            code=code,
            level="community",
            kind="community",
            name=f"{code[-1]}号社区",
            short_name=f"{code[-1]}号",
            parent_code=STREET,
            lon=outline["coordinates"][0][0][0] + SIDE,
            lat=SOUTH + SIDE,
            outline=outline,
        )
        for code, outline in outlined.items()
    ]
    services.add_places(actor=SYSTEM, items=items, valid_from=TODAY, now=NOW)


def new_cell(code: str, west: float, south: float, **changes: Any) -> NewCell:
    """An ordinary cell of the first community."""
    side = changes.pop("side", SIDE)
    given: dict[str, Any] = {
        "code": code,
        "name": f"{code}网格",
        "kind": "ordinary",
        "community_code": ONE,
        "geometry": square(west, south, side),
        "lon": west + side / 2,
        "lat": south + side / 2,
    }
    return NewCell(**{**given, **changes})


def cells() -> list[NewCell]:
    """Two ordinary cells, a market with a micro-cell in it, and a cell of the second community."""
    return [
        new_cell("A1", WEST, SOUTH),
        new_cell("A2", WEST, SOUTH + SIDE),
        new_cell("A3", WEST + SIDE, SOUTH, kind="special", special_kind="market"),
        new_cell("A3-1", WEST + SIDE, SOUTH, side=SIDE / 2, kind="micro", parent_code="A3"),
        new_cell("B1", WEST + 2 * SIDE, SOUTH, community_code=TWO),
    ]


def clusters() -> list[NewCluster]:
    return [NewCluster(code="BJ", name="北郊片区", community_codes=[ONE], centre_code=CENTRE)]


def adopted(**changes: Any) -> uuid.UUID:
    """A grid in force from today on."""
    given: dict[str, Any] = {
        "actor": SYSTEM,
        "cells": cells(),
        "clusters": clusters(),
        "valid_from": TODAY,
        "source": "测试",
        "now": NOW,
    }
    return services.adopt_grid(**{**given, **changes})


def posts(many: int, *, home: str = ONE) -> list[uuid.UUID]:
    """Colleagues of an organisation, each with a post."""
    held = []
    for number in range(many):
        person = Account(id=new_id(), login=f"grid{number}", name=f"网格员{number}", password="!")
        person.save()
        appointed = directory.appoint(
            actor=SYSTEM, account_id=person.id, organisation_code=home, kind="grid_worker", title="网格员", now=NOW
        )
        held.append(appointed)
    return held
