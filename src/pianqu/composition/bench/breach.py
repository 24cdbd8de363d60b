"""Whether lateness can be told beforehand: Boston's requests of 2015, learned on January to June and tested on July to September.

Only what was known when asked enters. Read: OPEN_DT, TARGET_DT (announced with the request), TYPE, QUEUE. CLOSED_DT says
whether the date was kept, and of others in the queue whether they were closed by then. Left out, because they are known only
afterwards or say how it ended: OnTime_Status, CASE_STATUS, closure_code, is_duplicate, and CLOSED_DT of the asked one. SUBJECT,
REASON and Department repeat TYPE and QUEUE; the eight overlapping districts and the coordinates are not needed. Requests without
a target have no date that could be missed. What is learned from had come to its date before 1 July, so that its outcome was known
then. The file holds one QUEUE for each request, and not which one had it when: the figure without it stands beside.
"""

import csv
import gzip
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import process_time

from pianqu.composition.bench.report import Row
from pianqu.kernels import breach
from pianqu.kernels.breach import Asked

CUT, END = datetime.fromisoformat("2015-07-01"), datetime.fromisoformat("2015-10-01")
"""The file's times are the clock on Boston's walls, without a zone."""
LATELY = timedelta(days=30)
FEW = 3


@dataclass(frozen=True, slots=True)
class _Request:
    opened: datetime
    due: datetime
    closed: datetime | None
    kind: str
    queue: str

    @property
    def missed(self) -> bool:
        return self.closed is None or self.closed > self.due


@dataclass(frozen=True, slots=True)
class _Moment:
    at: datetime
    of: _Request
    asked: Asked


def measure(path: Path, *, quick: bool) -> list[Row]:
    """The figures. `quick` asks every fourth request about."""
    requests = _read(path)
    chosen = requests[::4] if quick else requests
    moments = sorted(_moments(requests, chosen), key=lambda one: one.at)
    learned = [one for one in moments if one.at < CUT and one.of.due < CUT]
    later = [one for one in moments if CUT <= one.of.opened < END]
    began = process_time()
    model = breach.learn([one.asked for one in learned], [one.of.missed for one in learned])
    took = process_time() - began
    late = [one.of.missed for one in later]
    said = _said(model, later)
    began = process_time()
    _said(model, later[:2_000])
    each = (process_time() - began) / min(len(later), 2_000) * 1_000
    by_queue = _rates(learned, later)
    by_age = _rates([_aged(one) for one in learned], [_aged(one) for one in later])
    usual = sum(one.of.missed for one in learned) / len(learned)
    blind, blind_late = _without_queue(learned, later)
    first = [place for place, one in enumerate(later) if one.asked.age == 0]
    return [
        Row(name="moments learned from, dates before July", value=len(learned)),
        Row(name="moments asked about, opened July to September", value=len(later)),
        Row(name="late among them", value=100 * sum(late) / len(late), unit="%"),
        Row(
            name="AUC, asked at four moments of the term (× 100)",
            value=100 * breach.auc(said, late),
            at_least=82,
            baseline=f"queue's rate {100 * breach.auc(by_queue, late):.1f}; queue's rate at that age "
            f"{100 * breach.auc(by_age, late):.1f}; constant 50.0; "
            "another system 83.8 beside its queue's rate 79.3",
        ),
        Row(
            name="expected calibration error (× 100)",
            value=100 * breach.calibration_error(said, late),
            at_most=5,
            baseline=f"queue's rate {100 * breach.calibration_error(by_queue, late):.1f}; "
            f"constant {100 * breach.calibration_error([usual] * len(late), late):.1f}",
        ),
        Row(
            name="AUC without QUEUE (× 100)",
            value=100 * breach.auc(blind, blind_late),
            baseline="the file's QUEUE is the last one that had it",
        ),
        Row(
            name="AUC, asked only when it comes in (× 100)",
            value=100 * breach.auc([said[place] for place in first], [late[place] for place in first]),
            baseline=f"queue's rate {100 * breach.auc([by_queue[p] for p in first], [late[p] for p in first]):.1f}",
        ),
        Row(name="learning, processor time", value=took, unit="s"),
        Row(name="one forecast, plain Python", value=each, unit="ms"),
        Row(name="fields that enter", value=len(breach.FIELDS), baseline=", ".join(breach.FIELDS)),
    ]


def _read(path: Path) -> list[_Request]:
    """Requests with a target after their opening."""
    found = []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["TARGET_DT"] and row["TARGET_DT"] > row["OPEN_DT"]:
                closed = datetime.fromisoformat(row["CLOSED_DT"]) if row["CLOSED_DT"] else None
                opened, due = datetime.fromisoformat(row["OPEN_DT"]), datetime.fromisoformat(row["TARGET_DT"])
                found.append(_Request(opened, due, closed, row["TYPE"], row["QUEUE"]))
    return found


class _Queue:
    """What a queue had open and how it kept its dates, at any moment."""

    def __init__(self, requests: Sequence[_Request]) -> None:
        self.opened = sorted(one.opened for one in requests)
        self.closed = sorted(one.closed for one in requests if one.closed is not None)
        dated = sorted((one.due, one.missed) for one in requests)
        self.due = [due for due, _missed in dated]
        self.missed = [0]
        for _due, missed in dated:
            self.missed.append(self.missed[-1] + missed)

    def load(self, at: datetime) -> int:
        return max(0, bisect_right(self.opened, at) - bisect_right(self.closed, at) - 1)

    def lately(self, at: datetime) -> float | None:
        first, last = bisect_right(self.due, at - LATELY), bisect_right(self.due, at)
        return (self.missed[last] - self.missed[first]) / (last - first) if last - first >= FEW else None


def _moments(requests: Sequence[_Request], chosen: Sequence[_Request]) -> list[_Moment]:
    """Each request at several shares of its term, while it was open."""
    groups: dict[str, list[_Request]] = {}
    for one in requests:
        groups.setdefault(one.queue, []).append(one)
    queues = {code: _Queue(group) for code, group in groups.items()}
    found = []
    for one in chosen:
        queue = queues[one.queue]
        for share in breach.SHARES:
            at = one.opened + (one.due - one.opened) * share
            if one.closed is not None and one.closed <= at:
                break
            asked = Asked(
                state="open",
                queue=one.queue,
                category=one.kind,
                hour=one.opened.hour,
                age=share,
                term=(one.due - one.opened) / timedelta(days=1),
                load=queue.load(at),
                lately=queue.lately(at),
            )
            found.append(_Moment(at, one, asked))
    return found


def _said(model: breach.Model, moments: Sequence[_Moment]) -> list[float]:
    return [breach.forecast(model, one.asked).likelihood for one in moments]


def _rates(learned: Sequence[_Moment], later: Sequence[_Moment]) -> list[float]:
    before = [one.asked for one in learned]
    return breach.rates(before, [one.of.missed for one in learned], [one.asked for one in later])


def _aged(one: _Moment) -> _Moment:
    return replace(one, asked=replace(one.asked, queue=f"{one.asked.queue}/{one.asked.age}"))


def _without_queue(learned: Sequence[_Moment], later: Sequence[_Moment]) -> tuple[list[float], list[bool]]:
    """What can be told where nobody knows which queue has it: neither its name nor its load nor how it did."""

    def blind(one: _Moment) -> Asked:
        return replace(one.asked, queue="", load=0, lately=None)

    model = breach.learn([blind(one) for one in learned], [one.of.missed for one in learned])
    said = [breach.forecast(model, blind(one)).likelihood for one in later]
    return said, [one.of.missed for one in later]
