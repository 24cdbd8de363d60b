"""Each form of a table is read back by a reader that is not ours; half a file is never there under its name."""

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree

import pyarrow.parquet
import pytest
from openpyxl import load_workbook

from pianqu.foundation import growing, tables
from pianqu.foundation.errors import Absent, Unavailable
from pianqu.foundation.growing import Growing
from pianqu.foundation.installation import installation
from pianqu.foundation.tables import FORMS, Cell, Column
from pianqu.kernels import spreadsheet

AT = datetime(2026, 11, 28, 13, 35, 40, tzinfo=UTC)
COLUMNS = [
    Column(name="code", heading="查询码"),
    Column(name="opened_at", heading="受理时间", kind="moment"),
    Column(name="returns", heading="退回次数", kind="whole"),
    Column(name="lon", heading="经度", kind="real"),
    Column(name="lat", heading="纬度", kind="real"),
    Column(name="words", heading="诉求"),
]
ROWS: list[list[Cell]] = [
    ["8K3F-27QH", AT, 2, 121.55, 29.9, "路灯坏了，\n“三天”"],
    ["8K3F-27QJ", None, None, None, None, "=HYPERLINK(1)"],
]
NAME = f"{'a' * 32}-{'b' * 16}.csv"


def written(form: str, rows: list[list[Cell]]) -> bytes:
    out = io.BytesIO()
    table = FORMS[form].begin(out, COLUMNS, "办件")
    for row in rows:
        table.add([row])
    table.finish()
    return out.getvalue()


def test_csv_opens_in_excel_and_runs_nothing() -> None:
    content = written("csv", ROWS)
    assert content.startswith(b"\xef\xbb\xbf")
    head, first, second = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    assert head == ["查询码", "受理时间", "退回次数", "经度", "纬度", "诉求"]
    assert first == ["8K3F-27QH", "2026-11-28 21:35:40", "2", "121.55", "29.9", "路灯坏了，\n“三天”"]
    assert second == ["8K3F-27QJ", "", "", "", "", "'=HYPERLINK(1)"]


def test_excel_shows_moments_as_the_clock_on_the_wall() -> None:
    book = load_workbook(io.BytesIO(written("xlsx", ROWS)))
    rows = list(book["办件"].iter_rows(values_only=True))
    assert rows[1][0] == "8K3F-27QH" and rows[1][2:5] == (2, 121.55, 29.9)
    assert f"{rows[1][1]:%Y-%m-%d %H:%M}" == "2026-11-28 21:35"
    assert rows[2][5] == "=HYPERLINK(1)" and book["办件"]["F3"].data_type == "s"


def test_a_workbook_goes_on_in_another_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MOST_ROWS", 3)
    book = load_workbook(io.BytesIO(written("xlsx", ROWS * 3)))
    assert [sheet.max_row for sheet in book] == [3, 3, 3]
    assert all(sheet["A1"].value == "查询码" for sheet in book)


def test_geojson_has_points_in_order_of_lon_and_lat_or_none() -> None:
    found = json.loads(written("geojson", ROWS))
    assert found["type"] == "FeatureCollection"
    first, second = found["features"]
    assert first["geometry"] == {"type": "Point", "coordinates": [121.55, 29.9]}
    assert second["geometry"] is None
    assert first["properties"]["opened_at"] == "2026-11-28T21:35:40+08:00"
    assert "lon" not in first["properties"]


def test_parquet_keeps_kinds() -> None:
    table = pyarrow.parquet.read_table(io.BytesIO(written("parquet", ROWS)))
    assert table.column("opened_at").to_pylist() == [AT, None]
    assert table.column("returns").to_pylist() == [2, None]
    assert str(table.schema.field("opened_at").type) == "timestamp[us, tz=Asia/Shanghai]"
    assert table.column("words").to_pylist()[1] == "=HYPERLINK(1)"


@pytest.mark.parametrize("form", FORMS)
def test_no_row_makes_a_whole_file_too(form: str) -> None:
    content = written(form, [])
    readers: dict[str, Callable[[], int]] = {
        "csv": lambda: len(list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))) - 1,
        "xlsx": lambda: load_workbook(io.BytesIO(content)).active.max_row - 1,
        "geojson": lambda: len(json.loads(content)["features"]),
        "parquet": lambda: pyarrow.parquet.read_table(io.BytesIO(content)).num_rows,
    }
    assert readers[form]() == 0


@pytest.mark.parametrize("form", FORMS)
def test_a_table_can_be_given_up_half_way(form: str) -> None:
    table = FORMS[form].begin(io.BytesIO(), COLUMNS, "办件")
    table.add(ROWS)
    table.give_up()


@pytest.fixture
def no_folder() -> Path:
    rmtree(installation().exports, ignore_errors=True)
    return installation().exports


def test_half_a_file_is_not_there(no_folder: Path) -> None:
    growing_one = Growing(NAME)
    growing_one.file.write(b"half")
    with pytest.raises(Absent):
        growing.open_whole(NAME)
    growing_one.drop()
    assert list(no_folder.iterdir()) == []


def test_a_whole_file_is_private_and_can_be_removed(no_folder: Path) -> None:
    whole = Growing(NAME)
    whole.file.write(b"whole")
    assert whole.keep() == 5
    assert (no_folder / NAME).stat().st_mode & 0o077 == 0
    with growing.open_whole(NAME) as file:
        assert file.read() == b"whole"
    growing.remove(NAME)
    growing.remove(NAME)
    assert list(no_folder.iterdir()) == []


@pytest.mark.parametrize("name", ["../keys/log", "a" * 32, f"{NAME}.part", ""])
def test_no_other_file_is_opened(no_folder: Path, name: str) -> None:
    with pytest.raises(Absent):
        growing.open_whole(name)


def test_the_last_room_on_the_disk_is_kept_back(no_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growing, "RESERVE", 1 << 60)
    with pytest.raises(Unavailable) as refused:
        Growing(NAME)
    assert refused.value.code == "disk-full"


def test_a_folder_that_cannot_be_written_is_said(no_folder: Path) -> None:
    no_folder.write_bytes(b"a file lies where the folder should be")
    try:
        with pytest.raises(Unavailable) as refused:
            Growing(NAME)
    finally:
        no_folder.unlink()
    assert refused.value.code == "files-unwritable"


def test_the_zip_of_a_workbook_is_sound() -> None:
    with zipfile.ZipFile(io.BytesIO(written("xlsx", ROWS))) as packed:
        assert packed.testzip() is None


def test_parquet_is_an_extra() -> None:
    assert tables.has_parquet()
