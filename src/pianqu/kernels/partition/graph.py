"""Graphs of units as rows of numbers: neighbours, connected parts, atoms, and the graph of atoms.

Method: compressed rows with numpy, connected parts by scipy. Atoms are the common refinement of all systems of boundaries:
units that lie in the same area of each, as far as they are connected. Cost: O(units + borders). Guarantee: neighbours stand in
rising order, atoms are numbered by their first unit, so the same input gives the same rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pianqu.kernels.solvers import components

Array = Any


@dataclass(frozen=True, slots=True)
class Graph:
    """Neighbours of node n are ends[starts[n]:starts[n+1]], with the width of each border."""

    starts: Array
    ends: Array
    widths: Array

    def __len__(self) -> int:
        return len(self.starts) - 1

    def of(self, node: int) -> list[int]:
        found: list[int] = self.ends[self.starts[node] : self.starts[node + 1]].tolist()
        return found

    def froms(self) -> Array:
        """The other end of each entry of `ends`."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))


def graph(count: int, pairs: Iterable[tuple[int, int, int]]) -> Graph:
    """From pairs of nodes with widths, each once; widths of a pair that comes twice are added, a pair with itself is nothing."""
    table = np.array(list(pairs), dtype=np.int64).reshape(-1, 3)
    table = table[table[:, 0] != table[:, 1]]
    return _rows(
        count, np.r_[table[:, 0], table[:, 1]], np.r_[table[:, 1], table[:, 0]], np.r_[table[:, 2], table[:, 2]]
    )


def _rows(count: int, one: Array, other: Array, widths: Array) -> Graph:
    names, place = np.unique(one * count + other, return_inverse=True)
    added = np.zeros(len(names), dtype=np.int64)
    np.add.at(added, place, widths)
    starts = np.zeros(count + 1, dtype=np.int64)
    np.add.at(starts, names // max(count, 1) + 1, 1)
    return Graph(np.cumsum(starts), names % max(count, 1), added)


def parts(of: Graph, labels: Array | None = None, among: Array | None = None) -> Array:
    """Each node's connected part, numbered by first node; −1 where not `among`. Nodes of unlike labels do not connect."""
    one, other = of.froms(), of.ends
    keep = np.ones(len(one), dtype=bool)
    if labels is not None:
        keep &= labels[one] == labels[other]
    if among is not None:
        keep &= among[one] & among[other]
    one, other = one[keep], other[keep]
    found = components(one, other, len(of))
    if among is None:
        return numbered(found)
    answer = np.full(len(of), -1, dtype=np.int64)
    answer[among] = numbered(found[among])
    return answer


def numbered(labels: Sequence[int] | Array) -> Array:
    """The same labels, numbered from 0 by their first place."""
    _names, first, place = np.unique(np.asarray(labels), return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return rank[place.reshape(-1)]


def joined(labels: Sequence[Array], count: int) -> Array:
    """One label for each set of equal labels."""
    found = np.zeros(count, dtype=np.int64)
    for one in labels:
        found = numbered(found * (int(one.max(initial=0)) + 2) + one + 1)
    return found


def contracted(of: Graph, atoms: Array) -> Graph:
    """The graph of atoms: widths between two are added."""
    one, other = atoms[of.froms()], atoms[of.ends]
    outer = one != other
    return _rows(int(atoms.max(initial=-1)) + 1, one[outer], other[outer], of.widths[outer])


def summed(values: Array, atoms: Array, count: int) -> Array:
    """Sums by atom."""
    found = np.zeros(count, dtype=np.int64)
    np.add.at(found, atoms, values)
    return found
