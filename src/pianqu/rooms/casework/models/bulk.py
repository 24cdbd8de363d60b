"""Tables of bulk acts: what a post planned to do with many matters at once, and what became of each."""

from django.db import models

from pianqu.rooms.casework.models.cases import Case


class BulkAct(models.Model):
    """One act that is to be done with many matters 批量办理. Nothing of it begins before `begins_at`; then it can be stopped."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    post_id = models.CharField("岗位 post", max_length=36)
    account_id = models.UUIDField("经办账号 account")
    organisation_code = models.CharField("机构 organisation", max_length=32)
    act = models.CharField("动作 act", max_length=12)
    values = models.JSONField("参数 values")
    words = models.TextField("文字 words", blank=True)
    language = models.CharField("语言 language", max_length=12)
    planned_at = models.DateTimeField("计划时间 planned at")
    begins_at = models.DateTimeField("开始时间 begins at")
    ended_at = models.DateTimeField("结束时间 ended at", null=True)
    undone = models.BooleanField("已撤销 undone", default=False)

    class Meta:
        verbose_name = "批量办理 bulk act"
        indexes = [
            models.Index(fields=["post_id", "planned_at"], name="bulk_by_post"),
            models.Index(fields=["ended_at", "begins_at"], name="bulk_by_begin"),
        ]

    def __str__(self) -> str:
        return f"{self.act} {self.id}"


class BulkItem(models.Model):
    """One matter of a bulk act 批量事项: it waits, was done, was refused with a sentence, or was cancelled."""

    bulk = models.ForeignKey(BulkAct, models.CASCADE, related_name="+")
    order = models.PositiveSmallIntegerField("顺序 order")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    state = models.CharField("状态 state", max_length=12, default="waiting")
    reason = models.CharField("原因代码 code of the refusal", max_length=40, blank=True)
    sentence = models.TextField("原因 sentence", blank=True)

    class Meta:
        verbose_name = "批量事项 item of a bulk act"
        constraints = [models.UniqueConstraint(fields=["bulk", "case"], name="one_item_per_case_of_a_bulk_act")]
        indexes = [models.Index(fields=["bulk", "state", "order"], name="bulk_item_by_state")]

    def __str__(self) -> str:
        return f"{self.bulk_id} {self.order}"
