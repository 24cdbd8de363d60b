"""Layers of polygons as departments draw them, made fit for an overlay: repaired, listed, or refused with the limit.

Problem: shapes arrive crossing themselves, empty, as lines, twice, without a code, or in numbers that no machine can hold.
Method: coordinates are laid on a raster of a centimetre, invalid shapes are rebuilt from their rings, only areas are kept; shapes
with one code are one; a shape drawn twice counts once.
Source: OGC Simple Features 6.1.11 (validity); GEOS MakeValid, method "structure".
Cost: O(n log n) for n points.
Guarantee: what comes out is valid and areal, ordered by code, whatever the order in which it came; everything that was changed
or left out is listed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pianqu.kernels.overlay.findings import Finding, Refused

RASTER = 2
"""Decimals of a metre."""
AREAS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that is taken: of a file, and of all layers together."""

    bytes: int = 64_000_000
    shapes: int = 100_000
    points: int = 2_000_000


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Shape:
    """One polygon of a layer by its code, in metres on a plane."""

    key: str
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class Layer:
    """One department's grid."""

    name: str
    shapes: Sequence[Shape]


@dataclass(frozen=True, slots=True)
class Clean:
    """A layer fit for use: keys ascending, and for each its valid area."""

    name: str
    keys: tuple[str, ...]
    areas: NDArray[Any]


def within(layers: Iterable[Layer], limits: Limits) -> None:
    """Raises Refused where the layers together hold more than the limits."""
    shapes = points = 0
    for layer in layers:
        shapes += len(layer.shapes)
        _check("too-many-shapes", layer.name, shapes, limits.shapes)
        points += int(sum(shapely.get_num_coordinates([shape.geometry for shape in layer.shapes])))
        _check("too-many-points", layer.name, points, limits.points)


def _check(code: str, layer: str, count: int, limit: int) -> None:
    if count > limit:
        raise Refused(Finding(code=code, layer=layer, values={"count": count, "limit": limit}))


def cleaned(layer: Layer) -> tuple[Clean, tuple[Finding, ...]]:
    """The layer made fit, and what was found. Raises Refused where nothing is left."""
    found: list[Finding] = []
    fit: dict[str, list[BaseGeometry]] = {}
    for number, (shape, sound) in enumerate(zip(layer.shapes, _sound(layer), strict=True), start=1):
        key = shape.key.strip() or f"#{number}"
        if key != shape.key.strip():
            found.append(Finding(code="code-missing", layer=layer.name, keys=(key,)))
        area = sound or _area(layer.name, key, shape.geometry, found)
        if area is not None:
            fit.setdefault(key, []).append(area)
    whole = {key: _joined(layer.name, key, fit[key], found) for key in sorted(fit)}
    kept = _once(layer.name, whole, found)
    if not kept:
        raise Refused(Finding(code="nothing", layer=layer.name))
    areas = np.empty(len(kept), dtype=object)
    areas[:] = list(kept.values())
    return Clean(layer.name, tuple(kept), areas), tuple(sorted(found, key=lambda one: (one.code, one.keys)))


def _sound(layer: Layer) -> list[BaseGeometry | None]:
    """On the raster, those shapes in which nothing is wrong; None for the others."""
    given = np.empty(len(layer.shapes), dtype=object)
    given[:] = [shape.geometry for shape in layer.shapes]
    points, owner = shapely.get_coordinates(given, return_index=True)
    usable = np.isin(shapely.get_type_id(given), (3, 6)) & ~shapely.is_empty(given)
    usable[owner[~np.isfinite(points).all(axis=1)]] = False
    laid = np.empty(len(given), dtype=object)
    laid[usable] = shapely.transform(shapely.force_2d(given[usable]), on_raster)
    laid[~(shapely.is_valid(laid) & (shapely.area(laid) > 0))] = None
    return list(laid)


def _area(layer: str, key: str, given: BaseGeometry | None, found: list[Finding]) -> BaseGeometry | None:
    """The valid area of one shape, or None."""
    if given is None or given.is_empty:
        found.append(Finding(code="empty", layer=layer, keys=(key,)))
        return None
    points = shapely.get_coordinates(given)
    if not np.isfinite(points).all():
        found.append(Finding(code="not-a-number", layer=layer, keys=(key,)))
        return None
    areal = given if given.geom_type in AREAS else _areal(given)
    if areal.is_empty:
        found.append(Finding(code="not-an-area", layer=layer, keys=(key,), values={"kind": given.geom_type}))
        return None
    if areal is not given:
        found.append(Finding(code="partly-no-area", layer=layer, keys=(key,)))
    return _repaired(layer, key, areal, found)


def _areal(given: BaseGeometry) -> BaseGeometry:
    """The parts of a collection that are areas."""
    parts: list[Any] = [part for part in _flat(given) if part.geom_type == "Polygon" and not part.is_empty]
    return shapely.MultiPolygon(parts)


def _flat(given: BaseGeometry) -> Iterable[BaseGeometry]:
    for part in shapely.get_parts(given):
        if shapely.get_type_id(part) >= 4:  # several of something
            yield from _flat(part)
        else:
            yield part


def _repaired(layer: str, key: str, given: BaseGeometry, found: list[Finding]) -> BaseGeometry | None:
    """The shape on the raster, valid."""
    laid: BaseGeometry = shapely.transform(shapely.force_2d(given), on_raster)
    if not laid.is_valid:
        laid = _areal(shapely.make_valid(laid, method="structure", keep_collapsed=False))
        laid = shapely.set_precision(_areal(shapely.set_precision(laid, 10.0**-RASTER)), 0)  # later, full precision
    if laid.is_empty or laid.area <= 0:
        found.append(Finding(code="empty", layer=layer, keys=(key,)))
        return None
    if not given.is_valid:
        values = {"area_m2": abs(float(laid.area) - float(given.area))}
        found.append(Finding(code="self-intersection", layer=layer, keys=(key,), at=_crossing(given), values=values))
    return laid


def on_raster(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Coordinates to the centimetre."""
    laid: NDArray[np.float64] = np.round(points, RASTER) + 0.0  # no negative zero
    return laid


def _crossing(given: BaseGeometry) -> tuple[float, float]:
    """Where a shape crosses itself."""
    told = shapely.is_valid_reason(given)
    numbers = told[told.find("[") + 1 : told.find("]")].split()
    return float(numbers[0]), float(numbers[1])


def _joined(layer: str, key: str, parts: Sequence[BaseGeometry], found: list[Finding]) -> BaseGeometry:
    """Shapes of one code as one."""
    if len(parts) == 1:
        return parts[0]
    found.append(Finding(code="code-twice", layer=layer, keys=(key,), values={"count": len(parts)}))
    return shapely.union_all(sorted(parts, key=lambda part: str(shapely.to_wkb(part, hex=True))))


def _once(layer: str, whole: dict[str, BaseGeometry], found: list[Finding]) -> dict[str, BaseGeometry]:
    """Without shapes that are drawn twice."""
    first: dict[bytes, str] = {}
    kept: dict[str, BaseGeometry] = {}
    for key, shape in whole.items():
        same = first.setdefault(shapely.to_wkb(shapely.normalize(shape)), key)
        if same == key:
            kept[key] = shape
        else:
            found.append(Finding(code="duplicate", layer=layer, keys=(same, key)))
    return kept
