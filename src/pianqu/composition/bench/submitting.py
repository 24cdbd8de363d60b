"""What who submits waits for: single facts over HTTP with everything running, and how long until enough witnesses have signed."""

import threading
import time
from dataclasses import dataclass, field
from uuid import UUID

from django.db import connection
from django.utils import timezone

from pianqu.composition.bench.api import NO_LIMIT, NOBODY, ROOT, report_of
from pianqu.composition.bench.casework import form, sign_in
from pianqu.composition.bench.entries import CENTRE, Life, take_down
from pianqu.composition.bench.report import Row, p50, percentile
from pianqu.composition.bench.serving import Act, crowd, server, worker
from pianqu.foundation.actor import Actor
from pianqu.foundation.db import fetch, uuid_value
from pianqu.rooms.ledger import queries

CLIENTS = 16
FACTS, RATE = 64, 3_000
WATCH = 0.01
"""Between two looks for a new quorum."""
LAST_ONES = 15.0


def submits(*, quick: bool) -> list[Row]:
    """Crowds over HTTP: server, worker and three witnesses share the machine with the clients.

    The lightest act of the house that leaves an entry is a report through the API (others look a token or a session up).
    """
    session = sign_in(CENTRE)
    acts = [
        Act("a report through the API", lambda n: NOBODY.post(f"{ROOT}/reports", report_of(n))),
        Act("a report as a resident, POST /report/", lambda n: session.post("/report/", form(session, n))),
    ]
    found: list[Row] = []
    with worker(), server(**NO_LIMIT) as (port, pid):
        for act in acts:
            crowd(port, pid, act, clients=8, requests=80)
            run = crowd(port, pid, act, clients=CLIENTS, requests=800 if quick else 6_000)
            first = act is acts[0]
            found += [
                Row(
                    name=f"{act.name}, {CLIENTS} clients: rate",
                    value=run.per_second,
                    unit="/s",
                    at_least=300 if first else None,
                ),
                Row(name=f"{act.name}, {CLIENTS} clients: p50", value=p50(run.waits_ms), unit="ms"),
                Row(
                    name=f"{act.name}, {CLIENTS} clients: p99",
                    value=percentile(run.waits_ms, 0.99),
                    unit="ms",
                    at_most=1_000 if first else None,
                ),
                Row(name=f"{act.name}: server's CPU", value=run.cpu_ms, unit="ms"),
                Row(name=f"{act.name}: failures", value=run.failed, at_most=0),
            ]
    return found


@dataclass
class Watched:
    """When the quorum was first seen to have reached which size."""

    seen: list[tuple[float, int]] = field(default_factory=list)
    stop: threading.Event = field(default_factory=threading.Event)

    def watch(self) -> None:
        size = 0
        while not self.stop.wait(WATCH):
            card = queries.witnessed()
            if card is not None and card.size > size:
                size = card.size
                self.seen.append((time.perf_counter(), size))
        connection.close()


def latency(actor: Actor, *, seconds: float) -> list[Row]:
    """Verbs of 64 facts at an even 3 000 entries a second; from before each verb until a receipt of it shows the quorum."""
    with worker():
        begun: list[tuple[float, UUID]] = []
        watched = Watched()
        thread = threading.Thread(target=watched.watch)
        thread.start()
        life, entries = Life(), 0
        _wait_for_worker(actor, life, watched)
        start = time.perf_counter()
        late = 0.0
        while (now := time.perf_counter()) < start + seconds:
            due = start + entries / RATE
            if now < due:
                time.sleep(due - now)
            late = max(late, now - due)
            facts = life.facts(FACTS)
            at = time.perf_counter()
            begun.append((at, take_down(actor=actor, facts=facts, now=timezone.now())[-1]))
            entries += FACTS
        rate = entries / (time.perf_counter() - start)
        until = time.monotonic() + LAST_ONES
        while time.monotonic() < until and not _reached(watched, begun[-1][1]):
            time.sleep(0.1)
        watched.stop.set()
        thread.join()
    waits = _waits(begun, watched.seen)
    lost = len(begun) - len(waits)
    return [
        Row(name=f"entries recorded by verbs of {FACTS}: rate", value=rate, unit="/s", at_least=RATE * 0.97),
        Row(name="submit to quorum: p50", value=p50(waits), unit="s", at_most=0.5),
        Row(name="submit to quorum: p99", value=percentile(waits, 0.99), unit="s", at_most=1.5),
        Row(name="submit to quorum: longest", value=max(waits), unit="s"),
        Row(name="checkpoints with a quorum", value=len(watched.seen)),
        Row(name="verbs without a quorum at the end", value=lost, at_most=0),
        Row(name="the latest that a verb began after its time", value=late, unit="s"),
    ]


def _wait_for_worker(actor: Actor, life: Life, watched: Watched) -> None:
    """Until it has sealed something and the witnesses have signed that."""
    first = take_down(actor=actor, facts=life.facts(FACTS), now=timezone.now())[-1]
    until = time.monotonic() + 60
    while not _reached(watched, first):
        if time.monotonic() > until:
            raise RuntimeError("the worker seals nothing, or the witnesses do not sign")
        time.sleep(0.1)


def _position(entry_id: UUID) -> int | None:
    rows = fetch(("SELECT position FROM ledger_position WHERE entry_id = %s", [uuid_value(entry_id)]))
    return int(rows[0][0]) if rows else None


def _reached(watched: Watched, last: UUID) -> bool:
    position = _position(last)
    return position is not None and bool(watched.seen) and watched.seen[-1][1] > position


def _waits(begun: list[tuple[float, UUID]], seen: list[tuple[float, int]]) -> list[float]:
    """For each verb, how long until a quorum stood behind its last fact."""
    found = []
    for at, entry_id in begun:
        position = _position(entry_id)
        reached = next((when for when, size in seen if position is not None and size > position), None)
        if reached is not None:
            found.append(reached - at)
    return found
