"""Finding places by what people say, and the place to which a point belongs.

Problem: a resident writes "洪塘" or "双东坊" or taps a map; the matter needs a community.
Method: names are compared after a suffix such as 社区 or 街道 is taken off: equal before beginning before containing,
shorter before longer. A point belongs to the outline that holds it (even-odd rule, boxes looked at first), or to the
nearest representative point where no outline does, if that is near enough.
Source: even-odd crossing test (Shimrat 1962, Algorithm 112, CACM 5(8)); great-circle distance by the haversine formula.
Cost: find O(names); locate O(outlines whose box holds the point), nearest O(places).
Guarantee: never raises for any numbers; a point on a shared border belongs to exactly one outline or is given to the nearest.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pianqu.kernels.geo import distance_m

NEAR_M = 5_000.0
_SUFFIXES = ("街道办事处", "社区居委会", "村委会", "居委会", "街道", "社区", "村", "镇")

Ring = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Something with a name and perhaps a point. `key` is the caller's own."""

    key: str
    names: tuple[str, ...]
    rank: int = 0
    """Lower comes first among equals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlined:
    """A place with a representative point (degrees, WGS 84) and perhaps outer rings."""

    key: str
    lon: float
    lat: float
    rings: tuple[Ring, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """Where a point belongs and how sure that is: `outline`, `nearest` (of so many metres) or `outside`."""

    key: str
    method: str
    distance_m: float


def stem(name: str) -> str:
    """A name without the word for its kind: 洪塘街道 → 洪塘. Lower case, no spaces."""
    plain = "".join(name.split()).casefold()
    for suffix in _SUFFIXES:
        if plain.endswith(suffix) and len(plain) > len(suffix) + 1:
            return plain[: -len(suffix)]
    return plain


def find(words: str, entries: Iterable[Named], *, limit: int = 8) -> list[str]:
    """Keys of the best matches, best first; nothing for empty words."""
    wanted = stem(words)
    if not wanted:
        return []
    scored = (
        (score, e.rank, len(e.names[0]), e.key) for e in entries if (score := _score(wanted, e.names)) is not None
    )
    return [key for _, _, _, key in sorted(scored)[:limit]]


def _score(wanted: str, names: Iterable[str]) -> int | None:
    best: int | None = None
    for name in map(stem, names):
        score = 0 if name == wanted else 1 if name.startswith(wanted) else 2 if wanted in name else None
        if score is None and len(name) > 1 and name in wanted:
            score = 3
        if score is not None and (best is None or score < best):
            best = score
    return best


def inside(lon: float, lat: float, ring: Ring) -> bool:
    """Even-odd rule; half-open, so that neighbours do not both hold a point of their common border."""
    held = False
    x2, y2 = ring[-1]
    for x1, y1 in ring:
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            held = not held
        x2, y2 = x1, y1
    return held


class Locator:
    """Answers to which of some places a point belongs."""

    def __init__(self, places: Sequence[Outlined]) -> None:
        self._places = places
        self._boxes = [(_box(ring), ring, p) for p in places for ring in p.rings]

    def locate(self, lon: float, lat: float) -> Found | None:
        """The place of a point in degrees; None when there is no place at all or the numbers are no point."""
        if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90) or not self._places:
            return None
        for (west, south, east, north), ring, place in self._boxes:
            if west <= lon <= east and south <= lat <= north and inside(lon, lat, ring):
                return Found(place.key, "outline", 0.0)
        near = min(self._places, key=lambda p: (distance_m(lon, lat, p.lon, p.lat), p.key))
        metres = distance_m(lon, lat, near.lon, near.lat)
        return Found(near.key, "nearest" if metres <= NEAR_M else "outside", metres)


def _box(ring: Ring) -> tuple[float, float, float, float]:
    lons, lats = [x for x, _ in ring], [y for _, y in ring]
    return min(lons), min(lats), max(lons), max(lats)


def rings_of(geometry: dict[str, Any] | None) -> tuple[Ring, ...]:
    """Outer rings of a GeoJSON Polygon or MultiPolygon; nothing for None."""
    if not geometry:
        return ()
    shapes = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
    return tuple(tuple((float(x), float(y)) for x, y in shape[0]) for shape in shapes)
