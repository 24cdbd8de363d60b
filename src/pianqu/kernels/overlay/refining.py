"""Many layers of polygons as one: the atoms, each with the shape of every layer to which it belongs.

Problem: every department drew its own grid. Where two of them follow one kerb they differ by two or three metres, so that laying
them over one another gives thousands of hairs that mean nothing; and nothing may be covered twice or lost.
Method: the lines of all layers cut the plane into faces (planar.py); each face is asked, by a point inside of it, to which
shapes it belongs. A face is a sliver if no circle of the tolerance's width fits into it. The others grow: in each round every
sliver that touches one is joined to that with which it shares most border, times one plus the number of layers in which both
agree. Grown faces that touch and belong to the same shapes are one atom. A shape that is wide enough, but was cut into slivers,
keeps its largest. Where one layer has two shapes in one place, the smaller one counts there (a market in its community), and
both are told.
Source: M. F. Goodchild, "Statistical aspects of the polygon overlay problem", Harvard Papers on GIS 6 (1978), for where slivers
come from; M. Davis, GEOS 3.12, for what a valid coverage is. Every point of a shape of area A and border P lies within its
inscribed radius r of the border, so A <= r P, and pi r² <= A: only shapes between the two bounds are shrunk to see.
Cost: O((n + k) log n) for n points of borders that cross k times; growing takes as many rounds as hairs lie side by side.
Guarantee: atoms cover what the layers together cover once, without gaps and overlaps (inside of the district exactly the
district, if its outline is given); a point farther than the tolerance from every border has the memberships that the layers
themselves give; the same layers in any order, with their shapes in any order, give the same atoms in the same order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from pianqu.kernels.overlay import planar
from pianqu.kernels.overlay.findings import Finding, Refused
from pianqu.kernels.overlay.layers import LIMITS, Clean, Layer, Limits, cleaned, on_raster, within
from pianqu.kernels.overlay.planar import Faces, Floats, Shapes, Whole
from pianqu.kernels.solvers import components

TOLERANCE_M = 6.0
"""Two drawings of one kerb, each up to three metres off."""
WORTH_TELLING_M2 = 1.0
RASTER_M = 0.001
SHARED_M2 = 1e-6
NONE = -1
"""No shape of a layer."""
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Atom:
    """A place that no border crosses: for every layer the code of its shape ("" for none). Metres on the plane."""

    members: tuple[str, ...]
    geometry: shapely.Polygon
    area_m2: float
    within: bool
    """Whether it lies in the district, if its outline was given."""
    twice: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Layers that cover the place more than once, with all their shapes there."""

    @property
    def uncovered(self) -> bool:
        """Whether no layer covers the place."""
        return not any(self.members)


@dataclass(frozen=True, slots=True)
class Border:
    """Two atoms, by their numbers, and how long they run side by side."""

    one: int
    other: int
    length_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Refinement:
    """Atoms of layers (names ascending), their borders, and what was found."""

    layers: tuple[str, ...]
    atoms: tuple[Atom, ...]
    borders: tuple[Border, ...]
    findings: tuple[Finding, ...]
    tolerance_m: float
    slivers: int
    sliver_m2: float
    moved_m2: tuple[float, ...]
    """For each layer how much ground came to another of its shapes, or to one at all, because a sliver was joined."""
    trimmed_m2: float
    """Slivers outside of the district that were cut off."""

    def adjacent(self, *, least_m: float) -> tuple[Border, ...]:
        """The borders that are long enough to walk across."""
        return tuple(border for border in self.borders if border.length_m >= least_m)


def refined(
    layers: Sequence[Layer],
    *,
    outline: BaseGeometry | None = None,
    tolerance_m: float = TOLERANCE_M,
    keep: str = "",
    limits: Limits = LIMITS,
) -> Refinement:
    """Layers on one plane laid over one another. `keep` names a layer whose borders win wherever they are near others.

    Raises Refused for what cannot be taken: too much, nothing at all, or a layer that lies outside of the district.
    """
    within(layers, limits)
    _check_names(layers)
    fit, found = _cleaned(sorted(layers, key=lambda layer: layer.name))
    district = _laid(outline)
    if district is not None:
        _check_place(fit, district)
    rims = np.concatenate([one.areas for one in fit] + ([np.array([district])] if district is not None else []))
    pieces = planar.pieces(rims)
    made = _refined(pieces, None, fit, district, tolerance_m, keep, found)
    if fit_together(np.array([atom.geometry for atom in made.atoms], dtype=object)):
        return made
    return _refined(pieces, RASTER_M, fit, district, tolerance_m, keep, found)


def _refined(
    pieces: Floats,
    raster: float | None,
    fit: Sequence[Clean],
    district: BaseGeometry | None,
    tolerance_m: float,
    keep: str,
    found: Sequence[Finding],
) -> Refinement:
    """In floating point, which nearly always does, or on a raster where borders run so close that it does not."""
    told = _Told(planar.faces(planar.crossed(pieces, raster)), fit, district)
    _check_covers(told)
    grown = _Grown(told, tolerance_m, [one.name for one in fit].index(keep) if keep else NONE)
    return _made(fit, told, grown, tolerance_m, tuple(found))


def fit_together(shapes: Shapes) -> bool:
    """Whether shapes are valid and no two share ground. What GEOS calls an invalid coverage is looked at again: it wrongly names
    the neighbours of a shape that has a hole which touches its rim (3.14)."""
    if not shapely.is_valid(shapes).all():
        return False
    named = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    one, other = shapely.STRtree(shapes).query(shapes[named], predicate="intersects")
    pairs = named[one] != other
    shared = shapely.area(shapely.intersection(shapes[named[one[pairs]]], shapes[other[pairs]]))
    return bool((shared <= SHARED_M2).all())


def _check_names(layers: Sequence[Layer]) -> None:
    """Raises Refused where two layers have one name, or there is none."""
    names = [layer.name for layer in layers]
    if not names:
        raise Refused(Finding(code="nothing"))
    for name in names:
        if names.count(name) > 1:
            raise Refused(Finding(code="layer-twice", layer=name))


def _cleaned(layers: Sequence[Layer]) -> tuple[list[Clean], list[Finding]]:
    fit: list[Clean] = []
    found: list[Finding] = []
    for layer in layers:
        clean, findings = cleaned(layer)
        fit.append(clean)
        found += findings
    return fit, found


def _laid(outline: BaseGeometry | None) -> BaseGeometry | None:
    """The outline on the raster, valid."""
    if outline is None:
        return None
    laid: BaseGeometry = shapely.transform(shapely.force_2d(outline), on_raster)
    return laid if laid.is_valid else shapely.make_valid(laid, method="structure", keep_collapsed=False)


def _check_place(fit: Sequence[Clean], district: BaseGeometry) -> None:
    """Raises Refused, before anything is cut, for a layer that does not even touch the district."""
    shapely.prepare(district)
    for one in fit:
        if not shapely.intersects(district, one.areas).any():
            raise _elsewhere(one, district)


def _elsewhere(one: Clean, district: BaseGeometry) -> Refused:
    middle = shapely.box(*shapely.total_bounds(one.areas)).centroid
    far = float(district.distance(middle))
    return Refused(Finding(code="elsewhere", layer=one.name, at=(middle.x, middle.y), values={"distance_m": far}))


class _Told:
    """To which shapes of the layers each face belongs."""

    def __init__(self, cut: Faces, fit: Sequence[Clean], district: BaseGeometry | None) -> None:
        self.cut, self.fit = cut, fit
        count = len(cut.shapes)
        self.area: Floats = shapely.area(cut.shapes)
        self.district, self.bounded = district, district is not None
        inner = planar.inner_points(cut.shapes)
        tree = shapely.STRtree(inner)
        self.within: Flags = np.ones(count, dtype=bool)
        if district is not None:
            self.within[:] = False
            self.within[tree.query(district, predicate="contains")] = True
        self.codes: Whole = np.full((count, len(fit)), NONE, dtype=np.int64)
        self.sets: list[list[tuple[int, ...]]] = []
        self.places: list[tuple[Whole, Whole]] = []
        """For each layer its shapes and the faces that lie in them, pair by pair."""
        for number, one in enumerate(fit):
            for area in one.areas:
                shapely.prepare(area)
            shape, face = tree.query(one.areas, predicate="contains")
            self.places.append((shape, face))
            self.codes[:, number], sets = _members(shape, face, one, count)
            self.sets.append(sets)
        self.covered: Flags = (self.codes != NONE).any(axis=1)

    def shapes_of(self, layer: int, code: int) -> tuple[int, ...]:
        """The shapes of a layer that a code stands for, the one that counts first."""
        size = len(self.fit[layer].keys)
        return () if code == NONE else (code,) if code < size else self.sets[layer][code - size]


def _check_covers(told: _Told) -> None:
    """Raises Refused for a layer that covers nothing of the district."""
    for number, one in enumerate(told.fit):
        if told.district is not None and not (told.codes[told.within, number] != NONE).any():
            raise _elsewhere(one, told.district)


def _members(shape: Whole, face: Whole, one: Clean, count: int) -> tuple[Whole, list[tuple[int, ...]]]:
    """For each face its shape of this layer, NONE, or a number beyond the last shape for a set of shapes."""
    smaller = np.lexsort((shape, shapely.area(one.areas)[shape], face))
    shape, face = shape[smaller], face[smaller]
    codes = np.full(count, NONE, dtype=np.int64)
    times = np.bincount(face, minlength=count)
    single = times[face] == 1
    codes[face[single]] = shape[single]
    several: dict[int, list[int]] = {}
    for at, which in zip(face[~single].tolist(), shape[~single].tolist(), strict=True):
        several.setdefault(at, []).append(which)
    sets = sorted({tuple(which) for which in several.values()})
    number = {which: len(one.keys) + place for place, which in enumerate(sets)}
    for at, members in several.items():
        codes[at] = number[tuple(members)]
    return codes, sets


class _Grown:
    """Which faces make one atom."""

    def __init__(self, told: _Told, tolerance_m: float, keep: int) -> None:
        self.told, self.keep = told, keep
        cut = told.cut
        self.lengths = cut.lines.lengths()
        thin = _thin(cut.shapes, told.area, tolerance_m)
        placed = told.covered | (told.within if told.bounded else thin)
        self.void: Flags = ~placed
        self.thin: Flags = thin & placed
        self.ground: Whole = np.where(placed & ~self.thin, np.arange(len(thin)), NONE)
        self.narrow = self._keep_the_wide(tolerance_m)
        self.one, self.other, self.shared = self._sides()
        self._join()
        self._keep_islands()
        self._unite()

    def _keep_the_wide(self, tolerance_m: float) -> list[tuple[int, int]]:
        """Shapes that only slivers would remain of keep the largest; layer and shape of those too narrow for that."""
        narrow = []
        for layer, one in enumerate(self.told.fit):
            shape, face = self.told.places[layer]
            lost = np.setdiff1d(shape, shape[self.ground[face] != NONE])
            thin = _thin(one.areas[lost], shapely.area(one.areas[lost]), tolerance_m)
            narrow += [(layer, int(one_lost)) for one_lost in lost[thin]]
            mine = np.isin(shape, lost[~thin])
            shape, face = shape[mine], face[mine]
            order = np.lexsort((face, -self.told.area[face], shape))
            lead = np.concatenate([[True], shape[order][1:] != shape[order][:-1]]) if len(order) else order.astype(bool)
            self.ground[face[order][lead]] = face[order][lead]
        return narrow

    def _sides(self) -> tuple[Whole, Whole, Floats]:
        """Pairs of faces that may be joined, in both directions, and the length of their common border."""
        left, right = self.told.cut.left, self.told.cut.right
        usable = (left >= 0) & (right >= 0)
        usable[usable] = ~(self.void[left[usable]] | self.void[right[usable]])
        usable[usable] = self.told.within[left[usable]] == self.told.within[right[usable]]
        one, other, length = _summed(left[usable], right[usable], self.lengths[usable], len(self.void))
        return np.concatenate([one, other]), np.concatenate([other, one]), np.concatenate([length, length])

    def _join(self) -> None:
        """Every sliver to a neighbour that grows, round by round."""
        while True:
            open_ = (self.ground[self.one] == NONE) & (self.ground[self.other] != NONE)
            if not open_.any():
                return
            sliver, ground, shared = _summed(
                self.one[open_], self.ground[self.other[open_]], self.shared[open_], len(self.void), ordered=True
            )
            score = shared * self._agreement(sliver, ground)
            best = np.lexsort((ground, -score, sliver))
            lead = np.concatenate([[True], sliver[best][1:] != sliver[best][:-1]])
            self.ground[sliver[best][lead]] = ground[best][lead]

    def _agreement(self, one: Whole, other: Whole) -> Floats:
        """One more than the layers in which two faces agree; much more where they agree in the layer that is kept."""
        same = self.told.codes[one] == self.told.codes[other]
        weight = 1.0 + same.sum(axis=1)
        return weight if self.keep == NONE else np.asarray(weight * np.where(same[:, self.keep], 1e6, 1.0))

    def _keep_islands(self) -> None:
        """Slivers that touch nothing wide: together they stay, outside of the district they are cut off."""
        alone = np.flatnonzero((self.ground == NONE) & ~self.void)
        if not len(alone):
            return
        kept = alone[self.told.within[alone]]
        inside = np.isin(self.one, kept) & np.isin(self.other, kept)
        label = components(self.one[inside], self.other[inside], len(self.void))
        for island in np.unique(label[kept]).tolist():
            faces = kept[label[kept] == island]
            self.ground[faces] = int(faces[np.argmax(self.told.area[faces])])

    def _unite(self) -> None:
        """Grounds that touch and belong to the same shapes are one; the first stands for them."""
        one, other = self.ground[self.one], self.ground[self.other]
        usable = (one != NONE) & (other != NONE)
        one, other = one[usable], other[usable]
        same = (self.told.codes[one] == self.told.codes[other]).all(axis=1)
        label = components(one[same], other[same], len(self.void))
        first = np.full(len(self.void), len(self.void), dtype=np.int64)
        grown = np.unique(self.ground[self.ground != NONE])
        np.minimum.at(first, label[grown], grown)
        placed = self.ground != NONE
        self.ground[placed] = first[label[self.ground[placed]]]


def _summed(
    one: Whole, other: Whole, length: Floats, count: int, *, ordered: bool = False
) -> tuple[Whole, Whole, Floats]:
    """Pairs once each, with the sum of their lengths; which comes first matters if `ordered`."""
    low, high = (one, other) if ordered else (np.minimum(one, other), np.maximum(one, other))
    pair, where = np.unique(low * np.int64(count) + high, return_inverse=True)
    sums: Floats = np.bincount(where, weights=length, minlength=len(pair)).astype(np.float64)
    return pair // count, pair % count, sums


def _thin(shapes: Shapes, area: Floats, tolerance_m: float) -> Flags:
    """Whether no circle of this width fits into a shape."""
    if tolerance_m <= 0:
        return np.zeros(len(shapes), dtype=bool)
    radius = tolerance_m / 2
    thin = np.asarray(area < np.pi * radius**2)
    unsure = np.flatnonzero(~thin & (area < radius * shapely.length(shapes)))
    shrunk = shapely.buffer(shapes[unsure], -radius, quad_segs=2, join_style="mitre")
    thin[unsure[shapely.is_empty(shrunk)]] = True
    return thin


def _made(
    fit: Sequence[Clean], told: _Told, grown: _Grown, tolerance_m: float, found: tuple[Finding, ...]
) -> Refinement:
    """What was grown, as atoms from west to east, with borders and findings."""
    shapes, ground, one, other, length = _outlined(told.cut, grown)
    atoms = tuple(_atom(fit, told, int(face), shape) for face, shape in zip(ground, shapes, strict=True))
    joined = grown.thin & (grown.ground != NONE) & (grown.ground != np.arange(len(grown.ground)))
    cut_off = (grown.ground == NONE) & ~grown.void
    borders = (Border(*each) for each in zip(one.tolist(), other.tolist(), length.tolist(), strict=True))
    return Refinement(
        layers=tuple(one.name for one in fit),
        atoms=atoms,
        borders=tuple(borders),
        findings=found + _noticed(fit, told, grown, atoms, tolerance_m),
        tolerance_m=tolerance_m,
        slivers=int(joined.sum()),
        sliver_m2=float(told.area[joined].sum()),
        moved_m2=_moved(told, grown, joined),
        trimmed_m2=float(told.area[cut_off].sum()),
    )


def _moved(told: _Told, grown: _Grown, joined: Flags) -> tuple[float, ...]:
    faces = np.flatnonzero(joined)
    changed = told.codes[faces] != told.codes[grown.ground[faces]]
    return tuple(float(told.area[faces][changed[:, layer]].sum()) for layer in range(changed.shape[1]))


def _outlined(cut: Faces, grown: _Grown) -> tuple[Shapes, Whole, Whole, Whole, Floats]:
    """The outline of what was grown, traced anew along the pieces that part two grounds."""
    number = np.concatenate([grown.ground, [NONE]])  # the endless face comes last
    left, right = number[cut.left], number[cut.right]
    parting = left != right
    traced = planar.faces(planar.Lines(cut.lines.nodes, cut.lines.ends[parting]))
    left, right = left[parting], right[parting]
    of = np.full(len(traced.shapes), NONE, dtype=np.int64)
    of[traced.left[traced.left >= 0]] = left[traced.left >= 0]
    of[traced.right[traced.right >= 0]] = right[traced.right >= 0]
    kept = np.flatnonzero(of != NONE)
    place = np.full(len(traced.shapes) + 1, NONE, dtype=np.int64)
    place[kept] = np.arange(len(kept))
    one, other = place[traced.left], place[traced.right]
    both = (one != NONE) & (other != NONE)
    one, other, length = _summed(one[both], other[both], grown.lengths[parting][both], len(kept))
    return traced.shapes[kept], of[kept], one, other, length


def _atom(fit: Sequence[Clean], told: _Told, face: int, shape: Any) -> Atom:
    members, twice = [], []
    for layer, code in enumerate(told.codes[face].tolist()):
        keys = tuple(fit[layer].keys[one] for one in told.shapes_of(layer, code))
        members.append(keys[0] if keys else "")
        if len(keys) > 1:
            twice.append((fit[layer].name, keys))
    return Atom(tuple(members), shape, float(shape.area), bool(told.within[face]), tuple(twice))


def _noticed(
    fit: Sequence[Clean], told: _Told, grown: _Grown, atoms: Sequence[Atom], tolerance_m: float
) -> tuple[Finding, ...]:
    """What the atoms show about the layers."""
    found = [
        Finding(
            code="narrow", layer=fit[layer].name, keys=(fit[layer].keys[shape],), values={"tolerance_m": tolerance_m}
        )
        for layer, shape in grown.narrow
    ]
    found += _twice(fit, told, grown, atoms)
    found += _gaps(told, grown)
    if told.bounded:
        found += _around(fit, atoms)
    return tuple(found)


def _twice(fit: Sequence[Clean], told: _Told, grown: _Grown, atoms: Sequence[Atom]) -> list[Finding]:
    """Places that one layer covers more than once, and how many hairs were shared out."""
    pairs = [(layer, tuple(sorted(keys)), atom) for atom in atoms for layer, keys in atom.twice]
    found = _together("overlap", pairs)
    for number, one in enumerate(fit):
        hairs = grown.thin & (told.codes[:, number] >= len(one.keys))
        if hairs.any():
            values = {"count": int(hairs.sum()), "area_m2": float(told.area[hairs].sum())}
            found.append(Finding(code="overlap-slivers", layer=one.name, values=values))
    return found


def _together(code: str, places: Sequence[tuple[str, tuple[str, ...], Atom]]) -> list[Finding]:
    """One finding for each layer and its shapes, with the ground of all places and a point in the largest."""
    by: dict[tuple[str, tuple[str, ...]], list[Atom]] = {}
    for layer, keys, atom in places:
        by.setdefault((layer, keys), []).append(atom)
    return [
        Finding(
            code=code,
            layer=layer,
            keys=keys,
            at=_point(max(by[layer, keys], key=lambda atom: atom.area_m2).geometry),
            values={"area_m2": sum(atom.area_m2 for atom in by[layer, keys])},
        )
        for layer, keys in sorted(by)
    ]


def _gaps(told: _Told, grown: _Grown) -> list[Finding]:
    """Places that lie inside of all layers together and belong to none, where no outline says whose they are."""
    if told.bounded:
        return []
    names = ", ".join(one.name for one in told.fit)
    return [
        Finding(code="gap", layer=names, at=_point(told.cut.shapes[face]), values={"area_m2": float(told.area[face])})
        for face in np.flatnonzero(grown.void).tolist()
    ]


def _around(fit: Sequence[Clean], atoms: Sequence[Atom]) -> list[Finding]:
    """What no layer covers, what lies outside, and how much of the district each layer covers."""
    found = []
    whole = sum(atom.area_m2 for atom in atoms if atom.within)
    for layer, one in enumerate(fit):
        covered = sum(atom.area_m2 for atom in atoms if atom.within and atom.members[layer])
        if whole - covered > WORTH_TELLING_M2:
            values = {"area_m2": whole - covered, "share": 100 * (whole - covered) / whole}
            found.append(Finding(code="layer-uncovered", layer=one.name, values=values))
    for atom in atoms:
        if atom.within and atom.uncovered:
            found.append(Finding(code="uncovered", at=_point(atom.geometry), values={"area_m2": atom.area_m2}))
    out = [atom for atom in atoms if not atom.within]
    places = [(fit[layer].name, (key,), atom) for atom in out for layer, key in enumerate(atom.members) if key]
    return found + _together("beyond", places)


def _point(shape: Any) -> tuple[float, float]:
    """A point inside."""
    inside = shape.representative_point()
    return float(inside.x), float(inside.y)
