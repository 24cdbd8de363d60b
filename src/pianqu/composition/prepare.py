"""Bring a data folder to the state in which web and worker can start: keys, tables, triggers, ledger, first data."""

import argparse
import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from pianqu.composition.env import Env, current
from pianqu.composition.orphan import end_with_parent
from pianqu.composition.sentences import DAMAGED, sentence_for
from pianqu.foundation.catalogues import compile_catalogues
from pianqu.foundation.crypto import decrypt, encrypt
from pianqu.foundation.errors import Problem, Unavailable
from pianqu.foundation.keys import has_keys, make_keys

CHECK = {"table": "pianqu", "column": "check", "row": "1"}
"""Where the word in field-keys.check pretends to stand; it shows whether the field keys belong to the data."""

DATABASE = "pianqu.sqlite3"
MOST_LOOKED_AT = 256 * 2**20
"""Bytes of a database file that is read as a whole before a start: a second or two."""


def prepare(*, empty: bool) -> None:
    """Everything before the first request; harmless to repeat. Raises Problem, OSError or a database's Error."""
    env = current()
    env.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _one_at_a_time(env.data):
        _keys_for(env)
        _compile_catalogues()
        django.setup()
        _check_field_keys(env)
        _check_pages(env)
        _migrate(env, empty=empty)
        _ledger()
        _demo(env)
        import_module("pianqu.composition.setup").ensure_code(env.data)


@contextmanager
def _one_at_a_time(data: Path) -> Iterator[None]:
    with (data / "prepare.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _keys_for(env: Env) -> None:
    """Make keys for a new data folder only: an old one without its keys must not get others."""
    traces = [env.data / name for name in (DATABASE, "published", "field-keys.check")]
    if any(path.exists() for path in traces) and not has_keys(env.key_folder):
        raise Unavailable(
            "keys-missing",
            f"The data in {env.data} exists, but its keys are not in {env.key_folder}. Put the key folder back, or set "
            "PIANQU_KEYS to where it is. Nothing was changed.",
        )
    make_keys(env.key_folder)


def _compile_catalogues() -> None:
    """Translations are compiled where they are older than their source."""
    try:
        compile_catalogues()
    except OSError as error:
        raise Unavailable(
            "translations-stale",
            f"The translations cannot be compiled ({error.strerror}: {error.filename}). Run `./pianqu help` once as the "
            "owner of the program's folder, then start again.",
        ) from error


def _check_field_keys(env: Env) -> None:
    """Refuse field keys that cannot open what this data folder's keys have closed."""
    path = env.data / "field-keys.check"
    if not path.exists():
        path.write_text(encrypt("pianqu", **CHECK))
        return
    try:
        decrypt(path.read_text().strip(), **CHECK)
    except Problem as problem:
        raise Unavailable(
            "field-keys-wrong",
            f"The keys in {env.key_folder} are not the keys of the data in {env.data}. Put back the right key folder, or "
            "set PIANQU_KEYS to where it is. Nothing was changed.",
        ) from problem


def _check_pages(env: Env) -> None:
    """Look at every page of SQLite's file: a start over a damaged one would serve until somebody reads there.

    Five seconds of a processor for each gigabyte, so a large file is not looked at. Raises Unavailable, or the database's Error.
    """
    path = env.data / DATABASE
    if connection.vendor != "sqlite" or not path.exists() or path.stat().st_size > MOST_LOOKED_AT:
        return
    with connection.cursor() as cursor:
        found = [str(row[0]) for row in cursor.execute("PRAGMA quick_check(1)").fetchall()]
    if found != ["ok"]:
        raise Unavailable("database-damaged", DAMAGED)


def _migrate(env: Env, *, empty: bool) -> None:
    executor = MigrationExecutor(connection)
    applied = set(executor.loader.applied_migrations)
    unknown = {key for key in applied - set(executor.loader.graph.nodes) if key[0] in executor.loader.migrated_apps}
    if unknown:
        raise Unavailable(
            "data-newer",
            f"The data in {env.data} was used by a newer pianqu. Start that version, or restore a backup made with this "
            "one. Nothing was changed.",
        )
    if not applied:
        _demo_state(env).write_text("none" if empty else "wanted")
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def _ledger() -> None:
    apps = import_module("pianqu.rooms.ledger.apps")
    if apps.missing_triggers():
        apps.put_triggers()
    services = import_module("pianqu.rooms.ledger.services")
    services.create_log(now=timezone.now())
    try:
        services.begin_twin()
    except (Unavailable, OSError) as error:  # the ledger goes on without it, and status says what keeps it
        sys.stderr.write(f"{sentence_for(error) or error}\n")


def _demo(env: Env) -> None:
    """Fill a new district once, in one transaction: a start that was killed in the middle begins anew."""
    state = _demo_state(env)
    if not state.exists() or state.read_text() != "wanted" or not find_spec("pianqu.composition.demo"):
        return
    demo = import_module("pianqu.composition.demo")
    sys.stderr.write("Loading the demo district with a year of matters (once, about a minute) …\n")
    with transaction.atomic():
        demo.load(now=timezone.now(), year=env.demo_matters)
    state.write_text("loaded")


def outsiders() -> None:
    """The demo's other organisations: for the start of a house alone, since their programs begin and end with it."""
    env = current()
    state = _demo_state(env)
    if state.exists() and state.read_text() == "loaded" and find_spec("pianqu.composition.demo"):
        import_module("pianqu.composition.demo.outsiders").stand_ready(
            env.data, url=f"http://127.0.0.1:{env.port}", now=timezone.now()
        )


def _demo_state(env: Env) -> Path:
    return env.data / "demo-state"


def main(argv: list[str]) -> int:
    """Run as a process of its own, so that the supervisor stays small."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--empty", action="store_true")
    parser.add_argument("--outsiders", action="store_true")
    asked = parser.parse_args(argv)
    end_with_parent(at_once=True)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pianqu.composition.settings")
    try:
        prepare(empty=asked.empty)
        if asked.outsiders:
            outsiders()
    except KeyboardInterrupt:
        return 130
    except Exception as error:
        sentence = sentence_for(error)
        if sentence is None:
            raise
        sys.stderr.write(f"{sentence}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
