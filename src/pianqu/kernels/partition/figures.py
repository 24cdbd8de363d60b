"""What a plan is worth: deviation, cut borders, divided areas, moved households; from the beginning, or as units move.

Method: counting. `figures` reads a whole plan; `Live` keeps the same numbers up while a person moves units.
Cost: O(units + borders); a move O(degree + systems). Guarantee: both give the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pianqu.kernels.partition.graph import Array, parts
from pianqu.kernels.partition.level import SCALE, Level, level
from pianqu.kernels.partition.problem import FINE, Task, Units


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one plan."""

    loads: tuple[int, ...]
    """By cluster, of the balanced measure."""
    deviation: int
    """The largest difference of a load from the mean, in its ten-thousandths."""
    over: int
    """By how much loads lie outside their limits, in all."""
    cut: int
    """Borders between clusters."""
    length: int
    """Metres of them."""
    splits: int
    """Pieces too many of areas to keep: an area in three clusters counts two."""
    moved: int
    """Households (or people, where nobody counted households) whose cluster is another than now."""
    score: int
    """What the search makes small, in borders, rounded up."""
    loose: tuple[int, ...]
    """Clusters that are empty or in pieces."""

    @property
    def holds(self) -> bool:
        """Whether it is a plan: connected, and within all limits."""
        return not self.over and not self.loose


def figures(units: Units, task: Task, part: Sequence[int]) -> Figures:
    """Of a whole plan."""
    of = level(units, task, np.full(len(units), -1, dtype=np.int64))
    return figures_of(units, of, np.array(part, dtype=np.int64))


def figures_of(units: Units, of: Level, part: Array) -> Figures:
    """The same, where the level is known."""
    lengths = {(min(one, other), max(one, other)): length for one, other, length in units.borders}
    between = [length for (one, other), length in lengths.items() if part[one] != part[other]]
    pieces = of.pieces(part)
    loads = of.loads(part)[0].tolist()
    return Figures(
        loads=tuple(loads),
        deviation=deviation(loads),
        over=of.over(part),
        cut=len(between),
        length=sum(between),
        splits=int(np.maximum(np.count_nonzero(pieces, axis=1) - 1, 0).sum()),
        moved=_moved(units, part),
        score=-(-of.score(part) // SCALE),
        loose=loose(of, part),
    )


def deviation(loads: Sequence[int]) -> int:
    """The largest difference from the mean, in ten-thousandths of the mean, rounded up."""
    total, count = sum(loads), len(loads)
    if not total:
        return 0
    return max(-(-abs(load * count - total) * FINE // total) for load in loads)


def loose(of: Level, part: Array) -> tuple[int, ...]:
    """Clusters that are empty or not connected."""
    piece = parts(of.graph, part)
    first = np.unique(piece, return_index=True)[1]
    counts = np.bincount(part[first], minlength=of.clusters)
    return tuple(np.flatnonzero(counts != 1).tolist())


def broken(units: Units, part: Sequence[int]) -> dict[tuple[str, str], tuple[int, ...]]:
    """Areas that lie in more than one cluster, by system and name, with the clusters."""
    found: dict[tuple[str, str], set[int]] = {}
    for system in units.systems:
        for unit, area in enumerate(system.areas):
            if area:
                found.setdefault((system.name, area), set()).add(part[unit])
    return {name: tuple(sorted(clusters)) for name, clusters in sorted(found.items()) if len(clusters) > 1}


def _moved(units: Units, part: Array) -> int:
    if not units.home:
        return 0
    who = units.households or units.column("population")
    return sum(count for count, now, then in zip(who, units.home, part, strict=True) if now not in (-1, then))


class Live:
    """The figures that a page shows while somebody drags units about."""

    def __init__(self, units: Units, task: Task, part: Sequence[int]) -> None:
        self._units, self._task = units, task
        self._of = level(units, task, np.full(len(units), -1, dtype=np.int64))
        self._near: list[list[int]] = [[] for _ in range(len(units))]
        self.part = list(part)
        self.loads: list[int] = self._of.loads(np.array(part, dtype=np.int64))[0].tolist()
        self._amounts: list[int] = self._of.amounts[:, 0].tolist()
        self._pieces: dict[tuple[int, int], int] = {}
        self.cut = self.splits = self.moved = 0
        for one, other in {(min(one, other), max(one, other)) for one, other, _length in units.borders if one != other}:
            self._near[one].append(other)
            self._near[other].append(one)
            self.cut += self.part[one] != self.part[other]
        areas: set[int] = set()
        for unit, row in enumerate(self._of.areas.tolist()):
            for area in row:
                if area >= 0:
                    areas.add(area)
                    self._count(area, self.part[unit], 1)
        self.splits -= len(areas)
        self._who = units.households or units.column("population")
        self.moved = _moved(units, np.array(part, dtype=np.int64))

    @property
    def deviation(self) -> int:
        return deviation(self.loads)

    def move(self, unit: int, cluster: int) -> None:
        """Put a unit into a cluster, connected or not."""
        old = self.part[unit]
        if old == cluster:
            return
        for other in self._near[unit]:
            self.cut += (self.part[other] == old) - (self.part[other] == cluster)
        self.loads[old] -= self._amounts[unit]
        self.loads[cluster] += self._amounts[unit]
        for area in self._of.areas[unit].tolist():
            if area >= 0:
                self._count(area, old, -1)
                self._count(area, cluster, 1)
        home = self._units.home[unit] if self._units.home else -1
        if home >= 0:
            self.moved += self._who[unit] * ((home == old) - (home == cluster))
        self.part[unit] = cluster

    def _count(self, area: int, cluster: int, by: int) -> None:
        before = self._pieces.get((area, cluster), 0)
        self._pieces[area, cluster] = before + by
        self.splits += (before + by > 0) - (before > 0)
