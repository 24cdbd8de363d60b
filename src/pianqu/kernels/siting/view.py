"""A question as the search sees it: tasks for the three measures, and who goes where once sites are chosen.

Problem: three measures, limited places and ways that nobody can go are one kind of task to the search.
Method: costs that are changed so that the smallest total is what is asked for; what must never happen costs more than
everything else together.
Cost: O(n·m); sharing limited places that of kernels.siting.transport.
Guarantee: numbers outside are those of the question.
"""

import numpy as np

from pianqu.kernels.siting.checking import allowed
from pianqu.kernels.siting.model import UNREACHABLE, Question, Share, Table, Task
from pianqu.kernels.siting.transport import transport


class View:
    """The question as the search sees it: candidates that may be open, points that have somebody."""

    def __init__(self, asked: Question) -> None:
        self.columns = allowed(asked)
        self.points = np.flatnonzero(asked.weight > 0)
        self.cost: Table = asked.cost[self.points][:, self.columns]
        self.weight = asked.weight[self.points]
        total = int(self.weight.sum())
        self.capacity = None if asked.capacity is None else np.minimum(asked.capacity[self.columns], total)
        self.sites, self.held = asked.sites, len(set(asked.kept))
        self.far = self.cost == UNREACHABLE
        self.tight = bool(self.far.any()) or self.capacity is not None
        self.highest = int(self.cost.max())

    @property
    def nearest(self) -> Table:
        """Of each point the cost to the nearest candidate."""
        return np.where(self.far, np.iinfo(np.int64).max, self.cost).min(axis=1)

    def median(self, start: tuple[int, ...] = ()) -> Task:
        """Costs as they are. Not to serve somebody costs more than the plan to begin with, which serves everybody."""
        cost, miss = self.cost, self.highest
        if self.tight:
            columns = list(start)
            miss = int((self.sharing(columns, None) * cost[:, columns]).sum()) + 1
        return Task(
            cost=np.where(self.far, miss + 1, cost),
            weight=self.weight,
            miss=miss,
            sites=self.sites,
            held=self.held,
            capacity=self.capacity,
            full=not self.tight,
        )

    def covering(self, within: int, *, aim: int | None = None) -> Task:
        """A way costs nothing up to the limit, one beyond it."""
        one_each = aim is not None and self.capacity is None
        return Task(
            cost=np.where(self.far | (self.cost > within), 2, 0),
            weight=np.ones_like(self.weight) if one_each else self.weight,
            miss=1,
            sites=self.sites,
            held=self.held,
            capacity=self.capacity,
            aim=aim,
        )

    def sharing(self, columns: list[int], limit: int | None) -> Table:
        """How much of each point goes to each of these columns: first as many as can be within the limit, then as many as can be
        served at all, then the shortest ways."""
        cost = self.cost[:, columns]
        far = self.far[:, columns]
        late = np.zeros_like(far) if limit is None else cost > limit
        if self.capacity is None:
            flow = np.zeros(cost.shape, dtype=np.int64)
            told = np.where(far, np.iinfo(np.int64).max, cost)
            nearest = told.argmin(axis=1)
            there = ~far[np.arange(len(cost)), nearest]
            flow[np.flatnonzero(there), nearest[there]] = self.weight[there]
            return flow
        # Each step costs more than whatever is cheaper can save along a chain of sites, which goes to each site once.
        chain = 2 * (len(columns) + 2)
        unserved = chain * (self.highest + 1)
        extra = chain * (unserved + self.highest + 1)
        miss = extra + unserved
        told = np.where(far, miss + 1, cost + extra * late)
        return transport(told, self.weight, self.capacity[columns], miss)[1][:, :-1]

    def longest(self, columns: list[int], limit: int) -> int:
        """The largest cost that the plan really has."""
        flow = self.sharing(columns, limit)
        return int(self.cost[:, columns][flow > 0].max())

    def shares(self, columns: list[int], flow: Table) -> tuple[Share, ...]:
        """The same in the question's own numbers."""
        found = [
            Share(point=int(self.points[row]), site=self.columns[columns[at]], weight=int(flow[row, at]))
            for row, at in zip(*np.nonzero(flow), strict=True)
        ]
        return tuple(sorted(found, key=lambda share: (share.point, share.site)))
