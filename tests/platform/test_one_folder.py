"""A witness's or a mirror's folder: run once at a time, and never again without what it remembers."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pianqu.composition.mirror import home as mirror_home
from pianqu.composition.mirror.store import Store as MirrorStore
from pianqu.composition.outsider.folder import Folder
from pianqu.composition.outsider.running import Running, free_port
from pianqu.composition.witness import home
from pianqu.composition.witness.store import Store
from pianqu.foundation.errors import Unavailable
from tests.platform.houses import alive, command, family, refused, wait_until
from tests.platform.mirrored import OTHER, SIGNER

WHATS = pytest.mark.parametrize("what", [home.WHAT, mirror_home.WHAT])


def prepared(what: str, folder: Path) -> Folder:
    """A folder that has not begun."""
    if what == home.WHAT:
        home.prepare(folder, name="o.example", logs=[SIGNER.vkey])
    else:
        mirror_home.prepare(folder, name="o.example", logs=[(SIGNER.vkey, "")])
    return Folder(folder, what)


def words(place: Folder, *more: str) -> list[str]:
    return command(place.what, "--folder", str(place.path), "--port", str(free_port()), *more)


# once at a time ------------------------------------------------------------------------------------------------------


@WHATS
def test_a_folder_that_runs_is_not_started_again(what: str, tmp_path: Path) -> None:
    """Nor changed; after kill -9 it is free, and who only looks is not kept out."""
    place = prepared(what, tmp_path / "o")
    with Running(what, place.path) as first:
        before = place.settings.read_bytes()
        refused(words(place, "--log", OTHER.vkey), f"running already (process {first.process.pid})")
        refused(words(place, "--show", "--key", "ml-dsa-44"), "已在运行")
        assert place.settings.read_bytes() == before
        subprocess.run(words(place, "--show"), check=True, timeout=60, stdout=subprocess.DEVNULL)
        everyone = sorted(family(first.process.pid))
    assert len(everyone) > 1 and wait_until(lambda: not alive(everyone), 5)
    with Running(what, place.path):
        pass


SERVES = """
import os, sys, time
from pathlib import Path
from pianqu.composition.mirror.store import Store as MirrorStore
from pianqu.composition.outsider.folder import Folder
with Folder(Path(sys.argv[1]), "witness").alone():
    child = os.fork()
    if child:
        print(child, flush=True)
    time.sleep(60)
"""


def test_the_lock_lasts_as_long_as_the_process_that_serves(tmp_path: Path) -> None:
    """The program may be gone by kill -9 and the process that it forked still sign; when that is gone too, the folder is free."""
    place = prepared(home.WHAT, tmp_path / "o")
    with subprocess.Popen(
        [sys.executable, "-c", SERVES, str(place.path)], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as program:
        assert program.stdout is not None
        child = int(program.stdout.readline())
        program.kill()
        program.wait()
        try:
            with pytest.raises(Unavailable, match="One folder is never run twice"), place.alone():
                pytest.fail("held twice")
        finally:
            os.kill(child, signal.SIGKILL)
    with place.alone():
        pass


def test_two_first_starts_at_once_make_one_witness(tmp_path: Path) -> None:
    """The folder is not there yet, so nobody can hold it: keys and settings are made once all the same."""
    together, found = threading.Barrier(8), list[str]()

    def begin(number: int) -> None:
        together.wait(10)
        try:
            found.append(home.prepare(tmp_path / "o", name=f"w{number}.example", logs=[]).cosigner.witness.vkey)
        except Exception as error:
            assert "a name cannot be changed" in str(error), error

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [home.read(tmp_path / "o").cosigner.witness.vkey]


# not without its memory ----------------------------------------------------------------------------------------------


def store_of(what: str) -> Callable[[Path], Store | MirrorStore]:
    return Store if what == home.WHAT else MirrorStore


def settings(place: Folder) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(place.settings.read_text(encoding="utf-8"))
    return found


@WHATS
@pytest.mark.parametrize("how", ["missing", "empty", "no tables", "another one's", "unnamed"])
def test_it_does_not_begin_again_without_what_it_signed(what: str, how: str, tmp_path: Path) -> None:
    """As a real command, after a start that was whole; put back, it goes on."""
    place, other = prepared(what, tmp_path / "o"), prepared(what, tmp_path / "p")
    for one in (place, other):
        one.remember(store_of(what)).close()
    kept, before = place.tables.read_bytes(), place.settings.read_bytes()
    place.tables.unlink()
    if how == "empty":
        place.tables.touch()
    elif how == "no tables":
        with closing(sqlite3.connect(place.tables)) as tables:
            tables.execute("PRAGMA journal_mode = WAL")
    elif how == "another one's":
        shutil.copy(other.tables, place.tables)
    elif how == "unnamed":
        store_of(what)(place.tables).close()
    there = place.tables.read_bytes() if place.tables.exists() else None
    with pytest.raises(Unavailable, match=r"tell the district.*另起一个"):
        place.remember(store_of(what))
    refused(words(place), "tell the district")
    assert (place.tables.read_bytes() if place.tables.exists() else None) == there
    assert place.settings.read_bytes() == before
    place.tables.write_bytes(kept)
    place.remember(store_of(what)).close()


@WHATS
def test_a_folder_from_before_memories_had_names_goes_on(what: str, tmp_path: Path) -> None:
    """Where its file is there. Where it is not, nobody knows whether it has signed, so it does not."""
    place = prepared(what, tmp_path / "o")
    old = settings(place)
    del old["memory"]
    place.settings.write_text(json.dumps(old))
    with pytest.raises(Unavailable, match="is missing"):
        place.remember(store_of(what))
    assert not place.tables.exists() and settings(place) == old
    with closing(store_of(what)(place.tables)), closing(sqlite3.connect(place.tables)) as tables, tables:
        tables.execute("DROP TABLE memory")
    place.remember(store_of(what)).close()
    assert settings(place)["memory"] and {**settings(place), **old} == settings(place)
    place.remember(store_of(what)).close()
    place.tables.unlink()
    with pytest.raises(Unavailable, match="is missing"):
        place.remember(store_of(what))


@WHATS
def test_a_first_start_that_broke_off_is_made_again(what: str, tmp_path: Path) -> None:
    """Between the file, its name and the settings: nothing was signed yet, and what is there is taken."""
    place = prepared(what, tmp_path / "o")
    store_of(what)(place.tables).close()
    assert settings(place)["memory"] == ""
    with closing(store_of(what)(place.tables)) as store:
        name = store.call()
    with closing(place.remember(store_of(what))) as store:
        assert store.called() == name == settings(place)["memory"]
    prepared(what, place.path)
    assert settings(place)["memory"] == name, "what is taught later does not touch it"


@WHATS
def test_what_it_remembers_has_a_name_before_it_answers(what: str, tmp_path: Path) -> None:
    place = prepared(what, tmp_path / "o")
    with Running(what, place.path):
        name = settings(place)["memory"]
        with closing(store_of(what)(place.tables)) as store:
            assert name and store.called() == name
    place.tables.unlink()
    refused(words(place), "put it back as it was last")
