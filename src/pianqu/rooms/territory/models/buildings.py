"""Buildings with how many live in them: counts only, never who."""

from django.db import models


class BuildingRoll(models.Model):
    """All buildings of the district as they were counted once 楼栋户数表. The latest one counts."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    source = models.CharField("来源 source", max_length=80)
    synthetic = models.BooleanField("合成 synthetic", default=False)
    digest = models.CharField("摘要 digest", max_length=64)
    taken_at = models.DateTimeField("录入时间 taken in at")

    class Meta:
        verbose_name = "楼栋户数表 roll of buildings"

    def __str__(self) -> str:
        return f"{self.taken_at:%Y-%m-%d} {self.source}"


class Building(models.Model):
    """A building, or several that are counted as one 楼栋: where it stands, how many households and people it has."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    roll = models.ForeignKey(BuildingRoll, models.PROTECT, related_name="+", verbose_name="楼栋户数表 roll")
    code = models.CharField("楼栋编码 code", max_length=24)
    name = models.CharField("名称 name", max_length=60)
    community_code = models.CharField("社区代码 community", max_length=12)
    lon = models.FloatField("经度 longitude")
    lat = models.FloatField("纬度 latitude")
    households = models.PositiveIntegerField("户数 households")
    population = models.PositiveIntegerField("人数 people", null=True)

    class Meta:
        verbose_name = "楼栋 building"
        constraints = [models.UniqueConstraint(fields=["roll", "code"], name="one_building_per_code")]
        indexes = [models.Index(fields=["roll", "community_code"], name="building_by_community")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
