"""Doors of an outsider: what it answers over HTTP, and c2sp.org/tlog-witness, add-checkpoint, which all of them know."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from pianqu.composition.outsider import memory
from pianqu.composition.outsider.memory import Evidence
from pianqu.kernels import witnessing
from pianqu.kernels.witnessing import Answer, BadRequest, Request

TEXT, JSON = "text/plain; charset=utf-8", "application/json"
Answered = tuple[int, str, bytes]
"""Status, kind, body."""
_REASONS = {
    200: "OK",
    202: "Accepted",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Entity",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


def send(
    environ: dict[str, Any], start_response: Any, answered: Answered, more: Iterable[tuple[str, str]] = ()
) -> Iterable[bytes]:
    """The WSGI answer; `more` are its own headers."""
    status, kind, body = answered
    headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff"), *more]
    start_response(f"{status} {_REASONS[status]}", headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


def said(status: int, sentence: str) -> Answered:
    """A sentence, for a program's log and for people."""
    return status, TEXT, (sentence if sentence.endswith("\n") else f"{sentence}\n").encode()


def add_checkpoint(environ: dict[str, Any], judged: Callable[[Request], tuple[Answer, str]]) -> Answered:
    """`judged` keeps what is to be kept and gives the answer, with the cosignature's line where there is one."""
    length = str(environ.get("CONTENT_LENGTH") or "0")
    if not length.isdecimal() or int(length) > witnessing.MAX_BYTES:
        return said(413, "the request is too long")
    try:
        request = witnessing.parse(environ["wsgi.input"].read(int(length)))
    except BadRequest as error:
        return said(400, str(error))
    answer, line = judged(request)
    if answer.status == witnessing.CONFLICT:
        return answer.status, witnessing.SIZE_TYPE, f"{answer.size}\n".encode()
    return (200, TEXT, line.encode()) if answer.status == witnessing.OK else said(answer.status, answer.why)


def shown(evidence: Iterable[Evidence]) -> Answered:
    """The evidence, for a program; never longer than it reads."""
    return 200, JSON, memory.listed(memory.with_room(evidence))


def moment(at: int) -> str:
    """A time for people, of seconds since 1970."""
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(at))} UTC"
