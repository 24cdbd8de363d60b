"""Tables of long computations: who asked for what, how it ended, and how far the worker is."""

from django.db import models
from django.db.models import Q


class Run(models.Model):
    """A computation that the worker does 计算: plans, merges, sites. It waits, runs, and ends done, stopped or failed."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    kind = models.CharField("类别 kind", max_length=12)
    subject_id = models.UUIDField("对象 subject")
    asked = models.JSONField("要求 asked", default=dict)
    state = models.CharField("状态 state", max_length=12)
    reason = models.CharField("原因 reason", max_length=24, blank=True)
    """Why it failed, as a code."""
    details = models.JSONField("说明 details", default=list)
    """Sentences with their values (kernels.saying), as [message, values], where a search says why there is no plan."""
    organisation_code = models.CharField("机构 organisation", max_length=32)
    post_id = models.CharField("岗位 post", max_length=36, blank=True)
    asked_at = models.DateTimeField("申请时间 asked at")
    ended_at = models.DateTimeField("结束时间 ended at", null=True)

    class Meta:
        verbose_name = "计算 run"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waits", "stopping", "done", "stopped", "failed"]), name="run_state_is_known"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=Q(ended_at=None), name="one_run_of_a_kind_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "asked_at"], name="run_by_state"),
            models.Index(fields=["subject_id", "asked_at"], name="run_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"


class RunProgress(models.Model):
    """Who computes just now, and how far it is 计算进度."""

    delivery = True

    run_id = models.UUIDField("计算 run", primary_key=True, editable=False)
    token = models.CharField("计算者 holder", max_length=16, blank=True)
    held_until = models.DateTimeField("占用至 held until")
    tries = models.PositiveSmallIntegerField("次数 tries", default=0)
    begun_at = models.DateTimeField("开始时间 begun at", null=True)
    done = models.PositiveIntegerField("已完成 done", default=0)
    of = models.PositiveIntegerField("总数 of", default=0)
    told = models.JSONField("已知 told", default=dict)
    """What the page may show meanwhile, as the best score yet."""

    class Meta:
        verbose_name = "计算进度 progress of a run"

    def __str__(self) -> str:
        return f"{self.done} of {self.of}"
