"""Starts web and worker, watches them, starts again what died, and takes everything down with itself."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from pianqu.composition.orphan import PARENT
from pianqu.composition.stopping import Stop
from pianqu.foundation.errors import Unavailable

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 30.0
GRACE = 3.5
"""Seconds between TERM and KILL."""
LOOK = 1.0
"""Seconds between two looks; a child's death is noticed at once."""


@dataclass
class Child:
    """One program of the house."""

    name: str
    module: str
    words: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0
    restarts: int = 0

    def look(self) -> bool:
        """Start when its time has come, note a death; true if something changed."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            self._bury(now, self.process.returncode)
            return True
        if self.process is None and now >= self.due:
            self._start(now)
            return True
        return False

    def _start(self, now: float) -> None:
        environ = {**os.environ, PARENT: str(os.getpid())}
        self.process = subprocess.Popen(
            [sys.executable, "-m", self.module, *self.words],
            env=environ,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.started = now

    def _bury(self, now: float, code: int) -> None:
        """Whoever dies young waits twice as long as the last time."""
        long_lived = now - self.started > HEALTHY_AFTER
        self.pause = FIRST_PAUSE if long_lived else min(self.pause * 2, LONGEST_PAUSE)
        self.process, self.due, self.restarts = None, now + self.pause, self.restarts + 1
        sys.stderr.write(f"{self.name} ended ({code}); it starts again in {self.pause:.0f} s.\n")

    @property
    def lives(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def tell(self, number: int) -> None:
        """Signal it and everything that it started."""
        if self.process is not None and self.lives:
            os.killpg(self.process.pid, number)


@dataclass
class House:
    """The running programs over one data folder."""

    data: Path
    url: str
    children: list[Child] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.children = [Child("web", "pianqu.composition.web"), Child("worker", "pianqu.composition.worker")]
        self.children += [Child(one.name, "pianqu.composition.cli", one.words) for one in programs_of(self.data)]

    def run(self, stop: Stop) -> None:
        """Watch until asked to stop."""
        try:
            while not stop.asked:
                if any([child.look() for child in self.children]):
                    self._write_status()
                stop.wait(LOOK)
        finally:
            self._take_down()

    def _take_down(self) -> None:
        for child in self.children:
            child.tell(signal.SIGTERM)
        until = time.monotonic() + GRACE
        while time.monotonic() < until and any(child.lives for child in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.tell(signal.SIGKILL)
        status_file(self.data).unlink(missing_ok=True)

    def _write_status(self) -> None:
        """For `pianqu status`; a disk that is full must not end the house."""
        state = {"pid": os.getpid(), "url": self.url, "children": {c.name: _state(c) for c in self.children}}
        path = status_file(self.data)
        fresh = path.with_suffix(".new")
        try:
            fresh.write_text(json.dumps(state))
            fresh.replace(path)
        except OSError as error:
            sys.stderr.write(f"The status could not be written ({error.strerror}).\n")


def _state(child: Child) -> dict[str, object]:
    pid = child.process.pid if child.process else None
    started_at = time.time() - (time.monotonic() - child.started)
    return {"pid": pid, "restarts": child.restarts, "started_at": started_at if pid else None}


def status_file(data: Path) -> Path:
    """Where a running house says who it is."""
    return data / "running.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Another program that this house starts beside its own: in the demo, those of other organisations."""

    name: str
    words: tuple[str, ...]
    """As after `./pianqu`."""
    port: int


def keep_programs(data: Path, programs: Sequence[Program]) -> None:
    """For the next start."""
    path = _programs_file(data)
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps([asdict(one) for one in programs]))
    fresh.replace(path)


def programs_of(data: Path) -> list[Program]:
    """The programs that a start over this data folder takes with it."""
    path = _programs_file(data)
    rows = json.loads(path.read_text()) if path.exists() else []
    return [Program(name=row["name"], words=tuple(row["words"]), port=row["port"]) for row in rows]


def _programs_file(data: Path) -> Path:
    return data / "outside" / "programs.json"


@contextmanager
def alone(data: Path, url: str) -> Iterator[None]:
    """Hold the data folder: a second start is refused with the address of the first."""
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileNotFoundError as error:  # a place such as /proc, where nobody can make a folder
        raise Unavailable(
            "data-folder", f"{data} cannot be made. Choose another folder with --data DIR or PIANQU_DATA."
        ) from error
    lock: IO[str]
    with (data / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            there = lock.read().strip() or "another process"
            raise Unavailable(
                "already-up",
                f"pianqu is already running on {data}: {there}. Open that address, or choose another --data DIR.",
            ) from error
        lock.truncate(0)
        lock.write(f"{url} (process {os.getpid()})")
        lock.flush()
        yield


def check_port(bind: str, port: int, *, command: str = "./pianqu up") -> None:
    """Raise Unavailable when a server could not listen there."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
            probe.listen(1)
        except (OSError, OverflowError) as error:
            raise Unavailable(
                "port-in-use",
                f"Port {port} on {bind} cannot be used ({getattr(error, 'strerror', None) or error}). "
                f"End the program that uses it, or choose another: {command} --port {port % 65535 + 1}",
            ) from error
