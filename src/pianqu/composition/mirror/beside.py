"""Looks at what others show of the same logs: a log that shows each reader a history of his own is found when readers compare.

Each neighbour is another mirror or a witness. What it shows, and the forks that it keeps, count only under the log's own
signature, and only against what is proven here; a neighbour's word alone accuses nobody, and a disk that changed does not either.
"""

import json
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any

from pianqu.composition.mirror.home import Home
from pianqu.composition.mirror.store import Damaged, Store
from pianqu.composition.outsider.memory import MOST_LIST
from pianqu.foundation import following
from pianqu.foundation.following import Missing, Remote, Signed, Trouble, Unsigned, origin_hash
from pianqu.foundation.posting import NotSent, Unclear, post_bytes
from pianqu.kernels import merkle, witnessing
from pianqu.kernels.note import Verifier, text_of
from pianqu.kernels.replica import Unproven

TIMEOUT, WHOLE = 5.0, 15.0
"""Seconds for each step of asking a neighbour, and for one whole answer."""
MOST_AHEAD = 256
"""Checkpoints of a log that a neighbour has shown and that cannot be compared yet."""


class Neighbour:
    """One other mirror or witness. `sentences` says for people how it is, by the log's origin."""

    def __init__(self, home: Home, store: Store, url: str, clock: Callable[[], float]) -> None:
        self.url, self._store, self._clock, self._known = url, store, clock, home.known()
        self.sentences: dict[str, str] = {}
        self._ahead: dict[str, dict[int, Signed]] = {origin: {} for origin in self._known}
        self._told: set[bytes] = set()
        self._read: set[bytes] = set()
        """Pairs of its list of forks that were taken in to be compared."""
        self._base = Remote(url, timeout=TIMEOUT, whole=WHOLE)
        self._logs = {
            origin: Remote(f"{url}/{origin_hash(origin)}", timeout=TIMEOUT, whole=WHOLE) for origin in self._known
        }

    def look(self) -> bool:
        """Compare once; whether it could be asked and agrees about every log."""
        forks = self._forks()
        return all([self._looked(origin, keys, forks) for origin, keys in self._known.items()])

    def _forks(self) -> list[dict[str, Any]]:
        """What it keeps as forks, unproven; nothing where it does not say."""
        with suppress(Trouble, ValueError, RecursionError):
            rows = json.loads(self._base.get("evidence", MOST_LIST))
            return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        return []

    def _looked(self, origin: str, keys: Sequence[Verifier], forks: list[dict[str, Any]]) -> bool:
        try:
            forked = [self._take_over(origin, keys, row) for row in forks if row.get("origin") == origin]
            sentence = self._compared(origin, keys)
            if any(forked):
                sentence = _forked()
        except (Damaged, sqlite3.Error, OSError) as error:
            sentence = f"What is stored here cannot be compared: {error}"
        if sentence != self.sentences.get(origin, ""):
            sys.stderr.write(f"{origin} beside {self.url}: {sentence or 'agrees'}\n")
            sys.stderr.flush()
        self.sentences[origin] = sentence
        return not sentence

    def _compared(self, origin: str, keys: Sequence[Verifier]) -> str:
        """Hold everything that it has shown against what is here; what is wrong, in a sentence."""
        sentence, ahead = "", self._ahead[origin]
        try:
            shown = following.newest(self._logs[origin], keys)
            if shown.body.origin != origin:
                raise Unsigned(f"The checkpoint is of another log ({shown.body.origin}).")
            ahead[shown.body.size] = shown
        except Missing:
            sentence = f"{self.url} shows nothing of this log."
        except Trouble as error:
            sentence = str(error)
        for size, one in sorted(ahead.items()):
            agrees = self._agrees(origin, one)
            if agrees is not None:
                del ahead[size]
            if agrees is False:
                sentence = _forked()
        while len(ahead) > MOST_AHEAD:
            del ahead[max(ahead)]
        return sentence

    def _agrees(self, origin: str, one: Signed) -> bool | None:
        """Whether a signed checkpoint is one of this copy's own history; None where that cannot be known yet."""
        here = self._store.proven_root_at(origin, one.body.size)
        if here is not None and here == one.body.root:
            return True
        if here is not None or self._outgrew_otherwise(origin, one):
            self._store.note_fork(origin, one.note, self._known[origin], now=int(self._clock()))
            self._tell(origin, one)
            return False
        return None

    def _outgrew_otherwise(self, origin: str, one: Signed) -> bool:
        """It is further than this copy: whether its own tiles prove that it did not grow from what was accepted here."""
        last = self._store.pending(origin)
        if last is None or not 0 < last.size < one.body.size:
            return False
        try:
            tiles = following.proven(self._logs[origin], one.body)
            return merkle.subtree_root(0, last.size, tiles.tree().node) != last.root
        except (Trouble, Unproven, LookupError):
            return False  # a witness has no tiles, and a liar's do not fit: compared when this copy is there

    def _take_over(self, origin: str, keys: Sequence[Verifier], row: dict[str, Any]) -> bool:
        """A fork that it keeps: whether it is one. Both checkpoints have to bear the log's signature."""
        try:
            one, two = (following.signed(str(row.get(name)), keys) for name in ("ours", "theirs"))
        except Trouble:
            return False
        if (one.body.origin, two.body.origin) != (origin, origin):
            return False
        if one.body.size == two.body.size and one.body.root != two.body.root:
            self._store.note_pair(origin, one.note, two.note, keys, now=int(self._clock()))
            return True
        digest = sha256(text_of(one.note).encode() + text_of(two.note).encode()).digest()
        if digest not in self._read:
            self._read.add(digest)
            for each in (one, two):
                self._ahead[origin].setdefault(each.body.size, each)
        return False

    def _tell(self, origin: str, one: Signed) -> None:
        """Show it the checkpoint that contradicts its own, so that it can keep the evidence too; once is enough."""
        digest = sha256(text_of(one.note).encode()).digest()
        if digest in self._told:
            return
        ours = next(
            (
                row.ours
                for row in self._store.evidence()
                if (row.origin, text_of(row.theirs)) == (origin, text_of(one.note))
            ),
            "",
        )
        if ours:
            with suppress(NotSent, Unclear):
                post_bytes(
                    f"{self.url}/add-checkpoint", witnessing.encode(0, [], ours), {}, timeout=TIMEOUT, whole=WHOLE
                )
                self._told.add(digest)


def _forked() -> str:
    return "FORK: the log signed another history for others. Both checkpoints are kept under /evidence; show them to everybody."


class Looking:
    """All neighbours of a mirror, each in a thread of its own: one that is dead or slow delays nobody else."""

    def __init__(self, home: Home, store: Store, *, every: float, clock: Callable[[], float]) -> None:
        self._every, self._ended = every, threading.Event()
        self.neighbours = [Neighbour(home, store, url, clock) for url in home.beside]

    def about(self, origin: str) -> Iterator[tuple[str, str]]:
        """Each neighbour's address and what is wrong with it about a log; empty where it agrees."""
        for one in self.neighbours:
            yield one.url, one.sentences.get(origin, "It was not asked yet.")

    def begin(self) -> None:
        """In the background, until the process ends or `end` is asked."""
        for one in self.neighbours:
            threading.Thread(target=self._run, args=(one,), name=f"beside {one.url}", daemon=True).start()

    def end(self) -> None:
        """No further look begins."""
        self._ended.set()

    def _run(self, one: Neighbour) -> None:
        while not self._ended.is_set():
            try:
                one.look()
            except Exception as error:  # noqa: BLE001 - one bug must not end what compares; it is said and tried again
                sys.stderr.write(f"{one.url}: {type(error).__name__}: {error}\n")
            self._ended.wait(self._every)
