"""take_update: another system that follows a matter says what is new, each of its updates once."""

import uuid
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.crypto import fingerprint
from pianqu.foundation.errors import Invalid
from pianqu.foundation.idempotency import answer_once
from pianqu.foundation.verbs import verb
from pianqu.rooms.casework.lifecycle import ANSWERED
from pianqu.rooms.casework.services.moving import extend_case
from pianqu.rooms.casework.services.rating import reopen_case
from pianqu.rooms.casework.services.steps import locked

UPDATE = "casework.update"
LONGEST_ID = 200


@verb
def take_update(
    *, actor: Actor, case_id: uuid.UUID, update_id: str, words: str, is_open: bool | None, now: datetime
) -> uuid.UUID:
    """Add what the other system says; where it holds an answered matter for open, reopen that. Answers the entry in the ledger.

    `is_open` is how the matter stands over there, None where it does not say. “Settled” closes nothing here and takes nothing
    back: who answers for the matter reads it beside the words. The same update again does nothing and gets the first answer.
    Raises Invalid, Forbidden, Refused.
    """
    if not 0 < len(update_id) <= LONGEST_ID:
        raise Invalid(
            "update-id-missing", _("Please send update_id, at most 200 characters: each update is taken once.")
        )
    sender = actor.post_id or actor.kind
    content = fingerprint(repr([words, is_open]), scope=UPDATE)
    try:
        answer = answer_once(
            scope=UPDATE,
            key=sha256(repr([sender, str(case_id), update_id]).encode("utf-8", "backslashreplace")).hexdigest(),
            fingerprint=content,
            now=now,
            act=lambda: str(_take(actor, case_id, words, is_open, now)),
        )
    except Invalid as refusal:
        if refusal.code != "idempotency-key-reused":
            raise
        sentence = _(
            "An update with this update_id and other content was taken before. That one stands; send a new one."
        )
        raise Invalid("update-id-reused", sentence) from refusal
    return uuid.UUID(answer)


def _take(actor: Actor, case_id: uuid.UUID, words: str, is_open: bool | None, now: datetime) -> uuid.UUID:
    state = locked([case_id])[case_id].state
    if is_open and state in ANSWERED:
        return reopen_case(actor=actor, case_id=case_id, words=words, now=now)
    return extend_case(actor=actor, case_id=case_id, words=_with_standing(words, is_open), now=now)


def _with_standing(words: str, is_open: bool | None) -> str:
    if is_open is not False:
        return words
    held = _("(The system that sent this holds the matter for settled; it goes on here.)")
    return f"{words}\n{held}".strip()
