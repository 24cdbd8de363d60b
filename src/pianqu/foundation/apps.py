"""Foundation as a Django app: account table, shared templates and static files."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate

from pianqu.foundation import after_migrate


class FoundationConfig(AppConfig):
    name = "pianqu.foundation"
    label = "foundation"
    verbose_name = "基础 foundation"

    def ready(self) -> None:
        post_migrate.connect(after_migrate.put_all, sender=self, dispatch_uid="pianqu-after-migrate")
