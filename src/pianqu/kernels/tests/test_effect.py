"""The measured effect against hand-worked figures, its symmetry, and how often it is wrong where there is none."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.effect import LEAST, Counts, effect, spread

Weeks = st.lists(st.integers(0, 60), min_size=1, max_size=8)


def poisson(dice: random.Random, mean: float) -> int:
    """Knuth's way, for small means."""
    limit, product, count = math.exp(-mean), dice.random(), 0
    while product > limit:
        product, count = product * dice.random(), count + 1
    return count


def drawn(dice: random.Random, before: float, after: float) -> Counts:
    return Counts(
        before=tuple(poisson(dice, before) for _week in range(8)),
        after=tuple(poisson(dice, after) for _week in range(8)),
    )


def test_worked_by_hand() -> None:
    """40 became 10 here, 200 became 100 elsewhere: a quarter against a half."""
    found = effect(Counts(before=(20, 20), after=(5, 5)), Counts(before=(100, 100), after=(50, 50)))
    assert found is not None
    ratio = (10.5 / 40.5) / (100.5 / 200.5)
    half = 1.959963984540054 * math.sqrt(1 / 10.5 + 1 / 40.5 + 1 / 100.5 + 1 / 200.5)
    assert math.isclose(found.ratio, ratio)
    assert math.isclose(found.low, ratio * math.exp(-half))
    assert math.isclose(found.high, ratio * math.exp(half))
    assert found.expected == 20 and found.verdict == "unclear"


def test_unequal_numbers_of_weeks_are_compared_by_week() -> None:
    found = effect(Counts(before=(10, 10, 10, 10), after=(10,)), Counts(before=(50, 50, 50, 50), after=(50,)))
    assert found is not None
    assert found.expected == 10 and found.verdict == "unclear"
    assert 0.9 < found.ratio < 1.2


@given(Weeks, Weeks, Weeks, Weeks)
def test_swapping_before_and_after_turns_it_round(a: list[int], b: list[int], c: list[int], d: list[int]) -> None:
    size = min(len(a), len(c)), min(len(b), len(d))
    here = Counts(before=a[: size[0]], after=b[: size[1]])
    elsewhere = Counts(before=c[: size[0]], after=d[: size[1]])
    found = effect(here, elsewhere)
    back = effect(Counts(before=here.after, after=here.before), Counts(before=elsewhere.after, after=elsewhere.before))
    few = min(sum(here.before), sum(elsewhere.before), sum(elsewhere.after)) < LEAST
    assert (found is None) == few
    if found and back:
        assert math.isclose(found.ratio * back.ratio, 1.0, rel_tol=1e-9)
        assert found.low <= found.ratio <= found.high


@pytest.mark.parametrize(
    ("here", "elsewhere"),
    [
        (Counts(before=(LEAST - 1,), after=(0,)), Counts(before=(90,), after=(90,))),
        (Counts(before=(50,), after=(0,)), Counts(before=(LEAST - 1,), after=(90,))),
        (Counts(before=(50,), after=(0,)), Counts(before=(90,), after=(LEAST - 1,))),
        (Counts(before=(50,), after=()), Counts(before=(90,), after=())),
    ],
)
def test_too_few_to_tell(here: Counts, elsewhere: Counts) -> None:
    assert effect(here, elsewhere) is None


def test_none_at_all_after_can_be_told() -> None:
    found = effect(Counts(before=(30, 30), after=(0, 0)), Counts(before=(90, 90), after=(90, 90)))
    assert found is not None and found.verdict == "fewer"


def test_what_cannot_be() -> None:
    with pytest.raises(ValueError, match="fewer than none"):
        effect(Counts(before=(-1,), after=(1,)), Counts(before=(1,), after=(1,)))
    with pytest.raises(ValueError, match="same weeks"):
        effect(Counts(before=(1,), after=(1,)), Counts(before=(1, 2), after=(1,)))


def test_it_is_seldom_wrong_where_there_is_none_and_finds_what_there_is() -> None:
    """1,000 draws: about 5 of 100 false verdicts, with half as much elsewhere too; a halving is found."""
    dice = random.Random(3)
    none = [effect(drawn(dice, 6, 3), drawn(dice, 40, 20)) for _draw in range(1_000)]
    wrong = sum(found is not None and found.verdict != "unclear" for found in none)
    assert 5 <= wrong <= 70
    halved = [effect(drawn(dice, 8, 3), drawn(dice, 40, 40)) for _draw in range(200)]
    assert sum(found is not None and found.verdict == "fewer" for found in halved) > 170


def test_weeks_that_vary_more_widen_it() -> None:
    even, wild = (10, 10, 10, 10), (0, 40, 0, 0)
    assert spread([even, even]) == 1.0
    assert spread([wild]) > 10
    rest = Counts(before=(50,) * 4, after=(50,) * 4)
    narrow, wide = effect(Counts(before=even, after=even), rest), effect(Counts(before=wild, after=even), rest)
    assert narrow and wide and wide.high - wide.low > narrow.high - narrow.low
