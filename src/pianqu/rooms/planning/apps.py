"""Planning as a Django app."""

from django.apps import AppConfig

from pianqu.rooms.planning import facts


class PlanningConfig(AppConfig):
    name = "pianqu.rooms.planning"
    label = "planning"
    facts = facts  # so that every process knows them by name
    verbose_name = "片区规划 planning"
