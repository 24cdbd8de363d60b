"""A ledger that nobody can complete ends under a real house, and another goes on: witnesses, receipts, pages, the audit."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from sqlite3 import connect
from typing import Any

import pytest

from pianqu.kernels.note import CheckpointBody, text_of
from tests.faults.test_restore import health
from tests.platform.houses import Up, command, environment, free_port, run, up, wait_until

pytestmark = pytest.mark.slow
REASON = "备份在旧磁盘上，没有人存有副本"
ADOPT = """
import sys
import django; django.setup()
from django.utils import timezone
from pianqu.composition.chores import system_actor
from pianqu.composition.district import load_district
from pianqu.rooms.ledger import services
load_district(code="330205", now=timezone.now())
services.adopt_policy(actor=system_actor(), text=sys.argv[1], now=timezone.now())
"""


class Witness:
    """Another organisation's witness: a program, folder and port of its own."""

    def __init__(self, folder: Path, log: str) -> None:
        self.folder, self.port = folder, free_port()
        told = self._told(log)
        found = re.search(r"w\.example\+\S+", told)
        assert found is not None, told
        self.vkey, self.url = found[0], f"http://127.0.0.1:{self.port}"

    def _told(self, log: str) -> str:
        words = ["witness", "--folder", str(self.folder), "--name", "w.example", "--log", log, "--show"]
        done = run(self.folder, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def stands(self, *words: str) -> Iterator[None]:
        with (self.folder.parent / "witness-said").open("ab") as said:
            process = subprocess.Popen(
                command("witness", "--folder", str(self.folder), "--port", str(self.port), *words),
                env=environment(self.folder),
                stdout=said,
                stderr=said,
            )
            try:
                yield
            finally:
                process.terminate()
                process.wait()

    def signed(self, origin: str) -> int:
        """How many entries the tree had that it signed last of this ledger."""
        text = fetched(f"{self.url}/{sha256(origin.encode()).hexdigest()}/checkpoint")
        return CheckpointBody.decode(text_of(text)).size if text else -1


def fetched(url: str) -> str:
    with suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())
    return ""


def asked(house: Up, path: str) -> Any:
    return json.loads(fetched(f"http://127.0.0.1:{house.port}/api/v1/ledger{path}") or "null")


def reported(house: Up) -> str:
    """The entry of a matter that is reported now."""
    body = json.dumps({"words": "路灯坏了", "category": "roads"}).encode()
    address = f"http://127.0.0.1:{house.port}/api/v1/reports"
    with urllib.request.urlopen(urllib.request.Request(address, body, {"Content-Type": "application/json"})) as answer:
        return str(json.load(answer)["entry_id"])


def receipt_of(house: Up) -> str:
    """The receipt of a matter that is reported now, once the witness has signed for it."""
    at = f"/receipts/{reported(house)}"
    assert wait_until(lambda: asked(house, at)["stage"] == "witnessed", 30), asked(house, at)
    return str(asked(house, at)["text"])


def proven(file: Path, *trust: str) -> subprocess.CompletedProcess[str]:
    """As somebody checks a receipt who has nothing but the kernel and what was kept."""
    words = [sys.executable, "-m", "pianqu.kernels.receipt", str(file), *trust]
    settings = environment(file.parent / "nothing")
    return subprocess.run(words, env=settings, capture_output=True, text=True, timeout=60, cwd=file.parent)


def test_a_ledger_that_nobody_can_complete_ends_and_another_goes_on(tmp_path: Path) -> None:
    data, old = tmp_path / "data", tmp_path / "old.sqlite3"
    early, lost, rule = tmp_path / "early.tlog-proof", tmp_path / "lost.tlog-proof", tmp_path / "rule"
    with up(data, "--empty") as house:
        first = asked(house, "")
    witness = Witness(tmp_path / "w", first["vkey"])
    policy = f"witness w {witness.vkey} {witness.url}\nquorum w\n"
    settings = environment(data, DJANGO_SETTINGS_MODULE="pianqu.composition.settings")
    subprocess.run([sys.executable, "-c", ADOPT, policy], env=settings, check=True, timeout=120)

    with witness.stands(), up(data, "--empty") as house:
        early.write_text(receipt_of(house))
        rule.write_text(fetched(f"http://127.0.0.1:{house.port}/open/ledger/policy"))
        with closing(connect(data / "pianqu.sqlite3")) as live, closing(connect(old)) as copy:
            live.backup(copy)
        held = asked(house, "")["size"]
        lost.write_text(receipt_of(house))
        size = asked(house, "")["size"]
        assert size > held and witness.signed(first["origin"]) == size
        beside = run(data, "declare-dead", "--reason", REASON, "--yes", first["origin"])
        assert beside.returncode == 1 and "Stop it first" in beside.stderr and "Traceback" not in beside.stderr

    for leftover in data.glob("pianqu.sqlite3*"):
        leftover.unlink()
    shutil.copy(old, data / "pianqu.sqlite3")
    shown = (data / "published" / "checkpoint").read_text()
    with witness.stands(), up(data, "--empty") as house:
        assert reported(house), "what residents report is still taken in"
        assert wait_until(lambda: "signs nothing" in str(health(house)["trouble"]), 20)
        assert (data / "published" / "checkpoint").read_text() == shown
    nowhere = run(data, "catch-up")
    assert nowhere.returncode == 1 and "No mirror is known" in nowhere.stderr
    other = run(data, "declare-dead", "--reason", REASON, "--yes", "another")
    assert other.returncode == 1 and first["origin"] in other.stderr
    assert (data / "published" / "checkpoint").read_text() == shown

    done = run(data, "declare-dead", "--reason", REASON, "--yes", first["origin"])
    assert done.returncode == 0, done.stderr
    name = f"{first['origin']}/2"
    assert f"{first['origin']} has ended. {name} goes on with {held} entries" in done.stdout
    assert (data / "published" / "ended-1" / "checkpoint").read_text() == shown
    kept = (data / "published" / "ended-1" / "evidence.jsonl").read_text()
    assert "— w.example " in kept and first["origin"] in kept
    audit = run(data, "verify", "log")
    assert audit.returncode == 0 and audit.stdout.startswith(f"{name}: {held} entries"), audit.stdout + audit.stderr

    for file, trust in [
        (early, ("--policy", str(rule))),
        (lost, ("--policy", str(rule))),
        (lost, ("--vkey", first["vkey"])),
    ]:
        genuine = proven(file, *trust)
        assert genuine.returncode == 0, genuine.stdout + genuine.stderr
    told = run(data, "verify", "receipt", str(lost))
    assert told.returncode == 0 and f"went on as {name}" in told.stdout, told.stdout + told.stderr

    with up(data, "--empty") as house:
        with witness.stands():
            assert wait_until(lambda: asked(house, "/witnesses")["witnesses"][0]["trouble"] == "unknown", 30)
            assert asked(house, "/witnesses")["witnessed_size"] == 0
        now = asked(house, "")
        assert now["origin"] == name and now["trouble"] == ""
        with witness.stands("--log", now["vkey"]):
            assert wait_until(lambda: asked(house, "/witnesses")["witnessed_size"] == asked(house, "")["size"], 40), (
                asked(house, "/witnesses")
            )
            assert witness.signed(name) == asked(house, "")["size"] > held
            assert witness.signed(first["origin"]) == size, "what it signed of the old one stays"
            fresh = tmp_path / "fresh.tlog-proof"
            fresh.write_text(receipt_of(house))
            rule_now = tmp_path / "rule-now"
            rule_now.write_text(fetched(f"http://127.0.0.1:{house.port}/open/ledger/policy"))
            assert f"# {first['origin']} ended on" in rule_now.read_text()
            for file in (early, lost, fresh):
                genuine = proven(file, "--policy", str(rule_now))
                assert genuine.returncode == 0, (file.name, genuine.stdout + genuine.stderr)
            assert proven(fresh, "--vkey", first["vkey"]).returncode == 1, "the old key says nothing of the new ledger"
        (card,) = asked(house, "/ended")
        assert (card["origin"], card["size"], card["held"]) == (first["origin"], size, held)
        assert (card["reason"], card["went_on_as"], card["text"]) == (REASON, name, shown)
        page = fetched(f"http://127.0.0.1:{house.port}/open/ledger/")
        assert REASON in page and first["vkey"] in page and name in page
    audit = run(data, "verify", "log")
    assert audit.returncode == 0, audit.stdout + audit.stderr
