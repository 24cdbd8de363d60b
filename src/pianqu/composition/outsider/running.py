"""An outsider's program as a process on loopback, for whoever tries it out: demo, benches and tests."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Self

from pianqu.composition.orphan import PARENT

PATIENCE = 60.0
HOST = "127.0.0.1"


def words(what: str, folder: Path, port: int) -> tuple[str, ...]:
    """What follows `./pianqu` to serve what lies in a folder. `what` is the outsider's command."""
    return what, "--quiet", "--folder", str(folder), "--port", str(port)


def free_port(wanted: int = 0) -> int:
    """The wanted port where nobody listens there, or another one."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no port is free")


class Running:
    """One process. In a `with` it answers from the beginning on and is killed at the end; with this process it ends anyway."""

    def __init__(self, what: str, folder: Path, *more: str, port: int = 0) -> None:
        self.port = port or free_port()
        self.url = f"http://{HOST}:{self.port}"
        self._what, self._timer = what, threading.Timer(0, lambda: None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pianqu.composition.cli", *words(what, folder, self.port), *more],
            env={**os.environ, PARENT: str(os.getpid())},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        try:
            self.wait()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self.kill()

    def wait(self) -> None:
        """Until it answers. Raises TimeoutError when it ended before, or does not begin."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(OSError, HTTPException):
                urllib.request.urlopen(self.url, timeout=5).close()
                return
            time.sleep(0.02)
        raise TimeoutError(f"the {self._what} at {self.url} does not answer")

    def kill_after(self, seconds: float) -> None:
        """Kill -9, while whoever asks it goes on."""
        self._timer = threading.Timer(seconds, self.process.kill)
        self._timer.start()

    def kill(self) -> None:
        """Kill -9, now."""
        self._timer.cancel()
        self.process.kill()
        self.process.wait()
