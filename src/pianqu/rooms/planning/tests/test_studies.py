"""Studies of sites: asked, answered by the worker, moved by hand, published, forgotten; and everything that can be wrong."""

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem, Refused
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.planning import jobs, queries, services
from pianqu.rooms.planning.services import StudyAsk
from pianqu.rooms.planning.tests.twelve import official
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services as ground
from pianqu.rooms.territory.services import NewBuilding, NewLandmark, NewPoint
from pianqu.rooms.territory.tests.builders import (
    CENTRE,
    NOW,
    ONE,
    SIDE,
    SOUTH,
    STREET,
    SYSTEM,
    TODAY,
    TWO,
    WEST,
    small_district,
)

pytestmark = pytest.mark.django_db
OPEN = ((),) * 7
NEAR = StudyAsk(title="便民窗口", sites=2, minutes=5)


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Matters as a higher room counts them."""

    place_code: str
    lon: float | None = None
    lat: float | None = None
    matters: int = 1


def no_matters(*, since: datetime, until: datetime) -> Iterable[Spot]:
    return ()


@pytest.fixture(autouse=True)
def _district() -> Iterator[None]:
    territory.forget_places()
    territory.forget_grids()
    small_district()
    houses = [
        NewBuilding(
            code=f"{code}-{number}",
            name=f"{number} 幢",
            community_code=code,
            lon=west + 0.0007 * number,
            lat=SOUTH + SIDE,
            households=10 + number,
        )
        for code, west in ((ONE, WEST), (TWO, WEST + 2 * SIDE))
        for number in range(1, 9)
    ]
    ground.take_in_buildings(actor=SYSTEM, items=houses, source="测试", now=NOW)
    marks = [
        NewLandmark(name=f"{number} 号学校", kind="school", lon=WEST + 0.0035 * number, lat=SOUTH + SIDE)
        for number in range(1, 5)
    ]
    marks.append(NewLandmark(name="别处的医院", kind="hospital", lon=WEST + 2, lat=SOUTH))
    ground.add_landmarks(actor=SYSTEM, items=marks, source="openstreetmap", now=NOW)
    ground.add_landmarks(
        actor=SYSTEM,
        items=[NewLandmark(name="某地", kind="school", lon=WEST + SIDE, lat=SOUTH + SIDE)],
        source="geonames",
        now=NOW,
    )
    window = NewPoint(
        code="W1",
        name="便民服务中心",
        kind="window",
        place_code=ONE,
        organisation_code=CENTRE,
        lon=WEST + 0.001,
        lat=SOUTH + SIDE,
        weekly=OPEN,
    )
    ground.open_points(actor=SYSTEM, items=[window], valid_from=TODAY, now=NOW)
    yield
    territory.forget_places()


def asked(**changes: Any) -> uuid.UUID:
    return services.ask_study(actor=SYSTEM, asked=replace(NEAR, **changes), now=NOW)


def worked(matters: Callable[..., Iterable[Spot]] = no_matters, *, clock: Callable[[], datetime] = lambda: NOW) -> int:
    return jobs.run_waiting({"sites": jobs.siting(matters)}, actor=SYSTEM, clock=clock)


def answered(**changes: Any) -> queries.StudyCard:
    study_id = asked(**changes)
    worked()
    return queries.study(study_id)


def facts(study_id: uuid.UUID) -> list[str]:
    return [entry.kind for entry in ledger.history(f"plan:{study_id}")]


def payload(study_id: uuid.UUID, kind: str) -> dict[str, Any]:
    (entry,) = [entry for entry in ledger.history(f"plan:{study_id}") if entry.kind == kind]
    return entry.fact


# the way of a study --------------------------------------------------------------------------------------------------


def test_the_worker_answers_a_study() -> None:
    card = answered()
    assert card.is_found and card.is_proved and card.found == card.chosen
    assert card.ground_id is not None
    laid = queries.ground(card.ground_id)
    assert laid.candidates[0].code == "W1"
    assert {one.name for one in laid.candidates} == {"便民服务中心", *(f"{n} 号学校" for n in range(1, 5))}
    assert 0 in card.found, "the present point stays"
    assert len(laid.points) == 16 and laid.total == sum(10 + n for n in range(1, 9)) * 2
    assert card.value == queries.reach(card, card.found).within[5]


def test_what_was_recorded_is_enough_to_find_it_again() -> None:
    card = answered()
    assert facts(card.study_id) == [
        "planning.study-asked",
        "planning.run-asked",
        "planning.ground-laid",
        "planning.sites-found",
        "planning.run-ended",
    ]
    told = payload(card.study_id, "planning.sites-found")
    assert card.ground_id is not None
    laid = queries.ground(card.ground_id)
    assert told["ground"] == laid.digest == payload(card.study_id, "planning.ground-laid")["digest"]
    assert sha256(queries.ground_text(laid.ground_id).encode()).hexdigest() == laid.digest
    assert told["sites"] == [laid.candidates[number].code for number in card.found]
    assert (told["seed"], told["value"], told["bound"]) == (card.seed, card.value, card.bound)


@pytest.mark.parametrize("question", queries.QUESTIONS)
def test_every_aim_is_answered_and_its_curve_never_falls(question: str) -> None:
    card = answered(question=question)
    counts = [step.sites for step in card.curve]
    assert counts == [1, 2, 3, 4, 5]
    assert all(a.within <= b.within for a, b in pairwise(card.curve))
    own = next(step for step in card.curve if step.sites == card.sites)
    assert queries.reach(card, card.found).within[5] <= own.bound


def test_the_same_question_has_the_same_answer() -> None:
    one, other = answered(question="median"), answered(question="median")
    assert (one.found, one.value, one.ground_id) == (other.found, other.value, other.ground_id)


def test_a_study_whose_worker_was_killed_is_answered_by_the_next_one_on_the_same_ground() -> None:
    study_id, other = asked(), answered()
    again = queries.study(study_id)
    assert again.is_found, "the same worker answers one after the other"

    class Killed(BaseException):
        pass

    def killed() -> datetime:
        if queries.study(third).ground_id is not None:
            raise Killed
        return NOW

    third = asked(question="median")
    with pytest.raises(Killed):
        worked(clock=killed)
    laid = queries.study(third).ground_id
    ground.take_in_buildings(
        actor=SYSTEM,
        items=[NewBuilding(code="x", name="x", community_code=ONE, lon=WEST, lat=SOUTH, households=99)],
        source="新",
        now=NOW,
    )
    assert worked(clock=lambda: NOW + timedelta(minutes=2)) == 1
    assert queries.study(third).ground_id == laid == other.ground_id
    assert queries.study(third).found == answered_before_the_new_roll(other, question="median")


def answered_before_the_new_roll(card: queries.StudyCard, *, question: str) -> tuple[int, ...]:
    """What the kernel says on the ground of a card, by another aim."""
    assert card.ground_id is not None
    from_kernel = queries.question_of(replace(card, question=question), card.ground_id)
    return tuple(planning_kernel().median(from_kernel, seed=card.seed).sites)


def planning_kernel() -> Any:
    return pytest.importorskip("pianqu.kernels.siting.planning")


def test_demand_by_matters_lies_at_their_point_or_the_middle_of_their_community() -> None:
    spans = []

    def matters(*, since: datetime, until: datetime) -> Iterable[Spot]:
        spans.append(until - since)
        middle = Spot(place_code=ONE, matters=7)
        return [middle, Spot(place_code=TWO, lon=WEST + 3 * SIDE, lat=SOUTH + SIDE), Spot(place_code="330205001000")]

    study_id = asked(demand="cases")
    worked(matters)
    card = queries.study(study_id)
    assert card.ground_id is not None
    laid = queries.ground(card.ground_id)
    assert spans == [timedelta(days=365)]
    assert sorted(laid.weights) == [1, 7] and laid.total == 8
    assert laid.since is not None and laid.until is not None and laid.until < TODAY


# what sites mean -----------------------------------------------------------------------------------------------------


def test_within_and_beyond_add_up_in_all_and_by_community() -> None:
    card = answered()
    reach = queries.reach(card, card.chosen)
    assert reach.within[5] + reach.beyond == reach.total
    assert sum(one.total or 0 for one in reach.communities) == reach.total
    assert sum(one.beyond or 0 for one in reach.communities) == reach.beyond
    assert sum(one.load for one in reach.sites) == reach.total
    assert list(reach.within) == [5, 10, 15]
    assert reach.within[5] <= reach.within[10] <= reach.within[15]


def test_fewer_than_five_beyond_are_not_told() -> None:
    few = [
        NewBuilding(code="a", name="近", community_code=ONE, lon=WEST + 0.001, lat=SOUTH + SIDE, households=40),
        NewBuilding(code="b", name="远", community_code=ONE, lon=WEST, lat=SOUTH - 0.02, households=3),
        NewBuilding(code="c", name="邻", community_code=TWO, lon=WEST + 3 * SIDE, lat=SOUTH, households=60),
    ]
    ground.take_in_buildings(actor=SYSTEM, items=few, source="少", now=NOW)
    card = answered(sites=1, kinds=("school",))
    told = {one.community_code: one.beyond for one in queries.reach(card, card.chosen).communities}
    assert told[ONE] is None and told[TWO] is None, "the other community's number would tell this one's"


def test_chosen_sites_name_their_community() -> None:
    card = answered(present="none", kinds=("school",), sites=4)
    assert {site.community_code for site in queries.reach(card, card.chosen).sites} == {ONE, TWO}


def test_what_one_more_site_brings_is_what_it_then_has() -> None:
    card = answered(sites=1)
    more = queries.one_more(card, card.chosen)
    assert more is not None and more.number is not None
    assert queries.reach(card, sorted([*card.chosen, more.number])).within[5] == more.after > more.before


def test_with_limited_room_nobody_gets_more_than_there_is() -> None:
    card = answered(capacity=160, question="median")
    reach = queries.reach(card, card.chosen)
    assert all(site.load <= 160 for site in reach.sites)
    assert queries.one_more(card, card.chosen) is None
    assert card.ground_id is not None and queries.ground(card.ground_id).is_grouped


def test_sites_can_be_moved_by_hand_and_back() -> None:
    card = answered()
    other = tuple(sorted({0, *range(5)} - set(card.found)))[:1]
    services.choose_sites(actor=SYSTEM, study_id=card.study_id, sites=(0, *other), now=NOW)
    moved = queries.study(card.study_id)
    assert moved.is_moved and moved.found == card.found and moved.chosen == tuple(sorted((0, *other)))
    assert payload(card.study_id, "planning.sites-chosen")["sites"][0] == "W1"
    services.choose_sites(actor=SYSTEM, study_id=card.study_id, sites=card.found, now=NOW)
    assert not queries.study(card.study_id).is_moved


def test_reading_a_study_takes_the_same_statements_however_large_it_is() -> None:
    card = answered()
    with CaptureQueriesContext(
        connection,
    ) as taken:
        assert len(queries.studies()) == 1
    assert len(taken) == 2
    for number in range(3):
        asked(title=f"{number}")
    with CaptureQueriesContext(connection) as taken:
        assert len(queries.studies()) == 4
    assert len(taken) == 2
    queries.reach(card, card.chosen)
    with CaptureQueriesContext(connection) as taken:
        queries.reach(card, card.chosen)
        queries.one_more(card, card.chosen)
    assert not len(taken)


# public, forgotten ---------------------------------------------------------------------------------------------------


def test_a_published_study_is_public_until_it_is_taken_back() -> None:
    card = answered()
    with pytest.raises(Absent):
        queries.published_study(card.study_id)
    services.publish_study(actor=SYSTEM, study_id=card.study_id, public=True, now=NOW)
    assert [one.study_id for one in queries.published_studies()] == [card.study_id]
    with pytest.raises(Refused):
        services.forget_study(actor=SYSTEM, study_id=card.study_id, now=NOW)
    services.publish_study(actor=SYSTEM, study_id=card.study_id, public=False, now=NOW)
    assert queries.published_studies() == ()


def test_a_forgotten_study_takes_its_ground_along_unless_another_one_counts_on_it() -> None:
    one, other = answered(), answered()
    services.forget_study(actor=SYSTEM, study_id=one.study_id, now=NOW)
    assert other.ground_id is not None and queries.ground(other.ground_id)
    services.forget_study(actor=SYSTEM, study_id=other.study_id, now=NOW)
    assert queries.studies() == ()
    assert facts(other.study_id)[-1] == "planning.study-forgotten"


def test_a_study_that_is_computed_is_not_forgotten() -> None:
    study_id = asked()
    with pytest.raises(Refused):
        services.forget_study(actor=SYSTEM, study_id=study_id, now=NOW)


# what can be wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "长" * 61}, "title"),
        ({"question": "mean"}, "question"),
        ({"demand": "visitors"}, "demand"),
        ({"present": "gone"}, "present"),
        ({"point_kind": "palace"}, "point-kind"),
        ({"kinds": ("castle",)}, "kinds"),
        ({"kinds": (), "present": "none"}, "kinds"),
        ({"sites": 0}, "sites"),
        ({"sites": -1}, "sites"),
        ({"sites": 61}, "sites"),
        ({"sites": 6}, "sites"),
        ({"minutes": 0}, "minutes"),
        ({"minutes": 61}, "minutes"),
        ({"capacity": 0}, "capacity"),
        ({"seed": -1}, "seed"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_kept(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        asked(**wrong)
    assert refused.value.code == f"study-{field}"
    assert queries.studies() == ()


def test_without_a_roll_of_buildings_households_cannot_be_asked_for() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(territory, "building_roll", lambda: None)
        with pytest.raises(Invalid) as refused:
            asked()
    assert refused.value.code == "study-demand"


def test_only_who_plans_asks_moves_publishes_and_forgets() -> None:
    card = answered()
    stranger = Actor(kind="resident", organisation_code=ONE)
    acts: list[Callable[[], object]] = [
        lambda: services.ask_study(actor=stranger, asked=NEAR, now=NOW),
        lambda: services.ask_study_again(actor=stranger, study_id=asked(title="x"), now=NOW),
        lambda: services.stop_study(actor=stranger, study_id=card.study_id, now=NOW),
        lambda: services.choose_sites(actor=stranger, study_id=card.study_id, sites=[1], now=NOW),
        lambda: services.publish_study(actor=stranger, study_id=card.study_id, public=True, now=NOW),
        lambda: services.forget_study(actor=stranger, study_id=card.study_id, now=NOW),
    ]
    for act in acts:
        with pytest.raises(Forbidden):
            act()


def test_a_study_is_its_offices_and_theirs_above() -> None:
    town = NewOrganisation(code="330205100", kind="town", name="慈城镇", short_name="慈城", parent_code="330205")
    directory.add_organisations(actor=SYSTEM, items=[town], valid_from=TODAY, now=NOW)
    street, other, above = official("wai", STREET), official("ci", town.code), official("qu")
    study = services.ask_study(actor=street, asked=NEAR, now=NOW)
    acts: tuple[Callable[[Actor], object], ...] = (
        lambda actor: services.stop_study(actor=actor, study_id=study, now=NOW),
        lambda actor: services.ask_study_again(actor=actor, study_id=study, now=NOW),
        lambda actor: services.choose_sites(actor=actor, study_id=study, sites=[0, 1], now=NOW),
        lambda actor: services.publish_study(actor=actor, study_id=study, public=False, now=NOW),
        lambda actor: services.forget_study(actor=actor, study_id=study, now=NOW),
    )
    for act in acts:
        with pytest.raises(Forbidden) as refused:
            act(other)
        assert refused.value.code == "study-of-others" and "外滩" in refused.value.message
    services.stop_study(actor=street, study_id=study, now=NOW)
    worked()
    services.ask_study_again(actor=above, study_id=study, now=NOW)
    worked()
    services.choose_sites(actor=above, study_id=study, sites=[0, 1], now=NOW)
    assert queries.study(study).chosen == (0, 1)


def failed(study_id: uuid.UUID) -> queries.RunCard:
    worked()
    run = queries.latest_run(study_id, now=NOW)
    assert run is not None and run.state == "failed"
    return run


def test_too_little_room_is_said_with_its_numbers() -> None:
    run = failed(asked(question="median", capacity=1))
    ((words, values),) = run.details
    assert run.reason == "no-plan" and "room" in words
    assert values == {"sites": 2, "room": 2, "demand": 232}


def test_more_present_points_than_sites_is_said() -> None:
    window = NewPoint(
        code="W2",
        name="二号中心",
        kind="window",
        place_code=TWO,
        organisation_code=CENTRE,
        lon=WEST + 3 * SIDE,
        lat=SOUTH + SIDE,
        weekly=OPEN,
    )
    ground.open_points(actor=SYSTEM, items=[window], valid_from=TODAY, now=NOW)
    run = failed(asked(sites=1))
    assert "are to stay" in run.details[0][0]


def test_no_matters_is_said_and_the_study_can_be_asked_again() -> None:
    study_id = asked(demand="cases")
    assert failed(study_id).reason == "study-no-demand"
    services.ask_study_again(actor=SYSTEM, study_id=study_id, now=NOW)
    worked(lambda since, until: [Spot(place_code=ONE, matters=3)])
    assert queries.study(study_id).is_found
    with pytest.raises(Refused):
        services.ask_study_again(actor=SYSTEM, study_id=study_id, now=NOW)


def test_nobody_within_reach_is_an_answer_of_none() -> None:
    far = [NewBuilding(code="f", name="远", community_code=TWO, lon=WEST + 0.016, lat=SOUTH, households=20)]
    ground.take_in_buildings(actor=SYSTEM, items=far, source="远", now=NOW)
    card = answered(minutes=1, sites=1, present="none")
    assert card.value == 0 and card.is_proved
    assert queries.reach(card, card.chosen).beyond == 20


def test_a_stopped_study_has_no_answer_and_can_be_asked_again() -> None:
    study_id = asked()
    run = queries.latest_run(study_id, now=NOW)
    assert run is not None
    services.stop_run(actor=SYSTEM, run_id=run.run_id, now=NOW)
    worked()
    assert not queries.study(study_id).is_found
    services.ask_study_again(actor=SYSTEM, study_id=study_id, now=NOW)
    worked()
    assert queries.study(study_id).is_found


def many() -> None:
    """So many homes and schools that limited room takes longer than a second."""
    homes = [
        NewBuilding(
            code=f"h{number}",
            name=f"{number} 幢",
            community_code=ONE if number % 2 else TWO,
            lon=WEST + 0.016 * (number * 37 % 101) / 101,
            lat=SOUTH + 0.008 * (number * 53 % 97) / 97,
            households=5 + number % 7,
        )
        for number in range(400)
    ]
    ground.take_in_buildings(actor=SYSTEM, items=homes, source="多", now=NOW)
    schools = [
        NewLandmark(
            name=f"多{number}",
            kind="school",
            lon=WEST + 0.016 * (number * 29 % 83) / 83,
            lat=SOUTH + 0.008 * (number * 31 % 79) / 79,
        )
        for number in range(70)
    ]
    ground.add_landmarks(actor=SYSTEM, items=schools, source="openstreetmap", now=NOW)


def stopped_on_the_way(study_id: uuid.UUID) -> None:
    """The worker looks at its clock while it searches: then somebody stops it."""

    def clock() -> datetime:
        run = queries.latest_run(study_id, now=NOW)
        if run is not None and not run.is_over and queries.study(study_id).ground_id is not None:
            services.stop_run(actor=SYSTEM, run_id=run.run_id, now=NOW)
        return NOW

    worked(clock=clock)


def test_a_study_that_is_stopped_on_the_way_keeps_the_best_until_then() -> None:
    many()
    study_id = asked(sites=20, capacity=180, minutes=3)
    stopped_on_the_way(study_id)
    card, run = queries.study(study_id), queries.latest_run(study_id, now=NOW)
    assert run is not None and run.state == "stopped"
    assert card.is_found and card.is_stopped and len(card.found) == 20 and 0 in card.found
    assert 0 < card.value <= card.bound
    told = payload(study_id, "planning.sites-found")
    assert told["stopped"] and told["value"] == card.value


def test_a_stopped_study_goes_on_to_its_end_and_sites_moved_by_hand_stay() -> None:
    many()
    study_id = asked(sites=20, capacity=180, minutes=3)
    stopped_on_the_way(study_id)
    first = queries.study(study_id)
    assert first.ground_id is not None
    moved = (
        *first.found[:-1],
        next(n for n in range(len(queries.ground(first.ground_id).candidates)) if n not in first.found),
    )
    services.choose_sites(actor=SYSTEM, study_id=study_id, sites=moved, now=NOW)
    services.publish_study(actor=SYSTEM, study_id=study_id, public=True, now=NOW)
    with pytest.raises(Refused) as refused:
        services.ask_study_again(actor=SYSTEM, study_id=study_id, now=NOW)
    assert refused.value.code == "study-public"
    services.publish_study(actor=SYSTEM, study_id=study_id, public=False, now=NOW)
    better = services.Found(sites=first.found, value=first.value + 1, bound=first.bound, rounds=9, curve=())
    services.keep_study(actor=SYSTEM, study_id=study_id, run_id=uuid.UUID(int=7), found=better, now=NOW)
    card = queries.study(study_id)
    assert not card.is_stopped and card.value == first.value + 1 and card.chosen == tuple(sorted(moved))
    with pytest.raises(Refused) as refused:
        services.ask_study_again(actor=SYSTEM, study_id=study_id, now=NOW)
    assert refused.value.code == "study-found"


def test_the_better_of_two_stopped_searches_stays() -> None:
    many()
    study_id = asked(sites=20, capacity=180, minutes=3)
    stopped_on_the_way(study_id)
    first = queries.study(study_id)
    worse = services.Found(
        sites=first.found, value=first.value - 1, bound=first.bound, rounds=1, curve=(), stopped=True
    )
    services.keep_study(actor=SYSTEM, study_id=study_id, run_id=uuid.UUID(int=8), found=worse, now=NOW)
    assert queries.study(study_id) == first


def test_sites_that_are_no_candidates_are_refused() -> None:
    card = answered()
    for wrong in ([], [99], [-1]):
        with pytest.raises(Invalid):
            services.choose_sites(actor=SYSTEM, study_id=card.study_id, sites=wrong, now=NOW)


def test_an_unknown_study_is_absent_for_every_verb() -> None:
    nobody = uuid.UUID(int=1)
    with pytest.raises(Absent):
        queries.study(nobody)
    for act in (services.forget_study, services.ask_study_again):
        with pytest.raises(Problem):
            act(actor=SYSTEM, study_id=nobody, now=NOW)
