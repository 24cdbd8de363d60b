"""record: in the same transaction, numbered without gaps, chained, and only inside a verb."""

from collections.abc import Callable
from hashlib import sha256

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.verbs import verb
from pianqu.kernels.leaf import Leaf, commitment
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.models import Chain, Entry, Secret, Unsealed
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
