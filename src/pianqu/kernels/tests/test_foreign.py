"""A reader that others wrote (tlog-scales) accepts our checkpoints, tiles, bundles and proofs, and we accept its."""

from collections.abc import Mapping

import pytest
from tlog_scales.reader import TilesReader
from tlog_scales.signing import PlainEd25519Signer, Vkey
from tlog_scales.tlog import Checkpoint

from pianqu.kernels import merkle, note
from pianqu.kernels.tiles import HASH, WIDTH, TileTree

ORIGIN = "pianqu.invalid/330205/test"
SIGNER = note.Signer.from_seed(ORIGIN, bytes(range(32)))


class Published:
    """What a web server would serve, by address."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files

    def get(self, *path: str) -> bytes | None:
        return self.files.get("/".join(path))


def leaf(n: int) -> bytes:
    return f'{{"n":{n}}}'.encode()


def tree_of(size: int) -> TileTree:
    tree = TileTree(0, lambda *_: b"")
    for n in range(size):
        tree.append(merkle.leaf_hash(leaf(n)))
    return tree


def address(kind: str, index: int, width: int) -> str:
    return f"tile/{kind}/{merkle.tile_index_path(index)}" + (f".p/{width}" if width < WIDTH else "")


def publish(size: int) -> Published:
    tree = tree_of(size)
    body = note.CheckpointBody(origin=ORIGIN, size=size, root=tree.root()).encode()
    files = {"checkpoint": SIGNER.sign(body).encode()}
    for level, index in tree.changed:
        hashes = bytes(tree.tile(level, index))
        files[address(str(level), index, len(hashes) // HASH)] = hashes
    for first in range(0, size, WIDTH):
        leaves = [leaf(n) for n in range(first, min(size, first + WIDTH))]
        bundle = b"".join(len(raw).to_bytes(2, "big") + raw for raw in leaves)
        files[address("entries", first // WIDTH, len(leaves))] = bundle
    return Published(files)


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700, 66_000])
def test_a_foreign_reader_accepts_what_we_publish(size: int) -> None:
    reader = TilesReader(publish(size))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(SIGNER.vkey))
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, size)
    assert reader.calculate_root_hash() == checkpoint.root_hash
    for n in {0, size // 2, size - 1}:
        assert reader.get_entry(n) == leaf(n)
        reader.get_inclusion_proof(n, size).check(merkle.leaf_hash(leaf(n)), checkpoint.root_hash)


@pytest.mark.parametrize(("old", "new"), [(1, 2), (255, 257), (256, 700), (699, 700)])
def test_proofs_are_the_same_hashes(old: int, new: int) -> None:
    reader, tree = TilesReader(publish(new)), tree_of(new)
    reader.get_checkpoint()
    assert reader.get_consistency_proof(old, new).node_hashes == merkle.consistency_proof(old, new, tree.node)
    assert reader.get_inclusion_proof(old - 1, new).node_hashes == merkle.inclusion_proof(old - 1, new, tree.node)


def test_a_foreign_signature_opens_here() -> None:
    signer = PlainEd25519Signer(ORIGIN, bytes(range(32)))
    text = Checkpoint.make_signed(ORIGIN, 3, bytes(32), [signer]).serialize()
    body, signed = note.open_note(text, [note.Verifier.from_vkey(signer.vkey.serialize())])
    assert note.CheckpointBody.decode(body).size == 3
    assert [v.name for v in signed] == [ORIGIN]
    assert signer.vkey.serialize() == SIGNER.vkey
