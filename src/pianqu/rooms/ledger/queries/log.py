"""Questions to the ledger: proofs, history, receipts, and whether all is well."""

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.db import fetch
from pianqu.foundation.errors import Absent, Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys
from pianqu.kernels import merkle, note
from pianqu.kernels.leaf import Leaf
from pianqu.kernels.saying import Sentence, say
from pianqu.kernels.tiles import HASH, WIDTH, TileTree, tiles_of_proof
from pianqu.rooms.ledger import sql
from pianqu.rooms.ledger.models import (
    Chain,
    Checkpoint,
    Cursor,
    EndedLog,
    Entry,
    Erasure,
    LogKey,
    Position,
    Secret,
    Tile,
    TwinTile,
    Unsealed,
)
from pianqu.rooms.ledger.queries.sentences import (
    LEDGER_BEHIND,
    LEDGER_ENDED,
    LEDGER_FORKED,
    NO_TEXT,
    NOT_CREATED,
    PUBLISHED_DAMAGED,
    TILE_BENT,
    TILE_MISSING,
    TREE_DAMAGED,
    Stopped,
    sentence_of,
)

PUBLISHED_NAME = "checkpoint"
_NAMED_ANEW = re.compile(r".+/[0-9]{1,3}")
"""How a log is called that goes on after another one was declared dead."""
AUDIT_PAGE = 2_000
LEAVES_PAGE = 5_000


@dataclass(frozen=True, slots=True)
class LogCard:
    """The log's name and public keys."""

    origin: str
    keys: tuple["KeyCard", ...]
    """All that it ever had, the oldest first."""

    @property
    def vkey(self) -> str:
        """The newest key: the one to be made known."""
        return self.keys[-1].vkey

    @property
    def vkeys(self) -> tuple[str, ...]:
        """All keys: whoever checks receipts of any time needs them."""
        return tuple(key.vkey for key in self.keys)

    @property
    def verifiers(self) -> tuple[note.Verifier, ...]:
        """The same, to check signatures with."""
        return tuple(note.Verifier.from_vkey(vkey) for vkey in self.vkeys)

    def in_force(self, at: datetime) -> tuple["KeyCard", ...]:
        """The keys that sign at a time, the oldest first: two while one takes over from the other."""
        first, *later = self.keys
        begins = first.until_at is None or at < first.until_at
        return ((first,) if begins else ()) + tuple(key for key in later if key.signs_at(at))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCard:
    """One key of the log, and from when until when it signs."""

    number: int
    vkey: str
    from_at: datetime
    until_at: datetime | None

    def signs_at(self, at: datetime) -> bool:
        """Whether its time has come and is not over; the log's first key signs from the beginning, whatever a clock said."""
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


@dataclass(frozen=True, slots=True)
class CheckpointCard:
    """A published checkpoint."""

    size: int
    root: bytes
    text: str
    witnesses: tuple[str, ...] = ()
    """Whose cosignatures stand in the text, by their names in the policy."""
    witnessed_at: datetime | None = None
    """When the policy's quorum was reached."""

    @property
    def origin(self) -> str:
        """The name of the log that signed it."""
        return self.text.partition("\n")[0]


@dataclass(frozen=True, slots=True)
class HistoryItem:
    """One fact about a subject, as its timeline shows it. `fact` is empty where the payload was erased."""

    entry_id: uuid.UUID
    kind: str
    at: datetime
    organisation_code: str
    position: int | None
    erased: bool
    fact: dict[str, Any] = field(default_factory=dict)
    actor: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """One entry without its payload, sealed or not."""

    entry_id: uuid.UUID
    kind: str
    subject: str
    organisation_code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LogStatus:
    """What the public page and the operator see."""

    origin: str
    size: int
    waiting: int
    sealed_at: datetime | None
    trouble: str
    """In English; `why` says it in any language."""
    why: Sentence | None = None


def log() -> LogCard:
    """Name and keys of the log. Raises Unavailable before the first start."""
    rows = list(LogKey.objects.select_related("log").order_by("number"))
    if not rows:
        raise Stopped("log-not-created", NOT_CREATED)
    return LogCard(
        rows[0].log.origin,
        tuple(KeyCard(number=row.number, vkey=row.vkey, from_at=row.from_at, until_at=row.until_at) for row in rows),
    )


def verifiers() -> list[note.Verifier]:
    """All keys of the log, those too that lie on disk and that this database does not know: it may be an old backup."""
    card = log()
    later = {number: seed for number, seed in keys().log_seeds.items() if number > card.keys[-1].number}
    unknown = [note.Signer.from_seed(card.origin, seed).vkey for seed in later.values()]
    return [note.Verifier.from_vkey(vkey) for vkey in dict.fromkeys([*card.vkeys, *unknown])]


def read_tile(level: int, index: int) -> bytes:
    """Stored hashes of one tile, empty where there is none."""
    row = Tile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
    return bytes(row) if row is not None else b""


def tree(size: int) -> TileTree:
    """The log's tree as it was at `size` leaves, over the stored tiles."""
    return TileTree(size, read_tile)


def proof_of(position: int, size: int) -> list[bytes]:
    """The inclusion proof of a position in the tree of `size` leaves; its tiles are read at once."""
    made = tree(size)
    made.hold(
        {(level, index): bytes(hashes) for level, index, hashes in fetch(sql.tiles(tiles_of_proof(position, size)))}
    )
    return merkle.inclusion_proof(position, size, made.node)


def leaves_from(first: int, end: int | None = None) -> Iterator[list[bytes]]:
    """The sealed leaves from a position on, a page at a time."""
    last = sealed_size() if end is None else end
    for start in range(first, last, LEAVES_PAGE):
        yield [bytes(leaf) for (leaf,) in fetch(sql.leaves(start, min(start + LEAVES_PAGE, last)))]


def whole_tree() -> TileTree:
    """The log's tree, to be grown: proven to be the one that was signed. Raises Unavailable where the disk changed it."""
    row = Checkpoint.objects.order_by("-size").values_list("size", "root").first()
    size, root = row if row is not None else (0, merkle.EMPTY_ROOT)
    found = tree(size)
    try:
        same = found.root() == bytes(root)
    except LookupError:
        same = False
    if not same:
        raise Stopped("tree-damaged", TREE_DAMAGED, size=size)
    return found


def unheard(reader: str) -> int:
    """How many recorded facts a reader has not heard yet; what it counts is complete where there are none."""
    heard = Cursor.objects.filter(reader=reader).values_list("heard", flat=True).first() or 0
    return sealed_size() - heard + Unsealed.objects.count()


def passed_over() -> tuple[tuple[str, int], ...]:
    """The readers that could make nothing of some facts, and of how many."""
    found = Cursor.objects.filter(passed_over__gt=0).order_by("reader")
    return tuple(found.values_list("reader", "passed_over"))


def sealed_size() -> int:
    """Entries with a position."""
    return Checkpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0


def signed_at(size: int) -> datetime:
    """When the checkpoint of this size was signed, by this machine's clock. Raises Absent."""
    moment = Checkpoint.objects.filter(size=size).values_list("sealed_at", flat=True).first()
    if moment is None:
        raise Absent("checkpoint-unknown", _("The ledger has no checkpoint of this size."))
    return moment


def published() -> CheckpointCard | None:
    """The checkpoint that outsiders may have seen: read from its file, never from the database.

    Its signatures are not looked at here: what they say is also in the database, and a damaged one is written anew.
    Raises Unavailable where the file is no checkpoint.
    """
    try:
        raw = (installation().published / PUBLISHED_NAME).read_bytes()
        signed, gap, _signatures = raw.partition(b"\n\n")
        body = note.CheckpointBody.decode((signed + gap[:1]).decode())
    except FileNotFoundError:
        return None
    except (UnicodeDecodeError, note.NoteError) as error:
        raise _damaged_file(error) from error
    text = raw.decode(errors="replace")
    return CheckpointCard(body.size, body.root, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedCard:
    """A log that was declared dead."""

    origin: str
    vkeys: tuple[str, ...]
    size: int
    held: int
    text: str
    reason: str
    went_on_as: str
    ended_at: datetime


def ended_logs() -> tuple[EndedCard, ...]:
    """Those that came before this one, the newest first."""
    return tuple(
        EndedCard(
            origin=row.origin,
            vkeys=tuple(row.vkeys),
            size=row.size,
            held=row.held,
            text=row.text,
            reason=row.reason,
            went_on_as=row.went_on_as,
            ended_at=row.ended_at,
        )
        for row in EndedLog.objects.order_by("-number")
    )


def has_ended(origin: str) -> bool:
    """Whether a log of this name was declared dead here."""
    return EndedLog.objects.filter(origin=origin).exists()


def check_not_behind() -> None:
    """Raise Unavailable if the database lacks, or contradicts, what was published."""
    shown = published()
    if shown is None:
        return
    row = Checkpoint.objects.filter(size=shown.size).first()
    if row is not None and bytes(row.root) == shown.root and row.note.startswith(f"{shown.origin}\n"):
        return
    if has_ended(shown.origin):
        return
    if shown.origin != log().origin and _NAMED_ANEW.fullmatch(shown.origin):
        raise Stopped("ledger-ended", LEDGER_ENDED, origin=shown.origin)
    try:
        note.open_note(shown.text, verifiers())
    except note.NoteError as error:
        raise _damaged_file(error) from error
    size = sealed_size()
    if size < shown.size:
        raise Stopped("ledger-behind", LEDGER_BEHIND, shown=shown.size, size=size)
    raise Stopped("ledger-forked", LEDGER_FORKED, shown=shown.size)


def _damaged_file(error: UnicodeDecodeError | note.NoteError) -> Stopped:
    why = error.sentence if isinstance(error, note.NoteError) else NO_TEXT
    return Stopped("published-damaged", PUBLISHED_DAMAGED, file=str(installation().published / PUBLISHED_NAME), why=why)


def status() -> LogStatus:
    """Size, queue and trouble of the log."""
    last = Checkpoint.objects.order_by("-size").first()
    try:
        check_not_behind()
        whole_tree()
        trouble, why = "", None
    except Unavailable as problem:
        trouble, why = problem.message, sentence_of(problem)
    return LogStatus(
        origin=log().origin,
        size=last.size if last else 0,
        waiting=Unsealed.objects.count(),
        sealed_at=last.sealed_at if last else None,
        trouble=trouble,
        why=why,
    )


def history(subject: str) -> tuple[HistoryItem, ...]:
    """Every fact about a subject, oldest first, in three statements."""
    entries = list(Entry.objects.filter(subject=subject).order_by("recorded_at", "counter"))
    ids = [entry.id for entry in entries]
    secrets = Secret.objects.in_bulk(ids)
    positions = dict(Position.objects.filter(entry_id__in=ids).values_list("entry_id", "position"))
    return tuple(_item(entry, secrets.get(entry.id), positions.get(entry.id)) for entry in entries)


def entry_item(entry_id: uuid.UUID) -> HistoryItem | None:
    """One entry as a timeline shows it; None for an unknown id. Three statements."""
    entry = Entry.objects.filter(id=entry_id).first()
    if entry is None:
        return None
    position = Position.objects.filter(entry_id=entry_id).values_list("position", flat=True).first()
    return _item(entry, Secret.objects.filter(entry_id=entry_id).first(), position)


def _item(entry: Entry, secret: Secret | None, position: int | None) -> HistoryItem:
    payload = json.loads(bytes(secret.payload)) if secret else {"fact": {}, "actor": {}}
    return HistoryItem(
        entry_id=entry.id,
        kind=entry.kind,
        at=entry.recorded_at,
        organisation_code=entry.organisation_code,
        position=position,
        erased=secret is None,
        fact=payload["fact"],
        actor=payload["actor"],
    )


def latest(count: int) -> tuple[HistoryItem, ...]:
    """The newest sealed entries, newest first, without their payloads: for the public page."""
    rows = Position.objects.select_related("entry").order_by("-position")[:count]
    return tuple(_item(row.entry, None, row.position) for row in rows)


@dataclass(frozen=True, slots=True)
class Placed:
    """A sealed entry and its leaf."""

    item: HistoryItem
    leaf: bytes


def at(position: int) -> Placed:
    """The sealed entry at a position, without its payload. Raises Absent."""
    row = Position.objects.select_related("entry").filter(position=position).first()
    if row is None:
        raise Absent("position-empty", _("The ledger has no entry with this number."))
    return Placed(_item(row.entry, None, row.position), bytes(row.entry.leaf))


def position_of(organisation_code: str, counter: int) -> int | None:
    """Where an organisation's entry of this count stands; None where there is none yet."""
    rows = Position.objects.filter(entry__organisation_code=organisation_code, entry__counter=counter)
    return rows.values_list("position", flat=True).first()


def recorded_after(entry_id: uuid.UUID, most: int) -> tuple[Recorded, ...]:
    """The newest entries with a later id, newest first, sealed or not. One statement along the primary key.

    Ids are made before their transaction is visible: who keeps an id as a mark looks a little further back than it.
    """
    rows = Entry.objects.filter(id__gt=entry_id).order_by("-id")[:most]
    return tuple(
        Recorded(*row) for row in rows.values_list("id", "kind", "subject", "organisation_code", "recorded_at")
    )


def recorded_of(subject: str) -> tuple[Recorded, ...]:
    """The same of one subject, oldest first, all of it."""
    rows = Entry.objects.filter(subject=subject).order_by("recorded_at", "counter")
    return tuple(
        Recorded(*row) for row in rows.values_list("id", "kind", "subject", "organisation_code", "recorded_at")
    )


def tile(level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile as published. Raises Absent where the published tree does not reach."""
    shown = published()
    there = _published_width(shown.size if shown else 0, level, index)
    if not 0 < width <= there:
        raise Absent("tile-unknown", _("The log has not grown that far."))
    return read_tile(level, index)[: width * HASH]


def entries(index: int, width: int) -> bytes:
    """Entry bundle: up to 256 leaves, each behind its length in two bytes (C2SP tlog-tiles)."""
    shown = published()
    if not 0 < width <= _published_width(shown.size if shown else 0, 0, index):
        raise Absent("tile-unknown", _("The log has not grown that far."))
    first = index * WIDTH
    leaves = (
        Position.objects.filter(position__gte=first, position__lt=first + width)
        .order_by("position")
        .values_list("entry__leaf", flat=True)
    )
    return b"".join(len(bytes(leaf)).to_bytes(2, "big") + bytes(leaf) for leaf in leaves)


def _published_width(size: int, level: int, index: int) -> int:
    return min(WIDTH, (size >> 8 * level) - index * WIDTH)


def is_erased(entry_id: uuid.UUID) -> bool:
    """Whether the entry's payload was destroyed on request."""
    return Erasure.objects.filter(entry_id=entry_id).exists()


def root_at(size: int) -> bytes:
    """The root that the log had at `size` leaves, computed from the tiles of today."""
    if not size:
        return merkle.EMPTY_ROOT
    return merkle.subtree_root(0, size, tree(sealed_size()).node)


def root_within(size: int, signed: note.CheckpointBody) -> bytes:
    """The root at `size`, proven to be the beginning of a tree that was signed. Raises LookupError or ValueError where the
    tiles do not lead there."""
    if size == signed.size:
        return signed.root
    node = tree(signed.size).node
    root = merkle.subtree_root(0, size, node)
    proof = merkle.consistency_proof(size, signed.size, node)
    merkle.verify_consistency(old=size, new=signed.size, proof=proof, old_root=root, new_root=signed.root)
    return root


def signed_from(size: int) -> str:
    """The text of the smallest checkpoint of so many entries or more; empty where there is none."""
    return Checkpoint.objects.filter(size__gte=size).order_by("size").values_list("note", flat=True).first() or ""


def audit() -> Iterator[str]:
    """Everything that is wrong with the log as it stands, a sentence each: chains, positions, tiles, checkpoints.

    Reads every entry once, in O(n) and constant memory per organisation.
    """
    yield from _audit_chains()
    yield from _audit_positions()
    yield from _audit_checkpoints()


def _audit_chains() -> Iterator[str]:
    heads: dict[str, tuple[int, bytes]] = {}
    rows = Entry.objects.order_by("organisation_code", "counter").values_list(
        "organisation_code", "kind", "counter", "leaf"
    )
    for code, kind, counter, raw in rows.iterator(chunk_size=AUDIT_PAGE):
        count, link = heads.get(code, (0, b""))
        try:
            leaf = Leaf.decode(bytes(raw))
        except ValueError as error:
            yield f"entry {code}#{counter}: {error}"
            heads[code] = (counter, Leaf.link(bytes(raw)))
            continue
        if (leaf.organisation_code, leaf.kind, leaf.counter) != (code, kind, counter):
            yield f"entry {code}#{counter}: its leaf tells of another entry"
        if leaf.counter != count + 1 or leaf.previous != link:
            yield f"entry {code}#{counter}: the chain is broken before it"
        heads[code] = (leaf.counter, Leaf.link(bytes(raw)))
    for chain in Chain.objects.all():
        code = chain.organisation_code
        if heads.get(code, (0, b"")) != (chain.counter, bytes(chain.leaf_hash)):
            yield f"the chain of {code} does not end where it should"


def _audit_positions() -> Iterator[str]:
    entries, sealed, waiting = Entry.objects.count(), Position.objects.count(), Unsealed.objects.count()
    if entries != sealed + waiting:
        yield f"{entries} entries, but {sealed} have a position and {waiting} wait"
    size = sealed_size()
    if sealed != size:
        yield f"{sealed} positions, but the last checkpoint says {size}"
    counters: dict[str, int] = {}
    rebuilt = TileTree(0, lambda _level, _index: b"")
    rows = Position.objects.order_by("position").values_list(
        "position", "entry__organisation_code", "entry__counter", "entry__leaf"
    )
    for place, (position, code, counter, raw) in enumerate(rows.iterator(chunk_size=AUDIT_PAGE)):
        if position != place:
            yield f"position {place} is missing"
        if counter != counters.get(code, 0) + 1:
            yield f"position {position}: {code}#{counter} is out of order"
        counters[code] = counter
        rebuilt.append(merkle.leaf_hash(bytes(raw)))
    yield from map(str, bent_tiles(rebuilt))


def bent_tiles(true: TileTree, stored: type[Tile] | type[TwinTile] = Tile) -> Iterator[Sentence]:
    """A sentence for each stored tile that is not what the entries say; `true` was made from nothing but them."""
    wanted = set(true.changed)
    rows = stored.objects.values_list("level", "index", "hashes").order_by("level", "index")
    for level, index, hashes in rows.iterator(chunk_size=WIDTH):
        if (level, index) in wanted:
            wanted.remove((level, index))
            whole = true.tile(level, index)
            if bytes(hashes)[: len(whole)] != whole:
                yield say(TILE_BENT, level=level, index=index)
    for level, index in sorted(wanted):
        yield say(TILE_MISSING, level=level, index=index)


def _audit_checkpoints() -> Iterator[str]:
    card = log()
    verifiers = card.verifiers
    for row in Checkpoint.objects.order_by("size").iterator(chunk_size=AUDIT_PAGE):
        try:
            text, signed = note.open_note(row.note, verifiers)
            body = note.CheckpointBody.decode(text)
        except note.NoteError as error:
            yield f"checkpoint {row.size}: {error}"
            continue
        due = [key.vkey for key in card.in_force(row.sealed_at)]
        # One that came back from a mirror may have a later key's signature too: the change of key was lost with the database.
        if [one.vkey for one in signed if one.vkey in due] != due:
            yield f"checkpoint {row.size} is not signed by the keys of its time"
        if (body.size, body.root) != (row.size, bytes(row.root)):
            yield f"checkpoint {row.size} is not what was signed"
        try:
            fits = body.root == root_at(row.size)
        except LookupError:
            fits = False
        if not fits:
            yield f"checkpoint {row.size} does not fit the entries"
    try:
        check_not_behind()
    except Unavailable as problem:
        yield str(problem.message)
