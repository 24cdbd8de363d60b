"""The demo's other organisations: real witnesses beside the house, killed, started again, with the same keys and ports."""

import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pianqu.kernels import policy
from tests.platform.houses import PROJECT, Up, alive, environment, up, wait_until

PHONE = re.compile(r'contact = "([0-9]+)"')
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


def mirror(house: Up) -> dict[str, Any]:
    """The one copy, as the ledger's monitor sees it."""
    with urllib.request.urlopen(f"http://127.0.0.1:{house.port}/api/v1/ledger/mirrors", timeout=10) as answer:
        (found,) = json.load(answer)
        return dict(found)


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
        assert len({one["key_name"] for one in found["witnesses"]}) == 3 and found["witnessed_size"] > 1_000
        assert len(found["witnesses"]) == 4, "one of them signs with two keys"
        judged = policy.parse(found["policy"].encode()).judge(checkpoint(house))
        assert judged.holds and len(judged.times) == 4
        assert wait_until(lambda: mirror(house)["heard_at"] and not mirror(house)["behind"], 60), mirror(house)
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


def test_nothing_of_a_person_is_in_what_others_keep(data: Path) -> None:
    """Leaves, tiles, the mirror's and the witnesses' folders, what was published, and every line that was printed."""
    secrets = {"13812345678", "330205198801011232", "欧阳测试", "欧阳测试家的水管", "ouyang@example.org"}
    with up(data) as house:
        assert wait_until(lambda: has_signed(house), 40), told(house)
        words = "我是欧阳测试，身份证330205198801011232，电话13812345678，欧阳测试家的水管爆了。"
        for contact in ("13812345678", "ouyang@example.org"):
            body = json.dumps({"words": words + contact, "category": "water", "contact": contact}).encode()
            asked = urllib.request.Request(f"http://127.0.0.1:{house.port}/api/v1/reports", body)
            asked.add_header("Content-Type", "application/json")
            with urllib.request.urlopen(asked, timeout=20) as answer:
                assert answer.status == 201
        size = told(house)["witnessed_size"]
        assert wait_until(lambda: told(house)["witnessed_size"] > size, 30)
        assert wait_until(lambda: mirror(house)["heard_at"] and not mirror(house)["behind"], 60), mirror(house)
        said = house.said().replace(
            (data / "demo-resident").read_text(), ""
        )  # the demo's own way in, printed on purpose
    with sqlite3.connect(data / "pianqu.sqlite3") as tables:
        rows = tables.execute("SELECT name FROM foundation_account WHERE name <> ''").fetchall()
        secrets |= {str(name) for (name,) in rows} - {"系统"}
        secrets |= {str(text)[:12] for (text,) in tables.execute("SELECT words FROM casework_case") if len(text) > 12}
        public = [bytes(leaf) for (leaf,) in tables.execute("SELECT leaf FROM ledger_entry")]
        public += [bytes(hashes) for (hashes,) in tables.execute("SELECT hashes FROM ledger_tile")]
        public += [str(note).encode() for (note,) in tables.execute("SELECT note FROM ledger_checkpoint")]
    secrets |= set(PHONE.findall((PROJECT / "src/pianqu/composition/demo/cases.toml").read_text(encoding="utf-8")))
    assert len(public) > 1_000 and len(secrets) > 50
    folders = [data / "outside", data / "published"]
    kept = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    assert any("mirror" in str(path) for path in kept)
    everything = b"\n".join([*public, *(path.read_bytes() for path in kept), said.encode()])
    found = sorted(secret for secret in secrets if secret.encode() in everything)
    assert found == [], found


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
