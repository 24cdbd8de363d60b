"""Numbers over very many matters, kept in this process for a moment: counting them for each page would slow all pages down.

Where fewer matters are open nothing is kept, and every page counts anew.
"""

from collections import OrderedDict
from collections.abc import Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

MANY = 20_000
"""Where more matters are open, their numbers are kept; one more or less is not seen there."""
MOST = 200
V = TypeVar("V")


class Kept(Generic[V]):
    """Answers by who asked for what; the one that was kept longest ago goes first."""

    def __init__(self, span: timedelta) -> None:
        self._span = span
        self._answers: OrderedDict[Hashable, tuple[datetime, V]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, now: datetime) -> V | None:
        """What was answered within the span before `now`."""
        with self._lock:
            at, answer = self._answers.get(key, (None, None))
        return answer if at is not None and timedelta(0) <= now - at < self._span else None

    def keep(self, key: Hashable, answer: V, now: datetime) -> None:
        with self._lock:
            self._answers.pop(key, None)
            self._answers[key] = now, answer
            while len(self._answers) > MOST:
                self._answers.popitem(last=False)

    def forget(self) -> None:
        """As a fresh process."""
        with self._lock:
            self._answers.clear()
