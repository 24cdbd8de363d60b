"""Trying a verb: it is done and taken back, so that no other answer can differ from what it would do."""

from collections.abc import Callable
from typing import Any, TypeVar

from pianqu.foundation.verbs import verb

T = TypeVar("T")


class _Enough(Exception):
    """Ends a try before anything is kept."""

    def __init__(self, answer: Any) -> None:
        super().__init__()
        self.answer = answer


def tried(act: Callable[[], T]) -> T:
    """What `act` would answer now; nothing of it is kept. What it keeps in memory is the caller's to forget."""
    try:
        _try(act=act)
    except _Enough as enough:
        answer: T = enough.answer
        return answer
    raise AssertionError("unreachable")


@verb
def _try(*, act: Callable[[], Any]) -> None:
    raise _Enough(act())
