"""Who computes: one worker takes a run, says now and then that it is alive and how far it is, and brings it to an end.

A worker that is killed lets go of its run after half a minute; the next one goes on with what is kept of it. A run that has
brought down three workers fails, and says so. Executors write results through verbs, so what they kept is never half.
"""

import logging
import secrets
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.models import RunProgress
from pianqu.rooms.planning.queries import FAILED, RunWork

HELD = timedelta(seconds=30)
SAY_EVERY = timedelta(seconds=1)
TRIES = 3
STUMBLED, UNKNOWN = "stumbled", "unknown"
log = logging.getLogger("pianqu.planning")


class Interrupted(Exception):
    """Somebody stopped the run, or another worker took it over: the executor ends with what it has."""


class Report:
    """What an executor tells while it computes. `tell` raises Interrupted once nobody wants the rest."""

    def __init__(self, run_id: uuid.UUID, token: str, clock: Callable[[], datetime]) -> None:
        self.run_id = run_id
        self._token, self._clock = token, clock
        self._said = clock() - SAY_EVERY
        self.lost = False
        """Another worker has the run: nothing may be written any more."""

    def tell(self, done: int, of: int, told: Mapping[str, Any] | None = None, *, hold: timedelta = HELD) -> None:
        """How far it is; written at most once a second. `hold`: so long nothing more may come, and no other worker takes it."""
        now = self._clock()
        if now - self._said < SAY_EVERY and done < of:
            return
        self._said = now
        rows = RunProgress.objects.filter(run_id=self.run_id, token=self._token)
        said: dict[str, Any] = {"done": done, "of": of, "held_until": now + hold}
        if told is not None:
            said["told"] = dict(told)
        self.lost = not rows.update(**said)
        if self.lost or not queries.is_wanted(self.run_id):
            raise Interrupted


Executor = Callable[[RunWork, Report, Actor, Callable[[], datetime]], None]
"""Computes and keeps results by verbs. Ends by itself, or with Interrupted; a Problem fails the run with its code."""


def run_waiting(
    executors: Mapping[str, Executor], *, actor: Actor, clock: Callable[[], datetime] = timezone.now
) -> int:
    """Bring every run that waits to an end, one after the other; answers how many."""
    ended = 0
    while works := queries.next_runs(now=clock()):
        if not _run(works[0], executors, actor, clock):
            break
        ended += 1
    return ended


def _run(work: RunWork, executors: Mapping[str, Executor], actor: Actor, clock: Callable[[], datetime]) -> bool:
    """Whether it was ours to bring to an end."""
    token = secrets.token_hex(8)
    if not _hold(work.run_id, token, clock()):
        return False
    report = Report(work.run_id, token, clock)
    try:
        if _tries(work.run_id) > TRIES:
            services.end_run(actor=actor, run_id=work.run_id, state=FAILED, reason=STUMBLED, now=clock())
        elif queries.is_wanted(work.run_id):
            _computed(work, executors, report, actor, clock)
        else:
            services.end_run(actor=actor, run_id=work.run_id, now=clock())
    finally:
        RunProgress.objects.filter(run_id=work.run_id, token=token).update(token="")
    return not report.lost


def _computed(
    work: RunWork, executors: Mapping[str, Executor], report: Report, actor: Actor, clock: Callable[[], datetime]
) -> None:
    if work.kind not in executors:
        services.end_run(actor=actor, run_id=work.run_id, state=FAILED, reason=UNKNOWN, now=clock())
        return
    try:
        executors[work.kind](work, report, actor, clock)
    except Interrupted:
        if not report.lost:
            services.end_run(actor=actor, run_id=work.run_id, now=clock())
    except Problem as problem:
        log.warning("run %s of kind %s failed: %s", work.run_id, work.kind, problem.code)
        services.end_run(actor=actor, run_id=work.run_id, state=FAILED, reason=problem.code, now=clock())
    else:
        services.end_run(actor=actor, run_id=work.run_id, now=clock())


def _hold(run_id: uuid.UUID, token: str, now: datetime) -> bool:
    """Whether this worker has the run now. Two that ask at once: one gets it."""
    made, fresh = RunProgress.objects.get_or_create(
        run_id=run_id, defaults={"token": token, "held_until": now + HELD, "tries": 1, "begun_at": now}
    )
    if fresh:
        return True
    free = RunProgress.objects.filter(run_id=run_id, token=made.token, held_until=made.held_until)
    if made.token and made.held_until > now:
        return False
    begun = now - _worked(made)
    return bool(free.update(token=token, held_until=now + HELD, tries=made.tries + 1, begun_at=begun))


def _worked(made: RunProgress) -> timedelta:
    """How long the one before computed what is done, up to its last word: how long the rest takes is told by that."""
    if not made.begun_at or not made.done:
        return timedelta()
    return max(timedelta(), made.held_until - HELD - made.begun_at)


def _tries(run_id: uuid.UUID) -> int:
    return RunProgress.objects.values_list("tries", flat=True).get(run_id=run_id)
