"""How a case is handled: parts, clock, requests, and what this actor may do next."""

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Subquery
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.rulepacks import Rule, term_rule
from pianqu.kernels import checkcode, deadline
from pianqu.kernels.deadline import Term
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.lifecycle import HANDLED, OPEN, WAITING, Move, State, may_move
from pianqu.rooms.casework.models import Case, Clock, Pause, PublicTitle, Request, Task
from pianqu.rooms.casework.queries.callbacks import has_handled
from pianqu.rooms.casework.queries.cases import working_days
from pianqu.rooms.casework.queries.clockrules import terms_of
from pianqu.rooms.casework.queries.forecasts import SAID, ForecastCard, likely_late
from pianqu.rooms.directory import queries as directory

CHILDREN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One organisation's live part."""

    organisation_code: str
    role: str
    state: str
    due_at: datetime | None
    given_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Something that waits for a decision."""

    kind: str
    organisation_code: str
    asked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class May:
    """What this actor may do with the case now."""

    accept: bool = False
    dispatch: bool = False
    join: bool = False
    start: bool = False
    give_back: bool = False
    object: bool = False
    review: bool = False
    pause: bool = False
    resume: bool = False
    ask_for_time: bool = False
    decide_on_time: bool = False
    finish: bool = False
    call_back: bool = False
    supervise: bool = False
    link: bool = False
    unlink: bool = False
    title: bool = False
    take: bool = False
    recategorise: bool = False
    give_away: bool = False
    """To another district or system, by its own page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """A case's handling for an official."""

    nature: str
    lead_code: str
    parts: tuple[Part, ...]
    asked: tuple[Asked, ...]
    due_at: datetime | None
    due_provisional: bool
    standing: str
    returns: int
    reopenings: int
    escalation: int
    parent: tuple[uuid.UUID, str] | None
    children: tuple[tuple[uuid.UUID, str, str], ...]
    """The first few that joined it."""
    may: May
    public_title: str = ""
    """What everybody may read of it; empty where nothing was released."""
    joined: int = 0
    """How many joined it."""
    forecast: ForecastCard | None = None
    """That it is likely to be late; None where that is not said."""
    own_article: str = ""
    """The item of the list by which it is the actor's own organisation's, where nobody has it yet."""
    listed: directory.Responsibility | None = None
    """Whom the duty lists name, where that was asked: while nobody answers for it yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Why a case is due when it is: the rule, what was added, and every run of days."""

    rule: Rule
    started_at: datetime
    extra: int
    due: deadline.Due | None
    pauses: tuple[deadline.Pause, ...] = ()
    term: Term | None = None
    """By which this clock runs, where that is not the rule's own."""
    extra_unit: str = ""
    rules_version: int = 0
    """The district's own set of terms by which it runs; 0 for the pack's."""


def handling_for(actor: Actor, case_id: uuid.UUID, *, now: datetime) -> Handling:
    """The handling of a case that this actor may see (queries.case_for decided that)."""
    released = PublicTitle.objects.filter(case=OuterRef("pk")).values("title")[:1]
    joined = Case.objects.filter(parent=case_id)
    said = Case.objects.select_related("parent").annotate(
        **SAID, public_title=Subquery(released), was_joined=Exists(joined)
    )
    case = said.get(id=case_id)
    tasks = list(Task.objects.filter(case=case, ended_at=None).order_by("-role", "given_at", "organisation_code"))
    asked = list(Request.objects.filter(case=case, decided_at=None).order_by("asked_at")) if case.state in OPEN else []
    clock = Clock.objects.filter(case=case, stopped_at=None).first()
    waits = case.state in WAITING and actor.acts
    listed = by_list(case.category, case.place_code or "", timezone.localdate(now)) if waits else None
    own = _own_article(actor, listed)
    first = joined.order_by("opened_at", "id").values_list("id", "code", "state")[:CHILDREN]
    children = list(first) if case.was_joined else []
    return Handling(
        nature=case.nature,
        lead_code=case.lead_code,
        parts=tuple(
            Part(
                organisation_code=task.organisation_code,
                role=task.role,
                state=task.state,
                due_at=task.due_at,
                given_at=task.given_at,
            )
            for task in tasks
        ),
        asked=tuple(Asked(kind=a.kind, organisation_code=a.organisation_code, asked_at=a.asked_at) for a in asked),
        due_at=case.due_at,
        due_provisional=case.due_provisional,
        standing=_standing(case, clock, now),
        returns=case.returns,
        reopenings=case.reopenings,
        escalation=case.escalation,
        parent=(case.parent.id, checkcode.show(case.parent.code)) if case.parent else None,
        children=tuple((id_, checkcode.show(code), state) for id_, code, state in children),
        joined=len(children) if len(children) < CHILDREN else joined.count(),
        may=_may(actor, case, tasks, {a.kind: a for a in asked}, clock, has_children=bool(children), by_list=own),
        forecast=likely_late(case, now),
        public_title=case.public_title or "",
        own_article=own,
        listed=listed,
    )


def named_by_list(actor: Actor, category: str, place_code: str, on: date) -> str:
    """The item of the duty list by which this matter is the actor's own organisation's; empty where it is not. Few statements."""
    return _own_article(actor, by_list(category, place_code, on) if actor.acts else None)


def by_list(category: str, place_code: str, on: date) -> directory.Responsibility | None:
    """Whom the duty lists name for a matter there; None where no place is known. A person decides. Few statements."""
    return directory.who_answers(category=category, place_code=place_code, on=on) if place_code else None


def _own_article(actor: Actor, named: directory.Responsibility | None) -> str:
    return (named.article or named.source) if named and named.lead == actor.organisation_code else ""


def _standing(case: Case, clock: Clock | None, now: datetime) -> str:
    """ok, soon, late, paused, or empty where no clock runs."""
    if case.state not in OPEN or (clock is None and case.due_at is None):
        return ""
    start = clock.started_at if clock else case.opened_at
    return str(deadline.standing(start, case.due_at, now, paused=case.state == State.PAUSED))


def _may(
    actor: Actor,
    case: Case,
    tasks: list[Task],
    asked: dict[str, Request],
    clock: Clock | None,
    *,
    has_children: bool,
    by_list: str,
) -> May:
    own = next((task for task in tasks if task.organisation_code == actor.organisation_code), None)
    own = own if actor.acts else None
    triage, leads = rules.may_triage(actor), own is not None and own.role == "lead"
    objection, extension = asked.get("objection"), asked.get("extension")
    handled = case.state in HANDLED
    dispatcher = next((task.given_by_post for task in tasks if task.role == "lead"), "")
    return May(
        accept=triage and may_move(case.state, Move.ACCEPT),
        dispatch=triage and may_move(case.state, Move.DISPATCH),
        join=handled and rules.may_ask_for_help(actor, case.lead_code),
        start=own is not None and own.state == "given" and case.state in OPEN,
        give_back=own is not None and not own.binding and (handled or own.role == "helper"),
        object=leads and handled and objection is None,
        review=objection is not None and rules.may_review(actor, dispatched_by=dispatcher),
        pause=leads and may_move(case.state, Move.PAUSE),
        resume=leads and may_move(case.state, Move.RESUME),
        ask_for_time=leads and handled and extension is None and _extensible(clock),
        decide_on_time=extension is not None and rules.may_approve(actor, case.lead_code, asked_by=extension.by_post),
        finish=own is not None and own.role == "helper",
        call_back=case.state == State.RESOLVED
        and not case.imported_from
        and rules.may_call_back(actor, resolver=case.resolver_post, former_checker=case.checker_post)
        and not has_handled(actor, case.id),
        supervise=case.state in OPEN and rules.may_supervise(actor),
        link=triage and case.state in (*OPEN, State.RESOLVED) and case.parent_id is None and not has_children,
        take=rules.may_take(actor, named=bool(by_list)),
        title=case.state in OPEN and rules.may_release_title(actor, case.lead_code),
        unlink=triage and case.parent_id is not None,
        recategorise=case.state in OPEN and rules.may_recategorise(actor, case.lead_code),
        give_away=actor.acts and (triage or leads) and case.state in OPEN,
    )


def _extensible(clock: Clock | None) -> bool:
    return clock is not None and not clock.extra and term_rule(clock.rule_id).extend is not None


def explained(case_id: uuid.UUID) -> Explained | None:
    """The sum behind the due date; None where no clock runs."""
    clock = Clock.objects.filter(case_id=case_id, stopped_at=None).first()
    if clock is None:
        return _first_clock(case_id)
    terms = terms_of(clock)
    pauses = Pause.objects.filter(clock=clock).order_by("started_at").values_list("started_at", "ended_at")
    stood = [deadline.Pause(start, end) for start, end in pauses]
    due = deadline.due_at(
        clock.started_at,
        terms,
        working_days(),
        zone=timezone.get_default_timezone(),
        pauses=stood,
    )
    return Explained(
        rule=term_rule(clock.rule_id),
        started_at=clock.started_at,
        extra=clock.extra,
        due=due,
        pauses=tuple(stood),
        term=terms[0],
        extra_unit=clock.extra_unit or clock.unit,
        rules_version=clock.rules_version,
    )


def _first_clock(case_id: uuid.UUID) -> Explained | None:
    """What came in and was not accepted yet has the acceptance's clock, which has no row."""
    opened = (
        Case.objects.filter(id=case_id, state=State.OPENED).exclude(due_at=None).values_list("opened_at", flat=True)
    )
    started_at = opened.first()
    if started_at is None:
        return None
    rule = term_rule("case.acceptance")
    due = deadline.due_at(started_at, [rule.term], working_days(), zone=timezone.get_default_timezone())
    return Explained(rule=rule, started_at=started_at, extra=0, due=due)


def days(step: deadline.Step) -> int:
    """How many days a step covers."""
    return (step.until - step.since).days + 1


def first_day(explanation: Explained) -> date:
    """The day on which the clock began."""
    return timezone.localdate(explanation.started_at)
