"""Another grid comes into force: the worker moves what it concerns, and a page, a table and a door tell of it."""

from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from pianqu.composition import chores, wiring
from pianqu.foundation.models import Account
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.queries import forget_working_days
from pianqu.rooms.casework.tests import regrid
from pianqu.rooms.casework.tests.builders import COMMUNITY, NOW, OTHER_COMMUNITY, small_district
from pianqu.rooms.casework.tests.regrid import DAY, LAKE, LAT, LON, NORTH, SYSTEM, TODAY
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services as grids
from pianqu.rooms.territory.services import NewBuilding, NewPerson

pytestmark = pytest.mark.django_db
CHANGES = "/desk/territory/changes/"


@pytest.fixture(autouse=True)
def district(monkeypatch: pytest.MonkeyPatch) -> None:
    small_district()
    forget_working_days()
    regrid.two_clusters()
    at(monkeypatch, 0)


def at(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """The wall clock of the doors: so many days later."""
    moment = NOW + days * DAY
    monkeypatch.setattr(timezone, "now", lambda: moment)


def signed_in(kind: str, *, language: str = "zh-hans") -> Client:
    account = Account.objects.create_account(login=f"{kind}-{language}", password="p", name="某人")
    directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code="330205", kind=kind, title="岗", now=timezone.now()
    )
    client = Client(headers={"accept-language": language})
    client.force_login(account)
    return client


def homes() -> None:
    items = [
        NewBuilding(code="a", name="甲幢", community_code=COMMUNITY, lon=LON, lat=LAT, households=120),
        NewBuilding(code="b", name="乙幢", community_code=OTHER_COMMUNITY, lon=LON - 0.1, lat=LAT, households=30),
    ]
    grids.take_in_buildings(actor=SYSTEM, items=items, source="测试", now=NOW)


def staffed() -> None:
    person = Account.objects.create_account(login="leader", password="p", name="网格长")
    post = directory.appoint(
        actor=SYSTEM, account_id=person.id, organisation_code=COMMUNITY, kind="grid_worker", title="网格长", now=NOW
    )
    people = [NewPerson(role="leader", post_id=post)]
    grids.staff_cell(actor=SYSTEM, cell_code="C1", people=people, valid_from=TODAY, now=NOW)


def turn(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """The worker's round on that day."""
    at(monkeypatch, days)
    wiring.seal_and_drain()
    chores.turn_grid()
    wiring.seal_and_drain()


def test_the_day_comes_and_the_report_tells_what_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    homes()
    staffed()
    old = regrid.given()
    version = regrid.one_for_all(TODAY + 5 * DAY)
    turn(monkeypatch, 1)
    desk = signed_in("window")
    early = desk.get(f"{CHANGES}{version}/").content.decode()
    assert "尚未生效" in early and "外滩" in early and "120" in early and "C1网格" in early
    assert "尚无未办结事项按本网格重新归属" in early
    assert "待生效" in desk.get(CHANGES).content.decode()
    assert Case.objects.get(id=old.case_id).lead_code == NORTH
    turn(monkeypatch, 5)
    late = desk.get(f"{CHANGES}{version}/").content.decode()
    assert "已全部调整" in late and "尚未生效" not in late
    assert "/desk/?cell=C1&amp;queue=open" in late and "/desk/?cluster=lake&amp;queue=open" in late
    row = Case.objects.get(id=old.case_id)
    assert (row.lead_code, row.cell_code) == (LAKE, "C1")
    assert "330205-north" in late or "北郊中心" in late, "a centre without a cluster is told"
    english = signed_in("leader", language="en").get(f"{CHANGES}{version}/").content.decode()
    assert "Everything moved" in english and "Communities in another cluster" in english
    assert [person.role for person in territory.people_of("D1", on=TODAY + 5 * DAY)] == ["leader"]


def test_a_matters_page_names_the_cell_of_its_day_and_that_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    case = regrid.given()
    regrid.one_for_all()
    turn(monkeypatch, 1)
    desk = signed_in("administrator")
    page = desk.get(f"/desk/case/{case.case_id}/").content.decode()
    assert "C1网格 · north片区" in page and "现属网格：" in page and "D1网格 · lake片区" in page
    new = regrid.here(now=NOW + DAY)
    assert "现属网格：" not in desk.get(f"/desk/case/{new.case_id}/").content.decode()
    assert "移交：所在社区已划入另一片区" in page


def test_the_workbook_and_the_door_have_the_pages_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    homes()
    regrid.given()
    version = regrid.one_for_all()
    turn(monkeypatch, 1)
    desk = signed_in("window")
    answer = desk.get(f"{CHANGES}{version}/report.xlsx")
    book = load_workbook(BytesIO(answer.content))
    tables = {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}
    assert tables["调整片区的社区"][1:] == [["外滩社区", "north片区", "lake片区", 120]]
    assert tables["新旧网格对照"][1:] == [["C1网格 C1", "D1网格 D1", "100%", 120]]
    assert tables["未办结事项（按片区）"][1:] == [["north片区", "lake片区", 1, 1]]
    assert tables["尚无网格长的新网格"][1:] == [["D1网格 D1"]]


def test_an_administrator_takes_a_mistake_back_and_others_cannot(monkeypatch: pytest.MonkeyPatch) -> None:
    case = regrid.given()
    mistake = regrid.one_for_all()
    turn(monkeypatch, 1)
    window, boss = signed_in("window"), signed_in("administrator")
    where = f"{CHANGES}{mistake}/"
    assert 'id="revert"' not in window.get(where).content.decode()
    form = {"to": "", "starts": (TODAY + 2 * DAY).isoformat(), "reason": "草案没有公示"}
    assert window.post(f"{where}revert/", form).status_code == 403
    page = boss.get(where).content.decode()
    assert 'id="revert"' in page
    for wrong, told in (
        ({"starts": "soon"}, "生效日期"),
        ({"starts": TODAY.isoformat()}, "过去的日子不改"),
        ({"reason": " "}, "为什么有误"),
        ({"to": "nonsense"}, "请从列表中选择"),
    ):
        refused = boss.post(f"{where}revert/", {**form, **wrong})
        assert refused.status_code in (409, 422) and told in refused.content.decode()
    kept = boss.post(f"{where}revert/", {**form, "starts": TODAY.isoformat()}).content.decode()
    assert "草案没有公示" in kept, "what was typed is still there"
    done = boss.post(f"{where}revert/", form, follow=True)
    text = done.content.decode()
    assert done.status_code == 200 and "草案没有公示" in text and "本版代替一次误启用" in text
    turn(monkeypatch, 2)
    assert Case.objects.get(id=case.case_id).lead_code == NORTH
    assert 'id="revert"' not in boss.get(where).content.decode(), "it is not the latest any more"
    assert "草案没有公示" not in str(ledger_payloads())


def ledger_payloads() -> list[object]:
    return [item.fact for card in territory.versions() for item in ledger.history(f"grid:{card.version_id}")]


def test_the_pages_take_a_bounded_number_of_statements(
    monkeypatch: pytest.MonkeyPatch, django_assert_max_num_queries: Any
) -> None:
    for number in range(1, 7):
        regrid.one_for_all(TODAY + number * DAY)
    turn(monkeypatch, 7)
    desk = signed_in("window")
    desk.get(CHANGES)
    with django_assert_max_num_queries(22):
        assert desk.get(CHANGES).content.decode().count("已全部调整") == 6


def test_the_first_grid_had_nothing_to_move_and_an_unknown_one_is_not_there() -> None:
    first = territory.versions()[0].version_id
    desk = signed_in("window")
    assert "这是首个网格" in desk.get(f"{CHANGES}{first}/").content.decode()
    assert desk.get(f"{CHANGES}{first}/report.xlsx").status_code == 200
    assert desk.get(f"{CHANGES}0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11/").status_code == 404
