"""Long computations: asked for, stopped, and brought to an end by the worker."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import rules
from pianqu.rooms.planning.facts import RunAsked, RunEnded
from pianqu.rooms.planning.models import Run
from pianqu.rooms.planning.queries import DONE, ENDED, STOPPED, STOPPING, WAITS


@verb
def ask_run(*, actor: Actor, kind: str, subject_id: uuid.UUID, asked: Mapping[str, Any], now: datetime) -> uuid.UUID:
    """Let the worker compute; answers the run's id. Raises Refused while one of this kind computes for the same subject."""
    rules.check_may_plan(actor)
    if Run.objects.select_for_update().filter(kind=kind, subject_id=subject_id, ended_at=None).exists():
        raise Refused("run-under-way", _("This is being computed already. Wait for it, or stop it first."))
    run = Run.objects.create(
        id=new_id(),
        kind=kind,
        subject_id=subject_id,
        asked=dict(asked),
        state=WAITS,
        organisation_code=actor.organisation_code,
        post_id=actor.acting_post_id or "",
        asked_at=now,
    )
    told = RunAsked(
        subject=f"plan:{subject_id}",
        organisation_code=actor.organisation_code,
        run_id=str(run.id),
        run_kind=kind,
    )
    ledger.record([told], actor=actor, now=now)
    return run.id


@verb
def stop_run(*, actor: Actor, run_id: uuid.UUID, now: datetime) -> None:
    """Nobody needs it any more: the worker ends it with the best so far. One that has ended stays as it is."""
    rules.check_may_plan(actor)
    run = _locked(run_id)
    if run.state != WAITS:
        return
    run.state = STOPPING
    run.save(update_fields=["state"])
    _ended(run, STOPPING, "", actor, now)


def stop_all(*, actor: Actor, subject_id: uuid.UUID, kinds: Collection[str], now: datetime) -> None:
    """Stop what is computed of these kinds for one subject. Harmless where nothing is."""
    going = Run.objects.filter(subject_id=subject_id, kind__in=kinds, ended_at=None)
    for run_id in going.values_list("id", flat=True):
        stop_run(actor=actor, run_id=run_id, now=now)


@verb
def end_run(
    *,
    actor: Actor,
    run_id: uuid.UUID,
    state: str = DONE,
    reason: str = "",
    details: Sequence[Any] = (),
    now: datetime,
) -> None:
    """The worker brought it to an end; one that somebody stopped ends stopped. A run that has ended stays as it is."""
    run = _locked(run_id)
    if run.state in ENDED:
        return
    run.state = STOPPED if run.state == STOPPING and state == DONE else state
    run.reason, run.details, run.ended_at = reason, list(details), now
    run.save(update_fields=["state", "reason", "details", "ended_at"])
    _ended(run, run.state, reason, actor, now)


def _locked(run_id: uuid.UUID) -> Run:
    run = Run.objects.select_for_update().filter(id=run_id).first()
    if run is None:
        raise Absent("run-absent", _("There is no such computation."))
    return run


def _ended(run: Run, state: str, reason: str, actor: Actor, now: datetime) -> None:
    told = RunEnded(
        subject=f"plan:{run.subject_id}",
        organisation_code=run.organisation_code,
        run_id=str(run.id),
        run_kind=run.kind,
        state=state,
        reason=reason,
    )
    ledger.record([told], actor=actor, now=now)
