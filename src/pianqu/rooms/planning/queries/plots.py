"""Units of cells: the plot of each building, so that no building is divided and nobody is left out.

A community's ground is shared out to its buildings, each place to the nearest (G. Voronoi 1908), cut by its outline. Special
cells stay as they are: their ground is taken out, their buildings are theirs. Plots are neighbours where they touch, with
special ground between them or not; parts that do not touch are joined where they are nearest: one worker walks there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import shapely

from pianqu.kernels.overlay.planes import Plane, plane_of
from pianqu.kernels.overlay.touching import Pairs, bridges
from pianqu.kernels.partition.records import CELLS, write_units
from pianqu.rooms.planning.queries.gathering import Gathered, areas_only, drawn, faults_of, sources_of
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import ORDINARY, SPECIAL, BuildingCard, PlaceCard

LEAST_M = 1.0
"""Shorter borders are corners."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plot:
    """The ground of a building, or of several in one place; in metres."""

    key: str
    name: str
    group: int
    households: int
    population: int | None
    lon: float
    lat: float
    shape: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ground:
    """A community."""

    number: int
    card: PlaceCard
    outline: Any
    special: Any
    """What special cells cover of it."""


def plots(*, on: date) -> Gathered:
    """The plots of all buildings of the district on a day."""
    units = [place for place in territory.places().values() if place.level == "community"]
    outlines = territory.outlines()
    if faults := faults_of(units, outlines, territory.households_by_community()):
        return Gathered(level=CELLS, faults=faults)
    outer = [shapely.make_valid(shapely.geometry.shape(outlines[unit.code])) for unit in units]
    plane = plane_of(outer)
    grounds = _grounds(units, plane.flat(np.array(outer, dtype=object)), plane, on)
    buildings: dict[str, list[BuildingCard]] = {}
    for card in territory.buildings():
        buildings.setdefault(card.community_code, []).append(card)
    found: list[_Plot] = []
    borders: list[tuple[int, int, int]] = []
    ways: list[tuple[int, int]] = []
    for ground in grounds:
        own = _plots(ground, buildings.get(ground.card.code, ()), plane)
        near, over = _neighbours(own)
        borders += [(len(found) + one, len(found) + other, metres) for one, other, metres in near]
        ways += [(len(found) + one, len(found) + other) for one, other in over]
        found += [replace(plot, shape=_without(plot.shape, ground.special)) for plot in own]
    content = write_units({**_columns(found, units, on), "borders": borders, "bridges": ways})
    shapes = plane.degrees(np.array([plot.shape for plot in found], dtype=object))
    return Gathered(
        level=CELLS,
        content=content,
        shapes=drawn(shapes, [(plot.key, plot.name) for plot in found]),
        count=len(found),
    )


def _grounds(units: Sequence[PlaceCard], flat: Any, plane: Plane, on: date) -> list[_Ground]:
    version = territory.version_on(on)
    shapes = territory.cell_shapes(version.version_id) if version else {}
    special: dict[str, list[Any]] = {}
    for cell in territory.cells(on=on):
        if cell.kind == SPECIAL:
            special.setdefault(cell.community_code, []).append(shapely.geometry.shape(shapes[cell.code]))
    return [
        _Ground(
            number=number,
            card=card,
            outline=outline,
            special=shapely.union_all(plane.flat(np.array(special.get(card.code, []), dtype=object))),
        )
        for number, (card, outline) in enumerate(zip(units, flat, strict=True))
    ]


def _plots(ground: _Ground, cards: Sequence[BuildingCard], plane: Plane) -> list[_Plot]:
    """Of one community, in the order of its buildings; of a place without any, the whole ground."""
    points = plane.flat(shapely.points([[card.lon, card.lat] for card in cards]))
    inside = shapely.contains(ground.special, points)
    places: dict[tuple[float, float], list[BuildingCard]] = {}
    for card, is_special in zip(cards, inside.tolist(), strict=True):
        if not is_special:
            places.setdefault((card.lon, card.lat), []).append(card)
    if not places:
        rest = ground.card
        return [
            _Plot(
                key=rest.code,
                name=rest.short_name,
                group=ground.number,
                households=0,
                population=0,
                lon=rest.lon or 0.0,
                lat=rest.lat or 0.0,
                shape=ground.outline,
            )
        ]
    return _with_ground([_counted(ground, some) for some in places.values()], ground, plane)


def _counted(ground: _Ground, cards: Sequence[BuildingCard]) -> _Plot:
    people = [card.population for card in cards if card.population is not None]
    return _Plot(
        key=cards[0].code,
        name=cards[0].name,
        group=ground.number,
        households=sum(card.households for card in cards),
        population=sum(people) if people else None,
        lon=cards[0].lon,
        lat=cards[0].lat,
    )


def _with_ground(plots_: Sequence[_Plot], ground: _Ground, plane: Plane) -> list[_Plot]:
    """Each with what of the outline is nearest to it; one that gets nothing (it stands outside) joins the nearest that does."""
    points = plane.flat(shapely.points([[plot.lon, plot.lat] for plot in plots_]))
    nearest = shapely.voronoi_polygons(shapely.multipoints(points), extend_to=ground.outline, ordered=True)
    parts = shapely.get_parts(nearest) if len(plots_) > 1 else np.array([ground.outline], dtype=object)
    shapes = areas_only(shapely.intersection(parts, ground.outline))
    has = np.flatnonzero(shapely.area(shapes) > 0)
    found = {int(at): replace(plots_[int(at)], shape=shapes[at]) for at in has}
    for at in sorted(set(range(len(plots_))) - set(found)):
        host = int(has[np.argmin(shapely.distance(points[has], points[at]))])
        kept, lost = found[host], plots_[at]
        found[host] = replace(
            kept, households=kept.households + lost.households, population=_added(kept.population, lost.population)
        )
    return [found[at] for at in sorted(found)]


def _added(one: int | None, other: int | None) -> int | None:
    return other if one is None else one + (other or 0)


def _without(shape: Any, special: Any) -> Any:
    if special.is_empty or not shape.intersects(special):
        return shape
    rest = areas_only([shapely.difference(shape, special)])[0]
    return shape if rest.area <= 0 else rest


def _neighbours(plots_: Sequence[_Plot]) -> tuple[Pairs, tuple[tuple[int, int], ...]]:
    shapes = np.array([plot.shape for plot in plots_], dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    first = one < other
    one, other = one[first], other[first]
    shared = _shared_edges(shapes)
    for a, b in zip(one.tolist(), other.tolist(), strict=True):
        if (a, b) not in shared:
            shared[a, b] = shapely.intersection(shapes[a].boundary, shapes[b].boundary).length
    borders = tuple((a, b, max(1, round(metres))) for (a, b), metres in sorted(shared.items()) if metres >= LEAST_M)
    return borders, bridges(len(plots_), borders, shapes)


def _shared_edges(shapes: Any) -> dict[tuple[int, int], float]:
    """Metres of the edges that two plots have in common, to the millimetre: between nearly all neighbours these are all."""
    rings, owner = shapely.get_rings(shapes, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    on_ring = ring[:-1] == ring[1:]
    begins, ends, of = points[:-1][on_ring], points[1:][on_ring], owner[ring[:-1][on_ring]]
    metres = np.hypot(*(ends - begins).T)
    whole = np.rint(np.hstack([begins, ends]) * 1_000).astype(np.int64)
    turned = (whole[:, 0] > whole[:, 2]) | ((whole[:, 0] == whole[:, 2]) & (whole[:, 1] > whole[:, 3]))
    whole[turned] = whole[turned][:, [2, 3, 0, 1]]
    order = np.lexsort(whole.T)
    one, other = order[:-1], order[1:]
    alike = (whole[one] == whole[other]).all(axis=1) & (of[one] != of[other])
    found: dict[tuple[int, int], float] = {}
    for a, b, length in zip(
        of[one][alike].tolist(), of[other][alike].tolist(), metres[one][alike].tolist(), strict=True
    ):
        pair = (min(a, b), max(a, b))
        found[pair] = found.get(pair, 0.0) + length
    return found


def _columns(found: Sequence[_Plot], units: Sequence[PlaceCard], on: date) -> dict[str, Any]:
    home, now = _present(found, units, on)
    return {
        "level": CELLS,
        "keys": [plot.key for plot in found],
        "names": [plot.name for plot in found],
        "population": [plot.population for plot in found],
        "households": [plot.households for plot in found],
        "workload": [0] * len(found),
        "systems": [],
        "groups": [plot.group for plot in found],
        "home": home,
        "now": now,
        "sources": {
            **sources_of(on),
            "groups": [unit.short_name for unit in units],
            "group_codes": [unit.code for unit in units],
        },
    }


def _present(found: Sequence[_Plot], units: Sequence[PlaceCard], on: date) -> tuple[list[int], list[Mapping[str, str]]]:
    """Each plot's ordinary cell as it is; where it lies in none of its community, that of the nearest plot which does."""
    cards = {card.code: card for card in territory.cells(on=on) if card.kind == ORDINARY}
    places = territory.locate_cells([(plot.lon, plot.lat) for plot in found], on=on)
    codes = [
        place.cell_code
        if place.cell_code in cards and _is_own(cards[place.cell_code].community_code, plot, units)
        else ""
        for plot, place in zip(found, places, strict=True)
    ]
    known: dict[int, list[int]] = {}
    for at, code in enumerate(codes):
        if code:
            known.setdefault(found[at].group, []).append(at)
    filled = [code or _nearest(found, codes, known.get(found[at].group, ()), at) for at, code in enumerate(codes)]
    used = sorted(set(filled) - {""})
    number = {code: at for at, code in enumerate(used)}
    now: list[Mapping[str, str]] = [{"code": code, "name": cards[code].name, "centre_code": ""} for code in used]
    return [number.get(code, -1) for code in filled], now


def _is_own(community: str, plot: _Plot, units: Sequence[PlaceCard]) -> bool:
    return community == units[plot.group].code


def _nearest(found: Sequence[_Plot], codes: Sequence[str], among: Sequence[int], at: int) -> str:
    here = found[at]
    if not among:
        return ""
    nearest = min(among, key=lambda n: (found[n].lon - here.lon) ** 2 + (found[n].lat - here.lat) ** 2)
    return codes[nearest]
