"""Memory of the real server and worker over many minutes of mixed requests: whether it grows.

A line is laid through the samples by least squares; what it rises from the first to the last, as a share of the median, is
the growth. The minutes before, in which caches fill, are not looked at.
"""

import http.client
import random
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import linear_regression, median
from urllib.parse import urlencode

from pianqu.composition.bench.api import NO_LIMIT, NOBODY, ROOT, Program, program_of, report_of
from pianqu.composition.bench.casework import Session, form, sign_in
from pianqu.composition.bench.corpus import Corpus
from pianqu.composition.bench.filling import fill_to
from pianqu.composition.bench.place import Filled
from pianqu.composition.bench.report import Row, p50, percentile
from pianqu.composition.bench.serving import Asked, ask, link_to, memory_mib, server, succeeded, worker
from pianqu.rooms.casework import queries as casework

EVERY_S = 10.0
"""Between two samples."""
WARM_S = 180.0
CLIENTS = 4
PAUSE_S = 0.5
"""A client rests so long before each request."""
FLAT_PERCENT = 5.0


@dataclass(frozen=True, slots=True)
class Growth:
    """How samples changed: by the line through them, and first, last and middle of them."""

    percent: float
    mib_per_hour: float
    first: float
    last: float
    middle: float


def growth(moments_s: Sequence[float], samples_mib: Sequence[float]) -> Growth:
    """The line through samples taken at these moments; there are two at least."""
    slope = linear_regression(moments_s, samples_mib).slope
    rise, middle = slope * (moments_s[-1] - moments_s[0]), median(samples_mib)
    return Growth(rise / middle * 100, slope * 3600, samples_mib[0], samples_mib[-1], middle)


@dataclass(slots=True)
class _Clients:
    """Programs and people who ask now and then, each in a thread, until they are told to stop."""

    port: int
    acts: Sequence[Callable[[random.Random], Asked]]
    stop: threading.Event = field(default_factory=threading.Event)
    waits_ms: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)

    def run(self, number: int) -> None:
        dice, link, turn = random.Random(number), link_to(self.port), number
        while not self.stop.wait(PAUSE_S):
            asked = self.acts[turn % len(self.acts)](dice)
            began = time.perf_counter()
            try:
                status, body = ask(link, asked)
            except (OSError, http.client.HTTPException) as error:
                self.failed.append(f"{asked.method} {asked.path}: {error!r}")
                link.close()
                continue
            self.waits_ms.append((time.perf_counter() - began) * 1000)
            if not succeeded(status, body):
                self.failed.append(f"{asked.method} {asked.path}: {status}")
            turn += 1
        link.close()


def measure(*, rows: int, filled: Filled, minutes: float) -> list[Row]:
    """Web processes and worker over so many minutes after the warm-up, over so many matters."""
    fill_to(rows, filled)
    official, program = sign_in(casework.centre_code()), program_of(casework.centre_code())
    acts = _acts(rows, official, program)
    with ExitStack() as stack:
        port, web = stack.enter_context(server(**NO_LIMIT))
        programs = {"web": web, "worker": stack.enter_context(worker())}
        clients = _Clients(port, acts)
        threads = [threading.Thread(target=clients.run, args=(number,)) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            time.sleep(WARM_S)
            moments, samples = _sampled(programs, minutes)
        finally:
            clients.stop.set()
            for thread in threads:
                thread.join()
    found = [
        Row(name="minutes", value=(moments[-1] - moments[0]) / 60),
        Row(name="requests", value=len(clients.waits_ms)),
        Row(name="requests: p50", value=p50(clients.waits_ms), unit="ms"),
        Row(name="requests: p95", value=percentile(clients.waits_ms, 0.95), unit="ms"),
        Row(name="requests: failures", value=len(clients.failed), at_most=0, baseline="; ".join(clients.failed[:3])),
    ]
    return found + [row for name, each in samples.items() for row in _rows(name, growth(moments, each))]


def _sampled(programs: dict[str, int], minutes: float) -> tuple[list[float], dict[str, list[float]]]:
    began = time.monotonic()
    moments: list[float] = []
    samples: dict[str, list[float]] = {name: [] for name in programs}
    while not moments or moments[-1] < minutes * 60:
        time.sleep(EVERY_S)
        moments.append(time.monotonic() - began)
        for name, pid in programs.items():
            samples[name].append(memory_mib(pid))
    return moments, samples


def _rows(name: str, found: Growth) -> list[Row]:
    return [
        Row(name=f"{name}: memory at first", value=found.first, unit="MiB"),
        Row(name=f"{name}: memory at last", value=found.last, unit="MiB"),
        Row(name=f"{name}: median", value=found.middle, unit="MiB"),
        Row(name=f"{name}: growth by the line", value=found.mib_per_hour, unit="MiB/h"),
        Row(name=f"{name}: growth over the run", value=found.percent, unit="%", at_most=FLAT_PERCENT),
    ]


def _acts(rows: int, official: Session, program: Program) -> list[Callable[[random.Random], Asked]]:
    """What is asked in turn: by residents, officials and programs; one in five records something."""
    ids = [row.case_id for row in casework.cases_for(official.actor, size=200).rows]
    corpus = Corpus()

    def sought(dice: random.Random) -> str:
        words = corpus.words(dice.randrange(rows))
        start = dice.randrange(len(words) - 2)
        return urlencode({"q": words[start : start + 2]})

    return [
        lambda _dice: Asked("GET", "/", {"Accept": "text/html"}),
        lambda dice: official.post("/report/", form(official, dice.randrange(10**6))),
        lambda _dice: official.get("/desk/"),
        lambda dice: official.get(f"/desk/?{sought(dice)}"),
        lambda dice: NOBODY.post(f"{ROOT}/reports", report_of(dice.randrange(10**6))),
        lambda dice: official.get(f"/desk/case/{dice.choice(ids)}/"),
        lambda _dice: program.get(f"{ROOT}/cases"),
        lambda dice: program.get(f"{ROOT}/cases?{sought(dice)}"),
        lambda dice: program.get(f"{ROOT}/cases/{dice.choice(ids)}"),
        lambda _dice: NOBODY.get("/open311/v2/requests.json?page_size=50"),
    ]
