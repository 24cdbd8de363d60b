"""The same problem at two sizes: its units, or atoms of units that move together; and the board that the loop reads.

Method: a level holds what the score needs, in whole numbers. Widths of borders and prices of pieces are in one scale (`scale`
is a mean border of the units). Cost: O(units + borders). Guarantee: a plan of atoms has the same cut and pieces as the plan of
their units.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from functools import cache
from typing import Any

import numpy as np

from pianqu.kernels.partition import loop
from pianqu.kernels.partition.graph import Array, Graph, contracted, graph, joined, numbered, parts, summed
from pianqu.kernels.partition.problem import Task, Units

SCALE = 16
"""What a border counts (a mean one where borders count by their length): scores are so much finer than what people read."""
FACTORS = 22
"""Chances below e to the minus this are none."""


@dataclass(frozen=True, slots=True)
class Level:
    """Nodes (units or atoms) and what is asked of them."""

    graph: Graph
    amounts: Array
    """By node and measure; the balanced one first."""
    lows: tuple[int, ...]
    highs: tuple[int, ...]
    areas: Array
    """By node and system; −1 for none. Areas of all systems are numbered together."""
    area_count: int
    keep: tuple[int, ...]
    home: Array
    stay: Array
    locks: Array
    """The cluster in which a node stays; −1: it may move."""
    clusters: int
    scale: int

    def __len__(self) -> int:
        return len(self.graph)

    def loads(self, part: Array) -> Array:
        """By measure and cluster."""
        return np.array([summed(column, part, self.clusters) for column in self.amounts.T])

    def over(self, part: Array) -> int:
        """By how much loads lie outside their limits, in all."""
        loads, lows, highs = self.loads(part), np.array(self.lows)[:, None], np.array(self.highs)[:, None]
        return int((np.maximum(loads - highs, 0) + np.maximum(lows - loads, 0)).sum())

    def pieces(self, part: Array) -> Array:
        """Nodes by area and cluster."""
        found = np.zeros(self.area_count * self.clusters, dtype=np.int64)
        for areas in self.areas.T:
            inside = areas >= 0
            np.add.at(found, areas[inside] * self.clusters + part[inside], 1)
        return found.reshape(self.area_count, self.clusters)

    def score(self, part: Array) -> int:
        """From the beginning: what the loop keeps by adding up changes."""
        cut = int(self.graph.widths[part[self.graph.froms()] != part[self.graph.ends]].sum()) // 2
        split = 0
        pieces = self.pieces(part)
        for keep, areas in zip(self.keep, self.areas.T, strict=True):
            own = np.unique(areas[areas >= 0])
            split += keep * int((np.count_nonzero(pieces[own], axis=1) - 1).sum())
        return cut + split + int(self.stay[(self.home >= 0) & (self.home != part)].sum())


def level(units: Units, task: Task, locks: Array) -> Level:
    """The units themselves."""
    weights, count = task.weights, len(units)
    lengths = [length for _one, _other, length in units.borders]
    mean = max(1, sum(lengths) // max(1, len(lengths)))
    widths = [max(1, length * SCALE // mean) if weights.by_length else SCALE for length in lengths]
    pairs = [(one, other, width * weights.cut) for (one, other, _), width in zip(units.borders, widths, strict=True)]
    measures = [units.column(task.balance)] + [units.column(measure) for measure, _most in task.most]
    low, high = task.bounds(sum(measures[0]))
    areas, area_count = _areas(units)
    return Level(
        graph=graph(count, _once(pairs) + [(one, other, 0) for one, other in units.bridges]),
        amounts=np.array(measures, dtype=np.int64).reshape(len(measures), count).T,
        lows=(low, *(0 for _ in task.most)),
        highs=(high, *(most for _measure, most in task.most)),
        areas=areas,
        area_count=area_count,
        keep=tuple(weights.split * system.weight * SCALE for system in units.systems),
        home=np.array(units.home or [-1] * count, dtype=np.int64),
        stay=_stay(units, weights.moved * SCALE),
        locks=locks,
        clusters=task.clusters,
        scale=SCALE * weights.cut or SCALE,
    )


def _once(pairs: Sequence[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """A border that is told from both sides is one."""
    return [(one, other, width) for (one, other), width in {(min(p), max(p)): w for *p, w in pairs}.items()]


def _areas(units: Units) -> tuple[Array, int]:
    columns, count = [], 0
    for system in units.systems:
        known: dict[str, int] = {}
        columns.append([known.setdefault(area, count + len(known)) if area else -1 for area in system.areas])
        count += len(known)
    return np.array(columns, dtype=np.int64).reshape(len(columns), len(units)).T, count


def _stay(units: Units, cost: int) -> Array:
    """What it costs to move each unit: `cost` for one with as many households (or people) as the mean."""
    if not cost or not units.home:
        return np.zeros(len(units), dtype=np.int64)
    who = units.households or units.column("population")
    total = max(1, sum(who))
    return np.array([-(-cost * len(units) * count // total) for count in who], dtype=np.int64)


def atoms(of: Level, largest: int) -> Array:
    """Each unit's atom: connected units that lie in the same area of every system and have the same lock.

    What has a greater load than `largest` is left in units: it may have to be divided.
    """
    labels = joined([*of.areas.T, of.locks], len(of))
    found = parts(of.graph, labels)
    heavy = summed(of.amounts[:, 0], found, len(of))[found] > largest
    return numbered(np.where(heavy, np.arange(len(of)) + len(of), found))


def coarse(of: Level, atom: Array) -> Level:
    """The level of atoms."""
    count = int(atom.max(initial=-1)) + 1
    first = np.zeros(count, dtype=np.int64)
    first[atom[::-1]] = np.arange(len(atom))[::-1]
    return replace(
        of,
        graph=contracted(of.graph, atom),
        amounts=np.array([summed(column, atom, count) for column in of.amounts.T]).T,
        areas=of.areas[first],
        home=of.home[first],
        stay=summed(of.stay, atom, count),
        locks=of.locks[first],
    )


# the board -----------------------------------------------------------------------------------------------------------


@cache
def chances() -> tuple[int, ...]:
    """e^(−i/32) of 2^32, by decimal arithmetic: the same on every machine."""
    steps = 1 << loop.STEP_BITS
    with localcontext() as context:
        context.prec = 40
        return tuple(int((-Decimal(i) / steps).exp() * 2**32) for i in range(FACTORS * steps))


def together(of: Level, part: Array) -> Array:
    """The nodes so that near ones stand near one another: by cluster, and within it from a node outward."""
    clusters = parts(of.graph, part)
    starts, ends, count = of.graph.starts, of.graph.ends, len(of)
    turn = np.full(count, count, dtype=np.int64)
    edge, told = np.unique(clusters, return_index=True)[1], 0
    while len(edge):
        turn[edge] = told + np.arange(len(edge))
        told += len(edge)
        degrees = starts[edge + 1] - starts[edge]
        places = np.repeat(starts[edge] - np.r_[0, np.cumsum(degrees)[:-1]], degrees) + np.arange(int(degrees.sum()))
        edge = np.unique(ends[places])
        edge = edge[turn[edge] == count]
    return np.lexsort((turn, clusters))


def board(of: Level, part: Array, *, seed: int, free: Array, order: Array | None) -> loop.Board:
    """For the loop: lists for plain Python, or arrays for compiled code, with the nodes in this order.

    Neighbours, and what stands at borders, are told in the level's own order either way: the plan is the same.
    """
    count, clusters = len(of), of.clusters
    nodes = np.arange(count) if order is None else order
    place = np.empty(count, dtype=np.int64)
    place[nodes] = np.arange(count)
    degrees = np.diff(of.graph.starts)[nodes]
    starts = np.r_[0, np.cumsum(degrees)]
    told = np.repeat(of.graph.starts[:-1][nodes] - starts[:-1], degrees) + np.arange(len(of.graph.ends))
    foreign = np.zeros(count, dtype=np.int64)
    np.add.at(foreign, of.graph.froms(), part[of.graph.froms()] != part[of.graph.ends])
    border = place[np.flatnonzero((foreign > 0) & (free == 1))]
    where = np.full(count, -1, dtype=np.int64)
    where[border] = np.arange(len(border))
    memo = [0] * loop.MEMO
    memo[loop.SCORE], memo[loop.OVER], memo[loop.BORDERS] = of.score(part), of.over(part), len(border)
    memo[loop.BEST] = memo[loop.SCORE] if memo[loop.OVER] == 0 else -1
    memo[loop.JOURNAL] = 0 if memo[loop.OVER] == 0 else -1
    memo[loop.DICE : loop.DICE + 4] = dice(seed)
    memo[loop.CLUSTERS], memo[loop.SYSTEMS], memo[loop.MEASURES] = clusters, len(of.keep), len(of.lows)
    rows: dict[str, Any] = dict.fromkeys(loop.Board._fields, np.zeros(count, dtype=np.int64))
    rows |= {
        "starts": starts,
        "ends": place[of.graph.ends[told]],
        "widths": of.graph.widths[told],
        "areas": of.areas[nodes].reshape(-1),
        "keep": of.keep,
        "amounts": of.amounts[nodes].reshape(-1),
        "lows": of.lows,
        "highs": of.highs,
        "prices": [0] * len(of.lows),
        "home": of.home[nodes],
        "stay": of.stay[nodes],
        "free": free[nodes],
        "part": part[nodes],
        "loads": of.loads(part).reshape(-1),
        "sizes": np.bincount(part, minlength=clusters),
        "pieces": of.pieces(part).reshape(-1),
        "foreign": foreign[nodes],
        "border": np.r_[border, np.zeros(count - len(border), dtype=np.int64)],
        "where": where,
        "best": part[nodes],
        "memo": memo,
        "chances": chances(),
    }
    arrays: dict[str, Any] = {
        name: np.array(row, dtype=np.int32 if name in loop.NARROW else np.int64) for name, row in rows.items()
    }
    return loop.Board(**{name: row.tolist() if order is None else row for name, row in arrays.items()})


def dice(seed: int) -> list[int]:
    """Four numbers for the generator, none of them zero where it must not be."""
    state, found = seed & ((1 << 64) - 1), []
    for _ in range(4):
        state = (state + 0x9E3779B97F4A7C15) & ((1 << 64) - 1)
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & ((1 << 64) - 1)
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & ((1 << 64) - 1)
        found.append((mixed ^ (mixed >> 31)) & 0x7FFFFFFF | 1)
    return found
