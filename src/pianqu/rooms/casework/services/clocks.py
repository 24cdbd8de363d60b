"""Clocks: set by a rule, paused, extended, stopped, and computed anew when a year's holidays become known."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused, unchanged
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.rulepacks import Rule, term_rule, year_table
from pianqu.foundation.verbs import verb
from pianqu.kernels import deadline
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    CasePaused,
    CaseResumed,
    DueDateSet,
    ExtensionAsked,
    ExtensionDecided,
    YearAnnounced,
)
from pianqu.rooms.casework.lifecycle import FIRST, Move, State
from pianqu.rooms.casework.models import Case, Clock, Pause, Request, Year
from pianqu.rooms.casework.services.steps import iso, locked, moved, noted, said, tell
from pianqu.rooms.casework.services.subdates import capped, stood_still
from pianqu.rooms.ledger import services as ledger

ACCEPTANCE = "case.acceptance"
REASONS = ("waiting-for-reporter", "inspection", "appraisal", "hearing", "other-procedure", "weather")
"""Why a clock may stand still, as codes."""


def rule_of(nature: str) -> Rule:
    """The rule by which a matter of this nature is handled. Raises Invalid for an unknown nature."""
    if nature not in NATURES:
        raise Invalid("nature-unknown", _("Please choose what kind of matter this is."))
    return term_rule(f"case.{nature}")


NATURES = queries.NATURES
"""性质: 咨询、求助、投诉举报建议、紧急. Each has its rule in the pack."""


def acceptance_due(opened_at: datetime, now: datetime) -> deadline.Due | None:
    """Until when a matter that came in has to be accepted: its first clock has no row, the case keeps its end."""
    term = term_rule(ACCEPTANCE).term
    return deadline.due_at(opened_at, [term], queries.recent_working_days(now), zone=timezone.get_default_timezone())


DUE = ("due_at", "due_provisional", "warn_at", "warned", "escalation")
"""The columns of a case that say how its clock stands."""


def set_due(case: Case, start: datetime, due: deadline.Due | None) -> None:
    """Put a clock's end on the case, with the moment from which it is yellow; None where no clock runs."""
    case.due_at, case.due_provisional = (due.at, due.provisional) if due else (None, False)
    case.warn_at = deadline.warning_at(start, due.at) if due else None
    case.warned = False


def started(
    actor: Actor, case: Case, rule: Rule, now: datetime, cause: str, *, said_at: datetime | None = None
) -> DueDateSet:
    """Stop what runs and start a clock by this rule, which takes over the case's due date; answers what is to be told.

    Where the district has a term of its own for such a matter on that day, the clock runs by that. `said_at` is when it was
    started, where it runs from an earlier moment on.
    """
    if case.state != FIRST:  # the first clock has no row
        stop(case, now)
    own = queries.clock_rules(on=timezone.localdate(now), today=timezone.localdate(said_at or now))
    term = own.term(rule.id.removeprefix("case."), case.category)
    clock = Clock(
        id=new_id(),
        case=case,
        rule_id=rule.id,
        amount=term.amount,
        unit=str(term.unit),
        rolls=term.rolls,
        rules_version=own.version,
        started_at=now,
    )
    case.escalation = 0
    fact = _set(actor, case, clock, cause, pauses=())
    clock.save(force_insert=True)
    return fact


def stop(case: Case, now: datetime) -> None:
    """The running clock of the case has done its work."""
    set_due(case, now, None)
    for clock in running(case):
        Pause.objects.filter(clock=clock, ended_at=None).update(ended_at=now)
        clock.stopped_at = now
        clock.save(update_fields=["stopped_at"])


def running(case: Case) -> QuerySet[Clock]:
    """The clock that runs on the case, if there is one."""
    return Clock.objects.filter(case=case, stopped_at=None)


@verb
def pause_case(*, actor: Actor, case_id: uuid.UUID, reason: str, words: str, now: datetime) -> uuid.UUID:
    """Let the clock stand still, for a reason that the rules name. Raises Invalid, Refused, Forbidden."""
    case = locked([case_id])[case_id]
    rules.check_may_handle(actor, case.lead_code)
    if reason not in REASONS:
        raise Invalid("pause-reason", _("Please choose why the clock may stand still."))
    why = said(words, filled=True)
    moved(case, Move.PAUSE)
    clock = running(case).get()
    Pause.objects.create(id=new_id(), clock=clock, reason=reason, started_at=now)
    set_due(case, now, None)
    case.save(update_fields=["state", *DUE])
    return noted(
        actor,
        case,
        [tell(actor, case, CasePaused, reason=reason, words_commitment=why.commitment)],
        now,
        words=why,
        shown=True,
    )


@verb
def resume_case(*, actor: Actor, case_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """The clock runs again; the days in between do not count."""
    case = locked([case_id])[case_id]
    rules.check_may_handle(actor, case.lead_code)
    moved(case, Move.RESUME)
    clock = running(case).get()
    Pause.objects.filter(clock=clock, ended_at=None).update(ended_at=now)
    pauses = pauses_of(clock)
    due = _set(actor, case, clock, "resumed", pauses=pauses)
    clock.save()
    case.save(update_fields=["state", *DUE])
    parts = stood_still(actor, case, since=pauses[-1].start, without=lambda: compute(clock, pauses[:-1]))
    return noted(actor, case, [tell(actor, case, CaseResumed), due, *parts], now)


@verb
def ask_for_time(*, actor: Actor, case_id: uuid.UUID, words: str, now: datetime) -> uuid.UUID:
    """Ask a leader for the extension that the rule allows, once and before the due date. Raises Refused, Invalid."""
    case = locked([case_id])[case_id]
    rules.check_may_handle(actor, case.lead_code)
    clock = running(case).first()
    if case.state == State.PAUSED:
        raise Refused("case-is-paused", unchanged(_("This matter is paused; resume it first.")))
    if clock is None or term_rule(clock.rule_id).extend is None:
        raise Refused("extension-none", _("The rule of this clock allows no more time. Nothing was changed."))
    if clock.extra:
        raise Refused("extension-twice", _("This term was extended before; the rule allows it once."))
    if clock.due_at is not None and now >= clock.due_at:
        raise Refused(
            "extension-late",
            _(
                "More time has to be asked for before the due date; it has passed. The matter stays overdue: please act now."
            ),
        )
    if Request.objects.filter(case=case, kind="extension", decided_at=None).exists():
        raise Refused("extension-asked", _("More time was asked for already; it waits for a decision."))
    why = said(words)
    Request.objects.create(
        id=new_id(),
        case=case,
        kind="extension",
        organisation_code=actor.organisation_code,
        by_post=actor.post_id or "",
        asked_at=now,
    )
    fact = tell(actor, case, ExtensionAsked, rule_id=clock.rule_id, words_commitment=why.commitment)
    return noted(actor, case, [fact], now, words=why)


@verb
def decide_on_time(*, actor: Actor, case_id: uuid.UUID, granted: bool, words: str, now: datetime) -> uuid.UUID:
    """Give more time or refuse it; not by the post that asked. The reporter reads the reason."""
    case = locked([case_id])[case_id]
    request = Request.objects.filter(case=case, kind="extension", decided_at=None).first()
    if request is None:
        raise Refused("extension-unasked", _("Nobody asked for more time. Nothing was changed."))
    rules.check_may_approve(actor, case.lead_code, asked_by=request.by_post)
    clock = running(case).first()
    if clock is None:
        raise Refused("extension-over", _("This matter has no running clock any more. Nothing was changed."))
    why = said(words)
    request.granted, request.decided_at = granted, now
    request.save(update_fields=["granted", "decided_at"])
    facts: list[Fact] = [
        tell(actor, case, ExtensionDecided, rule_id=clock.rule_id, granted=granted, words_commitment=why.commitment)
    ]
    if granted:
        facts.append(_extended(actor, case, clock))
    return noted(actor, case, facts, now, words=why, shown=granted)


def _extended(actor: Actor, case: Case, clock: Clock) -> DueDateSet:
    extend = term_rule(clock.rule_id).extend
    if extend is None:
        raise Refused("extension-none", _("The rule of this clock allows no more time. Nothing was changed."))
    clock.extra, clock.extra_unit = extend.term.amount, str(extend.term.unit)
    fact = _set(actor, case, clock, "extended", pauses=pauses_of(clock))
    clock.save()
    case.save(update_fields=DUE)
    return fact


def pauses_of(clock: Clock) -> tuple[deadline.Pause, ...]:
    """The clock's pauses as the kernel takes them."""
    rows = Pause.objects.filter(clock=clock).order_by("started_at").values_list("started_at", "ended_at")
    return tuple(deadline.Pause(start, end) for start, end in rows)


def compute(clock: Clock, pauses: Iterable[deadline.Pause]) -> deadline.Due | None:
    """When the clock ends, with every day's reason."""
    return deadline.due_at(
        clock.started_at,
        queries.terms_of(clock),
        queries.working_days(),
        zone=timezone.get_default_timezone(),
        pauses=tuple(pauses),
    )


def _set(actor: Actor, case: Case, clock: Clock, cause: str, *, pauses: Iterable[deadline.Pause]) -> DueDateSet:
    """Compute the clock's end and put it on clock and case; answers what is to be told."""
    due = compute(clock, pauses)
    if due is not None:
        clock.due_at, clock.last_day, clock.provisional = due.at, due.last_day, due.provisional
        set_due(case, clock.started_at, due)
    return tell(
        actor,
        case,
        DueDateSet,
        rule_id=clock.rule_id,
        cause=cause,
        due_at=iso(clock.due_at),
        last_day=clock.last_day.isoformat() if clock.last_day else "",
        provisional=clock.provisional,
        rules_version=clock.rules_version,
    )


@verb
def announce_year(
    *, actor: Actor, year: int, off: Sequence[str], worked: Sequence[str], notice: str, now: datetime
) -> int:
    """Take in a year's notice and compute every provisional due date anew; answers how many moved.

    `off` and `worked` are days or spans ("2027-02-06..2027-02-12"). Raises Invalid naming the wrong day.
    """
    rules.check_may_announce(actor)
    try:
        year_table({"year": year, "off": list(off), "worked": list(worked)})
    except ValueError as error:
        sentence = _("The list of holidays cannot be used: %(why)s. Nothing was changed.")
        raise Invalid("year-wrong", sentence % {"why": error}) from error
    Year.objects.update_or_create(
        year=year, defaults={"off": list(off), "worked": list(worked), "notice": notice[:120]}
    )
    queries.forget_working_days()
    told: list[Fact] = [
        YearAnnounced(
            subject=f"year:{year}",
            organisation_code=actor.organisation_code,
            year=year,
            off=tuple(off),
            worked=tuple(worked),
            notice=notice[:120],
        )
    ]
    again = [(clock.case, fact) for clock in _provisional() if (fact := _again(actor, clock)) is not None]
    changes = [fact for _case, fact in again]
    told += capped(actor, [case for case, _fact in again])
    changes += _unaccepted_again(actor, now)
    ledger.record([*told, *changes], actor=actor, now=now)
    return len(changes)


def _provisional() -> QuerySet[Clock]:
    return (
        Clock.objects.select_for_update(of=("self",)).filter(stopped_at=None, provisional=True).select_related("case")
    )


def _again(actor: Actor, clock: Clock) -> DueDateSet | None:
    """The clock computed with the new table; None where neither its end nor its certainty changed."""
    before = (clock.due_at, clock.provisional)
    fact = _set(actor, clock.case, clock, "year-announced", pauses=pauses_of(clock))
    if before == (clock.due_at, clock.provisional):
        return None
    clock.save()
    clock.case.save(update_fields=DUE)
    return fact


def _unaccepted_again(actor: Actor, now: datetime) -> list[DueDateSet]:
    """The same for matters that nobody has accepted yet."""
    changes = []
    for case in Case.objects.select_for_update().filter(state=FIRST, due_provisional=True):
        due = acceptance_due(case.opened_at, now)
        if due is None or (due.at, due.provisional) == (case.due_at, case.due_provisional):
            continue
        set_due(case, case.opened_at, due)
        case.save(update_fields=DUE)
        own = {"rule_id": ACCEPTANCE, "cause": "year-announced", "due_at": iso(due.at)}
        changes.append(
            tell(actor, case, DueDateSet, **own, last_day=due.last_day.isoformat(), provisional=due.provisional)
        )
    return changes
