"""What people ask of a plan: who has too far to go, and what one more site would bring.

Problem: a total of metres says little; an official asks who is left out, and whether a further site is worth it.
Method: every candidate is added to the plan in turn and the best kept, for each measure by itself; with limited places
everybody is shared out anew (kernels.siting.transport).
Cost: O(n·m); with capacities m sharings, and for the longest way log of the costs more.
Guarantee: exact for the plan that is given: no better single site can be added to it. The smallest number wins a tie.
"""

from dataclasses import dataclass, replace

import numpy as np

from pianqu.kernels.siting.model import Measure, Plan, Question, Table
from pianqu.kernels.siting.transport import transport
from pianqu.kernels.siting.view import View

FAR = np.iinfo(np.int64).max
NOTHING = (2**62, 2**62)
"""Worse than any figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beyond:
    """Who has farther to go than the limit, or nowhere to go."""

    weight: int
    share: float
    points: tuple[int, ...]
    unserved: tuple[int, ...]
    """Those of them who go nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OneMore:
    """The best site to add, or None where none helps; the measure's figure without and with it.

    Median: the total of weight times cost; centre: the largest cost; coverage: the weight within the limit. Who is served by no
    site counts before everything else, and stands in `unserved_before` and `unserved_after`.
    """

    measure: Measure
    site: int | None
    before: int
    after: int
    unserved_before: int
    unserved_after: int


def beyond(asked: Question, plan: Plan, *, limit: int) -> Beyond:
    """Points of the plan whose people go farther than the limit."""
    within, served = np.zeros_like(asked.weight), np.zeros_like(asked.weight)
    for share in plan.shares:
        served[share.point] += share.weight
        if asked.cost[share.point, share.site] <= limit:
            within[share.point] += share.weight
    total, far = int(asked.weight.sum()), int((asked.weight - within).sum())
    return Beyond(
        weight=far,
        share=far / total if total else 0.0,
        points=tuple(int(one) for one in np.flatnonzero(within < asked.weight)),
        unserved=tuple(int(one) for one in np.flatnonzero(served < asked.weight)),
    )


def one_more(asked: Question, plan: Plan, *, limit: int) -> tuple[OneMore, ...]:
    """For each measure the best site to add to the plan."""
    open_sites = set(plan.sites)
    view = View(replace(asked, sites=len(open_sites), kept=plan.sites))
    base, others = list(range(len(open_sites))), range(len(open_sites), len(view.columns))
    measures: tuple[Measure, ...] = ("median", "centre", "coverage")
    return tuple(_best(view, base, list(others), measure, limit) for measure in measures)


def _best(view: View, base: list[int], others: list[int], measure: Measure, limit: int) -> OneMore:
    before = _figure(view, base, measure, limit)
    if view.capacity is None:
        best, site = _best_free(view, base, others, measure, limit)
    else:
        best, site = _best_limited(view, base, others, measure, limit)
    if site is None or best >= before:
        best, site = before, None
    sign = -1 if measure == "coverage" else 1
    return OneMore(
        measure=measure,
        site=None if site is None else view.columns[site],
        before=sign * before[1],
        after=sign * best[1],
        unserved_before=before[0],
        unserved_after=best[0],
    )


Best = tuple[tuple[int, int], int | None]


def _best_free(view: View, base: list[int], others: list[int], measure: Measure, limit: int) -> Best:
    """Everybody goes to the nearest: all further sites at once."""
    if not others:
        return NOTHING, None
    near = np.minimum(_nearest(view, base)[:, None], np.where(view.far[:, others], FAR, view.cost[:, others]))
    unserved, figure = _told(view, near, measure, limit)
    at = int(np.lexsort((figure, unserved))[0])
    return (int(unserved[at]), int(figure[at])), others[at]


def _best_limited(view: View, base: list[int], others: list[int], measure: Measure, limit: int) -> Best:
    best, site = NOTHING, None
    for other in others:
        columns = [*base, other]
        short = measure == "centre"
        found = _longest(view, columns, best) if short else _figure(view, columns, measure, limit)
        if found is not None and found < best:
            best, site = found, other
    return best, site


def _figure(view: View, columns: list[int], measure: Measure, limit: int) -> tuple[int, int]:
    """Who is unserved, and the measure's figure, the smaller the better."""
    if view.capacity is None:
        unserved, figure = _told(view, _nearest(view, columns)[:, None], measure, limit)
        return int(unserved[0]), int(figure[0])
    if measure == "coverage":
        return 0, -_within(view, columns, limit)
    if measure == "median":
        flow = view.sharing(columns, None)
        return int((view.weight - flow.sum(axis=1)).sum()), int((flow * view.cost[:, columns]).sum())
    found = _longest(view, columns, NOTHING)
    assert found is not None
    return found


def _told(view: View, near: Table, measure: Measure, limit: int) -> tuple[Table, Table]:
    """Unserved and figure for each column of ways to the nearest site."""
    weight, there = view.weight[:, None], near < FAR
    if measure == "coverage":
        covered = (weight * (near <= limit)).sum(axis=0)
        return np.zeros_like(covered), -covered
    unserved, ways = (weight * ~there).sum(axis=0), np.where(there, near, 0)
    return unserved, (weight * ways).sum(axis=0) if measure == "median" else ways.max(axis=0)


def _nearest(view: View, columns: list[int]) -> Table:
    return np.where(view.far[:, columns], FAR, view.cost[:, columns]).min(axis=1)


def _within(view: View, columns: list[int], limit: int) -> int:
    """The most weight that finds room within the limit."""
    assert view.capacity is not None
    late = view.far[:, columns] | (view.cost[:, columns] > limit)
    missed, _flow = transport(np.where(late, 2, 0), view.weight, view.capacity[columns], 1)
    return int(view.weight.sum()) - missed


def _longest(view: View, columns: list[int], best: tuple[int, int]) -> tuple[int, int] | None:
    """The smallest cost within which as many as can be served are served; None where it cannot be below `best`."""
    served = _within(view, columns, view.highest)
    unserved = int(view.weight.sum()) - served
    if not served:
        return None if unserved > best[0] else (unserved, 0)
    steps = np.unique(view.cost[:, columns][~view.far[:, columns]])
    if unserved >= best[0]:
        steps = steps[steps < best[1]]
        if unserved > best[0] or not len(steps) or _within(view, columns, int(steps[-1])) < served:
            return None
    low, high = 0, len(steps) - 1
    while low < high:
        middle = (low + high) // 2
        if _within(view, columns, int(steps[middle])) >= served:
            high = middle
        else:
            low = middle + 1
    return unserved, int(steps[high]) if len(steps) else 0
