"""Casework as a Django app."""

from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "pianqu.rooms.casework"
    label = "casework"
    verbose_name = "办件 casework"
