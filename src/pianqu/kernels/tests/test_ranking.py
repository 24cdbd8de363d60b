"""Ranks: an oracle by all pairs, properties that any fair ranking keeps, and how often the ranges hold the truth."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.ranking import LEAST, Ranked, Unit, interval, ranked
from pianqu.kernels.share import Z, share

COUNTS = st.integers(0, 400).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole)))
UNITS = st.lists(COUNTS, max_size=12).map(lambda rows: [Unit(f"u{n:02}", *row) for n, row in enumerate(rows)])


def oracle(found: tuple[Ranked, ...]) -> dict[str, tuple[int, int]]:
    """Compare every pair."""
    large = [one for one in found if one.whole >= LEAST]

    def before(one: Ranked, other: Ranked) -> bool:
        return one.code != other.code and one.low >= other.high

    return {
        one.code: (
            1 + sum(before(other, one) for other in large),
            len(large) - sum(before(one, other) for other in large),
        )
        for one in large
    }


@given(UNITS)
def test_ranges_are_those_of_the_oracle(units: list[Unit]) -> None:
    found = ranked(units)
    assert {one.code: (one.first, one.last) for one in found if one.is_ranked} == oracle(found)


@given(UNITS)
def test_small_samples_have_figures_and_no_rank(units: list[Unit]) -> None:
    found = ranked(units)
    assert {one.code for one in found} == {unit.code for unit in units if unit.whole}
    for one in found:
        assert one.is_ranked == (one.whole >= LEAST) and 0 <= one.low <= one.value <= one.high <= 1
    flags = [one.is_ranked for one in found]
    assert flags == sorted(flags, reverse=True)
    assert [one.code for one in found if not one.is_ranked] == sorted(one.code for one in found if not one.is_ranked)


@given(UNITS)
def test_who_is_small_changes_nobodys_rank(units: list[Unit]) -> None:
    large = [unit for unit in units if unit.whole >= LEAST]
    assert [one for one in ranked(units) if one.is_ranked] == list(ranked(large))


@given(UNITS)
def test_overlapping_intervals_are_ties_and_some_rank_is_always_possible(units: list[Unit]) -> None:
    found = [one for one in ranked(units) if one.is_ranked]
    for one in found:
        assert 1 <= one.first <= one.last <= len(found)
        for other in found:
            if one.low < other.high and other.low < one.high:
                assert one.first <= other.last and other.first <= one.last
    order = sorted(found, key=lambda one: -one.value)
    assert all(one.first <= place <= one.last for place, one in enumerate(order, 1))


@given(UNITS, st.randoms())
def test_the_order_in_which_they_come_says_nothing(units: list[Unit], chance: random.Random) -> None:
    mixed = list(units)
    chance.shuffle(mixed)
    assert ranked(mixed) == ranked(units)


@given(COUNTS.filter(lambda row: row[1] > 0))
def test_the_interval_is_wilsons(row: tuple[int, int]) -> None:
    told = share(*row)
    low, high = interval(*row, z=Z)
    assert (low, high) == (pytest.approx(told.low), pytest.approx(told.high))


def test_two_that_are_far_apart_and_one_between() -> None:
    first, second, third, small = ranked(
        [Unit("c", 100, 1000), Unit("b", 60, 100), Unit("a", 950, 1000), Unit("small", 5, 5)]
    )
    assert [(one.code, one.first, one.last) for one in (first, second, third)] == [
        ("a", 1, 1),
        ("b", 2, 2),
        ("c", 3, 3),
    ]
    assert (small.code, small.is_ranked, round(small.low, 3)) == ("small", False, 0.566)
    near = ranked([Unit("a", 93, 100), Unit("b", 90, 100), Unit("c", 91, 100)])
    assert {(one.first, one.last) for one in near} == {(1, 3)}, "chance alone"


def test_ranges_hold_the_true_ranks_in_95_of_100_worlds() -> None:
    chance, held, worlds = random.Random(1), 0, 600
    truth = [0.95, 0.9, 0.85, 0.8, 0.72, 0.6]
    for _world in range(worlds):
        units = [Unit(str(n), sum(chance.random() < p for _ in range(150)), 150) for n, p in enumerate(truth)]
        held += all(one.first <= int(one.code) + 1 <= one.last for one in ranked(units))
    assert held / worlds >= 0.94


@pytest.mark.parametrize("unit", [Unit("a", 31, 30), Unit("a", -1, 30)])
def test_what_is_no_part_is_refused(unit: Unit) -> None:
    with pytest.raises(ValueError, match="no share"):
        ranked([unit])


@pytest.mark.parametrize("confidence", [0.0, 1.0, -1.0])
def test_a_senseless_confidence_is_refused(confidence: float) -> None:
    with pytest.raises(ValueError, match="confidence"):
        ranked([Unit("a", 20, 30)], confidence=confidence)
