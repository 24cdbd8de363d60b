"""Columns of kinds that Django has not."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import Field

from pianqu.kernels import bigrams

if TYPE_CHECKING:
    _Field = Field[list[str], Any]
else:
    _Field = Field


class GramsField(_Field):
    """Pairs of characters, written once and asked for by an index: a tsvector on PostgreSQL, words of letters and digits on
    SQLite. What is given is a list; what is read back is the database's own form."""

    def deconstruct(self) -> Any:
        """In migrations a plain text: the room's own migration gives the column its type, so that none needs this class."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def get_internal_type(self) -> str:
        return "TextField"

    def db_type(self, connection: Any) -> str:
        return "text" if connection.vendor == "sqlite" else "tsvector"

    def get_db_prep_value(self, value: Sequence[str], connection: Any, prepared: bool = False) -> str:
        return " ".join(map(bigrams.as_token if connection.vendor == "sqlite" else bigrams.as_lexeme, value))
