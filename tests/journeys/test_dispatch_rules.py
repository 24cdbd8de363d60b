"""Rules of dispatch across rooms: from and to Excel with wrong lines named, and a trial with past matters."""

import uuid
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from django.utils import timezone
from django.utils.translation import override
from openpyxl import load_workbook

from pianqu.composition.importing import dispatch_rules
from pianqu.foundation.errors import Refused
from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.queries import RuleRow
from pianqu.rooms.casework.tests.builders import COMMUNITY, HELPER, LEAD, NOW, clerk, importer, opened, small_district
from pianqu.rooms.casework.tests.test_platforms import official as browser
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.tests.builders import official

pytestmark = pytest.mark.django_db
SYSTEM = importer("330205")
TODAY = timezone.localdate(NOW)
HEAD = "名称,类别,街镇社区,星期,时间,关键词,主办,性质,自动,编号"
WRONG = {
    3: "乙,没有的类别,,,,,执法局,,,2",
    5: "丁,,外滩社区,周八,,,执法局,,,4",
    6: "戊,,,,八点,,执法局,,,5",
    7: "己,,,,,,没有的局,,,6",
    8: "庚,,,,,,执法局,,也许,7",
    9: "辛,,,,,,执法局,,是,8",
    10: "壬,噪声扰民,,,,,市监局,,,1",
}


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()
    queries.forget_working_days()


def test_a_table_with_wrong_lines_names_each_and_takes_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "rules.csv"
    good = {2: "甲,噪声扰民,外滩社区,周六、周日,22:00-6:00,施工、装修,执法局,投诉举报建议,,1", 4: "丙,,,,,,市监局,,,3"}
    lines = [HEAD, *(line for _number, line in sorted({**WRONG, **good}.items()))]
    path.write_text("\n".join(lines), encoding="utf-8")
    with override("en"):
        found = dispatch_rules.read(path, on=TODAY)
    assert [fault.number for fault in found.faults] == sorted(WRONG)
    assert all(fault.reason for fault in found.faults)
    first = found.good[0]
    assert (first.categories, first.areas, first.weekdays) == (("noise",), (COMMUNITY,), (6, 7))
    assert (first.since, first.until, first.words, first.lead) == ("22:00", "06:00", ("施工", "装修"), LEAD)
    number = dispatch_rules.take(found, actor=SYSTEM, now=NOW)
    assert len(queries.rule_version(SYSTEM, number, on=TODAY).rules) == 2


def test_what_is_taken_to_excel_comes_back_the_same(tmp_path: Path) -> None:
    rows = (
        RuleRow(
            code="a",
            name="=1+1",
            categories=("noise", "roads"),
            areas=(COMMUNITY,),
            channels=("phone",),
            weekdays=(1, 7),
            since="08:00",
            until="18:30",
            words=("灯", "井盖"),
            returned_by=(LEAD,),
            lead=HELPER,
            nature="help",
            automatic=True,
        ),
        RuleRow(code="b", lead=LEAD, helpers=(HELPER,)),
    )
    path = tmp_path / "rules.xlsx"
    path.write_bytes(dispatch_rules.workbook(rows, on=TODAY))
    assert load_workbook(BytesIO(path.read_bytes())).active is not None
    found = dispatch_rules.read(path, on=TODAY)
    assert (found.faults, found.good) == ((), rows)


def test_a_trial_shows_where_past_matters_would_have_gone() -> None:
    asks = official("rules-keeper", "330205-centre", "leader")
    roads, loud = opened(), opened(words="夜里施工噪声大")
    services.dispatch_case(actor=clerk(), case_id=roads.case_id, lead_code=HELPER, nature="help", now=NOW)
    current = services.draft_rules(actor=SYSTEM, now=NOW)
    services.write_rules(actor=SYSTEM, number=current, rows=[RuleRow(code="all", lead=HELPER)], now=NOW)
    services.adopt_rules(actor=SYSTEM, number=current, starts_on=TODAY, now=NOW)
    draft = services.draft_rules(actor=SYSTEM, now=NOW)
    services.write_rules(
        actor=SYSTEM,
        number=draft,
        rows=[
            RuleRow(code="roads", name="道路", categories=("roads",), lead=LEAD),
            RuleRow(code="market", categories=("market",), lead=LEAD),
        ],
        now=NOW,
    )
    own = {"actor": asks, "number": draft, "since": TODAY, "until": TODAY, "now": NOW}
    trial = services.try_rules(**own)
    services.try_rules(**own)
    with pytest.raises(Refused):
        services.try_rules(**own)
    assert jobs.try_rules(actor=SYSTEM) == 2
    card = queries.trial_of(asks, trial, mark=queries.scope_mark(asks))
    assert (card.state, card.total, card.differs, card.differs_from_version) == ("ready", 2, 1, 2)
    assert {line.organisation_code: (line.happened, line.would, line.now) for line in card.departments} == {
        LEAD: (0, 2, 0),
        HELPER: (1, 0, 2),
    }
    assert {one.case_id for one in card.matters} == {roads.case_id, loud.case_id}
    assert [(one.place, one.code, one.matters, one.elsewhere) for one in card.rules] == [
        (1, "roads", 2, 1),
        (2, "market", 0, 0),
    ]
    assert queries.trial_of(asks, trial, mark="another scope").out_of_scope
    later = official("colleague", "330205-centre", "window")
    assert queries.trials_of(later) == (), "a trial is its post's"
    assert jobs.try_rules(actor=SYSTEM, now=NOW + timedelta(hours=1)) == 0


def test_the_page_of_a_trial_says_which_rule_decided_and_lists_fifty_at_a_time() -> None:
    keeper = browser("330205-centre", kind="leader")
    asks = directory.acting(uuid.UUID(keeper.session["_auth_user_id"]), "", timezone.now())
    assert asks is not None
    for _number in range(51):
        services.dispatch_case(actor=clerk(), case_id=opened().case_id, lead_code=HELPER, nature="help", now=NOW)
    draft = services.draft_rules(actor=SYSTEM, now=NOW)
    rows = [RuleRow(code="roads", name="道路设施", categories=("roads",), lead=LEAD)]
    services.write_rules(actor=SYSTEM, number=draft, rows=rows, now=NOW)
    trial = services.try_rules(actor=asks, number=draft, since=TODAY, until=TODAY, now=NOW)
    jobs.try_rules(actor=SYSTEM)
    pages = [keeper.get(f"/desk/rules/trial/{trial}/?page={page}").content.decode() for page in (1, 2, "x")]
    assert [page.count("1 · <bdi>道路设施</bdi>") for page in pages] == [51, 2, 51], (
        "its own line, and one for each matter"
    )
    assert "?page=2#matters" in pages[0] and "?page=1#matters" in pages[1]
