"""Hot issues as the worker found them last, and the salt with which people are counted once."""

from django.db import models


class HotIssue(models.Model):
    """Matters of one problem at one place and time 热点. Found by the worker; its counts are of all, whoever looks."""

    derived = True

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    span_days = models.PositiveSmallIntegerField("天数 days that were looked at")
    category = models.CharField("类别 category of most", max_length=40)
    place_code = models.CharField("社区代码 place, where all lie in one", max_length=12, blank=True)
    street_code = models.CharField("街道代码 street", max_length=12, blank=True)
    lon = models.FloatField("经度 longitude", null=True)
    lat = models.FloatField("纬度 latitude", null=True)
    first_at = models.DateTimeField("最早 first")
    last_at = models.DateTimeField("最近 last")
    matters = models.PositiveIntegerField("件数 matters")
    voices = models.PositiveIntegerField("人数 people, as far as they can be told apart")
    heat = models.FloatField("热度 heat")
    daily = models.JSONField("每日件数 matters of each day, the last is the day it was found")
    phrases = models.JSONField("共同说法 shared phrases")
    found_at = models.DateTimeField("归并时间 found at")

    class Meta:
        verbose_name = "热点 hot issue"
        indexes = [models.Index(fields=["span_days", "-heat", "id"], name="hot_issue_by_heat")]

    def __str__(self) -> str:
        return f"{self.category} {self.place_code or self.street_code}: {self.matters}"


class HotMatter(models.Model):
    """A matter of a hot issue 热点办件."""

    derived = True

    issue = models.ForeignKey(HotIssue, models.CASCADE, related_name="+", verbose_name="热点 issue")
    case = models.ForeignKey("Case", models.PROTECT, related_name="+", verbose_name="办件 case")

    class Meta:
        verbose_name = "热点办件 matter of a hot issue"
        constraints = [models.UniqueConstraint(fields=["issue", "case"], name="one_place_in_a_hot_issue")]

    def __str__(self) -> str:
        return f"{self.case_id} in {self.issue_id}"


class VoiceSalt(models.Model):
    """The salt of the marks by which a person counts once 计数盐. There is one; a new one destroys it."""

    day = models.DateField("启用日期 first day", primary_key=True)
    salt = models.BinaryField("盐 salt", max_length=32)

    class Meta:
        verbose_name = "计数盐 salt of voices"

    def __str__(self) -> str:
        return f"{self.day}"


class HotRun(models.Model):
    """When hot issues were last looked for 热点归并, and over how many matters."""

    derived = True

    span_days = models.PositiveSmallIntegerField("天数 days that were looked at", primary_key=True)
    found_at = models.DateTimeField("归并时间 found at")
    matters = models.PositiveIntegerField("件数 matters that were compared")
    left_out = models.PositiveIntegerField("未比件数 matters that were too many to compare", default=0)

    class Meta:
        verbose_name = "热点归并 run"

    def __str__(self) -> str:
        return f"{self.span_days} days: {self.matters}"
