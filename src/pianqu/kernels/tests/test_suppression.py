"""Whoever knows all published numbers cannot tell that a small count is small: tried by enumerating every table."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianqu.kernels import suppression
from pianqu.kernels.suppression import published, with_totals, withheld

SMALL = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 4), min_size=width, max_size=width), min_size=1, max_size=2)
)
WIDE = st.integers(1, 9).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 40), min_size=width, max_size=width), min_size=1, max_size=9)
)


def consistent(counts: list[list[int]], k: int, most: int) -> list[list[list[int]]]:
    """Every table with counts up to `most` that has the same published numbers."""
    shown, width = published(counts, k), len(counts[0])
    choices = [
        [shown[row][column]] if shown[row][column] is not None else range(most + 1)
        for row in range(len(counts))
        for column in range(width)
    ]
    found = []
    for values in product(*choices):
        inner = [list(values[start : start + width]) for start in range(0, len(values), width)]
        table = with_totals(inner)
        if all(
            given is None or given == made
            for given_row, made_row in zip(shown, table, strict=True)
            for given, made in zip(given_row, made_row, strict=True)
        ):
            found.append(table)
    return found


@settings(max_examples=60, deadline=None)
@given(SMALL)
def test_no_published_numbers_tell_that_a_count_is_small(counts: list[list[int]]) -> None:
    k, real = 3, with_totals(counts)
    tables = consistent(counts, k, most=6)
    assert real in tables
    for row, values in enumerate(real):
        for column, value in enumerate(values):
            if 0 < value < k:
                assert max(table[row][column] for table in tables) >= k


@given(WIDE)
def test_small_counts_are_withheld_and_the_rest_is_right(counts: list[list[int]]) -> None:
    shown = published(counts)
    for shown_row, real_row in zip(shown, with_totals(counts), strict=True):
        for number, real in zip(shown_row, real_row, strict=True):
            assert number is None or (number == real and (real == 0 or real >= suppression.K))


@given(WIDE)
def test_no_row_or_column_has_one_withheld_number_alone(counts: list[list[int]]) -> None:
    shown = published(counts)
    for line in [*shown, *map(list, zip(*shown, strict=True))]:
        assert line.count(None) != 1


@given(st.lists(st.lists(st.integers(5, 90), min_size=4, max_size=4), min_size=3, max_size=3))
def test_where_nothing_is_small_nothing_is_withheld(counts: list[list[int]]) -> None:
    assert withheld(counts) == frozenset()


def test_what_totals_would_give_back_is_withheld_too() -> None:
    counts = [[20, 50, 10], [8, 19, 22], [17, 32, 3]]  # a table like those of the literature: one small cell
    hidden = withheld(counts)
    assert (2, 2) in hidden and len(hidden) == 4
    assert all(row < 3 and column < 3 for row, column in hidden), "totals stay where cells suffice"


def test_a_district_with_almost_nothing_tells_almost_nothing() -> None:
    assert published([[3]]) == [[None, None], [None, None]]
    assert published([[0, 0]]) == [[0, 0, 0], [0, 0, 0]]
    with pytest.raises(ValueError):
        withheld([])
    with pytest.raises(ValueError):
        withheld([[-1]])
