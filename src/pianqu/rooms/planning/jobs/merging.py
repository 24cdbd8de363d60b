"""What the worker does for a merge: reads the grids as they were asked for, computes, and keeps it by one verb."""

import json
import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import shapely

from pianqu.foundation.actor import Actor
from pianqu.kernels import merging as kernel
from pianqu.kernels import rings, saying
from pianqu.kernels.merging import Ground, Homes, Proposed
from pianqu.kernels.overlay.findings import Refused
from pianqu.kernels.overlay.layers import Layer, Shape
from pianqu.kernels.overlay.planes import Plane
from pianqu.kernels.overlay.writing import written
from pianqu.kernels.partition.cells import Band
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.jobs.running import Report
from pianqu.rooms.planning.queries import COMMUNITY, DEPARTMENT, FAILED, OWN, PRESENT, DistrictGround, GridCard, RunWork
from pianqu.rooms.territory import queries as territory

STEPS = 100
LAID = 20
"""Of so many steps laying out is worth that many."""
LAYING = timedelta(minutes=5)
"""Laying out says nothing meanwhile; so long no other worker begins it anew."""


def merge_grids(work: RunWork, report: Report, actor: Actor, clock: Callable[[], datetime]) -> None:
    """The executor of runs of kind merge."""
    card = queries.merge_card(work.subject_id)
    if card.kept_at is not None:
        return
    report.tell(0, STEPS, hold=LAYING)
    try:
        made = computed(card.on, card.asked, report)
    except Refused as refusal:
        said = saying.kept(refusal.sentence)
        services.end_run(
            actor=actor, run_id=work.run_id, state=FAILED, reason="merge-refused", details=[said], now=clock()
        )
    else:
        services.keep_merge(actor=actor, merge_id=card.merge_id, made=made, now=clock())


def computed(on: date, asked: Mapping[str, Any], report: Report) -> services.MadeMerge:
    """The merge as it was asked for. Raises overlay's Refused for grids that do not go together."""
    cards = queries.grids_by_id([uuid.UUID(one) for one in asked["grids"]])
    district = queries.district_ground()
    layers = _layers(sorted(cards.values(), key=lambda card: str(card.grid_id)), district, on, asked)
    homes = _homes(district.plane)
    ground = kernel.laid_out(
        [layer for _told, layer in layers],
        outline=district.outline,
        homes=homes,
        keep=COMMUNITY,
        most=max(1, asked["most"] // 3),
    )
    report.tell(LAID, STEPS)
    found = _proposed(ground, layers, asked, report)
    is_now = asked["mode"] == PRESENT
    return _made(ground, found, [kept for kept, _layer in layers], district.plane, on, cards, is_now=is_now)


# what goes in --------------------------------------------------------------------------------------------------------

_Told = dict[str, Any]


def _layers(
    cards: Sequence[GridCard], district: DistrictGround, on: date, asked: Mapping[str, Any]
) -> list[tuple[_Told, Layer]]:
    """What is laid over one another, each with what the merge says of it; names are the grids', made distinct."""
    found = [_layer(COMMUNITY, COMMUNITY, district.communities)]
    version = territory.version_on(on) if asked["with_own"] else None
    if version is not None:
        whole = {card.code for card in territory.cells(on=on) if card.kind != territory.MICRO}
        shapes = territory.cell_shapes(version.version_id)
        found.append(
            _layer(OWN, OWN, {code: district.plane.flat(rings.shape_of(shapes[code])) for code in sorted(whole)})
        )
    for card in cards:
        shapes = queries.department_shapes(card.grid_id)
        name = _distinct(card.name, {layer.name for _, layer in found})
        flat = {code: district.plane.flat(rings.shape_of(shape)) for code, shape in shapes.items()}
        found.append(_layer(name, DEPARTMENT, flat, card))
    return found


def _layer(name: str, kind: str, shapes: Mapping[str, Any], card: GridCard | None = None) -> tuple[_Told, Layer]:
    told_of = {
        "name": name,
        "kind": kind,
        "grid": str(card.grid_id) if card else "",
        "system": card.system if card else "",
        "keep": card.keep if card else kind == COMMUNITY,
    }
    return told_of, Layer(name, [Shape(code, shape) for code, shape in shapes.items()])


def _distinct(name: str, taken: set[str]) -> str:
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name} {number}"
    return found


def _homes(plane: Plane) -> Homes:
    known = territory.buildings()
    degrees = np.array([(one.lon, one.lat) for one in known], dtype=np.float64).reshape(-1, 2)
    return Homes(
        points=shapely.get_coordinates(plane.flat(shapely.points(degrees))),
        households=tuple(one.households for one in known),
        population=tuple(one.population for one in known),
    )


# what comes out ------------------------------------------------------------------------------------------------------


def _proposed(
    ground: Ground, layers: Sequence[tuple[_Told, Layer]], asked: Mapping[str, Any], report: Report
) -> Proposed:
    if asked["mode"] == PRESENT:
        return kernel.as_they_are(ground, OWN, COMMUNITY)
    return kernel.proposed(
        ground,
        COMMUNITY,
        Band(least=asked["least"], most=asked["most"]),
        keep=[kept["name"] for kept, _layer in layers if kept["keep"] and kept["kind"] == DEPARTMENT],
        seed=asked["seed"],
        tell=lambda done, of: report.tell(LAID + (STEPS - LAID) * done // max(1, of) - 1, STEPS),
    )


def _made(
    ground: Ground,
    found: Proposed,
    layers: Sequence[_Told],
    plane: Plane,
    on: date,
    cards: Mapping[uuid.UUID, GridCard],
    *,
    is_now: bool,
) -> services.MadeMerge:
    by_name = {layer["name"]: layer for layer in layers}
    departments = [at for at, name in enumerate(ground.layers) if by_name[name]["kind"] == DEPARTMENT]
    people = [place.population for place in ground.places]
    content = {
        "v": 1,
        "on": on.isoformat(),
        "layers": [by_name[name] for name in ground.layers],
        "members": [list(place.members) for place in ground.places],
        "areas": [round(place.area_m2) for place in ground.places],
        "households": [place.households for place in ground.places],
        "population": None if None in people else people,
        "part": list(found.part),
        "borders": [[one.one, one.other, round(one.length_m)] for one in ground.borders if round(one.length_m)],
        "bridges": [list(way) for way in kernel.ways(ground, COMMUNITY)],
        "cells": _cells(ground, found, on, is_now=is_now),
        "outside": ground.outside,
        "sources": _sources(on, cards),
    }
    return services.MadeMerge(
        content=content,
        shapes=_shapes(ground, plane),
        atoms=ground.atoms,
        uncovered=sum(not any(place.members[at] for at in departments) for place in ground.places),
        inputs=tuple(card.digest for card in sorted(cards.values(), key=lambda card: str(card.grid_id))),
        findings=[queries.kept_finding(plane.told(finding)) for finding in ground.findings],
    )


def _cells(ground: Ground, found: Proposed, on: date, *, is_now: bool) -> list[dict[str, Any]]:
    """Codes of 15 figures, a community's twelve and a number (GB/T 34300); present cells keep theirs."""
    places = territory.places()
    own = set(ground.column(OWN)) if is_now else set()
    now = [card for card in territory.cells(on=on) if card.code in own] if is_now else []
    numbers: Counter[str] = Counter()
    cells = []
    for at, (community, fits) in enumerate(zip(found.communities, found.fits, strict=True)):
        numbers[community] += 1
        code, name = f"{community}{numbers[community]:03}", _cell_name(places.get(community), numbers[community])
        if is_now:
            code, name = now[at].code, now[at].name
        cells.append({"code": code, "name": name, "community": community, "fits": fits})
    return cells


def _cell_name(place: territory.PlaceCard | None, number: int) -> str:
    return f"{place.short_name or place.name if place else ''}第{number}网格"


def _sources(on: date, cards: Mapping[uuid.UUID, GridCard]) -> dict[str, Any]:
    version, roll = territory.version_on(on), territory.building_roll()
    return {
        "grid_version": str(version.version_id) if version else "",
        "grid_digest": version.digest if version else "",
        "buildings_digest": roll.digest if roll else "",
        "department_grids": sorted(card.digest for card in cards.values()),
    }


def _shapes(ground: Ground, plane: Plane) -> str:
    shapes = written([place.geometry for place in ground.places], plane)
    features = [
        {
            "type": "Feature",
            "properties": {"n": number},
            "geometry": json.loads(shapely.to_geojson(shape)) if shape is not None else None,
        }
        for number, shape in enumerate(shapes)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"))
