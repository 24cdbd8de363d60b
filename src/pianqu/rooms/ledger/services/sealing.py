"""seal: recorded entries get their positions, the tree grows, a checkpoint is signed, made durable, then published.

Order matters and each step may be the last before a crash:
1. one transaction: positions in commit-visible order, tiles, signed checkpoint row, queue emptied;
2. the checkpoint goes to a file outside the database, fsynced, and only then may anybody see it.
A database that is behind that file (an old backup was restored) signs nothing: it would tell a second history.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from pianqu.foundation.db import fetch, run, vendor
from pianqu.foundation.errors import Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys
from pianqu.kernels import note
from pianqu.kernels.merkle import EMPTY_ROOT, leaf_hash
from pianqu.kernels.tiles import TileTree
from pianqu.rooms.ledger import queries, sql
from pianqu.rooms.ledger.models import Checkpoint, Log, Tile, Unsealed

BATCH = 10_000


def create_log(*, now: datetime) -> None:
    """Fix the log's name and key on the first start and sign the empty tree; later starts only check the key.

    Raises Unavailable when the key on disk is not the one that the log was created with.
    """
    signer = note.Signer.from_seed(_origin(), keys().log_seed)
    log = Log.objects.first()
    if log is None:
        with transaction.atomic():
            Log.objects.create(id=1, origin=signer.name, vkey=signer.vkey, created_at=now)
            _sign(signer, size=0, root=EMPTY_ROOT, now=now)
        publish()
    elif log.vkey != note.Signer.from_seed(log.origin, keys().log_seed).vkey:
        raise Unavailable(
            "log-key-wrong",
            f"The log key in {installation().keys} is not the key of this ledger ({log.origin}). Put back the right key "
            "folder or set PIANQU_KEYS. Nothing was changed.",
        )


def _origin() -> str:
    """`PIANQU_LEDGER_ORIGIN`, or a name that no other installation has by chance."""
    asked = installation().ledger_origin
    short = note.public_key(keys().log_seed).hex()[:8]
    return asked or f"pianqu.invalid/{installation().district_code}/{short}"


def seal(*, now: datetime, batch: int = BATCH) -> int:
    """Seal what waits, at most `batch` entries, and publish; answers how many got a position.

    Does nothing where another sealer is at work. Raises Unavailable where signing would tell a second history.
    """
    with _one_sealer() as mine:
        if not mine:
            return 0
        sealed = _seal_batch(now, batch)
        publish()
    return sealed


def _seal_batch(now: datetime, batch: int) -> int:
    if not Unsealed.objects.exists():
        return 0
    with transaction.atomic():
        if vendor() == "postgresql" and not fetch(sql.try_sealer_lock())[0][0]:
            return 0
        queries.check_not_behind()
        tree = queries.tree(queries.sealed_size())
        leaves = _place(tree.size, batch)
        if not leaves:
            return 0
        tree.extend(b"".join(map(leaf_hash, leaves)))
        _keep_tiles(tree)
        log = Log.objects.get()
        _sign(note.Signer.from_seed(log.origin, keys().log_seed), size=tree.size, root=tree.root(), now=now)
    return len(leaves)


def _place(first: int, batch: int) -> list[bytes]:
    """Move what waits from the queue to its positions; answers the leaves in their order."""
    *changes, asked = sql.place_waiting(vendor(), first, batch)
    for change in changes:
        run(change)
    return [bytes(leaf) for (leaf,) in fetch(asked)]


def _keep_tiles(tree: TileTree) -> None:
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
    """Make every tile again from the entries; needed only where tiles were lost, since they are derived."""
    with _one_sealer(), transaction.atomic():
        Tile.objects.all().delete()
        rebuilt = TileTree(0, lambda _level, _index: b"")
        for leaves in queries.leaves_from(0):
            rebuilt.extend(b"".join(map(leaf_hash, leaves)))
        _keep_tiles(rebuilt)


def _sign(signer: note.Signer, *, size: int, root: bytes, now: datetime) -> None:
    body = note.CheckpointBody(origin=signer.name, size=size, root=root).encode()
    Checkpoint.objects.create(size=size, root=root, note=signer.sign(body), sealed_at=now)


def publish() -> None:
    """Bring the published file up to the last durable checkpoint; the file never goes back."""
    last = Checkpoint.objects.order_by("-size").first()
    if last is None:
        return
    admit(last.size, last.note)


def admit(size: int, text: str) -> None:
    """What stands under this ledger's signature is published: it is kept outside the database, unless a larger tree is.

    A witness may show a larger one than the database has; then this ledger was put back, and signs nothing from now on.
    """
    shown = queries.published()
    if shown is not None and shown.size >= size:
        return
    folder = installation().published
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / "checkpoint.new"
    with fresh.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / queries.PUBLISHED_NAME)
    _fsync_folder(str(folder))


def _fsync_folder(folder: str) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _one_sealer() -> Iterator[bool]:
    """Whether this process is the machine's one sealer, held by a lock file until the block ends."""
    with (installation().data / "sealer.lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
