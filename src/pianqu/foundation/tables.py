"""Tables that are written row by row into a file, in the forms that people and programs open: one set of columns for all.

Each writer takes rows by the page and holds no more than a page of them, whatever the table's length.
"""

import contextlib
import csv
import io
import json
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from importlib.util import find_spec
from typing import IO, Any, BinaryIO, Protocol

from django.utils import timezone

from pianqu.kernels import spreadsheet

Cell = str | int | float | datetime | None
"""A moment is aware."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name for programs, its heading for people, and what it holds."""

    name: str
    heading: str
    kind: str = "text"
    """`text`, `moment`, `whole` or `real`."""


class Table(Protocol):
    """A table that is being written."""

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write these rows, each with a cell for every column."""

    def finish(self) -> None:
        """Write what belongs behind the last row. The file itself stays open."""

    def give_up(self) -> None:
        """Let go of what is held; the file is of no use then."""


class CsvTable:
    """RFC 4180 in UTF-8 with a mark at the beginning, so that Excel reads Chinese right. Moments as the clock on the wall shows
    them; text that a spreadsheet would run as a formula stands behind an apostrophe."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column], title: str) -> None:
        self._file = file
        file.write(b"\xef\xbb\xbf")
        self._write([[column.heading for column in columns]])

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._write([[_as_csv(cell) for cell in row] for row in rows])

    def _write(self, rows: Sequence[Sequence[Any]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        self._file.write(text.getvalue().encode("utf-8", "replace"))

    def finish(self) -> None:
        pass

    def give_up(self) -> None:
        pass


def _as_csv(cell: Cell) -> str | int | float:
    if isinstance(cell, datetime):
        return f"{timezone.localtime(cell):%Y-%m-%d %H:%M:%S}"
    return spreadsheet.guarded(cell) if isinstance(cell, str) else "" if cell is None else cell


class ExcelTable:
    """An Excel workbook; what one sheet cannot hold goes on in the next."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column], title: str) -> None:
        self._headings, self._title = [column.heading for column in columns], title
        self._packed = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=3)
        self._sheets = 0
        self._sheet: IO[bytes] = self._next()

    def _next(self) -> IO[bytes]:
        self._sheets, self._left = self._sheets + 1, spreadsheet.MOST_ROWS - 1
        sheet = self._packed.open(f"xl/worksheets/sheet{self._sheets}.xml", "w", force_zip64=True)
        sheet.write(spreadsheet.head(self._headings).encode())
        return sheet

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        while rows:
            if not self._left:
                self._end_sheet()
                self._sheet = self._next()
            now, rows = rows[: self._left], rows[self._left :]
            self._left -= len(now)
            text = "".join([spreadsheet.row([_on_the_wall(cell) for cell in row]) for row in now])
            self._sheet.write(text.encode("utf-8", "replace"))

    def _end_sheet(self) -> None:
        self._sheet.write(spreadsheet.TAIL.encode())
        self._sheet.close()

    def finish(self) -> None:
        self._end_sheet()
        for name, content in spreadsheet.parts(self._title, self._sheets).items():
            self._packed.writestr(name, content.encode())
        self._packed.close()

    def give_up(self) -> None:
        for part in (self._sheet, self._packed):
            with contextlib.suppress(OSError, ValueError):
                part.close()


def _on_the_wall(cell: Cell) -> Cell:
    return timezone.make_naive(cell) if isinstance(cell, datetime) else cell


class GeoJsonTable:
    """Points as RFC 7946 has them, one feature a line. `lon` and `lat` are its place (WGS 84); without them it has none."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column], title: str) -> None:
        self._file, self._names = file, [column.name for column in columns]
        self._before = _OPENING

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        for row in rows:
            self._file.write(f"{self._before}{self._feature(row)}".encode("utf-8", "replace"))
            self._before = _BETWEEN

    def _feature(self, row: Sequence[Cell]) -> str:
        told = {name: _as_json(cell) for name, cell in zip(self._names, row, strict=True)}
        lon, lat = told.pop("lon", None), told.pop("lat", None)
        place = None if lon is None or lat is None else {"type": "Point", "coordinates": [lon, lat]}
        feature = {"type": "Feature", "geometry": place, "properties": told}
        return json.dumps(feature, ensure_ascii=False, separators=(",", ":"))

    def finish(self) -> None:
        self._file.write(f"{'' if self._before == _BETWEEN else self._before}\n]}}\n".encode())

    def give_up(self) -> None:
        pass


_OPENING, _BETWEEN = '{"type":"FeatureCollection","features":[\n', ",\n"


def _as_json(cell: Cell) -> str | int | float | None:
    return timezone.localtime(cell).isoformat(timespec="seconds") if isinstance(cell, datetime) else cell


class ParquetTable:
    """Apache Parquet, through pyarrow where it is installed; moments with their zone."""

    GROUP = 20_000
    """Rows that are packed together."""

    def __init__(self, file: BinaryIO, columns: Sequence[Column], title: str) -> None:
        pyarrow: Any = import_module("pyarrow")  # an extra: `has_parquet` says whether it is there
        parquet: Any = import_module("pyarrow.parquet")
        zone = timezone.get_default_timezone_name()
        kinds = {"text": pyarrow.string(), "whole": pyarrow.int64(), "real": pyarrow.float64()}
        kinds["moment"] = pyarrow.timestamp("us", tz=zone)
        self._schema = pyarrow.schema([(column.name, kinds[column.kind]) for column in columns])
        self._pack: Callable[..., Any] = pyarrow.Table.from_arrays
        self._array: Callable[..., Any] = pyarrow.array
        self._writer = parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._waiting: list[Sequence[Cell]] = []

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        self._waiting += rows
        if len(self._waiting) >= self.GROUP:
            self._write()

    def _write(self) -> None:
        by_column = zip(*self._waiting, strict=True)
        arrays = [self._array(list(cells), field.type) for cells, field in zip(by_column, self._schema, strict=True)]
        self._writer.write_table(self._pack(arrays, schema=self._schema))
        self._waiting = []

    def finish(self) -> None:
        if self._waiting:
            self._write()
        self._writer.close()

    def give_up(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            self._writer.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A form of file: how its name ends, its media type, its writer."""

    suffix: str
    media_type: str
    begin: Callable[[BinaryIO, Sequence[Column], str], Table]


FORMS: dict[str, Form] = {
    "csv": Form(suffix="csv", media_type="text/csv", begin=CsvTable),
    "xlsx": Form(
        suffix="xlsx",
        media_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        begin=ExcelTable,
    ),
    "geojson": Form(suffix="geojson", media_type="application/geo+json", begin=GeoJsonTable),
    "parquet": Form(suffix="parquet", media_type="application/vnd.apache.parquet", begin=ParquetTable),
}


def has_parquet() -> bool:
    """Whether the library for Parquet is installed: it weighs 165 MB, so it is an extra (`analysis`)."""
    return find_spec("pyarrow") is not None
