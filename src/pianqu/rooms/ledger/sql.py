"""Triggers that make the history insert-only, for SQLite and PostgreSQL.

Each statement may be run again and again: they are put back after every migration, because SQLite table rebuilds drop
triggers silently. On PostgreSQL statement-level triggers also stop TRUNCATE.
"""

from pianqu.foundation.db import Statement

INSERT_ONLY = ("ledger_entry", "ledger_position", "ledger_erasure")
SECRET = "ledger_secret"
_SAYS = "the ledger is append-only"


def create_triggers(vendor: str) -> list[Statement]:
    """Statements that put every trigger in place."""
    return _sqlite() if vendor == "sqlite" else _postgresql()


def drop_triggers(vendor: str) -> list[Statement]:
    """Statements that lift every trigger; only the tests' reset uses them."""
    if vendor == "sqlite":
        return [(f"DROP TRIGGER IF EXISTS {name}", ()) for name in trigger_names(vendor)]
    return [(f"DROP TRIGGER IF EXISTS {name} ON {name.rsplit('__', 1)[0]}", ()) for name in trigger_names(vendor)]


def trigger_names(vendor: str) -> tuple[str, ...]:
    """The names that must exist at start."""
    acts = ("no_update", "no_delete") if vendor == "sqlite" else ("no_update", "no_delete", "no_truncate")
    names = [f"{table}__{act}" for table in INSERT_ONLY for act in acts]
    names += [f"{SECRET}__no_update", f"{SECRET}__only_erased"]
    if vendor != "sqlite":
        names.append(f"{SECRET}__no_truncate")
    return tuple(names)


def present_triggers(vendor: str) -> Statement:
    """Asks which triggers the database has."""
    if vendor == "sqlite":
        return "SELECT name FROM sqlite_master WHERE type = 'trigger'", ()
    return "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'", ()


def _sqlite() -> list[Statement]:
    made: list[Statement] = []
    for table in (*INSERT_ONLY, SECRET):
        made.append(
            (
                f"CREATE TRIGGER IF NOT EXISTS {table}__no_update BEFORE UPDATE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END",
                (),
            )
        )
    for table in INSERT_ONLY:
        made.append(
            (
                f"CREATE TRIGGER IF NOT EXISTS {table}__no_delete BEFORE DELETE ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END",
                (),
            )
        )
    made.append(
        (
            f"CREATE TRIGGER IF NOT EXISTS {SECRET}__only_erased BEFORE DELETE ON {SECRET} "
            "WHEN NOT EXISTS (SELECT 1 FROM ledger_erasure WHERE entry_id = OLD.entry_id) "
            f"BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END",
            (),
        )
    )
    return made


def _postgresql() -> list[Statement]:
    made: list[Statement] = [
        (
            "CREATE OR REPLACE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$",
            (),
        ),
        (
            "CREATE OR REPLACE FUNCTION ledger_only_erased() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF NOT EXISTS (SELECT 1 FROM ledger_erasure WHERE entry_id = OLD.entry_id) "
            f"THEN RAISE EXCEPTION '{_SAYS}'; END IF; RETURN OLD; END $$",
            (),
        ),
    ]
    for table in INSERT_ONLY:
        made += [_pg_trigger(table, act) for act in ("update", "delete", "truncate")]
    made += [_pg_trigger(SECRET, "update"), _pg_trigger(SECRET, "truncate")]
    made.append(
        (
            f"CREATE OR REPLACE TRIGGER {SECRET}__only_erased BEFORE DELETE ON {SECRET} "
            "FOR EACH ROW EXECUTE FUNCTION ledger_only_erased()",
            (),
        )
    )
    return made


def _pg_trigger(table: str, act: str) -> Statement:
    return (
        f"CREATE OR REPLACE TRIGGER {table}__no_{act} BEFORE {act.upper()} ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()",
        (),
    )


def try_sealer_lock() -> Statement:
    """PostgreSQL: true if this transaction is the only sealer; released with the transaction."""
    return "SELECT pg_try_advisory_xact_lock(%s)", (0x7069616E7175,)
