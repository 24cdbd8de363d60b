"""Departments' grids and their merge for other programs: handed in, taken, merged, closed, and what came of it."""

import json
import uuid
from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import AfterValidator, Field

from pianqu.foundation.api import Body, Code, Doors, Short, actor_of, day
from pianqu.rooms.planning import queries, rules, services
from pianqu.rooms.planning.queries import (
    Asked,
    CellProposal,
    DutyTwice,
    GridCard,
    MergeCard,
    Uncovered,
)
from pianqu.rooms.planning.services import MergeWish, NewGrid

departments = Doors("planning")
Day = Annotated[date, AfterValidator(day)]
EXAMPLE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {
                "code": "JW001",
                "name": "外滩警务区",
                "duties": "治安巡防；流动人口登记",
                "workers": "社区民警",
            },
            "geometry": {
                "type": "Polygon",
                "coordinates": [[[121.55, 29.9], [121.56, 29.9], [121.56, 29.91], [121.55, 29.91], [121.55, 29.9]]],
            },
        }
    ],
}


class DepartmentGridIn(Body):
    """A department's grid as GeoJSON, and what its owner says of it. Larger files are handed in on the desk's page."""

    system: Literal["police", "party", "urban", "environment", "market", "safety", "health", "other"] = Field(
        examples=["police"]
    )
    organisation_code: Code = Field(examples=["330205-police"])
    name: Annotated[Short, Field(min_length=1, max_length=60, examples=["公安警务区"])]
    source: Short = ""
    keep: bool = Field(False, description="Its borders are worth keeping when cells and clusters are planned.")
    duties: list[Short] = Field(default_factory=list, max_length=60)
    crs: Short = Field("", description="Empty: as the file says.", examples=["CGCS2000"])
    grid: dict[str, Any] = Field(description="A FeatureCollection of polygons.", examples=[EXAMPLE])


class DepartmentGridWhole(Schema):
    """A department's grid with everything that was found in its file."""

    grid: GridCard
    findings: list[str]


class GridTaking(Body):
    """From which day on a grid counts."""

    valid_from: Day = Field(examples=["2026-12-01"])


class MergeIn(Body):
    """Which grids are merged, and how cells are made."""

    on: Day | None = None
    mode: Literal["new", "present"] = Field("new", examples=["new"])
    with_own: bool = True
    least: int = Field(300, ge=1, le=100_000)
    most: int = Field(500, ge=1, le=100_000)


class MergeOut(Schema):
    """A merge: what nobody covers, which duties are covered twice, and the proposed cells. Empty before it is computed."""

    merge: MergeCard
    uncovered: list[Uncovered]
    duties_twice: list[DutyTwice]
    cells: list[CellProposal]


class ClosingIn(Body):
    """A place that no department covers and who takes it; without a place all go by the longest border."""

    place: int | None = Field(None, ge=0, le=10_000_000, examples=[3])
    taker: Short = Field(
        "", description="`cell:<number>`, or `<grid id>:<code>` of one of the place's takers.", examples=["cell:7"]
    )


@departments.asks(
    "/grids", name="listDepartmentGrids", says=gettext_noop("Departments' grids of all days"), gives=list[GridCard]
)
def grids(request: HttpRequest) -> list[GridCard]:
    return list(queries.department_grids())


@departments.does(
    "/grids",
    name="handInDepartmentGrid",
    says=gettext_noop("Hand in a department's grid; it counts once it is taken"),
    right="arrange",
    status=201,
)
def hand_in(request: HttpRequest, typed: DepartmentGridIn) -> str:
    rules.check_may_hand_in(actor_of(request), typed.organisation_code)
    content = json.dumps(typed.grid).encode()
    asked = Asked(name=typed.name, ending=".geojson", crs=typed.crs)
    grid_id = services.check_department_grid(
        actor=actor_of(request),
        grid=NewGrid(
            system=typed.system,
            organisation_code=typed.organisation_code,
            name=typed.name,
            source=typed.source,
            keep=typed.keep,
            duties=typed.duties,
        ),
        asked=asked,
        found=queries.read_grid(content, asked),
        content=content,
        now=timezone.now(),
    )
    return str(grid_id)


@departments.asks(
    "/grids/{grid_id}",
    name="getDepartmentGrid",
    says=gettext_noop("One department's grid and what was found in its file"),
    gives=DepartmentGridWhole,
)
def grid(request: HttpRequest, grid_id: uuid.UUID) -> DepartmentGridWhole:
    card = queries.department_grid(grid_id)
    findings = queries.told_findings(queries.grid_findings(grid_id))
    return DepartmentGridWhole(grid=card, findings=list(findings))


@departments.does(
    "/grids/{grid_id}/take",
    name="takeDepartmentGrid",
    says=gettext_noop("Let a department's grid count from a day on"),
    right="arrange",
)
def take(request: HttpRequest, grid_id: uuid.UUID, typed: GridTaking) -> None:
    services.take_department_grid(
        actor=actor_of(request), grid_id=grid_id, valid_from=typed.valid_from, now=timezone.now()
    )


@departments.asks("/merges", name="listMerges", says=gettext_noop("Merges, the latest first"), gives=list[MergeCard])
def merges(request: HttpRequest) -> list[MergeCard]:
    return list(queries.merges())


@departments.does(
    "/merges",
    name="askMerge",
    says=gettext_noop("Let the departments' grids of a day be merged"),
    right="arrange",
    status=201,
)
def ask(request: HttpRequest, typed: MergeIn) -> str:
    given = dict(typed)
    on = given.pop("on") or timezone.localdate()
    return str(services.ask_merge(actor=actor_of(request), on=on, wish=MergeWish(**given), now=timezone.now()))


@departments.asks(
    "/merges/{merge_id}",
    name="getMerge",
    says=gettext_noop("One merge: places of nobody, duties covered twice, proposed cells"),
    gives=MergeOut,
)
def merge(request: HttpRequest, merge_id: uuid.UUID) -> MergeOut:
    card = queries.merge_card(merge_id)
    if card.kept_at is None:
        return MergeOut(merge=card, uncovered=[], duties_twice=[], cells=[])
    whole = queries.merge_whole(merge_id)
    return MergeOut(
        merge=card, uncovered=list(whole.uncovered()), duties_twice=list(whole.twice), cells=list(whole.proposals)
    )


@departments.does(
    "/merges/{merge_id}/closings",
    name="closePlaces",
    says=gettext_noop("Say who answers for a place that no department covers, or for all of them"),
    right="arrange",
)
def close(request: HttpRequest, merge_id: uuid.UUID, typed: ClosingIn) -> None:
    if typed.place is None:
        services.close_all_places(actor=actor_of(request), merge_id=merge_id, now=timezone.now())
    else:
        services.close_place(
            actor=actor_of(request), merge_id=merge_id, place=typed.place, taker=typed.taker, now=timezone.now()
        )
