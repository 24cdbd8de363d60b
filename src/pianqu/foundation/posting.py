"""Post JSON to another system and know afterwards whether it may have been read.

`http.client` and not a convenience library: what matters is on which side of the first byte something went wrong.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT = 10.0
MOST = 65_536
"""Bytes of an answer that are read."""


class NotSent(Exception):
    """The other system was not reached: nothing left this machine."""


class Unclear(Exception):
    """Something was sent and no answer came: nobody knows whether it was read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other system answered."""

    status: int
    retry_after: float | None
    body: bytes


def post_json(url: str, body: Mapping[str, Any], headers: Mapping[str, str], *, timeout: float = TIMEOUT) -> Reply:
    """Post once, follow nothing. Raises NotSent before the first byte, Unclear after it."""
    content = json.dumps(body, ensure_ascii=False).encode()
    return post_bytes(url, content, {"Content-Type": "application/json", **headers}, timeout=timeout)


def post_bytes(
    url: str, content: bytes, headers: Mapping[str, str], *, address: str = "", timeout: float = TIMEOUT
) -> Reply:
    """The same for bytes that are ready; with an `address`, to just that one, whatever the name says by now."""
    parts = urlsplit(url)
    link = _link(parts.scheme, parts.hostname or "", parts.port, timeout)
    if address:
        link._create_connection = _only(address)  # type: ignore[attr-defined]  # the certificate is still the name's
    try:
        try:
            link.connect()
        except OSError as error:
            raise NotSent(type(error).__name__) from error
        return _exchange(link, f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", content, headers)
    finally:
        link.close()


def _link(scheme: str, host: str, port: int | None, timeout: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout)


def _only(address: str) -> Callable[..., socket.socket]:
    def connect(where: tuple[str, int], *given: Any, **more: Any) -> socket.socket:
        return socket.create_connection((address, where[1]), *given, **more)

    return connect


def _exchange(link: http.client.HTTPConnection, path: str, content: bytes, headers: Mapping[str, str]) -> Reply:
    try:
        link.request("POST", path, body=content, headers={"Accept": "application/json", **headers})
        answer = link.getresponse()
        return Reply(answer.status, _seconds(answer.getheader("Retry-After", "")), answer.read(MOST))
    except (OSError, http.client.HTTPException) as error:
        raise Unclear(type(error).__name__) from error


def _seconds(text: str) -> float | None:
    """The delay that was asked for in seconds; a date is not understood and counts as none."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
