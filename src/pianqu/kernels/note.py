"""Signed notes and checkpoints: the text by which a log stands for its size and root.

Problem: a short text that people can copy, anybody can check, and several parties can sign.
Method: C2SP signed-note with Ed25519 keys (type 0x01): text, empty line, lines "— name base64(key id || signature)";
a key id is the first 4 bytes of SHA-256(name || 0x0A || 0x01 || public key). The body of a checkpoint is origin, size, root.
Source: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint. Cost: one Ed25519 operation.
Guarantee: a signature by a known key over exactly these bytes, or NoteError; unknown signatures are passed over.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pianqu.kernels.saying import Said

ED25519 = b"\x01"
MAY_SIGN = {ED25519: 32}
"""The kinds of keys that sign a note itself, each with the length of its public keys."""
COSIGNING = (b"\x04", b"\x06")
"""The kinds of a witness's key, see cosignature.py."""
MAX_BYTES = 1_000_000
MAX_SIGNATURES = 100
MOST_NAME = 200
"""Bytes of the name of a key that is taken in; its public key and its lines then fit wherever they are kept."""

_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
"""As written by whoever asks: a longer one is not read, since Python refuses thousands of digits with an error of its own."""


class NoteError(Said):
    """A note that is malformed or not signed by a known key."""


def public_key(seed: bytes) -> bytes:
    """The 32 public bytes of an Ed25519 seed."""
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def key_id(name: str, public: bytes, kind: bytes = ED25519) -> bytes:
    """Four bytes that tell which key signed; `kind` is the byte for what it signs."""
    return sha256(name.encode() + b"\n" + kind + public).digest()[:4]


def check_name(name: str) -> None:
    """Raise NoteError for what cannot be a key's name."""
    if not name or any(c.isspace() for c in name) or "+" in name:
        raise NoteError("a key's name is not empty and has neither spaces nor plus signs")


def check_new_name(name: str, most: int = MOST_NAME) -> None:
    """Raise NoteError for a name under which no key is taken in. Lines of strangers may carry others."""
    check_name(name)
    if not name.isprintable():
        raise NoteError("a key's name has no control characters and none that cannot be seen")
    if (size := len(name.encode())) > most:
        raise NoteError(
            "a key's name has at most %(most)s bytes in UTF-8, and this one has %(size)s", most=most, size=size
        )


def _unb64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Base64Error, ValueError) as error:
        raise NoteError("broken base64") from error


def write_vkey(name: str, public: bytes, kind: bytes = ED25519) -> str:
    """`name+hex key id+base64(kind || public key)`."""
    return f"{name}+{key_id(name, public, kind).hex()}+{b64encode(kind + public).decode()}"


def read_vkey(
    vkey: str, kinds: Mapping[bytes, int] = MAY_SIGN, *, otherwise: str = "only Ed25519 keys are known here"
) -> tuple[str, bytes, bytes]:
    """Name, kind and public bytes of a key of one of these kinds, each with the length of its keys.

    Raises NoteError, for another kind or length with the sentence `otherwise`.
    """
    name, _, rest = vkey.strip().partition("+")
    short, _, body = rest.partition("+")
    raw = _unb64(body)
    check_name(name)
    kind, public = raw[:1], raw[1:]
    if kind in COSIGNING and kind not in kinds:
        raise NoteError("this is the key of a witness or a mirror, not that of a ledger")
    if kinds.get(kind) != len(public):
        raise NoteError(otherwise)
    if key_id(name, public, kind).hex() != short:
        raise NoteError("the key's id does not fit its name and bytes")
    return name, kind, public


class Knows(Protocol):
    """A known public key, of whatever kind."""

    @property
    def name(self) -> str:
        """Under which it signs."""

    @property
    def key_id(self) -> bytes:
        """The four bytes before its signatures."""

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether `signature` is this key's over the note's text."""


class Signs(Protocol):
    """A key that signs notes, of whatever kind."""

    def line(self, text: str) -> str:
        """The line to be put under the note of `text`."""


Known = TypeVar("Known", bound=Knows)


@dataclass(frozen=True, slots=True)
class Verifier:
    """A known public key."""

    name: str
    public: bytes

    @staticmethod
    def from_vkey(vkey: str) -> "Verifier":
        """Parse `name+hex key id+base64(type || public key)`. Raises NoteError."""
        name, _kind, public = read_vkey(vkey)
        return Verifier(name, public)

    @property
    def vkey(self) -> str:
        return write_vkey(self.name, self.public)

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.public)

    def verify(self, text: str, signature: bytes) -> bool:
        """Whether `signature` (64 bytes) is this key's over the note's text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Signer:
    """A key that signs under a name."""

    name: str
    seed: bytes

    @staticmethod
    def from_seed(name: str, seed: bytes) -> "Signer":
        check_name(name)
        return Signer(name, seed)

    @property
    def vkey(self) -> str:
        return Verifier(self.name, public_key(self.seed)).vkey

    def sign(self, text: str) -> str:
        """The signed note over `text`, which ends with a newline."""
        return sign(text, [self])

    def line(self, text: str) -> str:
        """The line to be put under the note of `text`."""
        signature = Ed25519PrivateKey.from_private_bytes(self.seed).sign(text.encode())
        return signature_line(self.name, key_id(self.name, public_key(self.seed)) + signature)


def sign(text: str, signers: Sequence[Signs]) -> str:
    """The note over `text`, which ends with a newline, signed by all of these in this order."""
    if not text.endswith("\n"):
        raise NoteError("the text of a note ends with a newline")
    return f"{text}\n{''.join(signer.line(text) for signer in signers)}"


def signature_line(name: str, blob: bytes) -> str:
    """One signature line; blob is key id and signature."""
    return f"— {name} {b64encode(blob).decode()}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One line under a note."""

    name: str
    blob: bytes


def split(note: str) -> tuple[str, tuple[Signature, ...]]:
    """Text and signatures of a note. Raises NoteError when it is not one."""
    if len(note.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise NoteError("the note is too long")
    if any(sign < " " and sign != "\n" for sign in note):
        raise NoteError("a note has no control characters")
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        raise NoteError("a note is a text, an empty line and signatures")
    rows = lines[:-1].split("\n")
    if len(rows) > MAX_SIGNATURES:
        raise NoteError("too many signatures")
    return text + "\n", tuple(_signature(row) for row in rows)


def _signature(row: str) -> Signature:
    mark, _, rest = row.partition(" ")
    name, _, body = rest.partition(" ")
    if mark != "—" or not name or not body:
        raise NoteError("a signature line begins with a dash, a name and base64")
    check_name(name)
    blob = _unb64(body)
    if len(blob) < 5:
        raise NoteError("a signature is too short")
    return Signature(name, blob)


def text_of(note: str) -> str:
    """The text that was signed, unchecked."""
    return split(note)[0]


def open_note(note: str, verifiers: Sequence[Known]) -> tuple[str, tuple[Known, ...]]:
    """The text and those of the known keys that signed it. Raises NoteError when none did or a known one's is false."""
    text, signatures = split(note)
    known = {(v.name, v.key_id): v for v in verifiers}
    signed: list[Known] = []
    for signature in signatures:
        verifier = known.get((signature.name, signature.blob[:4]))
        if verifier is None:
            continue
        if not verifier.verify(text, signature.blob[4:]):
            raise NoteError("the signature of %(name)s is false", name=verifier.name)
        signed.append(verifier)
    if not signed:
        raise NoteError("no known key has signed this note")
    return text, tuple(dict.fromkeys(signed))


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointBody:
    """Origin, number of leaves and root of a log."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def encode(self) -> str:
        lines = [self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions]
        return "".join(f"{line}\n" for line in lines)

    @staticmethod
    def decode(text: str) -> "CheckpointBody":
        """Parse a note's text. Raises NoteError when it is no checkpoint."""
        if not text.endswith("\n"):
            raise NoteError("a checkpoint ends with a newline")
        lines = text[:-1].split("\n")
        if len(lines) < 3 or not all(lines):
            raise NoteError("a checkpoint has origin, size and root")
        origin, size, root, *extensions = lines
        if not _SIZE.fullmatch(size):
            raise NoteError("the size of a checkpoint is a plain number")
        raw = _unb64(root)
        if len(raw) != 32 or b64encode(raw).decode() != root:
            raise NoteError("the root of a checkpoint has 32 bytes in base64, written in one way only")
        return CheckpointBody(origin=origin, size=int(size), root=raw, extensions=tuple(extensions))
