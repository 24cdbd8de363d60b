"""What one opens on a draft's page: its units, a plan that was computed, who changed what."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.foundation.ids import read_id
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.planning import rules
from pianqu.rooms.planning.models import Draft, DraftChange, PlanOption
from pianqu.rooms.planning.queries.units import UnitsText, units_text

MOST_CHANGES = 200


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
class ChangeCard:
    """One change of a draft."""

    number: int
    kind: str
    units: int
    digest: str
    by: str
    at: datetime


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


def draft_units(actor: Actor, draft_id: uuid.UUID) -> UnitsText:
    """The units of a draft, as they are given to others. Two statements at most. Raises Forbidden, Absent."""
    rules.check_may_see(actor)
    units = Draft.objects.filter(id=draft_id).values_list("units_id", flat=True).first()
    if units is None:
        raise Absent("draft-absent", _("There is no such draft."))
    return units_text(units)


def draft_changes(actor: Actor, draft_id: uuid.UUID) -> tuple[ChangeCard, ...]:
    """The last changes, newest first. Three statements at most. Raises Forbidden."""
    rules.check_may_see(actor)
    rows = list(DraftChange.objects.filter(draft_id=draft_id).order_by("-number")[:MOST_CHANGES])
    posts = {number for row in rows if (number := read_id(row.post_id))}
    held = directory.holders(posts) if posts else {}
    titles = {str(number): f"{one.organisation_name} · {one.title}" for number, one in held.items()}
    return tuple(
        ChangeCard(
            number=row.number,
            kind=row.kind,
            units=len(row.moves),
            digest=row.digest,
            by=titles.get(row.post_id, ""),
            at=row.made_at,
        )
        for row in rows
    )
