"""Shares and quantiles against brute force and published figures."""

import math
from collections import Counter
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.share import quantile, share


def test_a_published_interval() -> None:
    """R. G. Newcombe (1998), Statistics in Medicine 17, 857-872, table I, method 3: 81/263, 15/148, 0/20."""
    for part, whole, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611)):
        found = share(part, whole)
        assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(1, 10_000).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_an_interval_holds_its_share_and_is_symmetric(given_pair: tuple[int, int]) -> None:
    part, whole = given_pair
    found, other = share(part, whole), share(whole - part, whole)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert math.isclose(found.low, 1 - other.high, abs_tol=1e-9)


@given(st.lists(st.integers(0, 500), min_size=1, max_size=200), st.sampled_from([0.1, 0.5, 0.9]))
def test_a_quantile_is_the_nearest_rank(values: list[int], q: float) -> None:
    found = quantile(Counter(values), q)
    assert found.value == sorted(values)[math.ceil(len(values) * q) - 1]
    assert found.low <= found.value <= found.high


@pytest.mark.parametrize("n", [30, 100, 400])
@pytest.mark.parametrize("q", [0.5, 0.9])
def test_the_interval_of_a_quantile_covers_as_promised(n: int, q: float) -> None:
    """Over the ranks 1…n the true quantile lies between two order statistics with a binomial probability."""
    found = quantile(dict.fromkeys(range(1, n + 1), 1), q)
    below = [comb(n, k) * q**k * (1 - q) ** (n - k) for k in range(n + 1)]
    covered = sum(below[found.low : found.high]) if found.high < n else sum(below[found.low :])
    assert covered >= 0.94


@pytest.mark.parametrize(("part", "whole"), [(1, 0), (-1, 5), (6, 5)])
def test_what_is_no_share(part: int, whole: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        share(part, whole)


def test_nothing_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="observations"):
        quantile({}, 0.5)
