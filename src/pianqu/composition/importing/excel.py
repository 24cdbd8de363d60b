"""A table in Excel as numbered lines: values only, within bounds, whatever the file pretends to be."""

import warnings
import zipfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from pianqu.composition.importing.cells import Formula, Line, said_columns
from pianqu.foundation.errors import Invalid

UNPACKED, MOST = 200_000_000, 50_000
"""Bytes of what an Excel file unpacks to, lines of a list."""


def excel_lines(
    path: Path,
    columns: Mapping[str, str],
    *,
    optional: Collection[str] = (),
    formulas: bool = False,
    unpacked: int = UNPACKED,
    head_within: int = 1,
    widest: int | None = None,
) -> Iterator[Line]:
    """Rows of the first sheet under the names of the columns (key → what people call it).

    No formula is run, no link followed. A formula's last value is read, or a `Formula` where they are asked for.
    The heading may stand below a title: it is looked for in the first `head_within` lines.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > unpacked:
                sentence = _("The file unpacks to more than %(size)d MB.")
                raise Invalid("list-large", sentence % {"size": unpacked // 1_000_000})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are not read anyway
            book = load_workbook(path, read_only=True, data_only=not formulas, keep_links=False)
            read = book.worksheets[0].iter_rows(max_row=MOST + 2, max_col=widest)
            rows = [[_value(cell) for cell in row] for row in read]
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError, SyntaxError) as error:
        sentence = _(
            "The file cannot be read as Excel: it has a password, or was saved as something else. "
            "Please save it as .xlsx without a password and send it again; nothing was taken in."
        )
        raise Invalid("list-not-excel", sentence) from error
    if len(rows) > MOST + 1:
        raise too_long(MOST)
    top = _top(rows[:head_within], columns, optional)
    head = _head(rows[top] if rows else [], columns, optional)
    for number, row in enumerate(rows[top + 1 :], start=top + 2):
        if any(cell not in (None, "") for cell in row):
            yield number, {name: row[at] if at < len(row) else None for name, at in head.items()}


def too_long(most: int) -> Invalid:
    """The refusal of a list with more lines."""
    sentence = _("The list has more than %(most)s lines, and no more are taken at once. Nothing was taken in.")
    return Invalid("list-long", sentence % {"most": f"{most:,}".replace(",", " ")})


def _value(cell: Any) -> object:
    return Formula(cell.value) if cell.data_type == "f" else cell.value


def _top(rows: list[list[object]], columns: Mapping[str, str], optional: Collection[str]) -> int:
    """Which of the first lines is the heading: the first with every column that has to be there."""
    needed = [{key, zh} for key, zh in columns.items() if key not in optional]
    for at, row in enumerate(rows):
        told = {str(cell or "").strip().lower() for cell in row}
        if all(names & told for names in needed):
            return at
    return 0


def _head(row: list[object], columns: Mapping[str, str], optional: Collection[str]) -> dict[str, int]:
    names = {word: key for key, zh in columns.items() for word in (key, zh)}
    head: dict[str, int] = {}
    for at, cell in enumerate(row):
        key = names.get(str(cell or "").strip().lower())
        if key:
            head.setdefault(key, at)
    missing = [key for key in columns if key not in head and key not in optional]
    if missing:
        lacking = {"names": said_columns(missing, columns)}
        raise Invalid("list-columns", _("The list lacks the columns %(names)s.") % lacking)
    return head
