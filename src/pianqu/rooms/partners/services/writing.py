"""How every letter is written: numbered, recorded and kept, in the transaction of the verb that has something to say."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.kernels import letter as kernel
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners import lifecycle
from pianqu.rooms.partners.facts import AboutTransfer, LetterReceived, LetterWritten
from pianqu.rooms.partners.models import Letter, Partner, Transfer
from pianqu.rooms.partners.queries import moment_of, text_of

F = TypeVar("F", bound=AboutTransfer)


def locked_partner(partner_id: uuid.UUID) -> Partner:
    """The partner, locked so that letters get their numbers one after the other."""
    return Partner.objects.select_for_update().get(id=partner_id)


def write(
    actor: Actor,
    partner: Partner,
    transfer: Transfer,
    kind: str,
    body: Mapping[str, Any],
    now: datetime,
    *,
    cause: uuid.UUID | None = None,
) -> uuid.UUID:
    """Write the next letter to a locked partner and move the saved transfer on; answers the entry in the ledger.

    Who refuses to look again at a matter leaves it answered.
    """
    partner.written += 1
    raw = kernel.Letter(
        sender=ledger_questions.log().origin,
        receiver=address_of(partner),
        number=partner.written,
        transfer=transfer.id,
        kind=kind,
        at=now,
        salt=kernel.new_salt(),
        body=dict(body),
    ).encode()
    letter_id = new_id()
    fact = told(LetterWritten, actor, partner, transfer, letter_id, kind, partner.written, kernel.digest(raw))
    entry = ledger.record([fact], actor=actor, now=now)[0]
    move(transfer, kind, now)
    if kind == "refused":
        take_note(transfer, kind, body, now)
    Letter.objects.create(
        id=letter_id,
        partner=partner,
        transfer=transfer,
        direction="out",
        number=partner.written,
        kind=kind,
        text=raw.decode(),
        digest=kernel.digest(raw),
        entry_id=entry.entry_id,
        cause=cause,
        at=now,
    )
    partner.save(update_fields=["written"])
    return entry.entry_id


def received(
    actor: Actor, partner: Partner, transfer: Transfer, letter: kernel.Letter, raw: bytes, **more: Any
) -> Letter:
    """The row of a letter that came in, recorded, still to be saved."""
    letter_id, digest, now = new_id(), kernel.digest(raw), more.pop("now")
    fact = told(LetterReceived, actor, partner, transfer, letter_id, letter.kind, letter.number, digest)
    entry = ledger.record([fact], actor=actor, now=now)[0]
    return Letter(
        id=letter_id,
        partner=partner,
        transfer=transfer,
        direction="in",
        number=letter.number,
        kind=letter.kind,
        text=raw.decode(),
        digest=digest,
        entry_id=entry.entry_id,
        at=now,
        **more,
    )


def address_of(partner: Partner) -> str:
    """How a letter names its receiver: a district by its ledger, an Open311 server by its address."""
    return partner.origin or partner.url


def move(transfer: Transfer, kind: str, now: datetime) -> None:
    """The saved transfer's state after a letter of this kind."""
    transfer.state = lifecycle.after(transfer.state, kind)
    transfer.changed_at = now
    transfer.save(update_fields=["state", "changed_at"])


def take_note(transfer: Transfer, kind: str, body: Mapping[str, Any], now: datetime) -> None:
    """Keep on the transfer what a letter that came in says of it: a number, how it stands there, that its words have to go."""
    if kind == "taken":
        transfer.their_reference = text_of(body, "reference", 120)
    if kind in ("taken", "progress"):
        transfer.their_state = text_of(body, "state", 16) or transfer.their_state
        transfer.their_lead = text_of(body, "lead", 80) or transfer.their_lead
        transfer.their_due_at = moment_of(body, "due_at") or transfer.their_due_at
    if kind == "erased" or (kind == "withdrawn" and transfer.case_id is None):
        transfer.erased_at = now
    if kind == "refused" and body.get("kind") == "reopened" and transfer.state == lifecycle.State.TAKEN:
        transfer.state = str(lifecycle.State.ANSWERED)  # it was to be reopened and could not be: its answer stands
    transfer.save()


def told(
    fact: type[F],
    actor: Actor,
    partner: Partner,
    transfer: Transfer,
    letter_id: uuid.UUID,
    kind: str,
    number: int,
    digest: str,
) -> F:
    """A letter's fact: about the matter where there is one here already, else about the transfer."""
    return fact(
        subject=f"case:{transfer.case_id}" if transfer.case_id else f"transfer:{transfer.id}",
        organisation_code=actor.organisation_code,
        transfer_id=str(transfer.id),
        partner_id=str(partner.id),
        partner_origin=address_of(partner),
        letter_id=str(letter_id),
        letter_kind=kind,
        number=number,
        digest=digest,
        case_id=str(transfer.case_id or ""),
    )
