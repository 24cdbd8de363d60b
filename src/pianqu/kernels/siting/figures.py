"""What a set of sites means for those who walk there: how many within so many minutes, how far, how full, and where who is left.

Problem: whoever moves a site by hand wants to see at once what that does, and what the most is that so many sites could reach.
Method: everybody goes to the nearest open site, or where places are limited as kernels.siting.view shares them; then sums. The
curve asks for the largest coverage of each number of sites by itself (kernels.siting.planning).
Cost: O(n·k) for n points and k open sites; with limited places that of one sharing.
Guarantee: exact whole numbers; within, beyond and unserved add up to all. The curve never falls, and no plan lies above its
bound.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pianqu.kernels.siting import planning
from pianqu.kernels.siting.model import UNREACHABLE, Effort, Plan, Question, Table
from pianqu.kernels.siting.view import View


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Those of one community: all, and who of them is farther than the limit or goes nowhere."""

    total: int
    beyond: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All that can be said of open sites, in weight (households, matters) and metres."""

    total: int
    within: tuple[int, ...]
    """For each distance that was asked about."""
    unserved: int
    metres: int
    """All ways of those who are served, together."""
    worst: int
    loads: tuple[int, ...]
    """By open site, in the order given."""
    groups: tuple[Group, ...]

    @property
    def mean(self) -> int:
        """Metres of the mean way."""
        served = self.total - self.unserved
        return round(self.metres / served) if served else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The most weight that so many sites have within the limit; no plan has more than `bound`."""

    sites: int
    within: int
    bound: int


def figures(
    asked: Question, sites: Sequence[int], *, groups: Sequence[int], distances: Sequence[int], limit: int
) -> Figures:
    """What these sites mean. `groups` numbers each point's community; `limit` is the distance beyond which somebody is left.

    With capacities as many as can be are served within the limit first.
    """
    weight, metres = asked.weight, asked.cost[:, list(sites)]
    flow = _flow(asked, sites, limit)
    near = (metres != UNREACHABLE) & (metres <= limit)
    group, many = np.asarray(groups, dtype=np.int64), max(groups, default=-1) + 1
    beyond = _by(group, weight - (flow * near).sum(axis=1), many)
    total = _by(group, weight, many)
    return Figures(
        total=int(weight.sum()),
        within=tuple(int((flow * ((metres != UNREACHABLE) & (metres <= far))).sum()) for far in distances),
        unserved=int(weight.sum() - flow.sum()),
        metres=_metres(flow, metres),
        worst=int(metres[flow > 0].max()) if (flow > 0).any() else 0,
        loads=tuple(int(one) for one in flow.sum(axis=0)),
        groups=tuple(Group(total=int(a), beyond=int(b)) for a, b in zip(total, beyond, strict=True)),
    )


def _metres(flow: Table, metres: Table) -> int:
    """All ways together; in numbers without bounds where 64 bits might not do."""
    longest = int(metres.max(initial=0))
    return int(((flow if int(flow.sum()) * longest < 2**62 else flow.astype(object)) * metres).sum())


def _flow(asked: Question, sites: Sequence[int], limit: int) -> Table:
    """How much of each point goes to each of these sites."""
    flow = np.zeros((len(asked.weight), len(sites)), dtype=np.int64)
    if not len(sites) or not int(asked.weight.sum()):
        return flow
    capacity = None if asked.capacity is None else asked.capacity[list(sites)]
    view = View(
        replace(asked, cost=asked.cost[:, list(sites)], capacity=capacity, sites=len(sites), kept=(), forbidden=())
    )
    flow[view.points] = view.sharing(list(range(len(sites))), None if capacity is None else limit)
    return flow


def _by(group: Table, weight: Table, many: int) -> Table:
    found = np.zeros(many, dtype=np.int64)
    np.add.at(found, group, weight)
    return found


def curve(
    asked: Question,
    counts: Sequence[int],
    *,
    within: int,
    seed: int,
    effort: Effort,
    tell: Callable[[int, tuple[Step, ...]], None],
    hear: planning.Hear = planning.nobody,
) -> tuple[Step, ...]:
    """For each number of sites the largest coverage that was found; a number for which there is no plan is left out.

    `tell` hears how many numbers are done, and the steps so far; `hear` each of the searches.
    """
    found: list[Step] = []
    for done, count in enumerate(sorted(counts), start=1):
        answer = planning.coverage(replace(asked, sites=count), within=within, seed=seed, effort=effort, hear=hear)
        if isinstance(answer, Plan):
            most = max(answer.value, found[-1].within if found else 0)
            found.append(Step(sites=count, within=most, bound=answer.bound))
        tell(done, tuple(found))
    return tuple(found)
