"""What stands in whose inbox, when it is done with, and that a replay makes it again."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.models import Case, PlatformMember
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
    resolved,
    started,
)
from pianqu.rooms.directory.tests.builders import official
from pianqu.rooms.ledger import queries as history
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.notices import queries, readers, services
from pianqu.rooms.notices.models import Notice

CENTRE = "330205-centre"


def hear() -> None:
    """Everything recorded so far is sealed and heard."""
    while ledger.seal(now=NOW):
        pass
    while ledger.deliver(reader=readers.INBOX, to=readers.hear):
        pass


def kinds(organisation_code: str) -> list[str]:
    rows = Notice.objects.filter(organisation_code=organisation_code).order_by("position")
    return list(rows.values_list("kind", flat=True))


def test_who_leads_and_who_helps_is_told_and_who_dispatched_is_not() -> None:
    dispatched(helpers=(HELPER,))
    hear()
    assert kinds(LEAD) == kinds(HELPER) == ["case-dispatched"] and kinds(CENTRE) == []


def test_the_centre_is_told_of_returns_and_objections_and_the_lead_of_the_decision() -> None:
    case = dispatched()
    cases.object_to_dispatch(actor=handler(LEAD), case_id=case.case_id, article="9", words="不归我局", now=NOW)
    other = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code=CENTRE)
    cases.review_objection(actor=other, case_id=case.case_id, upheld=False, words="归你局", now=NOW)
    hear()
    assert kinds(CENTRE) == ["dispatch-objected"]
    assert kinds(LEAD) == ["case-dispatched", "objection-reviewed"]


def test_who_works_in_a_task_force_is_told_when_it_is_formed_given_a_matter_and_ends() -> None:
    case, leads = dispatched(), official("force-leader", LEAD, "leader")
    force = cases.form_force(
        actor=leads,
        name="夜间噪声组",
        words="一起把夜间噪声降下来",
        lead_code=LEAD,
        member_codes=[HELPER],
        starts_on=NOW.date(),
        ends_on=NOW.date() + timedelta(days=30),
        now=NOW,
    )
    cases.give_to_force(actor=leads, force_id=force, code=case.case_code, now=NOW)
    cases.end_force(actor=leads, force_id=force, words="降了", now=NOW)
    hear()
    assert kinds(HELPER) == ["force-formed", "force-given", "force-ended"]
    about = Notice.objects.filter(organisation_code=HELPER).order_by("position").values_list("case_id", flat=True)
    assert list(about) == [force, case.case_id, force]
    assert kinds(LEAD) == ["case-dispatched"], "who did it knows"


def test_passing_between_platforms_is_told_though_the_centre_did_it_itself() -> None:
    case = dispatched(category="noise")
    PlatformMember.objects.create(
        id=uuid.uuid4(), platform="market", street_code="330205001000", organisation_code=HELPER, added_at=NOW
    )
    for platform in ("market", "enforcement"):
        cases.move_platform(actor=clerk(), case_id=case.case_id, platform=platform, words="转", now=NOW)
    hear()
    assert "platform-ping-pong" in kinds(CENTRE) and kinds(HELPER) == ["platform-changed"], (
        "who takes part there is told"
    )
    assert Notice.objects.get(kind="platform-ping-pong").urgent


def test_what_the_reporter_does_reaches_who_holds_it() -> None:
    case = started()
    cases.extend_case(actor=resident(), case_id=case.case_id, words="还有一盏", idempotency_key="k" * 20, now=NOW)
    answered = resolved()
    cases.rate_case(actor=resident(), case_id=answered.case_id, score=1, now=NOW)
    good = resolved()
    cases.rate_case(actor=resident(), case_id=good.case_id, score=5, now=NOW)
    hear()
    assert kinds(LEAD)[-1] == "case-extended" and kinds(CENTRE) == ["case-rated", "case-reopened"]
    assert Notice.objects.get(kind="case-rated").urgent


def test_dates_that_come_near_or_pass_are_urgent() -> None:
    case = dispatched()
    due = Case.objects.get(id=case.case_id).due_at
    assert due is not None
    cases.warn_due_soon(actor=importer("330205"), now=due - timedelta(minutes=1))
    cases.escalate_overdue(actor=importer("330205"), now=due)
    hear()
    assert kinds(LEAD)[1:] == ["due-soon", "case-escalated"] and kinds("330205") == ["case-escalated"]
    assert Notice.objects.filter(organisation_code="330205").get().urgent


def test_an_organisation_is_done_with_its_notices_once_for_all_who_work_there() -> None:
    dispatched()
    hear()
    actor = handler(LEAD)
    assert queries.unread(actor, now=NOW) == 1 and queries.inbox_for(actor, now=NOW)[0].unread
    services.clear_inbox(actor=actor, up_to=queries.inbox_for(actor, now=NOW)[0].position, now=NOW)
    colleague = replace(actor, post_id=str(uuid.uuid4()))
    assert queries.unread(colleague, now=NOW) == 0 and not queries.inbox_for(colleague, now=NOW)[0].unread
    dispatched()
    hear()
    assert queries.unread(colleague, now=NOW) == 1, "what comes later is new"
    assert queries.unread(colleague, now=NOW + queries.NEW_FOR) == 0, "and not for ever"
    before = len(history.history(f"inbox:{LEAD}"))
    services.clear_inbox(actor=actor, up_to=0, now=NOW)
    assert queries.unread(actor, now=NOW) == 1 and len(history.history(f"inbox:{LEAD}")) == before, "never back"


def test_an_auditor_is_done_with_nothing() -> None:
    with pytest.raises(Forbidden):
        services.clear_inbox(actor=replace(handler(LEAD), reads_only=True), up_to=3, now=NOW)


def test_what_is_yet_to_come_cannot_be_done_with() -> None:
    actor = handler(LEAD)
    with pytest.raises(Invalid) as refused:
        services.clear_inbox(actor=actor, up_to=2**53 - 1, now=NOW)
    assert refused.value.code == "inbox-ahead"


def test_a_replay_makes_the_same_lines() -> None:
    case = dispatched(helpers=(HELPER,))
    cases.reopen_case(actor=resident(), case_id=resolved().case_id, words="没好", now=NOW)
    hear()
    columns = ("position", "organisation_code", "kind", "case_id", "urgent", "at")
    before = list(Notice.objects.order_by("position", "organisation_code").values_list(*columns))
    ledger.replay(reader=readers.INBOX, forget=readers.forget)
    assert not Notice.objects.exists()
    hear()
    assert list(Notice.objects.order_by("position", "organisation_code").values_list(*columns)) == before
    assert case.case_id in {row[3] for row in before}


def test_the_bell_takes_one_statement_and_the_inbox_two() -> None:
    for _number in range(5):
        dispatched()
    hear()
    for question, most in ((queries.unread, 1), (queries.inbox_for, 2)):
        with CaptureQueriesContext(connection) as seen:
            question(handler(LEAD), now=NOW)
        assert len(seen) == most
    assert queries.unread(clerk(), now=NOW) == 0


def test_what_sounds_dangerous_is_told_to_the_centre_at_once() -> None:
    opened()
    case = opened(words="有人触电倒在路边")
    hear()
    assert list(Notice.objects.values_list("organisation_code", "kind", "urgent", "case_id")) == [
        (CENTRE, "case-opened", True, case.case_id)
    ]
