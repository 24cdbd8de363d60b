"""After the answer: rate, call back, reopen, and what a leader can do when it takes too long."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import CaseLinked, CaseRated, CaseUnlinked, MatterSplitOff, MatterTakenIn
from pianqu.rooms.casework.lifecycle import ENDED, OPEN, Move, State, check_move
from pianqu.rooms.casework.models import Case, Rating
from pianqu.rooms.casework.services.calling import BAD, RATED, check_may_do, end_check, list_bad_rated
from pianqu.rooms.casework.services.clocks import DUE, acceptance_due, set_due
from pianqu.rooms.casework.services.likening import forget_likeness
from pianqu.rooms.casework.services.reopening import reopened
from pianqu.rooms.casework.services.steps import locked, moved, noted, said, tell

SCORES = range(1, 6)


@verb
def rate_case(*, actor: Actor, case_id: uuid.UUID, score: int, words: str = "", now: datetime) -> uuid.UUID:
    """The reporter says how the answer was, 1 (bad) to 5 (good); a bad one reopens the matter.

    After the archive too, while the matter could be reopened: who archives it takes no rating away. Raises Invalid, Refused.
    """
    case = locked([case_id])[case_id]
    rules.check_may_extend(actor, case.organisation_code)
    return _rate(actor, case, score, words, "resident", now)


@verb
def call_back(*, actor: Actor, case_id: uuid.UUID, score: int, words: str = "", now: datetime) -> uuid.UUID:
    """A colleague of the centre asked the reporter; after a reopening it is another one than before."""
    case = locked([case_id])[case_id]
    rules.check_may_call_back(actor, resolver=case.resolver_post, former_checker=case.checker_post)
    check_may_do(actor, case)
    check_move(case.state, Move.CLOSE)  # what is archived is called about from the list of call-backs
    case.checker_post = actor.post_id or ""
    return _rate(actor, case, score, words, "call-back", now)


def _rate(actor: Actor, case: Case, score: int, words: str, by: str, now: datetime) -> uuid.UUID:
    if score not in SCORES:
        raise Invalid("score-unknown", _("Please choose from 1 to 5."))
    moved(case, Move.RATE)
    if not queries.can_be_rated(case, now):
        raise Refused("rate-late", _("This matter is closed, and its time to be rated is over. Nothing was changed."))
    case.score = score
    why, answered_by = said(words, needed=False), case.lead_code or case.organisation_code
    facts: list[Fact] = [tell(actor, case, CaseRated, score=score, by=by, words_commitment=why.commitment)]
    if reopens := score <= BAD and (by == "call-back" or not case.reopenings) and queries.can_reopen(case, now):
        facts += reopened(actor, case, now, cause="bad-rating")
    case.save(update_fields=None if reopens else ["state", "score", "checker_post"])
    entry_id = noted(actor, case, facts, now, words=why, shown=True)
    Rating.objects.create(entry_id=entry_id, case=case, organisation_code=answered_by, score=score, by=by, rated_at=now)
    if by == "call-back":
        outcome = "satisfied" if score > BAD else "dissatisfied"
        end_check(case, outcome, now, entry_id=entry_id, by_post=actor.post_id or "")
    elif score > BAD and case.reopenings:
        end_check(case, RATED, now, entry_id=entry_id)
    if score <= BAD and (reopens or by != "call-back"):
        list_bad_rated(case, now)
    return entry_id


@verb
def reopen_case(*, actor: Actor, case_id: uuid.UUID, words: str, now: datetime) -> uuid.UUID:
    """The answer did not settle it: it goes back to the centre with a fresh clock. Raises Refused when it is too late."""
    case = locked([case_id])[case_id]
    rules.check_may_reopen(actor)
    check_move(case.state, Move.REOPEN)
    if not queries.can_reopen(case, now):
        raise Refused(
            "reopen-late",
            _(
                "A matter can be reopened within ten working days of its answer. Please report a new one; it can be joined."
            ),
        )
    why = said(words)
    facts = reopened(actor, case, now, commitment=why.commitment)
    case.save()
    return noted(actor, case, facts, now, words=why, shown=True)


@verb
def link_case(*, actor: Actor, case_id: uuid.UUID, parent_code: str, now: datetime) -> uuid.UUID:
    """Join a matter to another one, named by its code, which then ends after it.

    Raises Absent for a code that this actor does not see, Refused for a circle, an ended parent, one that is answered
    while this one is not, or one that is joined already.
    """
    rules.check_may_triage(actor)
    parent_id = queries.id_of(actor, parent_code)
    cases = locked([case_id, parent_id])
    case, parent = cases[case_id], cases[parent_id]
    if case_id == parent_id:
        raise Refused("link-itself", _("A matter cannot be joined to itself. Nothing was changed."))
    if parent.parent_id is not None or Case.objects.filter(parent=case).exists():
        raise Refused("link-circle", _("A matter that is joined to another cannot have others joined to it."))
    if parent.state in ENDED or case.state in ENDED:
        raise Refused("link-ended", _("One of the two matters has ended. Nothing was changed."))
    if case.state in OPEN and parent.state not in OPEN:
        sentence = _("The other matter is answered already: nobody would answer this one with it. Nothing was changed.")
        raise Refused("link-answered", sentence)
    if case.parent_id is not None:
        raise Refused("link-twice", _("This matter is joined to another one already. Nothing was changed."))
    case.parent = parent
    if case.state == State.OPENED:  # it waits with the other one; split off, it has its first term again
        set_due(case, now, None)
    case.save(update_fields=["parent", *DUE])
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
    forget_likeness(case_id, joined_to=former)
    split_off = tell(actor, Case.objects.get(id=former), MatterSplitOff, child_id=str(case_id))
    return noted(actor, case, [tell(actor, case, CaseUnlinked, parent_id=str(former)), split_off], now)


def free_joined(parent: Case, now: datetime) -> None:
    """Nobody leads those that joined this matter any more: who waits for acceptance has the first term again. Two statements."""
    alone = Case.objects.filter(parent=parent, state=State.OPENED, due_at=None, imported_from=None)
    sample = alone.first()
    if sample is not None:
        set_due(sample, now, acceptance_due(now, now))
        alone.update(**{name: getattr(sample, name) for name in DUE})


def waiting_children(case: Case) -> tuple[int, Sequence[str]]:
    """How many matters joined to this one have not ended, and the codes of the first few."""
    waiting = Case.objects.filter(parent=case).exclude(state__in=ENDED)
    return waiting.count(), list(waiting.order_by("opened_at", "id").values_list("code", flat=True)[:5])
