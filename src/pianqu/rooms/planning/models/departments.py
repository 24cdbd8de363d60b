"""Tables of the departments' grids as they were handed in, and of their merges."""

from django.db import models
from django.db.models import Q


class DepartmentGrid(models.Model):
    """One edition of a department's grid 部门网格. It was checked first, then taken; a later edition ends it."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    system = models.CharField("条线 system", max_length=16)
    organisation_code = models.CharField("部门 organisation", max_length=32)
    name = models.CharField("名称 name", max_length=60)
    source = models.CharField("来源 source", max_length=80)
    asked = models.JSONField("要求 asked", default=dict)
    """What was said about the file: coordinate system, columns."""
    crs = models.CharField("坐标系 coordinate system as read", max_length=120)
    keep = models.BooleanField("边界保留 its borders are worth keeping", default=False)
    duties = models.JSONField("职责 duties of the whole grid", default=list)
    columns = models.JSONField("列 columns of the file", default=list)
    findings = models.JSONField("问题 findings", default=list)
    digest = models.CharField("摘要 digest", max_length=64)
    """SHA-256 of the file's bytes."""
    file_name = models.CharField("文件 file", max_length=32, blank=True)
    """In the store, until the grid is taken or put away."""
    list_name = models.CharField("职责表 table of duties", max_length=32, blank=True)
    file_kind = models.CharField("文件类型 ending of the file", max_length=10)
    cells = models.PositiveIntegerField("网格数 cells")
    covered = models.PositiveIntegerField("覆盖 covered, in ten-thousandths of the district")
    post_id = models.CharField("岗位 post", max_length=36, blank=True)
    checked_at = models.DateTimeField("检查时间 checked at")
    taken_at = models.DateTimeField("接收时间 taken at", null=True)
    valid_from = models.DateField("生效日 valid from", null=True)
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "部门网格 department's grid"
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    system__in=["police", "party", "urban", "environment", "market", "safety", "health", "other"]
                ),
                name="department_system_is_known",
            ),
            models.CheckConstraint(
                condition=Q(taken_at=None, valid_from=None) | Q(taken_at__isnull=False, valid_from__isnull=False),
                name="taken_grids_have_a_day",
            ),
            models.UniqueConstraint(
                fields=["system", "organisation_code"],
                condition=Q(valid_from__isnull=False, valid_to=None),
                name="one_grid_of_a_department_at_a_time",
            ),
        ]
        indexes = [models.Index(fields=["valid_from", "valid_to"], name="department_grid_by_day")]

    def __str__(self) -> str:
        return self.name


class DepartmentCell(models.Model):
    """A cell of a department's grid 部门网格单元, with what its people do there and who they are."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    grid = models.ForeignKey(DepartmentGrid, models.CASCADE, related_name="+", verbose_name="部门网格 grid")
    code = models.CharField("编码 code", max_length=60)
    name = models.CharField("名称 name", max_length=80)
    geometry = models.JSONField("图形 geometry")
    duties = models.JSONField("职责 duties", default=list)
    workers = models.JSONField("人员 workers", default=list)
    """Names of officials: they leave the room only onto pages of colleagues."""

    class Meta:
        verbose_name = "部门网格单元 department's cell"
        constraints = [models.UniqueConstraint(fields=["grid", "code"], name="one_department_cell_per_code")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Merge(models.Model):
    """All departments' grids of a day as one 多网合一. Asked for first; the worker computes it, a verb keeps it."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    on = models.DateField("日期 day")
    asked = models.JSONField("要求 asked")
    """The grids by id, whether the district's own cells are a layer, households of a cell, how cells are made."""
    content = models.TextField("内容 content", blank=True)
    """Canonical JSON (planning.merge/v1): places with their cells in every grid, borders, proposed cells."""
    shapes = models.TextField("图形 shapes", blank=True)
    """GeoJSON of the places in their order, WGS 84."""
    findings = models.JSONField("问题 findings", default=list)
    digest = models.CharField("摘要 digest", max_length=64, blank=True)
    """SHA-256 of `content`."""
    atoms = models.PositiveIntegerField("图斑数 atoms", default=0)
    cells = models.PositiveIntegerField("拟划网格数 proposed cells", default=0)
    uncovered = models.PositiveIntegerField("无人覆盖 covered by nobody", default=0)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    asked_at = models.DateTimeField("申请时间 asked at")
    kept_at = models.DateTimeField("完成时间 kept at", null=True)

    class Meta:
        verbose_name = "多网合一 merge"
        indexes = [models.Index(fields=["kept_at"], name="merge_by_time")]

    def __str__(self) -> str:
        return f"{self.on} {self.digest[:12]}"


class Closing(models.Model):
    """Who answers from now on for a place that no department covered 兜底."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    merge = models.ForeignKey(Merge, models.CASCADE, related_name="+", verbose_name="多网合一 merge")
    place = models.PositiveIntegerField("图斑 place")
    """By its number in the merge, from 0."""
    cell = models.IntegerField("并入网格 proposed cell", default=-1)
    """The number of the proposed cell whose departments answer; −1 where a department's cell takes it."""
    grid_id = models.UUIDField("部门网格 department's grid", null=True)
    code = models.CharField("部门网格编码 code of the department's cell", max_length=60, blank=True)
    post_id = models.CharField("岗位 post", max_length=36, blank=True)
    made_at = models.DateTimeField("时间 made at")

    class Meta:
        verbose_name = "兜底 closing"
        constraints = [
            models.UniqueConstraint(fields=["merge", "place"], name="one_closing_per_place"),
            models.CheckConstraint(
                condition=Q(cell__gte=0, grid_id=None) | Q(cell=-1, grid_id__isnull=False),
                name="a_closing_names_one_taker",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} → {self.code or self.cell}"
