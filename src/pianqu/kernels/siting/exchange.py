"""What each exchange of one open site for a closed one would bring, kept up to date from exchange to exchange.

Problem: a search for p sites tries thousands of exchanges; costing each anew is too slow.
Method: for every demand point the nearest and second nearest open site are known. From them come what a site would gain if it
were opened, what its closing would lose, and a correction for pairs; after an exchange only the points whose two nearest
sites changed are counted anew.
Source: R. A. Whitaker 1983, "A fast algorithm for the greedy interchange for large-scale clustering and median location
problems"; M. G. C. Resende, R. F. Werneck 2007, "A fast swap-based local search procedure for location problems".
Cost: O(a·m + p·m) an exchange, a = changed points, m = candidates.
Guarantee: whole numbers; ties go to the lowest number.
"""

from typing import Any

import numpy as np

Table = Any
"""Whole numbers, a row for a demand point, a column for a candidate."""
LEAST = np.iinfo(np.int64).min // 4


class Exchange:
    """p open columns of a table of costs, and the cost of every demand point at its nearest one."""

    __slots__ = (
        "_most",
        "_rows",
        "columns",
        "extra",
        "first",
        "first_at",
        "gain",
        "held",
        "loss",
        "second",
        "second_at",
        "table",
    )

    def __init__(self, table: Table, most: Table, columns: list[int], held: int) -> None:
        """`most` is what a point costs that no open site serves; the first `held` columns are never closed."""
        self.table, self._most = table, most
        self.columns = np.array(columns, dtype=np.int64)
        self.held = held
        self._rows = np.arange(len(table))
        self.gain = np.zeros(table.shape[1], dtype=np.int64)
        self.loss = np.zeros(len(columns), dtype=np.int64)
        self.extra = np.zeros((len(columns), table.shape[1]), dtype=np.int64)
        self.first, self.first_at, self.second, self.second_at = self._ranked(self._rows)
        self._count(self._rows, 1)

    @property
    def value(self) -> int:
        return int(self.first.sum())

    def _ranked(self, rows: Table) -> tuple[Table, Table, Table, Table]:
        """Cost and slot of the nearest and the second nearest open site."""
        costs = self.table[np.ix_(rows, self.columns)]
        line = np.arange(len(rows))
        first_at = costs.argmin(axis=1)
        first = costs[line, first_at].astype(np.int64)
        if len(self.columns) == 1:
            return first, first_at, self._most[rows], np.full(len(rows), -1)
        costs[line, first_at] = np.iinfo(costs.dtype).max
        second_at = costs.argmin(axis=1)
        return first, first_at, costs[line, second_at].astype(np.int64), second_at

    def _count(self, rows: Table, sign: int) -> None:
        """Add or take away what these points bring to the figures."""
        if not len(rows):
            return
        rows = rows[np.argsort(self.first_at[rows], kind="stable")]
        slots = self.first_at[rows]
        starts = np.flatnonzero(np.r_[True, slots[1:] != slots[:-1]])
        spare = self.second[rows] - self.first[rows]
        saved = np.maximum(self.second[rows, None] - self.table[rows], 0)
        total = saved.sum(axis=0)
        np.minimum(saved, spare[:, None], out=saved)
        by_slot = np.add.reduceat(saved, starts, axis=0)
        self.gain += sign * (total - by_slot.sum(axis=0))
        self.extra[slots[starts]] += sign * by_slot
        self.loss[slots[starts]] += sign * np.add.reduceat(spare, starts)

    def profits(self) -> Table:
        """How much each exchange would save: a row for a slot, a column for a candidate; not to be done: `LEAST`."""
        found = self.extra + (self.gain - self.loss[:, None])
        found[: self.held] = LEAST
        found[:, self.columns] = LEAST
        return found

    def swap(self, slot: int, column: int) -> None:
        """Close the slot's site, open the column's."""
        costs = self.table[:, column].astype(np.int64)
        lost = (self.first_at == slot) | (self.second_at == slot)
        rows = np.flatnonzero(lost | (costs < self.second))
        self._count(rows, -1)
        self.columns[slot] = column
        first, first_at, second, second_at = self._ranked(rows)
        self.first[rows], self.first_at[rows] = first, first_at
        self.second[rows], self.second_at[rows] = second, second_at
        self._count(rows, 1)

    def descend(self) -> None:
        """The best exchange again and again, until none saves anything."""
        while True:
            found = self.profits()
            best = int(found.argmax())
            slot, column = divmod(best, found.shape[1])
            if found[slot, column] <= 0:
                return
            self.swap(slot, column)

    def kept(self) -> tuple[Table, ...]:
        """Everything that changes, as it is now."""
        names = ("columns", "gain", "loss", "extra", "first", "first_at", "second", "second_at")
        return tuple(getattr(self, name).copy() for name in names)

    def restore(self, kept: tuple[Table, ...]) -> None:
        """As it was."""
        for name, value in zip(
            ("columns", "gain", "loss", "extra", "first", "first_at", "second", "second_at"), kept, strict=True
        ):
            getattr(self, name)[...] = value
