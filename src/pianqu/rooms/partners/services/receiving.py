"""take_letter: a letter of another district comes in, once and in its turn. Carried out it is when the ledger has it."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.verbs import verb
from pianqu.kernels import letter as kernel
from pianqu.rooms.partners import lifecycle
from pianqu.rooms.partners.models import Letter, Partner, Transfer
from pianqu.rooms.partners.queries import text_of
from pianqu.rooms.partners.services.writing import locked_partner, move, received, take_note


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What the sender is told: this letter's entry in our ledger, and the number that is expected next."""

    entry_id: uuid.UUID
    next_number: int


class OutOfTurn(Refused):
    """Letters before this one have not arrived. `next_number` is the one that is expected."""

    def __init__(self, next_number: int) -> None:
        super().__init__("letter-out-of-turn", _("Letters before this one have not arrived. Please send them first."))
        self.next_number = next_number


@verb
def take_letter(
    *, actor: Actor, partner_id: uuid.UUID, letter: kernel.Letter, raw: bytes, proof: str, now: datetime
) -> Taken:
    """Keep a letter that was checked (kernels.letter.check) and record it. The same letter again changes nothing.

    Raises OutOfTurn, Refused for another letter under a number that was taken, Invalid for one that fits no transfer.
    """
    partner = locked_partner(partner_id)
    if letter.number <= partner.received:
        return _again(partner, letter.number, kernel.digest(raw))
    if letter.number > partner.received + 1:
        raise OutOfTurn(partner.received + 1)
    transfer = _transfer(partner, letter, now)
    row = received(actor, partner, transfer, letter, raw, receipt=proof, now=now)
    row.save(force_insert=True)
    move(transfer, letter.kind, now)
    take_note(transfer, letter.kind, letter.body, now)
    partner.received = letter.number
    partner.save(update_fields=["received"])
    return Taken(entry_id=row.entry_id, next_number=letter.number + 1)


def _again(partner: Partner, number: int, digest: str) -> Taken:
    row = Letter.objects.filter(partner__origin=partner.origin, direction="in", number=number, digest=digest).first()
    if row is None:
        sentence = _("Another letter with this number was taken. One of the two sides has lost part of its history.")
        raise Refused("letter-forked", sentence)
    return Taken(entry_id=row.entry_id, next_number=partner.received + 1)


def _transfer(partner: Partner, letter: kernel.Letter, now: datetime) -> Transfer:
    """The transfer that the letter is about; a new one for an offer."""
    known = Transfer.objects.filter(id=letter.transfer).select_related("partner").first()
    if letter.kind == "offered" and known is None:
        return Transfer.objects.create(
            id=letter.transfer,
            partner=partner,
            direction="in",
            state=str(lifecycle.State.OFFERED),
            category=text_of(letter.body, "category", 40),
            their_reference=text_of(letter.body, "reference", 120),
            offered_at=now,
            changed_at=now,
        )
    if (
        known is None
        or known.partner.origin != partner.origin
        or letter.kind == "offered"
        or not lifecycle.fits(known.direction, letter.kind, incoming=True)
    ):
        raise Invalid("letter-of-no-transfer", _("This letter fits no transfer between the two districts."))
    return known
