"""Tables of territory: places by their statistical code, and names."""

from django.db import models


class Place(models.Model):
    """A street, town, community or village 地方, by its statistical code."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    code = models.CharField("统计代码 code", max_length=12, unique=True)
    level = models.CharField("层级 level", max_length=16)
    kind = models.CharField("类别 kind", max_length=16)
    name = models.CharField("名称 name", max_length=60)
    short_name = models.CharField("简称 short name", max_length=40)
    name_en = models.CharField("英文名称 English name", max_length=80, blank=True)
    parent_code = models.CharField("上级代码 parent", max_length=12, blank=True)
    lon = models.FloatField("经度 longitude", null=True)
    lat = models.FloatField("纬度 latitude", null=True)
    point_source = models.CharField("坐标来源 source of the point", max_length=16, default="synthetic")
    outline = models.JSONField("轮廓 outline", null=True)
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "地方 place"
        indexes = [models.Index(fields=["parent_code"], name="place_by_parent")]

    def __str__(self) -> str:
        return f"{self.code} {self.short_name}"


class Landmark(models.Model):
    """A name by which people say where something is 地名."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    name = models.CharField("名称 name", max_length=80)
    kind = models.CharField("类别 kind", max_length=24)
    lon = models.FloatField("经度 longitude")
    lat = models.FloatField("纬度 latitude")
    source = models.CharField("来源 source", max_length=24)

    class Meta:
        verbose_name = "地名 landmark"
        constraints = [models.UniqueConstraint(fields=["name", "lon", "lat"], name="one_landmark_per_place")]

    def __str__(self) -> str:
        return self.name
