"""Wrong tries: the fifth within an hour locks for an hour; parties stay unknown."""

from datetime import UTC, datetime, timedelta

import pytest

from pianqu.foundation import throttle
from pianqu.foundation.errors import TooMany
from pianqu.foundation.models import Attempt

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.django_db


def wrong(times: int, at: datetime = NOW, party: str = "192.0.2.1", scope: str = "test") -> None:
    for _time in range(times):
        throttle.check_open(scope=scope, party=party, now=at)
        throttle.count_wrong(scope=scope, party=party, now=at)


def is_locked(at: datetime, party: str = "192.0.2.1", scope: str = "test") -> bool:
    try:
        throttle.check_open(scope=scope, party=party, now=at)
    except TooMany:
        return True
    return False


def test_the_fifth_wrong_try_locks_for_an_hour() -> None:
    wrong(4)
    assert not is_locked(NOW)
    wrong(1)
    assert is_locked(NOW) and is_locked(NOW + 59 * MINUTE) and not is_locked(NOW + 61 * MINUTE)
    wrong(4, at=NOW + 61 * MINUTE)
    assert not is_locked(NOW + 61 * MINUTE)


def test_an_address_is_allowed_more() -> None:
    for _time in range(throttle.ADDRESS_TRIES - 1):
        throttle.count_wrong(scope="test", party="192.0.2.1", now=NOW, tries=throttle.ADDRESS_TRIES)
    assert not is_locked(NOW)
    throttle.count_wrong(scope="test", party="192.0.2.1", now=NOW, tries=throttle.ADDRESS_TRIES)
    assert is_locked(NOW) and is_locked(NOW + 59 * MINUTE) and not is_locked(NOW + 61 * MINUTE)


def test_tries_of_another_hour_party_or_scope_do_not_count() -> None:
    wrong(4)
    wrong(4, party="192.0.2.2")
    wrong(4, scope="other")
    wrong(4, at=NOW + 61 * MINUTE)
    assert not any((is_locked(NOW + 62 * MINUTE), is_locked(NOW, "192.0.2.2"), is_locked(NOW, scope="other")))


def test_a_right_try_forgets_the_wrong_ones() -> None:
    wrong(4)
    throttle.forgive(scope="test", party="192.0.2.1")
    wrong(4)
    assert not is_locked(NOW)


def test_a_clock_set_back_locks_nobody_for_days() -> None:
    wrong(5)
    assert not is_locked(NOW - timedelta(days=3))
    wrong(4, at=NOW - timedelta(days=3))
    assert not is_locked(NOW - timedelta(days=3))


def test_parties_are_kept_as_keyed_fingerprints() -> None:
    wrong(1)
    assert "192.0.2.1" not in Attempt.objects.get().party
