"""Rules of dispatch: versions, what they suggest, what is kept beside them, trials, templates."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.foundation.facts import REGISTRY
from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.facts import AboutCase
from pianqu.rooms.casework.models import RuleUse, Task
from pianqu.rooms.casework.queries import RuleRow, TemplatePart
from pianqu.rooms.casework.services import NewTemplate
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    HELPER,
    LEAD,
    NOW,
    clerk,
    handler,
    importer,
    opened,
    resident,
)
from pianqu.rooms.casework.tests.test_handling import kinds, told
from pianqu.rooms.casework.tests.test_platforms import official as browser
from pianqu.rooms.casework.tests.test_views import official as browser_of
from pianqu.rooms.casework.views.shown import Organisations, _kind, happened
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.directory.tests.builders import listed, power

pytestmark = pytest.mark.django_db
SYSTEM = importer("330205")
TODAY = timezone.localdate(NOW)
ROADS = RuleRow(code="roads", name="道路", categories=("roads",), lead=LEAD, nature="complaint")
NOISE = RuleRow(code="noise", name="噪声", words=("噪声", "扰民"), lead=HELPER)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


def adopted(*rows: RuleRow) -> int:
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    services.write_rules(actor=SYSTEM, number=number, rows=rows, now=NOW)
    services.adopt_rules(actor=SYSTEM, number=number, starts_on=TODAY, now=NOW)
    return number


def suggestion(case: Any) -> queries.RuleSuggestion | None:
    return queries.case_suggestion(clerk(), case.case_id, now=NOW)


def dispatch(case: Any, lead: str = LEAD, **own: Any) -> None:
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=lead, nature="complaint", now=NOW, **own)


# versions ------------------------------------------------------------------------------------------------------------


def test_a_version_is_drafted_written_put_in_force_and_gone_back_to() -> None:
    first = adopted(ROADS)
    second = services.draft_rules(actor=SYSTEM, based_on=first, now=NOW)
    with pytest.raises(Refused, match="draft already"):
        services.draft_rules(actor=SYSTEM, now=NOW)
    services.write_rules(actor=SYSTEM, number=second, rows=[NOISE, ROADS], now=NOW)
    services.adopt_rules(actor=SYSTEM, number=second, starts_on=TODAY + timedelta(days=3), now=NOW)
    current, later = queries.rules_in_force(TODAY), queries.rules_in_force(TODAY + timedelta(days=3))
    assert current is not None and current.number == first
    assert later is not None and later.number == second
    after = NOW + timedelta(days=4)
    third = services.restore_rules(actor=SYSTEM, number=first, now=after)
    again = queries.rules_in_force(timezone.localdate(after))
    assert again is not None and (again.number, again.rules) == (third, current.rules)
    with pytest.raises(Refused):
        services.restore_rules(actor=SYSTEM, number=third, now=after)


def test_what_is_to_come_can_be_given_up_what_is_in_force_not() -> None:
    first = adopted(ROADS)
    with pytest.raises(Refused, match="go back"):
        services.drop_rules(actor=SYSTEM, number=first, now=NOW)
    draft = services.draft_rules(actor=SYSTEM, based_on=first, now=NOW)
    services.adopt_rules(actor=SYSTEM, number=draft, starts_on=TODAY + timedelta(days=1), now=NOW)
    services.drop_rules(actor=SYSTEM, number=draft, now=NOW)
    later = queries.rules_in_force(TODAY + timedelta(days=9))
    assert later is not None and later.number == first


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([RuleRow(code="1", returned_by=(LEAD,), lead=LEAD)], "loops"),
        (
            [RuleRow(code="1", returned_by=(LEAD,), lead=HELPER), RuleRow(code="2", returned_by=(HELPER,), lead=LEAD)],
            "loops",
        ),
        ([ROADS, RuleRow(code="2", categories=("roads",), lead=HELPER)], "same conditions"),
        ([RuleRow(code="1")], "neither who leads"),
        ([RuleRow(code="1", since="08:00", until="08:00", lead=LEAD)], "exclude each other"),
    ],
)
def test_a_list_that_is_wrong_is_not_put_in_force_and_kept(rows: list[RuleRow], says: str) -> None:
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    services.write_rules(actor=SYSTEM, number=number, rows=rows, now=NOW)
    with pytest.raises(Refused, match=says) as refusal:
        services.adopt_rules(actor=SYSTEM, number=number, starts_on=TODAY, now=NOW)
    assert "draft is kept" in refusal.value.message
    assert len(queries.rule_version(SYSTEM, number, on=TODAY).rules) == len(rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"categories": ("nothing",)},
        {"areas": ("330299",)},
        {"cells": ("W99",)},
        {"channels": ("pigeon",)},
        {"weekdays": (8,)},
        {"since": "8 o'clock", "until": "09:00"},
        {"since": "08:00"},
        {"lead": "330205-nobody"},
        {"helpers": ("330205-nobody",)},
        {"template": "nothing"},
        {"nature": "odd"},
        {"automatic": True},
    ],
)
def test_a_rule_that_names_nothing_is_not_taken(wrong: dict[str, Any]) -> None:
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    with pytest.raises(Invalid, match="Nothing was changed"):
        services.write_rules(
            actor=SYSTEM, number=number, rows=[RuleRow(**{"code": "1", "lead": LEAD, **wrong})], now=NOW
        )
    assert queries.rule_version(SYSTEM, number, on=TODAY).rules == ()


def test_two_writers_do_not_overwrite_each_other() -> None:
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    seen = queries.rule_version(SYSTEM, number, on=TODAY).digest
    services.write_rules(actor=SYSTEM, number=number, rows=[ROADS], former=seen, now=NOW)
    with pytest.raises(Refused, match="colleague"):
        services.write_rules(actor=SYSTEM, number=number, rows=[NOISE], former=seen, now=NOW)


@pytest.mark.parametrize("actor", [clerk(), handler(), resident()])
def test_who_only_dispatches_or_handles_writes_no_rules(actor: Actor) -> None:
    with pytest.raises(Forbidden):
        services.draft_rules(actor=actor, now=NOW)
    with pytest.raises(Forbidden):
        services.set_template(actor=actor, template=NewTemplate(code="t", name="t"), now=NOW)


def test_what_changed_between_versions_is_named() -> None:
    old = (ROADS, NOISE, RuleRow(code="x", lead=LEAD))
    new = (NOISE, ROADS, RuleRow(code="y", lead=LEAD))
    changes = {(one.kind, one.code) for one in queries.compared_rules(old, new)}
    assert ("added", "y") in changes and ("removed", "x") in changes
    assert len([kind for kind, _code in changes if kind == "moved"]) == 1
    assert queries.compared_rules(old, old) == ()


# suggestions ---------------------------------------------------------------------------------------------------------


def test_the_first_rule_that_fits_suggests_and_says_why() -> None:
    adopted(NOISE, ROADS)
    found = suggestion(opened())
    assert found is not None
    assert (found.rule_code, found.place, found.lead_code, found.nature) == ("roads", 2, LEAD, "complaint")
    assert found.conditions == ("categories",) and found.passed == (("noise", "words"),)
    loud = suggestion(opened(words="路边施工噪声很大"))
    assert loud is not None and (loud.lead_code, loud.words) == (HELPER, ("噪声",))
    assert suggestion(opened(category="market")) is None


def test_following_and_overriding_are_kept_beside_the_rule() -> None:
    version = adopted(ROADS)
    followed, overridden = opened(), opened()
    dispatch(followed)
    dispatch(overridden, HELPER)
    assert told(followed.case_id, "dispatch-suggested")["followed"] is True
    assert told(overridden.case_id, "dispatch-suggested")["lead_code"] == HELPER
    services.return_task(actor=handler(LEAD), case_id=followed.case_id, article="3", words="不归我局", now=NOW)
    figures = queries.rule_figures(SYSTEM, version)["roads"]
    assert (figures.uses, figures.followed, figures.overridden, figures.returned, figures.back) == (2, 1, 1, 1, 1)
    services.return_task(actor=handler(HELPER), case_id=overridden.case_id, article="3", words="不归我局", now=NOW)
    assert queries.rule_figures(SYSTEM, version)["roads"].returned == 1, "what was overridden is not the rule's fault"


def test_figures_go_on_over_versions_that_say_the_same_and_begin_anew_where_they_do_not() -> None:
    first = adopted(ROADS)
    dispatch(opened())
    same = adopted(NOISE, replace(ROADS, name="道路和桥"))
    found = queries.rule_figures(SYSTEM, same)["roads"]
    assert (found.uses, found.since, found.version) == (1, first, same)
    dispatch(opened())
    assert queries.rule_figures(SYSTEM, same)["roads"].uses == 2
    assert queries.rule_figures(SYSTEM, first)["roads"].uses == 1, "a version knows nothing of later ones"
    other = adopted(replace(ROADS, nature="help"))
    assert "roads" not in queries.rule_figures(SYSTEM, other)


def test_an_objection_counts_against_the_rule() -> None:
    version, case = adopted(ROADS), opened()
    dispatch(case)
    services.object_to_dispatch(actor=handler(LEAD), case_id=case.case_id, article="3", words="不归我局", now=NOW)
    figures = queries.rule_figures(SYSTEM, version)["roads"]
    assert (figures.objected, figures.upheld, figures.returned) == (1, 0, 0)


def test_what_somebody_gave_back_is_not_suggested_to_them_again() -> None:
    adopted(ROADS, RuleRow(code="else", categories=("roads",), returned_by=(LEAD,), lead=HELPER))
    case = opened()
    dispatch(case)
    services.return_task(actor=handler(LEAD), case_id=case.case_id, article="3", words="不归我局", now=NOW)
    found = suggestion(case)
    assert found is not None and found.lead_code == HELPER


def test_a_rule_pushes_nothing_down_without_a_listed_power() -> None:
    directory.add_organisations(
        actor=SYSTEM,
        items=[_community()],
        valid_from=NOW.date(),
        now=NOW,
    )
    adopted(RuleRow(code="down", lead=COMMUNITY, automatic=True, nature="help"))
    case = opened()
    found = suggestion(case)
    assert found is not None and not found.allowed and not found.listed
    assert jobs.dispatch_by_rules(actor=SYSTEM, now=NOW) == 0
    with pytest.raises(Refused, match="handed down"):
        dispatch(case, COMMUNITY)


def _community() -> NewOrganisation:
    return NewOrganisation(
        code=COMMUNITY, kind="community", name="外滩社区", short_name="外滩社区", parent_code="330205"
    )


def test_an_automatic_rule_needs_a_list_that_names_its_lead() -> None:
    adopted(RuleRow(code="auto", categories=("roads",), lead=LEAD, nature="complaint", automatic=True))
    case = opened()
    assert jobs.dispatch_by_rules(actor=SYSTEM, now=NOW) == 0, "no list names the department"
    listed([power(LEAD, category="roads", valid_from=NOW.date())])
    assert jobs.dispatch_by_rules(actor=SYSTEM, now=NOW) == 1
    assert Task.objects.get(case_id=case.case_id).organisation_code == LEAD
    assert RuleUse.objects.get().automatic
    assert jobs.dispatch_by_rules(actor=SYSTEM, now=NOW) == 0
    lines = {line.title: line.note for line in happened(queries.case_for(clerk(), case.case_id), Organisations())}
    note = lines["Dispatched by a rule of the district, by itself"]
    assert "执法局" in note and "dispatcher" not in note, "nobody decided"


def test_every_fact_about_a_matter_has_a_line_of_its_own_in_its_timeline() -> None:
    about = [kind for kind, fact in REGISTRY.items() if issubclass(fact, AboutCase)]
    assert len(about) > 40 and not [kind for kind in about if _kind(kind)[2] == "Something was recorded"]


# templates -----------------------------------------------------------------------------------------------------------


def test_a_template_gives_parts_dates_order_and_checks_in_one_step() -> None:
    services.set_template(
        actor=SYSTEM,
        template=NewTemplate(
            code="night",
            name="夜间施工",
            categories=("noise",),
            lead_code=LEAD,
            parts=(
                TemplatePart(organisation_code=HELPER, days=2),
                TemplatePart(organisation_code="330205-centre", after=(HELPER,)),
            ),
            checklist=("现场取证", "测噪声"),
        ),
        now=NOW,
    )
    case = opened()
    dispatch(case, "", template_code="night")
    tasks = {task.organisation_code: task for task in Task.objects.filter(case_id=case.case_id)}
    assert set(tasks) == {LEAD, HELPER, "330205-centre"} and tasks[HELPER].due_at is not None
    joint = queries.joint_of(case.case_id)
    assert [one.words for one in joint.checks] == ["现场取证", "测噪声"]
    assert joint.waits == {"330205-centre": (HELPER,)}
    with pytest.raises(Refused, match="comes after"):
        services.start_task(actor=clerk(), case_id=case.case_id, now=NOW)
    services.tick_check(actor=handler(HELPER), case_id=case.case_id, item_id=joint.checks[0].item_id, now=NOW)
    assert queries.joint_of(case.case_id).checks[0].organisation_code == HELPER
    services.finish_task(actor=handler(HELPER), case_id=case.case_id, words="做完", now=NOW)
    services.start_task(actor=clerk(), case_id=case.case_id, now=NOW)
    assert kinds(case.case_id)[-1] == "task-started"


def test_a_circular_joint_task_is_refused_with_a_clear_sentence() -> None:
    around = (
        TemplatePart(organisation_code=LEAD, after=(HELPER,)),
        TemplatePart(organisation_code=HELPER, after=(LEAD,)),
    )
    with pytest.raises(Refused, match=r"局 → .*局 → .*局"):
        services.set_template(actor=SYSTEM, template=NewTemplate(code="t", name="t", parts=around), now=NOW)
    case = opened(place=services.PlaceChoice(source="none"))
    dispatch(case, "330205-centre", helper_codes=(LEAD, HELPER))
    services.order_parts(actor=clerk(), case_id=case.case_id, organisation_code=LEAD, after_codes=[HELPER], now=NOW)
    with pytest.raises(Refused, match="without end"):
        services.order_parts(actor=clerk(), case_id=case.case_id, organisation_code=HELPER, after_codes=[LEAD], now=NOW)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (RuleRow(code="r", words=("字" * 41,), lead=LEAD), "rules-word"),
        (RuleRow(code="r", words=tuple(f"词{n}" for n in range(61)), lead=LEAD), "rules-values"),
    ],
)
def test_what_would_have_to_be_cut_is_refused(row: RuleRow, code: str) -> None:
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    with pytest.raises(Invalid) as refused:
        services.write_rules(actor=SYSTEM, number=number, rows=[row], now=NOW)
    assert refused.value.code == code
    kept = RuleRow(code="r", words=(f"  {'字' * 40} ",), lead=LEAD)
    services.write_rules(actor=SYSTEM, number=number, rows=[kept], now=NOW)
    assert queries.rule_version(SYSTEM, number, on=TODAY).rules[0].words == ("字" * 40,)


@pytest.mark.parametrize("days", ["abc", "-3", "2.5", "两天", "999"])
def test_working_days_that_are_no_number_are_said_and_nothing_is_lost(days: str) -> None:
    part = TemplatePart(organisation_code=HELPER, days=2)
    services.set_template(actor=SYSTEM, template=NewTemplate(code="t", name="夜间施工", parts=(part,)), now=NOW)
    leader = browser("330205-centre", kind="leader")
    typed = {"code": "t", "name": "夜间施工", "helper1": HELPER, "days1": days}
    answer = leader.post("/desk/rules/templates/", typed)
    assert answer.status_code == 422 and f'name="days0" inputmode="numeric" value="{days}"' in answer.content.decode()
    assert queries.templates().cards["t"].parts == (part,)
    leader.post("/desk/rules/templates/", {**typed, "days1": "3"})
    assert queries.templates().cards["t"].parts[0].days == 3


def test_templates_that_take_each_other_in_are_refused() -> None:
    services.set_template(actor=SYSTEM, template=NewTemplate(code="a", name="甲"), now=NOW)
    services.set_template(actor=SYSTEM, template=NewTemplate(code="b", name="乙", includes=("a",)), now=NOW)
    with pytest.raises(Refused, match="甲 → 乙 → 甲"):
        services.set_template(actor=SYSTEM, template=NewTemplate(code="a", name="甲", includes=("b",)), now=NOW)


def test_a_page_costs_the_same_for_one_rule_and_for_many() -> None:
    number = services.draft_rules(actor=SYSTEM, now=NOW)
    costs = []
    for many in (1, 60):
        rows = [RuleRow(code=f"r{n}", areas=(COMMUNITY,), words=(f"词{n}",), lead=LEAD) for n in range(many)]
        services.write_rules(actor=SYSTEM, number=number, rows=rows, now=NOW)
        with CaptureQueriesContext(connection) as seen:
            card = queries.rule_version(SYSTEM, number, on=TODAY)
            queries.rule_faults(card.rules, queries.templates())
            queries.rule_figures(SYSTEM, number)
        costs.append(len(seen))
    assert costs[0] == costs[1] <= 5


def test_rules_that_loop_are_not_called_unreachable_at_once() -> None:
    first = RuleRow(code="1", categories=("roads",), returned_by=(LEAD,), lead=HELPER)
    second = RuleRow(code="2", categories=("roads",), returned_by=(HELPER,), lead=LEAD)
    all_of_it = RuleRow(code="0", categories=("roads",), lead="330205-centre")
    kinds_of = lambda *rows: [(one.kind, one.code) for one in queries.rule_faults(rows, queries.templates())]  # noqa: E731
    assert kinds_of(all_of_it, first, second) == [("loops", "1")]
    assert kinds_of(all_of_it, first) == [("unreachable", "1")]


def test_the_page_says_which_is_chosen_where_a_rule_and_the_list_name_different_organisations() -> None:
    window = browser_of("330205-centre")
    listed([power(HELPER, category="roads", valid_from=NOW.date())])
    case = opened().case_id
    before = window.get(f"/desk/case/{case}/", headers={"Accept-Language": "en"}).content.decode()
    adopted(ROADS)
    after = window.get(f"/desk/case/{case}/", headers={"Accept-Language": "en"}).content.decode()
    assert "The duty list names" in before and "Chosen beforehand" not in before
    assert "Chosen beforehand is 执法局, by rule 1" in after
