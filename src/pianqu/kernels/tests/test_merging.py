"""Many grids as one: households stay whole, large places are halved between buildings, cells keep to communities."""

import random
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from pianqu.kernels.merging import (
    Ground,
    Homes,
    as_they_are,
    as_units,
    laid_out,
    nearest,
    proposed,
    shares,
    taken,
)
from pianqu.kernels.overlay.layers import Layer, Shape
from pianqu.kernels.overlay.planes import Plane, placed
from pianqu.kernels.overlay.reading import read, read_table
from pianqu.kernels.partition.cells import Band
from pianqu.kernels.partition.graph import graph, parts

SHARED = Path(__file__).parents[5] / "shared/data"
SIDE = 1_000.0
OUTLINE = box(0, 0, 2 * SIDE, SIDE)


def layer(name: str, **shapes: shapely.Geometry) -> Layer:
    return Layer(name, [Shape(key, shape) for key, shape in shapes.items()])


COMMUNITIES = layer("community", one=box(0, 0, SIDE, SIDE), two=box(SIDE, 0, 2 * SIDE, SIDE))
POLICE = layer("police", p1=box(0, 0, 1.5 * SIDE, SIDE))


def homes(seed: int, many: int = 60, most: int = 40) -> Homes:
    chance = random.Random(seed)
    points = [(chance.uniform(0, 2 * SIDE), chance.uniform(0, SIDE)) for _ in range(many)]
    counts = tuple(chance.randint(1, most) for _ in points)
    return Homes(points=np.array(points), households=counts, population=tuple(2 * count for count in counts))


def laid(seed: int = 1, most: int = 100) -> Ground:
    return laid_out([COMMUNITIES, POLICE], outline=OUTLINE, homes=homes(seed), keep="community", most=most)


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), most=st.integers(60, 400))
def test_households_are_counted_once_and_places_cover_the_district_once(seed: int, most: int) -> None:
    ground = laid(seed, most)
    assert sum(place.households for place in ground.places) == sum(homes(seed).households)
    assert sum(place.population or 0 for place in ground.places) == 2 * sum(homes(seed).households)
    assert ground.outside == 0
    shapes = [place.geometry for place in ground.places]
    assert sum(shape.area for shape in shapes) == pytest.approx(OUTLINE.area, rel=1e-6)
    assert shapely.coverage_is_valid(shapes)
    assert ground.atoms == 3


def test_large_places_are_halved_between_buildings_down_to_what_was_asked() -> None:
    ground = laid(most=100)
    assert len(ground.places) > ground.atoms
    assert max(place.households for place in ground.places) <= 100
    assert laid() == laid()


def test_buildings_in_one_place_stay_together() -> None:
    crowd = Homes(points=np.array([(500.0, 500.0)] * 5), households=(90,) * 5, population=(None,) * 5)
    ground = laid_out([COMMUNITIES], outline=OUTLINE, homes=crowd, most=100)
    assert sorted(place.households for place in ground.places) == [0, 450]
    assert all(place.population is None for place in ground.places)


def test_cells_keep_to_their_communities_and_households_and_are_connected() -> None:
    ground = laid(most=60)
    found = proposed(ground, "community", Band(least=150, most=320), plain=True)
    lies = ground.column("community")
    held = [0] * len(found.communities)
    for place, cell in enumerate(found.part):
        assert found.communities[cell] == lies[place]
        held[cell] += ground.places[place].households
    assert [150 <= one <= 320 for one in held] == list(found.fits)
    assert all(found.fits)
    units = as_units(ground, keep=["community"])
    number = parts(graph(len(units), units.borders), np.array(found.part))
    assert len(set(number.tolist())) == len(found.communities)


def test_a_community_with_too_few_households_is_one_cell_that_says_it_does_not_fit() -> None:
    found = proposed(laid(most=60), "community", Band(least=2_000, most=3_000), plain=True)
    assert (len(found.communities), found.fits) == (2, (False, False))


def test_places_in_no_present_cell_go_to_the_neighbour_with_the_longest_border() -> None:
    cells = layer("cells", a=box(0, 0, 900, SIDE), b=box(1_300, 0, 2 * SIDE, SIDE))
    ground = laid_out([COMMUNITIES, cells], outline=OUTLINE, homes=homes(3), most=10_000)
    found = as_they_are(ground, "cells", "community")
    assert found.communities == ("one", "two")
    for place, cell in zip(ground.places, found.part, strict=True):
        middle = place.geometry.representative_point().x
        assert cell == (0 if middle < SIDE else 1)


def test_who_takes_a_place_spreads_from_those_that_touch_a_taker() -> None:
    borders = [(0, 1, 5.0), (1, 2, 1.0), (1, 3, 9.0), (4, 5, 1.0)]
    assert nearest(6, borders, [7, -1, -1, 8, -1, -1]) == (7, 8, 8, 8, -1, -1)
    assert taken(laid(most=10_000), [4, -1, -1]) == (4, 4, 4)


def test_shares_of_a_crosswalk_add_up_on_both_sides() -> None:
    rows = shares(["a", "a", "b", "b"], ["x", "y", "y", "y"], [10, 30, 20, 0])
    assert rows == (("a", "x", 10, 0.25, 1.0), ("a", "y", 30, 0.75, 0.6), ("b", "y", 20, 1.0, 0.4))


@pytest.mark.skipif(not (SHARED / "multigrid").exists(), reason="the systems of New York are not here")
def test_eight_real_systems_give_their_atoms_and_share_every_person_once() -> None:
    rows = read_table((SHARED / "multigrid/nyc_tract_multigrid_crosswalk.csv").read_bytes(), "tracts").rows
    systems = ("community", "precinct", "school", "council", "uhf42", "puma", "nta", "modzcta")
    people = [int(row["TotalPop"]) for row in rows]
    columns = {system: [row[system] for row in rows] for system in systems}
    atoms = ["|".join(columns[system][at] for system in systems) for at in range(len(rows))]
    assert len(set(atoms)) == 764
    for system in systems:
        found = shares(atoms, columns[system], people)
        assert sum(count for _one, _other, count, _there, _back in found) == 8_426_743
        assert len(found) == 764  # an atom lies in one area of every system


@pytest.mark.skipif(not (SHARED / "multigrid").exists(), reason="the layers of New York are not here")
def test_three_real_layers_are_merged_and_nobody_is_lost_in_them() -> None:
    plane = Plane(-73.97, 40.7)
    layers = []
    for file, code in (("community-districts.geojson", "BoroCD"), ("UHF42.geo.json", "GEOCODE")):
        one = read((SHARED / "multigrid" / file).read_bytes(), file, code=code)
        layers.append(plane.layer(placed(one.layer, one.system).layer))
    rows = read_table((SHARED / "multigrid/nyc_tract_multigrid_crosswalk.csv").read_bytes(), "tracts").rows
    feet = Layer("t", [Shape(row["k"], shapely.Point(float(row["x"]), float(row["y"]))) for row in rows])
    points = shapely.get_coordinates([shape.geometry for shape in plane.layer(placed(feet, "EPSG:2263").layer).shapes])
    counts = tuple(int(row["TotalPop"]) for row in rows)
    outline = shapely.union_all(
        shapely.make_valid(np.array([shape.geometry for shape in layers[0].shapes], dtype=object))
    )
    city = Homes(points=points, households=counts, population=counts)
    ground = laid_out(layers, outline=outline, homes=city, most=200_000, tolerance_m=60)
    assert sum(place.households for place in ground.places) + ground.outside == 8_426_743
    assert ground.outside < 2_000
