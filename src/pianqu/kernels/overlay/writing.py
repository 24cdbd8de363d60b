"""Shapes that fit together in metres, written in degrees with seven decimals, and still fitting together.

Problem: a file holds seven decimals of a degree (a centimetre). If every shape is rounded by itself, rings cross themselves and
neighbours part or overlap, because crossings of borders lie closer together than that.
Method: needless points are taken from both sides of a border at once; then all borders together are laid on the raster (snap
rounding: whatever passes near a used point is led through it), faces are traced anew, and each goes to the shape in which it lay.
Source: M. T. Goodrich, L. J. Guibas, J. Hershberger, P. J. Tanenbaum, "Snap rounding line segments efficiently in two and three
dimensions", SCG 1997 (GEOS); M. Visvalingam, J. D. Whyatt, "Line generalisation by repeated elimination of points", 1993.
Cost: O((n + k) log n).
Guarantee: what is read back from seven decimals is valid, without gaps and overlaps; points are left out only where their
triangle with their neighbours is smaller than the square of `simplify_m`; a shape narrower than the raster may vanish (None).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pianqu.kernels.overlay import planar
from pianqu.kernels.overlay.planar import Floats, Shapes
from pianqu.kernels.overlay.planes import Plane

DECIMALS = 7
SIMPLIFY_M = 0.1


def written(
    shapes: Sequence[BaseGeometry], plane: Plane, *, simplify_m: float = SIMPLIFY_M
) -> tuple[BaseGeometry | None, ...]:
    """Shapes of a valid coverage in metres, in their order, as degrees (WGS 84) with seven decimals."""
    given = np.empty(len(shapes), dtype=object)
    given[:] = list(shapes)
    if not len(given):
        return ()
    thinned = shapely.coverage_simplify(given, simplify_m) if simplify_m > 0 else given
    degrees: Shapes = np.asarray(plane.degrees(thinned))
    borders = planar.pieces(degrees).reshape(-1, 2, 2)
    snapped = shapely.union_all(shapely.linestrings(borders), grid_size=10.0**-DECIMALS)
    faces = planar.faces(planar.noded(snapped, _on_raster)).shapes
    return _given_back(faces, degrees)


def _on_raster(points: Floats) -> Floats:
    """The number that is read back from seven decimals."""
    laid: Floats = np.round(points, DECIMALS) + 0.0
    return laid


def _given_back(faces: Shapes, shapes: Shapes) -> tuple[BaseGeometry | None, ...]:
    """For each shape the faces that lie in it, as one."""
    for shape in shapes:
        shapely.prepare(shape)
    owner, face = shapely.STRtree(shapely.point_on_surface(faces)).query(shapes, predicate="contains")
    parts: dict[int, list[Any]] = {}
    for one, part in sorted(zip(owner.tolist(), face.tolist(), strict=True)):
        parts.setdefault(one, []).append(faces[part])
    return tuple(_one(parts.get(number, [])) for number in range(len(shapes)))


def _one(parts: Sequence[Any]) -> BaseGeometry | None:
    if len(parts) > 1:
        return shapely.coverage_union_all(parts)
    return parts[0] if parts else None
