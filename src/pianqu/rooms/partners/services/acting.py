"""carry_out, leave_undone: what a letter asks for is done to the matter here, or it is said why it cannot be."""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Refused
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.partners.lifecycle import State
from pianqu.rooms.partners.models import Letter, Transfer
from pianqu.rooms.partners.queries import photos_of, text_of
from pianqu.rooms.partners.services.writing import locked_partner, write

Body = Mapping[str, Any]
"""What another system wrote: nothing in it is of a kind that can be relied on."""
Effect = Callable[[Actor, Transfer, Body, datetime], None]
LONGEST = 5_000
"""Characters of a note and of an answer."""


@verb
def carry_out(*, actor: Actor, letter_id: uuid.UUID, now: datetime) -> None:
    """Do what a letter that came in asks for. Whoever calls sees to it that it is asked for once.

    Raises Problem where the matter's state does not allow it: then nothing is changed, and leave_undone says so.
    """
    row = Letter.objects.select_related("transfer__partner").get(id=letter_id, direction="in")
    effect = _EFFECTS[row.transfer.direction].get(row.kind)
    if effect is not None:
        effect(actor, row.transfer, _body(row), now)


def _body(row: Letter) -> Body:
    return dict(json.loads(row.text)["body"]) if row.text else {}


@verb
def leave_undone(*, actor: Actor, letter_id: uuid.UUID, code: str, sentence: str, now: datetime) -> None:
    """Tell who wrote a letter why it could not be carried out; the people here read both."""
    row = Letter.objects.select_related("transfer__partner").get(id=letter_id, direction="in")
    transfer = row.transfer
    if transfer.case_id is not None:
        words = _("%(name)s wrote, and it could not be carried out here (%(why)s): %(words)s")
        filled = words % {"name": transfer.partner.name, "why": sentence, "words": text_of(_body(row))}
        cases.note_case(actor=actor, case_id=transfer.case_id, words=filled[:LONGEST], now=now)
    if transfer.direction == "in":
        body = {"letter": row.number, "kind": row.kind, "code": code, "words": sentence}
        partner = locked_partner(transfer.partner_id)
        transfer.refresh_from_db()
        write(actor, partner, transfer, "refused", body, now)


# a matter that we gave away -------------------------------------------------------------------------------------------


def _taken(actor: Actor, transfer: Transfer, _body: Body, now: datetime) -> None:
    words = _("%(name)s has taken this matter under its number %(number)s and works on it. The answer comes here.")
    filled = words % {"name": transfer.partner.name, "number": transfer.their_reference}
    _note(actor, transfer, filled, now, shown=_has_it(transfer))


def _has_it(transfer: Transfer) -> bool:
    """Whether it works on the matter or has answered it: who reported it reads nothing of others."""
    return transfer.state in (State.TAKEN, State.ANSWERED)


def _declined(actor: Actor, transfer: Transfer, body: Body, now: datetime) -> None:
    words = _("%(name)s does not take this matter: %(words)s")
    _note(actor, transfer, words % {"name": transfer.partner.name, "words": text_of(body)}, now)


def _progress(actor: Actor, transfer: Transfer, body: Body, now: datetime) -> None:
    if said := text_of(body):
        words = _("%(name)s writes: %(words)s")
        _note(actor, transfer, words % {"name": transfer.partner.name, "words": said}, now, shown=_has_it(transfer))


def _answered(actor: Actor, transfer: Transfer, body: Body, now: datetime) -> None:
    """Their answer is the answer: who reported it reads it here, with who gave it. Raises Refused from who has not taken it."""
    if transfer.state not in (State.ANSWERED, State.CLOSED):
        raise Refused("answer-of-another", _("This matter does not lie there. It was not answered by this."))
    reply = _("%(words)s\n\n(Answered by %(name)s, number %(number)s)")
    given = {"name": transfer.partner.name, "number": transfer.their_reference or "—"}
    words = text_of(body)[: LONGEST - len(reply % {**given, "words": ""})]
    assert transfer.case_id is not None
    cases.resolve_case(actor=actor, case_id=transfer.case_id, reply=reply % {**given, "words": words}, now=now)


def _closed(actor: Actor, transfer: Transfer, _body: Body, now: datetime) -> None:
    """Nobody works on it there any more: where it was not answered, people here have to know."""
    if transfer.case_id is not None and casework.case_head(transfer.case_id).state in casework.OPEN:
        words = _("%(name)s has closed this matter without an answer. Please see what becomes of it here.")
        _note(actor, transfer, words % {"name": transfer.partner.name}, now)


def _refused(actor: Actor, transfer: Transfer, body: Body, now: datetime) -> None:
    words = _("%(name)s could not carry out what we wrote: %(words)s")
    _note(actor, transfer, words % {"name": transfer.partner.name, "words": text_of(body)}, now)


def _note(actor: Actor, transfer: Transfer, words: str, now: datetime, *, shown: bool = False) -> None:
    if transfer.case_id is not None:
        cases.note_case(actor=actor, case_id=transfer.case_id, words=words[:LONGEST], for_reporter=shown, now=now)


# a matter that we took -----------------------------------------------------------------------------------------------


def _reporter() -> Actor:
    """Who reported it there speaks through the other district."""
    return Actor(kind="resident", organisation_code=casework.centre_code())


def _added(_actor: Actor, transfer: Transfer, body: Body, now: datetime) -> None:
    if transfer.case_id is None:
        return  # the offer's page shows it
    cases.extend_case(
        actor=_reporter(),
        case_id=transfer.case_id,
        words=text_of(body),
        photos=photos_of(body.get("photos")),
        now=now,
    )


def _withdrawn(actor: Actor, transfer: Transfer, body: Body, now: datetime) -> None:
    if transfer.case_id is None:
        return
    words = _("%(name)s takes this matter back. %(words)s")
    _note(actor, transfer, words % {"name": transfer.partner.name, "words": text_of(body)}, now)
    if casework.case_head(transfer.case_id).state in casework.OPEN:
        cases.withdraw_case(actor=_reporter(), case_id=transfer.case_id, now=now)


def _reopened(_actor: Actor, transfer: Transfer, body: Body, now: datetime) -> None:
    if transfer.case_id is not None:
        words = text_of(body) or _("The answer did not settle it.")
        cases.reopen_case(actor=_reporter(), case_id=transfer.case_id, words=words, now=now)


def _rated(_actor: Actor, transfer: Transfer, body: Body, now: datetime) -> None:
    score = body.get("score")
    if transfer.case_id is not None and type(score) is int:
        words = text_of(body)
        cases.rate_case(actor=_reporter(), case_id=transfer.case_id, score=score, words=words, now=now)


def _erased(actor: Actor, transfer: Transfer, _body: Body, now: datetime) -> None:
    """What it wrote is emptied here by itself; for a matter of ours people decide, for it has rules of its own."""
    words = _(
        "%(name)s has erased what this matter says about a person. Please see whether it has to be erased here too."
    )
    _note(actor, transfer, words % {"name": transfer.partner.name}, now)


_EFFECTS: dict[str, dict[str, Effect]] = {
    "out": {
        "taken": _taken,
        "declined": _declined,
        "progress": _progress,
        "answered": _answered,
        "closed": _closed,
        "refused": _refused,
    },
    "in": {
        "added": _added,
        "withdrawn": _withdrawn,
        "reopened": _reopened,
        "rated": _rated,
        "erased": _erased,
    },
}
"""The direction of a transfer → the kind of a letter that comes in → what it asks for."""
