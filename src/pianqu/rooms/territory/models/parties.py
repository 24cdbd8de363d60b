"""The four parties of a place 物居业网: estates with their companies and committees, joint rounds, and what was promised."""

from django.db import models
from django.db.models import Q


class Estate(models.Model):
    """A residential estate 小区 as it stands from a day on: its property company, its owners' committee, the cells it lies in.

    A change ends the row and begins another, so that an older day keeps its parties.
    """

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    code = models.CharField("小区编码 code", max_length=32)
    name = models.CharField("名称 name", max_length=60)
    community_code = models.CharField("社区代码 community", max_length=12)
    property_code = models.CharField("物业企业 property company", max_length=32, blank=True)
    owners_code = models.CharField("业主委员会 owners' committee", max_length=32, blank=True)
    property_phone = models.CharField("物业办公电话 office phone of the company", max_length=32, blank=True)
    owners_phone = models.CharField("业委会办公电话 office phone of the committee", max_length=32, blank=True)
    committee_phone = models.CharField(
        "居委会办公电话 office phone of the residents' committee", max_length=32, blank=True
    )
    cell_codes = models.JSONField("所在网格 cells", default=list)
    building_codes = models.JSONField("楼栋编码 buildings", default=list)
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "小区 estate"
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(valid_to=None), name="one_estate_per_code"),
        ]
        indexes = [models.Index(fields=["community_code"], name="estate_by_community")]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class JointRound(models.Model):
    """The parties of a cell or a cluster went round together 联合巡查. One of the two codes is set."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    day = models.DateField("巡查日 day")
    cell_code = models.CharField("网格编码 cell", max_length=24, blank=True)
    cluster_code = models.CharField("片区编码 cluster", max_length=24, blank=True)
    organisation_code = models.CharField("登记机构 entered by", max_length=32)
    held_at = models.DateTimeField("登记时间 entered at")

    class Meta:
        verbose_name = "联合巡查 joint round"
        constraints = [
            models.CheckConstraint(condition=Q(cell_code="") ^ Q(cluster_code=""), name="round_of_a_cell_or_a_cluster")
        ]
        indexes = [
            models.Index(fields=["cell_code", "-day"], name="round_by_cell"),
            models.Index(fields=["cluster_code", "-day"], name="round_by_cluster"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.cell_code or self.cluster_code}"


class RoundParty(models.Model):
    """An organisation that took part in a round, as which of the four 参加方."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    round = models.ForeignKey(JointRound, models.PROTECT, related_name="+", verbose_name="联合巡查 round")
    role = models.CharField("身份 role", max_length=12)
    organisation_code = models.CharField("机构 organisation", max_length=32)

    class Meta:
        verbose_name = "参加方 party of a round"
        constraints = [
            models.UniqueConstraint(fields=["round", "role", "organisation_code"], name="one_line_per_party"),
            models.CheckConstraint(
                condition=Q(role__in=["property", "committee", "owners", "grid"]), name="party_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.organisation_code}"


class Promise(models.Model):
    """What an organisation promised on a round, and by when 承诺; then whether it was kept, as who told. Never a person's."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    round = models.ForeignKey(JointRound, models.PROTECT, related_name="+", verbose_name="联合巡查 round")
    role = models.CharField("身份 role", max_length=12)
    organisation_code = models.CharField("承诺机构 organisation", max_length=32)
    words = models.TextField("承诺内容 words")
    salt = models.BinaryField("盐 salt", max_length=32)
    due_on = models.DateField("完成期限 by when")
    made_at = models.DateTimeField("登记时间 made at")
    verdict = models.CharField("结果 verdict", max_length=8, blank=True)
    settled_on = models.DateField("完成日 settled on", null=True)
    told_by = models.CharField("告知机构 told by", max_length=32, blank=True)
    told_at = models.DateTimeField("告知时间 told at", null=True)
    told_words = models.TextField("说明 words of who told", blank=True)
    told_salt = models.BinaryField("说明的盐 salt of these words", max_length=32, null=True)

    class Meta:
        verbose_name = "承诺 promise"
        constraints = [
            models.CheckConstraint(condition=Q(verdict__in=["", "kept", "broken"]), name="verdict_is_known"),
            models.CheckConstraint(condition=Q(verdict="") ^ Q(told_at__isnull=False), name="verdict_is_told"),
        ]
        indexes = [models.Index(fields=["verdict", "due_on"], name="promise_by_verdict")]

    def __str__(self) -> str:
        return f"{self.organisation_code} {self.due_on}"
