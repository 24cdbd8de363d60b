"""Tables to take away, as Excel workbooks of several sheets; no text is ever run as a formula."""

from collections.abc import Iterable, Sequence
from io import BytesIO

from django.http import HttpResponse
from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Cell = str | int | float | None
Sheet = tuple[str, Sequence[str], Iterable[Sequence[Cell]]]


def book(name: str, *sheets: Sheet) -> HttpResponse:
    """A workbook as a page's answer; each sheet has its title, headings and rows."""
    made = Workbook()
    made.remove(made.active)
    for title, head, rows in sheets:
        sheet = made.create_sheet(_title(title))
        for row in (head, *rows):
            sheet.append([_holdable(cell) for cell in row])
        for cell in sheet[1]:
            cell.font = Font(bold=True)
            sheet.column_dimensions[cell.column_letter].width = 18
        sheet.freeze_panes = "A2"
        for line in sheet.iter_rows():
            for cell in line:
                if isinstance(cell.value, str):
                    cell.data_type, cell.quotePrefix = "s", True
    out = BytesIO()
    made.save(out)
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(out.getvalue(), content_type=KIND, headers=headers)


def _title(text: str) -> str:
    """A sheet's name as Excel allows it."""
    return "".join(sign for sign in text if sign not in r"[]:*?/\'")[:31] or "1"


def _holdable(cell: Cell) -> Cell:
    return ILLEGAL_CHARACTERS_RE.sub("", cell) if isinstance(cell, str) else cell
