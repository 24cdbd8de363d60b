"""Hand-written SQL of casework, and what each database says in its own way."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import F, Field, FloatField, Func, IntegerField
from django.db.models.expressions import RawSQL

from pianqu.foundation.db import Statement, moment_value, uuid_value, vendor
from pianqu.kernels import bigrams

if TYPE_CHECKING:
    _Field = Field[list[str], Any]
else:
    _Field = Field

MINE, DANGER = "mine", "danger"


def standing(cases: Statement, organisation_code: str, now: datetime, dangerous: Statement | None = None) -> Statement:
    """By state: how many cases there are, are late, are soon late, wait for a decision; under MINE in how many the
    organisation has a part, under DANGER how many there are of `dangerous`.

    `cases` asks for id, state, due_at and warn_at. The ORM puts the same together in 1.8 ms for each page of the desk.
    """
    at = moment_value(now)
    sounding = f"SELECT '{DANGER}', COUNT(*), 0, 0, 0 FROM ({dangerous[0]}) AS sounding UNION ALL " if dangerous else ""
    return (
        "SELECT state, COUNT(*), SUM(CASE WHEN due_at <= %s THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN due_at > %s AND warn_at < %s THEN 1 ELSE 0 END), "
        "SUM(CASE WHEN id IN (SELECT case_id FROM casework_request WHERE decided_at IS NULL) THEN 1 ELSE 0 END) "
        f"FROM ({cases[0]}) AS seen GROUP BY state "
        f"UNION ALL {sounding}{mine(organisation_code)[0]}",
        (at, at, at, *cases[1], *(dangerous[1] if dangerous else ()), organisation_code),
    )


def mine(organisation_code: str) -> Statement:
    """In how many cases the organisation has a part, as the last row of `standing`."""
    counted = f"SELECT '{MINE}', COUNT(*), 0, 0, 0 FROM casework_task WHERE organisation_code = %s AND ended_at IS NULL"
    return counted, (organisation_code,)


_OF_CASE = (
    "checkitem",
    "jointwait",
    "whistle",
    "forcecase",
    "causematter",
    "hotmatter",
    "supervision",
    "callback",
    "platformact",
    "caselistitem",
    "succession",
)
_OF_DISTRICT = (
    "rootcause WHERE closed_at IS NULL",
    "jointtemplate",
    "ruleversion",
    "replytemplate WHERE ended_at IS NULL",
)
_AROUND = "SELECT " + ", ".join(
    [f"EXISTS (SELECT 1 FROM casework_{table} WHERE case_id = %s)" for table in _OF_CASE]
    + ["EXISTS (SELECT 1 FROM casework_succession WHERE earlier_id = %s)"]
    + [f"EXISTS (SELECT 1 FROM casework_{table})" for table in _OF_DISTRICT]
)


def around(case_id: uuid.UUID) -> Statement:
    """Whether there is anything of each kind around a case, in the order of queries/around.py."""
    return _AROUND, [uuid_value(case_id)] * (len(_OF_CASE) + 1)


EACH = "\x00each"
"""Stands in a statement for one of several values, for each of which it is asked."""


def each(asked: Statement, values: Sequence[str]) -> Statement:
    """What a statement answers for each of some values, one after the other, each answer with its own order and limit.

    PostgreSQL is told once (LATERAL), for it would plan each value's text anew. SQLite has no such word, and plans quickly.
    """
    text, given = asked
    if vendor() == "sqlite":
        filled = [[value if one == EACH else one for one in given] for value in values]
        return UNION.join(f"SELECT * FROM ({text})" for _ in values), [one for row in filled for one in row]
    pieces = text.split("%s")
    marks = ["one.value" if value == EACH else "%s" for value in given]
    inner = "".join(piece + mark for piece, mark in zip(pieces, (*marks, ""), strict=True))
    rows = ", ".join(["(%s)"] * len(values))
    kept = [one for one in given if one != EACH]
    return f"SELECT found.* FROM (VALUES {rows}) AS one(value) CROSS JOIN LATERAL ({inner}) AS found", [*values, *kept]


UNION = " UNION ALL "
ONCE_EACH = " UNION "


def _together(walks: Sequence[Statement]) -> Statement:
    text = UNION.join(f"SELECT seen, at FROM ({walk[0]}) AS walk{number}" for number, walk in enumerate(walks))
    return text, [value for walk in walks for value in walk[1]]


def first_of(walks: Sequence[Statement], *, falling: bool, size: int) -> RawSQL:
    """The ids of the first cases of all walks together, to be asked about in turn."""
    way = "DESC" if falling else "ASC"
    text, values = _together(walks)
    first = f"SELECT DISTINCT seen, at FROM ({text}) AS walked ORDER BY at {way}, seen {way} LIMIT %s"
    return RawSQL(f"SELECT seen FROM ({first}) AS first", (*values, size))


def count_to(walks: Sequence[Statement]) -> Statement:
    """How many cases the walks come by, each counted once."""
    text, values = _together(walks)
    return f"SELECT COUNT(DISTINCT seen) FROM ({text}) AS walked", values


def rarity(terms: Sequence[str], most: int) -> Statement:
    """In how many texts the pairs of these words are, counted no further than `most`. Few may be too many by some."""
    if vendor() == "sqlite":
        held = "SELECT rowid FROM casework_grams WHERE casework_grams MATCH %s LIMIT %s"
        return f"SELECT COUNT(*) FROM ({held})", (_for_sqlite(terms), most)
    return "SELECT casework_rarity(%s::tsquery, %s)", (_for_postgresql(terms), most)


def holding(terms: Sequence[str]) -> RawSQL:
    """The ids of the cases whose text holds all of these words: by the index, then read.

    On PostgreSQL a function (migration 0014), for the index is right however often the planner thinks a word to be there.
    """
    if vendor() == "sqlite":
        read = " AND ".join(["instr(folded, %s) > 0"] * len(terms))
        held = "SELECT rowid FROM casework_grams WHERE casework_grams MATCH %s"
        text = f"SELECT case_id FROM casework_searchtext WHERE id IN ({held}) AND {read}"
        return RawSQL(text, (_for_sqlite(terms), *terms))
    text = "SELECT held FROM casework_holding(%s::tsquery, %s::text[]) AS held"
    return RawSQL(text, (_for_postgresql(terms), list(terms)))


def _for_sqlite(terms: Iterable[str]) -> str:
    """What FTS5 is asked for (SQLite documentation, FTS5, 3: full-text query syntax)."""
    return " AND ".join(part for term in terms for part in _parts(term, bigrams.as_token, "{}*"))


def _for_postgresql(terms: Iterable[str]) -> str:
    """What a tsvector is asked for (PostgreSQL documentation, 8.11.2: tsquery)."""
    return " & ".join(part for term in terms for part in _parts(term, bigrams.as_lexeme, "{}:*"))


def _parts(term: str, written: Any, begins: str) -> list[str]:
    if len(term) == 1:
        return [begins.format(written(term))]
    return [written(gram) for gram in bigrams.asked(term)]


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
