"""A real house turns the twin by national standards on, its worker is killed while it follows, and everything is found whole."""

import os
import random
import signal
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from pianqu.kernels import note, twin
from pianqu.kernels.twin import TwinBody
from tests.faults.test_restore import reported
from tests.platform.houses import Up, run, up, wait_until

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
