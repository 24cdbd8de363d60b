"""Tables of casework: columns and constraints. Words, replies and their salts lie here and nowhere else."""

from django.db import models
from django.db.models import Q

from pianqu.rooms.casework.lifecycle import State


class Category(models.Model):
    """A category beyond the shipped ones 类别, taken over with another district's matters."""

    code = models.CharField("代码 code", max_length=40, primary_key=True)
    name_zh = models.CharField("名称 Chinese name", max_length=60)
    name_en = models.CharField("英文名称 English name", max_length=60)

    class Meta:
        verbose_name = "类别 category"

    def __str__(self) -> str:
        return self.code


class Case(models.Model):
    """A matter 办件."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    code = models.CharField("查询码 code", max_length=8, unique=True)
    entry_id = models.UUIDField("登记条目 entry of its opening")
    category = models.CharField("类别 category", max_length=40)
    channel = models.CharField("渠道 channel", max_length=16)
    state = models.CharField("状态 state", max_length=16)
    organisation_code = models.CharField("受理机构 organisation", max_length=32)
    place_code = models.CharField("社区代码 place", max_length=12, null=True)
    place_source = models.CharField("位置来源 source of the place", max_length=12)
    lon = models.FloatField("经度 longitude", null=True)
    lat = models.FloatField("纬度 latitude", null=True)
    landmark = models.CharField("地点描述 landmark", max_length=200, blank=True)
    words = models.TextField("诉求 words", blank=True)
    words_salt = models.BinaryField("诉求盐 salt of the words", max_length=32)
    reply = models.TextField("答复 reply", blank=True)
    reply_salt = models.BinaryField("答复盐 salt of the reply", max_length=32, default=b"")
    opened_at = models.DateTimeField("受理时间 opened at")
    resolved_at = models.DateTimeField("办结时间 resolved at", null=True)
    closed_at = models.DateTimeField("归档或撤回时间 closed or withdrawn at", null=True)
    receipt_secret_hash = models.BinaryField("回执密钥摘要 hash of the receipt secret", max_length=32, null=True)
    receipt_expires_at = models.DateTimeField("回执到期 receipt expires at", null=True)
    erased_at = models.DateTimeField("删除个人信息时间 erased at", null=True)
    imported_from = models.CharField("导入来源 imported from", max_length=40, null=True)
    imported_id = models.CharField("原编号 imported id", max_length=64, null=True)

    class Meta:
        verbose_name = "办件 case"
        constraints = [
            models.UniqueConstraint(fields=["imported_from", "imported_id"], name="one_case_per_imported_id"),
            models.CheckConstraint(condition=Q(state__in=[str(s) for s in State]), name="case_state_is_known"),
            models.CheckConstraint(
                condition=Q(lon=None, lat=None) | Q(lon__range=(-180, 180), lat__range=(-90, 90)),
                name="case_point_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(state__in=["resolved", "closed"]), name="case_resolved_has_its_state"
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], name="case_by_time"),
            models.Index(fields=["state", "opened_at", "id"], name="case_by_state"),
            models.Index(fields=["organisation_code", "state", "opened_at", "id"], name="case_by_organisation"),
            models.Index(fields=["category", "opened_at", "id"], name="case_by_category"),
            models.Index(fields=["place_code", "opened_at", "id"], name="case_by_place"),
        ]

    def __str__(self) -> str:
        return self.code


class Addition(models.Model):
    """Words that the reporter added later 补充."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    entry_id = models.UUIDField("条目 entry")
    words = models.TextField("补充内容 words", blank=True)
    words_salt = models.BinaryField("盐 salt", max_length=32)
    added_at = models.DateTimeField("补充时间 added at")

    class Meta:
        verbose_name = "补充 addition"

    def __str__(self) -> str:
        return f"addition to {self.case_id}"


class Photo(models.Model):
    """A sanitised photo 照片: its file lies in the store."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    addition = models.ForeignKey(Addition, models.PROTECT, null=True, related_name="+")
    order = models.PositiveSmallIntegerField("顺序 order")
    file_name = models.CharField("文件 file", max_length=32)
    media_type = models.CharField("类型 media type", max_length=32)
    width = models.PositiveIntegerField("宽 width")
    height = models.PositiveIntegerField("高 height")
    salt = models.BinaryField("盐 salt", max_length=32)
    commitment = models.CharField("承诺 commitment", max_length=43)

    class Meta:
        verbose_name = "照片 photo"

    def __str__(self) -> str:
        return f"photo of {self.case_id}"


class Contact(models.Model):
    """How to reach the reporter 联系方式: sealed; the mask is what staff see."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="+")
    sealed = models.TextField("密文 sealed")
    mask = models.CharField("掩码 mask", max_length=40)
    tail_hash = models.CharField("尾号指纹 fingerprint of the tail", max_length=64)

    class Meta:
        verbose_name = "联系方式 contact"

    def __str__(self) -> str:
        return f"contact of {self.case_id}"


class DayCount(models.Model):
    """What happened on one day, by category and street 日计数. Made from facts by readers.py."""

    derived = True

    day = models.DateField("日期 day")
    category = models.CharField("类别 category", max_length=40)
    street_code = models.CharField("街道代码 street", max_length=12, blank=True)
    opened = models.PositiveIntegerField("受理 opened", default=0)
    resolved = models.PositiveIntegerField("办结 resolved", default=0)
    closed = models.PositiveIntegerField("归档 closed", default=0)
    withdrawn = models.PositiveIntegerField("撤回 withdrawn", default=0)

    class Meta:
        verbose_name = "日计数 day count"
        constraints = [models.UniqueConstraint(fields=["day", "category", "street_code"], name="one_count_per_cell")]

    def __str__(self) -> str:
        return f"{self.day} {self.category} {self.street_code}"
