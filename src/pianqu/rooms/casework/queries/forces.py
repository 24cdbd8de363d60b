"""Questions to joint task forces 联合工作组: who works together until when, and how their matters stand."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.kernels import checkcode
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Case, ForceCase, ForceMember, TaskForce
from pianqu.rooms.casework.queries.seen import one_seen_by, scope_of

MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceMatter:
    case_id: uuid.UUID
    shown_code: str
    category: str
    state: str
    lead_code: str
    due_at: datetime | None
    after_code: str
    """The code of the matter that comes first; empty for none."""
    is_late: bool
    waits: bool
    """That one is not answered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForceCard:
    force_id: uuid.UUID
    name: str
    purpose: str
    lead_code: str
    member_codes: tuple[str, ...]
    starts_on: date
    ends_on: date
    formed_at: datetime
    ended_at: datetime | None
    report: str
    matters: tuple[ForceMatter, ...] = ()
    unseen: int = 0
    """Matters that the reader does not see."""
    total: int = 0
    answered: int = 0
    over: bool = False
    """Its last day has gone by, and nobody ended it."""
    may_lead: bool = False


def _seen(actor: Actor) -> QuerySet[TaskForce]:
    """The centre sees all; others those that they lead or are in."""
    scope = scope_of(actor)
    if scope.everything:
        return TaskForce.objects.all()
    codes = {*scope.organisation_codes, actor.organisation_code}
    member = ForceMember.objects.filter(force=OuterRef("pk"), organisation_code__in=codes)
    return TaskForce.objects.filter(Q(lead_code__in=codes) | Exists(member))


def forces_for(actor: Actor, *, now: datetime, on: date) -> tuple[ForceCard, ...]:
    """Those that work and the latest that ended, with counts and no matters. Three statements."""
    rows = list(_seen(actor).order_by("-formed_at", "-id")[:MOST])
    rows.sort(key=lambda row: row.ended_at is not None)
    return _cards(actor, rows, on, now, matters=False)


def force_for(actor: Actor, force_id: uuid.UUID, *, now: datetime, on: date) -> ForceCard:
    """One with its matters, those that the actor sees. Raises Absent."""
    row = _seen(actor).filter(id=force_id).first()
    if row is None:
        raise Absent("force-absent", _("There is no such joint task force."))
    return _cards(actor, [row], on, now, matters=True)[0]


def forces_of_case(case_id: uuid.UUID) -> tuple[tuple[uuid.UUID, str], ...]:
    """Living task forces that look after a matter: id and name. One statement."""
    rows = ForceCase.objects.filter(case_id=case_id, force__ended_at=None).order_by("given_at", "id")
    return tuple(rows.values_list("force_id", "force__name"))


def _cards(actor: Actor, rows: Sequence[TaskForce], on: date, now: datetime, *, matters: bool) -> tuple[ForceCard, ...]:
    members: dict[uuid.UUID, list[str]] = {}
    for member in ForceMember.objects.filter(force__in=rows).order_by("organisation_code"):
        members.setdefault(member.force_id, []).append(member.organisation_code)
    given: dict[uuid.UUID, list[ForceCase]] = {}
    for one in ForceCase.objects.filter(force__in=rows).select_related("case", "after").order_by("given_at", "id"):
        given.setdefault(one.force_id, []).append(one)
    seen = set(_seen_cases(actor, given)) if matters else set()
    return tuple(
        ForceCard(
            force_id=row.id,
            name=row.name,
            purpose=row.purpose,
            lead_code=row.lead_code,
            member_codes=tuple(members.get(row.id, ())),
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            formed_at=row.formed_at,
            ended_at=row.ended_at,
            report=row.report,
            matters=tuple(_matter(one, now) for one in given.get(row.id, ()) if one.case_id in seen),
            unseen=sum(one.case_id not in seen for one in given.get(row.id, ())) if matters else 0,
            total=len(given.get(row.id, ())),
            answered=sum(one.case.state not in OPEN for one in given.get(row.id, ())),
            over=row.ended_at is None and row.ends_on < on,
            may_lead=row.ended_at is None and rules.may_lead_force(actor, row.lead_code),
        )
        for row in rows
    )


def _seen_cases(actor: Actor, given: dict[uuid.UUID, list[ForceCase]]) -> list[uuid.UUID]:
    ids = [one.case_id for rows in given.values() for one in rows]
    return list(one_seen_by(actor).filter(id__in=ids).values_list("id", flat=True))


def _matter(one: ForceCase, now: datetime) -> ForceMatter:
    case: Case = one.case
    return ForceMatter(
        case_id=case.id,
        shown_code=checkcode.show(case.code),
        category=case.category,
        state=case.state,
        lead_code=case.lead_code,
        due_at=case.due_at,
        is_late=case.state in OPEN and case.due_at is not None and case.due_at <= now,
        after_code=checkcode.show(one.after.code) if one.after else "",
        waits=one.after is not None and one.after.state in OPEN,
    )
