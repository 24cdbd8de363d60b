"""What is joined to another matter follows it: no work of its own in lists, counts, warnings, until it has to be one again."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.queries import RuleRow
from pianqu.rooms.casework.queries.overview import overview_for
from pianqu.rooms.casework.queries.platforms import platform_figures, platform_queue
from pianqu.rooms.casework.tests.builders import LEAD, NOW, clerk, importer, opened, resident
from pianqu.rooms.casework.tests.test_dispatch import adopted
from pianqu.rooms.casework.tests.test_joining import PLACE, _copy, carry, joined, row
from pianqu.rooms.directory.tests.builders import listed as listed_in_directory
from pianqu.rooms.directory.tests.builders import power

LATE = NOW + timedelta(days=60)
WORK = ("unassigned", "overdue", "open", "week")


def listed(queue: str, *, now: Any = LATE, **more: Any) -> set[str]:
    page = queries.cases_for(clerk(), filters=queries.CaseFilter(queue=queue, **more), now=now)
    assert page.total == len(page.rows)
    return {one.code for one in page.rows}


def counted(now: Any = LATE) -> tuple[int, int, int, int]:
    """Waiting and overdue on the desk, open in the overview and on the platform; each is that of its list."""
    standing, total = queries.standing_for(clerk(), now=now), overview_for(clerk(), now=now).total
    figures = platform_figures(clerk(), "enforcement", now=now)
    assert standing.waiting == len(listed("unassigned")) and total.open == len(listed("open"))
    assert standing.overdue == total.overdue == len(listed("overdue"))
    assert figures.open == len(platform_queue(clerk(), "enforcement", now=now).rows)
    return standing.waiting, standing.overdue, total.open, figures.open


def test_who_joined_follows_and_is_work_again_once_split_off() -> None:
    parent = opened(place=PLACE)
    children = [joined(parent, words=f"桥头路灯不亮{number}").opened for number in range(3)]
    assert all(listed(queue) == {parent.case_code} for queue in ("unassigned", "overdue", "open"))
    assert counted() == (1, 1, 1, 1)
    assert overview_for(clerk(), now=NOW).total.received == 4
    services.unlink_case(actor=clerk(), case_id=children[0].case_id, now=NOW)
    assert listed("unassigned") == {parent.case_code, children[0].case_code}
    assert counted() == (2, 2, 2, 2)


def test_staff_join_what_had_a_term_and_nobody_is_warned_of_it() -> None:
    parent, child = opened(), opened(words="另一盏路灯")
    services.accept_case(actor=clerk(), case_id=child.case_id, nature="complaint", now=NOW)
    services.link_case(actor=clerk(), case_id=child.case_id, parent_code=parent.case_code, now=NOW)
    assert counted() == (1, 1, 1, 1)
    services.escalate_overdue(actor=importer(), now=LATE)
    assert (row(parent.case_id).escalation > 0, row(child.case_id).escalation) == (True, 0)
    Case.objects.filter(id=child.case_id).update(due_at=LATE + timedelta(hours=1), warn_at=NOW, warned=False)
    services.warn_due_soon(actor=importer(), now=LATE)
    assert not row(child.case_id).warned
    services.unlink_case(actor=clerk(), case_id=child.case_id, now=NOW)
    services.warn_due_soon(actor=importer(), now=LATE)
    assert row(child.case_id).warned


def test_a_part_that_somebody_works_on_stays_their_work() -> None:
    parent, child = opened(), opened(words="另一盏路灯")
    services.dispatch_case(actor=clerk(), case_id=child.case_id, lead_code=LEAD, nature="complaint", now=NOW)
    services.link_case(actor=clerk(), case_id=child.case_id, parent_code=parent.case_code, now=NOW)
    assert listed("open") == {parent.case_code, child.case_code}


def test_who_is_not_content_is_seen_to() -> None:
    parent = opened(place=PLACE)
    child = joined(parent).opened
    services.answer_joined(actor=clerk(), case_id=parent.case_id, own={child.case_id: "先给您答复。"}, now=NOW)
    services.reopen_case(actor=resident(), case_id=child.case_id, words="没有修好", now=NOW)
    assert listed("unassigned") == {parent.case_code, child.case_code}


def test_an_answer_on_its_way_floods_no_list() -> None:
    parent = opened(place=PLACE)
    child = joined(parent).opened
    services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="路灯已经换好。", now=NOW)
    assert row(child.case_id).state == "opened" and listed("unassigned") == set()
    carry()
    assert row(child.case_id).reply == "路灯已经换好。"


@pytest.mark.parametrize("end", ["resolve", "withdraw"])
def test_where_nobody_leads_any_more_they_are_work_again(end: str) -> None:
    parent = opened(place=PLACE)
    child = joined(parent).opened
    if end == "resolve":
        services.resolve_case(actor=clerk(), case_id=parent.case_id, reply="修好了。", now=NOW)
    else:
        services.withdraw_case(actor=resident(), case_id=parent.case_id, now=NOW)
        assert row(child.case_id).due_at is not None
    assert listed("unassigned") == {child.case_code}


def test_rules_dispatch_no_joined_matter_by_themselves() -> None:
    adopted(RuleRow(code="auto", categories=("roads",), lead=LEAD, nature="complaint", automatic=True))
    listed_in_directory([power(LEAD, category="roads", valid_from=NOW.date())])
    parent = opened()
    child = joined(parent).opened
    assert jobs.dispatch_by_rules(actor=importer("330205"), now=NOW) == 1
    assert [row(one.case_id).state for one in (parent, child)] == ["dispatched", "opened"]


def test_thousands_that_joined_cost_no_more_statements() -> None:
    parent = opened(place=PLACE)
    child = joined(parent).opened

    def asked() -> int:
        with CaptureQueriesContext(connection) as caught:
            listed("unassigned")
            queries.standing_for(clerk(), now=LATE)
            overview_for(clerk(), now=LATE)
        return len(caught)

    few = asked()
    Case.objects.bulk_create([_copy(row(child.case_id), number) for number in range(2_000)])
    assert asked() == few and counted() == (1, 1, 1, 1)
