"""A plan as a drawing for print: units filled by cluster, borders between clusters, names with their deviation. Pure."""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import shapely

from pianqu.rooms.planning.queries import DraftState, UnitsText
from pianqu.rooms.planning.views.figures import off, signed

WIDTH = 1_000.0
MARGIN = 12.0
TINTS = ("#b9cfcb", "#bfcfe1", "#e5d5b4", "#e8c4bd", "#d5c7e0", "#cdd7bb", "#b9cfd5", "#dccdc6")
"""The eight colours of clusters as they print on white."""
BARE = "#eef1ed"
FACE = "Noto Sans CJK SC, Source Han Sans SC, SimHei, Microsoft YaHei, sans-serif"
MANY = 60
"""More clusters than these get no names: they would lie on each other."""
Place = Callable[[float, float], tuple[float, float]]


def drawing(state: DraftState, text: UnitsText, tones: Sequence[int], before: Sequence[int]) -> str:
    """As SVG. `before` is the plan in force, drawn dashed."""
    shapes = _shapes(text.shapes)
    place, height = _projection(shapes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {height:g}">',
        *_units(shapes, state, tones, place),
        *_once(_joined(shapes, before), place, 'stroke="#2a5f9e" stroke-width="1.6" stroke-dasharray="6 4"'),
    ]
    clusters = _joined(shapes, state.part)
    parts += _outlines(clusters, place, 'stroke="#5d746b" stroke-width="2.2"')
    if len(state.names) <= MANY:
        parts += _names(clusters, state, place)
    return "".join([*parts, "</svg>"])


@lru_cache(maxsize=2)
def _shapes(text: str) -> tuple[Any, ...]:
    return tuple(shapely.geometry.shape(one["geometry"]) for one in json.loads(text)["features"])


def _projection(shapes: Sequence[Any]) -> tuple[Place, float]:
    """Degrees to the sheet, true to scale in the middle of the district; and the sheet's height."""
    west, south, east, north = shapely.total_bounds(list(shapes))
    narrow = math.cos(math.radians((south + north) / 2))
    scale = (WIDTH - 2 * MARGIN) / ((east - west) * narrow)

    def place(lon: float, lat: float) -> tuple[float, float]:
        return MARGIN + (lon - west) * narrow * scale, MARGIN + (north - lat) * scale

    return place, round((north - south) * scale + 2 * MARGIN, 1)


def _path(shape: Any, place: Place) -> str:
    rings = [ring for one in _polygons(shape) for ring in (one.exterior, *one.interiors)]
    return "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (place(*point[:2]) for point in ring.coords)) + "Z"
        for ring in rings
    )


def _polygons(shape: Any) -> Iterable[Any]:
    parts = getattr(shape, "geoms", [shape])
    return [one for one in parts if one.geom_type == "Polygon"]


def _units(shapes: Sequence[Any], state: DraftState, tones: Sequence[int], place: Place) -> Iterable[str]:
    for shape, cluster in zip(shapes, state.part, strict=True):
        fill = TINTS[tones[cluster] - 1] if cluster >= 0 else BARE
        yield f'<path d="{_path(shape, place)}" fill="{fill}" fill-rule="evenodd" stroke="#ffffff" stroke-width="0.7"/>'


def _joined(shapes: Sequence[Any], part: Sequence[int]) -> Mapping[int, Any]:
    members: dict[int, list[Any]] = {}
    for shape, cluster in zip(shapes, part, strict=True):
        if cluster >= 0:
            members.setdefault(cluster, []).append(shape)
    return {cluster: shapely.union_all(found) for cluster, found in members.items()}


def _outlines(joined: Mapping[int, Any], place: Place, look: str) -> Iterable[str]:
    for shape in joined.values():
        yield f'<path d="{_path(shape, place)}" fill="none" stroke-linejoin="round" {look}/>'


def _once(joined: Mapping[int, Any], place: Place, look: str) -> Iterable[str]:
    """Each border once: dashes of both sides on each other would make a whole line."""
    lines = shapely.line_merge(shapely.union_all([shape.boundary for shape in joined.values()]))
    for line in getattr(lines, "geoms", [lines]):
        points = "L".join(f"{x:.1f} {y:.1f}" for x, y in (place(*point[:2]) for point in line.coords))
        yield f'<path d="M{points}" fill="none" stroke-linejoin="round" {look}/>'


def _names(joined: Mapping[int, Any], state: DraftState, place: Place) -> Iterable[str]:
    loads = state.figures.loads
    for cluster, shape in joined.items():
        largest = max(_polygons(shape), key=lambda one: one.area, default=None)
        if largest is None:
            continue
        at = largest.representative_point()
        x, y = place(at.x, at.y)
        yield _text(x, y, 17, state.names[cluster]["name"], "bold")
        yield _text(x, y + 16, 13, signed(off(loads[cluster], loads)), "normal")


def _text(x: float, y: float, size: int, words: str, weight: str) -> str:
    """Words with a pale rim, so that they stand out from lines."""
    look = (
        f'x="{x:.1f}" y="{y:.1f}" font-family="{FACE}" font-size="{size}" font-weight="{weight}" text-anchor="middle"'
    )
    rim = f'<text {look} fill="none" stroke="#ffffff" stroke-width="3" stroke-linejoin="round">{escape(words)}</text>'
    return f'{rim}<text {look} fill="#22302c">{escape(words)}</text>'
