"""Merged cells proposed on the places of overlaid grids: so many households each, inside communities, along known borders."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from pianqu.composition.planning.merged import Merged, Place
from pianqu.kernels.partition.cells import Band, micro_cells
from pianqu.kernels.partition.graph import graph, parts
from pianqu.kernels.partition.problem import System, Units
from pianqu.kernels.partition.reasons import Kind, Reason

LEAST_M, HAIR_M = 2.0, 0.5
"""Shorter borders join no cells."""
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How many households a cell shall have, and in the shapes of which grid ("" for none) it lies."""

    band: Band
    within: str
    seed: int
    sweeps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A proposed one."""

    code: str
    community: str
    places: tuple[Place, ...]
    small: bool = False
    """Its whole community has fewer households than a cell shall have."""
    over: bool = False
    """None within the limits was found for its community."""

    @property
    def households(self) -> int:
        return sum(place.households or 0 for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """All cells, and what became of what is in no community, of parts apart, and of communities without cells."""

    wish: Wish
    cells: tuple[Cell, ...]
    added: tuple[tuple[Place, str], ...]
    """Places of no community, and the neighbour to which they were given."""
    bridged: int
    """Parts of communities that touch no other part and count as connected to the nearest."""
    lacking: tuple[tuple[str, int, Reason], ...]
    """Communities without cells, their households, and why."""

    def code_of(self) -> dict[int, str]:
        """Each place's cell by the place's number."""
        return {place.number: cell.code for cell in self.cells for place in cell.places}


def proposed(merged: Merged, wish: Wish) -> Proposal:
    """Cells that cover the whole district, where its border and households are known."""
    places = [place for place in merged.places if place.atom.within]
    borders = _borders(merged, places)
    communities = _communities(merged, wish, places)
    given = _given(communities, borders)
    bridges = _bridges(places, given, borders)
    names = sorted(set(given))
    units = _units(merged, wish, places, borders, bridges)
    micro = micro_cells(units, [names.index(name) for name in given], wish.band, seed=wish.seed, sweeps=wish.sweeps)
    why = {names[at]: reason for at, reason in reversed(micro.reasons)}  # the first of each
    cells, lacking = _sorted_out(wish, places, given, micro.part, why)
    return Proposal(
        wish=wish,
        cells=cells,
        added=tuple((place, then) for place, now, then in zip(places, communities, given, strict=True) if now != then),
        bridged=len(bridges),
        lacking=lacking,
    )


def _sorted_out(
    wish: Wish, places: Sequence[Place], given: Sequence[str], part: Sequence[int], why: Mapping[str, Reason]
) -> tuple[tuple[Cell, ...], tuple[tuple[str, int, Reason], ...]]:
    """Cells, and communities without any; one with fewer households than a cell shall have is a cell of its own."""
    found: defaultdict[tuple[str, int], list[Place]] = defaultdict(list)
    lacking: defaultdict[str, list[Place]] = defaultdict(list)
    for place, name, cell in zip(places, given, part, strict=True):
        (found[name, cell] if cell >= 0 else lacking[name]).append(place)
    small = {name for name, some in lacking.items() if _sum(some) < wish.band.least}
    found |= {(name, 0): lacking.pop(name) for name in small}
    over = {name for name, one in why.items() if one.kind is Kind.NOT_FOUND}
    return (
        tuple(_cells(found, small, over)),
        tuple((name, _sum(some), why[name]) for name, some in sorted(lacking.items())),
    )


def _sum(places: Sequence[Place]) -> int:
    return sum(place.households or 0 for place in places)


def _cells(found: Mapping[tuple[str, int], Sequence[Place]], small: set[str], over: set[str]) -> list[Cell]:
    """Numbered within their communities by their first places."""
    cells: list[Cell] = []
    seen: defaultdict[str, int] = defaultdict(int)
    for (name, _cell), some in sorted(found.items(), key=lambda one: (one[0][0], one[1][0].number)):
        seen[name] += 1
        code = f"{name}-{seen[name]:02}" if name else f"{seen[name]:03}"
        cells.append(Cell(code=code, community=name, places=tuple(some), small=name in small, over=name in over))
    return cells


def _borders(merged: Merged, places: Sequence[Place]) -> dict[Pair, float]:
    """Metres that two places run side by side, by their places in the row; hairs along others' borders, narrower than the
    tolerance, are drawing errors and make no neighbours.
    """
    row = {place.number - 1: at for at, place in enumerate(places)}
    near = [
        (row[border.one], row[border.other])
        for border in merged.refinement.adjacent(least_m=LEAST_M)
        if border.one in row and border.other in row
    ]
    if not near:
        return {}
    wide = merged.refinement.tolerance_m
    shapes = np.array([place.atom.geometry for place in places], dtype=object)
    shapes = shapely.buffer(shapely.buffer(shapes, -wide / 2, join_style="mitre"), wide / 2, join_style="mitre")
    one, other = np.array(near, dtype=np.int64).T
    rims = shapely.intersection(shapely.boundary(shapes[one]), shapely.buffer(shapes[other], wide + HAIR_M))
    lengths = shapely.length(rims) - 2 * (wide + HAIR_M)  # what is near beyond both ends
    return {pair: length for pair, length in zip(near, lengths.tolist(), strict=True) if length >= LEAST_M}


def _communities(merged: Merged, wish: Wish, places: Sequence[Place]) -> list[str]:
    if not wish.within:
        return [""] * len(places)
    number = merged.refinement.layers.index(wish.within)
    return [place.atom.members[number] for place in places]


def _given(communities: Sequence[str], borders: Mapping[Pair, float]) -> list[str]:
    """What is in no community goes to the one with which it shares the longest border, from the rim inward."""
    given = list(communities)
    near: defaultdict[int, list[tuple[int, float]]] = defaultdict(list)
    for (one, other), length in borders.items():
        near[one].append((other, length))
        near[other].append((one, length))
    while found := {at: name for at, own in enumerate(given) if not own and (name := _longest(near[at], given))}:
        for at, name in found.items():
            given[at] = name
    return given


def _longest(near: Sequence[tuple[int, float]], given: Sequence[str]) -> str:
    """The community to which most metres of these borders belong; empty: none."""
    lengths: defaultdict[str, float] = defaultdict(float)
    for other, length in near:
        if given[other]:
            lengths[given[other]] += length
    return min(lengths, key=lambda name: (-lengths[name], name), default="")


def _bridges(places: Sequence[Place], given: Sequence[str], borders: Mapping[Pair, float]) -> list[Pair]:
    """Between parts of one community that do not touch: from what is joined to the largest to the nearest place that is not."""
    names = {name: at for at, name in enumerate(sorted(set(given)))}
    labels = np.array([names[name] for name in given], dtype=np.int64)
    of = parts(graph(len(places), [(one, other, 1) for one, other in borders]), labels)
    shapes = np.array([place.atom.geometry for place in places], dtype=object)
    return [pair for label in range(len(names)) for pair in _joints(np.flatnonzero(labels == label), of, shapes)]


def _joints(members: Any, of: Any, shapes: Any) -> Iterator[Pair]:
    """Those of one community; `of` tells each place's part."""
    numbers, counts = np.unique(of[members], return_counts=True)
    joined = of[members] == numbers[np.argmax(counts)]
    while not joined.all():
        inner, outer = members[joined], members[~joined]
        tree = shapely.STRtree(shapes[inner])
        (far, near), away = tree.query_nearest(shapes[outer], return_distance=True, all_matches=False)
        at = int(np.argmin(away))
        one, other = int(inner[near[at]]), int(outer[far[at]])
        yield min(one, other), max(one, other)
        joined |= of[members] == of[other]


def _units(
    merged: Merged, wish: Wish, places: Sequence[Place], borders: Mapping[Pair, float], bridges: Sequence[Pair]
) -> Units:
    """Places as units; the borders of all grids are worth keeping."""
    counts = tuple(place.households or 0 for place in places)
    systems = tuple(
        System(name=name, areas=tuple(place.atom.members[at] for place in places))
        for at, name in enumerate(merged.refinement.layers)
        if name != wish.within
    )
    return Units(
        population=counts,
        households=counts,
        borders=tuple((one, other, max(1, round(length))) for (one, other), length in sorted(borders.items())),
        bridges=tuple(bridges),
        systems=systems,
        keys=tuple(str(place.number) for place in places),
    )
