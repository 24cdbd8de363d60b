"""Call-backs: the list of reporters to be asked, who may not ask, and the draws with their seeds."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case as Choice
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, When

from pianqu.foundation.actor import Actor
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.lifecycle import ANSWERED
from pianqu.rooms.casework.models import CallBack, CallBackDraw, Contact, Note
from pianqu.rooms.casework.queries.cases import CaseRow, rows_for
from pianqu.rooms.casework.queries.checks import ATTEMPTS, has_judged, posts_of
from pianqu.rooms.casework.queries.seen import seen_by
from pianqu.rooms.ledger import queries as ledger

WAITING, EARLY, DONE = "waiting", "early", "done"
REASONS = ("reopened", "bad-rating", "sample")
OUTCOMES = ("satisfied", "dissatisfied", "unreachable", "holds", "fails", "no_contact", "rated")
SHOWN = 50
DRAWS = 12
HANDLING = frozenset(
    f"casework.{kind}"
    for kind in (
        "task-started",
        "task-done",
        "task-returned",
        "dispatch-objected",
        "extension-asked",
        "case-paused",
        "case-resumed",
        "case-resolved",
        "supervision-answered",
    )
)
"""What only somebody who works on a matter does. To accept and dispatch it is no handling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackCard:
    """One reporter to be asked, or that was asked."""

    call_back_id: uuid.UUID
    case_id: uuid.UUID
    reason: str
    lead_code: str
    is_answered: bool
    listed_at: datetime
    waits_since: datetime
    """Since when somebody could have asked: it was listed, and has its answer."""
    attempts: int
    tried_at: datetime | None
    outcome: str
    words: str
    ended_at: datetime | None
    has_contact: bool
    next_at: datetime | None
    """From when on a further try counts, where the last one was not answered."""
    may_do: bool
    """By the organisation; who had a hand in the matter is refused when the call is written down."""
    is_check: bool
    """The matter came back: its new answer cannot be archived before this."""
    by_another: bool
    """The actor answered it, or checked the answer with which it came back: a colleague does this."""

    @property
    def calls_left(self) -> bool:
        return self.attempts < ATTEMPTS


BETWEEN_TRIES = timedelta(hours=4)
"""So long after a try that was not answered the next one counts: three in a minute are one."""


def next_try(tried_at: datetime | None) -> datetime | None:
    """From when on a further try counts; None where nobody tried yet."""
    return tried_at + BETWEEN_TRIES if tried_at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBackPage:
    cards: tuple[CallBackCard, ...]
    cases: Mapping[uuid.UUID, CaseRow]
    waiting: int
    early: int
    """Listed, and not answered at the moment."""
    done: int
    satisfied: int
    dissatisfied: int
    unreachable: int
    holds: int
    """Looked at by who checked it, where nobody could be asked."""
    fails: int
    no_contact: int
    """Over at once: nobody had left a number."""
    rated: int
    """Over: the reporter rated the new answer."""
    next_page: int
    units: tuple[str, ...] = ()
    """Whose answers are on the whole list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawCard:
    """A draw, with what is needed to draw it again."""

    draw_id: uuid.UUID
    since: date
    until: date
    percent: int
    seed: str
    population: int
    drawn: int
    drawn_at: datetime


def call_backs_for(
    actor: Actor, *, which: str = "", page: int = 1, reason: str = "", lead_code: str = ""
) -> CallBackPage:
    """The list within the actor's scope. A constant number of statements.

    What came back is first, for it cannot be archived before, then what was rated badly, then samples, each the oldest first;
    what is over, the newest first.
    """
    mine = CallBack.objects.filter(case__in=seen_by(actor).values("id"))
    units = _units(mine)
    seen = _narrowed(mine, reason, lead_code)
    live, answered, over = Q(ended_at=None), Q(case__state__in=ANSWERED), Q(ended_at__isnull=False)
    sorts = {WAITING: live & answered, EARLY: live & ~answered, DONE: over}
    outcomes = {name: over & Q(outcome=name.replace("_", "-")) for name in OUTCOMES}
    counted = seen.aggregate(**{name: Count("id", filter=one) for name, one in (sorts | outcomes).items()})
    order = ("-ended_at", "id") if which == DONE else (_RANK, "listed_at", "id")
    first = (page - 1) * SHOWN
    chosen = _told(seen.filter(sorts.get(which, sorts[WAITING]))).order_by(*order)
    rows = list(chosen[first : first + SHOWN + 1])
    entries = [row.entry_id for row in rows if row.entry_id]
    words = dict(Note.objects.filter(entry_id__in=entries).values_list("entry_id", "words")) if entries else {}
    posts = posts_of(actor)
    cards = tuple(_card(actor, row, words, posts) for row in rows[:SHOWN])
    cases = rows_for(actor, [card.case_id for card in cards])
    return CallBackPage(
        cards=cards, cases=cases, next_page=page + 1 if len(rows) > SHOWN else 0, units=units, **counted
    )


_RANK = Choice(When(case__reopenings__gt=0, then=0), When(reason="bad-rating", then=1), default=2)


def _narrowed(rows: QuerySet[CallBack], reason: str, lead_code: str) -> QuerySet[CallBack]:
    if reason in REASONS:
        rows = rows.filter(reason=reason)
    if lead_code:
        rows = rows.filter(Q(case__lead_code=lead_code) | Q(case__lead_code="", case__organisation_code=lead_code))
    return rows


def _units(rows: QuerySet[CallBack]) -> tuple[str, ...]:
    """Whose answers are on the list, by code. One statement."""
    found = rows.order_by().values_list("case__lead_code", "case__organisation_code").distinct()
    return tuple(sorted({lead or receiver for lead, receiver in found}))


def _told(rows: QuerySet[CallBack]) -> QuerySet[CallBack]:
    contact = Contact.objects.filter(case_id=OuterRef("case_id"))
    return rows.select_related("case").annotate(reachable=Exists(contact))


def call_back_for(actor: Actor, case_id: uuid.UUID) -> CallBackCard | None:
    """The one that waits on a matter that the actor may see (queries.case_for decided that)."""
    row = _told(CallBack.objects.filter(case_id=case_id, ended_at=None)).first()
    return _card(actor, row, {}, posts_of(actor)) if row else None


def case_of_call_back(call_back_id: uuid.UUID) -> uuid.UUID | None:
    """Whose it is; the door asks whether the actor sees that matter."""
    return CallBack.objects.filter(id=call_back_id).values_list("case_id", flat=True).first()


def _card(actor: Actor, row: CallBack, words: Mapping[uuid.UUID, str], posts: frozenset[str]) -> CallBackCard:
    case = row.case
    mine = {"organisation_code": case.organisation_code, "lead_code": case.lead_code}
    may = row.ended_at is None and case.state in ANSWERED and rules.may_call_back_for(actor, **mine)
    judged = has_judged(posts, case)
    return CallBackCard(
        call_back_id=row.id,
        case_id=row.case_id,
        reason=row.reason,
        lead_code=case.lead_code or case.organisation_code,
        is_answered=case.state in ANSWERED,
        listed_at=row.listed_at,
        waits_since=max(row.listed_at, case.resolved_at or row.listed_at),
        attempts=row.attempts,
        tried_at=row.tried_at,
        outcome=row.outcome,
        words=words.get(row.entry_id, "") if row.entry_id else "",
        ended_at=row.ended_at,
        has_contact=getattr(row, "reachable", False),
        next_at=next_try(row.tried_at) if row.ended_at is None else None,
        may_do=may and not judged,
        is_check=bool(case.reopenings),
        by_another=may and judged,
    )


def has_handled(actor: Actor, case_id: uuid.UUID) -> bool:
    """Whether this person, in this post or another of theirs, worked on the matter. From the ledger: nothing is kept for it."""
    mine = posts_of(actor)
    return any(
        item.kind in HANDLING and mine & {item.actor.get("post"), item.actor.get("for")}
        for item in ledger.history(f"case:{case_id}")
    )


def draws_for(actor: Actor) -> tuple[DrawCard, ...]:
    """The newest draws, each with its seed, for whoever sees the whole district."""
    if not rules.sees_all(actor):
        return ()
    names = ("since", "until", "percent", "seed", "population", "drawn", "drawn_at")
    rows = CallBackDraw.objects.order_by("-drawn_at")[:DRAWS]
    return tuple(DrawCard(draw_id=row.id, **{name: getattr(row, name) for name in names}) for row in rows)
