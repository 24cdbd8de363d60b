"""Ten thousand people join one matter: its page, its hot issue, its answer and its end stay within bounds."""

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.models import Case, CauseMatter
from pianqu.rooms.casework.services.joining import BATCH
from pianqu.rooms.casework.tests.builders import NOW, clerk, importer
from pianqu.rooms.casework.tests.test_causes import SHORT, cause
from pianqu.rooms.casework.tests.test_joining import PLACE, _copy, joined, opened, row

MANY = 10_000
LATER = NOW + timedelta(days=1)


def statements(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as caught:
        act()
    return len(caught)


def crowd(many: int) -> services.Opened:
    """A matter that so many joined."""
    parent = opened(place=PLACE)
    template = row(joined(parent).opened.case_id)
    Case.objects.bulk_create([_copy(template, number) for number in range(many - 1)], batch_size=500)
    return parent


def crowd_of_two() -> services.Opened:
    first = opened(words="广场上的喷泉停了很久没有水", category="water")
    for words in ("广场喷泉没有水", "喷泉又不喷水"):
        joined(first, words=words)
    return first


def page(of: services.Opened) -> None:
    queries.case_for(clerk(), of.case_id)
    card = queries.handling_for(clerk(), of.case_id, now=NOW)
    assert len(card.children) <= 10
    assert len(queries.joined_to(clerk(), of.case_id).rows) <= 50


def test_the_heat_is_found_and_its_page_holds_a_page() -> None:
    crowd(MANY)
    assert jobs.find_hot_issues_in(SHORT, now=LATER) >= 1
    run = queries.hot_runs()[SHORT]
    assert run.matters + run.left_out == MANY + 1 and run.matters <= jobs.MOST_COMPARED
    card = queries.hot_issues(clerk(), span_days=SHORT)[0]
    page = queries.hot_issue(clerk(), card.issue_id)
    assert len(page.rows) <= 200 and len(page.unlinked) == 500
    assert statements(lambda: queries.hot_issue(clerk(), card.issue_id)) < 15
    found = cause(case_ids=list(page.unlinked))
    more = queries.hot_issue(clerk(), card.issue_id).unlinked
    assert len(more) == 500 and not set(more) & set(page.unlinked)
    services.link_to_cause(actor=clerk(), cause_id=found, case_ids=more, now=NOW)
    assert CauseMatter.objects.count() == 1_000


def test_each_gets_an_answer_of_its_own_batch_by_batch_and_then_it_closes() -> None:
    parent, two = crowd(MANY), crowd_of_two()
    assert statements(lambda: page(parent)) <= statements(lambda: page(two)) + 1, "beyond ten they are counted"
    assert queries.company_of(parent.case_id).others == MANY
    asked = statements(
        lambda: services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="路灯已经换好。", now=NOW)
    )
    assert asked < 60, "the answer itself carries nothing"
    (answer,) = queries.joint_answers()
    costs = []
    while True:
        with CaptureQueriesContext(connection) as caught:
            if not services.carry_answer(actor=importer(), answer_id=answer, now=NOW):
                break
        costs.append(len(caught))
    assert len(costs) == MANY // BATCH and max(costs) <= costs[0] + 2
    children = Case.objects.filter(parent_id=parent.case_id)
    assert set(children.values_list("state", "reply")) == {("resolved", "路灯已经换好。")}
    salts = {bytes(salt) for salt in children.values_list("reply_salt", flat=True)}
    assert len(salts) == MANY, "each answer is committed to by itself"
    children.filter(state="resolved").update(state="closed", closed_at=NOW)
    services.close_case(actor=clerk(), case_id=parent.case_id, now=NOW)
    assert row(parent.case_id).state == "closed"
