"""Bring a data folder to the state in which web and worker can start: keys, tables, triggers, ledger, first data."""

import argparse
import sys
from importlib import import_module
from importlib.util import find_spec

import django
from django.core.management import call_command
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from pianqu.composition.env import Env, current
from pianqu.foundation.errors import Problem, Unavailable
from pianqu.foundation.keys import make_keys


def prepare(*, empty: bool) -> None:
    """Everything before the first request. Raises Problem with a sentence for the operator."""
    env = current()
    _keys_for(env)
    django.setup()
    try:
        _migrate()
        _ledger()
        first = import_module("pianqu.rooms.ledger.queries").sealed_size() == 0
    except Error as error:
        raise Unavailable("database-unreachable", f"The database cannot be used: {str(error).strip()}") from error
    if first and not empty and find_spec("pianqu.composition.demo"):
        import_module("pianqu.composition.demo").load(now=timezone.now())


def _keys_for(env: Env) -> None:
    """Make keys for a new data folder only: an old one without its keys must not get others."""
    has_data = (env.data / "pianqu.sqlite3").exists() or (env.data / "published").exists()
    if has_data and not (env.key_folder / "log.key").exists():
        raise Unavailable(
            "keys-missing",
            f"The data in {env.data} exists, but its keys are not in {env.key_folder}. Put the key folder back, or set "
            "PIANQU_KEYS to where it is. Nothing was changed.",
        )
    env.data.mkdir(parents=True, exist_ok=True)
    make_keys(env.key_folder)


def _migrate() -> None:
    executor = MigrationExecutor(connection)
    applied = set(executor.loader.applied_migrations)
    unknown = {key for key in applied - set(executor.loader.graph.nodes) if key[0] in executor.loader.migrated_apps}
    if unknown:
        raise Unavailable(
            "data-newer",
            "This data folder was used by a newer pianqu. Start that version, or restore a backup made with this one.",
        )
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        call_command("migrate", verbosity=0, interactive=False)


def _ledger() -> None:
    apps = import_module("pianqu.rooms.ledger.apps")
    if apps.missing_triggers():
        apps.put_triggers()
    import_module("pianqu.rooms.ledger.services").create_log(now=timezone.now())


def main(argv: list[str]) -> int:
    """Run as a process of its own, so that the supervisor stays small."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--empty", action="store_true")
    asked = parser.parse_args(argv)
    try:
        prepare(empty=asked.empty)
    except Problem as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
