"""record: in the same transaction, numbered without gaps, chained, and only inside a verb."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any, ClassVar

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.facts import Fact
from pianqu.foundation.verbs import verb
from pianqu.kernels import canonical
from pianqu.kernels.leaf import Leaf, commitment
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.models import Chain, Entry, Secret, Unsealed
from pianqu.rooms.ledger.sql import COPIED
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, note_down, noted

pytestmark = pytest.mark.django_db(transaction=True)


def test_facts_become_chained_entries() -> None:
    note_down(noted(1), noted(2))
    note_down(noted(3))
    entries = list(Entry.objects.order_by("counter"))
    leaves = [Leaf.decode(bytes(entry.leaf)) for entry in entries]
    assert [leaf.counter for leaf in leaves] == [1, 2, 3]
    assert leaves[0].previous == b""
    for before, after in zip(entries, leaves[1:], strict=False):
        assert after.previous == sha256(bytes(before.leaf)).digest()
    for entry, leaf in zip(entries, leaves, strict=True):
        secret = Secret.objects.get(entry=entry)
        assert leaf.commitment == commitment(bytes(secret.payload), bytes(secret.salt))
    assert Unsealed.objects.count() == 3


@dataclass(frozen=True, kw_only=True)
class Part:
    name: str
    numbers: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ManyParts(Fact):
    """A fact with everything that a fact can hold."""

    kind: ClassVar[str] = "tests.many-parts"

    words: str = '引号" 反斜\\ 换行\n \U0001f600 100%'
    none: str | None = None
    sure: bool = True
    count: int = -7
    codes: tuple[str, ...] = ("a", "乙")
    parts: tuple[Part, ...] = (Part(name="x", numbers=(1, 2)),)


@pytest.mark.parametrize("many", [1, COPIED - 1, COPIED])
def test_payloads_are_the_canonical_form_of_what_was_told(many: int) -> None:
    """One row, rows in arrays, rows that are copied."""
    clerk = Actor(kind="post", post_id="p1", organisation_code="330205", for_post_id="p2")
    facts = [ManyParts(subject="主体:1", organisation_code="a" if n % 2 else "b", count=n) for n in range(many)]

    @verb
    def tell() -> tuple[services.Recorded, ...]:
        return services.record(facts, actor=clerk, now=NOW)

    services.create_log(now=NOW)
    recorded = tell()
    secrets = Secret.objects.in_bulk([one.entry_id for one in recorded])
    for fact, one in zip(facts, recorded, strict=True):
        payload = bytes(secrets[one.entry_id].payload)
        told = json.loads(payload)
        assert canonical.encode(told) == payload
        assert told == {
            "actor": {"kind": "post", "organisation": "330205", "post": "p1", "for": "p2"},
            "at": "2026-11-23T09:30:00.000+00:00",
            "fact": json.loads(canonical.encode(fact.own_fields())),
            "id": str(one.entry_id),
            "kind": "tests.many-parts",
            "organisation": fact.organisation_code,
            "subject": "主体:1",
        }
    assert len({bytes(secret.salt) for secret in secrets.values()}) == many
    assert services.seal(now=NOW) == many
    assert list(queries.audit()) == []


def test_facts_of_several_actors_and_moments_keep_their_own() -> None:
    other = Actor(kind="post", post_id="p9", organisation_code="x")

    @verb
    def tell() -> None:
        services.record([noted(1)], actor=SYSTEM, now=NOW)
        services.record([noted(2)], actor=other, now=NOW)
        services.record([noted(3)], actor=other, now=NOW + timedelta(days=1))

    tell()
    found = [(item.fact["number"], item.actor["post"], item.at) for item in queries.history("thing:1")]
    assert found == [(1, None, NOW), (2, "p9", NOW), (3, "p9", NOW + timedelta(days=1))]
    days = [Leaf.decode(bytes(entry.leaf)).day for entry in Entry.objects.order_by("counter")]
    assert days[2] - days[0] == timedelta(days=1)


def test_what_no_fact_can_hold_is_refused_and_nothing_is_kept() -> None:
    bad: Any = 1.5
    with pytest.raises(TypeError):
        note_down(noted(1), noted(bad))
    assert not Entry.objects.exists() and not Secret.objects.exists()


def test_organisations_are_chained_apart_whatever_the_order_of_the_facts() -> None:
    note_down(noted(1, organisation="b"), noted(2, organisation="a"), noted(3, organisation="b"))
    assert {c.organisation_code: c.counter for c in Chain.objects.all()} == {"a": 1, "b": 2}


def test_nothing_is_recorded_when_the_verb_fails() -> None:
    @verb
    def fails() -> None:
        services.record([noted()], actor=SYSTEM, now=NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert not Entry.objects.exists()
    note_down(noted())
    assert Entry.objects.get().counter == 1


def test_verbs_inside_verbs_flush_once_in_order() -> None:
    @verb
    def outer() -> None:
        services.record([noted(1)], actor=SYSTEM, now=NOW)
        note_down(noted(2))
        services.record([noted(3)], actor=SYSTEM, now=NOW)
        assert not Entry.objects.exists()

    outer()
    assert [item.fact["number"] for item in queries.history("thing:1")] == [1, 2, 3]


def test_outside_of_a_verb_it_is_refused() -> None:
    with pytest.raises(RuntimeError, match="verb"):
        services.record([noted()], actor=SYSTEM, now=NOW)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        note_down(noted(), now=NOW.replace(tzinfo=None))


def test_statements_do_not_grow_with_facts() -> None:
    note_down(noted())
    counts = []
    for facts in (1, 20, 200):
        with CaptureQueriesContext(connection) as seen:
            note_down(*[noted(n) for n in range(facts)])
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 7  # BEGIN, secrets, lock, entries, queue, chain, COMMIT
    assert counts[2] <= counts[1]  # by COPY on PostgreSQL, which is not among them


def test_reading_protected_fields_leaves_a_record() -> None:
    reader = Actor(kind="post", post_id="p1", organisation_code="330205")

    @verb
    def look() -> None:
        services.record_access(actor=reader, subject="case:1", purpose="call back", fields=("contact",), now=NOW)

    look()
    item = queries.history("case:1")[0]
    assert (item.kind, item.fact["purpose"], item.actor["post"]) == ("ledger.personal-data-read", "call back", "p1")


@pytest.mark.parametrize(
    "change",
    [
        lambda: Entry.objects.update(kind="tests.other"),
        lambda: Entry.objects.all()._raw_delete("default"),
        lambda: Secret.objects.update(payload=b"{}"),
        lambda: Secret.objects.all().delete(),
    ],
    ids=["change entry", "remove entry", "change secret", "remove secret"],
)
def test_what_is_recorded_cannot_be_changed_or_removed(change: Callable[[], object]) -> None:
    note_down(noted())
    before = (list(Entry.objects.values()), list(Secret.objects.values()))
    with pytest.raises(DatabaseError), transaction.atomic():
        change()
    assert (list(Entry.objects.values()), list(Secret.objects.values())) == before
