"""What an organisation has to have done by when: for calendars outside of the house, so without words, names and exact places."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Coalesce

from pianqu.foundation.actor import Actor
from pianqu.kernels import checkcode
from pianqu.rooms.casework.lifecycle import OPEN, State
from pianqu.rooms.casework.models import Task
from pianqu.rooms.casework.queries.cases import street_of

MOST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class DueCard:
    """One organisation's part in an open matter, and when it is due."""

    task_id: uuid.UUID
    case_id: uuid.UUID
    shown_code: str
    category: str
    street_code: str
    leads: bool
    due_at: datetime
    provisional: bool


def due_dates(actor: Actor) -> tuple[DueCard, ...]:
    """Open matters with a date that the post's organisation leads or helps with, what is due first, first. One statement.

    A helper's own date goes before the matter's.
    """
    running = [state for state in OPEN if state != State.PAUSED]  # while the matter's clock stands still nothing is due
    tasks = Task.objects.filter(organisation_code=actor.organisation_code, ended_at=None, case__state__in=running)
    names = (
        "id",
        "case_id",
        "case__code",
        "case__category",
        "case__place_code",
        "role",
        "due",
        "case__due_provisional",
    )
    dated = tasks.annotate(due=Coalesce("due_at", "case__due_at")).filter(due__isnull=False).order_by("due", "id")
    return tuple(
        DueCard(
            task_id=task_id,
            case_id=case_id,
            shown_code=checkcode.show(code),
            category=category,
            street_code=street_of(place_code),
            leads=role == "lead",
            due_at=due_at,
            provisional=provisional,
        )
        for task_id, case_id, code, category, place_code, role, due_at, provisional in dated.values_list(*names)[:MOST]
    )
