"""Somebody else's copy of a log, read without trusting it: every tile and every entry is held against one signed root.

Problem: a mirror, a monitor or an operator who lost everything reads a log from whoever serves it, in any order, in small pieces.
Method: the partial tiles at the right edge of a tree of n leaves fold to its root, so they are proven together; a full tile is
proven by its root's place in the tile above it; a bundle of entries by the root of its 256 leaf hashes, the last one by the
partial tile of leaf hashes.
Source: https://c2sp.org/tlog-tiles, RFC 9162 section 2.1. Cost: two hashes an entry; memory O(n / 65,536) tiles.
Guarantee: nothing is answered that the root does not bind; `Unproven` says which piece does not fit.
"""

from collections.abc import Callable, Iterable, Iterator
from hashlib import sha256

from pianqu.kernels.tiles import HASH, WIDTH, TileTree, fold

FetchTile = Callable[[int, int, int], bytes]
"""(level, index, width) → that many hashes joined."""

MOST_ENTRY = 0xFFFF
MOST_BUNDLE = WIDTH * (2 + MOST_ENTRY)


class Unproven(ValueError):
    """A piece that does not belong to the signed tree."""


def width_at(size: int, level: int, index: int) -> int:
    """How many hashes tile (level, index) has in a tree of `size` leaves; 0 where there is none."""
    return max(0, min(WIDTH, (size >> 8 * level) - index * WIDTH))


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Each entry behind its length in two bytes."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def read_bundle(raw: bytes) -> list[bytes]:
    """The entries of a bundle. Raises Unproven where it is cut off."""
    entries, place, end = [], 0, len(raw)
    while place < end:
        after = place + 2 + (raw[place] << 8 | raw[place + 1]) if place + 2 <= end else end + 1
        if after > end:
            raise Unproven("a bundle of entries is cut off")
        entries.append(raw[place + 2 : after])
        place = after
    return entries


def leaf_hashes(entries: Iterable[bytes]) -> bytes:
    """The leaf hashes of entries, joined as in a tile."""
    return b"".join([sha256(b"\x00" + entry).digest() for entry in entries])


class ProvenTiles:
    """The tiles of the tree (size, root), from wherever `fetch` gets them. Full tiles of leaf hashes are not kept in memory."""

    def __init__(self, size: int, root: bytes, fetch: FetchTile) -> None:
        """Raises Unproven unless what is fetched of the tree's right edge has this root; and whatever `fetch` raises."""
        self.size, self.root, self._fetch = size, root, fetch
        self._proven: dict[tuple[int, int], bytes] = {}
        for level in range((size.bit_length() + 7) // 8):
            index, width = divmod(size >> 8 * level, WIDTH)
            if width:
                self._proven[level, index] = self._fetched(level, index, width)
        edge = TileTree(size, lambda level, index: self._proven.get((level, index), b"")).root()
        if edge != root:
            raise Unproven(f"the tiles of the tree of {size} do not lead to its signed root")

    def read(self, level: int, index: int) -> bytes:
        """The hashes of a tile as it is in this tree; empty where it has none. Raises Unproven."""
        known = self._proven.get((level, index))
        if known is not None or not width_at(self.size, level, index):
            return known or b""
        hashes = self._fetched(level, index, WIDTH)
        if fold(hashes) != self.root_of(level, index):
            raise Unproven(f"tile {level}/{index} is not the one that was signed")
        if level:
            self._proven[level, index] = hashes
        return hashes

    def root_of(self, level: int, index: int) -> bytes:
        """What a full tile folds to: its place in the tile above."""
        above, place = self.read(level + 1, index // WIDTH), index % WIDTH * HASH
        return above[place : place + HASH]

    def tree(self) -> TileTree:
        """For proofs from this tree."""
        return TileTree(self.size, self.read)

    def check_bundle(self, index: int, hashes: bytes) -> None:
        """Raise Unproven unless these leaf hashes are those of bundle `index`, whole as it is in this tree."""
        width = width_at(self.size, 0, index)
        if len(hashes) != width * HASH or not width:
            raise Unproven(f"bundle {index} has {len(hashes) // HASH} entries; there are {width} in the signed tree")
        fits = fold(hashes) == self.root_of(0, index) if width == WIDTH else hashes == self.read(0, index)
        if not fits:
            raise Unproven(f"the entries from {index * WIDTH} on (bundle {index}) are not those that were signed")

    def entries(self, bundles: Iterable[tuple[int, bytes]]) -> Iterator[list[bytes]]:
        """The entries of these bundles (index, as it was served), each list proven before it is handed on."""
        for index, raw in bundles:
            entries = read_bundle(raw)
            self.check_bundle(index, leaf_hashes(entries))
            yield entries

    def _fetched(self, level: int, index: int, width: int) -> bytes:
        hashes = self._fetch(level, index, width)
        if len(hashes) != width * HASH:
            raise Unproven(f"tile {level}/{index} has {len(hashes)} bytes instead of {width * HASH}")
        return hashes


def bundles_of(size: int, first: int = 0) -> Iterator[tuple[int, int]]:
    """Index and width of the bundles of a tree of `size` leaves that hold the leaves from `first` on."""
    for index in range(first // WIDTH, -(-size // WIDTH)):
        yield index, width_at(size, 0, index)
