"""What sites mean, counted again the slow way; and the curve of how many they could reach."""

import random
from itertools import pairwise

import numpy as np
import pytest

from pianqu.kernels.siting import planning
from pianqu.kernels.siting.figures import curve, figures
from pianqu.kernels.siting.model import UNREACHABLE, Effort, Plan, Question


def question(seed: int, *, capacity: int | None = None) -> Question:
    chance = random.Random(seed)
    points, sites = chance.randint(4, 9), chance.randint(3, 5)
    cost = [[chance.choice([UNREACHABLE, *range(20)]) for _site in range(sites)] for _point in range(points)]
    return Question(
        cost=np.array(cost),
        weight=np.array([chance.randint(0, 5) for _point in range(points)]),
        sites=2,
        capacity=None if capacity is None else np.full(sites, capacity),
    )


def test_ways_of_very_many_are_added_up_exactly() -> None:
    asked = Question(cost=np.array([[2**39]]), weight=np.array([2**39]), sites=1)
    assert figures(asked, [0], groups=[0], distances=[1], limit=1).metres == 2**78


@pytest.mark.parametrize("seed", range(40))
def test_figures_are_what_counting_one_by_one_gives(seed: int) -> None:
    asked, chance = question(seed), random.Random(seed + 1)
    sites = sorted(chance.sample(range(asked.cost.shape[1]), 2))
    groups = [chance.randint(0, 2) for _point in asked.weight]
    told = figures(asked, sites, groups=groups, distances=[5, 10], limit=10)
    ways = [
        (int(weight), min((int(row[site]) for site in sites if row[site] != UNREACHABLE), default=None), group)
        for weight, row, group in zip(asked.weight, asked.cost, groups, strict=True)
    ]
    assert told.total == sum(weight for weight, _way, _group in ways)
    for distance, within in zip((5, 10), told.within, strict=True):
        assert within == sum(weight for weight, way, _group in ways if way is not None and way <= distance)
    assert told.unserved == sum(weight for weight, way, _group in ways if way is None)
    assert told.metres == sum(weight * way for weight, way, _group in ways if way is not None)
    assert told.worst == max((way for weight, way, _group in ways if way is not None and weight), default=0)
    assert sum(told.loads) == told.total - told.unserved
    for number, group in enumerate(told.groups):
        assert group.total == sum(weight for weight, _way, at in ways if at == number)
        far = sum(weight for weight, way, at in ways if at == number and (way is None or way > 10))
        assert group.beyond == far


@pytest.mark.parametrize("seed", range(20))
def test_with_limited_places_no_site_is_fuller_than_it_can_be(seed: int) -> None:
    asked = question(seed, capacity=4)
    told = figures(asked, [0, 1], groups=[0] * len(asked.weight), distances=[10], limit=10)
    assert all(load <= 4 for load in told.loads)
    assert sum(told.loads) + told.unserved == told.total
    (group,) = told.groups
    assert group.beyond == told.total - told.within[0]


def test_nobody_and_no_site_are_counted_as_nothing() -> None:
    asked = Question(cost=np.array([[3]]), weight=np.array([0]), sites=1)
    told = figures(asked, [0], groups=[0], distances=[5], limit=5)
    assert (told.total, told.within, told.worst, told.mean) == (0, (0,), 0, 0)
    asked = Question(cost=np.array([[3]]), weight=np.array([7]), sites=1)
    told = figures(asked, [], groups=[0], distances=[5], limit=5)
    assert (told.unserved, told.loads, told.groups[0].beyond) == (7, (), 7)


@pytest.mark.parametrize("seed", range(10))
def test_the_curve_is_the_best_of_each_number_and_never_falls(seed: int) -> None:
    asked = question(seed)
    heard: list[int] = []
    counts = range(1, asked.cost.shape[1] + 2)
    steps = curve(
        asked, counts, within=10, seed=1, effort=Effort(rounds=20), tell=lambda done, _steps: heard.append(done)
    )
    assert heard == list(range(1, len(counts) + 1))
    assert [step.sites for step in steps] == list(counts)[:-1], "more sites than candidates: no plan"
    for step in steps:
        best = planning.coverage(Question(cost=asked.cost, weight=asked.weight, sites=step.sites), within=10)
        assert isinstance(best, Plan) and step.within <= best.bound <= step.bound
    assert all(a.within <= b.within for a, b in pairwise(steps))
