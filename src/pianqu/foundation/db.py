"""Hand-written SQL runs here: builders in a room's sql.py return (text, params)."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

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
