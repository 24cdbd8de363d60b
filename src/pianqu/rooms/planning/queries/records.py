"""A draft's history, and the record from which anybody computes it again."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.rooms.planning.models import Draft, DraftChange, PlanOption
from pianqu.rooms.planning.queries.drafts import post_title
from pianqu.rooms.planning.queries.units import units_of

RECORD = "planning.record/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCard:
    """One change of a draft."""

    number: int
    kind: str
    moved: int
    who: str
    made_at: datetime
    digest: str


def change_chain(draft_id: uuid.UUID) -> tuple[tuple[int, str, str], ...]:
    """Number, kind and digest of every change: what the fact of an adoption names by one digest. One statement."""
    rows = DraftChange.objects.filter(draft_id=draft_id).order_by("number")
    return tuple(rows.values_list("number", "kind", "digest"))


def changes(draft_id: uuid.UUID, *, most: int = 200) -> tuple[ChangeCard, ...]:
    """The newest first. One statement, and one for each post that changed something."""
    rows = list(DraftChange.objects.filter(draft_id=draft_id).order_by("-number")[:most])
    titles = {post: post_title(post) for post in {row.post_id for row in rows}}
    return tuple(
        ChangeCard(
            number=row.number,
            kind=row.kind,
            moved=len(row.moves),
            who=titles[row.post_id],
            made_at=row.made_at,
            digest=row.digest,
        )
        for row in rows
    )


def plan_record(draft_id: uuid.UUID, *, for_all: bool = True) -> dict[str, Any]:
    """The questions, the plans that answered them, and every change: what `pianqu plan reproduce` reads. Three statements.

    Raises Absent for a draft that was not published, unless officials ask.
    """
    draft = Draft.objects.filter(id=draft_id).first()
    if draft is None or (for_all and draft.published_at is None):
        raise Absent("draft-absent", _("There is no such draft."))
    rows = list(DraftChange.objects.filter(draft=draft).order_by("number"))
    return {
        "format": RECORD,
        "draft": str(draft.id),
        "level": draft.level,
        "state": draft.state,
        "revision": draft.revision,
        "units_digest": units_of(draft.units_id).digest,
        "begins": _begun(draft, rows),
        "part": draft.part,
        "names": draft.names,
        "plans": [_plan(row) for row in PlanOption.objects.filter(draft=draft).order_by("made_at", "number")],
        "changes": [_change(row) for row in rows],
    }


def _begun(draft: Draft, changes: Sequence[DraftChange]) -> list[int]:
    """The plan with which it began: of what is in force, or of a merge. All changes are taken back, the last one first."""
    part = list(draft.part)
    for row in reversed(changes):
        for unit, was, _is in row.moves:
            part[unit] = was
    return part


def _plan(row: PlanOption) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "entry": str(row.entry_id or ""),
        "question": {name: value for name, value in row.task.items() if name not in OWN} | _asked(row.task),
        "steps": row.task["steps"],
        "digest": row.digest,
    }


OWN = ("asked_clusters", "steps")


def _asked(task: dict[str, Any]) -> dict[str, Any]:
    """Cells: how many come out is found by the search; the question is the one before."""
    return {"clusters": task["asked_clusters"]}


def _change(row: DraftChange) -> dict[str, Any]:
    return {
        "number": row.number,
        "kind": row.kind,
        "moves": row.moves,
        "option": row.detail.get("option", ""),
        "digest": row.digest,
    }
