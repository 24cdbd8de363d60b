"""Tables of what is planned: units with their numbers, neighbours and shapes, as they were on a day."""

from django.db import models
from django.db.models import Q


class UnitSet(models.Model):
    """What a draft joins 规划单元: communities into clusters, or plots of buildings into cells. It never changes, so that a
    plan can be made again."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    level = models.CharField("层级 level", max_length=12)
    content = models.TextField("内容 content")
    """Canonical JSON (planning.units/v1): everything that the search reads."""
    shapes = models.TextField("图形 shapes")
    """GeoJSON of the units in their order, for the map and for the cells that are adopted."""
    digest = models.CharField("摘要 digest", max_length=64)
    """SHA-256 of `content`."""
    shapes_digest = models.CharField("图形摘要 digest of the shapes", max_length=64)
    count = models.PositiveIntegerField("单元数 units")
    made_at = models.DateTimeField("生成时间 made at")

    class Meta:
        verbose_name = "规划单元 unit set"
        constraints = [
            models.UniqueConstraint(fields=["digest", "shapes_digest"], name="one_unit_set_per_digest"),
            models.CheckConstraint(condition=Q(level__in=["clusters", "cells"]), name="unit_level_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.level} {self.digest[:12]}"
