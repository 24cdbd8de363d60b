"""Where the households of each old cell are in a new grid, and which new cell carries an old one on.

Problem: a district draws its grid anew. What belonged to a cell (people who work there, figures) has to find the cell that
comes after it; a code alone says little, since codes are given anew too.
Method: every building counts in the old cell and in the new one in which it stands, weighted by its households: located as
matters are (locate.py: a border has one answer, and a gap between cells belongs to the nearest one within `NEAR_M`). An old
cell without a household is shared out by area. The heir of a cell is the new one that holds at least a given part of it.
Source: M. F. Goodchild, N. Lam, "Areal interpolation: a variant of the traditional spatial problem", Geo-Processing 1 (1980).
Cost: O((n + a) log a) for n buildings and a cells; for cells without households, one intersection a pair whose boxes meet.
Guarantee: the households of all parts add up to those of the buildings; for each old cell to its own. By area, parts smaller
than a sliver are left out and the others' shares add up to one.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from pianqu.kernels.locate import CellIndex
from pianqu.kernels.rings import SLIVER_M2, plane, shape_of

MOST_OF_IT = 0.8
"""So much of a cell has to lie in one new cell for that to be its heir."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What of one old cell lies in one new cell ("" for none)."""

    old: str
    new: str
    households: int
    share: float
    """Of the old cell: of its households, or of its area where it has none."""
    by_area: bool


Shapes = Mapping[str, Mapping[str, Any]]
Point = tuple[float, float, int]
"""Longitude, latitude (WGS 84) and households of a building."""


def parts(old: Shapes, new: Shapes, points: Sequence[Point]) -> tuple[Part, ...]:
    """Every pair of an old and a new cell that share something, by their codes. Shapes are GeoJSON in WGS 84."""
    counted = _counted(old, new, points)
    found = [part for code in sorted(counted) for part in _by_households(code, counted[code])]
    bare = [code for code in old if not sum(counted.get(code, {}).values())]
    found += _by_area({code: old[code] for code in bare}, new)
    return tuple(sorted(found, key=lambda part: (part.old, part.new)))


def _counted(old: Shapes, new: Shapes, points: Sequence[Point]) -> dict[str, Counter[str]]:
    lons, lats = [point[0] for point in points], [point[1] for point in points]
    was, now = (CellIndex(shapes).locate_many(lons, lats) for shapes in (old, new))
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for before, after, (_lon, _lat, households) in zip(was, now, points, strict=True):
        if before.key and households:
            counted[before.key][after.key] += households
    return counted


def _by_households(code: str, counts: Counter[str]) -> list[Part]:
    whole = sum(counts.values())
    return [
        Part(old=code, new=other, households=count, share=count / whole, by_area=False)
        for other, count in counts.items()
    ]


def _by_area(old: Shapes, new: Shapes) -> list[Part]:
    if not old:
        return []
    keys = sorted(new)
    middle = shape_of(next(iter(old.values()))).centroid.y
    flat = [plane(new[key], middle) for key in keys]
    tree = shapely.STRtree(flat)
    found: list[Part] = []
    for code, geometry in old.items():
        mine = plane(geometry, middle)
        areas = {keys[hit]: float(mine.intersection(flat[hit]).area) for hit in tree.query(mine).tolist()}
        areas[""] = float(mine.area) - sum(areas.values())
        found += _shared(code, {key: area for key, area in areas.items() if area > SLIVER_M2} or {"": 1.0})
    return found


def _shared(code: str, areas: Mapping[str, float]) -> list[Part]:
    whole = sum(areas.values())
    return [Part(old=code, new=other, households=0, share=area / whole, by_area=True) for other, area in areas.items()]


def heirs(found: Sequence[Part], *, least: float = MOST_OF_IT) -> dict[str, str]:
    """Old cell → the new one that holds at least `least` of it (more than half); old cells that were scattered are missing."""
    if least <= 0.5:
        raise ValueError("two cells could both hold so much")
    return {part.old: part.new for part in found if part.new and part.share >= least}
