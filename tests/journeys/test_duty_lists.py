"""Duty lists come in from Excel and TOML: bad lines by number and reason, names as people write them, the shipped list whole."""

from datetime import UTC, date, datetime
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.utils import translation
from openpyxl import Workbook

from pianqu.composition.district import load_district
from pianqu.composition.importing.powers import read_list, run, said, take
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries as territory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
SHIPPED = Path(__file__).resolve().parents[2] / "src/pianqu/composition/district/330205/duties_synthetic.toml"
HEAD = ["职权", "事项类别", "地方", "层级", "机构", "清单", "条目", "生效日", "失效日", "备注"]
GOOD = ["主办", "噪声扰民", "慈城镇", "街道", "慈城镇", "基本", "第1条", "2026-01-01"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district() -> None:
    load_district(code="330205", now=NOW)


def book(folder: Path, *rows: list[object], head: list[str] = HEAD) -> Path:
    sheet = Workbook()
    for row in (head, *rows):
        sheet.active.append(row)
    sheet.save(folder / "list.xlsx")
    return folder / "list.xlsx"


def test_the_shipped_list_covers_every_category_everywhere() -> None:
    assert directory.troubles(on=TODAY, categories=casework.known_codes()) == ()
    for street in territory.community_choices():
        for place in (street.street, *street.communities):
            for category in casework.known_codes():
                answer = directory.who_answers(category=category, place_code=place.code, on=TODAY)
                assert answer.lead and answer.source == "合成职责清单 2026（演示用，synthetic）"


def test_the_shipped_list_shows_every_kind_of_answer() -> None:
    def lead(category: str, place: str) -> tuple[str, str]:
        answer = directory.who_answers(category=category, place_code=place, on=TODAY)
        return answer.lead, answer.list_kind

    assert lead("noise", "330205103018") == ("330205-enforcement", "taken_back")
    assert lead("traffic", "330205103018") == ("330205-police", "assisting")
    assert lead("roads", "330205103018") == ("330205103000", "basic")
    assert lead("property", "330205103018") == ("330205-huanyunhu", "basic")
    assert lead("property", "330205103017") == ("330205103000", "basic")
    assert lead("property", "330205001001") == ("330205001001", "basic")


def test_loading_again_changes_nothing() -> None:
    before = ledger.history("list:合成职责清单 2026（演示用，synthetic）")
    load_district(code="330205", now=NOW)
    assert ledger.history("list:合成职责清单 2026（演示用，synthetic）") == before


def test_excel_with_the_words_that_people_write(tmp_path: Path) -> None:
    more = [
        "assist",
        "noise",
        330205103017.0,
        "community",
        "area",
        "配合",
        "第2条",
        date(2026, 2, 1),
        "2026年12月31日",
    ]
    found = read_list(book(tmp_path, GOOD, [], more))
    assert (found.source, found.numbers, found.faults) == ("list", (2, 4), ())
    first, second = found.powers
    assert (first.verb, first.category, first.area_code, first.list_kind) == (
        "handle",
        "noise",
        "330205103000",
        "basic",
    )
    assert (second.organisation_code, second.valid_from, second.valid_to) == (
        "330205103017",
        date(2026, 2, 1),
        date(2026, 12, 31),
    )
    report = take(found, now=NOW)
    assert report.added == 2
    assert {one.place_code for one in report.overlaps} == {"330205103000"}, "noise was taken back by the department"
    text = said(report, found.source)
    assert "慈城镇" in text and "综合执法局" in text


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        (0, "统治", "统治"),
        (1, "飞碟", "no category “飞碟”"),
        (1, "", "names no category"),
        (2, "月球", "no place “月球”"),
        (3, "省", "省"),
        (4, "不存在局", "no organisation “不存在局”"),
        (4, "施工", "no organisation"),
        (5, "秘密", "秘密"),
        (6, "", "no article"),
        (7, "", "valid_from"),
        (7, "昨天", "昨天"),
        (7, "2026-02-30", "2026-02-30"),
    ],
)
def test_a_bad_line_has_its_number_and_reason(at: int, value: str, reason: str, tmp_path: Path) -> None:
    bad = [value if index == at else cell for index, cell in enumerate(GOOD)]
    with translation.override("en"):
        found = read_list(book(tmp_path, GOOD, bad))
    assert [fault.number for fault in found.faults] == [3]
    assert reason in found.faults[0].reason
    assert len(found.powers) == 1


def test_a_line_said_twice_and_a_name_of_two(tmp_path: Path) -> None:
    found = read_list(book(tmp_path, GOOD, GOOD))
    assert [fault.number for fault in found.faults] == [3]


def test_nothing_is_imported_on_error_unless_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = book(tmp_path, GOOD, ["主办", "飞碟", *GOOD[2:]])
    assert run(path, skip_bad=False, dry_run=False, source="test") == 1
    assert "line 第 3 行" in capsys.readouterr().out
    assert not ledger.history("list:test")
    assert run(path, skip_bad=True, dry_run=True, source="test") == 1
    assert not ledger.history("list:test")
    assert run(path, skip_bad=True, dry_run=False, source="test") == 0
    assert ledger.history("list:test")[0].fact == {"source": "test", "added": 1, "kept": 0, "ended": 0}
    said = capsys.readouterr().out
    assert "1 added" in said and "overlap" in said and "慈城镇" in said


def test_files_that_are_no_lists(tmp_path: Path) -> None:
    made = {
        "text.xlsx": b"no zip at all",
        "other.csv": b"a,b",
        "broken.toml": b"= 1",
        "strange.toml": b"duty = 3",
        "empty.toml": b"source = 'x'",
        "latin.toml": "source = 'é'".encode("latin-1"),
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(Invalid):
            read_list(tmp_path / name)
    with ZipFile(tmp_path / "zip.xlsx", "w") as packed:
        packed.writestr("a.txt", "not a workbook")
    with pytest.raises(Invalid):
        read_list(tmp_path / "zip.xlsx")
    with pytest.raises(Invalid) as refused:
        read_list(book(tmp_path, GOOD, head=HEAD[:4]))
    assert "缺少这些列：机构、清单、条目、生效日" in refused.value.message
    with pytest.raises(Invalid):
        read_list(book(tmp_path))


def test_the_shipped_list_read_again_is_the_same() -> None:
    assert read_list(SHIPPED).faults == ()
    assert (take(read_list(SHIPPED), now=NOW).added, take(read_list(SHIPPED), now=NOW).ended) == (0, 0)


def test_a_check_shows_the_overlaps_that_the_list_would_bring(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = directory.troubles(on=TODAY, categories=casework.known_codes())
    assert run(book(tmp_path, GOOD), skip_bad=False, dry_run=True, source="") == 0
    told = capsys.readouterr().out
    assert "1 added 新增" in told and "new 新增 overlap 重叠: noise, 慈城镇 330205103000" in told
    assert directory.troubles(on=TODAY, categories=casework.known_codes()) == before
    assert not ledger.history("list:list")
    run(book(tmp_path, GOOD), skip_bad=False, dry_run=False, source="")
    assert "new 新增" not in capsys.readouterr().out
