"""adopt_policy names the witnesses; keep writes down what they answered, in one transaction for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import transaction
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.posting import is_address
from pianqu.foundation.verbs import verb
from pianqu.kernels import policy as policies
from pianqu.kernels.cosignature import unsupported
from pianqu.kernels.leaf import b64
from pianqu.kernels.note import MOST_NAME, NoteError, check_new_name
from pianqu.kernels.policy import Policy as Rule
from pianqu.kernels.policy import PolicyError
from pianqu.rooms.ledger import queries
from pianqu.rooms.ledger.facts import PolicyAdopted
from pianqu.rooms.ledger.models import Checkpoint, Cosignature, Policy, Witness
from pianqu.rooms.ledger.queries.sentences import LONG_NAME, NO_CHARACTER, told
from pianqu.rooms.ledger.services.recording import record

SUBJECT = "ledger:policy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What came of asking one witness. With a line it signed; `trouble` (Witness.TROUBLES) says what is wrong."""

    vkey: str
    size: int | None = None
    """How far it has signed, as far as is known now; None where that is as it was."""
    line: str = ""
    stated_at: datetime | None = None
    trouble: str = ""
    detail: str = ""


@verb
def adopt_policy(*, actor: Actor, text: str, now: datetime) -> int:
    """Put a policy (C2SP tlog-policy) in force; answers its number. Log lines may be left out: they are this ledger's keys.

    Raises Invalid for what is no policy, for lines of other logs only, for witnesses that cannot be asked.
    """
    rule = _checked(text)
    row = Policy.objects.create(text=text, adopted_at=now)
    fact = PolicyAdopted(
        subject=SUBJECT,
        organisation_code=actor.organisation_code,
        policy=row.pk,
        digest=b64(sha256(text.encode()).digest()),
        witnesses=tuple(one.witness.told for one in rule.witnesses),
        quorum=rule.quorum,
    )
    record([fact], actor=actor, now=now)
    queries.forget_policy()
    transaction.on_commit(queries.forget_policy)  # what was asked meanwhile may have kept the one before
    return row.pk


def _checked(text: str) -> Rule:
    try:
        rule = policies.parse(_octets(text))
        _check_names(rule)
    except (PolicyError, NoteError) as error:
        raise Invalid(
            "policy-unreadable", _("This is not a policy: %(why)s.") % {"why": told(error.sentence)}
        ) from error
    own = queries.log()
    if rule.logs and not {one.verifier.vkey for one in rule.logs} & set(own.vkeys):
        raise Invalid(
            "policy-of-another-ledger",
            _("This policy is about other ledgers: the key %(key)s is not in it.") % {"key": own.vkey},
        )
    for one in rule.witnesses:
        if not one.witness.kind.is_known_here():
            raise Invalid(
                "policy-kind",
                _("%(name)s signs with a key that this machine cannot check: %(why)s. The policy was not put in force.")
                % {"name": one.name[:80], "why": told(unsupported(one.witness.kind).sentence)},
            )
        if one.url and not is_address(one.url):
            raise Invalid(
                "policy-address",
                _("The address of %(name)s has to begin with https:// or http://.") % {"name": one.name},
            )
    return rule


def _octets(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise PolicyError(NO_CHARACTER, number=error.start + 1) from error


def _check_names(rule: Rule) -> None:
    """Raises PolicyError, NoteError."""
    for name in [*(log.verifier.name for log in rule.logs), *(one.witness.name for one in rule.witnesses)]:
        check_new_name(name)
    for name in rule.names:
        if len(name.encode()) > MOST_NAME:
            raise PolicyError(LONG_NAME, name=name[:40], most=MOST_NAME)


def keep(
    *,
    size: int | None,
    heard: Sequence[Answered],
    now: datetime,
    all_asked: bool = False,
    quorum_of: int | None = None,
) -> None:
    """Write down what the witnesses answered about the checkpoint of `size`; None where this log has none of their size.

    `quorum_of` is the number of the policy whose quorum was reached: it may no longer be the one in force. That all were
    asked, and that the quorum was reached, is written once.
    """
    with transaction.atomic():
        for one in heard:
            _keep(size, one, now)
        mine = Checkpoint.objects.filter(size=-1 if size is None else size)
        if all_asked:
            mine.filter(asked_at=None).update(asked_at=now)
        if quorum_of is not None:
            mine.exclude(policy_id=quorum_of).update(witnessed_at=now, policy_id=quorum_of)


def _readable(words: str) -> str:
    """What somebody else said, as any table and page can hold it."""
    return "".join(sign if sign.isprintable() else " " for sign in words[:200])


def _keep(size: int | None, one: Answered, now: datetime) -> None:
    if size is not None and one.line and one.stated_at is not None:
        Cosignature.objects.bulk_create(
            [Cosignature(checkpoint_id=size, vkey=one.vkey, line=one.line, stated_at=one.stated_at)],
            update_conflicts=True,
            unique_fields=["checkpoint", "vkey"],
            update_fields=["line", "stated_at"],
        )
    row, _made = Witness.objects.get_or_create(vkey=one.vkey)
    if one.size is not None:
        row.size = one.size
    if one.line:
        row.stated_at, row.heard_at = one.stated_at, now
    if one.trouble and not row.trouble:
        row.trouble_at = now
    if not one.trouble:
        row.trouble_at = None
    row.trouble, row.detail = one.trouble, _readable(one.detail)
    row.save()
