"""rotate_key: the log signs with a new key, for a while beside the old one, and keeps its name.

Order matters and each step may be the last before a crash:
1. `prepare_key`: the new key is on disk, whole and durable, before anything speaks of it; nothing is signed with it;
2. one transaction: the key's row, the times of the others, the fact; from then on the sealer signs with both.
The checkpoint that holds the fact carries the old signature too: who knows the old key learns the new one from the log itself.
Times are put after the last checkpoint's, under the sealer's lock, so that each checkpoint has just the signatures of its time.
"""

from datetime import datetime, timedelta

from django.db import transaction

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import run, vendor
from pianqu.foundation.errors import Invalid, Refused, Unavailable
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import log_key_name, log_seed_of, make_log_key
from pianqu.foundation.verbs import verb
from pianqu.kernels import note
from pianqu.rooms.ledger import queries, sql
from pianqu.rooms.ledger.facts import KeyAdded, KeysRetired
from pianqu.rooms.ledger.models import Checkpoint, LogKey
from pianqu.rooms.ledger.queries import KeyCard
from pianqu.rooms.ledger.services.recording import record
from pianqu.rooms.ledger.services.sealing import signers

SUBJECT = "ledger:key"
MOST_DAYS = 3650
MOST_AHEAD = timedelta(hours=1)
"""The last checkpoint may lie so far ahead of the clock: the new key signs from then on."""


def prepare_key() -> None:
    """See that the file of the next key is there; one that a broken-off rotation left behind is taken. Signs nothing."""
    make_log_key(installation().keys, queries.log().keys[-1].number + 1)


@verb
def rotate_key(*, actor: Actor, days: int, now: datetime) -> KeyCard:
    """Sign with the key that `prepare_key` made, and for so many days with the one before it too; answers the new key.

    With 0 days the keys before sign no more at once: for one that was lost or stolen. Raises Invalid for other numbers of
    days, Refused while an earlier change is still going on, Unavailable where a key that has to sign is not on disk or the
    database is behind what was published.
    """
    if not 0 <= days <= MOST_DAYS:
        raise Invalid("key-days", f"Both keys can sign for 0 to {MOST_DAYS} days. Nothing was changed.")
    queries.check_not_behind()
    moment = _at_rest(now)
    card = queries.log()
    number = card.keys[-1].number + 1
    if days:
        _check_one_signs(card.in_force(moment))
        signers(at=moment)
    row = LogKey.objects.create(log_id=1, number=number, vkey=_vkey_on_disk(number), from_at=moment)
    until = moment + timedelta(days=days)
    for key in card.in_force(moment):
        LogKey.objects.filter(number=key.number).update(until_at=until)
    fact = KeyAdded(
        subject=SUBJECT,
        organisation_code=actor.organisation_code,
        number=row.number,
        vkey=row.vkey,
        overlap_until=until.isoformat(timespec="seconds"),
    )
    record([fact], actor=actor, now=now)
    _tell()
    return queries.log().keys[-1]


@verb
def retire_keys(*, actor: Actor, now: datetime) -> tuple[KeyCard, ...]:
    """End the time in which two keys sign: only the newest does from now on. Answers those that do not any more.

    Raises Refused where one key signs only, Unavailable where the newest is not on disk.
    """
    moment = _at_rest(now)
    *old, newest = queries.log().in_force(moment)
    if not old:
        raise Refused("key-alone", "One key signs already. Nothing was changed.")
    if newest.vkey != _vkey_on_disk(newest.number):
        raise _not_there(newest.number)
    for key in old:
        LogKey.objects.filter(number=key.number).update(until_at=moment)
    fact = KeysRetired(subject=SUBJECT, organisation_code=actor.organisation_code, vkeys=tuple(key.vkey for key in old))
    record([fact], actor=actor, now=now)
    _tell()
    return tuple(old)


def _at_rest(now: datetime) -> datetime:
    """A time after all that was signed and said of keys, with the sealer kept waiting until the verb has ended.

    Raises Refused where that lies too far ahead: a clock was wrong, and a key that is lost could not be replaced till then.
    """
    if vendor() == "postgresql":
        run(sql.sealer_lock())
    last = Checkpoint.objects.order_by("-sealed_at").values_list("sealed_at", flat=True).first()
    said = [key.from_at for key in queries.log().keys]
    after = max(moment + timedelta(microseconds=1) for moment in [*said, *([last] if last else [])])
    if after - now > MOST_AHEAD:
        raise Refused(
            "key-clock",
            f"The ledger's last signature says {after:%Y-%m-%d %H:%M %Z}, but this machine's clock says {now:%Y-%m-%d %H:%M %Z}. "
            "Set the clock; where it is right now and was wrong then, wait until that time. Nothing was changed.",
        )
    return max(now, after)


def _check_one_signs(in_force: tuple[KeyCard, ...]) -> None:
    until = in_force[0].until_at
    if len(in_force) > 1 and until is not None:
        raise Refused(
            "key-changing",
            f"Two keys sign until {until:%Y-%m-%d %H:%M %Z}; a third can be added after that, or when you end it with "
            "--retire-old. Nothing was changed.",
        )


def _vkey_on_disk(number: int) -> str:
    """The public key to the file of this number, as it is now."""
    seed = log_seed_of(installation().keys, number)
    if seed is None:
        raise _not_there(number)
    return note.Signer.from_seed(queries.log().origin, seed).vkey


def _not_there(number: int) -> Unavailable:
    return Unavailable(
        "log-key-missing",
        f"The file {installation().keys / log_key_name(number)} is missing or holds another key. Nothing was changed.",
    )


def _tell() -> None:
    """The policy names the log's keys."""
    queries.forget_policy()
    transaction.on_commit(queries.forget_policy)
