"""From a plan to a grid that territory can adopt: clusters over the cells that are, or new cells in the clusters that are."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Refused, unchanged
from pianqu.kernels import rings
from pianqu.kernels.partition.records import Written
from pianqu.rooms.planning.queries import Board
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import MICRO, ORDINARY, CellCard, VersionCard
from pianqu.rooms.territory.services import NewCell, NewCluster


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """What is adopted."""

    cells: tuple[NewCell, ...]
    clusters: tuple[NewCluster, ...]
    names: tuple[Mapping[str, str], ...]
    """The draft's names, with the codes that were given."""


def clusters_grid(written: Written, board: Board, _shapes: str) -> Grid:
    """New clusters over the cells of the latest grid."""
    latest = _latest()
    names = tuple(_coded(board.names))
    clusters = tuple(
        NewCluster(
            code=one["code"],
            name=one["name"],
            community_codes=[written.keys[unit] for unit, its in enumerate(board.part) if its == number],
            centre_code=one["centre_code"],
        )
        for number, one in enumerate(names)
    )
    return Grid(cells=tuple(_as_they_are(latest)), clusters=clusters, names=names)


def _latest() -> VersionCard:
    known = territory.versions()
    if not known:
        sentence = _("No grid is in force yet: cells are taken in or drafted first, then clusters.")
        raise Refused("grid-missing", unchanged(sentence))
    return known[0]


def _as_they_are(version: VersionCard, kinds: Sequence[str] = territory.CELL_KINDS) -> Iterator[NewCell]:
    shapes = territory.cell_shapes(version.version_id)
    for card in territory.cells(on=version.valid_from):
        if card.kind in kinds:
            yield _same(card, shapes[card.code])


def _same(card: CellCard, geometry: Any, parent_code: str | None = None) -> NewCell:
    return NewCell(
        code=card.code,
        name=card.name,
        kind=card.kind,
        community_code=card.community_code,
        geometry=geometry,
        lon=card.lon,
        lat=card.lat,
        special_kind=card.special_kind,
        parent_code=card.parent_code if parent_code is None else parent_code,
    )


def _coded(names: Sequence[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    """Clusters without a code get one that no grid ever had."""
    taken = {card.code for version in territory.versions() for card in territory.clusters(on=version.valid_from)}
    taken |= {one["code"] for one in names}
    number = 0
    for one in names:
        if one["code"]:
            yield one
            continue
        while f"p{number:03}" in taken:
            number += 1
        taken.add(f"p{number:03}")
        yield {**one, "code": f"p{number:03}"}


# cells ---------------------------------------------------------------------------------------------------------------


def cells_grid(written: Written, board: Board, shapes: str) -> Grid:
    """New ordinary cells; special ones, micro-cells and clusters as they are. A micro-cell belongs to the new cell around it."""
    latest = _latest()
    names = cell_names(written, board)
    made = [
        _dissolved(one, ground, _community(written, board, number))
        for number, (one, ground) in enumerate(zip(names, _grounds(board, shapes), strict=True))
    ]
    special = list(_as_they_are(latest, (territory.SPECIAL,)))
    micro = list(_micro(latest, made, {cell.code for cell in special}))
    clusters = tuple(
        NewCluster(code=card.code, name=card.name, community_codes=card.community_codes, centre_code=card.centre_code)
        for card in territory.clusters(on=latest.valid_from)
    )
    return Grid(cells=(*made, *special, *micro), clusters=clusters, names=names)


def _community(written: Written, board: Board, number: int) -> str:
    unit = board.part.index(number)
    codes: Sequence[str] = written.sources["group_codes"]
    return codes[written.groups[unit]]


def _grounds(board: Board, shapes: str) -> list[Any]:
    drawn = shapely.get_parts(shapely.from_geojson(shapes))
    members: list[list[Any]] = [[] for _ in board.names]
    for shape, number in zip(drawn, board.part, strict=True):
        members[number].append(shape)
    return [shapely.union_all(some) for some in members]


def _dissolved(one: Mapping[str, str], ground: Any, community: str) -> NewCell:
    drawn = rings.drawn(rings.as_geojson(ground))
    return NewCell(
        code=one["code"],
        name=one["name"],
        kind=ORDINARY,
        community_code=community,
        geometry=drawn.geometry,
        lon=drawn.lon,
        lat=drawn.lat,
    )


def cell_names(written: Written, board: Board) -> tuple[Mapping[str, str], ...]:
    """A cell keeps the code of the present one with which it shares most households; others get the next of their community that
    no grid ever had: an old matter names its cell by code."""
    kept = _kept_codes(written, board)
    taken = set(territory.codes_of_cells())
    known = {one["code"]: one["name"] for one in written.now}
    found = []
    for number, one in enumerate(board.names):
        code = kept.get(number) or _next_code(_community(written, board, number), taken)
        taken.add(code)
        is_fresh = not one["code"]
        name = known.get(code) or _("%(place)s cell %(number)s") % {
            "place": written.sources["groups"][written.groups[board.part.index(number)]],
            "number": int(code[-3:]),
        }
        found.append(
            {"code": code, "name": name if is_fresh or one["code"] != code else one["name"], "centre_code": ""}
        )
    return tuple(found)


def _kept_codes(written: Written, board: Board) -> dict[int, str]:
    shared: Counter[tuple[int, int]] = Counter()
    for unit, (number, home) in enumerate(zip(board.part, written.units.home, strict=True)):
        if home >= 0:
            shared[number, home] += written.units.households[unit]
    found: dict[int, str] = {}
    given: set[str] = set()
    for (number, home), _count in sorted(shared.items(), key=lambda one: (-one[1], one[0])):
        code = written.now[home]["code"]
        if number not in found and code not in given:
            found[number] = code
            given.add(code)
    return found


def _next_code(community: str, taken: set[str]) -> str:
    free = next((code for n in range(1, 1_000) if (code := f"{community}{n:03}") not in taken), None)
    if free is None:
        sentence = _("Community %(code)s has used all 999 numbers of cells, so no more can be named.")
        raise Refused("codes-spent", unchanged(sentence % {"code": community}))
    return free


def _micro(latest: VersionCard, made: Sequence[NewCell], special: set[str]) -> Iterator[NewCell]:
    """Where the point of a micro-cell lies, there it belongs."""
    shapes = territory.cell_shapes(latest.version_id)
    grounds = [shapely.geometry.shape(dict(cell.geometry)) for cell in made]
    tree = shapely.STRtree(grounds)
    for card in territory.cells(on=latest.valid_from):
        if card.kind != MICRO:
            continue
        if card.parent_code in special:
            yield _same(card, shapes[card.code])
            continue
        nearest = tree.nearest(shapely.Point(card.lon, card.lat))
        yield _same(card, shapes[card.code], made[int(nearest)].code)
