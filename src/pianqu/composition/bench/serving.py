"""The real web server and worker, started on this machine, and crowds of clients that ask over HTTP.

Processor time and memory are those of a whole process tree, so that nothing a program does is left out.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from pianqu.composition.bench.report import Row, p50, percentile
from pianqu.composition.orphan import PARENT
from pianqu.composition.outsider.running import free_port

CROWDS = (1, 8, 32)
WARM = 80
"""So many requests come first: every thread of every process has been asked."""
HEADERS = {"Host": "localhost", "Connection": "keep-alive", "Accept-Language": "zh-CN"}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: str = ""


Checked = Callable[[int, bytes], bool]


def succeeded(status: int, _body: bytes) -> bool:
    """Whether the server did what it was asked for."""
    return status in {200, 201, 302}


@dataclass(frozen=True, slots=True)
class Act:
    """What a crowd asks for: the n-th request, how it is known to be right, and what it may cost."""

    name: str
    asked: Callable[[int], Asked]
    cpu_ms: float | None = None
    right: Checked = succeeded
    baseline: str = ""
    share: float = 1
    """Of the usual number of requests, for what takes long."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a crowd of clients saw."""

    waits_ms: list[float]
    cpu_ms: float
    per_second: float
    failed: int


# programs ------------------------------------------------------------------------------------------------------------


@contextmanager
def server(**settings: str) -> Iterator[tuple[int, int]]:
    """The real web server on a free port of this machine; answers the port and its process."""
    port = free_port()
    with _program("web", PIANQU_PORT=str(port), PIANQU_BIND="127.0.0.1", **settings) as pid:
        _wait(port)
        yield port, pid


@contextmanager
def worker() -> Iterator[int]:
    """The real worker; answers its process."""
    with _program("worker") as pid:
        yield pid


@contextmanager
def _program(name: str, **settings: str) -> Iterator[int]:
    connection.close()
    words = [sys.executable, "-m", f"pianqu.composition.{name}"]
    process = subprocess.Popen(words, env={**os.environ, PARENT: str(os.getpid()), **settings}, start_new_session=True)
    try:
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise


def _wait(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the web server did not start")


# clients -------------------------------------------------------------------------------------------------------------


def link_to(port: int) -> http.client.HTTPConnection:
    """One client's connection, which it keeps."""
    return http.client.HTTPConnection("127.0.0.1", port, timeout=60)


def ask(link: http.client.HTTPConnection, asked: Asked) -> tuple[int, bytes]:
    """Status and body of the answer."""
    link.request(asked.method, asked.path, body=asked.body.encode() or None, headers={**HEADERS, **asked.headers})
    answer = link.getresponse()
    return answer.status, answer.read()


def crowd(port: int, pid: int, act: Act, *, clients: int, requests: int) -> Run:
    """So many clients share the requests; none waits for another."""
    each = requests // clients
    waits: list[float] = []
    failed: list[int] = []

    def client(who: int) -> None:
        link = link_to(port)
        for turn in range(each):
            asked = act.asked(who * each + turn)
            began = time.perf_counter()
            answer = ask(link, asked)
            waits.append((time.perf_counter() - began) * 1000)
            if not act.right(*answer):
                failed.append(answer[0])
        link.close()

    threads = [threading.Thread(target=client, args=(who,)) for who in range(clients)]
    cpu, began = cpu_seconds(pid), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    seconds, used = time.perf_counter() - began, cpu_seconds(pid) - cpu
    lost = each * clients - len(waits)  # a client whose connection broke left the rest of its requests unasked
    return Run(waits, used / (each * clients) * 1000, each * clients / seconds, len(failed) + lost)


def figures(port: int, pid: int, act: Act, *, requests: int) -> list[Row]:
    """Processor time of a request, and what crowds of each size see."""
    wanted = int(requests * act.share)
    crowd(port, pid, act, clients=8, requests=max(8, min(WARM, wanted)))
    found = []
    for clients in CROWDS:
        run = crowd(port, pid, act, clients=clients, requests=max(clients, wanted))
        label = f"{act.name}, {clients} client{'s' if clients > 1 else ''}"
        if clients == 1:
            name = f"{act.name}: CPU"
            found.append(Row(name=name, value=run.cpu_ms, unit="ms", at_most=act.cpu_ms, baseline=act.baseline))
        found += [
            Row(name=f"{label}: p50", value=p50(run.waits_ms), unit="ms"),
            Row(name=f"{label}: p95", value=percentile(run.waits_ms, 0.95), unit="ms"),
            Row(name=f"{label}: rate", value=run.per_second, unit="/s"),
            Row(name=f"{label}: failures", value=run.failed, at_most=0),
        ]
    return found


# what a process tree uses (Linux) ------------------------------------------------------------------------------------


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all below it."""
    ticks = sum(_ticks(each) for each in _tree(pid))
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> float:
    """Proportional resident memory of a process and all below it: what several share is counted once."""
    return sum(_proportional_kib(each) for each in _tree(pid)) / 1024


def _tree(pid: int) -> list[int]:
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _tree(int(child))
    return found


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _proportional_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
