"""A department's grid read from its file: shapes or a table of codes, duties and workers beside it, and everything found."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from pianqu.foundation.errors import Invalid
from pianqu.kernels import rings
from pianqu.kernels.overlay import reading
from pianqu.kernels.overlay.findings import Finding, Refused
from pianqu.kernels.overlay.layers import LIMITS, Layer, Shape, cleaned
from pianqu.kernels.overlay.planes import DEGREES, Plane, placed, plane_of, suspicion
from pianqu.kernels.overlay.refining import Refinement, refined
from pianqu.kernels.overlay.tables import dissolved
from pianqu.kernels.overlay.writing import written
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries.findings import told

LARGEST = LIMITS.bytes
ENDINGS = (".geojson", ".json", ".zip", ".csv", ".xlsx")
SYSTEMS = ("police", "party", "urban", "environment", "market", "safety", "health", "other")
HEADINGS: Mapping[str, tuple[str, ...]] = {
    "code": reading.CODES,
    "name": ("name", "名称", "网格名称", "网格名", "单元名称"),
    "duties": ("duties", "职责", "网格职责", "工作职责", "事项", "职责事项"),
    "workers": ("workers", "网格员", "人员", "工作人员", "责任人", "民警"),
    "place": ("place", "community", "community_code", "社区编码", "社区代码", "村社编码", "区划编码", "所含网格"),
}
"""What a column may be called where nobody named it, the likeliest first."""
MOST_WORDS, LONGEST_WORD, LONGEST_CODE = 60, 60, 60
_BETWEEN = re.compile(r"[;；、，,\n\r|]+")
_FULL = 10_000
_MOSTLY = 8_000
"""From this share of the district on, a grid's outer border can be held against the district's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the sender says about the file; what is empty is looked for."""

    name: str
    ending: str
    crs: str = ""
    code: str = ""
    cell_name: str = ""
    duties: str = ""
    workers: str = ""
    place: str = ""

    def column(self, what: str) -> str:
        return str(getattr(self, "cell_name" if what == "name" else what))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCell:
    """A cell, repaired, in WGS 84."""

    code: str
    name: str
    geometry: Mapping[str, Any]
    duties: tuple[str, ...]
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedGrid:
    """What a file holds. `covered` is its share of the district in ten-thousandths."""

    cells: tuple[CheckedCell, ...]
    crs: str
    columns: tuple[str, ...]
    findings: tuple[Finding, ...]
    covered: int
    digest: str


def read_grid(content: bytes, asked: Asked, *, duties_list: bytes | None = None) -> CheckedGrid:
    """A whole grid. Raises Invalid, with the sentence of what stands in the way, for a file that cannot be taken."""
    try:
        return _read(content, asked, duties_list)
    except Refused as refusal:
        raise Invalid(
            "grid-file",
            _("%(why)s. Nothing was kept; please have the file put right, or say how it is to be read.")
            % {"why": told(refusal.finding)},
        ) from refusal


def looked_at(content: bytes, asked: Asked, *, duties_list: bytes | None = None) -> CheckedGrid:
    """The same, but a file that cannot be taken is a grid without cells whose one finding says why: it can be kept and read
    again. Raises Invalid only where there is no district to lay it over."""
    try:
        return _read(content, asked, duties_list)
    except Refused as refusal:
        return CheckedGrid(
            cells=(),
            crs="",
            columns=(),
            findings=(refusal.finding,),
            covered=0,
            digest=hashlib.sha256(content).hexdigest(),
        )


def _read(content: bytes, asked: Asked, duties_list: bytes | None) -> CheckedGrid:
    district = district_ground()
    found: list[Finding] = []
    reader = _from_table if is_table(content, asked.ending) else _from_shapes
    layer, crs, columns, told_of = reader(content, asked, district, found)
    _check_codes(layer)
    try:
        made = refined([layer], outline=district.outline)
    except Refused as refusal:
        raise Refused(district.plane.told(refusal.finding)) from None
    found += [district.plane.told(finding) for finding in made.findings]
    if duties_list is not None:
        found += _read_list(duties_list, asked, told_of)
    covered = _covered(made)
    found += _suspected(layer, crs, covered, district)
    return CheckedGrid(
        cells=_cells(made, district.plane, told_of),
        crs=crs,
        columns=columns,
        findings=tuple(found),
        covered=covered,
        digest=hashlib.sha256(content).hexdigest(),
    )


def _check_codes(layer: Layer) -> None:
    """Raises Refused for what is too long for a code: another column was meant, and cut off two could be the same."""
    for shape in layer.shapes:
        if len(shape.key) > LONGEST_CODE:
            values = {"count": len(shape.key), "limit": LONGEST_CODE}
            raise Refused(Finding(code="code-long", layer=layer.name, keys=(f"{shape.key[:20]}…",), values=values))


# the district --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class DistrictGround:
    """The district on its plane: communities by code, and all of them as one."""

    plane: Plane
    communities: Mapping[str, BaseGeometry]
    outline: BaseGeometry
    bounds: tuple[float, float, float, float]


def district_ground() -> DistrictGround:
    """Raises Refused where no community has an outline."""
    shapes = {code: rings.shape_of(outline) for code, outline in sorted(territory.outlines().items())}
    if not shapes:
        raise Invalid(
            "district-bare",
            _("No community has an outline yet, so nothing can be laid over the district. Take in the places first."),
        )
    plane = plane_of(list(shapes.values()))
    flat = {code: plane.flat(shape) for code, shape in shapes.items()}
    west, south, east, north = shapely.total_bounds(np.array(list(shapes.values()), dtype=object)).tolist()
    whole = shapely.union_all(shapely.make_valid(np.array(list(flat.values()), dtype=object)))
    return DistrictGround(plane=plane, communities=flat, outline=whole, bounds=(west, south, east, north))


# files ---------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Words:
    """What a file says of a cell beside its ground."""

    name: str = ""
    duties: tuple[str, ...] = ()
    workers: tuple[str, ...] = ()

    def add(self, row: Mapping[str, Any], columns: Mapping[str, str]) -> None:
        self.name = self.name or reading.as_text(row.get(columns["name"]))[:80]
        self.duties = _more(self.duties, row.get(columns["duties"]))
        self.workers = _more(self.workers, row.get(columns["workers"]))


_Read = tuple[Layer, str, tuple[str, ...], dict[str, _Words]]


def is_table(content: bytes, ending: str) -> bool:
    """Whether a file is a table of codes: by its ending, or a workbook by what is packed in it."""
    if content.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as packed:
                return any(name.startswith("xl/") for name in packed.namelist())
        except zipfile.BadZipFile:
            return False
    return ending == ".csv"


def words_of(value: object) -> tuple[str, ...]:
    """Words in one cell of a table, parted by what people part them with."""
    return _more((), value)


def _more(known: Sequence[str], value: object) -> tuple[str, ...]:
    given = value if isinstance(value, list) else _BETWEEN.split(reading.as_text(value))
    found = (" ".join(reading.as_text(one).split())[:LONGEST_WORD] for one in given)
    return tuple(dict.fromkeys([*known, *(word for word in found if word)]))[:MOST_WORDS]


def _columns(layer: str, names: Sequence[str], asked: Asked, what: Sequence[str]) -> dict[str, str]:
    """Which column holds what; empty where none does. Raises Refused for one that was named and is not there."""
    folded = {str(name).casefold(): str(name) for name in reversed(names)}
    found = {}
    for one in what:
        wanted = asked.column(one)
        if wanted and wanted not in names:
            values = {"column": wanted, "columns": ", ".join(map(str, names[:20]))}
            raise Refused(Finding(code="column-missing", layer=layer, values=values))
        found[one] = wanted or next((folded[word] for word in HEADINGS[one] if word in folded), "")
    return found


def _from_shapes(content: bytes, asked: Asked, district: DistrictGround, found: list[Finding]) -> _Read:
    file = reading.read(content, asked.name, code=asked.code)
    one = placed(file.layer, asked.crs or file.system, district=district.bounds)
    found += [*file.findings, *one.findings]
    clean, findings = cleaned(district.plane.layer(one.layer))
    found += [district.plane.told(finding) for finding in findings]
    names = list(dict.fromkeys(str(name) for properties in file.properties for name in properties))
    columns = _columns(asked.name, names, asked, ("code", "name", "duties", "workers"))
    told_of: dict[str, _Words] = {key: _Words() for key in clean.keys}
    for shape, properties in zip(file.layer.shapes, file.properties, strict=True):
        told_of.setdefault(shape.key, _Words()).add(properties, columns)
    return _layer(asked.name, dict(zip(clean.keys, clean.areas, strict=True))), one.system, tuple(names), told_of


def _layer(name: str, shapes: Mapping[str, BaseGeometry]) -> Layer:
    return Layer(name, [Shape(key, shape) for key, shape in shapes.items()])


def _from_table(content: bytes, asked: Asked, district: DistrictGround, found: list[Finding]) -> _Read:
    table = reading.read_table(content, asked.name)
    found += table.findings
    columns = _columns(asked.name, table.columns, asked, ("code", "name", "duties", "workers", "place"))
    ground = _ground(district)
    columns["place"] = columns["place"] or _place_column(table, ground, columns["code"])
    for what in ("code", "place"):
        if not columns[what]:
            values = {"column": HEADINGS[what][1], "columns": ", ".join(table.columns[:20])}
            raise Refused(Finding(code="column-missing", layer=asked.name, values=values))
    pairs = [(row.get(columns["code"], ""), row.get(columns["place"], "")) for row in table.rows]
    layer, unknown = reading.layer_of_codes(asked.name, [pair for pair in pairs if all(pair)], ground)
    if not layer.shapes:
        raise Refused(unknown[0] if unknown else Finding(code="nothing", layer=asked.name))
    found += unknown
    told_of: dict[str, _Words] = {}
    for row in table.rows:
        told_of.setdefault(row.get(columns["code"], ""), _Words()).add(row, columns)
    return layer, "", table.columns, told_of


def _ground(district: DistrictGround) -> dict[str, BaseGeometry]:
    """Every place that a table of codes may name: communities, and streets as all of their communities."""
    ground = dict(district.communities)
    streets: dict[str, list[BaseGeometry]] = {}
    known = territory.places()
    for code, shape in district.communities.items():
        if code in known and known[code].parent_code:
            streets.setdefault(known[code].parent_code, []).append(shape)
    return ground | {code: shapely.union_all(several) for code, several in streets.items()}


def _place_column(table: reading.Table, ground: Mapping[str, BaseGeometry], code: str) -> str:
    """The column that holds most codes of places."""
    counts = {
        column: sum(row.get(column, "") in ground for row in table.rows) for column in table.columns if column != code
    }
    best = max(counts, key=lambda column: counts[column], default="")
    return best if counts.get(best) else ""


def _read_list(content: bytes, asked: Asked, told_of: Mapping[str, _Words]) -> list[Finding]:
    """The second table: duties and workers by the codes of cells."""
    table = reading.read_table(content, asked.name)
    columns = _columns(
        asked.name, table.columns, Asked(name=asked.name, ending=""), ("code", "name", "duties", "workers")
    )
    if not columns["code"]:
        values = {"column": HEADINGS["code"][1], "columns": ", ".join(table.columns[:20])}
        raise Refused(Finding(code="column-missing", layer=asked.name, values=values))
    found, strange = list(table.findings), set()
    for row in table.rows:
        code = row.get(columns["code"], "")
        if code in told_of:
            told_of[code].add(row, columns)
        else:
            strange.add(code)
    return found + [Finding(code="list-cell-unknown", layer=asked.name, keys=(code,)) for code in sorted(strange)]


# what came of it -----------------------------------------------------------------------------------------------------


def _covered(made: Refinement) -> int:
    inner = [atom for atom in made.atoms if atom.within]
    whole = sum(atom.area_m2 for atom in inner)
    return round(_FULL * sum(atom.area_m2 for atom in inner if not atom.uncovered) / whole) if whole else 0


def _suspected(layer: Layer, crs: str, covered: int, district: DistrictGround) -> list[Finding]:
    """Whether it fits better once it is read as GCJ-02; a person decides."""
    if crs not in DEGREES[:2] or covered < _MOSTLY:
        return []
    back = Layer(layer.name, [Shape(shape.key, district.plane.degrees(shape.geometry)) for shape in layer.shapes])
    finding = suspicion(back, district.plane.degrees(district.outline))
    return [finding] if finding else []


def _cells(made: Refinement, plane: Plane, told_of: Mapping[str, _Words]) -> tuple[CheckedCell, ...]:
    shapes = dissolved(made, [atom.members[0] for atom in made.atoms])
    cells = []
    for (code, _shape), shape in zip(shapes.items(), written(list(shapes.values()), plane), strict=True):
        words = told_of.get(code, _Words())
        if shape is not None:
            cells.append(
                CheckedCell(
                    code=code,
                    name=words.name or code[:80],
                    geometry=json.loads(shapely.to_geojson(shape)),
                    duties=words.duties,
                    workers=words.workers,
                )
            )
    return tuple(cells)
