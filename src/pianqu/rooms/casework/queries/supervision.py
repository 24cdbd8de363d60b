"""What leaders press for: the list of it, and what stands on a matter's page."""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.models import Note, Supervision
from pianqu.rooms.casework.queries.cases import CaseRow, rows_for
from pianqu.rooms.casework.queries.seen import seen_by

ASKED, ANSWERED, LATE, OVER = "asked", "answered", "late", "over"
SHOWN = 50
"""Lines of one page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionCard:
    """One matter that is or was pressed for. Words are empty where the matter was erased."""

    supervision_id: uuid.UUID
    case_id: uuid.UUID
    holder_code: str
    level: str
    state: str
    times: int
    escalation: int
    asked_at: datetime
    due_at: datetime
    due_provisional: bool
    warn_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    demand: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionPage:
    """One page of the list, what is due first on top; how many there are of each sort."""

    cards: tuple[SupervisionCard, ...]
    cases: Mapping[uuid.UUID, CaseRow]
    asked: int
    late: int
    answered: int
    over: int
    next_page: int
    """0 on the last one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionMay:
    """What this actor may do about it now."""

    supervise: bool = False
    answer: bool = False
    accept: bool = False
    repeat: bool = False


def supervisions_for(actor: Actor, *, which: str = "", page: int = 1, now: datetime) -> SupervisionPage:
    """What is supervised in the actor's scope: all live ones, or those of one sort. A constant number of statements."""
    seen = Supervision.objects.filter(case__in=seen_by(actor).values("id"))
    live, over = Q(ended_at=None), Q(ended_at__isnull=False)
    late = live & Q(state=ASKED, due_at__lte=now)
    sorts = {ASKED: live & Q(state=ASKED), LATE: late, ANSWERED: live & Q(state=ANSWERED), OVER: over}
    counted = seen.aggregate(**{name: Count("id", filter=which) for name, which in sorts.items()})
    order = ("-ended_at", "id") if which == OVER else ("-state", "due_at", "id")
    first = (page - 1) * SHOWN
    rows = list(_with_cases(seen.filter(sorts.get(which, live)).order_by(*order))[first : first + SHOWN + 1])
    cards = _cards(rows[:SHOWN])
    cases = rows_for(actor, [card.case_id for card in cards])
    return SupervisionPage(cards=cards, cases=cases, next_page=page + 1 if len(rows) > SHOWN else 0, **counted)


def supervision_of(case_id: uuid.UUID) -> SupervisionCard | None:
    """The live supervision of a matter that the actor may see (queries.case_for decided that)."""
    found = _cards(list(_with_cases(Supervision.objects.filter(case_id=case_id, ended_at=None))[:1]))
    return found[0] if found else None


def supervision_may(actor: Actor, card: SupervisionCard, *, holder_code: str) -> SupervisionMay:
    """What the page of a matter that is supervised offers."""
    leads = rules.may_supervise(actor)
    return SupervisionMay(
        answer=card.state == ASKED and rules.may_answer_supervision(actor, holder_code),
        accept=leads and card.state == ANSWERED,
        repeat=leads,
    )


def _with_cases(rows: QuerySet[Supervision]) -> QuerySet[Supervision]:
    return rows.select_related("case")


def _cards(rows: Collection[Supervision]) -> tuple[SupervisionCard, ...]:
    asked = {entry for row in rows for entry in (row.entry_id, row.answer_id) if entry}
    words = dict(Note.objects.filter(entry_id__in=asked).values_list("entry_id", "words")) if asked else {}
    return tuple(
        SupervisionCard(
            supervision_id=row.id,
            case_id=row.case_id,
            holder_code=row.case.lead_code or row.case.organisation_code,
            demand=words.get(row.entry_id, ""),
            answer=words.get(row.answer_id, "") if row.answer_id else "",
            **{name: getattr(row, name) for name in _PLAIN},
        )
        for row in rows
    )


_PLAIN = (
    "level",
    "state",
    "times",
    "escalation",
    "asked_at",
    "due_at",
    "due_provisional",
    "warn_at",
    "answered_at",
    "ended_at",
)
