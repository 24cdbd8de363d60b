"""The ledger as a Django app; its triggers are put back after every migration."""

from django.apps import AppConfig

from pianqu.foundation import after_migrate
from pianqu.foundation.db import fetch, run, vendor
from pianqu.rooms.ledger import facts, sql


class LedgerConfig(AppConfig):
    name = "pianqu.rooms.ledger"
    label = "ledger"
    facts = facts  # so that every process knows them by name
    verbose_name = "账本 ledger"

    def ready(self) -> None:
        after_migrate.register("ledger-triggers", put=put_triggers, lift=lift_triggers)


def put_triggers() -> None:
    """Create the insert-only triggers where they are missing."""
    for statement in sql.create_triggers(vendor()):
        run(statement)


def lift_triggers() -> None:
    """Drop the triggers, for the tests' reset."""
    for statement in sql.drop_triggers(vendor()):
        run(statement)


def missing_triggers() -> set[str]:
    """Names of triggers that the database lacks; checked at start."""
    there = {str(row[0]) for row in fetch(sql.present_triggers(vendor()))}
    return set(sql.trigger_names(vendor())) - there
