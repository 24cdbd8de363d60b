"""What one opens on a draft's page: a plan that was computed, how it was decided."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.rooms.planning import rules
from pianqu.rooms.planning.models import Draft, PlanOption


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPlan:
    """A computed plan with what it is worth."""

    id: uuid.UUID
    number: int
    part: tuple[int, ...]
    clusters: int
    figures: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How a published draft was decided on; `reason`: why it was adopted beyond its tolerance."""

    decided_at: datetime | None
    reason: str


def option_plan(actor: Actor, draft_id: uuid.UUID, option_id: uuid.UUID) -> OptionPlan:
    """One statement. Raises Forbidden, Absent."""
    rules.check_may_see(actor)
    row = PlanOption.objects.filter(id=option_id, draft_id=draft_id).first()
    if row is None:
        raise Absent("option-absent", _("There is no such plan for this draft."))
    return OptionPlan(
        id=row.id,
        number=row.number,
        part=tuple(row.part),
        clusters=row.task["clusters"],
        figures=row.figures,
        digest=row.digest,
    )


def decision(draft_id: uuid.UUID) -> Decision:
    """Of a draft that was adopted or withdrawn. One statement."""
    row = Draft.objects.filter(id=draft_id).values("decided_at", "reason").first() or {"decided_at": None, "reason": ""}
    return Decision(**row)
