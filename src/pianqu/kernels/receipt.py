"""Receipts: one record, its place in the log, and the log's signature, checkable by anyone without a network.

Problem: a resident holds proof in hand, as a file and as a QR code, and needs nobody's word to check it.
Method: c2sp.org/tlog-proof@v1 text whose `extra` holds leaf, payload and salt; the same in compact form: a CBOR array
[1, origin, leaf, payload, salt, index, size, [proof], root, key id || signature], zlib, base45, behind "PIANQU1:", which
is the QR code's alphanumeric alphabet.
Source: https://c2sp.org/tlog-proof, RFC 8949 (CBOR), RFC 9285 (base45).
Cost: O(log n) hashes and one signature. Guarantee: verify() never trusts what it read: it recomputes every link from the
payload to the signature and names the first that does not hold; decompression stops at 64 KiB.
"""

import argparse
import io
import json
import sys
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import base45
import cbor2

from pianqu.kernels import canonical, merkle, note
from pianqu.kernels.leaf import Leaf, b64, commitment, unb64

HEADER = "c2sp.org/tlog-proof@v1"
PREFIX = "PIANQU1:"
MAX_CHARACTERS = 200_000
MAX_UNPACKED = 65_536


class ReceiptError(ValueError):
    """What was given is no receipt; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Everything that a check needs besides the log's public key."""

    leaf: bytes
    payload: bytes
    salt: bytes
    index: int
    proof: tuple[bytes, ...]
    checkpoint: str

    def text(self) -> str:
        """The tlog-proof file."""
        extra = canonical.encode(
            {"leaf": self.leaf.decode(), "payload": json.loads(self.payload), "salt": b64(self.salt), "v": 1}
        )
        lines = [HEADER, f"extra {b64encode(extra).decode()}", f"index {self.index}"]
        lines += [b64encode(item).decode() for item in self.proof]
        return "\n".join(lines) + "\n\n" + self.checkpoint

    def compact(self) -> str:
        """The text of the QR code. Only the log's own signature fits; cosignatures stay in the file."""
        body = note.CheckpointBody.decode(note.text_of(self.checkpoint))
        blob = next(s.blob for s in note.split(self.checkpoint)[1] if s.name == body.origin)
        parts = [1, body.origin, self.leaf, self.payload, self.salt, self.index, body.size]
        packed = zlib.compress(cbor2.dumps([*parts, list(self.proof), body.root, blob]), 9)
        return PREFIX + str(base45.b45encode(packed).decode())


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a check. `code` is "genuine", or names the first link that does not hold."""

    code: str
    message: str
    origin: str = ""
    index: int | None = None
    size: int | None = None
    payload: dict[str, Any] | None = None
    leaf: Leaf | None = None

    @property
    def genuine(self) -> bool:
        return self.code == "genuine"


def parse(given: str) -> Receipt:
    """A receipt from its file's text or its QR code's text. Raises ReceiptError."""
    if len(given) > MAX_CHARACTERS:
        raise ReceiptError("This is too long to be a receipt.")
    stripped = given.strip()
    try:
        if stripped.upper().startswith(PREFIX):
            return _parse_compact(stripped[len(PREFIX) :])
        return _parse_text(given.replace("\r\n", "\n"))
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError, EOFError, zlib.error) as error:
        raise ReceiptError(f"This is not a complete receipt ({error}).") from error


def _parse_text(given: str) -> Receipt:
    head, gap, checkpoint = given.lstrip("\ufeff \n").partition("\n\n")
    lines = head.split("\n")
    if not gap or lines[0] != HEADER or len(lines) < 3:
        raise ReceiptError("a receipt file begins with " + HEADER)
    if not lines[1].startswith("extra ") or not lines[2].startswith("index "):
        raise ReceiptError("the lines extra and index are missing")
    extra = json.loads(b64decode(lines[1][6:], validate=True))
    return Receipt(
        leaf=str(extra["leaf"]).encode(),
        payload=canonical.encode(extra["payload"]),
        salt=unb64(extra["salt"]),
        index=_number(lines[2][6:]),
        proof=tuple(b64decode(line, validate=True) for line in lines[3:]),
        checkpoint=checkpoint if checkpoint.endswith("\n") else checkpoint + "\n",
    )


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or str(int(text)) != text or len(text) > 16:
        raise ReceiptError("the index is not a plain number")
    return int(text)


def _parse_compact(body: str) -> Receipt:
    unpack = zlib.decompressobj()
    raw = unpack.decompress(base45.b45decode(body), MAX_UNPACKED)
    if unpack.unconsumed_tail or not unpack.eof:
        raise ReceiptError("the code is cut off or too large")
    try:
        version, origin, leaf, payload, salt, index, size, proof, root, blob = cbor2.load(io.BytesIO(raw))
    except cbor2.CBORError as error:
        raise ReceiptError("the code is damaged") from error
    if version != 1:
        raise ReceiptError("this receipt is of a newer kind")
    _check_types(origin, [leaf, payload, salt, root, blob, *proof], [index, size])
    text = note.CheckpointBody(origin=origin, size=size, root=root).encode()
    return Receipt(
        leaf=leaf,
        payload=payload,
        salt=salt,
        index=index,
        proof=tuple(proof),
        checkpoint=f"{text}\n{note.signature_line(origin, blob)}",
    )


def _check_types(origin: object, parts: list[object], numbers: list[object]) -> None:
    """CBOR can hold anything: a number where bytes belong would make `bytes()` reserve that much memory."""
    right = type(origin) is str and all(type(part) is bytes for part in parts)
    if not right or any(type(number) is not int or number < 0 for number in numbers):
        raise ReceiptError("the code holds other things than a receipt")


def verify(receipt: Receipt, vkeys: tuple[str, ...]) -> Verdict:
    """Check every link with the given public keys of logs; never raises for what a receipt may hold."""
    try:
        return _verify(receipt, [note.Verifier.from_vkey(vkey) for vkey in vkeys])
    except note.NoteError as error:
        return Verdict("checkpoint-broken", f"The signed part of this receipt is damaged: {error}.")


def _verify(receipt: Receipt, verifiers: list[note.Verifier]) -> Verdict:
    body = note.CheckpointBody.decode(note.text_of(receipt.checkpoint))
    mine = [v for v in verifiers if v.name == body.origin]
    if not mine:
        return Verdict("log-unknown", f"This receipt is of another ledger ({body.origin}).", body.origin)
    try:
        note.open_note(receipt.checkpoint, mine)
    except note.NoteError:
        return Verdict("signature-false", "The ledger's signature does not fit this receipt.", body.origin)
    try:
        merkle.verify_inclusion(
            leaf=merkle.leaf_hash(receipt.leaf),
            index=receipt.index,
            size=body.size,
            proof=receipt.proof,
            root_hash=body.root,
        )
    except merkle.ProofError:
        return Verdict("not-included", "The signed ledger does not hold this record.", body.origin)
    return _verify_content(receipt, body)


def _verify_content(receipt: Receipt, body: note.CheckpointBody) -> Verdict:
    try:
        leaf = Leaf.decode(receipt.leaf)
        payload = json.loads(receipt.payload)
        fits = commitment(canonical.encode(payload), receipt.salt) == leaf.commitment
        agrees = (payload["kind"], payload["organisation"]) == (leaf.kind, leaf.organisation_code)
    except (ValueError, TypeError, KeyError, RecursionError):
        fits = agrees = False
    if not fits or not agrees:
        return Verdict("content-altered", "What is written here is not what was recorded.", body.origin)
    return Verdict("genuine", "This receipt is genuine.", body.origin, receipt.index, body.size, payload, leaf)


def main(argv: list[str] | None = None) -> int:
    """`python -m pianqu.kernels.receipt FILE --vkey KEY`: the check without Django."""
    parser = argparse.ArgumentParser(description="Check a receipt offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--vkey", action="append", required=True, help="public key of a ledger, or a file with one in each line"
    )
    asked = parser.parse_args(argv)
    try:
        texts = [Path(key).read_text() if Path(key).is_file() else key for key in asked.vkey]
        keys = tuple(line for text in texts for line in text.splitlines() if line.strip())
        verdict = verify(parse(asked.file.read_text(encoding="utf-8")), keys)
    except (OSError, UnicodeDecodeError, ReceiptError, note.NoteError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(f"{verdict.message}\n")
    return 0 if verdict.genuine else 1


if __name__ == "__main__":
    sys.exit(main())
