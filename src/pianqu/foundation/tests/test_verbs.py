"""A rehearsal answers and refuses as the act itself would, and keeps nothing."""

from datetime import UTC, datetime

import pytest
from django.db import transaction

from pianqu.foundation.models import IdempotencyKey
from pianqu.foundation.verbs import rehearsed, unit, verb

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)
DONE: list[str] = []


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    DONE.clear()


@verb
def write(key: str, *, fails: bool = False) -> str:
    IdempotencyKey.objects.create(scope="test", key=key, fingerprint="x", answer=key, created_at=NOW)
    unit().before_commit("tell", lambda: DONE.append(f"last act of {key}"))
    transaction.on_commit(lambda: DONE.append(f"after {key}"))
    if fails:
        raise ZeroDivisionError
    return key


def test_it_answers_and_keeps_neither_rows_nor_last_acts() -> None:
    assert rehearsed(lambda: write("a")) == "a"
    assert not IdempotencyKey.objects.exists()
    assert DONE == []
    assert write("a") == "a"
    assert DONE == ["last act of a", "after a"]


def test_what_the_act_raises_is_raised_and_the_next_verb_is_whole() -> None:
    with pytest.raises(ZeroDivisionError):
        rehearsed(lambda: write("a", fails=True))
    write("b")
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["b"]
    with pytest.raises(RuntimeError):
        unit()


def test_two_acts_of_one_rehearsal_see_each_other() -> None:
    @verb
    def count() -> int:
        return IdempotencyKey.objects.count()

    assert rehearsed(lambda: (write("a"), count())) == ("a", 1)
    assert count() == 0


def test_it_takes_back_only_its_own_within_an_open_transaction() -> None:
    with transaction.atomic():
        write("kept")
        rehearsed(lambda: write("a"))
    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["kept"]


def test_a_verb_cannot_rehearse() -> None:
    @verb
    def tries() -> None:
        rehearsed(lambda: write("a"))

    with pytest.raises(RuntimeError, match="cannot rehearse"):
        tries()
