"""Anchors on a chain with an Ethereum interface: what it holds of the ledger, what is on its way, and what keeps the node."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Q
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.foundation.installation import installation
from pianqu.kernels import note
from pianqu.kernels.evm_proof import EvmProof
from pianqu.kernels.saying import Said, Sentence, say
from pianqu.rooms.ledger.models import EvmAnchor, EvmNode
from pianqu.rooms.ledger.queries.log import log, root_at
from pianqu.rooms.ledger.queries.sentences import CHAIN_ANCHOR, CHAIN_UNFIT

PAGE = 200
EVM_MISSING = "the packages of the extra “evm” are not installed; start pianqu once with PIANQU_EVM_URL set"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmAnchorCard:
    """One transaction. Its block is known once it counts."""

    hash: str
    raw: bytes
    chain_id: int
    genesis: str
    sender: str
    nonce: int
    attempt: int
    size: int
    text: str
    signed_at: datetime
    block: int | None
    block_hash: str
    block_at: datetime | None
    confirmed_at: datetime | None
    void_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmNodeCard:
    """How the node that is asked now stands. The place is empty where none is."""

    place: str
    chain_id: int = 0
    trouble: str = ""
    detail: str = ""
    trouble_at: datetime | None = None


def evm_anchors(most: int = PAGE) -> tuple[EvmAnchorCard, ...]:
    """Those that count, newest first."""
    rows = EvmAnchor.objects.filter(confirmed_at__isnull=False).order_by("-size", "-nonce")
    return tuple(_card(row) for row in rows[:most])


def evm_anchor_of(transaction: str) -> EvmAnchorCard:
    """The one that counts of this hash. Raises Absent."""
    row = EvmAnchor.objects.filter(hash=transaction, confirmed_at__isnull=False).first()
    if row is None:
        raise Absent("anchor-unknown", _("The ledger has no such transaction on a chain."))
    return _card(row)


def evm_anchor_over(position: int) -> EvmAnchorCard | None:
    """The earliest that counts and holds the entry at this position; None where there is none yet."""
    rows = EvmAnchor.objects.filter(confirmed_at__isnull=False, size__gt=position)
    row = rows.order_by("size", "nonce").first()
    return _card(row) if row else None


def evm_open(chain_id: int, genesis: str) -> tuple[EvmAnchorCard, ...]:
    """Those of a chain that somebody still waits for, the oldest first."""
    rows = EvmAnchor.objects.filter(_on(chain_id, genesis), confirmed_at__isnull=True, void_at__isnull=True)
    return tuple(_card(row) for row in rows.order_by("nonce", "attempt"))


def evm_last(chain_id: int | None = None, genesis: str = "") -> EvmAnchorCard | None:
    """The newest that counts, on one chain or on any."""
    rows = EvmAnchor.objects.filter(confirmed_at__isnull=False)
    if chain_id is not None:
        rows = rows.filter(_on(chain_id, genesis))
    row = rows.order_by("-size", "-nonce").first()
    return _card(row) if row else None


def evm_signed_last() -> EvmAnchorCard | None:
    """The transaction that was signed last, whatever became of it."""
    row = EvmAnchor.objects.order_by("-signed_at").first()
    return _card(row) if row else None


def evm_waits() -> bool:
    """Whether any transaction is on its way."""
    return EvmAnchor.objects.filter(confirmed_at__isnull=True, void_at__isnull=True).exists()


def evm_attempts(genesis: str, sender: str, nonce: int) -> int:
    """How many transactions were signed for one place."""
    return EvmAnchor.objects.filter(genesis=genesis, sender=sender, nonce=nonce).count()


def evm_node() -> EvmNodeCard:
    """Which node is asked, and what keeps it."""
    chain = installation().evm
    if chain is None:
        return EvmNodeCard(place="")
    place = place_of(chain.url)
    row = EvmNode.objects.filter(place=place).first() or EvmNode(place=place)
    return EvmNodeCard(
        place=place, chain_id=chain.chain_id, trouble=row.trouble, detail=row.detail, trouble_at=row.trouble_at
    )


def place_of(url: str) -> str:
    """Host and port of a node."""
    return urlsplit(url).netloc.rpartition("@")[2][:300]


def evm_readable() -> bool:
    """Whether the packages are here that read transactions."""
    return _transactions() is not None


def _transactions() -> Any:
    try:
        return import_module("pianqu.kernels.evm_transaction")
    except ImportError:
        return None


def audit_evm_anchors() -> Iterator[Sentence]:
    """Every chain anchor that does not fit the ledger or its transaction, a sentence each. Asks no node. O(anchors · log n).

    Where the packages are not here that read transactions none is looked at.
    """
    rows = EvmAnchor.objects.filter(confirmed_at__isnull=False).order_by("size", "nonce")
    transactions = _transactions() if rows.exists() else None
    if transactions is None:
        return
    verifiers = log().verifiers
    for row in rows.iterator(chunk_size=PAGE):
        yield from (say(CHAIN_ANCHOR, size=row.size, fault=fault) for fault in _faults(row, verifiers, transactions))


def _faults(row: EvmAnchor, verifiers: tuple[note.Verifier, ...], transactions: Any) -> Iterator[Sentence]:
    try:
        note.open_note(row.text, verifiers)
        mark = transactions.check(evm_proof(_card(row)))
        fits = (mark.size, mark.root) == (row.size, root_at(row.size))
    except ValueError as error:
        yield error.sentence if isinstance(error, Said) else Sentence(str(error))
        return
    except LookupError:  # a hole in the tree, which is told of elsewhere
        fits = False
    if not fits:
        yield CHAIN_UNFIT


def evm_proof(card: EvmAnchorCard) -> EvmProof:
    """What somebody needs to find an anchor that counts on its chain."""
    assert card.block is not None and card.block_at is not None, "a constraint of the table"
    return EvmProof(
        chain_id=card.chain_id,
        genesis=card.genesis,
        transaction=card.hash,
        account=card.sender,
        block=card.block,
        block_hash=card.block_hash,
        block_at=card.block_at,
        raw=card.raw,
        note=card.text,
    )


def _on(chain_id: int, genesis: str) -> Q:
    return Q(chain_id=chain_id, genesis=genesis)


def _card(row: EvmAnchor) -> EvmAnchorCard:
    return EvmAnchorCard(
        hash=row.hash,
        raw=bytes(row.raw),
        chain_id=row.chain_id,
        genesis=row.genesis,
        sender=row.sender,
        nonce=row.nonce,
        attempt=row.attempt,
        size=row.size,
        text=row.text,
        signed_at=row.signed_at,
        block=row.block,
        block_hash=row.block_hash,
        block_at=row.block_at,
        confirmed_at=row.confirmed_at,
        void_at=row.void_at,
    )
