"""declare_dead: a log whose signed history nobody can show any more ends, and another one begins over the same entries.

Order matters and each step may be the last before a crash:
1. the key of the new log is on disk, whole and durable; nothing speaks of it;
2. what the old log signed is copied to `published/ended-<n>/`, whole and durable; a later attempt writes it again;
3. one transaction: the old log's row among the ended ones, the new name and key, its first signed checkpoint, the fact;
4. the new checkpoint takes the place of the old one in the published file. The sealer does that too, whenever it finds
   the text of an ended log there, so that nothing has to be repaired by hand.
Entries keep their positions and leaves: readers' marks stay right, and the new log begins with the tree that is here.
"""

import json
import os
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from django.db import transaction
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import fetch, vendor
from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys, log_seed_of, make_log_key
from pianqu.foundation.verbs import verb
from pianqu.kernels import note
from pianqu.kernels.leaf import b64
from pianqu.rooms.ledger import queries, sql
from pianqu.rooms.ledger.facts import LogEnded
from pianqu.rooms.ledger.models import (
    Anchor,
    Checkpoint,
    Cosignature,
    EndedLog,
    EvmAnchor,
    Log,
    LogKey,
    Twin,
    TwinCheckpoint,
    TwinTile,
    Watch,
    WatchedChain,
    Witness,
)
from pianqu.rooms.ledger.services.recording import record
from pianqu.rooms.ledger.services.sealing import fsync_folder, one_sealer, publish, sign
from pianqu.rooms.ledger.services.watching import sound_the_alarm

SUBJECT = "ledger:ended"
EVIDENCE = "evidence.jsonl"
MOST_WORDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """Which log ended and which one goes on."""

    old: str
    new: str
    vkey: str
    size: int
    """Entries of the new log at its beginning."""
    folder: Path
    """Where what the old log signed is kept."""


def declare_dead(*, actor: Actor, confirm: str, reason: str, now: datetime) -> Succession:
    """End the log of this name and go on under another. Raises Refused for another name or beside a working sealer,
    Invalid without a reason. Then nothing was changed.
    """
    words = reason.strip()
    if not 0 < len(words) <= MOST_WORDS:
        raise Invalid("end-reason", _("Please say why, in at most 500 letters. Nothing was changed."))
    with one_sealer() as mine:
        if not mine:
            raise _at_work()
        old = queries.log()
        if confirm != old.origin:
            raise Refused(
                "end-other-name",
                _("The ledger is called %(origin)s; another name was typed. Nothing was changed.")
                % {"origin": old.origin},
            )
        number = max(old.keys[-1].number, *keys().log_seeds) + 1
        make_log_key(installation().keys, number)
        folder = installation().published / f"ended-{EndedLog.objects.count() + 1}"
        _keep_evidence(folder)
        done = _end(actor=actor, reason=words, key=number, folder=folder, now=now)
        publish()
        sound_the_alarm()
    return done


def _at_work() -> Refused:
    return Refused("sealer-at-work", _("The sealer is at work. Stop the worker first; nothing was changed."))


@verb
def _end(*, actor: Actor, reason: str, key: int, folder: Path, now: datetime) -> Succession:
    if vendor() == "postgresql" and not fetch(sql.try_sealer_lock())[0][0]:
        raise _at_work()
    old, shown, size = queries.log(), queries.published(), queries.sealed_size()
    root = queries.tree(size).root()
    number = EndedLog.objects.count() + 1
    seed = log_seed_of(installation().keys, key)
    assert seed is not None, "made by the caller"
    signer = note.Signer.from_seed(_next_name(old.origin, number), seed)
    last = Checkpoint.objects.order_by("-size").values_list("note", flat=True).first() or ""
    EndedLog.objects.create(
        number=number,
        origin=old.origin,
        vkeys=list(old.vkeys),
        size=max(shown.size if shown else 0, size),
        held=size,
        text=shown.text if shown else last,
        reason=reason,
        went_on_as=signer.name,
        ended_at=now,
    )
    for model in (
        Cosignature,
        Checkpoint,
        Witness,
        Anchor,
        EvmAnchor,
        Watch,
        WatchedChain,
        LogKey,
        TwinCheckpoint,
        TwinTile,
        Twin,
    ):
        model.objects.all().delete()
    Log.objects.update(origin=signer.name, vkey=signer.vkey, created_at=now)
    LogKey.objects.create(log_id=1, number=key, vkey=signer.vkey, from_at=now)
    sign([signer], size=size, root=root, now=now)
    fact = LogEnded(
        subject=SUBJECT,
        organisation_code=actor.organisation_code,
        origin=old.origin,
        went_on_as=signer.name,
        published_size=shown.size if shown else 0,
        held_size=size,
        reason_digest=b64(sha256(reason.encode()).digest()),
    )
    record([fact], actor=actor, now=now)
    queries.forget_policy()
    transaction.on_commit(queries.forget_policy)
    return Succession(old=old.origin, new=signer.name, vkey=signer.vkey, size=size, folder=folder)


def _next_name(origin: str, ended: int) -> str:
    """`name`, `name/2`, `name/3`, …"""
    first = EndedLog.objects.order_by("number").values_list("origin", flat=True).first() or origin
    return f"{first}/{ended + 1}"


def _keep_evidence(folder: Path) -> None:
    """The published text as it is, and every signature and timestamp of the database, a line of JSON each."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = queries.published()
    if shown is not None:
        _write(folder / queries.PUBLISHED_NAME, iter([shown.text]))
    _write(folder / EVIDENCE, _evidence())
    fsync_folder(str(folder))
    fsync_folder(str(folder.parent))


def _evidence() -> Iterator[str]:
    for size, text in Checkpoint.objects.order_by("size").values_list("size", "note").iterator():
        yield json.dumps({"size": size, "note": text}, ensure_ascii=False) + "\n"
    for size, vkey, line in Cosignature.objects.order_by("id").values_list("checkpoint_id", "vkey", "line").iterator():
        yield json.dumps({"size": size, "witness": vkey, "line": line}, ensure_ascii=False) + "\n"
    for vkeys in Twin.objects.values_list("vkeys", flat=True):
        yield json.dumps({"twin": vkeys}, ensure_ascii=False) + "\n"
    for size, text in TwinCheckpoint.objects.order_by("size").values_list("size", "note").iterator():
        yield json.dumps({"size": size, "twin_note": text}, ensure_ascii=False) + "\n"
    for one in Anchor.objects.order_by("size").iterator():
        told = {"size": one.size, "text": one.text, "token": b64encode(bytes(one.token)).decode()}
        yield json.dumps(told, ensure_ascii=False) + "\n"
    for tx in EvmAnchor.objects.order_by("size", "nonce", "attempt").iterator():
        about = {"chain": tx.chain_id, "genesis": tx.genesis, "transaction": tx.hash, "block": tx.block}
        raw = b64encode(bytes(tx.raw)).decode()
        yield json.dumps(about | {"size": tx.size, "text": tx.text, "raw": raw}, ensure_ascii=False) + "\n"


def _write(path: Path, parts: Iterator[str]) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
