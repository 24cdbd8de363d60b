"""Bad rings become good ones with a report; coordinate systems go there and back; overlaps and gaps are found."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import geo, rings
from pianqu.kernels.tests.test_locate import SIDE, SOUTH, STEP, WEST, board, square

DIRTY = Path(__file__).parents[5] / "shared/data/jiangbei/jiangbei_boundary_echarts_counties.geojson"
CLEAN = DIRTY.with_name("jiangbei_boundary_wgs84.geojson")
COORDINATES = st.tuples(st.floats(121.0, 122.0), st.floats(29.5, 30.5))


def polygon(*ring: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(point) for point in ring]]}


def test_a_good_ring_is_kept_as_it_is() -> None:
    kept = rings.drawn(square(WEST, SOUTH))
    rounded = [[round(x, 7), round(y, 7)] for x, y in square(WEST, SOUTH)["coordinates"][0]]
    assert kept.repairs == () and kept.geometry == {"type": "Polygon", "coordinates": [rounded]}


def test_the_outer_ring_runs_against_the_clock() -> None:
    clockwise = polygon((121.5, 29.9), (121.5, 29.91), (121.51, 29.91), (121.51, 29.9), (121.5, 29.9))
    ring = rings.drawn(clockwise).geometry["coordinates"][0]
    assert shapely.LinearRing(ring).is_ccw


@pytest.mark.parametrize(
    ("ring", "repairs"),
    [
        ([(0, 0), (1, 0), (1, 1), (0, 1)], ("unclosed",)),
        ([(0, 0), (1, 0), (1, 0), (1, 1), (0, 0)], ("points-twice",)),
        ([(0, 0), (1, 1), (1, 0), (0, 1), (0, 0)], ("self-intersection",)),
        ([(0, 0), (1, 1), (1, 0), (0, 1)], ("self-intersection", "unclosed")),
    ],
)
def test_every_repair_is_reported(ring: list[tuple[float, float]], repairs: tuple[str, ...]) -> None:
    made = rings.drawn(polygon(*ring))
    assert made.repairs == repairs
    shape = shapely.geometry.shape(made.geometry)
    assert shape.is_valid and shape.area > 0 and shape.covers(shapely.Point(made.lon, made.lat))


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        ({"type": "Point", "coordinates": [1, 2]}, "no-polygon"),
        ({}, "no-polygon"),
        ({"type": "Polygon", "coordinates": []}, "no-polygon"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4], [1, 2]]]}, "too-few-points"),
        ({"type": "Polygon", "coordinates": [[["x", 2], [3, 4], [5, 6]]]}, "not-a-number"),
        ({"type": "Polygon", "coordinates": [[[math.nan, 2], [3, 4], [5, 6]]]}, "not-a-number"),
        ({"type": "Polygon", "coordinates": [[[200, 2], [3, 4], [5, 6]]]}, "off-the-map"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 2], [0, 0]]]}, "empty"),
        ({"type": "Polygon", "coordinates": [[5, 6]]}, "not-a-number"),
    ],
)
def test_what_is_no_area_says_why(geometry: dict[str, Any], reason: str) -> None:
    with pytest.raises(rings.NoShape) as refused:
        rings.drawn(geometry)
    assert refused.value.reason == reason


@given(st.lists(COORDINATES, min_size=3, max_size=12))
def test_whatever_is_drawn_becomes_valid_or_is_refused(points: list[tuple[float, float]]) -> None:
    try:
        made = rings.drawn(polygon(*points))
    except rings.NoShape:
        return
    shape = shapely.geometry.shape(made.geometry)
    assert shape.area > 0 and shape.is_valid


@given(COORDINATES)
def test_chinese_maps_go_there_and_back(corner: tuple[float, float]) -> None:
    there = rings.converted(square(*corner), crs="GCJ-02")
    back = rings.drawn(there, crs="GCJ-02").geometry["coordinates"][0]
    for lon, lat in square(*corner)["coordinates"][0]:
        assert min(geo.distance_m(lon, lat, x, y) for x, y in back) < 0.05
    assert rings.converted(square(*corner), crs="CGCS2000") == square(*corner)


def test_an_unknown_system_is_refused() -> None:
    for act in (rings.drawn, rings.converted):
        with pytest.raises(ValueError, match="BD-09"):
            act(square(WEST, SOUTH), crs="BD-09")


def test_overlaps_gaps_and_what_sticks_out() -> None:
    cells = board(without=frozenset({(3, 3)}))
    assert rings.overlaps(cells) == ()
    cells["99"] = square(WEST + STEP / 2, SOUTH)
    assert [(found.one, found.other) for found in rings.overlaps(cells)] == [("00", "99"), ("10", "99")]
    whole = square(WEST, SOUTH, SIDE * STEP)
    one = rings.uncovered_m2(whole, [square(WEST, SOUTH, SIDE * STEP / 2)])
    assert one == pytest.approx(0.75 * rings.uncovered_m2(whole, [square(0, 0)]), rel=0.01)
    assert rings.outside_m2(square(WEST, SOUTH), whole) == 0
    across = square(WEST - STEP / 2, SOUTH)
    assert rings.outside_m2(across, whole) == pytest.approx(rings.outside_m2(square(0, 0), whole) / 2, rel=0.2)


@pytest.mark.skipif(not DIRTY.exists(), reason="the shared boundary of 江北区 is not here")
def test_a_real_dirty_boundary_is_repaired_and_lands_where_it_belongs() -> None:
    dirty = json.loads(DIRTY.read_text(encoding="utf-8"))
    shapes = [f["geometry"] for f in dirty.get("features", [dirty])]
    clean = json.loads(CLEAN.read_text(encoding="utf-8"))
    true = shapely.union_all([shapely.geometry.shape(f["geometry"]) for f in clean.get("features", [clean])])
    made = [rings.drawn(shape, crs="GCJ-02") for shape in shapes]
    assert any("self-intersection" in one.repairs for one in made)
    found = shapely.union_all([shapely.geometry.shape(one.geometry) for one in made])
    shared = found.intersection(true).area / found.union(true).area
    unmoved = shapely.union_all([shapely.make_valid(shapely.geometry.shape(shape)) for shape in shapes])
    assert shared > unmoved.intersection(true).area / unmoved.union(true).area
    assert shared > 0.7
