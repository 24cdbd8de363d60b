"""Plans of which none is better in everything: balance, compactness, boundaries kept, households moved.

Problem: how much balance a street is worth, or how many households may change their cluster, is not for a program to say.
Method: one search for each of 20 to 50 settings of tolerance and weights (the weighted-sum method; K. Miettinen 1999,
"Nonlinear multiobjective optimization"), of which those are kept that no other beats or equals in all four (V. Pareto 1896).
Cost: a search a setting; O(plans²) to compare. Guarantee: the same units and settings give the same plans in any order and in
any process, since each search stands alone; what was found until a run is stopped is whole.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from pianqu.kernels.partition.figures import Figures
from pianqu.kernels.partition.problem import Task, Units
from pianqu.kernels.partition.search import Infeasible, Plan, Progress, steps

SPLITS = (5, 1, 20, 0)
MOVES = (0, 2, 8)
FEWEST, MOST = 20, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What was found so far."""

    done: int
    of: int
    """Settings that were searched, of how many."""
    plans: tuple[tuple[Task, Plan], ...]
    """All plans within their limits, in the order of the settings."""
    infeasible: tuple[tuple[Task, Infeasible], ...] = ()
    within: Progress | None = None
    """How far the search of the present setting is."""

    @property
    def best(self) -> tuple[tuple[Task, Plan], ...]:
        """Those that no other beats or equals in all."""
        return tuple(self.plans[n] for n in non_dominated([values(plan.figures) for _task, plan in self.plans]))


def values(figures: Figures) -> tuple[int, int, int, int]:
    """What is compared; less is better."""
    return figures.deviation, figures.cut, figures.splits, figures.moved


def non_dominated(points: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Places of the points than which no other is as good in all; of equal points the first."""
    return tuple(
        n
        for n, point in enumerate(points)
        if not any(
            all(a <= b for a, b in zip(other, point, strict=True)) and (other != point or m < n)
            for m, other in enumerate(points)
            if m != n
        )
    )


def settings(units: Units, task: Task, count: int = 30) -> tuple[Task, ...]:
    """So many settings around what is asked: tolerances, weights of boundaries and of moved households, then seeds."""
    tolerances = [task.tolerance, task.tolerance // 4, task.tolerance // 2]
    splits = [task.weights.split * n // 5 for n in SPLITS] if units.systems else [task.weights.split]
    moves = MOVES if units.home else (0,)
    found = list(_turns(task, list(dict.fromkeys(product(tolerances, splits, moves)))))
    return tuple(
        replace(found[n % len(found)], seed=task.seed + n // len(found)) for n in range(min(max(count, 1), MOST))
    )


def _turns(task: Task, choices: Sequence[tuple[int, int, int]]) -> Iterator[Task]:
    """All choices, by a step that leaps through them."""
    step = next(step for step in (7, 5, 11, 13) if len(choices) % step)
    for n in range(len(choices)):
        tolerance, split, moved = choices[n * step % len(choices)]
        yield replace(task, tolerance=tolerance, weights=replace(task.weights, split=split, moved=moved))


def front(units: Units, tasks: Sequence[Task], *, plain: bool | None = None) -> Generator[Front, None, Front]:
    """Search every setting; between two steps it may be stopped, and what it yielded last is what was found."""
    found = Front(done=0, of=len(tasks), plans=())
    for task in tasks:
        running = steps(units, task, plain=plain)
        while True:
            try:
                yield replace(found, within=next(running))
            except StopIteration as end:
                found = _with(found, task, end.value)
                break
        yield found
    return found


def _with(found: Front, task: Task, one: Plan | Infeasible) -> Front:
    if isinstance(one, Infeasible):
        return replace(found, done=found.done + 1, infeasible=(*found.infeasible, (task, one)))
    plans = (*found.plans, (task, one)) if one.holds else found.plans
    return replace(found, done=found.done + 1, plans=plans)
