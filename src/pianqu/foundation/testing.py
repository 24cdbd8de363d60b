"""For tests only: the one reset that lifts the ledger's triggers, because Django's flush cannot pass them."""

from shutil import rmtree

from django.db import connection, transaction

from pianqu.foundation import after_migrate, guard
from pianqu.foundation.installation import installation

_BACK_TO_THE_START = (
    "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) "
    "FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname = current_schema()"
)


def reset_database() -> None:
    """Empty every table of the default database and forget what was published."""
    with guard.lifted("the tests' reset empties every table"), transaction.atomic():
        after_migrate.lift_all()
        _empty()
        after_migrate.put_all()
    rmtree(installation().published, ignore_errors=True)


def _empty() -> None:
    """As `flush` does it, but touching only tables that hold something: truncating them all takes PostgreSQL a second."""
    quoted, names = connection.ops.quote_name, connection.introspection.django_table_names(only_existing=True)
    asked = (f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {quoted(name)})" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(asked))
        for (name,) in cursor.fetchall():
            cursor.execute(f"DELETE FROM {quoted(name)}")
        if connection.vendor == "postgresql":
            cursor.execute(_BACK_TO_THE_START)
        else:
            cursor.execute("UPDATE sqlite_sequence SET seq = 0")
