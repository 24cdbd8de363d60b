"""Departments' grids, the district's border and household points from files, brought to one plane in metres."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import shapely
from django.utils.translation import gettext as _
from shapely.geometry.base import BaseGeometry

from pianqu.composition.planning.points import WEIGHTS, read_demand, refuse
from pianqu.foundation.errors import Invalid
from pianqu.kernels import geo
from pianqu.kernels.overlay import reading
from pianqu.kernels.overlay.findings import Finding, Refused
from pianqu.kernels.overlay.layers import Layer, Shape, cleaned
from pianqu.kernels.overlay.planar import Floats
from pianqu.kernels.overlay.planes import DEGREES, Placed, Plane, placed, plane_of, suspicion

SHAPES = (".geojson", ".json", ".zip")
TABLES = (".csv", ".xlsx")
DISTRICT, HOUSEHOLDS = "district", "households"
TAKEN = frozenset({DISTRICT, HOUSEHOLDS, "place", "area_m2", "within", "cell", *WEIGHTS})
"""Names that stand for something else in options and in what is written."""
LONGEST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which files, and what their owner says about them."""

    grids: Sequence[tuple[str, Path]]
    district: Path | None
    households: Path | None
    codes: Mapping[str, str]
    systems: Mapping[str, str]

    @property
    def names(self) -> list[str]:
        return [name for name, _path in self.grids]

    @property
    def paths(self) -> list[Path]:
        return [path for _name, path in self.grids] + [path for path in (self.district, self.households) if path]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file that was read: what for, its digest, the coordinate system its numbers were read as, what it holds."""

    role: str
    name: str
    file: str
    sha256: str
    system: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Households:
    """Points in metres on the plane and how many households each stands for, or what else is counted (a name of WEIGHTS)."""

    counted: str
    points: Floats
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grids:
    """All that was read, in metres on the plane."""

    plane: Plane
    layers: tuple[Layer, ...]
    outline: BaseGeometry | None
    households: Households | None
    findings: tuple[Finding, ...]
    sources: tuple[Source, ...]


def read_grids(wanted: Wanted) -> Grids:
    """Everything that was named. Raises Invalid or Refused for what cannot be used."""
    _check_names(wanted)
    found: list[Finding] = []
    sources: list[Source] = []
    border = _border(wanted, found, sources) if wanted.district else None
    bounds = _bounds(border)
    shaped: dict[str, Placed] = {}
    tables: dict[str, tuple[Path, bytes]] = {}
    for name, path in sorted(wanted.grids):
        content = _content(name, path)
        if path.suffix.lower() in TABLES:
            tables[name] = path, content
        else:
            shaped[name] = _shapes(wanted, name, content, bounds, found)
            sources.append(_source("grid", name, path, content, shaped[name]))
    plane = plane_of(border or [shape.geometry for one in shaped.values() for shape in one.layer.shapes])
    outline = _outline(wanted, plane, border, found) if border else None
    found += _suspicions(shaped, plane, outline)
    layers = [plane.layer(one.layer) for one in shaped.values()]
    by_name = {layer.name: layer for layer in layers}
    for name, (path, content) in tables.items():
        layer, count = _table(wanted, name, path, content, by_name, found)
        layers.append(layer)
        sources.append(_source("table", name, path, content, None, count))
    households = _households(wanted, plane, sources) if wanted.households else None
    return Grids(
        plane=plane,
        layers=tuple(sorted(layers, key=lambda layer: layer.name)),
        outline=outline,
        households=households,
        findings=tuple(found),
        sources=tuple(sorted(sources, key=lambda one: (one.role, one.name))),
    )


def _check_names(wanted: Wanted) -> None:
    names = wanted.names
    for name in names:
        if names.count(name) > 1:
            raise Refused(Finding(code="layer-twice", layer=name))
        if name in TAKEN or len(name) > LONGEST or not name.isprintable():
            raise Invalid("plan-name", _("“%(name)s” cannot be a grid's name: please choose another.") % {"name": name})
    for name in [*wanted.codes, *wanted.systems]:
        if name not in {*names, DISTRICT, HOUSEHOLDS}:
            raise _unknown(name, names)


def _unknown(name: str, names: Sequence[str]) -> Invalid:
    words = {"name": name, "names": ", ".join(names)}
    return Invalid("plan-no-grid", _("No grid is called “%(name)s”. These are: %(names)s.") % words)


def check_keep(keep: str, wanted: Wanted) -> None:
    """Refuse to keep the borders of a grid that there is not."""
    if keep and keep not in wanted.names:
        raise _unknown(keep, wanted.names)


def _content(name: str, path: Path) -> bytes:
    if path.suffix.lower() not in SHAPES + TABLES:
        sentence = _("%(file)s is neither .geojson nor .zip (of a shapefile with all its parts) nor .csv nor .xlsx.")
        raise Invalid("plan-format", sentence % {"file": path.name})
    if not path.is_file():
        raise Invalid("table-absent", _("There is no file %(path)s.") % {"path": path})
    try:
        with path.open("rb") as stream:
            return reading.held(stream, name)
    except OSError as error:
        words = {"file": path, "why": error.strerror or error}
        raise Invalid("plan-unreadable", _("%(file)s cannot be read (%(why)s).") % words) from error


def _shapes(
    wanted: Wanted, name: str, content: bytes, bounds: geo.Bounds | None, found: list[Finding], role: str = ""
) -> Placed:
    """A file's shapes in degrees; `role` is by what name options speak of it, if not by its own."""
    file = reading.read(content, name, code=wanted.codes.get(role or name, ""))
    one = placed(file.layer, wanted.systems.get(role or name, file.system), district=bounds)
    found += [finding for finding in file.findings if not (role and finding.code == "code-missing")]
    found += one.findings
    return one


def _source(role: str, name: str, path: Path, content: bytes, one: Placed | None, count: int = 0) -> Source:
    return Source(
        role=role,
        name=name,
        file=path.name,
        sha256=hashlib.sha256(content).hexdigest(),
        system=one.system if one else "",
        count=len(one.layer.shapes) if one else count,
    )


# the district ----------------------------------------------------------------------------------------------------------


def _border(wanted: Wanted, found: list[Finding], sources: list[Source]) -> list[BaseGeometry | None]:
    """The shapes of the district's file in degrees."""
    assert wanted.district is not None
    name = wanted.district.name
    if wanted.district.suffix.lower() in TABLES:
        raise Invalid("plan-format", _("%(file)s is a table: the district's border must be shapes.") % {"file": name})
    content = _content(name, wanted.district)
    one = _shapes(wanted, name, content, None, found, DISTRICT)
    if not one.layer.shapes:
        raise Refused(Finding(code="nothing", layer=name))
    sources.append(_source(DISTRICT, name, wanted.district, content, one))
    return [shape.geometry for shape in one.layer.shapes]


def _bounds(border: Sequence[BaseGeometry | None] | None) -> geo.Bounds | None:
    points = shapely.get_coordinates(np.asarray(border, dtype=object)) if border else np.empty((0, 2))
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return None
    (west, south), (east, north) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    return west, south, east, north


def _outline(wanted: Wanted, plane: Plane, border: Sequence[BaseGeometry | None], found: list[Finding]) -> BaseGeometry:
    """The district as one shape in metres, repaired as grids are."""
    assert wanted.district is not None
    shapes = [Shape(f"#{number}", one) for number, one in enumerate(border, 1)]
    clean, findings = cleaned(plane.layer(Layer(wanted.district.name, shapes)))
    found += [plane.told(finding) for finding in findings]
    return shapely.union_all(clean.areas)


def _suspicions(shaped: Mapping[str, Placed], plane: Plane, outline: BaseGeometry | None) -> list[Finding]:
    """Grids in degrees that fit the district better once they are read as GCJ-02; a person decides."""
    if outline is None:
        return []
    border = plane.degrees(outline)
    fit = (_finite(one.layer) for one in shaped.values() if one.system in DEGREES[:2])
    return [finding for layer in fit if layer.shapes and (finding := suspicion(layer, border))]


def _finite(layer: Layer) -> Layer:
    """The shapes that are areas with numbers everywhere."""
    areas = [one for one in layer.shapes if one.geometry is not None and one.geometry.area > 0]
    return Layer(layer.name, [one for one in areas if np.isfinite(shapely.get_coordinates(one.geometry)).all()])


# tables ----------------------------------------------------------------------------------------------------------------


def _table(
    wanted: Wanted, name: str, path: Path, content: bytes, shaped: Mapping[str, Layer], found: list[Finding]
) -> tuple[Layer, int]:
    """A grid that is given by codes on the ground of another one, and how many rows say so."""
    table = reading.read_table(content, name)
    ground = [column for column in table.columns if column in shaped]
    if len(ground) != 1:
        sentence = _("%(file)s: exactly one column must have another grid's name (%(names)s) and hold its codes.")
        raise Invalid("plan-ground", sentence % {"file": path.name, "names": ", ".join(shaped) or "-"})
    cell = _cell_column(wanted, name, [column for column in table.columns if column != ground[0]])
    pairs = [(row.get(cell, ""), row.get(ground[0], "")) for row in table.rows]
    missing = _("the code is missing")
    refuse(path, [(number, missing) for number, pair in zip(table.numbers, pairs, strict=True) if not all(pair)])
    clean, _findings = cleaned(shaped[ground[0]])  # told once: when all are laid over one another
    layer, unknown = reading.layer_of_codes(name, pairs, dict(zip(clean.keys, clean.areas, strict=True)))
    if unknown and not layer.shapes:
        raise Refused(unknown[0])
    found += [*table.findings, *unknown]
    return layer, len(pairs)


def _cell_column(wanted: Wanted, name: str, columns: Sequence[str]) -> str:
    folded = {column.casefold(): column for column in reversed(columns)}
    asked = wanted.codes.get(name, "")
    column = asked if asked in columns else next((folded[one] for one in reading.CODES if one in folded), "")
    if not column or (asked and column != asked):
        told = {"column": asked or "code 编码", "columns": ", ".join(columns[:20])}
        raise Refused(Finding(code="column-missing", layer=name, values=told))
    return column


# households ------------------------------------------------------------------------------------------------------------


def _households(wanted: Wanted, plane: Plane, sources: list[Source]) -> Households:
    assert wanted.households is not None
    system = wanted.systems.get(HOUSEHOLDS, DEGREES[0])
    if system not in DEGREES:
        words = {"system": system, "names": ", ".join(DEGREES)}
        raise Invalid("plan-crs", _("Household points are in degrees (%(names)s), not in “%(system)s”.") % words)
    read = read_demand(wanted.households, weight="", crs=system, placed=True)
    degrees = np.array([(spot.lon, spot.lat) for spot in read.spots], dtype=np.float64)
    sources.append(
        Source(
            role=HOUSEHOLDS,
            name=HOUSEHOLDS,
            file=wanted.households.name,
            sha256=read.digest,
            system=system,
            count=len(read.spots),
        )
    )
    points = shapely.get_coordinates(plane.flat(shapely.points(degrees)))
    return Households(counted=read.column, points=points, counts=tuple(spot.number or 0 for spot in read.spots))
