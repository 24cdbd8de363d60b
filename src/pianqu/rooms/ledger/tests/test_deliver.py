"""deliver, replay, erase: every fact once and in order, across failures of the reader."""

from collections.abc import Sequence

import pytest
from django.db import DatabaseError, transaction

from pianqu.foundation.errors import Absent, Refused
from pianqu.foundation.ids import new_id
from pianqu.rooms.ledger import queries, services
from pianqu.rooms.ledger.models import Cursor, Entry, Secret
from pianqu.rooms.ledger.services import Heard, Pages
from pianqu.rooms.ledger.services.delivering import KEPT
from pianqu.rooms.ledger.tests.builders import NOW, SYSTEM, Noted, SeenPerson, note_down, noted, sealed

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(heard: Sequence[Heard]) -> list[int]:
    return [item.fact.number for item in heard if isinstance(item.fact, Noted)]


def test_facts_are_heard_once_and_in_order() -> None:
    sealed(*[noted(n) for n in range(25)])
    got: list[int] = []
    while services.deliver(reader="r", to=lambda heard: got.extend(numbers(heard)), page=10):
        pass
    assert got == list(range(25))
    assert services.deliver(reader="r", to=lambda heard: got.extend(numbers(heard))) == 0


def test_a_reader_that_fails_hears_the_page_again() -> None:
    sealed(*[noted(n) for n in range(5)])

    def fails(_: Sequence[Heard]) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        services.deliver(reader="r", to=fails)
    got: list[int] = []
    services.deliver(reader="r", to=lambda heard: got.extend(numbers(heard)))
    assert got == [0, 1, 2, 3, 4]


def test_readers_have_cursors_of_their_own_and_replay_begins_anew() -> None:
    sealed(noted(1))
    first: list[int] = []
    services.deliver(reader="a", to=lambda heard: first.extend(numbers(heard)))
    assert not Cursor.objects.filter(reader="b").exists()
    services.replay(reader="a", forget=first.clear)
    services.deliver(reader="a", to=lambda heard: first.extend(numbers(heard)))
    assert first == [1]


def test_readers_share_pages_and_hear_what_came_since() -> None:
    sealed(*[noted(n) for n in range(7)])
    pages, got = Pages(), dict[str, list[int]](a=[], b=[])

    def hear(reader: str) -> int:
        return services.deliver(reader=reader, to=lambda heard: got[reader].extend(numbers(heard)), page=5, pages=pages)

    assert [hear("a"), hear("b"), hear("a"), hear("b")] == [5, 5, 2, 2]
    note_down(noted(7))
    services.seal(now=NOW)
    assert [hear("a"), hear("b"), hear("a")] == [1, 1, 0]
    assert got["a"] == got["b"] == list(range(8))


def test_pages_that_are_forgotten_know_of_an_erasure() -> None:
    person = sealed(SeenPerson(subject="person:1", organisation_code="330205"))[0]
    pages = Pages()
    assert not pages.page(0, 5)[0].erased
    services.erase(actor=SYSTEM, entry_id=person.entry_id, reason="asked by the person", now=NOW)
    pages.forget()
    assert pages.page(0, 5)[0].erased


def test_only_a_few_pages_are_kept() -> None:
    sealed(*[noted(n) for n in range(40)])
    pages = Pages()
    read = [len(pages.page(first, 1)) for first in range(40)]
    assert read == [1] * 40 and len(pages._kept) == KEPT


def test_erasure_destroys_payload_and_salt_and_is_recorded() -> None:
    person, other = sealed(SeenPerson(subject="person:1", organisation_code="330205"), noted(1))
    services.erase(actor=SYSTEM, entry_id=person.entry_id, reason="asked by the person", now=NOW)
    services.seal(now=NOW)
    assert not Secret.objects.filter(entry_id=person.entry_id).exists()
    assert Entry.objects.filter(id=person.entry_id).exists()
    kinds = [item.kind for item in queries.history("person:1")]
    assert kinds == ["tests.person-seen", "ledger.entry-erased"]
    heard: list[Heard] = []
    services.deliver(reader="r", to=heard.extend)
    assert [item.erased for item in heard] == [True, False, False]
    assert heard[0].fact is None
    assert queries.receipt_for(person.entry_id).text is None
    with pytest.raises(Refused):
        services.erase(actor=SYSTEM, entry_id=person.entry_id, reason="again", now=NOW)
    with pytest.raises(Refused):
        services.erase(actor=SYSTEM, entry_id=other.entry_id, reason="not about a person", now=NOW)
    with pytest.raises(Absent):
        services.erase(actor=SYSTEM, entry_id=new_id(), reason="unknown", now=NOW)


def test_a_secret_goes_by_the_erase_verb_only() -> None:
    sealed(SeenPerson(subject="person:1", organisation_code="330205"))
    with pytest.raises(DatabaseError), transaction.atomic():
        Secret.objects.all().delete()
