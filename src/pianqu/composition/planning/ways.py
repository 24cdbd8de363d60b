"""How far it is from each demand point to each candidate, in whole metres: straight, along streets, or from a table."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from pianqu.composition.importing.cells import text
from pianqu.composition.planning.points import LARGEST, Spot, digest, read_lines, refuse, too_large
from pianqu.foundation.errors import Invalid
from pianqu.kernels import geo
from pianqu.kernels.siting import walking
from pianqu.kernels.siting.model import UNREACHABLE

MOST_PAIRS = 4_000_000
Table = Any
COLUMNS = {"point": "需求点", "site": "候选点", "metres": "米"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """Metres, a row a point; how they were found; the file they are from, with its digest."""

    metres: Table
    how: str
    path: Path | None = None
    digest: str = ""


def ways(
    points: Sequence[Spot], sites: Sequence[Spot], *, costs: Path | None, streets: Path | None, detour: float, crs: str
) -> Ways:
    """The table of metres. Raises Invalid where it would be too large or its file cannot be used."""
    if len(points) * len(sites) > MOST_PAIRS:
        words = {"points": len(points), "sites": len(sites), "most": MOST_PAIRS}
        sentence = _("%(points)s points and %(sites)s candidates make more than %(most)s pairs: please plan by parts.")
        raise Invalid("plan-large", sentence % words)
    if costs:
        return Ways(metres=_given(costs, points, sites), how="table", path=costs, digest=digest(costs))
    here, there = _places(points), _places(sites)
    if streets is None:
        return Ways(metres=walking.straight(here, there, detour=detour), how="straight")
    nodes, edges = _streets(streets, crs)
    metres = walking.along_streets(here, there, nodes, edges, detour=detour)
    return Ways(metres=metres, how="streets", path=streets, digest=digest(streets))


def _places(spots: Sequence[Spot]) -> Table:
    return np.array([(spot.lon, spot.lat) for spot in spots], dtype=float)


def _given(path: Path, points: Sequence[Spot], sites: Sequence[Spot]) -> Table:
    """Metres from a table of pairs; a pair that is not there cannot be gone, of one that is there twice the last counts."""
    rows, columns = ({spot.code: at for at, spot in enumerate(spots)} for spots in (points, sites))
    table = np.full((len(points), len(sites)), UNREACHABLE, dtype=np.int64)
    faults = []
    for number, cells in read_lines(path, COLUMNS, {}):
        row, column = rows.get(text(cells, "point")), columns.get(text(cells, "site"))
        try:
            metres = round(float(text(cells, "metres")))
            if row is None or column is None or not 0 <= metres < 2**40:
                raise ValueError
        except (ValueError, OverflowError):
            faults.append((number, _("no such point or site, or the metres are no number from 0 on")))
            continue
        table[row, column] = metres
    refuse(path, faults)
    return table


def _streets(path: Path, crs: str) -> tuple[Table, list[tuple[int, int, float]]]:
    """Nodes and edges of the lines in a GeoJSON file; lines meet where their coordinates are the same to a centimetre."""
    try:
        if path.stat().st_size > LARGEST:
            raise too_large(path)
        features = json.loads(path.read_bytes())["features"]
        lines = [line for feature in features for line in _lines(feature["geometry"], crs)]
    except OSError as error:
        raise Invalid("table-absent", _("There is no file %(path)s.") % {"path": path}) from error
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        raise Invalid("plan-geojson", _("%(file)s is no GeoJSON with features.") % {"file": path.name}) from error
    nodes: dict[tuple[float, float], int] = {}
    edges = []
    for line in lines:
        for one, other in pairwise(line):
            ends = [nodes.setdefault(end, len(nodes)) for end in (one, other)]
            edges.append((ends[0], ends[1], geo.distance_m(*one, *other)))
    if not edges:
        raise Invalid("plan-streets", _("%(file)s holds no lines of streets.") % {"file": path.name})
    return np.array(list(nodes)), edges


def _lines(geometry: dict[str, Any] | None, crs: str) -> list[list[tuple[float, float]]]:
    if not geometry or geometry["type"] not in {"LineString", "MultiLineString"}:
        return []
    parts = geometry["coordinates"] if geometry["type"] == "MultiLineString" else [geometry["coordinates"]]
    return [[_end(float(at[0]), float(at[1]), crs) for at in part] for part in parts]


def _end(lon: float, lat: float, crs: str) -> tuple[float, float]:
    lon, lat = geo.wgs84(lon, lat) if crs == "GCJ-02" else (lon, lat)
    return round(lon, 7), round(lat, 7)
