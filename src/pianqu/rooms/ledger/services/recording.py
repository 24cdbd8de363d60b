"""record: facts become entries in the same transaction as the change that they tell of.

Calls inside a verb collect. The outermost verb's last act writes them all: organisations in code order (so that two
transactions cannot wait for each other), chain rows locked as late and as briefly as can be, few statements whatever
their number.
"""

import secrets
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from zoneinfo import ZoneInfo

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import fetch, moment_value, run, uuid_value, vendor
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import Unit, unit
from pianqu.kernels import canonical
from pianqu.kernels.leaf import Leaf, commitment
from pianqu.rooms.ledger import sql
from pianqu.rooms.ledger.facts import PersonalDataRead

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


@dataclass(frozen=True, slots=True)
class _Prepared:
    payload: bytes
    salt: bytes
    commitment: str


@dataclass(slots=True)
class _Head:
    """The end of an organisation's chain, locked."""

    code: str
    counter: int
    leaf_hash: bytes


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
    if not basket:
        return
    pending = sorted(basket, key=attrgetter("organisation_code"))
    prepared = [_prepare(p) for p in pending]
    secrets_of = [
        (uuid_value(p.entry_id), sealed.payload, sealed.salt) for p, sealed in zip(pending, prepared, strict=True)
    ]
    for statement in sql.insert_secrets(secrets_of):
        run(statement)
    chains = _lock_chains(sorted({p.organisation_code for p in pending}))
    entries: list[tuple[Any, ...]] = []
    for code, group in groupby(zip(pending, prepared, strict=True), key=lambda pair: pair[0].organisation_code):
        entries += _append(chains[code], list(group))
    heads = [(head.code, head.counter, head.leaf_hash) for head in chains.values()]
    for statement in sql.append(vendor(), entries, heads):
        run(statement)


def _prepare(pending: _Pending) -> _Prepared:
    """All that can be computed before a lock is taken."""
    payload = canonical.encode(_envelope(pending))
    salt = secrets.token_bytes(32)
    return _Prepared(payload, salt, commitment(payload, salt))


def _who(actor: Actor) -> dict[str, object]:
    """A substitute is named with the post for which it acts; for all others nothing is said of it."""
    said: dict[str, object] = {"kind": actor.kind, "organisation": actor.organisation_code, "post": actor.post_id}
    return said | {"for": actor.for_post_id} if actor.for_post_id else said


def _envelope(pending: _Pending) -> dict[str, object]:
    fact, actor = pending.fact, pending.actor
    return {
        "actor": _who(actor),
        "at": pending.now.astimezone(UTC).isoformat(timespec="milliseconds"),
        "fact": fact.own_fields(),
        "id": str(pending.entry_id),
        "kind": fact.kind,
        "organisation": fact.organisation_code,
        "subject": fact.subject,
    }


def _lock_chains(codes: list[str]) -> dict[str, _Head]:
    held = _locked(codes)
    if len(held) < len(codes):
        run(sql.begin_chains(codes))
        held = _locked(codes)
    return held


def _locked(codes: list[str]) -> dict[str, _Head]:
    rows = fetch(sql.lock_chains(vendor(), codes))
    return {code: _Head(code, counter, bytes(leaf_hash)) for code, counter, leaf_hash in rows}


def _append(head: _Head, group: list[tuple[_Pending, _Prepared]]) -> list[tuple[Any, ...]]:
    """Rows of one organisation's entries, numbered and chained behind its head; the head moves on."""
    rows = []
    for pending, prepared in group:
        head.counter += 1
        leaf = Leaf(
            kind=pending.fact.kind,
            organisation_code=head.code,
            counter=head.counter,
            previous=head.leaf_hash,
            day=pending.now.astimezone(DAY_ZONE).date(),
            commitment=prepared.commitment,
        )
        raw = leaf.encode()
        head.leaf_hash = leaf.link(raw)
        rows.append(_row(pending, head.counter, raw))
    return rows


def _row(pending: _Pending, counter: int, raw: bytes) -> tuple[Any, ...]:
    """In the order of sql.ENTRY_COLUMNS."""
    fact = pending.fact
    entry_id, moment = uuid_value(pending.entry_id), moment_value(pending.now)
    return entry_id, fact.kind, fact.organisation_code, counter, fact.subject, raw, moment
