"""Merkle proofs: published vectors, the recursive definition as oracle, and properties."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import merkle
from pianqu.kernels.merkle import ProofError
from pianqu.kernels.tiles import TileTree

VECTORS = Path(__file__).parent / "vectors"


def vectors(kind: str) -> list[Any]:
    rows = json.loads((VECTORS / f"{kind}.json").read_text())["vectors"]
    return [pytest.param(row, id=row["name"]) for row in rows]


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_all_published_vectors_are_here_with_their_errors(kind: str) -> None:
    rows = json.loads((VECTORS / f"{kind}.json").read_text())["vectors"]
    assert len({row["name"] for row in rows}) == len(rows) == 98
    assert sum(row["wantErr"] for row in rows) == 92


def raw(items: list[str] | None) -> list[bytes]:
    return [b64decode(item) for item in items or []]


@pytest.mark.parametrize("row", vectors("inclusion"))
def test_published_inclusion_vectors(row: dict[str, Any]) -> None:
    holds = True
    try:
        merkle.verify_inclusion(
            leaf=b64decode(row["leafHash"]),
            index=row["leafIdx"],
            size=row["treeSize"],
            proof=raw(row["proof"]),
            root_hash=b64decode(row["root"]),
        )
    except ProofError:
        holds = False
    assert holds is not row["wantErr"]


@pytest.mark.parametrize("row", vectors("consistency"))
def test_published_consistency_vectors(row: dict[str, Any]) -> None:
    holds = True
    try:
        merkle.verify_consistency(
            old=row["size1"],
            new=row["size2"],
            proof=raw(row["proof"]),
            old_root=b64decode(row["root1"]),
            new_root=b64decode(row["root2"]),
        )
    except ProofError:
        holds = False
    assert holds is not row["wantErr"]


def leaves(size: int) -> list[bytes]:
    return [merkle.leaf_hash(str(n).encode()) for n in range(size)]


def grown(size: int, *, stored: dict[tuple[int, int], bytes] | None = None) -> TileTree:
    kept = stored if stored is not None else {}
    tree = TileTree(0, lambda level, index: kept.get((level, index), b""))
    for item in leaves(size):
        tree.append(item)
    kept.update({key: bytes(tree.tile(*key)) for key in tree.changed})
    return tree


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 700])
def test_a_tiled_tree_has_the_root_of_the_definition(size: int) -> None:
    assert grown(size).root() == merkle.root(leaves(size))


@given(st.lists(st.integers(1, 400), min_size=1, max_size=4))
def test_growing_in_batches_from_the_store_is_growing_at_once(batches: list[int]) -> None:
    stored: dict[tuple[int, int], bytes] = {}
    size = 0
    for batch in batches:
        tree = TileTree(size, lambda level, index: stored.get((level, index), b""))
        for n in range(size, size + batch):
            tree.append(merkle.leaf_hash(str(n).encode()))
        stored.update({key: bytes(tree.tile(*key)) for key in tree.changed})
        size += batch
    reopened = TileTree(size, lambda level, index: stored.get((level, index), b""))
    assert reopened.root() == merkle.root(leaves(size))


@given(st.integers(1, 700), st.data())
def test_every_proof_that_is_made_holds_and_no_other_place_does(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree, all_leaves = grown(size), leaves(size)
    proof = merkle.inclusion_proof(index, size, tree.node)
    top = merkle.root(all_leaves)
    merkle.verify_inclusion(leaf=all_leaves[index], index=index, size=size, proof=proof, root_hash=top)
    other = data.draw(st.integers(0, size - 1).filter(lambda n: n != index)) if size > 1 else None
    if other is not None:
        with pytest.raises(ProofError):
            merkle.verify_inclusion(leaf=all_leaves[index], index=other, size=size, proof=proof, root_hash=top)


@given(st.integers(1, 600), st.data())
def test_a_proof_for_an_earlier_size_is_made_from_the_grown_tree(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    tree, all_leaves = grown(size), leaves(size)
    old_root, new_root = merkle.root(all_leaves[:old]), merkle.root(all_leaves)
    proof = merkle.consistency_proof(old, size, tree.node)
    merkle.verify_consistency(old=old, new=size, proof=proof, old_root=old_root, new_root=new_root)
    index = data.draw(st.integers(0, old - 1))
    path = merkle.inclusion_proof(index, old, tree.node)
    merkle.verify_inclusion(leaf=all_leaves[index], index=index, size=old, proof=path, root_hash=old_root)
    if old < size:
        with pytest.raises(ProofError):
            merkle.verify_consistency(old=old, new=size, proof=proof, old_root=new_root, new_root=old_root)


@given(st.lists(st.integers(0, 600), max_size=4))
def test_growing_by_many_is_growing_one_by_one(batches: list[int]) -> None:
    tree, one_by_one = grown(0), grown(sum(batches))
    for batch in batches:
        tree.extend(b"".join(merkle.leaf_hash(str(n).encode()) for n in range(tree.size, tree.size + batch)))
    assert (tree.size, tree.root(), tree.changed) == (one_by_one.size, one_by_one.root(), one_by_one.changed)


def test_an_incomplete_node_is_not_invented() -> None:
    with pytest.raises(LookupError):
        grown(5).node(2, 1)


@given(st.integers(0, 10**10), st.integers(1, 256))
def test_addresses_of_tiles_are_read_as_written(index: int, width: int) -> None:
    path = merkle.tile_index_path(index) + ("" if width == 256 else f".p/{width}")
    assert merkle.parse_tile_index(path) == (index, width)


def test_the_specification_s_own_address() -> None:
    assert merkle.tile_index_path(1234067) == "x001/x234/067"


@pytest.mark.parametrize(
    "path", ["", "1", "0001", "x001", "001/002", "001.p/0", "001.p/256", "001.p/", "../001", "٠٠١"]
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(ValueError):
        merkle.parse_tile_index(path)
