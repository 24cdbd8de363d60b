"""PostgreSQL with the commit guard; migrations run with the guard lifted."""

from typing import Any

from django.db.backends.postgresql import base, operations
from django.db.backends.postgresql.schema import DatabaseSchemaEditor

from pianqu.foundation import guard


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


class DatabaseOperations(operations.DatabaseOperations):
    compiler_module = "pianqu.foundation.backends.postgresql.compiler"


class DatabaseWrapper(guard.Guarded, base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor
    ops_class = DatabaseOperations
