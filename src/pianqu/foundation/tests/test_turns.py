"""Writers of the embedded database wait for their turn, and no longer than they are told to."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer

import pytest
from django.db import OperationalError, transaction
from django.db.utils import ConnectionHandler
from pytest_django import DjangoDbBlocker

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
        raise AssertionError("it cannot have begun")
    handler["default"].close()
