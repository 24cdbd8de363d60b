"""A table in Excel as numbered lines: values only, within bounds, whatever the file pretends to be."""

import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from pianqu.composition.importing.duties import COLUMNS, Line
from pianqu.foundation.errors import Invalid

UNPACKED, MOST = 200_000_000, 50_000
"""Bytes of what an Excel file unpacks to, lines of a list."""


def excel_lines(path: Path) -> Iterator[Line]:
    """Rows of the first sheet, under the names of the columns. Only values are read: no formula is run, no link followed."""
    try:
        with zipfile.ZipFile(path) as packed:
            if sum(part.file_size for part in packed.infolist()) > UNPACKED:
                raise Invalid("list-large", _("The file unpacks to more than 200 MB."))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions that are not read anyway
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            rows = [list(row) for row in book.worksheets[0].iter_rows(values_only=True, max_row=MOST + 2)]
            book.close()
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, IndexError, OSError, SyntaxError) as error:
        raise Invalid("list-not-excel", _("The file cannot be read as Excel: %(error)s.") % {"error": error}) from error
    if len(rows) > MOST + 1:
        raise Invalid("list-long", _("The list has more than 50 000 lines."))
    head = _head(rows[0] if rows else [])
    for number, row in enumerate(rows[1:], start=2):
        if any(cell not in (None, "") for cell in row):
            yield number, {name: row[at] if at < len(row) else None for name, at in head.items()}


def _head(row: list[object]) -> dict[str, int]:
    names = {word: key for key, zh in COLUMNS.items() for word in (key, zh)}
    head: dict[str, int] = {}
    for at, cell in enumerate(row):
        key = names.get(str(cell or "").strip().lower())
        if key:
            head.setdefault(key, at)
    missing = [f"{key} ({COLUMNS[key]})" for key in COLUMNS if key not in head and key != "valid_to"]
    if missing:
        raise Invalid("list-columns", _("The list lacks the columns %(names)s.") % {"names": ", ".join(missing)})
    return head
