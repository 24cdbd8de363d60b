"""Verbs: functions that change something, each in one transaction that ends with what it recorded.

The outermost verb opens the transaction; verbs that it calls join it. What lower rooms leave for the end (the ledger's
flush) runs once, as the transaction's last act, so that shared rows are locked as briefly as can be.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connection, transaction

from pianqu.foundation import guard

P = ParamSpec("P")
R = TypeVar("R")

TRIES = 4
"""The first try and three more after a deadlock or a serialisation failure."""
_RETRYABLE = {"40P01", "40001"}


class TryAgain(OperationalError):
    """A verb met a chance that another draw avoids (a random code that exists): the whole verb runs again."""


class Unit:
    """One transaction's worth of work: what has to be done just before it commits."""

    def __init__(self) -> None:
        self._last_acts: dict[str, Callable[[], None]] = {}

    def before_commit(self, key: str, act: Callable[[], None]) -> None:
        """Run `act` once before the commit; a second call with the same key changes nothing."""
        self._last_acts.setdefault(key, act)

    def finish(self) -> None:
        for act in self._last_acts.values():
            act()


_current: ContextVar[Unit | None] = ContextVar("pianqu_unit", default=None)


def unit() -> Unit:
    """The running verb's unit of work. Raises RuntimeError outside of every verb."""
    current = _current.get()
    if current is None:
        raise RuntimeError("only a verb may record facts: decorate the function with @verb")
    return current


def verb(function: Callable[P, R]) -> Callable[P, R]:
    """Make `function` a verb: one transaction, facts flushed at its end, up to three retries on deadlock or TryAgain.

    The whole function runs again on a retry: it must not act outside the database.
    """

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if _current.get() is not None:
            with transaction.atomic(savepoint=False):
                return function(*args, **kwargs)
        return _patiently(lambda: _once(lambda: function(*args, **kwargs)))

    return run


def rehearsed(act: Callable[[], R]) -> R:
    """What `act` would answer or refuse, with nothing kept: no row, no entry in the ledger, no last act.

    Verbs that `act` calls run as they always do, in a transaction of their own that is always taken back. Rows are locked
    until then, so one rehearsal is to be short. Raises RuntimeError inside a verb, whose own work would be taken back too.
    """
    if _current.get() is not None:
        raise RuntimeError("a verb cannot rehearse: what it did before would be taken back too")
    return _patiently(lambda: _taken_back(act))


def _patiently(once: Callable[[], R]) -> R:
    tries = 1 if connection.in_atomic_block else TRIES
    for left in reversed(range(tries)):
        try:
            return once()
        except OperationalError as error:
            if not left or not _may_retry(error):
                raise
    raise AssertionError("unreachable")


def _once(act: Callable[[], R]) -> R:
    current = Unit()
    token = _current.set(current)
    try:
        with transaction.atomic(durable=False), guard.accounted(connection):
            answer = act()
            current.finish()
        return answer
    finally:
        _current.reset(token)


def _taken_back(act: Callable[[], R]) -> R:
    """The unit is never finished: what was recorded in it is dropped with it."""
    token = _current.set(Unit())
    try:
        with transaction.atomic(durable=False):
            answer = act()
            transaction.set_rollback(True)
        return answer
    finally:
        _current.reset(token)


def _may_retry(error: OperationalError) -> bool:
    return isinstance(error, TryAgain) or getattr(error.__cause__, "sqlstate", None) in _RETRYABLE
