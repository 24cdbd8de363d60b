"""Root causes within an actor's scope, what belongs to them, and whether measures against them had an effect."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Case as Choose
from django.db.models import Count, Exists, IntegerField, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.kernels.effect import Counts, Effect, effect
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.lifecycle import OPEN, CauseMove, State, may_move_cause
from pianqu.rooms.casework.models import Case as Matter
from pianqu.rooms.casework.models import CauseMatter, Measure, RootCause
from pianqu.rooms.casework.queries.cases import CaseRow, rows_for
from pianqu.rooms.casework.queries.seen import scope_of
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger

WEEKS_BEFORE = 8
WEEKS_AFTER = 8
MOST_CAUSES = 200
MOST_ROWS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseRow:
    """A root cause as a list shows it."""

    cause_id: uuid.UUID
    title: str
    category: str
    place_code: str
    state: str
    lead_code: str
    opened_by: str
    due_on: date
    opened_at: datetime
    effective_on: date | None
    closed_at: datetime | None
    matters: int
    measures: int
    done: int
    """Of the measures; those given up count as neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureCard:
    measure_id: uuid.UUID
    words: str
    organisation_code: str
    due_on: date
    ended_at: datetime | None
    done: bool | None
    may_end: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseMay:
    """What the actor may do next."""

    link: bool
    plan: bool
    take_effect: bool
    close: bool
    reopen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was counted of the root cause's category, by week around the day on which measures began to work."""

    first: date
    """The first day of the first week."""
    effective_on: date
    here: tuple[int, ...]
    elsewhere: tuple[int, ...]
    weeks_before: int
    effect: Effect | None
    """None for too few, and before a whole week is over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseStep:
    """One entry of its history."""

    kind: str
    at: datetime
    organisation_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CausePage:
    row: CauseRow
    hypothesis: str
    outcome: str
    reopenings: int
    measures: tuple[MeasureCard, ...]
    matters: tuple[CaseRow, ...]
    """Those that the actor sees, the latest first."""
    unseen: int
    still_open: int
    measured: Measured | None
    """None before measures work, and where there is no elsewhere to compare with."""
    may: CauseMay
    steps: tuple[CauseStep, ...]


def _seen(actor: Actor) -> QuerySet[RootCause]:
    """Those that the actor's organisation opened, leads or has a measure of, and those on its ground."""
    scope = scope_of(actor)
    if scope.everything:
        return RootCause.objects.all()
    codes = scope.organisation_codes
    if not codes:
        return RootCause.objects.none()
    own = Measure.objects.filter(organisation_code__in=codes, cause_id=OuterRef("pk"))
    seen = Q(lead_code__in=codes) | Q(opened_by__in=codes) | Q(Exists(own))
    for stem in scope.stems:
        seen |= Q(place_code__startswith=stem)
    return RootCause.objects.filter(seen)


def check_sees_cause(actor: Actor, cause_id: uuid.UUID) -> None:
    """Raises Absent where the actor may not see the root cause."""
    if not _seen(actor).filter(id=cause_id).exists():
        raise Absent("cause-absent", _("There is no such root cause."))


def root_causes(actor: Actor, *, closed: bool = False) -> tuple[CauseRow, ...]:
    """Those that are worked on, what is due first; or those that are closed, the latest first. Three statements."""
    rows = _seen(actor).filter(closed_at__isnull=not closed)
    return _rows(list(rows.order_by(*(("-closed_at", "id") if closed else ("due_on", "id")))[:MOST_CAUSES]))


def _rows(rows: Sequence[RootCause]) -> tuple[CauseRow, ...]:
    ids = [row.id for row in rows]
    matters = dict(
        CauseMatter.objects.filter(cause_id__in=ids).values_list("cause_id").annotate(Count("id")).order_by()
    )
    planned = Measure.objects.filter(cause_id__in=ids).exclude(done=False).values_list("cause_id").order_by()
    counted = {
        cause: (there, done)
        for cause, there, done in planned.annotate(there=Count("id"), ready=Count("id", filter=Q(done=True)))
    }
    return tuple(
        CauseRow(
            cause_id=row.id,
            title=row.title,
            category=row.category,
            place_code=row.place_code,
            state=row.state,
            lead_code=row.lead_code,
            opened_by=row.opened_by,
            due_on=row.due_on,
            opened_at=row.opened_at,
            effective_on=row.effective_on,
            closed_at=row.closed_at,
            matters=matters.get(row.id, 0),
            measures=counted.get(row.id, (0, 0))[0],
            done=counted.get(row.id, (0, 0))[1],
        )
        for row in rows
    )


def causes_to_link(actor: Actor) -> tuple[CauseRow, ...]:
    """Those to which the actor may link a matter now."""
    return tuple(row for row in root_causes(actor) if may_work_on(actor, row))


def may_work_on(actor: Actor, row: CauseRow) -> bool:
    """Whether a page may offer to link matters and to plan measures."""
    return row.closed_at is None and rules.may_work_on_cause(actor, lead_code=row.lead_code, opened_by=row.opened_by)


def cause_of(actor: Actor, case_id: uuid.UUID) -> CauseRow | None:
    """The root cause of a matter, if the actor may see it."""
    found = CauseMatter.objects.filter(case_id=case_id).values("cause_id")
    rows = _rows(list(_seen(actor).filter(id__in=found)))
    return rows[0] if rows else None


def root_cause(actor: Actor, cause_id: uuid.UUID, *, now: datetime) -> CausePage:
    """One of them, in as many statements whatever it holds. Raises Absent."""
    found = _seen(actor).filter(id=cause_id).first()
    if found is None:
        raise Absent("cause-absent", _("There is no such root cause."))
    ids = list(CauseMatter.objects.filter(cause_id=cause_id).values_list("case_id", flat=True))
    seen = sorted(rows_for(actor, ids).values(), key=lambda row: (row.opened_at, row.case_id), reverse=True)
    return CausePage(
        row=_rows([found])[0],
        hypothesis=found.hypothesis,
        outcome=found.outcome,
        reopenings=found.reopenings,
        measures=_measures(actor, found),
        matters=tuple(seen[:MOST_ROWS]),
        unseen=len(ids) - len(seen),
        still_open=sum(row.state in OPEN for row in seen),
        measured=_measured(found, now),
        may=_may(actor, found),
        steps=tuple(
            CauseStep(kind=item.kind, at=item.at, organisation_code=item.organisation_code)
            for item in reversed(ledger.history(f"cause:{cause_id}"))
        ),
    )


def _measures(actor: Actor, row: RootCause) -> tuple[MeasureCard, ...]:
    may_finish = may_move_cause(row.state, CauseMove.FINISH)
    return tuple(
        MeasureCard(
            measure_id=one.id,
            words=one.words,
            organisation_code=one.organisation_code,
            due_on=one.due_on,
            ended_at=one.ended_at,
            done=one.done,
            may_end=may_finish
            and one.ended_at is None
            and rules.may_end_measure(
                actor, lead_code=row.lead_code, opened_by=row.opened_by, by_code=one.organisation_code
            ),
        )
        for one in Measure.objects.filter(cause=row).order_by("planned_at", "id")
    )


def _may(actor: Actor, row: RootCause) -> CauseMay:
    works = rules.may_work_on_cause(actor, lead_code=row.lead_code, opened_by=row.opened_by)
    closes = rules.may_close_cause(actor, opened_by=row.opened_by)
    return CauseMay(
        link=works and may_move_cause(row.state, CauseMove.LINK),
        plan=works and may_move_cause(row.state, CauseMove.PLAN),
        take_effect=works and may_move_cause(row.state, CauseMove.TAKE_EFFECT),
        close=closes and may_move_cause(row.state, CauseMove.CLOSE),
        reopen=closes and may_move_cause(row.state, CauseMove.REOPEN),
    )


def may_open_cause(actor: Actor, place_code: str) -> bool:
    """Whether a page may offer it."""
    return rules.may_open_cause(actor, place_code)


# effect --------------------------------------------------------------------------------------------------------------


def effect_of(cause_id: uuid.UUID, *, now: datetime) -> Measured | None:
    """What the counts say of a root cause."""
    return _measured(RootCause.objects.get(id=cause_id), now)


def _measured(row: RootCause, now: datetime) -> Measured | None:
    """Matters of its category by week, on its ground and in the rest of the district, in one statement.

    Whole weeks only, counted from the day on which measures began to work; the same weeks here and elsewhere.
    """
    if row.effective_on is None or not row.place_code:
        return None
    starts = _midnight(row.effective_on)
    weeks_after = max(0, min(WEEKS_AFTER, (timezone.localdate(now) - row.effective_on).days // 7))
    first = starts - timedelta(weeks=WEEKS_BEFORE)
    count = WEEKS_BEFORE + weeks_after
    within = Matter.objects.filter(
        category=row.category, opened_at__gte=first, opened_at__lt=starts + timedelta(weeks=weeks_after)
    ).exclude(state=State.WITHDRAWN)
    numbers = [When(opened_at__gte=first + timedelta(weeks=n), then=Value(n)) for n in reversed(range(count))]
    stem = directory.stem(row.place_code)
    weekly = within.annotate(number=Choose(*numbers, default=Value(0), output_field=IntegerField()))
    here, all_ = [0] * count, [0] * count
    counted = weekly.order_by().values_list("number")
    for number, everywhere, inside in counted.annotate(
        everywhere=Count("id"), inside=Count("id", filter=Q(place_code__startswith=stem))
    ):
        here[number], all_[number] = inside, everywhere
    elsewhere = [whole - part for whole, part in zip(all_, here, strict=True)]
    return Measured(
        first=timezone.localdate(first),
        effective_on=row.effective_on,
        here=tuple(here),
        elsewhere=tuple(elsewhere),
        weeks_before=WEEKS_BEFORE,
        effect=effect(_counts(here), _counts(elsewhere)),
    )


def _counts(weeks: Sequence[int]) -> Counts:
    return Counts(before=tuple(weeks[:WEEKS_BEFORE]), after=tuple(weeks[WEEKS_BEFORE:]))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_default_timezone())
