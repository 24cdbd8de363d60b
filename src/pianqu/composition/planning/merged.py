"""Grids laid over one another: places with their memberships, who is covered by nobody or twice, and crosswalks."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from pianqu.composition.planning.grids import Grids
from pianqu.kernels.overlay.findings import Finding, Refused
from pianqu.kernels.overlay.planar import Whole
from pianqu.kernels.overlay.refining import NONE, WORTH_TELLING_M2, Atom, Refinement, refined
from pianqu.kernels.overlay.tables import Crosswalk, Share, atom_of, by_area, counted


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Ground that no border crosses, by its number in all that is written; `households` is None where they were not given."""

    number: int
    atom: Atom
    households: int | None
    uncovered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What two grids share, told from either side; rows go together."""

    there: Crosswalk
    back: Crosswalk

    def rows(self) -> list[tuple[Share, Share]]:
        back = {(share.other, share.one): share for share in self.back.rows}
        return [(share, back[share.one, share.other]) for share in self.there.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """All there is to write down. Findings have their places in degrees or in their file's numbers."""

    grids: Grids
    refinement: Refinement
    places: tuple[Place, ...]
    pairs: tuple[Pair, ...]
    findings: tuple[Finding, ...]
    outside: int
    """Households that are in no place."""

    @property
    def uncovered(self) -> list[Place]:
        return [place for place in self.places if place.uncovered]

    @property
    def twice(self) -> list[Place]:
        return [place for place in self.places if place.atom.twice]


def merged(grids: Grids, *, tolerance_m: float, keep: str) -> Merged:
    """The grids as one. Raises Refused."""
    try:
        made = refined(grids.layers, outline=grids.outline, tolerance_m=tolerance_m, keep=keep)
    except Refused as refusal:
        raise Refused(grids.plane.told(refusal.finding)) from None
    atoms = [*made.atoms, *([] if grids.outline else _enclosed(made))]
    homes, counts = _homes(grids, made), grids.households.counts if grids.households else ()
    held = _held(grids, atoms, homes)
    return Merged(
        grids=grids,
        refinement=made,
        places=tuple(
            Place(number=number, atom=atom, households=held[number - 1] if held else None, uncovered=_is_bare(atom))
            for number, atom in enumerate(atoms, 1)
        ),
        pairs=tuple(_pair(made, one, other, homes, counts) for one, other in combinations(made.layers, 2)),
        findings=grids.findings + tuple(grids.plane.told(finding) for finding in made.findings),
        outside=sum(counts) - sum(held),
    )


def _is_bare(atom: Atom) -> bool:
    return atom.uncovered and atom.within


def _enclosed(made: Refinement) -> list[Atom]:
    """What the grids enclose and leave to nobody, from west to east: all that can be known without the district's border."""
    if not made.atoms:
        return []
    ground = shapely.coverage_union_all([atom.geometry for atom in made.atoms])
    rims = shapely.get_parts(shapely.union_all(shapely.boundary(ground)))
    shapely.prepare(ground)
    faces: NDArray[Any] = np.asarray(shapely.get_parts(shapely.polygonize(rims)))
    bare = faces[~shapely.contains(ground, shapely.point_on_surface(faces))]
    holes = [hole for hole in bare.tolist() if hole.area > WORTH_TELLING_M2]
    nobody = ("",) * len(made.layers)
    return [Atom(nobody, hole, float(hole.area), True) for hole in sorted(holes, key=lambda hole: hole.bounds)]


def _homes(grids: Grids, made: Refinement) -> Whole | None:
    return atom_of(made, grids.households.points) if grids.households else None


def _held(grids: Grids, atoms: Sequence[Atom], homes: Whole | None) -> list[int]:
    """How many households each place holds; empty where no points were given."""
    if grids.households is None or homes is None:
        return []
    where, lost = homes.copy(), np.flatnonzero(homes == NONE)
    bare = [number for number, atom in enumerate(atoms) if _is_bare(atom)]
    points: NDArray[Any] = np.asarray(shapely.points(grids.households.points[lost]))
    tree = shapely.STRtree(points)
    shapes = np.array([atoms[number].geometry for number in bare], dtype=object)
    hole, point = tree.query(shapes, predicate="intersects")
    where[lost[point]] = np.array(bare, dtype=np.int64)[hole]
    held = [0] * len(atoms)
    for place, count in zip(where.tolist(), grids.households.counts, strict=True):
        if place != NONE:
            held[place] += count
    return held


def _pair(made: Refinement, one: str, other: str, homes: Whole | None, counts: Sequence[int]) -> Pair:
    if homes is not None:
        return Pair(there=counted(made, one, other, homes, counts), back=counted(made, other, one, homes, counts))
    return Pair(
        there=by_area(made, one, other, _ground(made, one)), back=by_area(made, other, one, _ground(made, other))
    )


def _ground(made: Refinement, layer: str) -> dict[str, int]:
    """Whole square metres of each shape of a layer, and of the places that it leaves out."""
    number = made.layers.index(layer)
    areas: dict[str, float] = {}
    for atom in made.atoms:
        areas[atom.members[number]] = areas.get(atom.members[number], 0.0) + atom.area_m2
    return {code: round(area) for code, area in areas.items()}
