"""The index answers what looking at every cell answers; borders have one answer; the batch and the single question agree."""

import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import geo
from pianqu.kernels.locate import NEAR_M, CellIndex

WEST, SOUTH, STEP = 121.5, 29.9, 0.002
SIDE = 6


def square(west: float, south: float, size: float = STEP) -> dict[str, Any]:
    east, north = west + size, south + size
    return {
        "type": "Polygon",
        "coordinates": [[[west, south], [east, south], [east, north], [west, north], [west, south]]],
    }


def board(*, without: frozenset[tuple[int, int]] = frozenset()) -> dict[str, Any]:
    """A chess board of cells, some of its fields missing (a river)."""
    return {
        f"{column}{row}": square(WEST + column * STEP, SOUTH + row * STEP)
        for column in range(SIDE)
        for row in range(SIDE)
        if (column, row) not in without
    }


def holds(cell: dict[str, Any], lon: float, lat: float) -> bool:
    """The plain even-odd test on one ring, for points that are not on a border."""
    ring, inside = cell["coordinates"][0], False
    for (x1, y1), (x2, y2) in itertools.pairwise(ring):
        if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


MISSING = st.frozensets(st.tuples(st.integers(0, SIDE - 1), st.integers(0, SIDE - 1)), max_size=8)
OFF_BORDER = st.tuples(st.integers(-2, SIDE + 1), st.floats(0.05, 0.95)).map(lambda t: t[0] + t[1])


@given(MISSING, st.lists(st.tuples(OFF_BORDER, OFF_BORDER), min_size=1, max_size=20))
def test_as_looking_at_every_cell(missing: frozenset[tuple[int, int]], places: list[tuple[float, float]]) -> None:
    cells = board(without=missing)
    index = CellIndex(cells)
    points = [(WEST + x * STEP, SOUTH + y * STEP) for x, y in places]
    many = index.locate_many([lon for lon, _ in points], [lat for _, lat in points])
    for (lon, lat), answer in zip(points, many, strict=True):
        assert answer == index.locate(lon, lat)
        inside = sorted(key for key, cell in cells.items() if holds(cell, lon, lat))
        if inside:
            assert (answer.key, answer.how, answer.distance_m) == (inside[0], "inside", 0.0)
        else:
            assert answer.how in {"gap", "outside"} and (answer.how == "gap") == bool(answer.key)


def test_a_border_belongs_to_the_smallest_key_for_ever() -> None:
    index = CellIndex(board())
    corner = (WEST + STEP, SOUTH + STEP)
    assert index.locate(*corner).key == "00" == index.locate_many([corner[0]], [corner[1]])[0].key
    again = CellIndex(dict(reversed(list(board().items()))))
    assert again.locate(*corner).key == "00"


def test_a_point_in_the_river_is_given_to_the_nearest_with_its_distance() -> None:
    index = CellIndex(board(without=frozenset({(2, 2)})))
    lon, lat = WEST + 2 * STEP + STEP * 0.1, SOUTH + 2.5 * STEP
    found = index.locate(lon, lat)
    assert (found.key, found.how) == ("12", "gap")
    assert found.distance_m == pytest.approx(geo.distance_m(lon, lat, WEST + 2 * STEP, lat), rel=0.01)


def test_too_far_from_everything_is_outside() -> None:
    index = CellIndex(board())
    lat = SOUTH + 0.5 * STEP
    degrees = NEAR_M / geo.distance_m(WEST, lat, WEST + 1, lat)
    assert index.locate(WEST - degrees * 0.9, lat).how == "gap"
    assert index.locate(WEST - degrees * 1.1, lat).how == "outside"


@pytest.mark.parametrize("lon", [math.nan, math.inf, -math.inf, 1e300, 121.5])
def test_no_numbers_make_it_raise(lon: float) -> None:
    index = CellIndex(board())
    single = index.locate(lon, math.nan)
    assert single.how == "outside" and index.locate_many([lon], [math.nan]) == (single,)
    assert CellIndex({}).locate(121.5, 29.9).how == "outside" == CellIndex({}).locate_many([121.5], [29.9])[0].how


def test_a_special_cell_lies_in_the_hole_of_the_ordinary_one() -> None:
    outer, inner = square(WEST, SOUTH, 0.01), square(WEST + 0.004, SOUTH + 0.004)
    holed = {"type": "Polygon", "coordinates": [outer["coordinates"][0], inner["coordinates"][0]]}
    index = CellIndex({"a-ordinary": holed, "b-market": inner})
    assert index.locate(WEST + 0.005, SOUTH + 0.005).key == "b-market"
    assert index.locate(WEST + 0.001, SOUTH + 0.001).key == "a-ordinary"
