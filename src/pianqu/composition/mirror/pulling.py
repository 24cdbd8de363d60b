"""Gets each log from where it is served, proves every entry, stores it, and signs when it is whole: one thread a log.

The log's tiles are read first: they show whether it only grew, before one entry is taken. A log that told two histories is
never followed; both signed checkpoints are kept, and what was mirrored before stays as it is.
"""

import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pianqu.composition.mirror.home import Home
from pianqu.composition.mirror.store import Damaged, Store
from pianqu.foundation import following
from pianqu.foundation.following import Remote, Signed, Source, Trouble, Unfit
from pianqu.kernels import merkle
from pianqu.kernels.note import Verifier
from pianqu.kernels.replica import ProvenTiles, Unproven, bundles_of, leaf_hashes, read_bundle, width_at, write_bundle
from pianqu.kernels.tiles import HASH, WIDTH, fold
from pianqu.kernels.witnessing import CONFLICT, OK, Request

LONGEST_PAUSE = 300.0
STANDS = 600
"""Seconds after which the signature of a log that did not grow is given anew: it says that the mirror is alive."""
EVERYTHING = 86_400
"""Seconds after which all that is stored is read again."""
MOST_ENTRIES, MOST_BYTES = 8 * WIDTH, 4_000_000
"""What is stored in one step: as much as is lost by a crash, and as much as is in memory."""


class Forked(Trouble):
    """The log signed two histories."""

    kind = "forked"


class Waiting(Trouble):
    """Nothing is wrong with what is here, but the log does not go on."""

    kind = "waiting"


@dataclass(slots=True)
class Standing:
    """How it is with one log, for people. `sentence` is empty where all is well."""

    sentence: str = ""
    since: int = 0
    looked_at: int = 0
    size: int = 0
    """What the log showed last."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, sentence: str, now: int) -> bool:
        """Whether that is news."""
        with self.lock:
            news = sentence != self.sentence
            if news:
                self.sentence, self.since = sentence, now
            self.looked_at = now
        return news


PATIENCE = 15.0
"""Seconds after a start in which nothing is said: a log that begins at the same time is not there yet."""


class Puller:
    """Copies one log."""

    def __init__(self, home: Home, store: Store, origin: str, source: Source, clock: Callable[[], float]) -> None:
        self._home, self._store, self._origin, self._source, self._clock = home, store, origin, source, clock
        self._keys: Sequence[Verifier] = home.known()[origin]
        self.standing = Standing()
        self._looked_through = 0.0
        self._is_doubtful = False
        self._began = clock()

    def turn(self) -> bool:
        """Look once and take everything that is new; whether all is well. What is wrong stands in `standing`."""
        try:
            self.pull()
            sentence = ""
        except Trouble as error:
            sentence = str(error)
        except (Damaged, sqlite3.Error, OSError) as error:
            self._is_doubtful = True
            sentence = f"Nothing more is stored and signed: {error}"
        begins = self._clock() - self._began < PATIENCE
        if self.standing.say(sentence, int(self._clock())) and not begins:
            sys.stderr.write(f"{self._origin}: {sentence or 'all is well again'}\n")
            sys.stderr.flush()
        return not sentence

    def doubt(self) -> None:
        """Something that is stored did not hold: look through everything at the next turn."""
        self._is_doubtful = True

    def pull(self) -> None:
        """Raises Trouble, Damaged, and what the disk says."""
        shown = following.newest(self._source, self._keys)
        if shown.body.origin != self._origin:
            raise Unfit(f"The log that is shown is {shown.body.origin}.")
        size = self.standing.size = shown.body.size
        self._check_not_older(shown)
        if not self._has(shown) or self._is_to_look_through():
            tiles = following.proven(self._source, shown.body)
            self._accept(shown, tiles)
            self._look_through(tiles)
            self._take(tiles)
        signed = self._store.sign(
            self._origin, size, self._keys, self._home.keys, now=int(self._clock()), stands=STANDS
        )  # only now: everything up to `size` is on the disk
        if signed is None:
            raise Waiting("This machine's clock is wrong: it stands before what was stated last. Nothing is signed.")

    def _has(self, shown: Signed) -> bool:
        """Whether this very tree is here and signed already."""
        last = self._store.pending(self._origin)
        is_last = last is not None and (last.size, last.root) == (shown.body.size, shown.body.root)
        return is_last and self._store.state(self._origin).mirrored == shown.body.size > 0

    def _check_not_older(self, shown: Signed) -> None:
        pending = self._store.pending(self._origin)
        if pending is None or pending.size <= shown.body.size:
            return
        known = self._store.root_at(self._origin, shown.body.size)
        if known is not None and known != shown.body.root:
            self._store.note_fork(self._origin, shown.note, self._keys, now=int(self._clock()))
            raise self._forked(shown.body.size)
        raise Waiting(
            f"The log shows {shown.body.size} entries and had signed {pending.size} before. It is not followed back; this "
            f"mirror keeps what it has and waits until the log shows {pending.size} again."
        )

    def _accept(self, shown: Signed, tiles: ProvenTiles) -> None:
        """The log grew from what was accepted before: its own tiles say so, or prove the contrary."""
        pending = self._store.pending(self._origin)
        if pending is not None and (pending.size, pending.root) == (shown.body.size, shown.body.root):
            return
        old = pending.size if pending else 0
        try:
            proof = merkle.consistency_proof(old, tiles.size, tiles.tree().node) if 0 < old < tiles.size else []
        except Unproven as error:
            raise Unfit(f"What the log serves does not belong to what it signed: {error}.") from error
        asked = Request(old=old, proof=tuple(proof), note=shown.note)
        answer = self._store.accept(asked, self._home.known(), now=int(self._clock()), is_read=True)
        if answer.status == CONFLICT and not answer.is_evidence:
            raise Waiting("Somebody brought a larger checkpoint meanwhile; it is looked at next time.")
        if answer.status != OK:
            raise self._forked(shown.body.size)

    def _take(self, tiles: ProvenTiles) -> None:
        """Every entry that is missing, proven, a piece at a time."""
        held = self._store.state(self._origin).held
        some: list[bytes] = []
        start, weight = held - held % WIDTH, 0
        if held >= tiles.size:
            return
        for entries in following.entries(self._source, tiles, first=held):
            some += entries
            weight += sum(map(len, entries))
            if len(some) >= MOST_ENTRIES or weight >= MOST_BYTES:
                self._store.append(self._origin, start, some)
                start, some, weight = start + len(some), [], 0
        self._store.append(self._origin, start, some)

    def _is_to_look_through(self) -> bool:
        return self._is_doubtful or self._clock() - self._looked_through >= EVERYTHING

    def _look_through(self, tiles: ProvenTiles) -> None:
        """Once a day, and when something was not as it should be: everything that is stored, against the signed tree.

        What a disk has changed is got anew.
        """
        if not self._is_to_look_through():
            return
        held = self._store.state(self._origin).held
        mended = sum(self._mended(tiles, index, width) for index, width in bundles_of(held))
        above = {
            (level, index): tiles.read(level, index)[: width_at(held, level, index) * HASH]
            for level in range(1, (held.bit_length() + 7) // 8)
            for index in range(-(-(held >> 8 * level) // WIDTH))
        }
        wrong = {place: true for place, true in above.items() if self._store.tile(self._origin, *place) != true}
        if wrong:
            self._store.mend(self._origin, {}, wrong)
        if mended or wrong:
            sys.stderr.write(f"{self._origin}: {mended + len(wrong)} damaged pieces were got anew\n")
        self._looked_through, self._is_doubtful = self._clock(), False

    def _mended(self, tiles: ProvenTiles, index: int, width: int) -> bool:
        """Whether a stored bundle, or the tile over it, had to be replaced."""
        raw = self._store.bundle(self._origin, index)
        try:
            hashes = leaf_hashes(read_bundle(raw))
        except Unproven:
            hashes = b""
        is_whole = len(hashes) == WIDTH * HASH == width * HASH and fold(hashes) == tiles.root_of(0, index)
        if not is_whole and hashes != tiles.read(0, index)[: width * HASH]:
            raw, hashes = self._anew(tiles, index, width)
        elif self._store.tile(self._origin, 0, index) == hashes:
            return False
        self._store.mend(self._origin, {index: raw}, {(0, index): hashes})
        return True

    def _anew(self, tiles: ProvenTiles, index: int, width: int) -> tuple[bytes, bytes]:
        """The first entries of a bundle as the log has them, and their leaf hashes. Raises Trouble."""
        served = self._source.bundle(index, width_at(tiles.size, 0, index))
        try:
            (entries,) = tiles.entries([(index, served)])
        except Unproven as error:
            raise Unfit(f"A damaged bundle cannot be got anew: {error}.") from error
        return write_bundle(entries[:width]), leaf_hashes(entries[:width])

    def _forked(self, size: int) -> Forked:
        return Forked(
            f"FORK: the log signed a tree of {size} entries that contradicts what it had signed before. Both checkpoints are "
            "kept under /evidence. This mirror does not follow; show them to others."
        )


class Pulling:
    """All logs of a mirror, each in a thread of its own, so that a dead or slow one delays nobody else."""

    def __init__(self, home: Home, store: Store, *, every: float) -> None:
        self._every, self._ended = every, threading.Event()
        self.pullers = {
            origin: Puller(home, store, origin, Remote(url), time.time) for origin, url in home.sources().items()
        }

    def begin(self) -> None:
        """In the background, until the process ends or `end` is asked."""
        for origin, puller in self.pullers.items():
            threading.Thread(target=self._run, args=(puller,), name=f"pull {origin}", daemon=True).start()

    def end(self) -> None:
        """No further turn begins."""
        self._ended.set()

    def _run(self, puller: Puller) -> None:
        pause = self._every
        while not self._ended.is_set():
            try:
                is_well = puller.turn()
            except Exception as error:  # noqa: BLE001 - one bug must not end what keeps the copy; it is said and tried again
                is_well = False
                puller.standing.say(f"{type(error).__name__}: {error}", int(time.time()))
                sys.stderr.write(f"{type(error).__name__}: {error}\n")
            pause = self._every if is_well else min(max(pause, 1.0) * 2, max(LONGEST_PAUSE, self._every))
            self._ended.wait(pause)
