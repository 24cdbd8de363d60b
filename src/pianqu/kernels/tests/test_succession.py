"""Parts of old cells in new ones, against counting by hand; heirs are unambiguous."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianqu.kernels.succession import MOST_OF_IT, Part, heirs, parts

WEST, SOUTH, SIDE = 121.0, 29.0, 0.01


def strip(first: float, last: float) -> dict[str, Any]:
    """From so many sides east of the corner to so many."""
    west, east, north = WEST + first * SIDE, WEST + last * SIDE, SOUTH + SIDE
    ring = [[west, SOUTH], [east, SOUTH], [east, north], [west, north], [west, SOUTH]]
    return {"type": "Polygon", "coordinates": [ring]}


def home(east: float, households: int) -> tuple[float, float, int]:
    return WEST + east * SIDE, SOUTH + SIDE / 2, households


OLD = {"A": strip(0, 2), "B": strip(2, 3)}
NEW = {"A": strip(0, 1), "N": strip(1, 3)}


def test_households_say_where_a_cell_went() -> None:
    found = parts(OLD, NEW, [home(0.5, 90), home(1.5, 10), home(2.5, 40)])
    assert [(part.old, part.new, part.households, part.share) for part in found] == [
        ("A", "A", 90, 0.9),
        ("A", "N", 10, 0.1),
        ("B", "N", 40, 1.0),
    ]
    assert heirs(found) == {"A": "A", "B": "N"}


def test_a_cell_without_households_is_shared_out_by_area() -> None:
    found = parts(OLD, NEW, [home(2.5, 40)])
    halves = [part for part in found if part.old == "A"]
    assert [(part.new, round(part.share, 3), part.by_area, part.households) for part in halves] == [
        ("A", 0.5, True, 0),
        ("N", 0.5, True, 0),
    ]
    assert heirs(found) == {"B": "N"}


def test_ground_that_no_new_cell_covers_is_told() -> None:
    found = parts({"A": strip(0, 2)}, {"N": strip(0, 1)}, [])
    assert [(part.new, round(part.share, 3)) for part in found] == [("", 0.5), ("N", 0.5)]
    far = parts({"A": strip(0, 1)}, {"N": strip(40, 41)}, [])
    assert [(part.new, part.share) for part in far] == [("", 1.0)] and heirs(far) == {}


def test_nothing_old_and_nothing_new() -> None:
    assert parts({}, NEW, [home(0.5, 3)]) == ()
    assert [part.new for part in parts(OLD, {}, [home(0.5, 3)])] == ["", ""]


def test_two_heirs_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="both"):
        heirs((), least=0.5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0.01, 2.99), st.integers(0, 500)), max_size=30))
def test_every_household_counts_once(homes: list[tuple[float, int]]) -> None:
    inside = [(east, many) for east, many in homes if min(abs(east - edge) for edge in (1, 2)) > 1e-6]
    found = parts(OLD, NEW, [home(east, many) for east, many in inside])
    expected: Counter[tuple[str, str]] = Counter()
    for east, many in inside:
        expected["A" if east < 2 else "B", "A" if east < 1 else "N"] += many
    counted = {(part.old, part.new): part.households for part in found if not part.by_area}
    assert counted == {pair: many for pair, many in expected.items() if many}
    sums: Counter[str] = Counter()
    for part in found:
        sums[part.old] += part.share
    assert set(sums) == {"A", "B"} and all(abs(total - 1) < 1e-9 for total in sums.values())
    assert len(heirs(found)) <= 2 and all(_share(found, *pair) >= MOST_OF_IT for pair in heirs(found).items())


def _share(found: tuple[Part, ...], old: str, new: str) -> float:
    return next(part.share for part in found if (part.old, part.new) == (old, new))
