"""A plan for a task and how good any plan could be: greedy, exchange, shakes, bound, and a proof where it is within reach.

Problem: open p of m columns so that the cost of all is smallest.
Method: greedy start, best exchange to the end, then variable neighbourhood search: some random exchanges, more after each
failure, and the best exchange again (P. Hansen, N. Mladenović 1997, "Variable neighborhood search for the p-median");
meanwhile the Lagrangian bound puts columns aside; the rest is divided, and given to HiGHS.
Cost: O(rounds · exchanges · a·m) and the bound's.
Guarantee: the plan is one; `bound` is at most the smallest cost, or above `task.aim` where that is all that was asked; the
same seed gives the same answer. No step reads a clock.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pianqu.kernels.siting.branching import branch
from pianqu.kernels.siting.dice import Dice
from pianqu.kernels.siting.exchange import LEAST, Exchange
from pianqu.kernels.siting.model import Effort, Task
from pianqu.kernels.siting.proving import prove
from pianqu.kernels.siting.relaxing import Proven, Relaxed, doubtful, relax
from pianqu.kernels.siting.transport import shared

SHAKEN = 8
"""At most so many sites are exchanged at random in one shake."""
TRIED = 24
"""With capacities so many exchanges are counted out before a plan is called the best of its neighbourhood."""
FIRST_ROUNDS = 20
"""Shakes before the bound: a good plan lets it put more aside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    columns: tuple[int, ...]
    value: int
    bound: int
    rounds: int


Hear = Callable[[Found], None]


def nobody(_found: Found) -> None:
    """Who listens where nobody does."""


def solve(task: Task, *, seed: int, effort: Effort, start: tuple[int, ...] = (), hear: Hear = nobody) -> Found:
    """The best plan that was found. `start` is a plan to begin with.

    `hear` is told the best so far after each round and each bound; what it raises ends the search.
    """
    search = _Search(task, Dice(seed), sorted(start) or greedy(task), hear)
    search.shake(min(FIRST_ROUNDS, effort.rounds))
    search.lift(effort)
    if task.aim is None:
        known = search.value
        search.shake(effort.rounds - search.rounds)
        if search.value < known:
            search.lift(effort)
        search.ask(effort)
    else:
        search.ask(effort)
        search.shake(effort.rounds - search.rounds)
    return search.found()


def greedy(task: Task) -> list[int]:
    """One site after the other, each where it saves most."""
    table, near = task.table, task.most.copy()
    columns = list(range(task.held))
    if columns:
        near = np.minimum(near, table[:, columns].min(axis=1))
    while len(columns) < task.sites:
        saved = np.maximum(near[:, None] - table, 0).sum(axis=0)
        if task.capacity is not None:
            saved = np.minimum(saved, task.capacity * task.miss)
        saved[columns] = -1
        columns.append(int(saved.argmax()))
        near = np.minimum(near, table[:, columns[-1]])
    return columns


class _Search:
    """The plan at hand, the best plan so far, and the dice."""

    def __init__(self, task: Task, dice: Dice, start: list[int], hear: Hear) -> None:
        self.task, self.dice, self.rounds, self.bound = task, dice, 0, 0
        self.hear = hear
        self.relaxed: Relaxed | None = None
        self.names = np.arange(task.cost.shape[1])
        self._lay(task, start)
        self._descend()
        self.value, self.best = self.cost, self._named()
        self.hear(self.found())

    def found(self) -> Found:
        """The best so far."""
        return Found(
            columns=tuple(sorted(self.best)),
            value=self.value,
            bound=min(self.bound, self.value),
            rounds=self.rounds,
        )

    @property
    def aim(self) -> int:
        """A plan is of use if it costs at most so much."""
        return self.value - 1 if self.task.aim is None else self.task.aim

    @property
    def done(self) -> bool:
        """Whether nothing is left to look for."""
        return self.value <= self.aim or self.bound > self.aim or self.value == 0

    def lift(self, effort: Effort) -> None:
        """A better bound, and a search among what it leaves in doubt only."""
        if self.done:
            return
        price = self.relaxed.price if self.relaxed else None
        self.relaxed = relax(self.task, best=self.value, aim=self.aim, steps=effort.steps, price=price)
        self.bound = max(self.bound, self.relaxed.whole)
        self.hear(self.found())
        if not self.done:
            self.narrow(doubtful(self.task, self.relaxed, self.aim)[0])

    def ask(self, effort: Effort) -> None:
        """What dividing and HiGHS make of the rest; where places are unlimited and ways differ, dividing is quicker."""
        dividing_first = self.task.capacity is None and self.task.miss > 1
        for divide in (dividing_first, not dividing_first):
            if self.done or self.relaxed is None:
                return
            if divide:
                proven: Proven | None = branch(self.task, self.relaxed, self.value, effort.looks)
            else:
                proven = prove(self.task, self.relaxed, self.aim, effort)
            if proven is not None:
                self.take(proven.columns)
                self.bound = self.value if proven.best else max(self.bound, proven.bound)
                self.hear(self.found())

    def _lay(self, task: Task, columns: list[int]) -> None:
        self.here = task
        self.state = Exchange(task.table, task.most, columns, task.held)
        self.cost = self._cost()

    def _named(self) -> tuple[int, ...]:
        return tuple(int(one) for one in self.names[self.state.columns])

    def _cost(self) -> int:
        if self.here.capacity is None:
            return self.state.value
        return shared(self.here, self.state.columns)

    def narrow(self, columns: list[int]) -> None:
        """Search among these columns only, those of the best plan among them."""
        known = set(columns)
        columns = [*columns, *(one for one in self.best if one not in known)]
        place = {one: at for at, one in enumerate(columns)}
        self.names = np.array(columns)
        self._lay(self.task.of(columns), [place[one] for one in self.best])

    def take(self, columns: tuple[int, ...]) -> None:
        """Another plan, if it is better."""
        if not columns:
            return
        value = shared(self.task, np.array(columns))
        if value < self.value:
            self.value, self.best = value, columns

    def shake(self, rounds: int) -> None:
        """So many shakes, each followed by the way down; what is not better is undone."""
        free = self.task.sites - self.task.held
        shut = len(self.names) - self.task.sites
        if free < 1 or shut < 1:
            return
        strength = 1
        for _round in range(max(0, rounds)):
            if self.done:
                return
            kept, cost = self.state.kept(), self.cost
            for _time in range(strength):
                self._throw(free)
            self.cost = self._cost()
            self._descend()
            self.rounds += 1
            if is_better := self.cost < self.value:
                self.value, self.best, strength = self.cost, self._named(), 1
            self.hear(self.found())
            if is_better:
                continue
            if self.cost > cost:
                self.state.restore(kept)
                self.cost = cost
            strength = strength % min(SHAKEN, free) + 1

    def _throw(self, free: int) -> None:
        slot = self.task.held + self.dice.below(free)
        shut = np.ones(len(self.names), dtype=bool)
        shut[self.state.columns] = False
        places = np.flatnonzero(shut)
        self.state.swap(slot, int(places[self.dice.below(len(places))]))

    def _descend(self) -> None:
        if self.here.capacity is None:
            self.state.descend()
            self.cost = self.state.value
            return
        while self._improved():
            pass

    def _improved(self) -> bool:
        """With capacities: an exchange that saves something, if one is among the most promising."""
        profits = self.state.profits()
        least = np.where(profits == LEAST, np.iinfo(np.int64).max, self.state.value - profits)
        order = np.argsort(least, axis=None, kind="stable")[:TRIED]
        columns = self.state.columns.copy()
        for place in order:
            slot, column = divmod(int(place), profits.shape[1])
            if least[slot, column] >= self.cost:
                return False
            tried = columns.copy()
            tried[slot] = column
            cost = shared(self.here, tried)
            if cost < self.cost:
                self.state.swap(slot, column)
                self.cost = cost
                return True
        return False
