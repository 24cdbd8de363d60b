"""联合工作组: several organisations work together under a lead for a span of time, on matters that are given to them."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused, unchanged
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import checkcode
from pianqu.kernels import words as kernel
from pianqu.kernels.dispatch import circle
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import AboutForce, ForceEnded, ForceFormed, ForceGiven, ForceReleased
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Case, ForceCase, ForceMember, TaskForce
from pianqu.rooms.casework.services.steps import said
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger

LONGEST = timedelta(days=366)
MOST_MEMBERS, MOST_MATTERS = 20, 300


@verb
def form_force(
    *,
    actor: Actor,
    name: str,
    words: str,
    lead_code: str,
    member_codes: Sequence[str],
    starts_on: date,
    ends_on: date,
    now: datetime,
) -> uuid.UUID:
    """Form one. Raises Forbidden, and Invalid for days or organisations that cannot be."""
    rules.check_may_form_force(actor, lead_code)
    members = tuple(dict.fromkeys(code for code in member_codes if code and code != lead_code))
    called = kernel.excerpt(kernel.clean(name), 60)
    if not called:
        raise Invalid("force-name", _("Please give the task force a name."))
    if not members or len(members) > MOST_MEMBERS:
        raise Invalid("force-members", _("A joint task force has a lead and one to twenty others."))
    if ends_on < starts_on or ends_on < timezone.localdate(now) or ends_on - starts_on > LONGEST:
        raise Invalid("force-days", _("Its last day comes after the first, not before today, and within a year."))
    known = directory.hold([lead_code, *members])
    if gone := [code for code in (lead_code, *members) if code not in known or known[code].ended]:
        sentence = _("Please choose organisations from the list: %(name)s is none of them.")
        raise Invalid("party-unknown", sentence % {"name": gone[0]})
    why = said(words)
    row = TaskForce.objects.create(
        id=new_id(),
        name=called,
        purpose=why.text,
        purpose_salt=why.salt,
        lead_code=lead_code,
        starts_on=starts_on,
        ends_on=ends_on,
        formed_at=now,
    )
    ForceMember.objects.bulk_create(ForceMember(force=row, organisation_code=code) for code in members)
    _tell(
        actor,
        row,
        ForceFormed,
        now,
        member_codes=members,
        starts_on=starts_on.isoformat(),
        ends_on=ends_on.isoformat(),
        words_commitment=why.commitment,
    )
    return row.id


def _tell(actor: Actor, row: TaskForce, fact: type[AboutForce], now: datetime, **own: Any) -> None:
    told = fact(
        subject=f"force:{row.id}",
        organisation_code=actor.organisation_code,
        force_id=str(row.id),
        lead_code=row.lead_code,
        **own,
    )
    ledger.record([told], actor=actor, now=now)


def _members(row: TaskForce) -> tuple[str, ...]:
    codes = ForceMember.objects.filter(force=row).order_by("organisation_code")
    return tuple(codes.values_list("organisation_code", flat=True))


def _led(actor: Actor, force_id: uuid.UUID) -> TaskForce:
    """The locked row of a living task force that the actor leads. Raises Absent, Forbidden, Refused."""
    row = TaskForce.objects.select_for_update().filter(id=force_id).first()
    if row is None:
        raise Absent("force-absent", _("There is no such joint task force."))
    rules.check_may_lead_force(actor, row.lead_code)
    if row.ended_at is not None:
        raise Refused("force-ended", _("This joint task force has ended. Nothing was changed."))
    return row


@verb
def give_to_force(*, actor: Actor, force_id: uuid.UUID, code: str, after: str = "", now: datetime) -> uuid.UUID:
    """Give it a matter by its code; `after` is the code of one of its matters that comes first. The same again sets that anew.

    Raises Forbidden for a matter that is not the actor's to show to others, Invalid for an unknown code, Refused for what is
    answered, for too many, and for matters that would wait for each other.
    """
    row = _led(actor, force_id)
    case = _case(actor, code)
    on_ground = bool(case.place_code) and queries.on_ground(actor, case.place_code or "")
    rules.check_may_give_to_force(actor, case.lead_code, on_ground=on_ground)
    if case.state not in OPEN:
        raise Refused("force-answered", _("This matter is answered already. Nothing was changed."))
    given = {one.case_id: one for one in ForceCase.objects.filter(force=row)}
    if case.id not in given and len(given) >= MOST_MATTERS:
        raise Refused("force-many", _("A task force has 300 matters at most."))
    first = _case(actor, after) if after.strip() else None
    if first is not None and first.id not in given and first.id != case.id:
        raise Invalid("force-after", _("The matter that comes first has to be one of this task force's."))
    _check_order(row, case, first)
    ForceCase.objects.update_or_create(force=row, case=case, defaults={"after": first, "given_at": now})
    _tell(
        actor,
        row,
        ForceGiven,
        now,
        case_id=str(case.id),
        after_id=str(first.id) if first else "",
        member_codes=_members(row),
    )
    return case.id


def check_order(case: Case) -> None:
    """Raise Refused while a matter that comes first in a task force is not answered yet."""
    before = ForceCase.objects.filter(case=case, force__ended_at=None, after__state__in=OPEN)
    first = before.select_related("after", "force").order_by("id").first()
    if first is not None and first.after is not None:
        sentence = _("In the joint task force “%(force)s” this matter comes after %(code)s, which is not answered yet.")
        said_of = {"force": first.force.name, "code": checkcode.show(first.after.code)}
        raise Refused("force-waits", unchanged(sentence % said_of))


def _case(actor: Actor, code: str) -> Case:
    """The matter with this code, as far as the actor sees it. Raises Invalid."""
    try:
        case_id = queries.id_of(actor, code)
    except Absent as unknown:
        raise Invalid("force-code", _("No matter has the code “%(code)s”.") % {"code": code.strip()[:20]}) from unknown
    return Case.objects.get(id=case_id)


def _check_order(row: TaskForce, case: Case, first: Case | None) -> None:
    """Raise Refused where A waits for B and B, by however many steps and in whatever living task force, for A."""
    waits: dict[str, list[str]] = {str(case.id): [str(first.id)] if first else []}
    living = ForceCase.objects.filter(force__ended_at=None, after__isnull=False).exclude(force=row, case=case)
    for case_id, after_id in living.values_list("case_id", "after_id"):
        waits.setdefault(str(case_id), []).append(str(after_id))
    ring = circle(waits)
    if ring:
        codes = {
            str(id_): checkcode.show(code)
            for id_, code in Case.objects.filter(id__in=set(ring)).values_list("id", "code")
        }
        sentence = _(
            "These matters would wait for each other without end: %(ring)s. Please let one of them come first."
        )
        raise Refused("joint-circle", unchanged(sentence % {"ring": " → ".join(codes[one] for one in ring)}))


@verb
def release_from_force(*, actor: Actor, force_id: uuid.UUID, case_id: uuid.UUID, now: datetime) -> None:
    """A matter is its no more; what waited for it waits no more. Raises Absent."""
    row = _led(actor, force_id)
    gone, _each = ForceCase.objects.filter(force=row, case_id=case_id).delete()
    if not gone:
        raise Absent("force-no-matter", _("This matter does not belong to this task force."))
    ForceCase.objects.filter(force=row, after_id=case_id).update(after=None)
    _tell(actor, row, ForceReleased, now, case_id=str(case_id))


@verb
def end_force(*, actor: Actor, force_id: uuid.UUID, words: str, now: datetime) -> None:
    """End it with a report of what was reached and what is left."""
    row = _led(actor, force_id)
    report = said(words)
    row.report, row.report_salt, row.ended_at = report.text, report.salt, now
    row.save(update_fields=["report", "report_salt", "ended_at"])
    states = list(ForceCase.objects.filter(force=row).values_list("case__state", flat=True))
    own = {"matters": len(states), "answered": sum(state not in OPEN for state in states)}
    _tell(actor, row, ForceEnded, now, **own, words_commitment=report.commitment, member_codes=_members(row))
