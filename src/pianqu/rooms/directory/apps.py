"""The directory as a Django app."""

from django.apps import AppConfig

from pianqu.rooms.directory import facts


class DirectoryConfig(AppConfig):
    name = "pianqu.rooms.directory"
    label = "directory"
    facts = facts  # so that every process knows them by name
    verbose_name = "名录 directory"
