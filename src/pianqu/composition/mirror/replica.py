"""What a mirror has of one log, looked at again before it is served: a bit that flipped on the disk is said, not handed on."""

from collections.abc import Sequence

from pianqu.composition.mirror.store import Store
from pianqu.foundation import following
from pianqu.foundation.following import Missing, Signed, Unfit, Unsigned
from pianqu.kernels import cosignature
from pianqu.kernels.cosignature import Witness
from pianqu.kernels.note import NoteError, Verifier
from pianqu.kernels.replica import ProvenTiles, Unproven, leaf_hashes, read_bundle, width_at, write_bundle
from pianqu.kernels.tiles import HASH, WIDTH


class Replica:
    """The files of a mirror's folder as a `following.Source`: as they are stored, not looked at."""

    def __init__(self, store: Store, origin: str) -> None:
        self._store, self._origin = store, origin

    def checkpoint(self) -> str:
        shown = self._store.shown(self._origin)
        if shown is None:
            raise Missing(f"Nothing of {self._origin} is mirrored whole yet.")
        return shown.note

    def tile(self, level: int, index: int, width: int) -> bytes:
        hashes = self._store.tile(self._origin, level, index)[: width * HASH]
        if len(hashes) < width * HASH:
            raise Missing(f"Tile {level}/{index} is not stored.")
        return hashes

    def bundle(self, index: int, width: int) -> bytes:
        raw = self._store.bundle(self._origin, index)
        if not raw:
            raise Missing(f"Bundle {index} is not stored.")
        if width == WIDTH:
            return raw
        try:
            entries = read_bundle(raw)
        except Unproven as error:
            raise Unfit(f"Bundle {index} is damaged: {error}.") from error
        return write_bundle(entries[:width]) if len(entries) > width else raw


class Shelf:
    """One log of a mirror as it may be served: nothing beyond the checkpoint that it signed, nothing that does not fit."""

    def __init__(self, store: Store, origin: str, keys: Sequence[Verifier], own: Sequence[Witness]) -> None:
        self._keys, self._own, self._replica = keys, own, Replica(store, origin)
        self._now: tuple[str, Signed, ProvenTiles] | None = None

    def checkpoint(self) -> str:
        """Raises Trouble."""
        return self._current()[0].note

    def tile(self, level: int, index: int, width: int) -> bytes:
        """Raises Trouble; Missing beyond the signed tree."""
        now, tiles = self._current()
        if not 0 < width <= width_at(now.body.size, level, index):
            raise Missing("The mirrored log has not grown that far.")
        try:
            return tiles.read(level, index)[: width * HASH]
        except Unproven as error:
            raise Unfit(f"Stored {error}.") from error

    def bundle(self, index: int, width: int) -> bytes:
        """Raises Trouble; Missing beyond the signed tree."""
        now, tiles = self._current()
        whole = width_at(now.body.size, 0, index)
        if not 0 < width <= whole:
            raise Missing("The mirrored log has not grown that far.")
        raw = self._replica.bundle(index, whole)
        try:
            entries = read_bundle(raw)
            tiles.check_bundle(index, leaf_hashes(entries))
        except Unproven as error:
            raise Unfit(f"Stored: {error}.") from error
        return raw if width == whole else write_bundle(entries[:width])

    def _current(self) -> tuple[Signed, ProvenTiles]:
        text = self._replica.checkpoint()
        now = self._now
        if now is None or now[0] != text:
            signed = following.signed(text, self._keys)
            try:
                if not cosignature.cosigned(text, self._own):  # a key that was just added has not signed yet
                    raise Unsigned("The stored checkpoint does not carry this mirror's signature.")
            except NoteError as error:
                raise Unsigned(f"The stored checkpoint does not hold: {error}.") from error
            now = self._now = (text, signed, following.proven(self._replica, signed.body))
        return now[1], now[2]
