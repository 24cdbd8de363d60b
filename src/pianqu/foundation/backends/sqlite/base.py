"""SQLite with the commit guard, whose writers all get their turn; migrations run with the guard lifted.

A transaction begins with its first statement: what a verb computes before keeps nobody waiting."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor

from pianqu.foundation import guard
from pianqu.foundation.backends.sqlite.turns import Line, line_of

TIMEOUT = 5.0
"""Seconds that SQLite's driver waits where nothing is said."""


class SchemaEditor(DatabaseSchemaEditor):
    def __enter__(self) -> Any:
        self._lift = guard.lifted("a migration changes tables and fills them")
        self._lift.__enter__()
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        try:
            super().__exit__(*error)
        finally:
            self._lift.__exit__(None, None, None)


class _Waiting:
    """The first statement of a transaction begins it; a write outside of one waits for its turn too."""

    db: Any

    def _execute(self, sql: str, params: Any, *ignored: Any) -> Any:
        self.db.begin_now()
        with self.db.turn_of(sql):
            return super()._execute(sql, params, *ignored)  # type: ignore[misc]

    def _executemany(self, sql: str, param_list: Any, *ignored: Any) -> Any:
        self.db.begin_now()
        with self.db.turn_of(sql):
            return super()._executemany(sql, param_list, *ignored)  # type: ignore[misc]


class Cursor(_Waiting, guard.GuardedCursor):
    pass


class DebugCursor(_Waiting, guard.GuardedDebugCursor):
    pass


class DatabaseWrapper(guard.Guarded, base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._line: Line | None = None
        self._taken: Line | None = None
        self._to_begin = False

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        made = super().get_new_connection(conn_params)
        self._line = None if self.is_in_memory_db() else line_of(Path(os.path.realpath(conn_params["database"])))
        return made

    def make_cursor(self, cursor: Any) -> Any:
        return Cursor(cursor, self)

    def make_debug_cursor(self, cursor: Any) -> Any:
        return DebugCursor(cursor, self)

    @contextmanager
    def turn_of(self, sql: str) -> Iterator[None]:
        """The turn while a statement runs that writes and is a transaction of its own."""
        if self.in_atomic_block or not guard.tables_written(sql):
            yield
            return
        self._take_turn()
        try:
            yield
        finally:
            self._give_back()

    def _start_transaction_under_autocommit(self) -> None:
        """Begin with the first statement: see `begin_now`."""
        self._to_begin = True

    def begin_now(self) -> None:
        """Begin in one's turn, if a transaction is to begin. A stranger to the line is waited for as SQLite does it, by one
        writer at a time."""
        if not self._to_begin:
            return
        self._to_begin = False
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        except BaseException:
            self._give_back()
            raise

    def _commit(self) -> Any:
        self._to_begin = False
        answer = super()._commit()
        self._give_back()
        return answer

    def _rollback(self) -> Any:
        self._to_begin = False
        try:
            return super()._rollback()
        finally:
            self._give_back()

    def close(self) -> None:
        self._to_begin = False
        try:
            super().close()
        finally:
            self._give_back()

    def _take_turn(self) -> None:
        """Raises OperationalError where the turn does not come within the connection's time-out."""
        line = self._line
        if line is None or self._taken is not None:
            return
        if not line.take(time.monotonic() + self.settings_dict["OPTIONS"].get("timeout", TIMEOUT)):
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorcode, busy.sqlite_errorname = sqlite3.SQLITE_BUSY, "SQLITE_BUSY"
            raise OperationalError(*busy.args) from busy
        self._taken = line

    def _give_back(self) -> None:
        line, self._taken = self._taken, None
        if line is not None:
            line.give_back()
