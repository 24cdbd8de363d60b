"""In front of an outsider's doors: a request is taken in without a thread, and only a finished one gets one.

Anybody may reach a witness, and who sends slowly must hold up nobody else. A request's beginning has to come within `PATIENCE`
seconds (the server closes the connection otherwise, an idle one too), its body as well, and it has at most the bytes that a door
takes. Until then it costs a connection and no thread. What is too large for that, the entries that are brought to a mirror, is
read piece by piece by a few threads of its own, and has to keep up with `SLOWEST`.
"""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from granian.rsgi import Scope

from pianqu.kernels import witnessing

PATIENCE = 10.0
"""Seconds for the beginning of a request, and for its body."""
SLOWEST = 8_000
"""Bytes a second that whoever brings more than fits into memory has to reach, beside `PATIENCE`."""
LONGEST = 120.0
"""Seconds for which such a sender is waited for in all; what came whole is kept, and the rest may be brought again."""
THREADS = 4
MOST_HERE = witnessing.MAX_BYTES
"""Bytes of a body that is taken in whole."""

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
Answered = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers, body."""


class Link(Protocol):
    """What granian gives beside the request's beginning: its body, and where the answer goes."""

    def __aiter__(self) -> AsyncIterator[bytes]: ...

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None: ...


class TooLong(Exception):
    """More bytes than any door takes."""


class CutOff(Exception):
    """Fewer bytes than were announced."""


class Receiving:
    """RSGI: takes requests in for a WSGI application. `streams` are the paths to which more is brought than is taken in whole."""

    def __init__(self, application: Application, *, streams: Collection[str] = (), patience: float = PATIENCE) -> None:
        self._application, self._streams, self._patience = application, frozenset(streams), patience
        self._answering = ThreadPoolExecutor(THREADS, "answer")
        self._reading = ThreadPoolExecutor(THREADS, "read")

    async def __rsgi__(self, scope: Scope, link: Link) -> None:
        """One request and its answer."""
        environ = _environ(scope)
        pool = self._answering
        try:
            if scope.method == "POST" and scope.path in self._streams:
                arriving = Arriving(link, asyncio.get_running_loop(), self._patience)
                environ["wsgi.input"], pool = arriving, self._reading
            elif scope.method == "POST":
                await _take_in(environ, link, self._patience)
        except TimeoutError:
            return _refuse(link, 408, f"the request did not come in within {self._patience:g} seconds")
        except TooLong:
            return _refuse(link, 413, "the request is too long")
        except CutOff:
            return _refuse(link, 400, "the request was cut off")
        status, headers, body = await asyncio.get_running_loop().run_in_executor(pool, self._answered, environ)
        link.response_bytes(status, headers, body)
        return None

    def _answered(self, environ: dict[str, Any]) -> Answered:
        found: dict[str, Any] = {}

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            found.update(status=int(status[:3]), headers=headers)

        body = b"".join(self._application(environ, start_response))
        return found["status"], found["headers"], body


class Arriving:
    """A body as a file for a thread that reads it. It ends where the sender does, and where the sender is too slow."""

    def __init__(self, link: Link, loop: asyncio.AbstractEventLoop, patience: float) -> None:
        self._pieces, self._loop, self._patience = aiter(link), loop, patience
        self._here, self._came, self._waited, self._ended = bytearray(), 0, 0.0, False

    def read(self, count: int) -> bytes:
        """Fewer bytes only at the end."""
        while len(self._here) < count and not self._ended:
            self._wait()
        found = bytes(self._here[:count])
        del self._here[:count]
        return found

    def _wait(self) -> None:
        """For the next piece, as long as this sender may still take."""
        began = time.monotonic()
        left = min(self._patience + self._came / SLOWEST, LONGEST) - self._waited
        coming = asyncio.run_coroutine_threadsafe(self._next(), self._loop)
        try:
            piece = coming.result(max(left, 0.0))
        except TimeoutError:
            coming.cancel()
            piece = b""
        self._waited += time.monotonic() - began
        self._ended = not piece
        self._here += piece
        self._came += len(piece)

    async def _next(self) -> bytes:
        """Empty at the end, and where the connection broke."""
        try:
            return await anext(self._pieces)
        except StopAsyncIteration:
            return b""


async def _take_in(environ: dict[str, Any], link: Link, patience: float) -> None:
    """The body, whole. What says itself that it is too long is not read: the door says so."""
    declared = int(environ["CONTENT_LENGTH"] or 0)
    if declared > MOST_HERE:
        return
    body = bytearray()
    async with asyncio.timeout(patience):
        async for piece in link:
            if not piece:  # the connection broke
                break
            body += piece
            if len(body) > MOST_HERE:
                raise TooLong
    if len(body) < declared:
        raise CutOff
    environ.update({"CONTENT_LENGTH": str(len(body)), "wsgi.input": io.BytesIO(body)})


def _environ(scope: Scope) -> dict[str, Any]:
    """What the doors read of a request."""
    return {
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": scope.path,
        "CONTENT_LENGTH": scope.headers.get("content-length", ""),
        "HTTP_CONTENT_ENCODING": scope.headers.get("content-encoding", "identity"),
        "wsgi.input": io.BytesIO(),
    }


def _refuse(link: Link, status: int, sentence: str) -> None:
    """The rest is not waited for: the connection ends with the answer."""
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")]
    link.response_bytes(status, headers, f"{sentence}; nothing was signed\n".encode())
