"""Another grid comes into force: a matter keeps the cell of its day, and open ones find their place in the new one."""

import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.errors import Absent, Forbidden
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.casework import jobs, queries, readers, services
from pianqu.rooms.casework.models import Case, Clock, Home, HomeCount, Rehoming, Task, Turn
from pianqu.rooms.casework.services import rehoming
from pianqu.rooms.casework.tests.builders import COMMUNITY, NOW, OTHER_COMMUNITY, clerk, opened, resident
from pianqu.rooms.casework.tests.regrid import (
    DAY,
    LAKE,
    LAT,
    LON,
    NORTH,
    SYSTEM,
    TODAY,
    adopt,
    cell,
    cluster,
    given,
    heard,
    here,
    one_for_all,
    two_clusters,
)
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as history
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import services as grids

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def grid() -> None:
    two_clusters()


def rehome(days: int = 1) -> int:
    done = jobs.rehome(actor=SYSTEM, now=NOW + days * DAY)
    heard()
    return done


def test_a_matter_from_before_keeps_its_cell_and_a_new_one_gets_the_new() -> None:
    old = here()
    version = one_for_all()
    new = here(now=NOW + DAY)
    rehome()
    before, after = Case.objects.get(id=old.case_id), Case.objects.get(id=new.case_id)
    assert (before.cell_code, after.cell_code) == ("C1", "D1")
    assert before.grid_version != version and after.grid_version == version
    home = queries.home_of(old.case_id)
    assert home == queries.HomeCard(version_id=version, cell_code="D1", cluster_code="lake")
    assert queries.home_of(new.case_id) is None
    assert queries.case_for(clerk(), old.case_id).home == home and queries.case_for(clerk(), new.case_id).home is None


def listed(now: int = 1, **wanted: str) -> set[uuid.UUID]:
    """Which matters a list shows, so many days later."""
    page = queries.cases_for(clerk(), filters=queries.CaseFilter(**wanted), now=NOW + now * DAY)
    return {row.case_id for row in page.rows}


def test_lists_go_by_the_cell_of_the_day_or_by_that_of_today() -> None:
    old, ended = here(), here()
    services.withdraw_case(actor=resident(), case_id=ended.case_id, now=NOW)
    assert listed(0, cell_now="C1") == listed(0, cell_code="C1") == {old.case_id, ended.case_id}
    one_for_all()
    new, nowhere = here(now=NOW + DAY), opened(now=NOW + DAY)
    rehome()
    assert listed(cell_now="D1") == {old.case_id, new.case_id}
    assert listed(cell_code="D1") == {new.case_id} and listed(cell_code="C1") == {old.case_id, ended.case_id}
    assert listed(cell_now="C1") == set(), "what had ended lies in no cell of a later grid"
    assert listed(cell_now="none") == {nowhere.case_id}


def test_the_cell_of_today_takes_no_more_statements_for_many() -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as taken:
            listed(cell_now="D1")
        return len(taken)

    here()
    one_for_all()
    rehome()
    one = statements()
    for _number in range(4):
        here(now=NOW + DAY)
    assert statements() == one


def test_the_desk_offers_the_cells_of_ones_own_ground_by_name() -> None:
    old = here()
    one_for_all()
    rehome()
    account = Account(id=new_id(), login="community", name="社区", password="!")
    account.save()
    directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=COMMUNITY, kind="leader", title="书记", now=NOW
    )
    client = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
    client.force_login(account)
    page = client.get("/desk/?cell_now=D1").text
    assert '<option value="D1" selected>' in page and "Cell on its day" in page
    assert str(old.case_id) in page


def test_nothing_moves_before_the_day_and_everything_on_it() -> None:
    case = given()
    version = one_for_all(TODAY + 9 * DAY)
    assert Turn.objects.get().version_id == version and rehome(8) == 0
    assert Case.objects.get(id=case.case_id).lead_code == NORTH and not Home.objects.exists()
    assert rehome(9) == 1 and Case.objects.get(id=case.case_id).lead_code == LAKE
    assert rehome(9) == 0


def test_what_the_former_centre_had_goes_to_the_new_one_and_its_clock_runs_on() -> None:
    case = given()
    due = Case.objects.get(id=case.case_id).due_at
    clocks = list(Clock.objects.values())
    version = one_for_all()
    rehome()
    row = Case.objects.get(id=case.case_id)
    assert (row.lead_code, row.due_at, row.state) == (LAKE, due, "dispatched")
    assert list(Clock.objects.values()) == clocks
    live, ended = Task.objects.get(ended_at=None), Task.objects.get(ended_at__isnull=False)
    assert (live.organisation_code, live.role, live.given_at) == (LAKE, "lead", ended.given_at)
    assert (ended.organisation_code, ended.state) == (NORTH, "replaced")
    told = history.history(f"case:{case.case_id}")[-1]
    assert (told.kind, told.fact["moves"]) == ("casework.case-rehomed", [["lead", NORTH, LAKE]])
    found = queries.rehomings([version])[version]
    assert (found.cases, found.handed) == (1, 1) and found.done_at == NOW + DAY
    way = found.ways[0]
    assert (way.old_cell, way.new_cell, way.old_cluster, way.new_cluster) == ("C1", "D1", "north", "lake")
    assert (way.old_centre, way.new_centre, way.cases) == (NORTH, LAKE, 1)


def test_a_matter_without_a_point_follows_its_community() -> None:
    case = opened()
    version = one_for_all()
    rehome()
    assert queries.home_of(case.case_id) == queries.HomeCard(version_id=version, cell_code="", cluster_code="lake")


def test_what_others_have_stays_with_them() -> None:
    case = here()
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code="330205-urban", nature="complaint", now=NOW)
    version = one_for_all()
    rehome()
    row = Case.objects.get(id=case.case_id)
    assert row.lead_code == "330205-urban" and queries.rehomings([version])[version].handed == 0
    assert queries.home_of(case.case_id) is not None


def test_where_no_centre_follows_the_former_one_keeps_it() -> None:
    case = given()
    adopt([cell("D1")], [cluster("lake", "", COMMUNITY, OTHER_COMMUNITY)], day=TODAY + DAY)
    rehome()
    assert Case.objects.get(id=case.case_id).lead_code == NORTH


def test_ended_matters_are_left_alone() -> None:
    case = opened()
    services.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    one_for_all()
    rehome()
    assert not Home.objects.exists() and Rehoming.objects.get().cases == 0


def test_what_is_taken_back_before_its_day_moves_nothing() -> None:
    case = given()
    ahead = one_for_all(TODAY + 9 * DAY)
    back = grids.revert_grid(actor=SYSTEM, version_id=ahead, valid_from=TODAY + 9 * DAY, reason="划错了", now=NOW + DAY)
    heard()
    assert [turn.version_id for turn in Turn.objects.all()] == [back]
    rehome(9)
    assert Case.objects.get(id=case.case_id).lead_code == NORTH
    home = queries.home_of(case.case_id)
    assert home is not None and (home.cell_code, home.cluster_code) == ("C1", "north")


def test_a_mistake_that_was_in_force_is_undone_for_open_matters() -> None:
    case = given()
    mistake = one_for_all()
    rehome()
    grids.revert_grid(actor=SYSTEM, version_id=mistake, valid_from=TODAY + 2 * DAY, reason="划错了", now=NOW + DAY)
    heard()
    rehome(2)
    row = Case.objects.get(id=case.case_id)
    assert (row.lead_code, row.cell_code) == (NORTH, "C1")
    home = queries.home_of(case.case_id)
    assert home is not None and home.cell_code == "C1"


def test_a_replay_tells_the_same_and_hands_nothing_over_again() -> None:
    case = given()
    version = one_for_all()
    opened()
    rehome()
    wanted = (queries.home_of(case.case_id), queries.rehomings([version]), list(Turn.objects.values()))
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了。", now=NOW + DAY)
    ledger.replay(reader=readers.REHOMING, forget=readers.forget_grids)
    assert not Home.objects.exists() and not Turn.objects.exists() and not HomeCount.objects.exists()
    heard()
    assert (queries.home_of(case.case_id), queries.rehomings([version]), list(Turn.objects.values())) == wanted
    assert rehome() == 0


def test_a_worker_that_was_stopped_goes_on_behind_the_last_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehoming, "AT_ONCE", 2)
    cases = [given() for _number in range(5)]
    version = one_for_all()
    assert services.rehome_cases(actor=SYSTEM, version_id=version, now=NOW + DAY)
    assert Rehoming.objects.get().cases == 2 and Case.objects.filter(lead_code=LAKE).count() == 2
    monkeypatch.setattr(rehoming, "_told", _stumbles)
    with pytest.raises(OSError, match="cut"):
        services.rehome_cases(actor=SYSTEM, version_id=version, now=NOW + DAY)
    assert Case.objects.filter(lead_code=LAKE).count() == 2, "a batch is whole or not there"
    monkeypatch.undo()
    rehome()
    kinds = [item.kind for case in cases for item in history.history(f"case:{case.case_id}")]
    assert kinds.count("casework.case-rehomed") == 5 and Case.objects.filter(lead_code=LAKE).count() == 5
    assert queries.rehomings([version])[version].handed == 5 and Home.objects.count() == 5


def _stumbles(*_given: object, **_more: object) -> Any:
    raise OSError("cut")


def test_an_erased_matter_has_no_home() -> None:
    case = given()
    one_for_all()
    rehome()
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了。", now=NOW + DAY)
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW + DAY)
    services.erase_case(actor=clerk(), case_id=case.case_id, basis="purpose-achieved", now=NOW + DAY)
    heard()
    assert queries.home_of(case.case_id) is None
    ledger.replay(reader=readers.REHOMING, forget=readers.forget_grids)
    heard()
    assert queries.home_of(case.case_id) is None and HomeCount.objects.get().cases == 1


def test_five_thousand_open_matters_take_a_bounded_number_of_statements(django_assert_max_num_queries: Any) -> None:
    items = [
        services.Opening(
            words="路灯坏了三天，晚上很黑。",
            category="roads",
            place=services.PlaceChoice(lon=LON, lat=LAT, source="map"),
        )
        for _number in range(5_000)
    ]
    services.open_cases(actor=resident(), items=items, now=NOW)
    rows = list(Case.objects.values_list("id", "opened_at"))
    Case.objects.update(lead_code=NORTH, state="dispatched")
    tasks = [
        Task(
            id=new_id(),
            case_id=id_,
            case_opened_at=at,
            organisation_code=NORTH,
            role="lead",
            state="given",
            given_at=at,
        )
        for id_, at in rows
    ]
    Task.objects.bulk_create(tasks)
    one_for_all()
    with django_assert_max_num_queries(900):
        assert jobs.rehome(actor=SYSTEM, now=NOW + DAY) == 11
    ledger.seal(now=NOW, batch=20_000)
    with django_assert_max_num_queries(600):
        while ledger.deliver(reader=readers.REHOMING, to=readers.hear_grids):
            pass
    assert Home.objects.count() == 5_000 and Case.objects.filter(lead_code=LAKE).count() == 5_000
    assert HomeCount.objects.get().cases == 5_000


def test_only_the_installation_rehomes() -> None:
    version = one_for_all()
    with pytest.raises(Forbidden):
        services.rehome_cases(actor=clerk(), version_id=version, now=NOW + DAY)
    with pytest.raises(Absent):
        services.rehome_cases(actor=SYSTEM, version_id=uuid.uuid4(), now=NOW + DAY)
