"""What is told when a date comes near or passes, and what it costs."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.rooms.casework import services
from pianqu.rooms.casework.models import Case, Task
from pianqu.rooms.casework.tests.builders import (
    HELPER,
    LEAD,
    NOW,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    resident,
    started,
)
from pianqu.rooms.casework.tests.test_handling import kinds, row, told
from pianqu.rooms.directory import queries as directory

pytestmark = pytest.mark.django_db
SYSTEM = importer("330205")
DAY = timedelta(days=1)


def test_who_holds_it_is_warned_once_when_a_fifth_of_the_time_is_left() -> None:
    case = dispatched()
    due, warn = row(case).due_at, row(case).warn_at
    assert due and warn and abs((due - warn) / (due - NOW) - 0.2) < 0.001
    assert services.warn_due_soon(actor=SYSTEM, now=warn) == 0, "not yet less than a fifth"
    assert services.warn_due_soon(actor=SYSTEM, now=warn + timedelta(seconds=1)) == 1
    warning = told(case.case_id, "due-soon")
    assert (warning["holder_code"], warning["due_at"]) == (LEAD, due.isoformat())
    assert services.warn_due_soon(actor=SYSTEM, now=warn + timedelta(minutes=1)) == 0, "once a due date"


def test_what_nobody_accepted_is_warned_of_too() -> None:
    case = opened()
    due = row(case).due_at
    assert due is not None
    assert services.warn_due_soon(actor=SYSTEM, now=due - timedelta(minutes=1)) == 1
    assert told(case.case_id, "due-soon")["holder_code"] == "330205-centre"


def test_a_moved_date_is_warned_of_again_and_no_clock_never() -> None:
    case = started()
    first = row(case).due_at
    assert first is not None
    services.warn_due_soon(actor=SYSTEM, now=first - timedelta(minutes=1))
    at = {"case_id": case.case_id}
    services.pause_case(actor=handler(LEAD), reason="weather", words="雨", now=first - timedelta(seconds=30), **at)
    assert row(case).warn_at is None
    assert services.warn_due_soon(actor=SYSTEM, now=first - timedelta(seconds=20)) == 0
    services.resume_case(actor=handler(LEAD), now=first + 5 * DAY, **at)
    moved = row(case).due_at
    assert moved is not None and moved > first
    assert services.warn_due_soon(actor=SYSTEM, now=moved - timedelta(minutes=1)) == 1
    services.resolve_case(actor=handler(LEAD), reply="好了", now=moved - timedelta(seconds=30), **at)
    assert services.warn_due_soon(actor=SYSTEM, now=moved - timedelta(seconds=20)) == 0


def test_what_is_overdue_is_told_of_by_escalation_alone() -> None:
    case = dispatched()
    due = row(case).due_at
    assert due is not None and services.warn_due_soon(actor=SYSTEM, now=due) == 0
    assert services.escalate_overdue(actor=SYSTEM, now=due) == 1
    assert "due-soon" not in kinds(case.case_id)


def test_what_stands_at_the_top_of_its_line_holds_nobody_up() -> None:
    old = [opened(), opened()]
    due = row(old[0]).due_at
    assert due is not None
    assert services.escalate_overdue(actor=SYSTEM, now=due + 30 * DAY, most=2) == 2
    new = opened(now=NOW + DAY)
    assert services.escalate_overdue(actor=SYSTEM, now=due + 31 * DAY, most=2) == 1
    assert told(new.case_id, "case-escalated")["to_code"] == "330205"


def test_a_new_clock_goes_up_from_below_again() -> None:
    case = dispatched()
    due = row(case).due_at
    assert due is not None
    services.escalate_overdue(actor=SYSTEM, now=due)
    services.return_task(actor=handler(LEAD), case_id=case.case_id, article="9", words="不归我局", now=due)
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了", now=due)
    services.reopen_case(actor=resident(), case_id=case.case_id, words="没好", now=due)
    again = row(case).due_at
    assert again is not None and again > due and row(case).escalation == 0
    assert services.escalate_overdue(actor=SYSTEM, now=again) == 1


def test_a_helpers_own_date_goes_to_who_leads_and_then_up_the_helpers_line() -> None:
    case = dispatched()
    services.join_case(actor=clerk(), case_id=case.case_id, helper_code=HELPER, sub_due=NOW + DAY, now=NOW)
    assert services.escalate_parts(actor=SYSTEM, now=NOW + DAY - timedelta(seconds=1)) == 0
    assert services.escalate_parts(actor=SYSTEM, now=NOW + DAY) == 1
    first = told(case.case_id, "task-escalated")
    assert (first["level"], first["task_code"], first["to_code"]) == (1, HELPER, LEAD)
    assert services.escalate_parts(actor=SYSTEM, now=NOW + DAY + timedelta(hours=1)) == 0, "once a level"
    assert services.escalate_parts(actor=SYSTEM, now=NOW + 3 * DAY) == 1
    assert told(case.case_id, "task-escalated")["to_code"] == directory.superiors(HELPER)[0]
    assert services.escalate_parts(actor=SYSTEM, now=NOW + 30 * DAY) == 0, "the line has ended"
    services.finish_task(actor=handler(HELPER), case_id=case.case_id, words="做完了", now=NOW + 3 * DAY)
    assert not Task.objects.filter(ended_at=None, organisation_code=HELPER).exists()


@pytest.mark.parametrize("act", ["warn_due_soon", "escalate_overdue", "escalate_parts"])
def test_the_statements_do_not_grow_with_the_matters(act: str) -> None:
    verb, counts = getattr(services, act), []
    dispatched(helpers=(HELPER,))
    for number in (2, 6):
        for _one in range(number):
            case = dispatched()
            services.join_case(actor=clerk(), case_id=case.case_id, helper_code=HELPER, sub_due=NOW + DAY, now=NOW)
        due = Case.objects.latest("due_at").due_at
        assert due is not None
        now = due - timedelta(minutes=1) if act == "warn_due_soon" else due
        Case.objects.update(warned=False, escalation=0)
        Task.objects.update(escalation=0)
        with CaptureQueriesContext(connection) as seen:
            assert verb(actor=SYSTEM, now=now) >= number
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 14, counts
