"""A real house turns the twin by national standards on, its worker is killed while it follows, and everything is found whole."""

import os
import random
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import pytest

from pianqu.kernels import note, twin
from pianqu.kernels.tests import test_gm
from pianqu.kernels.twin import TwinBody
from tests.faults.test_restore import reported
from tests.platform.houses import PROJECT, Up, environment, run, up, wait_until

pytestmark = pytest.mark.slow


def fetched(house: Up, path: str) -> str:
    """What stands there; empty where nothing does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{house.port}/open/ledger/{path}", timeout=10) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        with error:
            return ""


def sizes(house: Up) -> tuple[int, int]:
    """Of the log and of its twin, as an outsider reads them; the twin's signature is checked."""
    log, mine = fetched(house, "checkpoint"), fetched(house, "gm/checkpoint")
    if not log or not mine:
        return (note.CheckpointBody.decode(note.text_of(log)).size if log else 0), 0
    keys = twin.verifiers(fetched(house, "gm.vkey").splitlines())
    return note.CheckpointBody.decode(note.text_of(log)).size, TwinBody.decode(note.open_note(mine, keys)[0]).size


def caught_up(house: Up, at_least: int) -> bool:
    return wait_until(lambda: at_least <= sizes(house)[0] == sizes(house)[1], 40)


def without_the_library(tmp_path: Path) -> list[str]:
    """Where Python finds everything that is installed here except what signs by SM2."""
    place = tmp_path / "packages"
    place.mkdir()
    for entry in Path(str(find_spec("gmssl_pyx").submodule_search_locations[0])).parent.iterdir():
        if not entry.name.startswith("gmssl_pyx"):
            (place / entry.name).symlink_to(entry)
    return [str(PROJECT / "src"), str(place)]


def test_without_the_library_everything_else_goes_on(tmp_path: Path) -> None:
    data = tmp_path / "data"
    given = environment(data, PIANQU_GM="1", PYTHONPATH=":".join(without_the_library(tmp_path)))

    def asked(module: str, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-S", "-m", module, *words]
        return subprocess.run(command, env=given, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

    prepared = asked("pianqu.composition.prepare", "--empty")
    assert prepared.returncode == 0, prepared.stderr
    told = asked("pianqu.composition.cli", "status").stdout
    assert "gmssl-pyx, which is not installed here" in told
    assert asked("pianqu.composition.cli", "verify", "log").returncode == 0
    (tmp_path / "proof").write_text(test_gm.held().text())
    done = asked("pianqu.kernels.twin", "proof", "--vkey", test_gm.KEY.vkey)
    assert (done.returncode, "gmssl-pyx" in done.stderr) == (2, True)


def test_a_broken_key_holds_up_no_start(tmp_path: Path) -> None:
    data = tmp_path / "data"
    (data / "keys").mkdir(parents=True)
    (data / "keys" / "gm.key").write_text("broken\n")
    with up(data, "--empty", PIANQU_GM="1") as house:
        reported(house)
        assert wait_until(lambda: sizes(house)[0] >= 1, 20)
        assert "gm.key" in house.said()
        assert sizes(house)[1] == 0
        assert "gm.key" in run(data, "status", PIANQU_GM="1").stdout


def test_turned_on_killed_and_turned_off_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with up(data, "--empty") as house:
        for _ in range(3):
            reported(house)
        assert wait_until(lambda: sizes(house)[0] >= 3, 20)
        assert sizes(house)[1] == 0
        assert not (data / "keys" / "gm.key").exists()
    draw = random.Random(17)
    with up(data, PIANQU_GM="1") as house:
        assert (data / "keys" / "gm.key").stat().st_mode & 0o777 == 0o600
        assert caught_up(house, 4), "what was there, and that it began"
        before = sizes(house)[1]
        for _ in range(3):
            reported(house)
            time.sleep(draw.uniform(0, 2.5))
            os.kill(house.children()["worker"], signal.SIGKILL)
        assert caught_up(house, before + 3)
        told = run(data, "status", PIANQU_GM="1").stdout
        assert "Twin by SM3 and SM2" in told
        assert "0 to come" in told
    checked = run(data, "verify", "log")
    assert checked.returncode == 0, checked.stdout
    assert "Twin by SM3 and SM2" in checked.stdout
    with up(data) as house:
        kept = sizes(house)[1]
        reported(house)
        assert wait_until(lambda: sizes(house)[0] > kept, 20)
        assert sizes(house)[1] == kept
    assert run(data, "replay", "gm").returncode == 0
