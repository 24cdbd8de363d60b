"""Plans are asked for, computed by the worker, and kept with all that computing them again takes; repairs are made at once."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.saying import told
from pianqu.foundation.verbs import verb
from pianqu.kernels.partition.records import CELLS, Written, digest_of, numbered_like, some_of, weighed
from pianqu.kernels.partition.search import Infeasible, repair
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries, rules
from pianqu.rooms.planning.facts import PlanComputed
from pianqu.rooms.planning.models import Draft, PlanOption, Run
from pianqu.rooms.planning.queries import COMPUTING, FRONT, Board
from pianqu.rooms.planning.services.changing import REPAIR, kept, open_draft
from pianqu.rooms.planning.services.runs import ask_run, stop_all

FEWEST, MOST = 5, 50
GREATEST_REACH = 6


@verb
def ask_plan(*, actor: Actor, draft_id: uuid.UUID, kind: str = "plan", count: int = 30, now: datetime) -> uuid.UUID:
    """Let the worker compute one plan, or a front of many, from the draft as it stands; answers the run's id."""
    draft = open_draft(actor, draft_id, None)
    if kind not in COMPUTING:
        raise Invalid("compute-unknown", _("A plan can be computed, or a choice of plans."))
    if kind == FRONT and not FEWEST <= count <= MOST:
        sentence = _("A choice has from %(fewest)s to %(most)s plans.")
        raise Invalid("compute-count", sentence % {"fewest": FEWEST, "most": MOST})
    asked = {"count": count if kind == FRONT else 1, "revision": draft.revision, "question": queries.question(draft)}
    return ask_run(actor=actor, kind=kind, subject_id=draft.id, asked=asked, now=now)


@verb
def stop_plan(*, actor: Actor, draft_id: uuid.UUID, now: datetime) -> None:
    """Stop what is computed for a draft, with the best so far. Harmless where nothing is."""
    rules.check_may_change(actor, queries.draft_card(draft_id).organisation_code)
    stop_all(actor=actor, subject_id=draft_id, kinds=COMPUTING, now=now)


@verb
def keep_plan(
    *,
    actor: Actor,
    run_id: uuid.UUID,
    number: int,
    question: Mapping[str, Any],
    answer: Mapping[str, Any],
    now: datetime,
) -> uuid.UUID:
    """A plan was computed: it can be chosen, and computed again by anybody. The same one again is kept once."""
    run = Run.objects.select_for_update().filter(id=run_id).first()
    if run is None:
        raise Absent("run-absent", _("There is no such computation."))
    known = PlanOption.objects.filter(run=run, number=number).values_list("id", flat=True).first()
    if known:
        return known
    draft = Draft.objects.select_related("units").get(id=run.subject_id)
    clusters = max(answer["part"]) + 1
    option = PlanOption.objects.create(
        id=new_id(),
        draft=draft,
        run=run,
        number=number,
        task={**question, "clusters": clusters, "asked_clusters": question["clusters"], "steps": answer["steps"]},
        part=answer["part"],
        figures=answer["figures"],
        digest=answer["digest"],
        made_at=now,
    )
    recorded = ledger.record([_computed(draft, run, option, question, answer)], actor=actor, now=now)
    option.entry_id = recorded[0].entry_id
    option.save(update_fields=["entry_id"])
    return option.id


def _computed(
    draft: Draft, run: Run, option: PlanOption, question: Mapping[str, Any], answer: Mapping[str, Any]
) -> PlanComputed:
    asked = question["settings"]
    return PlanComputed(
        subject=f"plan:{draft.id}",
        organisation_code=run.organisation_code,
        draft_id=str(draft.id),
        run_id=str(run.id),
        option_id=str(option.id),
        number=option.number,
        units_digest=draft.units.digest,
        task_digest=digest_of(question),
        digest=option.digest,
        clusters=option.task["clusters"],
        seed=asked["seed"],
        sweeps=asked["sweeps"],
        tries=asked["tries"],
        tolerance=asked["tolerance"],
        weights=(asked["cut"], asked["split"], asked["moved"]),
        systems=tuple(sorted(asked["systems"].items())),
        score=option.figures["score"],
        deviation=option.figures["deviation"],
        kernel=answer["kernel"],
        metis=answer["metis"],
        steps=answer["steps"],
    )


@verb
def repair_draft(
    *, actor: Actor, draft_id: uuid.UUID, revision: int, near: Sequence[int], reach: int = 3, now: datetime
) -> tuple[int, ...]:
    """Set right what a person changed: only what is not locked and near by moves. Answers the units that moved.

    Raises Invalid with the reasons where it cannot be done; nothing is changed then.
    """
    draft = open_draft(actor, draft_id, revision)
    written, board = queries.units_of(draft.units_id), queries.board_of(draft)
    if not 0 <= reach <= GREATEST_REACH or any(not 0 <= unit < len(written) for unit in near):
        sentence = _(
            "A repair reaches at most %(most)s steps from units of this draft. For more, let a plan be computed."
        )
        raise Invalid("repair-reach", sentence % {"most": GREATEST_REACH})
    after = _repaired(written, board, near, reach)
    moved = tuple(unit for unit, (a, b) in enumerate(zip(board.part, after.part, strict=True)) if a != b)
    if moved:
        kept(draft, after, REPAIR, actor, now, detail={"near": list(near), "reach": reach})
    return moved


def _repaired(written: Written, board: Board, near: Sequence[int], reach: int) -> Board:
    """In the communities concerned, where units are plots; else in the whole district.

    By plain code: compiled code would first have to be loaded, for the same plan.
    """
    groups = {written.groups[unit] for unit in near}
    members = [unit for unit in range(len(written)) if written.groups[unit] in groups]
    numbers = sorted({board.part[unit] for unit in members} - {-1})
    if written.level != CELLS:
        members, numbers = list(range(len(written))), list(range(board.clusters))
    place, local = ({one: n for n, one in enumerate(some)} for some in (members, numbers))
    task = board.task()
    task = replace(
        task,
        clusters=len(numbers),
        locks={place[unit]: local[its] for unit, its in task.locks.items() if unit in place and its in local},
        centres=tuple(place[unit] for unit in task.centres if unit in place),
    )
    units = some_of(weighed(written, board.settings), members)
    part = [local.get(board.part[unit], -1) for unit in members]
    found = repair(units, task, part, [place[unit] for unit in near], reach=reach, plain=True)
    if isinstance(found, Infeasible):
        raise Invalid("repair-impossible", " ".join(told(reason.advised) for reason in found.reasons))
    after = list(board.part)
    for unit, its in zip(members, numbered_like(units, found.part, part, task.locks, len(numbers)), strict=True):
        after[unit] = numbers[its]
    return replace(board, part=tuple(after))
