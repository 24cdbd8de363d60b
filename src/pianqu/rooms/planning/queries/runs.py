"""How a long computation stands."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pianqu.rooms.planning.models import Draft, Merge, Run, RunProgress, Study

WAITS, STOPPING, DONE, STOPPED, FAILED = "waits", "stopping", "done", "stopped", "failed"
ENDED = frozenset({DONE, STOPPED, FAILED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """A computation as pages show it."""

    run_id: uuid.UUID
    kind: str
    state: str
    """waits, runs, stopping, done, stopped, failed."""
    reason: str
    details: tuple[Any, ...]
    done: int
    of: int
    told: Mapping[str, Any]
    asked_at: datetime
    ended_at: datetime | None
    left: timedelta | None
    """About how long it still takes, once that can be said."""

    @property
    def is_over(self) -> bool:
        return self.state in ENDED

    @property
    def percent(self) -> int:
        return 100 * self.done // self.of if self.of else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWork:
    """What the worker needs to begin."""

    run_id: uuid.UUID
    kind: str
    subject_id: uuid.UUID
    asked: Mapping[str, Any]
    organisation_code: str


def latest_run(subject_id: uuid.UUID, *, kinds: tuple[str, ...] = (), now: datetime) -> RunCard | None:
    """The newest computation about a subject. Two statements at most."""
    rows = Run.objects.filter(subject_id=subject_id).order_by("-asked_at", "-id")
    run = (rows.filter(kind__in=kinds) if kinds else rows).first()
    if run is None:
        return None
    return _card(run, RunProgress.objects.filter(run_id=run.id).first(), now)


def run_card(run_id: uuid.UUID, *, now: datetime) -> RunCard | None:
    """One computation. Two statements at most."""
    run = Run.objects.filter(id=run_id).first()
    return _card(run, RunProgress.objects.filter(run_id=run_id).first(), now) if run else None


def _card(run: Run, at: RunProgress | None, now: datetime) -> RunCard:
    is_held = at is not None and at.held_until > now and bool(at.token)
    return RunCard(
        run_id=run.id,
        kind=run.kind,
        state="runs" if run.state == WAITS and is_held else run.state,
        reason=run.reason,
        details=tuple(run.details),
        done=at.done if at else 0,
        of=at.of if at else 0,
        told=at.told if at else {},
        asked_at=run.asked_at,
        ended_at=run.ended_at,
        left=_left(at, now) if at and not run.ended_at else None,
    )


def _left(at: RunProgress, now: datetime) -> timedelta | None:
    """By what it took so far."""
    if not at.begun_at or not at.done or not at.of:
        return None
    return (now - at.begun_at) * (at.of - at.done) / at.done


def next_runs(*, now: datetime, most: int = 1) -> tuple[RunWork, ...]:
    """Computations that nobody works on, the oldest first; those whose worker was killed are among them. One statement."""
    held = RunProgress.objects.filter(held_until__gt=now).exclude(token="").values("run_id")
    rows = Run.objects.filter(ended_at=None).exclude(id__in=held).order_by("asked_at", "id")[:most]
    return tuple(
        RunWork(
            run_id=row.id,
            kind=row.kind,
            subject_id=row.subject_id,
            asked=row.asked,
            organisation_code=row.organisation_code,
        )
        for row in rows
    )


def computed_titles(ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, str]:
    """How drafts, merges and studies are called for which something was computed; those that are gone are missing. Three
    statements."""
    wanted = set(ids)
    if not wanted:
        return {}
    found = dict(Draft.objects.filter(id__in=wanted).values_list("id", "title"))
    found |= dict(Study.objects.filter(id__in=wanted).values_list("id", "title"))
    found |= {
        row: f"多网合一 {on.isoformat()}" for row, on in Merge.objects.filter(id__in=wanted).values_list("id", "on")
    }
    return found


def is_wanted(run_id: uuid.UUID) -> bool:
    """Whether nobody stopped it. One statement."""
    return Run.objects.filter(id=run_id, state=WAITS).exists()
