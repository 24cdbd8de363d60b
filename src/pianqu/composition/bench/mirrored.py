"""A mirror copies the whole log over HTTP, and a ledger that was put back to its first day gets everything back from it."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import closing
from pathlib import Path

from pianqu.composition.bench.report import Row
from pianqu.composition.bench.serving import server
from pianqu.composition.mirror import home
from pianqu.composition.outsider.running import Running
from pianqu.composition.prepare import DATABASE
from pianqu.foundation.db import vendor
from pianqu.foundation.following import origin_hash
from pianqu.foundation.installation import installation
from pianqu.kernels.note import CheckpointBody, text_of
from pianqu.rooms.ledger import queries

PATIENCE = 600.0
NAME = "mirror.example"


class FirstDay:
    """The database as it was before the log grew: what an old backup holds. On SQLite only."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "first-day"
        self.folder.mkdir(parents=True)
        now, kept = (sqlite3.connect(each / DATABASE) for each in (installation().data, self.folder))
        with closing(now), closing(kept):
            now.backup(kept)

    def put_back(self) -> None:
        """An installation over it, with today's keys, that knows what was published."""
        shutil.copytree(installation().keys, self.folder / "keys")
        shutil.copytree(installation().published, self.folder / "published")
        check = installation().data / "field-keys.check"
        if check.exists():
            shutil.copy2(check, self.folder)


def backup(folder: Path) -> FirstDay | None:
    """To be made before the log grows; None where the database is not a file."""
    return FirstDay(folder) if vendor() == "sqlite" else None


def measure(folder: Path, first_day: FirstDay | None) -> list[Row]:
    """On the log as it stands, all of it sealed and published."""
    size = queries.sealed_size()
    with server() as (port, _pid):
        source = f"http://127.0.0.1:{port}/open/ledger"
        home.prepare(folder / "mirror", name=NAME, logs=[(queries.log().vkey, source)])
        began = time.perf_counter()
        with Running(home.WHAT, folder / "mirror", "--every", "0.2") as mirror:
            copy = f"{mirror.url}/{origin_hash(queries.log().origin)}"
            _until_copied(copy, size)
            copied = time.perf_counter() - began
            found = [
                Row(name="entries that a mirror copied over HTTP, each proven", value=size),
                Row(name="the same: rate, its own start included", value=size / copied, unit="/s"),
            ]
            return found + (_rebuilt(first_day, mirror.url, size) if first_day else [])


def _until_copied(copy: str, size: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{copy}/checkpoint", timeout=10) as answer:
                if CheckpointBody.decode(text_of(answer.read().decode())).size >= size:
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError("the mirror did not copy the log")


def _rebuilt(first_day: FirstDay, url: str, size: int) -> list[Row]:
    first_day.put_back()
    words = [sys.executable, "-m", "pianqu.composition.cli", "catch-up", "--from", url, "--data", str(first_day.folder)]
    environ = {name: value for name, value in os.environ.items() if name not in {"PIANQU_KEYS", "PIANQU_DATA"}}
    began = time.perf_counter()
    done = subprocess.run(words, env=environ, capture_output=True, text=True, timeout=PATIENCE)
    seconds = time.perf_counter() - began
    if done.returncode:
        raise RuntimeError(f"the ledger was not completed from its mirror: {done.stderr}")
    with closing(sqlite3.connect(first_day.folder / DATABASE)) as tables:
        here = tables.execute("SELECT size, root FROM ledger_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    if (here[0], here[1]) != (size, queries.root_at(size)):
        raise RuntimeError("what came back from the mirror is another log")
    return [
        Row(name="ledger and tiles rebuilt from the mirror: time", value=seconds, unit="s", at_most=60),
        Row(name="ledger and tiles rebuilt from the mirror: rate", value=size / seconds, unit="/s"),
    ]
