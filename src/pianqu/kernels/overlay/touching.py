"""Which shapes of one layer are neighbours, and along how many metres.

Problem: people draw neighbours with a hair's breadth between them, or with borders that overlap by one.
Method: the refinement of the layer (`refining.py`) gives the borders; pairs that only a hair divides are measured along the band
around their rims. Cost: that of the refinement. Guarantee: pairs ascend, each stands once; corners alone do not touch.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import shapely

from pianqu.kernels.overlay.layers import Layer
from pianqu.kernels.overlay.refining import Refinement, refined

HAIR_M = 1.0
"""Gaps and overlaps narrower than this are the pen's."""
Pairs = tuple[tuple[int, int, int], ...]


def touching(layer: Layer, *, least_m: float = 2.0) -> tuple[Pairs, Refinement]:
    """Pairs of shapes by their number in the layer, with whole metres of their border; and what was found on the way."""
    refinement = refined([layer], tolerance_m=HAIR_M)
    places = {shape.key: number for number, shape in enumerate(layer.shapes)}
    shapes = shapely.make_valid(np.array([shape.geometry for shape in layer.shapes], dtype=object))
    return side_by_side(places, refinement, shapes, least_m), refinement


def side_by_side(places: Mapping[str, int], refinement: Refinement, shapes: Any, least_m: float) -> Pairs:
    """Shapes that share at least so many metres, or would if there were no hair's breadth between them."""
    owner = [places.get(atom.members[0], -1) for atom in refinement.atoms]
    lengths: dict[tuple[int, int], float] = {}
    for border in refinement.borders:
        pair = min(owner[border.one], owner[border.other]), max(owner[border.one], owner[border.other])
        if pair[0] >= 0 and pair[0] != pair[1]:
            lengths[pair] = lengths.get(pair, 0.0) + border.length_m
    lengths = _across_hairs(shapes, lengths) | lengths
    return tuple((*pair, max(1, round(length))) for pair, length in sorted(lengths.items()) if length >= least_m)


def _across_hairs(shapes: Any, known: Collection[tuple[int, int]]) -> dict[tuple[int, int], float]:
    """Other pairs no more than a hair apart, and along how many metres; where only corners meet, along none."""
    found = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=HAIR_M)
    pairs = [(one, other) for one, other in found.T.tolist() if one < other and (one, other) not in known]
    one, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    rims = shapely.intersection(shapely.boundary(shapes[one]), shapely.buffer(shapes[other], HAIR_M))
    lengths = shapely.length(rims) - 2 * HAIR_M  # what is near beyond both ends
    return dict(zip(pairs, lengths.tolist(), strict=True))


def bridges(count: int, borders: Sequence[tuple[int, int, int]], shapes: Any) -> tuple[tuple[int, int], ...]:
    """The shortest ways between parts that do not touch, so many that everything hangs together (Kruskal's method)."""
    part = list(range(count))

    def root(one: int) -> int:
        while part[one] != one:
            part[one] = part[part[one]]
            one = part[one]
        return one

    for one, other, _length in borders:
        part[root(one)] = root(other)
    if len({root(one) for one in range(count)}) < 2:
        return ()
    ways = sorted(
        (float(away), one, other + one + 1)
        for one in range(count)
        for other, away in enumerate(shapely.distance(shapes[one], shapes[one + 1 :]).tolist())
        if root(one) != root(other + one + 1)
    )
    found = []
    for _away, one, other in ways:
        if root(one) != root(other):
            part[root(one)] = root(other)
            found.append((one, other))
    return tuple(found)
