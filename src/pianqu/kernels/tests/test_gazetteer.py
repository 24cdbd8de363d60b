"""Finding by name and by point: oracles, properties, and what people really type."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.gazetteer import Locator, Named, Outlined, find, inside, rings_of, stem
from pianqu.kernels.geo import distance_m

NAMES = (
    Named(key="street", names=("洪塘街道", "Hongtang Subdistrict"), rank=0),
    Named(key="community", names=("洪塘社区", "Hongtang Community"), rank=1),
    Named(key="village", names=("洪塘中村", "Hongtangzhong Village"), rank=1),
    Named(key="mall", names=("万象城",), rank=2),
)


@pytest.mark.parametrize(
    ("words", "first"),
    [
        ("洪塘", "street"),
        ("洪塘社区", "street"),
        ("洪塘 中村", "village"),
        ("万象", "mall"),
        ("在万象城门口", "mall"),
        ("hongtang subdistrict", "street"),
    ],
)
def test_what_people_type_finds_the_place(words: str, first: str) -> None:
    assert find(words, NAMES)[0] == first


@pytest.mark.parametrize("words", ["", "   ", "没有这个地方", "\x00"])
def test_nothing_is_found_for_nothing(words: str) -> None:
    assert find(words, NAMES) == []


@pytest.mark.parametrize(
    ("name", "kept"), [("外滩街道", "外滩"), ("白沙社区", "白沙"), ("村", "村"), ("慈城镇", "慈城"), ("社区", "社区")]
)
def test_the_word_for_the_kind_is_taken_off(name: str, kept: str) -> None:
    assert stem(name) == kept


SQUARES = [
    Outlined(key=f"{x}{y}", lon=x + 0.5, lat=y + 0.5, rings=(((x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)),))
    for x in range(3)
    for y in range(3)
]


@given(st.floats(0, 3, exclude_max=True), st.floats(0, 3, exclude_max=True))
def test_every_point_of_a_tiling_has_exactly_one_place(lon: float, lat: float) -> None:
    holding = [p.key for p in SQUARES if inside(lon, lat, p.rings[0])]
    assert len(holding) == 1
    found = Locator(SQUARES).locate(lon, lat)
    assert found is not None
    assert (found.key, found.method) == (f"{math.floor(lon)}{math.floor(lat)}", "outline") == (holding[0], "outline")


@given(st.floats(), st.floats())
def test_any_numbers_get_an_answer(lon: float, lat: float) -> None:
    found = Locator(SQUARES).locate(lon, lat)
    assert found is None or found.key in {p.key for p in SQUARES}


def test_beyond_the_outlines_the_nearest_is_named_with_its_distance() -> None:
    near = Locator(SQUARES).locate(3.001, 2.5)
    assert near is not None
    assert near.key == "22"
    assert near.method == "outside"  # half a degree is more than five kilometres
    close = Locator([Outlined(key="a", lon=121.5, lat=29.9)]).locate(121.51, 29.9)
    assert close is not None
    assert close.method == "nearest"
    assert close.distance_m == pytest.approx(964, abs=2)


def test_no_places_no_answer() -> None:
    assert Locator([]).locate(1, 1) is None


def test_distance_of_a_known_pair() -> None:
    assert distance_m(0, 0, 0, 1) == pytest.approx(111_195, abs=1)
    assert distance_m(121, 30, 121, 30) == 0


def test_rings_of_both_shapes() -> None:
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    assert rings_of(None) == ()
    assert len(rings_of({"type": "Polygon", "coordinates": [ring]})) == 1
    assert len(rings_of({"type": "MultiPolygon", "coordinates": [[ring], [ring]]})) == 2
