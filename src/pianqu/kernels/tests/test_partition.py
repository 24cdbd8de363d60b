"""Plans against every contiguous balanced partition of small graphs, and what must hold of any plan."""

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pianqu.kernels.partition import compiled, loop
from pianqu.kernels.partition.figures import Live, broken, figures
from pianqu.kernels.partition.graph import parts
from pianqu.kernels.partition.level import SCALE, atoms, board, coarse, level
from pianqu.kernels.partition.problem import System, Task, Units, Weights
from pianqu.kernels.partition.search import Infeasible, Plan, checked, plan

SRC = Path(__file__).resolve().parents[3]


def grid(width: int, height: int, *, people: Sequence[int] = (), **more: object) -> Units:
    borders = [(u, u + 1, 10) for u in range(width * height) if (u + 1) % width]
    borders += [(u, u + width, 20) for u in range(width * (height - 1))]
    return Units(population=tuple(people) or (1,) * (width * height), borders=tuple(borders), **more)  # type: ignore[arg-type]


@st.composite
def problems(draw: st.DrawFn, most: int = 14) -> tuple[Units, Task]:
    """A connected graph, people, two systems, a present plan and perhaps a lock."""
    count = draw(st.integers(4, most))
    borders = {(draw(st.integers(0, n - 1)), n) for n in range(1, count)}
    borders |= {(a, b) for a, b in draw(st.sets(st.tuples(*[st.integers(0, count - 1)] * 2), max_size=count)) if a < b}
    names = st.tuples(*[st.sampled_from(("", "a", "b", "c"))] * count)
    clusters = draw(st.integers(2, 3))
    units = Units(
        population=draw(st.tuples(*[st.integers(0, 9)] * count)),
        households=draw(st.tuples(*[st.integers(0, 5)] * count)),
        borders=tuple((a, b, draw(st.integers(1, 50))) for a, b in sorted(borders)),
        systems=(System(name="one", areas=draw(names)), System(name="two", areas=draw(names), weight=2)),
        home=draw(st.tuples(*[st.integers(-1, clusters - 1)] * count)),
    )
    weights = Weights(moved=draw(st.integers(0, 2)), by_length=draw(st.booleans()))
    locks = draw(st.dictionaries(st.integers(0, count - 1), st.integers(0, clusters - 1), max_size=2))
    task = Task(clusters=clusters, tolerance=draw(st.integers(0, 6000)), weights=weights, locks=locks)
    return units, replace(task, seed=draw(st.integers(0, 9)), sweeps=40, tries=1)


def every_plan(units: Units, task: Task) -> Iterator[tuple[int, ...]]:
    """All within the limits, by trying everything."""
    low, high = task.bounds(sum(units.column("population")))
    for part in itertools.product(range(task.clusters), repeat=len(units)):
        loads = [
            sum(p for p, c in zip(units.column("population"), part, strict=True) if c == k)
            for k in range(task.clusters)
        ]
        if (
            all(low <= load <= high for load in loads)
            and all(part[unit] == cluster for unit, cluster in task.locks.items())
            and all(_connected(units, part, cluster) for cluster in range(task.clusters))
        ):
            yield part


def _connected(units: Units, part: Sequence[int], cluster: int) -> bool:
    inside = {unit for unit, its in enumerate(part) if its == cluster}
    if not inside:
        return False
    pairs = [(a, b) for a, b, _length in units.borders] + list(units.bridges)
    seen, edge = set[int](), [min(inside)]
    while edge:
        unit = edge.pop()
        if unit not in seen:
            seen.add(unit)
            edge += [b for a, b in pairs if a == unit and b in inside] + [
                a for a, b in pairs if b == unit and a in inside
            ]
    return seen == inside


def by_hand(units: Units, task: Task, part: Sequence[int]) -> int:
    """The score, counted anew; only where borders count one each."""
    weights = task.weights
    cut = sum(part[a] != part[b] for a, b, _length in units.borders)
    split = sum(
        system.weight * (len({c for c, its in zip(part, system.areas, strict=True) if its == area}) - 1)
        for system in units.systems
        for area in set(system.areas) - {""}
    )
    who = units.households or units.column("population")
    total = sum(who) or 1
    moved = sum(
        -(-SCALE * weights.moved * len(units) * count // total)
        for count, now, then in zip(who, units.home or part, part, strict=True)
        if now not in (-1, then)
    )
    return -(-(SCALE * (weights.cut * cut + weights.split * split) + moved) // SCALE)


@settings(max_examples=25, deadline=None)
@given(problems(most=7))
def test_what_is_found_is_found_by_trying_everything_too(problem: tuple[Units, Task]) -> None:
    units, task = problem
    task = replace(task, weights=replace(task.weights, by_length=False), sweeps=30)
    found = plan(units, task, plain=True)
    all_plans = {part: by_hand(units, task, part) for part in every_plan(units, task)}
    if isinstance(found, Infeasible):
        assert not any(reason.proven for reason in found.reasons) or not all_plans, [str(r) for r in found.reasons]
    elif found.holds:
        assert all_plans[found.part] == found.figures.score
    else:
        assert found.part not in all_plans


def test_a_border_told_from_both_sides_is_one_border_with_its_length() -> None:
    told = Units(population=(1, 1, 1), borders=((0, 1, 40), (1, 0, 40), (1, 2, 30), (2, 2, 9)))
    found = figures(told, Task(clusters=3), (0, 1, 2))
    assert (found.cut, found.length) == (2, 70)


def test_small_plans_are_the_best_there_are() -> None:
    worse = 0
    for seed in range(6):
        lot = np.random.default_rng(seed)
        areas = tuple(str(n) for n in lot.integers(0, 4, 9))
        units = grid(3, 3, people=lot.integers(1, 5, 9).tolist(), systems=(System(name="one", areas=areas),))
        task = Task(clusters=3, tolerance=3000, sweeps=60, seed=seed, tries=2)
        scores = [by_hand(units, task, part) for part in every_plan(units, task)]
        found = plan(units, task, plain=True)
        if not scores:
            assert isinstance(found, Infeasible) or not found.holds
            continue
        assert isinstance(found, Plan) and found.holds
        worse += found.figures.score > min(scores)
    assert worse == 0


@settings(max_examples=50, deadline=None)
@given(problems())
def test_a_plan_is_connected_keeps_locks_and_its_score_is_the_sum_of_its_changes(problem: tuple[Units, Task]) -> None:
    units, task = problem
    of = checked(units, task)
    assume(not isinstance(of, Infeasible))
    found = plan(units, task, plain=True)
    if isinstance(found, Infeasible):
        assert not found.reasons[0].proven
        return
    assert all(_connected(units, found.part, cluster) for cluster in range(task.clusters))
    assert all(found.part[unit] == cluster for unit, cluster in task.locks.items())
    low, high = task.bounds(sum(units.column("population")))
    assert found.holds == all(low <= load <= high for load in found.figures.loads)
    again = figures(units, task, found.part)
    assert again == found.figures
    if not task.weights.by_length:
        assert again.score == by_hand(units, task, found.part)


@settings(max_examples=50, deadline=None)
@given(problems(), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=12))
def test_figures_that_go_along_are_those_from_the_beginning(
    problem: tuple[Units, Task], moves: list[tuple[int, int]]
) -> None:
    units, task = problem
    part = [n % task.clusters for n in range(len(units))]
    live = Live(units, task, part)
    for unit, cluster in moves:
        live.move(unit, cluster % task.clusters)
    found = figures(units, task, live.part)
    assert (live.cut, live.splits, live.moved, live.deviation, tuple(live.loads)) == (
        found.cut,
        found.splits,
        found.moved,
        found.deviation,
        found.loads,
    )
    assert found.splits == sum(len(clusters) - 1 for clusters in broken(units, live.part).values())


@settings(max_examples=40, deadline=None)
@given(problems(), st.integers(0, 99), st.integers(100, 2_000_000))
def test_the_loop_keeps_its_books(problem: tuple[Units, Task], seed: int, beta: int) -> None:
    """Whatever it moves, one by one or by cutting anew: what it carries along is what is counted from the beginning."""
    units, task = problem
    of = level(units, task, np.full(len(units), -1, dtype=np.int64))
    component = parts(of.graph)
    part = np.minimum(np.arange(len(units)), task.clusters - 1)
    b = board(of, part, seed=seed, free=np.array([n % 5 != 4 for n in range(len(units))], dtype=np.int64), order=None)
    connected = component.max() == 0
    for _ in range(4):
        loop.sweep(b, 40, beta, 10, 100)
        loop.mix(b, 3, beta)
        now = np.array(b.part)
        assert b.memo[loop.SCORE] == of.score(now) and b.memo[loop.OVER] == of.over(now)
        assert (
            list(b.loads) == of.loads(now).reshape(-1).tolist()
            and list(b.pieces) == of.pieces(now).reshape(-1).tolist()
        )
        assert min(b.sizes) > 0 and list(now[4::5]) == list(part[4::5])
        border = {u for u in range(len(units)) if b.free[u] and any(now[v] != now[u] for v in of.graph.of(u))}
        assert set(b.border[: b.memo[loop.BORDERS]]) == border
        if b.memo[loop.BEST] >= 0:
            best = np.array(b.best)
            assert of.over(best) == 0 and of.score(best) == b.memo[loop.BEST]
    if connected and figures(units, task, part.tolist()).loose == ():
        assert figures(units, task, b.part).loose == ()


def test_atoms_have_the_score_of_their_units() -> None:
    areas = tuple("aabbccaabbccddeeffddeeff")
    units = grid(6, 4, systems=(System(name="one", areas=areas), System(name="two", areas=tuple("x" * 12 + "y" * 12))))
    of = level(units, Task(clusters=3), np.full(24, -1, dtype=np.int64))
    atom = atoms(of, 100)
    above = coarse(of, atom)
    assert len(above) == 6
    for part in ((0, 1, 2, 0, 1, 2), (0, 0, 1, 1, 2, 2), (0, 1, 1, 2, 1, 0)):
        coarse_part = np.array(part)
        assert above.score(coarse_part) == of.score(coarse_part[atom])
        assert above.loads(coarse_part).tolist() == of.loads(coarse_part[atom]).tolist()
    assert len(set(atoms(of, 3).tolist())) == 24


# the same everywhere -------------------------------------------------------------------------------------------------


def the_problem() -> tuple[Units, Task]:
    people = [40 + (n * 37) % 41 for n in range(80)]
    areas = tuple(str(n % 10 // 2 + 5 * (n // 20)) for n in range(80))
    units = grid(10, 8, people=people, systems=(System(name="one", areas=areas),))
    return units, Task(clusters=6, tolerance=700, seed=5, sweeps=24, tries=2, locks={0: 3, 79: 1}, centres=(0, 44))


THE_PLAN = """
import sys
from pianqu.kernels.tests.test_partition import the_problem
from pianqu.kernels.partition.search import plan
print(plan(*the_problem(), plain=True))
"""


def test_another_process_makes_the_same_plan() -> None:
    here = plan(*the_problem(), plain=True)
    for seed in ("1",):
        environment = os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": f"{SRC}"}
        done = subprocess.run(
            [sys.executable, "-c", THE_PLAN], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == str(here)


@pytest.mark.skipif(not compiled.is_there(), reason="numba is not installed: nothing to compare with")
def test_compiled_code_makes_the_same_plan() -> None:
    units, task = the_problem()
    of = checked(units, task)
    assert not isinstance(of, Infeasible)
    fast = plan(units, task, plain=False)
    assert fast == plan(units, task, plain=True)
    assert isinstance(fast, Plan) and fast.holds
