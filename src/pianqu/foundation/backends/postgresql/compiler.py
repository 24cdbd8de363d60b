"""How rows are written: many at once as one array for each column, so that nobody parses thousands of placeholders.

Django does the same, but not for tables with binary columns; here these are most.
"""

from collections.abc import Sequence
from typing import Any

from django.db.backends.postgresql import compiler
from django.db.backends.postgresql.compiler import (
    SQLAggregateCompiler,
    SQLCompiler,
    SQLDeleteCompiler,
    SQLUpdateCompiler,
)
from django.db.models import BinaryField

__all__ = ["SQLAggregateCompiler", "SQLCompiler", "SQLDeleteCompiler", "SQLInsertCompiler", "SQLUpdateCompiler"]


class SQLInsertCompiler(compiler.SQLInsertCompiler):
    """Rows of plain values go as arrays."""

    def assemble_as_sql(self, fields: Sequence[Any], value_rows: Sequence[Sequence[Any]]) -> Any:
        """Placeholders and values of an INSERT."""
        if len(value_rows) < 2 or not all(map(self._is_plain, fields)) or _computed(value_rows):
            return super().assemble_as_sql(fields, value_rows)
        types = [field.db_type(self.connection).partition("(")[0] for field in fields]
        return compiler.InsertUnnest([f"(%s)::{kind}[]" for kind in types]), [
            [list(column) for column in zip(*value_rows, strict=True)]
        ]

    def _is_plain(self, field: Any) -> bool:
        if field is None or (hasattr(field, "get_placeholder") and not isinstance(field, BinaryField)):
            return False
        whole = field.target_field if field.is_relation else field
        return whole.get_internal_type() in self.connection.data_types


def _computed(rows: Sequence[Sequence[Any]]) -> bool:
    return any(hasattr(value, "as_sql") for row in rows for value in row)
