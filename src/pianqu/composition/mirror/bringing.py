"""Takes entries that a log brings (C2SP tlog-mirror, add-entries): parcel by parcel, each proven before it is stored."""

import zlib
from typing import IO

from pianqu.composition.mirror.home import Home
from pianqu.composition.mirror.store import Accepted, Store
from pianqu.kernels import mirroring
from pianqu.kernels.merkle import ProofError
from pianqu.kernels.mirroring import CutOff, Head, Info
from pianqu.kernels.tiles import HASH, WIDTH

MOST_BYTES = 4_000_000
_PIECE, _FIRST = 65_536, 256
Answered = tuple[int, str, bytes]


class Bringing:
    """The part of a mirror that is brought to it."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home, self._store, self._known = home, store, home.known()

    def take(self, body: IO[bytes], *, is_zipped: bool, now: int) -> Answered:
        """Read as much as holds, store it, and say how far it went. Raises zlib.error where nothing was stored."""
        stream = _Stream(body, is_zipped)
        try:
            head = mirroring.read_head(stream.read)
            stream.piece = _PIECE
        except (CutOff, ValueError) as error:
            return _said(mirroring.BAD, f"The beginning of the request cannot be read: {error}.")
        state = self._store.state(head.origin) if head.origin in self._known else None
        judged = mirroring.judge(head, state)
        if judged.info is not None:
            return judged.status, mirroring.INFO_TYPE, judged.info.encode()
        target = self._store.accepted(head.origin, head.end)
        if judged.status or target is None:
            return _said(judged.status or mirroring.INCONSISTENT, judged.why or "nothing of that size was accepted")
        return self._finish(head, self._parcels(head, target, stream), now)

    def _parcels(self, head: Head, target: Accepted, stream: "_Stream") -> tuple[int, str]:
        """Store what holds; answers how many parcels did, and why the next one did not."""
        some: list[bytes] = []
        start, count, weight, why = head.start, 0, 0, ""
        for place in head.parcels():
            try:
                parcel = mirroring.read_parcel(stream.read, place[2] - place[1])
                mirroring.check(place, parcel, self._before(head, place), size=target.size, root_hash=target.root)
            except CutOff:
                break
            except zlib.error:
                if not count:
                    raise
                break
            except ProofError as error:
                why = f"The parcel from entry {place[1]} on does not belong to the log: {error}."
                break
            count += 1
            some += parcel.entries
            weight += sum(map(len, parcel.entries))
            if len(some) >= mirroring.MOST_PARCELS * WIDTH or weight >= MOST_BYTES:
                self._store.append(head.origin, start, some)
                start, some, weight = start + len(some), [], 0
        self._store.append(head.origin, start, some)
        return count, why

    def _before(self, head: Head, place: tuple[int, int, int]) -> bytes:
        """Leaf hashes of what is stored already of the first parcel's range."""
        begin, start, _end = place
        if begin == start:
            return b""
        return self._store.tile(head.origin, 0, begin // WIDTH)[: (start - begin) * HASH]

    def _finish(self, head: Head, came: tuple[int, str], now: int) -> Answered:
        count, why = came
        if why:
            return _said(mirroring.INCONSISTENT, why)
        held = self._store.state(head.origin).held
        if not count and head.start < head.end:
            return _said(mirroring.BAD, "The request ended within its first parcel; nothing was stored.")
        if held < head.end:
            return mirroring.ACCEPTED, mirroring.INFO_TYPE, Info(size=head.end, next_entry=held).encode()
        shown = self._store.sign(head.origin, head.end, self._known[head.origin], self._home.keys, now=now)
        if shown is not None:
            return mirroring.OK, "", shown.line.encode()
        state = self._store.state(head.origin)
        if state.mirrored > head.end:
            return mirroring.CONFLICT, mirroring.INFO_TYPE, Info(size=state.accepted[-1], next_entry=held).encode()
        return _said(503, "This mirror's clock is wrong; it signs nothing.")


class _Stream:
    """The request's bytes, unzipped a piece at a time."""

    def __init__(self, body: IO[bytes], is_zipped: bool) -> None:
        self._body, self._unzip = body, zlib.decompressobj(31) if is_zipped else None
        self._here = bytearray()
        self.piece = _FIRST
        """Bytes that are waited for at once: few at first, so that who asks in vain is told before sending everything."""

    def read(self, count: int) -> bytes:
        """Fewer bytes only at the end."""
        while len(self._here) < count and self._more():
            pass
        found = bytes(self._here[:count])
        del self._here[:count]
        return found

    def _more(self) -> bool:
        if self._unzip is None:
            piece = self._body.read(self.piece)
            self._here += piece
            return bool(piece)
        if self._unzip.eof:
            return False
        waits = self._unzip.unconsumed_tail
        piece = waits or self._body.read(self.piece)
        self._here += self._unzip.decompress(piece, _PIECE)
        return bool(piece)


def _said(status: int, sentence: str) -> Answered:
    return status, "", f"{sentence}\n".encode()
