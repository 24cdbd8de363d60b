"""The demo's buildings: estates of some houses in every community, with households by how built-up it is. All synthetic."""

import math
import random
from collections.abc import Iterator
from datetime import datetime

import shapely
from shapely.geometry.base import BaseGeometry

from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.kernels import rings
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewBuilding

SOURCE = "演示楼栋（合成）"
TOWN, COUNTRY = (900, 1_900), (260, 700)
"""Households of a community, and of a village."""
ESTATE = (4, 14)
"""Houses of an estate."""
FIRST_VILLAGE = 200
"""Village committees are numbered from 200 on (statistical rules)."""
HOUSE, FARM = (16, 66), (3, 14)
NAMES = (
    "锦绣",
    "翠柏",
    "兰亭",
    "桂语",
    "临江",
    "望湖",
    "和泰",
    "明珠",
    "春晓",
    "青林",
    "绿洲",
    "安澜",
    "新城",
    "文华",
    "康庄",
)
STEP_M = 38.0
METRES = 111_320.0


def make_buildings(*, now: datetime) -> None:
    """Once: where buildings were counted already, nothing is done."""
    if territory.building_roll():
        return
    chance = random.Random(f"{installation().district_code} buildings")
    places, items = territory.places(), list[NewBuilding]()
    for code, outline in sorted(territory.outlines().items()):
        place = places.get(code)
        if place and place.level == "community":
            items += _buildings(code, int(code[9:]) >= FIRST_VILLAGE, rings.shape_of(outline), chance)
    actor = Actor(kind="system", organisation_code=installation().district_code)
    services.take_in_buildings(actor=actor, items=items, source=SOURCE, synthetic=True, now=now)


def _buildings(code: str, is_village: bool, shape: BaseGeometry, chance: random.Random) -> Iterator[NewBuilding]:
    """Estates around chance points, houses of an estate in rows, until the community has its households."""
    wanted = chance.randint(*(COUNTRY if is_village else TOWN))
    inside = shape.buffer(-0.0002)
    shapely.prepare(inside)
    number = estate = 0
    while wanted > 0:
        estate += 1
        middle = _point(inside, chance)
        name = f"{chance.choice(NAMES)}{'村' if is_village else '小区'}{estate}"
        for house, (lon, lat) in enumerate(_rows(middle, chance.randint(*ESTATE)), start=1):
            if wanted <= 0 or not shapely.contains_xy(inside, lon, lat):
                continue
            homes = min(wanted, chance.randint(*(FARM if is_village else HOUSE)))
            wanted, number = wanted - homes, number + 1
            yield NewBuilding(
                code=f"{code}-{number:04}",
                name=f"{name} {house} 幢",
                community_code=code,
                lon=lon,
                lat=lat,
                households=homes,
                population=round(homes * chance.uniform(2.2, 3.0)),
            )


def _point(inside: BaseGeometry, chance: random.Random) -> tuple[float, float]:
    west, south, east, north = inside.bounds
    while True:
        lon, lat = chance.uniform(west, east), chance.uniform(south, north)
        if shapely.contains_xy(inside, lon, lat):
            return lon, lat


def _rows(middle: tuple[float, float], houses: int) -> Iterator[tuple[float, float]]:
    """Points of a small raster around the middle, in degrees."""
    wide = math.ceil(math.sqrt(houses))
    east = STEP_M / (METRES * math.cos(math.radians(middle[1])))
    for number in range(houses):
        row, column = divmod(number, wide)
        yield round(middle[0] + (column - wide / 2) * east, 6), round(middle[1] + (row - wide / 2) * STEP_M / METRES, 6)
