"""Helpers' own dates follow the matter's: never after it, and as long as its clock stands still they stand still too."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import Fact
from pianqu.kernels import deadline
from pianqu.kernels.deadline import Calendar
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.facts import PartsDueMoved
from pianqu.rooms.casework.models import Case, Task
from pianqu.rooms.casework.services.steps import iso, tell


def capped(actor: Actor, cases: Sequence[Case]) -> list[Fact]:
    """Where the matter is due earlier now, parts that would come after it are due with it. Two statements, whatever there is.

    Where it is due later, a helper's date stays: who leads chose it, and may give another.
    """
    ends = {case.id: case.due_at for case in cases if case.due_at is not None}
    live = Task.objects.filter(case__in=list(ends), ended_at=None, due_at__isnull=False) if ends else ()
    moved: dict[object, list[Task]] = {}
    for task in live:
        end = ends[task.case_id]
        if task.due_at is not None and task.due_at > end:
            task.due_at = end
            moved.setdefault(task.case_id, []).append(task)
    return _saved_moves(actor, [case for case in cases if case.id in moved], moved, "earlier")


def stood_still(actor: Actor, case: Case, *, since: datetime, without: Callable[[], deadline.Due | None]) -> list[Fact]:
    """The clock runs again: dates that had not passed when it stopped move by as much as the pause moved the matter's, to a
    working day, and never after it. `without` says when the matter would be due without the pause; asked only where a helper
    has a date."""
    live = list(Task.objects.filter(case=case, ended_at=None, due_at__gt=since))
    before = without() if live else None
    if case.due_at is None or before is None:
        return []
    calendar, late = queries.working_days(), max(case.due_at - before.at, timedelta())
    moved = [task for task in live if task.due_at is not None and _carried(task, late, case.due_at, calendar)]
    return _saved_moves(actor, [case], {case.id: moved} if moved else {}, "resumed")


def _carried(task: Task, late: timedelta, end: datetime, calendar: Calendar) -> bool:
    """Put the later date on the part; answers whether it is another one."""
    was = task.due_at
    if was is not None:
        task.due_at, task.escalation = min(_working(was + late, calendar) if late else was, end), 0
    return task.due_at != was


def _working(at: datetime, calendar: Calendar) -> datetime:
    """The same time on the next working day, or at once; as it is where the year's holidays are not known yet."""
    try:
        while not calendar.is_working(timezone.localdate(at)):
            at += timedelta(days=1)
    except deadline.NoTable:
        return at
    return at


def _saved_moves(actor: Actor, cases: Sequence[Case], moved: dict[object, list[Task]], cause: str) -> list[Fact]:
    Task.objects.bulk_update(
        [task for tasks in moved.values() for task in tasks], ["due_at", "escalation"], batch_size=200
    )
    return [
        tell(
            actor,
            case,
            PartsDueMoved,
            cause=cause,
            parts=tuple((task.organisation_code, iso(task.due_at)) for task in moved[case.id]),
        )
        for case in cases
        if case.id in moved
    ]
