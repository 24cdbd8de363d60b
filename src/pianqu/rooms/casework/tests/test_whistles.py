"""Calls to the spot: blown, answered, objected to, decided, come to, finished, escalated; and joint task forces."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import WhistleCall
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    HELPER,
    LEAD,
    NOW,
    OTHER_COMMUNITY,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    resident,
    resolved,
)
from pianqu.rooms.casework.tests.test_platforms import official as browser
from pianqu.rooms.casework.views.shown import Organisations
from pianqu.rooms.casework.views.whistle_lines import lines_of
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.directory.tests.builders import official
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
SYSTEM = importer("330205")
STREET = "330205001000"
HOUR = timedelta(hours=1)
TODAY = timezone.localdate(NOW)


@pytest.fixture(autouse=True)
def street(district: None) -> None:
    body = NewOrganisation(code=STREET, kind="street", name="外滩街道", short_name="外滩街道", parent_code="330205")
    directory.add_organisations(actor=SYSTEM, items=[body], valid_from=NOW.date(), now=NOW)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


def window() -> Actor:
    return official("street-window", STREET, "window")


def blow(**changes: Any) -> Any:
    given: dict[str, Any] = {
        "actor": changes.pop("actor", None) or window(),
        "called_codes": [LEAD, HELPER],
        "words": "路口占道，三家一起看。",
        "answer_by": NOW + HOUR,
        "be_there_by": NOW + 3 * HOUR,
        "place_code": COMMUNITY,
        "landmark": "桥头",
        "now": NOW,
    }
    return services.blow_whistle(**{**given, **changes})


def call(whistle_id: Any, code: str = LEAD) -> WhistleCall:
    return WhistleCall.objects.get(whistle_id=whistle_id, organisation_code=code)


def kinds(whistle_id: Any) -> list[str]:
    return [item.kind.removeprefix("casework.whistle-") for item in ledger.history(f"whistle:{whistle_id}")]


def test_a_call_is_answered_come_to_and_finished() -> None:
    whistle, lead = blow(), handler(LEAD)
    services.answer_whistle(actor=lead, whistle_id=whistle, office="执法一中队", comes_at=NOW + HOUR, now=NOW)
    assert call(whistle).due_at == NOW + 3 * HOUR, "now the time to be there counts"
    services.arrive_at_whistle(actor=lead, whistle_id=whistle, now=NOW + HOUR)
    services.finish_whistle(actor=lead, whistle_id=whistle, words="已清理", now=NOW + 2 * HOUR)
    street = window_again()
    services.end_whistle(actor=street, whistle_id=whistle, now=NOW + 3 * HOUR)
    assert (call(whistle).state, call(whistle, HELPER).state) == ("finished", "ended")
    assert sorted(kinds(whistle)) == ["answered", "arrived", "blown", "ended", "finished"]
    with pytest.raises(Refused, match="ended"):
        services.arrive_at_whistle(actor=handler(HELPER), whistle_id=whistle, now=NOW + 4 * HOUR)


def window_again() -> Actor:
    return official("street-window-2", STREET, "window")


def test_who_came_was_there_also_after_the_call_was_ended() -> None:
    caller = window()
    whistle = blow(actor=caller)
    services.arrive_at_whistle(actor=handler(LEAD), whistle_id=whistle, now=NOW)
    services.end_whistle(actor=caller, whistle_id=whistle, now=NOW)
    assert (call(whistle).state, call(whistle, HELPER).state) == ("arrived", "ended")
    (card,) = queries.whistles_for(clerk(), now=NOW)
    (line,) = lines_of((card,), Organisations())
    assert {one.word for one in line.calls} == {"was there", "need not come any more"}
    own = queries.whistle_for(official("seen-there", LEAD), whistle, now=NOW)
    assert not own.calls[0].may_finish


def test_a_form_proposes_no_moment_that_would_be_refused() -> None:
    now = timezone.now()
    whistle = blow(answer_by=now + timedelta(minutes=15), be_there_by=now + timedelta(minutes=30), now=now)
    own = official("comes", LEAD)
    card = queries.whistle_for(own, whistle, now=now)
    (line,) = lines_of((card,), Organisations())
    assert line.arrival == f"{timezone.localtime(now + timedelta(minutes=30)):%Y-%m-%dT%H:%M}"
    later = queries.whistle_for(own, whistle, now=now + HOUR)
    (mine,) = [call for call in later.calls if call.is_own]
    assert (mine.may_answer, mine.may_arrive) == (False, True), "too late to say when: they say that they are there"


def test_an_objection_is_decided_by_a_leader_of_who_called() -> None:
    whistle = blow()
    services.object_to_whistle(actor=handler(HELPER), whistle_id=whistle, words="不归我局", now=NOW)
    own = {"whistle_id": whistle, "called_code": HELPER, "words": "确属贵局", "now": NOW}
    with pytest.raises(Forbidden, match="leader"):
        services.decide_on_whistle(actor=window_again(), excused=False, **own)
    with pytest.raises(Forbidden):
        services.decide_on_whistle(actor=official("their-leader", HELPER, "leader"), excused=True, **own)
    leader = official("street-leader", STREET, "leader")
    services.decide_on_whistle(actor=leader, excused=False, **own)
    assert call(whistle, HELPER).state == "called" and call(whistle, HELPER).due_at == NOW + HOUR
    with pytest.raises(Refused):
        services.decide_on_whistle(actor=leader, excused=True, **own)


def test_what_nobody_answers_is_warned_of_and_goes_up_the_line() -> None:
    whistle = blow(called_codes=[LEAD])
    assert services.warn_of_whistles(actor=SYSTEM, now=NOW + HOUR * 0.7) == 0
    assert services.warn_of_whistles(actor=SYSTEM, now=NOW + HOUR * 0.9) == 1
    assert services.warn_of_whistles(actor=SYSTEM, now=NOW + HOUR * 0.95) == 0, "once a date"
    late = NOW + HOUR
    assert [services.escalate_whistles(actor=SYSTEM, now=late) for _ in range(2)] == [1, 0]
    assert "escalated" in kinds(whistle) and call(whistle).late
    services.answer_whistle(actor=handler(LEAD), whistle_id=whistle, office="中队", comes_at=late + HOUR, now=late)
    assert services.escalate_whistles(actor=SYSTEM, now=late + HOUR) == 0, "the time to be there is not over"
    assert services.escalate_whistles(actor=SYSTEM, now=NOW + 3 * HOUR) == 1


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"called_codes": []}, "whistle-called"),
        ({"called_codes": ["330205-nobody"]}, "party-unknown"),
        ({"called_codes": [STREET]}, "whistle-self"),
        ({"answer_by": None}, "whistle-moment"),
        ({"answer_by": NOW}, "whistle-soon"),
        ({"be_there_by": NOW + timedelta(minutes=30)}, "whistle-there"),
        ({"be_there_by": NOW + timedelta(days=30)}, "whistle-there"),
        ({"place_code": "nowhere"}, "whistle-place"),
        ({"place_code": OTHER_COMMUNITY}, "whistle-elsewhere"),
        ({"words": " "}, "words-empty"),
    ],
)
def test_a_call_that_cannot_be_is_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        blow(**wrong)
    assert refusal.value.code == code


def test_the_grass_roots_are_never_called_and_departments_call_nobody() -> None:
    body = NewOrganisation(code=COMMUNITY, kind="community", name="外滩社区", short_name="外滩社区", parent_code=STREET)
    directory.add_organisations(actor=SYSTEM, items=[body], valid_from=NOW.date(), now=NOW)
    with pytest.raises(Invalid, match="never the grass roots"):
        blow(called_codes=[COMMUNITY])
    for actor in (official("law", LEAD), resident(), official("look", STREET, "auditor")):
        with pytest.raises(Forbidden):
            blow(actor=actor)


def test_a_matter_is_called_for_once_and_while_it_is_open() -> None:
    case = opened()
    whistle = blow(case_id=case.case_id, place_code="")
    assert queries.whistles_for(clerk(), now=NOW, case_id=case.case_id)[0].whistle_id == whistle
    with pytest.raises(Refused, match="already"):
        blow(actor=window_again(), case_id=case.case_id)
    with pytest.raises(Refused, match="answered"):
        blow(actor=official("w3", STREET, "window"), case_id=resolved().case_id)


def test_only_who_is_concerned_sees_a_call() -> None:
    whistle = blow(called_codes=[LEAD])
    assert queries.whistle_for(official("seen-law", LEAD), whistle, now=NOW).is_called
    with pytest.raises(Absent):
        queries.whistle_for(official("unseen", HELPER), whistle, now=NOW)
    with pytest.raises(Absent):
        services.answer_whistle(actor=handler(HELPER), whistle_id=whistle, office="x", comes_at=NOW, now=NOW)


def test_a_list_of_calls_costs_the_same_for_many() -> None:
    actor = window()
    costs = []
    for many in (1, 8):
        for _n in range(many):
            blow(actor=actor)
        with CaptureQueriesContext(connection) as seen:
            queries.whistles_for(clerk(), now=NOW)
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 4


# joint task forces ---------------------------------------------------------------------------------------------------


def leader(code: str = LEAD) -> Actor:
    return official(f"leader-{code}", code, "leader")


def form(actor: Actor | None = None, **changes: Any) -> Any:
    given: dict[str, Any] = {
        "actor": actor or leader(),
        "name": "夜间噪声组",
        "words": "三个月内把夜间施工噪声降下来",
        "lead_code": LEAD,
        "member_codes": [HELPER],
        "starts_on": TODAY,
        "ends_on": TODAY + timedelta(days=90),
        "now": NOW,
    }
    return services.form_force(**{**given, **changes})


def test_a_task_force_is_formed_given_matters_and_ended_with_a_report() -> None:
    actor, case = leader(), dispatched()
    force = form(actor)
    services.give_to_force(actor=actor, force_id=force, code=case.case_code, now=NOW)
    card = queries.force_for(actor, force, now=NOW, on=TODAY)
    assert (card.total, card.answered, [one.case_id for one in card.matters]) == (1, 0, [case.case_id])
    member, stranger = official("member", HELPER), handler("330205-culture")
    other = queries.force_for(member, force, now=NOW, on=TODAY)
    assert ([one.case_id for one in other.matters], other.unseen) == ([case.case_id], 0), (
        "a member sees what it works on"
    )
    assert queries.case_for(member, case.case_id).may_resolve is False
    with pytest.raises(Absent):
        queries.case_for(stranger, case.case_id)
    late = queries.force_for(member, force, now=NOW + timedelta(days=90), on=TODAY).matters[0]
    assert (other.matters[0].is_late, late.is_late) == (False, True)
    services.end_force(actor=actor, force_id=force, words="降到夜间投诉每周一件", now=NOW)
    with pytest.raises(Absent):
        queries.case_for(member, case.case_id)
    with pytest.raises(Refused, match="ended"):
        services.give_to_force(actor=actor, force_id=force, code=case.case_code, now=NOW)


def test_what_comes_after_another_matter_begins_when_that_is_answered() -> None:
    first, second = dispatched(), dispatched()
    force = form()
    services.give_to_force(actor=clerk(), force_id=force, code=first.case_code, now=NOW)
    services.give_to_force(actor=clerk(), force_id=force, code=second.case_code, after=first.case_code, now=NOW)
    with pytest.raises(Refused, match="comes after"):
        services.start_task(actor=handler(LEAD), case_id=second.case_id, now=NOW)
    services.resolve_case(actor=clerk(), case_id=first.case_id, reply="修好了。", now=NOW)
    services.start_task(actor=handler(LEAD), case_id=second.case_id, now=NOW)


def test_matters_of_two_task_forces_do_not_wait_for_each_other() -> None:
    first, second = dispatched(), dispatched()
    actor = leader()
    one, two = form(actor), form(actor, name="另一组")
    for force in (one, two):
        for case in (first, second):
            services.give_to_force(actor=clerk(), force_id=force, code=case.case_code, now=NOW)
    services.give_to_force(actor=clerk(), force_id=one, code=second.case_code, after=first.case_code, now=NOW)
    with pytest.raises(Refused, match="without end"):
        services.give_to_force(actor=clerk(), force_id=two, code=first.case_code, after=second.case_code, now=NOW)


def test_a_matter_is_shared_only_by_whose_it_is() -> None:
    case = dispatched(helpers=(HELPER,))
    actor = leader(HELPER)
    force = form(actor, lead_code=HELPER, member_codes=["330205"])
    with pytest.raises(Forbidden, match="who leads a matter"):
        services.give_to_force(actor=actor, force_id=force, code=case.case_code, now=NOW)
    services.give_to_force(actor=clerk(), force_id=force, code=case.case_code, now=NOW)
    assert queries.case_for(official("district", "330205"), case.case_id).case_id == case.case_id


def test_who_leads_a_matter_asks_a_member_of_the_task_force_to_help_from_its_page() -> None:
    actor, case = leader(), dispatched()
    force = form(actor)
    services.give_to_force(actor=actor, force_id=force, code=case.case_code, now=NOW)
    lead, member = browser(LEAD, kind="handler"), browser(HELPER, kind="handler")
    asks = f"/desk/case/{case.case_id}/act/join/"
    page, theirs = lead.get(f"/desk/forces/{force}/").text, member.get(f"/desk/forces/{force}/").text
    assert asks in page and f'value="{HELPER}"' in page and asks not in theirs
    assert lead.post(asks, {"helper": HELPER}).status_code == 302
    parts = {part.organisation_code for part in queries.handling_for(clerk(), case.case_id, now=NOW).parts}
    assert HELPER in parts


def test_matters_that_would_wait_for_each_other_are_refused() -> None:
    actor, first, second = leader(), dispatched(), dispatched()
    force = form(actor)
    give: Callable[..., object] = lambda code, after="": services.give_to_force(  # noqa: E731
        actor=actor, force_id=force, code=code, after=after, now=NOW
    )
    give(first.case_code)
    give(second.case_code, first.case_code)
    with pytest.raises(Refused, match="without end"):
        give(first.case_code, second.case_code)
    with pytest.raises(Refused, match="without end"):
        give(first.case_code, first.case_code)
    with pytest.raises(Invalid, match="No matter"):
        give("XXXX-XXXX")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": " "}, "force-name"),
        ({"member_codes": []}, "force-members"),
        ({"member_codes": [LEAD]}, "force-members"),
        ({"ends_on": TODAY - timedelta(days=1)}, "force-days"),
        ({"ends_on": TODAY + timedelta(days=500)}, "force-days"),
        ({"member_codes": ["330205-nobody"]}, "party-unknown"),
        ({"words": ""}, "words-empty"),
    ],
)
def test_a_task_force_that_cannot_be_is_refused(wrong: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        form(**wrong)
    assert refusal.value.code == code


def test_only_a_leader_forms_one_and_only_its_lead_leads_it() -> None:
    for actor in (handler(LEAD), leader(HELPER), resident(), clerk()):
        with pytest.raises(Forbidden):
            form(actor)
    force = form()
    with pytest.raises(Forbidden):
        services.end_force(actor=official("m2", HELPER), force_id=force, words="完", now=NOW)
    with pytest.raises(Absent):
        queries.force_for(official("street-looks", STREET), force, now=NOW, on=TODAY)


def test_whom_to_call_is_ticked_in_a_list_and_stays_ticked() -> None:
    street = browser(STREET, kind="leader")
    page = street.get("/desk/whistles/").content.decode()
    assert "multiple" not in page and f'type="checkbox" name="called" value="{LEAD}"' in page
    again = street.post("/desk/whistles/", {"called": [LEAD, HELPER], "words": ""})
    ticked = re.findall(r'name="called" value="([^"]+)" checked', again.content.decode())
    assert again.status_code == 422 and set(ticked) == {LEAD, HELPER}


def test_lists_of_the_rules_pages_are_ticked_too() -> None:
    keeper = browser("330205-centre", kind="leader")
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    row = queries.RuleRow(code="r", areas=(COMMUNITY,), channels=("phone",), lead=LEAD)
    services.write_rules(actor=SYSTEM, number=number, rows=[row], now=NOW)
    page = keeper.get(f"/desk/rules/{number}/?rule=r").content.decode()
    assert re.findall(r'name="(?:areas|channels)" value="([^"]+)" checked', page) == [COMMUNITY, "phone"]
    for address in (f"/desk/rules/{number}/", "/desk/rules/templates/", "/desk/forces/"):
        page = keeper.get(address).content.decode()
        assert 'type="checkbox"' in page and " multiple" not in page


def wrong_fields(page: str) -> set[str]:
    """Fields that say that they are wrong, each with its sentence behind it and a link to it on top."""
    marked = set(re.findall(r'aria-describedby="(\w+)-error"', page))
    assert marked == set(re.findall(r'class="alert-link" href="#(\w+)"', page))
    assert marked == set(re.findall(r'<p class="pq-error" id="(\w+)-error"', page))
    return marked


def test_an_empty_call_names_every_field_that_is_empty() -> None:
    street = browser(STREET, kind="leader")
    page = street.post("/desk/whistles/", {"answer_by": "", "be_there_by": "x"}).content.decode()
    assert wrong_fields(page) == {"place", "called", "words", "answer_by", "be_there_by"}


def test_a_time_that_cannot_be_is_said_at_its_own_field() -> None:
    street = browser(STREET, kind="leader")
    typed = {"place": COMMUNITY, "called": [LEAD], "words": "来看一下", "answer_by": "2020-01-01T08:00"}
    page = street.post("/desk/whistles/", {**typed, "be_there_by": "2020-01-01T09:00"}).content.decode()
    assert wrong_fields(page) == {"answer_by"} and "2020-01-01T09:00" in page and "来看一下" in page


def test_an_empty_task_force_and_a_wrong_trial_name_their_fields() -> None:
    keeper = browser("330205-centre", kind="leader")
    page = keeper.post("/desk/forces/", {"lead": LEAD, "starts": "", "name": "组"}).content.decode()
    assert wrong_fields(page) == {"words", "members", "starts", "ends"}
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    typed = {"since": "2026-02-30", "until": "2026-03-01"}
    page = keeper.post(f"/desk/rules/{number}/act/try/", typed).content.decode()
    assert wrong_fields(page) == {"trial_since"} and "2026-02-30" in page
    typed = {"since": "2026-03-02", "until": "2026-03-01"}
    assert wrong_fields(keeper.post(f"/desk/rules/{number}/act/try/", typed).content.decode()) == {"trial_until"}


def test_a_call_is_ended_and_a_member_removed_only_after_a_second_look() -> None:
    street = browser(STREET, kind="leader")
    blow()
    page = street.get("/desk/whistles/").content.decode()
    forms = [part for part in re.findall(r"<details.*?</details>", page, re.S) if "/act/end/" in part]
    assert len(forms) == 1 == page.count("/act/end/") and "确认结束" in forms[0]
    member = services.add_platform_member(
        actor=SYSTEM, platform="market", street_code=STREET, organisation_code=HELPER, now=NOW
    )
    page = street.get(f"/desk/platforms/market/?street={STREET}").content.decode()
    forms = [part for part in re.findall(r"<details.*?</details>", page, re.S) if f"remove/{member}/" in part]
    assert len(forms) == 1 == page.count(f"remove/{member}/") and "移出市监局</button>" in forms[0]
