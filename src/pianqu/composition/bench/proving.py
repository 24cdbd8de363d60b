"""Proofs and receipts from a large log, and the whole of it read again."""

import random
import time
from collections.abc import Callable
from uuid import UUID

from django.utils import timezone

from pianqu.composition.bench.report import Row
from pianqu.foundation.db import fetch
from pianqu.kernels import merkle
from pianqu.kernels.auditing import Replay
from pianqu.kernels.tiles import SHA256, TileTree, TreeHash
from pianqu.rooms.ledger import queries, services

SEED = 7


def measure(*, quick: bool) -> list[Row]:
    """On the log as it stands, all of it sealed."""
    size = queries.sealed_size()
    found = [Row(name="entries in the log", value=size)]
    found += _proofs(size, cold=500 if quick else 3_000, warm=5_000 if quick else 40_000)
    found += _receipts(300 if quick else 2_000)
    return found + _read_again(size)


def _proofs(size: int, *, cold: int, warm: int) -> list[Row]:
    dice = random.Random(SEED)
    kept = queries.tree(size)
    root = kept.root()
    for index in (0, size - 1, *dice.sample(range(size), 50)):
        leaf = kept.node(0, index)
        for proof in (merkle.inclusion_proof(index, size, kept.node), queries.proof_of(index, size)):
            merkle.verify_inclusion(leaf=leaf, index=index, size=size, proof=proof, root_hash=root)
    cold_rate = _rate(cold, lambda: queries.proof_of(dice.randrange(size), size))
    for first in range(0, size, 256):
        merkle.inclusion_proof(first, size, kept.node)
    warm_rate = _rate(warm, lambda: merkle.inclusion_proof(dice.randrange(size), size, kept.node))
    consistent = _rate(cold, lambda: merkle.consistency_proof(dice.randrange(1, size), size, kept.node))
    return [
        Row(name="inclusion proofs, each with a fresh tree: rate", value=cold_rate, unit="/s", at_least=3_000),
        Row(name="inclusion proofs, warm: rate", value=warm_rate, unit="/s", at_least=15_000),
        Row(name="consistency proofs to the newest tree, warm: rate", value=consistent, unit="/s"),
    ]


def _receipts(count: int) -> list[Row]:
    size = queries.sealed_size()
    places = random.Random(SEED).sample(range(size), min(count, size))
    marks = ", ".join(["%s"] * len(places))
    ids = [row[0] for row in fetch((f"SELECT entry_id FROM ledger_position WHERE position IN ({marks})", places))]
    asked = iter(map(UUID, map(str, ids)))
    rate = _rate(len(ids), lambda: queries.receipt_for(next(asked)).text)
    return [Row(name="whole receipts as file and as code, cosigned: rate", value=rate, unit="/s")]


def twin(*, quick: bool) -> list[Row]:
    """The twin by the national standards from nothing up to the log, as after it was turned on; its proofs."""
    size, began, own = queries.sealed_size(), time.perf_counter(), time.process_time()
    while services.grow_twin(now=timezone.now()):
        pass
    seconds, cpu = time.perf_counter() - began, time.process_time() - own
    if problems := list(queries.audit_twin()):
        raise RuntimeError(f"the twin does not hold: {problems[:3]}")
    leaves = [leaf for page in queries.leaves_from(0, min(size, 100_000)) for leaf in page]
    places = random.Random(SEED).sample(range(size), 200 if quick else 1_000)
    ids = iter([queries.at(place).item.entry_id for place in places])
    return [
        Row(name="twin by SM3 and SM2, catching up: rate", value=size / seconds, unit="/s"),
        Row(name="twin, catching up: own CPU of an entry", value=cpu / size * 1e6, unit="µs"),
        Row(name="tree by SM3 alone: leaves", value=_grown(leaves, queries.gm_hash()), unit="/s"),
        Row(name="tree by SHA-256 alone: leaves", value=_grown(leaves, SHA256), unit="/s"),
        Row(
            name="twin's proof of an entry: rate",
            value=_rate(len(places), lambda: queries.twin_receipt(next(ids))),
            unit="/s",
        ),
    ]


def _grown(leaves: list[bytes], by: TreeHash) -> float:
    """Leaves a second, in batches as they are sealed."""
    began = time.perf_counter()
    tree = TileTree(0, lambda _level, _index: b"", by)
    for first in range(0, len(leaves), services.BATCH):
        tree.extend(b"".join([merkle.leaf_hash(leaf, by.leaf) for leaf in leaves[first : first + services.BATCH]]))
    tree.root()
    return len(leaves) / (time.perf_counter() - began)


def _read_again(size: int) -> list[Row]:
    began = time.perf_counter()
    replay = Replay(TileTree(0, lambda _level, _index: b""))
    leaves = [leaf for page in queries.leaves_from(0) for leaf in page]
    read = time.perf_counter()
    wrong = list(replay.read(leaves))
    replayed = time.perf_counter()
    if wrong or replay.tree.root() != queries.root_at(size):
        raise RuntimeError(f"the log does not hold: {wrong[:3]}")
    rebuilding = time.perf_counter()
    services.rebuild_tiles()
    rebuilt = time.perf_counter() - rebuilding
    return [
        Row(
            name="replay of all leaves, chains and tree: rate",
            value=size / (replayed - read),
            unit="/s",
            at_least=250_000,
        ),
        Row(name="replay, read from the database too: rate", value=size / (replayed - began), unit="/s"),
        Row(name="tiles rebuilt from own entries: time", value=rebuilt, unit="s", at_most=60),
        Row(name="tiles rebuilt from own entries: rate", value=size / rebuilt, unit="/s"),
    ]


def _rate(count: int, act: Callable[[], object]) -> float:
    began = time.perf_counter()
    for _ in range(count):
        act()
    return count / (time.perf_counter() - began)
