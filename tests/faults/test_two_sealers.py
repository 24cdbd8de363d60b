"""Two workers on one data folder: one history, without a gap, whoever of them seals."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pianqu.composition.throwaway import find_programs, postgresql
from tests.platform.houses import environment, run, wait_until

pytestmark = pytest.mark.slow
NO_SERVER = pytest.mark.skipif(find_programs() is None, reason="no initdb found; Debian: apt install postgresql")
FACTS = 40
RECORD = f"""
from django.utils import timezone
from pianqu.composition.bench.faults import ACTOR
from pianqu.rooms.casework import services
from pianqu.rooms.casework.services import PlaceChoice
for _ in range({FACTS}):
    services.open_case(actor=ACTOR, words="路灯坏了", category="roads", place=PlaceChoice(), now=timezone.now())
"""
COUNT = "from pianqu.rooms.ledger import queries; s = queries.status(); print(s.size, s.waiting, s.trouble)"
"""What the ledger says of itself: entries sealed, entries that wait, trouble."""
READY = "from pianqu.composition.prepare import prepare; prepare(empty=True)"


def both_at_once(data: Path, **more: str) -> None:
    """Two workers seal while two others record."""
    env = environment(data, DJANGO_SETTINGS_MODULE="pianqu.composition.settings", **more)
    subprocess.run([sys.executable, "-c", READY], env=env, check=True, timeout=60, stdout=subprocess.DEVNULL)
    words = [sys.executable, "-m", "pianqu.composition.cli"]
    workers = [subprocess.Popen([*words, "work"], env=env, stderr=subprocess.PIPE, text=True) for _two in range(2)]
    writers = [
        subprocess.Popen([*words, "django", "shell", "--no-imports", "-c", RECORD], env=env, stdout=subprocess.DEVNULL)
        for _two in range(2)
    ]
    try:
        assert [writer.wait(60) for writer in writers] == [0, 0]
        assert wait_until(lambda: int((said := _count(data, **more))[0]) >= 2 * FACTS and said[1] == "0", 30), _count(
            data, **more
        )
        time.sleep(0.5)
        assert all(worker.poll() is None for worker in workers), "both are alive"
    finally:
        for worker in workers:
            worker.terminate()
    said = [worker.communicate(timeout=30)[1] for worker in workers]
    assert not any("Traceback" in one for one in said), said
    told = run(data, "verify", "log", **more)
    assert told.returncode == 0, told.stdout + told.stderr


def _count(data: Path, **more: str) -> list[str]:
    told = run(data, "django", "shell", "--no-imports", "-c", COUNT, **more)
    return told.stdout.split() or ["0", told.stderr]


def test_two_workers_on_sqlite(tmp_path: Path) -> None:
    both_at_once(tmp_path / "data")


@NO_SERVER
@pytest.mark.postgres
def test_two_workers_on_postgresql(tmp_path: Path) -> None:
    with postgresql() as url:
        both_at_once(tmp_path / "data", PIANQU_DATABASE=url)
