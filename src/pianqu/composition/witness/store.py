"""What a witness has cosigned: kept before anybody sees the cosignature, one step at a time across threads and processes."""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.outsider import memory
from pianqu.composition.outsider.memory import BACK, Evidence
from pianqu.foundation.errors import Unavailable
from pianqu.foundation.following import origin_hash
from pianqu.kernels import witnessing
from pianqu.kernels.cosignature import Cosigner, Keyring
from pianqu.kernels.note import CheckpointBody, Verifier, text_of
from pianqu.kernels.witnessing import Answer, Request, Seen

CLOCK_BACK = 503
MOST_COSIGNED = 100_000
"""Checkpoints of a log that are remembered, each against a fork at its own size; the newest is never forgotten."""
TIDIES = 1_000
"""After so many cosignatures older ones are forgotten: looking for them takes longer than signing."""
_TABLES = """
CREATE TABLE IF NOT EXISTS seen (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS cosigned (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, PRIMARY KEY (origin, size)
) STRICT, WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of a request: the answer, and the cosignature where it was given: a line of each key."""

    answer: Answer
    line: str = ""


class Store:
    """One connection for all threads of a process; processes take turns by the database's own lock.

    Raises Unavailable where its file cannot be read.
    """

    def __init__(self, path: Path, *, remembers: int = MOST_COSIGNED) -> None:
        self._lock, self._remembers, self._kept = threading.Lock(), remembers, 0
        try:
            self._tables = memory.connected(path)
            memory.prepare(self._tables, _TABLES)
        except sqlite3.OperationalError as error:
            raise memory.closed("witness", path, error) from error
        except sqlite3.DatabaseError as error:
            raise Unavailable(
                "witness-tables",
                f"What this witness signed cannot be read from {path} ({error}). A witness that has forgotten is none: begin a "
                "new one with another folder and name, and tell the district. Nothing was signed.",
            ) from error

    def close(self) -> None:
        with self._lock:
            self._tables.close()

    def called(self) -> str:
        """The name of this memory; empty where it has none yet."""
        with self._lock:
            return memory.called(self._tables)

    def call(self) -> str:
        """Its name, given where it has none."""
        with memory.turn(self._tables, self._lock) as tables:
            return memory.call(tables)

    def step(
        self, request: Request, logs: Mapping[str, Sequence[Verifier]], keys: Cosigner | Keyring, *, now: int
    ) -> Step:
        """Judge, keep, then cosign: when this answers, what was cosigned is on the disk. `now` in seconds since 1970."""
        origin = memory.origin_of(request)
        with memory.turn(self._tables, self._lock):
            seen, last = self._seen(origin)
            found = witnessing.answer(request, logs, seen, root_at=lambda size: self._root_at(origin, size))
            if found.grown is None:
                if found.is_evidence:
                    self._keep_evidence(origin, memory.of_log(request.note, logs[origin]), now)
                return Step(answer=found)
            if now < last - BACK:
                return Step(answer=Answer(status=CLOCK_BACK, why="this witness's clock is wrong; it signs nothing"))
            time = max(now, last)
            line = keys.cosign(text_of(request.note), time)
            self._keep(found.grown, memory.of_log(request.note, logs[origin]) + line, time)
        return Step(answer=found, line=line)

    def checkpoint(self, place: str) -> str | None:
        """The last checkpoint that was cosigned for the log whose place among all is this (`origin_hash`)."""
        with self._lock:
            rows = self._tables.execute("SELECT origin, note FROM seen").fetchall()
        return next((note for origin, note in rows if origin_hash(origin) == place), None)

    def last(self) -> list[tuple[str, int, int]]:
        """Origin, size and time of what was cosigned last for each log."""
        with self._lock:
            return self._tables.execute("SELECT origin, size, at FROM seen ORDER BY origin").fetchall()

    def notes(self) -> list[str]:
        """Everything that is remembered as cosigned, by log and size."""
        with self._lock:
            rows = self._tables.execute("SELECT note FROM cosigned ORDER BY origin, size").fetchall()
        return [note for (note,) in rows]

    def evidence(self) -> list[Evidence]:
        """Every fork that was shown to this witness, the oldest first."""
        with self._lock:
            return memory.evidence(self._tables)

    # inside a turn ---------------------------------------------------------------------------------------------------

    def _seen(self, origin: str) -> tuple[Seen, int]:
        row = self._tables.execute("SELECT size, root, at FROM seen WHERE origin = ?", (origin,)).fetchone()
        return (Seen(row[0], row[1]), row[2]) if row else (Seen(), 0)

    def _root_at(self, origin: str, size: int) -> bytes | None:
        asked = "SELECT root FROM cosigned WHERE origin = ? AND size = ?"
        row = self._tables.execute(asked, (origin, size)).fetchone()
        return row[0] if row else None

    def _keep(self, body: CheckpointBody, note: str, time: int) -> None:
        self._tables.execute(
            "INSERT INTO seen VALUES (?, ?, ?, ?, ?) ON CONFLICT (origin) DO UPDATE SET size = excluded.size, "
            "root = excluded.root, at = excluded.at, note = excluded.note",
            (body.origin, body.size, body.root, time, note),
        )
        self._tables.execute(
            "INSERT INTO cosigned VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING", (body.origin, body.size, body.root, note)
        )
        if self._kept % TIDIES == 0:
            self._tables.execute(
                "DELETE FROM cosigned WHERE origin = ? AND size <= "
                "(SELECT size FROM cosigned WHERE origin = ? ORDER BY size DESC LIMIT 1 OFFSET ?)",
                (body.origin, body.origin, self._remembers),
            )
        self._kept += 1

    def _keep_evidence(self, origin: str, theirs: str, now: int) -> None:
        size = CheckpointBody.decode(text_of(theirs)).size
        asked = "SELECT note FROM cosigned WHERE origin = ? AND size = ?"
        ours = self._tables.execute(asked, (origin, size)).fetchone()
        if ours is not None:
            memory.keep_evidence(self._tables, memory.fork(origin, ours[0], theirs, now))
