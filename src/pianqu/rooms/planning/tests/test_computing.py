"""The worker computes plans in a child process; what it found is kept at once."""

import uuid

import pytest

from pianqu.rooms.planning import jobs, queries, services
from pianqu.rooms.planning.tests.twelve import NOW, SYSTEM, started

pytestmark = pytest.mark.usefixtures("twelve")
EXECUTORS = {"plan": jobs.compute_plans, "front": jobs.compute_plans}


def computed(draft: uuid.UUID, kind: str = "plan", count: int = 30) -> queries.DraftState:
    services.ask_plan(actor=SYSTEM, draft_id=draft, kind=kind, count=count, now=NOW)
    assert jobs.run_waiting(EXECUTORS, actor=SYSTEM, clock=lambda: NOW) == 1
    return queries.draft_state(SYSTEM, draft, now=NOW)


def test_a_plan_is_computed_and_chosen() -> None:
    draft = started()
    now = computed(draft)
    assert now.run
    assert now.run.state == "done", now.run_sentences
    assert len(now.options) == 1
    revision = services.choose_plan(actor=SYSTEM, draft_id=draft, revision=0, option_id=now.options[0].id, now=NOW)
    after = queries.draft_state(SYSTEM, draft, now=NOW)
    assert revision == after.revision == 1
    assert after.options[0].chosen
    assert not after.figures.over
    assert not after.figures.loose


def test_a_front_holds_plans_of_which_none_is_better_in_all() -> None:
    now = computed(started(), "front", 6)
    assert len(now.options) > 2
    assert any(one.front for one in now.options)


def test_only_plans_within_the_limits_are_offered_as_best() -> None:
    now = computed(started(settings={"tolerance": 10_000}), "front", 6)
    assert all(one.within for one in now.options)
    deviations = sorted(one.deviation for one in now.options)
    for tolerance in (deviations[0], deviations[0] - 1):
        change = services.Change(kind="settings", settings={"tolerance": tolerance})
        revision = queries.draft_card(now.id).revision
        services.change_draft(actor=SYSTEM, draft_id=now.id, revision=revision, change=change, now=NOW)
        options = queries.draft_state(SYSTEM, now.id, now=NOW).options
        assert len(options) == len(now.options)
        assert {one.within for one in options if one.deviation > tolerance} == {False}
        assert any(one.front for one in options) == any(one.within for one in options) == (tolerance == deviations[0])
        assert not any(one.front for one in options if not one.within)


def test_the_same_question_gives_the_same_plan() -> None:
    first, second = computed(started()), computed(started())
    assert first.options[0].score == second.options[0].score
    one, other = (
        services.choose_plan(actor=SYSTEM, draft_id=s.id, revision=0, option_id=s.options[0].id, now=NOW)
        for s in (first, second)
    )
    assert one == other == 1
    assert queries.draft_state(SYSTEM, first.id, now=NOW).part == queries.draft_state(SYSTEM, second.id, now=NOW).part


def test_a_run_without_a_plan_says_why() -> None:
    draft = started()
    change = services.Change(kind="settings", settings={"tolerance": 100})
    revision = services.change_draft(actor=SYSTEM, draft_id=draft, revision=0, change=change, now=NOW)
    lock = services.Change(kind="lock", units=[0, 1, 2, 3])
    services.change_draft(actor=SYSTEM, draft_id=draft, revision=revision, change=lock, now=NOW)
    now = computed(draft)
    assert now.run
    assert (now.run.state, now.run.reason) == ("failed", "no-plan")
    assert now.run_sentences
