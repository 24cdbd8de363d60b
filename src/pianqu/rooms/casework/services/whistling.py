"""吹哨报到: an area calls departments to the spot; they answer, come, finish. What nobody answers goes up the reporting line."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import deadline
from pianqu.kernels import words as kernel
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import (
    AboutWhistle,
    WhistleAnswered,
    WhistleArrived,
    WhistleBlown,
    WhistleDecided,
    WhistleDueSoon,
    WhistleEnded,
    WhistleEscalated,
    WhistleFinished,
    WhistleObjected,
)
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Case, Whistle, WhistleCall
from pianqu.rooms.casework.services.escalating import AT_ONCE, Steps
from pianqu.rooms.casework.services.steps import Said, iso, said
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory

MOST_CALLED = 12
SOONEST, LATEST = timedelta(minutes=10), timedelta(days=14)
"""The earliest moment for an answer, the latest for being there."""
UNDONE = ("called", "coming", "objected")
LIVE = (*UNDONE, "arrived")


@verb
def blow_whistle(
    *,
    actor: Actor,
    called_codes: Sequence[str],
    words: str,
    answer_by: datetime | None,
    be_there_by: datetime | None,
    place_code: str = "",
    landmark: str = "",
    case_id: uuid.UUID | None = None,
    now: datetime,
) -> uuid.UUID:
    """Call departments to a place on one's own ground, for a matter that lies there or for the place itself.

    Raises Forbidden for who governs no ground, Invalid for moments, places and organisations that cannot be, Refused where the
    same matter's whistle is still heard.
    """
    called = tuple(dict.fromkeys(code for code in called_codes if code))
    if not called or len(called) > MOST_CALLED:
        raise Invalid("whistle-called", _("Please choose whom to call: one to twelve organisations."))
    answer, there = _moments(answer_by, be_there_by, now)
    known = directory.hold([*called, actor.organisation_code])
    own = known.get(actor.organisation_code)
    rules.check_may_whistle(actor, own.kind if own else "")
    _check_called(known, called, actor)
    case = _matter(actor, case_id)
    where = case.place_code if case is not None and case.place_code else place_code
    if where not in territory.ground(on=now.date()).places:
        raise Invalid("whistle-place", _("Please say in which street or community the spot lies."))
    if not rules.sees_all(actor) and not queries.on_ground(actor, where):
        raise Invalid("whistle-elsewhere", _("This spot does not lie on your ground. Please choose another one."))
    spot, question = kernel.excerpt(kernel.clean(landmark or (case.landmark if case else "")), 120), said(words)
    row = Whistle.objects.create(
        id=new_id(),
        case=case,
        organisation_code=actor.organisation_code,
        by_post=actor.post_id or "",
        place_code=where,
        landmark=spot,
        words=question.text,
        words_salt=question.salt,
        answer_by=answer,
        be_there_by=there,
        blown_at=now,
    )
    WhistleCall.objects.bulk_create(
        WhistleCall(
            id=new_id(),
            whistle=row,
            organisation_code=code,
            state="called",
            due_at=answer,
            warn_at=deadline.warning_at(now, answer),
        )
        for code in called
    )
    told = _told(
        actor,
        row,
        WhistleBlown,
        called_codes=called,
        answer_by=iso(answer),
        be_there_by=iso(there),
        words_commitment=question.commitment,
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


def _moments(answer_by: datetime | None, be_there_by: datetime | None, now: datetime) -> tuple[datetime, datetime]:
    if answer_by is None or be_there_by is None:
        raise Invalid("whistle-moment", _("Please say by when they must answer, and by when they must be there."))
    if answer_by < now + SOONEST:
        raise Invalid("whistle-soon", _("Leave them at least ten minutes to answer."))
    if be_there_by < answer_by or be_there_by > now + LATEST:
        sentence = _("They must be there after the time for the answer, and within two weeks.")
        raise Invalid("whistle-there", sentence)
    return answer_by, be_there_by


def _check_called(known: dict[str, directory.OrganisationCard], called: Sequence[str], actor: Actor) -> None:
    if set(called) - set(known):
        raise Invalid("party-unknown", _("Please choose organisations from the list."))
    if actor.organisation_code in called:
        raise Invalid("whistle-self", _("Your own organisation need not be called."))
    if gone := [known[code].short_name for code in called if known[code].ended]:
        raise Invalid("party-ended", _("%(name)s has ended. Please choose who took over.") % {"name": gone[0]})
    if down := [known[code].short_name for code in called if known[code].kind not in queries.CALLABLE]:
        sentence = _(
            "%(name)s cannot be called: a whistle calls departments and their stations, never the grass roots."
        )
        raise Invalid("whistle-down", sentence % {"name": down[0]})


def _matter(actor: Actor, case_id: uuid.UUID | None) -> Case | None:
    if case_id is None:
        return None
    queries.check_sees(actor, case_id)
    case = Case.objects.select_for_update().get(id=case_id)
    if case.state not in OPEN:
        raise Refused("whistle-over", _("This matter is answered already, so nobody is called for it."))
    if Whistle.objects.filter(case=case, ended_at=None, organisation_code=actor.organisation_code).exists():
        raise Refused("whistle-twice", _("Departments are called for this matter already. Look at that call."))
    return case


def _told(actor: Actor, row: Whistle, fact: type[AboutWhistle], **own: Any) -> AboutWhistle:
    return fact(
        subject=f"whistle:{row.id}",
        organisation_code=actor.organisation_code,
        whistle_id=str(row.id),
        case_id=str(row.case_id or ""),
        place_code=row.place_code,
        caller_code=row.organisation_code,
        **own,
    )


def _own_call(actor: Actor, whistle_id: uuid.UUID, states: Sequence[str]) -> WhistleCall:
    """The locked call of the actor's organisation. Raises Absent, Forbidden, Refused."""
    call = _call(whistle_id, actor.organisation_code)
    rules.check_acts(actor)
    return _in_state(call, states)


def _call(whistle_id: uuid.UUID, code: str) -> WhistleCall:
    Whistle.objects.select_for_update().filter(id=whistle_id).first()
    rows = WhistleCall.objects.select_related("whistle").filter(whistle_id=whistle_id, organisation_code=code)
    call = rows.first()
    if call is None:
        raise Absent("whistle-absent", _("There is no such call for your organisation."))
    return call


def _in_state(call: WhistleCall, states: Sequence[str]) -> WhistleCall:
    if call.whistle.ended_at is not None:
        raise Refused("whistle-ended", _("This call has ended. Nothing was changed."))
    if call.state not in states:
        raise Refused("whistle-state", _("This was said before, or something else comes first. Nothing was changed."))
    return call


@verb
def answer_whistle(
    *, actor: Actor, whistle_id: uuid.UUID, office: str, comes_at: datetime | None, now: datetime
) -> None:
    """We come: which office or post, and when. `office` is no person's name: whom to look for on the spot."""
    call = _own_call(actor, whistle_id, ("called", "objected"))
    who = kernel.excerpt(kernel.clean(office), 60)
    if not who or comes_at is None:
        raise Invalid("whistle-answer", _("Please say which office comes, and when."))
    if comes_at < now - timedelta(minutes=5) or comes_at > call.whistle.be_there_by:
        raise Invalid("whistle-comes", _("Please say a time from now until they expect you."))
    late = now > call.whistle.answer_by
    call.state, call.office, call.comes_at, call.answered_at, call.late = (
        "coming",
        who,
        comes_at,
        now,
        call.late or late,
    )
    _clock(call, call.whistle.be_there_by, now)
    call.save()
    fact = _told(
        actor, call.whistle, WhistleAnswered, called_code=call.organisation_code, comes_at=iso(comes_at), late=late
    )
    ledger.record([fact], actor=actor, now=now)


def _clock(call: WhistleCall, due_at: datetime | None, now: datetime) -> None:
    """The call's next date; none where nothing more is waited for."""
    call.due_at = due_at
    call.warn_at = deadline.warning_at(now, due_at) if due_at is not None and due_at > now else None
    call.warned, call.escalation = False, 0


def _say(call: WhistleCall, why: Said) -> None:
    call.words, call.words_salt = why.text, why.salt


@verb
def object_to_whistle(*, actor: Actor, whistle_id: uuid.UUID, words: str, now: datetime) -> None:
    """It is not ours: a leader of who called decides. The clock goes on until then."""
    call = _own_call(actor, whistle_id, ("called",))
    why = said(words)
    call.state, call.answered_at = "objected", now
    _say(call, why)
    call.save()
    own = {"called_code": call.organisation_code, "words_commitment": why.commitment}
    ledger.record([_told(actor, call.whistle, WhistleObjected, **own)], actor=actor, now=now)


@verb
def decide_on_whistle(
    *, actor: Actor, whistle_id: uuid.UUID, called_code: str, excused: bool, words: str, now: datetime
) -> None:
    """A leader of who called (or of the centre) excuses the department, or has it come."""
    call = _call(whistle_id, called_code)
    rules.check_may_decide_on_whistle(actor, call.whistle.organisation_code)
    _in_state(call, ("objected",))
    why = said(words)
    call.state = "excused" if excused else "called"
    _clock(call, None if excused else max(call.whistle.answer_by, now + SOONEST), now)
    _say(call, why)
    call.save()
    own = {"called_code": called_code, "excused": excused, "words_commitment": why.commitment}
    ledger.record([_told(actor, call.whistle, WhistleDecided, **own)], actor=actor, now=now)


@verb
def arrive_at_whistle(*, actor: Actor, whistle_id: uuid.UUID, called_code: str = "", now: datetime) -> None:
    """They are there: said by themselves, or by who called and sees them."""
    code = called_code or actor.organisation_code
    call = _call(whistle_id, code)
    rules.check_acts(actor)
    rules.check_may_see_arrive(actor, called_code=code, caller_code=call.whistle.organisation_code)
    _in_state(call, ("called", "coming"))
    late = now > call.whistle.be_there_by
    call.state, call.arrived_at, call.late = "arrived", now, call.late or late
    _clock(call, None, now)
    call.save()
    ledger.record([_told(actor, call.whistle, WhistleArrived, called_code=code, late=late)], actor=actor, now=now)


@verb
def finish_whistle(*, actor: Actor, whistle_id: uuid.UUID, words: str, now: datetime) -> None:
    """What came of it: said by the department that was there."""
    call = _own_call(actor, whistle_id, ("arrived",))
    result = said(words)
    call.state, call.finished_at = "finished", now
    _say(call, result)
    call.save()
    own = {"called_code": call.organisation_code, "words_commitment": result.commitment}
    ledger.record([_told(actor, call.whistle, WhistleFinished, **own)], actor=actor, now=now)


@verb
def end_whistle(*, actor: Actor, whistle_id: uuid.UUID, now: datetime) -> None:
    """Who called ends it; whoever did not come need not any more, who came was there. Raises Absent, Forbidden, Refused."""
    row = Whistle.objects.select_for_update().filter(id=whistle_id).first()
    if row is None:
        raise Absent("whistle-absent", _("There is no such call."))
    rules.check_may_end_whistle(actor, row.organisation_code)
    if row.ended_at is not None:
        raise Refused("whistle-ended", _("This call has ended. Nothing was changed."))
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    calls = list(WhistleCall.objects.filter(whistle=row))
    WhistleCall.objects.filter(whistle=row).update(due_at=None, warn_at=None)
    WhistleCall.objects.filter(whistle=row, state__in=UNDONE).update(state="ended")
    finished = sum(call.state == "finished" for call in calls)
    ledger.record([_told(actor, row, WhistleEnded, finished=finished, called=len(calls))], actor=actor, now=now)


@verb
def warn_of_whistles(*, actor: Actor, now: datetime, most: int = AT_ONCE) -> int:
    """Warn who is to answer or come of which less than a fifth of the time is left, once a date."""
    rules.check_is_own_program(actor)
    near = WhistleCall.objects.filter(warned=False, warn_at__lt=now, due_at__gt=now).order_by("due_at", "id")
    calls = list(near.select_related("whistle").select_for_update(of=("self",))[:most])
    facts = [
        _told(actor, call.whistle, WhistleDueSoon, called_code=call.organisation_code, due_at=iso(call.due_at))
        for call in calls
    ]
    for call in calls:
        call.warned = True
    if calls:
        WhistleCall.objects.bulk_update(calls, ["warned"])
        ledger.record(facts, actor=actor, now=now)
    return len(calls)


@verb
def escalate_whistles(*, actor: Actor, now: datetime, most: int = AT_ONCE) -> int:
    """What nobody answered or came to in time goes up the called organisation's line, one level at once, one more each hour.

    Hours, since people stand and wait; the line ends at its top. Idempotent within the hour.
    """
    rules.check_is_own_program(actor)
    steps = Steps(now)
    late = WhistleCall.objects.filter(due_at__lte=now, whistle__ended_at=None).order_by("due_at", "id")
    rows = late.values_list("id", "organisation_code", "due_at", "escalation")
    due = [id_ for id_, code, at, told in rows if min(_hours(at, now), len(steps.line(code))) > told]
    calls = list(late.select_related("whistle").select_for_update(of=("self",)).filter(id__in=due[:most]))
    facts: list[AboutWhistle] = []
    for call in calls:
        line = steps.line(call.organisation_code)
        call.escalation = level = min(_hours(call.due_at, now), len(line))
        call.late = True
        own = {"called_code": call.organisation_code, "level": level, "to_code": line[level - 1]}
        facts.append(_told(actor, call.whistle, WhistleEscalated, **own))
    if calls:
        WhistleCall.objects.bulk_update(calls, ["escalation", "late"])
        ledger.record(facts, actor=actor, now=now)
    return len(calls)


def _hours(due_at: datetime | None, now: datetime) -> int:
    """One for the date itself, one more for every hour since."""
    return 1 + (now - due_at) // timedelta(hours=1) if due_at is not None else 0
