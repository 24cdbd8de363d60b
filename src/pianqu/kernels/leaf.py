"""The leaf: the at most 260 bytes of one fact that everybody may see, and the commitments inside it.

Problem: prove later what was recorded without publishing it, and keep an organisation from leaving something out.
Method: canonical JSON with the keys v k o n p d c: version, kind, organisation, its gap-free counter, hash of its previous
leaf, day of recording, and a salted commitment to the payload. Who has payload and salt can check; who has neither learns
nothing: 32 random bytes of salt hide even a payload of one word.
Source: the ledger section of the design; commitments as SHA-256(domain || 0x00 || salt || message).
Cost: O(length). Guarantee: decode accepts exactly what encode makes.
"""

import json
import re
from base64 import urlsafe_b64decode
from binascii import b2a_base64
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256
from json.encoder import encode_basestring as quoted
from typing import NamedTuple

from pianqu.kernels import canonical

VERSION = 1
MAX_BYTES = 260
SALT_BYTES = 32

_KEYS = {"v", "k", "o", "n", "p", "d", "c"}
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_PAYLOAD, _WORDS, _FILE = (f"pianqu/{what}/v1".encode() + b"\x00" for what in ("commit", "text", "file"))
_PLAIN, _HASH = r'[^"\\\x00-\x1f]*', r"[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"
_FORM = re.compile(
    rf'{{"c":"({_HASH})","d":"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})","k":"({_PLAIN})","n":([1-9][0-9]{{0,14}}),'
    rf'"o":"({_PLAIN})","p":"({_HASH}|)","v":1}}'
)
"""What almost every leaf looks like; the rest has escaped characters in it, more digits, or is none."""


def b64(raw: bytes) -> str:
    """base64url without padding."""
    return b2a_base64(raw, newline=False).translate(_URL_SAFE, b"=").decode("ascii")


def unb64(text: str) -> bytes:
    """The bytes behind base64url without padding. Raises ValueError for anything that b64 would not have made."""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if b64(raw) != text:
        raise ValueError("not canonical base64url")
    return raw


def _commit(domain: bytes, salt: bytes, message: bytes) -> str:
    if len(salt) != SALT_BYTES:
        raise ValueError(f"a salt has {SALT_BYTES} bytes")
    return b64(sha256(domain + salt + message).digest())


def commitment(payload: bytes, salt: bytes) -> str:
    """Commitment to a payload's canonical bytes."""
    return _commit(_PAYLOAD, salt, payload)


def text_commitment(text: str, salt: bytes) -> str:
    """Commitment to words that stay in their room's table."""
    return _commit(_WORDS, salt, text.encode("utf-8"))


def file_commitment(content: bytes, salt: bytes) -> str:
    """Commitment to a file that stays in the store."""
    return _commit(_FILE, salt, content)


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
        _check_length(raw)
        return raw

    def _check(self) -> None:
        if self.counter < 1 or (self.counter == 1) != (not self.previous):
            raise ValueError("the first leaf of an organisation has counter 1 and no predecessor, every other has one")
        if len(self.previous) not in (0, 32) or len(unb64(self.commitment)) != 32:
            raise ValueError("hashes have 32 bytes")

    @staticmethod
    def decode(raw: bytes) -> "Leaf":
        """The leaf again. Raises ValueError for bytes that no encode could have made."""
        plain = read(raw)
        return plain.leaf() if plain else Leaf._decode(raw)

    @staticmethod
    def _decode(raw: bytes) -> "Leaf":
        """The same for every leaf, by its definition."""
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


class Plain(NamedTuple):
    """A leaf's parts as they stand in its bytes."""

    commitment: str
    day: str
    kind: str
    counter: int
    organisation_code: str
    previous: str

    @staticmethod
    def of(leaf: Leaf) -> "Plain":
        """The parts of a leaf."""
        return Plain(
            leaf.commitment, leaf.day.isoformat(), leaf.kind, leaf.counter, leaf.organisation_code, b64(leaf.previous)
        )

    def leaf(self) -> Leaf:
        """The same with hashes and day as values."""
        return Leaf(
            kind=self.kind,
            organisation_code=self.organisation_code,
            counter=self.counter,
            previous=unb64(self.previous),
            day=_day(self.day),
            commitment=self.commitment,
        )


def read(raw: bytes) -> Plain | None:
    """The parts of a leaf whose bytes are canonical at a glance: some ten times as fast as `Leaf.decode` by the definition.

    None says nothing: `Leaf.decode` knows.
    """
    if len(raw) > MAX_BYTES:
        return None
    try:
        found = _FORM.fullmatch(raw.decode())
        if found is None:
            return None
        commitment, day, kind, counter, organisation_code, previous = found.groups()
        _day(day)
    except ValueError:
        return None
    if (counter == "1") != (not previous):
        return None
    return Plain(commitment, day, kind, int(counter), organisation_code, previous)


@lru_cache(maxsize=1024)
def _day(text: str) -> date:
    return date.fromisoformat(text)


def _check_length(raw: bytes) -> None:
    if len(raw) > MAX_BYTES:
        raise ValueError(f"a leaf has at most {MAX_BYTES} bytes, this one {len(raw)}: shorten kind or code")


@dataclass(slots=True)
class Chain:
    """The end of an organisation's chain, to which leaves are added: the same bytes as `Leaf.encode` makes, many at a time."""

    organisation_code: str
    counter: int = 0
    link: bytes = b""

    def add(self, kind: str, day: date, commitment: str) -> bytes:
        """The bytes of the next leaf; `commitment` is one that was made here. Raises ValueError when they exceed 260."""
        self.counter += 1
        if self.counter > canonical.LIMIT:
            raise ValueError("a chain has at most 2^53-1 leaves")
        raw = (
            f'{{"c":"{commitment}","d":"{day}","k":{quoted(kind)},"n":{self.counter},'
            f'"o":{quoted(self.organisation_code)},"p":"{b64(self.link)}","v":1}}'
        ).encode()
        _check_length(raw)
        self.link = sha256(raw).digest()
        return raw
