"""Long computations: one of a kind at a time, stopped with what there is, taken over from a worker that was killed."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Refused
from pianqu.foundation.ids import new_id
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.jobs import Interrupted, Report, run_waiting
from pianqu.rooms.planning.jobs.running import HELD, STUMBLED, TRIES, UNKNOWN
from pianqu.rooms.planning.queries import RunWork
from pianqu.rooms.planning.tests.builders import CENTRE, DISTRICT, NOW, SYSTEM, asked_run, post, small_district

pytestmark = pytest.mark.django_db
Clock = Callable[[], datetime]


@pytest.fixture(autouse=True)
def _district() -> None:
    small_district()


class Ticking:
    """A clock that goes on two seconds at each look."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=2)
        return self.at


def standing(run_id: uuid.UUID, now: datetime = NOW) -> queries.RunCard:
    card = queries.run_card(run_id, now=now)
    assert card is not None
    return card


def quick(work: RunWork, report: Report, actor: Actor, clock: Clock) -> None:
    report.tell(1, 2, {"score": 7})


def kinds(subject_id: uuid.UUID) -> list[str]:
    return [item.kind for item in ledger.history(f"plan:{subject_id}")]


def test_a_run_waits_is_computed_and_ends_and_the_ledger_has_both() -> None:
    subject = new_id()
    run = asked_run(subject)
    assert standing(run).state == "waits"
    assert run_waiting({"plan": quick}, actor=SYSTEM, clock=Ticking()) == 1
    card = standing(run)
    assert (card.state, card.done, card.of, card.told) == ("done", 1, 2, {"score": 7})
    assert kinds(subject) == ["planning.run-asked", "planning.run-ended"]


def test_one_of_a_kind_is_computed_for_a_subject_at_a_time() -> None:
    subject = new_id()
    asked_run(subject)
    with pytest.raises(Refused):
        asked_run(subject)
    asked_run(subject, kind="merge")
    asked_run()
    run_waiting({"plan": quick, "merge": quick}, actor=SYSTEM, clock=Ticking())
    asked_run(subject)


def test_a_run_that_is_stopped_while_it_waits_is_never_computed() -> None:
    run = asked_run()
    services.stop_run(actor=SYSTEM, run_id=run, now=NOW)
    services.stop_run(actor=SYSTEM, run_id=run, now=NOW)
    done: list[RunWork] = []
    run_waiting({"plan": lambda work, *_rest: done.append(work)}, actor=SYSTEM, clock=Ticking())
    assert not done
    assert standing(run).state == "stopped"


def test_a_run_that_is_stopped_meanwhile_ends_stopped_with_what_there_is() -> None:
    run = asked_run()
    seen: list[str] = []

    def slow(work: RunWork, report: Report, actor: Actor, clock: Clock) -> None:
        for done in range(10):
            try:
                report.tell(done, 10)
            except Interrupted:
                seen.append(f"kept after {done}")
                raise
            if done == 3:
                services.stop_run(actor=SYSTEM, run_id=work.run_id, now=clock())

    run_waiting({"plan": slow}, actor=SYSTEM, clock=Ticking())
    assert seen == ["kept after 4"]
    assert standing(run).state == "stopped"


def test_what_is_refused_fails_the_run_with_its_code_and_the_next_one_is_computed() -> None:
    run, other = asked_run(), asked_run(kind="merge")

    def refused(*_given: object) -> None:
        raise Refused("no-households", "Nothing is counted.")

    assert run_waiting({"plan": refused, "merge": quick}, actor=SYSTEM, clock=Ticking()) == 2
    assert (standing(run).state, standing(run).reason) == ("failed", "no-households")
    assert standing(other).state == "done"


def test_a_kind_that_nobody_computes_fails_and_says_so() -> None:
    run = asked_run(kind="other")
    run_waiting({}, actor=SYSTEM, clock=Ticking())
    assert (standing(run).state, standing(run).reason) == ("failed", UNKNOWN)


class Killed(BaseException):
    """What no handler of the program catches."""


def test_a_run_of_a_killed_worker_is_taken_over_after_its_hold_and_fails_when_it_brings_down_three() -> None:
    run, clock = asked_run(), Ticking()

    def killed(work: RunWork, report: Report, actor: Actor, clock: Clock) -> None:
        report.tell(1, 9)
        raise Killed

    for _ in range(TRIES):
        with pytest.raises(Killed):
            run_waiting({"plan": killed}, actor=SYSTEM, clock=clock)
        assert standing(run, clock.at).state == "waits"
        clock.at += HELD
    run_waiting({"plan": killed}, actor=SYSTEM, clock=clock)
    assert (standing(run).state, standing(run).reason) == ("failed", STUMBLED)


def test_a_run_that_another_worker_holds_is_left_to_it() -> None:
    run, clock = asked_run(), Ticking()
    inner: list[int] = []

    def outer(work: RunWork, report: Report, actor: Actor, clock: Clock) -> None:
        report.tell(0, 3)
        inner.append(run_waiting({"plan": quick}, actor=SYSTEM, clock=clock))
        report.tell(3, 3)

    assert run_waiting({"plan": outer}, actor=SYSTEM, clock=clock) == 1
    assert inner == [0]
    assert standing(run).state == "done"


def test_a_worker_that_was_overtaken_writes_nothing_any_more() -> None:
    run, clock = asked_run(), Ticking()

    def asleep(work: RunWork, report: Report, actor: Actor, clock: Ticking) -> None:
        clock.at += HELD * 2
        assert run_waiting({"plan": quick}, actor=SYSTEM, clock=clock) == 1
        report.tell(2, 2, {"score": 0})
        pytest.fail("it should have been interrupted")

    run_waiting({"plan": asleep}, actor=SYSTEM, clock=clock)
    assert (standing(run).state, standing(run).told) == ("done", {"score": 7})


def test_a_worker_that_said_it_would_be_silent_is_not_overtaken() -> None:
    run, clock = asked_run(), Ticking()
    inner: list[int] = []

    def silent(work: RunWork, report: Report, actor: Actor, clock: Ticking) -> None:
        report.tell(0, 2, hold=HELD * 10)
        clock.at += HELD * 5
        inner.append(run_waiting({"plan": quick}, actor=SYSTEM, clock=clock))
        report.tell(2, 2, {"score": 0})

    run_waiting({"plan": silent}, actor=SYSTEM, clock=clock)
    assert inner == [0]
    assert (standing(run).state, standing(run).told) == ("done", {"score": 0})


def test_how_long_it_takes_is_said_by_what_it_took_so_far() -> None:
    run, clock = asked_run(), Ticking()

    def half(work: RunWork, report: Report, actor: Actor, clock: Ticking) -> None:
        clock.at += timedelta(seconds=10)
        report.tell(1, 3)
        left = standing(work.run_id, clock.at).left
        assert left is not None
        assert timedelta(seconds=20) <= left <= timedelta(seconds=40)

    run_waiting({"plan": half}, actor=SYSTEM, clock=clock)
    assert standing(run).left is None


def test_after_a_takeover_what_was_done_before_is_not_taken_for_speed() -> None:
    run, clock = asked_run(), Ticking()

    def killed(work: RunWork, report: Report, actor: Actor, clock: Ticking) -> None:
        clock.at += timedelta(seconds=60)
        report.tell(30, 60)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_waiting({"plan": killed}, actor=SYSTEM, clock=clock)
    clock.at += HELD * 4

    def after(work: RunWork, report: Report, actor: Actor, clock: Ticking) -> None:
        report.tell(31, 60)
        left = standing(work.run_id, clock.at).left
        assert left is not None
        assert timedelta(seconds=45) <= left <= timedelta(seconds=75)

    run_waiting({"plan": after}, actor=SYSTEM, clock=clock)
    assert standing(run).state == "done"


@pytest.mark.parametrize(
    ("code", "kind", "may"),
    [
        (CENTRE, "leader", True),
        (DISTRICT, "administrator", True),
        ("330205001000", "leader", True),
        (CENTRE, "handler", False),
        (CENTRE, "auditor", False),
        ("330205001001", "leader", False),
    ],
)
def test_who_leads_plans(code: str, kind: str, may: bool) -> None:
    actor = post(code, kind)
    assert queries.may_plan(actor) == may
    if not may:
        with pytest.raises(Forbidden):
            services.ask_run(actor=actor, kind="plan", subject_id=new_id(), asked={}, now=NOW)


def test_a_run_that_is_not_there_is_said_so() -> None:
    with pytest.raises(Absent):
        services.stop_run(actor=SYSTEM, run_id=new_id(), now=NOW)
