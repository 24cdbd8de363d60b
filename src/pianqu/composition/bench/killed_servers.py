"""Kill tests of witness and mirror: real processes, killed at random while a log with two faces grows.

Everything that anybody saw over HTTP or that lies on the disk afterwards is collected: two signed roots of one size are an
equivocation, a size that was signed and is not known any more is lost.
"""

import random
import re
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from pianqu.composition.mirror import home as mirror_home
from pianqu.composition.mirror.replica import Replica
from pianqu.composition.mirror.store import Store as MirrorStore
from pianqu.composition.outsider.running import PATIENCE, Running, free_port
from pianqu.composition.witness import home as witness_home
from pianqu.composition.witness.store import Store as WitnessStore
from pianqu.foundation import following
from pianqu.foundation.following import Trouble, origin_hash
from pianqu.kernels import witnessing
from pianqu.kernels.cosignature import Witness, cosigned, lines_of
from pianqu.kernels.merkle import consistency_proof, leaf_hash, parse_tile_index
from pianqu.kernels.note import CheckpointBody, Signer, Verifier, text_of
from pianqu.kernels.replica import width_at, write_bundle
from pianqu.kernels.tiles import HASH, WIDTH, TileTree

SIGNER = Signer.from_seed("faults.invalid/log", bytes(32))
AGREED = 3
"""From this entry on the log's second face tells another history."""


@dataclass(slots=True)
class Seen:
    """What came of many kills."""

    kills: int = 0
    signed: dict[int, set[bytes]] = field(default_factory=dict)
    """Every root that anybody saw signed, by size."""
    lost: list[str] = field(default_factory=list)

    def note(self, text: str) -> int:
        body = CheckpointBody.decode(text)
        self.signed.setdefault(body.size, set()).add(body.root)
        return body.size

    @property
    def most(self) -> int:
        return max(self.signed, default=0)

    @property
    def equivocations(self) -> int:
        return sum(len(roots) - 1 for roots in self.signed.values())


class Face:
    """One history of the log."""

    def __init__(self, salt: str = "") -> None:
        self._salt, self.tree, self.entries = salt, TileTree(0, lambda _level, _index: b""), list[bytes]()
        self._lock = threading.Lock()

    def grow_to(self, size: int) -> "Face":
        with self._lock:
            for number in range(self.tree.size, size):
                self.entries.append(f"{self._salt if number >= AGREED else ''}{number}".encode())
                self.tree.append(leaf_hash(self.entries[-1]))
        return self

    def text(self) -> str:
        return CheckpointBody(origin=SIGNER.name, size=self.tree.size, root=self.tree.root()).encode()

    def piece(self, place: str) -> bytes | None:
        """What a log serves at a place (C2SP tlog-tiles)."""
        with self._lock:
            return self._piece(place)

    def _piece(self, place: str) -> bytes | None:
        if place == "checkpoint":
            return SIGNER.sign(self.text()).encode()
        found = re.fullmatch(r"tile/(entries|\d+)/(.+)", place)
        if found is None:
            return None
        index, width = parse_tile_index(found[2])
        level = 0 if found[1] == "entries" else int(found[1])
        if width > width_at(self.tree.size, level, index):
            return None
        if found[1] == "entries":
            return write_bundle(self.entries[index * WIDTH : index * WIDTH + width])
        return bytes(self.tree.tile(level, index)[: width * HASH])


def witness(folder: Path, kills: int, *, seed: int = 1) -> Seen:
    """Kill a witness while both faces ask it to sign."""
    of = witness_home.prepare(folder / "w", name="witness.invalid", logs=[SIGNER.vkey])
    own, dice, seen, size = of.cosigner.witness, random.Random(seed), Seen(), 0
    faces, port = {"": Face(), "x": Face("x")}, free_port()
    for _kill in range(kills):
        with (
            killed(witness_home.WHAT, of.folder, port, dice.uniform(0.0, 0.15)) as url,
            suppress(OSError, HTTPException),
        ):
            while True:
                face = faces[dice.choice(["", "", "x"])].grow_to(size + dice.randrange(1, 4))
                if face.tree.size <= size:
                    continue
                status, body = _asked(url, face, size)
                if status == witnessing.OK:
                    size = _signed(seen, face.text(), body, own)
                elif status == witnessing.CONFLICT:
                    size = witnessing.size_of(body)
                    if size < seen.most:
                        seen.lost.append(f"it had signed {seen.most} and knows {size}")
        seen.kills += 1
        faces = {salt: face if face.tree.size <= size else Face(salt).grow_to(size) for salt, face in faces.items()}
    store = WitnessStore(of.tables)
    for note in store.notes():
        seen.note(text_of(note))
    store.close()
    return seen


def _asked(url: str, face: Face, old: int) -> tuple[int, bytes]:
    proof = consistency_proof(old, face.tree.size, face.tree.node) if old else []
    body = witnessing.encode(old, proof, SIGNER.sign(face.text()))
    try:
        with urllib.request.urlopen(f"{url}/add-checkpoint", body, timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def _signed(seen: Seen, text: str, body: bytes, own: Witness) -> int:
    if own not in lines_of(text, body.decode(), [own]):
        seen.lost.append("it answered without its signature")
        return CheckpointBody.decode(text).size
    return seen.note(text)


def mirror(folder: Path, kills: int, *, seed: int = 1) -> Seen:
    """Kill a mirror while it copies, from the true face of the log and now and then from the other."""
    dice, seen, port, true, false = random.Random(seed), Seen(), free_port(), Face().grow_to(2_000), Face("x")
    shown = [true]
    with _served(lambda place: shown[0].piece(place)) as address:
        of = mirror_home.prepare(folder / "m", name="mirror.invalid", logs=[(SIGNER.vkey, address)])
        own, path = of.cosigner.witness, f"/{origin_hash(SIGNER.name)}/checkpoint"
        for kill in range(kills):
            shown[0] = false.grow_to(true.tree.size + 5) if kill % 4 == 3 and seen.most else true
            with (
                killed(mirror_home.WHAT, of.folder, port, dice.uniform(0.0, 0.6)) as url,
                suppress(OSError, HTTPException),
            ):
                while True:
                    time.sleep(0.01)
                    true.grow_to(true.tree.size + dice.randrange(1, 40))
                    _watch(seen, url + path, own)
            seen.kills += 1
        shown[0] = true
        with killed(mirror_home.WHAT, of.folder, port, PATIENCE) as url:
            until = time.monotonic() + PATIENCE
            while seen.most < true.tree.size and time.monotonic() < until:
                time.sleep(0.05)
                _watch(seen, url + path, own)
    _read_whole(MirrorStore(of.tables), seen, true)
    return seen


def _watch(seen: Seen, address: str, own: Witness) -> None:
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            note = answer.read().decode()
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404 and seen.most:
            seen.lost.append(f"it had signed {seen.most} and shows nothing")
        return
    before, size = seen.most, seen.note(text_of(note))
    if own not in cosigned(note, [own]) or size < before:
        seen.lost.append(f"it had signed {before} and shows {size}")


def _read_whole(store: MirrorStore, seen: Seen, true: Face) -> None:
    """Every entry of what it signed last, proven, against the log's."""
    keys = [Verifier.from_vkey(SIGNER.vkey)]
    try:
        last = following.newest(source := Replica(store, SIGNER.name), keys)
        seen.note(text_of(last.note))
        got = [entry for some in following.entries(source, following.proven(source, last.body)) for entry in some]
        if got != true.entries[: last.body.size] or last.body.size < seen.most:
            seen.lost.append(f"of {seen.most} entries {len(got)} are there")
    except Trouble as error:
        seen.lost.append(str(error))
    finally:
        store.close()


@contextmanager
def killed(what: str, folder: Path, port: int, after: float) -> Iterator[str]:
    """A server's address; kill -9 comes so many seconds after it first answered, or when the block ends."""
    every = ["--every", "0.1"] if what == mirror_home.WHAT else []
    with Running(what, folder, *every, port=port) as running:
        running.kill_after(after)
        yield running.url


@contextmanager
def _served(piece: Callable[[str], bytes | None]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = piece(self.path.lstrip("/"))
            self.send_response(404 if body is None else 200)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_words: object) -> None:
            """Quiet."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_words: object) -> None:
            """Whoever was killed hangs up in the middle."""

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
