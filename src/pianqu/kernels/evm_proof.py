"""The file by which somebody finds a ledger's anchor on a chain, and what can be checked of it without asking the chain.

Problem: years later a court wants to know which transaction on which chain is meant, and whether it says what is claimed.
Method: JSON with the signed transaction as it was sent, where it stood, and the signed note that it is about. The transaction's
hash, its sender and its words follow from its bytes (`evm_transaction.read`); the note's digest and body have to be those named.
Source: `evm_anchor`. Cost: O(length).
Guarantee: after `check` the transaction of this hash was signed by this account for a chain of this number and is about exactly
this note. That it stands on the chain, in which block and since when, only a node of the chain can say.
"""

import json
import re
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from pianqu.kernels import evm_anchor
from pianqu.kernels.evm_anchor import EvmAnchorError, EvmMark
from pianqu.kernels.saying import Said

FORMAT = "pianqu/chain-anchor/v1"
MAX_CHARACTERS = 1_500_000
_HASH, _ACCOUNT = re.compile(r"0x[0-9a-f]{64}"), re.compile(r"0x[0-9a-fA-F]{40}")
_RAW = re.compile(r"0x([0-9a-f]{2}){1,4096}")


class EvmProofError(Said):
    """This is no such file, or it does not fit together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmProof:
    """What the file says."""

    chain_id: int
    genesis: str
    """Hash of the chain's first block: chains may share a number."""
    transaction: str
    account: str
    block: int
    block_hash: str
    block_at: datetime
    raw: bytes
    note: str

    def text(self) -> str:
        """The file."""
        told = {"format": FORMAT} | asdict(self)
        told |= {"block_at": self.block_at.isoformat(), "raw": f"0x{self.raw.hex()}"}
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def parse(text: str) -> EvmProof:
    """The file's content, unchecked. Raises EvmProofError."""
    if len(text) > MAX_CHARACTERS:
        raise EvmProofError("the file is too long")
    try:
        told: Any = json.loads(text)
        if not isinstance(told, dict) or told.pop("format", None) != FORMAT:
            raise EvmProofError("this is no file of the kind %(format)s", format=FORMAT)
        for name, shape in (("genesis", _HASH), ("transaction", _HASH), ("block_hash", _HASH), ("account", _ACCOUNT)):
            _shaped(told.get(name), shape)
        told["raw"] = bytes.fromhex(_shaped(told.get("raw"), _RAW)[2:])
        told["block_at"] = datetime.fromisoformat(told["block_at"])
        proof = EvmProof(**told)
    except EvmProofError:
        raise
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        words = "this is no file of the kind %(format)s (%(why)s)"
        raise EvmProofError(words, format=FORMAT, why=type(error).__name__) from error
    if not all(type(number) is int and number >= 0 for number in (proof.chain_id, proof.block)):
        raise EvmProofError("a number is none")
    if not isinstance(proof.note, str) or proof.block_at.tzinfo is None:
        raise EvmProofError("note or time are none")
    return proof


def check(proof: EvmProof, *, hash: str, sender: str, chain_id: int, data: bytes) -> EvmMark:
    """What the transaction says, once everything fits; given is what was read from its bytes. Raises EvmProofError."""
    try:
        mark, wanted = evm_anchor.decode(data), evm_anchor.mark_of(proof.note)
    except EvmAnchorError as error:
        raise EvmProofError.after(error) from error
    if hash != proof.transaction:
        raise EvmProofError("the transaction's bytes have another hash")
    if sender.lower() != proof.account.lower() or chain_id != proof.chain_id:
        raise EvmProofError("the transaction was signed by another account, or for another chain")
    if mark != wanted:
        raise EvmProofError("the transaction is about another text")
    return mark


def _shaped(value: object, shape: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise EvmProofError("a hash, an account or the transaction is written in another way")
    return value
