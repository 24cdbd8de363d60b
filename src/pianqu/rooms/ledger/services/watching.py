"""Mirrors are named and dropped; a fork that somebody shows is kept with its evidence."""

from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.posting import is_address
from pianqu.foundation.verbs import verb
from pianqu.kernels.cosignature import Witness as Cosigner
from pianqu.kernels.leaf import b64
from pianqu.kernels.note import CheckpointBody, NoteError, check_new_name
from pianqu.rooms.ledger import queries
from pianqu.rooms.ledger.facts import ForkFound, MirrorDropped, MirrorNamed
from pianqu.rooms.ledger.models import Fork, Mirror
from pianqu.rooms.ledger.services.recording import record
from pianqu.rooms.ledger.services.sealing import open_own

MOST_FORKS = 1_000
MIRRORS = "ledger:mirrors"


@verb
def name_mirror(*, actor: Actor, name: str, vkey: str, url: str, now: datetime) -> int:
    """Compare with this mirror from now on. Raises Invalid for what is no name, key or address, Refused for a known key."""
    try:
        read = Cosigner.from_vkey(vkey)
        check_new_name(read.name)
        key = read.vkey
    except NoteError as error:
        raise Invalid("mirror-key", _("This is not a mirror's public key: %(why)s.") % {"why": error}) from error
    if not name.strip() or len(name) > 80:
        raise Invalid("mirror-name", _("Please give the mirror a name of at most 80 letters."))
    if not is_address(url) or len(url) > 300:
        raise Invalid("mirror-address", _("The address of a mirror begins with https:// or http://."))
    if Mirror.objects.filter(vkey=key).exists():
        raise Refused("mirror-known", _("A mirror with this key is known already."))
    row = Mirror.objects.create(name=name.strip(), vkey=key, url=url.rstrip("/"), since=now)
    record(
        [MirrorNamed(subject=MIRRORS, organisation_code=actor.organisation_code, vkey=key, url=row.url)],
        actor=actor,
        now=now,
    )
    return row.pk


@verb
def drop_mirror(*, actor: Actor, mirror: int, now: datetime) -> None:
    """Compare no longer. Raises Absent."""
    row = Mirror.objects.filter(id=mirror).first()
    if row is None:
        raise Absent("mirror-unknown", _("There is no such mirror."))
    fact = MirrorDropped(subject=MIRRORS, organisation_code=actor.organisation_code, vkey=row.vkey)
    record([fact], actor=actor, now=now)
    row.delete()


@verb
def note_fork(*, actor: Actor, ours: str, theirs: str, shown_by: str, now: datetime) -> bool:
    """Keep two checkpoints that cannot both be true; answers whether they are new. Whoever shows them need not be believed:
    both have to carry this log's signature, one size and two roots.

    Raises Invalid where they prove nothing.
    """
    one, other = _signed(ours), _signed(theirs)
    if one.size != other.size or one.root == other.root:
        raise Invalid("fork-none", _("These two do not contradict each other."))
    digest = sha256("\n".join(sorted((one.encode(), other.encode()))).encode()).digest()
    if Fork.objects.filter(digest=digest).exists() or Fork.objects.count() >= MOST_FORKS:
        return False
    Fork.objects.create(digest=digest, size=one.size, ours=ours, theirs=theirs, shown_by=shown_by[:80], found_at=now)
    fact = ForkFound(
        subject="ledger:forks",
        organisation_code=actor.organisation_code,
        size=one.size,
        digest=b64(digest),
        shown_by=shown_by[:80],
    )
    record([fact], actor=actor, now=now)
    transaction.on_commit(sound_the_alarm)
    return True


def sound_the_alarm() -> None:
    """Every page tells of it from now on, until the log that has two histories has ended."""
    if not queries.forks_of_this_log():
        queries.alarm_file().unlink(missing_ok=True)
    else:
        queries.alarm_file().parent.mkdir(parents=True, exist_ok=True)
        queries.alarm_file().touch()


def _signed(text: str) -> CheckpointBody:
    card = queries.log()
    try:
        text.encode()  # a stranger's line may hold what no table does
        _opened, body = open_own(text)
    except (NoteError, UnicodeEncodeError) as error:
        raise Invalid(
            "fork-not-signed", _("This does not carry the ledger's signature: %(why)s.") % {"why": error}
        ) from error
    if body.origin != card.origin:
        raise Invalid("fork-not-signed", _("This is a checkpoint of another ledger."))
    return body
