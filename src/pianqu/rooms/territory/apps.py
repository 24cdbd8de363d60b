"""The territory as a Django app."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "pianqu.rooms.territory"
    label = "territory"
    verbose_name = "片区 territory"
