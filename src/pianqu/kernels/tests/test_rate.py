"""The rate kernel against a bucket of tokens that is simulated step by step."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.rate import admit


def bucket(gaps: list[int], interval: int, burst: int) -> list[bool]:
    """The oracle: a bucket of `burst` tokens that gains one in each interval, in exact fractions."""
    tokens, answers = Fraction(burst), []
    for gap in gaps:
        tokens = min(Fraction(burst), tokens + Fraction(gap, interval))
        answers.append(tokens >= 1)
        tokens -= 1 if tokens >= 1 else 0
    return answers


@given(gaps=st.lists(st.integers(0, 40), max_size=60), interval=st.integers(1, 20), burst=st.integers(1, 8))
def test_decides_as_a_bucket_of_tokens_does(gaps: list[int], interval: int, burst: int) -> None:
    arrival, now, answers = None, 1000.0, []
    for gap in gaps:
        now += gap
        verdict = admit(arrival, now, interval_s=interval, burst=burst)
        arrival = verdict.arrival
        answers.append(verdict.admitted)
    assert answers == bucket(gaps, interval, burst)


@given(interval=st.floats(0.01, 60), burst=st.integers(1, 50), start=st.floats(0, 1e9))
def test_a_burst_is_let_in_and_who_waits_is_let_in_again(interval: float, burst: int, start: float) -> None:
    arrival = None
    for left in reversed(range(burst)):
        verdict = admit(arrival, start, interval_s=interval, burst=burst)
        assert verdict.admitted and verdict.remaining == left
        arrival = verdict.arrival
    refused = admit(arrival, start, interval_s=interval, burst=burst)
    assert not refused.admitted and 0 < refused.wait_s <= interval * 1.01
    assert refused.wait_s == pytest.approx(verdict.wait_s, rel=1e-2, abs=1e-4)
    assert admit(refused.arrival, start + refused.wait_s + 1e-2 * interval, interval_s=interval, burst=burst).admitted


@pytest.mark.parametrize(("interval", "burst"), [(0, 1), (-1.0, 1), (1, 0)])
def test_refuses_a_rate_that_is_none(interval: float, burst: int) -> None:
    with pytest.raises(ValueError):
        admit(None, 0.0, interval_s=interval, burst=burst)
