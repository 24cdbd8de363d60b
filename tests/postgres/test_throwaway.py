"""The server that tests start for themselves: nothing of it is left, however the tests end."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from pianqu.composition.throwaway import find_programs, postgresql
from tests.platform.houses import environment, wait_until

pytestmark = pytest.mark.skipif(find_programs() is None, reason="no initdb found; Debian: apt install postgresql")
HOLD = """
import time
from pianqu.composition.throwaway import postgresql
with postgresql() as url:
    print(url, flush=True)
    time.sleep(60)
"""


def folder_of(url: str) -> Path:
    return Path(unquote(urlsplit(url).hostname or ""))


def server_of(folder: Path) -> int:
    return int((folder / "data" / "postmaster.pid").read_text().split()[0])


def lives(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_nothing_is_left_when_it_ends() -> None:
    with postgresql() as url:
        folder = folder_of(url)
        server = server_of(folder)
        assert lives(server)
        assert (folder / "data").stat().st_uid != 0
    assert not folder.exists()
    assert not lives(server)


def test_the_server_ends_with_a_killed_test_run(tmp_path: Path) -> None:
    run = subprocess.Popen(
        [sys.executable, "-c", HOLD],
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert run.stdout
    folder = folder_of(run.stdout.readline().strip())
    server = server_of(folder)
    os.kill(run.pid, signal.SIGKILL)
    run.communicate()
    assert wait_until(lambda: not lives(server), 5)
    subprocess.run(["rm", "-rf", str(folder)], check=True)
