"""Verifiers that others wrote read a ledger of ours over HTTP, and accept just what it signed and holds."""

import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.tlog import ConsistencyProof, ConsistencyProofInvalid, InclusionProof, InclusionProofInvalid

from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.keys import keys, log_key_name
from pianqu.foundation.testing import reset_database
from pianqu.kernels import merkle, note, receipt
from pianqu.kernels.cosignature import Cosigner
from pianqu.kernels.receipt import Receipt
from pianqu.rooms.casework.tests.builders import opened, small_district
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services
from tests import npm

SIGSTORE = {
    "@sigstore/verify@3.1.1": (
        "sha512-qv7+G3J2cc6wwFj3yKvXOamzqhMwSk1ogPGmhpS8iXllcPrJaIIBA+4HbttlHVu1pqWTdmaCH/WE7UOC51kdoA=="
    ),
    "@sigstore/core@3.2.1": (
        "sha512-qRsxPnCrbC/puegGxKuynfnxgLiHqWStrSjxkoB4YKqq3Z3s4cyZyj42ZdWFAEblNP65C+rBH8EuREHIXoi83g=="
    ),
    "@sigstore/bundle@4.0.0": (
        "sha512-NwCl5Y0V6Di0NexvkTqdoVfmjTaQwoLM236r89KEojGmq/jMls8S+zb7yOwAPdXvbwfKDlP+lmXgAL4vKSQT+A=="
    ),
    "@sigstore/protobuf-specs@0.5.2": (
        "sha512-SQqvFMt4V78fdjcDdYX6HbiVSOR4QK3ZgwCa2KOsopAgPIHy1rU5UDUmzLl02r5oyyaYcYHR1hpwDRk/yUe+Mw=="
    ),
}

# Its check of a log entry: the signature under the checkpoint, then the place in the tree. What it asks of the entry's own
# content (it knows signatures of software only) comes after and is not asked here.
SCRIPT = """
const { verifyTLogInclusion } = require('@sigstore/verify/dist/tlog');
const { crypto } = require('@sigstore/core');
const { logs, entries } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const authorities = logs.map((log) => ({
  baseURL: log.origin,
  logID: Buffer.from(log.id, 'base64'),
  publicKey: crypto.createPublicKey(Buffer.concat(
    [Buffer.from('302a300506032b6570032100', 'hex'), Buffer.from(log.key, 'base64')])),
  validFor: { start: new Date(0), end: new Date(8.64e15) },
}));
for (const entry of entries) {
  try {
    verifyTLogInclusion({
      canonicalizedBody: Buffer.from(entry.leaf, 'base64'),
      inclusionProof: {
        logIndex: entry.index,
        hashes: entry.proof.map((hash) => Buffer.from(hash, 'base64')),
        checkpoint: { envelope: entry.checkpoint },
      },
    }, authorities);
    console.log('holds');
  } catch (error) {
    console.log(`${error.code}: ${error.message}`);
  }
}
"""


class Http:
    """What a log's reader needs of a web server."""

    def __init__(self, base: str) -> None:
        self.base = base

    def get(self, *path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(f"{self.base}/open/ledger/{'/'.join(path)}", timeout=20) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise


class Found:
    """A ledger of ours that grew by verbs: every checkpoint that it published, and a receipt of every entry."""

    def __init__(self, base: str) -> None:
        self.web = Http(base)
        self.checkpoints: list[str] = []
        self.receipts: list[Receipt] = []

    @property
    def vkey(self) -> str:
        return (self.web.get("log.vkey") or b"").decode().strip()


@pytest.fixture
def found(live_server: Any, transactional_db: None) -> Iterator[Found]:
    small_district()
    services.create_log(now=timezone.now())
    made = Found(live_server.url)
    cards = []
    for batch in (1, 2, 5, 1, 8):
        cards += [opened(words=f"路灯坏了 {number}", now=timezone.now()) for number in range(batch)]
        services.seal(now=timezone.now())
        made.checkpoints.append((made.web.get("checkpoint") or b"").decode())
    for card in cards:
        text = (made.web.get("receipt", f"{card.entry_id}.tlog-proof") or b"").decode()
        made.receipts.append(receipt.parse(text))
    yield made
    reset_database()


def test_tlog_scales_reads_the_whole_log_and_checks_every_receipt(found: Found) -> None:
    reader = TilesReader(found.web)
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(Vkey.from_string(found.vkey))
    assert reader.calculate_root_hash() == checkpoint.root_hash
    for one in found.receipts:
        theirs = TheirCheckpoint.from_text(one.checkpoint)
        theirs.verify(Vkey.from_string(found.vkey))
        assert reader.get_entry(one.index) == one.leaf
        proof = InclusionProof(one.index, theirs.size, list(one.proof))
        proof.check(merkle.leaf_hash(one.leaf), theirs.root_hash)
        assert reader.get_inclusion_proof(one.index, theirs.size).node_hashes == list(one.proof)
        with pytest.raises(InclusionProofInvalid):
            proof.check(merkle.leaf_hash(one.leaf + b" "), theirs.root_hash)


def test_tlog_scales_follows_the_log_from_checkpoint_to_checkpoint(found: Found) -> None:
    heads = [TheirCheckpoint.from_text(text) for text in found.checkpoints]
    tree = ledger.tree(heads[-1].size)
    assert len({head.size for head in heads}) == 5
    for old, new in pairwise(heads):
        new.verify(Vkey.from_string(found.vkey))
        proof = merkle.consistency_proof(old.size, new.size, tree.node)
        ConsistencyProof(old.size, new.size, proof).check(old.root_hash, new.root_hash)
        with pytest.raises(ConsistencyProofInvalid):
            ConsistencyProof(old.size, new.size, proof).check(new.root_hash, new.root_hash)


def test_sigstore_checks_every_receipt_in_node_and_refuses_altered_ones(found: Found, tmp_path: Path) -> None:
    node = npm.installed(SIGSTORE, tmp_path)
    witness = Cosigner.from_seed("witness.example/w1", bytes(32))
    whole = [as_entry(one) for one in found.receipts]
    cosigned = [entry | {"checkpoint": entry["checkpoint"] + cosigned_by(witness, entry)} for entry in whole]
    first, other = whole[2], whole[3]
    altered = [
        first | {"leaf": other["leaf"]},
        first | {"index": "4"},
        first | {"proof": other["proof"]},
        first | {"proof": first["proof"][1:]},
        first | {"checkpoint": first["checkpoint"].replace("pianqu", "pianqv", 1)},
        first | {"checkpoint": note.text_of(first["checkpoint"]) + "\n" + cosigned_by(witness, first)},
    ]
    said = npm.run(node, SCRIPT, {"logs": [as_log(found.vkey)], "entries": [*whole, *cosigned, *altered]})
    assert said[: 2 * len(whole)] == ["holds"] * (2 * len(whole)) and len(whole) >= 17
    refusals = said[2 * len(whole) :]
    assert len(refusals) == len(altered) and all("TLOG_INCLUSION_PROOF_ERROR" in line for line in refusals)
    stranger = note.Signer.from_seed(ledger.log().origin, bytes(32)).vkey
    said = npm.run(node, SCRIPT, {"logs": [as_log(stranger)], "entries": whole})
    assert set(said) == {"TLOG_INCLUSION_PROOF_ERROR: invalid checkpoint signature"}


def test_while_two_keys_sign_either_is_enough_for_them(found: Found, tmp_path: Path) -> None:
    node = npm.installed(SIGSTORE, tmp_path)
    services.prepare_key()
    actor = Actor(kind="system", organisation_code="330205")
    services.rotate_key(actor=actor, days=10, now=timezone.now())
    opened(now=timezone.now())
    services.seal(now=timezone.now())
    (old, new), text = ledger.log().vkeys, (found.web.get("checkpoint") or b"").decode()
    (installation().keys / log_key_name(2)).unlink()
    keys.cache_clear()
    assert (found.web.get("log.vkey") or b"").decode().splitlines() == [old, new]
    for vkey in (old, new):
        TheirCheckpoint.from_text(text).verify(Vkey.from_string(vkey))
    entry = as_entry(found.receipts[0]) | {"checkpoint": text}
    head = TheirCheckpoint.from_text(text)
    proof = merkle.inclusion_proof(found.receipts[0].index, head.size, ledger.tree(head.size).node)
    entry["proof"] = [b64encode(item).decode() for item in proof]
    for known in ([old], [new], [new, old]):
        given = {"logs": [as_log(vkey) for vkey in known], "entries": [entry]}
        assert npm.run(node, SCRIPT, given) == ["holds"]


def as_log(vkey: str) -> dict[str, str]:
    """As sigstore lists the logs that it trusts; its log id begins with the key id of the signed note."""
    name, _kind, public = note.read_vkey(vkey)
    whole_id = sha256(f"{name}\n".encode() + note.ED25519 + public).digest()
    return {"origin": name, "id": b64encode(whole_id).decode(), "key": b64encode(public).decode()}


def as_entry(one: Receipt) -> dict[str, Any]:
    """As sigstore's bundles hold a log entry."""
    return {
        "leaf": b64encode(one.leaf).decode(),
        "index": str(one.index),
        "proof": [b64encode(item).decode() for item in one.proof],
        "checkpoint": one.checkpoint,
    }


def cosigned_by(witness: Cosigner, entry: dict[str, Any]) -> str:
    return witness.cosign(note.text_of(entry["checkpoint"]), 1_790_000_000)
