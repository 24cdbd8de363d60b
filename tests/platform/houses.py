"""Real `pianqu` processes for tests: started on a free port in a folder of their own, gone when the test ends."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.outsider.running import free_port

PROJECT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0


def environment(data: Path, **more: str) -> dict[str, str]:
    """This process's variables without any setting but these."""
    left_out = ("PIANQU_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    own = {"PIANQU_DATA": str(data), "PYTHONPATH": str(PROJECT / "src"), "PIANQU_DEMO_MATTERS": "0"}
    own["PIANQU_API_RATE"] = "0"  # who waits for something here asks more often than a program may
    return kept | own | more


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "pianqu.composition.cli", *words]


def run(data: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        command(*words),
        env=environment(data, **more),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=data.parent,
    )


def refused(words: list[str], said: str) -> None:
    """A command ends with a sentence instead of beginning."""
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode and said in done.stderr and "Traceback" not in done.stderr, done.stderr


def wait_until(holds: Callable[[], object], seconds: float = PATIENCE) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.05)
    return bool(holds())


@dataclass
class Up:
    """A running `pianqu up`."""

    process: subprocess.Popen[bytes]
    data: Path
    port: int

    def said(self) -> str:
        return (self.data.parent / "said").read_text(errors="replace")

    def children(self) -> dict[str, int]:
        """Process numbers of web and worker, as the status file tells them."""
        path = self.data / "running.json"
        state = json.loads(path.read_text()) if path.exists() else {"children": {}}
        return {name: child["pid"] for name, child in state["children"].items() if child["pid"]}

    def everyone(self) -> list[int]:
        """All processes of the house, grandchildren included."""
        return sorted({self.process.pid, *(pid for child in self.children().values() for pid in family(child))})

    def get(self, path: str) -> int:
        """The status of a page, 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                return int(error.code)
        except OSError:
            return 0


def family(pid: int) -> set[int]:
    """A process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        if found := _stat(int(entry.name)):
            parents[int(entry.name)] = int(found[1])
    found = {pid}
    while grown := {child for child, parent in parents.items() if parent in found} - found:
        found |= grown
    return found


def _stat(pid: int) -> list[str]:
    """State, parent and what follows of /proc/PID/stat; nothing for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def alive(pids: list[int]) -> list[int]:
    """Those that still run; a zombie waits only for its parent and holds nothing."""
    return [pid for pid in pids if _stat(pid)[:1] not in ([], ["Z"], ["X"])]


@contextmanager
def up(data: Path, *words: str, **more: str) -> Iterator[Up]:
    """`pianqu up` that answers; killed at the end whatever happened."""
    port = free_port()
    with (data.parent / "said").open("wb") as said:
        process = subprocess.Popen(
            command("up", "--port", str(port), *words),
            env=environment(data, **more),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    house = Up(process, data, port)
    everyone: list[int] = []
    try:
        assert wait_until(lambda: "is up" in house.said() or process.poll() is not None), house.said()
        assert process.poll() is None, house.said()
        everyone = house.everyone()
        yield house
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for pid in alive(everyone):
            os.kill(pid, signal.SIGKILL)
