"""Tables of the breach forecast: what was learned, and what it says of open matters."""

from django.db import models

from pianqu.rooms.casework.models.cases import Case


class BreachModel(models.Model):
    """What was learned from the district's own ended matters 超期预判模型, with how good it is. The newest one is asked."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    content = models.TextField("模型 model", blank=True)
    digest = models.CharField("摘要 SHA-256 of the model", max_length=64)
    is_used = models.BooleanField("启用 good enough to be asked", default=False)
    matters = models.PositiveIntegerField("学习件数 matters learned from")
    late_share = models.FloatField("超期占比 share of moments of late ones")
    auc = models.FloatField("AUC")
    ece = models.FloatField("校准误差 expected calibration error")
    queue_auc = models.FloatField("机构基线 AUC of the queue's rate")
    learned_at = models.DateTimeField("学习时间 learned at")

    class Meta:
        verbose_name = "超期预判模型 breach model"
        indexes = [models.Index(fields=["learned_at"], name="breach_model_by_time")]

    def __str__(self) -> str:
        return self.digest[:12]


class Forecast(models.Model):
    """How likely an open matter is to miss its date 超期预判, in thousandths. Said anew by the worker; nothing follows."""

    derived = True

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")
    risk = models.PositiveSmallIntegerField("可能性‰ likelihood in thousandths")
    reasons = models.JSONField("理由 signs that speak for it")
    asked_at = models.DateTimeField("推算时间 computed at")

    class Meta:
        verbose_name = "超期预判 forecast"
        indexes = [models.Index(fields=["risk", "case"], name="forecast_by_risk")]

    def __str__(self) -> str:
        return f"{self.risk} of {self.case_id}"
