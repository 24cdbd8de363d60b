"""What moved when another grid came into force, asked of all rooms that it concerns: for the page, the table and the door."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal

from django.utils import timezone

from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework.queries import RehomingCard
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.queries import ChangeCard, ChangeHead, ClusterCard, VersionCard

Stage = Literal["first", "void", "waits", "works", "done"]
FIRST: Final = "first"
VOID: Final = "void"
WAITS: Final = "waits"
WORKS: Final = "works"
DONE: Final = "done"
"""The first grid, taken back before its day, waits for its day, its matters and people are being moved, all is moved."""
DUTY_AHEAD = timedelta(days=92)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A version in the list of adoptions."""

    version: VersionCard
    standing: Stage
    head: ChangeHead | None
    cases: int | None
    """Open matters located anew; None while none were."""
    handed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftCentre:
    """A centre without a cluster in the new grid, and what is still meant for it."""

    code: str
    sent_down: tuple[str, ...]
    """What was sent down, by its title."""
    duties: int
    """Turns of duty within three months of the day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Everything that moved with a version. `change` is None for the first one and until its adoption was heard."""

    version: VersionCard
    former: VersionCard | None
    standing: Stage
    change: ChangeCard | None
    rehoming: RehomingCard | None
    to_staff: tuple[str, ...]
    left: tuple[LeftCentre, ...]
    clusters: Mapping[str, ClusterCard]
    """Those of both grids by code, the new ones first asked."""
    cells: Mapping[str, str]
    """Names of the cells of both grids."""


def turns(*, on: date) -> tuple[Turn, ...]:
    """Every version, the latest first. Five statements, whatever their number."""
    heads, known = territory.change_heads(), territory.versions()
    moved = casework.rehomings([card.version_id for card in known])
    waiting = set(territory.to_carry(on=on))
    return tuple(
        Turn(
            version=card,
            standing=FIRST if card == known[-1] else _standing(card, moved.get(card.version_id), waiting, on),
            head=heads.get(card.version_id),
            cases=moved[card.version_id].cases if card.version_id in moved else None,
            handed=moved[card.version_id].handed if card.version_id in moved else 0,
        )
        for card in known
    )


def _standing(card: VersionCard, moved: RehomingCard | None, waiting: Collection[uuid.UUID], on: date) -> Stage:
    if card.is_void:
        return VOID
    if card.valid_from > on:
        return WAITS
    return WORKS if card.version_id in waiting or moved is None or moved.done_at is None else DONE


def report(version_id: uuid.UUID, *, on: date) -> Report:
    """What moved with one version. Raises Absent for an unknown one."""
    card = territory.version(version_id)
    former = territory.former_of(card)
    moved = casework.rehomings([version_id]).get(version_id)
    old = {one.code: one for one in territory.clusters_in(former.version_id)} if former else {}
    new = {one.code: one for one in territory.clusters_in(version_id)}
    return Report(
        version=card,
        former=former,
        standing=_standing(card, moved, territory.to_carry(on=on), on) if former else FIRST,
        change=territory.change(version_id),
        rehoming=moved,
        to_staff=() if card.is_void else territory.to_staff(version_id),
        left=_left(old, new, card.valid_from),
        clusters={**old, **new},
        cells=territory.cell_names([one.version_id for one in (former, card) if one]),
    )


def _left(old: Mapping[str, ClusterCard], new: Mapping[str, ClusterCard], day: date) -> tuple[LeftCentre, ...]:
    """Centres that have no cluster any more."""
    codes = {one.centre_code for one in old.values()} - {one.centre_code for one in new.values()} - {""}
    if not codes:
        return ()
    starts = datetime.combine(day, time.min, timezone.get_default_timezone())
    sent = directory.sent_to(codes, on=day)
    duties = directory.roster(codes, starts, starts + DUTY_AHEAD)
    return tuple(
        LeftCentre(
            code=code,
            sent_down=tuple(one.title for one in sent if one.to_code == code),
            duties=sum(one.organisation_code == code for one in duties),
        )
        for code in sorted(codes)
    )
