"""Hand-written SQL runs here: builders in a room's sql.py return (text, params)."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

CHUNK = 500
"""Rows in one INSERT: far below both databases' limits of parameters."""

Statement = tuple[str, Sequence[Any]]


def vendor() -> str:
    """`sqlite` or `postgresql`."""
    return str(connection.vendor)


def fetch(statement: Statement) -> list[tuple[Any, ...]]:
    """All rows of one question."""
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return list(cursor.fetchall())


def run(statement: Statement) -> int:
    """Run one change; answers the number of rows."""
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return int(cursor.rowcount)


def uuid_value(value: uuid.UUID) -> Any:
    """A UUID as this database's driver takes it."""
    return value.hex if vendor() == "sqlite" else value


def moment_value(value: datetime) -> Any:
    """An aware moment as this database's driver takes it."""
    return connection.ops.adapt_datetimefield_value(value)


def insert(table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> Iterator[Statement]:
    """INSERTs of many rows, some hundred at a time."""
    line = f"({', '.join(['%s'] * len(columns))})"
    head = f"INSERT INTO {table} ({', '.join(columns)}) VALUES "
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        yield head + ", ".join([line] * len(part)), [value for row in part for value in row]
