"""Lists of matters from elsewhere: what was sent, sealed while somebody works on it, and which rows became matters."""

from django.db import models

from pianqu.rooms.casework.models.cases import Case


class CaseList(models.Model):
    """A list that a post sent 名单. Its rows are sealed, and destroyed when the work on them is done or their day is over."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    post_id = models.CharField("岗位 post", max_length=36)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    source = models.CharField("来源 source", max_length=40)
    sealed = models.TextField("加密的行 sealed rows", blank=True)
    salt = models.BinaryField("文件盐 salt of the file", max_length=32)
    rows = models.PositiveSmallIntegerField("行数 rows")
    taken = models.PositiveSmallIntegerField("已收 taken in", default=0)
    before = models.PositiveSmallIntegerField("此前已收 taken in before", default=0)
    wrong = models.PositiveSmallIntegerField("有误 wrong", default=0)
    sent_at = models.DateTimeField("上传时间 sent at")
    taken_at = models.DateTimeField("收件时间 taken in at", null=True)
    expires_at = models.DateTimeField("行保存到 rows kept until", null=True)

    class Meta:
        verbose_name = "名单 list of matters"
        indexes = [
            models.Index(fields=["organisation_code", "sent_at"], name="list_by_organisation"),
            models.Index(fields=["expires_at"], name="list_by_end"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class CaseListItem(models.Model):
    """The matter that a row became 名单事项. Keyed hashes know the row again; what it said stands with the matter alone."""

    list = models.ForeignKey(CaseList, models.PROTECT, related_name="+")
    case = models.OneToOneField(Case, models.PROTECT, related_name="+")
    line = models.PositiveIntegerField("行号 line")
    number = models.CharField("名单编号 number on the list", max_length=64, blank=True)
    happened_date = models.DateField("发生日期 day it happened", null=True)
    key = models.CharField("行标识 key of the row", max_length=120, unique=True)
    mark = models.CharField("内容标识 mark of what it says", max_length=120)

    class Meta:
        verbose_name = "名单事项 item of a list"

    def __str__(self) -> str:
        return f"{self.list_id} {self.line}"
