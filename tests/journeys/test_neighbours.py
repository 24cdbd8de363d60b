"""The four parties from the desk to everybody: estates set, a round entered, promises told of, a table taken in."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.composition.importing import estates
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries, services
from pianqu.rooms.territory.services import NewEstate, NewPerson
from pianqu.rooms.territory.tests.builders import NOW, ONE, STREET, SYSTEM, TODAY, TWO, adopted, posts, small_district

pytestmark = pytest.mark.django_db
COMPANY, OWNERS = "wy-one", "ywh-one"
DESK, OPEN, CLUSTER = "/desk/neighbours/A1/", "/clusters/BJ/cells/A1/", "/clusters/BJ/"


@pytest.fixture(autouse=True)
def district() -> None:
    queries.forget_places()
    queries.forget_grids()
    small_district()
    ledger.create_log(now=NOW)
    adopted()
    bodies = [
        NewOrganisation(
            code=COMPANY,
            kind="property",
            name="锦绣物业公司",
            short_name="锦绣物业",
            name_en="Jinxiu Property",
            parent_code=ONE,
        ),
        NewOrganisation(
            code=OWNERS, kind="owners_committee", name="锦绣业主委员会", short_name="锦绣业委会", parent_code=ONE
        ),
    ]
    directory.add_organisations(actor=SYSTEM, items=bodies, valid_from=TODAY, now=NOW)
    item = NewEstate(
        code="E1",
        name="锦绣小区",
        community_code=ONE,
        property_code=COMPANY,
        owners_code=OWNERS,
        property_phone="0574-0000-0001",
        committee_phone="0574-0000-0003",
        cell_codes=["A1"],
    )
    services.set_estates(actor=SYSTEM, items=[item], valid_from=TODAY, now=NOW)
    leader = NewPerson(role="leader", post_id=posts(1)[0])
    services.staff_cell(actor=SYSTEM, cell_code="A1", people=[leader], valid_from=TODAY, now=NOW)


def signed_in(organisation_code: str, kind: str, language: str = "en") -> Client:
    account = Account(id=new_id(), login=f"n{new_id().hex}", name="经办张三", password="!")
    account.save()
    directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=organisation_code, kind=kind, title="经办", now=NOW
    )
    client = Client(SERVER_NAME="localhost", headers={"accept-language": language})
    client.force_login(account)
    return client


def resident(language: str = "en") -> Client:
    return Client(SERVER_NAME="localhost", headers={"accept-language": language})


def day(days: int) -> str:
    return (timezone.localdate() + timedelta(days=days)).isoformat()


def a_round(**changes: object) -> dict[str, object]:
    given = {
        "act": "round",
        "day": day(-3),
        "party": [f"property:{COMPANY}", f"committee:{ONE}"],
        "who-1": f"property:{COMPANY}",
        "what-1": "修好 3 幢门禁",
        "due-1": day(-1),
        "who-2": f"committee:{ONE}",
        "what-2": "商定停车方案",
        "due-2": day(9),
    }
    return {**given, **changes}


@pytest.mark.parametrize(
    ("language", "overdue", "kept_late"), [("en", "Overdue", "Kept late"), ("zh-hans", "已逾期", "逾期兑现")]
)
def test_a_round_is_entered_told_of_and_read_by_everybody(language: str, overdue: str, kept_late: str) -> None:
    company = signed_in(COMPANY, "handler", language)
    assert company.post(DESK, a_round()).status_code == 302
    for page in (company.get(DESK).text, resident(language).get(OPEN).text, resident(language).get(CLUSTER).text):
        assert "修好 3 幢门禁" in page and overdue in page and "0574-0000-0001" in page
    listed = company.get("/desk/neighbours/").text
    assert listed.index("修好 3 幢门禁") < listed.index("商定停车方案"), "what is due first, first"
    key = str(next(card for card in queries.all_promises() if "门禁" in card.words).promise_id)
    told = {"act": "tell", "key": key, "verdict": "kept", "on": day(0), "words": "已换新"}
    assert signed_in(ONE, "grid_worker", language).post(DESK, told).status_code == 302
    page = resident(language).get(OPEN).text
    assert kept_late in page and "已换新" in page and "一号" in page, "who told is named"


def test_nobody_is_named_to_residents() -> None:
    page = resident().get(OPEN).text
    assert "网格员0" not in page and "1 worker of the cell" in page
    assert "网格员0" in signed_in(ONE, "leader").get(DESK).text, "colleagues see who works there"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"day": day(2)}, "after it was held"),
        ({"day": "soon"}, "like 2026-12-01"),
        ({"party": [f"committee:{ONE}"]}, "at least two"),
        ({"who-1": ""}, "choose who promised"),
        ({"what-1": ""}, "what was promised"),
        ({"due-1": ""}, "like 2026-12-01"),
        ({"what-1": "请打王师傅 13812345678"}, "name, a number"),
    ],
)
def test_bad_input_says_why_and_keeps_what_was_typed(wrong: dict[str, object], says: str) -> None:
    answer = signed_in(COMPANY, "handler").post(DESK, a_round(**wrong))
    assert answer.status_code == 422 and says in answer.text
    assert "商定停车方案" in answer.text and f'value="committee:{ONE}" checked' in answer.text
    assert not queries.all_promises()


def test_forms_stand_only_where_they_may_be_used() -> None:
    outside = signed_in(TWO, "leader")
    page = outside.get(DESK).text
    assert 'name="act" value="round"' not in page and 'name="act" value="estate"' not in page
    assert outside.post(DESK, a_round()).status_code == 403
    worker = signed_in(ONE, "grid_worker").get(DESK).text
    assert 'name="act" value="round"' in worker and 'name="act" value="estate"' not in worker
    assert 'name="act" value="estate"' in signed_in(STREET, "leader").get(DESK).text


def test_an_estate_is_set_changed_and_ended_on_the_page() -> None:
    leader = signed_in(STREET, "leader")
    told = {
        "act": "estate",
        "code": "E2",
        "name": "翠柏小区",
        "community_code": ONE,
        "property_code": COMPANY,
        "cells": ["A1", "A2"],
        "starts": day(0),
    }
    assert leader.post(DESK, {**told, "property_phone": "找小王"}).status_code == 422
    answer = leader.post(DESK, {**told, "cells": []})
    assert answer.status_code == 422 and "翠柏小区" in answer.text and "needs the cells" in answer.text
    assert leader.post(DESK, told).status_code == 302
    assert "翠柏小区" in resident().get(OPEN).text
    assert 'value="翠柏小区"' in leader.get(f"{DESK}?estate=E2").text
    assert leader.post(DESK, {"act": "end", "key": "E2", "on": day(0)}).status_code == 422
    assert leader.post(DESK, {"act": "end", "key": "E2", "on": day(1)}).status_code == 302


def test_filters_narrow_the_list_and_odd_addresses_do_no_harm() -> None:
    signed_in(COMPANY, "handler").post(DESK, a_round())
    client = signed_in(STREET, "window")
    assert "A1网格" in client.get("/desk/neighbours/?q=锦绣").text
    overdue = client.get("/desk/neighbours/?only=overdue&cluster=BJ").text
    assert "A1网格" in overdue and "A2网格" not in overdue and "商定停车方案" not in overdue
    for odd in ("?page=99", "?page=x", "?only=x", "?cluster=nowhere", "?q=%00"):
        assert client.get(f"/desk/neighbours/{odd}").status_code == 200
    assert client.get("/desk/neighbours/clusters/BJ/").status_code == 200
    assert client.get(f"{DESK}?estate=x").status_code == 200
    for gone in ("/desk/neighbours/Z9/", "/desk/neighbours/clusters/Z9/"):
        assert client.get(gone).status_code == 404
    for gone in ("/clusters/BJ/cells/Z9/", "/clusters/BJ/cells/B1/", "/clusters/Z9/cells/A1/"):
        assert resident().get(gone).status_code == 404
    assert client.post(DESK, {"act": "burn"}).status_code == 404
    assert client.get("/desk/territory/?cell=A1").text.count(DESK) == 1


@pytest.mark.parametrize(
    "ask",
    [
        lambda: resident().get(OPEN),
        lambda: signed_in(STREET, "leader").get(DESK),
        lambda: signed_in(STREET, "leader").get("/desk/neighbours/"),
        lambda: signed_in(STREET, "leader").get("/desk/neighbours/clusters/BJ/"),
    ],
)
def test_statements_do_not_grow(ask: Callable[[], object]) -> None:
    company = signed_in(COMPANY, "handler")
    company.post(DESK, a_round())
    ask()
    with CaptureQueriesContext(connection) as before:
        ask()
    more = [
        NewEstate(code=f"E{n}", name=f"小区{n}", community_code=ONE, property_code=COMPANY, cell_codes=["A1"])
        for n in (7, 8, 9)
    ]
    services.set_estates(actor=SYSTEM, items=more, valid_from=TODAY, now=NOW)
    for _number in range(3):
        company.post(DESK, a_round())
    with CaptureQueriesContext(connection) as after:
        ask()
    assert len(after) <= len(before)


HEAD = "编码,名称,社区,物业企业,业主委员会,物业电话,网格"


def test_a_table_sets_estates_and_names_every_bad_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "estates.csv"
    good, bad = "E5,兰亭小区,1号,锦绣物业,锦绣业委会,0574-1,A1、A2", "E6,和泰小区,九号,,,,A1"
    path.write_text("\n".join([HEAD, good, bad, f"E7,明珠小区,{ONE},无名物业,,,A1", f"E8,新城小区,{ONE},,,,B1"]))
    assert estates.run(path, valid_from=None, skip_bad=False, dry_run=False) == 1
    said = capsys.readouterr().out
    assert re.findall(r"line 第 (\d+) 行", said) == ["3", "4", "5"] and "Nothing was imported" in said
    assert estates.run(path, valid_from=None, skip_bad=True, dry_run=True) == 0
    assert estates.run(path, valid_from=None, skip_bad=True, dry_run=False) == 0
    assert "1 estates set" in capsys.readouterr().out
    card = queries.estate("E5", on=timezone.localdate())
    assert (card.property_code, card.owners_code, card.cell_codes) == (COMPANY, OWNERS, ("A1", "A2"))
    assert estates.run(path, valid_from=None, skip_bad=True, dry_run=False) == 0
    assert "1 stood so already" in capsys.readouterr().out
