"""Tables that people fill in and bring back, as Excel workbooks."""

from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation

ROWS = 5_000
"""Rows that offer the words of a column."""


def table(
    title: str, columns: Mapping[str, int], rows: Iterable[Sequence[str]], *, words: Mapping[str, Sequence[str]]
) -> bytes:
    """A workbook of one sheet: columns with their widths in characters, and the words that a column takes."""
    book = Workbook()
    sheet = book.active
    sheet.title = title
    sheet.append(list(columns))
    for row in rows:
        sheet.append(list(row))
    for cell, (name, width) in zip(sheet[1], columns.items(), strict=True):
        cell.font = Font(bold=True)
        sheet.column_dimensions[cell.column_letter].width = width
        if name in words:
            offered = DataValidation(type="list", formula1=f'"{",".join(words[name])}"', allow_blank=True)
            sheet.add_data_validation(offered)
            offered.add(f"{cell.column_letter}2:{cell.column_letter}{ROWS}")
    sheet.freeze_panes = "A2"
    inert(sheet)
    return saved(book)


def inert(sheet: Any) -> None:
    """No programme takes a name for a formula, whatever it begins with."""
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.data_type, cell.quotePrefix = "s", True


def saved(book: Any) -> bytes:
    out = BytesIO()
    book.save(out)
    return out.getvalue()
