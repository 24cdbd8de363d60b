"""The district's own terms: drafted, put in force on a day, and applied to open matters by the worker, some at a time."""

import secrets
import uuid
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.rulepacks import term_rule
from pianqu.foundation.verbs import verb
from pianqu.kernels.leaf import SALT_BYTES, text_commitment
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    AboutClockRules,
    ClockRulesApplied,
    ClockRulesDrafted,
    ClockRulesDropped,
    ClockRulesEnforced,
    ClockTermChanged,
    DueDateSet,
)
from pianqu.rooms.casework.lifecycle import OPEN, State
from pianqu.rooms.casework.models import Case, Clock, ClockVersion
from pianqu.rooms.casework.queries import DRAFT, DROPPED, IN_FORCE, NATURES, ClockRules, LocalTerm, Reckoner, term_words
from pianqu.rooms.casework.services.clocks import DUE, set_due
from pianqu.rooms.casework.services.parts import taken
from pianqu.rooms.casework.services.steps import iso, locked, tell
from pianqu.rooms.casework.services.subdates import capped
from pianqu.rooms.ledger import services as ledger

AT_ONCE = 200
"""Clocks that one transaction looks at."""
LONGEST = {"h": 720, "wd": 250, "cd": 365, "mo": 12}
"""The most of a unit that a term may have: about a year, a month of hours."""
FARTHEST = timedelta(days=366)
MOST_TERMS = 200


class WrongTerm(Invalid):
    """One of the terms cannot be taken."""

    def __init__(self, code: str, message: str, *, at: int, part: str) -> None:
        super().__init__(code, message)
        self.at = at
        """Which one, counted from 0."""
        self.part = part
        """Which of its fields."""


@verb
def draft_clock_rules(
    *, actor: Actor, terms: Sequence[LocalTerm], back_to: int = 0, seen: str | None = None, now: datetime
) -> uuid.UUID:
    """Write down which terms are to hold, all of them: what is left out is the pack's. It takes the place of an earlier draft.

    Nothing moves by that. `back_to` says which version it makes again, `seen` is what `queries.clock_basis` said when the writer
    began; without it nobody is asked. What stands there already is not written twice. Raises Forbidden, Invalid naming the wrong
    term, and Refused where a colleague wrote meanwhile.
    """
    rules.check_may_set_clocks(actor)
    _check(terms)
    ordered = sorted(terms, key=lambda one: (NATURES.index(one.nature), one.category))
    rows = [[one.nature, one.category, one.amount, one.unit, one.rolls] for one in ordered]
    draft = ClockVersion.objects.select_for_update().filter(state=DRAFT).first()
    if draft is not None and (draft.terms, draft.back_to) == (rows, back_to):
        return draft.id
    _check_seen(seen)
    if draft is None:
        newest = ClockVersion.objects.aggregate(newest=Max("number"))["newest"] or 0
        draft = ClockVersion(id=new_id(), number=newest + 1, state=DRAFT)
    draft.terms, draft.back_to = rows, back_to
    draft.drafted_by, draft.drafted_at = actor.post_id or "", now
    draft.save()
    _tell(actor, draft, ClockRulesDrafted, now, terms=tuple(one.code for one in ordered), back_to=back_to)
    return draft.id


def _check_seen(seen: str | None) -> None:
    """Raises Refused: nobody overwrites or drops what they have not seen."""
    if seen is None or seen == queries.clock_basis():
        return
    raise Refused(
        "clock-draft-changed",
        _("A colleague changed the draft since you opened this page. Nothing of theirs was overwritten or dropped."),
    )


def _check(terms: Sequence[LocalTerm]) -> None:
    """Raises Invalid."""
    if len(terms) > MOST_TERMS:
        raise Invalid("terms-many", _("These are more terms than a district needs. Nothing was changed."))
    known = queries.known_codes()
    met: set[tuple[str, str]] = set()
    for at, one in enumerate(terms):
        _check_what(at, one, known)
        _check_how_long(at, one)
        if (one.nature, one.category) in met:
            sentence = _("The same kind and category stand there twice. Nothing was changed.")
            raise WrongTerm("term-twice", sentence, at=at, part="category")
        met.add((one.nature, one.category))


def _check_what(at: int, one: LocalTerm, known: Collection[str]) -> None:
    if one.nature not in NATURES:
        raise WrongTerm("nature-unknown", _("Please choose what kind of matter this is."), at=at, part="nature")
    if one.category and one.category not in known:
        raise WrongTerm("category-unknown", _("There is no such category."), at=at, part="category")
    if term_rule(f"case.{one.nature}").level != "ours":
        sentence = _("This term is set by law; only the district's own ones can be changed.")
        raise WrongTerm("term-legal", sentence, at=at, part="nature")


def _check_how_long(at: int, one: LocalTerm) -> None:
    if one.unit not in LONGEST:
        raise WrongTerm("term-unit", _("Please choose what the term is counted in."), at=at, part="unit")
    if not 1 <= one.amount <= LONGEST[one.unit]:
        most = term_words(LONGEST[one.unit], one.unit)
        sentence = _("A term is at least 1 and at most %(most)s. Nothing was changed.") % {"most": most}
        raise WrongTerm("term-amount", sentence, at=at, part="amount")


@verb
def drop_clock_draft(*, actor: Actor, seen: str | None = None, now: datetime) -> None:
    """The draft is not wanted any more. Raises Forbidden, and Refused where there is none, or not the one that was `seen`."""
    rules.check_may_set_clocks(actor)
    draft = _draft()
    _check_seen(seen)
    draft.state = DROPPED
    draft.save(update_fields=["state"])
    _tell(actor, draft, ClockRulesDropped, now)


def _draft() -> ClockVersion:
    draft = ClockVersion.objects.select_for_update().filter(state=DRAFT).first()
    if draft is None:
        raise Refused("clock-draft-none", _("There is no draft any more: a colleague put it in force or dropped it."))
    return draft


@verb
def enforce_clock_rules(
    *, actor: Actor, seen: str, from_date: date, also_open: bool, words: str, now: datetime
) -> uuid.UUID:
    """Put the draft in force from a day on, for what comes in then, or for what is open too.

    `seen` is the digest of the draft that the preview showed. Raises Forbidden, Invalid for the day or for no reason, and Refused
    where the draft is another one by now.
    """
    rules.check_may_set_clocks(actor)
    today = timezone.localdate(now)
    if not today <= from_date <= today + FARTHEST:
        raise Invalid("clock-day", _("Please choose a day from today on, within a year. Nothing was put in force."))
    why = taken(words, shortest=1, missing=_("Please say why the terms change; it is kept with the version.")).text
    draft = _draft()
    card = queries.clock_draft()
    if card is None or card.digest != seen:
        sentence = _(
            "The draft was changed since you saw its preview. Nothing was put in force; please look at it again."
        )
        raise Refused("clock-draft-other", sentence)
    draft.state, draft.from_date, draft.also_open = IN_FORCE, from_date, also_open
    draft.words, draft.salt = why, secrets.token_bytes(SALT_BYTES)
    draft.enforced_by, draft.enforced_at = actor.post_id or "", now
    draft.save()
    _tell(
        actor,
        draft,
        ClockRulesEnforced,
        now,
        from_date=from_date.isoformat(),
        also_open=also_open,
        terms=tuple(one.code for one in card.terms),
        words_commitment=text_commitment(why, draft.salt),
    )
    return draft.id


@verb
def apply_clock_rules(*, actor: Actor, version_id: uuid.UUID, now: datetime, most: int = AT_ONCE) -> bool:
    """Look at the next open matters by a version that is in force for them too; answers whether there may be more.

    Each date that moves is told of by itself. A clock that stands still takes over the new term and keeps its pauses. A version
    whose place a newer one has taken is over at once.
    """
    rules.check_is_own_program(actor)
    version = ClockVersion.objects.select_for_update().get(id=version_id)
    if version.state != IN_FORCE or version.finished_at is not None:
        return False
    wanted = queries.clock_rules(on=timezone.localdate(now))
    ids = _next(version, most) if wanted.version == version.number else []
    facts, moved, held = _move(actor, ids, wanted, now)
    version.looked, version.moved, version.held = version.looked + len(ids), version.moved + moved, version.held + held
    version.after = ids[-1] if ids else version.after
    version.finished_at = None if len(ids) == most else now
    version.save()
    told = ClockRulesApplied(
        subject=f"clock-rules:{version.number}",
        organisation_code=actor.organisation_code,
        version=version.number,
        looked=len(ids),
        moved=moved,
        held=held,
        finished=version.finished_at is not None,
    )
    ledger.record([told, *facts], actor=actor, now=now)
    return version.finished_at is None


def _next(version: ClockVersion, most: int) -> list[uuid.UUID]:
    """The next running clocks in the order of their ids; one that begins meanwhile has the new term anyway."""
    running = Clock.objects.filter(stopped_at=None)
    further = running.filter(id__gt=version.after) if version.after else running
    return list(further.order_by("id").values_list("id", flat=True)[:most])


def _move(actor: Actor, ids: Sequence[uuid.UUID], wanted: ClockRules, now: datetime) -> tuple[list[Fact], int, int]:
    """What is to be told, how many dates moved, how many standing clocks changed. Cases are locked before clocks are read."""
    cases = locked(list(Clock.objects.filter(id__in=ids).values_list("case_id", flat=True)))
    live = Clock.objects.select_for_update().filter(id__in=ids, stopped_at=None).order_by("id")
    clocks = [clock for clock in live if cases[clock.case_id].state in OPEN and queries.nature_of(clock)]
    reckoner, pauses = Reckoner(queries.working_days()), queries.pauses_by_clock(clocks)
    facts: list[Fact] = []
    moved = held = 0
    for clock in clocks:
        case = cases[clock.case_id]
        term = wanted.term(queries.nature_of(clock), case.category)
        if not queries.is_other(clock, term):
            continue
        if clock.extra and not clock.extra_unit:
            clock.extra_unit = clock.unit
        before = (clock.amount, clock.unit)
        clock.amount, clock.unit, clock.rolls = term.amount, str(term.unit), term.rolls
        clock.rules_version = wanted.version
        if case.state == State.PAUSED:
            facts.append(_changed(actor, case, clock, before))
            held += 1
        elif (due := reckoner.due(clock.started_at, queries.terms_of(clock), pauses.get(clock.id, ()))) is not None:
            moved += due.at != clock.due_at
            clock.due_at, clock.last_day, clock.provisional = due.at, due.last_day, due.provisional
            set_due(case, clock.started_at, due)
            case.escalation = case.escalation if due.at <= now else 0
            facts.append(_set(actor, case, clock))
            case.save(update_fields=DUE)
        clock.save()
    facts += capped(actor, list(cases.values()))
    return facts, moved, held


def _changed(actor: Actor, case: Case, clock: Clock, before: tuple[int, str]) -> ClockTermChanged:
    return tell(
        actor,
        case,
        ClockTermChanged,
        rule_id=clock.rule_id,
        version=clock.rules_version,
        amount=clock.amount,
        unit=clock.unit,
        before_amount=before[0],
        before_unit=before[1],
    )


def _set(actor: Actor, case: Case, clock: Clock) -> DueDateSet:
    return tell(
        actor,
        case,
        DueDateSet,
        rule_id=clock.rule_id,
        cause="rules-changed",
        due_at=iso(clock.due_at),
        last_day=clock.last_day.isoformat() if clock.last_day else "",
        provisional=clock.provisional,
        rules_version=clock.rules_version,
    )


def _tell(actor: Actor, version: ClockVersion, fact: type[AboutClockRules], now: datetime, **own: Any) -> None:
    told = fact(
        subject=f"clock-rules:{version.number}",
        organisation_code=actor.organisation_code,
        version=version.number,
        **own,
    )
    ledger.record([told], actor=actor, now=now)
