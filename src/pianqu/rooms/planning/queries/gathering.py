"""What a draft would join, as it is today: communities with their households, borders, streets and clusters; and what is amiss.

Streets are boundaries to keep, and so are those of departments that say so. A community without an outline, or in which nobody is
counted, is named: a plan that leaves people out is none.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Any

import numpy as np
import shapely

from pianqu.kernels import rings, suppression
from pianqu.kernels.overlay.layers import Layer, Shape
from pianqu.kernels.overlay.planes import Plane, plane_of
from pianqu.kernels.overlay.touching import bridges, touching
from pianqu.kernels.partition.records import CLUSTERS, write_units
from pianqu.rooms.planning.queries.departments import department_shapes, grids_on
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import ClusterCard, Counts, PlaceCard

DECIMALS = 7
BORDER_M = 2.0
"""Shorter borders are corners."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What keeps units from being planned: no-units, no-outline, no-buildings, nobody-lives; and where (names)."""

    code: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """Two places that do not touch, but are the nearest of two parts that do not."""

    one: str
    other: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Units that can be written down, unless there are faults."""

    level: str
    content: str = ""
    """Canonical JSON (planning.units/v1)."""
    shapes: str = ""
    count: int = 0
    bridges: tuple[Bridge, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def digest(self) -> str:
        return sha256(self.content.encode()).hexdigest()

    @property
    def shapes_digest(self) -> str:
        return sha256(self.shapes.encode()).hexdigest()


def communities(*, on: date, workload: Mapping[str, int], bridged: bool = True) -> Gathered:
    """All communities of the district on a day; `workload` is what each had to do in a year, by code, and is
    written down in fives."""
    places = territory.places()
    units = [place for place in places.values() if place.level == "community"]
    outlines, counts = territory.outlines(), territory.households_by_community()
    if faults := faults_of(units, outlines, counts):
        return Gathered(level=CLUSTERS, faults=faults)
    shapes = np.array([shapely.geometry.shape(outlines[unit.code]) for unit in units], dtype=object)
    plane = plane_of(list(shapes))
    flat = plane.flat(shapes)
    borders, _found = touching(_layer("communities", units, flat), least_m=BORDER_M)
    ways = bridges(len(units), borders, flat)
    told = {
        **_columns(units, counts, workload),
        "borders": borders,
        "bridges": ways if bridged else (),
        "systems": [_streets(units, places), *_departments(flat, plane, on)],
        **_now(units, territory.clusters(on=on)),
        "sources": sources_of(on),
    }
    return Gathered(
        level=CLUSTERS,
        content=write_units(told),
        shapes=drawn(shapes, [(unit.code, unit.short_name) for unit in units]),
        count=len(units),
        bridges=tuple(Bridge(one=units[one].short_name, other=units[other].short_name) for one, other in ways),
    )


def faults_of(
    units: Sequence[PlaceCard], outlines: Mapping[str, Any], counts: Mapping[str, Counts]
) -> tuple[Fault, ...]:
    if not units:
        return (Fault(code="no-units"),)
    named = {
        "no-outline": [unit.short_name for unit in units if unit.code not in outlines],
        "no-buildings": [unit.short_name for unit in units if unit.code not in counts],
        "nobody-lives": [unit.short_name for unit in units if unit.code in counts and not counts[unit.code].households],
    }
    return tuple(Fault(code=code, names=tuple(names)) for code, names in named.items() if names)


def _layer(name: str, units: Sequence[PlaceCard], flat: Any) -> Layer:
    return Layer(name, [Shape(unit.code, shape) for unit, shape in zip(units, flat, strict=True)])


def _columns(units: Sequence[PlaceCard], counts: Mapping[str, Counts], workload: Mapping[str, int]) -> dict[str, Any]:
    return {
        "level": CLUSTERS,
        "keys": [unit.code for unit in units],
        "names": [unit.short_name for unit in units],
        "population": [counts[unit.code].population for unit in units],
        "households": [counts[unit.code].households for unit in units],
        "workload": [in_fives(workload.get(unit.code, 0)) for unit in units],
    }


def in_fives(count: int) -> int:
    """Rounded down to a multiple of five: units of a published plan are everybody's, and no total may give away the rest."""
    return count - count % suppression.K


def _streets(units: Sequence[PlaceCard], places: Mapping[str, PlaceCard]) -> dict[str, Any]:
    above = [places.get(unit.parent_code) for unit in units]
    return {"name": "street", "label": "街道", "areas": [card.short_name if card else "" for card in above]}


def _departments(flat: Any, plane: Plane, on: date) -> Iterator[dict[str, Any]]:
    """Departments' grids whose borders are worth keeping: the cell in which most of each community lies."""
    for grid in grids_on(on):
        if not grid.keep:
            continue
        cells = department_shapes(grid.grid_id)
        codes = list(cells)
        grounds = plane.flat(shapely.make_valid(np.array([shapely.geometry.shape(cells[code]) for code in codes])))
        yield {
            "name": f"{grid.system}-{grid.organisation_code}",
            "label": grid.organisation,
            "areas": _most(codes, grounds, flat),
        }


def _most(codes: Sequence[str], grounds: Any, units: Any) -> list[str]:
    """For each unit the code with which it shares most ground; "" where it shares none."""
    unit, cell = shapely.STRtree(grounds).query(units, predicate="intersects")
    shared = shapely.area(shapely.intersection(units[unit], grounds[cell]))
    best: dict[int, tuple[float, str]] = {}
    for one, other, area in zip(unit.tolist(), cell.tolist(), shared.tolist(), strict=True):
        if area > best.get(one, (0.0, ""))[0]:
            best[one] = area, codes[other]
    return [best.get(one, (0.0, ""))[1] for one in range(len(units))]


def _now(units: Sequence[PlaceCard], clusters: Sequence[ClusterCard]) -> dict[str, Any]:
    number = {code: at for at, card in enumerate(clusters) for code in card.community_codes}
    return {
        "home": [number.get(unit.code, -1) for unit in units],
        "now": [{"code": card.code, "name": card.name, "centre_code": card.centre_code} for card in clusters],
    }


def sources_of(on: date) -> dict[str, Any]:
    version, roll = territory.version_on(on), territory.building_roll()
    return {
        "grid_version": str(version.version_id) if version else "",
        "grid_digest": version.digest if version else "",
        "buildings_digest": roll.digest if roll else "",
        "department_grids": [grid.digest for grid in grids_on(on) if grid.keep],
        "workload_until": on.isoformat(),
    }


def drawn(shapes: Any, named: Sequence[tuple[str, str]]) -> str:
    """Shapes in degrees as GeoJSON, in the order of the units, valid with seven decimals."""
    features = [
        {
            "type": "Feature",
            "properties": {"n": number, "key": key, "name": name},
            "geometry": {"type": "Polygon", "coordinates": parts[0]}
            if len(parts) == 1
            else {"type": "MultiPolygon", "coordinates": parts},
        }
        for number, (parts, (key, name)) in enumerate(zip(_points_of(_laid(shapes)), named, strict=True))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False, separators=(",", ":"))


def _points_of(shapes: Any) -> list[list[list[Any]]]:
    """Of each shape its polygons, of each polygon its rings, of each ring its points."""
    parts, part_of = shapely.get_parts(shapes, return_index=True)
    rings_, ring_of = shapely.get_rings(parts, return_index=True)
    points, point_of = shapely.get_coordinates(rings_, return_index=True)
    return _grouped(
        _grouped(_grouped(points.tolist(), point_of, len(rings_)), ring_of, len(parts)), part_of, len(shapes)
    )


def _grouped(items: list[Any], of: Any, count: int) -> list[list[Any]]:
    ends = np.cumsum(np.bincount(of, minlength=count)).tolist()
    return [items[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]


def _laid(shapes: Any) -> Any:
    """On the grid of a centimetre. Nearly all stay valid when their points are rounded; others are laid anew there."""
    whole = areas_only(shapely.make_valid(shapes))
    laid = _rounded(whole)
    torn = np.flatnonzero(~shapely.is_valid(laid) | (shapely.area(laid) <= 0))
    laid[torn] = _rounded(areas_only(shapely.set_precision(whole[torn], rings.CENTIMETRE)))
    return np.where(shapely.area(laid) > 0, laid, _rounded(whole))


def _rounded(shapes: Any) -> Any:
    return shapely.transform(shapes, lambda points: points.round(DECIMALS))


def areas_only(shapes: Any) -> Any:
    """Without points and lines that an operation left beside areas."""
    found = np.array(shapes, dtype=object)
    for at in np.flatnonzero(shapely.get_type_id(found) == shapely.GeometryType.GEOMETRYCOLLECTION):
        found[at] = shapely.union_all([part for part in shapely.get_parts(found[at]) if part.area > 0])
    return found
