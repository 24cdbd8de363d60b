"""Which cases an actor may see: the one place where that is decided, by the directory's scope.

An organisation sees what it received and what it has a part in (条), an area what lies in it (块), a department's station
what its department has a part in on its own ground.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import Statement, question
from pianqu.rooms.casework import rules, sql
from pianqu.rooms.casework.lifecycle import FOLLOWING, OPEN
from pianqu.rooms.casework.models import (
    STREET,
    Case,
    ForceCase,
    ForceMember,
    Forecast,
    JointAnswer,
    PlatformMember,
    Task,
)
from pianqu.rooms.casework.queries.shipped import PLATFORMS, counts_for
from pianqu.rooms.directory import queries as directory

GONE = ("returned", "objected", "replaced")
"""States of a task whose organisation has nothing to do with the case any more."""
HELD = ("given", "working", "done", "withdrawn")
"""All others."""
COMMUNITY = 12
"""Digits of a code that names one community and nothing beneath it."""
AREAS = {COMMUNITY: "place_code", 9: "street"}
"""Columns by which areas are walked, by the digits that name one."""

_EVERYTHING = directory.Scope(organisation_codes=frozenset(), area_codes=frozenset(), everything=True)


def scope_of(actor: Actor) -> directory.Scope:
    """The directory's scope; the house's own programs see everything."""
    return _EVERYTHING if rules.sees_all(actor) else directory.scope_of(actor)


def seen_by(actor: Actor) -> QuerySet[Case]:
    """All cases that the actor may see, to be counted or to be told apart by something that few of them have."""
    return _seen_in(scope_of(actor))


def few_seen_by(actor: Actor) -> QuerySet[Case]:
    """The same, to be asked for few: what organisations have parts in is looked up for these alone."""
    return _seen_in(scope_of(actor), few=True)


def one_seen_by(actor: Actor) -> QuerySet[Case]:
    """The same, to be asked for single cases.

    Members of a platform see the platform's matters of its street too, one by one and in its queue (queries/platforms.py); who
    works in a joint task force sees what was given to it, until it ends.
    """
    scope, seen = scope_of(actor), few_seen_by(actor)
    if scope.everything or actor.kind != "post":
        return seen
    return seen | Case.objects.filter(_as_member(actor) | _of_its_force(actor))


def own_work() -> Q:
    """What somebody has to see to by itself: all but the joined matters that follow the leading one, until that is answered
    and the answer carried to them, or ends without one. Split off, they are their own work at once."""
    carried = JointAnswer.objects.filter(done_at=None).values("parent_id")
    led = Q(parent__state__in=OPEN) | Q(parent__in=carried)
    return ~Q(id__in=Case.objects.filter(led, parent__isnull=False, state__in=FOLLOWING).values("id"))


def memberships_of(actor: Actor) -> QuerySet[PlatformMember]:
    """Where the actor takes part: by its organisation, or by its post alone."""
    whole_or_own = Q(post_id="") | Q(post_id=actor.acting_post_id or "")
    return PlatformMember.objects.filter(whole_or_own, organisation_code=actor.organisation_code, ended_at=None)


def _as_member(actor: Actor) -> Q:
    there = (
        memberships_of(actor).alias(stem=Substr("street_code", 1, 9)).filter(stem=Substr(OuterRef("place_code"), 1, 9))
    )
    found = Q()
    for platform in PLATFORMS:
        found |= counts_for(platform) & Q(Exists(there.filter(platform=platform)))
    return found


def _of_its_force(actor: Actor) -> Q:
    own = actor.organisation_code
    member = ForceMember.objects.filter(force=OuterRef("force"), organisation_code=own)
    given = ForceCase.objects.filter(Q(force__lead_code=own) | Exists(member), force__ended_at=None)
    return Q(Exists(given.filter(case=OuterRef("pk"))))


def _seen_in(scope: directory.Scope, *, few: bool = False) -> QuerySet[Case]:
    if scope.everything:
        return Case.objects.all()
    if not scope.organisation_codes:
        return Case.objects.none()
    seen = _held_by(scope.organisation_codes, few)
    for stem in scope.stems:
        seen |= _lies_in(stem)
    for code, area in sorted(scope.crossed):
        seen |= _held_by({code}, few) & _lies_in(directory.stem(area))
    return Case.objects.filter(seen)


def _held_by(codes: Set[str], few: bool) -> Q:
    parts = Task.objects.filter(organisation_code__in=codes).exclude(state__in=GONE)
    has_part = Q(Exists(parts.filter(case_id=OuterRef("pk")))) if few else Q(id__in=parts.values("case_id"))
    return Q(organisation_code__in=codes) | has_part


def _lies_in(stem: str) -> Q:
    return Q(place_code=stem) if len(stem) == COMMUNITY else Q(place_code__startswith=stem)


def is_dangerous() -> Q:
    """What sounds dangerous and is not answered yet. Few of all: they have an index of their own."""
    return Q(danger=True, state__in=OPEN)


@lru_cache(maxsize=512)
def dangerous_in(scope: directory.Scope) -> Statement | None:
    """Those of a scope: the same text each time, so put together once."""
    return question(_seen_in(scope, few=True).filter(own_work(), is_dangerous()).order_by().values("id"))


@lru_cache(maxsize=512)
def asked_of(scope: directory.Scope, states: tuple[str, ...], columns: tuple[str, ...]) -> Statement | None:
    """What is asked for the work of a scope in some states that are no ends: the same text each time, so put together once.

    Each way into the scope is asked for by itself, so that its own index answers; id, one of the columns, makes them one.
    """
    alike = Case.objects.filter(own_work(), state__in=states).order_by().values(*columns)
    asked = [one for way in _ways(scope) if (one := question(alike.filter(way)))]
    return (
        (sql.ONCE_EACH.join(text for text, _ in asked), [value for _, row in asked for value in row]) if asked else None
    )


def _ways(scope: directory.Scope) -> Iterator[Q]:
    if scope.everything:
        yield Q()
    elif scope.organisation_codes:
        yield from _held(scope.organisation_codes)
        yield from map(_lies_in, scope.stems)
        for code, area in sorted(scope.crossed):
            yield from (way & _lies_in(directory.stem(area)) for way in _held({code}))


def _held(codes: Set[str]) -> tuple[Q, Q]:
    """Received, and with a part, of those that have not ended."""
    parts = Task.objects.filter(organisation_code__in=codes, case_ended=False).exclude(state__in=GONE)
    return Q(organisation_code__in=codes), Q(id__in=parts.values("case_id"))


# walks ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """In which order a list goes, and after which of its rows it is to begin: (moment, case id)."""

    column: str
    falling: bool
    after: tuple[datetime | int, uuid.UUID] | None = None

    def past(self, column: str, key: str) -> Q:
        """What comes after that row, said in such a way that an index can begin there."""
        if self.after is None:
            return Q()
        at, last = self.after
        then, up_to = ("lt", "lte") if self.falling else ("gt", "gte")
        later = Q(**{f"{column}__{then}": at}) | Q(**{column: at, f"{key}__{then}": last})
        return later & Q(**{f"{column}__{up_to}": at})

    def by(self, column: str, key: str, *, first: str = "") -> tuple[str, ...]:
        sign = "-" if self.falling else ""
        return tuple(f"{sign}{name}" for name in (first, column, key) if name)


def _both(one: str, other: str) -> str:
    """The stem of what lies under both; empty where nothing does."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return longer if longer.startswith(shorter) else ""


def is_narrow(scope: directory.Scope) -> bool:
    """Whether a scope holds little beside what is open anywhere: communities, and departments' stations on their ground."""
    areas = scope.stems
    return not scope.everything and bool(areas or scope.crossed) and all(len(one) == COMMUNITY for one in areas)


def walks(scope: directory.Scope, where: Q, turn: Turn, size: int, *, stem: str = "") -> list[Statement]:
    """One statement for each way into a scope, each answering id and moment of its first `size` cases by when they came in.

    A way has an index in which its cases stand in the order of time: however many a scope holds, only a page of each is read.
    The first rows of all ways together are the first rows of the scope. A case can come by several ways. Communities and
    streets have such an index; what is wider is nearly everything. `stem` is where all lie.
    """
    if scope.everything and not stem:
        return walk_of(Case.objects.filter(where), turn, size)
    stems = {stem} if scope.everything else {_both(stem, one) for one in scope.stems} - {""}
    found = list(_of_organisations(scope.organisation_codes, where, turn, size))
    for length, column in AREAS.items():
        alike = sorted(one for one in stems if len(one) == length)
        found += _each(_walk_each(column, where, turn, size), alike)
    for wide in sorted(one for one in stems if len(one) not in AREAS):
        found += walk_of(Case.objects.filter(where, _lies_in(wide)), turn, size)
    for code, area in sorted(scope.crossed):
        found += _of_organisations({code}, where & _lies_in(directory.stem(area)), turn, size)
    return found


@lru_cache(maxsize=512)
def all_walks(scope: directory.Scope, turn: Turn, size: int) -> tuple[Statement, ...]:
    """The walks of a list that nothing filters: the same each time, so put together once."""
    return tuple(walks(scope, Q(), turn, size))


def _of_organisations(codes: Set[str], where: Q, turn: Turn, size: int) -> Iterator[Statement]:
    yield from _each(_walk_each("organisation_code", where, turn, size), sorted(codes))
    yield from _each(_walk_parts(where, turn, size), sorted(codes))


def walk_of(cases: QuerySet[Case], turn: Turn, size: int) -> list[Statement]:
    """The one way into these cases; none where it is known that there are none."""
    ordered = cases.filter(turn.past(turn.column, "id")).order_by(*turn.by(turn.column, "id"))
    return _asked(ordered.values(seen=F("id"), at=F(turn.column))[:size])


def walk_said(cases: QuerySet[Case], turn: Turn, size: int) -> list[Statement]:
    """Those of these cases that a forecast speaks of, by how likely they are to be late."""
    said = Forecast.objects.filter(turn.past("risk", "case_id"), case__in=cases.values("id"))
    return _asked(said.order_by(*turn.by("risk", "case_id")).values(seen=F("case_id"), at=F("risk"))[:size])


def _walk_each(column: str, where: Q, turn: Turn, size: int) -> list[Statement]:
    """The cases of each value of a column, which stands in an index before the moment."""
    cases = Case.objects.alias(street=STREET).filter(where, turn.past(turn.column, "id"), **_only(column))
    ordered = cases.order_by(*turn.by(turn.column, "id", first=column))
    return _asked(ordered.values(seen=F("id"), at=F(turn.column))[:size])


def _only(column: str) -> dict[str, str]:
    """The value as a range of one, with the column first in the order: only the index that begins with the column has this
    order. Told that the column equals a value that is not known yet, PostgreSQL may walk the index of all cases instead,
    because most of all cases share one value."""
    return {f"{column}__gte": sql.EACH, f"{column}__lte": sql.EACH}


def _walk_parts(where: Q, turn: Turn, size: int) -> list[Statement]:
    """What organisations have parts in. A task knows when its case came in, so that one index holds this order too."""
    at, key, column = "case_opened_at", "case_id", "organisation_code"
    tasks = Task.objects.filter(turn.past(at, key), state__in=HELD, **_only(column)).order_by(
        *turn.by(at, key, first=column)
    )
    if where:
        tasks = tasks.filter(Exists(Case.objects.filter(where, pk=OuterRef(key))))
    return _asked(tasks.values(seen=F(key), at=F(at))[:size])


def _asked(rows: QuerySet[Any, Any]) -> list[Statement]:
    asked = question(rows)
    return [asked] if asked else []


def _each(branches: Iterable[Statement], values: Sequence[str]) -> list[Statement]:
    return [sql.each(branch, values) for branch in branches] if values else []
