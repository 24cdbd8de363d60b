"""All departments' grids as one: places, duties covered twice, places that nobody covers, proposed cells, crosswalks."""

import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.kernels.merging import nearest, shares
from pianqu.kernels.overlay.findings import Finding
from pianqu.rooms.planning.models import Closing, Merge
from pianqu.rooms.planning.queries.departments import DepartmentCellCard, department_cells, finding_of
from pianqu.rooms.territory import queries as territory

MERGE = "merge"
"""The kind of its run."""
COMMUNITY, OWN, DEPARTMENT, MERGED = "community", "cells", "department", "merged"
NEW, PRESENT = "new", "present"
"""How cells are made: anew within the communities, or as they are now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCard:
    """A merge without its content. `left` counts the places that nobody answers for yet."""

    merge_id: uuid.UUID
    on: date
    asked: Mapping[str, Any]
    digest: str
    atoms: int
    cells: int
    uncovered: int
    left: int
    asked_at: datetime
    kept_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LayerCard:
    """One of the systems that were laid over one another."""

    name: str
    kind: str
    grid_id: uuid.UUID | None
    system: str
    keep: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingCard:
    """Who answers for a place that no department covered: a proposed cell's departments, or a department's cell."""

    place: int
    cell: int
    grid_id: uuid.UUID | None
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProposal:
    """A proposed cell. `fits` tells whether it keeps to the households asked for."""

    number: int
    code: str
    name: str
    community_code: str
    households: int
    population: int | None
    area_m2: int
    fits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyTwice:
    """A duty that several departments have in the same places."""

    duty: str
    layers: tuple[str, ...]
    places: tuple[int, ...]
    communities: tuple[str, ...]
    households: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """A neighbour that can answer for a place, and along how many metres they touch."""

    cell: int
    grid_id: uuid.UUID | None
    code: str
    layer: str
    metres: int

    @property
    def key(self) -> str:
        """As a form sends it."""
        return f"{self.grid_id}:{self.code}" if self.grid_id else f"cell:{self.cell}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """A place that no department covers, with who could take it, the longest border first."""

    place: int
    community_code: str
    cell: int
    households: int
    area_m2: int
    takers: tuple[Taker, ...]
    closing: ClosingCard | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What a proposed cell takes over of a department's cell, and which share of that one's households live in it."""

    cell: int
    layer: str
    code: str
    name: str
    households: int
    share: float
    most: bool
    """No other proposed cell has more of it: its workers come here."""
    duties: tuple[str, ...]
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossRow:
    """What two cells of two systems share."""

    one: str
    other: str
    count: int
    there: float
    back: float


class MergeWhole:
    """A merge with everything in it. What it answers is computed once, without the database."""

    def __init__(
        self,
        merge_id: uuid.UUID,
        content: Mapping[str, Any],
        cells: Mapping[uuid.UUID, Mapping[str, DepartmentCellCard]],
        closings: Sequence[ClosingCard],
    ) -> None:
        self.merge_id, self.content = merge_id, content
        self.department_cells = cells
        self.closings = {one.place: one for one in closings}
        self.layers = tuple(_layer(one) for one in content["layers"])
        self.households: Sequence[int] = content["households"]
        self.areas: Sequence[int] = content["areas"]

    @cached_property
    def part(self) -> tuple[int, ...]:
        """Each place's proposed cell; a place that was closed into another cell counts there."""
        moved = {place: one.cell for place, one in self.closings.items() if one.cell >= 0}
        return tuple(moved.get(place, cell) for place, cell in enumerate(self.content["part"]))

    @property
    def departments(self) -> tuple[LayerCard, ...]:
        return tuple(layer for layer in self.layers if layer.kind == DEPARTMENT)

    def column(self, layer: str) -> tuple[str, ...]:
        """Each place's cell in a system, by code; MERGED names the proposed cells."""
        if layer == MERGED:
            return tuple(self.content["cells"][cell]["code"] for cell in self.part)
        at = next(number for number, one in enumerate(self.layers) if one.name == layer)
        return tuple(members[at] for members in self.content["members"])

    @cached_property
    def communities(self) -> tuple[str, ...]:
        return self.column(next(layer.name for layer in self.layers if layer.kind == COMMUNITY))

    @cached_property
    def covering(self) -> tuple[tuple[tuple[LayerCard, str], ...], ...]:
        """For each place the departments' cells that cover it, those that took it among them."""
        columns = [(layer, self.column(layer.name)) for layer in self.departments]
        by_grid = {layer.grid_id: layer for layer in self.departments}
        found = []
        for place in range(len(self.areas)):
            own = [(layer, codes[place]) for layer, codes in columns if codes[place]]
            closing = self.closings.get(place)
            if closing and closing.grid_id in by_grid:
                own.append((by_grid[closing.grid_id], closing.code))
            found.append(tuple(own))
        return tuple(found)

    @cached_property
    def bare(self) -> tuple[int, ...]:
        """The places that no department covered when they were laid over one another."""
        columns = [self.column(layer.name) for layer in self.departments]
        return tuple(place for place in range(len(self.areas)) if not any(codes[place] for codes in columns))

    @property
    def left(self) -> tuple[int, ...]:
        """Those for which nobody answers yet."""
        return tuple(place for place in self.bare if place not in self.closings)

    @cached_property
    def proposals(self) -> tuple[CellProposal, ...]:
        homes, areas = _summed(self.part, self.households), _summed(self.part, self.areas)
        people = self.content["population"]
        counted = None if people is None else _summed(self.part, people)
        return tuple(
            CellProposal(
                number=number,
                code=cell["code"],
                name=cell["name"],
                community_code=cell["community"],
                households=homes[number],
                population=None if counted is None else counted[number],
                area_m2=areas[number],
                fits=cell["fits"],
            )
            for number, cell in enumerate(self.content["cells"])
        )

    @cached_property
    def twice(self) -> tuple[DutyTwice, ...]:
        """Duties that several departments have in one place, those with most households first."""
        found: defaultdict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
        for place, covering in enumerate(self.covering):
            who: defaultdict[str, set[str]] = defaultdict(set)
            for layer, code in covering:
                for duty in self._cell(layer, code).duties:
                    who[duty].add(layer.name)
            for duty, layers in who.items():
                if len(layers) > 1:
                    found[duty, tuple(sorted(layers))].append(place)
        rows = [self._twice(duty, layers, places) for (duty, layers), places in found.items()]
        return tuple(sorted(rows, key=lambda row: (-row.households, row.duty, row.layers)))

    def _twice(self, duty: str, layers: tuple[str, ...], places: Sequence[int]) -> DutyTwice:
        return DutyTwice(
            duty=duty,
            layers=layers,
            places=tuple(places),
            communities=tuple(sorted({self.communities[place] for place in places} - {""})),
            households=sum(self.households[place] for place in places),
        )

    def _cell(self, layer: LayerCard, code: str) -> DepartmentCellCard:
        known = self.department_cells.get(layer.grid_id, {}) if layer.grid_id else {}
        grid_id = layer.grid_id or uuid.UUID(int=0)
        return known.get(code) or DepartmentCellCard(grid_id=grid_id, code=code, name=code, duties=(), workers=())

    # places that nobody covers ----------------------------------------------------------------------------------------

    @cached_property
    def _beside(self) -> dict[int, list[tuple[int, int]]]:
        found: defaultdict[int, list[tuple[int, int]]] = defaultdict(list)
        for one, other, metres in self.content["borders"]:
            found[one].append((other, metres))
            found[other].append((one, metres))
        return found

    def uncovered(self) -> tuple[Uncovered, ...]:
        """The open ones first, then by households."""
        rows = [self._uncovered(place) for place in self.bare]
        return tuple(sorted(rows, key=lambda row: (row.closing is not None, -row.households, -row.area_m2)))

    def _uncovered(self, place: int) -> Uncovered:
        return Uncovered(
            place=place,
            community_code=self.communities[place],
            cell=self.part[place],
            households=self.households[place],
            area_m2=self.areas[place],
            takers=self.takers(place),
            closing=self.closings.get(place),
        )

    def takers(self, place: int) -> tuple[Taker, ...]:
        """The departments' cells next to it and the proposed cells there, the longest border first; its own cell last."""
        metres: defaultdict[tuple[int, uuid.UUID | None, str, str], int] = defaultdict(int)
        for other, length in self._beside.get(place, ()):
            for layer, code in self.covering[other]:
                metres[-1, layer.grid_id, code, layer.name] += length
            if self.part[other] != self.part[place]:
                metres[self.part[other], None, "", ""] += length
        metres[self.part[place], None, "", ""] += 0
        rows = [
            Taker(cell=cell, grid_id=grid_id, code=code, layer=layer, metres=length)
            for (cell, grid_id, code, layer), length in metres.items()
        ]
        return tuple(sorted(rows, key=lambda row: (row.grid_id is None, -row.metres, row.layer, row.code, row.cell)))

    def by_longest_border(self) -> tuple[ClosingCard, ...]:
        """A taker for every place that is left: the department's cell next to it with the longest border, going on from those
        that are taken; its own proposed cell where no department is near."""
        names = sorted({(str(layer.grid_id), code) for covering in self.covering for layer, code in covering})
        number = {name: at for at, name in enumerate(names)}
        layers: list[list[tuple[int, int, float]]] = [list(one) for one in self._department_borders(number)]
        takers = [-1] * len(self.areas) + list(range(len(names)))
        edges = [(one, len(self.areas) + other, length) for one, other, length in layers[0]] + layers[1]
        found = nearest(len(takers), edges, takers)
        return tuple(self._closing(place, found[place], names) for place in self.left)

    def _department_borders(
        self, number: Mapping[tuple[str, str], int]
    ) -> tuple[list[tuple[int, int, float]], list[tuple[int, int, float]]]:
        """Borders of open places with departments' cells, and with one another."""
        left, to_cells, between = set(self.left), [], []
        for one, other, metres in self.content["borders"]:
            for here, there in ((one, other), (other, one)):
                if here in left and there not in left:
                    cells = self.covering[there]
                    to_cells += [(here, number[str(layer.grid_id), code], float(metres)) for layer, code in cells]
            if one in left and other in left:
                between.append((one, other, float(metres)))
        return to_cells, between

    def _closing(self, place: int, taker: int, names: Sequence[tuple[str, str]]) -> ClosingCard:
        if taker < 0:
            return ClosingCard(place=place, cell=self.part[place], grid_id=None, code="")
        grid_id, code = names[taker]
        return ClosingCard(place=place, cell=-1, grid_id=uuid.UUID(grid_id), code=code)

    # what is carried over ---------------------------------------------------------------------------------------------

    @cached_property
    def carried(self) -> tuple[Carried, ...]:
        """For each proposed cell what it takes over, by cell and system. Shares go by households, by ground where a
        department's cell has none."""
        sums: defaultdict[tuple[LayerCard, str], defaultdict[int, list[int]]] = defaultdict(
            lambda: defaultdict(lambda: [0, 0])
        )
        for place, covering in enumerate(self.covering):
            for layer, code in covering:
                held = sums[layer, code][self.part[place]]
                held[0] += self.households[place]
                held[1] += self.areas[place]
        rows = [row for (layer, code), held in sums.items() for row in self._carried(layer, code, held)]
        return tuple(sorted(rows, key=lambda row: (row.cell, row.layer, -row.share, row.code)))

    def _carried(self, layer: LayerCard, code: str, held: Mapping[int, Sequence[int]]) -> Iterable[Carried]:
        by = 0 if any(homes for homes, _area in held.values()) else 1
        total = sum(one[by] for one in held.values())
        home = min(held, key=lambda cell: (-held[cell][by], cell))
        known = self._cell(layer, code)
        for cell, one in held.items():
            if one[by] or cell == home:
                yield Carried(
                    cell=cell,
                    layer=layer.name,
                    code=code,
                    name=known.name,
                    households=one[0],
                    share=one[by] / total if total else 1.0,
                    most=cell == home,
                    duties=known.duties,
                    workers=known.workers,
                )

    def crosswalk(self, first: str, second: str) -> tuple[CrossRow, ...]:
        """Any two systems by households, exactly; by square metres where nobody counted households."""
        weights = self.households if any(self.households) else self.areas
        found = shares(self.column(first), self.column(second), weights)
        return tuple(CrossRow(one=a, other=b, count=n, there=there, back=back) for a, b, n, there, back in found if n)

    def names_of(self, layer: str) -> Mapping[str, str]:
        """What the cells of any of the systems are called, by code."""
        if layer == MERGED:
            return {cell.code: cell.name for cell in self.proposals}
        if layer == COMMUNITY:
            return {code: place.name for code, place in territory.places().items()}
        if layer == OWN:
            return {cell.code: cell.name for cell in territory.cells(on=date.fromisoformat(self.content["on"]))}
        card = next((one for one in self.departments if one.name == layer), None)
        known = self.department_cells.get(card.grid_id, {}) if card and card.grid_id else {}
        return {code: cell.name for code, cell in known.items()}


def _layer(one: Mapping[str, Any]) -> LayerCard:
    return LayerCard(
        name=one["name"],
        kind=one["kind"],
        grid_id=uuid.UUID(one["grid"]) if one["grid"] else None,
        system=one["system"],
        keep=one["keep"],
    )


def _summed(part: Sequence[int], counts: Sequence[int]) -> dict[int, int]:
    held: defaultdict[int, int] = defaultdict(int)
    for cell, count in zip(part, counts, strict=True):
        held[cell] += count
    return held


def merges() -> tuple[MergeCard, ...]:
    """The latest first. Two statements."""
    rows = list(Merge.objects.defer("content", "shapes", "findings").order_by("-asked_at", "-id")[:20])
    closed: defaultdict[uuid.UUID, int] = defaultdict(int)
    for merge_id in Closing.objects.filter(merge__in=rows).values_list("merge_id", flat=True):
        closed[merge_id] += 1
    return tuple(_card(row, closed[row.id]) for row in rows)


def merge_card(merge_id: uuid.UUID) -> MergeCard:
    """Raises Absent. Two statements."""
    row = Merge.objects.defer("content", "shapes", "findings").filter(id=merge_id).first()
    if row is None:
        raise _absent()
    return _card(row, Closing.objects.filter(merge_id=merge_id).count())


def merge_whole(merge_id: uuid.UUID) -> MergeWhole:
    """Raises Absent before it is computed. Five statements at most."""
    digest = Merge.objects.filter(id=merge_id).values_list("digest", flat=True).first()
    if not digest:
        raise _absent()
    content, cells = _kept(merge_id, digest)
    rows = Closing.objects.filter(merge_id=merge_id).order_by("place")
    closings = [
        ClosingCard(place=place, cell=cell, grid_id=grid_id, code=code)
        for place, cell, grid_id, code in rows.values_list("place", "cell", "grid_id", "code")
    ]
    return MergeWhole(merge_id, content, cells, closings)


@lru_cache(maxsize=2)
def _kept(merge_id: uuid.UUID, _digest: str) -> tuple[dict[str, Any], dict[uuid.UUID, dict[str, DepartmentCellCard]]]:
    """A merge that was kept never changes, nor do the grids that were taken."""
    content: dict[str, Any] = json.loads(Merge.objects.values_list("content", flat=True).get(id=merge_id))
    grids = [uuid.UUID(layer["grid"]) for layer in content["layers"] if layer["grid"]]
    return content, department_cells(grids)


def merge_shapes(merge_id: uuid.UUID) -> list[Any]:
    """The geometries of the places in their order. Raises Absent. One statement."""
    text = Merge.objects.filter(id=merge_id).exclude(shapes="").values_list("shapes", flat=True).first()
    if text is None:
        raise _absent()
    return [feature["geometry"] for feature in json.loads(text)["features"]]


def merge_findings(merge_id: uuid.UUID) -> tuple[Finding, ...]:
    """One statement."""
    kept = Merge.objects.filter(id=merge_id).values_list("findings", flat=True).first()
    return tuple(finding_of(one) for one in kept or ())


def _absent() -> Absent:
    return Absent("merge-absent", _("There is no such merge, or it is not computed yet."))


def _card(row: Merge, closed: int) -> MergeCard:
    return MergeCard(
        merge_id=row.id,
        on=row.on,
        asked=row.asked,
        digest=row.digest,
        atoms=row.atoms,
        cells=row.cells,
        uncovered=row.uncovered,
        left=max(0, row.uncovered - closed),
        asked_at=row.asked_at,
        kept_at=row.kept_at,
    )
