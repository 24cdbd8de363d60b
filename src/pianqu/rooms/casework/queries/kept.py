"""Numbers over very many matters, kept in this process for a moment: counting them for each page would slow all pages down.

Where fewer matters are open nothing is kept, and every page counts anew.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

MANY = 20_000
"""Where more matters are open, their numbers are kept; one more or less is not seen there."""
MOST = 200
V = TypeVar("V")


@dataclass(slots=True)
class _Answer(Generic[V]):
    at: datetime
    value: V
    turn: Lock = field(default_factory=Lock)


class Kept(Generic[V]):
    """Answers by who asked for what; the one that was kept longest ago goes first."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._answers: OrderedDict[Hashable, _Answer[V]] = OrderedDict()
        self._lock = Lock()

    def answer(
        self, key: Hashable, *, now: datetime, count: Callable[[], V], is_kept: Callable[[V], bool]
    ) -> tuple[V, bool]:
        """What was counted within the span, or is counted now; and whether it was counted now.

        Where an answer has grown old one caller counts, and others that come meanwhile wait for it.
        """
        with self._turn(key):
            with self._lock:
                kept = self._answers.get(key)
            if kept is not None and abs(now - kept.at) < self._span:
                return kept.value, False
            value = count()
            if is_kept(value):
                self._keep(key, value, now)
            return value, True

    def _turn(self, key: Hashable) -> AbstractContextManager[object]:
        with self._lock:
            kept = self._answers.get(key)
        return kept.turn if kept is not None else nullcontext()

    def _keep(self, key: Hashable, value: V, now: datetime) -> None:
        with self._lock:
            kept = self._answers.pop(key, None) or _Answer(now, value)
            kept.at, kept.value = now, value
            self._answers[key] = kept
            while len(self._answers) > MOST:
                self._answers.popitem(last=False)

    def forget(self) -> None:
        """As a fresh process."""
        with self._lock:
            self._answers.clear()
