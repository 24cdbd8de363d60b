"""Instances with a plan planted in them, and real ones: what a planner is measured on.

A planted instance is made backwards: points, the borders of their Delaunay triangles, communities grown by lot, clusters of
whole communities, other systems inside clusters, and people so that the planted clusters are nearly equal. Nobody knows the
best plan of it, but its own is a good one that respects every boundary. Harder ones have people by a long-tailed law, a system
that crosses the planted clusters, and lakes.
"""

import json
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pymetis
from scipy.spatial import Delaunay

from pianqu.kernels.partition.problem import System, Units

Array = Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """Units and the plan that was planted in them."""

    units: Units
    part: tuple[int, ...]
    clusters: int


def planted(count: int, clusters: int, *, seed: int, hard: bool = False) -> Planted:
    """`count` units around lakes if `hard`, with `clusters` planted clusters."""
    dice = np.random.Generator(np.random.PCG64(seed))
    points = _points(count, dice, lakes=5 if hard else 0)
    pairs = _touching(points, lakes=hard)
    near = _near(count, pairs)
    communities = _grown(near, np.arange(count) % 1, max(clusters, count // 10), dice)
    part = _clusters(near, communities, clusters, seed)
    people = np.exp(dice.normal(6.0, 0.9, count)) if hard else dice.uniform(500, 1500, count)
    people = _levelled(np.maximum(people, 20), part, dice)
    systems = [("communities", communities), ("police", _grown(near, part, count // 25, dice))]
    if hard:
        systems += [
            ("streets", _grown(near, part, count // 60, dice)),
            ("schools", _grown(near, np.zeros(count, dtype=np.int64), count // 150, dice)),
        ]
    units = Units(
        population=tuple(people.tolist()),
        households=tuple((people // 3 + 1).tolist()),
        borders=tuple((one, other, 1) for one, other in pairs),
        systems=tuple(System(name=name, areas=tuple(map(str, labels.tolist()))) for name, labels in systems),
    )
    return Planted(units=units, part=tuple(part.tolist()), clusters=clusters)


def grid(width: int, height: int) -> Units:
    """Squares with one person each: the best plans are known."""
    borders = []
    for unit in range(width * height):
        if (unit + 1) % width:
            borders.append((unit, unit + 1, 1))
        if unit + width < width * height:
            borders.append((unit, unit + width, 1))
    return Units(population=(1,) * (width * height), borders=tuple(borders))


def arkansas(path: Path) -> Units:
    """Block groups of Arkansas with people of 2020, borders and counties, from a file as gerrychain writes it."""
    body = json.loads(path.read_text(encoding="utf-8"))
    nodes = body["nodes"]
    place = {node["id"]: number for number, node in enumerate(nodes)}
    borders = {
        (min(number, place[other["id"]]), max(number, place[other["id"]])): max(
            1, round(other["shared_perim"] * 100_000)
        )
        for number, some in enumerate(body["adjacency"])
        for other in some
    }
    return Units(
        population=tuple(node["tot_pop_20"] for node in nodes),
        borders=tuple((one, other, length) for (one, other), length in borders.items()),
        systems=(System(name="counties", areas=tuple(node["COUNTYFP20"] for node in nodes)),),
        keys=tuple(node["id"] for node in nodes),
    )


# how they are made ---------------------------------------------------------------------------------------------------


def _points(count: int, dice: np.random.Generator, *, lakes: int) -> Array:
    """Points in a square, none in a lake."""
    middles, radius = dice.uniform(0.15, 0.85, (lakes, 2)), 0.06
    found: list[Array] = []
    while len(found) < count:
        point = dice.uniform(0, 1, 2)
        if not lakes or np.hypot(*(middles - point).T).min() > radius:
            found.append(point)
    return np.array(found)


def _touching(points: Array, *, lakes: bool) -> list[tuple[int, int]]:
    """Neighbours in Delaunay's triangles; not across a lake, nor along the rim."""
    triangles = Delaunay(points).simplices
    pairs = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [0, 2]]]), axis=1)
    pairs = np.unique(pairs, axis=0)
    lengths = np.hypot(*(points[pairs[:, 0]] - points[pairs[:, 1]]).T)
    limit = 4.0 / np.sqrt(len(points))
    short = pairs[lengths <= limit]
    return _connected(len(points), short, pairs[np.argsort(lengths, kind="stable")])


def _connected(count: int, pairs: Array, others: Array) -> list[tuple[int, int]]:
    """These pairs, and the shortest of the others that connect what they leave apart."""
    root = list(range(count))

    def top(node: int) -> int:
        while root[node] != node:
            root[node] = root[root[node]]
            node = root[node]
        return node

    found = [(int(one), int(other)) for one, other in pairs]
    for one, other in found:
        root[top(one)] = top(other)
    for one, other in others.tolist():
        if top(one) != top(other):
            root[top(one)] = top(other)
            found.append((one, other))
    return found


def _near(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in range(count)]
    for one, other in pairs:
        near[one].append(other)
        near[other].append(one)
    return near


def _grown(near: list[list[int]], inside: Array, areas: int, dice: np.random.Generator) -> Array:
    """So many areas grown evenly from seeds drawn by lot, each inside one label of `inside`."""
    label = np.full(len(near), -1, dtype=np.int64)
    seeds = dice.permutation(len(near))[: max(1, areas)]
    label[seeds] = np.arange(len(seeds))
    edge = deque(map(int, seeds))
    while edge:
        node = edge.popleft()
        for other in near[node]:
            if label[other] < 0 and inside[other] == inside[node]:
                label[other] = label[node]
                edge.append(other)
    for node in np.flatnonzero(label < 0).tolist():
        if label[node] < 0:
            _flood(near, inside, label, node)
    return label


def _flood(near: list[list[int]], inside: Array, label: Array, start: int) -> None:
    """What no seed reached is an area of its own."""
    number, edge = int(label.max()) + 1, [start]
    label[start] = number
    while edge:
        for other in near[edge.pop()]:
            if label[other] < 0 and inside[other] == inside[start]:
                label[other] = number
                edge.append(other)


def _clusters(near: list[list[int]], communities: Array, clusters: int, seed: int) -> Array:
    """Whole communities in clusters of nearly as many units."""
    count = int(communities.max()) + 1
    pairs = Counter((int(communities[u]), int(communities[v])) for u, some in enumerate(near) for v in some)
    touching: list[list[int]] = [[] for _ in range(count)]
    for one, other in sorted(pairs):
        if one != other:
            touching[one].append(other)
    sizes = np.bincount(communities, minlength=count).tolist()
    _cut, found = pymetis.part_graph(
        clusters,
        adjacency=pymetis.CSRAdjacency(
            np.cumsum([0, *map(len, touching)]).tolist(), [b for some in touching for b in some]
        ),
        vweights=sizes,
        eweights=[pairs[one, other] for one, some in enumerate(touching) for other in some],
        options=pymetis.Options(seed=seed, contig=1, ufactor=30),
        recursive=False,
    )
    return np.array(found, dtype=np.int64)[communities]


def _levelled(people: Array, part: Array, dice: np.random.Generator) -> Array:
    """Whole people, so that each planted cluster is within two percent of the mean."""
    sums = np.bincount(part, weights=people)
    wanted = sums.mean() * (1 + dice.uniform(-0.02, 0.02, len(sums)))
    return np.maximum(1, np.rint(people * (wanted / sums)[part])).astype(np.int64)
