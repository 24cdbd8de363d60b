"""After the answer: rate, call back, reopen, and what a leader can do when it takes too long."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.rulepacks import term_rule
from pianqu.foundation.verbs import verb
from pianqu.kernels import deadline
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    CaseLinked,
    CaseRated,
    CaseReopened,
    CaseSupervised,
    CaseUnlinked,
    MatterSplitOff,
    MatterTakenIn,
)
from pianqu.rooms.casework.lifecycle import ENDED, OPEN, Move, State
from pianqu.rooms.casework.models import Case, Request
from pianqu.rooms.casework.services.clocks import DUE, acceptance_due, rule_of, set_due, started
from pianqu.rooms.casework.services.steps import locked, moved, noted, parts_know, said, tell

REOPENING = "case.reopening"
SCORES = range(1, 6)


@verb
def rate_case(*, actor: Actor, case_id: uuid.UUID, score: int, words: str = "", now: datetime) -> uuid.UUID:
    """The reporter says how the answer was, 1 (bad) to 5 (good). Raises Invalid, Refused."""
    case = locked([case_id])[case_id]
    rules.check_may_extend(actor, case.organisation_code)
    return _rate(actor, case, score, words, "resident", now)


@verb
def call_back(*, actor: Actor, case_id: uuid.UUID, score: int, words: str = "", now: datetime) -> uuid.UUID:
    """A colleague of the centre asked the reporter; after a reopening it is another one than before."""
    case = locked([case_id])[case_id]
    rules.check_may_call_back(actor, resolver=case.resolver_post, former_checker=case.checker_post)
    case.checker_post = actor.post_id or ""
    return _rate(actor, case, score, words, "call-back", now)


def _rate(actor: Actor, case: Case, score: int, words: str, by: str, now: datetime) -> uuid.UUID:
    if score not in SCORES:
        raise Invalid("score-unknown", _("Please choose from 1 to 5."))
    moved(case, Move.RATE)
    case.score = score
    why = said(words, needed=False)
    case.save(update_fields=["state", "score", "checker_post"])
    fact = tell(actor, case, CaseRated, score=score, by=by, words_commitment=why.commitment)
    return noted(actor, case, [fact], now, words=why, shown=True)


def reopen_until(resolved_at: datetime) -> datetime | None:
    """Until when an answered matter can be reopened."""
    term = term_rule(REOPENING).term
    due = deadline.due_at(resolved_at, [term], queries.working_days(), zone=timezone.get_default_timezone())
    return due.at if due else None


@verb
def reopen_case(*, actor: Actor, case_id: uuid.UUID, words: str, now: datetime) -> uuid.UUID:
    """The answer did not settle it: it goes back to the centre with a fresh clock. Raises Refused when it is too late."""
    case = locked([case_id])[case_id]
    rules.check_may_reopen(actor)
    until = reopen_until(case.resolved_at) if case.resolved_at else None
    had_ended = case.state in ENDED
    moved(case, Move.REOPEN)
    if until is not None and now >= until:
        raise Refused(
            "reopen-late",
            _(
                "A matter can be reopened within ten working days of its answer. Please report a new one; it can be joined."
            ),
        )
    why = said(words)
    case.reopenings += 1
    case.reopened_at = now
    case.score = case.resolved_at = case.closed_at = None
    case.lead_code = ""
    facts: list[Fact] = [
        tell(actor, case, CaseReopened, times=case.reopenings, words_commitment=why.commitment),
        started(actor, case, rule_of(case.nature or "complaint"), now, "reopened"),
    ]
    case.save()
    if had_ended:
        parts_know([case], ended=False)
    Request.objects.filter(case=case, decided_at=None).update(decided_at=now)  # the answer had made them idle
    return noted(actor, case, facts, now, words=why, shown=True)


@verb
def supervise_case(*, actor: Actor, case_id: uuid.UUID, words: str, now: datetime) -> uuid.UUID:
    """A leader presses for a matter (督办); who has it reads the words."""
    case = locked([case_id])[case_id]
    rules.check_may_supervise(actor)
    if case.state not in OPEN:
        raise Refused("supervise-over", _("Nobody works on this matter any more. Nothing was changed."))
    why = said(words)
    fact = tell(actor, case, CaseSupervised, words_commitment=why.commitment)
    return noted(actor, case, [fact], now, words=why)


@verb
def link_case(*, actor: Actor, case_id: uuid.UUID, parent_code: str, now: datetime) -> uuid.UUID:
    """Join a matter to another one, named by its code, which then ends after it.

    Raises Absent for a code that this actor does not see, Refused for a circle, an ended parent, or one that is joined already.
    """
    rules.check_may_triage(actor)
    parent_id = queries.id_of(actor, parent_code)
    cases = locked([case_id, parent_id])
    case, parent = cases[case_id], cases[parent_id]
    if case_id == parent_id or parent.parent_id is not None or Case.objects.filter(parent=case).exists():
        raise Refused("link-circle", _("A matter that is joined to another cannot have others joined to it."))
    if parent.state in ENDED or case.state in ENDED:
        raise Refused("link-ended", _("One of the two matters has ended. Nothing was changed."))
    if case.parent_id is not None:
        raise Refused("link-twice", _("This matter is joined to another one already. Nothing was changed."))
    case.parent = parent
    case.save(update_fields=["parent"])
    taken_in = tell(actor, parent, MatterTakenIn, child_id=str(case_id))
    return noted(actor, case, [tell(actor, case, CaseLinked, parent_id=str(parent_id)), taken_in], now)


@verb
def unlink_case(*, actor: Actor, case_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Take a matter out of the one that it was joined to. Raises Refused where it is joined to none."""
    case = locked([case_id])[case_id]
    rules.check_may_triage(actor)
    former = case.parent_id
    if former is None:
        raise Refused("link-none", _("This matter is joined to no other. Nothing was changed."))
    case.parent = None
    if case.state == State.OPENED and case.due_at is None and not case.imported_from:
        set_due(case, now, acceptance_due(now, now))
    case.save(update_fields=["parent", *DUE])
    split_off = tell(actor, Case.objects.get(id=former), MatterSplitOff, child_id=str(case_id))
    return noted(actor, case, [tell(actor, case, CaseUnlinked, parent_id=str(former)), split_off], now)


def waiting_children(case: Case) -> tuple[int, Sequence[str]]:
    """How many matters joined to this one have not ended, and the codes of the first few."""
    waiting = Case.objects.filter(parent=case).exclude(state__in=ENDED)
    return waiting.count(), list(waiting.order_by("opened_at", "id").values_list("code", flat=True)[:5])
