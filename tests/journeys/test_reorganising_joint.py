"""Organisations merge or split while they work jointly: whistles, task forces, members, causes, templates and rules follow."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from pianqu.composition.reorganising import preview
from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import (
    ForceMember,
    JointTemplate,
    JointWait,
    Measure,
    PlatformMember,
    RootCause,
    RuleVersion,
    TaskForce,
    Whistle,
    WhistleCall,
)
from pianqu.rooms.casework.queries import RuleRow, TemplatePart
from pianqu.rooms.casework.services import NewTemplate
from pianqu.rooms.casework.tests.builders import COMMUNITY, HELPER, LEAD, NOW, clerk, dispatched, handler
from pianqu.rooms.casework.tests.test_causes import cause
from pianqu.rooms.casework.tests.test_platforms import official as signed_in
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation, Share
from pianqu.rooms.directory.tests.builders import official
from pianqu.rooms.ledger import queries as ledger
from tests.journeys.test_reorganising import JOINED, SYSTEM, THIRD, carry_out, furnish, plan

pytestmark = pytest.mark.django_db
STREET = "330205001000"
HOUR = timedelta(hours=1)
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def district() -> None:
    furnish()
    street = NewOrganisation(code=STREET, kind="street", name="外滩街道", short_name="外滩街道", parent_code="330205")
    directory.add_organisations(actor=SYSTEM, items=[street], valid_from=TODAY, now=NOW)


def blown(*codes: str, actor: Actor | None = None) -> UUID:
    return services.blow_whistle(
        actor=actor or official("street-window", STREET, "window"),
        called_codes=codes,
        words="路口占道，一起看。",
        answer_by=NOW + HOUR,
        be_there_by=NOW + 3 * HOUR,
        place_code=COMMUNITY,
        landmark="桥头",
        now=NOW,
    )


def calls(whistle_id: UUID) -> dict[str, str]:
    return dict(WhistleCall.objects.filter(whistle_id=whistle_id).values_list("organisation_code", "state"))


def test_who_is_called_after_a_merger_is_the_successor() -> None:
    both, one = blown(LEAD, HELPER), blown(HELPER, actor=official("again", STREET, "window"))
    services.answer_whistle(actor=handler(HELPER), whistle_id=both, office="三科", comes_at=NOW + HOUR, now=NOW)
    carry_out(LEAD, HELPER)
    assert calls(both) == {JOINED: "coming", LEAD: "ended"}, "the call that came further stays"
    assert calls(one) == {JOINED: "called"}
    assert not WhistleCall.objects.filter(due_at__isnull=False, organisation_code__in=(LEAD, HELPER)).exists()
    services.arrive_at_whistle(actor=handler(JOINED), whistle_id=both, now=NOW + HOUR)
    services.escalate_whistles(actor=SYSTEM, now=NOW + 2 * HOUR)
    told = ledger.history(f"whistle:{one}")[-1]
    assert told.kind == "casework.whistle-escalated" and told.fact["called_code"] == JOINED


def test_what_is_over_keeps_its_names_and_nobody_calls_itself() -> None:
    done = blown(LEAD, HELPER)
    services.object_to_whistle(actor=handler(LEAD), whistle_id=done, words="不归我局", now=NOW)
    services.decide_on_whistle(
        actor=official("boss", STREET, "leader"), whistle_id=done, called_code=LEAD, excused=True, words="是", now=NOW
    )
    carry_out(LEAD)
    assert calls(done) == {LEAD: "excused", HELPER: "called"}
    mine = blown(HELPER, actor=official("third", STREET, "window"))
    Whistle.objects.filter(id=mine).update(organisation_code=THIRD)
    carry_out(THIRD, rest_to=HELPER, begins=())
    assert Whistle.objects.get(id=mine).organisation_code == HELPER and calls(mine) == {HELPER: "ended"}


def formed(lead: str, *members: str) -> UUID:
    return services.form_force(
        actor=official(f"leads-{lead}", lead, "leader"),
        name="噪声组",
        words="把噪声降下来",
        lead_code=lead,
        member_codes=members,
        starts_on=TODAY,
        ends_on=TODAY + timedelta(days=90),
        now=NOW,
    )


def members(force_id: UUID) -> set[str]:
    return set(ForceMember.objects.filter(force_id=force_id).values_list("organisation_code", flat=True))


def test_a_task_force_goes_on_under_the_successor() -> None:
    led, joined = formed(LEAD, HELPER, THIRD), formed("330205-centre", LEAD, HELPER)
    carry_out(LEAD, HELPER)
    assert (TaskForce.objects.get(id=led).lead_code, members(led)) == (JOINED, {THIRD}), "who leads is no member beside"
    assert members(joined) == {JOINED}
    actor = official("new-leader", JOINED, "leader")
    services.end_force(actor=actor, force_id=led, words="降了", now=NOW)
    told = ledger.history(f"organisation:{LEAD}")
    passed = next(item for item in told if item.kind == "casework.joint-work-handed-over")
    assert set(passed.fact["force_ids"]) == {str(led), str(joined)}


def test_platforms_and_root_causes_follow_their_place_and_kind() -> None:
    leader = official("street-leader", STREET, "leader")
    given = {"platform": "enforcement", "street_code": STREET, "now": NOW}
    for code in (LEAD, HELPER):
        services.add_platform_member(actor=leader, organisation_code=code, **given)
    found = cause(lead_code=LEAD)
    measure = services.plan_measure(
        actor=clerk(), cause_id=found, words="冲洗管网", organisation_code=HELPER, due_on=TODAY, now=NOW
    )
    carry_out(LEAD, HELPER)
    live = PlatformMember.objects.filter(ended_at=None)
    assert [row.organisation_code for row in live] == [JOINED]
    assert RootCause.objects.get(id=found).lead_code == JOINED
    assert Measure.objects.get(id=measure).organisation_code == JOINED


def test_parts_that_meet_do_not_wait_for_themselves() -> None:
    case = dispatched(helpers=(HELPER, THIRD, "330205-centre"))
    for code, after in ((HELPER, THIRD), (THIRD, "330205-centre")):
        services.order_parts(
            actor=handler(LEAD), case_id=case.case_id, organisation_code=code, after_codes=[after], now=NOW
        )
    carry_out(HELPER, "330205-third")
    assert list(JointWait.objects.values_list("organisation_code", "after_code")) == [(JOINED, "330205-centre")]
    services.finish_task(actor=clerk(), case_id=case.case_id, words="做完", now=NOW)
    services.start_task(actor=handler(JOINED), case_id=case.case_id, now=NOW)


def test_a_supervision_is_owed_by_the_successor() -> None:
    case, boss = dispatched(), official("boss", "330205-centre", "leader")
    services.supervise_case(actor=boss, case_id=case.case_id, words="今天办完", now=NOW)
    carry_out(LEAD)
    services.answer_supervision(actor=handler(JOINED), case_id=case.case_id, words="今晚办完", now=NOW)


def template(**changes: Any) -> None:
    given: dict[str, Any] = {"code": "night", "name": "夜间施工", "categories": ("roads",), "lead_code": LEAD}
    services.set_template(actor=SYSTEM, template=NewTemplate(**{**given, **changes}), now=NOW)


def test_a_template_names_the_successor() -> None:
    template(
        parts=(
            TemplatePart(organisation_code=HELPER, days=2),
            TemplatePart(organisation_code=THIRD, days=3, after=(HELPER,)),
        )
    )
    carry_out(HELPER, THIRD)
    row = JointTemplate.objects.get()
    assert (row.lead_code, row.parts) == (LEAD, [{"organisation": JOINED, "days": 2, "after": []}])
    carry_out(JOINED, rest_to=LEAD, begins=())
    assert JointTemplate.objects.get().parts == []
    assert ledger.history("template:night")[-1].fact["helper_codes"] == []


def adopted(*rows: RuleRow, on: Any = TODAY) -> int:
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    services.write_rules(actor=SYSTEM, number=number, rows=rows, now=NOW)
    services.adopt_rules(actor=SYSTEM, number=number, starts_on=on, now=NOW)
    return number


ROADS = RuleRow(code="roads", name="道路", categories=("roads",), lead=LEAD, helpers=(HELPER,), nature="complaint")


def test_rules_in_force_to_come_and_drafted_name_the_successor() -> None:
    first, later = adopted(ROADS), adopted(ROADS, on=TODAY + timedelta(days=9))
    draft = services.draft_rules(actor=SYSTEM, based_on=first, now=NOW)
    report = carry_out(LEAD, HELPER)
    current = queries.rules_in_force(TODAY)
    assert current is not None and current.number > draft and current.based_on == first
    assert (current.rules[0]["lead"], "helpers" in current.rules[0]) == (JOINED, False)
    assert RuleVersion.objects.get(number=first).rules[0]["lead"] == LEAD, "what was in force stays readable"
    assert RuleVersion.objects.get(number=later).state == "dropped"
    heir = queries.rules_in_force(TODAY + timedelta(days=9))
    assert heir is not None and (heir.based_on, heir.rules[0]["lead"]) == (later, JOINED)
    assert RuleVersion.objects.get(number=draft).rules[0]["lead"] == JOINED
    assert report.matters.to_check == ()


def test_rules_that_would_loop_are_kept_as_a_draft_and_said() -> None:
    """A rule gives what HELPER gave back to LEAD: merged, a matter would come back to who gave it back."""
    number = adopted(RuleRow(code="back", name="退回", returned_by=(HELPER,), lead=LEAD))
    with override("en"):
        report = carry_out(LEAD, HELPER)
    assert len(report.matters.to_check) == 1 and "loops" in report.matters.to_check[0]
    current = queries.rules_in_force(TODAY)
    assert current is not None and current.number == number
    (draft,) = RuleVersion.objects.filter(state="draft")
    assert draft.rules[0]["lead"] == JOINED


def test_a_split_that_leaves_more_than_one_way_is_said() -> None:
    adopted(RuleRow(code="all", name="全部", lead=LEAD, nature="complaint"))
    template(categories=())
    share = Share(to_code=JOINED, categories=("roads",))
    with override("en"):
        report = carry_out(LEAD, rest_to=LEAD, shares=(share,))
    assert len(report.matters.to_check) == 2, "who goes on has not all of it any more"
    with override("en"):
        report = carry_out(LEAD, rest_to=THIRD, begins=(), shares=(share,))
    assert len(report.matters.to_check) == 2 and all("divided" in one for one in report.matters.to_check)


def test_who_keeps_the_rules_sees_what_has_ended() -> None:
    adopted(RuleRow(code="back", name="退回", returned_by=(HELPER,), lead=LEAD))
    carry_out(LEAD, HELPER)
    page = signed_in("330205-centre", "administrator").get("/desk/rules/", headers={"accept-language": "en"})
    assert "has ended: please name who took over" in page.content.decode()


def test_statements_do_not_grow_with_the_joint_work() -> None:
    caller, lead = official("w", STREET, "window"), official("l", LEAD, "leader")

    def cost(number: int) -> int:
        for _n in range(number):
            blown(LEAD, HELPER, actor=caller)
            services.form_force(
                actor=lead,
                name="组",
                words="降噪",
                lead_code=LEAD,
                member_codes=[HELPER],
                starts_on=TODAY,
                ends_on=TODAY + timedelta(days=9),
                now=NOW,
            )
        with CaptureQueriesContext(connection) as caught:
            preview(actor=SYSTEM, plan=plan(LEAD, HELPER), now=NOW)
        return len(caught)

    assert cost(1) == cost(6)
