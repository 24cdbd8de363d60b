"""Handling across departments: dispatch, return, objection, help, pause, more time, rating, reopening, escalation."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem, Refused
from pianqu.foundation.models import Account
from pianqu.kernels.leaf import text_commitment
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case, Clock, Note, Task
from pianqu.rooms.casework.tests.builders import (
    HELPER,
    LEAD,
    NOW,
    checker,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    resident,
    resolved,
    started,
)
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db


def kinds(case_id: uuid.UUID) -> list[str]:
    return [item.kind.partition(".")[2] for item in ledger.history(f"case:{case_id}")]


def told(case_id: uuid.UUID, kind: str) -> dict[str, Any]:
    return next(item.fact for item in reversed(ledger.history(f"case:{case_id}")) if item.kind == f"casework.{kind}")


def row(case: services.Opened) -> Case:
    return Case.objects.get(id=case.case_id)


def code_of(refusal: pytest.ExceptionInfo[Any]) -> str:
    return str(refusal.value.code)


def leader(organisation_code: str = LEAD) -> Actor:
    account = Account.objects.create_account(login=f"l{uuid.uuid4().hex[:8]}", password="p", name="某")
    post = directory.appoint(
        actor=importer(),
        account_id=account.id,
        organisation_code=organisation_code,
        kind="leader",
        title="局长",
        now=NOW,
    )
    return Actor(kind="post", account_id=str(account.id), post_id=str(post), organisation_code=organisation_code)


# dispatch ------------------------------------------------------------------------------------------------------------


def test_a_dispatch_accepts_gives_parts_and_starts_the_clock_when_the_matter_came_in() -> None:
    case = dispatched(helpers=(HELPER,))
    assert (row(case).state, row(case).lead_code, row(case).nature) == ("dispatched", LEAD, "complaint")
    parts = {task.organisation_code: task.role for task in Task.objects.filter(case=case.case_id)}
    assert parts == {LEAD: "lead", HELPER: "helper"}
    clock = Clock.objects.get(case=case.case_id)
    assert (clock.rule_id, clock.started_at, clock.last_day) == ("case.complaint", NOW, date(2026, 3, 9))
    assert row(case).due_at == clock.due_at
    assert kinds(case.case_id) == ["case-opened", "case-accepted", "due-date-set", "case-dispatched"]


def test_what_comes_in_has_a_working_day_to_be_accepted() -> None:
    case = row(opened())
    assert case.due_at is not None and case.due_at.astimezone(UTC) == datetime(2026, 3, 3, 16, tzinfo=UTC)
    assert told(case.id, "case-opened")["due_last_day"] == "2026-03-03"
    assert row(opened(claim=None)).due_at is not None


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"lead_code": "330205-nobody"}, "party-unknown"),
        ({"helper_codes": [LEAD]}, "party-twice"),
        ({"helper_codes": [HELPER, HELPER]}, "party-twice"),
        ({"nature": ""}, "nature-unknown"),
        ({"nature": "mood"}, "nature-unknown"),
        ({"helper_codes": [HELPER], "sub_due": NOW + timedelta(days=90)}, "sub-due-late"),
        ({"helper_codes": [HELPER], "sub_due": NOW - timedelta(days=1)}, "sub-due-past"),
    ],
)
def test_a_dispatch_that_makes_no_sense_changes_nothing(changes: dict[str, Any], code: str) -> None:
    case = opened()
    given = {"actor": clerk(), "case_id": case.case_id, "lead_code": LEAD, "nature": "help", "now": NOW}
    with pytest.raises(Invalid) as refusal:
        services.dispatch_case(**{**given, **changes})
    assert code_of(refusal) == code
    assert row(case).state == "opened" and not Task.objects.exists() and kinds(case.case_id) == ["case-opened"]


def test_only_the_centre_dispatches_and_only_who_has_a_part_handles() -> None:
    case = dispatched()
    for act in (
        lambda: services.dispatch_case(actor=handler(LEAD), case_id=case.case_id, lead_code=HELPER, now=NOW),
        lambda: services.start_task(actor=handler(HELPER), case_id=case.case_id, now=NOW),
        lambda: services.pause_case(actor=clerk(), case_id=case.case_id, reason="weather", words="x", now=NOW),
        lambda: services.resolve_case(actor=handler(HELPER), case_id=case.case_id, reply="好", now=NOW),
        lambda: services.join_case(actor=handler(HELPER), case_id=case.case_id, helper_code=HELPER, now=NOW),
    ):
        with pytest.raises(Forbidden):
            act()


def test_parties_see_the_case_and_others_do_not() -> None:
    case = dispatched(helpers=(HELPER,))
    for actor in (clerk(), handler(LEAD), handler(HELPER)):
        assert queries.case_for(actor, case.case_id).code == case.case_code
        assert [found.case_id for found in queries.cases_for(actor).rows] == [case.case_id]
    with pytest.raises(Absent):
        queries.case_for(handler("330205-civil"), case.case_id)
    assert queries.cases_for(handler("330205-civil")).rows == ()


# return and objection ------------------------------------------------------------------------------------------------


def give_back(case: services.Opened, code: str = LEAD) -> uuid.UUID:
    return services.return_task(
        actor=handler(code), case_id=case.case_id, article="清单第 12 项", words="应由市监局办", now=NOW
    )


def dispatch_to(case: services.Opened, code: str, actor: Actor | None = None) -> uuid.UUID:
    return services.dispatch_case(actor=actor or clerk(), case_id=case.case_id, lead_code=code, now=NOW)


def test_a_return_cites_the_list_and_the_clock_goes_on() -> None:
    case = dispatched(helpers=(HELPER,))
    due = row(case).due_at
    with pytest.raises(Invalid) as uncited:
        services.return_task(actor=handler(LEAD), case_id=case.case_id, article=" ", words="不归我", now=NOW)
    assert code_of(uncited) == "article-missing"
    entry = give_back(case)
    assert (row(case).state, row(case).lead_code, row(case).returns, row(case).due_at) == ("returned", "", 1, due)
    assert not Task.objects.filter(ended_at=None).exists()
    note = Note.objects.get(entry_id=entry)
    fact = told(case.case_id, "task-returned")
    assert fact["article"] == "清单第 12 项" and fact["words_commitment"] == text_commitment(
        note.words, bytes(note.salt)
    )
    assert "市监局" not in str(fact)


def test_the_second_return_raises_an_alarm() -> None:
    case = dispatched()
    give_back(case)
    dispatch_to(case, HELPER)
    assert "ping-pong-alarmed" not in kinds(case.case_id)
    give_back(case, HELPER)
    assert told(case.case_id, "ping-pong-alarmed")["returns"] == 2


def test_who_gets_it_again_after_a_return_can_only_object_and_another_decides() -> None:
    case = dispatched()
    give_back(case)
    dispatch_to(case, LEAD)
    with pytest.raises(Refused) as binding:
        give_back(case)
    assert code_of(binding) == "return-twice"
    services.object_to_dispatch(actor=handler(LEAD), case_id=case.case_id, article="12", words="清单没有", now=NOW)
    with pytest.raises(Forbidden):
        services.review_objection(actor=clerk(), case_id=case.case_id, upheld=False, words="我派的", now=NOW)
    services.review_objection(actor=checker(), case_id=case.case_id, upheld=True, words="确实不归", now=NOW)
    assert (row(case).state, row(case).lead_code) == ("returned", "")
    assert told(case.case_id, "objection-reviewed")["upheld"] is True
    with pytest.raises(Refused) as over:
        services.review_objection(actor=checker(), case_id=case.case_id, upheld=True, words="再一次", now=NOW)
    assert code_of(over) == "objection-none"


def test_an_overruled_objection_binds() -> None:
    case = dispatched()
    services.object_to_dispatch(actor=handler(LEAD), case_id=case.case_id, article="12", words="不归我", now=NOW)
    services.review_objection(actor=checker(), case_id=case.case_id, upheld=False, words="归你", now=NOW)
    assert row(case).state == "dispatched"
    with pytest.raises(Refused):
        give_back(case)
    with pytest.raises(Refused) as again:
        services.object_to_dispatch(actor=handler(LEAD), case_id=case.case_id, article="12", words="还是不归", now=NOW)
    assert code_of(again) == "objection-twice"


# joint handling ------------------------------------------------------------------------------------------------------


def test_the_lead_answers_when_all_helpers_have_done_their_part() -> None:
    case = started()
    services.join_case(actor=handler(LEAD), case_id=case.case_id, helper_code=HELPER, words="请查许可", now=NOW)
    with pytest.raises(Refused) as waiting:
        services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="好了", now=NOW)
    assert code_of(waiting) == "helpers-at-work" and "市监局" in str(waiting.value)
    services.finish_task(actor=handler(HELPER), case_id=case.case_id, words="无证，已责令", now=NOW)
    with pytest.raises(Forbidden):
        services.finish_task(actor=handler(HELPER), case_id=case.case_id, words="再来", now=NOW)
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="已取缔", now=NOW)
    assert row(case).state == "resolved" and row(case).due_at is None
    assert not Task.objects.filter(ended_at=None).exists() and not Clock.objects.filter(stopped_at=None).exists()


def test_a_parent_ends_after_its_children() -> None:
    parent, child, other = opened(), opened(), opened()
    services.link_case(actor=clerk(), case_id=child.case_id, parent_code=parent.case_code, now=NOW)
    services.resolve_case(actor=clerk(), case_id=parent.case_id, reply="灯已换好。", now=NOW)
    with pytest.raises(Refused) as open_child:
        services.close_case(actor=clerk(), case_id=parent.case_id, now=NOW)
    assert code_of(open_child) == "children-open"
    with pytest.raises(Refused):
        services.link_case(actor=clerk(), case_id=parent.case_id, parent_code=other.case_code, now=NOW)
    services.withdraw_case(actor=resident(), case_id=child.case_id, now=NOW)
    services.close_case(actor=clerk(), case_id=parent.case_id, now=NOW)
    assert row(parent).state == "closed"


def test_an_open_matter_is_not_joined_to_an_answered_one_and_keeps_its_clock() -> None:
    answered, ended, open_one, done = opened(), opened(), opened(), opened()
    for case in (answered, ended, done):
        services.resolve_case(actor=clerk(), case_id=case.case_id, reply="已办好。", now=NOW)
    services.close_case(actor=clerk(), case_id=ended.case_id, now=NOW)
    for parent, refusal in ((answered, "link-answered"), (ended, "link-ended")):
        with pytest.raises(Refused) as refused:
            services.link_case(actor=clerk(), case_id=open_one.case_id, parent_code=parent.case_code, now=NOW)
        assert code_of(refused) == refusal
    assert row(open_one).parent_id is None and row(open_one).due_at is not None
    services.link_case(actor=clerk(), case_id=done.case_id, parent_code=answered.case_code, now=NOW)


def test_a_matter_is_joined_by_its_code_and_taken_out_again() -> None:
    parent, child, other = opened(), opened(), opened()
    for code, refusal in ((child.case_code, "link-itself"), ("8K3F27QH", "case-absent"), ("", "case-absent")):
        with pytest.raises(Problem) as refused:
            services.link_case(actor=clerk(), case_id=child.case_id, parent_code=code, now=NOW)
        assert code_of(refused) == refusal
    with pytest.raises(Refused) as none:
        services.unlink_case(actor=clerk(), case_id=child.case_id, now=NOW)
    assert code_of(none) == "link-none"
    services.link_case(actor=clerk(), case_id=child.case_id, parent_code=parent.case_code.lower(), now=NOW)
    with pytest.raises(Refused) as twice:
        services.link_case(actor=clerk(), case_id=child.case_id, parent_code=other.case_code, now=NOW)
    assert code_of(twice) == "link-twice"
    may = {one: queries.handling_for(clerk(), one.case_id, now=NOW).may for one in (parent, child, other)}
    assert [(may[one].link, may[one].unlink) for one in may] == [(False, False), (False, True), (True, False)]
    with pytest.raises(Forbidden):
        services.unlink_case(actor=handler(LEAD), case_id=child.case_id, now=NOW)
    services.unlink_case(actor=clerk(), case_id=child.case_id, now=NOW)
    assert row(child).parent_id is None
    assert told(child.case_id, "case-unlinked")["parent_id"] == str(parent.case_id)


# clocks --------------------------------------------------------------------------------------------------------------


def test_a_pause_moves_the_due_date_by_the_days_that_it_covered() -> None:
    case = started()
    services.pause_case(actor=handler(LEAD), case_id=case.case_id, reason="inspection", words="送检", now=NOW)
    assert row(case).due_at is None and row(case).state == "paused"
    services.resume_case(actor=handler(LEAD), case_id=case.case_id, now=NOW + timedelta(days=2))
    assert Clock.objects.get().last_day == date(2026, 3, 11)
    assert told(case.case_id, "due-date-set") | {"cause": "resumed"} == told(case.case_id, "due-date-set")
    with pytest.raises(Invalid):
        services.pause_case(actor=handler(LEAD), case_id=case.case_id, reason="holiday", words="x", now=NOW)


def test_more_time_is_asked_once_before_the_due_date_and_decided_by_a_leader() -> None:
    case, boss = started(), leader()
    services.ask_for_time(actor=handler(LEAD), case_id=case.case_id, words="要等设备", now=NOW)
    with pytest.raises(Refused):
        services.ask_for_time(actor=handler(LEAD), case_id=case.case_id, words="再问", now=NOW)
    with pytest.raises(Forbidden):
        services.decide_on_time(actor=handler(LEAD), case_id=case.case_id, granted=True, words="自批", now=NOW)
    services.decide_on_time(actor=boss, case_id=case.case_id, granted=True, words="同意", now=NOW)
    assert Clock.objects.get().last_day == date(2026, 3, 23), "5 and 10 working days are 15"
    with pytest.raises(Refused) as twice:
        services.ask_for_time(actor=handler(LEAD), case_id=case.case_id, words="还要", now=NOW)
    assert code_of(twice) == "extension-twice"


def test_more_time_after_the_due_date_is_refused() -> None:
    case = started()
    with pytest.raises(Refused) as late:
        services.ask_for_time(actor=handler(LEAD), case_id=case.case_id, words="晚了", now=NOW + timedelta(days=9))
    assert code_of(late) == "extension-late"


def test_a_years_notice_makes_provisional_due_dates_certain() -> None:
    late = datetime(2026, 12, 30, 2, tzinfo=UTC)
    case = opened(now=late)
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=LEAD, nature="help", now=late)
    new = opened(now=late + timedelta(days=1))
    assert row(case).due_provisional and row(new).due_provisional
    with pytest.raises(Invalid, match="2027-01-01"):
        services.announce_year(
            actor=clerk(), year=2027, off=["2027-01-01", "2027-01-01"], worked=[], notice="国办", now=late
        )
    moved = services.announce_year(
        actor=clerk(), year=2027, off=["2027-01-01..2027-01-03"], worked=["2027-01-09"], notice="国办发明电", now=late
    )
    assert moved == 2
    assert not row(case).due_provisional and not row(new).due_provisional
    assert told(case.case_id, "due-date-set")["cause"] == "year-announced"
    assert Clock.objects.get(case=case.case_id).last_day == date(2027, 1, 7)


# after the answer ----------------------------------------------------------------------------------------------------


def test_silence_is_not_satisfaction() -> None:
    case = resolved()
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    assert told(case.case_id, "case-closed")["reason"] == "not-rated"
    rated = resolved()
    services.rate_case(actor=resident(), case_id=rated.case_id, score=3, words="慢", now=NOW)
    services.close_case(actor=clerk(), case_id=rated.case_id, now=NOW)
    assert told(rated.case_id, "case-closed")["reason"] == "settled"


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_is_one_to_five(score: int) -> None:
    with pytest.raises(Invalid):
        services.rate_case(actor=resident(), case_id=resolved().case_id, score=score, now=NOW)


def test_reopened_it_is_checked_by_another_colleague() -> None:
    case = resolved()  # by window-1
    with pytest.raises(Forbidden):
        services.call_back(actor=clerk(), case_id=case.case_id, score=2, now=NOW)
    services.call_back(actor=checker(), case_id=case.case_id, score=1, words="没修", now=NOW)
    assert (row(case).state, row(case).reopenings, row(case).score, row(case).resolved_at) == (
        "reopened",
        1,
        None,
        None,
    )
    assert row(case).due_at is not None
    dispatch_to(case, LEAD)
    services.start_task(actor=handler(LEAD), case_id=case.case_id, now=NOW)
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="这次修好了", now=NOW)
    for actor in (checker(), clerk()):  # who checked before, who answered before
        with pytest.raises(Forbidden):
            services.call_back(actor=actor, case_id=case.case_id, score=5, now=NOW)
    services.call_back(actor=leader("330205-centre"), case_id=case.case_id, score=5, now=NOW)
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    assert row(case).state == "closed"


def test_after_ten_working_days_a_new_matter_is_needed() -> None:
    case = resolved()
    day = NOW + timedelta(days=14)
    with pytest.raises(Refused) as late:
        services.reopen_case(actor=resident(), case_id=case.case_id, words="又坏了", now=day + timedelta(days=1))
    assert code_of(late) == "reopen-late" and row(case).state == "resolved"
    services.reopen_case(actor=resident(), case_id=case.case_id, words="又坏了", now=day)


# leaders -------------------------------------------------------------------------------------------------------------


def test_overdue_matters_go_up_the_line_one_level_a_working_day() -> None:
    unaccepted, handled = opened(), dispatched()
    system = importer("330205")
    assert services.escalate_overdue(actor=system, now=NOW + timedelta(hours=1)) == 0
    thursday = datetime(2026, 3, 5, 2, tzinfo=UTC)
    assert services.escalate_overdue(actor=system, now=thursday) == 1
    assert told(unaccepted.case_id, "case-escalated")["to_code"] == "330205"
    assert services.escalate_overdue(actor=system, now=thursday) == 0, "once a level"
    later = datetime(2026, 3, 12, 2, tzinfo=UTC)
    assert services.escalate_overdue(actor=system, now=later) == 1, "the line above the centre has one level"
    assert told(handled.case_id, "case-escalated")["from_code"] == LEAD


def test_a_leader_of_the_centre_presses_and_others_cannot() -> None:
    case = dispatched()
    services.supervise_case(actor=leader("330205-centre"), case_id=case.case_id, words="今天办完", now=NOW)
    assert kinds(case.case_id)[-1] == "case-supervised"
    for actor in (clerk(), leader(), handler(LEAD)):
        with pytest.raises(Forbidden):
            services.supervise_case(actor=actor, case_id=case.case_id, words="快", now=NOW)


def test_withdrawn_in_the_middle_everything_stops() -> None:
    case = dispatched(helpers=(HELPER,))
    services.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    assert not Task.objects.filter(ended_at=None).exists() and not Clock.objects.filter(stopped_at=None).exists()
    assert row(case).due_at is None


def test_a_step_takes_at_most_fifteen_statements() -> None:
    taken: dict[str, int] = {}

    def counted(name: str, act: Callable[[], object]) -> None:
        with CaptureQueriesContext(connection) as seen:
            act()
        taken[name] = len(seen)

    _name_the_lead_in_a_list()
    started()  # the organisations' chains begin
    case, direct = opened(), opened()
    at = {"case_id": case.case_id, "now": NOW}
    counted("accept", lambda: services.accept_case(actor=clerk(), nature="help", **at))
    counted("dispatch", lambda: services.dispatch_case(actor=clerk(), lead_code=LEAD, **at))
    counted("start", lambda: services.start_task(actor=handler(LEAD), **at))
    counted("join", lambda: services.join_case(actor=handler(LEAD), helper_code=HELPER, **at))
    counted("finish", lambda: services.finish_task(actor=handler(HELPER), words="好", **at))
    counted("pause", lambda: services.pause_case(actor=handler(LEAD), reason="weather", words="雨", **at))
    counted("resume", lambda: services.resume_case(actor=handler(LEAD), **at))
    counted("resolve", lambda: services.resolve_case(actor=handler(LEAD), reply="好了", **at))
    counted("rate", lambda: services.rate_case(actor=resident(), score=4, **at))
    counted("reopen", lambda: services.reopen_case(actor=resident(), words="没好", **at))
    at = {"case_id": direct.case_id, "now": NOW, "nature": "help"}
    counted("accept and dispatch", lambda: services.dispatch_case(actor=clerk(), lead_code=LEAD, **at))
    assert taken.pop("accept and dispatch") <= 17, "two steps in one"
    assert all(number <= 15 for number in taken.values()), taken


def _name_the_lead_in_a_list() -> None:
    power = directory.NewPower(
        verb="handle",
        category="roads",
        area_code="330205",
        level="district",
        organisation_code=LEAD,
        list_kind="basic",
        article="9",
        valid_from=date(2020, 1, 1),
    )
    directory.import_powers(actor=importer("330205"), rows=[power], source="测试清单", now=NOW)
