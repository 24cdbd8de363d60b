"""Every test of the room stands in casework's small district, with another district and its ledger beside it."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.test import override_settings

from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework.tests.builders import small_district
from pianqu.rooms.directory.tests.builders import SYSTEM
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.partners.tests.builders import NOW, Neighbour


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()
    casework.forget_working_days()
    ledger.create_log(now=NOW)


@pytest.fixture
def neighbour() -> Neighbour:
    """Another district that is connected here, with a ledger that the test writes."""
    return Neighbour.connected()


@dataclass
class Door:
    """A server of the other side: what it got, and what it answers to each request, in turn."""

    url: str = ""
    got: list[tuple[str, str, bytes]] = field(default_factory=list)
    """Method, path and body of each request."""
    answers: list[Any] = field(default_factory=list)
    """(status, body), a function of the request that answers such a pair, or `hang up`; 503 when there is none left."""


@pytest.fixture
def door() -> Iterator[Door]:
    """On a free port of this machine, which may be reached from here."""
    here = Door()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            here.got.append((self.command, self.path, body))
            answer = here.answers.pop(0) if here.answers else (503, {})
            if answer == "hang up":
                self.connection.close()
                return
            status, told = answer(here.got[-1]) if callable(answer) else answer
            content = told if isinstance(told, bytes) else json.dumps(told).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    names = {name: getattr(installation(), name) for name in installation().__dataclass_fields__}
    reached = type(installation())(**{**names, "webhook_networks": ("127.0.0.0/8",)})
    with override_settings(INSTALLATION=reached):
        installation.cache_clear()
        yield here
    installation.cache_clear()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def administrator() -> Any:
    """Who answers for the installation."""
    return SYSTEM
