"""A witness's or a mirror's folder: run once at a time, and never again without what it remembers."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pianqu.composition.mirror import home as mirror_home
from pianqu.composition.outsider.folder import Folder
from pianqu.composition.outsider.running import Running, free_port
from pianqu.composition.witness import home
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
