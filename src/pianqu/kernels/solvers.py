"""What of scipy several kernels use, loaded where it is first used: a web process that never plans does not carry it along."""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Whole = NDArray[np.int64]


def sparse(values: Any, places: Any, shape: tuple[int, int]) -> Any:
    """A sparse matrix by rows (scipy.sparse); values at one place are added."""
    return import_module("scipy.sparse").csr_matrix((values, places), shape=shape)


def shortest_ways(graph: Any, starts: Any) -> NDArray[np.float64]:
    """The length of the shortest way from each start to every node of a matrix of undirected ways (E. W. Dijkstra 1959)."""
    found: NDArray[np.float64] = import_module("scipy.sparse.csgraph").dijkstra(graph, directed=False, indices=starts)
    return found


def components(one: Any, other: Any, count: int) -> Whole:
    """A number for each of `count` nodes, the same for those that pairs (one, other) join. O(nodes + pairs).

    Source: scipy.sparse.csgraph (depth-first search).
    """
    matrix = sparse(np.ones(len(one), dtype=np.int8), (one, other), (count, count))
    found = import_module("scipy.sparse.csgraph").connected_components(matrix, directed=False)[1]
    return np.asarray(found, dtype=np.int64)


def assignment(worth: Any) -> tuple[Whole, Whole]:
    """Rows and the columns that they get so that the sum of what they are worth is greatest. O(n³).

    Source: D. F. Crouse 2016, "On implementing 2D rectangular assignment algorithms", as scipy.optimize has it.
    """
    rows, columns = import_module("scipy.optimize").linear_sum_assignment(-worth)
    return rows, columns


def nearest(points: Any, asked: Any) -> Whole:
    """For each asked place the number of the nearest point (scipy.spatial, a k-d tree: J. L. Bentley 1975)."""
    return np.asarray(import_module("scipy.spatial").cKDTree(points).query(asked)[1], dtype=np.int64)
