"""The district's outline as one small drawing for the portal's head: decoration, from the shipped synthetic shapes."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pianqu.rooms.territory import queries as territory

WIDTH = 400
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """Two paths over one box: thin lines of communities, strong ones of streets and towns."""

    width: int
    height: int
    thin: str
    strong: str


def district_outline() -> Outline | None:
    """None where no shapes are known."""
    layers = territory.map_layers()
    return _drawn(len(layers["features"]))


@lru_cache(maxsize=1)
def _drawn(_features: int) -> Outline | None:
    """Drawn once for as many shapes as there are."""
    shapes = [f for f in territory.map_layers()["features"] if f["geometry"]["type"] != "Point"]
    rings = [(f["properties"]["level"], ring) for f in shapes for ring in _rings(f["geometry"])]
    points = [point for _level, ring in rings for point in ring]
    if not points:
        return None
    west, north = min(x for x, _ in points), max(y for _, y in points)
    narrow = math.cos(math.radians(north))
    scale = WIDTH / ((max(x for x, _ in points) - west) * narrow)
    height = round((north - min(y for _, y in points)) * scale)

    def path(level: str) -> str:
        drawn = (ring for at, ring in rings if at == level)
        return "".join(
            _path((round((x - west) * narrow * scale), round((north - y) * scale)) for x, y in r) for r in drawn
        )

    return Outline(width=WIDTH, height=height, thin=path("community"), strong=path("street"))


def _rings(geometry: Mapping[str, Any]) -> list[list[Point]]:
    shapes = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
    return [[(x, y) for x, y, *_height in ring] for shape in shapes for ring in shape]


def _path(points: Iterable[tuple[int, int]]) -> str:
    kept = list(dict.fromkeys(points))
    return "M" + " ".join(f"{x} {y}" for x, y in kept) + "Z"
