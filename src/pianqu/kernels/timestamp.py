"""Timestamps of others: an authority states that a text existed at a time, and anybody can check it years later.

Problem: a ledger's own clock proves nothing to who distrusts it; an authority that a court knows puts its time to a digest.
Method: RFC 3161. The library rfc3161-client (with OpenSSL) checks the signature, the chain from the signer to a known root at the
stated time, the signer's purpose, nonce and digest. It takes only answers whose certificates stand in the order of DER, which
many authorities do not keep; that set is not signed, so `ordered` puts it in order before.
Source: RFC 3161, RFC 5652 section 5.1, X.690 section 11.6. Cost: a few signatures.
Guarantee: `check` answers only for a granted token over exactly this text, by a chain to one of the roots; `ordered` moves whole
certificates, changes no other byte, and leaves as it is what it cannot read.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import Certificate, DirectoryName, Name, load_der_x509_certificate, load_pem_x509_certificates
from cryptography.x509.oid import NameOID
from rfc3161_client import PKIStatus, TimeStampResponse, VerificationError, VerifierBuilder, decode_timestamp_response

MAX_BYTES = 65_536
_CERTIFICATES = 0xA0
_LONGEST_LENGTH = 4


class TimestampError(ValueError):
    """What an authority answered is no timestamp of this text. `code` is a word for tables."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a checked token says."""

    at: datetime
    authority: str
    """The common name of who signed, or its whole name."""
    serial: int
    policy: str
    """The authority's policy, an object identifier."""


def read_roots(pem: bytes) -> tuple[Certificate, ...]:
    """The certificates in a PEM file. Raises TimestampError where there is none."""
    try:
        found = load_pem_x509_certificates(pem)
    except ValueError as error:
        raise TimestampError("roots", f"there are no certificates in it: {error}") from error
    return tuple(dict.fromkeys(found))


def check(raw: bytes, *, text: bytes, roots: Sequence[Certificate], nonce: int | None = None) -> Stamp:
    """What the answer `raw` states of `text`. `nonce` is that of the question, None for a token that was kept.

    Raises TimestampError.
    """
    answer = _decoded(raw)
    try:
        VerifierBuilder(roots=list(roots), nonce=nonce).build().verify_message(answer, text)
    except VerificationError as error:
        raise TimestampError("unproven", str(error).partition("[")[0][:160]) from error
    except Exception as error:
        raise TimestampError("unproven", f"{type(error).__name__}: {error}"[:160]) from error
    info = answer.tst_info
    return Stamp(
        at=info.gen_time, authority=_signer(answer), serial=info.serial_number, policy=info.policy.dotted_string
    )


def digest_in(raw: bytes) -> bytes:
    """The digest that a token is about, unchecked. Raises TimestampError."""
    return bytes(_decoded(raw).tst_info.message_imprint.message)


def is_of(raw: bytes, text: bytes) -> bool:
    """Whether a kept token is about this text (SHA-256), whoever signed it."""
    try:
        return digest_in(raw) == sha256(text).digest()
    except TimestampError:
        return False


def _decoded(raw: bytes) -> TimeStampResponse:
    if len(raw) > MAX_BYTES:
        raise TimestampError("unclear", "the answer is too long")
    try:
        answer = decode_timestamp_response(ordered(raw))
        status = PKIStatus(answer.status)
        if status is not PKIStatus.GRANTED:
            said = "; ".join(str(one) for one in answer.status_string)
            raise TimestampError("refused", f"{status.name.lower()} {said}".strip()[:160])
        answer.tst_info.gen_time  # noqa: B018 - read now: later it could not be told what is wrong
    except TimestampError:
        raise
    except Exception as error:
        raise TimestampError(
            "unclear", f"this is no answer of a timestamp authority ({type(error).__name__})"
        ) from error
    return answer


def _signer(answer: TimeStampResponse) -> str:
    """Its name by the certificate that the signature names, else by what the token says."""
    signers = [(one.issuer, one.serial_number) for one in answer.signed_data.signer_infos]
    for der in answer.signed_data.certificates:
        certificate = load_der_x509_certificate(der)
        if (certificate.issuer, certificate.serial_number) in signers:
            return _called(certificate.subject)
    named = answer.tst_info.name
    return _called(named.value) if isinstance(named, DirectoryName) else ""


def _called(name: Name) -> str:
    common = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    text = str(common[0].value) if common else name.rfc4514_string()
    return "".join(sign if sign.isprintable() else " " for sign in text)[:200]


def fingerprints(roots: Sequence[Certificate]) -> tuple[str, ...]:
    """SHA-256 of each root, for people who compare."""
    return tuple(sha256(root.public_bytes(Encoding.DER)).hexdigest() for root in roots)


def ordered(raw: bytes) -> bytes:
    """The same answer with its certificates in the order of DER; what is no such answer comes back as it is."""
    try:
        return _ordered(raw)
    except (ValueError, IndexError):
        return raw


def _ordered(raw: bytes) -> bytes:
    token = _parts(raw, *_inside(raw, 0))[1]
    content = _parts(raw, token.start, token.end)[1]
    signed = _parts(raw, content.start, content.end)[0]
    for part in _parts(raw, signed.start, signed.end):
        if part.tag == _CERTIFICATES:
            inside = sorted(raw[one.begin : one.end] for one in _parts(raw, part.start, part.end))
            return raw[: part.start] + b"".join(inside) + raw[part.end :]
    return raw


@dataclass(frozen=True, slots=True)
class _Part:
    """One element: where it begins, where what is in it starts and ends."""

    tag: int
    begin: int
    start: int
    end: int


def _parts(raw: bytes, start: int, end: int) -> list[_Part]:
    return list(_each(raw, start, end))


def _each(raw: bytes, at: int, end: int) -> Iterator[_Part]:
    while at < end:
        start, after = _inside(raw, at)
        if after > end:
            raise ValueError("an element is longer than what holds it")
        yield _Part(raw[at], at, start, after)
        at = after


def _inside(raw: bytes, at: int) -> tuple[int, int]:
    """Start and end of what the element at a place holds. Raises ValueError for lengths that DER does not know."""
    length, start = raw[at + 1], at + 2
    if length & 0x80:
        more = length & 0x7F
        if not 1 <= more <= _LONGEST_LENGTH:
            raise ValueError("this is no length of DER")
        length, start = int.from_bytes(raw[start : start + more], "big"), start + more
    if start + length > len(raw):
        raise ValueError("the answer is cut off")
    return start, start + length
