"""The directory as a Django app."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "pianqu.rooms.directory"
    label = "directory"
    verbose_name = "名录 directory"
