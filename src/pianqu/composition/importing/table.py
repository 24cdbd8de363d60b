"""A table as people keep it, Excel or CSV: numbered lines under the names of columns, in English or Chinese."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path

from django.utils.translation import gettext as _

from pianqu.composition.importing.cells import Line, said_columns
from pianqu.composition.importing.excel import MOST, excel_lines, too_long
from pianqu.foundation.errors import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A line that cannot be taken."""

    number: int
    reason: str


SHOWN = 40


def said(path: Path, faults: Sequence[Fault]) -> Iterator[str]:
    """The first of them as lines for a terminal, by number and reason; then how many more there are."""
    for fault in faults[:SHOWN]:
        yield f"{path.name}, line 第 {fault.number} 行: {fault.reason}\n"
    if len(faults) > SHOWN:
        yield f"… and {len(faults) - SHOWN} more lines 另有\n"


def lines(
    path: Path, needed: Mapping[str, str], optional: Mapping[str, str], *, largest: int, most: int = MOST
) -> list[Line]:
    """The lines with their numbers. Raises Invalid for a file that is no such table, or has more than `most` lines (of CSV)."""
    if not path.is_file():
        raise Invalid("table-absent", _("There is no file %(path)s.") % {"path": path})
    if path.stat().st_size > largest:
        raise Invalid("table-large", _("The file is larger than %(size)s MB.") % {"size": largest // 1_000_000})
    columns = {**needed, **optional}
    if path.suffix.lower() == ".xlsx":
        return list(excel_lines(path, columns, optional=optional))
    try:
        written = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        written = path.read_bytes().decode("gb18030", "replace")
    rows = list(islice(_numbered(written), most + 2))
    if len(rows) > most + 1:
        raise too_long(most)
    words = [word.strip() for word in rows[0][1]] if rows else []
    keys = {word: key for key, zh in columns.items() for word in (key, zh)}
    known = {keys[word] for word in words if word in keys}
    if missing := [key for key in needed if key not in known]:
        names = said_columns(missing, columns)
        raise Invalid("table-columns", _("The list lacks the columns %(names)s.") % {"names": names})
    return [
        (number, {keys[word]: cell for word, cell in zip_longest(words, row) if word in keys})
        for number, row in rows[1:]
    ]


def _numbered(written: str) -> Iterator[tuple[int, list[str]]]:
    """Each row that is not empty, with the line of the file on which it begins. Raises Invalid for one without an end."""
    reader = csv.reader(io.StringIO(written))
    begin = 1
    try:
        for row in reader:
            if row:
                yield begin, row
            begin = reader.line_num + 1
    except csv.Error as error:
        sentence = _(
            "Line %(number)s of the list cannot be read: a quotation mark is perhaps not closed. Nothing was taken in; "
            "please put it right, or save the list as .xlsx."
        )
        raise Invalid("table-broken", sentence % {"number": begin}) from error
