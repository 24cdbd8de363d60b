"""Receipts: one record, its place in the log, the log's signature and those of its witnesses, checkable without a network.

Problem: a resident holds proof in hand, as a file and as a QR code, and needs nobody's word to check it.
Method: c2sp.org/tlog-proof@v1 text whose `extra` holds leaf, payload and salt. The compact form is a CBOR array in base45, the QR
code's alphabet. Behind "PIANQU2:" stands [2, words, raw, leaf, index, size, length, signatures]: `words` (deflated)
are origin, signers and the payload; `raw` is salt, previous hash, path and the checksums in the payload; what a check computes
anyway (root; kind, organisation, day and commitment of the leaf) is left out. Behind "PIANQU1:" stands the first form, zlib of
[1, origin, leaf, payload, salt, index, size, [path], root, key id || signature], which is read for ever and written where
something of the second cannot be left out.
Source: https://c2sp.org/tlog-proof, https://c2sp.org/tlog-policy, RFC 8949 (CBOR), RFC 9285 (base45).
Cost: O(log n) hashes and one signature each of log and witnesses. Guarantee: verify() never trusts what it read: it recomputes
every link from the payload to the signatures and names the first that does not hold; decompression stops at 64 KiB.
"""

import argparse
import io
import json
import re
import sys
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import base45
import cbor2

from pianqu.kernels import canonical, merkle, note, policy, shortening
from pianqu.kernels.cosignature import ED25519, Unsupported, cosigned
from pianqu.kernels.leaf import Leaf, b64, commitment, unb64
from pianqu.kernels.note import CheckpointBody, NoteError, Signature, Verifier
from pianqu.kernels.policy import KnownLog, Policy, PolicyError

HEADER = "c2sp.org/tlog-proof@v1"
FIRST = "PIANQU1:"
SHORTER = "PIANQU2:"
MAX_CHARACTERS = 200_000
MAX_UNPACKED = 65_536
FITTING = 1_839
"""Letters that a QR code of version 29 holds at level M: 1,220 bytes of CBOR."""

_LONGEST_IN_CODE = 4 + 8 + ED25519.length
"""Bytes of a line: key id, time and signature."""

_CODE = re.compile(r"PIANQU(\d{1,4}):", re.ASCII | re.IGNORECASE)
_NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
_AT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", re.ASCII)
_DAY_ZONE = timezone(timedelta(hours=8))
"""A leaf's day is China's."""


class ReceiptError(ValueError):
    """What was given is no receipt; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Everything that a check needs besides the public keys of log and witnesses."""

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

    def compact(self, rule: Policy | None = None) -> str:
        """The text of the QR code.

        With a policy it holds as many of its witnesses' signatures as fit, and never fewer than the policy asks for; while a key
        of the log takes over from another, the older one's alone where both do not fit. Without a policy it holds all. In any
        case the signatures of a kind that is too long for a code (ML-DSA-44) stand in the file alone: `Policy.holds_in_code`
        tells whether the others can be enough.
        """
        text, signatures = note.split(self.checkpoint)
        origin = CheckpointBody.decode(text).origin
        own = [one for one in signatures if one.name == origin]
        others = [one for one in signatures if one.name != origin and len(one.blob) <= _LONGEST_IN_CODE]
        if rule is None:
            return self._short([*own, *others]) or self._first_form(own)
        lines = _lines_of(rule, text, others)
        best = self._short([*own, *lines.values()])
        if len(best) > FITTING and own[1:]:
            own = own[:1]  # while a key takes over from another both sign, and who knows the new one knows the old one
            best = self._short([*own, *lines.values()])
        if len(best) > FITTING:
            best = self._fewer(rule, own, lines)
        return best or self._first_form(own)

    def _fewer(self, rule: Policy, own: Sequence[Signature], lines: Mapping[str, Signature]) -> str:
        """The second form with the fewest lines that are enough, and such others as still fit."""
        chosen = set(rule.fewest(lines) or ())
        best = self._short([*own, *_ordered(lines, chosen)])
        for name in lines:
            made = self._short([*own, *_ordered(lines, {*chosen, name})])
            if made and len(made) <= FITTING:
                best = made
                chosen.add(name)
        return best

    def _short(self, lines: Sequence[Signature]) -> str:
        """The second form with these lines; empty where something that it leaves out could not be computed again."""
        wanted = f"{note.text_of(self.checkpoint)}\n" + "".join(
            note.signature_line(one.name, one.blob) for one in lines
        )
        try:
            made = SHORTER + base45.b45encode(_pack(self, lines)).decode()
            again = parse(made)
        except ValueError:
            return ""
        mine = (self.leaf, self.payload, self.salt, self.index, self.proof, wanted)
        return (
            made if (again.leaf, again.payload, again.salt, again.index, again.proof, again.checkpoint) == mine else ""
        )

    def _first_form(self, own: Sequence[Signature]) -> str:
        """Only one signature of the log's fits; all others stay in the file."""
        body = CheckpointBody.decode(note.text_of(self.checkpoint))
        parts = [1, body.origin, self.leaf, self.payload, self.salt, self.index, body.size]
        packed = zlib.compress(cbor2.dumps([*parts, list(self.proof), body.root, own[0].blob]), 9)
        return FIRST + str(base45.b45encode(packed).decode())


@dataclass(frozen=True, slots=True)
class Verdict:
    """Outcome of a check. `code` is "genuine", "not-witnessed", or names the first link that does not hold."""

    code: str
    message: str
    origin: str = ""
    index: int | None = None
    size: int | None = None
    payload: dict[str, Any] | None = None
    leaf: Leaf | None = None
    times: Mapping[str, int] = field(default_factory=dict)
    """Which witnesses signed, by their names in the policy → the latest time each stated, in seconds since 1970."""
    party: str = ""
    """Whose signature is false where that is a witness's, by its name in the policy."""

    @property
    def genuine(self) -> bool:
        return self.code == "genuine"

    @property
    def recorded(self) -> bool:
        """Whether the record stands in the signed log as it is written here, however many witnesses have signed."""
        return self.code in {"genuine", "not-witnessed"}


def _lines_of(rule: Policy, text: str, signatures: Iterable[Signature]) -> dict[str, Signature]:
    """The newest true line of each witness, by its name in the policy and in its order."""
    found: dict[str, tuple[int, Signature]] = {}
    known = {(one.witness.name, one.witness.key_id): one for one in rule.witnesses}
    for line in signatures:
        one = known.get((line.name, line.blob[:4]))
        time = one.witness.time_of(text, line.blob[4:]) if one else None
        if one and time is not None and time > found.get(one.name, (0, line))[0]:
            found[one.name] = (time, line)
    return {one.name: found[one.name][1] for one in rule.witnesses if one.name in found}


def _ordered(lines: Mapping[str, Signature], chosen: Iterable[str]) -> list[Signature]:
    names = set(chosen)
    return [line for name, line in lines.items() if name in names]


# Reading ----------------------------------------------------------------------------------------------------------------


def parse(given: str) -> Receipt:
    """A receipt from its file's text or its QR code's text. Raises ReceiptError."""
    if len(given) > MAX_CHARACTERS:
        raise ReceiptError("This is too long to be a receipt.")
    stripped = given.strip()
    try:
        code = _CODE.match(stripped)
        if code is None:
            return _parse_text(given.replace("\r\n", "\n"))
        reader = {"1": _parse_first_form, "2": _parse_short}.get(code[1])
        if reader is None:
            raise ReceiptError("it is of a newer kind than this check knows: get the newest check")
        return reader(base45.b45decode(stripped[code.end() :]))
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
    if not _NUMBER.fullmatch(text):
        raise ReceiptError("the index is not a plain number")
    return int(text)


def _items(raw: bytes, count: int) -> list[Any]:
    try:
        items = cbor2.load(io.BytesIO(raw))
    except cbor2.CBORError as error:
        raise ReceiptError("the code is damaged") from error
    if type(items) is not list or len(items) != count:
        raise ReceiptError("the code holds other things than a receipt")
    return items


def _parse_first_form(packed: bytes) -> Receipt:
    unpack = zlib.decompressobj()
    raw = unpack.decompress(packed, MAX_UNPACKED)
    if unpack.unconsumed_tail or not unpack.eof:
        raise ReceiptError("the code is cut off or too large")
    version, origin, leaf, payload, salt, index, size, proof, root, blob = _items(raw, 10)
    if version != 1:
        raise ReceiptError("this receipt is of a newer kind")
    _check_types([origin], [leaf, payload, salt, root, blob, *proof], [index, size])
    text = CheckpointBody(origin=origin, size=size, root=root).encode()
    return Receipt(
        leaf=leaf,
        payload=payload,
        salt=salt,
        index=index,
        proof=tuple(proof),
        checkpoint=f"{text}\n{note.signature_line(origin, blob)}",
    )


def _check_types(texts: list[object], parts: list[object], numbers: list[object]) -> None:
    """CBOR can hold anything: a number where bytes belong would make `bytes()` reserve that much memory."""
    right = all(type(text) is str for text in texts) and all(type(part) is bytes for part in parts)
    if not right or any(type(number) is not int or number < 0 for number in numbers):
        raise ReceiptError("the code holds other things than a receipt")


# The second form --------------------------------------------------------------------------------------------------------


def _pack(receipt: Receipt, lines: Sequence[Signature]) -> bytes:
    """CBOR of the second form. Raises ValueError for what has no such form."""
    body = CheckpointBody.decode(note.text_of(receipt.checkpoint))
    words, items = shortening.shorten(receipt.payload.decode())
    signers = ["" if one.name == body.origin else one.name for one in lines]
    told = shortening.deflate("\n".join([body.origin, *signers, words]))
    try:
        leaf = Leaf.decode(receipt.leaf)
        counter, previous = leaf.counter, leaf.previous
        is_told = _leaf(receipt.payload, receipt.salt, counter, previous) == receipt.leaf
    except (ValueError, RecursionError):
        is_told = False
    head: int | bytes = counter if is_told else receipt.leaf
    raw = b"".join([receipt.salt, previous if is_told else b"", *receipt.proof, items])
    parts = [2, told, raw, head, receipt.index, body.size, len(receipt.proof)]
    return cbor2.dumps([*parts, [one.blob for one in lines]])


def _leaf(payload: bytes, salt: bytes, counter: int, previous: bytes) -> bytes:
    """The leaf that a payload has. Raises ValueError where it has none."""
    told = json.loads(payload)
    try:
        kind, code, at = told["kind"], told["organisation"], told["at"]
    except (TypeError, KeyError) as error:
        raise ReceiptError("the record does not say what it is") from error
    if not (type(kind) is type(code) is type(at) is str):
        raise ReceiptError("the record does not say what it is")
    return Leaf(
        kind=kind,
        organisation_code=code,
        counter=counter,
        previous=previous,
        day=day_of(at),
        commitment=commitment(payload, salt),
    ).encode()


def day_of(at: str) -> date:
    """The day that a leaf states of a record's time. Raises ReceiptError for what `record` would not have written."""
    if not _AT.fullmatch(at):
        raise ReceiptError("the record does not say when it was made")
    return datetime.fromisoformat(at).astimezone(_DAY_ZONE).date()


def _parse_short(packed: bytes) -> Receipt:
    version, told, raw, head, index, size, length, blobs = _items(packed, 8)
    if version != 2 or type(blobs) is not list:
        raise ReceiptError("the code holds other things than a receipt")
    is_told = type(head) is int
    _check_types([], [told, raw, b"" if is_told else head, *blobs], [index, size, length, head if is_told else 0])
    origin, *signers, words = shortening.inflate(told, MAX_UNPACKED).split("\n")
    if len(signers) != len(blobs):
        raise ReceiptError("the code holds other things than a receipt")
    hashes = 1 + (is_told and head > 1) + length
    if len(raw) < 32 * hashes:
        raise ReceiptError("the code is cut off")
    salt, *proof = (raw[32 * n : 32 * n + 32] for n in range(hashes))
    payload = shortening.lengthen(words, raw[32 * hashes :]).encode()
    leaf = _leaf(payload, salt, head, proof.pop(0) if head > 1 else b"") if is_told else head
    root = merkle.root_from_inclusion(merkle.leaf_hash(leaf), index, size, proof)
    text = CheckpointBody(origin=origin, size=size, root=root).encode()
    lines = [note.signature_line(name or origin, blob) for name, blob in zip(signers, blobs, strict=True)]
    return Receipt(
        leaf=leaf, payload=payload, salt=salt, index=index, proof=tuple(proof), checkpoint=f"{text}\n{''.join(lines)}"
    )


# Checking ---------------------------------------------------------------------------------------------------------------


def trusting(vkeys: Iterable[str]) -> Policy:
    """The policy that knows these logs and asks for no witness. Raises NoteError for what is no key."""
    verifiers = [Verifier.from_vkey(vkey) for vkey in vkeys]
    return Policy(logs=tuple(KnownLog(name=one.name, verifier=one) for one in verifiers))


def verify(receipt: Receipt, trust: Policy | Sequence[str]) -> Verdict:
    """Check every link under a policy, or with the keys of logs alone; never raises for what a receipt may hold."""
    try:
        return _verify(receipt, trust if isinstance(trust, Policy) else trusting(trust))
    except NoteError as error:
        return Verdict("checkpoint-broken", f"The signed part of this receipt is damaged: {error}.")


def _verify(receipt: Receipt, rule: Policy) -> Verdict:
    body = CheckpointBody.decode(note.text_of(receipt.checkpoint))
    mine = [log.verifier for log in rule.logs if log.verifier.name == body.origin]
    if not mine:
        return Verdict("log-unknown", f"This receipt is of another ledger ({body.origin}).", body.origin)
    try:
        note.open_note(receipt.checkpoint, mine)
    except NoteError:
        return Verdict("signature-false", "The ledger's signature does not fit this receipt.", body.origin)
    try:
        times = _times(receipt.checkpoint, rule)
    except Unsupported as error:
        return Verdict("not-checkable", f"This receipt was not checked to its end: {error}.", body.origin)
    except NoteError:
        party = _who_is_false(receipt.checkpoint, rule)
        return Verdict("checkpoint-broken", f"The signature of the witness {party} is false.", body.origin, party=party)
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
    verdict = verify_content(receipt, body, times, holds=rule.holds(times))
    return replace(verdict, message=_too_few(rule, times)) if verdict.code == "not-witnessed" else verdict


def _times(checkpoint: str, rule: Policy) -> dict[str, int]:
    """When which witnesses signed, by their names in the policy and in its order. Raises NoteError for a false line."""
    times = cosigned(checkpoint, [one.witness for one in rule.witnesses])
    return {one.name: times[one.witness] for one in rule.witnesses if one.witness in times}


def _who_is_false(checkpoint: str, rule: Policy) -> str:
    for one in rule.witnesses:
        try:
            cosigned(checkpoint, [one.witness])
        except NoteError:
            return one.name
    return ""


def verify_content(receipt: Receipt, body: CheckpointBody, times: Mapping[str, int], *, holds: bool) -> Verdict:
    """The last link, once the leaf is known to stand in the signed tree: whether it was made from what is written here."""
    try:
        leaf = Leaf.decode(receipt.leaf)
        payload = json.loads(receipt.payload)
        fits = commitment(canonical.encode(payload), receipt.salt) == leaf.commitment
        agrees = (payload["kind"], payload["organisation"]) == (leaf.kind, leaf.organisation_code)
    except (ValueError, TypeError, KeyError, RecursionError):
        fits = agrees = False
    if not fits or not agrees:
        return Verdict("content-altered", "What is written here is not what was recorded.", body.origin)
    code, message = ("genuine", "This receipt is genuine.") if holds else ("not-witnessed", NOT_WITNESSED)
    return Verdict(code, message, body.origin, receipt.index, body.size, payload, leaf, times)


NOT_WITNESSED = (
    "The ledger has signed this record, and not a word was changed, but too few witnesses had signed as well when this receipt "
    "was made. Get the receipt anew in a minute. If it stays so, ask the district's office and a witness why."
)
NOT_IN_CODE = (
    "The ledger has signed this record, and not a word was changed, but the witnesses' signatures in here are not enough. "
    "Those of %s are too long for a QR code: if you checked a code, check the receipt's file instead."
)


def _too_few(rule: Policy, times: Mapping[str, int]) -> str:
    """Why it is not witnessed. Where those that a code leaves out would be enough, a code may have been checked."""
    left_out = [name for name in rule.left_out_of_code() if name not in times]
    return NOT_IN_CODE % ", ".join(left_out) if left_out and rule.holds({*times, *left_out}) else NOT_WITNESSED


def main(argv: list[str] | None = None) -> int:
    """`PYTHONPATH=src .venv/bin/python -m pianqu.kernels.receipt FILE --policy FILE | --vkey KEY`: the check without Django."""
    parser = argparse.ArgumentParser(description="Check a receipt offline.")
    parser.add_argument("file", type=Path)
    trust = parser.add_mutually_exclusive_group(required=True)
    trust.add_argument("--policy", type=Path, help="file that names ledger, witnesses and how many have to have signed")
    trust.add_argument("--vkey", action="append", help="public key of a ledger, or a file that holds it")
    asked = parser.parse_args(argv)
    try:
        rule = read_trust(asked.policy, asked.vkey or ())
        verdict = verify(parse(asked.file.read_text(encoding="utf-8")), rule)
    except (OSError, UnicodeDecodeError, ReceiptError, NoteError, PolicyError) as error:
        sys.stderr.write(f"{unread(error)}\n")
        return 2
    sys.stdout.write("\n".join([verdict.message, *told(verdict, rule)]) + "\n")
    return 0 if verdict.genuine else 1


def unread(error: Exception) -> str:
    """Why a file could not be read, in a sentence for whoever named it."""
    if isinstance(error, OSError):
        return f"{error.filename or 'The file'} could not be read: {error.strerror or error}."
    if isinstance(error, UnicodeDecodeError):
        return "This file is no text. A receipt is the file that ends in .tlog-proof, or the text of its QR code."
    return str(error)


def read_trust(file: Path | None, vkeys: Iterable[str]) -> Policy:
    """The policy in a file, or that of bare keys, each given itself or in a file with one in each line."""
    if file is not None:
        return policy.parse(file.read_bytes())
    texts = [Path(key).read_text(encoding="utf-8") if Path(key).is_file() else key for key in vkeys]
    return trusting(line for text in texts for line in text.splitlines() if line.strip())


def told(verdict: Verdict, rule: Policy) -> list[str]:
    """What a check found, and what it does not show, a sentence a line."""
    if not verdict.recorded or verdict.leaf is None or verdict.payload is None:
        return []
    lines = [
        f"Recorded: {verdict.leaf.kind} by {verdict.leaf.organisation_code}, {verdict.payload.get('at', verdict.leaf.day)}",
        f"Entry {(verdict.index or 0) + 1} of {verdict.size} in {verdict.origin}",
        *_witnesses_told(verdict, rule),
    ]
    return [*lines, "It does not show that what was recorded is true, nor that the matter was dealt with well."]


def _signed_told(some: int, many: int) -> str:
    if many == 1:
        return "Signed by its one witness:" if some else "Not signed by its one witness:"
    if some == many:
        return "Signed by both witnesses:" if many == 2 else f"Signed by all {many} witnesses:"
    return f"Signed by {some} of {many} witnesses:"


def _witnesses_told(verdict: Verdict, rule: Policy) -> list[str]:
    if not rule.witnesses:
        return ["No outside witness is named: nothing here rules out that the ledger keeps a second history."]
    lines = [_signed_told(rule.parties(verdict.times), rule.parties())]
    for one in rule.witnesses:
        time = verdict.times.get(one.name)
        lines.append(f"  {one.name}: {moment(time) if time is not None else 'has not signed'}")
    return [*lines, _doubt(verdict, rule)]


def _doubt(verdict: Verdict, rule: Policy) -> str:
    """What a second history would take."""
    if rule.quorum == policy.NONE:
        return "The policy asks for none of them: nothing here rules out that the ledger keeps a second history."
    if not verdict.genuine:
        return "Until enough of them have signed, nothing here rules out that the ledger keeps a second history."
    liars = rule.overlap()
    if not liars:
        return "Two sets of honest witnesses could each fulfil this policy: only comparing receipts shows a second history."
    return f"A second history would need {liars} or more of these witnesses to deceive together with the ledger."


def moment(time: int) -> str:
    """Seconds since 1970 as people read them; a witness may state what no calendar knows."""
    try:
        return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    except (OverflowError, ValueError, OSError):
        return f"{time} s after 1970"


if __name__ == "__main__":
    sys.exit(main())
