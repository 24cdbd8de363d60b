"""Signatures of webhooks against the published example; addresses that may be reached."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.webhook import may_reach, secret_of, sign, verifies

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
EXAMPLE = {"message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "timestamp": 1614265330, "body": b'{"test": 2432232314}'}


def test_the_published_example() -> None:
    right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert sign(SECRET, **EXAMPLE) == right  # type: ignore[arg-type]
    assert verifies(SECRET, f"v1,AAAA {right} v2,x", **EXAMPLE)  # type: ignore[arg-type]


@given(st.binary(min_size=24, max_size=64), st.binary(), st.integers(0, 2**40), st.integers(0, 500))
def test_any_change_breaks_it(key: bytes, body: bytes, timestamp: int, at: int) -> None:
    secret = secret_of(key)
    signed = sign(secret, message_id="m", timestamp=timestamp, body=body)
    assert verifies(secret, signed, message_id="m", timestamp=timestamp, body=body)
    assert not verifies(secret, signed, message_id="n", timestamp=timestamp, body=body)
    assert not verifies(secret, signed, message_id="m", timestamp=timestamp + 1, body=body)
    if body:
        flipped = bytearray(body)
        flipped[at % len(body)] ^= 1
        assert not verifies(secret, signed, message_id="m", timestamp=timestamp, body=bytes(flipped))


@given(st.text())
def test_what_is_no_signature_is_none(text: str) -> None:
    assert not verifies(SECRET, text, **EXAMPLE)  # type: ignore[arg-type]


@pytest.mark.parametrize("secret", ["whsec_é", "whsec_abc", "x y"])
def test_what_is_no_secret_says_so(secret: str) -> None:
    with pytest.raises(ValueError):
        sign(secret, **EXAMPLE)  # type: ignore[arg-type]


def test_a_key_is_long_enough() -> None:
    for size in (0, 23, 65):
        with pytest.raises(ValueError):
            secret_of(b"k" * size)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("localhost", False),
        ("", False),
    ],
)
def test_which_addresses_may_be_reached(address: str, public: bool) -> None:
    assert may_reach(address, ()) is public


def test_the_operator_names_networks() -> None:
    inside = (ip_network("10.20.0.0/16"), ip_network("fd12::/16"))
    assert may_reach("10.20.1.1", inside) and may_reach("fd12::5", inside) and may_reach("::ffff:10.20.1.1", inside)
    assert not may_reach("10.21.1.1", inside) and not may_reach("127.0.0.1", inside)
