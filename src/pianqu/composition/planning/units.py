"""Units to be planned (communities, blocks, buildings) from polygons or a table, which of them are neighbours, locks and centres.

Polygons (GeoJSON, shapefile zip) are neighbours where they share a border that is long enough; a table (CSV, Excel) needs another
table of neighbours, or longitude and latitude with a distance. Columns, in English or Chinese, or named by who asks: code 编码,
name 名称, population 人口, households 户数, workload 工作量; boundaries to keep are columns with the name of each unit's area.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.utils.translation import gettext as _

from pianqu.composition.importing.cells import Bad, said_columns, text
from pianqu.composition.planning.points import Cells, digest, read_lines, refuse, whole_number
from pianqu.composition.planning.sentences import told
from pianqu.foundation.errors import Invalid
from pianqu.kernels.overlay.findings import Finding, sentence
from pianqu.kernels.overlay.layers import cleaned
from pianqu.kernels.overlay.planes import Plane, from_gcj02, placed, plane_of
from pianqu.kernels.overlay.reading import File, held, read
from pianqu.kernels.overlay.refining import Refinement, refined
from pianqu.kernels.overlay.touching import HAIR_M, Pairs, side_by_side
from pianqu.kernels.saying import Said, Sentence

USUAL = {"code": "编码", "name": "名称", "population": "人口", "households": "户数", "workload": "工作量"}
PLACE = {"lon": "经度", "lat": "纬度"}
NEIGHBOURS = {"unit": "单元", "neighbour": "相邻单元"}
POLYGONS = (".geojson", ".json", ".zip")
MOST_PAIRS = 4_000_000
LOST = ("empty", "not-an-area", "not-a-number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """Which columns are read."""

    own: Mapping[str, str]
    """Names that who asks gave to usual columns."""
    areas: tuple[str, ...]
    """Columns whose areas are to be kept whole."""
    balance: str
    """The usual column that must be there."""
    now: str = ""
    """The column of each unit's present cluster; none where nothing is asked about it."""

    def key(self, role: str) -> str:
        return self.own.get(role) or role

    def needed(self) -> dict[str, str]:
        """Columns that have to be there, with another name that they may have."""
        roles = dict.fromkeys(("code", self.balance, *self.own))
        others = (*self.areas, *([self.now] if self.now else []))
        return {self.key(role): self._other(role) for role in roles} | {name: name.lower() for name in others}

    def optional(self) -> dict[str, str]:
        needed = self.needed()
        rest = {self.key(role): self._other(role) for role in USUAL} | PLACE
        return {key: other for key, other in rest.items() if key not in needed}

    def _other(self, role: str) -> str:
        return self.own[role].lower() if self.own.get(role) else USUAL[role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One of them; `shape` in degrees (WGS 84)."""

    code: str
    name: str
    population: int | None
    households: int
    workload: int
    areas: tuple[str, ...]
    now: str = ""
    """The name of its present cluster; empty: it has none."""
    shape: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What makes two units neighbours."""

    crs: str = ""
    table: Path | None = None
    border_m: float = 2.0
    """The shortest border that counts."""
    near_m: float = 0.0
    """Units no farther apart than this are neighbours too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """The units of a file, their neighbours (metres of border, or how much nearer than allowed), and what was found wrong."""

    path: Path
    digest: str
    units: tuple[Unit, ...]
    borders: Pairs
    system: str = ""
    """In which coordinates the file was read."""
    notes: tuple[Sentence, ...] = ()
    plane: Plane | None = None
    refinement: Refinement | None = None

    @property
    def places(self) -> dict[str, int]:
        return {unit.code: number for number, unit in enumerate(self.units)}


def read_units(path: Path, fields: Fields, near: Near) -> Given:
    """The units with their neighbours. Raises Invalid for files that cannot be used."""
    if path.suffix.lower() in POLYGONS:
        try:
            return _polygons(path, fields, near)
        except Said as error:
            raise Invalid("plan-polygons", told(error.sentence)) from error
    return _table(path, fields, near)


# polygons ------------------------------------------------------------------------------------------------------------


def _polygons(path: Path, fields: Fields, near: Near) -> Given:
    file = _file(path, fields)
    put = placed(file.layer, near.crs or file.system)
    columns = {**fields.needed(), **fields.optional()}
    lines = [
        (number, _properties(properties, columns, fields.key("code"), shape.key), shape.geometry)
        for number, (properties, shape) in enumerate(zip(file.properties, put.layer.shapes, strict=True), 1)
    ]
    _check_columns(path, fields, [cells for _number, cells, _shape in lines])
    units = _units(path, fields, lines)
    plane = plane_of([unit.shape for unit in units])
    flat = plane.layer(put.layer)
    found = cleaned(flat)[1]
    _refuse_lost(found)
    shapes = shapely.make_valid(np.array([shape.geometry for shape in flat.shapes], dtype=object))
    if near.table:
        borders, refinement = neighbours(near.table, units), None
    else:
        refinement = refined([flat], tolerance_m=HAIR_M)
        found = refinement.findings
        places = {unit.code: number for number, unit in enumerate(units)}
        borders = side_by_side(places, refinement, shapes, near.border_m)
    notes = [*file.findings, *put.findings, *(plane.told(finding) for finding in found)]
    return Given(
        path=path,
        digest=digest(path),
        units=units,
        borders=_with_near(borders, shapes, near.near_m),
        system=put.system,
        notes=tuple(sentence(finding) for finding in notes),
        plane=plane,
        refinement=refinement,
    )


def _file(path: Path, fields: Fields) -> File:
    if not path.is_file():
        raise Invalid("table-absent", _("There is no file %(path)s.") % {"path": path})
    with path.open("rb") as stream:
        content = held(stream, path.name)
    file = read(content, path.name, code=fields.own.get("code", ""))
    _refuse_lost(file.findings)
    if not file.layer.shapes:
        raise Invalid("plan-empty", told(sentence(Finding(code="nothing", layer=path.name))))
    return file


def _refuse_lost(findings: Sequence[Finding]) -> None:
    """A unit without an area is refused: a plan that leaves people out is none."""
    lost = [finding for finding in findings if finding.code in LOST]
    if lost:
        words = {"finding": told(sentence(lost[0])), "count": len(lost)}
        raise Invalid("plan-lost", _("%(finding)s (units without an area: %(count)s)") % words)


def _properties(given: Mapping[str, Any], columns: Mapping[str, str], code: str, key: str) -> Cells:
    """A shape's cells by column, whatever its capitals; the code as it was read."""
    folded = {str(name).casefold(): value for name, value in given.items()}
    cells = {
        name: folded[word.casefold()]
        for name, other in columns.items()
        for word in (other, name)
        if word.casefold() in folded
    }
    return cells | {code: key}


def _check_columns(path: Path, fields: Fields, cells: Sequence[Cells]) -> None:
    needed = fields.needed()
    missing = [name for name in needed if not any(text(one, name) for one in cells)]
    if missing:
        words = {"names": said_columns(missing, needed)}
        raise Invalid("table-columns", f"{path.name}: " + _("The list lacks the columns %(names)s.") % words)


def _with_near(borders: Pairs, shapes: Any, metres: float) -> Pairs:
    """What is no farther apart than this counts as if side by side for as many metres as it is nearer."""
    if metres <= 0:
        return borders
    one, other = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=metres)
    first = one < other
    one, other = one[first], other[first]
    if len(one) > MOST_PAIRS:
        sentence_ = _("%(pairs)s pairs of units are nearer than %(metres)s m: please allow less.")
        raise Invalid("plan-near", sentence_ % {"pairs": len(one), "metres": f"{metres:g}"})
    nearer = np.maximum(1, np.round(metres - shapely.distance(shapes[one], shapes[other]))).astype(np.int64)
    found = {(a, b): n for a, b, n in zip(one.tolist(), other.tolist(), nearer.tolist(), strict=True)}
    found |= {(a, b): length for a, b, length in borders}
    return tuple((*pair, length) for pair, length in sorted(found.items()))


# tables --------------------------------------------------------------------------------------------------------------


def _table(path: Path, fields: Fields, near: Near) -> Given:
    lines = read_lines(path, fields.needed(), fields.optional())
    on_map = near.near_m > 0
    if not on_map and near.table is None:
        raise Invalid(
            "plan-neighbours",
            _("%(file)s does not say which units are neighbours: please give --adjacent, or lon, lat and --near.")
            % {"file": path.name},
        )
    units = _units(path, fields, [(number, cells, None) for number, cells in lines], placed_in=near.crs, on_map=on_map)
    borders = neighbours(near.table, units) if near.table else ()
    if not on_map:
        return Given(path=path, digest=digest(path), units=units, borders=borders)
    shapes = [unit.shape for unit in units]
    flat = plane_of(shapes).flat(np.array(shapes, dtype=object))
    return Given(path=path, digest=digest(path), units=units, borders=_with_near(borders, flat, near.near_m))


def neighbours(path: Path, units: Sequence[Unit]) -> Pairs:
    """Pairs of units with metres, 1 where none are told; told from both sides a pair is one."""
    places = {unit.code: number for number, unit in enumerate(units)}
    found: dict[tuple[int, int], int] = {}
    faults = []
    for number, cells in read_lines(path, NEIGHBOURS, {"metres": "米"}):
        try:
            one, other = (_known(cells, name, places) for name in NEIGHBOURS)
            metres = whole_number(cells, "metres") if text(cells, "metres") else 1
        except Bad as bad:
            faults.append((number, str(bad)))
            continue
        if one != other:
            found[min(one, other), max(one, other)] = max(1, metres)
    refuse(path, faults)
    return tuple((*pair, metres) for pair, metres in sorted(found.items()))


def read_locks(path: Path, units: Sequence[Unit], clusters: int) -> dict[int, int]:
    """Units that stay in a cluster, both from 0."""
    places = {unit.code: number for number, unit in enumerate(units)}
    found: dict[int, int] = {}
    faults = []
    for number, cells in read_lines(path, {"code": "编码", "cluster": "片区"}, {}):
        try:
            unit, cluster = _known(cells, "code", places), _cluster(cells, clusters)
            if found.setdefault(unit, cluster) != cluster:
                raise Bad(_("the unit is locked into another cluster on an earlier line"))
        except Bad as bad:
            faults.append((number, str(bad)))
    refuse(path, faults)
    return found


def read_centres(path: Path, units: Sequence[Unit]) -> tuple[int, ...]:
    """Units of which no two may be in one cluster."""
    places = {unit.code: number for number, unit in enumerate(units)}
    found: list[int] = []
    faults = []
    for number, cells in read_lines(path, {"code": "编码"}, {}):
        try:
            found.append(_known(cells, "code", places))
        except Bad as bad:
            faults.append((number, str(bad)))
    refuse(path, faults)
    return tuple(dict.fromkeys(found))


def _known(cells: Cells, name: str, places: Mapping[str, int]) -> int:
    code = text(cells, name)
    if code not in places:
        raise Bad(_("there is no unit “%(text)s”") % {"text": code[:40]})
    return places[code]


def _cluster(cells: Cells, clusters: int) -> int:
    number = whole_number(cells, "cluster")
    if not 1 <= number <= clusters:
        raise Bad(_("there is no cluster %(number)s; they are 1 to %(count)s") % {"number": number, "count": clusters})
    return number - 1


# lines ---------------------------------------------------------------------------------------------------------------


def _units(
    path: Path,
    fields: Fields,
    lines: Sequence[tuple[int, Cells, Any]],
    *,
    placed_in: str = "",
    on_map: bool = False,
) -> tuple[Unit, ...]:
    found: dict[str, Unit] = {}
    faults: list[tuple[int, str]] = []
    for number, cells, shape in lines:
        try:
            unit = _unit(cells, fields, _point(cells, placed_in) if on_map else shape)
            if unit.code in found:
                raise Bad(_("the code stands on an earlier line already"))
            found[unit.code] = unit
        except Bad as bad:
            faults.append((number, str(bad)))
    refuse(path, faults)
    return tuple(found.values())


def _unit(cells: Cells, fields: Fields, shape: Any) -> Unit:
    code = text(cells, fields.key("code"))
    if not code:
        raise Bad(_("the code is missing"))
    people, *others = _amounts(cells, fields)
    return Unit(
        code=code,
        name=text(cells, fields.key("name")) or code,
        population=people,
        households=others[0] or 0,
        workload=others[1] or 0,
        areas=tuple(text(cells, name) for name in fields.areas),
        now=text(cells, fields.now) if fields.now else "",
        shape=shape,
    )


def _amounts(cells: Cells, fields: Fields) -> Iterator[int | None]:
    """Population, households, workload. A missing population is for the kernel to name; another that is balanced is a fault."""
    for role in ("population", "households", "workload"):
        key, balanced = fields.key(role), fields.balance == role
        if text(cells, key) or (balanced and role != "population"):
            yield whole_number(cells, key)
        else:
            yield None if balanced else 0


def _point(cells: Cells, crs: str) -> Any:
    try:
        lon, lat = float(text(cells, "lon")), float(text(cells, "lat"))
    except ValueError:
        raise Bad(_("longitude or latitude is missing or no number")) from None
    if not (abs(lon) <= 180 and abs(lat) <= 90):  # not a number neither
        raise Bad(_("longitude and latitude are not in degrees (metres of a projection?)"))
    where = np.array([(lon, lat)])
    return shapely.Point((from_gcj02(where) if crs == "GCJ-02" else where)[0])
