"""Many departments' grids as one: places with their households, cells proposed from them, and who takes what nobody covers.

Problem: where departments' grids are laid over one another, some places (图斑) have more households than one worker can walk,
some are covered by no department, and the common grid that is wanted has 300 to 500 households a cell within a community.
Method: `overlay.refined` gives the places, with borders of communities won where others are near. A place with more households
than asked is halved across its longer side by the middle of its households, again and again, so that no building is divided,
and all places are laid out once more for their borders. Each community's places go to the search of `partition.cells`, its parts
that do not touch joined by bridges; what has too few households, or no plan, is one cell. Places that nobody covers go to the
neighbour with which they share most border, those that touch a taker first.
Source: none for halving (a k-d tree of weighted points); the rest in the modules named.
Cost: O((n + k) log n) for borders of n points that cross k times, and a search for each community.
Guarantee: places cover the district once; households add up to those given within it; a proposed cell lies in one community;
every place has a cell; the same input gives the same answer.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from pianqu.kernels.overlay.findings import Finding
from pianqu.kernels.overlay.layers import Layer, Shape
from pianqu.kernels.overlay.planar import Floats, Whole
from pianqu.kernels.overlay.refining import NONE, TOLERANCE_M, Atom, Border, refined
from pianqu.kernels.overlay.tables import atom_of
from pianqu.kernels.overlay.touching import bridges
from pianqu.kernels.partition.cells import CELL, Band, cells
from pianqu.kernels.partition.problem import System, Units
from pianqu.kernels.partition.records import some_of
from pianqu.kernels.partition.search import Infeasible

SWEEPS = 60
WALKABLE_M = 3.0
"""Places that share less border count as apart."""
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Homes:
    """Buildings on the plane: where, and how many households and people (None: not counted) each has."""

    points: Floats
    households: tuple[int, ...]
    population: tuple[int | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Ground that no border crosses: by layer the code of its shape there, "" for none."""

    members: tuple[str, ...]
    geometry: shapely.Polygon
    area_m2: float
    households: int
    population: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The district in places, from west to east."""

    layers: tuple[str, ...]
    places: tuple[Place, ...]
    borders: tuple[Border, ...]
    findings: tuple[Finding, ...]
    atoms: int
    """So many there were before large ones were halved."""
    outside: int
    """Households in none of them."""

    def column(self, layer: str) -> tuple[str, ...]:
        """Each place's shape of one layer."""
        at = self.layers.index(layer)
        return tuple(place.members[at] for place in self.places)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A cell for each place, numbered from 0; by cell its community and whether it keeps to the numbers asked for."""

    part: tuple[int, ...]
    communities: tuple[str, ...]
    fits: tuple[bool, ...]


def laid_out(
    layers: Sequence[Layer],
    *,
    outline: BaseGeometry,
    homes: Homes,
    keep: str = "",
    most: int = CELL.most // 3,
    tolerance_m: float = TOLERANCE_M,
) -> Ground:
    """All grids as one. `most` households are in a place, if its buildings allow it. Raises overlay's Refused."""
    made = refined(layers, outline=outline, tolerance_m=tolerance_m, keep=keep)
    inner = [atom for atom in made.atoms if atom.within]
    made = replace(made, atoms=tuple(inner))
    pieces = list(_halved(inner, atom_of(made, homes.points), homes, most))
    whole = refined(
        [Layer("places", [Shape(f"{at:06}", piece) for at, (_, piece) in enumerate(pieces)])], tolerance_m=0
    )
    owners = [inner[pieces[int(atom.members[0])][0]] for atom in whole.atoms]
    where = atom_of(replace(whole, tolerance_m=tolerance_m), homes.points)
    households = _sums(where, homes.households, len(owners))
    people = _sums(where, [count or 0 for count in homes.population], len(owners))
    counted = any(count is not None for count in homes.population)
    return Ground(
        layers=made.layers,
        places=tuple(
            Place(
                members=owner.members,
                geometry=atom.geometry,
                area_m2=atom.area_m2,
                households=households[at],
                population=people[at] if counted else None,
            )
            for at, (owner, atom) in enumerate(zip(owners, whole.atoms, strict=True))
        ),
        borders=whole.borders,
        findings=made.findings,
        atoms=len(inner),
        outside=sum(homes.households) - sum(households),
    )


def _sums(where: Whole, counts: Sequence[int], places: int) -> list[int]:
    held = np.zeros(places, dtype=np.int64)
    there = where != NONE
    np.add.at(held, where[there], np.asarray(counts, dtype=np.int64)[there])
    summed: list[int] = held.tolist()
    return summed


# large places --------------------------------------------------------------------------------------------------------


def _halved(atoms: Sequence[Atom], where: Whole, homes: Homes, most: int) -> list[tuple[int, Any]]:
    """Each atom's pieces with its number."""
    own: defaultdict[int, list[int]] = defaultdict(list)
    for building, atom in enumerate(where.tolist()):
        own[atom].append(building)
    found = []
    for number, atom in enumerate(atoms):
        held = np.array(own[number], dtype=np.int64)
        weights = np.asarray(homes.households, dtype=np.int64)[held]
        found += [(number, piece) for piece in _pieces(atom.geometry, homes.points[held], weights, most)]
    return found


def _pieces(shape: BaseGeometry, points: Floats, weights: Whole, most: int) -> list[Any]:
    """A shape cut between its buildings until no piece has more than `most`."""
    cut = _cut(points, weights) if len(points) > 1 and weights.sum() > most else None
    if cut is None:
        return list(shapely.get_parts(shape))
    axis, at = cut
    west, south, east, north = shape.bounds
    low = shapely.box(west, south, at, north) if axis == 0 else shapely.box(west, south, east, at)
    first = np.round(points[:, axis]) < at
    found = []
    for half, chosen in ((_areal(shape.intersection(low)), first), (_areal(shape.difference(low)), ~first)):
        found += _pieces(half, points[chosen], weights[chosen], most)
    return found


def _cut(points: Floats, weights: Whole) -> tuple[int, float] | None:
    """Across the longer side, between the two buildings in whose middle half of the households are passed. Buildings within a
    metre of one another stay together."""
    laid = np.round(points)
    wide = laid.max(axis=0) - laid.min(axis=0)
    axis = int(wide[1] > wide[0])
    values = np.unique(laid[:, axis])
    if len(values) < 2:
        return None
    order = np.argsort(laid[:, axis], kind="stable")
    passed = np.cumsum(weights[order])
    middle = laid[order[int(np.searchsorted(passed, passed[-1] / 2))], axis]
    at = min(max(int(np.searchsorted(values, middle)), 1), len(values) - 1)
    return axis, float((values[at - 1] + values[at]) / 2)


def _areal(shape: BaseGeometry) -> BaseGeometry:
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


# proposed cells ------------------------------------------------------------------------------------------------------


def as_units(
    ground: Ground, *, keep: Sequence[str], home: Sequence[int] = (), weights: Mapping[str, int] | None = None
) -> Units:
    """The places as what a partition joins; `keep` are layers whose borders are worth keeping."""
    return Units(
        population=tuple(place.population or 0 for place in ground.places),
        households=tuple(place.households for place in ground.places),
        borders=tuple(
            (border.one, border.other, max(1, round(border.length_m)))
            for border in ground.borders
            if border.length_m >= WALKABLE_M
        ),
        systems=tuple(
            System(name=layer, areas=ground.column(layer), weight=(weights or {}).get(layer, 1)) for layer in keep
        ),
        home=tuple(home),
    )


def proposed(
    ground: Ground,
    community: str,
    band: Band = CELL,
    *,
    keep: Sequence[str] = (),
    seed: int = 0,
    sweeps: int = SWEEPS,
    plain: bool | None = None,
    tell: Tell = lambda _done, _of: None,
) -> Proposed:
    """Cells of so many households within each community (a layer's name); places of no community are cells of nobody's."""
    units = replace(as_units(ground, keep=keep), bridges=ways(ground, community))
    own: defaultdict[str, list[int]] = defaultdict(list)
    for place, code in enumerate(ground.column(community)):
        own[code].append(place)
    part, communities, fits = [0] * len(ground.places), list[str](), list[bool]()
    for done, code in enumerate(sorted(own)):
        tell(done, len(own))
        members = own[code]
        local, good = _cells(some_of(units, members), band, seed, sweeps, plain)
        for place, cell in zip(members, local, strict=True):
            part[place] = len(communities) + cell
        communities += [code] * len(good)
        fits += good
    tell(len(own), len(own))
    return Proposed(part=tuple(part), communities=tuple(communities), fits=tuple(fits))


def _cells(units: Units, band: Band, seed: int, sweeps: int, plain: bool | None) -> tuple[tuple[int, ...], list[bool]]:
    total = sum(units.households)
    found = None
    if total > band.most:
        found = cells(units, band, seed=seed, sweeps=sweeps, plain=plain)
    if found is None or isinstance(found, Infeasible):
        return (0,) * len(units), [band.least <= total <= band.most]
    count = max(found.part) + 1
    held = [0] * count
    for unit, cell in enumerate(found.part):
        held[cell] += units.households[unit]
    return found.part, [band.least <= homes <= band.most for homes in held]


def ways(ground: Ground, community: str) -> tuple[tuple[int, int], ...]:
    """Bridges between the places of each community that would hang together by nothing else, where they are nearest."""
    borders = as_units(ground, keep=()).borders
    shapes = np.array([place.geometry for place in ground.places], dtype=object)
    return bridged(ground.column(community), borders, shapes)


def bridged(groups: Sequence[str], borders: Sequence[tuple[int, int, int]], shapes: Any) -> tuple[tuple[int, int], ...]:
    """The same for shapes on a plane, each of a group, with the borders that count."""
    own: defaultdict[str, list[int]] = defaultdict(list)
    for unit, group in enumerate(groups):
        own[group].append(unit)
    number = {unit: at for units in own.values() for at, unit in enumerate(units)}
    inner: defaultdict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for one, other, metres in borders:
        if groups[one] == groups[other]:
            inner[groups[one]].append((number[one], number[other], metres))
    return tuple(
        (units[one], units[other])
        for group, units in own.items()
        for one, other in bridges(len(units), inner[group], shapes[np.array(units)])
    )


def as_they_are(ground: Ground, layer: str, community: str) -> Proposed:
    """Every place to the cell of a layer in which it lies; those in none to the neighbour with the longest border."""
    own = ground.column(layer)
    codes = sorted(set(own) - {""})
    number = {code: at for at, code in enumerate(codes)}
    takers = taken(ground, [number.get(code, NONE) for code in own])
    lies = dict(zip(own, ground.column(community), strict=True))
    return Proposed(
        part=tuple(max(taker, 0) for taker in takers),
        communities=tuple(lies[code] for code in codes),
        fits=(True,) * len(codes),
    )


def taken(ground: Ground, takers: Sequence[int]) -> tuple[int, ...]:
    """Who takes each place: as given, and where that is −1 the taker with which it shares most border, in rounds from those
    that touch one. −1 stays where a place touches nobody's neighbour at all."""
    return nearest(len(ground.places), [(one.one, one.other, one.length_m) for one in ground.borders], takers)


def nearest(count: int, borders: Sequence[tuple[int, int, float]], takers: Sequence[int]) -> tuple[int, ...]:
    """The same for places by number and borders with their lengths."""
    beside: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for one, other, length in borders:
        beside[one].append((other, length))
        beside[other].append((one, length))
    found = list(takers)
    while True:
        now = {place: _longest(beside[place], found) for place in range(count) if found[place] == NONE}
        now = {place: taker for place, taker in now.items() if taker != NONE}
        if not now:
            return tuple(found)
        for place, taker in now.items():
            found[place] = taker


def _longest(beside: Sequence[tuple[int, float]], takers: Sequence[int]) -> int:
    sums: defaultdict[int, float] = defaultdict(float)
    for other, length in beside:
        if takers[other] != NONE:
            sums[takers[other]] += length
    return min(sums, key=lambda taker: (-sums[taker], taker)) if sums else NONE


def shares(
    first: Sequence[str], second: Sequence[str], weights: Sequence[int]
) -> tuple[tuple[str, str, int, float, float], ...]:
    """A crosswalk of two columns by weight: both codes, the weight that they share, and which share that is of either."""
    both: defaultdict[tuple[str, str], int] = defaultdict(int)
    totals: tuple[defaultdict[str, int], defaultdict[str, int]] = (defaultdict(int), defaultdict(int))
    for one, other, weight in zip(first, second, weights, strict=True):
        both[one, other] += weight
        totals[0][one] += weight
        totals[1][other] += weight
    return tuple(
        (one, other, count, _ratio(count, totals[0][one]), _ratio(count, totals[1][other]))
        for (one, other), count in sorted(both.items())
    )


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
