"""One answer per key."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pianqu.foundation.errors import Invalid, Refused
from pianqu.foundation.idempotency import answer_once
from pianqu.foundation.models import IdempotencyKey
from pianqu.foundation.verbs import verb

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@verb
def ask(*, act: Callable[[], str], key: str = "k1", fingerprint: str = "same", scope: str = "test") -> str:
    return answer_once(scope=scope, key=key, fingerprint=fingerprint, now=NOW, act=act)


def forbidden() -> str:
    raise AssertionError("acted twice")


def test_the_first_answer_is_given_again() -> None:
    assert ask(act=lambda: "first") == "first"
    assert ask(act=forbidden) == "first"
    assert ask(act=lambda: "another", key="k2") == "another"
    assert ask(act=lambda: "elsewhere", scope="other") == "elsewhere"


def test_the_same_key_with_other_content_is_told() -> None:
    ask(act=lambda: "first")
    with pytest.raises(Invalid) as refusal:
        ask(act=forbidden, fingerprint="other")
    assert (refusal.value.code, refusal.value.status) == ("idempotency-key-reused", 422)


def test_what_failed_leaves_the_key_free() -> None:
    def refuse() -> str:
        raise Refused("no")

    with pytest.raises(Refused):
        ask(act=refuse)
    assert not IdempotencyKey.objects.exists()
    assert ask(act=lambda: "second try") == "second try"


@pytest.mark.parametrize("key", ["", "x" * 65, "a\x00b"])
def test_a_key_that_is_none_is_told(key: str) -> None:
    with pytest.raises(Invalid):
        ask(act=forbidden, key=key)
