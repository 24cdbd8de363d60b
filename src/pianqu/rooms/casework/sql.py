"""Hand-written SQL of casework, and what each database says in its own way."""

from datetime import datetime
from typing import Any

from django.db.models import F, FloatField, Func, IntegerField
from django.db.models.expressions import RawSQL

from pianqu.foundation.db import Statement, moment_value

MINE = "mine"


def standing(cases: Statement, organisation_code: str, now: datetime) -> Statement:
    """By state: how many cases there are, are late, are soon late, wait for a decision; and under MINE in how many the
    organisation has a part.

    `cases` asks for id, state, due_at and warn_at. The ORM puts the same together in 1.8 ms for each page of the desk.
    """
    at = moment_value(now)
    return (
        "SELECT state, COUNT(*), SUM(CASE WHEN due_at <= %s THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN due_at > %s AND warn_at < %s THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN id IN (SELECT case_id FROM casework_request WHERE decided_at IS NULL) THEN 1 ELSE 0 END) "
        f"FROM ({cases[0]}) AS seen GROUP BY state "
        f"UNION ALL SELECT '{MINE}', COUNT(*), 0, 0, 0 FROM casework_task WHERE organisation_code = %s AND ended_at IS NULL",
        (at, at, at, *cases[1], organisation_code),
    )


def first_of(cases: Statement, column: str, *, falling: bool, size: int) -> RawSQL:
    """The ids of the first cases in the order of a column, to be asked about in turn."""
    way = "DESC" if falling else "ASC"
    asked = f"SELECT id FROM ({cases[0]}) AS wanted ORDER BY {column} {way}, id {way} LIMIT %s"
    return RawSQL(asked, (*cases[1], size))


def count_to(cases: Statement, most: int) -> Statement:
    """How many cases there are, counted no further than `most`."""
    return f"SELECT COUNT(*) FROM (SELECT id FROM ({cases[0]}) AS wanted LIMIT %s) AS counted", (*cases[1], most)


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
