"""An outsider's memory, one SQLite file: what it says was written is on the disk, and each step is kept whole or not at all.

It has a name of its own, which the settings know from its first start on (folder.py): a memory that is gone is noticed.
"""

import json
import secrets
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pianqu.foundation.errors import Unavailable
from pianqu.kernels.note import CheckpointBody, NoteError, Verifier, signature_line, split, text_of
from pianqu.kernels.witnessing import Request

BUSY = 10.0
"""Seconds for which one step waits for another process's."""
BACK = 60
"""Seconds by which the clock may stand behind what was stated last; further behind it is wrong, and nothing is signed."""
MOST_LIST = 1_000_000
"""Bytes of a list of forks that mirrors, the ledger's monitor and `verify mirror` read: a longer one would be read by nobody."""
MOST_FORKS, MOST_OF_ONE, MOST_OF_MANY = 100, 100_000, 500_000
"""Forks of one log, and their bytes in the list; bytes of all beside the first fork of each log. One proves as much as a hundred,
so the newest are not kept any more, and the first of each log always is while the list can be read at all."""
_EVIDENCE = """
CREATE TABLE IF NOT EXISTS evidence (
    digest BLOB PRIMARY KEY, at INTEGER NOT NULL, origin TEXT NOT NULL, size INTEGER NOT NULL, ours TEXT NOT NULL,
    theirs TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS memory (name TEXT NOT NULL) STRICT;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Two checkpoints of one log that cannot both be true, each with the log's signature; `size` is that of the second."""

    origin: str
    size: int
    at: int
    ours: str
    """The one that is remembered here."""
    theirs: str


def connected(path: Path, how: str = "") -> sqlite3.Connection:
    """`how` is a question of SQLite's own addresses, such as ?mode=ro. Any thread may use it, one at a time."""
    where = f"{path.absolute().as_uri()}{how}"
    return sqlite3.connect(where, uri=True, timeout=BUSY, isolation_level=None, check_same_thread=False)


def prepare(tables: sqlite3.Connection, own: str) -> None:
    """Make the tables that are not there: those of one outsider, and that of the evidence."""
    tables.execute("PRAGMA journal_mode = WAL")
    tables.execute("PRAGMA synchronous = FULL")
    tables.executescript(own + _EVIDENCE)


def is_there(path: Path) -> bool:
    """Whether something is kept there, whole or not; an empty file keeps nothing."""
    if not path.is_file() or not path.stat().st_size:
        return False
    try:
        with closing(connected(path, "?mode=ro")) as tables:
            (count,) = tables.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'evidence'").fetchone()
    except sqlite3.Error:
        return True  # who opens it says what is wrong
    return bool(count)


def called(tables: sqlite3.Connection) -> str:
    """The memory's name; empty where it has none yet."""
    row = tables.execute("SELECT name FROM memory").fetchone()
    return row[0] if row else ""


def call(tables: sqlite3.Connection) -> str:
    """Give it a name where it has none. Within a turn."""
    tables.execute("INSERT INTO memory SELECT ? WHERE NOT EXISTS (SELECT * FROM memory)", (secrets.token_hex(16),))
    return called(tables)


def closed(what: str, path: Path, error: sqlite3.Error) -> Unavailable:
    """It is perhaps whole, and the disk is full, or another program holds it: nobody is to begin anew for that."""
    return Unavailable(
        f"{what}-tables",
        f"{path} cannot be opened just now ({error}). See that the disk has room, that this account may write there and that no "
        f"other program holds it; then start again. Keep the file: it is what this {what} has signed. Nothing was signed.",
    )


@contextmanager
def turn(tables: sqlite3.Connection, lock: threading.Lock) -> Iterator[sqlite3.Connection]:
    """One step: threads take turns by `lock`, processes by the database's own."""
    with lock:
        tables.execute("BEGIN IMMEDIATE")
        try:
            yield tables
            tables.execute("COMMIT")
        except BaseException:
            if tables.in_transaction:  # a full disk ends some transactions by itself
                tables.execute("ROLLBACK")
            raise


def keep_evidence(tables: sqlite3.Connection, one: Evidence) -> None:
    """Once for each tree that was shown, while there is room; a flood of them fills no disk. Within a turn."""
    digest = sha256(text_of(one.theirs).encode()).digest()
    if tables.execute("SELECT 1 FROM evidence WHERE digest = ?", (digest,)).fetchone():
        return
    if with_room([*evidence(tables), one])[-1:] == [one]:
        row = (digest, one.at, one.origin, one.size, one.ours, one.theirs)
        tables.execute("INSERT INTO evidence VALUES (?, ?, ?, ?, ?, ?)", row)


def fork(origin: str, ours: str, theirs: str, now: int) -> Evidence:
    """Two checkpoints with no lines but those that prove something."""
    return Evidence(origin=origin, size=CheckpointBody.decode(text_of(theirs)).size, at=now, ours=ours, theirs=theirs)


def evidence(tables: sqlite3.Connection) -> list[Evidence]:
    """Every fork that was kept, the oldest first."""
    rows = tables.execute("SELECT origin, size, at, ours, theirs FROM evidence ORDER BY rowid").fetchall()
    return [Evidence(origin=o, size=s, at=a, ours=ours, theirs=theirs) for o, s, a, ours, theirs in rows]


def with_room(forks: Iterable[Evidence]) -> list[Evidence]:
    """Those of them that the list has room for; who comes first is in it."""
    kept: list[Evidence] = []
    of_log: dict[str, list[int]] = {}
    total = 0
    for one in forks:
        own, weight = of_log.setdefault(one.origin, []), len(listed([one]))
        is_more = own and (len(own) >= MOST_FORKS or sum(own) + weight > MOST_OF_ONE or total + weight > MOST_OF_MANY)
        if is_more or total + weight > MOST_LIST:
            continue
        kept.append(one)
        own.append(weight)
        total += weight
    return kept


def listed(forks: Iterable[Evidence]) -> bytes:
    """As a program reads them."""
    rows = [
        {"origin": one.origin, "size": one.size, "at": one.at, "ours": one.ours, "theirs": one.theirs} for one in forks
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1).encode()


def of_log(note: str, keys: Sequence[Verifier]) -> str:
    """A note that these keys have signed, with a line of each that did: whoever brings it may have put anything under it."""
    text, signatures = split(note)
    known = {(key.name, key.key_id) for key in keys}
    own: dict[tuple[str, bytes], str] = {}
    for one in signatures:
        if (key := (one.name, one.blob[:4])) in known:
            own.setdefault(key, signature_line(one.name, one.blob))
    return f"{text}\n{''.join(own.values())}"


def origin_of(request: Request) -> str:
    """The log that a request speaks of; empty where it is no checkpoint, which the answer then says."""
    try:
        return CheckpointBody.decode(text_of(request.note)).origin
    except NoteError:
        return ""
