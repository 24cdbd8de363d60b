"""The twin of a log by China's national standards: the same leaves under SM3, signed with SM2, bound to the log's own tree.

Problem: who has to use 商用密码 wants tree and signature by it, and nobody wants two histories.
Method: the tree of RFC 6962 over the same leaves with SM3. The twin's checkpoint is called as the log with "/gm" behind it, and
an extension line names the log and the SHA-256 root that it signed at the same size. A proof is the text of c2sp.org/tlog-proof.
Source: https://c2sp.org/tlog-checkpoint, https://c2sp.org/tlog-proof, RFC 9162, GB/T 32905, GB/T 32918.
Cost: O(log n) hashes and one SM2 operation a proof. Guarantee: what the twin binds are leaves and order. A leaf's own commitment
and chain are SHA-256's, as in the log; and no witness signs the twin: it proves nothing beyond the operator's word.
"""

import argparse
import sys
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pianqu.kernels import merkle, note, receipt, sm3
from pianqu.kernels.note import CheckpointBody, NoteError
from pianqu.kernels.receipt import Receipt, ReceiptError, Verdict
from pianqu.kernels.sm2 import NoSM2, Verifier
from pianqu.kernels.sm3 import NoSM3

SUFFIX = "/gm"
_MARK = "twin-of"


def name_of(origin: str) -> str:
    """How the twin of a log is called."""
    return origin + SUFFIX


def is_twin(origin: str) -> bool:
    """Whether this is a twin's name."""
    return origin.endswith(SUFFIX)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwinBody:
    """What a twin's checkpoint says."""

    origin: str
    """The log's."""
    size: int
    root: bytes
    """By SM3."""
    ledger_root: bytes
    """By SHA-256, as the log signed it at this size."""

    def encode(self) -> str:
        extension = f"{_MARK} {self.origin} {b64encode(self.ledger_root).decode()}"
        return CheckpointBody(
            origin=name_of(self.origin), size=self.size, root=self.root, extensions=(extension,)
        ).encode()

    @staticmethod
    def decode(text: str) -> "TwinBody":
        """Parse a note's text. Raises NoteError where it is no twin's checkpoint."""
        body = CheckpointBody.decode(text)
        mark, _, rest = (body.extensions or ("",))[0].partition(" ")
        origin, _, root = rest.partition(" ")
        try:
            made = TwinBody(origin=origin, size=body.size, root=body.root, ledger_root=b64decode(root, validate=True))
        except (Base64Error, ValueError) as error:
            raise NoteError("broken base64") from error
        if mark != _MARK or made.encode() != text or len(made.ledger_root) != len(made.root):
            raise NoteError("a twin's checkpoint names its ledger and that ledger's root")
        return made


def verifiers(vkeys: Iterable[str]) -> tuple[Verifier, ...]:
    """The keys of twins. Raises NoteError for what is none."""
    return tuple(Verifier.from_vkey(vkey) for vkey in vkeys)


def read_keys(given: Iterable[str]) -> tuple[Verifier, ...]:
    """Keys of twins, each given itself or in a file with one in each line. Raises OSError, NoteError."""
    texts = [Path(key).read_text(encoding="utf-8") if Path(key).is_file() else key for key in given]
    return verifiers(line for text in texts for line in text.splitlines() if line.strip())


def verify(held: Receipt, keys: Sequence[Verifier]) -> Verdict:
    """Check every link of a twin's proof; never raises for what it may hold. Raises NoSM2, NoSM3."""
    try:
        body = TwinBody.decode(note.text_of(held.checkpoint))
    except NoteError as error:
        return Verdict("checkpoint-broken", f"The signed part of this proof is damaged: {error}.")
    name = name_of(body.origin)
    mine = [key for key in keys if key.name == name]
    if not mine:
        return Verdict("log-unknown", f"This proof is of the twin of another ledger ({body.origin}).", name)
    try:
        note.open_note(held.checkpoint, mine)
    except NoteError:
        return Verdict("signature-false", "The twin's signature does not fit this proof.", name)
    by = sm3.tree_hash()
    try:
        merkle.verify_inclusion(
            leaf=merkle.leaf_hash(held.leaf, by.leaf),
            index=held.index,
            size=body.size,
            proof=held.proof,
            root_hash=body.root,
            by=by,
        )
    except merkle.ProofError:
        return Verdict("not-included", "The signed twin does not hold this record.", name)
    return receipt.verify_content(held, CheckpointBody(origin=name, size=body.size, root=body.root), {}, holds=True)


def told(verdict: Verdict) -> list[str]:
    """What a check found, and what it does not show, a sentence a line."""
    if not verdict.recorded or verdict.leaf is None or verdict.payload is None:
        return []
    return [
        f"Recorded: {verdict.leaf.kind} by {verdict.leaf.organisation_code}, {verdict.payload.get('at', verdict.leaf.day)}",
        f"Entry {(verdict.index or 0) + 1} of {verdict.size} in {verdict.origin}, by SM3 and SM2",
        "No witness signs the twin: whether the ledger keeps a second history is shown by the receipt itself.",
        "It does not show that what was recorded is true, nor that the matter was dealt with well.",
    ]


def main(argv: list[str] | None = None) -> int:
    """`python -m pianqu.kernels.twin FILE --vkey KEY`: the check without Django. 0: genuine; 1: not so; 2: unreadable."""
    parser = argparse.ArgumentParser(description="Check a proof by SM3 and SM2 offline.")
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--vkey", action="append", required=True, help="public key of the twin, or a file that holds it"
    )
    asked = parser.parse_args(argv)
    try:
        verdict = verify(receipt.parse(asked.file.read_text(encoding="utf-8")), read_keys(asked.vkey))
    except (OSError, UnicodeDecodeError, ReceiptError, NoteError, NoSM2, NoSM3) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write("\n".join([verdict.message, *told(verdict)]) + "\n")
    return 0 if verdict.genuine else 1


if __name__ == "__main__":
    sys.exit(main())
