"""A plan of clusters or cells as GeoJSON, Excel or CSV: whole under its name, or not there at all."""

from pathlib import Path
from typing import Any

import numpy as np
import shapely
from django.utils.translation import pgettext

from pianqu.composition.planning.partitions import Group, Outcome, cut, groups, micro_groups, moved, places, split
from pianqu.composition.planning.writing import Cell, Rows, as_csv, as_excel, as_text, whole
from pianqu.kernels.overlay.tables import dissolved
from pianqu.kernels.overlay.writing import DECIMALS, written
from pianqu.kernels.partition.problem import MEASURES


def write(path: Path, outcome: Outcome) -> tuple[Path, ...]:
    """The plan in the format that the name asks for; answers which files were written."""
    kind = path.suffix.lower()
    if kind == ".geojson":
        whole(path, as_text(_geojson(outcome)).encode())
        return (path,)
    if kind == ".xlsx":
        whole(path, _excel(outcome))
        return (path,)
    sums = beside(path, outcome.asked.kind)
    whole(path, as_csv(_unit_head(outcome), unit_rows(outcome)))
    whole(sums, as_csv(_group_head(outcome), group_rows(groups(outcome))))
    return path, sums


def beside(path: Path, kind: str) -> Path:
    """Where the sums go: into the plan's own file, or beside a table that has one sheet only."""
    return path.with_name(f"{path.stem}.{kind}.csv") if path.suffix.lower() == ".csv" else path


def noun(outcome: Outcome) -> str:
    """What a part of the plan is called."""
    return pgettext("plan", "cell") if outcome.asked.cell else pgettext("plan", "cluster")


def measures() -> list[str]:
    """What people call the numbers of a unit."""
    return [pgettext("plan", "population"), pgettext("plan", "households"), pgettext("plan", "workload")]


def _unit_head(outcome: Outcome) -> list[str]:
    micro = [pgettext("plan", "micro-cell")] if outcome.asked.micro else []
    code, name = pgettext("plan", "code"), pgettext("plan", "name")
    now = [pgettext("plan", "present cluster")] if outcome.asked.fields.now else []
    return [code, name, noun(outcome), *micro, *now, *measures(), *outcome.asked.fields.areas]


def unit_rows(outcome: Outcome) -> Rows:
    """A line for each unit."""
    now = bool(outcome.asked.fields.now)
    return [
        (
            *(unit.code, unit.name, *_numbers(belongs), *([unit.now] if now else [])),
            *(unit.population, unit.households, unit.workload, *unit.areas),
        )
        for unit, belongs in zip(outcome.given.units, places(outcome), strict=True)
    ]


def _numbers(belongs: tuple[str, ...]) -> list[Cell]:
    return [int(belongs[0]), *(one or None for one in belongs[1:])]


def _group_head(outcome: Outcome, name: str = "") -> list[str]:
    head = [name or noun(outcome), pgettext("plan", "units"), *measures()]
    return head if name else [*head, pgettext("plan", "deviation, %")]


def group_rows(some: list[Group]) -> Rows:
    """A line for each cluster."""
    return [
        (
            int(one.name) if one.name.isdigit() else one.name,
            one.units,
            *(one.sums[measure] for measure in MEASURES),
            *([] if one.deviation is None else [one.deviation]),
        )
        for one in some
    ]


def _excel(outcome: Outcome) -> bytes:
    codes = [unit.code for unit in outcome.given.units]
    title = pgettext("plan", "Cells") if outcome.asked.cell else pgettext("plan", "Clusters")
    sheets: list[tuple[str, list[str], Rows]] = [
        (title, _group_head(outcome), group_rows(groups(outcome))),
        (pgettext("plan", "Units"), _unit_head(outcome), unit_rows(outcome)),
    ]
    if outcome.micro:
        head = _group_head(outcome, pgettext("plan", "micro-cell"))
        sheets.append((pgettext("plan", "Micro-cells"), head, group_rows(micro_groups(outcome))))
    if outcome.asked.fields.now:
        sheets.append((pgettext("plan", "Moved"), _moved_head(outcome), [*moved(outcome)]))
    borders: Rows = [(codes[one], codes[other], metres) for one, other, metres in cut(outcome)]
    areas: Rows = [(name, area, ", ".join(clusters)) for name, area, clusters in split(outcome)]
    unit, neighbour = pgettext("plan", "unit"), pgettext("plan", "neighbour")
    sheets += [
        (pgettext("plan", "Cut borders"), [unit, neighbour, pgettext("plan", "metres")], borders),
        (pgettext("plan", "Split areas"), [pgettext("plan", "boundary"), pgettext("plan", "area"), title], areas),
    ]
    return as_excel(*sheets)


def _moved_head(outcome: Outcome) -> list[str]:
    counted = measures()[1 if outcome.units.households else 0]
    now, then = pgettext("plan", "present cluster"), noun(outcome)
    return [pgettext("plan", "code"), pgettext("plan", "name"), now, then, counted]


def _geojson(outcome: Outcome) -> dict[str, Any]:
    """Clusters as one area each first, where the units are areas; then units. What has no place has no geometry."""
    names = ["cell", "micro_cell"] if outcome.asked.cell else ["cluster"]
    shapes = _outlines(outcome)
    features = [
        feature(shapes[one.name], {"role": names[0], names[0]: one.name, "units": one.units} | dict(one.sums))
        for one in groups(outcome)
        if one.name in shapes
    ]
    for unit, belongs in zip(outcome.given.units, places(outcome), strict=True):
        told: dict[str, Any] = {"role": "unit", "code": unit.code, "name": unit.name} | dict(
            zip(names, belongs, strict=False)
        )
        told |= {"now": unit.now} if outcome.asked.fields.now else {}
        told |= {"population": unit.population, "households": unit.households, "workload": unit.workload}
        areas = dict(zip(outcome.asked.fields.areas, unit.areas, strict=True))
        features.append(feature(unit.shape, areas | told))
    return {"type": "FeatureCollection", "features": features}


def _outlines(outcome: Outcome) -> dict[str, Any]:
    """Each cluster's area in degrees."""
    refinement, plane = outcome.given.refinement, outcome.given.plane
    if refinement is None or plane is None:
        return {}
    belongs = dict(zip(outcome.given.places, (place[0] for place in places(outcome)), strict=True))
    areas = dissolved(refinement, [belongs.get(atom.members[0], "") for atom in refinement.atoms])
    shapes = written(list(areas.values()), plane, simplify_m=0)
    return {name: shape for name, shape in zip(areas, shapes, strict=True) if shape is not None}


def feature(shape: Any, told: dict[str, Any]) -> dict[str, Any]:
    where = None if shape is None else shapely.geometry.mapping(shapely.transform(shape, _rounded))
    return {"type": "Feature", "properties": told, "geometry": where}


def _rounded(points: Any) -> Any:
    return np.round(points, DECIMALS) + 0.0
