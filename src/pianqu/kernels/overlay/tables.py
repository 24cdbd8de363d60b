"""Which share of one layer's people lives in which shape of another, and atoms put together again.

Problem: figures are kept by one department's grid and wanted by another's. Area misleads: people live in clumps, so that a
shape cut in halves rarely has half of its people on each side.
Method: with household points each point counts in its atom, so totals stay exact. Without them a shape's total is shared out by
area in whole people (largest remainders), and the table says how far that may be off: the bounds that hold wherever people
live, and the standard deviation of a share s if all people of the shape live together at one place that may be anywhere in
it, w √(s (1 - s)); people in several such clumps give less.
Source: M. F. Goodchild, N. Lam, "Areal interpolation: a variant of the traditional spatial problem", Geo-Processing 1 (1980);
largest remainders: M. L. Balinski, H. P. Young, "Fair Representation" (1982).
Cost: O((n + a) log a) for n points and a atoms.
Guarantee: a table's counts add up to what was given, and for each shape of the first layer to its own total; a point on a
border counts once.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pianqu.kernels.overlay.planar import Floats, Whole
from pianqu.kernels.overlay.refining import NONE, Refinement


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many of the people of `one` (a shape of the first layer) are in `other` (of the second; "" for none)."""

    one: str
    other: str
    count: int
    share: float
    """Of the people, or of the area where the count is shared out by area."""
    low: int
    high: int
    """Bounds that hold wherever the people live."""
    error: float = 0.0
    """Standard deviation, if the shape's people all live at one place anywhere in it; 0 where they were counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Crosswalk:
    """Two layers' shapes and the people that they share. Rows are ordered by their codes."""

    first: str
    second: str
    rows: tuple[Share, ...]
    total: int
    misplaced: float = 0.0
    """The share of all people that is expected in a wrong row, if each shape's people live at one place; 0 if counted."""


def atom_of(refinement: Refinement, points: Floats) -> Whole:
    """The atom of each point (x, y in metres); the first one for a point on a border, the nearest one within the tolerance for a
    point in none, and -1 beyond."""
    where = np.full(len(points), NONE, dtype=np.int64)
    if not (len(points) and refinement.atoms):
        return where
    shapes = _shapes(refinement)
    given: NDArray[Any] = np.asarray(shapely.points(points))
    tree = shapely.STRtree(given)
    atom, point = tree.query(shapes, predicate="intersects")
    first = np.full(len(points), len(shapes), dtype=np.int64)
    np.minimum.at(first, point, atom)
    held = first < len(shapes)
    where[held] = first[held]
    return _near(shapes, given, where, refinement.tolerance_m)


def _near(shapes: NDArray[Any], given: NDArray[Any], where: Whole, near_m: float) -> Whole:
    out = np.flatnonzero(where == NONE)
    if near_m > 0 and len(out):
        asked, hit = shapely.STRtree(shapes).query_nearest(given[out], max_distance=near_m)
        order = np.lexsort((hit, asked))[::-1]  # the first atom is written last
        where[out[asked[order]]] = hit[order]
    return where


def _shapes(refinement: Refinement) -> NDArray[Any]:
    shapes = np.empty(len(refinement.atoms), dtype=object)
    shapes[:] = [atom.geometry for atom in refinement.atoms]
    return shapes


def counted(refinement: Refinement, first: str, second: str, atoms: Whole, weights: Sequence[int]) -> Crosswalk:
    """The table by household points: `atoms` as `atom_of` gives them, `weights` how many people or households each point has."""
    one, other = refinement.layers.index(first), refinement.layers.index(second)
    counts: defaultdict[tuple[str, str], int] = defaultdict(int)
    for atom, weight in zip(atoms.tolist(), weights, strict=True):
        members = refinement.atoms[atom].members if atom != NONE else None
        counts[(members[one], members[other]) if members else ("", "")] += int(weight)
    totals: defaultdict[str, int] = defaultdict(int)
    for (key, _), count in counts.items():
        totals[key] += count
    rows = tuple(
        Share(one=a, other=b, count=count, share=count / totals[a] if totals[a] else 0.0, low=count, high=count)
        for (a, b), count in sorted(counts.items())
    )
    return Crosswalk(first=first, second=second, rows=rows, total=sum(totals.values()))


def by_area(refinement: Refinement, first: str, second: str, totals: Mapping[str, int]) -> Crosswalk:
    """The table by area: `totals` are the people of each shape of the first layer. A shape without ground keeps its people in the
    row of no shape."""
    areas = _areas(refinement, first, second)
    rows: list[Share] = []
    wrong = 0.0
    for key in sorted(totals):
        parts = areas.get(key, {"": 1.0})
        whole = sum(parts.values())
        names = sorted(parts)
        shares = [parts[name] / whole for name in names]
        for name, share, count in zip(names, shares, shared_out(totals[key], shares), strict=True):
            only = len(names) == 1
            low, high = (count, count) if only else (0, totals[key])
            error = totals[key] * sqrt(share * (1 - share)) if not only else 0.0
            rows.append(Share(one=key, other=name, count=count, share=share, low=low, high=high, error=error))
        wrong += totals[key] * (1 - sum(share**2 for share in shares))
    total = sum(totals.values())
    return Crosswalk(
        first=first, second=second, rows=tuple(rows), total=total, misplaced=wrong / total if total else 0.0
    )


def _areas(refinement: Refinement, first: str, second: str) -> dict[str, dict[str, float]]:
    """How much ground each two shapes share."""
    one, other = refinement.layers.index(first), refinement.layers.index(second)
    found: dict[str, dict[str, float]] = {}
    for atom in refinement.atoms:
        mine = found.setdefault(atom.members[one], {})
        mine[atom.members[other]] = mine.get(atom.members[other], 0.0) + atom.area_m2
    return found


def shared_out(total: int, shares: Sequence[float]) -> list[int]:
    """A whole number in whole parts that add up to it: largest remainders, the earlier part first among equals."""
    exact = [total * share for share in shares]
    parts = [int(one) for one in exact]
    left = total - sum(parts)
    order = sorted(range(len(parts)), key=lambda at: (parts[at] - exact[at], at))
    for at in order[:left]:
        parts[at] += 1
    return parts


def dissolved(refinement: Refinement, group_of: Sequence[str]) -> dict[str, BaseGeometry]:
    """Atoms of one group as one shape: `group_of` names the group of each atom, "" for none."""
    groups: defaultdict[str, list[shapely.Polygon]] = defaultdict(list)
    for atom, group in zip(refinement.atoms, group_of, strict=True):
        if group:
            groups[group].append(atom.geometry)
    return {group: shapely.coverage_union_all(groups[group]) for group in sorted(groups)}
