"""Casework as a Django app."""

from django.apps import AppConfig

from pianqu.rooms.casework import facts


class CaseworkConfig(AppConfig):
    name = "pianqu.rooms.casework"
    label = "casework"
    facts = facts  # so that every process knows them by name
    verbose_name = "办件 casework"
