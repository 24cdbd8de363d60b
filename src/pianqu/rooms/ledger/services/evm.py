"""What becomes of the ledger's transactions on a chain is written down; each before it is sent, so that none is sent unknown."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from pianqu.rooms.ledger.models import EvmAnchor, EvmNode
from pianqu.rooms.ledger.queries import EvmAnchorCard


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvmAnchor:
    """A transaction that was signed and not sent yet."""

    hash: str
    raw: bytes
    chain_id: int
    genesis: str
    sender: str
    nonce: int
    attempt: int
    size: int
    text: str


def keep_evm_anchor(new: NewEvmAnchor, *, place: str, now: datetime) -> bool:
    """Keep it; answers False, and keeps nothing, where another worker has one on its way with another number, or this very one.

    Only what was kept may be sent. Two workers at once wait for each other at the node's row.
    """
    with transaction.atomic():
        EvmNode.objects.get_or_create(place=place)
        EvmNode.objects.select_for_update().get(place=place)
        waiting = EvmAnchor.objects.filter(confirmed_at__isnull=True, void_at__isnull=True, genesis=new.genesis)
        if waiting.exclude(sender=new.sender, nonce=new.nonce).exists():
            return False
        place_taken = EvmAnchor.objects.filter(
            genesis=new.genesis, sender=new.sender, nonce=new.nonce, attempt=new.attempt
        )
        if place_taken.exists() or EvmAnchor.objects.filter(hash=new.hash).exists():
            return False
        EvmAnchor.objects.create(
            hash=new.hash,
            raw=new.raw,
            chain_id=new.chain_id,
            genesis=new.genesis,
            sender=new.sender,
            nonce=new.nonce,
            attempt=new.attempt,
            size=new.size,
            text=new.text,
            signed_at=now,
        )
    return True


def confirm_evm_anchor(one: EvmAnchorCard, *, block: int, block_hash: str, block_at: datetime, now: datetime) -> None:
    """Enough blocks stand on it: it counts, and no other transaction for its place ever will."""
    with transaction.atomic():
        EvmAnchor.objects.filter(hash=one.hash).update(
            block=block, block_hash=block_hash, block_at=block_at, confirmed_at=now, void_at=None
        )
        others = EvmAnchor.objects.filter(genesis=one.genesis, sender=one.sender, nonce=one.nonce, void_at__isnull=True)
        others.exclude(hash=one.hash).update(void_at=now, confirmed_at=None)


def take_back_evm_anchor(one: EvmAnchorCard) -> None:
    """The chain no longer holds it where it stood: it counts no more until it does again."""
    EvmAnchor.objects.filter(hash=one.hash).update(block=None, block_hash="", block_at=None, confirmed_at=None)


def give_up_evm_anchor(one: EvmAnchorCard, *, now: datetime) -> None:
    """Nobody waits any more for what was to stand at this place."""
    open_ones = EvmAnchor.objects.filter(genesis=one.genesis, sender=one.sender, nonce=one.nonce)
    open_ones.filter(confirmed_at__isnull=True, void_at__isnull=True).update(void_at=now)


def note_node_well(*, place: str) -> bool:
    """Write down that all went well; answers whether that is news."""
    trouble = EvmNode.objects.filter(place=place).exclude(trouble="")
    return bool(trouble.update(trouble="", detail="", trouble_at=None))


def note_node_trouble(*, place: str, trouble: str, detail: str, now: datetime) -> bool:
    """Write down what keeps the node; answers whether that is news."""
    with transaction.atomic():
        row, _made = EvmNode.objects.get_or_create(place=place)
        news = row.trouble != trouble
        row.trouble_at = row.trouble_at or now
        row.trouble, row.detail = trouble, detail[:200]
        row.save()
    return news
