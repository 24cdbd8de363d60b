"""Departments' grids for tests, handed in and taken by calling the verbs, over the small district's two communities."""

import io
import json
import uuid
from datetime import date
from typing import Any

from openpyxl import Workbook

from pianqu.foundation.actor import Actor
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.planning import jobs, queries, services
from pianqu.rooms.planning.jobs import run_waiting
from pianqu.rooms.planning.queries import Asked
from pianqu.rooms.planning.services import MergeWish, NewGrid
from pianqu.rooms.planning.tests.builders import NOW, SYSTEM
from pianqu.rooms.territory import services as territory
from pianqu.rooms.territory.services import NewBuilding
from pianqu.rooms.territory.tests.builders import ONE, SIDE, SOUTH, TODAY, TWO, WEST

POLICE, URBAN = "330205-police", "330205-urban"
EXECUTORS = {"merge": jobs.merge_grids}


def departments() -> None:
    """Two departments of the district."""
    items = [
        NewOrganisation(code=POLICE, kind="department", name="江北公安分局", short_name="公安", parent_code="330205"),
        NewOrganisation(code=URBAN, kind="department", name="综合执法局", short_name="执法", parent_code="330205"),
    ]
    directory.add_organisations(actor=SYSTEM, items=items, valid_from=TODAY, now=NOW)


def box(west: float, south: float, east: float, north: float) -> list[list[float]]:
    """A ring in degrees, in units of SIDE from the district's corner."""
    x, y = (WEST + west * SIDE, WEST + east * SIDE), (SOUTH + south * SIDE, SOUTH + north * SIDE)
    return [[x[0], y[0]], [x[1], y[0]], [x[1], y[1]], [x[0], y[1]], [x[0], y[0]]]


def feature(code: str, ring: list[list[float]], **told: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": {"code": code, **told},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def geojson(*features: dict[str, Any], **told: Any) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": list(features), **told}).encode()


def police() -> bytes:
    """Two areas that leave the district's north-eastern corner to nobody."""
    return geojson(
        feature("P1", box(0, 0, 2, 2), name="外滩一警区", duties="治安巡防；流动人口登记", workers="张警官"),
        feature("P2", box(2, 0, 4, 1), name="外滩二警区", duties="治安巡防；流动人口登记", workers="李警官"),
    )


def urban() -> bytes:
    """One area across the communities, with one duty that the police have too."""
    return geojson(feature("U1", box(1, 0, 3, 2), name="一中队", duties="占道经营；流动人口登记", workers="王队员"))


def sheet(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def handed_in(
    content: bytes,
    *,
    actor: Actor = SYSTEM,
    system: str = "police",
    organisation_code: str = POLICE,
    name: str = "公安警务区",
    ending: str = ".geojson",
    duties_list: bytes = b"",
    keep: bool = False,
    **words: str,
) -> uuid.UUID:
    """A grid that was checked and waits."""
    asked = Asked(name=name, ending=ending, **words)
    return services.check_department_grid(
        actor=actor,
        grid=NewGrid(system=system, organisation_code=organisation_code, name=name, keep=keep),
        asked=asked,
        found=queries.read_grid(content, asked, duties_list=duties_list or None),
        content=content,
        duties_list=duties_list,
        now=NOW,
    )


def taken(content: bytes, *, valid_from: date = TODAY, **given: Any) -> uuid.UUID:
    """A grid in force."""
    grid_id = handed_in(content, **given)
    services.take_department_grid(actor=SYSTEM, grid_id=grid_id, valid_from=valid_from, now=NOW)
    return grid_id


def two_taken() -> tuple[uuid.UUID, uuid.UUID]:
    return (
        taken(police(), keep=True),
        taken(urban(), system="urban", organisation_code=URBAN, name="城管网格"),
    )


def buildings(households: int = 40) -> None:
    """Eight columns of four houses over both communities."""
    items = [
        NewBuilding(
            code=f"B{column}{row}",
            name=f"{column}幢{row}",
            community_code=ONE if column < 4 else TWO,
            lon=round(WEST + (column + 0.5) * SIDE / 2, 7),
            lat=round(SOUTH + (row + 0.5) * SIDE / 2, 7),
            households=households,
            population=households * 2,
        )
        for column in range(8)
        for row in range(4)
    ]
    territory.take_in_buildings(actor=SYSTEM, items=items, source="测试", now=NOW)


def merged(**wish: Any) -> uuid.UUID:
    """A merge that the worker has computed."""
    given = {"with_own": False, "least": 100, "most": 400, **wish}
    merge_id = services.ask_merge(actor=SYSTEM, on=TODAY, wish=MergeWish(**given), now=NOW)
    run_waiting(EXECUTORS, actor=SYSTEM, clock=lambda: NOW)
    return merge_id
