"""Models that suggest categories and organisations, and what people made of what was suggested."""

from django.db import models
from django.db.models import Q


class TriageModel(models.Model):
    """A model that was asked for, learned, or not learned 分类模型. Its file lies in the store while it is `kept`.

    At most one is in use; none means the shipped list of phrases.
    """

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    state = models.CharField("状态 state", max_length=8)
    reason = models.CharField("原因 reason", max_length=24, blank=True)
    version = models.PositiveIntegerField("版本 version", null=True, unique=True)
    digest = models.CharField("摘要 digest", max_length=64, blank=True)
    file_name = models.CharField("文件名 file", max_length=32, blank=True)
    card = models.JSONField("模型卡 card", default=dict)
    matters = models.PositiveIntegerField("学习办件数 matters learned from", default=0)
    in_use = models.BooleanField("在用 in use", default=False)
    asked_at = models.DateTimeField("申请时间 asked at")
    asked_by_post = models.CharField("申请岗位 post that asked", max_length=36, blank=True)
    learned_at = models.DateTimeField("完成时间 learned at", null=True)

    class Meta:
        verbose_name = "分类模型 triage model"
        constraints = [
            models.UniqueConstraint(fields=["in_use"], condition=Q(in_use=True), name="one_triage_model_in_use"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="asked"), name="one_triage_model_asked"),
        ]
        indexes = [models.Index(fields=["file_name"], name="triage_model_by_file")]

    def __str__(self) -> str:
        return f"{self.version or self.state}"


class SuggestionAnswer(models.Model):
    """What a person chose where something was suggested 建议答复: about the suggestion, never about who chose."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey("casework.Case", models.PROTECT, related_name="+")
    what = models.CharField("内容 what", max_length=12)
    version = models.PositiveIntegerField("版本 version")
    suggested = models.CharField("建议 suggested", max_length=40)
    chosen = models.CharField("选定 chosen", max_length=40)
    rank = models.PositiveSmallIntegerField("名次 rank")
    prefilled = models.BooleanField("预选 prefilled")
    at = models.DateTimeField("时间 at")

    class Meta:
        verbose_name = "建议答复 answer to a suggestion"
        constraints = [models.UniqueConstraint(fields=["case", "what"], name="one_answer_to_a_suggestion")]
        indexes = [
            models.Index(fields=["at", "what", "version", "rank", "prefilled"], name="suggestion_answer_by_time")
        ]

    def __str__(self) -> str:
        return f"{self.suggested} → {self.chosen}"
