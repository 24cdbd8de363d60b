"""What a mirror answers, and reading a replica without trusting it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import merkle, mirroring
from pianqu.kernels.merkle import ProofError, leaf_hash
from pianqu.kernels.mirroring import CutOff, Head, Info, Parcel, State, judge
from pianqu.kernels.replica import ProvenTiles, Unproven, bundles_of, leaf_hashes, read_bundle, width_at, write_bundle
from pianqu.kernels.subtrees import subtree_proof
from pianqu.kernels.tiles import HASH, TileTree


def entries(size: int) -> list[bytes]:
    return [b"entry %d" % n * (1 + n % 3) for n in range(size)]


def grown(size: int) -> TileTree:
    tree = TileTree(0, lambda _level, _index: b"")
    for entry in entries(size):
        tree.append(leaf_hash(entry))
    return tree


def fetch_from(tree: TileTree, size: int) -> "mirroring.Callable[[int, int, int], bytes]":
    def fetch(level: int, index: int, width: int) -> bytes:
        assert width == width_at(size, level, index)
        return bytes(tree.tile(level, index)[: width * HASH])

    return fetch


# a replica -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 700, 65_536, 65_800])
def test_a_replica_is_read_whole(size: int) -> None:
    tree, all_entries = grown(size), entries(size)
    proven = ProvenTiles(size, tree.root(), fetch_from(tree, size))
    served = (
        (index, write_bundle(all_entries[index * 256 : index * 256 + width])) for index, width in bundles_of(size)
    )
    assert [entry for some in proven.entries(served) for entry in some] == all_entries
    for level in range(3):
        for index in range(-(-(size >> 8 * level) // 256)):
            assert proven.read(level, index) == bytes(tree.tile(level, index))
    assert proven.tree().root() == tree.root()


@given(st.integers(1, 1_200), st.data())
def test_one_flipped_bit_anywhere_is_found(size: int, data: st.DataObject) -> None:
    tree = grown(size)
    honest = fetch_from(tree, size)
    level = data.draw(st.integers(0, 1 if size >= 256 else 0))
    index = data.draw(st.integers(0, ((size >> 8 * level) - 1) // 256))
    place = data.draw(st.integers(0, width_at(size, level, index) * HASH - 1))

    def flipped(at: int, of: int, width: int) -> bytes:
        hashes = bytearray(honest(at, of, width))
        if (at, of) == (level, index):
            hashes[place] ^= 1
        return bytes(hashes)

    with pytest.raises(Unproven):
        ProvenTiles(size, tree.root(), flipped).read(level, index)
    number = data.draw(st.integers(0, (size - 1) // 256))
    raw = bytearray(write_bundle(entries(size)[number * 256 :][:256]))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1
    with pytest.raises(Unproven):
        list(ProvenTiles(size, tree.root(), honest).entries([(number, bytes(raw))]))


def test_a_bundle_of_another_place_or_length_does_not_fit() -> None:
    tree, all_entries = grown(700), entries(700)
    proven = ProvenTiles(700, tree.root(), fetch_from(tree, 700))
    for index, some in [(0, all_entries[256:512]), (1, all_entries[256:511]), (2, all_entries[512:]), (3, [])]:
        if (index, len(some)) != (2, 188):
            with pytest.raises(Unproven):
                proven.check_bundle(index, leaf_hashes(some))
    with pytest.raises(Unproven):
        proven.check_bundle(2, leaf_hashes(all_entries[512:699]))
    with pytest.raises(Unproven, match="bytes instead"):
        ProvenTiles(700, tree.root(), lambda _level, _index, _width: b"")
    with pytest.raises(Unproven, match="signed root"):
        ProvenTiles(0, bytes(32), lambda _level, _index, _width: b"")


@given(st.lists(st.binary(max_size=300), max_size=20), st.integers(1, 5))
def test_bundles_are_read_as_written(some: list[bytes], less: int) -> None:
    raw = write_bundle(some)
    assert read_bundle(raw) == some
    if some and less < 2 + len(some[-1]):
        with pytest.raises(Unproven):
            read_bundle(raw[:-less])


# parcels -------------------------------------------------------------------------------------------------------------


def parcels(head: Head, tree: TileTree) -> list[Parcel]:
    all_entries = entries(tree.size)
    return [
        Parcel(tuple(all_entries[start:end]), tuple(subtree_proof(begin, end, head.end, tree.node)))
        for begin, start, end in head.parcels()
    ]


@given(st.integers(0, 1_300), st.integers(0, 1_300))
def test_a_request_is_read_as_written_and_every_parcel_holds(one: int, other: int) -> None:
    head = Head(origin="示例.example/log", start=min(one, other), end=max(one, other), ticket=b"t")
    tree = grown(head.end)
    stream = io.BytesIO(mirroring.request(head, parcels(head, tree)))
    assert mirroring.read_head(stream.read) == head
    came = head.start
    for begin, start, end in head.parcels():
        parcel = mirroring.read_parcel(stream.read, end - start)
        assert start == came and begin % 256 == 0
        came = end
        before = leaf_hashes(entries(head.end)[begin:start])
        mirroring.check((begin, start, end), parcel, before, size=head.end, root_hash=tree.root())
        wrong = Parcel((b"another", *parcel.entries[1:]), parcel.proof)
        with pytest.raises(ProofError):
            mirroring.check((begin, start, end), wrong, before, size=head.end, root_hash=tree.root())
        with pytest.raises(ProofError):
            mirroring.check((begin, start, end), parcel, before + bytes(32), size=head.end, root_hash=tree.root())
    assert came == head.end and stream.read() == b""


def test_the_specification_s_own_split() -> None:
    assert list(Head(origin="o", start=300, end=520).parcels()) == [(256, 300, 512), (512, 512, 520)]
    assert list(Head(origin="o", start=300, end=300).parcels()) == []


def test_what_is_cut_off_or_too_long() -> None:
    head = Head(origin="o", start=0, end=3)
    body = mirroring.request(head, parcels(head, grown(3)))
    for length in range(len(body)):
        stream = io.BytesIO(body[:length])
        with pytest.raises(CutOff):
            mirroring.read_head(stream.read)
            mirroring.read_parcel(stream.read, 3)
    with pytest.raises(ProofError):
        mirroring.read_parcel(io.BytesIO(b"\x00\x00\x40" + bytes(64 * 32)).read, 1)


STATE = State(mirrored=500, held=700, accepted=(600, 1_000))


@pytest.mark.parametrize(
    ("start", "end", "status", "size"),
    [
        (700, 1_000, 0, 0),
        (0, 1_000, 0, 0),
        (500, 600, 0, 0),
        (500, 500, 0, 0),
        (701, 1_000, 409, 1_000),
        (701, 800, 409, 1_000),
        (600, 900, 409, 1_000),
        (400, 499, 409, 1_000),
        (601, 600, 400, 0),
    ],
)
def test_heads_are_judged_as_specified(start: int, end: int, status: int, size: int) -> None:
    found = judge(Head(origin="o", start=start, end=end), STATE)
    assert found.status == status
    assert found.info == (Info(size=size, next_entry=700) if status == 409 else None)


def test_unknown_logs_and_too_much_again() -> None:
    head = Head(origin="o", start=0, end=20_000)
    assert judge(head, None).status == 404
    assert judge(head, State(mirrored=0, held=0, accepted=())).status == 422
    assert judge(head, State(mirrored=0, held=8_192, accepted=(20_000,))).status == 0
    assert judge(head, State(mirrored=0, held=8_193, accepted=(20_000,))).info == Info(size=20_000, next_entry=8_193)
    old = State(mirrored=600, held=700, accepted=(500, 1_000))
    assert judge(Head(origin="o", start=400, end=500), old).info == Info(size=1_000, next_entry=700)


@given(st.integers(0, 10**15), st.integers(0, 10**15), st.binary(max_size=40))
def test_an_info_is_read_as_written(size: int, following: int, ticket: bytes) -> None:
    info = Info(size=size, next_entry=following, ticket=ticket)
    assert Info.decode(info.encode()) == info


@pytest.mark.parametrize(
    "content", [b"", b"1\n2\n", b"1\n2\n\n\n", b"01\n2\n\n", b"1\n2\n=\n", b"x\n2\n\n", "１\n2\n\n".encode()]
)
def test_what_is_no_info(content: bytes) -> None:
    with pytest.raises(ValueError, match="how far"):
        Info.decode(content)


def test_a_root_is_that_of_the_definition() -> None:
    assert grown(700).root() == merkle.root([leaf_hash(entry) for entry in entries(700)])
