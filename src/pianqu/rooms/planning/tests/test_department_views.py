"""Departments' grids and their merge through HTTP: files in, what was found, taken; what is refused, and what it costs."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import editions as edition_questions
from pianqu.rooms.planning.tests.builders import CENTRE, NOW, SYSTEM, small_district
from pianqu.rooms.planning.tests.grids import (
    POLICE,
    URBAN,
    box,
    buildings,
    departments,
    feature,
    geojson,
    handed_in,
    merged,
    police,
    sheet,
    taken,
    two_taken,
)
from pianqu.rooms.planning.views import departments as pages
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.tests.builders import TODAY, adopted

pytestmark = pytest.mark.django_db
LIST, TAKE, MERGE, EDITIONS = (
    "/desk/planning/departments/",
    "/desk/planning/departments/take-in/",
    "/desk/planning/merge/",
    "/desk/planning/editions/",
)
JIANGBEI = Path(__file__).parents[6] / "shared/data/jiangbei"


@pytest.fixture(autouse=True)
def _district() -> None:
    territory.forget_places()
    territory.forget_grids()
    territory.forget_buildings()
    small_district()
    departments()


def client(kind: str = "leader", home: str = CENTRE) -> Client:
    person = Account(id=new_id(), login=f"{kind}-{home}", name=kind, password="!")
    person.save()
    directory.appoint(actor=SYSTEM, account_id=person.id, organisation_code=home, kind=kind, title="岗", now=NOW)
    opened = Client(headers={"accept-language": "en"})
    opened.force_login(person)
    return opened


@pytest.fixture
def leader() -> Client:
    return client()


def sent(content: bytes, name: str = "grid.geojson", **changes: Any) -> dict[str, Any]:
    typed = {"organisation": POLICE, "system": "police", "name": "公安警务区"}
    return {**typed, "grid": SimpleUploadedFile(name, content), **changes}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_grid_is_handed_in_looked_at_and_taken(leader: Client) -> None:
    answer = leader.post(TAKE, sent(police()))
    assert answer.status_code == 302
    page = leader.get(answer["Location"])
    assert "2 cells were read." in text(page)
    assert "leaves" in text(page)
    assert "外滩一警区" in text(page)
    assert "Handed in, not taken yet" in text(leader.get(LIST))
    assert leader.post(answer["Location"], {"act": "take", "starts": TODAY.isoformat()}).status_code == 302
    assert [card.name for card in queries.grids_on(TODAY)] == ["公安警务区"]
    assert "Take it" not in text(leader.get(answer["Location"]))
    assert "公安警务区" in text(leader.get(LIST))


def test_a_file_that_cannot_be_read_is_kept_and_read_again_without_being_chosen_again(leader: Client) -> None:
    where = leader.post(TAKE, sent(police(), code="警区号"))["Location"]
    page = text(leader.get(where))
    assert "This file cannot be taken as it is." in page
    assert "has no column 警区号" in page
    refused = leader.post(where, {"act": "take", "starts": TODAY.isoformat()})
    assert refused.status_code == 409
    assert "nothing to take" in text(refused)
    leader.post(where, {"act": "again", "code": "code"})
    assert "2 cells were read." in text(leader.get(where))


def test_a_grid_that_nobody_wants_is_put_away(leader: Client) -> None:
    where = leader.post(TAKE, sent(police()))["Location"]
    assert leader.post(where, {"act": "drop"})["Location"] == LIST
    assert leader.get(where).status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"organisation": ""}, "Choose the department"),
        ({"system": "x"}, "kind of grid"),
        ({"name": ""}, "Give the grid a name"),
        ({"grid": ""}, "Choose the file"),
        ({"grid": SimpleUploadedFile("grid.dwg", b"x")}, "none of"),
        ({"list": SimpleUploadedFile("list.pdf", b"x")}, "none of"),
        ({"organisation": "nobody"}, "Choose the department"),
    ],
)
def test_what_is_wrong_with_the_form_is_said_and_what_was_typed_stays(
    leader: Client, changes: dict[str, Any], said: str
) -> None:
    answer = leader.post(TAKE, {**sent(police(), grid_duties="治安巡防"), **changes})
    assert answer.status_code == 422
    assert said in text(answer)
    assert "治安巡防" in text(answer)
    assert queries.department_grids() == ()


def test_a_file_beyond_the_limit_is_refused_with_the_limit(leader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "LARGEST", 1_000_000)
    answer = leader.post(TAKE, sent(b" " * 3_000_000))
    assert answer.status_code == 422
    assert "This file has 3 MB; at most 1 MB are taken." in text(answer)


def test_a_department_sees_the_form_for_its_own_grid_only() -> None:
    own = client("administrator", URBAN)
    page = text(own.get(TAKE))
    assert f'value="{URBAN}"' in page
    assert f'value="{POLICE}"' not in page
    assert own.post(TAKE, sent(police())).status_code == 403
    assert client("handler", URBAN).get(TAKE).status_code == 403


def test_the_merge_is_asked_for_waits_and_shows_what_there_is_to_do(leader: Client) -> None:
    buildings()
    assert "Take one in first" in text(leader.get(MERGE))
    two_taken()
    refused = leader.post(f"{MERGE}ask/", {"on": TODAY.isoformat(), "mode": "new", "least": "500", "most": "300"})
    assert refused.status_code == 422
    assert 'value="500"' in text(refused)
    merge_id = merged()
    page = text(leader.get(f"{MERGE}{merge_id}/"))
    for words in ("Duties covered twice", "流动人口登记", "Close all by the longest border", "Proposed cells"):
        assert words in page
    assert leader.get(MERGE)["Location"] == f"{MERGE}{merge_id}/"
    assert "张警官" in text(leader.get(f"{MERGE}{merge_id}/?cell=0"))


def test_a_merge_counts_and_names_as_people_do(leader: Client) -> None:
    buildings()
    two_taken()
    merge_id = merged(least=100, most=200)
    page = text(leader.get(f"{MERGE}{merge_id}/"))
    whole, card = queries.merge_whole(merge_id), queries.merge_card(merge_id)
    assert len(whole.households) > card.atoms, "large places were halved"
    assert f"with large ones halved {len(whole.households)} plots" in page
    assert "1 department</span>" in page and "2 departments</span>" in page
    place = whole.uncovered()[0]
    assert place.takers[0].grid_id is not None
    assert "外滩一警区 · 公安警务区" in page or "外滩二警区 · 公安警务区" in page, (
        "its own name first: lists are narrow"
    )


def test_a_file_that_cannot_be_read_is_told_in_the_readers_language_and_kept(leader: Client) -> None:
    where = leader.post(TAKE, sent(b'{"type": "FeatureCollection",'))["Location"]
    leader.cookies["django_language"] = "zh-hans"
    page = text(leader.get(where))
    assert "不是 GeoJSON：第 1 行第 30 列读不下去。文件已留存" in page and "Expecting" not in page


def test_a_merge_that_waits_says_so_and_its_part_asks_again(leader: Client) -> None:
    two_taken()
    on = {"on": TODAY.isoformat(), "mode": "new", "least": "300", "most": "500"}
    where = leader.post(f"{MERGE}ask/", on)["Location"]
    assert "Waits for the worker" in text(leader.get(where))
    part = leader.get(f"{where}progress/")
    assert "hx-get" in text(part)
    assert "HX-Refresh" not in part.headers
    assert leader.get(f"{where}map.json").status_code == 404


def test_places_are_closed_on_the_page_until_none_is_left(leader: Client) -> None:
    buildings()
    two_taken()
    merge_id = merged()
    place = queries.merge_whole(merge_id).uncovered()[0]
    wrong = leader.post(f"{MERGE}{merge_id}/close/", {"place": str(place.place), "taker": "cell:99"})
    assert wrong.status_code == 422
    assert "neighbours" in text(wrong)
    leader.post(f"{MERGE}{merge_id}/close/", {"place": str(place.place), "taker": place.takers[0].key})
    leader.post(f"{MERGE}{merge_id}/close/")
    assert "No place is left to nobody." in text(leader.get(f"{MERGE}{merge_id}/"))
    assert client("handler").post(f"{MERGE}{merge_id}/close/").status_code == 403


def test_the_proposed_cells_become_a_draft(leader: Client) -> None:
    buildings()
    adopted()
    two_taken()
    merge_id = merged(with_own=True)
    where = leader.post(f"{MERGE}{merge_id}/draft/")
    assert where.status_code == 302
    draft_id = where["Location"].rstrip("/").split("/")[-1]
    state = leader.get(f"/desk/planning/{draft_id}/state.json").json()
    cells = queries.merge_whole(merge_id).proposals
    assert state["level"] == "cells"
    assert {one["name"] for one in state["names"]} <= {cell.name for cell in cells}
    assert (state["settings"]["least"], state["settings"]["most"]) == (100, 400)
    assert sum(state["figures"]["loads"]) == 1280 - 4 * 40
    assert client("handler").post(f"{MERGE}{merge_id}/draft/").status_code == 403


def test_tables_are_fetched_and_hold_every_household_once(leader: Client) -> None:
    buildings()
    two_taken()
    merge_id = merged()
    sheets = {}
    for which in ("places", "cells", "duties", "workers", "renames"):
        answer = leader.get(f"{MERGE}{merge_id}/{which}.xlsx")
        book = load_workbook(io.BytesIO(answer.content))
        sheets[which] = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
        assert len(sheets[which]) > 1
    head = sheets["places"][0]
    assert sum(row[head.index("households")] for row in sheets["places"][1:]) == 1280
    assert {row[2] for row in sheets["workers"][1:]} == {"张警官", "李警官", "王队员"}
    cross = leader.get(f"{MERGE}{merge_id}/crosswalk.xlsx?first=公安警务区&second=merged")
    rows = list(load_workbook(io.BytesIO(cross.content)).worksheets[0].iter_rows(values_only=True))[1:]
    assert sum(row[4] for row in rows) == 1280
    assert leader.get(f"{MERGE}{merge_id}/crosswalk.xlsx?first=merged&second=merged").status_code == 404
    assert leader.get(f"{MERGE}{merge_id}/secrets.xlsx").status_code == 404


def test_a_map_draws_every_place_and_says_who_covers_it(leader: Client) -> None:
    buildings()
    two_taken()
    merge_id = merged()
    drawn = leader.get(f"{MERGE}{merge_id}/map.json").json()["features"]
    assert len(drawn) == len(queries.merge_whole(merge_id).areas)
    assert {one["properties"]["kind"] for one in drawn} == {"ordinary", "special"}
    grid_id = handed_in(police())
    assert len(leader.get(f"{LIST}{grid_id}/map.json").json()["features"]) == 2


def test_pages_cost_the_same_however_much_there_is(leader: Client, django_assert_max_num_queries: Any) -> None:
    buildings()
    two_taken()
    merge_id = merged()
    leader.get(f"{MERGE}{merge_id}/")
    with django_assert_max_num_queries(24):
        leader.get(f"{MERGE}{merge_id}/")
    with django_assert_max_num_queries(14):
        leader.get(LIST)


def test_a_merge_that_failed_says_why_and_offers_another(leader: Client) -> None:
    taken(geojson(feature("P1", box(0, 0, 4, 2))))
    services.end_run(
        actor=SYSTEM,
        run_id=_run(merge_id := _asked()),
        state="failed",
        reason="merge-refused",
        details=[["%(layer)s: holds no area", {"layer": "公安警务区"}]],
        now=NOW,
    )
    page = text(leader.get(f"{MERGE}{merge_id}/"))
    assert "公安警务区: holds no area" in page
    assert "Merge again" in page


def _asked() -> Any:
    return services.ask_merge(actor=SYSTEM, on=TODAY, wish=services.MergeWish(), now=NOW)


def _run(merge_id: Any) -> Any:
    card = queries.latest_run(merge_id, now=NOW)
    assert card is not None
    return card.run_id


# editions ------------------------------------------------------------------------------------------------------------

OLD = sheet(["编码", "名称", "街道编码"], ["1001", "甲社区", "1"], ["1002", "乙村", "1"], ["1003", "丙社区", "1"])
NEW = sheet(["编码", "名称", "街道编码"], ["1001", "甲社区", "1"], ["2002", "丙社区", "2"], ["1009", "乙社区", "1"])


def compared(leader: Client, **changes: Any) -> Any:
    files = {"old": SimpleUploadedFile("old.xlsx", OLD), "new": SimpleUploadedFile("new.xlsx", NEW)}
    return leader.post(EDITIONS, {**files, **changes})


def test_two_editions_are_compared_asked_about_and_fetched_with_what_was_decided(leader: Client) -> None:
    answer = compared(leader)
    page = text(answer)
    assert "moved to another street" in page
    assert 'name="c-1002"' in page
    decided = {"tables": answer.context["tables"], "c-1002": "1009", "act": "fetch"}
    book = load_workbook(io.BytesIO(leader.post(EDITIONS, decided).content))
    renames = {row[0]: row[2] for row in book.worksheets[0].iter_rows(values_only=True)}
    assert (renames["1002"], renames["1003"]) == ("1009", "2002")
    into = {**decided, "c-1002": "none", "o-1002": "1001"}
    merged_into = load_workbook(io.BytesIO(leader.post(EDITIONS, into).content)).worksheets[0]
    assert {row[0]: row[2] for row in merged_into.iter_rows(values_only=True)}["1002"] == "1001"
    wrong = leader.post(EDITIONS, {**decided, "o-1002": "9999"})
    assert wrong.status_code == 422
    assert "has no code 9999" in text(wrong)
    crosswalk = {row[0]: row[1] for row in book.worksheets[1].iter_rows(values_only=True)}
    assert crosswalk["1001"] == "1001"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"new": ""}, "Choose the table of the new edition"),
        ({"new": SimpleUploadedFile("new.xlsx", sheet(["a", "b"], ["1", "x"]))}, "needs a column of codes"),
        ({"new": SimpleUploadedFile("new.csv", b"code,name\n1,x\n1,y\n")}, "stands there twice"),
        ({"new": SimpleUploadedFile("new.csv", b"code,name\n3.30205E+11,x\n")}, "its last figures are lost."),
        ({"new": SimpleUploadedFile("new.geojson", b"{}")}, "new.geojson is no table of codes (.xlsx, .csv)."),
        ({"new": SimpleUploadedFile("new.csv", b"code,name\n")}, "new.csv: holds no line below its headings."),
        ({"tables": "[1]"}, "did not come back whole"),
        ({"tables": '{"old":[["1"]],"new":[]}'}, "did not come back whole"),
    ],
)
def test_tables_that_cannot_be_compared_are_refused_with_a_sentence(
    leader: Client, changes: dict[str, Any], said: str
) -> None:
    answer = compared(leader, **changes)
    assert answer.status_code == 422
    assert said in text(answer)


def test_editions_with_nothing_in_common_are_refused_before_anybody_waits(
    leader: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edition_questions, "MOST_PAIRS", 5)
    answer = compared(leader, new=SimpleUploadedFile("new.csv", "code,name\n7,子社区\n8,丑社区\n".encode()))
    assert answer.status_code == 422
    assert "3 old and 2 new places agree neither by code nor by name" in text(answer)


@pytest.mark.skipif(not JIANGBEI.exists(), reason="the communities of 2019 and 2023 are not here")
def test_the_reorganisation_of_jiangbei_between_2019_and_2023(leader: Client) -> None:
    files = {
        name: SimpleUploadedFile(f"{year}.csv", (JIANGBEI / f"jiangbei_communities_{year}.csv").read_bytes())
        for name, year in (("old", 2019), ("new", 2023))
    }
    answer = leader.post(EDITIONS, files)
    assert (answer.context["removed"], answer.context["added"]) == (44, 36)
    assert answer.context["moved"] == 16
    assert len(answer.context["questions"]) == 28
