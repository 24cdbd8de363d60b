"""What every reopening shares: a fresh clock at the centre, and somebody else who checks the next answer."""

from datetime import datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import Fact
from pianqu.rooms.casework.facts import CaseReopened
from pianqu.rooms.casework.lifecycle import ENDED, Move
from pianqu.rooms.casework.models import Case, Request
from pianqu.rooms.casework.services.clocks import rule_of, started
from pianqu.rooms.casework.services.steps import moved, parts_know, tell


def reopened(actor: Actor, case: Case, now: datetime, *, commitment: str = "", cause: str = "") -> list[Fact]:
    """Move the case back to the centre; answers what is to be told. The caller saves it. Raises Refused."""
    had_ended = case.state in ENDED
    moved(case, Move.REOPEN)
    if had_ended:
        parts_know([case], ended=False)
    case.reopenings += 1
    case.reopened_at = now
    case.score = case.resolved_at = case.closed_at = None
    case.lead_code = ""
    Request.objects.filter(case=case, decided_at=None).update(decided_at=now)  # the answer had made them idle
    return [
        tell(actor, case, CaseReopened, times=case.reopenings, words_commitment=commitment, cause=cause),
        started(actor, case, rule_of(case.nature or "complaint"), now, "reopened"),
    ]
