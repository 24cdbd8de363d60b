"""The commit guard: a commit that changed a room's table without a ledger entry is refused.

It sits in the database backend, so no code path goes around it: verbs, the shell, a forgotten script. Tables of models
marked `derived = True` (rebuilt from facts) or `delivery = True` (outgoing rows, cursors) are free, and so is foundation.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.db import DatabaseError
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper

ENTRY_TABLE = "ledger_entry"
LONG = 4_000
"""Characters beyond which a statement is a batch: read each time, so that the cache stays small."""
_WRITE = re.compile(
    r"""(?:^|[\s(])(?:INSERT\s+(?:OR\s+\w+\s+)?INTO|REPLACE\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE(?:\s+TABLE)?|COPY)\s+(?:ONLY\s+)?["`\[]?(\w+)""",
    re.IGNORECASE,
)
_lifted: ContextVar[str] = ContextVar("pianqu_guard_lifted", default="")


class UnrecordedChange(DatabaseError):
    """A transaction changed a room's table and recorded nothing; it was rolled back."""


@contextmanager
def lifted(reason: str) -> Iterator[None]:
    """Let writes pass without a fact, for migrations and the tests' reset. `reason` is for the reader of the code."""
    if not reason:
        raise ValueError("say why the guard is lifted")
    token = _lifted.set(reason)
    try:
        yield
    finally:
        _lifted.reset(token)


@lru_cache(maxsize=1)
def guarded_tables() -> frozenset[str]:
    """Tables that only a verb may change."""
    return frozenset(
        model._meta.db_table
        for model in apps.get_models(include_auto_created=True)
        if model.__module__.startswith("pianqu.rooms.")
        and not getattr(model, "derived", False)
        and not getattr(model, "delivery", False)
    )


def tables_written(sql: str) -> frozenset[str]:
    """Names of the tables that a statement may write; a read costs a look at its first word."""
    if not _starts_like_a_write(sql):
        return frozenset()
    return _found(sql) if len(sql) < LONG else frozenset(_WRITE.findall(sql))


@lru_cache(maxsize=1024)
def _found(sql: str) -> frozenset[str]:
    return frozenset(_WRITE.findall(sql))


def _starts_like_a_write(sql: str) -> bool:
    return (
        sql.lstrip(" \n\t(")[:8]
        .upper()
        .startswith(("INSERT", "UPDATE", "DELETE", "REPLACE", "TRUNCATE", "WITH", "COPY"))
    )


class Watch:
    """What the running transaction of one connection has changed and whether it left a record."""

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self.recorded = False

    def see(self, sql: str, *, in_transaction: bool) -> None:
        """Note a statement before it runs. Raises UnrecordedChange for a lone write outside a transaction."""
        tables = tables_written(sql)
        if not tables or not apps.ready or _lifted.get():
            return
        self.recorded = self.recorded or ENTRY_TABLE in tables
        changed = tables & guarded_tables()
        if changed and not in_transaction:
            raise UnrecordedChange(f"{', '.join(sorted(changed))} may only be changed by a verb")
        self.changed |= changed

    def check(self) -> None:
        """Raise UnrecordedChange if something of a room changed and no entry was written."""
        if self.changed and not self.recorded:
            tables = ", ".join(sorted(self.changed))
            raise UnrecordedChange(f"nothing was recorded for the change of {tables}; the change was undone")

    def forget(self) -> None:
        self.changed = set()
        self.recorded = False


@contextmanager
def accounted(connection: Any) -> Iterator[None]:
    """What is done inside answers for itself, though a larger transaction holds it, which is checked at its own commit."""
    outer, inner = connection.watch, Watch()
    connection.watch = inner
    try:
        yield
        if not _lifted.get():
            inner.check()
    finally:
        outer.changed |= inner.changed
        outer.recorded = outer.recorded or inner.recorded
        connection.watch = outer


class _Seeing:
    """Shows every statement to the connection's watch first."""

    db: Any
    cursor: Any

    def _execute(self, sql: str, params: Any, *ignored: Any) -> Any:
        self.db.watch.see(sql, in_transaction=self.db.in_atomic_block)
        return super()._execute(sql, params, *ignored)  # type: ignore[misc]

    def _executemany(self, sql: str, param_list: Any, *ignored: Any) -> Any:
        self.db.watch.see(sql, in_transaction=self.db.in_atomic_block)
        return super()._executemany(sql, param_list, *ignored)  # type: ignore[misc]

    def copy(self, sql: str, *given: Any, **more: Any) -> Any:
        """COPY of psycopg, which Django does not know."""
        self.db.watch.see(sql, in_transaction=self.db.in_atomic_block)
        return self.cursor.copy(sql, *given, **more)


class GuardedCursor(_Seeing, CursorWrapper):
    pass


class GuardedDebugCursor(_Seeing, CursorDebugWrapper):
    pass


class Guarded:
    """Mixed into a DatabaseWrapper: watches statements and checks before the commit."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.watch = Watch()

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        return GuardedCursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        return GuardedDebugCursor(cursor, self)

    def _commit(self) -> Any:
        if not _lifted.get():
            self.watch.check()
        answer = super()._commit()  # type: ignore[misc]
        self.watch.forget()
        return answer

    def _rollback(self) -> Any:
        self.watch.forget()
        return super()._rollback()  # type: ignore[misc]

    def close(self) -> None:
        self.watch.forget()
        super().close()  # type: ignore[misc]
