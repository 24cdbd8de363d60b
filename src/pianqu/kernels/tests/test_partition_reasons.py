"""Every reason why there is no plan, by its smallest case; and that what is nearly so is planned."""

from dataclasses import replace

import pytest

from pianqu.kernels.partition.problem import System, Task, Units, Weights
from pianqu.kernels.partition.reasons import Kind, Reason
from pianqu.kernels.partition.search import Infeasible, Plan, plan, repair
from pianqu.kernels.tests.test_partition import grid

LINE = Units(population=(10,) * 6, borders=tuple((n, n + 1, 1) for n in range(5)))
TWO = Task(clusters=2, tolerance=500, sweeps=50, tries=2)


def why(units: Units, task: Task) -> Reason:
    found = plan(units, task, plain=True)
    assert isinstance(found, Infeasible)
    return found.reasons[0]


def planned(units: Units, task: Task) -> Plan:
    found = plan(units, task, plain=True)
    assert isinstance(found, Plan) and found.holds, found
    return found


def test_no_units() -> None:
    assert why(Units(population=()), TWO).kind is Kind.NO_UNITS


def test_missing_population_names_the_units() -> None:
    reason = why(replace(LINE, population=(10, None, 10, None, 10, 10), keys=("a", "b", "c", "d", "e", "f")), TWO)
    assert (reason.kind, reason.units) == (Kind.MISSING_POPULATION, (1, 3))
    assert str(reason) == "The population of 2 units is missing: b, d."


def test_a_unit_without_people_is_planned_and_one_below_zero_is_not() -> None:
    assert planned(replace(LINE, population=(10, 0, 20, 20, 0, 10)), TWO).figures.deviation == 0
    reason = why(replace(LINE, population=(10, -1, 10, 10, 10, 10)), TWO)
    assert (reason.kind, reason.units) == (Kind.NEGATIVE, (1,))


def test_nobody_anywhere() -> None:
    assert why(replace(LINE, population=(0,) * 6), TWO).kind is Kind.NOBODY


def test_fewer_inhabited_units_than_clusters() -> None:
    reason = why(replace(LINE, population=(10, 0, 0, 10, 0, 0)), replace(TWO, clusters=3))
    assert (reason.kind, reason.units) == (Kind.NOBODY, (1, 2, 4, 5))


def test_more_clusters_than_units() -> None:
    assert why(LINE, replace(TWO, clusters=7)).kind is Kind.TOO_MANY_CLUSTERS
    assert planned(LINE, replace(TWO, clusters=6)).figures.deviation == 0


@pytest.mark.parametrize(
    "task",
    [
        replace(TWO, clusters=0),
        replace(TWO, tolerance=-1),
        replace(TWO, limits=(30, 20)),
        replace(TWO, weights=Weights(split=-1)),
    ],
)
def test_a_task_that_makes_no_sense(task: Task) -> None:
    assert why(LINE, task).kind is Kind.WRONG_TASK


def test_a_unit_too_large_for_any_cluster_and_the_tolerance_it_needs() -> None:
    units = replace(LINE, population=(10, 10, 40, 5, 5, 2))
    reason = why(units, TWO)
    assert (reason.kind, reason.units) == (Kind.TOO_LARGE, (2,))
    assert reason.tolerance == 1112
    line = replace(
        units, population=(10, 10, 40, 5, 5, 2), borders=((0, 1, 1), (1, 3, 1), (3, 4, 1), (4, 5, 1), (5, 2, 1))
    )
    assert planned(line, replace(TWO, tolerance=reason.tolerance + 600))


def test_numbers_that_only_come_in_steps() -> None:
    reason = why(LINE, replace(TWO, clusters=4, tolerance=500))
    assert reason.kind is Kind.STEPS
    assert reason.tolerance == 3334
    assert planned(LINE, replace(TWO, clusters=4, tolerance=reason.tolerance))


def test_zero_tolerance_is_as_near_as_whole_numbers_allow() -> None:
    assert sorted(planned(replace(LINE, population=(1, 1, 1, 1, 1, 2)), replace(TWO, tolerance=0)).figures.loads) == [
        3,
        4,
    ]


def test_an_island_that_is_no_cluster_and_a_bridge_to_it() -> None:
    apart = replace(LINE, borders=LINE.borders[:-1])
    reason = why(apart, TWO)
    assert (reason.kind, reason.units) == (Kind.ISLAND, (5,))
    found = planned(replace(apart, bridges=((4, 5),)), TWO)
    assert found.figures.cut == 1


def test_islands_that_are_clusters() -> None:
    halves = replace(LINE, borders=(*LINE.borders[:2], *LINE.borders[3:]))
    assert planned(halves, TWO).figures.cut == 0
    reason = why(halves, replace(TWO, clusters=3, tolerance=1000))
    assert reason.kind is Kind.ISLAND
    thirds = replace(LINE, population=(10,) * 6, borders=((0, 1, 1), (2, 3, 1), (4, 5, 1)))
    assert why(thirds, replace(TWO, limits=(10, 60))).kind is Kind.ISLANDS


def test_locks_and_centres_that_do_not_exist() -> None:
    assert why(LINE, replace(TWO, locks={9: 0})).kind is Kind.WRONG_LOCK
    assert why(LINE, replace(TWO, locks={0: 2})).kind is Kind.WRONG_LOCK
    assert why(LINE, replace(TWO, centres=(6,))).kind is Kind.WRONG_LOCK


def test_two_centres_in_one_cluster() -> None:
    reason = why(LINE, replace(TWO, centres=(0, 5), locks={0: 1, 5: 1}))
    assert (reason.kind, reason.units, reason.clusters) == (Kind.TWO_CENTRES, (0, 5), (1,))
    assert why(LINE, replace(TWO, centres=(0, 2, 5))).kind is Kind.TWO_CENTRES
    assert why(LINE, replace(TWO, centres=(3, 3))).kind is Kind.TWO_CENTRES


def test_centres_lie_in_clusters_of_their_own() -> None:
    found = planned(grid(4, 3), Task(clusters=3, sweeps=50, centres=(0, 1, 11)))
    assert len({found.part[unit] for unit in (0, 1, 11)}) == 3
    found = planned(grid(4, 3), Task(clusters=3, sweeps=50, centres=(0, 1), locks={1: 0, 2: 0, 11: 1}))
    assert (found.part[1], found.part[2], found.part[11]) == (0, 0, 1) and found.part[0] == 2


def test_a_centre_goes_where_locks_are_if_it_has_no_room_of_its_own() -> None:
    units = Units(population=(3, 3, 1, 5, 1), borders=((0, 3, 1), (1, 2, 1), (1, 3, 1), (2, 4, 1)), bridges=((0, 2),))
    found = planned(units, replace(TWO, tolerance=10_000, locks={3: 1, 1: 0}, centres=(0, 2)))
    assert (found.part[0], found.part[2]) == (1, 0)
    reason = why(LINE, replace(TWO, locks={0: 0, 1: 0, 2: 0, 3: 0}, centres=(5,)))
    assert reason.kind is Kind.LOCKED_LOAD and reason.proven


def test_other_clusters_are_tried_for_centres_where_no_plan_is_found() -> None:
    units = Units(
        population=(0, 1, 1, 0),
        households=(1, 15, 5, 1),
        borders=((0, 1, 40), (0, 2, 8), (1, 2, 30), (1, 3, 35)),
        home=(1, 0, 0, -1),
    )
    asked = replace(TWO, tolerance=5_000, balance="households", locks={0: 1}, centres=(3, 2))
    assert planned(units, asked).part == (1, 0, 1, 0)
    mended = repair(units, asked, (1, 0, 1, 0), [1], plain=True)
    assert isinstance(mended, Plan) and mended.part == (1, 0, 1, 0)


def test_too_many_choices_for_centres_are_no_proof() -> None:
    line = Units(population=(10,) * 16, borders=tuple((n, n + 1, 1) for n in range(15)))
    task = Task(
        clusters=8, tolerance=0, sweeps=10, tries=1, locks={n: n for n in range(0, 8)}, centres=tuple(range(9, 14))
    )
    found = plan(line, task, plain=True)
    assert isinstance(found, Infeasible) and not any(reason.proven for reason in found.reasons)


def test_a_part_beside_the_present_clusters_gets_one_of_its_own() -> None:
    apart = replace(LINE, borders=LINE.borders[:4], population=(20, 20, 5, 5, 5, 30), home=(0, 0, 1, 1, 1, 0))
    asked = replace(TWO, weights=Weights(moved=2), limits=(1, 60))
    found = planned(apart, asked).part
    assert found[5] not in found[:5]
    mended = repair(apart, asked, apart.home, [5], plain=True)
    assert isinstance(mended, Infeasible) and mended.reasons[0].kind is Kind.ISLANDS


def test_limits_that_so_many_clusters_cannot_keep() -> None:
    reason = why(LINE, replace(TWO, limits=(30, 40), clusters=3))
    assert reason.kind is Kind.NO_NUMBER and reason.proven
    assert str(reason) == "All units together are enough for 2 to 2 clusters; 3 are asked for."


def test_numbers_that_do_not_add_up_exactly() -> None:
    reason = why(replace(LINE, population=(2**42,) * 6), TWO)
    assert reason.kind is Kind.TOO_MUCH and not reason.proven


def test_more_is_locked_into_a_cluster_than_it_may_have() -> None:
    reason = why(LINE, replace(TWO, locks=dict.fromkeys(range(4), 0)))
    assert (reason.kind, reason.units, reason.clusters) == (Kind.LOCKED_LOAD, (0, 1, 2, 3), (0,))
    assert reason.tolerance == 3334


def test_locks_that_cannot_be_connected() -> None:
    reason = why(LINE, replace(TWO, locks={0: 0, 2: 1, 4: 0}))
    assert (reason.kind, reason.units, reason.clusters) == (Kind.LOCKED_APART, (0, 4), (0,))


def test_a_lock_that_leaves_too_little_within_reach() -> None:
    reason = why(LINE, replace(TWO, locks={1: 0, 2: 1}))
    assert (reason.kind, reason.units, reason.clusters) == (Kind.OUT_OF_REACH, (1,), (0,))
    assert reason.tolerance == 3334


def test_a_pocket_that_fits_nowhere() -> None:
    units = Units(population=(5, 10, 10, 10, 10, 15), borders=LINE.borders)
    found = plan(units, replace(TWO, locks={1: 0, 4: 1, 3: 0, 2: 0}), plain=True)
    assert isinstance(found, Infeasible)
    assert [(reason.kind, reason.units, reason.clusters) for reason in found.reasons] == [
        (Kind.OUT_OF_REACH, (4,), (1,)),
        (Kind.POCKET, (0,), (0,)),
    ]


def test_locks_that_could_only_cross_are_said_to_be_not_proven() -> None:
    units = grid(4, 4)
    task = Task(clusters=2, tolerance=9000, sweeps=20, locks={0: 0, 15: 0, 3: 1, 12: 1})
    found = plan(units, task, plain=True)
    assert isinstance(found, Infeasible)
    assert not found.reasons[0].proven and found.reasons[0].kind is Kind.NOT_JOINED


def test_another_measure_has_a_most() -> None:
    units = replace(LINE, workload=(5, 5, 5, 1, 1, 1))
    assert why(units, replace(TWO, most=(("workload", 4),))).kind is Kind.TOO_LARGE
    assert planned(units, replace(TWO, most=(("workload", 15),))).figures.cut == 1
    assert not plan(units, replace(TWO, most=(("workload", 14),)), plain=True).holds  # type: ignore[union-attr]


def test_an_area_larger_than_a_cluster_is_divided() -> None:
    units = replace(LINE, systems=(System(name="one", areas=("a",) * 6),))
    assert planned(units, TWO).figures.splits == 1
