"""Tables of the grid: versions, cells, clusters, who works in a cell, and what may be handed to one."""

from django.db import models
from django.db.models import F, Q


class GridVersion(models.Model):
    """A whole grid with its clusters, in force from a day on 网格版本. A past case keeps the one of its day."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)
    """The same as the first day where it was taken back before that day: then it never was in force."""
    source = models.CharField("来源 source", max_length=80)
    synthetic = models.BooleanField("合成 synthetic", default=False)
    digest = models.CharField("摘要 digest", max_length=64)
    adopted_at = models.DateTimeField("通过时间 adopted at")
    reverts = models.UUIDField("撤回的版本 version that was a mistake", null=True)
    reason = models.CharField("撤回理由 reason", max_length=200, blank=True)
    reason_salt = models.BinaryField("理由盐 salt of the reason", max_length=32, default=b"")
    carried_at = models.DateTimeField("人员承接时间 people carried over at", null=True)

    class Meta:
        verbose_name = "网格版本 grid version"
        constraints = [
            models.UniqueConstraint(
                fields=["valid_from"],
                condition=Q(valid_to=None) | Q(valid_to__gt=F("valid_from")),
                name="one_grid_from_a_day",
            )
        ]

    def __str__(self) -> str:
        return f"{self.valid_from} {self.source}"


class GridCell(models.Model):
    """A cell of the grid 网格: ordinary, special 专属 (market, campus, hospital, park, office block), or micro 微网格 in one."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    version = models.ForeignKey(GridVersion, models.PROTECT, related_name="+")
    code = models.CharField("网格编码 code", max_length=24)
    name = models.CharField("名称 name", max_length=60)
    kind = models.CharField("类别 kind", max_length=12)
    special_kind = models.CharField("专属类别 kind of special cell", max_length=12, blank=True)
    parent_code = models.CharField("上级网格 parent cell", max_length=24, blank=True)
    community_code = models.CharField("社区代码 community", max_length=12)
    geometry = models.JSONField("边界 geometry")
    lon = models.FloatField("经度 longitude")
    lat = models.FloatField("纬度 latitude")

    class Meta:
        verbose_name = "网格 grid cell"
        constraints = [
            models.UniqueConstraint(fields=["version", "code"], name="one_cell_per_code"),
            models.CheckConstraint(condition=Q(kind__in=["ordinary", "special", "micro"]), name="cell_kind_is_known"),
            models.CheckConstraint(
                condition=Q(kind="special") ^ Q(special_kind=""), name="only_special_cells_have_a_special_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind="micro") ^ Q(parent_code=""), name="only_micro_cells_have_a_parent"
            ),
        ]
        indexes = [models.Index(fields=["version", "community_code"], name="cell_by_community")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Cluster(models.Model):
    """Neighbouring communities that are governed together 片区组团, with the centre that works there."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    version = models.ForeignKey(GridVersion, models.PROTECT, related_name="+")
    code = models.CharField("片区编码 code", max_length=24)
    name = models.CharField("名称 name", max_length=60)
    centre_code = models.CharField("片区中心 centre", max_length=32, blank=True)

    class Meta:
        verbose_name = "片区 cluster"
        constraints = [models.UniqueConstraint(fields=["version", "code"], name="one_cluster_per_code")]

    def __str__(self) -> str:
        return self.name


class ClusterCommunity(models.Model):
    """A community that belongs to a cluster 片区所辖社区; to one only."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    version = models.ForeignKey(GridVersion, models.PROTECT, related_name="+")
    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="+")
    community_code = models.CharField("社区代码 community", max_length=12)

    class Meta:
        verbose_name = "片区社区 community of a cluster"
        constraints = [models.UniqueConstraint(fields=["version", "community_code"], name="one_cluster_per_community")]

    def __str__(self) -> str:
        return f"{self.cluster_id} {self.community_code}"


class CellPerson(models.Model):
    """A post that works in a cell 网格力量 (1+3+N): the leader 网格长, full-time 专职, part-time 兼职, adviser 指导员, others."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    cell_code = models.CharField("网格编码 cell", max_length=24)
    role = models.CharField("角色 role", max_length=12)
    post_id = models.UUIDField("岗位 post")
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "网格力量 person of a cell"
        constraints = [
            models.UniqueConstraint(
                fields=["cell_code", "post_id"], condition=Q(valid_to=None), name="one_role_per_post_in_a_cell"
            ),
            models.UniqueConstraint(
                fields=["cell_code"], condition=Q(valid_to=None, role="leader"), name="one_leader_per_cell"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of {self.cell_code}"


class EntryItem(models.Model):
    """One line of the list of what may be handed to cells 网格事项准入清单: this kind of matter, to this kind of cell."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    list_name = models.CharField("清单 list", max_length=60)
    cell_kind = models.CharField("网格类别 kind of cell", max_length=12)
    category = models.CharField("类别 category", max_length=40)
    article = models.CharField("清单条目 article", max_length=80)
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "准入事项 entry"
        constraints = [
            models.UniqueConstraint(
                fields=["cell_kind", "category"], condition=Q(valid_to=None), name="one_entry_per_kind_and_category"
            )
        ]

    def __str__(self) -> str:
        return f"{self.list_name} {self.article}"
