"""What stands in the way of a plan is said in a sentence with names, and nothing is lost."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from pianqu.foundation.errors import Invalid, Refused
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.planning import jobs, queries, services
from pianqu.rooms.planning.jobs.running import Interrupted
from pianqu.rooms.planning.services import Change
from pianqu.rooms.planning.tests.twelve import (
    EAST,
    HOUSEHOLDS,
    NOW,
    SIDE,
    SYSTEM,
    TODAY,
    corner,
    new_community,
    square,
    started,
    take_in,
)
from pianqu.rooms.territory import services as territory

pytestmark = pytest.mark.usefixtures("twelve")
EXECUTORS = {"plan": jobs.compute_plans, "front": jobs.compute_plans}
LATER = NOW + timedelta(hours=1)


def add_community(number: int, **changes: object) -> None:
    place = new_community(number, parent_code=EAST, **changes)
    item = NewOrganisation(
        code=place.code, kind="community", name=place.name, short_name=place.short_name, parent_code=EAST
    )
    directory.add_organisations(actor=SYSTEM, items=[item], valid_from=TODAY, now=NOW)
    territory.add_places(actor=SYSTEM, items=[place], valid_from=TODAY, now=NOW)


def computed(draft: uuid.UUID, *changes: Change) -> queries.DraftState:
    for change in changes:
        revision = queries.draft_card(draft).revision
        services.change_draft(actor=SYSTEM, draft_id=draft, revision=revision, change=change, now=NOW)
    services.ask_plan(actor=SYSTEM, draft_id=draft, now=NOW)
    assert jobs.run_waiting(EXECUTORS, actor=SYSTEM, clock=lambda: NOW) == 1
    return queries.draft_state(SYSTEM, draft, now=NOW)


def failed_with(state: queries.DraftState) -> str:
    assert state.run
    assert (state.run.state, state.run.reason) == ("failed", "no-plan")
    return " ".join(state.run_sentences)


def test_a_community_without_an_outline_is_named() -> None:
    add_community(12, outline=None)
    take_in({**dict(enumerate(HOUSEHOLDS)), 12: 300}, at=LATER)
    with pytest.raises(Invalid, match="13号") as refused:
        started()
    assert refused.value.code == "units-no-outline"


def test_a_community_without_buildings_or_people_is_named() -> None:
    counts = dict(enumerate(HOUSEHOLDS))
    del counts[3]
    take_in(counts, at=LATER)
    with pytest.raises(Invalid, match="4号"):
        started()
    take_in({**counts, 3: 0}, at=LATER + timedelta(hours=1))
    with pytest.raises(Invalid, match="4号") as refused:
        started(level="cells")
    assert refused.value.code == "units-nobody-lives"


def test_where_nobody_counted_people_only_their_balance_is_refused() -> None:
    take_in(dict(enumerate(HOUSEHOLDS)), at=LATER, people=False)
    assert computed(started()).options
    asked = {"balance": "population", "sweeps": 40, "tries": 1}
    assert "12" in failed_with(computed(started(settings=asked)))


def test_an_island_is_bridged_where_it_is_nearest_or_said_to_be_one() -> None:
    west, south = corner(11)
    add_community(12, outline=square(west + 3 * SIDE, south), lon=west + 3.5 * SIDE, lat=south + SIDE / 2)
    take_in({**dict(enumerate(HOUSEHOLDS)), 12: 300}, at=LATER)
    offered = services.gathered("clusters", now=NOW).bridges
    assert [(bridge.one, bridge.other) for bridge in offered] == [("12号", "13号")]
    assert computed(started(settings={"tolerance": 3_000, "sweeps": 40, "tries": 1})).options
    alone = started(bridged=False, settings={"tolerance": 3_000, "sweeps": 40, "tries": 1})
    assert "13号" in failed_with(computed(alone))


def test_locks_that_make_balance_impossible_are_told_with_their_load() -> None:
    lock = Change(kind="lock", units=[0, 1, 2, 3])
    spread = Change(kind="paint", moves=[(4, 0), (5, 0)])
    both = Change(kind="lock", units=[4, 5])
    assert str(sum(HOUSEHOLDS[:6])) in failed_with(computed(started(), spread, lock, both))


def test_two_centres_locked_into_one_cluster_are_named() -> None:
    centres = [Change(kind="centre", cluster=0, unit=0), Change(kind="centre", cluster=1, unit=1)]
    said = failed_with(computed(started(), *centres, Change(kind="lock", units=[0, 1])))
    assert "1号" in said
    assert "2号" in said


def test_one_unit_is_not_the_centre_of_two_clusters() -> None:
    draft = started()
    services.change_draft(
        actor=SYSTEM, draft_id=draft, revision=0, change=Change(kind="centre", cluster=0, unit=0), now=NOW
    )
    with pytest.raises(Refused, match="1号"):
        services.change_draft(
            actor=SYSTEM, draft_id=draft, revision=1, change=Change(kind="centre", cluster=1, unit=0), now=NOW
        )


def test_more_clusters_than_units_cannot_even_be_asked_for() -> None:
    with pytest.raises(Invalid) as refused:
        started(settings={"clusters": 13})
    assert refused.value.code == "clusters-many"


@pytest.mark.parametrize(
    ("wrong", "called"),
    [({"seed": -1}, "种子"), ({"sweeps": 5}, "每单元"), ({"tries": 65}, "从头"), ({"clusters": 0}, "片区")],
)
def test_a_setting_outside_its_bounds_is_called_as_on_the_page(wrong: dict[str, int], called: str) -> None:
    with override("zh-hans"), pytest.raises(Invalid) as refused:
        started(settings=wrong)
    assert called in refused.value.message and next(iter(wrong)) not in refused.value.message


def test_limits_of_a_cell_outside_their_bounds_are_called_as_on_the_page() -> None:
    for name, called in (("least", "最少户数"), ("most", "最多户数")):
        with override("zh-hans"), pytest.raises(Invalid) as refused:
            started(level="cells", settings={name: 2_000_000})
        assert called in refused.value.message and name not in refused.value.message


def test_who_stops_a_plan_gets_the_best_so_far() -> None:
    draft = started(settings={"sweeps": 2_000, "tries": 64, "tolerance": 800})
    run_id = services.ask_plan(actor=SYSTEM, draft_id=draft, now=NOW)
    told: list[int] = []

    class Watching:
        """Stops the run as soon as it has said something, as a person would."""

        lost = False

        def tell(self, done: int, of: int, _told: object = None) -> None:
            told.append(done)
            if len(told) == 3:
                services.stop_plan(actor=SYSTEM, draft_id=draft, now=NOW)
            if not queries.is_wanted(run_id):
                raise Interrupted

    work = queries.next_runs(now=NOW)[0]
    jobs.compute_plans(work, Watching(), SYSTEM, lambda: NOW)  # type: ignore[arg-type]
    services.end_run(actor=SYSTEM, run_id=run_id, now=NOW)
    state = queries.draft_state(SYSTEM, draft, now=NOW)
    assert state.run
    assert state.run.state == "stopped"
    assert len(state.options) == 1
    record = queries.plan_record(draft, for_all=False)
    assert record["plans"][0]["steps"] > 0


def test_the_state_of_a_draft_takes_the_same_statements_whatever_was_done() -> None:
    few, many = started(), started()
    computed(many, *[Change(kind="paint", moves=[(4, n % 3)]) for n in range(6)])
    for draft in (few, many):
        queries.draft_state(SYSTEM, draft, now=NOW)
    counts = []
    for draft in (few, many):
        with CaptureQueriesContext(
            connection,
        ) as asked:
            queries.draft_state(SYSTEM, draft, now=NOW)
        counts.append(len(asked))
    assert counts[1] - counts[0] == 1, "only the progress of the run is asked besides"
    assert counts[1] <= 6
