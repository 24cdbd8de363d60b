"""record: facts become entries in the same transaction as the change that they tell of.

Calls inside a verb collect. The outermost verb's last act writes them all: organisations in code order (so that two
transactions cannot wait for each other), chain rows locked as late and as briefly as can be, few statements whatever
their number.
"""

import os
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from json.encoder import encode_basestring as quoted
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pianqu.foundation.actor import Actor
from pianqu.foundation.db import fetch, moment_value, run, uuid_values, vendor
from pianqu.foundation.facts import Fact
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import Unit, unit
from pianqu.kernels import canonical
from pianqu.kernels.leaf import SALT_BYTES, Chain, commitment
from pianqu.rooms.ledger import sql
from pianqu.rooms.ledger.facts import PersonalDataRead

DAY_ZONE = ZoneInfo("Asia/Shanghai")
KEY = "ledger"


class Recorded(NamedTuple):
    """What the caller may keep at once; counter and position follow."""

    entry_id: uuid.UUID
    kind: str
    subject: str


class _Pending(NamedTuple):
    entry_id: uuid.UUID
    fact: Fact
    actor: Actor
    now: datetime


_Leaf = tuple[date, str]
"""Day and commitment."""


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
    told = sorted(basket, key=_chain_of)
    keys = uuid_values(one.entry_id for one in told)
    prepared = list(_prepare(told))
    secrets = [(key, payload, salt) for key, (payload, salt, _leaf) in zip(keys, prepared, strict=True)]
    for statement in sql.before_the_lock(vendor(), secrets):
        run(statement)
    chains = _lock_chains(sorted({_chain_of(one) for one in told}))
    entries = list(_append(told, keys, prepared, chains))
    heads = [(chain.organisation_code, chain.counter, chain.link) for chain in chains.values()]
    for statement in sql.append(vendor(), entries, heads, secrets):
        run(statement)


def _chain_of(pending: _Pending) -> str:
    return pending.fact.organisation_code


def _prepare(told: list[_Pending]) -> Iterator[tuple[bytes, bytes, _Leaf]]:
    """Payload, salt, and what the leaf says of them: all that can be computed before a lock is taken. What several facts share
    (who, when) is written once."""
    salts = os.urandom(SALT_BYTES * len(told))
    actor = now = None
    for place, (entry_id, fact, by, at) in zip(range(0, len(salts), SALT_BYTES), told, strict=True):
        if by is not actor or at is not now:
            actor, now = by, at
            head = f'{{"actor":{canonical.text(_who(by))},"at":"{_at(at)}","fact":'
            day = at.astimezone(DAY_ZONE).date()
        payload = (
            f'{head}{fact.own_text()},"id":"{entry_id}","kind":{quoted(fact.kind)},'
            f'"organisation":{quoted(fact.organisation_code)},"subject":{quoted(fact.subject)}}}'
        ).encode()
        salt = salts[place : place + SALT_BYTES]
        yield payload, salt, (day, commitment(payload, salt))


def _who(actor: Actor) -> dict[str, object]:
    """A substitute is named with the post for which it acts; for all others nothing is said of it."""
    said: dict[str, object] = {"kind": actor.kind, "organisation": actor.organisation_code, "post": actor.post_id}
    return said | {"for": actor.for_post_id} if actor.for_post_id else said


def _at(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds")


def _lock_chains(codes: list[str]) -> dict[str, Chain]:
    held = _locked(codes)
    if len(held) < len(codes):
        run(sql.begin_chains(codes))
        held = _locked(codes)
    return held


def _locked(codes: list[str]) -> dict[str, Chain]:
    rows = fetch(sql.lock_chains(vendor(), codes))
    return {code: Chain(code, counter, bytes(leaf_hash)) for code, counter, leaf_hash in rows}


def _append(
    told: list[_Pending], keys: list[Any], prepared: list[tuple[bytes, bytes, _Leaf]], chains: dict[str, Chain]
) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of sql.ENTRY_COLUMNS, numbered and chained behind their chains' heads, which move on."""
    now = moment = None
    for (_id, fact, _actor, at), key, (_payload, _salt, (day, commit)) in zip(told, keys, prepared, strict=True):
        if at is not now:
            now, moment = at, moment_value(at)
        kind, code = fact.kind, fact.organisation_code
        chain = chains[code]
        raw = chain.add(kind, day, commit)
        yield key, kind, code, chain.counter, fact.subject, raw, moment
