"""Counts of few people are withheld from a table with totals, so that nobody finds them from what is published.

Problem: a published table of counts with its totals, where numbers from 1 to k-1 speak of so few that somebody could be
recognised. Leaving these out is not enough: totals minus the rest give them back.
Method: the table is a network whose nodes are its rows and columns, the totals' included, and whose edges are its cells
(a total's edge leads back). What is consistent with the published numbers is what can flow through the withheld edges. For each
small cell the cheapest cycle through it is found (Dijkstra) along which k - x more could flow, and its cells are withheld too.
Source: L. H. Cox, Network models for complementary cell suppression, Journal of the American Statistical Association 90
(1995) 1453-1462; A. Hundepool et al., Statistical Disclosure Control (2012), 4.4.
Cost: O(s e log n) for s small cells, e cells, n rows and columns. Not the fewest cells, but no cell without need.
Guarantee: for every small cell there is a table with k or more in it that has the same published numbers everywhere
(tests enumerate all tables).
"""

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

K = 5
"""So many at least stand behind every published number that is not 0."""

Cell = tuple[int, int]
Table = list[list[int]]


@dataclass(slots=True)
class _Net:
    """Cells of a table with totals as edges. Row i is node i, column j is node rows + j."""

    table: Table
    withheld: set[Cell] = field(default_factory=set)

    @property
    def rows(self) -> int:
        return len(self.table)

    @property
    def columns(self) -> int:
        return len(self.table[0])

    def ends(self, cell: Cell) -> tuple[int, int]:
        """From where to where a cell's edge leads: a total's the other way, the total of totals' as a cell's."""
        row, column = cell
        leads_back = (row == self.rows - 1) != (column == self.columns - 1)
        ends = row, self.rows + column
        return ends[::-1] if leads_back else ends

    def cells(self) -> Iterator[Cell]:
        return ((row, column) for row in range(self.rows) for column in range(self.columns))

    def value(self, cell: Cell) -> int:
        return self.table[cell[0]][cell[1]]

    def steps(self, node: int, amount: int) -> Iterator[tuple[int, Cell]]:
        """Where `amount` more can go from a node: along an edge, or against one that has so much."""
        for cell in self._at(node):
            start, end = self.ends(cell)
            if start == node:
                yield end, cell
            elif self.value(cell) >= amount:
                yield start, cell

    def _at(self, node: int) -> Iterator[Cell]:
        if node < self.rows:
            return ((node, column) for column in range(self.columns))
        return ((row, node - self.rows) for row in range(self.rows))


def with_totals(counts: Sequence[Sequence[int]]) -> Table:
    """The table with a last column of row totals and a last row of column totals."""
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def withheld(counts: Sequence[Sequence[int]], k: int = K) -> frozenset[Cell]:
    """Which cells of `with_totals(counts)` must not be published: (row, column). Counts are not negative, rows equally long.

    Raises ValueError for a table without cells, or a negative count.
    """
    if not counts or not counts[0] or min(map(min, counts)) < 0:
        raise ValueError("a table has cells, and no count below 0")
    net = _Net(with_totals(counts))
    small = [cell for cell in net.cells() if 0 < net.value(cell) < k]
    net.withheld.update(small)
    for cell in sorted(small, key=net.value):
        net.withheld.update(_cycle(net, cell, k - net.value(cell)))
    return frozenset(net.withheld)


def _cycle(net: _Net, cell: Cell, amount: int) -> list[Cell]:
    """The cells of the cheapest way back from a cell's end to its start along which so much more can go."""
    goal, start = net.ends(cell)
    best = {start: 0}
    came: dict[int, tuple[int, Cell]] = {}
    queue = [(0, start)]
    while queue:
        cost, node = heapq.heappop(queue)
        if node == goal:
            break
        if cost > best[node]:
            continue
        for other, by in net.steps(node, amount):
            further = cost + (0 if by in net.withheld else 1 + net.value(by))
            if by != cell and further < best.get(other, further + 1):
                best[other], came[other] = further, (node, by)
                heapq.heappush(queue, (further, other))
    found, node = [], goal
    while node != start:
        node, by = came[node]
        found.append(by)
    return found


def published(counts: Sequence[Sequence[int]], k: int = K) -> list[list[int | None]]:
    """The table with totals, None where a number is withheld."""
    hidden = withheld(counts, k)
    return [
        [None if (row, column) in hidden else value for column, value in enumerate(values)]
        for row, values in enumerate(with_totals(counts))
    ]
