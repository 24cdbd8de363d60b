"""Letters between districts: what one platform tells another of a matter, proven by the sender's own ledger.

Problem: two installations hand matters to each other over a network that breaks, and neither trusts the other's word later.
Method: a letter is canonical JSON (RFC 8785) with a number that grows by one for each letter to the same receiver, a random
salt, and a body. The sender's ledger holds a fact with the letter's digest; the receipt of that fact (c2sp.org/tlog-proof)
travels with the letter and is its signature: an unlogged letter is no letter. The receiver records the same digest and gives
the receipt of its own ledger back. Numbers make a repeated letter harmless and a lost one visible, as in any sliding window.
Source: section 5 of the design; RFC 9293 section 3.4 for the numbers. Cost: O(length), one inclusion proof and one signature.
Guarantee: check() accepts a letter only with a genuine receipt of the expected ledger whose fact names exactly these bytes,
this receiver and this number; the digest tells nothing of the words, for 32 random bytes go into it.
"""

import hmac
import json
import math
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from pianqu.kernels import canonical, merkle, note, receipt
from pianqu.kernels.leaf import Leaf, b64, commitment, unb64

VERSION = 1
WRITTEN, RECEIVED = "partners.letter-written", "partners.letter-received"
"""The facts in which a letter's digest stands, in the sender's and in the receiver's ledger."""
KINDS = (
    "offered",
    "taken",
    "declined",
    "withdrawn",
    "added",
    "progress",
    "answered",
    "closed",
    "reopened",
    "rated",
    "refused",
    "erased",
)
SALT_BYTES = 32
LONGEST = 16 * 1024 * 1024
"""Bytes of a letter with five photos, and some more."""
_KEYS = {"v", "from", "to", "number", "transfer", "kind", "at", "salt", "body"}
_DOMAIN = b"pianqu/letter/v1\x00"
SCALE = 10_000_000
"""Degrees are whole numbers of 10^-7: canonical JSON here has no floats."""


class LetterError(ValueError):
    """These bytes are no letter, or not one that can be believed. `code` names the first thing that does not hold."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter. `sender` and `receiver` are the origins of the two ledgers."""

    sender: str
    receiver: str
    number: int
    transfer: uuid.UUID
    kind: str
    at: datetime
    salt: bytes
    body: dict[str, Any] = field(default_factory=dict)

    def encode(self) -> bytes:
        """The bytes that are sent, hashed and kept. Raises ValueError for a part that no letter has."""
        if self.kind not in KINDS or self.number < 1 or len(self.salt) != SALT_BYTES or self.at.tzinfo is None:
            raise ValueError(
                "a letter has a known kind, a number from 1 on, 32 bytes of salt and a moment with its zone"
            )
        return canonical.encode(
            {
                "v": VERSION,
                "from": self.sender,
                "to": self.receiver,
                "number": self.number,
                "transfer": str(self.transfer),
                "kind": self.kind,
                "at": self.at.isoformat(),
                "salt": b64(self.salt),
                "body": self.body,
            }
        )


def new_salt() -> bytes:
    """32 random bytes for one letter."""
    return secrets.token_bytes(SALT_BYTES)


def digest(raw: bytes) -> str:
    """What the ledgers hold of a letter."""
    return b64(sha256(_DOMAIN + raw).digest())


def decode(raw: bytes) -> Letter:
    """The letter in these bytes. Raises LetterError for whatever encode would not have made."""
    if len(raw) > LONGEST:
        raise LetterError("letter-too-long", "This letter is longer than letters may be.")
    try:
        value = json.loads(raw)
        if not isinstance(value, dict) or set(value) != _KEYS or type(value["number"]) is not int:
            raise ValueError("its keys are not those of a letter")
        if value["v"] != VERSION:
            raise LetterError(
                "letter-version", f"This letter is of version {value['v']}; version {VERSION} is read here."
            )
        made = Letter(
            sender=_text(value["from"]),
            receiver=_text(value["to"]),
            number=value["number"],
            transfer=uuid.UUID(_text(value["transfer"])),
            kind=_text(value["kind"]),
            at=datetime.fromisoformat(_text(value["at"])),
            salt=unb64(_text(value["salt"])),
            body=_dict(value["body"]),
        )
        same = made.encode() == raw
    except LetterError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise LetterError("letter-broken", f"This is no letter: {error}.") from error
    if not same:
        raise LetterError("letter-broken", "This is no letter: its bytes are not canonical.")
    return made


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 200:
        raise ValueError("a text of at most 200 characters was expected")
    return value


def _dict(value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("the body is a record")
    return value


def check(raw: bytes, proof: str, *, vkey: str, receiver: str) -> Letter:
    """The letter, if the sender's ledger (its key `vkey`) holds it and it is for `receiver`. Raises LetterError."""
    letter = decode(raw)
    told = _proven(proof, vkey, WRITTEN)
    if letter.receiver != receiver or told.get("partner_origin") != receiver:
        raise LetterError("letter-for-another", "This letter is for another district.")
    if letter.sender != note.Verifier.from_vkey(vkey).name:
        raise LetterError("letter-of-another", "This letter names another sender than its receipt.")
    if not _names(told, raw, letter):
        raise LetterError("letter-altered", "The sender's ledger holds another letter than this one.")
    return letter


def check_taken(raw: bytes, proof: str, *, vkey: str) -> None:
    """Raise LetterError unless the receiver's ledger (its key `vkey`) holds that it got just this letter."""
    letter = decode(raw)
    told = _proven(proof, vkey, RECEIVED)
    if told.get("partner_origin") != letter.sender or not _names(told, raw, letter):
        raise LetterError("letter-altered", "The other ledger holds another letter than this one.")


def _names(told: dict[str, Any], raw: bytes, letter: Letter) -> bool:
    same = hmac.compare_digest(str(told.get("digest", "")).encode(), digest(raw).encode())
    return same and told.get("number") == letter.number and told.get("letter_kind") == letter.kind


def _proven(proof: str, vkey: str, kind: str) -> dict[str, Any]:
    try:
        verdict = receipt.verify(receipt.parse(proof), (vkey,))
    except (receipt.ReceiptError, note.NoteError) as error:
        raise LetterError("receipt-broken", f"The letter's receipt cannot be read: {error}") from error
    if not verdict.genuine or verdict.payload is None:
        raise LetterError(f"receipt-{verdict.code}", verdict.message)
    if verdict.payload.get("kind") != kind or not isinstance(verdict.payload.get("fact"), dict):
        raise LetterError("receipt-of-another", "The receipt is genuine, but of another thing than a letter.")
    return dict(verdict.payload["fact"])


def alone(raw: bytes, signer: note.Signer, *, organisation_code: str, kind: str = WRITTEN, **changes: Any) -> str:
    """The receipt of a letter in a ledger that holds nothing else: for demonstrations and tests. `changes` alter the fact."""
    one = decode(raw)
    other = one.receiver if kind == WRITTEN else one.sender
    fact = {"digest": digest(raw), "number": one.number, "letter_kind": one.kind, "partner_origin": other, **changes}
    payload = canonical.encode({"kind": kind, "organisation": organisation_code, "fact": fact})
    leaf = Leaf(
        kind=kind,
        organisation_code=organisation_code,
        counter=1,
        previous=b"",
        day=one.at.date(),
        commitment=commitment(payload, one.salt),
    ).encode()
    body = note.CheckpointBody(origin=signer.name, size=1, root=merkle.leaf_hash(leaf)).encode()
    made = receipt.Receipt(leaf=leaf, payload=payload, salt=one.salt, index=0, proof=(), checkpoint=signer.sign(body))
    return made.text()


# the card of a district ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How a district introduces itself: its names and the public key of its ledger."""

    origin: str
    vkey: str
    name_zh: str
    name_en: str
    district_code: str

    @property
    def fingerprint(self) -> str:
        """Eight groups of four digits that two people read to each other by telephone."""
        return fingerprint(self.vkey)

    def as_dict(self) -> dict[str, object]:
        return {
            "v": VERSION,
            "origin": self.origin,
            "vkey": self.vkey,
            "name_zh": self.name_zh,
            "name_en": self.name_en,
            "district_code": self.district_code,
        }


def card(raw: bytes) -> Card:
    """The card in an answer. Raises LetterError where it is none, or its key is not that of its origin."""
    try:
        value = json.loads(raw)
        if not isinstance(value, dict) or value.get("v") != VERSION:
            raise ValueError("it has another version or none")
        made = Card(**{name: _text(value[name]) for name in ("origin", "vkey", "name_zh", "name_en", "district_code")})
        name = note.Verifier.from_vkey(made.vkey).name
    except (ValueError, TypeError, KeyError, RecursionError, note.NoteError) as error:
        raise LetterError("card-broken", f"This is not the card of a district: {error}.") from error
    if name != made.origin:
        raise LetterError("card-broken", "This is not the card of a district: its key is another ledger's.")
    return made


def fingerprint(vkey: str) -> str:
    """Decimal groups of the key's SHA-256 (106 bits): no letters, so that it can be read aloud in any language."""
    number = int.from_bytes(sha256(b"pianqu/vkey/v1\x00" + vkey.encode()).digest()[:14], "big")
    digits = f"{number % 10**32:032d}"
    return " ".join(digits[at : at + 4] for at in range(0, 32, 4))


# points --------------------------------------------------------------------------------------------------------------


def scaled(degrees: float | None) -> int | None:
    """Degrees as a whole number of 10^-7 (about a centimetre)."""
    return None if degrees is None or not math.isfinite(degrees) else round(degrees * SCALE)


def degrees(value: object) -> float | None:
    """Degrees again; None for what is no such number."""
    return value / SCALE if type(value) is int and abs(value) <= 180 * SCALE else None
