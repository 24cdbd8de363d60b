"""Rows as spreadsheets take them: text that no programme runs as a formula, and the parts of an Excel workbook (xlsx).

A workbook of a million rows is written row by row as text: nothing but the row at hand is in memory, and no second copy of
the table lies anywhere. Sources: OWASP, CSV Injection (characters that begin a formula); ECMA-376 part 1, 18.3 (worksheets),
18.8 (styles), 22.9.2.19 (escapes in strings), and part 2 (packages). Cost: linear in the characters. Guarantee: the text of
a cell is never a formula, and what is read back is the text, but for control characters, which XML cannot hold.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

Cell = str | int | float | datetime | None
"""A moment is told without a zone: as the clock on the wall shows it."""

MOST_ROWS = 1_048_576
"""Rows of one sheet, its heading included (Excel's own limit)."""
MOST_CHARACTERS = 32_767
"""Characters of one cell (Excel's own limit)."""
_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - Excel's days have no zone
_UNHOLDABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LIKE_AN_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_PLAIN, _MOMENT, _GUARDED, _HEAD = range(4)
"""The styles below, in their order."""


def guarded(text: str) -> str:
    """The text, behind an apostrophe where a spreadsheet that opens it as CSV would take it for a formula."""
    return f"'{text}" if text.startswith(_BEGINS) else text


def head(names: Sequence[str]) -> str:
    """The beginning of a sheet with its heading, which stays in view."""
    widths = "".join(f'<col min="{n}" max="{n}" width="18" customWidth="1"/>' for n in range(1, len(names) + 1))
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData><row>{''.join(_text(name, _HEAD) for name in names)}</row>"
    )


def row(cells: Sequence[Cell]) -> str:
    """One row of a sheet."""
    return f"<row>{''.join([_cell(cell) for cell in cells])}</row>"


TAIL = "</sheetData></worksheet>"
"""The end of a sheet."""


def _cell(cell: Cell) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, str):
        return _text(cell, _GUARDED if cell.startswith(_BEGINS) else _PLAIN)
    if isinstance(cell, datetime):
        days = (cell - _EPOCH).total_seconds() / 86_400
        return f'<c s="{_MOMENT}"><v>{days:.9f}</v></c>'
    return f"<c><v>{cell}</v></c>"


def _text(text: str, style: int) -> str:
    told = _UNHOLDABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))[:MOST_CHARACTERS]
    written = escape(_LIKE_AN_ESCAPE.sub("_x005F_", told))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{written}</t></is></c>'


def parts(title: str, sheets: int) -> dict[str, str]:
    """What a workbook of so many sheets holds besides them: name in the package → content."""
    numbers = range(1, sheets + 1)
    named = "".join(
        f'<sheet name={quoteattr(title[:25] + (f" {n}" if n > 1 else ""))} sheetId="{n}" r:id="rId{n}"/>'
        for n in numbers
    )
    links = "".join(_link(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    overrides = "".join(_override(f"/xl/worksheets/sheet{n}.xml", "worksheet") for n in numbers)
    return {
        "[Content_Types].xml": f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{_override('/xl/workbook.xml', 'sheet.main')}{_override('/xl/styles.xml', 'styles')}{overrides}</Types>",
        "_rels/.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f"{_link('rId1', 'officeDocument', 'xl/workbook.xml')}</Relationships>",
        "xl/workbook.xml": f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{named}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{links}'
        f"{_link(f'rId{sheets + 1}', 'styles', 'styles.xml')}</Relationships>",
        "xl/styles.xml": _STYLES,
    }


def _link(name: str, kind: str, target: str) -> str:
    return f'<Relationship Id="{name}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _override(name: str, kind: str) -> str:
    told = f"application/vnd.openxmlformats-officedocument.spreadsheetml.{kind}+xml"
    return f'<Override PartName="{name}" ContentType="{told}"/>'


_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)
