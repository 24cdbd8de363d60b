"""The ledger's pipeline, as it runs in the house: facts recorded by a verb, sealed, published, cosigned by three witnesses.

One process records, seals, publishes and asks, as web and worker do one after the other; the witnesses are programs of their own
that keep what they sign before they answer. Everything is durable as in the house: SQLite with synchronous=FULL or PostgreSQL
with fsync, the checkpoint's file and folder fsynced, each witness's SQLite with synchronous=FULL.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.utils import timezone

from pianqu.composition.bench.entries import Life, take_down
from pianqu.composition.bench.outside import NAMES, Witnesses
from pianqu.composition.bench.report import Row, p50
from pianqu.foundation.actor import Actor
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.jobs import Gatherer

ROUNDS = {100: 100, 1_000: 40, 10_000: 15}
QUICK = {100: 20, 1_000: 5, 10_000: 2}
TARGETS = {1_000: 12_000.0, 10_000: 30_000.0}
PEERS = "published: Tessera 10 567/s (7 cores), Sunlight 3 750/s, Fabric 2 946/s (120 threads)"
RECORD, SEAL, GATHER = "record", "seal and publish", "gather"
GROWS_BY = 10_000


@dataclass
class Spent:
    """Seconds of each round, and of each step over all rounds."""

    rounds: list[float] = field(default_factory=list)
    steps: dict[str, float] = field(default_factory=dict)
    own_cpu: float = 0.0
    outside_cpu: float = 0.0


class Pipeline:
    """The log, who records in it, and its witnesses."""

    def __init__(self, actor: Actor, outside: Witnesses) -> None:
        self._actor, self._outside = actor, outside
        self._life, self._gatherer = Life(), Gatherer(timezone.now)

    def settle(self) -> None:
        """Seal what waits and have it signed."""
        while self._seal(GROWS_BY):
            pass
        self._gather()

    def rounds(self, size: int, count: int, *, recorded_before: bool = False) -> Spent:
        """So many batches of so many facts, one after the other, each until the third witness's line is written down."""
        spent = Spent()
        if recorded_before:
            for _ in range(count):
                self._record(size)
        for _ in range(count):
            facts = [] if recorded_before else self._life.facts(size)
            own, outside, began = time.process_time(), self._outside.cpu_seconds(), time.perf_counter()
            if facts:
                with _step(spent, RECORD):
                    take_down(actor=self._actor, facts=facts, now=timezone.now())
            with _step(spent, SEAL):
                self._seal(size)
            with _step(spent, GATHER):
                self._gather()
            spent.rounds.append(time.perf_counter() - began)
            spent.own_cpu += time.process_time() - own
            spent.outside_cpu += self._outside.cpu_seconds() - outside
        return spent

    def grow_to(self, entries: int) -> list[float]:
        """Batches of the largest kind until the log has so many entries; answers the seconds of each."""
        rounds: list[float] = []
        while queries.sealed_size() < entries:
            rounds += self.rounds(GROWS_BY, 1).rounds
        return rounds

    def _record(self, size: int) -> None:
        take_down(actor=self._actor, facts=self._life.facts(size), now=timezone.now())

    def _seal(self, size: int) -> int:
        return services.seal(now=timezone.now(), batch=size)

    def _gather(self) -> None:
        size = queries.sealed_size()
        until = time.monotonic() + 30
        while len(queries.cosigned_by(size)) < len(NAMES):
            if time.monotonic() > until:
                raise RuntimeError(f"not every witness has signed for {size} entries")
            self._gatherer.gather()


@contextmanager
def _step(spent: Spent, name: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    spent.steps[name] = spent.steps.get(name, 0.0) + time.perf_counter() - began


def measure(line: Pipeline, *, quick: bool) -> list[Row]:
    """Entries a second by size of the batch, the share of each step, and the same without the recording."""
    found: list[Row] = []
    for size, count in (QUICK if quick else ROUNDS).items():
        found += _rows(f"batches of {size}", size, line.rounds(size, count), TARGETS.get(size))
    for size, count in (QUICK if quick else ROUNDS).items():
        if size in TARGETS:
            name = f"batches of {size}, recorded before"
            found += _rows(name, size, line.rounds(size, count, recorded_before=True), None)
    return found


def growth(line: Pipeline, entries: int) -> list[Row]:
    """The same while the log grows."""
    rounds = line.grow_to(entries)
    if len(rounds) < 20:
        return []
    first, last = p50(rounds[:10]), p50(rounds[-10:])
    return [
        Row(
            name=f"batches of {GROWS_BY} up to {entries} entries: rate",
            value=GROWS_BY * len(rounds) / sum(rounds),
            unit="/s",
        ),
        Row(name="the last ten batches, compared with the first ten: time", value=last / first, unit="times"),
    ]


def _rows(name: str, size: int, spent: Spent, target: float | None) -> list[Row]:
    count, seconds = len(spent.rounds), sum(spent.rounds)
    found = [
        Row(
            name=f"{name}: rate",
            value=size * count / seconds,
            unit="/s",
            at_least=target,
            baseline=PEERS if target else "",
        ),
        Row(name=f"{name}: a batch, p50", value=p50(spent.rounds) * 1000, unit="ms"),
        Row(name=f"{name}: a batch, longest", value=max(spent.rounds) * 1000, unit="ms"),
        Row(name=f"{name}: own CPU of an entry", value=spent.own_cpu / size / count * 1e6, unit="µs"),
        Row(name=f"{name}: witnesses' CPU of a batch", value=spent.outside_cpu / count * 1000, unit="ms"),
    ]
    return found + [
        Row(name=f"{name}: {step}, share", value=used / seconds * 100, unit="%") for step, used in spent.steps.items()
    ]
