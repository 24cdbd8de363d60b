"""Casework as a Django app; after a migration it sees that its words can be found."""

from importlib import import_module

from django.apps import AppConfig

from pianqu.foundation import after_migrate
from pianqu.rooms.casework import facts


class CaseworkConfig(AppConfig):
    name = "pianqu.rooms.casework"
    label = "casework"
    facts = facts  # so that every process knows them by name
    verbose_name = "办件 casework"

    def ready(self) -> None:
        after_migrate.register("casework-search", put=make_texts, lift=lambda: None)


def make_texts() -> None:
    """Models cannot be imported before all apps stand."""
    import_module("pianqu.rooms.casework.services.searching").make_texts()
