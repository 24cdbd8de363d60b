"""Offsets agree with published vectors and undo each other; distances are those of the sphere."""

from math import acos, cos, radians, sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import geo

DISTRICT = (121.4, 29.8, 121.7, 30.1)
LONGITUDES = st.floats(73.5, 135.0)
LATITUDES = st.floats(3.9, 53.5)


@pytest.mark.parametrize(
    ("lon", "lat", "gcj_lon", "gcj_lat"),
    [
        (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
        (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
        (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
    ],
)
def test_published_points(lon: float, lat: float, gcj_lon: float, gcj_lat: float) -> None:
    assert geo.gcj02(lon, lat) == pytest.approx((gcj_lon, gcj_lat), abs=1e-9)


@given(LONGITUDES, LATITUDES)
def test_there_and_back(lon: float, lat: float) -> None:
    back = geo.wgs84(*geo.gcj02(lon, lat))
    assert geo.distance_m(lon, lat, *back) < 0.001


@given(LONGITUDES, LATITUDES)
def test_the_offset_is_less_than_a_kilometre_and_a_half(lon: float, lat: float) -> None:
    assert geo.distance_m(lon, lat, *geo.gcj02(lon, lat)) < 1500


def test_outside_of_china_nothing_moves() -> None:
    assert geo.gcj02(2.35, 48.86) == (2.35, 48.86) == geo.wgs84(2.35, 48.86)


@given(LONGITUDES, LATITUDES, LONGITUDES, LATITUDES)
def test_distance_is_that_of_the_law_of_cosines(lon: float, lat: float, to_lon: float, to_lat: float) -> None:
    a, b = radians(lat), radians(to_lat)
    cosine = sin(a) * sin(b) + cos(a) * cos(b) * cos(radians(to_lon - lon))
    plain = geo.EARTH_RADIUS_M * acos(max(-1.0, min(1.0, cosine)))
    assert geo.distance_m(lon, lat, to_lon, to_lat) == pytest.approx(plain, abs=1.0)


def test_one_degree_of_a_meridian() -> None:
    assert geo.distance_m(121.0, 29.0, 121.0, 30.0) == pytest.approx(111_195.08, abs=0.1)


def test_swapped_numbers_are_noticed() -> None:
    assert geo.looks_swapped(29.9, 121.55, DISTRICT)
    assert not geo.looks_swapped(121.55, 29.9, DISTRICT)
    assert not geo.looks_swapped(116.4, 39.9, DISTRICT)
