"""The twin by the national standards: how it stands, its tiles and proofs, and whether it is what the log holds."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent, Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import gm_key_name, gm_pair, last_gm_key
from pianqu.kernels import merkle, note, sm2, sm3, twin
from pianqu.kernels.receipt import Receipt
from pianqu.kernels.saying import Sentence
from pianqu.kernels.tiles import HASH, WIDTH, TileTree, TreeHash
from pianqu.kernels.twin import TwinBody
from pianqu.rooms.ledger.models import Entry, Position, Secret, Twin, TwinCheckpoint, TwinTile
from pianqu.rooms.ledger.queries import sentences
from pianqu.rooms.ledger.queries.log import bent_tiles, leaves_from, log, published, root_at
from pianqu.rooms.ledger.queries.sentences import Stopped

AUDIT_PAGE = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinCard:
    """How the twin stands."""

    is_kept: bool
    """Whether the operator has it kept on."""
    name: str = ""
    vkeys: tuple[str, ...] = ()
    """All keys that it ever had; the newest signs."""
    size: int = 0
    behind: int = 0
    """Published entries that it does not hold yet."""
    made_at: datetime | None = None
    text: str = ""
    """Its newest checkpoint."""
    stated_size: int = 0
    """Of the last root that stands in the log itself."""
    stated_at: datetime | None = None


def gm_hash() -> TreeHash:
    """SM3 for a tree. Raises Unavailable where this machine has none."""
    try:
        return sm3.tree_hash()
    except sm3.NoSM3 as error:
        raise Stopped("gm-no-sm3", sentences.TWIN_NO_SM3) from error


def twin_card() -> TwinCard:
    """The twin as it stands; of size 0 where there is none."""
    kept, row, last = installation().gm, Twin.objects.filter(id=1).first(), _last()
    if row is None:
        return TwinCard(is_kept=kept)
    shown, size = published(), last.size if last else 0
    return TwinCard(
        is_kept=kept,
        name=twin.name_of(row.origin),
        vkeys=tuple(row.vkeys),
        size=size,
        behind=max(0, (shown.size if shown else 0) - size),
        made_at=last.made_at if last else None,
        text=last.note if last else "",
        stated_size=row.stated_size,
        stated_at=row.stated_at,
    )


def twin_trouble() -> Sentence | None:
    """Why the twin cannot go on; None where nothing keeps it, or where it is not kept at all."""
    if not installation().gm:
        return None
    try:
        if not sm2.is_installed():
            raise not_installed()
        row = Twin.objects.filter(id=1).first()
        if row is not None:
            twin_signer(row)
            whole_twin()
        elif number := last_gm_key(installation().keys):
            gm_pair(installation().keys, number)
    except Unavailable as problem:
        return sentences.sentence_of(problem)
    return None


def not_installed() -> Stopped:
    """What the operator reads where the library is missing."""
    return Stopped("gm-not-installed", sentences.TWIN_NOT_INSTALLED)


def twin_signer(row: Twin) -> sm2.Signer:
    """The key with which the twin signs now. Raises Unavailable where it is not on disk."""
    pair = gm_pair(installation().keys, row.key_number)
    try:
        signer = sm2.Signer.from_pair(twin.name_of(row.origin), pair) if pair is not None else None
    except note.NoteError:
        signer = None
    if signer is None or signer.vkey != row.vkeys[-1]:
        file = installation().keys / gm_key_name(row.key_number)
        raise Stopped("gm-key-wrong", sentences.TWIN_KEY_WRONG, file=str(file))
    return signer


def _last() -> TwinCheckpoint | None:
    return TwinCheckpoint.objects.order_by("-size").first()


def twin_size() -> int:
    """Entries in the twin."""
    last = _last()
    return last.size if last else 0


def read_twin_tile(level: int, index: int) -> bytes:
    """Stored hashes of one tile, empty where there is none."""
    row = TwinTile.objects.filter(level=level, index=index).values_list("hashes", flat=True).first()
    return bytes(row) if row is not None else b""


def twin_tree(size: int) -> TileTree:
    """The twin's tree as it was at `size` leaves, over the stored tiles."""
    return TileTree(size, read_twin_tile, gm_hash())


def whole_twin() -> TileTree:
    """The twin's tree, to be grown: proven to be the one that was signed. Raises Unavailable where the disk changed it."""
    last = _last()
    size, root = (last.size, bytes(last.root)) if last is not None else (0, gm_hash().empty)
    found = twin_tree(size)
    try:
        same = found.root() == root
    except LookupError:
        same = False
    if not same:
        raise Stopped("gm-damaged", sentences.TWIN_DAMAGED, size=size)
    return found


def twin_tile(level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile of the twin. Raises Absent where it does not reach."""
    last = _last()
    there = min(WIDTH, ((last.size if last else 0) >> 8 * level) - index * WIDTH)
    if not 0 < width <= there:
        raise Absent("tile-unknown", _("The twin has not grown that far."))
    return read_twin_tile(level, index)[: width * HASH]


def twin_receipt(entry_id: uuid.UUID) -> Receipt | None:
    """The proof of an entry in the twin; None where the twin does not hold it yet, or what it said was erased.

    None too where what is stored of the twin does not lead to its root: nobody is given a proof that does not hold.
    """
    entry, secret = Entry.objects.filter(id=entry_id).first(), Secret.objects.filter(entry_id=entry_id).first()
    position = Position.objects.filter(entry_id=entry_id).values_list("position", flat=True).first()
    last = _last()
    if entry is None or secret is None or position is None or last is None or last.size <= position:
        return None
    raw = bytes(entry.leaf)
    try:
        proof = _proof(raw, position, last)
    except (LookupError, merkle.ProofError, Unavailable):
        return None
    return Receipt(
        leaf=raw,
        payload=bytes(secret.payload),
        salt=bytes(secret.salt),
        index=position,
        proof=tuple(proof),
        checkpoint=last.note,
    )


def _proof(leaf: bytes, position: int, last: TwinCheckpoint) -> list[bytes]:
    """The path, known to hold. Raises LookupError or ProofError where a disk changed a tile or the entry."""
    by = gm_hash()
    path = merkle.inclusion_proof(position, last.size, twin_tree(last.size).node, by)
    merkle.verify_inclusion(
        leaf=merkle.leaf_hash(leaf, by.leaf),
        index=position,
        size=last.size,
        proof=path,
        root_hash=bytes(last.root),
        by=by,
    )
    return path


def twin_roots() -> dict[int, bytes]:
    """What the twin has signed: its root at each size."""
    return {size: bytes(root) for size, root in TwinCheckpoint.objects.values_list("size", "root")}


def held_twin_receipt(entry_id: uuid.UUID) -> Receipt:
    """The same where there is one. Raises Absent."""
    held = twin_receipt(entry_id)
    if held is None:
        raise Absent("twin-not-yet", _("The twin of the ledger does not hold this entry (yet)."))
    return held


def audit_twin() -> Iterator[str]:
    """Everything that is wrong with the twin, a sentence each: tiles, roots, signatures, what it says of the log. O(n)."""
    row, last = Twin.objects.filter(id=1).first(), _last()
    if row is None or last is None:
        return
    if not sm2.is_installed():
        yield f"the twin was not checked: {not_installed().message}"
        return
    if row.origin != log().origin:
        yield f"the twin is that of another ledger ({row.origin})"
        return
    by = gm_hash()
    rebuilt = TileTree(0, lambda _level, _index: b"", by)
    for leaves in leaves_from(0, last.size):
        rebuilt.extend(b"".join([merkle.leaf_hash(leaf, by.leaf) for leaf in leaves]))
    if rebuilt.size != last.size:
        yield f"the twin holds {last.size} entries, the ledger {rebuilt.size}"
        return
    yield from (f"twin: {problem}" for problem in bent_tiles(rebuilt, TwinTile))
    keys = twin.verifiers(row.vkeys)
    for made in TwinCheckpoint.objects.filter(size__lte=last.size).order_by("size").iterator(chunk_size=AUDIT_PAGE):
        yield from _audit_checkpoint(made, row.origin, keys, merkle.subtree_root(0, made.size, rebuilt.node, by))


def _audit_checkpoint(made: TwinCheckpoint, origin: str, keys: tuple[sm2.Verifier, ...], root: bytes) -> Iterator[str]:
    try:
        text, _signed = note.open_note(made.note, keys)
        body = TwinBody.decode(text)
    except note.NoteError as error:
        yield f"twin checkpoint {made.size}: {error}"
        return
    if (body.origin, body.size, body.root) != (origin, made.size, bytes(made.root)):
        yield f"twin checkpoint {made.size} is not what was signed"
    if body.root != root:
        yield f"twin checkpoint {made.size} does not fit the entries"
    try:
        fits = body.ledger_root == root_at(made.size)
    except LookupError:
        fits = False
    if not fits:
        yield f"twin checkpoint {made.size} names another root of the ledger"
