"""What is put away, and what is not: the newest, the named, and everything while the database is behind."""

import os
from datetime import timedelta
from pathlib import Path
from shutil import rmtree

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from pianqu.composition.tidying import UNNAMED, tidy
from pianqu.foundation import files, throttle
from pianqu.foundation.errors import TooMany, Unavailable
from pianqu.foundation.idempotency import LIFE
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Attempt, IdempotencyKey
from pianqu.rooms.casework.models import Photo
from pianqu.rooms.casework.tests.builders import opened, photo, small_district
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    rmtree(installation().files, ignore_errors=True)  # what other tests of this process left
    small_district()


def place(name: str) -> Path:
    return installation().files / name[:2] / name[2:4] / name


def aged(name: str) -> str:
    before = (NOW - UNNAMED - timedelta(hours=1)).timestamp()
    os.utime(place(name), (before, before))
    return name


def test_only_old_files_without_a_row_go() -> None:
    opened(photos=[photo()])
    named = aged(Photo.objects.get().file_name)
    fresh, lost = files.keep(b"just stored"), aged(files.keep(b"a crash came"))
    half = place(lost).with_suffix(".new")
    half.write_bytes(b"half")
    os.utime(half, (1, 1))
    assert tidy(NOW) == 1
    assert place(named).exists() and place(fresh).exists()
    assert not place(lost).exists() and not half.exists()


def test_no_file_goes_while_the_database_is_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = aged(files.keep(b"its row may be in the newer database"))

    def behind() -> None:
        raise Unavailable("ledger-behind", "older than what was published")

    monkeypatch.setattr(ledger, "check_not_behind", behind)
    with pytest.raises(Unavailable):
        tidy(NOW)
    assert place(lost).exists()


def test_old_answers_counts_and_sessions_go() -> None:
    opened(idempotency_key="old", now=NOW - LIFE - timedelta(days=1))
    opened(idempotency_key="new", now=NOW)
    throttle.count_wrong(scope="s", party="long ago", now=NOW - timedelta(hours=3))
    for _try in range(throttle.TRIES):
        throttle.count_wrong(scope="s", party="locked", now=NOW)
    Session.objects.create(session_key="a", session_data="", expire_date=NOW - timedelta(days=1))
    Session.objects.create(session_key="b", session_data="", expire_date=NOW + timedelta(days=1))
    tidy(NOW)
    assert [row.key for row in IdempotencyKey.objects.all()] == ["new"]
    assert Attempt.objects.count() == 1
    with pytest.raises(TooMany):
        throttle.check_open(scope="s", party="locked", now=NOW)
    assert [row.session_key for row in Session.objects.all()] == ["b"]
