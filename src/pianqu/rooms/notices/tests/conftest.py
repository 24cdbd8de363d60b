"""Every test of the room stands in casework's small district; a gateway that really listens is at hand."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.tests.builders import NOW, small_district
from pianqu.rooms.ledger import services as ledger


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()
    queries.forget_working_days()
    ledger.create_log(now=NOW)


@dataclass
class Gateway:
    """What the gateway got, and how it answers: a status, or `hang up` before any answer."""

    url: str = ""
    answers: list[Any] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A text message gateway on a free port of this machine, connected to the installation."""
    here = Gateway()

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            here.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            here.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer = here.answers.pop(0) if here.answers else 200
            if answer == "hang up":
                self.connection.close()
                return
            self.send_response(answer)
            if answer == 429:
                self.send_header("Retry-After", "900")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    here.url = f"http://127.0.0.1:{server.server_address[1]}/send"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    with at_home(tmp_path, sms_url=here.url, sms_token="geheim"):
        yield here
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def unconnected(tmp_path: Path) -> Iterator[Path]:
    """No way is connected: answers the outbox folder."""
    with at_home(tmp_path):
        yield tmp_path / "outbox"


class at_home:
    """The same installation with other ways to send, its outbox in a folder of the test."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        home = replace(installation(), public_url="https://pianqu.example", **changes)
        self.settings = override_settings(INSTALLATION=_With(home, folder / "outbox"))

    def __enter__(self) -> None:
        self.settings.enable()
        installation.cache_clear()

    def __exit__(self, *_error: object) -> None:
        self.settings.disable()
        installation.cache_clear()


def _With(home: Any, outbox: Path) -> Any:
    class Elsewhere(type(home)):  # type: ignore[misc]
        @property
        def outbox(self) -> Path:
            return outbox

    return Elsewhere(**{name: getattr(home, name) for name in home.__dataclass_fields__})
