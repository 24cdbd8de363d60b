"""Demand points and candidate sites from a table (CSV, Excel) or GeoJSON, with every bad line by its number.

Columns, in English or Chinese. Demand: code 编码, name 名称, lon 经度, lat 纬度, and how much weighs there: weight 权重,
population 人口, households 户数 or cases 办件数. Candidates: code, name, lon, lat, capacity 容量, state 状态.
Of an area in a GeoJSON file a point inside it counts. Other columns are passed over.
"""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import shapely
from django.utils.translation import gettext as _
from shapely.errors import GEOSException

from pianqu.composition.importing import table
from pianqu.composition.importing.cells import Bad, Line, said_columns, text
from pianqu.foundation.errors import Invalid
from pianqu.kernels import geo

LARGEST, MOST = 50_000_000, 1_000_000
PLACED = {"name": "名称", "lon": "经度", "lat": "纬度"}
CODE = {"code": "编码"}
WEIGHTS = {"weight": "权重", "population": "人口", "households": "户数", "cases": "办件数"}
STATES = {
    "": "candidate",
    "candidate": "candidate",
    "候选": "candidate",
    "keep": "keep",
    "保留": "keep",
    "may close": "closable",
    "可撤": "closable",
    "forbidden": "forbidden",
    "禁用": "forbidden",
}
"""What a candidate is: new, existing and to stay, existing and may be closed, or not to be used."""
Cells = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A demand point or a candidate; `number` is its weight or capacity (None: not limited)."""

    code: str
    name: str
    lon: float | None
    lat: float | None
    number: int | None
    state: str = "candidate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What a file holds, and which file it was."""

    path: Path
    digest: str
    spots: tuple[Spot, ...]
    column: str = ""
    """Of demand: what counts at each point, a name of WEIGHTS."""


def read_demand(path: Path, *, weight: str, crs: str, placed: bool) -> Read:
    """The demand points; `weight` is the column that counts, or empty: the first that is there."""
    lines = read_lines(path, CODE, {**PLACED, **WEIGHTS})
    known = [name for name in WEIGHTS if any(text(cells, name) for _number, cells in lines)]
    column = weight or (known[0] if known else "")
    if column not in known:
        words = {"file": path.name, "names": ", ".join(f"{key} {zh}" for key, zh in WEIGHTS.items())}
        raise Invalid("plan-no-weight", _("%(file)s lacks what counts at each point: one of %(names)s.") % words)
    read = _read(path, lines, lambda cells: _spot(cells, crs, placed, number=whole_number(cells, column)))
    return replace(read, column=column)


def read_candidates(path: Path, *, crs: str, placed: bool) -> Read:
    """The candidate sites."""
    lines = read_lines(path, CODE, {**PLACED, "capacity": "容量", "state": "状态"})
    limited = any(text(cells, "capacity") for _number, cells in lines)
    return _read(
        path,
        lines,
        lambda cells: _spot(
            cells, crs, placed, number=whole_number(cells, "capacity") if limited else None, state=_state(cells)
        ),
    )


def read_lines(path: Path, needed: Mapping[str, str], optional: Mapping[str, str]) -> list[Line]:
    """The numbered lines of a table, or the numbered features of GeoJSON. Raises Invalid for anything else."""
    lines = _lines(path, needed, optional)
    if not lines:
        raise Invalid("plan-empty", _("%(file)s has no lines.") % {"file": path.name})
    return lines


def _lines(path: Path, needed: Mapping[str, str], optional: Mapping[str, str]) -> list[Line]:
    if path.suffix.lower() in {".geojson", ".json"}:
        return _features(path, needed, {**needed, **optional})
    if path.suffix.lower() not in {".csv", ".xlsx"}:
        raise Invalid("plan-format", _("%(file)s is neither .csv nor .xlsx nor .geojson.") % {"file": path.name})
    try:
        return table.lines(path, needed, optional, largest=LARGEST, most=MOST)
    except Invalid as problem:
        words = {"file": path.name, "why": problem.message}
        raise Invalid(problem.code, _("%(file)s: %(why)s") % words) from problem


def too_large(path: Path) -> Invalid:
    """The refusal of a file with more bytes than are read."""
    words = {"file": path.name, "size": LARGEST // 1_000_000}
    return Invalid("table-large", _("%(file)s is larger than %(size)s MB: please divide it.") % words)


def _features(path: Path, needed: Mapping[str, str], columns: Mapping[str, str]) -> list[Line]:
    named = {"file": path.name}
    if not path.is_file():
        raise Invalid("table-absent", _("There is no file %(path)s.") % {"path": path})
    if path.stat().st_size > LARGEST:
        raise too_large(path)
    try:
        found = json.loads(path.read_bytes())["features"]
        lines: list[Line] = [(number, _cells(feature, columns)) for number, feature in enumerate(found, 1)]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError, GEOSException) as error:
        raise Invalid("plan-geojson", _("%(file)s is no GeoJSON with features.") % named) from error
    if lines and (missing := [key for key in needed if not any(text(cells, key) for _n, cells in lines)]):
        names = said_columns(missing, columns)
        raise Invalid("table-columns", f"{path.name}: " + _("The list lacks the columns %(names)s.") % {"names": names})
    return lines


def _cells(feature: Mapping[str, Any], columns: Mapping[str, str]) -> dict[str, object]:
    told = feature.get("properties")
    properties = told if isinstance(told, dict) else {}
    cells = {key: properties.get(key, properties.get(zh)) for key, zh in columns.items()}
    if feature.get("geometry"):
        shape = shapely.geometry.shape(feature["geometry"])
        inside = shape if shape.geom_type == "Point" else shape.representative_point()
        lon, lat = shapely.get_coordinates(inside)[0]
        cells |= {"lon": lon, "lat": lat}
    return cells


def _read(path: Path, lines: list[Line], spot: Callable[[Cells], Spot]) -> Read:
    spots: dict[str, Spot] = {}
    faults: list[tuple[int, str]] = []
    for number, cells in lines:
        try:
            found = spot(cells)
            if found.code in spots:
                raise Bad(_("the code stands on an earlier line already"))
            spots[found.code] = found
        except Bad as bad:
            faults.append((number, str(bad)))
    refuse(path, faults)
    return Read(path=path, digest=digest(path), spots=tuple(spots.values()))


def refuse(path: Path, faults: list[tuple[int, str]]) -> None:
    """Raise Invalid with the first fault and how many there are."""
    if not faults:
        return
    words = {"file": path.name, "line": faults[0][0], "reason": faults[0][1], "count": len(faults)}
    if len(faults) == 1:
        raise Invalid("plan-line", _("%(file)s, line %(line)s: %(reason)s") % words)
    sentence = _("%(file)s, line %(line)s: %(reason)s (%(count)s lines have faults)")
    raise Invalid("plan-line", sentence % words)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _spot(cells: Cells, crs: str, placed: bool, *, number: int | None, state: str = "candidate") -> Spot:
    code = text(cells, "code")
    if not code:
        raise Bad(_("the code is missing"))
    lon, lat = _position(cells, crs) if placed or text(cells, "lon") else (None, None)
    return Spot(code=code, name=text(cells, "name") or code, lon=lon, lat=lat, number=number, state=state)


def _position(cells: Cells, crs: str) -> tuple[float, float]:
    try:
        lon, lat = float(text(cells, "lon")), float(text(cells, "lat"))
    except ValueError:
        raise Bad(_("longitude or latitude is missing or no number")) from None
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise Bad(_("longitude and latitude are not in degrees (metres of a projection?)"))
    return geo.wgs84(lon, lat) if crs == "GCJ-02" else (lon, lat)


def whole_number(cells: Cells, column: str) -> int:
    """What is written there, with or without separators of thousands. Raises Bad."""
    written = text(cells, column).replace(",", "").replace("，", "")
    try:
        value = float(written)
        if not value.is_integer() or not 0 <= value < 2**40:
            raise ValueError
    except (ValueError, OverflowError):
        raise Bad(_("“%(text)s” is no whole number from 0 on") % {"text": written[:40]}) from None
    return int(value)


def _state(cells: Cells) -> str:
    written = text(cells, "state").lower()
    if written not in STATES:
        sentence = _("“%(text)s” is none of 保留 (keep), 可撤 (may close), 候选 (candidate), 禁用 (forbidden)")
        raise Bad(sentence % {"text": written[:40]})
    return STATES[written]
