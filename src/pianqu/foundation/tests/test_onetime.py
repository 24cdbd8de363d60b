"""One-time codes: the last one, within ten minutes, once, after few wrong tries; few to one receiver. Nothing in plain."""

from datetime import UTC, datetime, timedelta

import pytest

from pianqu.foundation import onetime
from pianqu.foundation.errors import Refused, TooMany
from pianqu.foundation.models import OneTimeCode

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PHONE, OTHER = "13800001234", "13900005678"

pytestmark = pytest.mark.django_db


def sent(to: str = PHONE, address: str = "192.0.2.1") -> str:
    return onetime.new_code(to=to, address=address, now=NOW)


def is_right(code: str, to: str = PHONE, now: datetime = NOW) -> bool:
    try:
        onetime.check(to=to, code=code, now=now)
    except Refused:
        return False
    return True


def other_than(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_six_digits_kept_as_fingerprints() -> None:
    code = sent()
    kept = str(OneTimeCode.objects.values().get())
    assert len(code) == 6 and code.isdigit() and code not in kept and PHONE not in kept


def test_good_for_ten_minutes_one_receiver_and_once() -> None:
    code = sent()
    sent(OTHER)
    assert is_right(f" {code} ") and is_right(code, now=NOW + onetime.LIFE - timedelta(seconds=1))
    assert not is_right(code, now=NOW + onetime.LIFE) and not is_right(code, now=NOW - timedelta(seconds=1))
    onetime.use(to=PHONE, code=code, now=NOW)
    assert not is_right(code)
    with pytest.raises(Refused):
        onetime.use(to=PHONE, code=code, now=NOW)


def test_a_new_code_voids_the_former() -> None:
    former, latter = sent(), sent()
    assert is_right(latter) and (former == latter or not is_right(former))


def test_five_wrong_tries_void_the_right_one() -> None:
    code = sent()
    for _try in range(4):
        assert not is_right(other_than(code))
    assert is_right(code) and not is_right(other_than(code)) and not is_right(code)
    with pytest.raises(Refused):
        onetime.use(to=PHONE, code=code, now=NOW)


@pytest.mark.parametrize("typed", ["", "张三", "0" * 5000, "\x00", "\ud800"])
def test_what_is_no_code(typed: str) -> None:
    sent()
    assert not is_right(typed)


def test_few_codes_to_one_receiver_more_from_one_address() -> None:
    for _each in range(5):
        sent()
    with pytest.raises(TooMany):
        sent(address="192.0.2.2")
    for tail in range(25):
        sent(f"138000020{tail:02d}")
    with pytest.raises(TooMany):
        sent(OTHER)
    assert sent(OTHER, "192.0.2.3")


def test_old_ones_are_forgotten() -> None:
    sent()
    assert onetime.forget_old(now=NOW + onetime.LIFE) == 0
    assert onetime.forget_old(now=NOW + onetime.LIFE + timedelta(seconds=1)) == 1
