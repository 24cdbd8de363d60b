"""Hand-written SQL runs here: builders in a room's sql.py return (text, params)."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

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


def question(rows: QuerySet[Any]) -> Statement | None:
    """What a query would ask, to be asked about in turn; None where it is known to have no row."""
    try:
        return rows.query.sql_with_params()
    except EmptyResultSet:
        return None


def count_to(rows: QuerySet[Any], most: int) -> int:
    """How many rows there are, counted no further than `most`; at half the cost of counting a slice."""
    asked = question(rows.order_by().values("pk")[:most])
    return int(fetch((f"SELECT COUNT(*) FROM ({asked[0]}) AS counted", asked[1]))[0][0]) if asked else 0


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
