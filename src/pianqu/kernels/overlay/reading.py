"""Files of polygons and tables of codes, read from their bytes: GeoJSON, a shapefile's archive, CSV, Excel.

Problem: grids arrive as files from any program: in three encodings, without a declared coordinate system, packed so that they
fill the memory, or with a name that leads out of the archive.
Method: no more than the limit is ever read, from a file or from an archive; nothing is unpacked onto a disk; text is read
in the declared encoding, else as UTF-8, else as GB 18030 (which holds GBK and GB 2312). Shapes keep their own numbers; what these
mean is for planes.py.
Source: RFC 7946 and its predecessor of 2008 (member "crs"); ESRI Shapefile Technical Description (1998); GB 18030-2022.
Cost: O(bytes). Guarantee: a file is layers or a refusal that says why; memory stays within a small multiple of the limits.
"""

import csv
import io
import json
import re
import struct
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any
from xml.etree.ElementTree import ParseError

import numpy as np
import shapefile
import shapely
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException
from shapely.geometry.base import BaseGeometry

from pianqu.kernels.overlay.findings import Finding, Refused, Value
from pianqu.kernels.overlay.layers import LIMITS, Layer, Limits, Shape

CODES = ("code", "编码", "代码", "网格编码", "网格代码", "区划代码", "id", "objectid", "编号")
"""Columns that hold a shape's code, the likeliest first; capitals do not matter."""
ENTRIES = 200
"""Files in an archive."""
NAMED = 3
_ROUNDED = re.compile(r"^\d(\.\d+)?[eE]\+\d+$")
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class File:
    """A file of shapes: the layer in the file's numbers, the system that it declares ("" for none), each shape's properties."""

    layer: Layer
    system: str
    properties: tuple[Mapping[str, Any], ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of text: headings, and rows by heading."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    numbers: tuple[int, ...]
    """Of each row its line in the file, whatever blank ones stand between."""


def held(stream: IO[bytes], layer: str, limits: Limits = LIMITS) -> bytes:
    """A file's bytes. Raises Refused as soon as it is known to be too large, without holding more than the limit."""
    content = stream.read(limits.bytes + 1)
    if len(content) > limits.bytes:
        raise Refused(Finding(code="too-many-bytes", layer=layer, values={"limit": limits.bytes}))
    return content


def read(content: bytes, layer: str, *, code: str = "", limits: Limits = LIMITS) -> File:
    """The shapes of a file, whatever its kind. `code` names the property that holds their codes; empty to look for it."""
    if len(content) > limits.bytes:
        raise Refused(Finding(code="too-many-bytes", layer=layer, values={"limit": limits.bytes}))
    if content.startswith(b"PK"):
        return read_shapefile(content, layer, code=code, limits=limits)
    return read_geojson(content, layer, code=code, limits=limits)


def read_geojson(content: bytes, layer: str, *, code: str = "", limits: Limits = LIMITS) -> File:
    """The features of a GeoJSON FeatureCollection."""
    text, _encoding = _decoded(content)
    try:
        table = json.loads(text)
    except json.JSONDecodeError as error:
        raise _no_json(layer, text, error) from None
    except (ValueError, RecursionError):
        raise _unreadable(layer, "GeoJSON") from None
    features = table.get("features") if isinstance(table, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
        raise Refused(Finding(code="json-other", layer=layer))
    _count(layer, len(features), limits)
    pairs = [(one.get("geometry"), _properties(one)) for one in features]
    return _file(layer, pairs, _declared(table), code, [], limits)


def _no_json(layer: str, text: str, error: json.JSONDecodeError) -> Refused:
    """Where a text stops being JSON; what the parser says of it is English and for programmers."""
    if not text.strip():
        return Refused(Finding(code="file-empty", layer=layer))
    return Refused(Finding(code="json-broken", layer=layer, values={"line": error.lineno, "column": error.colno}))


def _properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    told = feature.get("properties")
    own = told if isinstance(told, dict) else {}
    return {"id": feature["id"], **own} if feature.get("id") is not None else own


def _declared(table: Mapping[str, Any]) -> str:
    """The coordinate system that a collection names, as files of before 2016 do."""
    crs = table.get("crs")
    inner = crs.get("properties") if isinstance(crs, dict) else None
    named = inner.get("name") if isinstance(inner, dict) else table.get("crs_name")
    if not isinstance(named, str):
        return "WGS84"  # RFC 7946, section 4
    return "WGS84" if named.endswith("CRS84") else named


def _file(
    layer: str,
    pairs: Sequence[tuple[Any, Mapping[str, Any]]],
    system: str,
    code: str,
    found: list[Finding],
    limits: Limits,
) -> File:
    names = list(dict.fromkeys(name for _, properties in pairs for name in properties))
    column = _column(layer, names, code)
    shapes, kept, points = [], [], 0
    for number, (geometry, properties) in enumerate(pairs, start=1):
        key = as_text(properties.get(column)) or f"#{number}"
        if key == f"#{number}":
            found.append(Finding(code="code-missing", layer=layer, keys=(key,)))
        shape = _shape(layer, key, geometry, found)
        if shape is None:
            continue
        points += int(shapely.get_num_coordinates(shape))
        if points > limits.points:
            raise Refused(
                Finding(code="too-many-points", layer=layer, values={"count": points, "limit": limits.points})
            )
        shapes.append(Shape(key, shape))
        kept.append(properties)
    return File(Layer(layer, shapes), system, tuple(kept), tuple(found))


def _column(layer: str, names: Sequence[str], code: str) -> str:
    """The property that holds the codes."""
    if code:
        if code not in names:
            told = {"column": code, "columns": ", ".join(map(str, names[:20]))}
            raise Refused(Finding(code="column-missing", layer=layer, values=told))
        return code
    folded = {str(name).casefold(): name for name in reversed(names)}
    return next((folded[name] for name in CODES if name in folded), "")


def as_text(value: object) -> str:
    """A code as it was meant: spreadsheets and databases make numbers of them."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).replace("\x00", "").strip()


def _shape(layer: str, key: str, geometry: Any, found: list[Finding]) -> BaseGeometry | None:
    """A GeoJSON geometry as a shape; what is none is listed."""
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    try:
        if kind in ("Polygon", "MultiPolygon"):
            polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
            return _polygons(layer, key, polygons, found)
        if kind == "GeometryCollection":
            parts = [_shape(layer, key, part, found) for part in geometry["geometries"]]
            return shapely.GeometryCollection([part for part in parts if part is not None])
    except (TypeError, ValueError, KeyError, IndexError, RecursionError):
        found.append(Finding(code="not-a-number", layer=layer, keys=(key,)))
        return None
    code, values = ("not-an-area", {"kind": kind}) if isinstance(kind, str) else ("empty", {})
    found.append(Finding(code=code, layer=layer, keys=(key,), values=values))
    return None


def _polygons(layer: str, key: str, polygons: Any, found: list[Finding]) -> BaseGeometry | None:
    made = []
    for rings in polygons:
        closed = [ring for ring in map(_ring, rings) if len(ring) > 3]
        if closed:
            made.append(shapely.Polygon(closed[0], closed[1:]))
    if not made:
        found.append(Finding(code="empty", layer=layer, keys=(key,)))
        return None
    return made[0] if len(made) == 1 else shapely.MultiPolygon(made)


def _ring(given: Any) -> Any:
    """A closed ring of numbers. Raises ValueError where one is none."""
    points = np.array([(float(point[0]), float(point[1])) for point in given]).reshape(-1, 2)
    if not np.isfinite(points).all():
        raise ValueError(points)
    return points if len(points) and (points[0] == points[-1]).all() else np.concatenate([points, points[:1]])


def _count(layer: str, count: int, limits: Limits) -> None:
    if count > limits.shapes:
        raise Refused(Finding(code="too-many-shapes", layer=layer, values={"count": count, "limit": limits.shapes}))


def _unreadable(layer: str, kind: str) -> Refused:
    return Refused(Finding(code="file-unreadable", layer=layer, values={"kind": kind}))


def _decoded(content: bytes) -> tuple[str, str]:
    """Text in UTF-8, else GB 18030, and which it was; characters that neither knows are replaced."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding), encoding
        except UnicodeDecodeError:
            continue
    return content.decode("utf-8-sig", "replace"), ""


# --- archives ---------------------------------------------------------------------------------------------------------


class _Archive:
    """A zip file of which no more is unpacked than the limit, and nothing onto a disk."""

    def __init__(self, content: bytes, layer: str, limits: Limits) -> None:
        self.layer, self.left = layer, limits.bytes
        self.limit = limits.bytes
        try:
            self.packed = zipfile.ZipFile(io.BytesIO(content))
            entries = self.packed.infolist()
        except (zipfile.BadZipFile, ValueError, struct.error, NotImplementedError):
            raise _unreadable(layer, "ZIP") from None
        _count(layer, len(entries), Limits(shapes=ENTRIES))
        self.parts = {entry.filename.casefold(): entry for entry in entries if not entry.is_dir()}
        for entry in entries:
            self._check(entry)

    def _check(self, entry: zipfile.ZipInfo) -> None:
        name = entry.filename.replace("\\", "/")
        if name.startswith("/") or ".." in PurePosixPath(name).parts or ":" in name:
            raise Refused(Finding(code="file-name-refused", layer=self.layer, values={"part": entry.filename[:80]}))

    def content(self, name: str) -> bytes:
        """A part, unpacked. Raises Refused where the parts together are more than the limit."""
        entry = self.parts[name]
        too_much = Refused(
            Finding(
                code="file-packed-too-tightly",
                layer=self.layer,
                values={"part": entry.filename[:80], "limit": self.limit},
            )
        )
        if entry.file_size > self.left:
            raise too_much
        try:
            with self.packed.open(entry) as part:
                content = part.read(self.left + 1)
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError):
            raise _unreadable(self.layer, "ZIP") from None
        if len(content) > self.left:
            raise too_much
        self.left -= len(content)
        return content


# --- shapefiles -------------------------------------------------------------------------------------------------------


def read_shapefile(content: bytes, layer: str, *, code: str = "", limits: Limits = LIMITS) -> File:
    """The shapes of a zipped shapefile (.shp, .dbf; .prj and .cpg where they are)."""
    archive = _Archive(content, layer, limits)
    stems = sorted(name[:-4] for name in archive.parts if name.endswith(".shp") and "__macosx" not in name)
    if not stems:
        raise Refused(Finding(code="file-part-missing", layer=layer, values={"part": "shp"}))
    if len(stems) > 1:
        names = ", ".join(f"{stem}.shp" for stem in stems[:NAMED])
        raise Refused(Finding(code="shapefiles", layer=layer, values={"count": len(stems), "names": names[:120]}))
    stem = stems[0]
    if f"{stem}.dbf" not in archive.parts:
        raise Refused(Finding(code="file-part-missing", layer=layer, values={"part": "dbf"}))
    parts = {part: archive.content(f"{stem}.{part}") for part in ("shp", "dbf") if f"{stem}.{part}" in archive.parts}
    texts = {
        part: archive.content(f"{stem}.{part}").decode("utf-8", "replace").strip()
        for part in ("prj", "cpg")
        if f"{stem}.{part}" in archive.parts
    }
    found: list[Finding] = []
    _check_length(layer, parts)
    try:
        pairs = _pairs(parts, _encoding(texts.get("cpg", ""), parts["dbf"]), layer, limits, found)
    except Refused:
        raise
    except (shapefile.ShapefileException, struct.error, ValueError, IndexError, KeyError, EOFError, OSError):
        raise _unreadable(layer, "shapefile") from None
    return _file(layer, pairs, texts.get("prj", ""), code, found, limits)


def _check_length(layer: str, parts: Mapping[str, bytes]) -> None:
    """Raises Refused where the transfer of a file broke off: both kinds say in their head how long they are."""
    shp, dbf = parts["shp"], parts["dbf"]
    told = {"shp": 2 * int.from_bytes(shp[24:28], "big")}
    told["dbf"] = int.from_bytes(dbf[8:10], "little") + int.from_bytes(dbf[4:8], "little") * int.from_bytes(
        dbf[10:12], "little"
    )
    for part, least in (("shp", 100), ("dbf", 33)):
        if len(parts[part]) < max(least, told[part]):
            values: dict[str, Value] = {"part": part, "bytes": len(parts[part]), "whole": max(least, told[part])}
            raise Refused(Finding(code="file-cut-off", layer=layer, values=values))


def _pairs(
    parts: Mapping[str, bytes], encoding: str, layer: str, limits: Limits, found: list[Finding]
) -> list[tuple[Any, Mapping[str, Any]]]:
    """Geometries with their records."""
    reader = shapefile.Reader(
        shp=io.BytesIO(parts["shp"]), dbf=io.BytesIO(parts["dbf"]), encoding=encoding, encodingErrors="replace"
    )
    _count(layer, len(reader), limits)
    pairs = []
    replaced = False
    for one in reader.iterShapeRecords():
        record = one.record.as_dict()
        replaced = replaced or any("\ufffd" in value for value in record.values() if isinstance(value, str))
        pairs.append((_interface(one.shape), record))
    if replaced:
        found.append(Finding(code="text-replaced", layer=layer, values={"encoding": encoding}))
    return pairs


def _interface(shape: Any) -> Any:
    """A shape as GeoJSON; None for one without points."""
    if shape.shapeType == shapefile.NULL or not getattr(shape, "points", None):
        return None
    return shape.__geo_interface__


def _encoding(declared: str, records: bytes) -> str:
    """The encoding that a .cpg names, else what the records can be read as."""
    name = declared.casefold().removeprefix("ansi ").strip()
    if name in {"936", "cp936", "gbk", "gb2312", "gb18030"}:
        return "gb18030"
    try:
        "".encode(name if not name.isdigit() else f"cp{name}")
    except LookupError:
        return _decoded(records[int.from_bytes(records[8:10], "little") :])[1].removesuffix("-sig") or "utf-8"
    return name if not name.isdigit() else f"cp{name}"


# --- tables -----------------------------------------------------------------------------------------------------------


def read_table(content: bytes, layer: str, limits: Limits = LIMITS) -> Table:
    """A table of codes from CSV or an Excel workbook's first sheet; its first row with text holds the headings."""
    if len(content) > limits.bytes:
        raise Refused(Finding(code="too-many-bytes", layer=layer, values={"limit": limits.bytes}))
    found: list[Finding] = []
    lines = _sheet(content, layer, limits) if content.startswith(b"PK") else _csv(content, layer)
    rows: list[Row] = []
    numbers: list[int] = []
    columns: tuple[str, ...] = ()
    for number, line in lines:
        if not any(line):
            continue
        if not columns:
            columns = tuple(line)
            continue
        _count(layer, len(rows) + 1, limits)
        rows.append({name: cell for name, cell in zip(columns, line, strict=False) if name})
        numbers.append(number)
        for cell in line:
            if _ROUNDED.match(cell):
                found.append(Finding(code="code-rounded", layer=layer, keys=(cell,), values={"row": number}))
    if not rows:
        raise Refused(Finding(code="no-rows", layer=layer))
    return Table(columns, tuple(rows), tuple(found), tuple(numbers))


def _csv(content: bytes, layer: str) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins."""
    text, _encoding_used = _decoded(content)
    head = text.partition("\n")[0]
    separator = max(",;\t", key=head.count)
    try:
        reader, begin = csv.reader(io.StringIO(text, newline=""), delimiter=separator), 1
        for line in reader:
            yield begin, [cell.strip() for cell in line]
            begin = reader.line_num + 1
    except csv.Error:
        raise _unreadable(layer, "CSV") from None


def _sheet(content: bytes, layer: str, limits: Limits) -> Iterator[tuple[int, list[str]]]:
    archive = _Archive(content, layer, limits)
    for name in sorted(archive.parts):
        archive.content(name)  # no part is larger than it says, and all together are within the limit
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for number, line in enumerate(book.worksheets[0].iter_rows(values_only=True), 1):
            yield number, [as_text(cell) for cell in line]
    except (InvalidFileException, ParseError, KeyError, ValueError, IndexError, TypeError, zipfile.BadZipFile):
        raise _unreadable(layer, "Excel") from None


def layer_of_codes(
    layer: str, pairs: Sequence[tuple[str, str]], ground: Mapping[str, BaseGeometry]
) -> tuple[Layer, tuple[Finding, ...]]:
    """A layer given by a table: each cell's code with the code of a place that belongs to it; `ground` has the places' shapes."""
    parts: dict[str, list[BaseGeometry]] = {}
    found = []
    for cell, place in sorted(set(pairs)):
        if place in ground:
            parts.setdefault(cell, []).append(ground[place])
        else:
            found.append(Finding(code="place-unknown", layer=layer, keys=(cell,), values={"place": place}))
    shapes = [Shape(cell, shapely.union_all(several)) for cell, several in parts.items()]
    return Layer(layer, shapes), tuple(found)
