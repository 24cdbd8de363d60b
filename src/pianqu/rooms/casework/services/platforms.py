"""The four platforms 四平台: who takes part, a matter that goes from one to another, and the main act of each."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import TryAgain, verb
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    AboutCase,
    AboutPlatform,
    GuidedAtWindow,
    JointCalled,
    PlaceInspected,
    PlatformChanged,
    PlatformMemberAdded,
    PlatformMemberRemoved,
    PlatformPingPong,
    RectificationChecked,
    RectificationOrdered,
)
from pianqu.rooms.casework.lifecycle import HANDLED, OPEN, Move, State
from pianqu.rooms.casework.models import Case, PlatformAct, PlatformMember, PlatformMove
from pianqu.rooms.casework.queries import ENFORCEMENT, GUIDED, INSPECTED, MARKET, NONE, ORDER, PLATFORMS, SERVICES
from pianqu.rooms.casework.services.clocks import rule_of, started
from pianqu.rooms.casework.services.dispatching import SAVED, call_helpers
from pianqu.rooms.casework.services.steps import Said, end_tasks, live_tasks, locked, moved, noted, said, tell
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger

JOINT, INSPECTION, NOTICE, GUIDANCE = "joint", "inspection", "notice", "guidance"
"""Kinds of a platform's main act, in the order of PLATFORMS."""
LONGEST = timedelta(days=180)
"""A notice's last day, and its second look, lie within half a year."""
TO_AND_FRO = 1
"""Returns to a platform that had the matter before, from which on a leader is told."""


# members -------------------------------------------------------------------------------------------------------------


@verb
def add_platform_member(
    *, actor: Actor, platform: str, street_code: str, organisation_code: str, post_id: str = "", now: datetime
) -> uuid.UUID:
    """An organisation, or one post of it, takes part in a platform of a street. Raises Forbidden, Invalid, Refused."""
    rules.check_may_arrange_platform(actor, street_code)
    _check_street(platform, street_code)
    card = directory.hold([organisation_code]).get(organisation_code)
    if card is None or card.ended:
        raise Invalid("platform-member-unknown", _("Please choose an organisation from the list."))
    if post_id and not any(str(post.post_id) == post_id for post in directory.held_posts([organisation_code])):
        raise Invalid("platform-post-unknown", _("This post does not belong to the organisation, or it has ended."))
    own = {
        "platform": platform,
        "street_code": street_code,
        "organisation_code": organisation_code,
        "post_id": post_id,
    }
    if PlatformMember.objects.filter(**own, ended_at=None).exists():
        raise Refused("platform-member-twice", _("It takes part already. Nothing was changed."))
    row = PlatformMember(id=new_id(), added_at=now, **own)
    try:
        row.save(force_insert=True)
    except IntegrityError as error:
        raise TryAgain("a colleague added it in this moment") from error
    ledger.record([_about(PlatformMemberAdded, actor, row)], actor=actor, now=now)
    return row.id


@verb
def remove_platform_member(*, actor: Actor, member_id: uuid.UUID, now: datetime) -> None:
    """It takes part no longer; what it did stays. Raises Absent, Forbidden."""
    row = PlatformMember.objects.select_for_update().filter(id=member_id, ended_at=None).first()
    if row is None:
        raise Absent("platform-member-absent", _("It takes part no longer, or never did. Nothing was changed."))
    rules.check_may_arrange_platform(actor, row.street_code)
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    ledger.record([_about(PlatformMemberRemoved, actor, row)], actor=actor, now=now)


def _check_street(platform: str, street_code: str) -> None:
    if platform not in PLATFORMS:
        raise Invalid("platform-unknown", _("Please choose one of the four platforms."))
    street = directory.hold([street_code]).get(street_code)
    if street is None or street.ended or street.kind not in ("street", "town"):
        raise Invalid("platform-street", _("Please choose the street or town whose platform it is."))


def _about(fact: type[AboutPlatform], actor: Actor, row: PlatformMember) -> Fact:
    return fact(
        subject=f"platform:{row.platform}:{row.street_code}",
        organisation_code=actor.organisation_code,
        platform=row.platform,
        street_code=row.street_code,
        member_code=row.organisation_code,
        post_id=row.post_id,
    )


# from one to another -------------------------------------------------------------------------------------------------


@verb
def move_platform(
    *, actor: Actor, case_id: uuid.UUID, platform: str, words: str, nature: str = "", now: datetime
) -> uuid.UUID:
    """Another platform has the matter from now on, for a reason; who led it is told and leads it no longer.

    The centre may say with it that it is a matter of another nature: its clock is chosen anew. A matter that comes back to a
    platform that had it before raises an alarm. Raises Forbidden, Invalid, Refused.
    """
    case = locked([case_id])[case_id]
    standing = queries.standing_of(actor, case)
    rules.check_may_move_platform(actor, is_member=standing.is_member, leads=standing.leads)
    former = queries.platform_of(case.category, case.platform)
    if platform not in PLATFORMS:
        raise Invalid("platform-unknown", _("Please choose one of the four platforms."))
    if platform == former:
        raise Refused("platform-same", _("It has the matter already. Nothing was changed."))
    if case.state == State.PAUSED:
        raise Refused("case-is-paused", _("This matter is paused; resume it first. Nothing was changed."))
    _check_open(case)
    why = said(words)
    told: list[Fact] = []
    if nature and nature != case.nature:
        rules.check_may_triage(actor)
        told.append(_other_clock(actor, case, nature))
    holder = _taken_back(case, now)
    back = _came_back(case, platform, former)
    case.platform = platform
    case.save(update_fields=["platform", *SAVED])
    PlatformMove.objects.create(
        id=new_id(), case=case, from_platform="" if former == NONE else former, to_platform=platform, moved_at=now
    )
    changed = tell(
        actor,
        case,
        PlatformChanged,
        from_platform="" if former == NONE else former,
        platform=platform,
        holder_code=holder,
        words_commitment=why.commitment,
        member_codes=_members_there(case, platform),
    )
    if back >= TO_AND_FRO:
        told.append(tell(actor, case, PlatformPingPong, platform=platform, times=back))
    return noted(actor, case, [changed, *told], now, words=why)


def _members_there(case: Case, platform: str) -> tuple[str, ...]:
    members = queries.live_members(platform, queries.street_of(case.place_code)) if case.place_code else ()
    return tuple(dict.fromkeys(one.organisation_code for one in members))


def _other_clock(actor: Actor, case: Case, nature: str) -> Fact:
    """The clock of another nature, from when it came in; one that nobody accepted yet gets its nature by that."""
    rule = rule_of(nature)
    if case.state == State.OPENED:
        raise Refused("platform-first", _("Nobody accepted it yet: please accept it with its kind, then move it."))
    case.nature = nature
    return started(actor, case, rule, case.opened_at, "platform-changed")


def _taken_back(case: Case, now: datetime) -> str:
    """Who led it leads it no longer: it waits to be dispatched on its new platform."""
    holder = case.lead_code
    if case.state in HANDLED:
        moved(case, Move.RETURN)
        case.lead_code = ""
        end_tasks(live_tasks(case).values(), "replaced", now)
    return holder


def _came_back(case: Case, platform: str, former: str) -> int:
    """How often a platform that had it before has it again, with this move."""
    rows = PlatformMove.objects.filter(case=case).order_by("moved_at", "id").values_list("from_platform", "to_platform")
    had, back = set[str](), 0
    for source, target in [*rows, (former, platform)]:
        had.add(source)
        back += target in had
    return back


def _check_open(case: Case) -> None:
    if case.state not in OPEN:
        raise Refused("platform-over", _("This matter is answered or over. Nothing was changed."))


# the main act of each ------------------------------------------------------------------------------------------------


@verb
def call_joint(
    *, actor: Actor, case_id: uuid.UUID, helper_codes: Sequence[str], last_day: date, words: str, now: datetime
) -> uuid.UUID:
    """综治工作: call members of the platform to handle a matter together, each with a part until a day.

    Raises Invalid where nobody, or somebody who takes no part in the platform there, is called; Refused where nobody leads.
    """
    directory.hold(helper_codes)
    case = _to_act(actor, case_id, ORDER)
    if case.state not in HANDLED:
        raise Refused("join-state", _("Only a matter that an organisation works on can be handled jointly."))
    _check_day(last_day, now)
    members = {member.organisation_code for member in queries.live_members(ORDER, queries.street_of(case.place_code))}
    asked = list(dict.fromkeys(helper_codes))
    if not asked or set(asked) - members:
        raise Invalid("joint-members", _("Please choose whom to call from the members of the platform there."))
    if already := [code for code in asked if code in live_tasks(case)]:
        sentence = _("%(name)s has a part in the matter already. Nothing was changed.")
        raise Refused("join-twice", sentence % {"name": directory.name_of(already[0])})
    due = call_helpers(actor, case, asked, last_day, now)
    why = said(words)
    row = _row(actor, case, JOINT, now, party_codes=asked, due_on=timezone.localdate(due))
    fact = tell(actor, case, JointCalled, helper_codes=tuple(asked), last_day=_day(row.due_on), **_own(row, why))
    return _kept(actor, case, row, [fact], why, now)


@verb
def record_inspection(*, actor: Actor, case_id: uuid.UUID, outcome: str, words: str, now: datetime) -> uuid.UUID:
    """市场监管: write down what an inspection on the spot found. Raises Invalid for an unknown outcome."""
    case = _to_act(actor, case_id, MARKET)
    if outcome not in INSPECTED:
        raise Invalid("inspection-outcome", _("Please choose what the inspection found."))
    why = said(words)
    row = _row(actor, case, INSPECTION, now, outcome=outcome)
    return _kept(actor, case, row, [tell(actor, case, PlaceInspected, outcome=outcome, **_own(row, why))], why, now)


@verb
def order_rectification(
    *, actor: Actor, case_id: uuid.UUID, last_day: date, recheck_on: date, words: str, now: datetime
) -> uuid.UUID:
    """综合执法: serve a notice on the spot: what has to be put right, until when, and the day of the second look.

    One notice at a time: the last one is looked at again first. Raises Invalid for wrong days, Refused.
    """
    case = _to_act(actor, case_id, ENFORCEMENT)
    _check_day(last_day, now)
    if recheck_on < last_day or recheck_on - timezone.localdate(now) > LONGEST:
        raise Invalid("recheck-day", _("The second look comes on the last day or after it, within half a year."))
    if _open_notice(case) is not None:
        raise Refused("notice-open", _("A notice was served already: look again whether it was put right, first."))
    why = said(words)
    row = _row(actor, case, NOTICE, now, due_on=last_day, recheck_on=recheck_on)
    days = {"last_day": _day(last_day), "recheck_on": _day(recheck_on)}
    return _kept(actor, case, row, [tell(actor, case, RectificationOrdered, **days, **_own(row, why))], why, now)


@verb
def check_rectification(*, actor: Actor, case_id: uuid.UUID, put_right: bool, words: str, now: datetime) -> uuid.UUID:
    """Say whether it was put right. The platform may have changed meanwhile: what was served is looked at all the same."""
    case = locked([case_id])[case_id]
    row = _open_notice(case)
    standing = queries.standing_of(actor, case, served_by=row.organisation_code if row else "")
    near = {"is_member": standing.is_member, "leads": standing.leads}
    rules.check_may_look_again(actor, kind=standing.kind, served=standing.served, **near)
    if row is None:
        raise Refused("notice-none", _("No notice waits to be looked at again. Nothing was changed."))
    why = said(words)
    row.put_right, row.rechecked_at = put_right, now
    row.save(update_fields=["put_right", "rechecked_at"])
    fact = tell(actor, case, RectificationChecked, put_right=put_right, **_own(row, why))
    return noted(actor, case, [fact], now, words=why)


@verb
def guide_at_window(*, actor: Actor, case_id: uuid.UUID, outcome: str, words: str, now: datetime) -> uuid.UUID:
    """便民服务: say at the window what the answer is, or which service helps and what it needs. The reporter reads it."""
    case = _to_act(actor, case_id, SERVICES)
    if outcome not in GUIDED:
        raise Invalid("guidance-outcome", _("Please choose what was said at the window."))
    why = said(words, filled=True)
    row = _row(actor, case, GUIDANCE, now, outcome=outcome)
    fact = tell(actor, case, GuidedAtWindow, outcome=outcome, **_own(row, why))
    return _kept(actor, case, row, [fact], why, now, shown=True)


def _to_act(actor: Actor, case_id: uuid.UUID, platform: str) -> Case:
    """The matter, locked, if it is this platform's and still open, and the actor may work on it."""
    case = locked([case_id])[case_id]
    standing = queries.standing_of(actor, case)
    near = {"is_member": standing.is_member, "leads": standing.leads}
    rules.check_may_act_on_platform(actor, platform, kind=standing.kind, **near)
    _check_open(case)
    if queries.platform_of(case.category, case.platform) != platform:
        raise Refused("platform-other", _("Another platform has this matter by now. Nothing was changed."))
    return case


def _check_day(last_day: date, now: datetime) -> None:
    today = timezone.localdate(now)
    if not today <= last_day <= today + LONGEST:
        raise Invalid("platform-day", _("The last day is today or later, within half a year."))


def _open_notice(case: Case) -> PlatformAct | None:
    return PlatformAct.objects.filter(case=case, kind=NOTICE, rechecked_at=None).first()


def _row(actor: Actor, case: Case, kind: str, now: datetime, **own: Any) -> PlatformAct:
    return PlatformAct(
        id=new_id(), case=case, kind=kind, organisation_code=actor.organisation_code, acted_at=now, **own
    )


def _own(row: PlatformAct, why: Said) -> dict[str, str]:
    return {"act_id": str(row.id), "words_commitment": why.commitment}


def _kept(
    actor: Actor,
    case: Case,
    row: PlatformAct,
    facts: Sequence[AboutCase],
    why: Said,
    now: datetime,
    *,
    shown: bool = False,
) -> uuid.UUID:
    row.entry_id = noted(actor, case, facts, now, words=why, shown=shown)
    row.save(force_insert=True)
    return row.entry_id


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
