"""SQLite with the commit guard, whose writers all get their turn; migrations run with the guard lifted."""

import random
import sqlite3
import time
from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base
from django.db.backends.sqlite3.schema import DatabaseSchemaEditor

from pianqu.foundation import guard

PAUSE = (0.001, 0.006)
"""Shortest and longest pause, in seconds, between two tries to begin."""
DICE = random.SystemRandom()


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


class DatabaseWrapper(guard.Guarded, base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor

    def _start_transaction_under_autocommit(self) -> None:
        """Begin; where another writes, try again in even steps.

        SQLite's own waiting pauses the longer, the longer one has waited, so that those who came later overtake: of 32
        programs that wrote without a pause, some got no turn in ten seconds.
        """
        wait = self.connection.execute("PRAGMA busy_timeout").fetchone()[0]
        until = time.monotonic() + wait / 1000
        self.connection.execute("PRAGMA busy_timeout = 0")
        try:
            while not self._begins(last=time.monotonic() >= until):
                time.sleep(DICE.uniform(*PAUSE))
        finally:
            self.connection.execute(f"PRAGMA busy_timeout = {wait}")

    def _begins(self, *, last: bool) -> bool:
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]  # the stubs leave it out
        except OperationalError as error:
            if last or getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        return True
