"""The doors of a mirror: c2sp.org/tlog-mirror and tlog-tiles over HTTP, a page for people, and the evidence it holds."""

import os
import sqlite3
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pianqu.composition.mirror import home
from pianqu.composition.mirror.beside import Looking
from pianqu.composition.mirror.bringing import Bringing
from pianqu.composition.mirror.home import Home
from pianqu.composition.mirror.pulling import Pulling
from pianqu.composition.mirror.replica import Shelf
from pianqu.composition.mirror.store import Damaged, Store
from pianqu.composition.orphan import end_with_parent
from pianqu.composition.outsider import doors
from pianqu.composition.outsider.doors import TEXT, Answered, moment, said
from pianqu.composition.outsider.folder import Folder
from pianqu.foundation.following import Missing, Trouble, origin_hash
from pianqu.kernels import merkle
from pianqu.kernels.witnessing import Answer, Request

FOLDER, EVERY = "PIANQU_MIRROR", "PIANQU_MIRROR_EVERY"
OCTETS = "application/octet-stream"
FOREVER, BRIEFLY = "public, max-age=31536000, immutable", "no-cache"
BROUGHT = "/add-entries"
MOST_BRINGING = 2
"""Requests with entries at once; each has a piece of the log in memory."""


class Application:
    """WSGI: one mirror."""

    def __init__(
        self,
        of: Home,
        pulling: Pulling | None = None,
        *,
        store: Store | None = None,
        looking: Looking | None = None,
    ) -> None:
        self._home, self._store, self._known = of, store or Store(of.tables), of.known()
        self._pulling, self._looking = pulling, looking
        self._bringing = Bringing(of, self._store)
        self._slots = threading.BoundedSemaphore(MOST_BRINGING)
        own = of.keys.witnesses
        self._shelves = {
            origin_hash(origin): Shelf(self._store, origin, keys, own) for origin, keys in self._known.items()
        }
        self._origins = {origin_hash(origin): origin for origin in self._known}

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            answered = self._answer(environ)
        except (Damaged, sqlite3.Error, OSError) as error:
            answered = said(503, f"This mirror cannot read or keep it just now: {error}")
        lasts = answered[:2] == (200, OCTETS)
        more = [("Cache-Control", FOREVER if lasts else BRIEFLY)]
        if environ["REQUEST_METHOD"] == "POST":
            more.append(("Accept-Encoding", "gzip"))
        return doors.send(environ, start_response, answered, more)

    def _answer(self, environ: dict[str, Any]) -> Answered:
        path, method = str(environ.get("PATH_INFO", "/")), str(environ["REQUEST_METHOD"])
        takes: dict[str, Callable[[dict[str, Any]], Answered]] = {
            "/add-checkpoint": self._add_checkpoint,
            BROUGHT: self._add_entries,
        }
        if path in takes:
            return takes[path](environ) if method == "POST" else said(405, "Send it with POST.")
        if method not in {"GET", "HEAD"}:
            return said(405, "This can only be read.")
        if path == "/":
            return said(200, self._told())
        if path == "/evidence":
            return doors.shown(self._store.evidence())
        try:
            return self._piece(path)
        except Missing as error:
            return said(404, str(error))
        except Trouble as error:
            self._doubt(path)
            return said(500, f"{error} This mirror's copy is damaged here; read it elsewhere, and tell who runs it.")

    def _piece(self, path: str) -> Answered:
        """A piece of a mirrored log, proven once more."""
        name, _, rest = path.strip("/").partition("/")
        shelf = self._shelves.get(name)
        if shelf is None:
            raise Missing("There is nothing here.")
        if rest == "checkpoint":
            return 200, TEXT, shelf.checkpoint().encode()
        if rest == "log.vkey":
            return 200, TEXT, "".join(f"{key.vkey}\n" for key in self._known[self._origins[name]]).encode()
        kind, _, place = rest.removeprefix("tile/").partition("/")
        try:
            index, width = merkle.parse_tile_index(place if rest.startswith("tile/") else "")
            if kind == "entries":
                return 200, OCTETS, shelf.bundle(index, width)
            if not (kind.isascii() and kind.isdigit()) or str(int(kind)) != kind or len(kind) > 2:
                raise ValueError("no level")
        except ValueError as error:
            raise Missing("There is nothing here.") from error
        return 200, OCTETS, shelf.tile(int(kind), index, width)

    def _doubt(self, path: str) -> None:
        """What is stored is looked through at the next turn, and what is damaged got anew."""
        origin = self._origins.get(path.strip("/").partition("/")[0], "")
        if self._pulling is not None and origin in self._pulling.pullers:
            self._pulling.pullers[origin].doubt()

    # who brings a log ------------------------------------------------------------------------------------------------

    def _add_checkpoint(self, environ: dict[str, Any]) -> Answered:
        return doors.add_checkpoint(environ, self._judged)

    def _judged(self, request: Request) -> tuple[Answer, str]:
        return self._store.accept(request, self._known, now=int(time.time())), ""

    def _add_entries(self, environ: dict[str, Any]) -> Answered:
        encoding = str(environ.get("HTTP_CONTENT_ENCODING", "identity")).lower()
        if encoding not in {"gzip", "identity"}:
            return said(415, "entries come as they are or with gzip")
        if not self._slots.acquire(blocking=False):
            return said(503, "others are bringing entries just now; try again in a moment")
        try:
            status, kind, body = self._bringing.take(
                environ["wsgi.input"], is_zipped=encoding == "gzip", now=int(time.time())
            )
        except zlib.error as error:
            return said(400, f"the request is no gzip: {error}")
        finally:
            self._slots.release()
        return status, kind or TEXT, body

    # for people ------------------------------------------------------------------------------------------------------

    def _told(self) -> str:
        lines = [
            f"{self._home.keys.name}: a mirror 镜像",
            "It keeps a whole copy of these logs, entry by entry proven, and signs what it keeps.",
            "它保存账本的完整副本，逐条核验，只签证已经落盘的内容。",
            "",
            *(f"key 公钥  {own.vkey}" for own in self._home.keys.witnesses),
        ]
        for origin, keys in self._known.items():
            lines += ["", *self._about(origin), *(f"  key 账本公钥  {key.vkey}" for key in keys)]
        if forks := self._store.evidence():
            lines += ["", f"FORKS 分叉  {len(forks)}: see /evidence"]
        return "\n".join(lines) + "\n"

    def _about(self, origin: str) -> list[str]:
        shown, state = self._store.shown(origin), self._store.state(origin)
        last = (
            f"{shown.size} entries 条, signed 签证于 {moment(shown.at)}" if shown else "nothing whole yet 尚无完整副本"
        )
        lines = [f"log 账本  {origin}", f"  copy 副本  /{origin_hash(origin)}/", f"  last 最近  {last}"]
        if state.held > state.mirrored:
            lines.append(f"  on its way 进行中  {state.held} of 共 {state.accepted[-1]}")
        puller = self._pulling.pullers.get(origin) if self._pulling else None
        if puller is not None and puller.standing.sentence:
            lines.append(f"  WAITS 停滞  {puller.standing.sentence} ({moment(puller.standing.since)})")
        for url, wrong in self._looking.about(origin) if self._looking else ():
            lines.append(f"  beside 比对  {url}: {wrong or 'agrees 一致'}")
        return lines


def begun() -> Application:
    """The mirror of the folder that the environment names, in the server's own process, with the threads that copy."""
    end_with_parent(at_once=True)
    found = home.read(Path(os.environ[FOLDER]))
    store = Folder(found.folder, home.WHAT).remember(Store)
    every = float(os.environ.get(EVERY, "10"))
    pulling, looking = Pulling(found, store, every=every), Looking(found, store, every=every, clock=time.time)
    made = Application(found, pulling, store=store, looking=looking)
    pulling.begin()
    looking.begin()
    return made
