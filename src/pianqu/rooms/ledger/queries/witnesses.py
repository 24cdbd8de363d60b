"""Witnesses: the policy in force, who has signed what, and what outsiders are shown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from django.utils.safestring import SafeString
from django.utils.translation import get_language

from pianqu.foundation.fresh import Fresh
from pianqu.foundation.installation import installation
from pianqu.foundation.markup import put
from pianqu.kernels import policy as policies
from pianqu.kernels.cosignature import Witness as Cosigner
from pianqu.kernels.note import Verifier
from pianqu.kernels.policy import KnownLog, KnownWitness
from pianqu.rooms.ledger.models import Checkpoint, Cosignature, Policy, Witness
from pianqu.rooms.ledger.queries.log import CheckpointCard, ended_logs, log, published

_HAN = re.compile("[\u3400-\u9fff]")
PUBLIC_PATH = "/open/ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCard:
    """The policy in force. Number 0 is that of a ledger for which none was adopted: it asks for no witness."""

    number: int
    rule: policies.Policy
    adopted_at: datetime | None = None

    @property
    def witnesses(self) -> tuple[KnownWitness, ...]:
        return self.rule.witnesses

    @property
    def asks_for_witnesses(self) -> bool:
        """Whether anything counts as witnessed only once somebody else has signed."""
        return self.rule.quorum != policies.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class WitnessCard:
    """How one witness of the policy stands."""

    name: str
    key_name: str
    """Keys of one name are one witness that signs with both."""
    kind: str
    vkey: str
    group: str
    url: str
    size: int
    stated_at: datetime | None
    heard_at: datetime | None
    trouble: str
    detail: str
    trouble_at: datetime | None
    behind: int
    """Published entries that it has not signed yet."""

    @property
    def told(self) -> str:
        """Its key where there is little room."""
        return Cosigner.from_vkey(self.vkey).told


def policy() -> PolicyCard:
    """The policy in force, kept for a few seconds; its log lines are all keys of this ledger, whatever the adopted text had."""
    return _policy()


def forget_policy() -> None:
    """Another one was adopted."""
    _policy.forget()


def _read() -> PolicyCard:
    card, url = log(), f"{installation().public_url}{PUBLIC_PATH}/"
    own = tuple(KnownLog(name=card.origin, verifier=key, url=url) for key in card.verifiers)
    row = Policy.objects.order_by("-id").first()
    if row is None:
        return PolicyCard(number=0, rule=policies.Policy(logs=own))
    return PolicyCard(number=row.pk, rule=replace(_parsed(row.text), logs=own), adopted_at=row.adopted_at)


_policy = Fresh(_read)


@lru_cache(maxsize=8)
def _parsed(text: str) -> policies.Policy:
    return policies.parse(text.encode())


def called(name: str) -> str:
    """What a witness, a group or a mirror is called in the reader's language, as far as the policy says it."""
    return (policy().rule.called(name) if (get_language() or "").startswith("en") else "") or name


def party(name: str) -> SafeString:
    """The same as markup that says which language it is in."""
    told = called(name)
    return put('<span dir="auto" lang="{}">{}</span>', "zh-CN" if _HAN.search(told) else "en", told)


def policy_text() -> str:
    """The policy in force as a file (C2SP tlog-policy), for everybody who checks receipts.

    Logs that have ended stand there too, each with a remark for people: their receipts still verify.
    """
    rule, url, over = policy().rule, f"{installation().public_url}{PUBLIC_PATH}/", ended_logs()
    ended = tuple(
        KnownLog(name=one.origin, verifier=Verifier.from_vkey(vkey), url=url) for one in over for vkey in one.vkeys
    )
    remarks = [f"# {one.origin} ended on {one.ended_at:%Y-%m-%d} and went on as {one.went_on_as}\n" for one in over]
    return "".join(remarks) + policies.write(replace(rule, logs=(*rule.logs, *ended)))


def witnesses() -> tuple[WitnessCard, ...]:
    """Every witness of the policy, in its order."""
    rule, shown = policy().rule, published()
    rows = Witness.objects.in_bulk([one.witness.vkey for one in rule.witnesses])
    groups = {member: group.name for group in rule.groups for member in group.members}
    groups |= {
        one: groups.get(party.name, "") for party in rule.groups if rule.is_one_party(party) for one in party.members
    }
    size = shown.size if shown else 0
    return tuple(
        _card(one, groups.get(one.name, ""), rows.get(one.witness.vkey) or Witness(vkey=one.witness.vkey), size)
        for one in rule.witnesses
    )


def _card(one: KnownWitness, group: str, row: Witness, size: int) -> WitnessCard:
    return WitnessCard(
        name=one.name,
        key_name=one.witness.name,
        kind=one.witness.kind.name,
        vkey=one.witness.vkey,
        group=group,
        url=one.url,
        size=row.size,
        stated_at=row.stated_at,
        heard_at=row.heard_at,
        trouble=row.trouble,
        detail=row.detail,
        trouble_at=row.trouble_at,
        behind=max(0, size - row.size),
    )


def witnessed() -> CheckpointCard | None:
    """The newest checkpoint that enough witnesses of the policy in force have signed."""
    number = policy().number
    row = Checkpoint.objects.filter(policy_id=number, witnessed_at__isnull=False).order_by("-size").first()
    return _with_lines(row) if row else None


def offered() -> CheckpointCard | None:
    """What outsiders are shown: the newest checkpoint for which the witnesses were asked, with what they signed.

    Nobody is asked where the policy names nobody; then it is what was published last.
    """
    shown = published()
    if shown is None or not policy().asks_for_witnesses:
        return with_cosignatures(shown) if shown else None
    row = Checkpoint.objects.filter(asked_at__isnull=False, size__lte=shown.size).order_by("-size").first()
    return _with_lines(row) if row else shown


def with_cosignatures(card: CheckpointCard) -> CheckpointCard:
    """The same checkpoint with the lines that are there by now."""
    if not policy().witnesses:
        return card
    row = Checkpoint.objects.filter(size=card.size).first()
    return _with_lines(row) if row is not None and bytes(row.root) == card.root else card


def cosigned_by(size: int) -> frozenset[str]:
    """Whose lines under the checkpoint of this size are there, by their names in the policy."""
    return frozenset(_names(_lines(size)))


def _with_lines(row: Checkpoint) -> CheckpointCard:
    lines = _lines(row.size)
    return CheckpointCard(
        size=row.size,
        root=bytes(row.root),
        text=row.note + "".join(line for _vkey, line in lines),
        witnesses=_names(lines),
        witnessed_at=row.witnessed_at if row.policy_id == policy().number else None,
    )


def _lines(size: int) -> list[tuple[str, str]]:
    """Verifier keys and lines under one checkpoint, of the policy's witnesses and in its order."""
    known = [one.witness.vkey for one in policy().witnesses]
    found = dict(Cosignature.objects.filter(checkpoint_id=size).values_list("vkey", "line"))
    return [(vkey, found[vkey]) for vkey in known if vkey in found]


def _names(lines: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    names = {one.witness.vkey: one.name for one in policy().witnesses}
    return tuple(names[vkey] for vkey, _line in lines)
