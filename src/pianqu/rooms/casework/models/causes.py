"""Root causes 未诉先办: what makes the same matters come again, what is done about it, and which matters belong to it."""

from django.db import models
from django.db.models import Q

from pianqu.rooms.casework.lifecycle import CauseState


class RootCause(models.Model):
    """Why matters keep coming 根因: a supposition, who leads, by when, and from when on measures work."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    title = models.CharField("名称 title", max_length=60)
    title_salt = models.BinaryField("名称盐 salt of the title", max_length=32)
    hypothesis = models.TextField("原因判断 supposed cause")
    hypothesis_salt = models.BinaryField("判断盐 salt of the supposed cause", max_length=32)
    category = models.CharField("类别 category", max_length=40)
    place_code = models.CharField("范围 place, street or everything", max_length=12, blank=True)
    state = models.CharField("状态 state", max_length=12)
    lead_code = models.CharField("牵头机构 lead organisation", max_length=32)
    opened_by = models.CharField("立项机构 organisation that opened it", max_length=32)
    due_on = models.DateField("期限 due on")
    opened_at = models.DateTimeField("立项时间 opened at")
    effective_on = models.DateField("见效日 day from which measures work", null=True)
    outcome = models.TextField("结项说明 what came of it", blank=True)
    outcome_salt = models.BinaryField("结项盐 salt of what came of it", max_length=32, default=b"")
    closed_at = models.DateTimeField("结项时间 closed at", null=True)
    reopenings = models.PositiveSmallIntegerField("重启次数 reopenings", default=0)

    class Meta:
        verbose_name = "根因 root cause"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=[str(s) for s in CauseState]), name="root_cause_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", closed_at__isnull=False) | (~Q(state="closed") & Q(closed_at=None)),
                name="root_cause_closed_has_its_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="root_cause_by_due"),
            models.Index(fields=["lead_code", "state"], name="root_cause_by_lead"),
        ]

    def __str__(self) -> str:
        return self.title


class CauseMatter(models.Model):
    """A matter that comes from a root cause 根因办件; from one only."""

    cause = models.ForeignKey(RootCause, models.PROTECT, related_name="+", verbose_name="根因 cause")
    case = models.OneToOneField("Case", models.PROTECT, related_name="+", verbose_name="办件 case")
    linked_at = models.DateTimeField("关联时间 linked at")

    class Meta:
        verbose_name = "根因办件 matter of a root cause"
        indexes = [models.Index(fields=["cause", "linked_at"], name="cause_matter_by_time")]

    def __str__(self) -> str:
        return f"{self.case_id} of {self.cause_id}"


class Measure(models.Model):
    """A step against a root cause 措施: who does it, by when, and whether it was done or given up."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    cause = models.ForeignKey(RootCause, models.PROTECT, related_name="+", verbose_name="根因 cause")
    words = models.TextField("内容 words")
    salt = models.BinaryField("盐 salt", max_length=32)
    organisation_code = models.CharField("承办机构 organisation", max_length=32)
    due_on = models.DateField("期限 due on")
    planned_at = models.DateTimeField("计划时间 planned at")
    ended_at = models.DateTimeField("结束时间 ended at", null=True)
    done = models.BooleanField("已完成 done", null=True)

    class Meta:
        verbose_name = "措施 measure"
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at=None, done=None) | Q(ended_at__isnull=False, done__isnull=False),
                name="measure_ends_done_or_given_up",
            )
        ]
        indexes = [
            models.Index(fields=["cause", "planned_at"], name="measure_by_cause"),
            models.Index(fields=["organisation_code", "cause"], name="measure_by_organisation"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation_code} by {self.due_on}"
