"""The faces that lines make of a plane, and which two of them meet along each line.

Problem: thousands of borders, many of them nearly on top of one another, are to be cut into the places that no border crosses.
Method: each piece of border is taken once; crossings are found by GEOS (a sweep over monotone chains, with a fall-back to snap
rounding where floating point does not suffice); then each piece becomes two half-edges, each goes on with the next one clockwise
at its end, and following them gives every face's outline with the face at its left. Outlines that run clockwise are the outer
rim of a connected heap of lines: a hole in the smallest face around it, or the border of everything.
Source: doubly connected edge lists as in de Berg, Cheong, van Kreveld, Overmars, "Computational Geometry", 3rd ed., section 2.2;
Martin Davis, OverlayNG (GEOS 3.9).
Cost: O((n + k) log n) for n pieces that cross k times.
Guarantee: the same pieces in any order give the same faces in the same order; each point off the lines lies in exactly one face
or outside of all; the two sides of a piece belong to two different faces.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pianqu.kernels.solvers import components

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Shapes = NDArray[Any]
Exact = tuple[Fraction, Fraction]
CLOSE = 1e-11
"""Below this, what floating point says of an angle or an area is looked at with exact numbers."""
OUTSIDE = -1
"""The number of the endless face around everything."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Points, and which two of them each piece joins; pieces meet only at their ends, and none is there twice."""

    nodes: Floats
    ends: Whole

    def lengths(self) -> Floats:
        """Of each piece."""
        way = self.nodes[self.ends[:, 1]] - self.nodes[self.ends[:, 0]]
        return np.asarray(np.hypot(way[:, 0], way[:, 1]))


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces between lines. `left` and `right` are the faces at the sides of each piece as it runs."""

    lines: Lines
    shapes: Shapes
    left: Whole
    right: Whole


def pieces(shapes: Shapes) -> Floats:
    """The straight pieces of borders as x, y, x, y, each once whichever way it runs, in one order."""
    points, owner = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shapes)), return_index=True)
    same = owner[:-1] == owner[1:]
    found = np.hstack([points[:-1][same], points[1:][same]])
    turned = (found[:, 0] > found[:, 2]) | ((found[:, 0] == found[:, 2]) & (found[:, 1] > found[:, 3]))
    found[turned] = found[turned][:, [2, 3, 0, 1]]
    found = found[(found[:, 0] != found[:, 2]) | (found[:, 1] != found[:, 3])]
    return np.asarray(_distinct(found))


def _distinct(rows: Floats) -> Floats:
    """Each row once, ascending: what `numpy.unique` gives for rows, several times faster."""
    if not len(rows):
        return rows
    ordered = rows[np.lexsort(rows.T[::-1])]
    fresh = np.ones(len(ordered), dtype=bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    return np.asarray(ordered[fresh])


def crossed(found: Floats, raster: float | None = None) -> Lines:
    """Pieces cut wherever they meet; on a raster, if one is given, slower and with no two things nearer than it has steps."""
    if not len(found):
        return Lines(np.zeros((0, 2)), np.zeros((0, 2), dtype=np.int64))
    return noded(shapely.union_all(shapely.linestrings(found.reshape(-1, 2, 2)), grid_size=raster))


def noded(cut: BaseGeometry, move: Callable[[Floats], Floats] | None = None) -> Lines:
    """Lines that meet only at their ends, as pieces; `move` puts their points elsewhere first."""
    points, owner = shapely.get_coordinates(shapely.get_parts(cut), return_index=True)
    same = owner[:-1] == owner[1:]
    nodes, number = _numbered(points if move is None else move(points))
    ends = np.column_stack([number[:-1][same], number[1:][same]])
    ends.sort(axis=1)
    ends = ends[ends[:, 0] != ends[:, 1]]
    order = np.lexsort((ends[:, 1], ends[:, 0]))
    ends = ends[order]
    fresh = np.ones(len(ends), dtype=bool)
    fresh[1:] = (ends[1:] != ends[:-1]).any(axis=1)
    return Lines(nodes, ends[fresh])


def _numbered(points: Floats) -> tuple[Floats, Whole]:
    """The distinct points in ascending order, and the number of each given one."""
    order = np.lexsort((points[:, 1], points[:, 0]))
    ordered = points[order]
    fresh = np.ones(len(ordered), dtype=bool)
    fresh[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    number = np.empty(len(points), dtype=np.int64)
    number[order] = np.cumsum(fresh) - 1
    return ordered[fresh], number


def faces(lines: Lines) -> Faces:
    """What the lines enclose. Pieces that part nothing (both sides are one face) are left out."""
    while True:
        half, loop = _loops(lines)
        count = len(lines.ends)
        dangling = loop[:count] == loop[count:]
        if not dangling.any():
            return _shaped(lines, half, loop)
        lines = Lines(lines.nodes, lines.ends[~dangling])


def _loops(lines: Lines) -> tuple[Whole, Whole]:
    """Half-edges in the order in which they follow each other, loop after loop, and each one's loop.

    Half-edge e runs along piece e; e + count runs back.
    """
    count = len(lines.ends)
    start = np.concatenate([lines.ends[:, 0], lines.ends[:, 1]])
    end = np.concatenate([lines.ends[:, 1], lines.ends[:, 0]])
    way = lines.nodes[end] - lines.nodes[start]
    angle = np.arctan2(way[:, 1], way[:, 0])
    around = np.lexsort((angle, start))
    _settle(around, angle, lines.nodes, start, end)
    place = np.empty(2 * count, dtype=np.int64)
    place[around] = np.arange(2 * count)
    first = np.searchsorted(start[around], np.arange(len(lines.nodes) + 1))
    back = np.concatenate([np.arange(count, 2 * count), np.arange(count)])
    at = place[back]
    clockwise = np.where(at > first[end], at - 1, first[end + 1] - 1)
    return _followed(around[clockwise])


def _settle(around: Whole, angle: Floats, nodes: Floats, start: Whole, end: Whole) -> None:
    """Put right, with exact numbers, the order of half-edges that leave a point in nearly one direction."""
    close = (start[around][1:] == start[around][:-1]) & (np.diff(angle[around]) < CLOSE)
    at = 0
    places = np.flatnonzero(close).tolist()
    while at < len(places):
        last = at
        while last + 1 < len(places) and places[last + 1] == places[last] + 1:
            last += 1
        run = slice(places[at], places[last] + 2)
        points = {half: _exact(nodes[end[half]]) for half in around[run].tolist()}
        origin = _exact(nodes[start[around[places[at]]]])
        compare = cmp_to_key(lambda one, other: _turn(origin, points[other], points[one]))  # noqa: B023 - used at once
        around[run] = sorted(around[run].tolist(), key=compare)
        at = last + 1


def _exact(point: Floats) -> Exact:
    return Fraction(float(point[0])), Fraction(float(point[1]))


def _turn(origin: Exact, one: Exact, other: Exact) -> int:
    """1 where the way to `other` turns left from that to `one`, -1 where it turns right, 0 where they are one way."""
    left = (one[0] - origin[0]) * (other[1] - origin[1]) - (one[1] - origin[1]) * (other[0] - origin[0])
    return (left > 0) - (left < 0)


def _followed(following: Whole) -> tuple[Whole, Whole]:
    """A permutation's cycles: its elements cycle by cycle, and the cycle of each element."""
    after = following.tolist()
    loop = [-1] * len(after)
    order: list[int] = []
    number = 0
    for begin in range(len(after)):
        at = begin
        if loop[at] >= 0:
            continue
        while loop[at] < 0:
            loop[at] = number
            order.append(at)
            at = after[at]
        number += 1
    return np.array(order, dtype=np.int64), np.array(loop, dtype=np.int64)


def _shaped(lines: Lines, half: Whole, loop: Whole) -> Faces:
    """Loops as polygons: those against the clock are faces, the others are holes in them."""
    count = len(lines.ends)
    if not count:
        return Faces(lines, np.empty(0, dtype=object), np.zeros(0, np.int64), np.zeros(0, np.int64))
    start = np.concatenate([lines.ends[:, 0], lines.ends[:, 1]])
    nodes, of = start[half], loop[half]
    inside = _areas(lines.nodes[nodes], of) > 0
    rings = _Rings(lines.nodes, nodes, of, inside)
    holder = _holders(rings, lines)
    shapes = _with_holes(rings, holder)
    number = np.where(inside, np.cumsum(inside) - 1, holder)
    return Faces(lines, shapes, number[loop[:count]], number[loop[count:]])


def _areas(points: Floats, of: Whole) -> Floats:
    """Twice the signed area of each loop; only the sign of very thin ones, which is exact."""
    begin = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]]))
    near = points - points[begin][of]
    follows = np.concatenate([np.arange(1, len(points)), [0]])
    last = np.concatenate([begin[1:], [len(points)]]) - 1
    follows[last] = begin
    cross = near[:, 0] * near[follows, 1] - near[follows, 0] * near[:, 1]
    areas = np.add.reduceat(cross, begin)
    size = np.add.reduceat(np.abs(near).sum(axis=1), begin) ** 2
    for loop in np.flatnonzero(np.abs(areas) <= CLOSE * size).tolist():
        areas[loop] = _exact_area(points[begin[loop] : last[loop] + 1])
    return np.asarray(areas)


def _exact_area(points: Floats) -> int:
    """The sign of a loop's area in exact numbers."""
    corners = [_exact(point) for point in points]
    turned = zip(corners, corners[1:] + corners[:1], strict=True)
    area = sum((one[0] * other[1] - other[0] * one[1] for one, other in turned), start=Fraction(0))
    return (area > 0) - (area < 0)


class _Rings:
    """The rings of loops: a loop that passes a point twice is several rings."""

    def __init__(self, points: Floats, nodes: Whole, of: Whole, inside: NDArray[np.bool_]) -> None:
        self.inside = inside
        begin = np.flatnonzero(np.concatenate([[True], of[1:] != of[:-1]]))
        end = np.concatenate([begin[1:], [len(nodes)]])
        self.first = nodes[begin]
        twice = _repeated(nodes, of, len(inside))
        simple = ~twice[of]
        kept = np.flatnonzero(~twice)
        place = np.full(len(inside), -1, dtype=np.int64)
        place[kept] = np.arange(len(kept))
        self.rings: Shapes = np.asarray(shapely.linearrings(points[nodes[simple]], indices=place[of[simple]]))
        self.of: Whole = kept
        split = [(one, _split(nodes[begin[one] : end[one]].tolist())) for one in np.flatnonzero(twice).tolist()]
        several = [(one, shapely.linearrings(points[part])) for one, parts in split for part in parts]
        if several:
            self.rings = np.concatenate([self.rings, [ring for _, ring in several]])
            self.of = np.concatenate([self.of, [one for one, _ in several]])

    def outer(self) -> tuple[Shapes, Whole]:
        """The outer ring of each face, without its holes, and its loop."""
        mine = np.flatnonzero(self.inside[self.of])
        sizes = shapely.area(shapely.polygons(self.rings[mine]))
        mine = mine[np.lexsort((-sizes, self.of[mine]))]
        lead = np.concatenate([[True], self.of[mine][1:] != self.of[mine][:-1]]) if len(mine) else mine.astype(bool)
        return mine[lead], self.of[mine[lead]]


def _repeated(nodes: Whole, of: Whole, loops: int) -> NDArray[np.bool_]:
    """Which loops pass a point more than once."""
    order = np.lexsort((nodes, of))
    again = (nodes[order][1:] == nodes[order][:-1]) & (of[order][1:] == of[order][:-1])
    twice = np.zeros(loops, dtype=bool)
    twice[of[order][1:][again]] = True
    return twice


def _split(nodes: Sequence[int]) -> list[list[int]]:
    """A closed walk as rings that pass each point once."""
    found: list[list[int]] = []
    walk: list[int] = []
    place: dict[int, int] = {}
    for node in nodes:
        if node in place:
            at = place[node]
            ring = walk[at:]
            found.append(ring)
            for gone in ring[1:]:
                del place[gone]
            del walk[at + 1 :]
        else:
            place[node] = len(walk)
            walk.append(node)
    return [ring for ring in [*found, walk] if len(ring) > 2]


def _holders(rings: _Rings, lines: Lines) -> Whole:
    """For each loop that runs clockwise the face in which its heap of lines lies; OUTSIDE for none."""
    loops = len(rings.inside)
    holder = np.full(loops, OUTSIDE, dtype=np.int64)
    rims = np.flatnonzero(~rings.inside)
    if len(rims) < 2:
        return holder
    size = len(lines.nodes)
    heap = components(lines.ends[:, 0], lines.ends[:, 1], size)
    ring, of = rings.outer()
    shells: Shapes = np.asarray(shapely.polygons(rings.rings[ring]))
    tree = shapely.STRtree(shells)
    asked, hit = tree.query(shapely.points(lines.nodes[rings.first[rims]]), predicate="within")
    other = heap[rings.first[rims[asked]]] != heap[rings.first[of[hit]]]
    asked, hit = asked[other], hit[other]
    order = np.lexsort((shapely.area(shells[hit]), asked))
    asked, hit = asked[order], hit[order]
    lead = np.concatenate([[True], asked[1:] != asked[:-1]]) if len(asked) else asked.astype(bool)
    holder[rims[asked[lead]]] = (np.cumsum(rings.inside) - 1)[of[hit[lead]]]
    return holder


def _with_holes(rings: _Rings, holder: Whole) -> Shapes:
    """Each face as a polygon."""
    number = np.cumsum(rings.inside) - 1
    outer, _of = rings.outer()
    is_outer = np.zeros(len(rings.rings), dtype=bool)
    is_outer[outer] = True
    face = np.where(rings.inside[rings.of], number[rings.of], holder[rings.of])
    kept = np.flatnonzero(face >= 0)
    order = kept[np.lexsort((~is_outer[kept], face[kept]))]
    return np.asarray(shapely.polygons(rings.rings[order], indices=face[order]))


def inner_points(shapes: Shapes) -> Shapes:
    """A point inside of each shape: where GEOS finds none off the border, the middle of its largest triangle."""
    points: Shapes = np.asarray(shapely.point_on_surface(shapes))
    for at in np.flatnonzero(~shapely.contains(shapes, points)).tolist():
        triangles = shapely.get_parts(shapely.constrained_delaunay_triangles(shapes[at]))
        if len(triangles):
            points[at] = triangles[np.argmax(shapely.area(triangles))].centroid
    return points
