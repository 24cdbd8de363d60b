"""督办: a leader of the centre presses for a matter, who holds it answers by a date, the leader accepts, asks again or lifts it.

The clock is its own: it neither moves nor stops the matter's. Whoever holds the matter when the answer is due owes it, so a
matter that is given to another organisation takes its supervision along.
"""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from types import MappingProxyType

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.rulepacks import term_rule
from pianqu.foundation.verbs import verb
from pianqu.kernels import deadline
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    CaseSupervised,
    SupervisionAccepted,
    SupervisionAnswered,
    SupervisionDueSoon,
    SupervisionEscalated,
    SupervisionLifted,
    SupervisionRepeated,
)
from pianqu.rooms.casework.lifecycle import OPEN, State
from pianqu.rooms.casework.models import Case, Supervision
from pianqu.rooms.casework.services.escalating import AT_ONCE, Steps
from pianqu.rooms.casework.services.steps import iso, locked, noted, said, tell
from pianqu.rooms.ledger import services as ledger

LEVELS: Mapping[str, str] = MappingProxyType(
    {"reminder": "supervision.reminder", "formal": "supervision.formal", "priority": "supervision.priority"}
)
"""级别: 提醒、书面督办、重点督办, each with the rule that says how long an answer may take where no day is given."""
FURTHEST = timedelta(days=90)


@verb
def supervise_case(
    *, actor: Actor, case_id: uuid.UUID, words: str, level: str = "formal", due_on: date | None = None, now: datetime
) -> uuid.UUID:
    """Press for a matter: who holds it reads the words, and owes an answer by the end of that day.

    Raises Forbidden, Invalid, and Refused where nobody works on it any more or where it is supervised already.
    """
    case = locked([case_id])[case_id]
    rules.check_may_supervise(actor)
    if case.state not in OPEN:
        raise Refused("supervise-over", _("Nobody works on this matter any more. Nothing was changed."))
    if _live(case).exists():
        raise Refused(
            "supervise-twice",
            _("This matter is supervised already: ask again, accept the answer or lift it. Nothing was changed."),
        )
    why, row = said(words), Supervision(id=new_id(), case=case, level=level, state="asked", times=1)
    _ask(row, actor, due_on, now)
    told = {"supervision_id": str(row.id), "level": level, "due_at": iso(row.due_at)}
    fact = tell(actor, case, CaseSupervised, words_commitment=why.commitment, **told)
    row.entry_id = noted(actor, case, [fact], now, words=why)
    row.save(force_insert=True)
    return row.entry_id


def _ask(row: Supervision, actor: Actor, due_on: date | None, now: datetime) -> None:
    """Start its clock anew. Raises Invalid."""
    if row.level not in LEVELS:
        raise Invalid("supervision-level", _("Please choose how urgent it is. Nothing was changed."))
    row.due_at, row.due_provisional = _until(row.level, due_on, now)
    row.warn_at = deadline.warning_at(now, row.due_at)
    row.warned, row.escalation, row.state = False, 0, "asked"
    row.asked_at, row.by_post = now, actor.post_id or ""


def _until(level: str, due_on: date | None, now: datetime) -> tuple[datetime, bool]:
    """The end of the day that the leader gives, or the level's own term; with whether it is provisional."""
    zone = timezone.get_default_timezone()
    if due_on is None:
        due = deadline.due_at(now, [term_rule(LEVELS[level]).term], queries.working_days(), zone=zone)
        if due is None:
            raise Invalid("supervision-day", _("Please say until which day an answer is owed. Nothing was changed."))
        return due.at, due.provisional
    if not timezone.localdate(now) <= due_on <= timezone.localdate(now) + FURTHEST:
        sentence = _("An answer can be owed from today on, and within ninety days. Nothing was changed.")
        raise Invalid("supervision-day", sentence)
    at = datetime.combine(due_on + timedelta(days=1), time.min, zone)
    return at, False


@verb
def answer_supervision(*, actor: Actor, case_id: uuid.UUID, words: str, now: datetime) -> uuid.UUID:
    """Who holds the matter says what is done and when it will be. Raises Forbidden, Invalid, Refused."""
    case = locked([case_id])[case_id]
    rules.check_may_answer_supervision(actor, case.lead_code or case.organisation_code)
    row = _of(case, "asked", _("Nobody waits for an answer to a supervision here. Nothing was changed."))
    why = said(words)
    row.state, row.answered_at = "answered", now
    told = {"supervision_id": str(row.id), "times": row.times, "in_time": now < row.due_at}
    fact = tell(actor, case, SupervisionAnswered, words_commitment=why.commitment, **told)
    row.answer_id = noted(actor, case, [fact], now, words=why)
    row.save()
    return row.answer_id


@verb
def accept_supervision(*, actor: Actor, case_id: uuid.UUID, words: str = "", now: datetime) -> uuid.UUID:
    """The answer settles it. Raises Forbidden, Refused where there is no answer yet."""
    case = locked([case_id])[case_id]
    rules.check_may_supervise(actor)
    row = _of(case, "answered", _("No answer waits to be accepted here. Nothing was changed."))
    return _end(actor, case, row, SupervisionAccepted, words, now)


@verb
def repeat_supervision(
    *, actor: Actor, case_id: uuid.UUID, words: str, level: str = "", due_on: date | None = None, now: datetime
) -> uuid.UUID:
    """Ask again, by a new date: the answer does not settle it, or the demand changes. Raises Forbidden, Invalid, Refused."""
    case = locked([case_id])[case_id]
    rules.check_may_supervise(actor)
    row, why = _of(case, "", _("This matter is not supervised. Nothing was changed.")), said(words)
    row.level, row.times, row.answered_at, row.answer_id = level or row.level, row.times + 1, None, None
    _ask(row, actor, due_on, now)
    told = {"supervision_id": str(row.id), "times": row.times, "due_at": iso(row.due_at)}
    fact = tell(actor, case, SupervisionRepeated, words_commitment=why.commitment, **told)
    row.entry_id = noted(actor, case, [fact], now, words=why)
    row.save()
    return row.entry_id


@verb
def lift_supervision(*, actor: Actor, case_id: uuid.UUID, words: str, now: datetime) -> uuid.UUID:
    """It is not needed any more, and why. Raises Forbidden, Invalid, Refused."""
    case = locked([case_id])[case_id]
    rules.check_may_supervise(actor)
    row = _of(case, "", _("This matter is not supervised. Nothing was changed."))
    return _end(actor, case, row, SupervisionLifted, words, now)


def _end(
    actor: Actor,
    case: Case,
    row: Supervision,
    kind: type[SupervisionAccepted] | type[SupervisionLifted],
    words: str,
    now: datetime,
) -> uuid.UUID:
    why = said(words, needed=kind is SupervisionLifted)
    row.state, row.ended_at = "accepted" if kind is SupervisionAccepted else "lifted", now
    row.save(update_fields=["state", "ended_at"])
    fact: Fact = tell(actor, case, kind, supervision_id=str(row.id), words_commitment=why.commitment)
    return noted(actor, case, [fact], now, words=why)


def _live(case: Case) -> QuerySet[Supervision]:
    return Supervision.objects.filter(case=case, ended_at=None)


def _of(case: Case, state: str, otherwise: str) -> Supervision:
    """The live supervision of a matter, in this state where one is named. Raises Refused. The case is locked, so it is too."""
    rows = _live(case)
    row = (rows.filter(state=state) if state else rows).first()
    if row is None:
        raise Refused("supervision-absent", otherwise)
    return row


# the clock -----------------------------------------------------------------------------------------------------------


def _asked() -> QuerySet[Supervision]:
    """What waits for an answer; nobody owes one for what its reporter took back."""
    return Supervision.objects.filter(state="asked", ended_at=None).exclude(case__state=State.WITHDRAWN)


@verb
def warn_supervised(*, actor: Actor, now: datetime, most: int = AT_ONCE) -> int:
    """Warn who owes an answer of which less than a fifth of the time is left, once a date; answers how many there were."""
    rules.check_is_own_program(actor)
    near = _asked().filter(warned=False, warn_at__lt=now, due_at__gt=now).order_by("due_at", "id")
    rows = list(near.select_related("case").select_for_update(of=("self",))[:most])
    facts = []
    for row in rows:
        row.warned = True
        told = {"supervision_id": str(row.id), "holder_code": _holder(row.case), "due_at": iso(row.due_at)}
        facts.append(tell(actor, row.case, SupervisionDueSoon, **told))
    return _tell_all(rows, facts, "warned", actor, now)


@verb
def escalate_supervised(*, actor: Actor, now: datetime, most: int = AT_ONCE) -> int:
    """An answer that is overdue goes up: first the centre that pressed is told, then the holder's line, one level a working day.

    Idempotent within a day; only those of which something is to be told are locked.
    """
    rules.check_is_own_program(actor)
    steps = Steps(now)
    late = _asked().filter(due_at__lte=now).select_related("case").order_by("due_at", "id")
    due = [row.id for row in late if _level(steps, row) > row.escalation][:most]
    rows = list(late.select_for_update(of=("self",)).filter(id__in=due))
    facts = []
    for row in rows:
        row.escalation = _level(steps, row)
        told = {
            "level": row.escalation,
            "from_code": _holder(row.case),
            "to_code": _line(steps, row)[row.escalation - 1],
        }
        facts.append(tell(actor, row.case, SupervisionEscalated, supervision_id=str(row.id), **told))
    return _tell_all(rows, facts, "escalation", actor, now)


def _holder(case: Case) -> str:
    return case.lead_code or case.organisation_code


def _line(steps: Steps, row: Supervision) -> Sequence[str]:
    """Who is told, in their order: the centre, then who stands above the holder."""
    centre = rules.centre_code()
    return (centre, *(code for code in steps.line(_holder(row.case)) if code != centre))


def _level(steps: Steps, row: Supervision) -> int:
    return min(steps.since(row.due_at), len(_line(steps, row)))


def _tell_all(rows: Sequence[Supervision], facts: Sequence[Fact], column: str, actor: Actor, now: datetime) -> int:
    if facts:
        Supervision.objects.bulk_update(rows, [column])
        ledger.record(facts, actor=actor, now=now)
    return len(facts)
