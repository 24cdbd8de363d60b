"""Three witnesses as other organisations run them: real programs with folders, keys and ports of their own, asked over HTTP."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from pathlib import Path

from pianqu.composition.bench.serving import cpu_seconds
from pianqu.composition.orphan import PARENT
from pianqu.composition.witness import home
from pianqu.foundation.actor import Actor
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services

NAMES = ("justice", "street", "residents")
PATIENCE = 30.0


class Witnesses:
    """Their processes."""

    def __init__(self, pids: list[int]) -> None:
        self._pids = pids

    def cpu_seconds(self) -> float:
        """What all of them have used."""
        return sum(map(cpu_seconds, self._pids))


@contextmanager
def witnesses(folder: Path, *, actor: Actor, now: datetime) -> Iterator[Witnesses]:
    """Three of them, put into the ledger's policy; nothing counts as witnessed before all three have signed."""
    vkey, lines = ledger.log().vkey, []
    with ExitStack() as stack:
        pids = []
        for name in NAMES:
            found = home.prepare(folder / name, name=f"{name}.example", logs=[vkey])
            port = _free_port()
            pids.append(stack.enter_context(_program(folder / name, port)))
            lines.append(f"witness {name} {found.cosigner.witness.vkey} http://127.0.0.1:{port}")
        services.adopt_policy(
            actor=actor, text="\n".join([*lines, f"group all all {' '.join(NAMES)}", "quorum all", ""]), now=now
        )
        yield Witnesses(pids)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _program(folder: Path, port: int) -> Iterator[int]:
    words = ["witness", "--quiet", "--folder", str(folder), "--port", str(port)]
    environ = {**os.environ, PARENT: str(os.getpid())}
    process = subprocess.Popen([sys.executable, "-m", "pianqu.composition.cli", *words], env=environ)
    try:
        _wait(process, port)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError("a witness did not start")
