"""The worker's loop: trouble is said once, waited out, and stays with the task that has it."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from pianqu.composition import wiring
from pianqu.composition.sentences import sentence_for
from pianqu.composition.worker import IDLE_PAUSE, LONGEST_PAUSE, Task, turn
from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import queries
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import Opening, PlaceChoice
from pianqu.rooms.casework.tests.builders import small_district
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.ledger.services.delivering import PAGE
from tests.platform.houses import environment, wait_until


class Act:
    """Something to do that can be made to fail."""

    def __init__(self) -> None:
        self.times = 0
        self.trouble: Exception | None = None

    def __call__(self) -> int:
        self.times += 1
        if self.trouble:
            raise self.trouble
        return 1


@pytest.mark.django_db
def test_each_kind_of_trouble_is_said_once_and_its_end_too(caplog: pytest.LogCaptureFixture) -> None:
    act = Act()
    task = Task("sealer", act)
    for trouble in [OperationalError("database is locked")] * 3 + [OperationalError("database or disk is full")] * 2:
        act.trouble = trouble
        task.run(0.0)
    act.trouble = None
    task.run(0.0)
    task.run(0.0)
    assert [record.levelno for record in caplog.records] == [logging.ERROR, logging.ERROR, logging.WARNING]
    assert "Another program holds the database" in caplog.text
    assert "works again" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.django_db
def test_a_bug_is_logged_with_its_traceback_and_the_pause_grows_to_a_bound(caplog: pytest.LogCaptureFixture) -> None:
    act = Act()
    act.trouble = ZeroDivisionError("a bug")
    task = Task("reader x", act)
    pauses = []
    for _ in range(12):
        task.run(100.0)
        pauses.append(task.due - 100.0)
    assert caplog.text.count("Traceback") == 1
    assert pauses == sorted(pauses)
    assert pauses[-1] == LONGEST_PAUSE


@pytest.mark.django_db
def test_a_reader_that_stumbles_stops_nobody_else() -> None:
    sealer, good, bad = Act(), Act(), Act()
    bad.trouble = ValueError("stumbles")
    readers = [Task("bad", bad), Task("good", good, every=IDLE_PAUSE)]
    task = Task("sealer", sealer, every=0.0)
    for second in range(10):
        turn(task, readers, float(second))
    assert (sealer.times, good.times) == (10, 10)
    assert bad.times < 6


@pytest.mark.django_db
def test_a_reader_with_much_behind_it_goes_on_each_turn_and_lets_the_sealer_in_between() -> None:
    sealed, heard = Act(), iter([1_000, 1_500, 20, 0])
    reader = Task("reader", lambda: next(heard), every=IDLE_PAUSE, full=1_000)
    sealer = Task("sealer", sealed, listens=False)
    reader.listens = False
    for second in range(3):
        turn(sealer, [reader], float(second))
    assert sealed.times == 3 and reader.due == 2 + IDLE_PAUSE


@pytest.mark.django_db
def test_a_turn_hears_a_page_and_leaves_the_rest_for_the_next() -> None:
    now = timezone.now()
    ledger.create_log(now=now)
    small_district()
    wiring.seal_and_drain()
    items = [Opening(words=f"路灯坏了 {number}", category="roads", place=PlaceChoice()) for number in range(PAGE + 7)]
    cases.open_cases(actor=Actor(kind="system", organisation_code=queries.centre_code()), items=items, now=now)
    wiring.seal()
    hear = dict(wiring.catching_up(at_once=PAGE))["casework.day-counts"]
    assert [hear(), hear(), hear()] == [PAGE, 7, 0]
    assert queries.counts().opened == PAGE + 7


@pytest.mark.django_db
def test_facts_that_come_without_a_pause_do_not_keep_the_worker_at_its_seals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody records while each seal runs, as under load: readers and witnesses have their turn all the same."""
    now = timezone.now()
    ledger.create_log(now=now)
    small_district()
    wiring.seal_and_drain()
    actor, real = Actor(kind="system", organisation_code=queries.centre_code()), ledger.seal

    def meanwhile(**how: Any) -> int:
        cases.open_case(actor=actor, words="路灯坏了", category="roads", place=PlaceChoice(), now=now)
        return real(**how)

    monkeypatch.setattr(ledger, "seal", meanwhile)
    reader = Act()
    sealer = Task("sealer", lambda: wiring.seal_some(100), every=0.0, full=100)
    assert not any(turn(sealer, [Task("reader", reader)], float(second)) for second in range(3))
    assert reader.times == 3


def test_who_sealed_all_it_may_goes_on_at_once() -> None:
    sealed = iter([100, 100, 40, 0])
    sealer = Task("sealer", lambda: next(sealed), every=0.0, full=100)
    assert [turn(sealer, [], float(second)) for second in range(4)] == [True, True, False, False]


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_other_systems_holds_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    answered, sealer, slow = threading.Event(), Act(), Act()

    def send() -> int:
        slow.times += 1
        answered.wait(10)
        raise ValueError("the other system stumbled")

    task, aside = Task("sealer", sealer, every=0.0), Task("sending", send, every=1.0, listens=False, aside=True)
    for second in range(5):
        turn(task, [aside], float(second))
    assert (sealer.times, slow.times) == (5, 1), "one at a time, and nobody waits for it"
    answered.set()
    assert aside.thread is not None
    aside.thread.join(5)
    assert "the other system stumbled" in caplog.text and aside.due > 0


@pytest.mark.django_db(transaction=True)
def test_a_seal_that_comes_while_others_are_asked_is_not_overlooked() -> None:
    begun, answered, asked = threading.Event(), threading.Event(), Act()

    def ask() -> int:
        asked.times += 1
        begun.set()
        answered.wait(10)
        return 1

    task, aside = Task("sealer", lambda: 1, every=0.0), Task("witnesses", ask, every=60.0, aside=True)
    turn(task, [aside], 0.0)
    assert begun.wait(5)
    turn(task, [aside], 1.0)
    answered.set()
    assert aside.thread is not None
    aside.thread.join(5)
    assert asked.times == 2, "once for each seal"
    turn(Task("sealer", lambda: 0), [aside], 2.0)
    assert asked.times == 2 and not aside.woken


@pytest.mark.django_db
def test_a_turn_tells_whether_somebody_is_not_done() -> None:
    heard = iter([1_000, 3])
    reader = Task("reader", lambda: next(heard), every=IDLE_PAUSE, full=1_000)
    sealer = Task("sealer", lambda: 0, every=0.0)
    assert [turn(sealer, [reader], float(second)) for second in range(3)] == [True, False, False]


@pytest.mark.django_db
def test_readers_rest_while_nothing_is_sealed() -> None:
    reader = Act()
    readers = [Task("quiet", reader, every=IDLE_PAUSE)]
    for second in range(21):
        turn(Task("sealer", lambda: 0), readers, float(second))
    assert reader.times == 3


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperationalError("attempt to write a readonly database"), "may not be written"),
        (OperationalError("unable to open database file"), "cannot be opened"),
        (
            OperationalError('connection failed: FATAL:  password authentication failed for user "x"'),
            "user or password",
        ),
        (OperationalError("connection is bad:\n  Connection refused"), "is it running"),
        (OperationalError("something\n  new"), "something new"),
        (OSError(28, "No space left on device", "/data/x"), "The disk is full at /data/x"),
        (PermissionError(13, "Permission denied", "/data"), "No permission for /data"),
    ],
)
def test_trouble_around_the_house_is_one_sentence(error: Exception, said: str) -> None:
    sentence = sentence_for(error)
    assert sentence is not None
    assert said in sentence
    assert "\n" not in sentence


def test_a_bug_has_no_sentence() -> None:
    assert sentence_for(KeyError("x")) is None


@pytest.mark.slow
def test_the_worker_stops_within_a_second(tmp_path: Path) -> None:
    data = tmp_path / "data"
    settings = environment(data, DJANGO_SETTINGS_MODULE="pianqu.composition.settings")
    subprocess.run([sys.executable, "-m", "pianqu.composition.prepare", "--empty"], env=settings, check=True)
    worker = subprocess.Popen([sys.executable, "-m", "pianqu.composition.worker"], env=settings)
    try:
        assert wait_until(lambda: (data / "sealer.lock").exists(), 30)
        started = time.monotonic()
        os.kill(worker.pid, signal.SIGTERM)
        assert worker.wait(10) == 0
        assert time.monotonic() - started < 1.5
    finally:
        worker.kill()
        worker.wait()
