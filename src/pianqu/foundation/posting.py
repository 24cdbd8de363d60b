"""Ask other systems over HTTP and know afterwards whether they may have read it.

`http.client` and not a convenience library: what matters is on which side of the first byte something went wrong, that a name
is looked up once, and that no answer, however slowly it drips, holds up who waits for it.
"""

import http.client
import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from pianqu.foundation.installation import installation
from pianqu.kernels import webhook

TIMEOUT = 10.0
"""Seconds for each step: reaching it, sending, each piece of the answer."""
WHOLE = 20.0
"""Seconds for everything together."""
MOST = 65_536
"""Bytes of an answer that are read, unless more are asked for."""


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
    url: str,
    content: bytes,
    headers: Mapping[str, str],
    *,
    address: str = "",
    timeout: float = TIMEOUT,
    whole: float = WHOLE,
    most: int = MOST,
) -> Reply:
    """The same for bytes that are ready; with an `address`, to just that one, whatever the name says by now."""
    return _asked("POST", url, content, headers, address, (timeout, whole, most))


def get(
    url: str,
    headers: Mapping[str, str],
    *,
    address: str = "",
    timeout: float = TIMEOUT,
    whole: float = WHOLE,
    most: int = MOST,
) -> Reply:
    """Read what stands at an address, follow nothing. Raises NotSent, Unclear."""
    return _asked("GET", url, b"", headers, address, (timeout, whole, most))


def is_address(url: str) -> bool:
    """Whether something may be asked there over HTTP: a host, and no port that is none."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it is the check
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def address_of(url: str) -> str:
    """The address to connect to, empty where there is none or where one of the name's addresses lies inside.

    What is public may be reached, and the networks that the operator named.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(parts.hostname or "", port, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return ""
    allowed = [ip_network(text) for text in installation().webhook_networks]
    return min(found) if found and all(webhook.may_reach(one, allowed) for one in found) else ""


Bounds = tuple[float, float, int]
"""Seconds for each step, seconds for everything, bytes of the answer."""


def _asked(method: str, url: str, content: bytes, headers: Mapping[str, str], address: str, bounds: Bounds) -> Reply:
    parts, (timeout, whole, most) = urlsplit(url), bounds
    where = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    link = _link(parts.scheme, parts.hostname or "", parts.port, timeout)
    if address:
        link._create_connection = _only(address)  # type: ignore[attr-defined]  # the certificate is still the name's
    try:
        try:
            where.encode("ascii")  # what no request line can hold leaves nothing
            link.connect()
        except (OSError, UnicodeError) as error:
            raise NotSent(type(error).__name__) from error
        with Patience(link.sock, whole):
            return _exchange(link, method, where, content, headers, most)
    finally:
        link.close()


class Patience:
    """Ends a connection when its time is over: each piece may come in time and the whole never."""

    def __init__(self, link: socket.socket, seconds: float) -> None:
        self._link = link
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def _end(self) -> None:
        try:
            self._link.shutdown(socket.SHUT_RDWR)
        except OSError:
            """It ended by itself in this moment."""

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()


def _link(scheme: str, host: str, port: int | None, timeout: float) -> http.client.HTTPConnection:
    if scheme == "https":
        return http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl.create_default_context())
    return http.client.HTTPConnection(host, port, timeout=timeout)


def _only(address: str) -> Callable[..., socket.socket]:
    def connect(where: tuple[str, int], *given: Any, **more: Any) -> socket.socket:
        return socket.create_connection((address, where[1]), *given, **more)

    return connect


def _exchange(
    link: http.client.HTTPConnection, method: str, where: str, content: bytes, headers: Mapping[str, str], most: int
) -> Reply:
    try:
        link.request(method, where, body=content or None, headers={"Accept": "application/json", **headers})
        answer = link.getresponse()
        body = answer.read(most)
        if answer.length and len(body) < most:
            raise Unclear("cut off")
        return Reply(answer.status, _seconds(answer.getheader("Retry-After", "")), body)
    except (OSError, http.client.HTTPException) as error:
        raise Unclear(type(error).__name__) from error


def _seconds(text: str) -> float | None:
    """The delay that was asked for in seconds; a date is not understood and counts as none."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
