"""What an Open311 server answers is kept as letters that it would have written; what nobody knows is settled by a person."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.verbs import verb
from pianqu.kernels import letter as kernel
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners import rules
from pianqu.rooms.partners.facts import PostingSettled
from pianqu.rooms.partners.models import Letter, Partner, Posting, Transfer
from pianqu.rooms.partners.services.writing import address_of, locked_partner, move, received, take_note

OUTCOMES = ("arrived", "again", "given-up")


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One thing that an Open311 server says of a request. `reference` tells it from all others that it says."""

    reference: str
    is_open: bool
    words: str = ""


@verb
def note_posted(*, actor: Actor, letter_id: uuid.UUID, reference: str, now: datetime) -> None:
    """The server took what was offered, under its own number. Once: a second time changes nothing."""
    row = Letter.objects.select_related("transfer").get(id=letter_id, direction="out")
    transfer = row.transfer
    if transfer.their_reference:
        return
    partner = locked_partner(transfer.partner_id)
    _heard(actor, partner, transfer, "taken", {"reference": reference}, f"{transfer.id} taken", now)


@verb
def note_declined(*, actor: Actor, letter_id: uuid.UUID, words: str, now: datetime) -> None:
    """The server refused what was offered, for good: the matter is ours again, and the reason is known."""
    transfer = Letter.objects.select_related("transfer").get(id=letter_id, direction="out").transfer
    partner = locked_partner(transfer.partner_id)
    _heard(actor, partner, transfer, "declined", {"words": words[:2_000]}, f"{transfer.id} declined", now)


@verb
def take_updates(*, actor: Actor, transfer_id: uuid.UUID, updates: Sequence[Update], now: datetime) -> int:
    """Keep what the server says of a matter, each thing once; answers how much of it was new."""
    transfer = Transfer.objects.get(id=transfer_id)
    known = set(
        Letter.objects.filter(
            partner_id=transfer.partner_id, reference__in=[one.reference[:120] for one in updates]
        ).values_list("reference", flat=True)
    )
    fresh = [one for one in updates if one.reference[:120] not in known]
    partner = locked_partner(transfer.partner_id) if fresh else None
    for update in fresh:
        assert partner is not None
        body = {"state": "in_progress" if update.is_open else "resolved", "words": update.words[:5_000]}
        kind = "progress" if update.is_open else "answered"
        if kind == "answered" and not update.words:
            body["words"] = _("It was closed there without words.")
        _heard(actor, partner, transfer, kind, body, update.reference, now)
    return len(fresh)


def _heard(
    actor: Actor,
    partner: Partner,
    transfer: Transfer,
    kind: str,
    body: Mapping[str, Any],
    reference: str,
    now: datetime,
) -> None:
    letter = kernel.Letter(
        sender=address_of(partner),
        receiver=ledger_questions.log().origin,
        number=partner.received + 1,
        transfer=transfer.id,
        kind=kind,
        at=now,
        salt=kernel.new_salt(),
        body=dict(body),
    )
    row = received(actor, partner, transfer, letter, letter.encode(), reference=reference[:120], now=now)
    row.save(force_insert=True)
    move(transfer, kind, now)
    take_note(transfer, kind, body, now)
    partner.received += 1
    partner.save(update_fields=["received"])


@verb
def settle_posting(*, actor: Actor, letter_id: uuid.UUID, outcome: str, reference: str = "", now: datetime) -> None:
    """Say whether a server has what nobody knows it to have: it arrived (under this number), is sent again, or is given up.

    The posting's reader carries it out when it hears the fact. Raises Forbidden, Invalid, Refused.
    """
    rules.check_may_connect(actor)
    if outcome not in OUTCOMES:
        raise Invalid("outcome-unknown", _("Please choose what became of it."))
    row = Posting.objects.filter(letter_id=letter_id, state="doubtful").select_related("letter__transfer").first()
    if row is None:
        raise Refused("posting-settled", _("This is in doubt no longer. Nothing was changed."))
    transfer = row.letter.transfer
    if outcome == "arrived" and row.letter.kind == "offered":
        if not reference.strip():
            raise Invalid(
                "reference-missing", _("Under which number does the other system have it? It stands in its list.")
            )
        note_posted(actor=actor, letter_id=letter_id, reference=reference.strip(), now=now)
    fact = PostingSettled(
        subject=f"case:{transfer.case_id}" if transfer.case_id else f"transfer:{transfer.id}",
        organisation_code=actor.organisation_code,
        letter_id=str(letter_id),
        outcome=outcome,
        case_id=str(transfer.case_id or ""),
    )
    ledger.record([fact], actor=actor, now=now)
