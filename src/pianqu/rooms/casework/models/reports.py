"""The monthly report: drafted by the house, edited by people, issued by a leader."""

from django.db import models
from django.db.models import Q


class MonthlyReport(models.Model):
    """A report of one month 月度通报. Once issued its words and files stay as they are."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    month = models.DateField("月份 first day of the month", unique=True)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    state = models.CharField("状态 state", max_length=8)
    number = models.CharField("发文字号 document number", max_length=40, blank=True)
    title = models.CharField("标题 title", max_length=100)
    addressee = models.CharField("主送机关 addressee", max_length=200, blank=True)
    text = models.TextField("正文 text")
    salt = models.BinaryField("盐 salt of the text", max_length=32)
    sheets = models.JSONField("表与图 tables and charts")
    drafted_at = models.DateTimeField("起草时间 drafted at")
    edited_at = models.DateTimeField("修改时间 edited at", null=True)
    edited_by_post = models.CharField("修改岗位 post that edited", max_length=36, blank=True)
    edits = models.PositiveIntegerField("修改次数 edits", default=0)
    issued_at = models.DateTimeField("印发时间 issued at", null=True)
    issued_by_post = models.CharField("印发岗位 post that issued", max_length=36, blank=True)
    word = models.BinaryField("文字版 Word file", default=b"")
    word_digest = models.CharField("文字版摘要 digest of the Word file", max_length=64, blank=True)
    pdf = models.BinaryField("版式文件 PDF file", default=b"")
    pdf_digest = models.CharField("版式文件摘要 digest of the PDF file", max_length=64, blank=True)

    class Meta:
        verbose_name = "月度通报 monthly report"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["draft", "issued"]), name="report_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="draft", issued_at=None) | Q(state="issued", issued_at__isnull=False),
                name="report_issued_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
