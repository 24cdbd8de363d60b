"""Letters as the other side sees them: what may come in, and the proof that it did."""

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent, Forbidden, Invalid
from pianqu.foundation.installation import installation
from pianqu.kernels import letter as kernel
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.partners.models import Letter, Partner


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A letter whose sender and receipt were checked."""

    partner_id: uuid.UUID
    letter: kernel.Letter


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """Our ledger's word that we got a letter. `receipt` is empty until the entry is sealed."""

    entry_id: uuid.UUID
    number: int
    receipt: str


def our_card() -> kernel.Card:
    """How this district introduces itself."""
    log, code = ledger.log(), installation().district_code
    name = directory.name_of(code)
    return kernel.Card(origin=log.origin, vkey=log.vkey, name_zh=name, name_en=name, district_code=code)


def incoming(raw: bytes, proof: str) -> Incoming:
    """Who sent these bytes, and the letter in them, checked from the receipt to the signature of the sender's ledger.

    Raises Forbidden for a sender that is not connected, Invalid for a letter that its ledger does not hold.
    """
    try:
        sender = kernel.decode(raw).sender
    except kernel.LetterError as error:
        raise Invalid(error.code, str(error)) from error
    partner = Partner.objects.filter(origin=sender, kind="district", dropped_at=None).first()
    if partner is None:
        sentence = _(
            "The district %(name)s is not connected here. Its administrators and ours have to connect both ways."
        )
        raise Forbidden("partner-unknown", sentence % {"name": sender[:120]})
    try:
        letter = kernel.check(raw, proof, vkey=partner.vkey, receiver=ledger.log().origin)
    except kernel.LetterError as error:
        raise Invalid(error.code, str(error)) from error
    return Incoming(partner_id=partner.id, letter=letter)


def taken_letter(digest: str) -> Proof:
    """The proof that a letter with this digest came in. Raises Absent. Who knows the digest has the letter."""
    row = Letter.objects.filter(direction="in", digest=digest, partner__kind="district").first()
    if row is None:
        raise Absent("letter-absent", _("There is no such letter here."))
    return Proof(entry_id=row.entry_id, number=row.number, receipt=proof_of_ours(row.entry_id))


def proof_of_ours(entry_id: uuid.UUID) -> str:
    """Our ledger's receipt of an entry; empty until it is sealed."""
    return ledger.receipt_for(entry_id).text or ""
