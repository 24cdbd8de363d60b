"""The doors of a witness: c2sp.org/tlog-witness over HTTP, a page for people, and the evidence it holds."""

import os
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pianqu.composition.orphan import end_with_parent
from pianqu.composition.outsider import doors
from pianqu.composition.outsider.doors import TEXT, Answered, moment, said
from pianqu.composition.outsider.folder import Folder
from pianqu.composition.witness import home
from pianqu.composition.witness.home import Home
from pianqu.composition.witness.standing import Unwritten, clock_told
from pianqu.composition.witness.store import Store
from pianqu.kernels.witnessing import Answer, Request

FOLDER = "PIANQU_WITNESS"


class Application:
    """WSGI: one witness."""

    def __init__(self, of: Home, store: Store | None = None) -> None:
        self._home, self._store, self._known = of, store or Store(of.tables), of.known()
        self._unwritten: Unwritten | None = None

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            answered = self._answer(environ)
        except (sqlite3.Error, OSError) as error:
            answered = said(
                503,
                f"This witness cannot read or keep what it signs just now, so it signs nothing: {error}\n"
                f"本见证现在无法读取或保存签证内容，所以什么都不签：{error}",
            )
        return doors.send(environ, start_response, answered)

    def _answer(self, environ: dict[str, Any]) -> Answered:
        path, method = str(environ.get("PATH_INFO", "/")), str(environ["REQUEST_METHOD"])
        if path == "/add-checkpoint":
            is_sent = method == "POST"
            return doors.add_checkpoint(environ, self._judged) if is_sent else said(405, "Send a checkpoint with POST.")
        if method not in {"GET", "HEAD"}:
            return said(405, "This can only be read.")
        if path == "/":
            return said(200, self._told())
        if path == "/evidence":
            return doors.shown(self._store.evidence())
        place, _, rest = path.strip("/").partition("/")
        note = self._store.checkpoint(place) if rest == "checkpoint" else None
        return (200, TEXT, note.encode()) if note is not None else said(404, "There is nothing here.")

    def _judged(self, request: Request) -> tuple[Answer, str]:
        now = int(time.time())
        try:
            step = self._store.step(request, self._known, self._home.keys, now=now)
        except (sqlite3.Error, OSError) as error:
            before = self._unwritten
            self._unwritten = Unwritten(str(error), before.since if before else now)
            raise
        if step.line:  # written, so there is room again
            self._unwritten = None
        return step.answer, step.line

    def _told(self) -> str:
        """For who looks at it in a browser."""
        last, unwritten = self._store.last(), self._unwritten
        stops = [*(unwritten.told() if unwritten else ()), *clock_told(last, int(time.time()))]
        lines = [
            f"{self._home.keys.name}: a witness 见证",
            "It signs that these logs only grow. It knows nothing of what stands in them.",
            "它只签证账本只增不改，不接触账本内容。",
            "",
            *([*stops, ""] if stops else ()),
            *(f"key 公钥  {own.vkey}" for own in self._home.keys.witnesses),
        ]
        lines += [f"log 账本  {log.vkey}" for log in self._home.logs]
        lines += [f"last 最近  {origin}: {size} entries 条, {moment(at)}" for origin, size, at in last]
        if forks := self._store.evidence():
            lines += ["", f"FORKS 分叉  {len(forks)}: see /evidence"]
        return "\n".join(lines) + "\n"


def begun() -> Application:
    """The witness of the folder that the environment names, in the server's own process."""
    end_with_parent(at_once=True)
    found = home.read(Path(os.environ[FOLDER]))
    return Application(found, Folder(found.folder, home.WHAT).remember(Store))
