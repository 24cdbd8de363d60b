"""A Merkle tree kept as tiles of 256 hashes, so that it grows, proves and is served from the same small pieces.

Problem: append leaves, give the root and the nodes of proofs, touching few stored bytes.
Method: C2SP tlog-tiles with height 8: tile (L, N) holds the hashes of the tree's level 8·L from 256·N on; a full tile's
root is the next hash one tile level up. Node (k, i) is the root of the complete subtree over leaves [i·2^k, (i+1)·2^k).
The hash is SHA-256 unless another one of 32 bytes is given.
Source: RFC 9162 section 2.1 (the RFC 6962 tree), https://c2sp.org/tlog-tiles.
Cost: append amortised O(1) hashes beyond the leaf's, many leaves at once without a look at each; the first node of a full tile
≤ 255 hashes and one tile, every later one none; root and proofs O(log n) nodes.
Guarantee: equal to the recursive definition for every size (tests compare); a tile that was read is never shortened.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

HASH = 32
WIDTH = 256

ReadTile = Callable[[int, int], bytes]
"""(level, index) → the stored hashes joined, at most 256; empty where there is none."""


class Begun(Protocol):
    """A hash that has read its first bytes."""

    def copy(self) -> "Begun":
        """Another one that has read the same."""

    def update(self, data: bytes, /) -> None:
        """Read on."""

    def digest(self) -> bytes:
        """The hash of all that was read, 32 bytes."""


@dataclass(frozen=True, slots=True)
class TreeHash:
    """The hash of a tree as RFC 6962 uses it, its first byte read: a copy takes two thirds of the time of a new one."""

    leaf: Begun
    node: Begun
    empty: bytes
    """The root of no leaves: the hash of nothing."""


SHA256 = TreeHash(sha256(b"\x00"), sha256(b"\x01"), sha256(b"").digest())


def node_hash(left: bytes, right: bytes, node: Begun = SHA256.node) -> bytes:
    """RFC 6962: HASH(0x01 || left || right)."""
    begun = node.copy()
    begun.update(left + right)
    return begun.digest()


def fold(hashes: bytes, by: TreeHash = SHA256) -> bytes:
    """Root of the complete subtree over a power of two of joined hashes."""
    while len(hashes) > HASH:
        hashes = _above(hashes, by.node)
    return hashes


def _above(hashes: bytes, node: Begun) -> bytes:
    """The next level of the tree over an even number of joined hashes."""
    made = []
    for start in range(0, len(hashes), 2 * HASH):
        begun = node.copy()
        begun.update(hashes[start : start + 2 * HASH])
        made.append(begun.digest())
    return b"".join(made)


def tiles_of_proof(index: int, size: int) -> list[tuple[int, int]]:
    """Level and index of every tile that an inclusion proof in a tree of `size` leaves needs, to be read at once."""
    found, level = [], 0
    while size >> 8 * level:
        edge = (size >> 8 * level) // WIDTH
        found += [
            (level, one) for one in sorted({(index >> 8 * level) // WIDTH, edge}) if (one << 8) < size >> 8 * level
        ]
        level += 1
    return found


class TileTree:
    """A tree of `size` leaves over stored tiles. `changed` names the tiles that appending touched."""

    def __init__(self, size: int, read: ReadTile, by: TreeHash = SHA256) -> None:
        self.size, self.by = size, by
        self.changed: set[tuple[int, int]] = set()
        self._read = read
        self._tiles: dict[tuple[int, int], bytearray] = {}
        self._rows: dict[tuple[int, int], list[bytes]] = {}
        """Of tiles that are full: their hashes and those above them, a row for each of eight levels."""
        self._nodes: dict[tuple[int, int], bytes] = {}
        """Of tiles that grow: complete nodes, which stay what they are."""

    def hold(self, tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Take over tiles that were read already; those that are not among them are read when they are needed."""
        for key, hashes in tiles.items():
            self._tiles.setdefault(key, bytearray(hashes))

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
        """Add many leaves by their joined hashes. Raises LookupError where a stored tile is not as long as its tree says."""
        level, coming = 0, leaf_hashes
        while coming:
            level, coming = level + 1, self._put(level, self.size >> 8 * level, coming)
        self.size += len(leaf_hashes) // HASH

    def _put(self, level: int, place: int, hashes: bytes) -> bytes:
        """Put hashes into a level's tiles from a place on; answers the roots of the tiles that became full."""
        full, start = [], 0
        while start < len(hashes):
            index, used = divmod(place + start // HASH, WIDTH)
            some, tile = hashes[start : start + (WIDTH - used) * HASH], self.tile(level, index)
            if len(tile) != used * HASH:
                raise LookupError(f"tile {level}/{index} holds {len(tile) // HASH} hashes, the tree {used}")
            tile += some
            self.changed.add((level, index))
            if len(tile) == WIDTH * HASH:
                full.append(fold(bytes(tile), self.by))
            start += len(some)
        return b"".join(full)

    def node(self, level: int, index: int) -> bytes:
        """Root of the complete subtree over leaves [index·2^level, (index+1)·2^level). LookupError if incomplete."""
        depth = level & 7
        key, within = (level >> 3, index >> 8 - depth), index & (1 << 8 - depth) - 1
        rows = self._rows.get(key) or self._full(key)
        if rows is not None:
            return rows[depth][within * HASH : (within + 1) * HASH]
        found = self._nodes.get((level, index))
        if found is None:
            start = (within << depth) * HASH
            hashes = bytes(self._tiles[key][start : start + (HASH << depth)])
            if len(hashes) != HASH << depth:
                raise LookupError(f"node {level}/{index} is not complete in a tree of {self.size}")
            found = self._nodes[(level, index)] = fold(hashes, self.by)
        return found

    def _full(self, key: tuple[int, int]) -> list[bytes] | None:
        """The rows of a full tile, kept from now on; None where it still grows."""
        tile = self.tile(*key)
        if len(tile) != WIDTH * HASH:
            return None
        row, rows = bytes(tile), []
        for _ in range(8):
            rows.append(row)
            row = _above(row, self.by.node)
        self._rows[key] = rows
        return rows

    def root(self) -> bytes:
        """Root of the whole tree; of the empty tree the hash of nothing."""
        if not self.size:
            return self.by.empty
        nodes = [
            self.node(level, (self.size >> level) - 1)
            for level in range(self.size.bit_length())
            if self.size >> level & 1
        ]
        root = nodes[0]
        for node in nodes[1:]:
            root = node_hash(node, root, self.by.node)
        return root
