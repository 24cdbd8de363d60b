"""Cosignatures: what a witness states of a checkpoint, with the time at which it did.

Problem: whoever holds a receipt wants to know that others saw the same log, so that the log cannot show each reader its own.
Method: C2SP tlog-cosignature. With Ed25519 (type 0x04) the signature covers "cosignature/v1", the time and the whole text of the
checkpoint; with ML-DSA-44 (type 0x06, FIPS 204), which a quantum computer does not break, it covers the witness's name, the time,
the log's name, the size and the root, as bytes. Under the note stand key id, time (8 bytes, big-endian) and signature.
Source: https://c2sp.org/tlog-cosignature, https://c2sp.org/signed-note. Cost: one operation of the key for each cosignature.
Guarantee: `cosigned` answers a time only for a signature of that key over that text and time; unknown lines are passed over, and
a false line under a known key's name and id makes the note malformed; one that states no time counts for nothing. What this
machine cannot check is never called false: it raises Unsupported.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from pianqu.kernels import note
from pianqu.kernels.note import CheckpointBody, NoteError, check_name, signature_line, split

LATEST = 2**63 - 1
"""The last second that can be stated."""
_TIME = 8


class Unsupported(NoteError):
    """This machine's cryptography does not know a kind of key: nothing is said about the signature."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kind:
    """A way in which witnesses sign. Every seed has 32 bytes."""

    byte: bytes
    """What keys and key ids of this kind begin with."""
    name: str
    public_length: int
    length: int
    """Bytes of a signature."""
    message: Callable[[str, str, int], bytes]
    """What is signed, of the witness's name, the checkpoint's text and the time. Raises NoteError where that cannot be."""
    public: Callable[[bytes], bytes]
    """The public bytes of a seed."""
    sign: Callable[[bytes, bytes], bytes]
    """Seed and message → signature."""
    check: Callable[[bytes, bytes, bytes], None]
    """Public bytes, signature, message. Raises InvalidSignature or ValueError."""
    fits_code: bool
    """Whether a QR code has room for such signatures."""

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """Its name in settings and files."""
        return self.name.lower()

    def is_known_here(self) -> bool:
        """Whether this machine's cryptography can work with such keys."""
        try:
            self.public(bytes(32))
        except UnsupportedAlgorithm:
            return False
        return True


def _text_message(_name: str, text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def _tree_message(name: str, text: str, time: int) -> bytes:
    """A `cosigned_message` of the specification: the tree from its first leaf on; lines below the root are not in it."""
    body = CheckpointBody.decode(text)
    parts = [b"subtree/v1\n\x00", _short(name), time.to_bytes(8, "big"), _short(body.origin)]
    return b"".join([*parts, bytes(8), body.size.to_bytes(8, "big"), body.root])


def _short(text: str) -> bytes:
    """Behind its length in one byte."""
    raw = text.encode()
    if not 0 < len(raw) < 256:
        raise NoteError("the name of a log or witness has at most 255 bytes here")
    return bytes([len(raw)]) + raw


def _ed25519_public(seed: bytes) -> bytes:
    return note.public_key(seed)


def _ed25519_sign(seed: bytes, message: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def _ed25519_check(public: bytes, signature: bytes, message: bytes) -> None:
    Ed25519PublicKey.from_public_bytes(public).verify(signature, message)


def _ml_dsa_public(seed: bytes) -> bytes:
    return MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


def _ml_dsa_sign(seed: bytes, message: bytes) -> bytes:
    return MLDSA44PrivateKey.from_seed_bytes(seed).sign(message)


def _ml_dsa_check(public: bytes, signature: bytes, message: bytes) -> None:
    MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)


ED25519 = Kind(
    byte=b"\x04",
    name="Ed25519",
    public_length=32,
    length=64,
    message=_text_message,
    public=_ed25519_public,
    sign=_ed25519_sign,
    check=_ed25519_check,
    fits_code=True,
)
ML_DSA_44 = Kind(
    byte=b"\x06",
    name="ML-DSA-44",
    public_length=1312,
    length=2420,
    message=_tree_message,
    public=_ml_dsa_public,
    sign=_ml_dsa_sign,
    check=_ml_dsa_check,
    fits_code=False,
)
KINDS = {kind.byte: kind for kind in (ED25519, ML_DSA_44)}
"""By what their keys begin with."""
_LENGTHS = {kind.byte: kind.public_length for kind in KINDS.values()}


def unsupported(kind: Kind) -> Unsupported:
    """The sentence for a machine that does not know a kind of key."""
    return Unsupported(
        "this machine cannot work with %(kind)s keys: its cryptography package was built with an OpenSSL before 3.5. "
        "Use the one that pianqu installs",
        kind=str(kind),
    )


@dataclass(frozen=True)
class Witness:
    """A known witness, or one key of a witness that has two."""

    name: str
    public: bytes
    kind: Kind = field(default=ED25519)

    @staticmethod
    def from_vkey(vkey: str) -> "Witness":
        """Parse `name+hex key id+base64(kind || public key)`. Raises NoteError."""
        wanted = "a witness has a key for cosignatures, Ed25519 (type 0x04) or ML-DSA-44 (type 0x06)"
        name, byte, public = note.read_vkey(vkey, _LENGTHS, otherwise=wanted)
        return Witness(name, public, KINDS[byte])

    @cached_property
    def key_id(self) -> bytes:
        """Four bytes that tell which key signed."""
        return note.key_id(self.name, self.public, self.kind.byte)

    @cached_property
    def vkey(self) -> str:
        return note.write_vkey(self.name, self.public, self.kind.byte)

    @property
    def told(self) -> str:
        """The key where there is little room: a long one's SHA-256 stands for it, which is in no key (`:`)."""
        if self.kind.fits_code:
            return self.vkey
        digest = sha256(self.kind.byte + self.public).digest()
        return f"{self.name}+{self.key_id.hex()}+SHA-256:{b64encode(digest).decode()}"

    def time_of(self, text: str, blob: bytes) -> int | None:
        """The time that this witness states of the text; None where it did not sign. `blob` is what follows the key id.

        0 for a signature that states no time: it says that the tree fits, and not that it was the newest. Raises Unsupported.
        """
        if len(blob) != _TIME + self.kind.length:
            return None
        time = int.from_bytes(blob[:_TIME], "big")
        if time > LATEST:
            return None
        try:
            self.kind.check(self.public, blob[_TIME:], self.kind.message(self.name, text, time))
        except (InvalidSignature, ValueError):
            return None
        except UnsupportedAlgorithm as error:
            raise unsupported(self.kind) from error
        return time


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A key with which a witness signs."""

    name: str
    seed: bytes
    kind: Kind = field(default=ED25519)

    @staticmethod
    def from_seed(name: str, seed: bytes, kind: Kind = ED25519) -> "Cosigner":
        check_name(name)
        return Cosigner(name, seed, kind)

    @property
    def witness(self) -> Witness:
        """Raises Unsupported."""
        try:
            return Witness(self.name, self.kind.public(self.seed), self.kind)
        except UnsupportedAlgorithm as error:
            raise unsupported(self.kind) from error

    def cosign(self, text: str, time: int) -> str:
        """The line to be put under the note of `text`. Raises NoteError for what cannot be stated, Unsupported."""
        if not text.endswith("\n"):
            raise NoteError("the text of a note ends with a newline")
        if not 0 < time <= LATEST:
            raise NoteError("a cosignature states a time after 1970")
        own = self.witness
        signature = self.kind.sign(self.seed, self.kind.message(self.name, text, time))
        return signature_line(self.name, own.key_id + time.to_bytes(_TIME, "big") + signature)


@dataclass(frozen=True, slots=True)
class Keyring:
    """All keys with which one witness signs, each of another kind, under one name."""

    keys: tuple[Cosigner, ...]

    @property
    def name(self) -> str:
        return self.keys[0].name

    @property
    def witnesses(self) -> tuple[Witness, ...]:
        """Raises Unsupported."""
        return tuple(key.witness for key in self.keys)

    def cosign(self, text: str, time: int) -> str:
        """A line of each key, with the same time. Raises NoteError for what cannot be stated, Unsupported."""
        return "".join(key.cosign(text, time) for key in self.keys)


def _by_line(witnesses: Iterable[Witness]) -> dict[tuple[str, bytes], Witness]:
    """By what stands at the beginning of a signature's line: name and key id."""
    return {(one.name, one.key_id): one for one in witnesses}


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
            raise NoteError("the cosignature of %(name)s is false", name=witness.name)
        if time:
            found[witness] = max(time, found.get(witness, 0))
    return found


def lines_of(text: str, answer: str, witnesses: Iterable[Witness]) -> dict[Witness, tuple[int, str]]:
    """The true lines of a witness's answer to `text`, each with its time; the rest is passed over.

    Raises NoteError for what is no answer, Unsupported.
    """
    known = _by_line(witnesses)
    found: dict[Witness, tuple[int, str]] = {}
    for signature in split(f"{text}\n{answer}")[1]:
        witness = known.get((signature.name, signature.blob[:4]))
        time = witness.time_of(text, signature.blob[4:]) if witness else None
        if witness is not None and time and time >= found.get(witness, (0, ""))[0]:
            found[witness] = (time, signature_line(signature.name, signature.blob))
    return found
