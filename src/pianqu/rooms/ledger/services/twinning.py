"""The twin by the national standards is kept up behind the log: the same leaves under SM3, signed with SM2.

It only ever signs a size that the log has signed and published, and only over leaves that lead to the log's own root there: it
can tell no other history than the log does, and a log that signs nothing keeps it from signing too.
Each step may be the last before a crash:
1. the key of a new twin is on disk, whole and durable, before anything speaks of it;
2. leaves are read, both trees computed, the text signed: nothing is written, and on SQLite nobody waits meanwhile;
3. one short transaction: tiles and checkpoint, where the twin is still as large as it was at 2.
Now and then the log itself is told root and key, as a fact: who witnesses the log has then witnessed these too.
"""

from datetime import datetime, timedelta

from django.db import transaction

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Refused, Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import gm_key_name, gm_pair, last_gm_key, make_gm_key
from pianqu.foundation.verbs import verb
from pianqu.kernels import note, sm2, twin
from pianqu.kernels.auditing import cut
from pianqu.kernels.leaf import b64
from pianqu.kernels.merkle import leaf_hash
from pianqu.kernels.tiles import TileTree
from pianqu.kernels.twin import TwinBody
from pianqu.rooms.ledger import queries
from pianqu.rooms.ledger.facts import TwinStated
from pianqu.rooms.ledger.models import Checkpoint, Twin, TwinCheckpoint, TwinTile
from pianqu.rooms.ledger.services.recording import record
from pianqu.rooms.ledger.services.sealing import BATCH

SUBJECT = "ledger:twin"
STATED_EVERY = timedelta(days=1)


def begin_twin() -> None:
    """See that a twin that is to be kept has its name and key: at the start, when the key folder can surely be written to."""
    if installation().gm and sm2.is_installed():
        _begun()


def grow_twin(*, now: datetime, batch: int = BATCH) -> int:
    """One step towards what is published, about `batch` entries; answers how many the twin grew by.

    Raises Unavailable, and changes nothing, where the library or the key is missing, the log signs nothing, or a disk changed
    what was signed.
    """
    if not sm2.is_installed():
        raise queries.not_installed()
    row = _begun()
    begin = queries.twin_size()
    goal = _goal(begin, batch)
    if goal is None:
        return 0
    queries.check_not_behind()
    signer = queries.twin_signer(row)
    try:
        tree = queries.whole_twin()
        _grow(tree, goal)
    except Unavailable:
        if queries.twin_size() != begin:  # somebody else was faster, and tiles of two sizes were read
            return 0
        raise
    body = TwinBody(origin=row.origin, size=tree.size, root=tree.root(), ledger_root=bytes(goal.root))
    made = TwinCheckpoint(size=tree.size, root=body.root, note=note.sign(body.encode(), [signer]), made_at=now)
    return tree.size - begin if _keep(tree, made, begin, goal, row) else 0


def _begun() -> Twin:
    """The twin's row, with its key made first where this is the beginning."""
    origin = queries.log().origin
    row = Twin.objects.filter(id=1).first()
    if row is not None and row.origin == origin:
        return row
    number = last_gm_key(installation().keys) or 1
    begun = {"origin": origin, "vkeys": [_vkey_of(origin, number)], "key_number": number}
    with transaction.atomic():
        if row is not None:  # the log that it belonged to has ended
            _forget()
        return Twin.objects.get_or_create(id=1, defaults=begun)[0]


def _forget() -> None:
    for model in (TwinCheckpoint, TwinTile, Twin):
        model.objects.all().delete()


def _vkey_of(origin: str, number: int) -> str:
    """The public key to the file of this number, which is made where it is not there."""
    folder = installation().keys
    if gm_pair(folder, number) is None:
        make_gm_key(folder, number, sm2.make_pair())
    pair = gm_pair(folder, number)
    try:
        return sm2.Signer.from_pair(twin.name_of(origin), pair or b"").vkey
    except note.NoteError as error:
        raise Unavailable(
            "keys-broken", f"The key in {folder / gm_key_name(number)} is broken. Put back the right key folder."
        ) from error


def _goal(begin: int, batch: int) -> Checkpoint | None:
    """The log's checkpoint up to which the twin grows next: the largest within the batch, or else the next one."""
    shown = queries.published()
    if shown is None or shown.size <= begin:
        return None
    later = Checkpoint.objects.filter(size__gt=begin, size__lte=shown.size)
    near = later.filter(size__lte=begin + batch).order_by("-size").first()
    return near or later.order_by("size").first()


def _grow(tree: TileTree, goal: Checkpoint) -> None:
    """Add the leaves up to there, once they are known to be those that the log signed."""
    begin, leaf = tree.size, tree.by.leaf
    signed = TileTree(begin, cut(queries.read_tile, begin))
    try:
        for leaves in queries.leaves_from(begin, goal.size):
            signed.extend(b"".join(map(leaf_hash, leaves)))
            tree.extend(b"".join([leaf_hash(raw, leaf) for raw in leaves]))
        same = signed.size == goal.size and signed.root() == bytes(goal.root)
    except LookupError:
        same = False
    if not same:
        raise Unavailable(
            "gm-entries-damaged",
            f"The twin by the national standards signs nothing: the entries up to {goal.size} are not those that the ledger "
            "signed. ./pianqu verify log says what is wrong.",
        )


def _keep(tree: TileTree, made: TwinCheckpoint, begin: int, goal: Checkpoint, row: Twin) -> bool:
    """Write down a step; not where somebody else took it meanwhile, or the log or the key is no longer the same."""
    with transaction.atomic():
        now = Twin.objects.select_for_update().filter(id=1).first()
        last = TwinCheckpoint.objects.order_by("-size").values_list("size", flat=True).first() or 0
        there = Checkpoint.objects.filter(size=goal.size, root=bytes(goal.root)).exists()
        if now is None or (now.origin, now.vkeys, last, there) != (row.origin, row.vkeys, begin, True):
            return False
        _keep_tiles(tree)
        made.save(force_insert=True)
    return True


def _keep_tiles(tree: TileTree) -> None:
    TwinTile.objects.bulk_create(
        [
            TwinTile(level=level, index=index, hashes=bytes(tree.tile(level, index)))
            for level, index in sorted(tree.changed)
        ],
        update_conflicts=True,
        unique_fields=["level", "index"],
        update_fields=["hashes"],
    )


def state_twin(*, actor: Actor, now: datetime) -> bool:
    """Record the twin's newest root and key, once a day in which the log grew by more than that, and at once for a new key."""
    row, last = Twin.objects.filter(id=1).first(), TwinCheckpoint.objects.order_by("-size").first()
    if row is None or last is None or not _is_due(row, last, now):
        return False
    return _state(actor=actor, now=now)


@verb
def _state(*, actor: Actor, now: datetime) -> bool:
    row = Twin.objects.select_for_update().filter(id=1).first()
    last = TwinCheckpoint.objects.order_by("-size").first()
    if row is None or last is None or not _is_due(row, last, now):
        return False
    row.stated_size, row.stated_vkey, row.stated_at = last.size, row.vkeys[-1], now
    row.save(update_fields=["stated_size", "stated_vkey", "stated_at"])
    fact = TwinStated(
        subject=SUBJECT,
        organisation_code=actor.organisation_code,
        size=last.size,
        root=b64(bytes(last.root)),
        vkey=row.stated_vkey,
    )
    record([fact], actor=actor, now=now)
    return True


def _is_due(row: Twin, last: TwinCheckpoint, now: datetime) -> bool:
    if row.stated_at is None or row.stated_vkey != row.vkeys[-1]:
        return True
    return last.size > row.stated_size + 1 and now - row.stated_at >= STATED_EVERY


def rebuild_twin() -> int:
    """Make every tile of the twin again from the entries; answers its size.

    Raises Unavailable, and changes nothing, where the entries are not those that it signed; Refused where there is no twin.
    """
    with transaction.atomic():
        row = Twin.objects.select_for_update().filter(id=1).first()
        last = TwinCheckpoint.objects.order_by("-size").first()
        if row is None:
            raise Refused("gm-none", "There is no twin to make anew. PIANQU_GM=1 and a start begin one.")
        if last is None:
            return 0
        by = queries.gm_hash()
        rebuilt = TileTree(0, lambda _level, _index: b"", by)
        for leaves in queries.leaves_from(0, last.size):
            rebuilt.extend(b"".join([leaf_hash(raw, by.leaf) for raw in leaves]))
        if (rebuilt.size, rebuilt.root()) != (last.size, bytes(last.root)):
            raise Unavailable(
                "gm-entries-damaged",
                f"The entries are not those that the twin signed at {last.size}: its tree cannot be made from them, and nothing "
                "was changed. ./pianqu verify log says what is wrong.",
            )
        TwinTile.objects.all().delete()
        _keep_tiles(rebuilt)
    return last.size


def renew_twin_key() -> str:
    """Let the twin sign with a new key from now on, which is made first; answers it. The old ones still verify what they signed.

    Raises Refused where there is no twin, Unavailable where the library is missing.
    """
    if not sm2.is_installed():
        raise queries.not_installed()
    row = Twin.objects.filter(id=1).first()
    if row is None:
        raise Refused("gm-none", "There is no twin to make anew. PIANQU_GM=1 and a start begin one.")
    number = row.key_number + 1
    vkey = _vkey_of(row.origin, number)
    with transaction.atomic():
        same = Twin.objects.select_for_update().get(id=1)
        if same.vkeys != row.vkeys:
            raise Refused("gm-key-changed", "Somebody else has just changed the twin's key. Nothing was changed.")
        same.vkeys, same.key_number = [*row.vkeys, vkey], number
        same.save(update_fields=["vkeys", "key_number"])
    return vkey
