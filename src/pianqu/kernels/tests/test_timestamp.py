"""Timestamps: what a real authority answers is read, and nothing that was altered, moved or signed by others."""

import random
from hashlib import sha256
from pathlib import Path

import pytest
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response

from pianqu.kernels import timestamp
from pianqu.kernels.timestamp import TimestampError, check, digest_in, is_of, ordered, read_roots
from tests.authority import Authority

TEXT = b"example.org/log\n7\nroot\n"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def asked(authority: Authority) -> tuple[bytes, int]:
    """An answer and the nonce of its question."""
    question = TimestampRequestBuilder().data(TEXT).hash_algorithm(HashAlgorithm.SHA256).build()
    assert question.nonce is not None
    return authority.answer(question.as_bytes()), question.nonce


def test_a_token_says_who_when_and_what(authority: Authority, asked: tuple[bytes, int]) -> None:
    raw, nonce = asked
    roots = read_roots(authority.roots.read_bytes())
    stamp = check(raw, text=TEXT, roots=roots, nonce=nonce)
    assert (stamp.authority, stamp.policy, stamp.serial > 0) == ("Test Time", "1.2.3.4.1", True)
    assert stamp == check(raw, text=TEXT, roots=roots)
    assert digest_in(raw) == sha256(TEXT).digest() and is_of(raw, TEXT) and not is_of(raw, TEXT + b" ")
    assert authority.holds(raw, TEXT) and authority.holds(ordered(raw), TEXT)
    assert len(timestamp.fingerprints(roots)[0]) == 64


def test_certificates_are_put_in_order_and_nothing_else_moves(asked: tuple[bytes, int]) -> None:
    """Of two orders the library takes one; openssl writes the signer's first, wherever that belongs."""
    raw, _nonce = asked
    first, second = decode_timestamp_response(ordered(raw)).signed_data.certificates
    one, two = sorted([first, second])
    assert one + two in ordered(raw)
    turned = ordered(raw).replace(one + two, two + one)
    with pytest.raises(ValueError, match="InvalidSetOrdering"):
        decode_timestamp_response(turned)
    assert ordered(turned) == ordered(raw) and ordered(ordered(raw)) == ordered(raw)


@pytest.mark.parametrize(
    ("text", "nonce", "said"), [(TEXT + b" ", None, "Mismatch between messages"), (TEXT, 5, "Nonce mismatch")]
)
def test_another_text_and_another_question(
    authority: Authority, asked: tuple[bytes, int], text: bytes, nonce: int | None, said: str
) -> None:
    with pytest.raises(TimestampError, match=said) as refused:
        check(asked[0], text=text, roots=read_roots(authority.roots.read_bytes()), nonce=nonce)
    assert refused.value.code == "unproven"


def test_another_authority_s_root_and_none(tmp_path: Path, asked: tuple[bytes, int]) -> None:
    other = Authority(tmp_path / "other")
    with pytest.raises(TimestampError, match="verifying certificates"):
        check(asked[0], text=TEXT, roots=read_roots(other.roots.read_bytes()))
    with pytest.raises(TimestampError, match="at least one root"):
        check(asked[0], text=TEXT, roots=())


def test_an_authority_that_refuses_says_so(authority: Authority) -> None:
    md5 = bytes.fromhex("30260201013020300c06082a864886f70d0205050004101234567890123456789012345678901234")[:40]
    for query in (b"no query", md5):
        with pytest.raises(TimestampError) as refused:
            check(authority.answer(query), text=TEXT, roots=read_roots(authority.roots.read_bytes()))
        assert refused.value.code == "refused" and "rejection" in str(refused.value)


@pytest.mark.parametrize("raw", [b"", b"<!doctype html><p>busy", b"\x30\x80\x00\x00", b"0" * 70_000, bytes(300)])
def test_what_is_no_answer_is_unclear(raw: bytes) -> None:
    with pytest.raises(TimestampError) as refused:
        check(raw, text=TEXT, roots=())
    assert refused.value.code == "unclear" and not is_of(raw, TEXT)


@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_whatever_is_altered_the_answer_is_the_same_or_refused(authority: Authority, asked: tuple[bytes, int]) -> None:
    raw, nonce = asked
    roots = read_roots(authority.roots.read_bytes())
    whole = check(raw, text=TEXT, roots=roots, nonce=nonce)
    draw, refused = random.Random(5), 0
    for _time in range(3_000):
        altered = bytearray(raw)
        for _place in range(draw.choice([1, 1, 2, 6])):
            altered[draw.randrange(len(altered))] = draw.randrange(256)
        cut = bytes(altered[: draw.randrange(len(altered))]) if draw.random() < 0.1 else bytes(altered)
        try:
            stamp = check(cut, text=TEXT, roots=roots, nonce=nonce)
        except TimestampError:
            refused += 1
        else:
            assert stamp == whole
    assert refused > 1_500


@pytest.mark.parametrize("pem", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_a_file_without_certificates(pem: bytes) -> None:
    with pytest.raises(TimestampError):
        read_roots(pem)
