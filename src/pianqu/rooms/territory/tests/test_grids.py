"""A grid is adopted whole, keeps its days, says where a point lies and what may be handed to a cell."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger.models import Entry
from pianqu.rooms.territory import queries, services
from pianqu.rooms.territory.models import GridCell, GridVersion
from pianqu.rooms.territory.services import NewCluster, NewEntry, NewPerson
from pianqu.rooms.territory.tests.builders import (
    CENTRE,
    NOW,
    ONE,
    SIDE,
    SOUTH,
    SYSTEM,
    TODAY,
    TOMORROW,
    TWO,
    WEST,
    adopted,
    cells,
    clusters,
    new_cell,
    posts,
)

pytestmark = pytest.mark.django_db
HALF = SIDE / 2
MARKET = (WEST + SIDE + 0.75 * SIDE, SOUTH + 0.75 * SIDE)
STALL = (WEST + SIDE + 0.25 * SIDE, SOUTH + 0.25 * SIDE)


def test_a_point_lies_in_its_cell_micro_cell_community_and_cluster() -> None:
    version = adopted()
    stall = queries.locate_cell(lon=STALL[0], lat=STALL[1], on=TODAY)
    assert (stall.cell_code, stall.micro_code, stall.community_code, stall.cluster_code) == ("A3", "A3-1", ONE, "BJ")
    assert (stall.version_id, stall.how) == (version, "inside")
    assert queries.locate_cell(lon=MARKET[0], lat=MARKET[1], on=TODAY).micro_code == ""
    other = queries.locate_cell(lon=WEST + 2.5 * SIDE, lat=SOUTH + HALF, on=TODAY)
    assert (other.cell_code, other.cluster_code) == ("B1", "")


def test_a_border_and_the_river_have_one_answer_that_says_so() -> None:
    adopted()
    border = queries.locate_cell(lon=WEST + SIDE, lat=SOUTH + HALF, on=TODAY)
    assert (border.cell_code, border.how) == ("A1", "inside")
    river = queries.locate_cell(lon=WEST + SIDE + 0.0005, lat=SOUTH + 1.6 * SIDE, on=TODAY)
    assert (river.cell_code, river.how) == ("A2", "gap") and 40 < river.distance_m < 60
    assert queries.locate_cell(lon=WEST + 1, lat=SOUTH, on=TODAY) == queries.NOWHERE


def test_many_points_are_one_statement_and_agree_with_one_point() -> None:
    adopted()
    points = [STALL, MARKET, (WEST + 1, SOUTH), (WEST + HALF, SOUTH + HALF)]
    queries.locate_cells(points, on=TODAY)
    with CaptureQueriesContext(connection) as seen:
        many = queries.locate_cells(points, on=TODAY)
    assert len(seen) == 1
    assert many == tuple(queries.locate_cell(lon=lon, lat=lat, on=TODAY) for lon, lat in points)


def test_the_past_keeps_its_grid() -> None:
    first = adopted()
    later = [replace(cell, name="新网格") for cell in cells() if cell.code in {"A1", "A2"}]
    second = adopted(cells=later, clusters=[], valid_from=TOMORROW)
    assert queries.locate_cell(lon=STALL[0], lat=STALL[1], on=TODAY).version_id == first
    assert queries.locate_cell(lon=STALL[0], lat=STALL[1], on=TOMORROW).cell_code in {"", "A1"}
    assert queries.cell("A1", on=TODAY).name == "A1网格" and queries.cell("A1", on=TOMORROW).name == "新网格"
    assert [card.version_id for card in queries.versions()] == [second, first]
    assert queries.versions()[1].valid_to == TOMORROW
    assert queries.version_on(TODAY - timedelta(days=1)) is None
    with pytest.raises(Absent):
        queries.cell("A3", on=TOMORROW)
    with pytest.raises(Refused):
        adopted(valid_from=TODAY)


def test_the_centre_of_a_cluster_works_on_its_communities() -> None:
    adopted()
    assert directory.areas_of(CENTRE, TODAY) == {ONE}
    assert queries.cluster_of(ONE, on=TODAY) == queries.clusters(on=TODAY)[0]
    assert queries.cluster_of(TWO, on=TODAY) is None
    wider = [NewCluster(code="BJ", name="北郊片区", community_codes=[ONE, TWO], centre_code=CENTRE)]
    adopted(clusters=wider, valid_from=TOMORROW)
    assert directory.areas_of(CENTRE, TOMORROW) == {ONE, TWO}
    adopted(clusters=[], valid_from=TOMORROW + timedelta(days=1))
    assert directory.areas_of(CENTRE, TOMORROW + timedelta(days=1)) == frozenset()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ([], "grid-empty"),
        ([new_cell("A1", WEST, SOUTH)] * 2, "cell-twice"),
        ([new_cell("A1", WEST, SOUTH, kind="round")], "cell-wrong"),
        ([new_cell("A1", WEST, SOUTH, community_code="330205999999")], "cell-wrong"),
        ([new_cell("A1", WEST, SOUTH, kind="special")], "cell-wrong"),
        ([new_cell("A1", WEST, SOUTH, special_kind="park")], "cell-wrong"),
        ([new_cell("A1", WEST, SOUTH, kind="micro", parent_code="A9")], "cell-wrong"),
        ([new_cell("A1", WEST, SOUTH), new_cell("A2", WEST, SOUTH, parent_code="A1")], "cell-wrong"),
        ([new_cell("A1", WEST, SOUTH, name="")], "cell-wrong"),
    ],
)
def test_cells_that_do_not_fit_are_refused_and_nothing_is_kept(changed: list[services.NewCell], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        adopted(cells=changed)
    assert refused.value.code == code
    assert not GridVersion.objects.exists() and not GridCell.objects.exists()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (
            [
                NewCluster(code="A", name="a", community_codes=[ONE]),
                NewCluster(code="B", name="b", community_codes=[ONE]),
            ],
            "cluster-overlap",
        ),
        ([NewCluster(code="A", name="a", community_codes=[])], "cluster-wrong"),
        ([NewCluster(code="A", name="a", community_codes=["330205999999"])], "cluster-community"),
    ],
)
def test_clusters_that_do_not_fit_are_refused(changed: list[NewCluster], code: str) -> None:
    with pytest.raises(Invalid) as refused:
        adopted(clusters=changed)
    assert refused.value.code == code


def test_the_digest_depends_on_every_border_and_on_nothing_else() -> None:
    first = GridVersion.objects.get(id=adopted()).digest
    same = GridVersion.objects.get(id=adopted(cells=cells()[::-1], valid_from=TOMORROW)).digest
    moved = [*cells()[1:], new_cell("A1", WEST + 0.0000002, SOUTH)]
    other = GridVersion.objects.get(id=adopted(cells=moved, valid_from=TOMORROW + timedelta(days=1))).digest
    assert first == same != other
    fact = Entry.objects.filter(kind="territory.grid-adopted")
    assert fact.count() == 3


def test_where_a_grid_comes_from_stays_out_of_the_ledger() -> None:
    version = adopted(source="张三手绘.geojson")
    (entry,) = ledger.history(f"grid:{version}")
    assert entry.fact is not None and entry.fact["source"] == ""
    assert GridVersion.objects.get(id=version).source == "张三手绘.geojson"


def test_who_may_change_the_grid() -> None:
    nobody = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code=CENTRE)
    with pytest.raises(Forbidden):
        adopted(actor=nobody)
    adopted()
    with pytest.raises(Forbidden):
        services.staff_cell(actor=nobody, cell_code="A1", people=[], valid_from=TODAY, now=NOW)
    with pytest.raises(Forbidden):
        services.set_entry_list(actor=nobody, list_name="x", items=[], valid_from=TODAY, now=NOW)


def test_a_cell_has_one_leader_and_any_number_of_others() -> None:
    adopted()
    held = posts(5)
    roles = ["leader", "full_time", "part_time", "adviser", "other"]
    people = [NewPerson(role=role, post_id=post) for role, post in zip(roles, held, strict=True)]
    services.staff_cell(actor=SYSTEM, cell_code="A1", people=people, valid_from=TODAY, now=NOW)
    services.staff_cell(actor=SYSTEM, cell_code="A1", people=people[:2], valid_from=TOMORROW, now=NOW)
    assert [card.role for card in queries.people_of("A1", on=TODAY)] == roles
    assert len(queries.people_of("A1", on=TOMORROW)) == 2 and queries.people_of("A2", on=TODAY) == ()
    for wrong in ([], people[1:], [people[0], people[0]], [NewPerson(role="king", post_id=held[0])]):
        with pytest.raises(Invalid):
            services.staff_cell(actor=SYSTEM, cell_code="A1", people=wrong, valid_from=TOMORROW, now=NOW)
    with pytest.raises(Absent):
        services.staff_cell(actor=SYSTEM, cell_code="A9", people=people, valid_from=TODAY, now=NOW)


def test_nobody_is_named_who_holds_no_post_and_the_past_is_not_written_anew() -> None:
    adopted(valid_from=TODAY)
    held = posts(2)
    gone = [NewPerson(role="leader", post_id=uuid.uuid4())]
    with pytest.raises(Invalid) as refused:
        services.staff_cell(actor=SYSTEM, cell_code="A1", people=gone, valid_from=TODAY, now=NOW)
    assert refused.value.code == "cell-person-gone"
    first, second = ([NewPerson(role="leader", post_id=post)] for post in held)
    services.staff_cell(actor=SYSTEM, cell_code="A1", people=first, valid_from=TOMORROW, now=NOW)
    with pytest.raises(Invalid) as early:
        services.staff_cell(actor=SYSTEM, cell_code="A1", people=second, valid_from=TODAY, now=NOW)
    assert early.value.code == "day-too-early" and TOMORROW.isoformat() in early.value.message
    services.staff_cell(actor=SYSTEM, cell_code="A1", people=second, valid_from=TOMORROW, now=NOW)
    assert [card.post_id for card in queries.people_of("A1", on=TOMORROW)] == [held[1]], "the same day: mended"
    assert queries.all_people(on=TOMORROW) == {"A1": queries.people_of("A1", on=TOMORROW)}
    items = [NewEntry(cell_kind="ordinary", category="environment", article="第 3 项")]
    services.set_entry_list(actor=SYSTEM, list_name="准入清单", items=items, valid_from=TOMORROW, now=NOW)
    with pytest.raises(Invalid) as past:
        services.set_entry_list(actor=SYSTEM, list_name="旧清单", items=items, valid_from=TODAY, now=NOW)
    assert past.value.code == "day-too-early"


def test_only_what_the_list_holds_may_be_handed_to_a_cell() -> None:
    adopted()
    items = [
        NewEntry(cell_kind="ordinary", category="environment", article="第 3 项"),
        NewEntry(cell_kind="special", category="market", article="第 9 项"),
    ]
    services.set_entry_list(actor=SYSTEM, list_name="准入清单", items=items, valid_from=TODAY, now=NOW)
    yes = queries.check_entry(cell_code="A1", category="environment", on=TODAY)
    assert (yes.allowed, yes.list_name, yes.article) == (True, "准入清单", "第 3 项")
    no = queries.check_entry(cell_code="A1", category="market", on=TODAY)
    assert (no.allowed, no.list_name) == (False, "准入清单")
    assert queries.check_entry(cell_code="A3", category="market", on=TODAY).allowed
    assert not queries.check_entry(cell_code="A3-1", category="market", on=TODAY).allowed
    services.set_entry_list(actor=SYSTEM, list_name="新清单", items=items[1:], valid_from=TOMORROW, now=NOW)
    assert queries.check_entry(cell_code="A1", category="environment", on=TODAY).allowed
    assert not queries.check_entry(cell_code="A1", category="environment", on=TOMORROW).allowed
    with pytest.raises(Invalid):
        services.set_entry_list(actor=SYSTEM, list_name="x", items=[items[0]] * 2, valid_from=TOMORROW, now=NOW)
    assert [row[0] for row in queries.entry_list(on=TOMORROW)] == ["新清单"]


def test_every_cluster_code_of_the_builders_is_known() -> None:
    adopted()
    assert {card.code for card in queries.cells(on=TODAY)} == {cell.code for cell in cells()}
    assert {card.code for card in queries.cells(on=TODAY, community_code=TWO)} == {"B1"}
    assert {card.code for card in queries.clusters(on=TODAY)} == {cluster.code for cluster in clusters()}
