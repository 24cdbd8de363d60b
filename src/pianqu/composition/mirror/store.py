"""What a mirror keeps: entries, tiles and checkpoints in one SQLite file.

One file and not a folder of bundles, because a bundle, the tiles over it and how far the mirror has come are then written
together or not at all, with one write to the disk for 2,000 entries instead of one a file; and a folder of an old laptop holds
one file instead of thousands. Entries are on the disk before anything is signed about them, and a signature is on the disk
before anybody sees it.
"""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.outsider import memory
from pianqu.composition.outsider.memory import BACK, Evidence
from pianqu.foundation.errors import Unavailable
from pianqu.kernels import witnessing
from pianqu.kernels.cosignature import Cosigner, Keyring
from pianqu.kernels.merkle import EMPTY_ROOT, ProofError, consistency_proof, subtree_root, verify_consistency
from pianqu.kernels.mirroring import State
from pianqu.kernels.note import CheckpointBody, NoteError, Verifier, key_id, open_note, signature_line, split, text_of
from pianqu.kernels.replica import Unproven, leaf_hashes, read_bundle, write_bundle
from pianqu.kernels.tiles import HASH, WIDTH, TileTree
from pianqu.kernels.witnessing import Answer, Request, Seen

MOST_ACCEPTED = 100_000
"""Checkpoints of a log that are remembered, each against a fork at its own size."""
MOST_OFFERED = 16
"""The last so many sizes to which entries may be proven."""
MOST_LINES = 32
"""Lines of others that are kept under a checkpoint."""
_ANEW = "Nothing is signed. Begin a new mirror with another folder and name: it gets everything anew."
_TABLES = """
CREATE TABLE IF NOT EXISTS held (origin TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS shown (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, at INTEGER NOT NULL, note TEXT NOT NULL, line TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS accepted (
    origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL, PRIMARY KEY (origin, size)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bundle (
    origin TEXT NOT NULL, number INTEGER NOT NULL, entries BLOB NOT NULL, PRIMARY KEY (origin, number)
) STRICT;
CREATE TABLE IF NOT EXISTS tile (
    origin TEXT NOT NULL, level INTEGER NOT NULL, number INTEGER NOT NULL, hashes BLOB NOT NULL,
    PRIMARY KEY (origin, level, number)
) STRICT;
"""


class Damaged(Exception):
    """What is stored is not what was stored: nothing is signed until it is whole again."""


class Gap(Exception):
    """These entries begin after the first one that is missing."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A checkpoint of a log that grew from all that were accepted before."""

    size: int
    root: bytes
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A checkpoint that this mirror signed. `note` has the log's lines and the mirror's, `line` is the mirror's."""

    origin: str
    size: int
    at: int
    note: str
    line: str


class Store:
    """One connection that writes, a few that read; processes take turns by the database's own lock.

    Raises Unavailable where its file cannot be read.
    """

    def __init__(self, path: Path, *, reads_only: bool = False) -> None:
        self._path, self._lock, self._reads_only = path, threading.Lock(), reads_only
        self._readers: list[sqlite3.Connection] = []
        try:
            self._tables = self._connected()
            if reads_only:
                self._tables.execute("SELECT size FROM held")
                return
            memory.prepare(self._tables, _TABLES)
        except sqlite3.OperationalError as error:
            raise memory.closed("mirror", path, error) from error
        except sqlite3.DatabaseError as error:
            raise Unavailable(
                "mirror-tables",
                f"What this mirror keeps cannot be read from {path} ({error}). Begin again with another folder and name: it "
                "gets everything anew, and tell the district. Nothing was signed.",
            ) from error

    def close(self) -> None:
        with self._lock:
            self._tables.close()
            while self._readers:
                self._readers.pop().close()

    def called(self) -> str:
        """The name of this memory; empty where it has none yet."""
        with self._lock:
            return memory.called(self._tables)

    def call(self) -> str:
        """Its name, given where it has none."""
        with memory.turn(self._tables, self._lock) as tables:
            return memory.call(tables)

    def _connected(self) -> sqlite3.Connection:
        is_alone = not self._path.with_name(f"{self._path.name}-wal").exists()
        how = ("?immutable=1" if is_alone else "?mode=ro") if self._reads_only else ""
        return memory.connected(self._path, how)

    # what changes it -------------------------------------------------------------------------------------------------

    def accept(
        self, request: Request, logs: Mapping[str, Sequence[Verifier]], *, now: int, is_read: bool = False
    ) -> Answer:
        """Take a checkpoint that grew from the one that was accepted last (C2SP tlog-witness, add-checkpoint), or say why not.

        `is_read` says that the proof was read from the log's own signed tree: if it does not hold, that is evidence.
        """
        origin = memory.origin_of(request)
        with memory.turn(self._tables, self._lock) as tables:
            last = _pending(tables, origin)
            seen = Seen(last.size, last.root) if last else Seen()
            found = witnessing.answer(request, logs, seen, root_at=lambda size: _root_at(tables, origin, size))
            if found.grown is not None:
                note = _trimmed(request.note, logs[origin]) if is_read else memory.of_log(request.note, logs[origin])
                if is_read or last is None or last.size != found.grown.size or _has_news(note, last.note):
                    _keep_accepted(tables, Accepted(found.grown.size, found.grown.root, note), origin)
            elif found.is_evidence or (is_read and last and found.status == witnessing.INCONSISTENT):
                _keep_evidence(tables, origin, request.note, logs[origin], now)
        return found

    def append(self, origin: str, start: int, entries: Sequence[bytes]) -> int:
        """Store proven entries from position `start` on, with their tiles; answers the first entry that is missing now.

        What is there already is passed over. When this answers, they are on the disk. Raises Gap.
        """
        with memory.turn(self._tables, self._lock) as tables:
            held = _held(tables, origin)
            if start > held:
                raise Gap(f"entry {held} is missing, these begin with {start}")
            fresh = entries[held - start :]
            if not fresh:
                return held
            if len(_tile(tables, origin, 0, held // WIDTH)) != held % WIDTH * HASH:
                raise Damaged(
                    f"The tile over entry {held} of {origin} is not the one that was stored. Nothing more is taken."
                )
            _write_bundles(tables, origin, held, fresh)
            tree = TileTree(held, lambda level, number: _tile(tables, origin, level, number))
            tree.extend(leaf_hashes(fresh))
            tables.executemany(
                "INSERT INTO tile VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
                [(origin, level, number, bytes(tree.tile(level, number))) for level, number in sorted(tree.changed)],
            )
            tables.execute(
                "INSERT INTO held VALUES (?, ?) ON CONFLICT DO UPDATE SET size = excluded.size", (origin, tree.size)
            )
        return tree.size

    def sign(
        self, origin: str, size: int, keys: Sequence[Verifier], own: Cosigner | Keyring, *, now: int, stands: int = 0
    ) -> Shown | None:
        """Cosign the accepted checkpoint of `size`, of which everything is stored; what was signed is on the disk by then.

        `keys` are the log's. A signature of the same size that is younger than `stands` seconds is given again. None where a
        larger tree was signed, where something is missing still, and where the clock is wrong. Raises Damaged.
        """
        with memory.turn(self._tables, self._lock) as tables:
            before = _shown(tables, origin)
            found = _accepted(tables, origin, size)
            if found is None or size > _held(tables, origin) or (before and before.size > size):
                return None
            if before and before.size == size and now - before.at < stands:
                return before
            if before and now < before.at - BACK:
                return None
            _check_signed(found, keys)
            if _own_root(tables, origin, size) != found.root:
                raise Damaged(
                    f"What is stored of {origin} no longer leads to the root that was proven at {size} entries: the disk or "
                    "somebody changed it. Nothing is signed."
                )
            time = max(now, before.at if before else 0)
            line = own.cosign(text_of(found.note), time)
            shown = Shown(origin=origin, size=size, at=time, note=found.note + line, line=line)
            tables.execute(
                "INSERT INTO shown VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET size = excluded.size, at = excluded.at, "
                "note = excluded.note, line = excluded.line",
                (origin, size, time, shown.note, line),
            )
        return shown

    def mend(self, origin: str, bundles: Mapping[int, bytes], tiles: Mapping[tuple[int, int], bytes]) -> None:
        """Put proven bundles and tiles in the place of those that were stored and are no longer what they were."""
        with memory.turn(self._tables, self._lock) as tables:
            tables.executemany(
                "INSERT INTO bundle VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entries = excluded.entries",
                [(origin, number, raw) for number, raw in bundles.items()],
            )
            tables.executemany(
                "INSERT INTO tile VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
                [(origin, *place, hashes) for place, hashes in tiles.items()],
            )

    def note_fork(self, origin: str, theirs: str, keys: Sequence[Verifier], *, now: int) -> None:
        """Keep a signed checkpoint that contradicts what is stored, beside the one of this mirror that it contradicts.

        `keys` are the log's: of other lines nothing is kept.
        """
        with memory.turn(self._tables, self._lock) as tables:
            _keep_evidence(tables, origin, theirs, keys, now)

    def note_pair(self, origin: str, one: str, other: str, keys: Sequence[Verifier], *, now: int) -> None:
        """Keep two signed checkpoints of one size that contradict each other, as somebody else has them.

        The one of this copy's own history, where either is, stands first.
        """
        with memory.turn(self._tables, self._lock) as tables:
            size = CheckpointBody.decode(text_of(one)).size
            known = _accepted(tables, origin, size)
            if known is not None and CheckpointBody.decode(text_of(other)).root == known.root:
                one, other = other, one
            _keep_pair(tables, origin, one, other, keys, now)

    # questions -------------------------------------------------------------------------------------------------------

    def state(self, origin: str) -> State:
        """How far this mirror is with a log."""
        with self._reading() as tables:
            rows = tables.execute(
                "SELECT size FROM accepted WHERE origin = ? ORDER BY size DESC LIMIT ?", (origin, MOST_OFFERED)
            )
            sizes = tuple(size for (size,) in rows)
            shown = _shown(tables, origin)
            return State(mirrored=shown.size if shown else 0, held=_held(tables, origin), accepted=sizes[::-1])

    def pending(self, origin: str) -> Accepted | None:
        """The checkpoint that was accepted last."""
        with self._reading() as tables:
            return _pending(tables, origin)

    def accepted(self, origin: str, size: int) -> Accepted | None:
        with self._reading() as tables:
            return _accepted(tables, origin, size)

    def root_at(self, origin: str, size: int) -> bytes | None:
        """The root that the log has at a size, as far as it is known here."""
        with self._reading() as tables:
            return _root_at(tables, origin, size)

    def proven_root_at(self, origin: str, size: int) -> bytes | None:
        """The same, but never a root to which a damaged disk leads: one that is computed is proven to be the beginning of what
        the log signed. Raises Damaged."""
        with self._reading() as tables:
            found, anchor = _accepted(tables, origin, size), _shown(tables, origin)
            if found is not None or size == 0:
                return found.root if found else EMPTY_ROOT
            whole = _accepted(tables, origin, anchor.size) if anchor and size < anchor.size else None
            if whole is None:
                return None
            tree = TileTree(whole.size, lambda level, number: _tile(tables, origin, level, number))
            try:
                root = subtree_root(0, size, tree.node)
                proof = consistency_proof(size, whole.size, tree.node)
                verify_consistency(old=size, new=whole.size, proof=proof, old_root=root, new_root=whole.root)
            except (LookupError, ProofError) as error:
                raise Damaged(f"the stored tiles of {origin} no longer lead to the root that was signed") from error
            return root

    def shown(self, origin: str) -> Shown | None:
        """The checkpoint that this mirror signed last."""
        with self._reading() as tables:
            return _shown(tables, origin)

    def origins(self) -> list[str]:
        """Every log of which something is here."""
        with self._reading() as tables:
            return [origin for (origin,) in tables.execute("SELECT DISTINCT origin FROM accepted ORDER BY origin")]

    def tile(self, origin: str, level: int, number: int) -> bytes:
        """A tile as it is stored; empty where there is none."""
        with self._reading() as tables:
            return _tile(tables, origin, level, number)

    def bundle(self, origin: str, number: int) -> bytes:
        """A bundle as it is stored; empty where there is none."""
        with self._reading() as tables:
            return _bundle(tables, origin, number)

    def evidence(self) -> list[Evidence]:
        """Every fork that was shown to this mirror, the oldest first."""
        with self._reading() as tables:
            return memory.evidence(tables)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            tables = self._readers.pop()
        except IndexError:
            tables = self._connected()
        try:
            yield tables
        finally:
            self._readers.append(tables)


# inside a turn -------------------------------------------------------------------------------------------------------


def _held(tables: sqlite3.Connection, origin: str) -> int:
    row = tables.execute("SELECT size FROM held WHERE origin = ?", (origin,)).fetchone()
    return row[0] if row else 0


def _tile(tables: sqlite3.Connection, origin: str, level: int, number: int) -> bytes:
    asked = "SELECT hashes FROM tile WHERE origin = ? AND level = ? AND number = ?"
    row = tables.execute(asked, (origin, level, number)).fetchone()
    return row[0] if row else b""


def _bundle(tables: sqlite3.Connection, origin: str, number: int) -> bytes:
    row = tables.execute("SELECT entries FROM bundle WHERE origin = ? AND number = ?", (origin, number)).fetchone()
    return row[0] if row else b""


def _shown(tables: sqlite3.Connection, origin: str) -> Shown | None:
    row = tables.execute("SELECT size, at, note, line FROM shown WHERE origin = ?", (origin,)).fetchone()
    return Shown(origin=origin, size=row[0], at=row[1], note=row[2], line=row[3]) if row else None


def _pending(tables: sqlite3.Connection, origin: str) -> Accepted | None:
    asked = "SELECT size, root, note FROM accepted WHERE origin = ? ORDER BY size DESC LIMIT 1"
    return _whole(tables.execute(asked, (origin,)).fetchone())


def _accepted(tables: sqlite3.Connection, origin: str, size: int) -> Accepted | None:
    asked = "SELECT size, root, note FROM accepted WHERE origin = ? AND size = ?"
    return _whole(tables.execute(asked, (origin, size)).fetchone())


def _whole(row: tuple[int, bytes, str] | None) -> Accepted | None:
    """Raises Damaged where size and root are not those of the checkpoint beside them."""
    if row is None:
        return None
    one = Accepted(*row)
    try:
        body = CheckpointBody.decode(text_of(one.note))
    except NoteError:
        body = None
    if body is None or (body.size, body.root) != (one.size, one.root):
        raise Damaged(f"The stored checkpoint of {one.size} entries is damaged. {_ANEW}")
    return one


def _check_signed(one: Accepted, keys: Sequence[Verifier]) -> None:
    try:
        open_note(one.note, keys)
    except NoteError as error:
        raise Damaged(f"The stored checkpoint of {one.size} entries is damaged ({error}). {_ANEW}") from error


def _root_at(tables: sqlite3.Connection, origin: str, size: int) -> bytes | None:
    found = _accepted(tables, origin, size)
    if found is not None:
        return found.root
    return _own_root(tables, origin, size) if size <= _held(tables, origin) else None


def _own_root(tables: sqlite3.Connection, origin: str, size: int) -> bytes | None:
    """From the stored tiles; None where they are not whole."""
    tree = TileTree(size, lambda level, number: _tile(tables, origin, level, number))
    try:
        return subtree_root(0, size, tree.node) if size else EMPTY_ROOT
    except LookupError:
        return None


def _keep_accepted(tables: sqlite3.Connection, one: Accepted, origin: str) -> None:
    tables.execute(
        "INSERT INTO accepted VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET note = excluded.note",
        (origin, one.size, one.root, one.note),
    )
    tables.execute(
        "DELETE FROM accepted WHERE origin = ? AND size <= "
        "(SELECT size FROM accepted WHERE origin = ? ORDER BY size DESC LIMIT 1 OFFSET ?)",
        (origin, origin, MOST_ACCEPTED),
    )


def _write_bundles(tables: sqlite3.Connection, origin: str, held: int, entries: Sequence[bytes]) -> None:
    place = 0
    while place < len(entries):
        number, there = divmod(held + place, WIDTH)
        some = entries[place : place + WIDTH - there]
        before = _bundle(tables, origin, number) if there else b""
        if there != _count(before):
            raise Damaged(f"Bundle {number} of {origin} is not the one that was stored. Nothing more is taken.")
        tables.execute(
            "INSERT INTO bundle VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET entries = excluded.entries",
            (origin, number, before + write_bundle(some)),
        )
        place += len(some)


def _count(raw: bytes) -> int:
    try:
        return len(read_bundle(raw))
    except Unproven:
        return -1


def _keep_evidence(tables: sqlite3.Connection, origin: str, theirs: str, keys: Sequence[Verifier], now: int) -> None:
    """Beside it stands the own one of that size, or the last."""
    body = CheckpointBody.decode(text_of(theirs))
    ours = _accepted(tables, origin, body.size) or _pending(tables, origin)
    if ours is not None:
        _keep_pair(tables, origin, ours.note, theirs, keys, now)


def _keep_pair(
    tables: sqlite3.Connection, origin: str, ours: str, theirs: str, keys: Sequence[Verifier], now: int
) -> None:
    one = memory.fork(origin, memory.of_log(ours, keys), memory.of_log(theirs, keys), now)
    memory.keep_evidence(tables, one)


def _has_news(note: str, before: str) -> bool:
    """Whether a line stands under it that does not under the same checkpoint as it was accepted before."""
    return not set(split(note)[1]) <= set(split(before)[1])


def _trimmed(note: str, keys: Sequence[Verifier]) -> str:
    """The note with the log's own lines and not too many of others, so that there is room for the mirror's."""
    text, signatures = split(note)
    own = {(key.name, key_id(key.name, key.public)) for key in keys}
    is_own = [(one.name, one.blob[:4]) in own for one in signatures]
    of_log = [one for one, mine in zip(signatures, is_own, strict=True) if mine]
    of_others = [one for one, mine in zip(signatures, is_own, strict=True) if not mine]
    kept = [*of_log[:MOST_LINES], *of_others[:MOST_LINES]]
    return f"{text}\n{''.join(signature_line(one.name, one.blob) for one in kept)}"
