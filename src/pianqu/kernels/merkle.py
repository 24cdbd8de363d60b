"""Merkle tree proofs of a transparency log: this record is in, and the log only ever grew.

Problem: convince somebody who holds only a tree's size and root hash, with O(log n) hashes.
Method: the tree of RFC 6962 section 2.1 (kept in RFC 9162): leaf hash SHA-256(0x00 || data), node hash
SHA-256(0x01 || left || right), left subtree as large as a power of two can be. Verification follows RFC 9162 sections
2.1.3.2 and 2.1.4.2. Proofs are made from complete subtrees only, so a store of tiles can answer. Another hash of 32 bytes may
take the place of SHA-256.
Source: RFC 6962, RFC 9162. Cost: O(log n) nodes a proof, O(n) for root().
Guarantee: verification accepts exactly the proofs that the definition gives: the published inclusion and consistency vectors,
and a brute-force oracle.
"""

from collections.abc import Callable, Sequence

from pianqu.kernels.tiles import SHA256, Begun, TreeHash, node_hash

GetNode = Callable[[int, int], bytes]
"""(level, index) → root of the complete subtree over leaves [index·2^level, (index+1)·2^level)."""

EMPTY_ROOT = SHA256.empty


class ProofError(ValueError):
    """A proof that does not hold."""


def leaf_hash(data: bytes, leaf: Begun = SHA256.leaf) -> bytes:
    """RFC 6962: HASH(0x00 || data)."""
    begun = leaf.copy()
    begun.update(data)
    return begun.digest()


def root(leaf_hashes: Sequence[bytes], by: TreeHash = SHA256) -> bytes:
    """Root of a whole tree by the recursive definition: the oracle of everything cleverer."""
    if not leaf_hashes:
        return by.empty
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    split = _split(len(leaf_hashes))
    return node_hash(root(leaf_hashes[:split], by), root(leaf_hashes[split:], by), by.node)


def _split(size: int) -> int:
    """The largest power of two smaller than size (size ≥ 2)."""
    return 1 << (size - 1).bit_length() - 1


def subtree_root(start: int, end: int, node: GetNode, by: TreeHash = SHA256) -> bytes:
    """Root over leaves [start, end), where start is a multiple of the range's next power of two."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return node_hash(subtree_root(start, middle, node, by), subtree_root(middle, end, node, by), by.node)


def inclusion_proof(index: int, size: int, node: GetNode, by: TreeHash = SHA256) -> list[bytes]:
    """Hashes from the leaf's sibling up to the root's child. Raises ValueError for an index outside of the tree."""
    if not 0 <= index < size:
        raise ValueError(f"index {index} is outside of a tree of {size}")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(subtree_root(middle, end, node, by))
            end = middle
        else:
            path.append(subtree_root(start, middle, node, by))
            start = middle
    return path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], by: TreeHash = SHA256) -> bytes:
    """The root that the proof leads to. Raises ProofError when its length cannot be right for index and size."""
    if not 0 <= index < size:
        raise ProofError(f"index {index} is outside of a tree of {size}")
    inner = (index ^ (size - 1)).bit_length()
    border = (index >> inner).bit_count()
    if len(proof) != inner + border or any(len(item) != 32 for item in proof):
        raise ProofError(f"a proof for index {index} of {size} has {inner + border} hashes, this one {len(proof)}")
    found = leaf
    for level, item in enumerate(proof):
        on_the_right = level >= inner or (index >> level) & 1
        found = node_hash(item, found, by.node) if on_the_right else node_hash(found, item, by.node)
    return found


def verify_inclusion(
    *, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes, by: TreeHash = SHA256
) -> None:
    """Raise ProofError unless the leaf hash stands at `index` of the tree with this size and root."""
    if len(leaf) != 32 or root_from_inclusion(leaf, index, size, proof, by) != root_hash:
        raise ProofError("the proof leads to another root")


def consistency_proof(old: int, new: int, node: GetNode, by: TreeHash = SHA256) -> list[bytes]:
    """Hashes that show the tree of `old` leaves to be the beginning of that of `new`; empty for equal sizes."""
    if not 0 < old <= new:
        raise ValueError(f"no consistency proof from {old} to {new}")
    return _consistency(old, 0, new, True, node, by)


def _consistency(old: int, start: int, end: int, whole: bool, node: GetNode, by: TreeHash) -> list[bytes]:
    if old == end:
        return [] if whole else [subtree_root(start, end, node, by)]
    middle = start + _split(end - start)
    if old <= middle:
        return [*_consistency(old, start, middle, whole, node, by), subtree_root(middle, end, node, by)]
    return [*_consistency(old, middle, end, False, node, by), subtree_root(start, middle, node, by)]


def verify_consistency(
    *, old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes, by: TreeHash = SHA256
) -> None:
    """Raise ProofError unless the tree (old, old_root) is the beginning of the tree (new, new_root).

    From size 0 nothing can be proved and nothing is accepted: every log begins with the empty tree.
    """
    if old < 1 or new < old:
        raise ProofError(f"no consistency proof leads from {old} to {new}")
    if any(len(item) != 32 for item in proof):
        raise ProofError("a hash of the proof has not 32 bytes")
    if old == new:
        if proof or old_root != new_root:
            raise ProofError("two trees of one size are equal or inconsistent")
        return
    _walk_consistency(old, new, list(proof), old_root, new_root, by.node)


def _walk_consistency(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes, node: Begun) -> None:
    shift = ((old - 1) ^ old).bit_length() - 1
    if old & (old - 1) == 0:
        proof = [old_root, *proof]
    if not proof:
        raise ProofError("the proof is too short")
    fn, sn = (old - 1) >> shift, (new - 1) >> shift
    first = second = proof[0]
    for item in proof[1:]:
        if sn == 0:
            raise ProofError("the proof is too long")
        if fn & 1 or fn == sn:
            first, second = node_hash(item, first, node), node_hash(item, second, node)
            while fn & 1 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            second = node_hash(second, item, node)
        fn, sn = fn >> 1, sn >> 1
    if sn or first != old_root or second != new_root:
        raise ProofError("the proof leads to other roots")


def tile_index_path(index: int) -> str:
    """C2SP tlog-tiles: 1234067 → "x001/x234/067"."""
    parts = [f"{index % 1000:03d}"]
    while index >= 1000:
        index //= 1000
        parts.append(f"x{index % 1000:03d}")
    return "/".join(reversed(parts))


def parse_tile_index(path: str) -> tuple[int, int]:
    """Index and width of "x001/x234/067" or "x001/x234/067.p/17". Raises ValueError for any other spelling."""
    place, dot, partial = path.partition(".p/")
    width = int(partial) if dot else 256
    index = int("".join(part.removeprefix("x") for part in place.split("/")))
    spelt = tile_index_path(index) + (f".p/{width}" if dot else "")
    if spelt != path or (dot and not 0 < width < 256):
        raise ValueError(f"{path} is not the address of a tile")
    return index, width
