"""The grid: which cell a point lies in on a day, who works there, what may be handed to it. Kept until a version is adopted."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.db import fetch
from pianqu.foundation.errors import Absent
from pianqu.kernels import rings
from pianqu.kernels.locate import CellIndex, Located
from pianqu.rooms.territory import sql
from pianqu.rooms.territory.models import (
    CellPerson,
    Cluster,
    ClusterCommunity,
    EntryItem,
    GridCell,
    GridVersion,
)
from pianqu.rooms.territory.queries.places import counted, outlines

ORDINARY, SPECIAL, MICRO = "ordinary", "special", "micro"
CELL_KINDS = (ORDINARY, SPECIAL, MICRO)
SPECIAL_KINDS = ("market", "campus", "hospital", "park", "office")
CELL_ROLES = ("leader", "full_time", "part_time", "adviser", "other")


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionCard:
    """A grid with the days on which it is in force, half-open."""

    version_id: uuid.UUID
    valid_from: date
    valid_to: date | None
    source: str
    synthetic: bool
    digest: str
    adopted_at: datetime
    reverts: uuid.UUID | None = None
    """The version that was a mistake, where this one took its place."""

    @property
    def is_void(self) -> bool:
        """It was taken back before its first day."""
        return self.valid_to == self.valid_from


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCard:
    """A cell as others show it; its geometry is asked for with `cell_shapes`."""

    code: str
    name: str
    kind: str
    special_kind: str
    parent_code: str
    community_code: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCard:
    """Communities that are governed together."""

    code: str
    name: str
    centre_code: str
    community_codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlace:
    """Where a point lies in the grid of a day. `how`: inside, gap (nearest cell so many metres away), outside (no codes)."""

    cell_code: str
    micro_code: str
    community_code: str
    cluster_code: str
    version_id: uuid.UUID | None
    how: str
    distance_m: float


NOWHERE = CellPlace(
    cell_code="", micro_code="", community_code="", cluster_code="", version_id=None, how="outside", distance_m=0.0
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCard:
    """A post of a cell."""

    role: str
    post_id: uuid.UUID
    valid_from: date


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryAnswer:
    """Whether a matter may be handed to a cell, and what the list says of it."""

    allowed: bool
    list_name: str
    article: str


@dataclass(frozen=True, slots=True)
class _Grid:
    cells: Mapping[str, CellCard]
    clusters: Mapping[str, ClusterCard]
    cluster_of: Mapping[str, str]
    whole: CellIndex
    micro: CellIndex


def versions() -> tuple[VersionCard, ...]:
    """Every version, the latest first."""
    return _versions(fetch(sql.how_many())[0][2])


@lru_cache(maxsize=1)
def _versions(_count: int) -> tuple[VersionCard, ...]:
    return tuple(
        VersionCard(
            version_id=row.id,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            source=row.source,
            synthetic=row.synthetic,
            digest=row.digest,
            adopted_at=row.adopted_at,
            reverts=row.reverts,
        )
        for row in GridVersion.objects.order_by("-valid_from", "-adopted_at")
    )


def forget_grids() -> None:
    """Read versions anew at the next question: a verb adopted one."""
    _versions.cache_clear()
    cluster_shapes.cache_clear()
    counted.forget()


def version_on(on: date) -> VersionCard | None:
    """The version in force on a day; None before the first one. One statement."""
    return _in_force(versions(), on)


def _in_force(known: Sequence[VersionCard], on: date) -> VersionCard | None:
    return next((v for v in known if v.valid_from <= on and (v.valid_to is None or on < v.valid_to)), None)


def version(version_id: uuid.UUID) -> VersionCard:
    """Raises Absent for an unknown one. One statement."""
    found = next((card for card in versions() if card.version_id == version_id), None)
    if found is None:
        raise Absent("grid-absent", _("There is no such version of the grid."))
    return found


def former_of(card: VersionCard) -> VersionCard | None:
    """The version in force on the day before this one begins; None for the first. One statement."""
    return version_on(card.valid_from - timedelta(days=1))


def earlier_than(version_id: uuid.UUID) -> tuple[VersionCard, ...]:
    """The versions to which one can go back from this one: what was adopted before it, that in force before it first.

    One statement.
    """
    known = versions()
    mistake = next((card for card in known if card.version_id == version_id), None)
    if mistake is None:
        return ()
    before = _in_force(known, mistake.valid_from - timedelta(days=1))
    older = [card for card in known if card.adopted_at < mistake.adopted_at and card != before]
    return (*((before,) if before else ()), *older)


def first_day_back(valid_from: date, today: date) -> date:
    """The first day from which a grid can be taken back that holds from `valid_from` on: its own first day while that lies
    ahead, else tomorrow."""
    return valid_from if valid_from > today else today + timedelta(days=1)


@lru_cache(maxsize=3)
def _grid(version_id: uuid.UUID) -> _Grid:
    """A version never changes once it is adopted, so it is read once in a process."""
    rows = list(GridCell.objects.filter(version_id=version_id).order_by("code"))
    clusters, cluster_of = _clusters(version_id)
    return _Grid(
        cells={row.code: _card(row) for row in rows},
        clusters=clusters,
        cluster_of=cluster_of,
        whole=CellIndex({row.code: row.geometry for row in rows if row.kind != MICRO}),
        micro=CellIndex({row.code: row.geometry for row in rows if row.kind == MICRO}),
    )


def _card(row: GridCell) -> CellCard:
    return CellCard(
        code=row.code,
        name=row.name,
        kind=row.kind,
        special_kind=row.special_kind,
        parent_code=row.parent_code,
        community_code=row.community_code,
        lon=row.lon,
        lat=row.lat,
    )


@lru_cache(maxsize=3)
def _clusters(version_id: uuid.UUID) -> tuple[dict[str, ClusterCard], dict[str, str]]:
    members: dict[uuid.UUID, list[str]] = {}
    rows = ClusterCommunity.objects.filter(version_id=version_id).order_by("community_code")
    for cluster_id, community in rows.values_list("cluster_id", "community_code"):
        members.setdefault(cluster_id, []).append(community)
    cards = {
        row.code: ClusterCard(
            code=row.code, name=row.name, centre_code=row.centre_code, community_codes=tuple(members.get(row.id, ()))
        )
        for row in Cluster.objects.filter(version_id=version_id).order_by("code")
    }
    return cards, {community: card.code for card in cards.values() for community in card.community_codes}


def _on(on: date) -> tuple[VersionCard, _Grid] | None:
    version = version_on(on)
    return (version, _grid(version.version_id)) if version else None


def locate_cell(*, lon: float, lat: float, on: date) -> CellPlace:
    """The cell of a point on a day, in one statement; NOWHERE before the first grid and far from every cell."""
    found = _on(on)
    if not found:
        return NOWHERE
    answer = found[1].whole.locate(lon, lat)
    micro = found[1].micro.locate(lon, lat, near_m=0.0) if answer.key and answer.how == "inside" else None
    return _placed(*found, answer, micro)


def locate_cells(points: Sequence[tuple[float, float]], *, on: date) -> tuple[CellPlace, ...]:
    """The cells of many points (longitude, latitude) in their order, in one statement."""
    found = _on(on)
    if not found:
        return (NOWHERE,) * len(points)
    answers = found[1].whole.locate_many([lon for lon, _lat in points], [lat for _lon, lat in points])
    inside = [at for at, answer in enumerate(answers) if answer.key and answer.how == "inside"]
    small = found[1].micro.locate_many([points[at][0] for at in inside], [points[at][1] for at in inside], near_m=0.0)
    micro = dict(zip(inside, small, strict=True))
    return tuple(_placed(*found, answer, micro.get(at)) for at, answer in enumerate(answers))


def _placed(version: VersionCard, grid: _Grid, found: Located, micro: Located | None) -> CellPlace:
    if not found.key:
        return NOWHERE
    community = grid.cells[found.key].community_code
    return CellPlace(
        cell_code=found.key,
        micro_code=micro.key if micro and micro.how == "inside" else "",
        community_code=community,
        cluster_code=grid.cluster_of.get(community, ""),
        version_id=version.version_id,
        how=found.how,
        distance_m=found.distance_m,
    )


def cells(*, on: date, community_code: str = "") -> tuple[CellCard, ...]:
    """The cells of a day, by code; of one community or all."""
    found = _on(on)
    if not found:
        return ()
    return tuple(c for c in found[1].cells.values() if community_code in ("", c.community_code))


def cell(code: str, *, on: date) -> CellCard:
    """Raises Absent for a code that the day's grid does not have."""
    found = _on(on)
    if not found or code not in found[1].cells:
        raise Absent("cell-absent", _("There is no such cell."))
    return found[1].cells[code]


def clusters(*, on: date) -> tuple[ClusterCard, ...]:
    """The clusters of a day, by code."""
    return _drawn(version_on(on))


def clusters_among(count: int, on: date) -> tuple[ClusterCard, ...]:
    """The clusters of a day, where somebody has counted the versions already. No statement but for what was not read yet."""
    return _drawn(_in_force(_versions(count), on))


def _drawn(version: VersionCard | None) -> tuple[ClusterCard, ...]:
    return clusters_in(version.version_id) if version else ()


def clusters_in(version_id: uuid.UUID) -> tuple[ClusterCard, ...]:
    """The clusters of a version, by code. Two statements for the first time."""
    return tuple(_clusters(version_id)[0].values())


def cluster_of(community_code: str, *, on: date) -> ClusterCard | None:
    """The cluster that a community belongs to on a day."""
    version = version_on(on)
    cards, of = _clusters(version.version_id) if version else ({}, {})
    return cards.get(of.get(community_code, ""))


def cell_names(version_ids: Sequence[uuid.UUID]) -> dict[str, str]:
    """Code → name of all cells of these versions, the later one's where both have the code. One statement."""
    rows = GridCell.objects.filter(version_id__in=version_ids).order_by("version__valid_from")
    return dict(rows.values_list("code", "name"))


def codes_of_cells() -> frozenset[str]:
    """Every code that a cell of any grid ever had. One statement."""
    return frozenset(GridCell.objects.values_list("code", flat=True).distinct())


def cell_shapes(version_id: uuid.UUID) -> dict[str, Any]:
    """Code → geometry (WGS 84) of all cells of a version. One statement."""
    return dict(GridCell.objects.filter(version_id=version_id).values_list("code", "geometry"))


@lru_cache(maxsize=2)
def cluster_shapes(version_id: uuid.UUID) -> dict[str, Any]:
    """Cluster code → the ground of its communities as one geometry (WGS 84), without what has no outline."""
    found = {}
    shapes = outlines()
    for card in _grid(version_id).clusters.values():
        if parts := [shapes[code] for code in card.community_codes if code in shapes]:
            found[card.code] = rings.joined(parts)
    return found


def staffed(*, on: date) -> frozenset[str]:
    """Codes of the cells that have a leader on a day. One statement."""
    rows = CellPerson.objects.filter(role="leader", valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))
    return frozenset(rows.values_list("cell_code", flat=True))


def people_of(cell_code: str, *, on: date) -> tuple[PersonCard, ...]:
    """Who works in a cell on a day, the leader first. One statement."""
    return _people(CellPerson.objects.filter(cell_code=cell_code), on).get(cell_code, ())


def all_people(*, on: date) -> dict[str, tuple[PersonCard, ...]]:
    """Who works in each cell on a day, the leader first; cells without anybody are missing. One statement."""
    return _people(CellPerson.objects.all(), on)


def _people(of: QuerySet[CellPerson], on: date) -> dict[str, tuple[PersonCard, ...]]:
    found: dict[str, list[PersonCard]] = {}
    for row in of.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on)):
        card = PersonCard(role=row.role, post_id=row.post_id, valid_from=row.valid_from)
        found.setdefault(row.cell_code, []).append(card)
    return {
        code: tuple(sorted(cards, key=lambda card: (CELL_ROLES.index(card.role), card.post_id)))
        for code, cards in found.items()
    }


def check_entry(*, cell_code: str, category: str, on: date) -> EntryAnswer:
    """Whether a matter of this category may be handed to this cell. Two statements. Raises Absent for an unknown cell.

    What no list holds may not be handed down (网格事项准入).
    """
    kind = cell(cell_code, on=on).kind
    rows = EntryItem.objects.filter(cell_kind=kind, valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))
    found = list(rows.order_by("article"))
    item = next((row for row in found if row.category == category), None)
    if item:
        return EntryAnswer(allowed=True, list_name=item.list_name, article=item.article)
    return EntryAnswer(allowed=False, list_name=found[0].list_name if found else "", article="")


def entry_list(*, on: date) -> tuple[tuple[str, str, str, str], ...]:
    """The whole list of a day: name, kind of cell, category, article."""
    rows = EntryItem.objects.filter(valid_from__lte=on).filter(Q(valid_to=None) | Q(valid_to__gt=on))
    return tuple(
        rows.order_by("list_name", "cell_kind", "article", "category").values_list(
            "list_name", "cell_kind", "category", "article"
        )
    )
