"""The commit guard on a real database: what it lets pass, what it undoes."""

import pytest
from django.db import connection, transaction

from pianqu.foundation import guard
from pianqu.foundation.db import Copy, run
from pianqu.foundation.guard import UnrecordedChange, tables_written
from pianqu.foundation.verbs import verb


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ('INSERT INTO "casework_case" ("id") VALUES (%s)', {"casework_case"}),
        ("insert or ignore into casework_case values (1)", {"casework_case"}),
        ('UPDATE "casework_case" SET "x" = 1', {"casework_case"}),
        ("DELETE FROM casework_case", {"casework_case"}),
        (
            "WITH gone AS (DELETE FROM ledger_unsealed) INSERT INTO ledger_position SELECT 1",
            {"ledger_unsealed", "ledger_position"},
        ),
        ("TRUNCATE TABLE casework_case", {"casework_case"}),
        ("COPY casework_case (id) FROM STDIN (FORMAT BINARY)", {"casework_case"}),
        ("SELECT 'UPDATE casework_case' FROM casework_case", set()),
        ('SELECT "a" FROM "casework_case" FOR UPDATE', set()),
    ],
)
def test_it_sees_which_tables_a_statement_writes(sql: str, tables: set[str]) -> None:
    assert tables_written(sql) == tables


@pytest.mark.django_db(transaction=True)
def test_a_room_changed_without_a_record_is_undone() -> None:
    with pytest.raises(UnrecordedChange), transaction.atomic():
        _write_entry_less()
    assert _rows() == 0


@pytest.mark.django_db(transaction=True)
def test_a_lone_write_outside_a_transaction_is_refused_at_once() -> None:
    with pytest.raises(UnrecordedChange):
        _write_entry_less()
    assert _rows() == 0


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_rows_that_are_copied_are_seen_too() -> None:
    """Only PostgreSQL copies."""
    copied = Copy("COPY ledger_secret (salt) FROM STDIN (FORMAT BINARY)", ("bytea",), [(b"x",)])
    with pytest.raises(UnrecordedChange):
        run(copied)


@pytest.mark.django_db(transaction=True)
def test_a_refused_transaction_leaves_the_connection_clean() -> None:
    with pytest.raises(UnrecordedChange), transaction.atomic():
        _write_entry_less()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")


@pytest.mark.django_db
def test_a_verb_answers_for_itself_within_a_larger_transaction() -> None:
    """As in most tests, which never commit."""

    @verb
    def silent() -> None:
        _write_entry_less()

    with pytest.raises(UnrecordedChange):
        silent()


@pytest.mark.django_db
def test_what_verbs_changed_is_checked_by_the_larger_transaction_too() -> None:
    @verb
    def outer() -> None:
        _write_entry_less()
        with guard.lifted("to see what is handed on"):
            inner()

    inner = verb(_write_entry_less)
    with pytest.raises(UnrecordedChange):
        outer()
    assert "ledger_secret" in connection.watch.changed


def test_lifting_needs_a_reason() -> None:
    with pytest.raises(ValueError, match="why"), guard.lifted(""):
        pass


def _write_entry_less() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_secret WHERE 1 = 0")


def _rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM ledger_secret")
        return int(cursor.fetchone()[0])
