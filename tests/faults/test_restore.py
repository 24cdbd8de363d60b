"""Yesterday's database is put back: nothing is signed any more, everybody is told, nothing that comes in is lost.

A real house with a real worker; the database is copied and put back with the database's own means.
"""

import json
import re
import sqlite3
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from http.cookiejar import CookieJar
from pathlib import Path

import psycopg
import pytest

from pianqu.composition.throwaway import find_programs, postgresql
from tests.platform.houses import Up, run, up, wait_until

pytestmark = pytest.mark.slow
NO_SERVER = pytest.mark.skipif(find_programs() is None, reason="no initdb found; Debian: apt install postgresql")


def reported(house: Up) -> str:
    """Report a matter as a browser would; answers the address of its receipt."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    base = f"http://127.0.0.1:{house.port}"
    with browser.open(f"{base}/report/") as page:
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.read().decode()))
    typed = urllib.parse.urlencode({**form, "words": "路灯坏了", "category": "roads", "alone": "1"}).encode()
    with browser.open(f"{base}/report/", typed) as receipt:
        return str(receipt.url)


def health(house: Up) -> dict[str, object]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{house.port}/health/") as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            return dict(json.load(error))


def sealed(house: Up, size: int) -> bool:
    return wait_until(lambda: health(house)["sealed"] == size, 20)


def checkpoint(house: Up) -> str:
    return (house.data / "published" / "checkpoint").read_text()


def copy_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=20)) as new:
        old.backup(new)


def told_and_lost_nothing(house: Up, size: int, **more: str) -> None:
    """The database is at an older size than what was published: all that must hold then."""
    seen = checkpoint(house)
    assert "/case/" in reported(house), "what residents report is still taken in"
    assert wait_until(lambda: "signs nothing" in str(health(house)["trouble"]), 20)
    assert house.get("/health/") == 503
    told = run(house.data, "status", **more)
    assert told.returncode != 0 and "signs nothing" in told.stdout + told.stderr
    assert wait_until(lambda: "signs nothing" in house.said(), 20), "the worker's log names it"
    state = health(house)
    assert (state["sealed"], state["waiting"]) == (size, 1)
    assert checkpoint(house) == seen, "nothing new was published"


def test_sqlite_put_back_under_the_running_house(tmp_path: Path) -> None:
    data = tmp_path / "data"
    live, yesterday, today = data / "pianqu.sqlite3", tmp_path / "yesterday", tmp_path / "today"
    with up(data, "--empty") as house:
        reported(house)
        assert sealed(house, 1)
        copy_sqlite(live, yesterday)
        reported(house)
        assert sealed(house, 2)
        copy_sqlite(live, today)
        copy_sqlite(yesterday, live)
        told_and_lost_nothing(house, 1)
        copy_sqlite(today, live)
        reported(house)
        assert sealed(house, 3), "with the newest database back, the ledger goes on"
        assert health(house)["trouble"] == ""


@NO_SERVER
@pytest.mark.postgres
def test_postgresql_put_back_between_two_starts(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with postgresql() as url:
        server = url.rpartition("/")[0]
        with up(data, "--empty", PIANQU_DATABASE=url) as house:
            reported(house)
            assert sealed(house, 1)
        _copied(server, "pianqu", "yesterday")
        with up(data, PIANQU_DATABASE=url) as house:
            reported(house)
            assert sealed(house, 2)
        _copied(server, "pianqu", "today")
        _copied(server, "yesterday", "pianqu")
        with up(data, PIANQU_DATABASE=url) as house:
            told_and_lost_nothing(house, 1, PIANQU_DATABASE=url)
        _copied(server, "today", "pianqu")
        with up(data, PIANQU_DATABASE=url) as house:
            reported(house)
            assert sealed(house, 3)


def _copied(server: str, source: str, target: str) -> None:
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {target} WITH (FORCE)".encode())
        connection.execute(f"CREATE DATABASE {target} TEMPLATE {source}".encode())
