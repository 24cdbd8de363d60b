"""How many verbs a second many clients record under one organisation, whose chain row they all must lock."""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from django.db import connection

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.services import PlaceChoice

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ACTOR = Actor(kind="resident", organisation_code="330205-centre")
PROCESSES = 4


def verbs_per_second(*, clients: int, verbs: int) -> tuple[float, int]:
    """`clients` connections share `verbs` openings of cases; answers verbs a second and how many failed.

    Clients are threads in four forked processes, as in four web workers.
    """
    connection.close()
    each = verbs // clients
    pipes = [_fork(clients // PROCESSES, each) for _ in range(PROCESSES)]
    for _, start, _ in pipes:
        os.read(start, 1)
    began = time.perf_counter()
    for go, _, _ in pipes:
        os.write(go, b"g")
    failed = sum(int.from_bytes(os.read(start, 4), "big") for _, start, _ in pipes)
    seconds = time.perf_counter() - began
    for go, start, pid in pipes:
        os.waitpid(pid, 0)
        os.close(go)
        os.close(start)
    return (each * (clients // PROCESSES) * PROCESSES - failed) / seconds, failed


def _fork(threads: int, each: int) -> tuple[int, int, int]:
    go_read, go_write = os.pipe()
    tell_read, tell_write = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            failed = _crowd(threads, each, lambda: os.read(go_read, 1), lambda: os.write(tell_write, b"r"))
            os.write(tell_write, failed.to_bytes(4, "big"))
            code = 0
        finally:
            os._exit(code)
    os.close(go_read)
    os.close(tell_write)
    return go_write, tell_read, pid


def _crowd(threads: int, each: int, wait: Callable[[], object], ready: Callable[[], object]) -> int:
    gate, warm = threading.Event(), threading.Barrier(threads + 1)
    failed: list[Exception] = []

    def client() -> None:
        connection.ensure_connection()
        warm.wait()
        gate.wait()
        for _ in range(each):
            try:
                cases.open_case(actor=ACTOR, words="路灯坏了", category="roads", place=PlaceChoice(), now=NOW)
            except Exception as error:  # noqa: BLE001 - every failure is counted
                failed.append(error)
        connection.close()

    crowd = [threading.Thread(target=client) for _ in range(threads)]
    for thread in crowd:
        thread.start()
    warm.wait()
    ready()
    wait()
    gate.set()
    for thread in crowd:
        thread.join()
    return len(failed)
