"""The worker process: seals what was recorded within a second and lets the readers catch up.

Each task has its own pause after a failure: a reader that stumbles neither stops the sealer nor its neighbours.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module

import django
from django.db import connection

from pianqu.composition.loaded import keep_what_is_loaded
from pianqu.composition.orphan import end_with_parent
from pianqu.composition.sentences import sentence_for
from pianqu.composition.stopping import Stop

PAUSE = 0.2
"""From one look for unsealed entries to the next, longer where a round takes longer."""
IDLE_PAUSE = 10.0
"""Between two looks of a reader while nothing was sealed: what a crash left behind is found then."""
SEALED_AT_ONCE = 10_000
"""So many entries get their position in one turn."""
HEARD_AT_ONCE = 1_000
"""So many facts a reader hears in one turn: one that has millions behind it keeps neither the sealer nor a stop waiting."""
LONGEST_PAUSE = 15.0
LAST_WORDS = 2.0
"""How long something that waits for another system may still take when the worker stops; then it counts as broken off."""
log = logging.getLogger("pianqu.worker")


@dataclass(slots=True)
class Task:
    """One thing that the worker does again and again."""

    name: str
    act: Callable[[], int]
    """Answers how much it did."""
    every: float = PAUSE
    listens: bool = True
    """Whether a seal wakes it before its time."""
    aside: bool = False
    """Whether it waits for other systems: then it has a thread of its own, and nobody waits for it."""
    full: int | None = None
    """Who does so much at once is not done yet, and goes on at the next turn."""
    thread: threading.Thread | None = None
    woken: bool = False
    """Whether a seal came that it has not looked at yet, maybe while its thread was at work."""
    due: float = 0.0
    pause: float = PAUSE
    said: str = ""

    def run(self, now: float) -> int:
        """Act; on trouble say each kind once and come back later and later. Nothing is lost: the ledger waits."""
        if not self.aside:
            self.woken = False
            return self._run(now)
        if self.thread is None or not self.thread.is_alive():
            self.thread = threading.Thread(target=self._run_aside, args=(now,), name=self.name, daemon=True)
            self.thread.start()
        return 0

    def _run_aside(self, now: float) -> None:
        try:
            again = True
            while again:
                self.woken = False
                self._run(now)
                again = self.woken and not self.said
        finally:
            connection.close()

    def _run(self, now: float) -> int:
        try:
            done = self.act()
        except Exception as error:  # noqa: BLE001 - the worker's loop is where everything is caught
            connection.close()
            self._complain(error)
            self.pause = min(self.pause * 2, LONGEST_PAUSE)
            self.due = now + self.pause
            return 0
        if self.said:
            log.warning("%s works again.", self.name)
        more_waits = self.full is not None and done >= self.full
        self.said, self.pause, self.due = "", PAUSE, now if more_waits else now + self.every
        return done

    def _complain(self, error: Exception) -> None:
        sentence = sentence_for(error)
        words = sentence or f"{type(error).__name__}: {error}"
        if words != self.said:
            log.error("%s: %s The worker tries again.", self.name, words, exc_info=None if sentence else error)
        self.said = words


def work(
    stop: Stop,
    seal: Callable[[], int],
    readers: Iterable[tuple[str, Callable[[], int]]],
    chores: Iterable[Task] = (),
) -> None:
    """Seal, deliver and do the chores until told to stop."""
    sealer = Task("sealer", seal, every=0.0, full=SEALED_AT_ONCE)
    others = [Task(f"reader {name}", act, every=IDLE_PAUSE, full=HEARD_AT_ONCE) for name, act in readers]
    others = sorted([*others, *chores], key=lambda task: not task.aside)  # who only waits begins first
    while not stop.asked:
        began = time.monotonic()
        if not turn(sealer, others, began):
            stop.wait(max(0.0, began + PAUSE - time.monotonic()))
    for task in others:
        if task.thread is not None:
            task.thread.join(LAST_WORDS)


def turn(sealer: Task, others: list[Task], now: float) -> bool:
    """One round: what was just sealed wakes every listener that is not waiting after a failure. Whether somebody is not done.

    The sealer has one act a round: where facts are recorded without a pause it would never end, and nobody else would begin.
    """
    sealed = sealer.run(now) if now >= sealer.due else 0
    for task in others:
        task.woken = task.woken or (sealed > 0 and task.listens)
        if now >= task.due or (task.woken and not task.said):
            task.run(now)
    more_waits = sealer.full is not None and sealed >= sealer.full
    return more_waits or any(task.full is not None and task.due <= now for task in others)


def main() -> None:
    """The worker as a process of its own."""
    stop = Stop()
    end_with_parent(at_once=True)
    django.setup()
    wiring = import_module("pianqu.composition.wiring")
    chores = import_module("pianqu.composition.chores").CHORES
    ledger = import_module("pianqu.rooms.ledger.services")
    tasks = [Task(chore.name, chore.act, chore.every, listens=chore.listens, aside=chore.aside) for chore in chores]
    pages = ledger.Pages()

    def seal() -> int:
        pages.forget()
        return int(wiring.seal_some(SEALED_AT_ONCE))

    wiring.learn_what_was_seen()
    keep_what_is_loaded()
    work(stop, seal, wiring.catching_up(at_once=HEARD_AT_ONCE, pages=pages), tasks)


if __name__ == "__main__":
    main()
