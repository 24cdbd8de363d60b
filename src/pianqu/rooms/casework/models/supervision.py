"""Tables of supervision and call-backs. Words stay in `Note`, by the entry that they belong to."""

from django.db import models
from django.db.models import Q

from pianqu.rooms.casework.models.cases import Case


class Supervision(models.Model):
    """A leader presses for a matter 督办, with a clock of its own. Whoever holds the matter owes the answer."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    level = models.CharField("级别 level", max_length=12)
    state = models.CharField("状态 state", max_length=12)
    entry_id = models.UUIDField("督办条目 entry of the last demand")
    answer_id = models.UUIDField("答复条目 entry of the last answer", null=True)
    by_post = models.CharField("督办岗位 post that presses", max_length=36)
    times = models.PositiveSmallIntegerField("次数 times", default=1)
    asked_at = models.DateTimeField("要求时间 last asked at")
    due_at = models.DateTimeField("答复期限 answer owed by")
    due_provisional = models.BooleanField("暂定期限 provisional", default=False)
    warn_at = models.DateTimeField("预警时间 warn at")
    warned = models.BooleanField("已预警 warned", default=False)
    escalation = models.PositiveSmallIntegerField("升级层数 level of escalation", default=0)
    answered_at = models.DateTimeField("答复时间 answered at", null=True)
    ended_at = models.DateTimeField("结束时间 ended at", null=True)

    class Meta:
        verbose_name = "督办 supervision"
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at=None), name="one_live_supervision_per_case"),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "answered", "accepted", "lifted"]), name="supervision_state_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["state", "due_at", "id"], name="supervision_by_due"),
            models.Index(fields=["ended_at", "id"], name="supervision_by_end"),
            models.Index(fields=["case", "asked_at"], name="supervision_by_case"),
        ]

    def __str__(self) -> str:
        return f"{self.level} of {self.case_id}"


class CallBackDraw(models.Model):
    """A drawn sample of answered matters 回访抽样: who knows the seed draws the same."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    since = models.DateField("起 since")
    until = models.DateField("止 until")
    percent = models.PositiveSmallIntegerField("比例 per cent")
    seed = models.CharField("种子 seed", max_length=64)
    population = models.PositiveIntegerField("总体 matters that could be drawn")
    drawn = models.PositiveIntegerField("抽中 drawn")
    drawn_at = models.DateTimeField("抽样时间 drawn at")
    by_post = models.CharField("抽样岗位 post", max_length=36, blank=True)

    class Meta:
        verbose_name = "回访抽样 draw of call-backs"
        constraints = [models.UniqueConstraint(fields=["since", "until"], name="one_draw_per_span")]

    def __str__(self) -> str:
        return f"{self.since} to {self.until}"


class CallBack(models.Model):
    """A matter whose reporter is to be asked 回访, by somebody who did not handle it."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    reason = models.CharField("缘由 reason", max_length=12)
    draw = models.ForeignKey(CallBackDraw, models.PROTECT, null=True, related_name="+")
    listed_at = models.DateTimeField("列入时间 listed at")
    attempts = models.PositiveSmallIntegerField("拨打次数 attempts", default=0)
    tried_at = models.DateTimeField("最近拨打 last tried at", null=True)
    outcome = models.CharField("结果 outcome", max_length=12, blank=True)
    entry_id = models.UUIDField("条目 entry of the outcome", null=True)
    by_post = models.CharField("回访岗位 post", max_length=36, blank=True)
    ended_at = models.DateTimeField("结束时间 ended at", null=True)

    class Meta:
        verbose_name = "回访 call-back"
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(ended_at=None), name="one_live_call_back_per_case"),
            models.CheckConstraint(
                condition=Q(
                    outcome__in=[
                        "",
                        "satisfied",
                        "dissatisfied",
                        "unreachable",
                        "holds",
                        "fails",
                        "no-contact",
                        "rated",
                    ]
                ),
                name="call_back_outcome_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["ended_at", "listed_at", "id"], name="call_back_by_time"),
            models.Index(fields=["case", "listed_at"], name="call_back_by_case"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.case_id}"


class Rating(models.Model):
    """What somebody said of an answer 评价. It stays when the matter is reopened, so that figures keep the bad ones."""

    entry_id = models.UUIDField("条目 entry", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    organisation_code = models.CharField("答复机构 organisation that had answered", max_length=32)
    score = models.PositiveSmallIntegerField("评分 score")
    by = models.CharField("来源 by", max_length=12)
    rated_at = models.DateTimeField("评价时间 rated at")

    class Meta:
        verbose_name = "评价 rating"
        constraints = [models.CheckConstraint(condition=Q(score__range=(1, 5)), name="rating_score_is_known")]
        indexes = [models.Index(fields=["rated_at", "case"], name="rating_by_time")]

    def __str__(self) -> str:
        return f"{self.score} for {self.case_id}"
