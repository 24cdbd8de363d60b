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
from pianqu.rooms.ledger.queries.sentences import NO_UNICODE, told
from pianqu.rooms.ledger.services.recording import record
from pianqu.rooms.ledger.services.sealing import open_own

MOST_FORKS = 1_000
MIRRORS = "ledger:mirrors"


@verb
def name_mirror(*, actor: Actor, name: str, vkey: str, url: str, now: datetime) -> int:
    """Compare with this mirror from now on. Raises Invalid for what is no name, key or address, Refused for a known
    one and for a witness's key: that witness's lines would pass for a copy."""
    try:
        key = Cosigner.from_vkey(vkey)
        check_new_name(key.name)
    except NoteError as error:
        raise Invalid(
            "mirror-key", _("This is not a mirror's public key: %(why)s.") % {"why": told(error.sentence)}
        ) from error
    if not name.strip() or len(name) > 80:
        raise Invalid("mirror-name", _("Please give the mirror a name of at most 80 letters."))
    if not is_address(url) or len(url) > 300:
        raise Invalid("mirror-address", _("The address of a mirror begins with https:// or http://."))
    if key.vkey in {one.witness.vkey for one in queries.policy().witnesses}:
        raise Refused(
            "mirror-witness",
            _("This is the key of a witness, which keeps no copy. A mirror shows its own key when it starts."),
        )
    if Mirror.objects.filter(vkey=key.vkey).exists():
        raise Refused("mirror-known", _("A mirror with this key is known already."))
    if Mirror.objects.filter(name=name.strip()).exists():
        raise Refused("mirror-name-taken", _("Another mirror has this name. Please give this one a name of its own."))
    row = Mirror.objects.create(name=name.strip(), vkey=key.vkey, url=url.rstrip("/"), since=now)
    record(
        [MirrorNamed(subject=MIRRORS, organisation_code=actor.organisation_code, vkey=key.told, url=row.url)],
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
    fact = MirrorDropped(
        subject=MIRRORS, organisation_code=actor.organisation_code, vkey=Cosigner.from_vkey(row.vkey).told
    )
    record([fact], actor=actor, now=now)
    row.delete()


@verb
def note_fork(*, actor: Actor, ours: str, theirs: str, shown_by: str, now: datetime) -> bool:
    """Keep two checkpoints that cannot both be true; answers whether they are new. Whoever shows them need not be believed:
    both have to carry this log's signature. Of one size they need two roots; of two sizes one of them has to be none of this
    log's own history, and is kept beside this log's own text.

    Raises Invalid where they prove nothing, or nothing yet.
    """
    one, other = _signed(ours), _signed(theirs)
    if one.size == other.size and one.root != other.root:
        return _keep_fork((ours, one), (theirs, other), actor=actor, shown_by=shown_by, now=now)
    for text, body in ((theirs, other), (ours, one)):
        own = _denies(body)
        if own is not None:
            return _keep_fork(own, (text, body), actor=actor, shown_by=shown_by, now=now)
    if max(one.size, other.size) > queries.sealed_size():
        raise Invalid(
            "fork-ahead",
            _(
                "One of these is about more entries than the ledger has now. Please keep both and show them again later."
            ),
        )
    raise Invalid("fork-none", _("These two do not contradict each other."))


@verb
def note_history(*, actor: Actor, theirs: str, shown_by: str, now: datetime) -> bool:
    """Keep a checkpoint that is none of this log's own history beside this log's own text; answers whether it is a fork.

    Raises Invalid for what this log has not signed.
    """
    body = _signed(theirs)
    own = _denies(body)
    if own is not None:
        _keep_fork(own, (theirs, body), actor=actor, shown_by=shown_by, now=now)
    return own is not None


def _denies(body: CheckpointBody) -> tuple[str, CheckpointBody] | None:
    """This log's own text beside which `body` cannot be true. None where it can, or where a disk does not let it be known:
    the root that is computed for its size has to be proven to be the beginning of what this log signed.
    """
    text = queries.signed_from(body.size)
    if not text or not body.size:
        return None
    try:
        _opened, own = open_own(text)
        root = queries.root_within(body.size, own)
    except (NoteError, LookupError, ValueError):
        return None
    return (text, own) if own.origin == body.origin and root != body.root else None


def _keep_fork(
    ours: tuple[str, CheckpointBody],
    theirs: tuple[str, CheckpointBody],
    *,
    actor: Actor,
    shown_by: str,
    now: datetime,
) -> bool:
    (here, one), (there, other) = ours, theirs
    digest = sha256("\n".join(sorted((one.encode(), other.encode()))).encode()).digest()
    if Fork.objects.filter(digest=digest).exists() or Fork.objects.count() >= MOST_FORKS:
        return False
    Fork.objects.create(digest=digest, size=other.size, ours=here, theirs=there, shown_by=shown_by[:80], found_at=now)
    fact = ForkFound(
        subject="ledger:forks",
        organisation_code=actor.organisation_code,
        size=other.size,
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
        why = told(error.sentence if isinstance(error, NoteError) else NO_UNICODE)
        raise Invalid(
            "fork-not-signed", _("This does not carry the ledger's signature: %(why)s.") % {"why": why}
        ) from error
    if body.origin != card.origin:
        raise Invalid("fork-not-signed", _("This is a checkpoint of another ledger."))
    return body
