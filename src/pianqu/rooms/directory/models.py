"""Tables of the directory."""

from django.db import models


class Organisation(models.Model):
    """A body that answers for something 机构."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    code = models.CharField("代码 code", max_length=32, unique=True)
    kind = models.CharField("类别 kind", max_length=24)
    name = models.CharField("名称 name", max_length=80)
    short_name = models.CharField("简称 short name", max_length=40)
    name_en = models.CharField("英文名称 English name", max_length=120, blank=True)
    parent_code = models.CharField("上级代码 parent", max_length=32, blank=True)
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "机构 organisation"
        indexes = [models.Index(fields=["parent_code"], name="organisation_by_parent")]

    def __str__(self) -> str:
        return f"{self.code} {self.short_name}"


class Post(models.Model):
    """An account's place in an organisation 岗位: powers come from here, never from the account."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    account = models.ForeignKey("foundation.Account", models.PROTECT, related_name="+", verbose_name="账号 account")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="机构 organisation")
    kind = models.CharField("类别 kind", max_length=24)
    title = models.CharField("职务 title", max_length=40)
    valid_from = models.DateTimeField("生效 valid from")
    valid_to = models.DateTimeField("失效 valid to", null=True)

    class Meta:
        verbose_name = "岗位 post"
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=models.Q(valid_to=None), name="one_current_post_per_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.kind})"
