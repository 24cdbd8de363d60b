"""Writers of the embedded database wait for their turn, and no longer than they are told to."""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread, Timer

import pytest
from django.db import IntegrityError, OperationalError, transaction
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

from pianqu.foundation.backends.sqlite.turns import Line, line_of

WAIT_S = 20
SOON_S = 0.2


@pytest.fixture
def other(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> Iterator[sqlite3.Connection]:
    """A writer that has begun and does not end by itself."""
    found = sqlite3.connect(tmp_path / "turns.sqlite3", isolation_level=None, check_same_thread=False)
    with closing(found), django_db_blocker.unblock():
        found.execute("PRAGMA journal_mode=WAL")
        found.execute("CREATE TABLE line (number INTEGER)")
        found.execute("BEGIN IMMEDIATE")
        yield found


def connection_to(folder: Path, *, wait: float) -> ConnectionHandler:
    options = {"transaction_mode": "IMMEDIATE", "timeout": wait}
    entry = {"ENGINE": "pianqu.foundation.backends.sqlite", "NAME": str(folder / "turns.sqlite3"), "OPTIONS": options}
    return ConnectionHandler({"default": entry})


def test_a_writer_gets_its_turn_when_the_other_ends(
    tmp_path: Path, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = connection_to(tmp_path, wait=WAIT_S)
    monkeypatch.setattr(transaction, "connections", handler)
    other.execute("INSERT INTO line VALUES (1)")
    ends = Timer(SOON_S, lambda: other.execute("COMMIT"))
    ends.start()
    with transaction.atomic(), handler["default"].cursor() as cursor:
        cursor.execute("SELECT number FROM line")
        assert cursor.fetchall() == [(1,)]
    ends.join()
    assert handler["default"].connection.execute("PRAGMA busy_timeout").fetchone() == (WAIT_S * 1000,)
    handler["default"].close()


def test_a_writer_gives_up_after_its_time_and_says_why(
    tmp_path: Path, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = connection_to(tmp_path, wait=0.05)
    monkeypatch.setattr(transaction, "connections", handler)
    with pytest.raises(OperationalError, match="database is locked"), transaction.atomic():
        handler["default"].cursor().execute("SELECT number FROM line")
        raise AssertionError("it cannot have begun")
    handler["default"].close()


def test_a_transaction_begins_with_its_first_statement(
    tmp_path: Path, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = connection_to(tmp_path, wait=WAIT_S)
    monkeypatch.setattr(transaction, "connections", handler)
    line = line_of((tmp_path / "turns.sqlite3").resolve())
    with transaction.atomic():
        assert line.take(time.monotonic()), "nobody waits for who only computes"
        line.give_back()
        other.execute("INSERT INTO line VALUES (1)")
        other.execute("COMMIT")
        with transaction.atomic(), handler["default"].cursor() as cursor:
            cursor.execute("INSERT INTO line VALUES (2)")
        assert not line.take(time.monotonic()), "a savepoint is a statement"
        transaction.set_rollback(True)
    assert line.take(time.monotonic())
    line.give_back()
    with transaction.atomic():
        pass
    with handler["default"].cursor() as cursor:
        cursor.execute("SELECT number FROM line")
        assert cursor.fetchall() == [(1,)], "what was not begun needs no end, and nothing of it is left"
    handler["default"].close()


def in_a_moment() -> float:
    return time.monotonic() + WAIT_S


def test_threads_of_a_process_write_one_after_the_other(tmp_path: Path) -> None:
    line, inside, most = line_of(tmp_path / "x"), 0, 0
    assert line_of(tmp_path / "x") is line

    def write() -> None:
        nonlocal inside, most
        for _ in range(20):
            assert line.take(in_a_moment())
            inside += 1
            most = max(most, inside)
            time.sleep(0)
            inside -= 1
            line.give_back()

    crowd = [Thread(target=write) for _ in range(8)]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert most == 1


HOLDER = """
import sys, time
from pathlib import Path
from pianqu.foundation.backends.sqlite.turns import Line
line = Line(Path(sys.argv[1]))
assert line.take(time.monotonic() + 20)
print("inside", flush=True)
sys.stdin.readline()
line.give_back()
print("asks again", flush=True)
print(line.take(time.monotonic() + 20), flush=True)
"""


def test_who_has_just_written_does_not_overtake_another_process_that_waits(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "x")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdin and other.stdout and other.stdout.readline() == "inside\n"
        line = Line(tmp_path / "x")
        assert not line.take(time.monotonic()), "the other is inside"
        got: list[bool] = []
        waits = Thread(target=lambda: got.append(line.take(in_a_moment())))
        waits.start()
        time.sleep(SOON_S)
        other.stdin.write("\n")
        other.stdin.flush()
        waits.join()
        assert got == [True]
        assert other.stdout.readline() == "asks again\n"
        line.give_back()
        assert other.stdout.readline() == "True\n"


def test_a_process_that_is_killed_leaves_its_turn(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path / "x")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as other:
        assert other.stdout and other.stdout.readline() == "inside\n"
        line = Line(tmp_path / "x")
        assert not line.take(time.monotonic())
        other.kill()
        other.wait()
        assert line.take(in_a_moment())
        line.give_back()


def test_a_child_has_no_turn_of_its_parent(tmp_path: Path) -> None:
    line = line_of(tmp_path / "x")
    assert line.take(in_a_moment())
    child = os.fork()
    if child == 0:
        os._exit(3 if line.take(time.monotonic() + SOON_S) else 4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 4, "it waits for its parent, and does not hang"
    line.give_back()
    child = os.fork()
    if child == 0:
        os._exit(3 if line.take(in_a_moment()) else 4)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3


def test_where_no_file_can_be_made_processes_wait_as_sqlite_does(tmp_path: Path) -> None:
    line = Line(tmp_path / "missing" / "x")
    assert line.take(in_a_moment()) and not line.take(time.monotonic())
    line.give_back()
    assert line.take(in_a_moment())


def test_a_failed_statement_and_a_closed_connection_leave_the_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> None:
    handler = connection_to(tmp_path, wait=WAIT_S)
    monkeypatch.setattr(transaction, "connections", handler)
    line = line_of((tmp_path / "turns.sqlite3").resolve())
    with django_db_blocker.unblock():
        with handler["default"].cursor() as cursor:
            cursor.execute("CREATE TABLE line (number INTEGER UNIQUE)")
            cursor.execute("INSERT INTO line VALUES (1)")
            with pytest.raises(IntegrityError):
                cursor.execute("INSERT INTO line VALUES (1)")
        with pytest.raises(IntegrityError), transaction.atomic(), handler["default"].cursor() as cursor:
            cursor.execute("INSERT INTO line VALUES (2)")
            assert not line.take(time.monotonic()), "a transaction has the turn"
            cursor.execute("INSERT INTO line VALUES (1)")
        with transaction.atomic():
            handler["default"].close()
        assert line.take(in_a_moment())
        line.give_back()
