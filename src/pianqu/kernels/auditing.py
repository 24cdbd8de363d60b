"""Read a log again, leaf by leaf: whether every organisation's chain is whole and the tree is the one that was signed.

Problem: whoever holds a log's leaves (its own operator, a mirror, an auditor) wants to know that nothing is missing and nothing
was changed, without reading everything each time.
Method: a leaf names its organisation, counter and the hash of that organisation's previous leaf, so the heads of all chains are
all the memory that is needed; the tree grows beside them and its root is compared with a signed one. A replay goes on from any
state that it reached before.
Source: RFC 9162 section 8 (monitors), https://c2sp.org/tlog-tiles. Cost: O(1) hashes a leaf; memory O(organisations + tiles).
Guarantee: `read` names every leaf that is not canonical, out of order or not chained; heads and root are of the leaves read.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pianqu.kernels.leaf import Leaf
from pianqu.kernels.merkle import leaf_hash
from pianqu.kernels.tiles import HASH, WIDTH, ReadTile, TileTree


@dataclass(frozen=True, slots=True)
class Head:
    """The end of an organisation's chain."""

    counter: int = 0
    link: bytes = b""
    day: str = ""
    """The last leaf's day, as it stands there."""


@dataclass(slots=True)
class Replay:
    """What was read so far. `tree` may lie over stored tiles, cut to the leaves that were read (`cut`)."""

    tree: TileTree
    heads: dict[str, Head] = field(default_factory=dict)

    def read(self, leaves: Iterable[bytes]) -> Iterator[str]:
        """Go on with these leaves; a sentence for each that is wrong."""
        for raw in leaves:
            position = self.tree.size
            self.tree.append(leaf_hash(raw))
            try:
                leaf = Leaf.decode(raw)
            except ValueError as error:
                yield f"position {position}: {error}"
                continue
            yield from self._chained(position, leaf)
            self.heads[leaf.organisation_code] = Head(leaf.counter, Leaf.link(raw), leaf.day.isoformat())

    def _chained(self, position: int, leaf: Leaf) -> Iterator[str]:
        head = self.heads.get(leaf.organisation_code, Head())
        if leaf.counter != head.counter + 1:
            yield f"position {position}: {leaf.organisation_code}#{leaf.counter} follows #{head.counter}"
        elif leaf.previous != head.link:
            yield f"position {position}: {leaf.organisation_code}#{leaf.counter} is chained to another leaf"


def cut(read: ReadTile, size: int) -> ReadTile:
    """The same tiles as they were when the tree had `size` leaves."""

    def shorter(level: int, index: int) -> bytes:
        width = min(WIDTH, (size >> 8 * level) - index * WIDTH)
        return read(level, index)[: max(0, width) * HASH]

    return shorter
