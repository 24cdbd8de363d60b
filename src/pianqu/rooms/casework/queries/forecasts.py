"""What the breach forecast is learned from and asked with, and what it said. One function makes both, for a moment then or now.

Nothing here is about a person: an organisation, a category, times, and how many matters there are.
"""

import uuid
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from pianqu.kernels import breach
from pianqu.kernels.breach import Asked
from pianqu.rooms.casework.lifecycle import OPEN, State
from pianqu.rooms.casework.models import BreachModel, Case, Clock, Forecast, Pause, Task
from pianqu.rooms.casework.queries.cases import LIKELY
from pianqu.rooms.casework.queries.naming import NATURES

ENOUGH = 500
"""Ended matters below which nothing is learned."""
LEARNED_FROM = timedelta(days=400)
LATELY = timedelta(days=30)
FEW = 3
"""Fewer dates than these say nothing about how a queue did lately."""
MOST_LEARNED = 20_000
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An ended matter as it was known at one moment, and whether it was late in the end."""

    at: datetime
    asked: Asked
    late: bool
    case_id: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastCard:
    """What is said of one open matter."""

    risk: int
    """Thousandths."""
    reasons: tuple[str, ...]
    asked_at: datetime

    @property
    def is_likely(self) -> bool:
        return self.risk >= LIKELY

    @property
    def tenths(self) -> int:
        """Of ten such matters, how many were late."""
        return round(self.risk / 100)


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachCard:
    """The newest model: what it was learned from and how good it is."""

    digest: str
    is_used: bool
    is_broken: bool
    """What is kept is not what was learned: it is not asked."""
    matters: int
    late_share: float
    auc: float
    ece: float
    queue_auc: float
    learned_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BreachSeen:
    """The forecast's page: the newest model, if something was learned, and what it says now."""

    model: BreachCard | None
    ended: int
    """Matters whose date has passed: what can be learned from."""
    needed: int
    open: int
    marked: int


def breach_seen(*, now: datetime) -> BreachSeen:
    """How the forecast stands. Few statements."""
    return BreachSeen(
        model=breach_card(),
        ended=_dated(now).count(),
        needed=ENOUGH,
        open=Forecast.objects.count(),
        marked=Forecast.objects.filter(risk__gte=LIKELY).count(),
    )


def breach_card() -> BreachCard | None:
    """The newest model, looked through; none where nothing was learned yet."""
    row = BreachModel.objects.order_by("-learned_at", "-id").first()
    if row is None:
        return None
    return BreachCard(
        digest=row.digest,
        is_used=row.is_used,
        is_broken=_read(row) is None,
        matters=row.matters,
        late_share=row.late_share,
        auc=row.auc,
        ece=row.ece,
        queue_auc=row.queue_auc,
        learned_at=row.learned_at,
    )


def breach_model() -> breach.Model | None:
    """The model that may be asked; none where there is none, it is not good enough, or it is damaged."""
    row = BreachModel.objects.order_by("-learned_at", "-id").first()
    return _read(row) if row is not None and row.is_used else None


def _read(row: BreachModel) -> breach.Model | None:
    try:
        return breach.read(row.content)
    except breach.Broken:
        return None


SAID = {
    f"said_{name}": Subquery(Forecast.objects.filter(case=OuterRef("pk")).values(name)[:1])
    for name in ("risk", "reasons", "asked_at")
}
"""What the worker last said, to be read together with a case."""


def likely_late(case: Case, now: datetime) -> ForecastCard | None:
    """What is said of an open matter (read with SAID) whose date is still to come, where missing it is likelier than not."""
    risk: int | None = getattr(case, "said_risk", None)
    if risk is None or risk < LIKELY or case.state not in OPEN or case.due_at is None or case.due_at <= now:
        return None
    reasons, asked_at = (getattr(case, name) for name in ("said_reasons", "said_asked_at"))
    return ForecastCard(risk=risk, reasons=tuple(reasons), asked_at=asked_at)


# what is known at a moment -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """One clock with who had its matter when."""

    case_id: uuid.UUID
    category: str
    taker: str
    opened_at: datetime
    started_at: datetime
    due_at: datetime
    stopped_at: datetime | None
    parts: "Sequence[_Part]"
    is_again: bool
    is_open: bool

    @property
    def missed(self) -> bool:
        return self.stopped_at is None or self.stopped_at > self.due_at

    def holder(self, at: datetime) -> str:
        """Who leads then; the receiving organisation while nobody does."""
        return next((p.code for p in self.parts if p.given_at <= at and (p.ended_at is None or at < p.ended_at)), "")

    def state(self, at: datetime) -> str:
        """handled, or for what waits why: waiting, returned, reopened."""
        if self.holder(at):
            return "handled"
        if any(p.ended_at is not None and self.started_at <= p.ended_at <= at for p in self.parts if p.was_returned):
            return "returned"
        return "reopened" if self.is_again else "waiting"


@dataclass(frozen=True, slots=True)
class _Part:
    code: str
    given_at: datetime
    ended_at: datetime | None
    was_returned: bool


class _World:
    """All clocks of some time: from them follow a queue's load and how it did lately."""

    def __init__(self, runs: Sequence[_Run]) -> None:
        self.runs = runs
        begun: dict[str, list[datetime]] = {}
        ended: dict[str, list[datetime]] = {}
        dates: dict[str, list[tuple[datetime, bool]]] = {}
        for run in runs:
            dates.setdefault(run.holder(min(run.due_at, run.stopped_at or run.due_at)) or run.taker, []).append(
                (run.due_at, run.missed)
            )
            for code, start, end in _spans(run):
                begun.setdefault(code, []).append(start)
                if end is not None:
                    ended.setdefault(code, []).append(end)
        self._begun = {code: sorted(times) for code, times in begun.items()}
        self._ended = {code: sorted(times) for code, times in ended.items()}
        self._dates = {code: _sums(sorted(rows)) for code, rows in dates.items()}

    def asked(self, run: _Run, at: datetime) -> Asked:
        """What is known of a clock's matter at this moment."""
        queue, whole = run.holder(at) or run.taker, max(run.due_at - run.started_at, timedelta(minutes=1))
        return Asked(
            state=run.state(at),
            queue=queue,
            category=run.category,
            hour=timezone.localtime(run.opened_at).hour,
            age=(at - run.started_at) / whole,
            term=whole / DAY,
            load=max(0, self._count(self._begun, queue, at) - self._count(self._ended, queue, at) - 1),
            lately=self._lately(queue, at),
        )

    @staticmethod
    def _count(times: dict[str, list[datetime]], queue: str, at: datetime) -> int:
        return bisect_right(times.get(queue, ()), at)

    def _lately(self, queue: str, at: datetime) -> float | None:
        days, missed = self._dates.get(queue, ((), (0,)))
        first, last = bisect_right(days, at - LATELY), bisect_right(days, at)
        return (missed[last] - missed[first]) / (last - first) if last - first >= FEW else None


def _spans(run: _Run) -> Iterator[tuple[str, datetime, datetime | None]]:
    """Who had it from when until when, the receiving organisation until somebody leads."""
    end = run.stopped_at
    first = min((part.given_at for part in run.parts if part.given_at >= run.started_at), default=None)
    yield run.taker, run.started_at, min([one for one in (first, end) if one], default=None)
    for part in run.parts:
        if part.ended_at is None or part.ended_at > run.started_at:
            stop = min([one for one in (part.ended_at, end) if one], default=None)
            yield part.code, max(part.given_at, run.started_at), stop


def _sums(rows: Sequence[tuple[datetime, bool]]) -> tuple[list[datetime], list[int]]:
    missed = [0]
    for _day, was in rows:
        missed.append(missed[-1] + was)
    return [day for day, _was in rows], missed


_RULES = tuple(f"case.{nature}" for nature in NATURES)


def _dated(now: datetime) -> QuerySet[Clock]:
    """Clocks whose date has passed: whether it was kept is known of each, however it went."""
    passed = Clock.objects.filter(rule_id__in=_RULES, due_at__gt=now - LEARNED_FROM, due_at__lte=now)
    return passed.exclude(case__state=State.WITHDRAWN)


def _world(clocks: QuerySet[Clock], most: int) -> _World:
    """These clocks with their parts, the latest first where they are too many. Three statements."""
    chosen = clocks.order_by("-due_at", "-id")[:most]
    rows = list(
        chosen.values_list(
            "id",
            "case_id",
            "case__category",
            "case__organisation_code",
            "case__opened_at",
            "started_at",
            "due_at",
            "stopped_at",
            "case__state",
        )
    )
    standing = frozenset(Pause.objects.filter(ended_at=None).values_list("clock_id", flat=True))
    parts: dict[uuid.UUID, list[_Part]] = {}
    held = Task.objects.filter(role="lead", case__in=clocks.values("case_id")).order_by("given_at")
    for case_id, code, given, ended, state in held.values_list(
        "case_id", "organisation_code", "given_at", "ended_at", "state"
    ):
        parts.setdefault(case_id, []).append(_Part(code, given, ended, state == "returned"))
    return _World(
        [
            _Run(
                case_id=case_id,
                category=category,
                taker=taker,
                opened_at=opened,
                started_at=started,
                due_at=due,
                stopped_at=stopped,
                parts=parts.get(case_id, ()),
                is_again=started > opened,
                is_open=stopped is None and state in OPEN,
            )
            for id_, case_id, category, taker, opened, started, due, stopped, state in rows
            if due is not None and id_ not in standing
        ]
    )


def moments_to_learn(*, now: datetime) -> list[Moment]:
    """Matters whose date has passed, each at several moments of its term while it was open, in the order of their dates."""
    world = _world(_dated(now), MOST_LEARNED)
    found = []
    for run in sorted(world.runs, key=lambda one: (one.due_at, one.case_id)):
        for share in breach.SHARES:
            at = run.started_at + (run.due_at - run.started_at) * share
            if run.stopped_at is not None and run.stopped_at <= at:
                break
            found.append(Moment(at=at, asked=world.asked(run, at), late=run.missed, case_id=run.case_id))
    return found


def asked_now(*, now: datetime) -> Iterable[tuple[uuid.UUID, Asked]]:
    """Open matters whose clock runs and whose date is still to come, as they are known now."""
    recent = Clock.objects.filter(rule_id__in=_RULES, due_at__isnull=False).exclude(case__state=State.WITHDRAWN)
    world = _world(recent.filter(Q(stopped_at=None) | Q(due_at__gt=now - LATELY)), MOST_LEARNED * 5)
    return [
        (run.case_id, world.asked(run, now)) for run in world.runs if run.is_open and run.due_at > now >= run.started_at
    ]
