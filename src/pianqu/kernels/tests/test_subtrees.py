"""Proofs about subtrees: published vectors, the definition of the draft as oracle, and what does not hold."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import merkle
from pianqu.kernels.merkle import ProofError
from pianqu.kernels.subtrees import is_subtree, subtree_proof, verify_subtree, verify_subtree_inclusion
from pianqu.kernels.tiles import TileTree

VECTORS = Path(__file__).parent / "vectors"


def vectors(kind: str) -> list[Any]:
    rows = json.loads((VECTORS / f"{kind}.json").read_text())["vectors"]
    return [pytest.param(row, id=row["name"]) for row in rows]


def raw(items: list[str] | None) -> list[bytes]:
    return [b64decode(item) for item in items or []]


@pytest.mark.parametrize("row", vectors("subtreeconsistency"))
def test_published_consistency_vectors(row: dict[str, Any]) -> None:
    holds = True
    try:
        verify_subtree(
            start=row["start"],
            end=row["end"],
            size=row["size"],
            proof=raw(row["proof"]),
            subtree=b64decode(row["root1"]),
            root_hash=b64decode(row["root2"]),
        )
    except ProofError:
        holds = False
    assert holds is not row["wantErr"]


@pytest.mark.parametrize("row", vectors("subtreeinclusion"))
def test_published_inclusion_vectors(row: dict[str, Any]) -> None:
    holds = True
    try:
        verify_subtree_inclusion(
            leaf=b64decode(row["leafHash"]),
            index=row["leafIdx"],
            start=row["start"],
            end=row["end"],
            proof=raw(row["proof"]),
            root_hash=b64decode(row["root"]),
        )
    except ProofError:
        holds = False
    assert holds is not row["wantErr"]


def defined(start: int, end: int, leaves: list[bytes], known: bool = True) -> list[bytes]:
    """SUBTREE_SUBPROOF of the draft, word for word."""
    if start == 0 and end == len(leaves):
        return [] if known else [merkle.root(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if end <= k:
        return [*defined(start, end, leaves[:k], known), merkle.root(leaves[k:])]
    if k <= start:
        return [*defined(start - k, end - k, leaves[k:], known), merkle.root(leaves[:k])]
    return [*defined(0, end - k, leaves[k:], False), merkle.root(leaves[:k])]


def grown(leaves: list[bytes]) -> TileTree:
    tree = TileTree(0, lambda _level, _index: b"")
    for item in leaves:
        tree.append(item)
    return tree


def test_every_subtree_of_every_small_tree() -> None:
    for size in range(1, 34):
        leaves = [merkle.leaf_hash(bytes([n])) for n in range(size)]
        node, top = grown(leaves).node, merkle.root(leaves)
        for start in range(size):
            for end in range(start + 1, size + 1):
                if not is_subtree(start, end):
                    continue
                proof = subtree_proof(start, end, size, node)
                assert proof == defined(start, end, leaves)
                verify_subtree(
                    start=start, end=end, size=size, proof=proof, subtree=merkle.root(leaves[start:end]), root_hash=top
                )


def test_a_subtree_from_the_beginning_has_the_ordinary_consistency_proof() -> None:
    leaves = [merkle.leaf_hash(bytes([n])) for n in range(40)]
    node = grown(leaves).node
    for old in range(1, 41):
        assert subtree_proof(0, old, 40, node) == merkle.consistency_proof(old, 40, node)


@given(st.integers(2, 900), st.data())
def test_other_entries_are_in_no_parcel(size: int, data: st.DataObject) -> None:
    """The parcels of a mirror: aligned to 256, and one changed leaf is enough."""
    leaves = [merkle.leaf_hash(str(n).encode()) for n in range(size)]
    start = 256 * data.draw(st.integers(0, (size - 1) // 256))
    end = data.draw(st.integers(start + 1, min(size, start + 256)))
    top, part = merkle.root(leaves), leaves[start:end]
    proof = subtree_proof(start, end, size, grown(leaves).node)
    verify_subtree(start=start, end=end, size=size, proof=proof, subtree=merkle.root(part), root_hash=top)
    part[data.draw(st.integers(0, len(part) - 1))] = merkle.leaf_hash(b"another")
    with pytest.raises(ProofError):
        verify_subtree(start=start, end=end, size=size, proof=proof, subtree=merkle.root(part), root_hash=top)


def test_what_is_no_subtree() -> None:
    for start, end, size in [(1, 3, 8), (0, 0, 8), (3, 2, 8), (-2, 0, 8), (0, 9, 8), (2, 5, 8)]:
        with pytest.raises(ValueError, match="no subtree"):
            subtree_proof(start, end, size, lambda _level, _index: bytes(32))
        with pytest.raises(ProofError):
            verify_subtree(start=start, end=end, size=size, proof=[], subtree=bytes(32), root_hash=bytes(32))
