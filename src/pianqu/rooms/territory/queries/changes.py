"""What another grid changes: worked out from two versions and the households of that time, and read as the reader kept it."""

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from pianqu.kernels import succession
from pianqu.kernels.succession import Part
from pianqu.rooms.territory.models import CellPart, CommunityMove, GridCell, GridChange, GridVersion, PeopleMove
from pianqu.rooms.territory.queries.buildings import building_roll, buildings_in
from pianqu.rooms.territory.queries.grids import (
    MICRO,
    VersionCard,
    clusters_in,
    former_of,
    staffed,
    version,
    versions,
)

CHANGES = "territory.changes"
"""The reader that keeps what changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A community in another cluster than before; a code is empty for no cluster, households are None without a roll."""

    community_code: str
    old_code: str
    new_code: str
    households: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """How a version differs from the one in force before it."""

    version_id: uuid.UUID
    former_id: uuid.UUID
    roll_id: uuid.UUID | None
    kept: tuple[str, ...]
    gone: tuple[str, ...]
    new: tuple[str, ...]
    parts: tuple[Part, ...]
    communities: tuple[Moved, ...]
    households: int
    moved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartCard:
    """What of an old cell lies in a new one ("" for none)."""

    old_code: str
    new_code: str
    households: int
    share: float
    by_area: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleCard:
    """How many posts of an old cell went to a new one; no new cell: nobody could be carried over."""

    old_code: str
    new_code: str
    posts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCard:
    """What changed, as it was kept when the adoption was heard."""

    version_id: uuid.UUID
    former_id: uuid.UUID
    by_households: bool
    """Whether there was a roll of buildings; else all shares are by area."""
    kept: int
    gone: int
    new: int
    households: int
    moved: int
    communities: tuple[Moved, ...]
    parts: tuple[PartCard, ...]
    """Old cells that do not go on whole under their code."""
    carried_on: date | None
    people: tuple[PeopleCard, ...]


def change_of(version_id: uuid.UUID) -> Change | None:
    """Worked out from versions and a roll that never change. None for the first version and for an unknown one."""
    card = next((one for one in versions() if one.version_id == version_id), None)
    former = former_of(card) if card else None
    return _worked_out(card, former) if card and former else None


@lru_cache(maxsize=2)
def _worked_out(card: VersionCard, former: VersionCard) -> Change:
    roll = building_roll(as_of=card.adopted_at)
    homes = buildings_in(roll.roll_id) if roll else ()
    old, new = _shapes(former.version_id), _shapes(card.version_id)
    points = [(one.lon, one.lat, one.households) for one in homes]
    whole = succession.parts(_level(old, False), _level(new, False), points)
    micro = succession.parts(_level(old, True), _level(new, True), points)
    by_community: Counter[str] = Counter()
    for one in homes:
        by_community[one.community_code] += one.households
    return Change(
        version_id=card.version_id,
        former_id=former.version_id,
        roll_id=roll.roll_id if roll else None,
        kept=tuple(sorted(set(old) & set(new))),
        gone=tuple(sorted(set(old) - set(new))),
        new=tuple(sorted(set(new) - set(old))),
        parts=(*whole, *micro),
        communities=_moved(former, card, by_community if roll else None),
        households=sum(part.households for part in whole),
        moved=sum(part.households for part in whole if part.new != part.old),
    )


def _shapes(version_id: uuid.UUID) -> dict[str, tuple[bool, Mapping[str, Any]]]:
    """Code → whether it is a micro-cell, and its geometry."""
    rows = GridCell.objects.filter(version_id=version_id).values_list("code", "kind", "geometry")
    return {code: (kind == MICRO, geometry) for code, kind, geometry in rows}


def _level(found: Mapping[str, tuple[bool, Mapping[str, Any]]], micro: bool) -> dict[str, Mapping[str, Any]]:
    return {code: geometry for code, (is_micro, geometry) in found.items() if is_micro == micro}


def _moved(former: VersionCard, card: VersionCard, households: Counter[str] | None) -> tuple[Moved, ...]:
    old, new = (
        {code: one.code for one in clusters_in(id_) for code in one.community_codes}
        for id_ in (former.version_id, card.version_id)
    )
    return tuple(
        Moved(
            community_code=code,
            old_code=old.get(code, ""),
            new_code=new.get(code, ""),
            households=households[code] if households is not None else None,
        )
        for code in sorted({*old, *new})
        if old.get(code, "") != new.get(code, "")
    )


def to_carry(*, on: date) -> tuple[uuid.UUID, ...]:
    """Versions in force by a day whose people were not carried over yet, the earliest first. Two statements."""
    rows = GridVersion.objects.filter(carried_at=None, valid_from__lte=on)
    rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=F("valid_from"))).order_by("valid_from")
    waiting = set(rows.values_list("id", flat=True))
    return tuple(card.version_id for card in reversed(versions()) if card.version_id in waiting and former_of(card))


def change(version_id: uuid.UUID) -> ChangeCard | None:
    """What changed, as the reader kept it; None for the first version and before its adoption was heard. Four statements."""
    row = GridChange.objects.filter(version_id=version_id).first()
    if row is None:
        return None
    moves = CommunityMove.objects.filter(change=row).order_by("old_code", "new_code", "community_code")
    parts = CellPart.objects.filter(change=row).order_by("old_code", "-share", "new_code")
    people = PeopleMove.objects.filter(change=row).order_by("old_code")
    return ChangeCard(
        version_id=row.version_id,
        former_id=row.former_id,
        by_households=row.roll_id is not None,
        kept=row.kept,
        gone=row.gone,
        new=row.new,
        households=row.households,
        moved=row.moved,
        communities=tuple(
            Moved(
                community_code=one.community_code,
                old_code=one.old_code,
                new_code=one.new_code,
                households=one.households,
            )
            for one in moves
        ),
        parts=tuple(
            PartCard(
                old_code=one.old_code,
                new_code=one.new_code,
                households=one.households,
                share=one.share,
                by_area=one.by_area,
            )
            for one in parts
        ),
        carried_on=row.carried_on,
        people=tuple(PeopleCard(old_code=one.old_code, new_code=one.new_code, posts=one.posts) for one in people),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeHead:
    """The figures of a change."""

    communities: int
    by_households: bool
    kept: int
    gone: int
    new: int
    households: int
    moved: int


def change_heads() -> dict[uuid.UUID, ChangeHead]:
    """The figures of every version that was heard and has one before it. One statement."""
    names = ("kept", "gone", "new", "households", "moved")
    moves = CommunityMove.objects.filter(change=OuterRef("pk")).order_by().values("change")
    many = Coalesce(Subquery(moves.annotate(many=Count("id")).values("many")), 0)
    rows = GridChange.objects.annotate(many=many).values("version_id", "roll_id", "many", *names)
    return {
        row["version_id"]: ChangeHead(
            communities=row["many"],
            by_households=row["roll_id"] is not None,
            **{name: row[name] for name in names},
        )
        for row in rows
    }


def to_staff(version_id: uuid.UUID) -> tuple[str, ...]:
    """Cells that this version has and the one before had not, and that will have no leader on its first day, micro-cells apart.

    A leader who will follow the ground of a cell counts, as the reader kept it: a page works nothing out. Five statements.
    """
    card = version(version_id)
    former = former_of(card)
    if former is None:
        return ()
    rows = GridCell.objects.filter(version_id__in=(former.version_id, version_id))
    found = set(rows.values_list("version_id", "code", "kind"))
    old = {code for id_, code, _kind in found if id_ == former.version_id}
    new = {code: kind for id_, code, kind in found if id_ == version_id}
    led = staffed(on=card.valid_from)
    if not GridVersion.objects.filter(id=version_id, carried_at__isnull=False).exists():
        led |= {heir for code, heir in _heirs(version_id) if code in led and code not in new}
    return tuple(sorted(code for code, kind in new.items() if kind != MICRO and code not in old and code not in led))


def _heirs(version_id: uuid.UUID) -> tuple[tuple[str, str], ...]:
    """Old cells and the new ones that hold most of them (kernels.succession.heirs)."""
    rows = CellPart.objects.filter(change__version_id=version_id, share__gte=succession.MOST_OF_IT).exclude(new_code="")
    return tuple(rows.values_list("old_code", "new_code"))


def reason_of(version_id: uuid.UUID) -> str:
    """Why a version was reverted by this one, in the words of who did it; empty for other versions. One statement."""
    return GridVersion.objects.filter(id=version_id).values_list("reason", flat=True).first() or ""
