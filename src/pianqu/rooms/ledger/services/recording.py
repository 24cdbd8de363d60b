"""record: facts become entries in the same transaction as the change that they tell of.

Calls inside a verb collect. The outermost verb's last act writes them all: organisations in code order (so that two
transactions cannot wait for each other), one chain row locked per organisation, four bulk inserts whatever their number.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from zoneinfo import ZoneInfo

from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import Unit, unit
from pianqu.kernels import canonical
from pianqu.kernels.leaf import Leaf, commitment
from pianqu.rooms.ledger.facts import PersonalDataRead
from pianqu.rooms.ledger.models import Chain, Entry, Secret, Unsealed

DAY_ZONE = ZoneInfo("Asia/Shanghai")
KEY = "ledger"


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the caller may keep at once; counter and position follow."""

    entry_id: uuid.UUID
    kind: str
    subject: str


@dataclass(frozen=True, slots=True)
class _Pending:
    entry_id: uuid.UUID
    fact: Fact
    actor: Actor
    now: datetime

    @property
    def organisation_code(self) -> str:
        return self.fact.organisation_code


def record(facts: Sequence[Fact], *, actor: Actor, now: datetime) -> tuple[Recorded, ...]:
    """Promise that the facts are in the ledger if and only if the running verb commits.

    `now` is an aware moment. Raises RuntimeError outside of a verb.
    """
    if now.tzinfo is None:
        raise ValueError("now needs its time zone")
    pending = [_Pending(new_id(), fact, actor, now) for fact in facts]
    _basket(unit()).extend(pending)
    return tuple(Recorded(p.entry_id, p.fact.kind, p.fact.subject) for p in pending)


def record_access(*, actor: Actor, subject: str, purpose: str, fields: tuple[str, ...], now: datetime) -> Recorded:
    """Leave a trace that `actor` read these protected fields of the subject's person, and why (in a verb)."""
    fact = PersonalDataRead(subject=subject, organisation_code=actor.organisation_code, purpose=purpose, fields=fields)
    return record([fact], actor=actor, now=now)[0]


def _basket(current: Unit) -> list[_Pending]:
    """The running unit's facts; the first call registers the flush."""
    basket = getattr(current, "_ledger_basket", None)
    if basket is None:
        basket = []
        current._ledger_basket = basket  # type: ignore[attr-defined]
        current.before_commit(KEY, lambda: _flush(basket))
    return basket


def _flush(basket: list[_Pending]) -> None:
    pending = sorted(basket, key=attrgetter("organisation_code"))
    prepared = [_prepare(p) for p in pending]
    chains = _lock_chains(sorted({p.organisation_code for p in pending}))
    entries: list[Entry] = []
    for code, group in groupby(zip(pending, prepared, strict=True), key=lambda pair: pair[0].organisation_code):
        entries += _append(chains[code], list(group))
    Entry.objects.bulk_create(entries)
    Secret.objects.bulk_create(
        Secret(entry_id=p.entry_id, payload=payload, salt=salt)
        for p, (payload, salt, _) in zip(pending, prepared, strict=True)
    )
    Unsealed.objects.bulk_create(Unsealed(entry_id=entry.id) for entry in entries)
    Chain.objects.bulk_update(chains.values(), ["counter", "leaf_hash"])


def _prepare(pending: _Pending) -> tuple[bytes, bytes, str]:
    """Payload, salt and commitment: all that can be computed before a lock is taken."""
    payload = canonical.encode(_envelope(pending))
    salt = secrets.token_bytes(32)
    return payload, salt, commitment(payload, salt)


def _envelope(pending: _Pending) -> dict[str, object]:
    fact, actor = pending.fact, pending.actor
    return {
        "actor": {"kind": actor.kind, "organisation": actor.organisation_code, "post": actor.post_id},
        "at": pending.now.astimezone(UTC).isoformat(timespec="milliseconds"),
        "fact": fact.own_fields(),
        "id": str(pending.entry_id),
        "kind": fact.kind,
        "organisation": fact.organisation_code,
        "subject": fact.subject,
    }


def _lock_chains(codes: list[str]) -> dict[str, Chain]:
    held = {c.organisation_code: c for c in _locked(codes)}
    if len(held) < len(codes):
        Chain.objects.bulk_create([Chain(organisation_code=code) for code in codes], ignore_conflicts=True)
        held = {c.organisation_code: c for c in _locked(codes)}
    return held


def _locked(codes: list[str]) -> list[Chain]:
    return list(Chain.objects.select_for_update().filter(organisation_code__in=codes).order_by("organisation_code"))


def _append(chain: Chain, group: list[tuple[_Pending, tuple[bytes, bytes, str]]]) -> list[Entry]:
    """Entries of one organisation, numbered and chained behind its head; the head moves on."""
    entries = []
    for pending, (_, _, committed) in group:
        chain.counter += 1
        leaf = Leaf(
            kind=pending.fact.kind,
            organisation_code=chain.organisation_code,
            counter=chain.counter,
            previous=bytes(chain.leaf_hash),
            day=pending.now.astimezone(DAY_ZONE).date(),
            commitment=committed,
        )
        raw = leaf.encode()
        chain.leaf_hash = leaf.link(raw)
        entries.append(_entry(pending, chain.counter, raw))
    return entries


def _entry(pending: _Pending, counter: int, raw: bytes) -> Entry:
    return Entry(
        id=pending.entry_id,
        kind=pending.fact.kind,
        organisation_code=pending.organisation_code,
        counter=counter,
        subject=pending.fact.subject,
        leaf=raw,
        recorded_at=pending.now,
    )
