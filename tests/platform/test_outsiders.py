"""The demo's other organisations: real witnesses beside the house, killed, started again, with the same keys and ports."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pianqu.kernels import policy
from tests.platform.houses import Up, alive, environment, up, wait_until

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo in it, to be copied."""
    folder = tmp_path_factory.mktemp("demo") / "data"
    words = [sys.executable, "-m", "pianqu.composition.prepare"]
    subprocess.run(words, env=environment(folder), check=True, timeout=120)
    return folder


@pytest.fixture
def data(loaded: Path, tmp_path: Path) -> Iterator[Path]:
    shutil.copytree(loaded, tmp_path / "data")
    yield tmp_path / "data"


def told(house: Up) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{house.port}/api/v1/ledger/witnesses", timeout=10) as answer:
            found: dict[str, Any] = json.load(answer)
            return found
    except OSError:
        return {"number": 0, "witnessed_size": 0, "witnesses": [], "policy": ""}


def has_signed(house: Up) -> bool:
    found = told(house)
    return bool(found["witnesses"]) and all(not one["trouble"] and not one["behind"] for one in found["witnesses"])


def checkpoint(house: Up) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{house.port}/open/ledger/checkpoint", timeout=10) as answer:
        return str(answer.read().decode())


def test_three_witnesses_sign_and_one_that_is_killed_comes_back(data: Path) -> None:
    with up(data) as house:
        assert wait_until(lambda: has_signed(house), 40), told(house)
        found = told(house)
        assert len(found["witnesses"]) == 3 and found["witnessed_size"] > 1_000
        judged = policy.parse(found["policy"].encode()).judge(checkpoint(house))
        assert judged.holds and len(judged.times) == 3
        before = house.children()
        os.kill(before["witness street"], signal.SIGKILL)
        assert wait_until(lambda: house.children().get("witness street", 0) not in {0, before["witness street"]}, 15)
        assert house.children()["worker"] == before["worker"]
        everyone = house.everyone()
        house.process.terminate()
        house.process.wait()
        assert wait_until(lambda: not alive(everyone), 5), alive(everyone)
        first = found
    with up(data) as again:
        assert wait_until(lambda: has_signed(again), 40), told(again)
        assert told(again)["number"] == first["number"], "keys, ports and policy are those of the first start"


def test_a_port_that_is_taken_is_changed_in_the_policy(data: Path) -> None:
    with up(data) as house:
        assert wait_until(lambda: has_signed(house), 40), told(house)
        url = told(house)["witnesses"][0]["url"]
        number = told(house)["number"]
    with socket.socket() as stranger:
        stranger.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        stranger.bind(("127.0.0.1", int(url.rpartition(":")[2])))
        stranger.listen()
        with up(data) as house:
            assert wait_until(lambda: told(house)["number"] > number and has_signed(house), 40), told(house)
            assert told(house)["witnesses"][0]["url"] != url
