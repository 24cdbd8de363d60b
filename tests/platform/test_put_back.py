"""An old backup is restored under a real house: it signs nothing, is completed from a real mirror, and goes on as one history."""

import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

import pytest

from pianqu.composition.mirror import home
from pianqu.composition.outsider.running import Running
from pianqu.kernels.note import CheckpointBody, text_of
from tests.platform.houses import Up, environment, run, up, wait_until

pytestmark = pytest.mark.slow


def text_at(url: str) -> str:
    with suppress(OSError), urllib.request.urlopen(url, timeout=10) as answer:
        return str(answer.read().decode())
    return ""


def size_at(url: str) -> int:
    text = text_at(url)
    return CheckpointBody.decode(text_of(text)).size if text else -1


@contextmanager
def mirror(folder: Path, house: Up) -> Iterator[str]:
    """A mirror of this house; the address of its copy."""
    vkey = text_at(f"http://127.0.0.1:{house.port}/open/ledger/log.vkey").strip()
    home.prepare(folder, name="m.example", logs=[(vkey, f"http://127.0.0.1:{house.port}/open/ledger")])
    with Running(home.WHAT, folder, "--every", "0.2") as running:
        yield running.url


DISTRICT = """
import django; django.setup()
from django.utils import timezone
from pianqu.composition.district import load_district
from pianqu.composition.wiring import seal_and_drain
load_district(code="330205", now=timezone.now())
seal_and_drain()
"""


def with_a_district(data: Path) -> None:
    settings = {"DJANGO_SETTINGS_MODULE": "pianqu.composition.settings"}
    subprocess.run([sys.executable, "-c", DISTRICT], env=environment(data, **settings), check=True, timeout=120)


def recorded(data: Path, *logins: str) -> None:
    for login in logins:
        assert run(data, "admin", "add", login).returncode == 0


def test_an_old_backup_is_completed_from_a_mirror(tmp_path: Path) -> None:
    data, old = tmp_path / "data", tmp_path / "old.sqlite3"
    with up(data, "--empty"):
        pass
    with_a_district(data)
    recorded(data, "one")
    shutil.copy(data / "pianqu.sqlite3", old)
    recorded(data, "two", "three")
    with up(data, "--empty") as house:
        origin = text_of(text_at(f"http://127.0.0.1:{house.port}/open/ledger/checkpoint")).splitlines()[0]
        size = size_at(f"http://127.0.0.1:{house.port}/open/ledger/checkpoint")
        with mirror(tmp_path / "m", house) as at:
            copy = f"{at}/{sha256(origin.encode()).hexdigest()}/checkpoint"
            assert wait_until(lambda: size_at(copy) == size, 30), (size_at(copy), size)
            house.process.terminate()
            house.process.wait()
            for leftover in data.glob("pianqu.sqlite3*"):
                leftover.unlink()
            shutil.copy(old, data / "pianqu.sqlite3")
            behind = run(data, "status")
            assert "older than what people have seen" in behind.stdout
            wrong = run(data, "catch-up", "--from", "http://127.0.0.1:9")
            assert (wrong.returncode, "Traceback" in wrong.stderr) == (1, False)
            done = run(data, "catch-up", "--from", at)
            assert done.returncode == 0, done.stderr
            assert f"Caught up to {size} entries" in done.stdout
            again = run(data, "catch-up", "--from", at)
            assert again.returncode == 1 and "没有缺少" in again.stderr
    recorded(data, "four")
    checked = run(data, "verify", "log")
    assert checked.returncode == 0, checked.stdout
    with up(data, "--empty") as house:
        own = f"http://127.0.0.1:{house.port}/open/ledger/checkpoint"
        with mirror(tmp_path / "m", house) as at:
            copy = f"{at}/{sha256(origin.encode()).hexdigest()}/checkpoint"
            assert wait_until(lambda: size_at(copy) == size_at(own) > size, 30), "the mirror goes on: it is one history"
            assert text_at(f"{at}/evidence").strip() == "[]"
