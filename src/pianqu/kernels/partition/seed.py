"""A first plan: METIS on every connected part, named after locks, mended until every cluster is connected.

Method: multilevel bisection (G. Karypis, V. Kumar 1998, "A fast and high quality multilevel scheme for partitioning irregular
graphs"). METIS knows no locks, may leave parts empty and clusters in pieces: parts are named by the Hungarian method (H. W.
Kuhn 1955) so that most locked and present load keeps its cluster; a cluster keeps the piece that holds its locks (joined by
shortest ways) or its largest, and what is left over is taken by the neighbour with the smallest load.
Cost: O((units + borders) · log units). Guarantee: the same level and seed give the same plan; every cluster is connected and
none is empty, if every lock could be joined; what could not is told by `None`.
"""

import heapq
from collections import deque
from collections.abc import Sequence

import numpy as np
import pymetis

from pianqu.kernels.partition.graph import Array, parts, summed
from pianqu.kernels.partition.level import Level
from pianqu.kernels.solvers import assignment

LARGEST_WEIGHT = 2**30
"""METIS adds weights up in 32 bits."""


def first_plan(of: Level, shares: Sequence[int], seed: int) -> Array | None:
    """Clusters by node; `shares` says how many each connected part gets."""
    part = np.full(len(of), -1, dtype=np.int64)
    component, begin = parts(of.graph), 0
    for number, share in enumerate(shares):
        nodes = np.flatnonzero(component == number)
        part[nodes] = begin + _metis(of, nodes, share, seed)
        begin += share
    return mend(of, _named(of, part, component))


def _metis(of: Level, nodes: Array, share: int, seed: int) -> Array:
    """METIS on one connected part."""
    if share == 1:
        return np.zeros(len(nodes), dtype=np.int64)
    place = np.full(len(of), -1, dtype=np.int64)
    place[nodes] = np.arange(len(nodes))
    near = [place[of.graph.ends[of.graph.starts[n] : of.graph.starts[n + 1]]].tolist() for n in nodes]
    widths = [of.graph.widths[of.graph.starts[n] : of.graph.starts[n + 1]].tolist() for n in nodes]
    loads = of.amounts[nodes, 0]
    finer = -(-int(loads.sum()) // LARGEST_WEIGHT) or 1
    wide = -(-max((sum(some) for some in widths), default=1) * len(nodes) // LARGEST_WEIGHT) or 1
    starts = np.cumsum([0, *map(len, near)]).tolist()
    _cut, found = pymetis.part_graph(
        share,
        adjacency=pymetis.CSRAdjacency(starts, [n for some in near for n in some]),
        vweights=[max(1, int(load) // finer) for load in loads],
        eweights=[max(1, width // wide) for some in widths for width in some],
        options=pymetis.Options(seed=seed & 0x7FFFFFFF, contig=1),
        recursive=False,
    )
    return np.array(found, dtype=np.int64)


def _named(of: Level, part: Array, component: Array) -> Array:
    """The same parts under the clusters' own numbers, so that most locked load, then most present load, is where it belongs."""
    count = of.clusters
    fit = np.zeros((count, count), dtype=np.int64)
    where = np.full(count, -1, dtype=np.int64)
    where[part] = component
    locked = of.locks >= 0
    for cluster in np.unique(of.locks[locked]):
        fit[where != component[(of.locks == cluster).argmax()], cluster] -= 1 << 40
    np.add.at(fit, (part[locked], of.locks[locked]), 1 << 32)
    at_home = (of.home >= 0) & (of.home < count)
    np.add.at(fit, (part[at_home], of.home[at_home]), of.stay[at_home] + 1)
    rows, columns = assignment(fit)
    names = np.empty(count, dtype=np.int64)
    names[rows] = columns
    return names[part]


# mending -------------------------------------------------------------------------------------------------------------


def mend(of: Level, part: Array) -> Array | None:
    """The nearest plan with connected clusters, none empty and every lock kept; −1 may stand for what is nobody's."""
    part = part.copy()
    locked = of.locks >= 0
    part[locked] = of.locks[locked]
    core = _cores(of, part)
    if core is None:
        return None
    part = _kept(of, part, core)
    _fill(of, part)
    return part if _settle(of, part, core) else None


def _cores(of: Level, part: Array) -> Array | None:
    """For every cluster its locked nodes and shortest ways between them; −1 elsewhere."""
    core = of.locks.copy()
    for cluster in np.unique(of.locks[of.locks >= 0]).tolist():
        nodes = np.flatnonzero(of.locks == cluster).tolist()
        reached = {nodes[0]}
        for node in nodes[1:]:
            if node in reached:
                continue
            way = _way(of, part, core, node, reached, cluster)
            if way is None:
                return None
            core[way] = cluster
            part[way] = cluster
            reached |= set(way)
    return core


def _way(of: Level, part: Array, core: Array, start: int, goals: set[int], cluster: int) -> list[int] | None:
    """The way from a node to the goals through nobody's core that takes the fewest nodes from other clusters."""
    before, cost = {start: -1}, {start: 0}
    heap = [(0, start)]
    while heap:
        spent, node = heapq.heappop(heap)
        if node in goals:
            return _back(before, node)
        for other in of.graph.of(node):
            if core[other] not in (-1, cluster):
                continue
            more = spent + (0 if core[other] == cluster else 1 if part[other] == cluster else 1000)
            if more < cost.get(other, more + 1):
                cost[other], before[other] = more, node
                heapq.heappush(heap, (more, other))
    return None


def _back(before: dict[int, int], node: int) -> list[int]:
    way = []
    while node >= 0:
        way.append(node)
        node = before[node]
    return way


def _kept(of: Level, part: Array, core: Array) -> Array:
    """Of each cluster the piece with its core, or the one with the largest load; the rest is nobody's."""
    piece = parts(of.graph, part)
    loads = summed(of.amounts[:, 0], piece, len(of))
    has_core = np.zeros(len(of), dtype=np.int64)
    has_core[piece[core >= 0]] = 1
    first = np.full(len(of), len(of), dtype=np.int64)
    np.minimum.at(first, piece, np.arange(len(of)))
    best: dict[int, tuple[int, int, int]] = {}
    for number in range(int(piece.max(initial=-1)) + 1):
        cluster = int(part[first[number]])
        rank = (int(has_core[number]), int(loads[number]), -number)
        if cluster >= 0 and rank > best.get(cluster, (-1, 0, 0)):
            best[cluster] = rank
    kept = np.array(sorted(-rank[2] for rank in best.values()), dtype=np.int64)
    return np.where(np.isin(piece, kept), part, -1)


def _fill(of: Level, part: Array) -> None:
    """What is nobody's goes to the neighbour with the smallest load, one node at a time."""
    owned = part >= 0
    loads = summed(of.amounts[owned, 0], part[owned], of.clusters).tolist()
    nobody = np.flatnonzero(~owned).tolist()
    heap = [(loads[part[v]], int(part[v]), node) for node in nobody for v in of.graph.of(node) if part[v] >= 0]
    heapq.heapify(heap)
    while heap:
        load, cluster, node = heapq.heappop(heap)
        if part[node] >= 0:
            continue
        if load < loads[cluster]:
            heapq.heappush(heap, (loads[cluster], cluster, node))
            continue
        part[node] = cluster
        loads[cluster] += int(of.amounts[node, 0])
        for other in of.graph.of(node):
            if part[other] < 0:
                heapq.heappush(heap, (loads[cluster], cluster, other))


def _settle(of: Level, part: Array, core: Array) -> bool:
    """Give each empty cluster a node that the largest cluster of its part can do without. Whether that could be done."""
    component = parts(of.graph)
    if (part < 0).any():
        _own(of, part, component)
        if (part < 0).any():
            return False
    sizes = np.bincount(part, minlength=of.clusters)
    for cluster in np.flatnonzero(sizes == 0).tolist():
        loads = summed(of.amounts[:, 0], part, of.clusters)
        for other in sorted(range(of.clusters), key=lambda c: (-int(loads[c]), c)):
            node = _spare(of, part, core, other)
            if node is not None:
                part[node] = cluster
                break
        else:
            return False
    return True


def _own(of: Level, part: Array, component: Array) -> None:
    """A connected part that no cluster reached goes to an empty cluster."""
    empty = deque(sorted(set(range(of.clusters)) - set(part.tolist())))
    for number in np.unique(component[part < 0]).tolist():
        if empty:
            part[(component == number) & (part < 0)] = empty.popleft()


def _spare(of: Level, part: Array, core: Array, cluster: int) -> int | None:
    """A node without which the cluster stays connected: the last that a search from its core (or first node) reaches."""
    nodes = np.flatnonzero(part == cluster)
    if len(nodes) < 2:
        return None
    cores = nodes[core[nodes] >= 0]
    start = int(cores[0] if len(cores) else nodes[0])
    order, seen = [start], {start}
    for node in order:
        for other in of.graph.of(node):
            if part[other] == cluster and other not in seen:
                seen.add(other)
                order.append(other)
    return next((node for node in reversed(order) if core[node] < 0 and node != start and _leaf(of, part, node)), None)


def _leaf(of: Level, part: Array, node: int) -> bool:
    """Whether the node's cluster is connected without it."""
    among = part == part[node]
    among[node] = False
    return int(parts(of.graph, among=among).max(initial=-1)) <= 0
