"""Notices as a Django app."""

from django.apps import AppConfig

from pianqu.rooms.notices import facts


class NoticesConfig(AppConfig):
    name = "pianqu.rooms.notices"
    label = "notices"
    facts = facts  # so that every process knows them by name
    verbose_name = "通知 notices"
