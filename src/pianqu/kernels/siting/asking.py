"""What people ask of a plan: who has too far to go, and what one more site would bring.

Problem: a total of metres says little; an official asks who is left out, and whether a further site is worth it.
Method: every candidate is added to the plan in turn and the best kept, for each measure by itself; with limited places
everybody is shared out anew (kernels.siting.transport).
Cost: O(n·m); with capacities m sharings, and for the longest way log of the costs more.
Guarantee: exact for the plan that is given: no better single site can be added to it. The smallest number wins a tie.
"""

from dataclasses import dataclass, replace

import numpy as np

from pianqu.kernels.siting.model import UNREACHABLE, Measure, Plan, Question, Table
from pianqu.kernels.siting.transport import transport
from pianqu.kernels.siting.view import View


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
    before = _figure(view, base, measure, limit, None)
    assert before is not None
    best, site = before, None
    for other in others:
        found = _figure(view, [*base, other], measure, limit, best)
        if found is not None and found < best:
            best, site = found, view.columns[other]
    sign = -1 if measure == "coverage" else 1
    return OneMore(
        measure=measure,
        site=site,
        before=sign * before[1],
        after=sign * best[1],
        unserved_before=before[0],
        unserved_after=best[0],
    )


def _figure(
    view: View, columns: list[int], measure: Measure, limit: int, best: tuple[int, int] | None
) -> tuple[int, int] | None:
    """Who is unserved, and the measure's figure (the smaller the better); None where it cannot be below `best`."""
    if measure == "coverage":
        return 0, -_within(view, columns, limit)
    if view.capacity is None:
        near = _nearest(view, columns)
        there = near != UNREACHABLE
        unserved = int(view.weight[~there].sum())
        if measure == "median":
            return unserved, int((view.weight * near)[there].sum())
        return unserved, int(near.max(initial=0, where=there))
    if measure == "median":
        flow = view.sharing(columns, None)
        return int((view.weight - flow.sum(axis=1)).sum()), int((flow * view.cost[:, columns]).sum())
    return _longest(view, columns, best)


def _nearest(view: View, columns: list[int]) -> Table:
    far = np.iinfo(np.int64).max
    near = np.where(view.far[:, columns], far, view.cost[:, columns]).min(axis=1)
    return np.where(near == far, UNREACHABLE, near)


def _within(view: View, columns: list[int], limit: int) -> int:
    """The most weight that finds room within the limit."""
    if view.capacity is None:
        near = _nearest(view, columns)
        return int(view.weight[(near != UNREACHABLE) & (near <= limit)].sum())
    late = view.far[:, columns] | (view.cost[:, columns] > limit)
    missed, _flow = transport(np.where(late, 2, 0), view.weight, view.capacity[columns], 1)
    return int(view.weight.sum()) - missed


def _longest(view: View, columns: list[int], best: tuple[int, int] | None) -> tuple[int, int] | None:
    """The smallest cost within which as many as can be served are served."""
    served = _within(view, columns, view.highest)
    unserved = int(view.weight.sum()) - served
    steps = np.unique(view.cost[:, columns][~view.far[:, columns]])
    if best is not None and unserved >= best[0]:
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
