"""A lower bound for any plan, exact in whole numbers, and what it says about single sites and pairs.

Problem: how good can a plan be at best?
Method: Lagrangian relaxation: every point offers a price for being served and need not be served; each site then takes what
pays, and the p best sites are open; prices move along the subgradient.
Source: G. Cornuéjols, M. L. Fisher, G. L. Nemhauser 1977, "Location of bank accounts to optimize float"; J. E. Beasley 1985,
"A note on solving large p-median problems" (with the test that puts a site aside which cannot be in a better plan). With
capacities a site's choice is a knapsack of shares, filled by the best first. Prices are whole numbers of a fraction
1/`scale`, so the bound knows no rounding.
Cost: O(n·m) a step (with capacities O(n·m·log n)).
Guarantee: `bound` is at most the cost of every plan that costs at most `aim`, or above `aim` when there is none; only what no
plan of at most `aim` has is put aside.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from pianqu.kernels.siting.model import Task

Table = Any
PATIENCE = 15
"""After so many steps without a better bound the next ones are shorter."""
SCALES = (1024, 64, 8, 1)
ROOM = 2**60
SHORTEST = 1 << 3
FIRST = 2 << 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """`bound` in parts of `scale`. `saved` is what each site would take at the best prices (at most zero)."""

    bound: int
    scale: int
    price: Table
    saved: Table
    steps: int

    @property
    def whole(self) -> int:
        """The bound as the cost of a plan: a whole number, rounded up."""
        return -(-self.bound // self.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """`bound`: no plan costs less, or none costs at most `aim` when it is above. `columns`: a plan that was found on the way."""

    bound: int
    columns: tuple[int, ...] = ()
    best: bool = False
    """No plan of at most `aim` is cheaper than the one that was found, or there is none."""


def scale_for(task: Task) -> int:
    """The finest fraction for which no total leaves 64 bits; zero: there is none."""
    total = int(task.weight.sum()) * (task.miss + 1)
    return next((scale for scale in SCALES if total * scale * 4 < ROOM), 0)


def relax(task: Task, *, best: int, aim: int, steps: int, price: Table | None = None) -> Relaxed:
    """The bound after at most so many steps; ends early once it is above `aim`. `best` is the cost of the best plan known,
    `price` what to begin with."""
    prices = _Prices(task, best, aim)
    if price is not None:
        prices.price = np.minimum(price, prices.most)
    return prices.climb(steps)


def doubtful(task: Task, relaxed: Relaxed, aim: int) -> tuple[list[int], Table]:
    """Columns that a plan of at most `aim` can have, those held first; and for each column how much its use adds to the bound."""
    gap = aim * relaxed.scale - relaxed.bound
    free = relaxed.saved[task.held :]
    count = task.sites - task.held
    edge = np.sort(free)[count - 1] if count else np.iinfo(np.int64).min
    added = np.maximum(free - edge, 0) if count else np.full(len(free), gap + 1)
    columns = [*range(task.held), *(int(one) + task.held for one in np.flatnonzero(added <= gap))]
    return columns, np.r_[np.zeros(task.held, dtype=np.int64), added]


class _Prices:
    """Prices a point (all of it, or with capacities a unit of it) that rise and fall."""

    def __init__(self, task: Task, best: int, aim: int) -> None:
        self.task, self.best, self.aim, self.scale = task, best, aim, max(1, scale_for(task))
        top = aim + 1
        if task.capacity is None:
            self.most = np.minimum(task.most, top) * self.scale
            table = np.minimum(task.table, top) * self.scale
            self.table = table.astype(np.int32) if int(self.most.max()) < 2**30 else table
            self.demand = np.ones(len(task.weight), dtype=np.int64)
        else:
            self.most = np.full(len(task.weight), task.miss * self.scale)
            self.table = np.minimum(task.cost, task.miss) * self.scale
            self.demand = task.weight
        rank = min(self.table.shape[1] - 1, max(1, self.table.shape[1] // task.sites))
        self.price = np.minimum(np.partition(self.table, rank, axis=1)[:, rank] // 2, self.most).astype(np.int64)

    def climb(self, steps: int) -> Relaxed:
        target = max(self.best, self.aim + 1) * self.scale * 101 // 100 + self.scale
        length, still, step = FIRST, 0, 0
        found: Relaxed | None = None
        for step in range(1, steps + 1):
            saved, taken = self._offers()
            bound = int((self.demand * self.price).sum()) + int(saved[taken].sum())
            still += 1
            if found is None or bound > found.bound:
                found = Relaxed(bound=bound, scale=self.scale, price=self.price, saved=saved, steps=step)
                still = 0
            if still >= PATIENCE:
                length, still = length * 2 // 3, 0
            wanted = self.demand - self._served(taken)
            norm = int(min(float((wanted.astype(float) ** 2).sum()), 2.0**62))
            if found.bound > self.aim * self.scale or not norm or length < SHORTEST:
                break
            move = max(1, length * (target - bound) // (norm << 10))
            limit = int(self.most.max())
            change = np.clip(wanted, -(ROOM // move), ROOM // move) * move
            self.price = np.clip(self.price + np.clip(change, -limit, limit), 0, self.most)
        if found is None:
            raise ValueError("a bound takes at least one step")
        return found

    def _offers(self) -> tuple[Table, Table]:
        """What each site would take, and which sites take most."""
        task = self.task
        self._less = self.table - self.price.astype(self.table.dtype)[:, None]
        np.minimum(self._less, 0, out=self._less)
        if task.capacity is None:
            saved = self._less.sum(axis=0, dtype=np.int64)
        else:
            self._taken = _fill(self._less, task.weight, task.capacity)
            saved = (self._less * self._taken).sum(axis=0)
        count = task.sites - task.held
        rest = np.argsort(saved[task.held :], kind="stable")[:count] + task.held
        return saved, np.r_[np.arange(task.held), rest].astype(np.int64)

    def _served(self, taken: Table) -> Table:
        if self.task.capacity is None:
            return (self._less[:, taken] < 0).sum(axis=1)
        return self._taken[:, taken].sum(axis=1)


def _fill(less: Table, weight: Table, capacity: Table) -> Table:
    """How much of each point every site would take: the best first, as long as there is room."""
    order = np.argsort(less, axis=0, kind="stable")
    wanted = np.where(np.take_along_axis(less, order, axis=0) < 0, weight[order], 0)
    before = np.cumsum(wanted, axis=0) - wanted
    given = np.clip(capacity[None, :] - before, 0, wanted)
    taken = np.empty_like(given)
    np.put_along_axis(taken, order, given, axis=0)
    return taken
