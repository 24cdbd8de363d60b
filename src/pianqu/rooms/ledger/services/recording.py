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
from operator import attrgetter
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


class _Prepared(NamedTuple):
    """All of an entry that needs no lock."""

    code: str
    kind: str
    subject: str
    entry_id: uuid.UUID
    moment: Any
    day: date
    payload: bytes
    salt: bytes
    commitment: str


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
    prepared = sorted(_prepare(basket), key=attrgetter("code"))
    ids = uuid_values(one.entry_id for one in prepared)
    secrets = [(key, one.payload, one.salt) for key, one in zip(ids, prepared, strict=True)]
    codes = sorted({one.code for one in prepared})
    for statement in sql.before_the_lock(vendor(), secrets):
        run(statement)
    chains = _lock_chains(codes)
    entries = [_row(key, one, chains[one.code]) for key, one in zip(ids, prepared, strict=True)]
    heads = [(chain.organisation_code, chain.counter, chain.link) for chain in chains.values()]
    for statement in sql.append(vendor(), entries, heads, secrets):
        run(statement)


def _prepare(basket: list[_Pending]) -> Iterator[_Prepared]:
    """All that can be computed before a lock is taken. What several facts share (who, when) is written once."""
    salts = os.urandom(SALT_BYTES * len(basket))
    actor = now = None
    for number, (entry_id, fact, by, at) in enumerate(basket):
        if by is not actor or at is not now:
            actor, now = by, at
            head = f'{{"actor":{canonical.text(_who(by))},"at":"{_at(at)}","fact":'
            moment, day = moment_value(at), at.astimezone(DAY_ZONE).date()
        code, kind, subject = fact.organisation_code, fact.kind, fact.subject
        payload = (
            f'{head}{fact.own_text()},"id":"{entry_id}","kind":{quoted(kind)},'
            f'"organisation":{quoted(code)},"subject":{quoted(subject)}}}'
        ).encode()
        salt = salts[number * SALT_BYTES : (number + 1) * SALT_BYTES]
        yield _Prepared(code, kind, subject, entry_id, moment, day, payload, salt, commitment(payload, salt))


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


def _row(key: Any, one: _Prepared, chain: Chain) -> tuple[Any, ...]:
    """In the order of sql.ENTRY_COLUMNS, numbered and chained behind the chain's head, which moves on."""
    raw = chain.add(one.kind, one.day, one.commitment)
    return key, one.kind, one.code, chain.counter, one.subject, raw, one.moment
