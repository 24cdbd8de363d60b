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
from itertools import islice
from typing import NamedTuple

from pianqu.kernels.leaf import Leaf, Plain, b64, read
from pianqu.kernels.merkle import leaf_hash
from pianqu.kernels.saying import Sentence, say
from pianqu.kernels.tiles import HASH, WIDTH, ReadTile, TileTree

AT_ONCE = 1_000
"""So many leaves are hashed before they are looked at."""


class Head(NamedTuple):
    """The end of an organisation's chain."""

    counter: int = 0
    link: bytes = b""
    day: str = ""
    """The last leaf's day, as it stands there."""


_NONE = Head()


@dataclass(slots=True)
class Replay:
    """What was read so far. `tree` may lie over stored tiles, cut to the leaves that were read (`cut`)."""

    tree: TileTree
    heads: dict[str, Head] = field(default_factory=dict)

    def read(self, leaves: Iterable[bytes]) -> Iterator[Sentence]:
        """Go on with these leaves; a sentence for each that is wrong."""
        coming = iter(leaves)
        while some := list(islice(coming, AT_ONCE)):
            begin = self.tree.size
            self.tree.extend(b"".join(map(leaf_hash, some)))
            for position, raw in enumerate(some, begin):
                try:
                    leaf = read(raw) or Plain.of(Leaf.decode(raw))
                except ValueError:
                    yield say("position %(position)s: not a leaf", position=position)
                    continue
                code, head = leaf.organisation_code, self.heads.get(leaf.organisation_code, _NONE)
                if leaf.counter != head.counter + 1:
                    words = "position %(position)s: %(code)s#%(counter)s follows #%(head)s"
                    yield say(words, position=position, code=code, counter=leaf.counter, head=head.counter)
                elif leaf.previous != b64(head.link):
                    words = "position %(position)s: %(code)s#%(counter)s is chained to another leaf"
                    yield say(words, position=position, code=code, counter=leaf.counter)
                self.heads[code] = Head(leaf.counter, Leaf.link(raw), leaf.day)


def cut(read: ReadTile, size: int) -> ReadTile:
    """The same tiles as they were when the tree had `size` leaves."""

    def shorter(level: int, index: int) -> bytes:
        width = min(WIDTH, (size >> 8 * level) - index * WIDTH)
        return read(level, index)[: max(0, width) * HASH]

    return shorter
