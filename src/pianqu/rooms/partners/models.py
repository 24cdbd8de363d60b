"""Tables of partners. The words of a matter stand in letters, which are emptied when the matter is erased."""

from django.db import models
from django.db.models import Q

from pianqu.rooms.partners.lifecycle import LIVE, State

KINDS = ("district", "open311")
POSTING_STATES = ("waiting", "sending", "sent", "proven", "doubtful", "given-up")


class Partner(models.Model):
    """Another system that matters are given to or taken from 往来单位: a district, or an Open311 server."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    kind = models.CharField("种类 kind", max_length=8)
    name = models.CharField("名称 name", max_length=60)
    url = models.CharField("地址 url", max_length=300)
    origin = models.CharField("账本名称 origin of its ledger", max_length=120, blank=True)
    vkey = models.CharField("账本公钥 key of its ledger", max_length=200, blank=True)
    sealed_key = models.TextField("接口密钥密文 sealed api key", blank=True)
    jurisdiction = models.CharField("辖区参数 jurisdiction", max_length=120, blank=True)
    services = models.JSONField("类别对照 services by category", default=dict)
    takes_updates = models.BooleanField("接收后续 takes updates", default=False)
    written = models.BigIntegerField("已写函件 letters written", default=0)
    received = models.BigIntegerField("已收函件 letters received", default=0)
    added_at = models.DateTimeField("登记时间 added at")
    dropped_at = models.DateTimeField("停用时间 dropped at", null=True)

    class Meta:
        verbose_name = "往来单位 partner"
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="partner_kind_is_known"),
            models.UniqueConstraint(
                fields=["origin"], condition=Q(dropped_at=None) & ~Q(origin=""), name="one_partner_per_ledger"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Transfer(models.Model):
    """One matter given to a partner (`out`) or taken from one (`in`) 移送. Both sides know it by the same id."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+", verbose_name="往来单位 partner")
    direction = models.CharField("方向 direction", max_length=3)
    state = models.CharField("状态 state", max_length=12)
    case_id = models.UUIDField("办件 case", null=True)
    category = models.CharField("类别 category", max_length=40)
    their_reference = models.CharField("对方编号 their reference", max_length=120, blank=True)
    their_state = models.CharField("对方进度 their state", max_length=16, blank=True)
    their_lead = models.CharField("对方承办 who has it there", max_length=80, blank=True)
    their_due_at = models.DateTimeField("对方期限 due there", null=True)
    offered_at = models.DateTimeField("移送时间 offered at")
    changed_at = models.DateTimeField("最近变化 last change")
    erased_at = models.DateTimeField("删除个人信息时间 erased at", null=True)

    class Meta:
        verbose_name = "移送 transfer"
        constraints = [
            models.CheckConstraint(condition=Q(direction__in=["in", "out"]), name="transfer_direction_is_known"),
            models.CheckConstraint(condition=Q(state__in=[str(s) for s in State]), name="transfer_state_is_known"),
            models.UniqueConstraint(
                fields=["case_id"],
                condition=Q(direction="out", state__in=[str(s) for s in LIVE]),
                name="one_live_transfer_out_per_case",
            ),
        ]
        indexes = [
            models.Index(fields=["case_id"], name="transfer_by_case"),
            models.Index(fields=["direction", "state", "-offered_at", "id"], name="transfer_by_state"),
        ]

    def __str__(self) -> str:
        return f"{self.direction} {self.id}: {self.state}"


class Letter(models.Model):
    """One message of a transfer 函件, as it was written. `digest` stays when `text` is emptied."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="+", verbose_name="往来单位 partner")
    transfer = models.ForeignKey(Transfer, models.PROTECT, related_name="+", verbose_name="移送 transfer")
    direction = models.CharField("方向 direction", max_length=3)
    number = models.BigIntegerField("函号 number")
    kind = models.CharField("事项 kind", max_length=12)
    text = models.TextField("内容 text", blank=True)
    digest = models.CharField("摘要 digest", max_length=43)
    entry_id = models.UUIDField("条目 entry in our ledger")
    receipt = models.TextField("对方回执 the sender's receipt", blank=True)
    reference = models.CharField("对方更新编号 their update's id", max_length=120, blank=True)
    cause = models.UUIDField("起因条目 entry that it follows from", null=True)
    at = models.DateTimeField("时间 at")

    class Meta:
        verbose_name = "函件 letter"
        constraints = [
            models.UniqueConstraint(fields=["partner", "direction", "number"], name="one_letter_per_number"),
            models.UniqueConstraint(
                fields=["transfer", "cause"], condition=Q(cause__isnull=False), name="one_letter_per_cause"
            ),
            models.UniqueConstraint(
                fields=["partner", "reference"], condition=~Q(reference=""), name="one_letter_per_update"
            ),
        ]
        indexes = [models.Index(fields=["transfer", "at"], name="letter_by_transfer")]

    def __str__(self) -> str:
        return f"{self.direction} {self.number}: {self.kind}"


class Posting(models.Model):
    """A letter on its way out 发送: written when the ledger has sealed it, kept with the receipt of who got it."""

    delivery = True

    letter = models.OneToOneField(
        Letter, models.PROTECT, related_name="+", primary_key=True, verbose_name="函件 letter"
    )
    partner_id = models.UUIDField("往来单位 partner")
    number = models.BigIntegerField("函号 number")
    state = models.CharField("状态 state", max_length=8, default="waiting")
    tries = models.PositiveIntegerField("次数 tries", default=0)
    next_at = models.DateTimeField("下次 next at")
    tried_at = models.DateTimeField("最近一次 last tried at", null=True)
    outcome = models.CharField("结果 outcome", max_length=120, blank=True)
    receipt = models.TextField("对方回执 the receiver's receipt", blank=True)

    class Meta:
        verbose_name = "发送 posting"
        constraints = [models.CheckConstraint(condition=Q(state__in=POSTING_STATES), name="posting_state_is_known")]
        indexes = [models.Index(fields=["state", "next_at"], name="posting_by_turn")]

    def __str__(self) -> str:
        return f"{self.letter_id}: {self.state}"


class Carried(models.Model):
    """A letter that came in and was carried out 已执行: once, also in a replay."""

    delivery = True

    letter = models.OneToOneField(
        Letter, models.PROTECT, related_name="+", primary_key=True, verbose_name="函件 letter"
    )
    at = models.DateTimeField("执行时间 carried out at")
    trouble = models.CharField("未能执行 what could not be done", max_length=300, blank=True)

    class Meta:
        verbose_name = "已执行 carried out"

    def __str__(self) -> str:
        return f"{self.letter_id}: {self.trouble}"


class Watch(models.Model):
    """A matter at an Open311 server that is looked after 跟踪: when it is asked for next, and how that went."""

    delivery = True

    transfer = models.OneToOneField(
        Transfer, models.PROTECT, related_name="+", primary_key=True, verbose_name="移送 transfer"
    )
    token = models.CharField("令牌 token instead of a reference", max_length=120, blank=True)
    sealed_secret = models.TextField("办件密钥密文 sealed key to this matter", blank=True)
    next_at = models.DateTimeField("下次 next at")
    tries = models.PositiveIntegerField("连续失败 failures in a row", default=0)
    outcome = models.CharField("结果 outcome", max_length=120, blank=True)

    class Meta:
        verbose_name = "跟踪 watch"
        indexes = [models.Index(fields=["next_at"], name="watch_by_turn")]

    def __str__(self) -> str:
        return f"{self.transfer_id}: {self.next_at}"


class Followed(models.Model):
    """Up to which position matters were followed 已跟随位置: what an old fact means hangs on how a transfer stood then."""

    delivery = True

    name = models.CharField("名称 name", max_length=32, primary_key=True)
    up_to = models.BigIntegerField("已到 up to", default=-1)

    class Meta:
        verbose_name = "已跟随 followed"

    def __str__(self) -> str:
        return f"{self.name}: {self.up_to}"
