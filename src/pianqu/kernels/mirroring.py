"""What a mirror answers to a log that brings it entries.

Problem: a mirror stores a log whole and says so with its signature; who brings the entries may stop anywhere, come twice, or lie.
Method: C2SP tlog-mirror, add-entries: the head names the log and a run of entries, which come in parcels aligned to 256, each
with a subtree consistency proof to a checkpoint that the mirror accepted before. Keeping what was proven, and signing only what
is kept, is the caller's part.
Source: https://c2sp.org/tlog-mirror, draft-ietf-plants-merkle-tree-certs. Cost: two hashes an entry, O(log n) a parcel.
Guarantee: `check` passes a parcel only if its entries stand at their places of the accepted checkpoint's tree.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from pianqu.kernels.merkle import ProofError, subtree_root
from pianqu.kernels.replica import leaf_hashes, write_bundle
from pianqu.kernels.subtrees import verify_subtree
from pianqu.kernels.tiles import HASH, WIDTH, TileTree

MOST_PARCELS = 32
"""How many parcels a log sends at once, as the specification advises; so many are kept in memory here."""
MOST_AGAIN = MOST_PARCELS * WIDTH
"""Entries that a request may bring though they are stored already."""
MOST_PROOF = 63
MOST_TICKET = 0xFFFF
INFO_TYPE = "text/x.tlog.mirror-info"
OK, ACCEPTED, BAD, UNKNOWN, CONFLICT, INCONSISTENT = 200, 202, 400, 404, 409, 422
_INFO = re.compile(r"(0|[1-9][0-9]{0,15})\n(0|[1-9][0-9]{0,15})\n([A-Za-z0-9+/=]*)\n")

Read = Callable[[int], bytes]
"""That many bytes of the request; fewer only at its end."""


class CutOff(ValueError):
    """The request ended in the middle of something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The beginning of a request: entries [start, end) of a log, proven in the tree of `end` leaves."""

    origin: str
    start: int
    end: int
    ticket: bytes = b""

    def encode(self) -> bytes:
        name = self.origin.encode()
        numbers = self.start.to_bytes(8, "big") + self.end.to_bytes(8, "big")
        return len(name).to_bytes(2, "big") + name + numbers + len(self.ticket).to_bytes(2, "big") + self.ticket

    def parcels(self) -> Iterator[tuple[int, int, int]]:
        """(begin, start, end) of every parcel: its entries are [start, end), its subtree is [begin, end)."""
        first = self.start - self.start % WIDTH if self.start < self.end else self.end
        for begin in range(first, self.end, WIDTH):
            yield begin, max(self.start, begin), min(self.end, begin + WIDTH)


@dataclass(frozen=True, slots=True)
class Parcel:
    """The entries of one parcel, and the proof for its subtree."""

    entries: tuple[bytes, ...]
    proof: tuple[bytes, ...]

    def encode(self) -> bytes:
        return write_bundle(self.entries) + bytes([len(self.proof)]) + b"".join(self.proof)


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What 409 and 202 tell: a size to which proofs lead, and the first entry that is missing."""

    size: int
    next_entry: int
    ticket: bytes = b""

    def encode(self) -> bytes:
        return f"{self.size}\n{self.next_entry}\n{b64encode(self.ticket).decode()}\n".encode()

    @staticmethod
    def decode(content: bytes) -> "Info":
        """Raises ValueError for anything else."""
        found = _INFO.fullmatch(content[: 2 * MOST_TICKET].decode("ascii", "replace"))
        try:
            if found is not None:
                ticket = b64decode(found[3], validate=True)
                return Info(size=int(found[1]), next_entry=int(found[2]), ticket=ticket)
        except Base64Error:
            """The sentence below says it."""
        raise ValueError("this does not say how far the mirror is")


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How far a mirror is with one log."""

    mirrored: int
    """Size of the checkpoint that it signed."""
    held: int
    """Entries that are stored; the next one is missing."""
    accepted: tuple[int, ...]
    """Sizes of the checkpoints of the log that it accepted, the newest last."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The answer to a request's head; without a status its parcels are to be read."""

    status: int = 0
    why: str = ""
    info: Info | None = None


def judge(head: Head, state: State | None) -> Judgement:
    """`state` is None for a log that is not known."""
    if state is None:
        return Judgement(UNKNOWN, "this mirror does not know this log")
    if head.start > head.end:
        return Judgement(BAD, "a request ends where it begins, or later")
    if not state.accepted:
        return Judgement(INCONSISTENT, "no checkpoint of this log has been added yet")
    known = head.end in state.accepted or head.end == state.mirrored
    valid = known and state.mirrored <= head.end
    again = min(head.end, state.held) - head.start
    if valid and head.start <= state.held and again <= MOST_AGAIN:
        return Judgement()
    size = head.end if valid and state.held <= head.end else max(state.accepted[-1], state.mirrored)
    return Judgement(CONFLICT, info=Info(size=size, next_entry=state.held))


def read_head(read: Read) -> Head:
    """Raises CutOff; and ValueError for a name that is no text."""
    origin = _exactly(read, _number(read, 2)).decode()
    start, end = _number(read, 8), _number(read, 8)
    return Head(origin=origin, start=start, end=end, ticket=_exactly(read, _number(read, 2)))


def read_parcel(read: Read, count: int) -> Parcel:
    """Raises CutOff, and ProofError for a proof that is too long."""
    entries = tuple(_exactly(read, _number(read, 2)) for _entry in range(count))
    hashes = _number(read, 1)
    if hashes > MOST_PROOF:
        raise ProofError(f"a proof has at most {MOST_PROOF} hashes")
    return Parcel(entries, tuple(_exactly(read, HASH) for _hash in range(hashes)))


def check(place: tuple[int, int, int], parcel: Parcel, before: bytes, *, size: int, root_hash: bytes) -> None:
    """Raise ProofError unless the parcel's entries belong at their place of the tree (size, root_hash).

    `place` as of Head.parcels; `before` are the leaf hashes of the entries from its begin to its start.
    """
    begin, start, end = place
    hashes = before + leaf_hashes(parcel.entries)
    if len(before) != (start - begin) * HASH or len(hashes) != (end - begin) * HASH:
        raise ProofError("a parcel has other entries than its place has room for")
    row = TileTree(0, lambda _level, _index: b"")
    for place_of in range(0, len(hashes), HASH):
        row.append(hashes[place_of : place_of + HASH])
    found = subtree_root(0, row.size, row.node)
    verify_subtree(start=begin, end=end, size=size, proof=parcel.proof, subtree=found, root_hash=root_hash)


def request(head: Head, parcels: Sequence[Parcel]) -> bytes:
    """A whole body, or its beginning: a mirror takes what it gets."""
    return head.encode() + b"".join(parcel.encode() for parcel in islice(parcels, MOST_PARCELS))


def _exactly(read: Read, count: int) -> bytes:
    found = read(count) if count else b""
    if len(found) != count:
        raise CutOff("the request is cut off")
    return found


def _number(read: Read, width: int) -> int:
    return int.from_bytes(_exactly(read, width), "big")
