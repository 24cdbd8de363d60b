"""Partners as a Django app."""

from django.apps import AppConfig

from pianqu.rooms.partners import facts


class PartnersConfig(AppConfig):
    name = "pianqu.rooms.partners"
    label = "partners"
    facts = facts  # so that every process knows them by name
    verbose_name = "往来 partners"
