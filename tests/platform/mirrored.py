"""A log over real HTTP that grows, lies, lags and dies as a test wants it."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from pianqu.kernels.merkle import leaf_hash, parse_tile_index, subtree_root
from pianqu.kernels.mirroring import Head, Parcel
from pianqu.kernels.note import CheckpointBody, Signer
from pianqu.kernels.replica import leaf_hashes, width_at, write_bundle
from pianqu.kernels.subtrees import subtree_proof
from pianqu.kernels.tiles import HASH, TileTree

SIGNER = Signer.from_seed("example.com/log", bytes(32))
OTHER = Signer.from_seed("example.com/other", bytes([1] * 32))
Fault = Callable[[str, bytes], bytes | None]
"""(place, what is true) → what is served; None for nothing there."""


class Log:
    """A log in memory; `salt` makes another history from entry `since` on."""

    def __init__(self, size: int = 0, *, salt: str = "", since: int = 0, by: Signer = SIGNER) -> None:
        self._salt, self._since, self.signer = salt, since, by
        self.tree, self.entries = TileTree(0, lambda _level, _index: b""), list[bytes]()
        self.grow(size)

    @property
    def size(self) -> int:
        return self.tree.size

    def grow(self, by: int) -> "Log":
        fresh = [
            f"{self._salt if n >= self._since else ''}entry {n}".encode() * (1 + n % 5)
            for n in range(self.size, self.size + by)
        ]
        self.entries += fresh
        self.tree.extend(leaf_hashes(fresh))
        return self

    def root(self, size: int) -> bytes:
        return CheckpointBody.decode(self.body(size)).root

    def body(self, size: int | None = None) -> str:
        size = self.size if size is None else size
        root = subtree_root(0, size, self.tree.node) if size else TileTree(0, self.tree.tile).root()
        return CheckpointBody(origin=self.signer.name, size=size, root=root).encode()

    def note(self, size: int | None = None) -> str:
        return self.signer.sign(self.body(size))

    def parcels(self, head: Head) -> list[Parcel]:
        return [
            Parcel(tuple(self.entries[start:end]), tuple(subtree_proof(begin, end, head.end, self.tree.node)))
            for begin, start, end in head.parcels()
        ]

    def piece(self, place: str) -> bytes | None:
        """What a log serves at a place of tlog-tiles."""
        if place == "checkpoint":
            return self.note().encode()
        if place == "log.vkey":
            return f"{self.signer.vkey}\n".encode()
        found = re.fullmatch(r"tile/(entries|\d+)/(.+)", place)
        if found is None:
            return None
        index, width = parse_tile_index(found[2])
        level = 0 if found[1] == "entries" else int(found[1])
        if width > width_at(self.size, level, index):
            return None
        if found[1] == "entries":
            return write_bundle(self.entries[index * 256 : index * 256 + width])
        return bytes(self.tree.tile(level, index)[: width * HASH])

    def leaf(self, n: int) -> bytes:
        return leaf_hash(self.entries[n])


class Served:
    """A log's server: which log it shows, and what it does wrong."""

    def __init__(self, log: Log) -> None:
        self.log, self.fault, self.delay = log, None, 0.0
        self.fault: Fault | None
        self.asked: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                place = self.path.removeprefix("/log/")
                outer.asked.append(place)
                time.sleep(outer.delay)
                body = outer.log.piece(place) if self.path.startswith("/log/") else None
                if outer.fault is not None and body is not None:
                    body = outer.fault(place, body)
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_words: object) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_words: object) -> None:
                """Whoever was killed hangs up in the middle."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/log"
        Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def served(log: Log) -> Iterator[Served]:
    one = Served(log)
    try:
        yield one
    finally:
        one.close()
