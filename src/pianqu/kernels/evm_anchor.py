"""What a transaction on a chain says of a ledger: its name, size and root, and which signed text stood behind them.

Problem: a third book, kept by others, should hold enough that a court finds there what the ledger was, with no help of ours.
Method: the data of a transaction is a short text that any explorer of a chain shows: a line that names the format, the body of
the checkpoint (C2SP tlog-checkpoint: origin, size, root in base64), and SHA-256 in hex of the whole signed note with its lines.
Source: https://c2sp.org/tlog-checkpoint; the format is ours. Cost: O(length).
Guarantee: `decode` answers only for what `encode` writes, byte for byte, so that two different texts never say the same; both
refuse names that would break the lines.
"""

import re
from dataclasses import dataclass
from hashlib import sha256

from pianqu.kernels.note import CheckpointBody, NoteError, text_of
from pianqu.kernels.saying import Said

FORMAT = "pianqu/anchor/v1"
MAX_BYTES = 1_000
_DIGEST = re.compile(r"[0-9a-f]{64}")


class EvmAnchorError(Said):
    """This is no such text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvmMark:
    """What stands on the chain."""

    origin: str
    size: int
    root: bytes
    digest: bytes
    """SHA-256 of the signed note."""

    def encode(self) -> bytes:
        """The bytes that a transaction carries. Raises EvmAnchorError for what cannot be written so."""
        try:
            body = CheckpointBody(origin=self.origin, size=self.size, root=self.root).encode()
        except NoteError as error:
            raise EvmAnchorError.after(error) from error
        raw = f"{FORMAT}\n{body}{self.digest.hex()}\n".encode()
        if len(self.digest) != 32 or len(raw) > MAX_BYTES or decode(raw) != self:
            raise EvmAnchorError("a name of this kind cannot be written on a chain")
        return raw


def mark_of(note: str) -> EvmMark:
    """What is to be written of a signed note. Raises EvmAnchorError."""
    try:
        body = CheckpointBody.decode(text_of(note))
    except NoteError as error:
        raise EvmAnchorError.after(error) from error
    return EvmMark(origin=body.origin, size=body.size, root=body.root, digest=sha256(note.encode()).digest())


def decode(raw: bytes) -> EvmMark:
    """What the data of a transaction says. Raises EvmAnchorError for everything that `encode` does not write."""
    if len(raw) > MAX_BYTES:
        raise EvmAnchorError("it is too long")
    try:
        head, _, rest = raw.decode().partition("\n")
        text, _, last = rest.removesuffix("\n").rpartition("\n")
        if head != FORMAT or not _DIGEST.fullmatch(last):
            raise EvmAnchorError("it does not begin with %(format)s, or does not end with a digest", format=FORMAT)
        body = CheckpointBody.decode(f"{text}\n")
    except (UnicodeDecodeError, NoteError) as error:
        why = error.sentence if isinstance(error, NoteError) else str(error)
        raise EvmAnchorError("it is no text of a checkpoint (%(why)s)", why=why) from error
    if body.extensions or raw != f"{FORMAT}\n{body.encode()}{last}\n".encode():
        raise EvmAnchorError("it is not written in the one way")
    return EvmMark(origin=body.origin, size=body.size, root=body.root, digest=bytes.fromhex(last))
