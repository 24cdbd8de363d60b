"""Layers laid over one another: each point lies in one atom that says what they say; faults are repaired and listed."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, Polygon, box

from pianqu.kernels.overlay.findings import WORDS, Refused, sentence
from pianqu.kernels.overlay.layers import Layer, Limits, Shape
from pianqu.kernels.overlay.refining import Refinement, fit_together, refined
from pianqu.kernels.overlay.tables import atom_of, by_area, counted, dissolved, shared_out


def layer(name: str, **shapes: shapely.Geometry) -> Layer:
    return Layer(name, [Shape(key, shape) for key, shape in shapes.items()])


def halves(name: str = "halves", at: float = 50.0) -> Layer:
    return layer(name, west=box(0, 0, at, 100), east=box(at, 0, 100, 100))


def codes(made: Refinement) -> set[str]:
    return {finding.code for finding in made.findings}


def members(made: Refinement) -> list[tuple[str, ...]]:
    return sorted(atom.members for atom in made.atoms)


def is_sound(made: Refinement) -> None:
    shapes = np.array([atom.geometry for atom in made.atoms])
    assert shapely.is_valid(shapes).all()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    shared = shapely.area(shapely.intersection(shapes[one[one < other]], shapes[other[one < other]]))
    assert shared.sum() == pytest.approx(0.0, abs=1e-9)
    assert fit_together(shapes)


def told(layers: Sequence[Layer], point: Point) -> tuple[str, ...]:
    """What the layers themselves say of a point: of several shapes the smallest, then the first."""
    found = []
    for one in sorted(layers, key=lambda each: each.name):
        holding = [
            (s.geometry.area, s.key) for s in one.shapes if s.geometry is not None and s.geometry.contains(point)
        ]
        found.append(min(holding)[1] if holding else "")
    return tuple(found)


def test_two_grids_make_the_atoms_that_both_cut() -> None:
    made = refined([halves(), layer("rows", north=box(0, 50, 100, 100), south=box(0, 0, 100, 50))])
    assert members(made) == [("east", "north"), ("east", "south"), ("west", "north"), ("west", "south")]
    assert [atom.area_m2 for atom in made.atoms] == pytest.approx([2500.0] * 4)
    assert sorted(border.length_m for border in made.borders) == pytest.approx([50.0] * 4)
    assert not made.findings
    is_sound(made)


def test_a_kerb_drawn_twice_leaves_no_hair() -> None:
    other = layer("other", a=box(0, 0, 52.5, 100), b=box(52.5, 0, 100, 100))
    made = refined([halves(), other])
    assert members(made) == [("east", "b"), ("west", "a")]
    assert made.slivers == 1
    assert made.sliver_m2 == pytest.approx(250.0)
    assert sum(made.moved_m2) == pytest.approx(250.0)
    is_sound(made)


@pytest.mark.parametrize(("keep", "west"), [("halves", 5000.0), ("other", 5250.0)])
def test_the_layer_that_is_kept_keeps_its_border(keep: str, west: float) -> None:
    other = layer("other", a=box(0, 0, 52.5, 100), b=box(52.5, 0, 100, 100))
    made = refined([halves(), other], keep=keep)
    assert {atom.members[0]: atom.area_m2 for atom in made.atoms}["west"] == pytest.approx(west)
    assert made.moved_m2[made.layers.index(keep)] == 0


def test_a_place_that_no_layer_covers_is_a_piece_of_its_own_inside_of_the_district() -> None:
    made = refined([layer("only", a=box(0, 0, 40, 100))], outline=box(0, 0, 100, 100))
    bare = [atom for atom in made.atoms if atom.uncovered]
    assert [atom.area_m2 for atom in bare] == pytest.approx([6000.0])
    assert codes(made) == {"uncovered", "layer-uncovered"}
    assert sum(atom.area_m2 for atom in made.atoms) == pytest.approx(10_000.0)


def test_a_gap_of_a_hairs_width_is_closed() -> None:
    made = refined([layer("only", a=box(0, 0, 49, 100), b=box(51, 0, 100, 100))], outline=box(0, 0, 100, 100))
    assert members(made) == [("a",), ("b",)]
    assert sum(atom.area_m2 for atom in made.atoms) == pytest.approx(10_000.0)
    is_sound(made)


def test_what_lies_outside_of_the_district_is_told_and_its_hairs_are_cut_off() -> None:
    sticking_out = layer("only", a=box(-30, 0, 50, 100), b=box(50, 0, 102, 100))
    made = refined([sticking_out], outline=box(0, 0, 100, 100))
    assert [(f.keys, f.values["area_m2"]) for f in made.findings if f.code == "beyond"] == [
        (("a",), pytest.approx(3000.0))
    ]
    assert made.trimmed_m2 == pytest.approx(200.0)
    assert sum(atom.area_m2 for atom in made.atoms if atom.within) == pytest.approx(10_000.0)


def test_a_layer_that_covers_nothing_of_the_district_is_refused_with_its_place() -> None:
    with pytest.raises(Refused) as refused:
        refined([halves(), layer("far", a=box(5000, 0, 5100, 100))], outline=box(0, 0, 100, 100))
    assert refused.value.finding.code == "elsewhere"
    assert refused.value.finding.at == (5050.0, 50.0)
    assert "4\u2009950 m from it" in str(refused.value)


def test_a_layer_that_only_touches_the_district_covers_nothing_of_it() -> None:
    with pytest.raises(Refused) as refused:
        refined([halves(), layer("beside", a=box(100, 0, 200, 100))], outline=box(0, 0, 100, 100))
    assert refused.value.finding.code == "elsewhere"


def test_two_layers_of_one_name_and_no_layer_are_refused() -> None:
    for layers, code in (([halves(), halves()], "layer-twice"), ([], "nothing")):
        with pytest.raises(Refused) as refused:
            refined(layers)
        assert refused.value.finding.code == code


def test_an_overlap_that_another_grid_cuts_is_told_once() -> None:
    one = layer("one", a=box(0, 0, 60, 100), b=box(40, 0, 100, 100))
    made = refined([one, layer("rows", north=box(0, 50, 100, 100), south=box(0, 0, 100, 50))])
    assert [(f.keys, f.values["area_m2"]) for f in made.findings] == [(("a", "b"), pytest.approx(2000.0))]


def test_a_market_in_its_community_counts_there_and_is_told() -> None:
    made = refined([layer("one", community=box(0, 0, 100, 100), market=box(40, 40, 60, 60))])
    assert members(made) == [("community",), ("market",)]
    [overlap] = [finding for finding in made.findings if finding.code == "overlap"]
    assert overlap.keys == ("community", "market")
    assert overlap.values["area_m2"] == pytest.approx(400.0)
    assert [atom.twice for atom in made.atoms if atom.twice] == [(("one", ("market", "community")),)]


def test_a_hole_that_nobody_covers_is_told() -> None:
    ring = box(0, 0, 100, 100).difference(box(40, 40, 60, 60))
    made = refined([layer("one", ring=ring)])
    assert codes(made) == {"gap"}
    assert sum(atom.area_m2 for atom in made.atoms) == pytest.approx(9600.0)
    is_sound(made)


def test_a_hole_that_touches_its_rim_is_kept() -> None:
    ring = box(0, 0, 100, 100).difference(Polygon([(0, 50), (40, 20), (40, 80)]))
    made = refined([layer("one", ring=ring, inner=Polygon([(0, 50), (40, 20), (40, 80)]))])
    assert sorted(atom.area_m2 for atom in made.atoms) == pytest.approx([1200.0, 8800.0])
    is_sound(made)


def test_a_hole_on_the_rim_is_no_reason_to_call_neighbours_unfit() -> None:
    ring = Polygon([(0, 0), (12, 0), (12, 12), (4, 12), (4, 6), (1, 6), (1, 12), (0, 12)], [[(4, 12), (9, 6), (5, 4)]])
    fitting = np.array([ring, box(1, 6, 4, 12)])
    assert fit_together(fitting)
    assert not fit_together(np.array([ring, box(1, 6, 4.5, 12)]))


def test_an_island_in_the_middle_of_another_layers_cell_is_a_hole_there() -> None:
    made = refined([layer("a", whole=box(0, 0, 100, 100)), layer("b", middle=box(40, 40, 60, 60))])
    assert members(made) == [("whole", ""), ("whole", "middle")]
    assert sorted(atom.area_m2 for atom in made.atoms) == pytest.approx([400.0, 9600.0])
    is_sound(made)


def test_a_shape_that_others_cut_into_hairs_keeps_its_largest() -> None:
    stripes = Layer("stripes", [Shape(f"{at:02}", box(at * 5, 0, at * 5 + 5, 100)) for at in range(20)])
    made = refined(
        [stripes, layer("b", small=box(40, 40, 60, 60), rest=box(0, 0, 100, 100).difference(box(40, 40, 60, 60)))]
    )
    assert "small" in {atom.members[0] for atom in made.atoms}
    narrow = {f.keys[0] for f in made.findings if f.code == "narrow"}
    assert narrow | {atom.members[1] for atom in made.atoms} == {f"{at:02}" for at in range(20)}
    assert sum(atom.area_m2 for atom in made.atoms) == pytest.approx(10_000.0)


def broken(number: float) -> Polygon:
    """A square one corner of which is no number."""
    square = np.array(box(200, 0, 300, 100).exterior.coords)
    square[1, 0] = number
    return shapely.transform(box(200, 0, 300, 100), lambda _: square)


DIRTY = [
    ("self-intersection", Polygon([(200, 0), (300, 100), (300, 0), (200, 100)])),
    ("empty", Polygon()),
    ("empty", None),
    ("empty", Polygon([(200, 0), (300, 0), (250, 0)])),
    ("empty", box(200, 0, 200.001, 0.001)),
    ("not-an-area", shapely.LineString([(0, 0), (1, 1)])),
    ("not-an-area", Point(1, 1)),
    ("partly-no-area", shapely.GeometryCollection([box(200, 0, 300, 100), Point(1, 1)])),
    ("not-a-number", broken(np.nan)),
    ("not-a-number", broken(np.inf)),
    ("duplicate", box(0, 0, 50, 100)),
]


@pytest.mark.parametrize(("code", "shape"), DIRTY)
def test_what_is_wrong_with_a_shape_is_mended_and_listed(code: str, shape: shapely.Geometry) -> None:
    made = refined([Layer("one", [*halves().shapes, Shape("zz", shape)])])
    assert codes(made) == {code}
    assert {("west",), ("east",)} <= set(members(made))
    is_sound(made)


def test_a_bow_tie_is_told_with_the_place_where_it_crosses() -> None:
    made = refined([layer("one", tie=Polygon([(0, 0), (100, 100), (100, 0), (0, 100)]))])
    [finding] = [finding for finding in made.findings if finding.code == "self-intersection"]
    assert finding.at == pytest.approx((50.0, 50.0))
    assert "(50, 50)" in str(sentence(finding))


def test_shapes_without_a_code_and_with_one_code_are_told() -> None:
    made = refined(
        [Layer("one", [Shape(" ", box(0, 0, 50, 100)), Shape("a", box(50, 0, 99, 9)), Shape("a", box(50, 20, 99, 99))])]
    )
    assert codes(made) == {"code-missing", "code-twice"}
    assert {atom.members for atom in made.atoms} == {("#1",), ("a",)}


@pytest.mark.parametrize(
    ("limits", "code"), [(Limits(shapes=3), "too-many-shapes"), (Limits(points=15), "too-many-points")]
)
def test_too_much_is_refused_with_the_limit(limits: Limits, code: str) -> None:
    with pytest.raises(Refused) as refused:
        refined([halves("a"), halves("b")], limits=limits)
    assert refused.value.finding.code == code
    assert str(limits.shapes if code == "too-many-shapes" else limits.points) in str(refused.value)


def test_a_layer_with_nothing_in_it_is_refused() -> None:
    with pytest.raises(Refused) as refused:
        refined([halves(), Layer("none", [])])
    assert refused.value.finding.code == "nothing"


@pytest.mark.parametrize("code", sorted(WORDS))
def test_every_code_has_words_with_places_that_can_be_filled(code: str) -> None:
    assert WORDS[code] % {name: "x" for name in _places(WORDS[code])}


def _places(words: str) -> set[str]:
    return {part.split(")")[0] for part in words.split("%(")[1:]}


CORNERS = st.tuples(st.integers(0, 12), st.integers(0, 12))
BOXES = st.tuples(CORNERS, CORNERS).map(lambda pair: box(*np.minimum(*pair), *np.maximum(*pair)))
RINGS = st.lists(CORNERS, min_size=3, max_size=6).map(Polygon)
SHAPES = st.one_of(BOXES, RINGS)
LAYERS = st.lists(st.lists(SHAPES, min_size=1, max_size=4), min_size=1, max_size=3)


def _layers(drawn: list[list[Polygon]]) -> list[Layer]:
    """Valid shapes of some size only: what is done about others is tested above."""
    kept = [[shape for shape in shapes if shape.is_valid and shape.area > 0] for shapes in drawn]
    return [
        Layer(f"l{n}", [Shape(f"s{m}", s) for m, s in enumerate(shapes)]) for n, shapes in enumerate(kept) if shapes
    ]


@settings(max_examples=80, deadline=None)
@given(LAYERS, st.integers(0, 1000))
def test_every_point_lies_in_the_one_atom_that_says_what_the_layers_say(drawn: list[list[Polygon]], seed: int) -> None:
    layers = _layers(drawn)
    if not layers:
        return
    made = refined(layers, tolerance_m=0)
    is_sound(made)
    rims = shapely.union_all([shape.geometry.boundary for one in layers for shape in one.shapes])
    dice = random.Random(seed)
    doubled = {f.keys for f in made.findings if f.code == "duplicate"}
    for _ in range(20):
        point = Point(dice.uniform(-1, 13), dice.uniform(-1, 13))
        if rims.distance(point) < 1e-6 or doubled:
            continue
        holding = [atom for atom in made.atoms if atom.geometry.contains(point)]
        expected = told(layers, point)
        assert [atom.members for atom in holding] == ([expected] if any(expected) else [])
    covered = shapely.union_all([shape.geometry for one in layers for shape in one.shapes])
    assert sum(atom.area_m2 for atom in made.atoms) == pytest.approx(covered.area)


@settings(max_examples=40, deadline=None)
@given(LAYERS, st.integers(1, 30), st.randoms(use_true_random=False))
def test_nothing_is_lost_whatever_the_tolerance_and_the_order(
    drawn: list[list[Polygon]], tolerance: int, dice: random.Random
) -> None:
    layers = _layers(drawn)
    if not layers:
        return
    made = refined(layers, tolerance_m=tolerance / 10, outline=box(0, 0, 12, 12))
    is_sound(made)
    assert sum(atom.area_m2 for atom in made.atoms if atom.within) == pytest.approx(144.0)
    mixed = [Layer(one.name, dice.sample(list(one.shapes), len(one.shapes))) for one in layers]
    dice.shuffle(mixed)
    again = refined(mixed, tolerance_m=tolerance / 10, outline=box(0, 0, 12, 12))
    assert again == made
    assert [atom.geometry.wkb for atom in again.atoms] == [atom.geometry.wkb for atom in made.atoms]


def noisy(dice: random.Random, name: str, across: int) -> Layer:
    """A chequerboard of 100 m, drawn by somebody whose hand is three metres off at every corner."""
    corner = {
        (x, y): (x * 100 + dice.uniform(-2, 2), y * 100 + dice.uniform(-2, 2))
        for x in range(across + 1)
        for y in range(across + 1)
    }
    cells = [(x, y) for x in range(across) for y in range(across)]
    return Layer(
        name,
        [
            Shape(f"{x}-{y}", Polygon([corner[x, y], corner[x + 1, y], corner[x + 1, y + 1], corner[x, y + 1]]))
            for x, y in cells
        ],
    )


def test_grids_of_one_kerb_drawn_by_five_hands_are_one_grid_again() -> None:
    dice = random.Random(5)
    layers = [noisy(dice, name, 8) for name in "abcde"]
    made = refined(layers)
    assert len(made.atoms) == 64
    assert all(len(set(atom.members)) == 1 for atom in made.atoms)
    assert made.slivers > 500
    is_sound(made)
    points = np.array([[dice.uniform(0, 800), dice.uniform(0, 800)] for _ in range(400)])
    rims = shapely.union_all([shape.geometry.boundary for one in layers for shape in one.shapes])
    for at, point in zip(atom_of(made, points), shapely.points(points), strict=True):
        if rims.distance(point) > made.tolerance_m:
            assert made.atoms[at].members == told(layers, point)


def test_household_points_keep_every_total() -> None:
    made = refined([halves(), halves("other", at=30.0)])
    points = np.array([(10, 10), (40, 10), (40, 90), (50, 50), (90, 10), (101, 50), (500, 500)], dtype=float)
    table = counted(made, "halves", "other", atom_of(made, points), [3, 5, 7, 11, 13, 17, 19])
    assert table.total == 75
    assert {(row.one, row.other): row.count for row in table.rows} == {
        ("", ""): 19,
        ("west", "west"): 3,
        ("west", "east"): 23,
        ("east", "east"): 30,
    }


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 9)), max_size=30))
@settings(max_examples=30, deadline=None)
def test_a_tables_rows_add_up_to_what_was_given(given_points: list[tuple[int, int, int]]) -> None:
    made = refined([halves(), halves("other", at=30.0)])
    points = np.array([(x, y) for x, y, _ in given_points], dtype=float).reshape(-1, 2)
    table = counted(made, "halves", "other", atom_of(made, points), [weight for *_, weight in given_points])
    assert sum(row.count for row in table.rows) == table.total == sum(weight for *_, weight in given_points)


def test_a_total_shared_out_by_area_says_how_far_it_may_be_off() -> None:
    made = refined([halves(), halves("other", at=30.0)])
    table = by_area(made, "halves", "other", {"west": 101, "east": 7})
    rows = {(row.one, row.other): row for row in table.rows}
    assert {key: row.count for key, row in rows.items()} == {
        ("east", "east"): 7,
        ("west", "east"): 40,
        ("west", "west"): 61,
    }
    assert (rows["east", "east"].low, rows["east", "east"].high, rows["east", "east"].error) == (7, 7, 0.0)
    assert (rows["west", "west"].low, rows["west", "west"].high) == (0, 101)
    assert rows["west", "west"].error == pytest.approx(101 * (0.6 * 0.4) ** 0.5)
    assert table.misplaced == pytest.approx(101 * 0.48 / 108)


@given(st.integers(0, 10**9), st.lists(st.integers(1, 1000), min_size=1, max_size=9))
def test_whole_parts_add_up(total: int, weights: list[int]) -> None:
    shares = [weight / sum(weights) for weight in weights]
    parts = shared_out(total, shares)
    assert sum(parts) == total
    assert all(abs(part - total * share) < 1 + 1e-6 * total for part, share in zip(parts, shares, strict=True))


def test_atoms_of_one_group_are_one_shape() -> None:
    made = refined([halves(), layer("rows", north=box(0, 50, 100, 100), south=box(0, 0, 100, 50))])
    groups = dissolved(made, [atom.members[0] for atom in made.atoms])
    assert {key: shape.area for key, shape in groups.items()} == pytest.approx({"east": 5000.0, "west": 5000.0})
    assert [shape.geom_type for shape in groups.values()] == ["Polygon", "Polygon"]


def test_short_borders_are_no_way_across() -> None:
    made = refined([layer("one", a=box(0, 0, 50, 50), b=box(50, 49, 100, 100), c=box(50, 0, 100, 49))], tolerance_m=0)
    assert len(made.borders) == 3
    assert len(made.adjacent(least_m=10)) == 2
