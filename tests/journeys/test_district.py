"""The real codes of the district, found by name and by point."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.test import Client

from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid
from pianqu.foundation.fresh import forget_all
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries, services
from pianqu.rooms.territory.services import NewPlace

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SYSTEM = Actor(kind="system", organisation_code="330205")

pytestmark = pytest.mark.django_db


@pytest.fixture
def district() -> None:
    load_district(code="330205", now=NOW)


@pytest.mark.usefixtures("district")
def test_the_district_has_its_streets_and_communities() -> None:
    choices = queries.community_choices()
    assert len(choices) == 8
    assert sum(len(choice.communities) for choice in choices) == 152
    assert directory.organisation("330205103000").kind == "town"
    assert len(directory.all_organisations("community", "village")) == 152


@pytest.mark.usefixtures("district")
def test_loading_again_changes_nothing() -> None:
    before = len(ledger.history("place:330205001001"))
    load_district(code="330205", now=NOW)
    assert len(ledger.history("place:330205001001")) == before == 1
    assert len(queries.places()) == 1 + 8 + 152


@pytest.mark.usefixtures("district")
def test_every_community_is_located_at_its_own_point() -> None:
    for choice in queries.community_choices():
        for community in choice.communities:
            assert community.lon is not None
            assert community.lat is not None
            found = queries.locate(community.lon, community.lat)
            assert found is not None
            assert found.community.code == community.code
            assert found.street == choice.street


@pytest.mark.usefixtures("district")
def test_names_lead_to_places_and_landmarks() -> None:
    assert queries.find("洪塘街道")[0].kind == "street"
    mall = queries.find("万象城")[0]
    assert mall.community_code
    assert mall.lon is not None


@pytest.mark.usefixtures("district")
def test_swapped_and_foreign_points_are_told_apart() -> None:
    assert queries.looks_swapped(29.95, 121.5)
    assert not queries.looks_swapped(121.5, 29.95)
    assert not queries.looks_swapped(float("nan"), 29.95)
    beijing = queries.locate(116.4, 39.9)
    assert beijing is not None
    assert beijing.method == "outside"


@pytest.mark.usefixtures("district")
def test_the_map_says_that_outlines_are_synthetic() -> None:
    shapes = queries.map_layers()["features"]
    outlines = [s for s in shapes if s["geometry"]["type"] != "Point"]
    assert len(outlines) == 160
    assert all(s["properties"]["synthetic"] for s in outlines)


@pytest.mark.usefixtures("district")
def test_questions_cost_the_same_whatever_is_asked(django_assert_num_queries: Any) -> None:
    queries.find("洪塘")
    for ask in (lambda: queries.find("慈城"), lambda: queries.locate(121.5, 29.95)):
        forget_all()
        with django_assert_num_queries(1):
            ask()
        with django_assert_num_queries(0):
            ask()


def test_an_empty_installation_answers_nothing() -> None:
    assert queries.locate(121.5, 29.95) is None
    assert queries.find("洪塘") == ()
    assert queries.bounds() is None
    with pytest.raises(Absent):
        queries.place("330205001001")


def one(**changes: str) -> NewPlace:
    fields = {
        "code": "330205001001",
        "level": "community",
        "kind": "community",
        "name": "外滩社区",
        "short_name": "外滩社区",
    }
    return NewPlace(**{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes", [{"code": "330205"}, {"code": "33020500100x"}, {"level": "planet"}, {"parent_code": "330205999000"}]
)
def test_lines_that_cannot_be_are_refused_whole(changes: dict[str, str]) -> None:
    with pytest.raises(Invalid):
        services.add_places(actor=SYSTEM, items=[one(), one(**changes)], valid_from=date(2023, 6, 30), now=NOW)


def test_only_the_set_up_changes_places() -> None:
    clerk = Actor(kind="post", post_id="p", organisation_code="330205")
    with pytest.raises(Forbidden):
        services.add_places(actor=clerk, items=[one()], valid_from=date(2023, 6, 30), now=NOW)


def test_a_pack_that_is_not_there_is_said() -> None:
    with pytest.raises(Absent):
        load_district(code="000000", now=NOW)


@pytest.mark.usefixtures("district")
def test_a_point_in_the_river_says_that_the_nearest_community_is_meant() -> None:
    points = [(121.40 + 0.004 * east, 29.85 + 0.004 * north) for east in range(60) for north in range(60)]
    found = {(lon, lat): located for lon, lat in points if (located := queries.locate(lon, lat))}
    reader = Client(headers={"accept-language": "en"})
    for method, is_said in (("outline", False), ("nearest", True)):
        lon, lat = next(point for point, located in found.items() if located.method == method)
        text = reader.get("/report/where/", {"lon": lon, "lat": lat}).content.decode()
        assert 'class="pq-error' not in text and ("the nearest" in text) == is_said
