"""A small client of pianqu's API. It needs nothing but Python: copy this folder into any program.

It knows no operation by heart: it reads the installation's own description (openapi.json), so it always fits the server.
"""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Pianqu", "Refused", "Unreachable"]

TRIES = 4
"""The first try and three more, for a broken connection or a server that asks to wait."""
LONGEST_WAIT_S = 60.0


class Refused(Exception):
    """The installation said no: a sentence for people, a stable code for programs, the fields that are wrong."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        self.status = status
        self.code = str(problem.get("code", ""))
        self.title = str(problem.get("title", ""))
        self.errors: list[dict[str, str]] = list(problem.get("errors", []))
        super().__init__(f"{status} {self.code}: {self.title}")


class Unreachable(Exception):
    """No answer came, however often it was tried. What was sent under a key may be sent again under the same one."""


@dataclass(frozen=True)
class Operation:
    """One operation of the description."""

    name: str
    method: str
    path: str
    inside: Mapping[str, str]
    """Parameter → path, query or header."""
    takes_body: bool
    keyed: bool


@dataclass
class Pianqu:
    """An installation, and who calls.

    Args:
        url: where the portal is, as in https://pianqu.example.
        token: a token of a post; none for residents' doors.
        language: zh-hans or en, for the sentences of refusals.
        timeout: seconds to wait for an answer.
    """

    url: str
    token: str = ""
    language: str = "zh-hans"
    timeout: float = 30.0
    _known: dict[str, Operation] = field(default_factory=dict, repr=False)

    def operations(self) -> Mapping[str, Operation]:
        """Every operation by its name; asked for once."""
        if not self._known:
            described = self._send("GET", f"{self._root}/openapi.json", {}, None)
            self._known.update(_operations(described))
        return self._known

    def call(self, name: str, *, body: Any = None, key: str = "", **given: Any) -> Any:
        """Do one operation and answer what it answers.

        Args:
            name: the operation's name, as in `acceptCase`.
            body: what is sent as JSON.
            key: an idempotency key of your own; a fresh one where the operation takes one and none is given.
            given: parameters of path, query and header, by the names of the description (`-` written as `_`).

        Raises LookupError for a name or parameter that the installation does not know, Refused, Unreachable.
        """
        operation = self.operations().get(name)
        if operation is None:
            raise LookupError(f"{self.url} has no operation {name}")
        places = _sorted_out(operation, given)
        path = operation.path
        for parameter, value in places["path"].items():
            path = path.replace(f"{{{parameter}}}", urllib.parse.quote(value, safe=""))
        if operation.keyed:
            places["header"]["Idempotency-Key"] = key or uuid.uuid4().hex
        query = f"?{urllib.parse.urlencode(places['query'])}" if places["query"] else ""
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        return self._send(operation.method, f"{self.url.rstrip('/')}{path}{query}", places["header"], content)

    def every(self, name: str, **given: Any) -> Iterator[Any]:
        """Every row of a list, page after page, fetched as they are asked for."""
        page = self.call(name, **given)
        yield from page["rows"]
        while page.get("next_cursor"):
            page = self.call(name, **{**given, "cursor": page["next_cursor"]})
            yield from page["rows"]

    @property
    def _root(self) -> str:
        return f"{self.url.rstrip('/')}/api/v1"

    def _send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None) -> Any:
        """Send until there is an answer. Only what is safe to repeat is repeated: questions, and what carries a key."""
        repeats = method == "GET" or "Idempotency-Key" in headers
        for left in reversed(range(TRIES)):
            request = urllib.request.Request(url, content, self._headers(headers, content), method=method)
            try:
                with urllib.request.urlopen(request, timeout=self.timeout) as answer:
                    return _read(answer.headers.get("Content-Type", ""), answer.read())
            except urllib.error.HTTPError as error:
                wait = _wait(error)
                if wait is None or not left:
                    raise Refused(error.code, _problem(error)) from error
                error.close()
                time.sleep(wait)
            except OSError as error:
                if not repeats or not left:
                    raise Unreachable(f"{method} {url}: {error}") from error
                time.sleep(0.5 * 2 ** (TRIES - 1 - left))
        raise AssertionError("unreachable")

    def _headers(self, headers: Mapping[str, str], content: bytes | None) -> dict[str, str]:
        own = {"Accept": "application/json", "Accept-Language": self.language, **headers}
        if self.token:
            own["Authorization"] = f"Bearer {self.token}"
        if content is not None:
            own["Content-Type"] = "application/json"
        return own


def _operations(described: Mapping[str, Any]) -> Iterator[tuple[str, Operation]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            parameters = operation.get("parameters", [])
            inside = {one["name"]: one["in"] for one in parameters}
            yield (
                operation["operationId"],
                Operation(
                    name=operation["operationId"],
                    method=method.upper(),
                    path=path,
                    inside=inside,
                    takes_body="requestBody" in operation,
                    keyed="Idempotency-Key" in inside,
                ),
            )


def _sorted_out(operation: Operation, given: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Parameters by where they go; what is None is left out."""
    plain = {name.lower().replace("-", "_"): name for name in operation.inside}
    places: dict[str, dict[str, str]] = {"path": {}, "query": {}, "header": {}}
    for name, value in given.items():
        known = plain.get(name.lower())
        if known is None:
            raise LookupError(f"{operation.name} takes no {name}; it takes {', '.join(sorted(plain)) or 'nothing'}")
        if value is not None:
            places[operation.inside[known]][known] = str(value)
    missing = [name for name, where in operation.inside.items() if where == "path" and name not in places["path"]]
    if missing:
        raise LookupError(f"{operation.name} needs {', '.join(missing)}")
    return places


def _wait(error: urllib.error.HTTPError) -> float | None:
    """How long to rest before the next try; None where another try would get the same answer."""
    if error.code not in (429, 503):
        return None
    text = error.headers.get("Retry-After", "1")
    seconds = float(text) if text.isdigit() else 1.0
    return seconds if seconds <= LONGEST_WAIT_S else None


def _problem(error: urllib.error.HTTPError) -> Mapping[str, Any]:
    try:
        found = json.loads(error.read())
    except ValueError:
        found = None
    return found if isinstance(found, dict) else {"title": error.reason}


def _read(kind: str, content: bytes) -> Any:
    return json.loads(content) if "json" in kind else content
