"""To which cell a point belongs: one at a time for a page, ten thousand at a time for an import.

Problem: a matter arrives as a point; some 1,500 cells cover a district, with holes for special cells and gaps at the river.
Method: a sort-tile-recursive tree over the cells' boxes on a local plane in metres, then the exact test (a border belongs to both
neighbours). Among several cells the one with the smallest key wins, so that a border has one answer for ever. In no cell, the
nearest one within `near_m` is named with its distance.
Source: Leutenegger, Lopez, Edgington, "STR: A Simple and Efficient Algorithm for R-Tree Packing", ICDE 1997 (shapely's STRtree).
Cost: building O(n log n); a point O(log n + m) for m points of the cells whose boxes hold it.
Guarantee: never raises for any numbers; the batch answers exactly what the single question answers.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pianqu.kernels.rings import METRES_PER_DEGREE, plane, shape_of

NEAR_M = 300.0


@dataclass(frozen=True, slots=True)
class Located:
    """Where a point belongs: `inside` a cell, in a `gap` so many metres from the nearest, or `outside` of all (no key)."""

    key: str
    how: str
    distance_m: float


OUTSIDE = Located("", "outside", math.inf)


class CellIndex:
    """Cells by key, as GeoJSON geometries in WGS 84."""

    def __init__(self, shapes: Mapping[str, Mapping[str, Any]]) -> None:
        self.keys = sorted(shapes)
        middle = shape_of(shapes[self.keys[0]]).centroid.y if self.keys else 0.0
        self._east = METRES_PER_DEGREE * math.cos(math.radians(middle))
        self._flat = [plane(shapes[key], middle) for key in self.keys]
        for shape in self._flat:
            shapely.prepare(shape)
        self._tree = shapely.STRtree(self._flat)

    def locate(self, lon: float, lat: float, *, near_m: float = NEAR_M) -> Located:
        """The cell of one point."""
        if not (self.keys and math.isfinite(lon) and math.isfinite(lat)):
            return OUTSIDE
        point = shapely.Point(lon * self._east, lat * METRES_PER_DEGREE)
        hits = [int(hit) for hit in self._tree.query(point) if self._flat[hit].intersects(point)]
        if hits:
            return Located(self.keys[min(hits)], "inside", 0.0)
        if near_m <= 0:
            return OUTSIDE
        near, distances = self._tree.query_nearest(point, max_distance=near_m, return_distance=True)
        if not len(near):
            return OUTSIDE
        return Located(self.keys[int(near.min())], "gap", float(distances[0]))

    def locate_many(
        self, lons: Sequence[float], lats: Sequence[float], *, near_m: float = NEAR_M
    ) -> tuple[Located, ...]:
        """The cells of many points, in their order."""
        if not self.keys:
            return (OUTSIDE,) * len(lons)
        x = np.asarray(lons, dtype=float) * self._east
        y = np.asarray(lats, dtype=float) * METRES_PER_DEGREE
        usable = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        points = np.asarray(shapely.points(x[usable], y[usable]))
        hit_of = self._first(points)
        found = [OUTSIDE] * len(lons)
        for place, hit in zip(usable.tolist(), hit_of.tolist(), strict=True):
            if hit >= 0:
                found[place] = Located(self.keys[hit], "inside", 0.0)
            elif near_m > 0:
                found[place] = self.locate(lons[place], lats[place], near_m=near_m)
        return tuple(found)

    def _first(self, points: NDArray[Any]) -> NDArray[np.int64]:
        """For each point the smallest number of a cell that it touches; -1 for none."""
        none = len(self.keys)
        best = np.full(len(points), none, dtype=np.int64)
        asked, hits = self._tree.query(points, predicate="intersects")
        np.minimum.at(best, asked, hits)
        best[best == none] = -1
        return best
