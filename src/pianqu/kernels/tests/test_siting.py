"""Sites against every possible plan, against published optima, and with every reason for which there is none."""

import csv
import itertools
import math
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from pianqu.kernels import geo
from pianqu.kernels.siting import asking, planning, walking
from pianqu.kernels.siting.dice import Dice
from pianqu.kernels.siting.exchange import Exchange
from pianqu.kernels.siting.model import UNREACHABLE, BadQuestion, Effort, Infeasible, Plan, Question
from pianqu.kernels.siting.relaxing import relax
from pianqu.kernels.siting.transport import transport
from pianqu.kernels.siting.view import View

SHARED = Path(__file__).resolve().parents[5] / "shared/data"
BIG = 10**6
Table = Any


# the oracle ------------------------------------------------------------------------------------------------------------


def cheapest(cost: Table, weight: Table, capacity: Table | None, miss: int) -> int:
    """The smallest total by linear programming, or by looking where places are not limited."""
    if capacity is None:
        return int((weight * np.minimum(cost.min(axis=1), miss)).sum())
    points, sites = cost.shape
    wide = np.column_stack([np.minimum(cost, 2 * miss), np.full(points, miss)])
    each = np.kron(np.eye(points), np.ones(sites + 1))
    room = np.tile(np.eye(sites + 1)[:sites], points)
    found = linprog(wide.ravel(), A_eq=each, b_eq=weight, A_ub=room, b_ub=capacity, method="highs")
    return round(found.fun)


def best(asked: Question, measure: str, within: int) -> int | None:
    """The value of the best of all plans, or None."""
    values = [value for plan in plans(asked) if (value := worth(asked, list(plan), measure, within)) is not None]
    if not values:
        return None
    return max(values) if measure == "coverage" else min(values)


def plans(asked: Question) -> Iterator[tuple[int, ...]]:
    for plan in itertools.combinations(range(asked.cost.shape[1]), asked.sites):
        if set(asked.kept) <= set(plan) and not set(asked.forbidden) & set(plan):
            yield plan


def worth(asked: Question, plan: list[int], measure: str, within: int) -> int | None:
    cost, room = asked.cost[:, plan], None if asked.capacity is None else asked.capacity[plan]
    cost = np.where(cost == UNREACHABLE, 2 * BIG, cost)
    if measure == "median":
        found = cheapest(cost, asked.weight, room, BIG)
        return found if found < BIG else None
    if measure == "coverage":
        return int(asked.weight.sum()) - cheapest(np.where(cost > within, 2, 0), asked.weight, room, 1)
    for limit in sorted(set(cost[cost < BIG].tolist())):
        if not cheapest(np.where(cost > limit, 2, 0), asked.weight, room, 1):
            return int(limit)
    return None


def question(seed: int) -> Question:
    """A small question with everything that can be asked: unreachable pairs, capacities, kept and forbidden sites."""
    dice = random.Random(seed)
    points, candidates = dice.randint(1, 7), dice.randint(1, 6)
    sites, most = dice.randint(1, min(3, candidates)), dice.choice([3, 20])
    cost = [
        [dice.randint(0, most) if dice.random() > 0.15 else UNREACHABLE for _ in range(candidates)]
        for _ in range(points)
    ]
    weight = [dice.randint(0, 5) for _ in range(points)]
    weight[0] += 1
    kept = tuple(dice.sample(range(candidates), dice.randint(0, 1)))
    return Question(
        cost=np.array(cost),
        weight=np.array(weight),
        sites=sites,
        capacity=np.array([dice.randint(0, sum(weight) + 1) for _ in range(candidates)])
        if dice.random() < 0.6
        else None,
        kept=kept,
        forbidden=tuple(one for one in range(candidates) if one not in kept and dice.random() < 0.1),
    )


def answer(asked: Question, measure: str, within: int, **how: Any) -> Plan | Infeasible:
    if measure == "coverage":
        return planning.coverage(asked, within=within, **how)
    return {"median": planning.median, "centre": planning.centre}[measure](asked, **how)


MEASURES = ("median", "centre", "coverage")


@pytest.mark.parametrize("measure", MEASURES)
def test_small_questions_get_the_best_of_all_plans_and_its_proof(measure: str) -> None:
    for seed in range(35):
        asked = question(seed)
        found, wanted = answer(asked, measure, 8), best(asked, measure, 8)
        if isinstance(found, Infeasible):
            assert wanted is None and found.proved and found.reasons, seed
            continue
        assert (found.value, found.bound, found.proved) == (wanted, wanted, True), seed
        check(asked, found, within=8)


@pytest.mark.parametrize("measure", MEASURES)
def test_what_is_heard_on_the_way_is_a_plan_that_gets_better_and_never_beats_its_bound(measure: str) -> None:
    sign = 1 if measure == "coverage" else -1
    for seed in range(35):
        asked, heard = question(seed), list[planning.SoFar]()
        found = answer(asked, measure, 8, hear=heard.append)
        if isinstance(found, Infeasible):
            assert not heard, seed
            continue
        values = [sign * one.value for one in heard]
        assert values == sorted(values) and all(value <= sign * found.value for value in values), seed
        for one in heard:
            assert len(one.sites) == asked.sites and set(asked.kept) <= set(one.sites)
            assert sign * one.bound >= sign * found.value, seed
            assert sign * (worth(asked, list(one.sites), measure, 8) or 0) >= sign * one.value, seed


def test_who_listens_can_end_a_search() -> None:
    def enough(so_far: planning.SoFar) -> None:
        raise InterruptedError(so_far.sites)

    with pytest.raises(InterruptedError):
        planning.coverage(question(1), within=8, hear=enough)


@pytest.mark.parametrize("measure", MEASURES)
def test_dividing_alone_finds_and_proves_the_best_as_well(measure: str) -> None:
    for seed in range(100, 120):
        found, wanted = (
            answer(question(seed), measure, 8, effort=Effort(rounds=0, steps=5, pairs=0)),
            best(question(seed), measure, 8),
        )
        if isinstance(found, Plan):
            assert (found.value, found.bound) == (wanted, wanted), seed
        else:
            assert wanted is None and found.proved, seed


def check(asked: Question, plan: Plan, *, within: int) -> None:
    """The plan keeps every rule, and its shares are worth its value."""
    assert len(plan.sites) == len(set(plan.sites)) == asked.sites
    assert set(asked.kept) <= set(plan.sites) and not set(asked.forbidden) & set(plan.sites)
    given_out, load = np.zeros_like(asked.weight), np.zeros(asked.cost.shape[1], dtype=int)
    costs = [int(asked.cost[share.point, share.site]) for share in plan.shares]
    for share in plan.shares:
        given_out[share.point] += share.weight
        load[share.site] += share.weight
        assert share.site in plan.sites and share.weight > 0
    assert UNREACHABLE not in costs
    assert (given_out <= asked.weight).all()
    assert asked.capacity is None or (load <= asked.capacity).all()
    if plan.measure == "coverage":
        told = sum(share.weight for share, cost in zip(plan.shares, costs, strict=True) if cost <= within)
    else:
        assert (given_out == asked.weight).all()
        told = (
            max(costs)
            if plan.measure == "centre"
            else sum(share.weight * cost for share, cost in zip(plan.shares, costs, strict=True))
        )
    assert told == plan.value


@pytest.mark.parametrize("measure", MEASURES)
def test_one_more_site_is_the_best_single_one(measure: str) -> None:
    for seed in range(25):
        asked = replace(question(seed), forbidden=())
        plan = answer(asked, "coverage", 8)
        assert isinstance(plan, Plan)
        told = next(one for one in asking.one_more(asked, plan, limit=8) if one.measure == measure)
        others = [one for one in range(asked.cost.shape[1]) if one not in plan.sites]
        figures = {None: figure(asked, list(plan.sites), measure)}
        figures |= {one: figure(asked, [*plan.sites, one], measure) for one in others}
        assert (told.unserved_before, told.before) == figures[None], seed
        assert (told.unserved_after, told.after) == min(
            figures.values(), key=lambda pair: (pair[0], -pair[1] if measure == "coverage" else pair[1])
        )
        assert figures[told.site] == (told.unserved_after, told.after)


def figure(asked: Question, plan: list[int], measure: str) -> tuple[int, int]:
    """Who is unserved and the measure's value, as many as possible served."""
    cost, room = asked.cost[:, plan], None if asked.capacity is None else asked.capacity[plan]
    cost = np.where(cost == UNREACHABLE, 2 * BIG, cost)
    if measure == "coverage":
        return 0, int(asked.weight.sum()) - cheapest(np.where(cost > 8, 2, 0), asked.weight, room, 1)
    unserved = cheapest(np.where(cost >= BIG, 2, 0), asked.weight, room, 1)
    if measure == "median":
        return unserved, cheapest(cost, asked.weight, room, BIG) - unserved * BIG
    for limit in sorted({0, *cost[cost < BIG].tolist()}):
        if cheapest(np.where(cost > limit, 2, 0), asked.weight, room, 1) == unserved:
            return unserved, int(limit) if unserved < asked.weight.sum() else 0
    raise AssertionError("somebody is served at some cost")


# properties ------------------------------------------------------------------------------------------------------------


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(MEASURES))
def test_a_further_candidate_never_makes_the_best_plan_worse(seed: int, measure: str) -> None:
    asked = question(seed)
    found = answer(asked, measure, 8)
    wider = replace(
        asked,
        cost=np.column_stack([asked.cost, np.arange(len(asked.weight)) % 7]),
        capacity=None if asked.capacity is None else np.append(asked.capacity, 3),
    )
    other = answer(wider, measure, 8)
    if isinstance(found, Plan):
        assert isinstance(other, Plan)
        assert other.value >= found.value if measure == "coverage" else other.value <= found.value


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(MEASURES), st.booleans())
def test_value_and_bound_embrace_the_truth_and_the_seed_decides(seed: int, measure: str, limited: bool) -> None:
    dice = np.random.default_rng(seed)
    asked = Question(
        cost=dice.integers(0, 60, (25, 12)),
        weight=dice.integers(0, 30, 25),
        sites=4,
        capacity=dice.integers(60, 200, 12) if limited else None,
        kept=(3,),
    )
    effort = Effort(rounds=10, steps=40, nodes=2, looks=20_000)
    found = answer(asked, measure, 15, effort=effort, seed=seed)
    if isinstance(found, Infeasible):
        assert found.reasons[0].kind == "capacity-below-demand"
        return
    check(asked, found, within=15)
    assert found.bound >= found.value if measure == "coverage" else found.bound <= found.value
    assert answer(asked, measure, 15, effort=effort, seed=seed) == found


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_sharing_limited_places_costs_what_linear_programming_says(data: st.DataObject) -> None:
    points, sites = data.draw(st.integers(1, 7)), data.draw(st.integers(1, 5))
    numbers = st.integers(0, 12)
    cost = np.array(data.draw(st.lists(numbers, min_size=points * sites, max_size=points * sites))).reshape(
        points, sites
    )
    weight = np.array(data.draw(st.lists(numbers, min_size=points, max_size=points)))
    room = np.array(data.draw(st.lists(numbers, min_size=sites, max_size=sites)))
    miss = data.draw(st.integers(1, 15))
    value, flow = transport(cost, weight, room, miss)
    assert value == cheapest(np.where(cost > miss, 2 * miss, cost), weight, room, miss)
    assert (flow >= 0).all() and (flow.sum(axis=1) == weight).all() and (flow[:, :-1].sum(axis=0) <= room).all()
    assert value == int((flow[:, :-1] * cost).sum() + miss * flow[:, -1].sum())


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6))
def test_what_an_exchange_brings_is_what_it_then_brings(seed: int) -> None:
    dice = np.random.default_rng(seed)
    table = dice.integers(0, 9, (dice.integers(1, 12), dice.integers(2, 9)))
    most, count = table.max(axis=1), int(dice.integers(1, table.shape[1]))
    state = Exchange(table, most, list(range(count)), 0)
    for _time in range(6):
        slot, column = (
            int(dice.integers(count)),
            int(dice.choice(np.setdiff1d(np.arange(table.shape[1]), state.columns))),
        )
        told, before = int(state.profits()[slot, column]), state.value
        state.swap(slot, column)
        assert state.value == before - told == int(table[:, state.columns].min(axis=1).sum())


def test_the_bound_alone_is_below_every_plan_also_with_capacities() -> None:
    for seed in range(40):
        asked = replace(question(seed), forbidden=())
        if (
            asked.sites < len(asked.kept)
            or asked.sites > asked.cost.shape[1]
            or (wanted := best(asked, "median", 8)) is None
        ):
            continue
        task = View(asked).median(
            next(plan for plan in plans(asked) if worth(asked, list(plan), "median", 8) is not None)
        )
        assert relax(task, best=wanted + 5, aim=wanted + 4, steps=80).whole <= wanted, seed


def test_the_dice_fall_as_published() -> None:
    dice = Dice(1234567)
    assert [dice.throw() for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert {Dice(7).below(1) for _ in range(3)} == {0}
    counts = np.bincount([dice.below(6) for _ in range(6000)])
    assert len(counts) == 6 and counts.min() > 850


# reasons ---------------------------------------------------------------------------------------------------------------

LINE = np.array([[0, 4, 9], [4, 0, 5], [9, 5, 0]])
ONES = np.array([1, 2, 3])


@pytest.mark.parametrize(
    ("changes", "kind", "points", "candidates"),
    [
        ({"sites": 4}, "too-few-candidates", (), ()),
        ({"sites": 2, "forbidden": (0, 1)}, "too-few-candidates", (), ()),
        ({"sites": 0}, "no-sites", (), ()),
        ({"sites": 1, "kept": (0, 2)}, "too-many-kept", (), (0, 2)),
        ({"sites": 2, "kept": (0,), "forbidden": (0,)}, "kept-forbidden", (), (0,)),
        ({"weight": np.zeros(3, dtype=int)}, "no-demand", (), ()),
        ({"sites": 2, "capacity": np.array([3, 2, 1])}, "capacity-below-demand", (), ()),
        ({"cost": np.array([[0, 4, 9], [-1, -1, -1], [9, 5, 0]])}, "unreachable", (1,), ()),
        ({"cost": np.array([[0, 4, 9], [-1, -1, 3], [9, 5, 0]]), "forbidden": (2,)}, "unreachable", (1,), ()),
        ({"cost": LINE * 2**35, "weight": ONES * 2**30}, "too-large", (), ()),
        ({"cost": np.array([[0, -1, -1], [-1, 0, -1], [-1, -1, 0]]), "sites": 2}, "too-few-sites", (0,), ()),
    ],
)
def test_every_reason_for_no_plan_names_whom_it_is_about(
    changes: dict[str, Any], kind: str, points: tuple[int, ...], candidates: tuple[int, ...]
) -> None:
    asked = Question(**({"cost": LINE, "weight": ONES, "sites": 2} | changes))
    for found in (planning.median(asked), planning.centre(asked)):
        assert isinstance(found, Infeasible) and found.proved == (kind != "too-large")
        assert [reason.kind for reason in found.reasons] == [kind]
        assert len(found.reasons[0].points) == len(points) and found.reasons[0].candidates == candidates
        assert str(found.reasons[0].sentence).endswith(".")


def test_room_for_everybody_many_times_over_is_room() -> None:
    found = planning.median(Question(cost=LINE, weight=ONES, sites=3, capacity=np.full(3, 2**62)))
    assert isinstance(found, Plan) and found.value == 0


def test_numbers_whose_price_for_nobody_served_would_leave_64_bits_are_told_and_not_computed_with() -> None:
    far = [[12, -1, -1, 29], [25, 16, 38, 19], [16, 44, -1, 11], [-1, 31, 2, 4], [18, 41, 20, -1]]
    cost = np.array([*far, [-1, 11, 39, 43], [3, 2, 33, 16], [28, 7, 43, -1], [44, 39, 35, 11], [38, 2, 28, 20]])
    weight, cost = np.array([8, 2, 8, 1, 5, 5, 8, 3, 8, 6]), np.where(cost < 0, UNREACHABLE, cost * 10_000)
    small = planning.median(Question(cost=cost, weight=weight, sites=2))
    assert isinstance(small, Plan) and small.value == 7_530_000 and small.proved
    large = planning.median(Question(cost=cost, weight=weight * 10**7, sites=2))
    assert isinstance(large, Infeasible) and large.reasons[0].kind == "too-large" and not large.proved


def test_where_nobody_is_served_the_longest_way_is_none() -> None:
    asked = Question(cost=np.array([[5, 3], [2, 0]]), weight=np.array([1, 0]), sites=1, capacity=np.array([2, 0]))
    plan = Plan(measure="coverage", sites=(1,), value=0, bound=0, shares=(), rounds=0)
    centre = asking.one_more(asked, plan, limit=9)[1]
    assert (centre.before, centre.unserved_before, centre.site, centre.after) == (0, 1, 0, 5)


def test_room_that_lies_out_of_reach_is_a_reason_of_its_own() -> None:
    far = np.array([[0, 4, -1], [4, 0, -1], [-1, -1, 0]])
    found = planning.median(Question(cost=far, weight=ONES, sites=3, capacity=np.array([1, 1, 9])))
    assert isinstance(found, Infeasible) and found.reasons[0].kind == "capacity-out-of-reach"
    assert set(found.reasons[0].points) <= {0, 1}


def test_a_search_that_was_too_short_does_not_say_there_is_none() -> None:
    dice = np.random.default_rng(5)
    cost = np.where(dice.random((60, 40)) < 0.2, 1, UNREACHABLE)
    cost[:, 0] = np.where(cost.max(axis=1) == UNREACHABLE, 1, cost[:, 0])
    asked = Question(cost=cost, weight=np.ones(60, dtype=int), sites=7)
    found = planning.median(asked, effort=Effort(rounds=0, steps=1, nodes=1, pairs=0, looks=0))
    assert isinstance(found, Infeasible) and not found.proved and found.reasons[0].kind == "none-found"
    assert found.reasons[0].points
    assert isinstance(planning.median(asked), Plan)


@pytest.mark.parametrize(
    "changes",
    [
        {"cost": LINE + 0.5},
        {"weight": np.array([1, 2])},
        {"weight": np.array([1, 2, -3])},
        {"cost": LINE - 2},
        {"capacity": np.array([1, 2])},
        {"kept": (3,)},
        {"cost": LINE * 2**41},
    ],
)
def test_tables_that_make_no_question_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadQuestion):
        Question(**({"cost": LINE, "weight": ONES, "sites": 2} | changes))


def test_who_is_beyond_the_limit_is_told_by_share_and_number() -> None:
    asked = Question(cost=LINE, weight=ONES, sites=1)
    plan = planning.coverage(asked, within=4)
    assert isinstance(plan, Plan)
    told = asking.beyond(asked, plan, limit=4)
    assert plan.value == 3 and told.weight == 3 and told.share == 0.5 and told.points == (2,)
    assert told.unserved == ()


def test_nobody_within_the_limit_is_sent_beyond_it_so_that_another_is_served() -> None:
    cost = np.array([[6, UNREACHABLE], [1, 6], [UNREACHABLE, 20]])
    asked = Question(cost=cost, weight=np.array([1, 1, 1]), sites=2, capacity=np.array([1, 2]))
    plan = planning.coverage(asked, within=5)
    assert isinstance(plan, Plan) and plan.value == 1
    check(asked, plan, within=5)
    assert asking.beyond(asked, plan, limit=5).unserved == (0,)


def test_an_existing_site_that_may_be_closed_is_closed_when_another_is_better() -> None:
    asked = Question(cost=LINE, weight=np.array([1, 9, 1]), sites=1)
    assert planning.median(asked).sites == (1,)
    assert planning.median(replace(asked, kept=(0,))).sites == (0,)


# published instances ---------------------------------------------------------------------------------------------------


def pmed(number: int) -> tuple[Table, int]:
    """Distances and p of an instance of the OR-Library; an edge that stands there twice has its last length."""
    words = iter(map(int, (SHARED / f"pmed/pmed{number}.txt").read_text().split()))
    points, edges, sites = next(words), next(words), next(words)
    table = np.zeros((points, points))
    for one, other, length in (tuple(itertools.islice(words, 3)) for _ in range(edges)):
        table[one - 1, other - 1] = table[other - 1, one - 1] = length
    return np.rint(dijkstra(csr_matrix(table), directed=False)).astype(np.int64), sites


@pytest.mark.skipif(not (SHARED / "pmed").exists(), reason="the instances of the OR-Library are not here")
@pytest.mark.parametrize("number", [1, 3, 5])
def test_instances_of_the_or_library_reach_their_optimum(number: int) -> None:
    with (SHARED / "pmed/optima.csv").open(newline="") as file:
        row = next(row for row in csv.DictReader(file) if row["instance"] == f"pmed{number}")
    cost, sites = pmed(number)
    asked = Question(cost=cost, weight=np.ones(len(cost), dtype=np.int64), sites=sites)
    found, longest = planning.median(asked), planning.centre(asked)
    assert isinstance(found, Plan) and found.value == int(row["pmedian_opt"]) == found.bound
    assert isinstance(longest, Plan) and longest.value == int(row["pcenter_best"]) == longest.bound


@pytest.mark.skipif(not (SHARED / "siting").exists(), reason="the shared stores of San Francisco are not here")
@pytest.mark.parametrize("sites", [3, 5])
def test_stores_of_san_francisco_against_every_plan(sites: int) -> None:
    asked = replace(san_francisco(), sites=sites)
    every = [asked.cost[:, list(plan)].min(axis=1) for plan in itertools.combinations(range(16), sites)]
    wanted = (min(int((near * asked.weight).sum()) for near in every), min(int(near.max()) for near in every))
    covered = max(int(asked.weight[near <= 3000].sum()) for near in every)
    assert (planning.median(asked).value, planning.centre(asked).value) == wanted
    plan = planning.coverage(asked, within=3000)
    assert isinstance(plan, Plan) and (plan.value, plan.proved) == (covered, True)


def san_francisco() -> Question:
    with (SHARED / "siting/SF_network_distance_candidateStore_16_censusTract_205_new.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    stores = sorted({row["name"] for row in rows}, key=lambda name: int(name.split("_")[1]))
    tracts = sorted({row["DestinationName"] for row in rows})
    cost = np.full((len(tracts), len(stores)), UNREACHABLE)
    weight = np.zeros(len(tracts), dtype=np.int64)
    for row in rows:
        at = tracts.index(row["DestinationName"])
        cost[at, stores.index(row["name"])] = round(float(row["distance"]))
        weight[at] = int(row["demand"])
    return Question(cost=cost, weight=weight, sites=1)


def test_another_process_gives_the_same_plan_also_without_numba() -> None:
    told = (
        "import sys\n"
        "if sys.argv[1] == 'without': sys.modules['numba'] = None\n"
        "import numpy as np\n"
        "from pianqu.kernels.siting import planning\n"
        "from pianqu.kernels.siting.model import Question\n"
        "cost = np.arange(900).reshape(30, 30) * 7919 % 1009\n"
        "print(planning.median(Question(cost=cost, weight=np.arange(30) % 5, sites=6), seed=3))\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", told, how], capture_output=True, text=True, check=True).stdout
        for how in ("with", "without")
    ]
    assert runs[0] == runs[1] and runs[0].startswith("Plan(")


# walking ---------------------------------------------------------------------------------------------------------------

HERE = np.array([[121.55, 29.89], [121.56, 29.90], [121.60, 29.95]])


def test_straight_ways_are_great_circles_with_a_detour() -> None:
    told = walking.straight(HERE, HERE[1:], detour=1.3)
    for row, column in itertools.product(range(3), range(2)):
        wanted = geo.distance_m(*HERE[row], *HERE[1:][column]) * 1.3
        assert told[row, column] == pytest.approx(wanted, abs=0.51)
    assert walking.seconds(np.array([1000, UNREACHABLE])).tolist() == [900, UNREACHABLE]


def test_along_streets_the_shorter_of_two_counts_and_what_has_no_street_is_unreachable() -> None:
    nodes = np.vstack([HERE, [[121.7, 29.95]]])
    streets = [(0, 1, 2000.0), (1, 0, 1500.0), (1, 2, 0.0), (2, 2, 5.0)]
    told = walking.along_streets(nodes, HERE[:2], nodes, streets)
    assert told.tolist() == [[0, 1500], [1500, 0], [1500, 0], [UNREACHABLE, UNREACHABLE]]


def test_rings_lie_around_one_another_and_reach_as_far_as_the_walk() -> None:
    near, next_ring = (shapely.geometry.shape(one) for one in walking.rings(HERE, [15, 10]))
    assert near.intersection(next_ring).area < 1e-9
    edge = max(
        geo.distance_m(*HERE[2], *at) for at in shapely.get_coordinates(shapely.convex_hull(next_ring)) if at[1] > 29.94
    )
    assert edge == pytest.approx(walking.reach_m(15), rel=0.004)
    assert math.isclose(walking.reach_m(15), 1000 / 1.3)
