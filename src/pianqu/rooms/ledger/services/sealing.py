"""seal: recorded entries get their positions, the tree grows, a checkpoint is signed, made durable, then published.

Order matters and each step may be the last before a crash:
1. one transaction: positions in commit-visible order, tiles, signed checkpoint row, queue emptied;
2. the checkpoint goes to a file outside the database, fsynced, and only then may anybody see it.
A database that is behind that file (an old backup was restored) signs nothing: it would tell a second history.
"""

import fcntl
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from pianqu.foundation.db import fetch, run, vendor
from pianqu.foundation.errors import Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys, log_key_name
from pianqu.kernels import note
from pianqu.kernels.merkle import EMPTY_ROOT, leaf_hash
from pianqu.kernels.tiles import TileTree
from pianqu.rooms.ledger import queries, sql
from pianqu.rooms.ledger.models import Checkpoint, Log, LogKey, Tile, Unsealed
from pianqu.rooms.ledger.queries import sentences
from pianqu.rooms.ledger.queries.sentences import Stopped

BATCH = 10_000


def create_log(*, now: datetime) -> None:
    """Fix the log's name and key on the first start and sign the empty tree; later starts only check its keys.

    Raises Unavailable when a key that signs now is not on disk.
    """
    if Log.objects.exists():
        signers(at=now)
        return
    signer = note.Signer.from_seed(_origin(), keys().log_seed)
    with transaction.atomic():
        log = Log.objects.create(id=1, origin=signer.name, vkey=signer.vkey, created_at=now)
        LogKey.objects.create(log=log, number=1, vkey=signer.vkey, from_at=now)
        sign([signer], size=0, root=EMPTY_ROOT, now=now)
    publish()


def signers(*, at: datetime) -> list[note.Signer]:
    """The keys with which the log signs at this time, the oldest first: two while one takes over from the other.

    Raises Unavailable, with the name of the file, where one of them is not on disk: the log never signs with less than it said.
    """
    card = queries.log()
    wanted = card.in_force(at)
    found = _on_disk(card.origin)
    if any(key.vkey not in found for key in wanted):
        keys.cache_clear()  # a key may have been added by another process
        found = _on_disk(card.origin)
    lost = [log_key_name(key.number) for key in wanted if key.vkey not in found]
    if lost:
        file = installation().keys / lost[0]
        raise Stopped("log-key-wrong", sentences.KEY_WRONG, file=str(file), origin=card.origin)
    return [found[key.vkey] for key in wanted]


def verifiers() -> list[note.Verifier]:
    """All keys of the log, those too that lie on disk and that this database does not know: it may be an old backup."""
    return queries.verifiers()


def open_own(text: str) -> tuple[str, note.CheckpointBody]:
    """What this log has signed. Raises NoteError for all else.

    A key that signs no more proves nothing about trees that the log signed without it: who stole it could stop the log
    with a larger one. Whether it signs no more is told by the checkpoints that are here, never by a clock: a database that
    was put back and has signed nothing since the change takes the old key's word, as everybody did then.
    """
    opened, by = note.open_note(text, verifiers())
    body = note.CheckpointBody.decode(opened)
    known = {key.vkey: key.until_at for key in queries.log().keys}
    if not any(body.size <= limit for limit in map(_speaks_to, (known.get(one.vkey) for one in by))):
        raise note.NoteError(sentences.RETIRED)
    return opened, body


def _speaks_to(until: datetime | None) -> float:
    """The largest tree about which a key that signs until then is believed."""
    if until is None or not Checkpoint.objects.filter(sealed_at__gte=until).exists():
        return math.inf
    before = Checkpoint.objects.filter(sealed_at__lt=until).order_by("-size").values_list("size", flat=True).first()
    return -1 if before is None else before


def _on_disk(origin: str) -> dict[str, note.Signer]:
    made = [note.Signer.from_seed(origin, seed) for seed in keys().log_seeds.values()]
    return {signer.vkey: signer for signer in made}


def _origin() -> str:
    """`PIANQU_LEDGER_ORIGIN`, or a name that no other installation has by chance."""
    asked = installation().ledger_origin
    short = note.public_key(keys().log_seed).hex()[:8]
    return asked or f"pianqu.invalid/{installation().district_code}/{short}"


def seal(*, now: datetime, batch: int = BATCH) -> int:
    """Seal what waits, at most `batch` entries, and publish; answers how many got a position.

    Does nothing where another sealer is at work. Raises Unavailable where signing would tell a second history.
    """
    with one_sealer() as mine:
        if not mine:
            return 0
        sealed = _seal_batch(now, batch)
        publish(fresh=sealed > 0)
    return sealed


def _seal_batch(now: datetime, batch: int) -> int:
    if not Unsealed.objects.exists():
        return 0
    with transaction.atomic():
        if vendor() == "postgresql" and not fetch(sql.try_sealer_lock())[0][0]:
            return 0
        queries.check_not_behind()
        tree = queries.whole_tree()
        leaves = _place(tree.size, batch)
        if not leaves:
            return 0
        tree.extend(b"".join(map(leaf_hash, leaves)))
        keep_tiles(tree)
        sign(signers(at=now), size=tree.size, root=tree.root(), now=now)
    return len(leaves)


def _place(first: int, batch: int) -> list[bytes]:
    """Move what waits from the queue to its positions; answers the leaves in their order."""
    *changes, asked = sql.place_waiting(vendor(), first, batch)
    for change in changes:
        run(change)
    return [bytes(leaf) for (leaf,) in fetch(asked)]


def keep_tiles(tree: TileTree) -> None:
    """Write down the tiles that grew."""
    Tile.objects.bulk_create(
        [
            Tile(level=level, index=index, hashes=bytes(tree.tile(level, index)))
            for level, index in sorted(tree.changed)
        ],
        update_conflicts=True,
        unique_fields=["level", "index"],
        update_fields=["hashes"],
    )


def rebuild_tiles() -> None:
    """Make every tile again from the entries; needed only where tiles were lost, since they are derived.

    Raises Unavailable, and changes nothing, where another sealer is at work and where the entries are not those that were signed.
    """
    with one_sealer() as mine, transaction.atomic():
        if not mine:
            raise Unavailable("sealer-at-work", "The sealer is at work. Stop the worker first; nothing was changed.")
        Tile.objects.all().delete()
        rebuilt = TileTree(0, lambda _level, _index: b"")
        for leaves in queries.leaves_from(0):
            rebuilt.extend(b"".join(map(leaf_hash, leaves)))
        keep_tiles(rebuilt)
        last = Checkpoint.objects.order_by("-size").first()
        if last is not None and (last.size, bytes(last.root)) != (rebuilt.size, rebuilt.root()):
            raise Stopped("entries-damaged", sentences.ENTRIES_DAMAGED, size=last.size)


def sign(by: Sequence[note.Signer], *, size: int, root: bytes, now: datetime) -> None:
    """Keep a checkpoint with these signatures."""
    body = note.CheckpointBody(origin=by[0].name, size=size, root=root).encode()
    Checkpoint.objects.create(size=size, root=root, note=note.sign(body, by), sealed_at=now)


def publish(*, fresh: bool = False) -> None:
    """Bring the published file up to the last durable checkpoint; the file never goes back.

    Where only its signature was damaged it is written anew. `fresh` says that it was signed just now, in this process.
    Raises Unavailable where the checkpoint's own row is damaged.
    """
    last, shown = Checkpoint.objects.order_by("-size").first(), queries.published()
    if last is not None and shown is not None and not last.note.startswith(f"{shown.origin}\n"):
        shown = None if queries.has_ended(shown.origin) else shown
    if last is None or (shown is not None and (shown.size > last.size or shown.text == last.note)):
        return
    if not fresh and not _is_signed(last):
        raise Stopped("checkpoint-damaged", sentences.CHECKPOINT_DAMAGED, size=last.size)
    if shown is None or shown.size < last.size:
        admit(last.size, last.note)
    elif shown.root == bytes(last.root) and not _holds(shown.text):
        _put(last.note)


def _is_signed(row: Checkpoint) -> bool:
    """Whether a row holds what was signed."""
    return _holds(row.note) and note.text_of(row.note) == (
        note.CheckpointBody(origin=queries.log().origin, size=row.size, root=bytes(row.root)).encode()
    )


def _holds(text: str) -> bool:
    try:
        note.open_note(text, verifiers())
    except note.NoteError:
        return False
    return True


def admit(size: int, text: str) -> None:
    """What stands under this ledger's signature is published: it is kept outside the database, unless a larger tree is.

    A witness may show a larger one than the database has; then this ledger was put back, and signs nothing from now on.
    """
    shown = queries.published()
    if shown is not None and not _gives_way(shown, size, text):
        return
    _put(text)


def _put(text: str) -> None:
    folder = installation().published
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "checkpoint.new"
    with fresh.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / queries.PUBLISHED_NAME)
    fsync_folder(str(folder))


def _gives_way(shown: queries.CheckpointCard, size: int, text: str) -> bool:
    """Whether what was published is a smaller tree of this log, or of a log that has ended."""
    if text.startswith(f"{shown.origin}\n"):
        return shown.size < size
    return queries.has_ended(shown.origin)


def fsync_folder(folder: str) -> None:
    """What was renamed in it stays renamed."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def one_sealer() -> Iterator[bool]:
    """Whether this process is the machine's one sealer, held by a lock file until the block ends."""
    with (installation().data / "sealer.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
