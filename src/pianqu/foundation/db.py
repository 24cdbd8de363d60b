"""Hand-written SQL runs here: builders in a room's sql.py return (text, params)."""

import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import AutoField, Model, QuerySet

Statement = tuple[str, Sequence[Any]]


class Many(NamedTuple):
    """One change that is run for each of many rows."""

    text: str
    rows: Sequence[Sequence[Any]]


class Copy(NamedTuple):
    """Many rows at once into a table of PostgreSQL, in its own binary form."""

    text: str
    types: Sequence[str]
    rows: Sequence[Sequence[Any]]


def vendor() -> str:
    """`sqlite` or `postgresql`."""
    return str(connection.vendor)


def fetch(statement: Statement) -> list[tuple[Any, ...]]:
    """All rows of one question."""
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        return list(cursor.fetchall())


def run(statement: Statement | Many | Copy) -> int:
    """Run one change; answers the number of rows."""
    with connection.cursor() as cursor:
        if isinstance(statement, Copy):
            with cursor.copy(statement.text) as copying:
                copying.set_types(statement.types)
                for row in statement.rows:
                    copying.write_row(row)
        elif isinstance(statement, Many):
            cursor.executemany(*statement)
        else:
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


def uuid_values(values: Iterable[uuid.UUID]) -> list[Any]:
    """Many UUIDs as this database's driver takes them."""
    return [value.hex for value in values] if vendor() == "sqlite" else list(values)


def moment_value(value: datetime) -> Any:
    """An aware moment as this database's driver takes it."""
    return connection.ops.adapt_datetimefield_value(value)


def uuid_of(value: Any) -> uuid.UUID:
    """A UUID as this database's driver gives it."""
    return value if isinstance(value, uuid.UUID) else uuid.UUID(value)


def moment_of(value: datetime) -> datetime:
    """An aware moment from a column of moments; SQLite's have no zone and are UTC."""
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def insert(table: str, columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]]) -> Statement | Many:
    """INSERT of rows, one at least: one array for each column where the database takes arrays (`types`), else a statement that
    is read once and run for each row. The transaction must end with it where it fails.

    SQLite keeps a journal for each row that sets off a trigger, so that it alone could be undone: two thirds of the cost, for
    nothing, since the transaction is undone. FAIL does without.
    """
    head = f"INTO {table} ({', '.join(columns)})"
    line = f"({', '.join(['%s'] * len(columns))})"
    if vendor() == "sqlite":
        return Many(f"INSERT OR FAIL {head} VALUES {line}", rows)
    head = f"INSERT {head}"
    if len(rows) == 1:
        return f"{head} VALUES {line}", rows[0]
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    return f"{head} SELECT * FROM unnest({arrays})", [list(column) for column in zip(*rows, strict=True)]


def copy(table: str, columns: Sequence[str], types: Sequence[str], rows: Sequence[Sequence[Any]]) -> Copy:
    """PostgreSQL: rows by the thousand."""
    return Copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)", types, rows)


AS_THEY_ARE: dict[str, type] = {
    "BooleanField": bool,
    "CharField": str,
    "FloatField": float,
    "IntegerField": int,
    "PositiveIntegerField": int,
    "PositiveSmallIntegerField": int,
    "SmallIntegerField": int,
    "TextField": str,
}
"""Fields whose values every driver takes as they are, if they are of this very type."""


def insert_new(rows: Sequence[Model]) -> None:
    """Insert rows of one model, as `bulk_create` does, without composing the statement each time, which is two thirds of what a
    single row costs. The transaction must end with it where it fails. Keys that the database counts are not read back, and
    no value is an expression."""
    if rows:
        plan = _insertion(type(rows[0]), vendor())
        here = connections[DEFAULT_DB_ALIAS]
        values = [[keep(row, here) for keep in plan.keepers] for row in rows]
        run(insert(plan.table, plan.columns, plan.types, values))


class _Insertion(NamedTuple):
    table: str
    columns: list[str]
    types: list[str]
    keepers: list[Callable[[Model, Any], Any]]


@lru_cache(maxsize=256)
def _insertion(kind: type[Model], _vendor: str) -> _Insertion:
    fields = [field for field in kind._meta.concrete_fields if not field.generated and not isinstance(field, AutoField)]
    if any(getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False) for field in fields):
        raise TypeError(f"{kind.__name__} sets a time by itself: use bulk_create")
    names = [connection.ops.quote_name(str(field.column)) for field in fields]
    types = [str(field.db_type(connection)).partition("(")[0] for field in fields]
    return _Insertion(
        connection.ops.quote_name(kind._meta.db_table), names, types, [_keeper(field) for field in fields]
    )


def _keeper(field: Any) -> Callable[[Model, Any], Any]:
    name, plain = field.attname, AS_THEY_ARE.get(field.get_internal_type())

    def keep(row: Model, here: Any) -> Any:
        value = row.__dict__[name]
        return value if value is None or type(value) is plain else field.get_db_prep_save(value, here)

    return keep


def save_many(rows: Sequence[Model], names: Sequence[str]) -> None:
    """Write some fields of many rows that are there: far faster than a CASE of thousands of branches."""
    if not rows:
        return
    kind = type(rows[0])
    if vendor() == "sqlite":
        kind._default_manager.bulk_create(rows, update_conflicts=True, unique_fields=["pk"], update_fields=list(names))
        return
    key, *fields = [field for field in kind._meta.concrete_fields if field.primary_key or field.name in names]
    types = [f"%s::{str(field.db_type(connection)).partition('(')[0]}[]" for field in (key, *fields)]
    given = ", ".join(["key", *(f"g{number}" for number, _field in enumerate(fields))])
    changes = ", ".join(f"{field.column} = given.g{number}" for number, field in enumerate(fields))
    columns = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows] for field in (key, *fields)
    ]
    run(
        (
            f"UPDATE {kind._meta.db_table} AS kept SET {changes} "
            f"FROM unnest({', '.join(types)}) AS given({given}) WHERE kept.{key.column} = given.key",
            columns,
        )
    )
