"""Receipts: how far the proof of an entry has come, and the proof itself."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent, Unavailable
from pianqu.kernels import receipt
from pianqu.rooms.ledger.models import Checkpoint, Entry, Position, Secret
from pianqu.rooms.ledger.queries.log import CheckpointCard, proof_of, published
from pianqu.rooms.ledger.queries.witnesses import policy, with_cosignatures, witnessed

RECORDED, SEALED, WITNESSED = "recorded", "sealed", "witnessed"


@dataclass(frozen=True, slots=True)
class ReceiptState:
    """How far an entry's proof has come. Stages: recorded → sealed → witnessed, as the policy in force asks."""

    entry_id: uuid.UUID
    stage: str
    recorded_at: datetime
    sealed_at: datetime | None = None
    position: int | None = None
    size: int | None = None
    text: str | None = None
    qr: str | None = None
    witnessed_at: datetime | None = None
    """When enough witnesses had signed that the entry stands there."""
    witnesses: tuple[str, ...] = ()
    """Who signed the checkpoint of this receipt, by their names in the policy."""
    parties: int = 0
    """How many witnesses these are: one may have signed with two keys."""
    parties_named: tuple[str, ...] = ()
    """What these are called, each once."""
    left_out_of_code: tuple[str, ...] = ()
    """Whose signatures are in the file and too long for the QR code."""
    code_is_enough: bool = True
    """Whether a check of the QR code alone can find enough signatures."""
    awaits_witnesses: bool = False
    """Whether a policy with witnesses is in force and they have not signed yet."""

    @property
    def is_sealed(self) -> bool:
        """It has its place and the ledger's signature."""
        return self.stage != RECORDED


def receipt_for(entry_id: uuid.UUID) -> ReceiptState:
    """The receipt of one entry, with text and QR once it is sealed and published. Raises Absent."""
    entry = Entry.objects.filter(id=entry_id).first()
    if entry is None:
        raise Absent("entry-unknown", _("There is no such entry."))
    position = Position.objects.filter(entry_id=entry_id).values_list("position", flat=True).first()
    shown = published()
    if position is None or shown is None or shown.size <= position:
        return ReceiptState(entry_id, RECORDED, entry.recorded_at, awaits_witnesses=_asks_for_witnesses())
    return _sealed(entry, position, shown)


def _asks_for_witnesses() -> bool:
    """Before the first start there is no ledger, and no policy either; what is recorded meanwhile waits for both."""
    try:
        return policy().asks_for_witnesses
    except Unavailable:
        return False


def held_receipt(entry_id: uuid.UUID) -> ReceiptState:
    """The same where there is something to hold in hand. Raises Absent where it is not sealed yet, or was erased."""
    state = receipt_for(entry_id)
    if not state.is_sealed:
        raise Absent("receipt-not-yet", _("This receipt is not sealed yet. Come back in a few seconds."))
    if state.text is None:
        raise Absent("receipt-erased", _("What this entry said was erased on request: there is no receipt any more."))
    return state


def receipt_under(entry_id: uuid.UUID, checkpoint: str, size: int) -> str:
    """The receipt's file with another checkpoint of this log that holds the entry. Raises Absent as `held_receipt` does."""
    entry = Entry.objects.filter(id=entry_id).first()
    position = Position.objects.filter(entry_id=entry_id).values_list("position", flat=True).first()
    secret = Secret.objects.filter(entry_id=entry_id).first()
    if entry is None or position is None or secret is None or position >= size:
        raise Absent("receipt-not-yet", _("This receipt is not sealed yet. Come back in a few seconds."))
    return _receipt(entry, secret, position, CheckpointCard(size, b"", checkpoint)).text()


def _sealed(entry: Entry, position: int, shown: CheckpointCard) -> ReceiptState:
    rule = policy()
    seen = witnessed() if rule.asks_for_witnesses else None
    is_witnessed = seen is not None and seen.size > position
    card = seen if seen is not None and is_witnessed else with_cosignatures(shown)
    first = Checkpoint.objects.filter(size__gt=position).order_by("size").first()
    secret = Secret.objects.filter(entry_id=entry.id).first()
    made = _receipt(entry, secret, position, card) if secret else None
    return ReceiptState(
        entry_id=entry.id,
        stage=WITNESSED if is_witnessed else SEALED,
        recorded_at=entry.recorded_at,
        sealed_at=first.sealed_at if first else None,
        position=position,
        size=card.size,
        text=made.text() if made else None,
        qr=made.compact(rule.rule) if made else None,
        witnessed_at=card.witnessed_at,
        witnesses=card.witnesses,
        parties=rule.rule.parties(card.witnesses),
        parties_named=rule.rule.parties_named(card.witnesses),
        left_out_of_code=tuple(name for name in rule.rule.left_out_of_code() if name in card.witnesses),
        code_is_enough=rule.rule.holds_in_code(),
        awaits_witnesses=rule.asks_for_witnesses and not is_witnessed,
    )


def _receipt(entry: Entry, secret: Secret, position: int, shown: CheckpointCard) -> receipt.Receipt:
    return receipt.Receipt(
        leaf=bytes(entry.leaf),
        payload=bytes(secret.payload),
        salt=bytes(secret.salt),
        index=position,
        proof=tuple(proof_of(position, shown.size)),
        checkpoint=shown.text,
    )
