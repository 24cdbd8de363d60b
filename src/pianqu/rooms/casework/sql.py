"""SQL of casework that each database says in its own way."""

from typing import Any

from django.db.models import F, FloatField, Func, IntegerField


class _Moment(Func):
    """A column's moment as something that can be subtracted."""

    function = ""
    output_field = FloatField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="julianday", **context)


class _Minutes(Func):
    """Whole minutes between two moments."""

    arg_joiner = " - "
    output_field = IntegerField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CAST(ROUND((%(expressions)s) * 1440.0) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "CAST(ROUND(EXTRACT(EPOCH FROM (%(expressions)s)) / 60) AS INTEGER)"
        return self.as_sql(compiler, connection, template=template, **context)


def minutes_between(start: str, end: str) -> Func:
    """Whole minutes from one column's moment to another's."""
    return _Minutes(_Moment(F(end)), _Moment(F(start)))
