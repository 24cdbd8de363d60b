"""Another city's Open311 server for tests: a real one on a free port of this machine, which answers what it is told to.

    with foreign() as server:
        server.says(listed([{"service_code": "1", "service_name": "Roads"}], "services"))
        server.says(Answer(500), HANG, HANG_UP, WEB_PAGE, WRONG_JSON, redirect("http://127.0.0.1:1/"), ENDLESS, DRIP)
        …                      # the code under test calls server.url: the answers come in this order, the last one for ever
        server.got[0].fields   # what came: method, path, query, fields of the form, headers

`server.at("POST", "requests", …)` scripts one resource alone: the last part of the path, without its format. What nothing is
scripted for is 404, in GeoReport's way. HANG answers nothing until the block is left; DRIP gives a byte each 0.2 s; ENDLESS never
stops. No test has to wait for them: a client that gives up is let go, and leaving the block ends them all.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import PurePosixPath
from urllib.parse import parse_qsl, urlsplit

from pianqu.kernels import open311

JSON, XML, HTML = "application/json; charset=utf-8", "text/xml; charset=utf-8", "text/html"
LIFE_S = 30.0
"""After this time even a hanging answer ends: a broken test must not hang for ever."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered. `how` is `whole`, or one of the ways in which a server is out of order."""

    status: int = 200
    body: bytes = b""
    media_type: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    how: str = "whole"


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """A request as it came. Names that came several times have their last value in `query` and `fields`, all in `pairs`."""

    method: str
    path: str
    query: dict[str, str]
    fields: dict[str, str]
    pairs: tuple[tuple[str, str], ...]
    headers: dict[str, str]


HANG = Answer(how="hang")
HANG_UP = Answer(how="hang up")
HALF = Answer(body=b'[{"service_request_id": "1"', how="half")
"""Announces more than it sends. `http.client` notices only where all is read at once: read(N) answers what came."""
DRIP = Answer(body=b"[" + b" " * 10_000 + b"]", how="drip")
ENDLESS = Answer(body=b" " * 65_536, how="endless")
NO_HTTP = Answer(body=b"220 mail.example.org ESMTP\r\n", how="raw")
WEB_PAGE = Answer(body=b"<!DOCTYPE html><html><body>Sign in to the city's network</body></html>", media_type=HTML)
WRONG_JSON = Answer(body=b'{"ok": true}')
BROKEN_JSON = Answer(body=b"[{")
LAUGHS = Answer(
    body=b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;">]><services>&c;</services>',
    media_type=XML,
)


def listed(value: object, root: str, *, form: str = "json", status: int = 200) -> Answer:
    """A value in GeoReport's way; `root` is the element's name in XML."""
    text = open311.as_json(value) if form == "json" else open311.as_xml(value, root)
    return Answer(status, text.encode(), JSON if form == "json" else XML)


def refusal(status: int, description: str, *, retry_after: int | None = None) -> Answer:
    """No, in GeoReport's way."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Answer(status, json.dumps([{"code": status, "description": description}]).encode(), JSON, headers)


def redirect(to: str, *, status: int = 302) -> Answer:
    """Sends the client elsewhere: to another machine, into the city's own network, round in a circle."""
    return Answer(status, headers={"Location": to})


class Foreign:
    """The server: where it is, what came, and what it will say."""

    def __init__(self) -> None:
        self.url = ""
        self.got: list[Got] = []
        self.over = threading.Event()
        self._script: dict[tuple[str, str], list[Answer]] = {}
        self._lock = threading.Lock()

    def says(self, *answers: Answer) -> None:
        """Whatever is asked: these in turn, the last one for ever."""
        self.at("", "", *answers)

    def at(self, method: str, resource: str, *answers: Answer) -> None:
        """The same for one resource alone, as `requests` or an id."""
        with self._lock:
            self._script.setdefault((method, resource), []).extend(answers)

    def forget(self) -> None:
        """As before anything came or was scripted."""
        with self._lock:
            self.got.clear()
            self._script.clear()

    def take(self, got: Got) -> Answer:
        """Remember a request; the answer to it."""
        with self._lock:
            self.got.append(got)
            own, common = self._script.get((got.method, PurePosixPath(got.path).stem)), self._script.get(("", ""))
            answers = own or common
            if not answers:
                return refusal(404, "Nothing is scripted for this request.")
            return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def foreign() -> Iterator[Foreign]:
    """A server that listens until the block is left; `url` is its base without a slash at the end."""
    here = Foreign()

    class Door(_Door):
        server_of = here

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    server.daemon_threads = True
    here.url = f"http://127.0.0.1:{server.server_address[1]}/open311/v2"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield here
    finally:
        here.over.set()
        server.shutdown()
        server.server_close()


class _Door(BaseHTTPRequestHandler):
    server_of: Foreign

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def log_message(self, *_words: object) -> None:
        """Quiet."""

    def _answer(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        pairs = tuple(parse_qsl(body, keep_blank_values=True))
        answer = self.server_of.take(
            Got(
                method=self.command,
                path=parts.path,
                query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                fields=dict(pairs),
                pairs=pairs,
                headers={name.lower(): value for name, value in self.headers.items()},
            )
        )
        self.close_connection = True
        with suppress(OSError):  # the client gave up, as it should
            _WAYS[answer.how](self, answer)

    def head(self, answer: Answer, length: int | None) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()


def _whole(door: _Door, answer: Answer) -> None:
    door.head(answer, len(answer.body))
    door.wfile.write(answer.body)


def _half(door: _Door, answer: Answer) -> None:
    door.head(answer, len(answer.body) + 1_000)
    door.wfile.write(answer.body)


def _drip(door: _Door, answer: Answer) -> None:
    door.head(answer, len(answer.body))
    end = time.monotonic() + LIFE_S
    for byte in answer.body:
        door.wfile.write(bytes([byte]))
        if door.server_of.over.wait(0.2) or time.monotonic() > end:
            return


def _endless(door: _Door, answer: Answer) -> None:
    door.head(answer, None)
    end = time.monotonic() + LIFE_S
    while not door.server_of.over.is_set() and time.monotonic() < end:
        door.wfile.write(answer.body)


def _hang(door: _Door, _answer: Answer) -> None:
    door.server_of.over.wait(LIFE_S)


def _hang_up(door: _Door, _answer: Answer) -> None:
    door.connection.shutdown(socket.SHUT_RDWR)


def _raw(door: _Door, answer: Answer) -> None:
    door.wfile.write(answer.body)


_WAYS: dict[str, Callable[[_Door, Answer], None]] = {
    "whole": _whole,
    "half": _half,
    "drip": _drip,
    "endless": _endless,
    "hang": _hang,
    "hang up": _hang_up,
    "raw": _raw,
}
