"""What somebody takes to court of one entry: everything that a check needs, and what the check says today."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from pianqu.kernels import receipt
from pianqu.kernels.policy import Policy
from pianqu.kernels.receipt import Receipt, Verdict
from pianqu.rooms.ledger.queries.anchors import AnchorCard, anchor_over
from pianqu.rooms.ledger.queries.evm import EvmAnchorCard, evm_anchor_over, evm_proof
from pianqu.rooms.ledger.queries.log import log
from pianqu.rooms.ledger.queries.receipts import held_receipt, receipt_under
from pianqu.rooms.ledger.queries.twin import twin_card, twin_receipt
from pianqu.rooms.ledger.queries.witnesses import policy, policy_text


@dataclass(frozen=True, slots=True, kw_only=True)
class CourtBundle:
    """One entry as evidence."""

    entry_id: uuid.UUID
    held: Receipt
    text: str
    """The receipt's file."""
    code: str
    """What its QR code says."""
    left_out_of_code: tuple[str, ...]
    """Whose signatures are too long for it."""
    policy: str
    rule: Policy
    vkeys: tuple[str, ...]
    """Every key that the ledger ever had, the oldest first."""
    twin: Receipt | None
    """The proof by the national standards, where the twin is kept and holds the entry."""
    twin_vkeys: tuple[str, ...]
    verdict: Verdict
    recorded_at: datetime
    sealed_at: datetime | None
    witnessed_at: datetime | None
    chain: EvmAnchorCard | None = None
    """The earliest anchor on a chain that holds the entry, and that counts."""
    chain_text: str = ""
    """The receipt's file under the checkpoint that is anchored there."""
    stamp: AnchorCard | None = None
    """The earliest timestamp of an authority over a checkpoint that holds the entry."""
    stamp_text: str = ""
    """The receipt's file under that checkpoint."""

    def files(self) -> dict[str, bytes]:
        """By name: what a check needs, each part also by itself, byte for byte as it was hashed."""
        by_gm = {}
        if self.twin is not None:
            by_gm = {
                "receipt-gm.tlog-proof": self.twin.text().encode(),
                "gm.vkey": "".join(f"{vkey}\n" for vkey in self.twin_vkeys).encode(),
            }
        return (
            {
                "receipt.tlog-proof": self.text.encode(),
                "receipt-code.txt": self.code.encode(),
                "payload.json": self.held.payload,
                "salt.bin": self.held.salt,
                "leaf.json": self.held.leaf,
                "policy.txt": self.policy.encode(),
                "log.vkey": "".join(f"{vkey}\n" for vkey in self.vkeys).encode(),
                **by_gm,
            }
            | self._on_chain()
            | self._stamped()
        )

    def _on_chain(self) -> dict[str, bytes]:
        if self.chain is None:
            return {}
        return {"chain.tlog-proof": self.chain_text.encode(), "chain.json": evm_proof(self.chain).text().encode()}

    def _stamped(self) -> dict[str, bytes]:
        if self.stamp is None:
            return {}
        return {
            "timestamp.tsr": self.stamp.token,
            "timestamp.note": self.stamp.text.encode(),
            "timestamp.tlog-proof": self.stamp_text.encode(),
        }


def court_bundle(entry_id: uuid.UUID) -> CourtBundle:
    """The bundle of a sealed entry. Raises Absent where there is none, not yet, or no more."""
    state = held_receipt(entry_id)
    text, code = str(state.text), str(state.qr)
    held, rule, by_gm = receipt.parse(text), policy().rule, twin_card()
    chain, stamp = evm_anchor_over(held.index), anchor_over(held.index)
    return CourtBundle(
        entry_id=entry_id,
        held=held,
        text=text,
        code=code,
        left_out_of_code=state.left_out_of_code,
        policy=policy_text(),
        rule=rule,
        vkeys=log().vkeys,
        twin=twin_receipt(entry_id) if by_gm.is_kept else None,
        twin_vkeys=by_gm.vkeys,
        verdict=receipt.verify(held, rule),
        recorded_at=state.recorded_at,
        sealed_at=state.sealed_at,
        witnessed_at=state.witnessed_at,
        chain=chain,
        chain_text=receipt_under(entry_id, chain.text, chain.size) if chain else "",
        stamp=stamp,
        stamp_text=receipt_under(entry_id, stamp.text, stamp.size) if stamp else "",
    )
