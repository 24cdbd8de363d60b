"""Templates for what is written again and again, and how often each was used."""

from django.db import models
from django.db.models import Q

REPLY_USES = ("answer", "return", "message")


class ReplyTemplate(models.Model):
    """Words with blanks that officials begin with 答复模板. Without an organisation it is the district's, for all."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    organisation_code = models.CharField("机构 organisation", max_length=32, blank=True)
    use = models.CharField("用途 use", max_length=8)
    category = models.CharField("类别 category", max_length=40, blank=True)
    name = models.CharField("名称 name", max_length=40)
    words = models.TextField("中文 words in Chinese")
    salt = models.BinaryField("盐 salt", max_length=32)
    words_en = models.TextField("英文 words in English", blank=True)
    salt_en = models.BinaryField("英文盐 salt of the English words", max_length=32, default=b"")
    version = models.PositiveIntegerField("版本 version", default=1)
    made_at = models.DateTimeField("新建时间 made at")
    changed_at = models.DateTimeField("修改时间 changed at")
    ended_at = models.DateTimeField("停用时间 retired at", null=True)

    class Meta:
        verbose_name = "答复模板 reply template"
        constraints = [
            models.CheckConstraint(condition=Q(use__in=REPLY_USES), name="reply_template_use_is_known"),
            models.UniqueConstraint(
                fields=["organisation_code", "use", "name"],
                condition=Q(ended_at=None),
                name="one_living_reply_template_per_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ReplyUse(models.Model):
    """How often a template was used in one month 使用次数: figures of a text, of nobody who used it."""

    template = models.ForeignKey(ReplyTemplate, models.PROTECT, related_name="+")
    month = models.DateField("月份 first day of the month")
    uses = models.PositiveIntegerField("次数 uses", default=0)

    class Meta:
        verbose_name = "模板使用次数 use of a reply template"
        constraints = [models.UniqueConstraint(fields=["template", "month"], name="one_count_per_template_and_month")]

    def __str__(self) -> str:
        return f"{self.uses} in {self.month:%Y-%m}"
