"""Cells and micro-cells of whole buildings, repairs near a place, and plans of which none is better in all."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.partition.cells import CELL, MICRO, Band, cells, micro_cells
from pianqu.kernels.partition.figures import figures
from pianqu.kernels.partition.front import Front, front, non_dominated, settings, values
from pianqu.kernels.partition.level import SCALE
from pianqu.kernels.partition.problem import System, Task, Units, Weights
from pianqu.kernels.partition.reasons import Kind
from pianqu.kernels.partition.search import Infeasible, Plan, enough, plan, repair, steps
from pianqu.kernels.tests.test_partition import _connected, grid


def street(width: int = 16, height: int = 8) -> Units:
    """Stairwells of some 12 households; each two beside each other are one building."""
    count = width * height
    return grid(
        width,
        height,
        households=tuple(8 + n * 7 % 9 for n in range(count)),
        workload=tuple(3 + n % 3 for n in range(count)),
        systems=(System(name="buildings", areas=tuple(f"{n // 2}" for n in range(count))),),
    )


def test_cells_have_their_households_and_whole_buildings() -> None:
    units = street()
    found = cells(units, whole="buildings", sweeps=12, plain=True)
    assert isinstance(found, Plan) and found.holds
    assert len(found.figures.loads) == 4 and all(300 <= load <= 500 for load in found.figures.loads)
    assert found.part[::2] == found.part[1::2] and found.figures.splits == 0
    assert all(_connected(units, found.part, cell) for cell in range(4))


def test_one_worker_can_walk_a_cell() -> None:
    units = street()
    walk = 108
    found = cells(units, replace(CELL, work=walk), whole="buildings", sweeps=12, plain=True)
    assert isinstance(found, Plan) and found.holds and len(found.figures.loads) == 5
    sums = np.bincount(found.part, weights=units.workload)
    assert sums.max() <= walk


def test_micro_cells_lie_in_cells() -> None:
    units = street()
    found = cells(units, whole="buildings", sweeps=12, plain=True)
    assert isinstance(found, Plan)
    micro = micro_cells(units, found.part, whole="buildings", sweeps=25, plain=True)
    assert not micro.reasons and min(micro.part) == 0
    assert all(micro.cells[one] == cell for one, cell in zip(micro.part, found.part, strict=True))
    sums = np.bincount(micro.part, weights=units.households)
    assert MICRO.least <= sums.min() and sums.max() <= MICRO.most


def test_households_that_are_no_whole_number_of_cells() -> None:
    few = grid(3, 3, households=(31,) * 9)
    found = cells(few, plain=True)
    assert isinstance(found, Infeasible) and [one.kind for one in found.reasons] == [Kind.NO_NUMBER]
    micro = micro_cells(grid(2, 1, households=(45, 45)), (0, 0), plain=True)
    assert micro.part == (-1, -1) and micro.reasons[0][0] == 0


def test_micro_cells_outside_their_limits_say_that_none_within_were_found() -> None:
    """A star: whatever is no leaf holds the middle, so that nothing but one cell would do, and nothing proves it."""
    star = Units(population=(0,) * 7, households=(0, *(10,) * 6), borders=tuple((0, leaf, 1) for leaf in range(1, 7)))
    micro = micro_cells(star, (0,) * 7, Band(least=20, most=30), sweeps=20, plain=True)
    assert min(micro.part) == 0 and len(micro.cells) > 1
    [(cell, reason)] = micro.reasons
    assert (cell, reason.kind, reason.proven) == (0, Kind.NOT_FOUND, False)
    sums = np.bincount(micro.part, weights=star.households)
    assert int(reason.sentence.values["over"]) == np.maximum(20 - sums, 0).sum() + np.maximum(sums - 30, 0).sum()


def test_a_building_larger_than_a_cell_is_named_by_its_units() -> None:
    units = replace(street(), households=(600, 10, *(12,) * 126))
    found = cells(units, Band(least=300, most=500), whole="buildings", plain=True)
    assert isinstance(found, Infeasible)
    assert [(r.kind, r.units) for r in found.reasons] == [(Kind.TOO_LARGE, (0, 1))]


# stopping ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("steps_made", [1, 4, 9, 20, 26])
def test_who_stops_a_search_has_its_best_plan_yet_even_one_of_atoms(steps_made: int) -> None:
    systems = (System(name="streets", areas=tuple(str(n % 12 // 2) for n in range(72))),)
    units, task = grid(12, 6, systems=systems), Task(clusters=3, tolerance=1_000, sweeps=100, tries=2)
    running = steps(units, task, plain=True)
    seen = list(itertools.islice(running, steps_made))
    found = enough(running)
    assert isinstance(found, Plan) and not found.figures.loose and len(found.part) == 72
    assert found.turns > 0 and found.figures.over == seen[-1].over
    assert found.figures.score == -(-seen[-1].score // SCALE)


def test_a_search_that_is_not_stopped_makes_more_tries_than_one_that_is() -> None:
    units, task = grid(12, 6), Task(clusters=3, tolerance=1_000, sweeps=20, tries=3)
    assert [progress.tries for progress in steps(units, task, plain=True)][-1] == 2
    whole = plan(units, task, plain=True)
    running = steps(units, task, plain=True)
    next(running)
    early = enough(running)
    assert isinstance(whole, Plan) and isinstance(early, Plan) and early.turns < whole.turns


# repair --------------------------------------------------------------------------------------------------------------


def test_a_repair_moves_only_what_is_near_and_not_locked() -> None:
    units = grid(12, 6)
    task = Task(clusters=6, tolerance=900, sweeps=100, locks={14: 0})
    begin = tuple(n % 12 // 4 + 3 * (n // 36) for n in range(72))
    dragged = list(begin)
    for unit in (4, 16, 28):
        dragged[unit] = 0
    assert figures(units, task, dragged).over
    found = repair(units, task, dragged, (16,), reach=3, plain=True)
    assert isinstance(found, Plan) and found.holds and found.part[14] == 0
    far = [n for n in range(72) if abs(n % 12 - 4) + abs(n // 12 - 1) > 3]
    assert all(found.part[n] == begin[n] for n in far)


def test_a_repair_joins_what_was_torn_apart_and_never_makes_a_good_plan_worse() -> None:
    units = grid(6, 4)
    task = Task(clusters=2, tolerance=2000, sweeps=50)
    torn = [0] * 12 + [1] * 12
    torn[0], torn[23] = 1, 0
    found = repair(units, task, torn, (0, 23), reach=1, plain=True)
    assert isinstance(found, Plan) and found.holds and found.figures.cut == 6
    again = repair(units, task, found.part, (0,), reach=0, plain=True)
    assert isinstance(again, Plan) and again.part == found.part


# the front -----------------------------------------------------------------------------------------------------------

points = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), max_size=12)


@given(points)
def test_what_is_shown_is_beaten_by_none_and_beats_all_others(some: list[tuple[int, int, int]]) -> None:
    kept = non_dominated(some)
    as_good = [
        (a, b)
        for a, b in itertools.permutations(range(len(some)), 2)
        if all(x <= y for x, y in zip(some[a], some[b], strict=True))
    ]
    assert not any(a in kept and b in kept for a, b in as_good)
    assert all(n in kept or any(a in kept and b == n for a, b in as_good) for n in range(len(some)))


def wanted() -> tuple[Units, Task]:
    home = tuple(n % 8 // 4 + 2 * (n // 24) for n in range(48))
    systems = (System(name="one", areas=tuple(str(n % 8 // 3) for n in range(48))),)
    return grid(8, 6, home=home, systems=systems), Task(clusters=4, tolerance=1700, sweeps=20, tries=2)


def test_a_front_is_the_same_again_and_can_be_stopped() -> None:
    units, task = wanted()
    tasks = settings(units, task, 20)
    assert len(set(map(str, tasks))) == 20
    seen: list[Front] = list(front(units, tasks[:6], plain=True))
    whole = seen[-1]
    assert whole.done == 6 and whole.best and all(plan.holds for _task, plan in whole.best)
    half = next(one for one in seen if one.done == 3)
    assert half.plans == whole.plans[: len(half.plans)]
    for task_, found in whole.plans:
        assert plan(units, task_, plain=True) == found
    best = [values(found.figures) for _task, found in whole.best]
    assert len(set(best)) == len(best)


def test_who_does_not_want_to_move_anybody_moves_nobody() -> None:
    units, task = wanted()
    stays = plan(units, replace(task, weights=Weights(split=0, moved=50)), plain=True)
    assert isinstance(stays, Plan) and stays.holds and stays.figures.moved == 0
