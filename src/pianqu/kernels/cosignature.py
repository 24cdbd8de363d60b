"""Cosignatures: what a witness states of a checkpoint, with the time at which it did.

Problem: whoever holds a receipt wants to know that others saw the same log, so that the log cannot show each reader its own.
Method: C2SP tlog-cosignature with Ed25519 (type 0x04): the signature covers "cosignature/v1", the time and the whole text of the
checkpoint; under the note stand key id, time (8 bytes, big-endian) and signature (64 bytes).
Source: https://c2sp.org/tlog-cosignature, https://c2sp.org/signed-note. Cost: one Ed25519 operation for each cosignature.
Guarantee: `cosigned` answers a time only for a signature of that key over that text and time; unknown lines are passed over, and
a false line under a known key's name and id makes the note malformed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pianqu.kernels import note
from pianqu.kernels.note import NoteError, check_name, public_key, signature_line, split

COSIGNATURE = note.COSIGNING
LATEST = 2**63 - 1
"""The last second that can be stated."""
_TIME, _SIGNATURE = 8, 64


def key_id(name: str, public: bytes) -> bytes:
    """Four bytes that tell which witness signed."""
    return note.key_id(name, public, COSIGNATURE)


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
        wanted = "a witness has an Ed25519 key for cosignatures (type 0x04)"
        return Witness(*note.read_vkey(vkey, COSIGNATURE, otherwise=wanted))

    @property
    def vkey(self) -> str:
        return note.write_vkey(self.name, self.public, COSIGNATURE)

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


def _by_line(witnesses: Iterable[Witness]) -> dict[tuple[str, bytes], Witness]:
    """By what stands at the beginning of a signature's line: name and key id."""
    return {(one.name, key_id(one.name, one.public)): one for one in witnesses}


def cosigned(checkpoint: str, witnesses: Iterable[Witness]) -> dict[Witness, int]:
    """Who of these cosigned a checkpoint, each with the latest time that it stated. Raises NoteError for a false line."""
    text, signatures = split(checkpoint)
    known = _by_line(witnesses)
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
    known = _by_line(witnesses)
    found: dict[Witness, tuple[int, str]] = {}
    for signature in split(f"{text}\n{answer}")[1]:
        witness = known.get((signature.name, signature.blob[:4]))
        time = witness.time_of(text, signature.blob[4:]) if witness else None
        if witness is not None and time is not None and time >= found.get(witness, (0, ""))[0]:
            found[witness] = (time, signature_line(signature.name, signature.blob))
    return found
