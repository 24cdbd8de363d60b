"""A Merkle tree kept as tiles of 256 hashes, so that it grows, proves and is served from the same small pieces.

Problem: append leaves, give the root and the nodes of proofs, touching few stored bytes.
Method: C2SP tlog-tiles with height 8: tile (L, N) holds the hashes of the tree's level 8·L from 256·N on; a full tile's
root is the next hash one tile level up. Node (k, i) is the root of the complete subtree over leaves [i·2^k, (i+1)·2^k).
Source: RFC 9162 section 2.1 (the RFC 6962 tree), https://c2sp.org/tlog-tiles.
Cost: append amortised O(1) hashes beyond the leaf's; node ≤ 127 hashes and one tile; root and proofs O(log n) nodes.
Guarantee: equal to the recursive definition for every size (tests compare); a tile that was read is never shortened.
"""

from collections.abc import Callable
from hashlib import sha256

HASH = 32
WIDTH = 256

ReadTile = Callable[[int, int], bytes]
"""(level, index) → the stored hashes joined, at most 256; empty where there is none."""


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962: SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: bytes) -> bytes:
    """Root of the complete subtree over a power of two of joined hashes."""
    row = [hashes[i : i + HASH] for i in range(0, len(hashes), HASH)]
    while len(row) > 1:
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row), 2)]
    return row[0]


class TileTree:
    """A tree of `size` leaves over stored tiles. `changed` names the tiles that appending touched."""

    def __init__(self, size: int, read: ReadTile) -> None:
        self.size = size
        self.changed: set[tuple[int, int]] = set()
        self._read = read
        self._tiles: dict[tuple[int, int], bytearray] = {}

    def tile(self, level: int, index: int) -> bytearray:
        """The tile's hashes as they stand now."""
        key = (level, index)
        if key not in self._tiles:
            self._tiles[key] = bytearray(self._read(level, index))
        return self._tiles[key]

    def append(self, leaf_hash: bytes) -> None:
        """Add one leaf by its hash (RFC 6962 leaf hash)."""
        self.extend(leaf_hash)

    def extend(self, leaf_hashes: bytes) -> None:
        """Add many leaves by their joined hashes, a tile at a time."""
        place = 0
        while place < len(leaf_hashes):
            part = leaf_hashes[place : place + (WIDTH - self.size % WIDTH) * HASH]
            self._add(part)
            self.size, place = self.size + len(part) // HASH, place + len(part)

    def _add(self, hashes: bytes) -> None:
        """At most as many as the last tile has room for."""
        level, index = 0, self.size // WIDTH
        while True:
            tile = self.tile(level, index)
            tile += hashes
            self.changed.add((level, index))
            if len(tile) < WIDTH * HASH:
                return
            level, index, hashes = level + 1, index // WIDTH, fold(bytes(tile))

    def node(self, level: int, index: int) -> bytes:
        """Root of the complete subtree over leaves [index·2^level, (index+1)·2^level). LookupError if incomplete."""
        depth = level % 8
        first = index << depth
        tile = self.tile(level // 8, first // WIDTH)
        start = (first % WIDTH) * HASH
        hashes = bytes(tile[start : start + (HASH << depth)])
        if len(hashes) != HASH << depth:
            raise LookupError(f"node {level}/{index} is not complete in a tree of {self.size}")
        return fold(hashes)

    def root(self) -> bytes:
        """Root of the whole tree; of the empty tree SHA-256 of nothing."""
        if not self.size:
            return sha256(b"").digest()
        nodes = [
            self.node(level, (self.size >> level) - 1)
            for level in range(self.size.bit_length())
            if self.size >> level & 1
        ]
        root = nodes[0]
        for node in nodes[1:]:
            root = node_hash(node, root)
        return root
