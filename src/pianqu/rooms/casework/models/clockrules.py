"""Tables of the district's own terms: versions of them, and when each is in force."""

from django.db import models
from django.db.models import Q


class ClockVersion(models.Model):
    """A whole set of the district's own terms 时限规则版本: drafted, then in force from a day on until the next one is."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    number = models.PositiveIntegerField("版本号 number", unique=True)
    state = models.CharField("状态 state", max_length=12)
    terms = models.JSONField("时限 terms")
    back_to = models.PositiveIntegerField("恢复自 made again from", default=0)
    from_date = models.DateField("生效日 in force from", null=True)
    also_open = models.BooleanField("含在办件 for open matters too", default=False)
    words = models.TextField("理由 reason", blank=True)
    salt = models.BinaryField("盐 salt", max_length=32, default=b"")
    drafted_by = models.CharField("拟稿岗位 post that drafted", max_length=36, blank=True)
    drafted_at = models.DateTimeField("拟稿时间 drafted at")
    enforced_by = models.CharField("批准岗位 post that put it in force", max_length=36, blank=True)
    enforced_at = models.DateTimeField("批准时间 put in force at", null=True)
    after = models.UUIDField("已处理至 looked at up to", null=True)
    looked = models.PositiveIntegerField("已查时钟 clocks looked at", default=0)
    moved = models.PositiveIntegerField("已改期限 dates moved", default=0)
    held = models.PositiveIntegerField("中止中 standing clocks changed", default=0)
    finished_at = models.DateTimeField("完成时间 finished at", null=True)

    class Meta:
        verbose_name = "时限规则版本 version of the clocks' rules"
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="draft"), name="one_draft_of_clock_rules"),
            models.CheckConstraint(
                condition=~Q(state="in_force") | Q(from_date__isnull=False), name="clock_rules_in_force_have_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.state}"
