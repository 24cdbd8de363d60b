"""The leaf: the at most 260 bytes of one fact that everybody may see, and the commitments inside it.

Problem: prove later what was recorded without publishing it, and keep an organisation from leaving something out.
Method: canonical JSON with the keys v k o n p d c: version, kind, organisation, its gap-free counter, hash of its previous
leaf, day of recording, and a salted commitment to the payload. Who has payload and salt can check; who has neither learns
nothing: 32 random bytes of salt hide even a payload of one word.
Source: the ledger section of the design; commitments as SHA-256(domain || 0x00 || salt || message).
Cost: O(length). Guarantee: decode accepts exactly what encode makes.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from pianqu.kernels import canonical

VERSION = 1
MAX_BYTES = 260
SALT_BYTES = 32

_KEYS = {"v", "k", "o", "n", "p", "d", "c"}


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes behind base64url without padding. Raises ValueError for anything that b64 would not have made."""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


def _commit(domain: str, salt: bytes, message: bytes) -> str:
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return b64(sha256(domain.encode() + b"\x00" + salt + message).digest())


def commitment(payload: bytes, salt: bytes) -> str:
    """Commitment to a payload's canonical bytes."""
    return _commit("pianqu/commit/v1", salt, payload)


def text_commitment(text: str, salt: bytes) -> str:
    """Commitment to words that stay in their room's table."""
    return _commit("pianqu/text/v1", salt, text.encode("utf-8"))


def file_commitment(content: bytes, salt: bytes) -> str:
    """Commitment to a file that stays in the store."""
    return _commit("pianqu/file/v1", salt, content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """One fact as the log shows it. `previous` is empty for an organisation's first leaf."""

    kind: str
    organisation_code: str
    counter: int
    previous: bytes
    day: date
    commitment: str

    def encode(self) -> bytes:
        """Canonical bytes. Raises ValueError when they exceed 260 or a part is out of range."""
        self._check()
        raw = canonical.encode(
            {
                "c": self.commitment,
                "d": self.day.isoformat(),
                "k": self.kind,
                "n": self.counter,
                "o": self.organisation_code,
                "p": b64(self.previous),
                "v": VERSION,
            }
        )
        if len(raw) > MAX_BYTES:
            raise ValueError(f"a leaf has at most {MAX_BYTES} bytes, this one {len(raw)}: shorten kind or code")
        return raw

    def _check(self) -> None:
        if self.counter < 1 or (self.counter == 1) != (not self.previous):
            raise ValueError("the first leaf of an organisation has counter 1 and no predecessor, every other has one")
        if len(self.previous) not in (0, 32) or len(unb64(self.commitment)) != 32:
            raise ValueError("hashes have 32 bytes")

    @staticmethod
    def decode(raw: bytes) -> "Leaf":
        """The leaf again. Raises ValueError for bytes that no encode could have made."""
        try:
            value = json.loads(raw)
            if set(value) != _KEYS or value["v"] != VERSION:
                raise ValueError("unknown keys or version")
            made = Leaf(
                kind=value["k"],
                organisation_code=value["o"],
                counter=value["n"],
                previous=unb64(value["p"]),
                day=date.fromisoformat(value["d"]),
                commitment=value["c"],
            )
            same = made.encode() == raw
        except (TypeError, ValueError, AttributeError, RecursionError) as error:
            raise ValueError(f"not a leaf: {error}") from error
        if not same:
            raise ValueError("not a leaf: its bytes are not canonical")
        return made

    @staticmethod
    def link(raw: bytes) -> bytes:
        """What the organisation's next leaf holds of this one."""
        return sha256(raw).digest()
