"""The tree in tiles: many leaves at once, nodes that are kept, tiles that do not fit; each against the definition."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import merkle
from pianqu.kernels.tiles import HASH, TileTree, fold, tiles_of_proof


def leaves(first: int, end: int) -> list[bytes]:
    return [merkle.leaf_hash(str(n).encode()) for n in range(first, end)]


def empty(_level: int, _index: int) -> bytes:
    return b""


def grown(size: int) -> TileTree:
    tree = TileTree(0, empty)
    tree.extend(b"".join(leaves(0, size)))
    return tree


@given(st.lists(st.integers(0, 700), min_size=1, max_size=4))
def test_leaves_at_once_are_leaves_one_by_one(batches: list[int]) -> None:
    one, many, size = TileTree(0, empty), TileTree(0, empty), 0
    for batch in batches:
        some = leaves(size, size + batch)
        many.extend(b"".join(some))
        for leaf in some:
            one.append(leaf)
        size += batch
    assert (many.size, many.changed, many.root()) == (one.size, one.changed, one.root())
    assert many.root() == merkle.root(leaves(0, size))
    assert {key: bytes(many.tile(*key)) for key in many.changed} == {key: bytes(one.tile(*key)) for key in one.changed}


def test_a_tree_of_three_levels_of_tiles() -> None:
    size = 65_536 + 300
    tree, all_leaves = TileTree(0, empty), leaves(0, size)
    for start in range(0, size, 10_000):
        tree.extend(b"".join(all_leaves[start : start + 10_000]))
    assert tree.root() == merkle.root(all_leaves)
    assert len(tree.tile(2, 0)) == HASH
    for index in (0, 255, 65_535, 65_536, size - 1):
        proof = merkle.inclusion_proof(index, size, tree.node)
        merkle.verify_inclusion(leaf=all_leaves[index], index=index, size=size, proof=proof, root_hash=tree.root())


@given(st.integers(1, 1_500), st.integers(0, 600), st.data())
def test_nodes_that_were_kept_are_those_of_the_grown_tree(size: int, more: int, data: st.DataObject) -> None:
    tree = grown(size)
    level = data.draw(st.integers(0, size.bit_length() - 1))
    index = data.draw(st.integers(0, (size >> level) - 1))
    before = tree.node(level, index)
    tree.extend(b"".join(leaves(size, size + more)))
    assert tree.node(level, index) == before == merkle.root(leaves(index << level, (index + 1) << level))


@given(st.integers(1, 70_000), st.data())
def test_a_proof_needs_no_other_tiles_than_those_named(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    asked: set[tuple[int, int]] = set()

    def read(level: int, place: int) -> bytes:
        asked.add((level, place))
        width = min(256, (size >> 8 * level) - place * 256)
        return bytes(HASH * max(0, width))

    merkle.inclusion_proof(index, size, TileTree(size, read).node)
    assert asked <= set(tiles_of_proof(index, size))


def test_tiles_that_are_held_are_not_read_again() -> None:
    stored = grown(600)
    tree = TileTree(600, lambda level, index: pytest.fail(f"{level}/{index} was read"))
    tree.hold({key: bytes(stored.tile(*key)) for key in tiles_of_proof(300, 600)})
    assert merkle.inclusion_proof(300, 600, tree.node) == merkle.inclusion_proof(300, 600, stored.node)


@pytest.mark.parametrize("held", [0, 99, 101, 256])
def test_a_tile_that_does_not_fit_the_tree_takes_no_leaf(held: int) -> None:
    tree = TileTree(100, lambda _level, _index: bytes(HASH * held))
    with pytest.raises(LookupError):
        tree.append(bytes(HASH))


@given(st.integers(0, 8))
def test_folding_is_the_root_of_the_definition(depth: int) -> None:
    row = leaves(0, 1 << depth)
    assert fold(b"".join(row)) == merkle.root(row)
