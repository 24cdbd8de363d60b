"""A merge handed to a draft of cells: its places as units, its proposed cells as the first plan.

Special cells stay as they are, so their ground is taken out; a place that lies in one altogether is no unit. Departments' grids
whose borders are worth keeping become boundaries of the search. Parts of a community that do not touch are joined by bridges.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from pianqu.kernels.merging import WALKABLE_M, bridged
from pianqu.kernels.overlay.planes import plane_of
from pianqu.kernels.partition.graph import numbered
from pianqu.kernels.partition.records import CELLS, write_units
from pianqu.rooms.planning.queries.gathering import Gathered, drawn
from pianqu.rooms.planning.queries.merging import DEPARTMENT, OWN, MergeWhole, merge_card, merge_shapes, merge_whole
from pianqu.rooms.territory import queries as territory

HAIR, A_HUNDREDTH = 1e-10, 100
"""Square degrees (about a square metre), and the share of a place beneath which nothing is left of it."""
Way = tuple[int, int, int]
"""Two units and the metres along which they touch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    """Units of a merge, the cell of each, and what the cells are called."""

    units: Gathered
    part: tuple[int, ...]
    names: tuple[Mapping[str, str], ...]
    band: Mapping[str, int]
    """Households of a cell, least and most."""


def units_of_merge(merge_id: uuid.UUID) -> MergePlan:
    """Raises Absent before the merge is computed."""
    asked = merge_card(merge_id).asked
    whole, shapes = merge_whole(merge_id), merge_shapes(merge_id)
    kept, grounds = _without_special(shapes)
    communities = [whole.communities[place] for place in kept]
    codes = sorted(set(communities))
    borders = _borders(whole, kept)
    told = {
        **_columns(whole, kept, communities),
        "systems": _systems(whole, kept),
        "groups": [codes.index(code) for code in communities],
        "borders": borders,
        "bridges": _bridges(whole, kept, communities, borders, grounds),
        **_present(whole, kept),
        "sources": {
            **whole.content["sources"],
            "workload_until": whole.content["on"],
            "groups": [territory.place(code).short_name for code in codes],
            "group_codes": codes,
        },
    }
    part = numbered([whole.part[place] for place in kept]).tolist()
    return MergePlan(
        units=Gathered(
            level=CELLS,
            content=write_units(told),
            shapes=drawn(grounds, list(zip(told["keys"], told["names"], strict=True))),
            count=len(kept),
        ),
        part=tuple(part),
        names=_names(whole, kept, part),
        band={"least": asked["least"], "most": asked["most"]},
    )


def _without_special(shapes: Sequence[Any]) -> tuple[list[int], Any]:
    """The places of which something is left, and what is left of them."""
    version = max(territory.versions(), key=lambda one: one.valid_from, default=None)
    special: Any = shapely.GeometryCollection()
    if version is not None:
        cells = territory.cell_shapes(version.version_id)
        codes = [card.code for card in territory.cells(on=version.valid_from) if card.kind == territory.SPECIAL]
        special = shapely.union_all([shapely.geometry.shape(cells[code]) for code in codes])
    shapely.prepare(special)
    kept, grounds = [], []
    for place, given in enumerate(shapes):
        if given is None:
            continue
        shape = shapely.geometry.shape(given)
        rest = shape.difference(special) if special.intersects(shape) else shape
        areas = [part for part in shapely.get_parts(rest) if part.geom_type == "Polygon" and part.area > HAIR]
        if sum(part.area for part in areas) > shape.area / A_HUNDREDTH:
            kept.append(place)
            grounds.append(areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas))
    found = np.empty(len(grounds), dtype=object)
    found[:] = grounds
    return kept, found


def _columns(whole: MergeWhole, kept: Sequence[int], communities: Sequence[str]) -> dict[str, Any]:
    people = whole.content["population"]
    return {
        "level": CELLS,
        "keys": [f"{communities[at]}-{place + 1}" for at, place in enumerate(kept)],
        "names": [f"{territory.place(communities[at]).short_name} {place + 1}" for at, place in enumerate(kept)],
        "population": [people[place] if people else None for place in kept],
        "households": [whole.households[place] for place in kept],
        "workload": [0] * len(kept),
    }


def _systems(whole: MergeWhole, kept: Sequence[int]) -> list[dict[str, Any]]:
    found = []
    for layer in whole.layers:
        if layer.kind == DEPARTMENT and layer.keep:
            column = whole.column(layer.name)
            areas = [column[place] for place in kept]
            found.append({"name": f"{layer.system}-{str(layer.grid_id)[:8]}", "label": layer.name, "areas": areas})
    return found


def _borders(whole: MergeWhole, kept: Sequence[int]) -> list[Way]:
    at = {place: number for number, place in enumerate(kept)}
    return [
        (at[one], at[other], metres)
        for one, other, metres in whole.content["borders"]
        if one in at and other in at and metres >= WALKABLE_M
    ]


def _bridges(
    whole: MergeWhole, kept: Sequence[int], communities: Sequence[str], borders: Sequence[Way], grounds: Any
) -> list[tuple[int, int]]:
    """Those of the merge, and what communities and then proposed cells lack once special cells and hair-thin places are gone."""
    at = {place: number for number, place in enumerate(kept)}
    found = [(at[one], at[other]) for one, other in whole.content["bridges"] if one in at and other in at]
    flat = plane_of(list(grounds)).flat(grounds)
    for groups in (communities, [str(whole.part[place]) for place in kept]):
        found += bridged(groups, [*borders, *((one, other, 1) for one, other in found)], flat)
    return found


def _present(whole: MergeWhole, kept: Sequence[int]) -> dict[str, Any]:
    """The present cells, where they were a layer."""
    if not any(layer.name == OWN for layer in whole.layers):
        return {"home": [-1] * len(kept), "now": []}
    column = whole.column(OWN)
    codes = sorted({column[place] for place in kept} - {""})
    names = {
        card.code: card.name for version in territory.versions() for card in territory.cells(on=version.valid_from)
    }
    return {
        "home": [codes.index(column[place]) if column[place] else -1 for place in kept],
        "now": [{"code": code, "name": names.get(code, code), "centre_code": ""} for code in codes],
    }


def _names(whole: MergeWhole, kept: Sequence[int], part: Sequence[int]) -> tuple[Mapping[str, str], ...]:
    """By number in the draft: what the proposed cells are called."""
    cell_of = {number: whole.part[place] for number, place in zip(part, kept, strict=True)}
    cells = [whole.proposals[cell_of[number]] for number in range(len(cell_of))]
    return tuple({"code": cell.code, "name": cell.name, "centre_code": ""} for cell in cells)
