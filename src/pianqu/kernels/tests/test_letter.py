"""A letter holds with the receipt of its sender's ledger, and falls with every part that is altered."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels import canonical, letter, note
from pianqu.kernels.letter import Card, Letter, LetterError

HERE = note.Signer.from_seed("pianqu.invalid/330205/a", bytes(range(32)))
THERE = note.Signer.from_seed("pianqu.invalid/330212/b", bytes(range(1, 33)))
AT = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)


def written(**changes: Any) -> Letter:
    given_: dict[str, Any] = {
        "sender": HERE.name,
        "receiver": THERE.name,
        "number": 7,
        "transfer": uuid.UUID(int=5),
        "kind": "offered",
        "at": AT,
        "salt": letter.new_salt(),
        "body": {"words": "桥面塌了一角", "lon_e7": letter.scaled(121.5512345)},
    }
    return Letter(**{**given_, **changes})


def logged(raw: bytes, *, signer: note.Signer = HERE, **changes: Any) -> str:
    """The receipt of a fact about a letter."""
    return letter.alone(raw, signer, organisation_code="330205-centre", **changes)


def refusal(raw: bytes, proof: str, *, vkey: str = HERE.vkey, receiver: str = THERE.name) -> str:
    with pytest.raises(LetterError) as caught:
        letter.check(raw, proof, vkey=vkey, receiver=receiver)
    return caught.value.code


def test_a_letter_with_its_receipt_is_believed() -> None:
    raw = written().encode()
    assert letter.check(raw, logged(raw), vkey=HERE.vkey, receiver=THERE.name) == letter.decode(raw)


def test_whoever_got_it_proves_it_by_their_own_ledger() -> None:
    raw = written().encode()
    letter.check_taken(raw, logged(raw, signer=THERE, kind=letter.RECEIVED), vkey=THERE.vkey)
    with pytest.raises(LetterError):
        letter.check_taken(raw, logged(raw, signer=HERE, kind=letter.RECEIVED), vkey=THERE.vkey)
    with pytest.raises(LetterError):
        letter.check_taken(raw, logged(raw, signer=THERE, kind=letter.WRITTEN), vkey=THERE.vkey)
    other = written().encode()
    with pytest.raises(LetterError):
        letter.check_taken(raw, logged(other, signer=THERE, kind=letter.RECEIVED), vkey=THERE.vkey)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"digest": "A" * 43}, "letter-altered"),
        ({"number": 8}, "letter-altered"),
        ({"letter_kind": "answered"}, "letter-altered"),
        ({"partner_origin": "somebody.else"}, "letter-for-another"),
    ],
)
def test_a_receipt_of_another_letter_does_not_help(changes: dict[str, Any], code: str) -> None:
    raw = written().encode()
    assert refusal(raw, logged(raw, **changes)) == code


def test_neither_another_ledger_nor_another_receiver_nor_another_sender() -> None:
    raw = written().encode()
    assert refusal(raw, logged(raw, signer=THERE)) == "receipt-log-unknown"
    assert refusal(raw, logged(raw), receiver="pianqu.invalid/330203/c") == "letter-for-another"
    forged = written(sender="pianqu.invalid/330203/c").encode()
    assert refusal(forged, logged(forged)) == "letter-of-another"
    assert refusal(raw, logged(raw, kind=letter.RECEIVED, partner_origin=THERE.name)) == "receipt-of-another"
    assert refusal(raw, "no receipt") == "receipt-broken"


@given(st.integers(0, 10_000), st.integers(0, 255))
def test_any_altered_byte_is_noticed(place: int, value: int) -> None:
    raw = bytearray(written().encode())
    proof = logged(bytes(raw))
    at = place % len(raw)
    if raw[at] == value:
        return
    raw[at] = value
    with pytest.raises(LetterError):
        letter.check(bytes(raw), proof, vkey=HERE.vkey, receiver=THERE.name)


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=8), _VALUES, max_size=5))
def test_what_is_written_is_read(body: dict[str, Any]) -> None:
    one = written(body=body)
    assert letter.decode(one.encode()) == one


@pytest.mark.parametrize(
    "raw",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"v":1}', b"[" * 100_000, b" " + written().encode(), b'{"v":1e999}'],
)
def test_what_is_no_letter_says_so(raw: bytes) -> None:
    with pytest.raises(LetterError):
        letter.decode(raw)


def test_a_newer_version_and_a_strange_kind_are_named() -> None:
    raw = written().encode()
    with pytest.raises(LetterError, match="version 2"):
        letter.decode(raw.replace(b'"v":1', b'"v":2'))
    with pytest.raises(LetterError):
        letter.decode(raw.replace(b'"kind":"offered"', b'"kind":"sold"'))
    with pytest.raises(ValueError, match="known kind"):
        written(kind="sold").encode()
    with pytest.raises(ValueError, match="zone"):
        written(at=datetime(2026, 11, 28)).encode()  # noqa: DTZ001


def test_the_same_words_have_another_digest_each_time() -> None:
    assert letter.digest(written().encode()) != letter.digest(written().encode())


def test_a_card_belongs_to_its_key() -> None:
    card = Card(origin=HERE.name, vkey=HERE.vkey, name_zh="江北区", name_en="Jiangbei", district_code="330205")
    assert letter.card(canonical.encode(card.as_dict())) == card
    assert len(card.fingerprint.replace(" ", "")) == 32 and card.fingerprint.replace(" ", "").isdigit()
    for broken in (b"{}", b"x", canonical.encode(replace(card, origin="other").as_dict())):
        with pytest.raises(LetterError):
            letter.card(broken)


@given(st.floats(-180, 180))
def test_a_point_goes_over_to_a_centimetre(value: float) -> None:
    back = letter.degrees(letter.scaled(value))
    assert back is not None and abs(back - value) <= 0.5 / letter.SCALE * 1.01


def test_what_is_no_number_of_degrees_is_none() -> None:
    assert letter.scaled(None) is letter.scaled(float("nan")) is letter.degrees("121") is letter.degrees(True) is None
    assert letter.degrees(10**12) is None
