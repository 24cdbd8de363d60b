"""Rings as people draw them, made fit for use: coordinate systems, repair with a report, what overlaps and what is uncovered.

Problem: a grid arrives as GeoJSON from any tool: rings left open, bow ties, points twice, in GCJ-02, cells that leave their
community, cells that overlap.
Method: numbers are checked, GCJ-02 is taken back by fixed-point iteration (kernels.geo), CGCS2000 is used as WGS 84 (they differ
by centimetres), rings are closed, and what is still invalid is rebuilt from its lines and holes. Areas are measured on a local
equirectangular plane.
Source: RFC 7946 (GeoJSON) sections 3.1.6 and 9; OGC Simple Features 6.1.11 (validity); GB 22021-2008 (CGCS2000).
Cost: O(n log n) for n points of a shape; overlaps O((n + k) log n) for k pairs whose boxes meet.
Guarantee: an answer is valid polygons or the reason why there are none; a repaired ring is always reported. Degrees in WGS 84,
longitude first; metres and square metres out.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from pianqu.kernels import geo

CRS = ("WGS84", "CGCS2000", "GCJ-02")
METRES_PER_DEGREE = geo.EARTH_RADIUS_M * math.pi / 180
CENTIMETRE = 1e-7
"""Degrees: what is written with seven decimals is laid on this raster first, so that it stays valid."""
SLIVER_M2 = 25.0
"""Less than this is drawing, not meaning."""
POLYGONS = ("Polygon", "MultiPolygon")


class NoShape(ValueError):
    """What was given is no area. `reason` is a code: no-polygon, not-a-number, too-few-points, off-the-map, empty."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A shape that can be used. `repairs` are codes: unclosed, self-intersection, points-twice."""

    geometry: dict[str, Any]
    repairs: tuple[str, ...]
    lon: float
    lat: float
    """A point that lies inside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two shapes that share ground."""

    one: str
    other: str
    area_m2: float


def drawn(geometry: Mapping[str, Any], *, crs: str = "WGS84") -> Drawn:
    """A GeoJSON geometry made fit for use, in WGS 84. Raises NoShape, and ValueError for an unknown system."""
    if crs not in CRS:
        raise ValueError(f"unknown coordinate system: {crs}")
    repairs: set[str] = set()
    polygons = [_polygon(rings, crs, repairs) for rings in _polygons(geometry)]
    whole: BaseGeometry = shapely.MultiPolygon(polygons)
    if not whole.is_valid:
        repairs.add("self-intersection")
        whole = _areas(shapely.make_valid(whole, method="structure", keep_collapsed=False))
    if not shapely.transform(whole, lambda points: points.round(7)).is_valid:
        whole = _areas(shapely.set_precision(whole, CENTIMETRE))
    if whole.is_empty or whole.area <= 0:
        raise NoShape("empty")
    inside = whole.representative_point()
    return Drawn(geometry=as_geojson(whole), repairs=tuple(sorted(repairs)), lon=inside.x, lat=inside.y)


def _polygons(geometry: Mapping[str, Any]) -> list[Any]:
    kind, given = geometry.get("type"), geometry.get("coordinates")
    if kind not in POLYGONS or not isinstance(given, Sequence) or not given:
        raise NoShape("no-polygon")
    return [given] if kind == "Polygon" else list(given)


def _polygon(rings: Any, crs: str, repairs: set[str]) -> shapely.Polygon:
    if not isinstance(rings, Sequence) or not rings:
        raise NoShape("no-polygon")
    made = [_ring(ring, crs, repairs) for ring in rings]
    return shapely.Polygon(made[0], made[1:])


def _ring(ring: Any, crs: str, repairs: set[str]) -> list[tuple[float, float]]:
    if not isinstance(ring, Sequence):
        raise NoShape("no-polygon")
    points = [_point(point, crs) for point in ring]
    if points and points[0] != points[-1]:
        repairs.add("unclosed")
        points.append(points[0])
    single = [point for order, point in enumerate(points) if order == 0 or point != points[order - 1]]
    if len(single) < len(points):
        repairs.add("points-twice")
    if len(set(single)) < 3:
        raise NoShape("too-few-points")
    return single


def _point(point: Any, crs: str) -> tuple[float, float]:
    try:
        lon, lat = float(point[0]), float(point[1])
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise NoShape("not-a-number") from error
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise NoShape("not-a-number")
    if abs(lon) > 180 or abs(lat) > 90:
        raise NoShape("off-the-map")
    return geo.wgs84(lon, lat) if crs == "GCJ-02" else (lon, lat)


def _areas(shape: BaseGeometry) -> BaseGeometry:
    """The parts of a shape that are areas."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in POLYGONS]
    return shapely.MultiPolygon([one for part in parts for one in shapely.get_parts(part)])


def as_geojson(shape: BaseGeometry) -> dict[str, Any]:
    """A shape as RFC 7946 wants it: outer rings against the clock, seven decimals (a centimetre)."""
    polygons = [shapely.geometry.polygon.orient(part) for part in shapely.get_parts(shape)]
    rings = [[_rounded(ring) for ring in (one.exterior, *one.interiors)] for one in polygons]
    if len(rings) == 1:
        return {"type": "Polygon", "coordinates": rings[0]}
    return {"type": "MultiPolygon", "coordinates": rings}


def _rounded(ring: shapely.LinearRing) -> list[list[float]]:
    return [[round(x, 7), round(y, 7)] for x, y, *_rest in ring.coords]


def converted(geometry: Mapping[str, Any], *, crs: str) -> dict[str, Any]:
    """A WGS 84 geometry in another system, for a map that wants it."""
    if crs not in CRS:
        raise ValueError(f"unknown coordinate system: {crs}")
    if crs != "GCJ-02":
        return dict(geometry)
    return {"type": geometry["type"], "coordinates": _shifted(geometry["coordinates"])}


def _shifted(coordinates: Any) -> Any:
    if coordinates and isinstance(coordinates[0], (int, float)):
        return [round(number, 7) for number in geo.gcj02(coordinates[0], coordinates[1])]
    return [_shifted(part) for part in coordinates]


def shape_of(geometry: Mapping[str, Any]) -> BaseGeometry:
    """A GeoJSON geometry as shapely's shape."""
    return shapely.geometry.shape(dict(geometry))


def plane(geometry: Mapping[str, Any], middle: float) -> BaseGeometry:
    """A WGS 84 geometry on a plane in metres that is true near the latitude `middle`."""
    shape = shape_of(geometry)
    east = METRES_PER_DEGREE * math.cos(math.radians(middle))
    flat: BaseGeometry = shapely.transform(shape, lambda points: points * [east, METRES_PER_DEGREE])
    return flat if flat.is_valid else shapely.make_valid(flat)


def area_m2(geometry: Mapping[str, Any]) -> float:
    """The area of a geometry."""
    return float(plane(geometry, shape_of(geometry).centroid.y).area)


def outside_m2(inner: Mapping[str, Any], outer: Mapping[str, Any]) -> float:
    """How much of the inner shape lies outside of the outer one; nothing for a sliver."""
    middle = shape_of(outer).centroid.y
    over = float(plane(inner, middle).difference(plane(outer, middle)).area)
    return over if over > SLIVER_M2 else 0.0


def uncovered_m2(whole: Mapping[str, Any], parts: Sequence[Mapping[str, Any]]) -> float:
    """How much of a shape none of its parts covers; nothing for a sliver."""
    middle = shape_of(whole).centroid.y
    covered = shapely.union_all([plane(part, middle) for part in parts])
    bare = float(plane(whole, middle).difference(covered).area)
    return bare if bare > SLIVER_M2 else 0.0


def joined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Neighbouring shapes as one, without the hairs that rounding leaves between them."""
    hair = 5 * CENTIMETRE
    return as_geojson(shapely.union_all([shape_of(part).buffer(hair, join_style="mitre") for part in parts]))


def overlaps(shapes: Mapping[str, Mapping[str, Any]]) -> tuple[Overlap, ...]:
    """Pairs that share more than a sliver, by their keys; each pair once."""
    keys = sorted(shapes)
    if not keys:
        return ()
    middle = shape_of(shapes[keys[0]]).centroid.y
    flat = [plane(shapes[key], middle) for key in keys]
    tree = shapely.STRtree(flat)
    found = []
    for one, other in zip(*tree.query(flat, predicate="intersects"), strict=True):
        if one < other and (area := float(flat[one].intersection(flat[other]).area)) > SLIVER_M2:
            found.append(Overlap(one=keys[one], other=keys[other], area_m2=area))
    return tuple(sorted(found, key=lambda overlap: (overlap.one, overlap.other)))
