"""Where sites should be open: p-median, p-centre and largest coverage, with places limited or not, and existing sites.

Problem: of m candidates open p, so that the way of all together is shortest (median), the longest way is shortest (centre),
or the most people are within a limit (coverage).
Method: each becomes a task of kernels.siting.search. Coverage: a way costs nothing within the limit and one beyond it (R. L.
Church, C. S. ReVelle 1974, "The maximal covering location problem"). Centre: bisection over the different costs, each step
asking whether p sites cover everybody (E. Minieka 1970, "The m-center problem"). Median: S. L. Hakimi 1964, 1965. With
capacities a point may be shared among sites.
Cost: see the search; centre: times log of the different costs.
Guarantee: the plan keeps capacities, kept and forbidden sites; value and bound are exact whole numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pianqu.kernels.saying import say
from pianqu.kernels.siting.checking import LARGEST_TOTAL, contradiction, numbers, too_large
from pianqu.kernels.siting.model import UNREACHABLE, Effort, Infeasible, Measure, Plan, Question, Reason
from pianqu.kernels.siting.search import Found, solve
from pianqu.kernels.siting.view import View

Answer = Plan | Infeasible
DEFAULT = Effort()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """The best plan while a search goes on: its sites, value, bound and rounds, as in a plan."""

    sites: tuple[int, ...]
    value: int
    bound: int
    rounds: int


Hear = Callable[[SoFar], None]
"""Is told the best plan so far, again and again; what it raises ends the search."""


def nobody(_so_far: SoFar) -> None:
    """Who listens where nobody does."""


def median(asked: Question, *, seed: int = 1, effort: Effort = DEFAULT, hear: Hear = nobody) -> Answer:
    """The plan with the smallest total of weight times cost, everybody served."""
    if (problem := contradiction(asked, everybody=True)) is not None:
        return problem
    view = View(asked)
    start: tuple[int, ...] = ()
    if view.tight:
        reached = solve(view.covering(view.highest, aim=0), seed=seed, effort=effort)
        if reached.value:
            return _unreached(view, reached)
        start = reached.columns
    task = view.median(start)
    if view.tight and int(view.weight.sum()) * (task.miss + 1) >= LARGEST_TOTAL:
        return too_large()

    def heard(found: Found) -> None:
        hear(_so_far(view, found, (found.value, found.bound)))

    found = solve(task, seed=seed, effort=effort, start=start, hear=heard)
    return _plan(view, "median", found, (found.value, found.bound), limit=None)


def coverage(asked: Question, *, within: int, seed: int = 1, effort: Effort = DEFAULT, hear: Hear = nobody) -> Answer:
    """The plan with the most weight whose cost is at most `within`."""
    if (problem := contradiction(asked, everybody=False)) is not None:
        return problem
    view = View(asked)
    total = int(view.weight.sum())

    def heard(found: Found) -> None:
        hear(_so_far(view, found, (total - found.value, total - found.bound)))

    found = solve(view.covering(within), seed=seed, effort=effort, hear=heard)
    return _plan(view, "coverage", found, (total - found.value, total - found.bound), limit=within)


def centre(asked: Question, *, seed: int = 1, effort: Effort = DEFAULT, hear: Hear = nobody) -> Answer:
    """The plan whose largest cost is smallest, everybody served; among the ways within it everybody has the shortest."""
    if (problem := contradiction(asked, everybody=True)) is not None:
        return problem
    view = View(asked)
    steps = np.unique(view.cost[view.cost != UNREACHABLE])
    low = int(np.searchsorted(steps, view.nearest.max()))
    high, floor, rounds = len(steps) - 1, low, 0
    best: Found | None = None

    def heard(_found: Found) -> None:
        if best is not None:
            so_far = Found(columns=best.columns, value=0, bound=0, rounds=rounds)
            hear(_so_far(view, so_far, (int(steps[high]), int(steps[min(floor, high)]))))

    while low < high or best is None:
        middle = (low + high) // 2 if best is not None else high
        found = solve(
            view.covering(int(steps[middle]), aim=0),
            seed=seed,
            effort=effort,
            start=best.columns if best else (),
            hear=heard,
        )
        rounds += found.rounds
        if found.value == 0:
            longest = view.longest(list(found.columns), int(steps[middle]))
            best, high = found, min(middle, int(np.searchsorted(steps, longest)))
            continue
        if best is None:
            return _unreached(view, found)
        low = middle + 1
        if found.bound > 0:
            floor = low
    found = Found(columns=best.columns, value=0, bound=0, rounds=rounds)
    return _plan(view, "centre", found, (int(steps[high]), int(steps[min(floor, high)])), limit=int(steps[high]))


NONE_FOUND = Reason(
    kind="none-found",
    sentence=say(
        "No plan was found that serves everybody; it is not proved that there is none. Try more rounds or more sites."
    ),
)


def _unreached(view: View, found: Found) -> Infeasible:
    """So many sites do not serve everybody: it is proved, or only none was found; the points that the best plan leaves."""
    flow = view.sharing(list(found.columns), view.highest)
    left = numbers(view.points[flow.sum(axis=1) < view.weight])
    if not found.bound:
        reason = Reason(kind=NONE_FOUND.kind, sentence=NONE_FOUND.sentence, points=left)
        return Infeasible(reasons=(reason,), proved=False)
    sentence = say(
        "No %(sites)s sites can serve everybody; the best plan leaves out %(count)s points.",
        sites=view.sites,
        count=len(left),
    )
    return Infeasible(reasons=(Reason(kind="too-few-sites", sentence=sentence, points=left),))


def _so_far(view: View, found: Found, figures: tuple[int, int]) -> SoFar:
    return SoFar(
        sites=tuple(sorted(view.columns[one] for one in found.columns)),
        value=figures[0],
        bound=figures[1],
        rounds=found.rounds,
    )


def _plan(view: View, measure: Measure, found: Found, figures: tuple[int, int], *, limit: int | None) -> Plan:
    columns = list(found.columns)
    return Plan(
        measure=measure,
        sites=tuple(sorted(view.columns[one] for one in columns)),
        value=figures[0],
        bound=figures[1],
        shares=view.shares(columns, view.sharing(columns, limit)),
        rounds=found.rounds,
    )
