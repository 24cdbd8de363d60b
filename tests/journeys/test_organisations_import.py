"""Organisations from a table: every bad line by number and reason, all or nothing, a district from its places at once."""

from pathlib import Path

import pytest
from openpyxl import Workbook

from pianqu.composition.importing import organisations
from pianqu.foundation.errors import Invalid
from pianqu.rooms.directory import queries
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services as places
from pianqu.rooms.territory.services import NewPlace
from pianqu.rooms.territory.tests.builders import NOW, SYSTEM

pytestmark = pytest.mark.django_db
STREET, COMMUNITY, VILLAGE = "330205005000", "330205005001", "330205005201"
HEAD = "编码,类别,名称,简称,上级,服务机构,服务范围"


@pytest.fixture(autouse=True)
def district() -> None:
    ledger.create_log(now=NOW)
    territory.forget_places()
    district = NewOrganisation(code="330205", kind="district", name="江北区", short_name="江北区")
    directory.add_organisations(actor=SYSTEM, items=[district], valid_from=NOW.date(), now=NOW)
    items = [
        NewPlace(code="330205000000", level="district", kind="district", name="江北区", short_name="江北区"),
        place(STREET, "street", "甬江街道", "330205000000"),
        place(COMMUNITY, "community", "甲社区居委会", STREET),
        place(VILLAGE, "community", "乙村村委会", STREET),
    ]
    places.add_places(actor=SYSTEM, items=items, valid_from=NOW.date(), now=NOW)


def place(code: str, level: str, name: str, parent: str) -> NewPlace:
    return NewPlace(code=code, level=level, kind=level, name=name, short_name=name[:2], parent_code=parent)


def table(folder: Path, *lines: str) -> Path:
    path = folder / "机构.csv"
    path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return path


def run(path: Path, *, skip_bad: bool = False, dry_run: bool = False, with_places: bool = True) -> int:
    return organisations.run(path, valid_from=NOW.date(), skip_bad=skip_bad, dry_run=dry_run, with_places=with_places)


GOOD = (
    "law-yongjiang,站所,执法局甬江中队,甬江中队,law,330205005000,330205005000",
    "law,部门,综合执法局,,,,",
    f"beijiao,中心,北郊片区中心,北郊,{STREET},,{COMMUNITY}、{VILLAGE}",
    f"wy,物业,甲物业,,{COMMUNITY},,",
)


def test_a_district_from_its_places_and_one_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(table(tmp_path, *GOOD)) == 0
    assert "7 organisations entered" in capsys.readouterr().out
    cards = {card.code: card for card in queries.all_organisations()}
    assert {code: cards[code].kind for code in (STREET, COMMUNITY, VILLAGE)} == {
        STREET: "street",
        COMMUNITY: "community",
        VILLAGE: "village",
    }
    assert cards["law"].parent_code == "330205" and cards["law"].short_name == "综合执法局"
    assert queries.areas_of("beijiao") == {COMMUNITY, VILLAGE}
    assert run(table(tmp_path, *GOOD)) == 0
    assert "0 organisations entered 新增, 4 there already" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("坏 码,部门,甲,,,,", "不是编码"),
        ("x,部门,,,,,", "不是编码"),
        ("xx,部门,,,,,", "机构名称"),
        ("xx,饭店,甲,,,,", "不是机构类别"),
        ("xx,,甲,,,,", "类别"),
        ("xx,部门," + "长" * 81 + ",,,,", "80"),
        ("xx,部门,甲,,nobody,,", "nobody"),
        ("xx,站所,甲,,law,,", "站所"),
        ("xx,部门,甲,,,330205005000,", "站所"),
        ("xx,中心,甲,,,,330205999999", "330205999999"),
        ("law,部门,又一个,,,,", "前面"),
        ("xx,部门,甲,,xx,,", "xx → xx"),
    ],
)
def test_every_bad_line_has_its_number_and_reason_and_nothing_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], line: str, reason: str
) -> None:
    before = len(queries.all_organisations())
    assert run(table(tmp_path, *GOOD, line)) == 1
    said = capsys.readouterr().out
    assert "第 6 行" in said and reason in said and "Nothing was imported" in said
    queries.forget_organisations()
    assert len(queries.all_organisations()) == before


def test_what_stands_beneath_a_bad_line_is_bad_and_the_rest_is_taken_where_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = ("aa,部门,甲,,cc,,", "bb,部门,乙,,aa,,", "cc,部门,丙,,bb,,", "dd,部门,丁,,,,")
    assert run(table(tmp_path, *lines), skip_bad=True, with_places=False) == 0
    said = capsys.readouterr().out
    assert [f"第 {number} 行" in said for number in (2, 3, 4, 5)] == [True, True, True, False]
    assert "1 organisations entered" in said


def test_only_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(table(tmp_path, *GOOD), dry_run=True) == 0
    assert "4 organisations can be taken 可导入, 3 from places" in capsys.readouterr().out
    assert len(queries.all_organisations()) == 1


def test_from_excel(tmp_path: Path) -> None:
    book, path = Workbook(), tmp_path / "机构.xlsx"
    sheet = book.active
    assert sheet is not None
    sheet.append(["code", "kind", "name"])
    sheet.append(["law", "department", "综合执法局"])
    book.save(path)
    assert run(path, with_places=False) == 0 and queries.organisation("law") is not None


@pytest.mark.parametrize("content", ["", "name,kind\n甲,部门\n"])
def test_what_is_no_such_table(tmp_path: Path, content: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(Invalid):
        run(path)
    with pytest.raises(Invalid):
        run(tmp_path / "none.csv")
