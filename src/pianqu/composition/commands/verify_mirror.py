"""`pianqu verify mirror URL|FOLDER`: a whole copy of a ledger read again, with nothing but the ledger's public key."""

import argparse
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pianqu.composition.mirror import home
from pianqu.composition.mirror.replica import Replica
from pianqu.composition.mirror.store import Store
from pianqu.composition.outsider.folder import Folder
from pianqu.composition.outsider.memory import MOST_LIST
from pianqu.foundation import following
from pianqu.foundation.errors import Unavailable
from pianqu.foundation.following import Missing, Remote, Signed, Source, Trouble, Unfit, origin_hash
from pianqu.kernels import cosignature
from pianqu.kernels.auditing import Replay
from pianqu.kernels.cosignature import Witness
from pianqu.kernels.merkle import EMPTY_ROOT, subtree_root
from pianqu.kernels.note import CheckpointBody, NoteError, Verifier, open_note
from pianqu.kernels.replica import ProvenTiles, Unproven, bundles_of, leaf_hashes, read_bundle
from pianqu.kernels.tiles import TileTree

MOST_WRONG = 50


def main(argv: list[str]) -> int:
    """0: everything holds; 1: something does not; 2: it could not be read."""
    asked = _parser().parse_args(argv)
    try:
        keys = [Verifier.from_vkey(_given(key)) for key in asked.vkey]
        mirrors = [Witness.from_vkey(_given(key)) for key in asked.mirror_vkey]
        if len({key.name for key in keys}) != 1:
            raise Trouble("Name the public key of one ledger with --vkey; without it nothing can be checked.")
        at = _found(asked.where, keys[0].name)
        shown = following.newest(at.source, keys)
    except (Trouble, NoteError, Unavailable, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return _report(at, shown, keys, mirrors, with_chains=asked.chains)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pianqu verify mirror",
        description="Read a whole copy of a ledger again: every entry, tile and signature. 逐条核验账本镜像。",
    )
    parser.add_argument(
        "where", help="a mirror's address, a ledger's own (…/open/ledger), or a mirror's folder 网址或文件夹"
    )
    parser.add_argument(
        "--vkey", action="append", default=[], help="public key of the ledger, or a file with it 账本公钥（必填）"
    )
    parser.add_argument(
        "--mirror-vkey",
        action="append",
        default=[],
        help="public key of the mirror, whose signature is wanted 镜像公钥",
    )
    parser.add_argument(
        "--chains",
        action="store_true",
        help="look into a district's entries too: nobody's counter has a gap (slower) 并核对各单位编号是否连续",
    )
    return parser


def _given(key: str) -> str:
    return Path(key).read_text(encoding="utf-8").strip() if Path(key).is_file() else key


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a copy was found."""

    source: Source
    forks: list[tuple[str, str]]
    """Pairs of checkpoints that it holds as evidence."""


def _found(where: str, origin: str) -> _Place:
    """Raises Trouble, Unavailable."""
    if "://" not in where:
        folder = Folder(Path(where), home.WHAT)
        path = folder.tables if folder.path.is_dir() else folder.path
        if not path.is_file():
            raise Trouble(f"There is no mirror in {where}: it has no {folder.tables.name}.")
        store = Store(path, reads_only=True)
        return _Place(Replica(store, origin), [(one.ours, one.theirs) for one in store.evidence()])
    for url in (where, f"{where.rstrip('/')}/{origin_hash(origin)}"):
        remote = Remote(url)
        try:
            remote.checkpoint()
        except Missing:
            continue
        return _Place(remote, _shown_forks(url.removesuffix(origin_hash(origin))))
    raise Missing(f"Neither {where} nor its place for {origin} is a log, or nothing is mirrored there yet.")


def _shown_forks(prefix: str) -> list[tuple[str, str]]:
    """What a mirror shows under /evidence; a log itself shows nothing there."""
    try:
        rows = json.loads(Remote(prefix).get("evidence", MOST_LIST))
        return [(str(row["ours"]), str(row["theirs"])) for row in rows]
    except (Trouble, ValueError, TypeError, KeyError):
        return []


def _report(
    at: _Place, shown: Signed, keys: Sequence[Verifier], mirrors: Sequence[Witness], *, with_chains: bool
) -> int:
    size = shown.body.size
    wrong: list[str] = []
    read = 0
    try:
        tiles = following.proven(at.source, shown.body)
        wrong += _forks(at.forks, keys, tiles)
        for count, sentence in _replayed(at.source, tiles, with_chains=with_chains):
            read += count
            wrong += [sentence] if sentence else []
            if len(wrong) >= MOST_WRONG:
                break
    except (Unfit, Missing) as error:
        wrong.append(str(error))
    except Trouble as error:
        sys.stderr.write(f"{error}\n")
        return 2
    wrong += _unsigned(shown.note, mirrors)
    sys.stdout.write(f"{shown.body.origin}: {read} of {size} entries read again\n")
    sys.stdout.writelines(f"WRONG: {sentence}\n" for sentence in wrong)
    if not wrong:
        sys.stdout.write("Every entry and tile is there, and they lead to the root that the ledger signed.\n")
    return 1 if wrong else 0


def _replayed(source: Source, tiles: ProvenTiles, *, with_chains: bool) -> Iterator[tuple[int, str]]:
    """Entries that were read and hold, and a sentence for each piece that does not."""
    for level in range(1, (max(tiles.size, 1).bit_length() + 7) // 8):
        for index in range(-(-(tiles.size >> 8 * level) // 256)):
            try:
                tiles.read(level, index)
            except Unproven as error:
                yield 0, f"{error}"
    replay = Replay(TileTree(0, lambda _level, _index: b"")) if with_chains else None

    def piece(one: tuple[int, int]) -> tuple[int, bytes, bytes] | str:
        try:
            return one[0], source.bundle(*one), source.tile(0, *one)
        except (Missing, Unfit) as error:
            return str(error)

    for found in following.ahead(piece, bundles_of(tiles.size)):
        if isinstance(found, str):
            yield 0, found
            continue
        yield from _piece(*found, tiles, replay)


def _piece(
    index: int, raw: bytes, hashes: bytes, tiles: ProvenTiles, replay: Replay | None
) -> Iterator[tuple[int, str]]:
    try:
        entries = read_bundle(raw)
        mine = leaf_hashes(entries)
        tiles.check_bundle(index, mine)
    except Unproven as error:
        yield 0, str(error)
        return
    yield len(entries), "" if mine == hashes else f"tile 0/{index} is not that of the entries"
    if replay is not None:
        yield from ((0, str(sentence)) for sentence in replay.read(entries))


def _unsigned(checkpoint: str, mirrors: Iterable[Witness]) -> Iterator[str]:
    for mirror in mirrors:
        try:
            if mirror not in cosignature.cosigned(checkpoint, [mirror]):
                yield f"{mirror.name} has not signed this checkpoint"
        except NoteError as error:
            yield str(error)


def _forks(pairs: Iterable[tuple[str, str]], keys: Sequence[Verifier], tiles: ProvenTiles) -> Iterator[str]:
    """Evidence counts where it carries the ledger's signature and contradicts itself or these entries."""
    for pair in pairs:
        try:
            ours, theirs = (CheckpointBody.decode(open_note(one, keys)[0]) for one in pair)
        except NoteError:
            continue
        if ours.size == theirs.size and ours.root != theirs.root:
            yield f"the ledger signed two different trees of {ours.size} entries (the mirror keeps both)"
        elif theirs.size <= tiles.size and _root_at(tiles, theirs.size) != theirs.root:
            yield f"the ledger signed a tree of {theirs.size} entries that is not that of these entries"


def _root_at(tiles: ProvenTiles, size: int) -> bytes | None:
    try:
        return subtree_root(0, size, tiles.tree().node) if size else EMPTY_ROOT
    except Unproven:
        return None
