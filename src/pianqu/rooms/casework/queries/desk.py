"""What the desk asks beside its lists: kept lists, how one's matters stand, hand-overs, earlier matters of a caller."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import Statement, fetch
from pianqu.kernels import checkcode
from pianqu.rooms.casework import sql
from pianqu.rooms.casework.lifecycle import HANDLED, OPEN, WAITING, State
from pianqu.rooms.casework.models import Handover, SavedFilter
from pianqu.rooms.casework.queries.cases import CaseFilter, CaseRow, cases_for
from pianqu.rooms.casework.queries.kept import MANY, Kept
from pianqu.rooms.casework.queries.seen import asked_of, dangerous_in, scope_of
from pianqu.rooms.directory import queries as directory

EARLIER = 5
LOOK_BACK = timedelta(days=30)
STANDINGS: Kept[Mapping[str, Sequence[int]]] = Kept(timedelta(seconds=10))


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterCard:
    """A list that a post keeps."""

    filter_id: uuid.UUID
    name: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an organisation's matters stand at one moment."""

    waiting: int
    handled: int
    overdue: int
    soon: int
    answered: int
    mine: int = 0
    asked: int = 0
    danger: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoverCard:
    """What one shift left to the next."""

    handover_id: uuid.UUID
    words: str
    by: str
    handed_at: datetime
    taken_by: str
    taken_at: datetime | None
    standing: Standing
    is_own: bool


def filters_of(actor: Actor) -> tuple[FilterCard, ...]:
    """The lists that the actor's post keeps, by name."""
    rows = SavedFilter.objects.filter(post_id=actor.post_id or "").order_by("name")
    return tuple(FilterCard(filter_id=row.id, name=row.name, query=row.query) for row in rows)


def standing_for(actor: Actor, *, now: datetime) -> Standing:
    """Counts over everything that the actor sees, in one statement beside the scope's.

    Where very many are open they are some seconds old; how many are the organisation's own never is.
    """
    counts = _counts(scope_of(actor), actor.organisation_code, now)

    def over(states: Iterable[str], which: int) -> int:
        return sum(counts[state][which] for state in states if state in counts)

    there, late, soon, decided = range(4)
    return Standing(
        waiting=over(WAITING, there),
        handled=over((*HANDLED, State.PAUSED), there),
        overdue=over(OPEN, late),
        soon=over(OPEN, soon),
        answered=over((State.RESOLVED,), there),
        mine=over((sql.MINE,), there),
        asked=over(OPEN, decided),
        danger=over((sql.DANGER,), there),
    )


def _counts(scope: directory.Scope, organisation_code: str, now: datetime) -> Mapping[str, Sequence[int]]:
    """The numbers of `sql.standing` by state."""

    def count() -> Mapping[str, Sequence[int]]:
        asked = asked_of(scope, (*OPEN, State.RESOLVED), ("id", "state", "due_at", "warn_at"))
        return _by_state(sql.standing(asked, organisation_code, now, dangerous_in(scope))) if asked else {}

    found, is_new = STANDINGS.answer((scope, organisation_code), now=now, count=count, is_kept=_are_many)
    return found if is_new else {**found, **_by_state(sql.mine(organisation_code))}


def _are_many(found: Mapping[str, Sequence[int]]) -> bool:
    return sum(numbers[0] for state, numbers in found.items() if state in OPEN) > MANY


def _by_state(asked: Statement) -> Mapping[str, Sequence[int]]:
    return {state: numbers for state, *numbers in fetch(asked)}


def handovers(actor: Actor, *, most: int = 14) -> tuple[HandoverCard, ...]:
    """The organisation's hand-overs, the latest first."""
    rows = list(Handover.objects.filter(organisation_code=actor.organisation_code).order_by("-handed_at", "-id")[:most])
    names = directory.names_of([a for row in rows for a in (row.by_account, row.taken_by_account) if a])
    return tuple(
        HandoverCard(
            handover_id=row.id,
            words=row.words,
            by=names.get(row.by_account, ""),
            handed_at=row.handed_at,
            taken_by=names.get(row.taken_by_account, "") if row.taken_by_account else "",
            taken_at=row.taken_at,
            standing=Standing(
                waiting=row.waiting, handled=row.handled, overdue=row.overdue, soon=row.soon, answered=row.answered
            ),
            is_own=str(row.by_account) == actor.account_id,
        )
        for row in rows
    )


def earlier(actor: Actor, *, code: str, place_code: str, category: str, now: datetime) -> tuple[CaseRow, ...]:
    """What a caller may mean: the matter of the code, or the latest of the same kind in the same community.

    Only what the actor may see; nothing is searched by person.
    """
    if checkcode.is_valid(checkcode.normalise(code)[:16]):
        return cases_for(actor, filters=CaseFilter(text=code), size=1).rows
    if not (place_code and category):
        return ()
    near = CaseFilter(place_code=place_code, category=category, since=(now - LOOK_BACK).date())
    return cases_for(actor, filters=near, size=EARLIER).rows
