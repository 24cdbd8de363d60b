"""The territory as a Django app."""

from django.apps import AppConfig

from pianqu.rooms.territory import facts


class TerritoryConfig(AppConfig):
    name = "pianqu.rooms.territory"
    label = "territory"
    facts = facts  # so that every process knows them by name
    verbose_name = "片区 territory"
