"""One act on many matters: rehearsed, planned, undone while it has not begun, and done one matter after the other.

Every matter gets the verb that a person would have used, in a transaction of its own together with the mark that it had its
turn: a worker that is killed leaves each matter either done and marked, or neither. Nothing begins before the undo window is
over, so that undoing takes nothing back that anybody was told.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Problem, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import rehearsed, verb
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.facts import BulkEnded, BulkItemRefused, BulkPlanned, BulkUndone
from pianqu.rooms.casework.models import BulkAct, BulkItem
from pianqu.rooms.casework.queries import BULK_CANCELLED, BULK_DONE, BULK_REFUSED, BULK_WAITS, BulkRefusal
from pianqu.rooms.casework.services.dispatching import accept_case, dispatch_case
from pianqu.rooms.casework.services.moving import close_case, resolve_case
from pianqu.rooms.casework.services.noting import note_case
from pianqu.rooms.casework.services.rating import link_case
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger

STUMBLED = "bulk-stumbled"
"""Code of a refusal that no rule gave: the program itself failed at this matter."""
UNDO_WINDOW = timedelta(seconds=60)
MOST_AT_ONCE = 200
"""Matters of one bulk act: each is rehearsed while a person waits."""
BULK_FIELDS: Mapping[str, tuple[str, ...]] = {
    "accept": ("nature",),
    "dispatch": ("lead_code", "nature", "words"),
    "note": ("words",),
    "answer": ("words",),
    "close": (),
    "link": ("parent_code",),
}
"""What each act takes: codes, and words, which are kept by themselves."""


BULK_NEEDS = {"accept": "nature", "dispatch": "lead_code", "note": "words", "answer": "words", "link": "parent_code"}
"""The field without which an act can be done for no matter at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be done with each matter."""

    act: str
    values: Mapping[str, str]
    words: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """For which matters it can be done as things stand, and why not for the others."""

    can: tuple[uuid.UUID, ...]
    cannot: tuple[BulkRefusal, ...]


def rehearse_bulk(*, actor: Actor, case_ids: Sequence[uuid.UUID], wanted: Wanted, now: datetime) -> Rehearsal:
    """Try the act on each matter and take it back: what is refused here is refused by the matter's own verb. Raises Invalid."""
    rules.check_may_act_on_many(actor)
    _check(wanted, case_ids)
    codes = queries.codes_seen(actor, case_ids)
    can, cannot = [], []
    for case_id in dict.fromkeys(case_ids):
        try:
            if case_id not in codes:
                raise Absent("case-absent", _("There is no such matter."))
            rehearsed(partial(_act, actor, case_id, wanted, now))
            can.append(case_id)
        except Problem as problem:
            cannot.append((problem.message, codes.get(case_id, "")))
    return Rehearsal(can=tuple(can), cannot=queries.grouped(cannot))


@verb
def plan_bulk(
    *, actor: Actor, case_ids: Sequence[uuid.UUID], wanted: Wanted, language: str, now: datetime
) -> uuid.UUID:
    """Plan the act for these matters; it begins when the undo window is over. Raises Absent, Forbidden, Invalid."""
    rules.check_may_act_on_many(actor)
    _check(wanted, case_ids)
    ids = list(dict.fromkeys(case_ids))
    if len(queries.codes_seen(actor, ids)) < len(ids):
        raise Absent("case-absent", _("There is no such matter."))
    row = BulkAct.objects.create(
        id=new_id(),
        post_id=actor.acting_post_id or "",
        account_id=uuid.UUID(actor.account_id or ""),
        organisation_code=actor.organisation_code,
        act=wanted.act,
        values={name: wanted.values.get(name, "") for name in BULK_FIELDS[wanted.act] if name != "words"},
        words=wanted.words if "words" in BULK_FIELDS[wanted.act] else "",
        language=language,
        planned_at=now,
        begins_at=now + UNDO_WINDOW,
    )
    BulkItem.objects.bulk_create(
        BulkItem(bulk=row, order=order, case_id=case_id) for order, case_id in enumerate(ids, start=1)
    )
    told = BulkPlanned(
        **_about(row), act=row.act, matters=len(ids), begins_at=row.begins_at.isoformat(timespec="seconds")
    )
    ledger.record([told], actor=actor, now=now)
    return row.id


@verb
def undo_bulk(*, actor: Actor, bulk_id: uuid.UUID, now: datetime) -> int:
    """Cancel what has not begun; answers how many that were. What was done stays done. Raises Absent, Refused."""
    row = BulkAct.objects.select_for_update().filter(id=bulk_id, post_id=actor.acting_post_id or "-").first()
    if row is None:
        raise Absent("bulk-absent", _("There is no such act on many matters."))
    if row.ended_at is not None:
        raise Refused("bulk-ended", _("This has ended already, so there is nothing left to cancel."))
    cancelled = BulkItem.objects.filter(bulk=row, state=BULK_WAITS).update(state=BULK_CANCELLED)
    row.undone = True
    _end(row, now)
    ledger.record([BulkUndone(**_about(row), cancelled=cancelled)], actor=actor, now=now)
    return cancelled


@verb
def do_bulk_item(*, actor: Actor, item_id: int, now: datetime) -> bool:
    """Do it for one matter, in the name of who planned it; no where it had its turn. Raises what the matter's verb raises."""
    rules.check_is_own_program(actor)
    found = _turn(item_id)
    if found is None:
        return False
    row, item = found
    holder = directory.actor_for(row.account_id, uuid.UUID(row.post_id), now)
    if holder is None:
        raise Refused("post-ended", _("The post that planned this has ended, so it was not done."))
    if item.case_id not in queries.codes_seen(holder, [item.case_id]):
        raise Absent("case-absent", _("There is no such matter."))
    _act(holder, item.case_id, Wanted(act=row.act, values=row.values, words=row.words), now)
    item.state = BULK_DONE
    item.save(update_fields=["state"])
    return True


@verb
def refuse_bulk_item(*, actor: Actor, item_id: int, reason: str, sentence: str, now: datetime) -> None:
    """It could not be done for this matter, and why."""
    rules.check_is_own_program(actor)
    found = _turn(item_id)
    if found is not None:
        row, item = found
        item.state, item.reason, item.sentence = BULK_REFUSED, reason[:40], sentence
        item.save(update_fields=["state", "reason", "sentence"])
        told = BulkItemRefused(**_about(row), case_id=str(item.case_id), reason=item.reason)
        ledger.record([told], actor=actor, now=now)


@verb
def end_bulk(*, actor: Actor, bulk_id: uuid.UUID, now: datetime) -> None:
    """Every matter had its turn. Harmless to repeat."""
    rules.check_is_own_program(actor)
    row = BulkAct.objects.select_for_update().filter(id=bulk_id, ended_at=None).first()
    if row is None or BulkItem.objects.filter(bulk=row, state=BULK_WAITS).exists():
        return
    states = list(BulkItem.objects.filter(bulk=row).values_list("state", flat=True))
    _end(row, now)
    told = BulkEnded(**_about(row), done=states.count(BULK_DONE), refused=states.count(BULK_REFUSED))
    ledger.record([told], actor=actor, now=now)


def _turn(item_id: int) -> tuple[BulkAct, BulkItem] | None:
    """The item with its act, both locked in the order in which an undoing locks them; None where it had its turn."""
    found = BulkItem.objects.filter(id=item_id).values("bulk_id")
    row = BulkAct.objects.select_for_update().filter(id__in=found, ended_at=None).first()
    item = BulkItem.objects.filter(id=item_id, state=BULK_WAITS).first() if row else None
    return (row, item) if row and item else None


def _end(row: BulkAct, now: datetime) -> None:
    """The words stand beside each matter by now; here nobody needs them any more."""
    row.ended_at, row.words = max(now, row.planned_at), ""
    row.save(update_fields=["ended_at", "words", "undone"])


def _about(row: BulkAct) -> dict[str, str]:
    return {"subject": f"bulk:{row.id}", "organisation_code": row.organisation_code, "bulk_id": str(row.id)}


def _check(wanted: Wanted, case_ids: Sequence[uuid.UUID]) -> None:
    if wanted.act not in BULK_FIELDS:
        raise Invalid("bulk-act", _("Please choose what is to be done."))
    if not case_ids:
        raise Invalid("bulk-none", _("Please choose at least one matter on the list first."))
    if len(case_ids) > MOST_AT_ONCE:
        sentence = _("At most %(most)d matters at once. Please choose fewer; nothing was changed.")
        raise Invalid("bulk-many", sentence % {"most": MOST_AT_ONCE})
    need = BULK_NEEDS.get(wanted.act, "")
    if need and not (wanted.words if need == "words" else wanted.values.get(need, "")).strip():
        raise Invalid(f"bulk-{need}", _missing(need))


def _missing(need: str) -> str:
    return {
        "nature": _("Please choose the nature. Nothing was changed."),
        "lead_code": _("Please choose who leads. Nothing was changed."),
        "parent_code": _("Please give the code of the matter that they are joined to. Nothing was changed."),
        "words": _("Please write what it says. Nothing was changed."),
    }[need]


def _act(actor: Actor, case_id: uuid.UUID, wanted: Wanted, now: datetime) -> None:
    """The verb that a person would have used for this one matter."""
    values, words = wanted.values, wanted.words
    if wanted.act == "accept":
        accept_case(actor=actor, case_id=case_id, nature=values.get("nature", ""), now=now)
    elif wanted.act == "dispatch":
        dispatch_case(
            actor=actor,
            case_id=case_id,
            lead_code=values.get("lead_code", ""),
            nature=values.get("nature", ""),
            words=words,
            now=now,
        )
    elif wanted.act == "note":
        note_case(actor=actor, case_id=case_id, words=words, now=now)
    elif wanted.act == "answer":
        resolve_case(actor=actor, case_id=case_id, reply=words, now=now)
    elif wanted.act == "close":
        close_case(actor=actor, case_id=case_id, now=now)
    else:
        link_case(actor=actor, case_id=case_id, parent_code=values.get("parent_code", ""), now=now)
