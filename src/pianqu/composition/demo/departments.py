"""The demo's grids of three departments, each drawn its own way, and a merge that the worker computes. All synthetic.

Police areas join communities but leave some villages out; urban management walks squares that follow no community and miss a
strip; market supervision has the built-up communities only. So some duties are told twice, and some places by nobody.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from pianqu.composition.demo.buildings import FIRST_VILLAGE, METRES
from pianqu.composition.demo.people import code_of
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.kernels import rings
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import Asked
from pianqu.rooms.planning.services import MergeWish, NewGrid
from pianqu.rooms.territory import queries as territory

SOURCE = "演示数据（合成）"
EAST_M, NORTH_M = 1_500.0, 1_200.0
"""A square of urban management."""
AREA = 4
"""Communities of a police area."""
STATION = 3
"""Communities of a market supervision cell."""
LEFT_OUT = 19
"""Every so manieth village has no police area, and no square that is near it."""
SHARED = ("占道经营", "矛盾纠纷排查")


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department, what its grid is called, and what its people do."""

    slug: str
    system: str
    name: str
    prefix: str
    unit: str
    worker: str
    duties: tuple[str, ...]
    keep: bool = False


POLICE = Department(
    slug="police",
    system="police",
    name="公安警务区",
    prefix="JW",
    unit="警务区",
    worker="社区民警",
    duties=("治安巡防", "流动人口登记", "矛盾纠纷排查", "消防安全检查"),
    keep=True,
)
URBAN = Department(
    slug="enforcement",
    system="urban",
    name="城市管理网格",
    prefix="CG",
    unit="城管网格",
    worker="执法队员",
    duties=("占道经营", "垃圾分类检查", "违法建设巡查", "矛盾纠纷排查"),
)
MARKET = Department(
    slug="market",
    system="market",
    name="市场监管网格",
    prefix="SC",
    unit="监管网格",
    worker="监管员",
    duties=("食品安全巡查", "占道经营", "特种设备巡查", "消防安全检查"),
)
Group = tuple[str, Sequence[str]]


def make_departments(*, now: datetime, valid_from: date) -> None:
    """Once: where a department's grid was handed in already, nothing is done."""
    if queries.department_grids() or not _are_there():
        return
    shapes = {code: rings.shape_of(outline) for code, outline in sorted(territory.outlines().items())}
    bare = _left_out(shapes)
    town = [code for code in shapes if not _is_village(code)]
    _table(POLICE, _groups([code for code in shapes if code not in bare], AREA), now, valid_from)
    _squares(URBAN, shapes, bare, now, valid_from)
    _table(MARKET, _groups(town, STATION), now, valid_from)


def ask_for_merge(*, now: datetime, on: date) -> None:
    """Once: the worker computes it as soon as it runs."""
    if queries.department_grids() and not queries.merges():
        services.ask_merge(actor=_actor(), on=on, wish=MergeWish(), now=now)


def _actor() -> Actor:
    return Actor(kind="system", organisation_code=installation().district_code)


def _are_there() -> bool:
    """Whether the district has these departments, and communities with outlines."""
    codes = [code_of(one.slug) for one in (POLICE, URBAN, MARKET)]
    return len(directory.organisations(codes)) == len(codes) and bool(territory.outlines())


def _is_village(code: str) -> bool:
    return int(code[9:]) >= FIRST_VILLAGE


def _left_out(shapes: Mapping[str, BaseGeometry]) -> list[str]:
    villages = [code for code in shapes if _is_village(code)]
    return villages[LEFT_OUT // 2 :: LEFT_OUT]


def _groups(codes: Sequence[str], size: int) -> Iterator[Group]:
    """So many communities of one street at a time; a group is called after its first."""
    places = territory.places()
    streets: dict[str, list[str]] = {}
    for code in codes:
        streets.setdefault(places[code].parent_code, []).append(code)
    for own in streets.values():
        for at in range(0, len(own), size):
            yield places[own[at]].short_name, own[at : at + size]


def _table(who: Department, groups: Iterator[Group], now: datetime, valid_from: date) -> None:
    """A grid as a table of codes."""
    lines = ["编码,名称,社区编码,职责,网格员"]
    for number, (name, codes) in enumerate(groups, start=1):
        own = "；".join(_duties(who, number))
        cell = f"{who.prefix}{number:03},{name}{who.unit}"
        lines += [f"{cell},{code},{own},{who.worker}{number:03}（演示）" for code in codes]
    _take("\n".join(lines).encode(), ".csv", who, now, valid_from)


def _squares(
    who: Department, shapes: Mapping[str, BaseGeometry], bare: Sequence[str], now: datetime, valid_from: date
) -> None:
    """A raster over the district but for the strip and squares near communities that are left out."""
    whole = shapely.union_all(list(shapes.values()))
    holes = shapely.union_all([shapes[code].buffer(0.002) for code in bare]) if bare else shapely.Polygon()
    features: list[dict[str, Any]] = []
    for square in _raster(whole):
        ground = square.intersection(whole).difference(holes)
        if ground.area > square.area / 50:
            number = len(features) + 1
            told = {
                "code": f"{who.prefix}{number:03}",
                "name": f"第{number}{who.unit}",
                "duties": "；".join(_duties(who, number)),
                "workers": f"{who.worker}{number:03}（演示）",
            }
            features.append({"type": "Feature", "properties": told, "geometry": rings.as_geojson(ground)})
    content = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()
    _take(content, ".geojson", who, now, valid_from)


def _raster(whole: BaseGeometry) -> Iterator[Any]:
    west, south, east, north = whole.bounds
    high = NORTH_M / METRES
    wide = EAST_M / (METRES * math.cos(math.radians(south)))
    for row in range(math.ceil((north - south) / high)):
        for column in range(math.ceil((east - west) / wide)):
            x, y = west + column * wide, south + row * high
            yield shapely.box(x, y, x + wide, y + high)


def _duties(who: Department, number: int) -> tuple[str, ...]:
    """What two departments share is done in every third cell only, so that tables have something to tell."""
    return tuple(duty for duty in who.duties if duty not in SHARED or number % 3 == 0)


def _take(content: bytes, ending: str, who: Department, now: datetime, valid_from: date) -> None:
    asked = Asked(name=who.name, ending=ending)
    grid_id = services.check_department_grid(
        actor=_actor(),
        grid=NewGrid(
            system=who.system, organisation_code=code_of(who.slug), name=who.name, source=SOURCE, keep=who.keep
        ),
        asked=asked,
        found=queries.read_grid(content, asked),
        content=content,
        now=now,
    )
    services.take_department_grid(actor=_actor(), grid_id=grid_id, valid_from=valid_from, now=now)
