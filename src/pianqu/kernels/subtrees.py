"""Proofs about a part of a log: this run of entries is in the tree, whatever came before and after it.

Problem: entries arrive in parcels of 256; each is to be checked against one signed root without holding all the others.
Method: a subtree is the range [start, end) where start is a multiple of the power of two that the range fits into. Its
consistency proof is the ordinary one, begun at that range: for start 0 both are the same. Making follows the definition, and
verifying reads the same definition from the other side.
Source: draft-ietf-plants-merkle-tree-certs, sections 4.1 to 4.4; RFC 9162. Cost: O(log n) hashes.
Guarantee: verification accepts exactly the proofs that the definition gives (published vectors, brute-force oracle).
"""

from collections.abc import Sequence

from pianqu.kernels.merkle import EMPTY_ROOT, GetNode, ProofError, subtree_root, verify_inclusion
from pianqu.kernels.tiles import node_hash


def is_subtree(start: int, end: int) -> bool:
    """Whether the range [start, end) is a subtree of every tree that reaches it."""
    return 0 <= start < end and start % (1 << (end - start - 1).bit_length()) == 0


def subtree_proof(start: int, end: int, size: int, node: GetNode) -> list[bytes]:
    """Hashes that show the subtree [start, end) to be part of the tree of `size` leaves. Raises ValueError for no subtree."""
    if not is_subtree(start, end) or end > size:
        raise ValueError(f"[{start}, {end}) is no subtree of a tree of {size}")
    proof: list[bytes] = []
    first, last, known = 0, size, True
    while (start, end) != (first, last):
        middle = first + (1 << (last - first - 1).bit_length() - 1)
        if end <= middle:
            proof.append(subtree_root(middle, last, node))
            last = middle
        else:
            proof.append(subtree_root(first, middle, node))
            known = known and start >= middle
            start, first = max(start, middle), middle
    return [*([] if known else [subtree_root(first, last, node)]), *proof[::-1]]


def verify_subtree(
    *, start: int, end: int, size: int, proof: Sequence[bytes], subtree: bytes, root_hash: bytes
) -> None:
    """Raise ProofError unless the subtree [start, end) with this root is part of the tree (size, root_hash).

    The empty run is part of every tree that reaches it, without a proof.
    """
    if 0 <= start == end <= size:
        if proof or subtree != EMPTY_ROOT:
            raise ProofError("an empty subtree has one root and no proof")
        return
    if not is_subtree(start, end) or end > size:
        raise ProofError(f"[{start}, {end}) is no subtree of a tree of {size}")
    if any(len(item) != 32 for item in proof):
        raise ProofError("a hash of the proof has not 32 bytes")
    left = list(proof)
    found, whole = _walk(start, end, size, subtree, left)
    if left or found != subtree or whole != root_hash:
        raise ProofError("the proof leads to other roots")


def _walk(start: int, end: int, size: int, subtree: bytes | None, proof: list[bytes]) -> tuple[bytes, bytes]:
    """Roots of the subtree and of the tree, as far as this proof tells; its last hash is that of the topmost split."""
    if start == 0 and end == size:
        seed = subtree if subtree is not None else _last(proof)
        return seed, seed
    middle, item = 1 << (size - 1).bit_length() - 1, _last(proof)
    if end <= middle:
        found, whole = _walk(start, end, middle, subtree, proof)
        return found, node_hash(whole, item)
    if start >= middle:
        found, whole = _walk(start - middle, end - middle, size - middle, subtree, proof)
        return found, node_hash(item, whole)
    found, whole = _walk(0, end - middle, size - middle, None, proof)
    return node_hash(item, found), node_hash(item, whole)


def _last(proof: list[bytes]) -> bytes:
    if not proof:
        raise ProofError("the proof is too short")
    return proof.pop()


def verify_subtree_inclusion(
    *, leaf: bytes, index: int, start: int, end: int, proof: Sequence[bytes], root_hash: bytes
) -> None:
    """Raise ProofError unless the leaf hash stands at `index` of the log, in the subtree [start, end) with this root."""
    if not is_subtree(start, end) or not start <= index < end:
        raise ProofError(f"{index} is in no subtree [{start}, {end})")
    verify_inclusion(leaf=leaf, index=index - start, size=end - start, proof=proof, root_hash=root_hash)
