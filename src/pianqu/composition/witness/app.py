"""The doors of a witness: c2sp.org/tlog-witness over HTTP, a page for people, and the evidence it holds."""

import json
import os
import sqlite3
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pianqu.composition.orphan import end_with_parent
from pianqu.composition.witness import home
from pianqu.composition.witness.home import Home
from pianqu.composition.witness.store import Store
from pianqu.kernels import witnessing
from pianqu.kernels.witnessing import BadRequest

FOLDER = "PIANQU_WITNESS"
TEXT, JSON = "text/plain; charset=utf-8", "application/json"
Answered = tuple[int, str, bytes]
_REASONS = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    413: "Content Too Large",
    422: "Unprocessable Entity",
    503: "Service Unavailable",
}


class Application:
    """WSGI: one witness."""

    def __init__(self, of: Home) -> None:
        self._home, self._store, self._known = of, Store(of.tables), of.known()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        try:
            status, kind, body = self._answer(environ)
        except (sqlite3.Error, OSError) as error:
            status, kind, body = _said(
                503, f"This witness cannot read or keep what it signs just now, so it signs nothing: {error}"
            )
        headers = [("Content-Type", kind), ("Content-Length", str(len(body))), ("X-Content-Type-Options", "nosniff")]
        start_response(f"{status} {_REASONS[status]}", headers)
        return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]

    def _answer(self, environ: dict[str, Any]) -> Answered:
        path, method = str(environ.get("PATH_INFO", "/")), str(environ["REQUEST_METHOD"])
        if path == "/add-checkpoint":
            return self._add(environ) if method == "POST" else _said(405, "Send a checkpoint with POST.")
        if method not in {"GET", "HEAD"}:
            return _said(405, "This can only be read.")
        if path == "/":
            return _said(200, self._told())
        if path == "/evidence":
            return 200, JSON, self._evidence()
        origin_hash, _, rest = path.strip("/").partition("/")
        note = self._store.checkpoint(origin_hash) if rest == "checkpoint" else None
        return (200, TEXT, note.encode()) if note is not None else _said(404, "There is nothing here.")

    def _add(self, environ: dict[str, Any]) -> Answered:
        length = str(environ.get("CONTENT_LENGTH") or "0")
        if not length.isdecimal() or int(length) > witnessing.MAX_BYTES:
            return _said(413, "the request is too long")
        try:
            request = witnessing.parse(environ["wsgi.input"].read(int(length)))
        except BadRequest as error:
            return _said(400, str(error))
        step = self._store.step(request, self._known, self._home.cosigner, now=int(time.time()))
        answer = step.answer
        if answer.status == witnessing.CONFLICT:
            return answer.status, witnessing.SIZE_TYPE, f"{answer.size}\n".encode()
        return (200, TEXT, step.line.encode()) if step.line else _said(answer.status, answer.why)

    def _told(self) -> str:
        """For who looks at it in a browser."""
        cosigner = self._home.cosigner
        lines = [
            f"{cosigner.name}: a witness 见证",
            "It signs that these logs only grow. It knows nothing of what stands in them.",
            "它只签证账本只增不改，不接触账本内容。",
            "",
            f"key 公钥  {cosigner.witness.vkey}",
        ]
        lines += [f"log 账本  {log.vkey}" for log in self._home.logs]
        lines += [
            f"last 最近  {origin}: {size} entries 条, {time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(at))} UTC"
            for origin, size, at in self._store.last()
        ]
        if forks := self._store.evidence():
            lines += ["", f"FORKS 分叉  {len(forks)}: see /evidence"]
        return "\n".join(lines) + "\n"

    def _evidence(self) -> bytes:
        rows = [
            {"origin": one.origin, "size": one.size, "at": one.at, "ours": one.ours, "theirs": one.theirs}
            for one in self._store.evidence()
        ]
        return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def _said(status: int, sentence: str) -> Answered:
    return status, TEXT, (sentence if sentence.endswith("\n") else f"{sentence}\n").encode()


def begun() -> Application:
    """The witness of the folder that the environment names, in the server's own process."""
    end_with_parent(at_once=True)
    return Application(home.read(Path(os.environ[FOLDER])))
