"""Questions to whistles 吹哨: who is called where, how each stands, and what the actor may do."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.kernels import checkcode, deadline
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.models import Whistle, WhistleCall
from pianqu.rooms.casework.queries.seen import scope_of

CALLABLE = frozenset({"department", "station", "district"})
"""Kinds of organisations that can be called: those by subject, never the ground."""
SHOWN = timedelta(days=30)
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CallCard:
    """One called organisation."""

    organisation_code: str
    state: str
    office: str
    comes_at: datetime | None
    words: str
    due_at: datetime | None
    standing: str
    """ok, soon, late, or empty where no clock runs."""
    answered_at: datetime | None
    arrived_at: datetime | None
    finished_at: datetime | None
    late: bool
    is_own: bool = False
    """Whether it is the reader's own organisation."""
    may_answer: bool = False
    may_object: bool = False
    may_arrive: bool = False
    may_finish: bool = False
    may_decide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WhistleCard:
    whistle_id: uuid.UUID
    case_id: uuid.UUID | None
    shown_code: str
    organisation_code: str
    place_code: str
    landmark: str
    words: str
    answer_by: datetime
    be_there_by: datetime
    blown_at: datetime
    ended_at: datetime | None
    calls: tuple[CallCard, ...]
    may_end: bool

    @property
    def is_called(self) -> bool:
        """Whether the reader's own organisation is to do something."""
        return any(call.is_own and (call.may_answer or call.may_arrive or call.may_finish) for call in self.calls)


def on_ground(actor: Actor, place_code: str) -> bool:
    """Whether a place lies on the ground of the actor's organisation."""
    scope = scope_of(actor)
    return scope.everything or any(place_code.startswith(stem) for stem in scope.stems)


def _seen(actor: Actor) -> QuerySet[Whistle]:
    """Whistles of one's own, those in which one is called, and those on one's ground."""
    scope = scope_of(actor)
    if scope.everything:
        return Whistle.objects.all()
    codes = {*scope.organisation_codes, actor.organisation_code}
    called = WhistleCall.objects.filter(whistle=OuterRef("pk"), organisation_code__in=codes)
    seen = Q(organisation_code__in=codes) | Q(Exists(called))
    for stem in scope.stems:
        seen |= Q(place_code__startswith=stem)
    return Whistle.objects.filter(seen)


def whistles_for(actor: Actor, *, now: datetime, case_id: uuid.UUID | None = None) -> tuple[WhistleCard, ...]:
    """Those that are heard still and those of the last month, the open ones first. Two statements."""
    rows = _seen(actor).filter(Q(ended_at=None) | Q(blown_at__gt=now - SHOWN))
    if case_id is not None:
        rows = _seen(actor).filter(case_id=case_id)
    found = list(rows.select_related("case").order_by("-blown_at", "-id")[:MOST])
    found.sort(key=lambda row: row.ended_at is not None)
    return _cards(actor, found, now)


def whistle_for(actor: Actor, whistle_id: uuid.UUID, *, now: datetime) -> WhistleCard:
    """One of them. Raises Absent."""
    row = _seen(actor).filter(id=whistle_id).select_related("case").first()
    if row is None:
        raise Absent("whistle-absent", _("There is no such call."))
    return _cards(actor, [row], now)[0]


def _cards(actor: Actor, rows: Sequence[Whistle], now: datetime) -> tuple[WhistleCard, ...]:
    calls: dict[uuid.UUID, list[WhistleCall]] = {}
    for call in WhistleCall.objects.filter(whistle__in=rows).order_by("organisation_code"):
        calls.setdefault(call.whistle_id, []).append(call)
    leads = {code: rules.may_decide_on_whistle(actor, code) for code in {row.organisation_code for row in rows}}
    return tuple(
        WhistleCard(
            whistle_id=row.id,
            case_id=row.case_id,
            shown_code=checkcode.show(row.case.code) if row.case else "",
            organisation_code=row.organisation_code,
            place_code=row.place_code,
            landmark=row.landmark,
            words=row.words,
            answer_by=row.answer_by,
            be_there_by=row.be_there_by,
            blown_at=row.blown_at,
            ended_at=row.ended_at,
            calls=tuple(_call(actor, row, call, now, leads[row.organisation_code]) for call in calls.get(row.id, ())),
            may_end=row.ended_at is None and rules.may_end_whistle(actor, row.organisation_code),
        )
        for row in rows
    )


def _call(actor: Actor, row: Whistle, call: WhistleCall, now: datetime, leads: bool) -> CallCard:
    own = row.ended_at is None and actor.acts and actor.organisation_code == call.organisation_code
    sees = row.ended_at is None and rules.may_see_arrive(
        actor, called_code=call.organisation_code, caller_code=row.organisation_code
    )
    standing = "" if call.due_at is None else "soon" if call.warn_at and now > call.warn_at else "ok"
    return CallCard(
        organisation_code=call.organisation_code,
        state=call.state,
        office=call.office,
        comes_at=call.comes_at,
        words=call.words,
        due_at=call.due_at,
        standing=str(deadline.Standing.LATE) if call.due_at is not None and now >= call.due_at else standing,
        answered_at=call.answered_at,
        arrived_at=call.arrived_at,
        finished_at=call.finished_at,
        late=call.late,
        is_own=own,
        may_answer=own
        and call.state in ("called", "objected")
        and now < row.be_there_by,  # after that they say that they are there
        may_object=own and call.state == "called",
        may_arrive=sees and call.state in ("called", "coming"),
        may_finish=own and call.state == "arrived",
        may_decide=row.ended_at is None and leads and call.state == "objected",
    )
