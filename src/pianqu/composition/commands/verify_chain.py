"""Whether a chain holds what a receipt or the log says: by a file without a network, and by the word of a node."""

import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pianqu.foundation.evm import Node, NodeError, Standing, standing
from pianqu.kernels import evm_anchor, evm_proof, receipt
from pianqu.kernels.evm_anchor import EvmAnchorError
from pianqu.kernels.evm_proof import EvmProof, EvmProofError
from pianqu.kernels.note import CheckpointBody, NoteError, text_of
from pianqu.kernels.receipt import ReceiptError

MISSING = "The packages that read transactions are not here (the extra “evm”): nothing of the chain was checked."


def receipt_on_chain(file: Path, anchor: Path, node: str) -> int:
    """0: the transaction is about the receipt's tree, and stands on the chain where a node is named; 1: not so; 2: unreadable."""
    try:
        held = receipt.parse(file.read_text(encoding="utf-8"))
        proof = evm_proof.parse(anchor.read_text(encoding="utf-8"))
        body = CheckpointBody.decode(text_of(held.checkpoint))
        mark = import_module("pianqu.kernels.evm_transaction").check(proof)
    except ImportError:
        sys.stderr.write(f"{MISSING}\n")
        return 2
    except (OSError, UnicodeDecodeError, ReceiptError, NoteError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    except EvmProofError as error:
        sys.stdout.write(f"WRONG: {anchor.name}: {error}\n")
        return 1
    if (mark.origin, mark.size, mark.root) != (body.origin, body.size, body.root):
        sys.stdout.write(
            "WRONG: the transaction is about another tree than the receipt; use the receipt chain.tlog-proof.\n"
        )
        return 1
    sys.stdout.write(
        f"Transaction {proof.transaction} of account {proof.account}, for chain {proof.chain_id}, says what the receipt says.\n"
    )
    if not node:
        sys.stdout.write("Whether it stands on the chain was not checked: name a node of that chain with --node.\n")
        return 0
    return _told(proof, node)


def _told(proof: EvmProof, url: str) -> int:
    try:
        found = _standing(_node(url), proof)
    except NodeError as error:
        sys.stdout.write(f"WRONG: {error}\n")
        return 1
    sys.stdout.write(
        f"By this node it stands in block {found.block.number} of {found.block.at:%Y-%m-%d %H:%M:%S %Z}, under "
        f"{found.under} blocks, its own counted.\n"
    )
    return 0


def ask(url: str, ledger: Any) -> Iterator[str]:
    """Every anchor of this chain that the node does not have where it was, a sentence each."""
    try:
        node = _node(url)
        chain_id, first = node.chain_id(), node.block(0)
    except NodeError as error:
        yield f"the node of the chain: {error}"
        return
    asked = 0
    for card in ledger.evm_anchors(most=sys.maxsize):
        if first is None or (card.chain_id, card.genesis) != (chain_id, first.hash):
            continue
        asked += 1
        try:
            _standing(node, ledger.evm_proof(card))
        except NodeError as error:
            yield f"chain anchor {card.size}: {error}"
    sys.stdout.write(f"The node of chain {chain_id} was asked for {asked} anchors.\n")


def _node(url: str) -> Node:
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        raise NodeError("unreachable", "the address of a node looks like https://node.example")
    return Node(url)


def _standing(node: Node, proof: EvmProof) -> Standing:
    """Where the node has it: on this chain, in this block. Raises NodeError."""
    first = node.block(0)
    if node.chain_id() != proof.chain_id or first is None or first.hash != proof.genesis:
        raise NodeError("chain", "this node belongs to another chain")
    try:
        data = evm_anchor.mark_of(proof.note).encode()
    except EvmAnchorError as error:
        raise NodeError("unclear", str(error)) from error
    found = standing(node, proof.transaction, sender=proof.account, data=data)
    if (found.block.number, found.block.hash) != (proof.block, proof.block_hash):
        raise NodeError("moved", f"the transaction stands in block {found.block.number}, not in that of the file")
    return found
