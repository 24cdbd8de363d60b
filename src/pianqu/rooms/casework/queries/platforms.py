"""Questions about the four platforms: who takes part, what waits there, how it stands, and what was done with a matter."""

import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.kernels.share import Share, share
from pianqu.rooms.casework import rules
from pianqu.rooms.casework.lifecycle import HANDLED, OPEN, WAITING
from pianqu.rooms.casework.models import Case, Clock, Note, PlatformAct, PlatformMember, Task
from pianqu.rooms.casework.queries.cases import CaseCard, CaseRow, check_sees, rows_for, street_of, week_ends
from pianqu.rooms.casework.queries.overview import SAMPLE, mondays_of, weekly
from pianqu.rooms.casework.queries.seen import memberships_of, own_work, scope_of, seen_by
from pianqu.rooms.casework.queries.shipped import (
    NONE,
    PLATFORMS,
    counts_for,
    platform_of,
    platforms_by_category,
)
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.queries import DutyCard, PowerCard

ORDER, MARKET, ENFORCEMENT, SERVICES = PLATFORMS
INSPECTED = ("in-order", "put-right", "ordered", "filed")
"""What an inspection finds: nothing wrong, put right at once, told to put it right, a case is filed 立案."""
GUIDED = ("answered", "service", "elsewhere")
"""What is said at a window: the answer, the service that helps, or who helps elsewhere."""
PAGE = 50
PLATFORM_QUEUES = ("open", "overdue", "waiting", "notices")
"""Everything open; overdue; nobody has it yet; where a notice has to be looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberCard:
    """Who takes part in a platform of a street; with a title, one post alone."""

    member_id: uuid.UUID
    platform: str
    street_code: str
    organisation_code: str
    post_id: str
    post_title: str
    added_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformWeek:
    """One week from Monday to Sunday."""

    first: date
    received: int
    answered: int
    reopened: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformFigures:
    """How the matters of a platform stand and went, in twelve weeks; of nobody singly."""

    open: int
    overdue: int
    due_this_week: int
    waiting: int
    notices: int
    received: int
    answered: int
    in_time: int
    timed: int
    """Answered ones whose last clock is known: those of which `in_time` counts."""
    reopened: int
    weeks: tuple[PlatformWeek, ...]

    @property
    def in_time_share(self) -> Share | None:
        return share(self.in_time, self.timed) if self.timed >= SAMPLE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformQueue:
    """One page of a platform's list, what is due first at its head."""

    rows: tuple[CaseRow, ...]
    has_next: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlatformCounts:
    """One platform at one look."""

    code: str
    open: int
    overdue: int
    waiting: int
    is_member: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ActCard:
    """What a platform did with a matter."""

    act_id: uuid.UUID
    entry_id: uuid.UUID
    case_id: uuid.UUID
    kind: str
    outcome: str
    organisation_code: str
    party_codes: tuple[str, ...]
    due_on: date | None
    recheck_on: date | None
    acted_at: datetime
    put_right: bool | None
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OnPlatform:
    """A matter on its platform: what this actor may do there, and what was done."""

    platform: str
    street_code: str
    may_move: bool
    may_choose_nature: bool
    may_act: bool
    """The platform's main act."""
    open_notice: ActCard | None
    may_recheck: bool
    acts: tuple[ActCard, ...]
    callable_codes: tuple[str, ...]
    """Members whom 综治工作 may call: those without a part yet."""


# members -------------------------------------------------------------------------------------------------------------


def live_members(platform: str, street_code: str) -> tuple[MemberCard, ...]:
    """Who takes part, by organisation; with the titles of posts. At most two statements."""
    rows = PlatformMember.objects.filter(platform=platform, street_code=street_code, ended_at=None)
    return _members(rows.order_by("organisation_code", "post_id"))


def _members(rows: QuerySet[PlatformMember]) -> tuple[MemberCard, ...]:
    found = list(rows)
    posts = [uuid.UUID(row.post_id) for row in found if row.post_id]
    held = directory.holders(posts) if posts else {}
    return tuple(
        MemberCard(
            member_id=row.id,
            platform=row.platform,
            street_code=row.street_code,
            organisation_code=row.organisation_code,
            post_id=row.post_id,
            post_title=held[uuid.UUID(row.post_id)].title if row.post_id and uuid.UUID(row.post_id) in held else "",
            added_at=row.added_at,
        )
        for row in found
    )


def is_member(actor: Actor, case: Case | CaseCard) -> bool:
    """Whether the actor takes part in the platform that has this matter, in the street where it lies."""
    if actor.kind != "post" or not case.place_code:
        return False
    return (
        memberships_of(actor)
        .filter(platform=platform_of(case.category, case.platform), street_code=street_of(case.place_code))
        .exists()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an actor stands to a matter on its platform. Of the centre, which may everything, nothing is asked."""

    kind: str = ""
    """Of its organisation; asked only where one of the others is true."""
    is_member: bool = False
    leads: bool = False
    served: bool = False
    """Its organisation served the notice that is open."""


def standing_of(actor: Actor, case: Case | CaseCard, *, served_by: str = "") -> Standing:
    """By membership, lead and what was served; a helper has none of them. At most two statements."""
    if actor.kind != "post" or rules.sees_all(actor):
        return Standing()
    own = actor.organisation_code
    near = {
        "is_member": is_member(actor, case),
        "leads": rules.may_handle(actor, case.lead_code or ""),
        "served": own == served_by,
    }
    if not any(near.values()):
        return Standing()
    card = directory.organisations([own]).get(own)
    return Standing(kind=card.kind if card else "", **near)


def streets_of_member(actor: Actor, platform: str) -> tuple[str, ...]:
    """The streets in whose platform the actor takes part."""
    if actor.kind != "post":
        return ()
    rows = memberships_of(actor).filter(platform=platform).order_by("street_code")
    return tuple(dict.fromkeys(rows.values_list("street_code", flat=True)))


# queue and figures ---------------------------------------------------------------------------------------------------


def _there(actor: Actor, platform: str, street_code: str) -> QuerySet[Case]:
    """The platform's matters that the actor sees: by its scope, and as a member in its streets."""
    inside = counts_for(platform)
    if street_code:
        inside &= Q(place_code__startswith=directory.stem(street_code))
    if scope_of(actor).everything:
        return Case.objects.filter(inside)
    streets = streets_of_member(actor, platform)
    if street_code and street_code in streets:
        return Case.objects.filter(inside)
    as_member = Q(pk__in=[])
    for street in streets:
        as_member |= Q(place_code__startswith=directory.stem(street))
    return Case.objects.filter(inside).filter(as_member | Q(pk__in=seen_by(actor).order_by().values("pk")))


def _queued(queue: str, now: datetime) -> Q:
    if queue == "notices":
        return Q(Exists(PlatformAct.objects.filter(case=OuterRef("pk"), kind="notice", rechecked_at=None)))
    if queue == "overdue":
        return own_work() & Q(state__in=OPEN, due_at__lte=now)
    return own_work() & Q(state__in=WAITING if queue == "waiting" else OPEN)


def platform_queue(
    actor: Actor, platform: str, *, street_code: str = "", queue: str = "open", page: int = 1, now: datetime
) -> PlatformQueue:
    """One page of it, in at most five statements. Raises Absent for an unknown platform."""
    _check_known(platform)
    cases = _there(actor, platform, street_code).filter(_queued(queue, now))
    first = (page - 1) * PAGE
    ordered = cases.order_by(F("due_at").asc(nulls_last=True), "opened_at", "id")
    ids = list(ordered.values_list("id", flat=True)[first : first + PAGE + 1])
    rows = rows_for(actor, ids[:PAGE])
    return PlatformQueue(rows=tuple(rows[one] for one in ids[:PAGE] if one in rows), has_next=len(ids) > PAGE)


def platform_figures(actor: Actor, platform: str, *, street_code: str = "", now: datetime) -> PlatformFigures:
    """In five statements beside the scope's. Raises Absent for an unknown platform."""
    _check_known(platform)
    cases, ends = _there(actor, platform, street_code), week_ends(now)
    standing = (
        cases.filter(_queued("open", now))
        .order_by()
        .aggregate(
            open=Count("id"),
            overdue=Count("id", filter=Q(due_at__lte=now)),
            due_this_week=Count("id", filter=Q(due_at__gt=now, due_at__lt=ends)),
            waiting=Count("id", filter=Q(state__in=WAITING)),
        )
    )
    notices = cases.filter(_queued("notices", now)).count()
    mondays = mondays_of(ends)
    by_week: dict[str, Mapping[int, int]] = {}
    for column in ("opened_at", "reopened_at"):
        by_week[column] = dict(weekly(cases, column, mondays).values_list("number").annotate(Count("id")))
    clocks = Clock.objects.filter(case=OuterRef("pk"), stopped_at=OuterRef("resolved_at")).exclude(due_at=None)
    answers = (
        weekly(cases, "resolved_at", mondays)
        .annotate(timed=Exists(clocks), met=Exists(clocks.filter(due_at__gte=F("stopped_at"))))
        .values_list("number", "timed", "met")
        .annotate(Count("id"))
    )
    answered, timed, in_time = defaultdict[int, int](int), 0, 0
    for number, has_clock, met, count in answers:
        answered[number] += count
        timed += count if has_clock else 0
        in_time += count if met else 0
    weeks = tuple(
        PlatformWeek(
            first=timezone.localdate(monday),
            received=by_week["opened_at"].get(number, 0),
            answered=answered[number],
            reopened=by_week["reopened_at"].get(number, 0),
        )
        for number, monday in enumerate(mondays[:-1])
    )
    return PlatformFigures(
        **standing,
        notices=notices,
        received=sum(week.received for week in weeks),
        answered=sum(week.answered for week in weeks),
        timed=timed,
        in_time=in_time,
        reopened=sum(week.reopened for week in weeks),
        weeks=weeks,
    )


def platforms_for(actor: Actor, *, now: datetime) -> tuple[PlatformCounts, ...]:
    """All four at one look."""
    found = []
    for platform in PLATFORMS:
        streets = streets_of_member(actor, platform)
        counts = (
            _there(actor, platform, "")
            .order_by()
            .filter(_queued("open", now))
            .aggregate(
                open=Count("id"),
                overdue=Count("id", filter=Q(due_at__lte=now)),
                waiting=Count("id", filter=Q(state__in=WAITING)),
            )
        )
        found.append(PlatformCounts(code=platform, is_member=bool(streets), **counts))
    return tuple(found)


def _check_known(platform: str) -> None:
    if platform not in PLATFORMS:
        raise Absent("platform-absent", _("There is no such platform."))


# powers and duty -----------------------------------------------------------------------------------------------------


def platform_powers(platform: str, street_code: str, on: date) -> tuple[PowerCard, ...]:
    """What the lists in force give whom in this street for the platform's categories, by category. Two statements."""
    own = [category for category, its in platforms_by_category().items() if its == platform]
    return directory.powers_at(place_code=street_code, on=on, categories=own)


def platform_duty(members: tuple[MemberCard, ...], on: date) -> tuple[DutyCard, ...]:
    """Who of its members has duty on a day. Two statements; none without members."""
    if not members:
        return ()
    midnight = datetime.combine(on, time.min, timezone.get_default_timezone())
    whole = {member.organisation_code for member in members if not member.post_id}
    posts = {member.post_id for member in members if member.post_id}
    cards = directory.roster({member.organisation_code for member in members}, midnight, midnight + timedelta(days=1))
    return tuple(card for card in cards if card.organisation_code in whole or str(card.post_id) in posts)


# one matter ----------------------------------------------------------------------------------------------------------


def on_platform(actor: Actor, case: CaseCard, *, has_acts: bool = True) -> OnPlatform:
    """How a matter that this actor sees stands on its platform. At most seven statements."""
    platform = platform_of(case.category, case.platform)
    street = street_of(case.place_code) if case.place_code else ""
    acts = _acts(PlatformAct.objects.filter(case_id=case.case_id)) if has_acts else ()
    notice = next((act for act in acts if act.kind == "notice" and act.put_right is None), None)
    standing = standing_of(actor, case, served_by=notice.organisation_code if notice else "")
    near = {"is_member": standing.is_member, "leads": standing.leads}
    acts_there = rules.may_act_on_platform(actor, platform, kind=standing.kind, **near)
    is_open = case.state in OPEN
    joins = platform == ORDER and acts_there and case.state in HANDLED and bool(street)
    members = live_members(platform, street) if joins else ()
    parts = _parts(case.case_id) if joins else frozenset[str]()
    callable_codes = tuple(
        dict.fromkeys(one.organisation_code for one in members if one.organisation_code not in parts)
    )
    blocked = {ORDER: not callable_codes, ENFORCEMENT: notice is not None, NONE: True}.get(platform, False)
    return OnPlatform(
        platform=platform,
        street_code=street,
        may_move=rules.may_move_platform(actor, **near) and is_open and case.state != "paused",
        may_choose_nature=rules.may_triage(actor) and case.state != "opened",
        may_act=acts_there and is_open and not blocked,
        open_notice=notice,
        may_recheck=notice is not None
        and rules.may_look_again(actor, kind=standing.kind, served=standing.served, **near),
        acts=acts,
        callable_codes=callable_codes,
    )


def _parts(case_id: uuid.UUID) -> frozenset[str]:
    return frozenset(Task.objects.filter(case_id=case_id, ended_at=None).values_list("organisation_code", flat=True))


def platform_act(actor: Actor, act_id: uuid.UUID) -> ActCard:
    """One act for its paper. Raises Absent where there is none that this actor may see."""
    found = _acts(PlatformAct.objects.filter(id=act_id))
    if not found:
        raise Absent("platform-act-absent", _("There is no such paper."))
    check_sees(actor, found[0].case_id)
    return found[0]


def latest_paper(case_id: uuid.UUID) -> uuid.UUID | None:
    """What was done last with a matter that the actor sees."""
    rows = PlatformAct.objects.filter(case_id=case_id).order_by("-acted_at", "-id")
    return rows.values_list("id", flat=True).first()


def _acts(rows: QuerySet[PlatformAct]) -> tuple[ActCard, ...]:
    """Newest first, with their words."""
    found = list(rows.order_by("-acted_at", "-id"))
    words = dict(Note.objects.filter(entry_id__in=[row.entry_id for row in found]).values_list("entry_id", "words"))
    return tuple(
        ActCard(
            act_id=row.id,
            entry_id=row.entry_id,
            case_id=row.case_id,
            kind=row.kind,
            outcome=row.outcome,
            organisation_code=row.organisation_code,
            party_codes=tuple(row.party_codes),
            due_on=row.due_on,
            recheck_on=row.recheck_on,
            acted_at=row.acted_at,
            put_right=row.put_right,
            words=words.get(row.entry_id, ""),
        )
        for row in found
    )
