"""Draws: reproducible, of the right size, even, and stable when the list changes."""

from collections import Counter
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.drawing import draw, share_of

NAMES = st.sets(st.text(min_size=1, max_size=8), max_size=40)
SEEDS = st.text(min_size=1, max_size=12)


def oracle(names: set[str], count: int, seed: str) -> tuple[str, ...]:
    """Take the smallest again and again."""
    left, taken = set(names), list[str]()
    while left and len(taken) < count:
        key = seed.encode()
        ranks = {name: sha256(len(key).to_bytes(4, "big") + key + name.encode()).digest() for name in left}
        best = min(left, key=lambda name: (ranks[name], name))
        taken.append(best)
        left.discard(best)
    return tuple(taken)


@given(NAMES, st.integers(0, 45), SEEDS)
def test_it_draws_what_the_oracle_draws_in_whatever_order_the_list_stands(names: set[str], n: int, seed: str) -> None:
    drawn = draw(sorted(names), n, seed=seed)
    assert drawn == draw(sorted(names, reverse=True) * 2, n, seed=seed) == oracle(names, n, seed)
    assert len(drawn) == min(n, len(names)) and set(drawn) <= names


@given(NAMES, st.integers(1, 20), SEEDS, st.text(min_size=1, max_size=8))
def test_one_name_more_changes_one_at_most(names: set[str], n: int, seed: str, more: str) -> None:
    before, after = set(draw(names, n, seed=seed)), set(draw(names | {more}, n, seed=seed))
    assert after - before <= {more} and len(before - after) <= 1


def test_everybody_is_drawn_equally_often() -> None:
    names = [f"case-{number}" for number in range(20)]
    times = Counter(name for seed in range(4_000) for name in draw(names, 5, seed=str(seed)))
    expected = 4_000 * 5 / 20
    chi = sum((times[name] - expected) ** 2 / expected for name in names)
    assert chi < 43.8, "chi square with 19 degrees of freedom, one in a thousand"


@pytest.mark.parametrize(("count", "seed"), [(-1, "x"), (3, "")])
def test_a_wrong_draw_is_refused(count: int, seed: str) -> None:
    with pytest.raises(ValueError, match="a draw needs"):
        draw(["a"], count, seed=seed)


@pytest.mark.parametrize(
    ("population", "percent", "drawn"),
    [(0, 10, 0), (3, 10, 3), (40, 10, 5), (101, 10, 11), (9_000, 10, 60), (60, 100, 60)],
)
def test_how_many_are_drawn(population: int, percent: int, drawn: int) -> None:
    assert share_of(population, percent, least=5, most=60) == drawn
