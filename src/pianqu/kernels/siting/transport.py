"""Who goes to which open site when places are limited: the cheapest way to share whole numbers of persons among sites.

Problem: supplies, sites with capacities, a cost for each pair; who finds no place costs more than any way.
Method: everybody goes to the nearest site; what is too much is then moved along the cheapest chains of sites, one after
another (successive shortest paths, R. G. Busacker, P. J. Gowen 1960; R. K. Ahuja, T. L. Magnanti, J. B. Orlin 1993, "Network
flows", section 9.7), in a graph that has only the sites as its nodes: the way from a to b costs what the cheapest of a's
people adds.
Cost: O(chains · (k³ + n·k)) for n points and k sites.
Guarantee: the smallest total; whole numbers; the same for the same input.
"""

from itertools import pairwise
from typing import Any

import numpy as np

from pianqu.kernels.siting.model import Task

Table = Any
FAR = 2**61


def transport(cost: Table, weight: Table, capacity: Table, miss: int) -> tuple[int, Table]:
    """The smallest total, and how much of each point goes to each site; the last column is who is not served."""
    points, sites = cost.shape
    costs = np.column_stack([np.where(cost > miss, FAR, cost), np.full(points, miss, dtype=np.int64)])
    room = np.append(capacity, weight.sum()).astype(np.int64)
    flow = np.zeros((points, sites + 1), dtype=np.int64)
    flow[np.arange(points), costs.argmin(axis=1)] = weight
    load = flow.sum(axis=0)
    way, who = np.full((sites + 1, sites + 1), FAR), np.zeros((sites + 1, sites + 1), dtype=np.int64)
    for site in range(sites + 1):
        _look(site, costs, flow, way, who)
    while (full := np.flatnonzero(load > room)).size:
        chain = _chain(int(full[0]), way, room - load)
        moved = min(int(load[chain[0]] - room[chain[0]]), int(room[chain[-1]] - load[chain[-1]]))
        steps = [(a, b, int(who[a, b])) for a, b in pairwise(chain)]
        moved = min(moved, *(int(flow[point, a]) for a, _b, point in steps))
        for a, b, point in steps:
            flow[point, a] -= moved
            flow[point, b] += moved
        load[chain[0]] -= moved
        load[chain[-1]] += moved
        for site in chain:
            _look(site, costs, flow, way, who)
    return int((np.where(flow > 0, costs, 0) * flow).sum()), flow


def shared(task: Task, columns: Table) -> int:
    """What a plan costs, everybody sent where that is cheapest."""
    if task.capacity is None:
        return int(np.minimum(task.table[:, columns].min(axis=1), task.most).sum())
    return transport(task.cost[:, columns], task.weight, task.capacity[columns], task.miss)[0]


def _look(site: int, costs: Table, flow: Table, way: Table, who: Table) -> None:
    """What it costs to move one of the site's people to each other site, and which point they are of."""
    rows = np.flatnonzero(flow[:, site] > 0)
    if not rows.size:
        way[site] = FAR
        return
    more = costs[rows] - costs[rows, site][:, None]
    at = more.argmin(axis=0)
    who[site] = rows[at]
    way[site] = np.minimum(more[at, np.arange(more.shape[1])], FAR)
    way[site, site] = FAR


def _chain(start: int, way: Table, room: Table) -> list[int]:
    """The cheapest chain from a site that is too full to one that has room (Bellman, Ford)."""
    far, before = way[start].copy(), np.full(len(way), start)
    far[start] = 0
    for _round in range(len(way)):
        through = np.minimum(far[:, None] + way, FAR)
        at = through.argmin(axis=0)
        nearer = through[at, np.arange(len(way))]
        better = nearer < far
        if not better.any():
            break
        far[better], before[better] = nearer[better], at[better]
    free = np.flatnonzero(room > 0)
    chain = [int(free[far[free].argmin()])]
    while chain[-1] != start:
        chain.append(int(before[chain[-1]]))
    return chain[::-1]
