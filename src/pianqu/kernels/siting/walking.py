"""How far people walk: straight lines with a detour, or along streets; and the rings that can be reached in so many minutes.

Problem: costs for siting need metres from each point to each site, often before anybody has a graph of the streets.
Method: great circles times a detour. Measured means around stations are 1.21 to 1.23 (S. O'Sullivan, J. Morrall 1996,
"Walking distances to and from light-rail transit stations"), streets at right angles give 4/π = 1.27 over all directions (R.
C. Larson, A. R. Odoni 1981, "Urban operations research", section 3.7); `DETOUR` is 1.3, to be on the safe side. Speed:
fifteen minutes for a kilometre, as GB 50180-2018 (table 3.0.4) counts the fifteen-minute neighbourhood. With streets:
shortest paths (E. W. Dijkstra 1959) from the nearest node; for streets given twice the shorter counts.
Cost: O(n·m), or O(m·e·log v).
Guarantee: whole metres, rounded to the nearest; whom no street reaches is UNREACHABLE. Degrees in WGS 84, longitude first.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from pianqu.kernels.geo import EARTH_RADIUS_M
from pianqu.kernels.siting.model import UNREACHABLE
from pianqu.kernels.solvers import nearest, shortest_ways, sparse

Table = Any
Points = Any
"""Longitude and latitude in two columns."""
DETOUR = 1.3
METRES_A_MINUTE = 1000 / 15
CORNERS = 16
"""Corners of a quarter circle of a ring: it differs by less than 0.3 % of its radius."""


def straight(points: Points, sites: Points, *, detour: float = DETOUR) -> Table:
    """Whole metres from each point to each site."""
    return _whole(_metres(points, sites) * detour)


def seconds(metres: Table, *, metres_a_minute: float = METRES_A_MINUTE) -> Table:
    """Whole seconds of a walk; what is unreachable stays so."""
    told = np.rint(np.asarray(metres) * (60 / metres_a_minute)).astype(np.int64)
    return np.where(np.asarray(metres) == UNREACHABLE, UNREACHABLE, told)


def along_streets(
    points: Points, sites: Points, nodes: Points, streets: Sequence[tuple[int, int, float]], *, detour: float = DETOUR
) -> Table:
    """Whole metres along streets (node, node, metres; both ways), with the detour to and from the nearest node."""
    near, there = _snapped(nodes, points), _snapped(nodes, sites)
    starts, back = np.unique(there[0], return_inverse=True)
    paths = shortest_ways(graph(len(nodes), streets), starts)
    way = paths[back][:, near[0]].T + near[1][:, None] * detour + there[1][None, :] * detour
    return np.where(np.isfinite(way), np.rint(np.where(np.isfinite(way), way, 0)), UNREACHABLE).astype(np.int64)


def graph(nodes: int, streets: Sequence[tuple[int, int, float]]) -> Any:
    """Streets as a sparse matrix; of a street that is given twice the shorter one."""
    shortest: dict[tuple[int, int], float] = {}
    for one, other, metres in streets:
        pair = (min(one, other), max(one, other))
        if one != other:
            shortest[pair] = min(metres, shortest.get(pair, metres))
    pairs = sorted(shortest)
    values = [shortest[pair] for pair in pairs]
    return sparse(values, ([a for a, _b in pairs], [b for _a, b in pairs]), (nodes, nodes))


def reach_m(minutes: float, *, detour: float = DETOUR, metres_a_minute: float = METRES_A_MINUTE) -> float:
    """How far away in a straight line somebody is who arrives just in time."""
    return minutes * metres_a_minute / detour


def rings(sites: Points, minutes: Sequence[float], **walk: float) -> list[dict[str, Any]]:
    """GeoJSON shapes: what is reached within the first minutes, then what only within the next, and so on."""
    places = np.asarray(sites, dtype=float)
    found: list[dict[str, Any]] = []
    inner: Any = shapely.MultiPolygon()
    for limit in sorted(minutes):
        whole = shapely.union_all([_circle(lon, lat, reach_m(limit, **walk)) for lon, lat in places])
        ring = whole.difference(inner)
        found.append(shapely.geometry.mapping(shapely.set_precision(ring, 1e-7)))
        inner = whole
    return found


def _circle(lon: float, lat: float, radius_m: float) -> Any:
    degrees = np.degrees(radius_m / EARTH_RADIUS_M)
    circle = shapely.Point(0, 0).buffer(degrees, quad_segs=CORNERS)
    wide = 1 / max(0.01, float(np.cos(np.radians(lat))))
    return shapely.transform(circle, lambda at: at * [wide, 1.0] + [lon, lat])


def _metres(points: Points, sites: Points) -> Table:
    one, other = np.radians(np.asarray(points, dtype=float)), np.radians(np.asarray(sites, dtype=float))
    north = np.sin((one[:, None, 1] - other[None, :, 1]) / 2) ** 2
    east = np.sin((one[:, None, 0] - other[None, :, 0]) / 2) ** 2
    chord = north + np.cos(one[:, None, 1]) * np.cos(other[None, :, 1]) * east
    return 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(chord)))


def _whole(metres: Table) -> Table:
    return np.rint(metres).astype(np.int64)


def _snapped(nodes: Points, places: Points) -> tuple[Table, Table]:
    """The nearest node of each place, and how far it is in a straight line."""
    flat = np.asarray(nodes, dtype=float)
    wide = float(np.cos(np.radians(flat[:, 1].mean())))
    at = nearest(flat * [wide, 1.0], np.asarray(places, dtype=float) * [wide, 1.0])
    one, other = np.radians(np.asarray(places, dtype=float)), np.radians(flat[at])
    chord = np.sin((one[:, 1] - other[:, 1]) / 2) ** 2
    chord += np.cos(one[:, 1]) * np.cos(other[:, 1]) * np.sin((one[:, 0] - other[:, 0]) / 2) ** 2
    return at, 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(chord)))
