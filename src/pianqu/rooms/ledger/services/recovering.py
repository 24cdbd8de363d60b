"""catch_up: a ledger whose database was put back gets what it had signed since from a copy that somebody else kept.

A copy holds leaves, never what stood behind them: an entry that comes back is numbered, chained and dated, and its content is
lost here. Entries that were recorded before the backup and sealed after it are recognised by their leaf and keep theirs. What
was recorded since the database was put back was shown to nobody with a number, so it is numbered anew behind the rest.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import fetch, moment_value, run, uuid_value
from pianqu.foundation.db import vendor as database
from pianqu.foundation.errors import Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import note
from pianqu.kernels.leaf import Leaf, Plain, read
from pianqu.kernels.merkle import leaf_hash
from pianqu.rooms.ledger import queries, sql
from pianqu.rooms.ledger.facts import CaughtUp
from pianqu.rooms.ledger.models import Chain, Checkpoint, Entry, Unsealed
from pianqu.rooms.ledger.services.recording import DAY_ZONE, record
from pianqu.rooms.ledger.services.sealing import keep_tiles, one_sealer, open_own, publish
from pianqu.rooms.ledger.sql import Row

LOST = "ledger:lost"
"""Subject of an entry that came back without its content."""
SUBJECT = "ledger:caught-up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What came of catching up, in entries."""

    size: int
    """The log's size now."""
    recognised: int
    """Were here, and have their place again."""
    lost: int
    """Came back as numbers and check sums only."""
    renumbered: int
    """Were recorded since the database was put back."""


def catch_up(*, actor: Actor, checkpoint: str, leaves: Iterable[bytes], source: str, now: datetime) -> Recovery:
    """Take over the leaves from this database's size on, up to a checkpoint that this log signed.

    Raises Refused where nothing is missing, where the copy holds less than was published, where its leaves are not those
    that were signed or do not continue what is here. Then nothing was changed.
    """
    with one_sealer() as mine:
        if not mine:
            raise Refused("sealer-at-work", _("The sealer is at work. Stop the worker first; nothing was changed."))
        done = _catch_up(actor=actor, checkpoint=checkpoint, leaves=leaves, source=source, now=now)
        publish()
    return done


@verb
def _catch_up(*, actor: Actor, checkpoint: str, leaves: Iterable[bytes], source: str, now: datetime) -> Recovery:
    if database() == "postgresql" and not fetch(sql.try_sealer_lock())[0][0]:
        raise Refused("sealer-at-work", _("The sealer is at work. Stop the worker first; nothing was changed."))
    own, body = _own_note(checkpoint)
    begin = queries.sealed_size()
    _check_reaches(body.size, begin)
    missing = list(leaves)
    tree = queries.tree(begin)
    tree.extend(b"".join(map(leaf_hash, missing)))
    if tree.size != body.size or tree.root() != body.root:
        raise Refused(
            "copy-does-not-continue",
            _(
                "The copy does not continue what is here: this database, or the copy, tells another history. Nothing was changed."
            ),
        )
    done = _place(missing, begin)
    keep_tiles(tree)
    Checkpoint.objects.create(size=body.size, root=body.root, note=own, sealed_at=now)
    done = replace(done, size=body.size)
    fact = CaughtUp(
        subject=SUBJECT,
        organisation_code=actor.organisation_code,
        from_size=begin,
        to_size=body.size,
        recognised=done.recognised,
        lost=done.lost,
        renumbered=done.renumbered,
        source=source[:200],
    )
    record([fact], actor=actor, now=now)
    return done


def _own_note(text: str) -> tuple[str, note.CheckpointBody]:
    """The checkpoint with this log's own lines only."""
    try:
        opened, body = open_own(text)
        lines = [one for one in note.split(text)[1] if one.name == body.origin]
    except note.NoteError as error:
        raise Refused("copy-not-signed", _("This copy's checkpoint does not carry the ledger's signature.")) from error
    return opened + "\n" + "".join(note.signature_line(one.name, one.blob) for one in lines), body


def _check_reaches(size: int, begin: int) -> None:
    shown = queries.published()
    if shown is None or shown.size <= begin:
        raise Refused("nothing-missing", _("Nothing is missing: this database holds everything that was published."))
    if size < shown.size:
        raise Refused(
            "copy-too-old",
            _("%(shown)s entries were published and this copy holds %(size)s. Ask another one. Nothing was changed.")
            % {"shown": shown.size, "size": size},
        )


def _place(missing: list[bytes], begin: int) -> Recovery:
    """Entries and positions for every missing leaf; what waited and is not among them goes behind."""
    waiting = {
        (entry.organisation_code, entry.counter): entry
        for entry in (row.entry for row in Unsealed.objects.select_related("entry").order_by("id"))
    }
    heads, fresh, places = dict[str, tuple[int, bytes]](), list[Row](), list[Row]()
    dates: dict[str, Any] = {}
    recognised = 0
    for position, raw in enumerate(missing, begin):
        leaf = read(raw) or Plain.of(Leaf.decode(raw))
        here = waiting.get((leaf.organisation_code, leaf.counter))
        if here is not None and bytes(here.leaf) == raw:
            recognised += 1
            del waiting[leaf.organisation_code, leaf.counter]
            key = uuid_value(here.id)
        else:
            key, day = uuid_value(new_id()), leaf.day
            if day not in dates:
                dates[day] = moment_value(datetime.combine(date.fromisoformat(day), time(), DAY_ZONE))
            fresh.append((key, leaf.kind, leaf.organisation_code, leaf.counter, LOST, raw, dates[day]))
        places.append((position, key))
        heads[leaf.organisation_code] = (leaf.counter, Leaf.link(raw))
    renumbered = _renumber([one for one in waiting.values() if one.organisation_code in heads], heads)
    for change in sql.put_back(database(), fresh, places):
        run(change)
    _move_chains(heads)
    return Recovery(size=0, recognised=recognised, lost=len(fresh), renumbered=renumbered)


def _renumber(waiting: list[Entry], heads: dict[str, tuple[int, bytes]]) -> int:
    """Chain what waits behind the heads, in its own order; the heads move on. Highest numbers first: none is taken twice."""
    moved = []
    for entry in sorted(waiting, key=lambda one: (one.organisation_code, one.counter)):
        counter, link = heads[entry.organisation_code]
        raw = replace(Leaf.decode(bytes(entry.leaf)), counter=counter + 1, previous=link).encode()
        moved.append((entry.id, counter + 1, raw))
        heads[entry.organisation_code] = (counter + 1, Leaf.link(raw))
    if moved:
        for statement in sql.drop_triggers(database()):
            run(statement)
        for entry_id, counter, raw in reversed(moved):
            Entry.objects.filter(id=entry_id).update(counter=counter, leaf=raw)
        for statement in sql.create_triggers(database()):
            run(statement)
    return len(moved)


def _move_chains(heads: dict[str, tuple[int, bytes]]) -> None:
    Chain.objects.bulk_create(
        [Chain(organisation_code=code, counter=counter, leaf_hash=link) for code, (counter, link) in heads.items()],
        update_conflicts=True,
        unique_fields=["organisation_code"],
        update_fields=["counter", "leaf_hash"],
    )
