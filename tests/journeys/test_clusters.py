"""The public pages of clusters: which one am I in, who is there today, and nothing about persons."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.composition.demo.points import make_points
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.services import NewCluster
from pianqu.rooms.territory.tests.builders import (
    CENTRE,
    NOW,
    ONE,
    SYSTEM,
    TODAY,
    TWO,
    adopted,
    clusters,
    small_district,
)

pytestmark = pytest.mark.django_db
DEPARTMENT = "330205-civil"


@pytest.fixture(autouse=True)
def district() -> None:
    queries.forget_places()
    queries.forget_grids()
    small_district()
    ledger.create_log(now=NOW)
    bureau = NewOrganisation(
        code=DEPARTMENT,
        kind="department",
        name="区民政局",
        short_name="民政局",
        name_en="Civil affairs",
        parent_code="330205",
    )
    directory.add_organisations(actor=SYSTEM, items=[bureau], valid_from=TODAY, now=NOW)


@pytest.fixture
def demo() -> None:
    adopted()
    make_points([], now=timezone.now())


def resident(language: str = "en") -> Client:
    return Client(SERVER_NAME="localhost", headers={"accept-language": language})


def send_down(what: str, title: str) -> None:
    directory.send_down(
        actor=SYSTEM,
        what=what,
        title=title,
        from_code=DEPARTMENT,
        to_code=CENTRE,
        starts=TODAY,
        ends=None,
        presence="resident",
        now=timezone.now(),
    )


def test_a_community_leads_to_its_cluster(demo: None) -> None:
    answer = resident().get("/clusters/", {"place": ONE})
    assert answer.status_code == 302 and answer.headers["location"] == f"/clusters/BJ/?place={ONE}"
    page = resident().get(answer.headers["location"]).text
    assert "this is your cluster" in page and "北郊片区" in page and "/report/" in page
    assert "this is your cluster" not in resident().get(f"/clusters/BJ/?place={TWO}").text


def test_a_community_without_a_cluster_is_told_so(demo: None) -> None:
    page = resident().get("/clusters/", {"place": TWO}).text
    assert "this community is in no cluster" in page and "These communities belong to no cluster" in page
    assert "<dt" in page.partition("In no cluster</h2>")[2] and "2号" in page.partition("In no cluster</h2>")[2]


def test_names_are_found(demo: None) -> None:
    page = resident().get("/clusters/", {"q": "1号社区"}).text
    assert f"/clusters/?place={ONE}" in page and "北郊片区" in page
    assert "in no cluster" in resident().get("/clusters/", {"q": "2号社区"}).text
    assert "No place is called like that" in resident().get("/clusters/", {"q": "nothing like this"}).text


def test_the_centre_shows_hours_and_departments_but_no_person(demo: None) -> None:
    send_down("service", "救助窗口")
    send_down("person", "王小明")
    page = resident().get("/clusters/BJ/").text
    assert "Civil affairs" in page and "救助窗口" in page and "A colleague" in page
    assert "王小明" not in page
    assert "/points/C01/" in page and "Today" in page
    assert "Nobody is on duty at this hour" in page


def test_few_matters_are_no_figure(demo: None) -> None:
    page = resident().get("/clusters/BJ/").text
    assert "Fewer than five matters" in page and "0 of 0" not in page


def test_what_is_unknown_is_not_found_and_an_empty_district_says_so(demo: None) -> None:
    assert resident().get("/clusters/nothing/").status_code == 404
    assert resident().get("/clusters/map.json?only=nothing").status_code == 404
    assert resident().get("/clusters/", {"place": "nowhere", "q": "\x00"}).status_code == 200


def test_without_a_grid_the_page_says_so() -> None:
    assert "The district has no clusters yet" in resident().get("/clusters/").text
    assert resident().get("/clusters/map.json").json()["features"] == []


def test_maps_draw_the_ground_and_lead_on(demo: None) -> None:
    told = [one["properties"] for one in resident().get("/clusters/map.json").json()["features"]]
    assert [one.get("href") for one in told] == ["/points/C01/", "/clusters/BJ/", None]
    parts = [one["properties"] for one in resident().get("/clusters/map.json?only=BJ").json()["features"]]
    assert [one["level"] for one in parts] == ["point", "cell", "cluster"]


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("ask", [lambda: "/clusters/", lambda: "/clusters/BJ/", lambda: "/clusters/map.json?only=BJ"])
def test_statements_do_not_grow(ask: Callable[[], str], language: str) -> None:
    counts = []
    for more in (0, 1):
        queries.forget_grids()
        extra = [NewCluster(code="X", name="新片区", community_codes=[TWO], centre_code="")] if more else []
        adopted(clusters=[*clusters(), *extra], valid_from=TODAY if not more else timezone.localdate())
        if not more:
            make_points([], now=timezone.now())
        for number in range(3):
            send_down("service", f"窗口{more}{number}")
        resident(language).get(ask())
        with CaptureQueriesContext(connection) as seen:
            assert resident(language).get(ask()).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 13, counts
