"""What happens by itself when a date comes near or passes: a warning, then the next above in the reporting line is told."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.verbs import verb
from pianqu.kernels.deadline import Calendar
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.facts import CaseDueSoon, CaseEscalated, TaskEscalated
from pianqu.rooms.casework.lifecycle import OPEN, State
from pianqu.rooms.casework.models import Case, Task
from pianqu.rooms.casework.services.steps import iso, tell
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger

AT_ONCE = 500
"""How many matters one transaction tells of; the rest follow with the next."""


@verb
def warn_due_soon(*, actor: Actor, now: datetime, most: int = AT_ONCE) -> int:
    """Warn who holds a matter of which less than a fifth of the time is left, once a due date; answers how many there were.

    What is overdue already is not warned of: `escalate_overdue` tells of it.
    """
    own = queries.own_work()
    near = Case.objects.filter(own, state__in=OPEN, warned=False, warn_at__lt=now, due_at__gt=now).order_by(
        "due_at", "id"
    )
    cases = list(near.select_for_update()[:most])
    for case in cases:
        case.warned = True
    facts = [
        tell(actor, case, CaseDueSoon, holder_code=case.lead_code or case.organisation_code, due_at=iso(case.due_at))
        for case in cases
    ]
    if facts:
        Case.objects.bulk_update(cases, ["warned"])
        ledger.record(facts, actor=actor, now=now)
    return len(facts)


@verb
def escalate_overdue(*, actor: Actor, now: datetime, most: int = AT_ONCE) -> int:
    """Tell the next above of every overdue matter, one level a working day; answers how many were told of.

    Matters that nobody accepted yet go up from the receiving organisation's line. Idempotent within a day. Only those of
    which something is to be told are locked, so what stands at the top of its line holds nobody up.
    """
    steps = Steps(now)
    late = Case.objects.filter(queries.own_work(), state__in=OPEN, due_at__lte=now).order_by("due_at", "id")
    rows = late.values_list("id", "lead_code", "organisation_code", "due_at", "escalation")
    due = [id_ for id_, lead, taker, at, told in rows if min(steps.since(at), len(steps.line(lead or taker))) > told]
    cases = list(Case.objects.select_for_update().filter(id__in=due[:most], state__in=OPEN, due_at__lte=now))
    facts: list[CaseEscalated] = []
    for case in cases:
        holder = case.lead_code or case.organisation_code
        line = steps.line(holder)
        case.escalation = min(steps.since(case.due_at), len(line))
        to_code = line[case.escalation - 1]
        facts.append(tell(actor, case, CaseEscalated, level=case.escalation, from_code=holder, to_code=to_code))
    if facts:
        Case.objects.bulk_update(cases, ["escalation"])
        ledger.record(facts, actor=actor, now=now)
    return len(facts)


@verb
def escalate_parts(*, actor: Actor, now: datetime, most: int = AT_ONCE) -> int:
    """The same for helpers' own dates: on the first day the organisation that leads is told, then the helper's line."""
    steps = Steps(now)
    running = [state for state in OPEN if state != State.PAUSED]  # a helper's date stands still with the matter's clock
    live = Task.objects.filter(ended_at=None, due_at__lte=now, case__state__in=running).order_by("due_at", "id")
    rows = live.values_list("id", "organisation_code", "due_at", "escalation")
    due = [id_ for id_, code, at, told in rows if min(steps.since(at), 1 + len(steps.line(code))) > told]
    tasks = list(live.select_related("case").select_for_update(of=("self",)).filter(id__in=due[:most]))
    facts: list[TaskEscalated] = []
    for task in tasks:
        line = (task.case.lead_code, *steps.line(task.organisation_code))
        task.escalation = level = min(steps.since(task.due_at), len(line))
        told = {"level": level, "task_code": task.organisation_code, "to_code": line[level - 1]}
        facts.append(tell(actor, task.case, TaskEscalated, **told))
    if facts:
        Task.objects.bulk_update(tasks, ["escalation"])
        ledger.record(facts, actor=actor, now=now)
    return len(facts)


class Steps:
    """How far something has come up by this moment; asks for every line and for the calendar once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.calendar: Calendar = queries.working_days()
        self.lines: dict[str, Sequence[str]] = {}
        self.known: dict[datetime, int] = {}

    def line(self, code: str) -> Sequence[str]:
        """Who stands above, the nearest first."""
        if code not in self.lines:
            self.lines[code] = directory.superiors(code)
        return self.lines[code]

    def since(self, due_at: datetime | None) -> int:
        """One for the due date itself, one more for every working day since."""
        if due_at is None:
            return 0
        if due_at not in self.known:
            here = timezone.get_default_timezone()
            first, last = due_at.astimezone(here).date(), self.now.astimezone(here).date()
            days = sum(self.calendar.is_working(day) for day in queries.days_between(first, last))
            self.known[due_at] = 1 + max(0, days - 1)
        return self.known[due_at]
