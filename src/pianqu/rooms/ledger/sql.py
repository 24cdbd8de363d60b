"""Hand-written SQL of the ledger: the last act of every verb, and the triggers that make the history insert-only.

The last act is written by hand because every verb pays for it while it holds its organisation's chain: on PostgreSQL
one statement appends entries and queue and moves the chains.
Trigger statements may be run again and again: they are put back after every migration, because SQLite table rebuilds
drop triggers silently. On PostgreSQL statement-level triggers also stop TRUNCATE.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from pianqu.foundation.db import Copy, Many, Statement, copy, insert

INSERT_ONLY = ("ledger_entry", "ledger_position", "ledger_erasure", "ledger_fork")
SECRET = "ledger_secret"
QUEUED = "ledger_entry__queued"
"""SQLite's trigger that puts every entry into the queue: one statement less in every verb."""
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
    names.append(QUEUED if vendor == "sqlite" else f"{SECRET}__no_truncate")
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
    queue = "INSERT INTO ledger_unsealed (entry_id) VALUES (NEW.id)"
    made.append((f"CREATE TRIGGER IF NOT EXISTS {QUEUED} AFTER INSERT ON ledger_entry BEGIN {queue}; END", ()))
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


def sealer_lock() -> Statement:
    """PostgreSQL: wait until no other transaction seals; none does until this one ends."""
    return "SELECT pg_advisory_xact_lock(%s)", (0x7069616E7175,)


ENTRY_COLUMNS = ("id", "kind", "organisation_code", "counter", "subject", "leaf", "recorded_at")
ENTRY_TYPES = ("uuid", "varchar", "varchar", "bigint", "varchar", "bytea", "timestamptz")


def place_waiting(vendor: str, first: int, batch: int) -> Iterator[Statement]:
    """Give what waits its positions from `first` on, at most `batch`; the last of the statements answers their leaves in order.

    On PostgreSQL one statement, hence one snapshot: what commits meanwhile with a lower place in the queue waits for the next
    batch. SQLite's transaction is the only writer.
    """
    waiting = "SELECT id, entry_id FROM ledger_unsealed ORDER BY id LIMIT %s"
    placed = "INSERT INTO ledger_position (position, entry_id) SELECT %s + row_number() OVER (ORDER BY id) - 1, entry_id FROM"
    leaves = "JOIN ledger_entry e ON e.id = p.entry_id"
    if vendor == "sqlite":
        yield f"{placed} ({waiting})", (first, batch)
        yield f"DELETE FROM ledger_unsealed WHERE id IN (SELECT id FROM ({waiting}))", (batch,)
        yield f"SELECT e.leaf FROM ledger_position p {leaves} WHERE p.position >= %s ORDER BY p.position", (first,)
        return
    yield (
        f"WITH w AS ({waiting}), g AS (DELETE FROM ledger_unsealed u USING w WHERE u.id = w.id), "
        f"p AS ({placed} w RETURNING position, entry_id) SELECT e.leaf FROM p {leaves} ORDER BY p.position",
        (batch, first),
    )


def leave_queue() -> Statement:
    """Who has a position waits no more."""
    return (
        "DELETE FROM ledger_unsealed WHERE EXISTS "
        "(SELECT 1 FROM ledger_position p WHERE p.entry_id = ledger_unsealed.entry_id)",
        (),
    )


def leaves(first: int, end: int) -> Statement:
    """The leaves of these positions, in their order."""
    return (
        "SELECT e.leaf FROM ledger_position p JOIN ledger_entry e ON e.id = p.entry_id "
        "WHERE p.position >= %s AND p.position < %s ORDER BY p.position",
        (first, end),
    )


def end_of_positions() -> Statement:
    """One more than the last position, 0 where there is none."""
    return "SELECT COALESCE(MAX(position) + 1, 0) FROM ledger_position", ()


def page(first: int, end: int) -> Statement:
    """Position, id, kind, subject, organisation, time and payload (NULL where erased) of the entries at these positions."""
    return (
        "SELECT p.position, e.id, e.kind, e.subject, e.organisation_code, e.recorded_at, s.payload FROM ledger_position p "
        "JOIN ledger_entry e ON e.id = p.entry_id LEFT JOIN ledger_secret s ON s.entry_id = e.id "
        "WHERE p.position >= %s AND p.position < %s ORDER BY p.position",
        (first, end),
    )


def tiles(places: Sequence[tuple[int, int]]) -> Statement:
    """Level, index and hashes of these tiles."""
    marks = " OR ".join(['(level = %s AND "index" = %s)'] * len(places))
    return f'SELECT level, "index", hashes FROM ledger_tile WHERE {marks}', [part for place in places for part in place]


def lock_chains(vendor: str, codes: Sequence[str]) -> Statement:
    """Code, counter and last leaf hash of these chains, locked in the order of their codes until the commit."""
    places = ", ".join(["%s"] * len(codes))
    lock = "" if vendor == "sqlite" else " FOR UPDATE"
    return (
        "SELECT organisation_code, counter, leaf_hash FROM ledger_chain "
        f"WHERE organisation_code IN ({places}) ORDER BY organisation_code{lock}",
        list(codes),
    )


def begin_chains(codes: Sequence[str]) -> Statement:
    """Empty chains for organisations that have recorded nothing yet; those that exist stay as they are."""
    rows = ", ".join(["(%s, 0, %s)"] * len(codes))
    params = [part for code in codes for part in (code, b"")]
    return (
        f"INSERT INTO ledger_chain (organisation_code, counter, leaf_hash) VALUES {rows} ON CONFLICT DO NOTHING",
        params,
    )


SECRET_COLUMNS = ("entry_id", "payload", "salt")
SECRET_TYPES = ("uuid", "bytea", "bytea")
Row = Sequence[Any]
COPIED = 64
"""So many rows and more go into PostgreSQL by COPY."""


Change = Statement | Many | Copy


def before_the_lock(vendor: str, secrets: Sequence[Row]) -> Iterator[Change]:
    """PostgreSQL: secrets (SECRET_COLUMNS) need no lock on a chain: their entries follow in the same transaction."""
    if vendor != "sqlite":
        put = insert if len(secrets) < COPIED else copy
        yield put(SECRET, SECRET_COLUMNS, SECRET_TYPES, secrets)


def append(
    vendor: str, entries: Sequence[Row], chains: Sequence[tuple[str, int, bytes]], secrets: Sequence[Row]
) -> Iterator[Change]:
    """Entries (ENTRY_COLUMNS), their places in the queue, the new heads of their chains (code, counter, hash), and on SQLite
    the secrets: there the writer is alone anyway, and a secret without its entry would be looked for with every entry."""
    last = move_chains(chains)
    queued = [(row[0],) for row in entries]
    if vendor == "sqlite":  # a trigger queues them
        yield insert("ledger_entry", ENTRY_COLUMNS, ENTRY_TYPES, entries)
        yield insert(SECRET, SECRET_COLUMNS, SECRET_TYPES, secrets)
        yield last
    elif len(entries) < COPIED:
        one = insert("ledger_entry", ENTRY_COLUMNS, ENTRY_TYPES, entries)
        two = insert("ledger_unsealed", ("entry_id",), ("uuid",), queued)
        yield f"WITH e AS ({one[0]}), u AS ({two[0]}) {last[0]}", [*one[1], *two[1], *last[1]]
    else:
        yield copy("ledger_entry", ENTRY_COLUMNS, ENTRY_TYPES, entries)
        yield copy("ledger_unsealed", ("entry_id",), ("uuid",), queued)
        yield last


PLACE_COLUMNS = ("position", "entry_id")
PLACE_TYPES = ("bigint", "uuid")
AT_ONCE = 20_000


def put_back(vendor: str, entries: Sequence[Row], places: Sequence[Row]) -> Iterator[Change]:
    """Entries (ENTRY_COLUMNS) and positions (PLACE_COLUMNS) of a log that was completed from a copy, and nobody in the queue
    who has a position."""
    put = insert if vendor == "sqlite" else copy
    for table, columns, types, rows in (
        ("ledger_entry", ENTRY_COLUMNS, ENTRY_TYPES, entries),
        ("ledger_position", PLACE_COLUMNS, PLACE_TYPES, places),
    ):
        for first in range(0, len(rows), AT_ONCE):
            yield put(table, columns, types, rows[first : first + AT_ONCE])
    yield leave_queue()


def move_chains(chains: Sequence[tuple[str, int, bytes]]) -> Statement:
    """Set the heads of chains that exist and are locked."""
    rows = ", ".join(["(%s, %s, %s)"] * len(chains))
    return (
        f"INSERT INTO ledger_chain (organisation_code, counter, leaf_hash) VALUES {rows} "
        "ON CONFLICT (organisation_code) DO UPDATE SET counter = excluded.counter, leaf_hash = excluded.leaf_hash",
        [part for chain in chains for part in chain],
    )
