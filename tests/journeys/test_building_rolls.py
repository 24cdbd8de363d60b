"""How many live where, from tables: every bad line named, the whole roll replaced, counts and never names."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from openpyxl import load_workbook

from pianqu.composition.importing import buildings
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.tests.builders import NOW, ONE, SIDE, SOUTH, SYSTEM, TWO, WEST, small_district

pytestmark = pytest.mark.django_db
HEAD = "楼栋编码,名称,社区,经度,纬度,户数,人数"
AT = "/desk/buildings/"
EAST, NORTH = WEST + 3 * SIDE, SOUTH + SIDE
"""In the second community."""
GOOD = f"h1,一幢,{ONE},{WEST + SIDE},{SOUTH + SIDE},30,80"


@pytest.fixture(autouse=True)
def district() -> None:
    queries.forget_places()
    small_district()
    ledger.create_log(now=NOW)


def table(folder: Path, *lines: str) -> Path:
    path = folder / "户数.csv"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run(path: Path, **changes: Any) -> int:
    given: dict[str, Any] = {"crs": "WGS84", "source": "", "skip_bad": False, "dry_run": False}
    return buildings.run(path, **{**given, **changes})


def households() -> dict[str, int]:
    return {code: counts.households for code, counts in queries.households_by_community().items()}


def test_a_table_is_taken_in_and_the_next_one_takes_its_place(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(table(tmp_path, HEAD, GOOD, f"h2,二幢,,{EAST},{NORTH},12,")) == 0
    assert "2 buildings 楼栋, 42 households" in capsys.readouterr().out
    assert households() == {ONE: 30, TWO: 12}, "the point says where a building stands"
    assert run(table(tmp_path, HEAD, GOOD.replace(ONE, "2号社区"))) == 0
    assert households() == {TWO: 30}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (f"h2,二幢,{ONE},x,{NORTH},12,", "position"),
        (f"h2,二幢,不明社区,{EAST},{NORTH},12,", "不明社区"),
        (f"h2,二幢,,{EAST + 9},{NORTH},12,", "no community"),
        (f"h2,二幢,,{NORTH},{EAST},12,", "exchanged"),
        (f"h2,二幢,{ONE},{EAST},{NORTH},-3,", "-3"),
        (f"h2,二幢,{ONE},{EAST},{NORTH},12,很多", "很多"),
        (f"h2,二幢,{ONE},{EAST},{NORTH},9999,", "5,000"),
        (f",二幢,{ONE},{EAST},{NORTH},12,", "code"),
        (GOOD, "twice"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_taken_unless_it_is_passed_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, said: str, settings: Any
) -> None:
    settings.LANGUAGE_CODE = "en"
    path = table(tmp_path, HEAD, GOOD.replace("h1", "h0"), GOOD, line)
    assert run(path) == 1
    told = capsys.readouterr().out
    assert "line 第 4 行" in told and said in told
    assert households() == {}
    assert run(path, skip_bad=True) == 0
    assert households()[ONE] in (30, 60)


def test_a_dry_run_changes_nothing(tmp_path: Path) -> None:
    assert run(table(tmp_path, HEAD, GOOD), dry_run=True) == 0
    assert queries.building_roll() is None


def test_points_of_chinese_maps_are_turned_back(tmp_path: Path) -> None:
    run(table(tmp_path, HEAD, GOOD), crs="GCJ-02")
    (house,) = queries.buildings()
    assert 0.002 < WEST + SIDE - house.lon < 0.008


# the page ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def chief() -> Client:
    person = Account.objects.create_account(login="chief", password="长长的密码-2026", name="管理员")
    appointed = {"organisation_code": "330205", "kind": "administrator", "title": "管理员"}
    directory.appoint(actor=SYSTEM, account_id=person.id, now=NOW, **appointed)
    opened = Client(headers={"accept-language": "en"})
    opened.force_login(person)
    return opened


def send(opened: Client, *lines: str, **changes: str) -> Any:
    given: dict[str, Any] = {"step": "take", **changes}
    return opened.post(AT, {**given, "list": SimpleUploadedFile("户数.csv", "\n".join(lines).encode())})


def test_a_roll_is_checked_then_taken_in_and_can_be_sent_back(chief: Client, tmp_path: Path) -> None:
    assert "No buildings are counted yet" in chief.get(AT).text
    checked = send(chief, HEAD, GOOD, step="check").text
    assert "1 building can be taken, households in all: 30." in checked and queries.building_roll() is None
    taken = send(chief, HEAD, GOOD, name="普查").text
    assert "1 community has no building." in taken and households() == {ONE: 30}
    roll = queries.building_roll()
    assert roll is not None and roll.source == "普查"
    page = chief.get(AT).text
    assert "1 buildings, 30 households" in page and "1 community without a building" in page
    book = chief.get(AT + "buildings.xlsx").content
    assert load_workbook(BytesIO(book)).active.max_row == 2
    again = tmp_path / "again.xlsx"
    again.write_bytes(book)
    assert buildings.read(again).good[0].households == 30 and buildings.read(again).faults == ()


def test_a_bad_line_stops_the_whole_on_the_page_too(chief: Client) -> None:
    refused = send(chief, HEAD, GOOD, GOOD)
    assert refused.status_code == 422 and "Line 3" in refused.text and households() == {}


def test_a_list_of_more_lines_than_are_taken_is_refused_with_its_bound(chief: Client) -> None:
    lines = [HEAD, *(GOOD.replace("h1", f"h{number}") for number in range(50_001))]
    for language, said in (("zh-hans", "清单超过 50 000 行"), ("en", "more than 50 000 lines")):
        chief.cookies["django_language"] = language
        refused = send(chief, *lines)
        assert refused.status_code == 422 and said in refused.text and households() == {}


def test_a_quotation_mark_that_is_not_closed_is_told_with_its_line(chief: Client) -> None:
    rest = [GOOD.replace("h1", f"h{number}") for number in range(5_000)]
    refused = send(chief, HEAD, GOOD, 'h2,"二幢' + GOOD[4:], *rest)
    assert refused.status_code == 422 and "Line 3 of the list cannot be read" in refused.text and households() == {}


def test_only_administrators_take_rolls_in(chief: Client) -> None:
    person = Account.objects.create_account(login="one", password="长长的密码-2026", name="某人")
    appointed = {"organisation_code": ONE, "kind": "grid_worker", "title": "网格员"}
    directory.appoint(actor=SYSTEM, account_id=person.id, now=NOW, **appointed)
    opened = Client()
    opened.force_login(person)
    assert opened.get(AT).status_code == opened.get(AT + "buildings.xlsx").status_code == 403
