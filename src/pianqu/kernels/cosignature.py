"""Cosignatures: what a witness states of a checkpoint, with the time at which it did.

Problem: whoever holds a receipt wants to know that others saw the same log, so that the log cannot show each reader its own.
Method: C2SP tlog-cosignature with Ed25519 (type 0x04): the signature covers "cosignature/v1", the time and the whole text of the
checkpoint; under the note stand key id, time (8 bytes, big-endian) and signature (64 bytes).
Source: https://c2sp.org/tlog-cosignature, https://c2sp.org/signed-note. Cost: one Ed25519 operation for each cosignature.
Guarantee: `cosigned` answers a time only for a signature of that key over that text and time; unknown lines are passed over, and
a false line under a known key's name and id makes the note malformed.
"""

from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pianqu.kernels.note import NoteError, check_name, public_key, signature_line, split

COSIGNATURE = b"\x04"
LATEST = 2**63 - 1
"""The last second that can be stated."""
_TIME, _SIGNATURE = 8, 64


def key_id(name: str, public: bytes) -> bytes:
    """Four bytes that tell which witness signed."""
    return sha256(name.encode() + b"\n" + COSIGNATURE + public).digest()[:4]


def message(text: str, time: int) -> bytes:
    """What a witness signs: `text` is the whole checkpoint without signatures, `time` in seconds since 1970."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


@dataclass(frozen=True, slots=True)
class Witness:
    """A known witness."""

    name: str
    public: bytes

    @staticmethod
    def from_vkey(vkey: str) -> "Witness":
        """Parse `name+hex key id+base64(0x04 || public key)`. Raises NoteError."""
        name, _, rest = vkey.strip().partition("+")
        short, _, body = rest.partition("+")
        try:
            raw = b64decode(body, validate=True)
        except (Base64Error, ValueError) as error:
            raise NoteError("broken base64") from error
        check_name(name)
        if raw[:1] != COSIGNATURE or len(raw) != 33:
            raise NoteError("a witness has an Ed25519 key for cosignatures (type 0x04)")
        if key_id(name, raw[1:]).hex() != short:
            raise NoteError("the key's id does not fit its name and bytes")
        return Witness(name, raw[1:])

    @property
    def vkey(self) -> str:
        return f"{self.name}+{key_id(self.name, self.public).hex()}+{b64encode(COSIGNATURE + self.public).decode()}"

    def time_of(self, text: str, blob: bytes) -> int | None:
        """The time that this witness states of the text; None where it did not sign. `blob` is what follows the key id."""
        if len(blob) != _TIME + _SIGNATURE:
            return None
        time = int.from_bytes(blob[:_TIME], "big")
        if not 0 < time <= LATEST:
            return None
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(blob[_TIME:], message(text, time))
        except (InvalidSignature, ValueError):
            return None
        return time


@dataclass(frozen=True, slots=True)
class Cosigner:
    """The key of a witness."""

    name: str
    seed: bytes

    @staticmethod
    def from_seed(name: str, seed: bytes) -> "Cosigner":
        check_name(name)
        return Cosigner(name, seed)

    @property
    def witness(self) -> Witness:
        return Witness(self.name, public_key(self.seed))

    def cosign(self, text: str, time: int) -> str:
        """The line to be put under the note of `text`. Raises NoteError for a time that cannot be stated."""
        if not text.endswith("\n"):
            raise NoteError("the text of a note ends with a newline")
        if not 0 < time <= LATEST:
            raise NoteError("a cosignature states a time after 1970")
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(message(text, time))
        blob = key_id(self.name, public_key(self.seed)) + time.to_bytes(_TIME, "big") + signature
        return signature_line(self.name, blob)


def cosigned(note: str, witnesses: Iterable[Witness]) -> dict[Witness, int]:
    """Who of these cosigned a note, each with the latest time that it stated. Raises NoteError for a false line of theirs."""
    text, signatures = split(note)
    known = {(one.name, key_id(one.name, one.public)): one for one in witnesses}
    found: dict[Witness, int] = {}
    for signature in signatures:
        witness = known.get((signature.name, signature.blob[:4]))
        if witness is None:
            continue
        time = witness.time_of(text, signature.blob[4:])
        if time is None:
            raise NoteError(f"the cosignature of {witness.name} is false")
        found[witness] = max(time, found.get(witness, 0))
    return found


def lines_of(text: str, answer: str, witnesses: Iterable[Witness]) -> dict[Witness, tuple[int, str]]:
    """The true lines of a witness's answer to `text`, each with its time; the rest is passed over.

    Raises NoteError for what is no answer.
    """
    known = {(one.name, key_id(one.name, one.public)): one for one in witnesses}
    found: dict[Witness, tuple[int, str]] = {}
    for signature in split(f"{text}\n{answer}")[1]:
        witness = known.get((signature.name, signature.blob[:4]))
        time = witness.time_of(text, signature.blob[4:]) if witness else None
        if witness is not None and time is not None and time >= found.get(witness, (0, ""))[0]:
            found[witness] = (time, signature_line(signature.name, signature.blob))
    return found
