"""What a witness answers to a log that asks for its cosignature.

Problem: a log must not be able to show a second history: whoever cosigned a size and root once cosigns only what grew from it.
Method: C2SP tlog-witness, add-checkpoint: read the request, find the log's key, check that the proof leads from the tree that was
cosigned last to the new one; the answer's number says why not. Keeping what was cosigned, whole or not at all and before anybody
sees the cosignature, is the caller's part.
Source: https://c2sp.org/tlog-witness, RFC 9162 section 2.1.4. Cost: O(log n) hashes and one signature.
Guarantee: `Answer.grown` is given only for a tree that the last one is the beginning of, so two trees of one size are never both
cosigned; two signed trees of one size are evidence against the log, whatever else is wrong with the request.
"""

import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pianqu.kernels.merkle import EMPTY_ROOT, ProofError, verify_consistency
from pianqu.kernels.note import CheckpointBody, NoteError, Verifier, open_note, text_of

MOST_PROOF = 63
MAX_BYTES = 65_536
SIZE_TYPE = "text/x.tlog.size"
_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})")
OK, BAD, FORBIDDEN, UNKNOWN, CONFLICT, INCONSISTENT = 200, 400, 403, 404, 409, 422


class BadRequest(ValueError):
    """The body is no request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A checkpoint, and the proof that it grew from the tree of `old` leaves."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def encode(self) -> bytes:
        """The body of the request."""
        return encode(self.old, self.proof, self.note)


@dataclass(frozen=True, slots=True)
class Seen:
    """Size and root that a witness cosigned last."""

    size: int = 0
    root: bytes = EMPTY_ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a witness does. Its number is that of HTTP; `why` is a sentence for people."""

    status: int
    why: str = ""
    grown: CheckpointBody | None = None
    """To be kept, then cosigned; only where the status is 200."""
    size: int = 0
    """What was cosigned last; told with 409."""
    is_evidence: bool = False
    """The log signed two trees of one size: whoever holds both can show it to anybody."""


def encode(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """A request's body: where the proof begins, the proof, an empty line, the checkpoint."""
    from_here = "".join(f"{line}\n" for line in (f"old {old}", *(b64encode(item).decode() for item in proof)))
    return f"{from_here}\n{note}".encode()


def parse(body: bytes) -> Request:
    """Read a request's body. Raises BadRequest."""
    if len(body) > MAX_BYTES:
        raise BadRequest("the request is too long")
    try:
        text = body.decode()
    except UnicodeDecodeError as error:
        raise BadRequest("the request is not UTF-8") from error
    head, gap, note = text.partition("\n\n")
    first, *lines = head.split("\n")
    old = _OLD.fullmatch(first)
    if not gap or old is None:
        raise BadRequest("a request begins with “old” and a size, and an empty line ends the proof")
    if len(lines) > MOST_PROOF:
        raise BadRequest(f"a proof has at most {MOST_PROOF} hashes")
    return Request(old=int(old[1]), proof=tuple(map(_hash, lines)), note=note)


def answer(
    request: Request,
    logs: Mapping[str, Sequence[Verifier]],
    seen: Seen,
    *,
    root_at: Callable[[int], bytes | None] = lambda _size: None,
) -> Answer:
    """What a witness that cosigned `seen` last, and knows these keys by origin, answers.

    `root_at` gives the root that it cosigned at a size, as far as it remembers.
    """
    try:
        body = CheckpointBody.decode(text_of(request.note))
    except NoteError as error:
        return Answer(status=BAD, why=str(error))
    keys = logs.get(body.origin)
    if not keys:
        return Answer(status=UNKNOWN, why="this witness does not know this log")
    try:
        open_note(request.note, keys)
    except NoteError as error:
        return Answer(status=FORBIDDEN, why=str(error))
    return _answer(request, body, seen, before=seen.root if body.size == seen.size else root_at(body.size))


def _answer(request: Request, body: CheckpointBody, seen: Seen, before: bytes | None) -> Answer:
    """The answer to a checkpoint that the log did sign. `before` is the root that was cosigned at its size."""
    forked = before is not None and before != body.root
    if request.old > body.size:
        return Answer(status=BAD, why="the old size is larger than the checkpoint's", is_evidence=forked)
    if request.old != seen.size:
        return Answer(status=CONFLICT, why="another size was cosigned last", size=seen.size, is_evidence=forked)
    if fault := _fault(request, body, seen):
        return Answer(status=INCONSISTENT, why=fault, is_evidence=forked)
    return Answer(status=OK, grown=body)


def _fault(request: Request, body: CheckpointBody, seen: Seen) -> str:
    """Why this is no growth of what was seen; empty where it is."""
    if body.size == 0 and body.root != EMPTY_ROOT:
        return "the empty tree has one root, and this is another"
    if request.old == 0:
        return "nothing is to be proven from an empty tree" if request.proof else ""
    try:
        verify_consistency(old=request.old, new=body.size, proof=request.proof, old_root=seen.root, new_root=body.root)
    except ProofError as error:
        return str(error)
    return ""


def size_of(content: bytes) -> int:
    """The size that a 409 tells. Raises BadRequest."""
    text = content[:18].decode("ascii", "replace")
    if not re.fullmatch(r"(0|[1-9][0-9]{0,15})\n", text) or len(content) > 18:
        raise BadRequest("this is no size")
    return int(text)


def _hash(line: str) -> bytes:
    try:
        raw = b64decode(line, validate=True)
    except (Base64Error, ValueError) as error:
        raise BadRequest("a line of the proof is no base64") from error
    if len(raw) != 32:
        raise BadRequest("a hash of the proof has 32 bytes")
    return raw
