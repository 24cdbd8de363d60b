"""What a spreadsheet's reader finds in the workbook, and which text is no formula. The oracle is openpyxl."""

import zipfile
from datetime import datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from pianqu.kernels import spreadsheet
from pianqu.kernels.spreadsheet import Cell, guarded


def workbook(rows: list[list[Cell]], names: list[str]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        sheet = spreadsheet.head(names) + "".join(spreadsheet.row(row) for row in rows) + spreadsheet.TAIL
        packed.writestr("xl/worksheets/sheet1.xml", sheet.encode())
        for name, content in spreadsheet.parts("办件", 1).items():
            packed.writestr(name, content.encode())
    return out.getvalue()


def read(content: bytes) -> list[list[object]]:
    book = load_workbook(BytesIO(content))
    assert book.sheetnames == ["办件"]
    return [[cell.value for cell in row] for row in book.active.iter_rows()]


def test_every_kind_of_cell_is_read_back() -> None:
    at = datetime(2026, 11, 28, 21, 35, 40)  # noqa: DTZ001 - as the clock on the wall shows it
    rows: list[list[Cell]] = [['路灯坏了 <&> "x"', 3, -71.25, at, None], ["", 0, 0.5, at, "_x0041_"]]
    back = read(workbook(rows, ["words", "n", "lon", "at", "more"]))
    assert back[0] == ["words", "n", "lon", "at", "more"]
    assert back[1][:3] == ['路灯坏了 <&> "x"', 3, -71.25] and back[1][4] is None
    assert abs((back[1][3] - at).total_seconds()) < 1  # type: ignore[operator]


@pytest.mark.parametrize("begin", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"])
def test_no_text_becomes_a_formula(begin: str) -> None:
    text = f"{begin}cmd|' /C calc'!A0"
    assert guarded(text) == f"'{text}"
    book = load_workbook(BytesIO(workbook([[text]], ["words"])))
    cell = book.active["A2"]
    assert cell.data_type == "s" and cell.quotePrefix
    assert cell.value.startswith(begin.replace("\r", "\n"))


@pytest.mark.parametrize("text", ["路灯坏了", "3=3", "a@b", "", "'=1"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert guarded(text) == text


@given(st.text(max_size=200))
def test_any_text_makes_a_workbook_that_can_be_read(text: str) -> None:
    (found,) = read(workbook([[text]], ["words"]))[1]
    if not spreadsheet._UNHOLDABLE.search(text) and "_x" not in text:
        assert (found or "") == text.replace("\r\n", "\n").replace("\r", "\n")


def test_a_cell_holds_no_more_than_a_spreadsheet_does() -> None:
    (found,) = read(workbook([["长" * 40_000]], ["words"]))[1]
    assert found == "长" * spreadsheet.MOST_CHARACTERS


def test_what_one_sheet_cannot_hold_goes_on_in_the_next() -> None:
    names = spreadsheet.parts("办件", 3)
    assert [f'name="{name}"' in names["xl/workbook.xml"] for name in ("办件", "办件 2", "办件 3")] == [True] * 3
