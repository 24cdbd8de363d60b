"""Tables of the four platforms 四平台: who takes part in one, how matters went between them, and what was done there."""

from django.db import models
from django.db.models import Q

from pianqu.rooms.casework.models.cases import Case


class PlatformMember(models.Model):
    """An organisation, or one post of it, that takes part in a platform of one street 平台成员."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    platform = models.CharField("平台 platform", max_length=12)
    street_code = models.CharField("街道代码 street", max_length=12)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    post_id = models.CharField("岗位 post", max_length=36, blank=True)
    added_at = models.DateTimeField("加入时间 added at")
    ended_at = models.DateTimeField("退出时间 ended at", null=True)

    class Meta:
        verbose_name = "平台成员 platform member"
        constraints = [
            models.UniqueConstraint(
                fields=["platform", "street_code", "organisation_code", "post_id"],
                condition=Q(ended_at=None),
                name="one_live_membership",
            )
        ]
        indexes = [models.Index(fields=["organisation_code", "platform"], name="platform_member_by_body")]

    def __str__(self) -> str:
        return f"{self.organisation_code} in {self.platform} of {self.street_code}"


class PlatformMove(models.Model):
    """A matter went from one platform to another 平台流转."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    from_platform = models.CharField("原平台 from", max_length=12, blank=True)
    to_platform = models.CharField("新平台 to", max_length=12)
    moved_at = models.DateTimeField("流转时间 moved at")

    class Meta:
        verbose_name = "平台流转 platform move"
        indexes = [models.Index(fields=["case", "moved_at"], name="platform_move_by_case")]

    def __str__(self) -> str:
        return f"{self.from_platform} → {self.to_platform}"


class PlatformAct(models.Model):
    """What a platform did with a matter 平台处置: codes and days; its words are the note of its entry."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    entry_id = models.UUIDField("条目 entry", unique=True)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    kind = models.CharField("类别 kind", max_length=12)
    outcome = models.CharField("结果 outcome", max_length=16, blank=True)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    party_codes = models.JSONField("召集机构 called", default=list)
    due_on = models.DateField("期限 until", null=True)
    recheck_on = models.DateField("复查日 looked at again on", null=True)
    acted_at = models.DateTimeField("时间 at")
    rechecked_at = models.DateTimeField("复查时间 looked at again at", null=True)
    put_right = models.BooleanField("已整改 put right", null=True)

    class Meta:
        verbose_name = "平台处置 act of a platform"
        constraints = [
            models.UniqueConstraint(
                fields=["case"], condition=Q(kind="notice", rechecked_at=None), name="one_open_notice_per_case"
            )
        ]
        indexes = [models.Index(fields=["case", "acted_at"], name="platform_act_by_case")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.case_id}"
