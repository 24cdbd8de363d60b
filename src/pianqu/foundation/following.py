"""Follow a log from outside: its checkpoint, key, tiles and bundles of entries over HTTP, from itself or from a mirror.

    log = Remote("https://district.example/open/ledger")
    now = newest(log, [Verifier.from_vkey(key)])      # signed by a known key, or a sentence why not
    tree = proven(log, now.body)                       # tiles that lead to the signed root
    for some in entries(log, tree):                    # every entry in order, each proven

Nothing that is served is believed; what is wrong is a `Trouble` with a sentence. A mirror's folder can be read the same way:
whatever has the three methods of `Source` can.
"""

import http.client
import ssl
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import ClassVar, Protocol, TypeVar
from urllib.parse import urlsplit

from pianqu.foundation.posting import Patience
from pianqu.kernels import note
from pianqu.kernels.merkle import tile_index_path
from pianqu.kernels.note import CheckpointBody, NoteError, Verifier
from pianqu.kernels.replica import MOST_BUNDLE, ProvenTiles, Unproven, bundles_of
from pianqu.kernels.tiles import HASH, WIDTH

TIMEOUT, WHOLE = 10.0, 60.0
"""Seconds for each step of an answer, and for one whole answer however slowly it drips."""
AT_ONCE = 4
"""Connections to one log."""
AHEAD = 8
"""Bundles that are fetched before the first of them is needed; so many are in memory."""
MOST_NOTE = 65_536
_PIECE = 65_536
_LATER = {408, 425, 429, 500, 502, 503, 504}


Wanted = TypeVar("Wanted")
Came = TypeVar("Came")


class Trouble(Exception):
    """A log cannot be followed; the sentence says what is wrong with it."""

    kind: ClassVar[str] = "trouble"


class Unreachable(Trouble):
    """It does not answer, or not in time: perhaps later."""

    kind = "unreachable"


class Missing(Trouble):
    """It answers, but not with this piece of a log."""

    kind = "missing"


class Unsigned(Trouble):
    """Its checkpoint is none, or no known key has signed it."""

    kind = "unsigned"


class Unfit(Trouble):
    """What it serves does not belong to the tree that it signed."""

    kind = "unfit"


class Source(Protocol):
    """Whoever has a log: its own server, a mirror, a mirror's folder. Each method raises Trouble."""

    def checkpoint(self) -> str:
        """The newest checkpoint, as it is shown."""
        ...

    def tile(self, level: int, index: int, width: int) -> bytes:
        """That many hashes of a tile."""
        ...

    def bundle(self, index: int, width: int) -> bytes:
        """That many entries of a bundle, as they are served."""
        ...


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint with a known key's signature. `note` is the whole text with everybody's lines."""

    body: CheckpointBody
    note: str


def newest(source: Source, keys: Sequence[Verifier]) -> Signed:
    """The checkpoint that is shown now. Raises Trouble; Unsigned where no known key has signed it."""
    return signed(source.checkpoint(), keys)


def signed(text: str, keys: Sequence[Verifier]) -> Signed:
    """A checkpoint's text, looked at. Raises Unsigned."""
    try:
        opened, by = note.open_note(text, keys)
        body = CheckpointBody.decode(opened)
    except NoteError as error:
        raise Unsigned(f"What is shown as its checkpoint does not hold: {error}.") from error
    if body.origin not in {one.name for one in by}:
        raise Unsigned(f"The checkpoint is of another log ({body.origin}).")
    return Signed(body, text)


def proven(source: Source, body: CheckpointBody) -> ProvenTiles:
    """The tiles of the signed tree. Raises Trouble; Unfit where they do not lead to its root, now or when they are read."""
    try:
        return ProvenTiles(body.size, body.root, source.tile)
    except Unproven as error:
        raise Unfit(f"{_first_upper(error)}.") from error


def entries(source: Source, tree: ProvenTiles, first: int = 0) -> Iterator[list[bytes]]:
    """All entries in order, a proven bundle at a time, beginning with that which holds `first`. Raises Trouble."""
    try:
        yield from tree.entries(fetched(source, bundles_of(tree.size, first)))
    except Unproven as error:
        raise Unfit(f"{_first_upper(error)}.") from error


def fetched(source: Source, wanted: Iterable[tuple[int, int]]) -> Iterator[tuple[int, bytes]]:
    """Bundles (index, width) as they are served, unproven, in order."""
    return ahead(lambda one: (one[0], source.bundle(*one)), wanted)


def ahead(ask: Callable[[Wanted], Came], wanted: Iterable[Wanted]) -> Iterator[Came]:
    """The answers in order; a few are asked for at once, and never more than AHEAD are in memory."""
    coming = iter(wanted)
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="follow") as threads:
        while some := list(islice(coming, AHEAD)):
            yield from threads.map(ask, some)


def origin_hash(origin: str) -> str:
    """The part of a witness's or mirror's addresses that names a log."""
    return sha256(origin.encode()).hexdigest()


class Remote:
    """A log under a base URL: `…/open/ledger` of a district, `<prefix>/<origin hash>` of a mirror.

    Connections are kept until `close`, or until it is forgotten. It follows no redirection to elsewhere. May be used by
    several threads.
    """

    def __init__(self, url: str, *, timeout: float = TIMEOUT, whole: float = WHOLE) -> None:
        """Raises Trouble for what is no address."""
        self._kept: list[http.client.HTTPConnection] = []
        self.url, self._timeout, self._whole = url.rstrip("/"), timeout, whole
        try:
            parts = urlsplit(self.url)
            self._scheme, self._host, self._port, self._path = parts.scheme, parts.hostname, parts.port, parts.path
            self.url.encode("ascii")
        except (ValueError, UnicodeError) as error:
            raise Trouble(f"{url} is no address.") from error
        if self._scheme not in {"http", "https"} or not self._host or parts.query or parts.username:
            raise Trouble(f"{url} is no address of a log: it begins with https:// or http://.")

    def checkpoint(self) -> str:
        return self._text("checkpoint")

    def vkeys(self) -> list[Verifier]:
        """The keys that it says are its own: to be compared with what was heard elsewhere. Raises Trouble."""
        try:
            return [Verifier.from_vkey(line) for line in self._text("log.vkey").splitlines() if line]
        except NoteError as error:
            raise Missing(f"{self.url}/log.vkey is no public key of a log: {error}.") from error

    def tile(self, level: int, index: int, width: int) -> bytes:
        return self._piece(f"tile/{level}", index, width, lambda raw: raw[: width * HASH], most=WIDTH * HASH)

    def bundle(self, index: int, width: int) -> bytes:
        return self._piece("tile/entries", index, width, lambda raw: _beginning(raw, width), most=MOST_BUNDLE)

    def _piece(self, kind: str, index: int, width: int, cut: Callable[[bytes], bytes], *, most: int) -> bytes:
        """A partial piece may be gone where the full one is there already."""
        place = f"{kind}/{tile_index_path(index)}"
        if width == WIDTH:
            return self.get(place, most)
        try:
            return self.get(f"{place}.p/{width}", most)
        except Missing:
            return cut(self.get(place, most))

    def _text(self, place: str) -> str:
        try:
            return self.get(place, MOST_NOTE).decode()
        except UnicodeDecodeError as error:
            raise Missing(f"{self.url}/{place} is no text: there is no log.") from error

    # one question ----------------------------------------------------------------------------------------------------

    def get(self, place: str, most: int) -> bytes:
        """What stands at `place` under the log's address. Raises Trouble; longer answers are not read to their end."""
        try:
            return self._tried(place, most)
        except TimeoutError as error:
            raise self._gone(place, "it took too long") from error
        except ssl.SSLCertVerificationError as error:
            raise self._gone(place, f"its certificate does not hold ({error.verify_message})") from error
        except (OSError, http.client.HTTPException, zlib.error) as error:
            raise self._gone(place, str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Let go of the connections that are kept."""
        while self._kept:
            self._kept.pop().close()

    def __del__(self) -> None:
        self.close()

    def _gone(self, place: str, why: str) -> Unreachable:
        return Unreachable(f"{self.url}/{place} could not be read: {why}.")

    def _tried(self, place: str, most: int) -> bytes:
        """On a connection that was kept, or on a fresh one where that had been closed meanwhile."""
        try:
            kept = self._kept.pop()
        except IndexError:
            return self._asked(self._fresh(), place, most)
        try:
            return self._asked(kept, place, most)
        except (ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest):
            return self._asked(self._fresh(), place, most)

    def _asked(self, link: http.client.HTTPConnection, place: str, most: int) -> bytes:
        until, is_whole = time.monotonic() + self._whole, False
        try:
            if link.sock is None:
                link.connect()
            with Patience(link.sock, self._whole):
                body = self._answer(link, place, most, until)
            is_whole = link.sock is not None
            return body
        except (OSError, http.client.HTTPException) as error:
            if time.monotonic() > until:
                raise TimeoutError from error
            raise
        finally:
            if is_whole:
                self._kept.append(link)
            else:
                link.close()

    def _answer(self, link: http.client.HTTPConnection, place: str, most: int, until: float) -> bytes:
        link.request("GET", f"{self._path}/{place}", headers={"Accept-Encoding": "gzip, identity"})
        answer = link.getresponse()
        if answer.status in _LATER:
            raise Unreachable(f"{self.url}/{place} is not served just now ({answer.status}).")
        if answer.status != 200:
            raise Missing(f"{self.url}/{place} is not there ({answer.status}): this is no log, or not this far.")
        body = _read(answer, most, until)
        if body is None:
            raise Missing(f"{self.url}/{place} is longer than any such piece of a log can be.")
        return body

    def _fresh(self) -> http.client.HTTPConnection:
        host = self._host or ""
        if self._scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, self._port, timeout=self._timeout, context=context)
        return http.client.HTTPConnection(host, self._port, timeout=self._timeout)


def _read(answer: http.client.HTTPResponse, most: int, until: float) -> bytes | None:
    """The body; None where it is longer than `most`. Raises TimeoutError when its time is over."""
    unzip = zlib.decompressobj(31) if answer.getheader("Content-Encoding", "").lower() == "gzip" else None
    body = bytearray()
    while piece := answer.read1(_PIECE):
        if time.monotonic() > until:
            raise TimeoutError
        body += unzip.decompress(piece, most + 1 - len(body)) if unzip else piece
        if len(body) > most:
            return None
    if answer.length or (unzip and not unzip.eof):
        raise ConnectionError("the answer is cut off")
    answer.close()  # so that the connection can be asked again
    return bytes(body)


def _beginning(raw: bytes, width: int) -> bytes:
    """The first entries of a bundle."""
    place = 0
    for _entry in range(width):
        place += 2 + int.from_bytes(raw[place : place + 2], "big")
    return raw[:place]


def _first_upper(error: Exception) -> str:
    return str(error)[:1].upper() + str(error)[1:]
