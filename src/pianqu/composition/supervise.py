"""Starts web and worker, watches them, starts again what died, and takes everything down with itself."""

import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import IO

from pianqu.composition.orphan import PARENT
from pianqu.foundation.errors import Unavailable

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
HEALTHY_AFTER = 30.0
GRACE = 4.0


@dataclass
class Child:
    """One program of the house."""

    name: str
    module: str
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0
    restarts: int = 0

    def start(self) -> None:
        environ = {**os.environ, PARENT: str(os.getpid())}
        self.process = subprocess.Popen([sys.executable, "-m", self.module], env=environ, start_new_session=True)
        self.started = time.monotonic()

    def look(self) -> bool:
        """Start again when dead and its pause is over; true if something changed."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            sys.stderr.write(f"{self.name} ended ({self.process.returncode}); starting it again.\n")
            self.pause = FIRST_PAUSE if now - self.started > HEALTHY_AFTER else min(self.pause * 2, LONGEST_PAUSE)
            self.process, self.due, self.restarts = None, now + self.pause, self.restarts + 1
            return True
        if self.process is None and now >= self.due:
            self.start()
            return True
        return False

    def tell(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            os.killpg(self.process.pid, number)


@dataclass
class House:
    """The running programs over one data folder."""

    data: Path
    url: str
    children: list[Child] = field(
        default_factory=lambda: [Child("web", "pianqu.composition.web"), Child("worker", "pianqu.composition.worker")]
    )
    stopping: bool = False

    def run(self) -> None:
        """Watch until a signal asks to stop."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            while not self.stopping:
                if any([child.look() for child in self.children]):
                    self._write_status()
                time.sleep(0.2)
        finally:
            self._take_down()

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True

    def _take_down(self) -> None:
        for child in self.children:
            child.tell(signal.SIGTERM)
        until = time.monotonic() + GRACE
        while time.monotonic() < until and any(c.process and c.process.poll() is None for c in self.children):
            time.sleep(0.05)
        for child in self.children:
            child.tell(signal.SIGKILL)
        status_file(self.data).unlink(missing_ok=True)

    def _write_status(self) -> None:
        state = {
            "pid": os.getpid(),
            "url": self.url,
            "children": {
                c.name: {"pid": c.process.pid if c.process else None, "restarts": c.restarts} for c in self.children
            },
        }
        path = status_file(self.data)
        fresh = path.with_suffix(".new")
        fresh.write_text(json.dumps(state))
        fresh.replace(path)


def status_file(data: Path) -> Path:
    """Where a running house says who it is."""
    return data / "running.json"


@contextmanager
def alone(data: Path, url: str) -> Iterator[None]:
    """Hold the data folder: a second start is refused with the address of the first."""
    data.mkdir(parents=True, exist_ok=True)
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


def check_port(bind: str, port: int) -> None:
    """Raise Unavailable when somebody else listens there."""
    family = socket.AF_INET6 if ":" in bind else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((bind, port))
        except OSError as error:
            raise Unavailable(
                "port-in-use",
                f"Port {port} cannot be used ({error.strerror}). Choose another: ./pianqu up --port {port + 1}",
            ) from error


def wait_for(bind: str, port: int, seconds: float) -> bool:
    """Whether the web server took a connection within the time."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex((bind, port)) == 0:
                return True
        time.sleep(0.1)
    return False
