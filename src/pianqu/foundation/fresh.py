"""What hardly ever changes and every page asks for: kept in the process for a few seconds.

For pages and scopes alone: a verb that decides something asks the tables.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, ClassVar, Generic, TypeVar

V = TypeVar("V")
SECONDS = 5.0
"""For so long a process may show what was; what it changes itself it sees at once (`forget`)."""


class Fresh(Generic[V]):
    """The answer to one question, asked anew once it is SECONDS old."""

    every: ClassVar[list["Fresh[Any]"]] = []

    def __init__(self, ask: Callable[[], V]) -> None:
        self._ask, self._until = ask, 0.0
        self._kept: V | None = None
        Fresh.every.append(self)

    def __call__(self) -> V:
        kept = self._kept
        if kept is None or monotonic() >= self._until:
            kept = self._ask()
            self._kept, self._until = kept, monotonic() + SECONDS
        return kept

    def forget(self) -> None:
        """Asked anew at the next question: a verb changed it."""
        self._kept = None


def forget_all() -> None:
    """As a process that has just begun."""
    for one in Fresh.every:
        one.forget()
