"""Tables of notices. None holds words, names or contacts: what is said follows from a fact's kind and a matter's code."""

from django.db import models
from django.db.models import Q

STATES = ("waiting", "sending", "sent", "failed", "doubtful", "dropped")


class Notice(models.Model):
    """Something that an organisation should know 通知. Made from facts by readers.py."""

    derived = True

    id = models.BigAutoField("编号 id", primary_key=True)
    position = models.BigIntegerField("账本位置 position")
    organisation_code = models.CharField("机构 organisation", max_length=32)
    kind = models.CharField("事项 what happened", max_length=40)
    case_id = models.UUIDField("办件 case")
    urgent = models.BooleanField("紧急 urgent")
    at = models.DateTimeField("时间 at")

    class Meta:
        verbose_name = "通知 notice"
        constraints = [
            models.UniqueConstraint(fields=["position", "organisation_code", "kind"], name="one_notice_per_fact"),
        ]
        indexes = [models.Index(fields=["organisation_code", "-position"], name="notice_by_inbox")]

    def __str__(self) -> str:
        return f"{self.kind} for {self.organisation_code}"


class Inbox(models.Model):
    """Up to where an organisation is done with its notices 已阅位置. One for all who work there: nobody's reading is watched."""

    organisation_code = models.CharField("机构 organisation", max_length=32, primary_key=True)
    cleared_to = models.BigIntegerField("已阅到 cleared to", default=0)

    class Meta:
        verbose_name = "收件箱 inbox"

    def __str__(self) -> str:
        return f"{self.organisation_code} up to {self.cleared_to}"


class Outgoing(models.Model):
    """One message to who reported a matter 外发通知. Its words are made when it is sent, the contact is asked for then."""

    delivery = True

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    position = models.BigIntegerField("账本位置 position")
    case_id = models.UUIDField("办件 case")
    case_code = models.CharField("查询码 code", max_length=8)
    kind = models.CharField("事项 what happened", max_length=40)
    channel = models.CharField("渠道 channel", max_length=8)
    state = models.CharField("状态 state", max_length=8, default="waiting")
    tries = models.PositiveSmallIntegerField("次数 tries", default=0)
    planned_at = models.DateTimeField("计划时间 planned at")
    next_at = models.DateTimeField("下次 next at")
    tried_at = models.DateTimeField("最近一次 last tried at", null=True)
    outcome = models.CharField("结果 outcome", max_length=60, blank=True)

    class Meta:
        verbose_name = "外发通知 outgoing message"
        constraints = [
            models.UniqueConstraint(fields=["position", "channel"], name="one_message_per_fact"),
            models.CheckConstraint(condition=Q(state__in=STATES), name="message_state_is_known"),
        ]
        indexes = [
            models.Index(fields=["state", "next_at"], name="message_by_turn"),
            models.Index(fields=["-planned_at"], name="message_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.case_code} by {self.channel}: {self.state}"


class Planned(models.Model):
    """Up to which position messages were planned 已计划位置: a replay plans none a second time."""

    delivery = True

    name = models.CharField("名称 name", max_length=32, primary_key=True)
    up_to = models.BigIntegerField("已到 up to", default=-1)

    class Meta:
        verbose_name = "已计划 planned"

    def __str__(self) -> str:
        return f"{self.name}: {self.up_to}"


class Webhook(models.Model):
    """Another system that is told of facts 回调. The secret lies sealed; it was shown once."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    name = models.CharField("名称 name", max_length=40)
    url = models.CharField("地址 url", max_length=300)
    sealed = models.TextField("密钥密文 sealed secret")
    kinds = models.JSONField("事项 kinds", default=list)
    since = models.BigIntegerField("起始位置 since position")
    added_at = models.DateTimeField("登记时间 added at")
    dropped_at = models.DateTimeField("停用时间 dropped at", null=True)

    class Meta:
        verbose_name = "回调 webhook"

    def __str__(self) -> str:
        return self.name


class Call(models.Model):
    """One fact told to one webhook 回调记录. `next_at`: not before, so that one attempt at a time is under way."""

    delivery = True

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    webhook = models.ForeignKey(Webhook, models.PROTECT, related_name="+", verbose_name="回调 webhook")
    position = models.BigIntegerField("账本位置 position")
    kind = models.CharField("事项 kind", max_length=60)
    subject = models.CharField("对象 subject", max_length=80)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    recorded_at = models.DateTimeField("记录时间 recorded at")
    state = models.CharField("状态 state", max_length=8, default="waiting")
    tries = models.PositiveSmallIntegerField("次数 tries", default=0)
    next_at = models.DateTimeField("下次 next at")
    outcome = models.CharField("结果 outcome", max_length=60, blank=True)

    class Meta:
        verbose_name = "回调记录 call"
        constraints = [
            models.UniqueConstraint(fields=["webhook", "position"], name="one_call_per_fact"),
            models.CheckConstraint(condition=Q(state__in=["waiting", "sent", "failed"]), name="call_state_is_known"),
        ]
        indexes = [models.Index(fields=["webhook", "state", "position"], name="call_by_line")]

    def __str__(self) -> str:
        return f"{self.kind} to {self.webhook_id}: {self.state}"


class Outage(models.Model):
    """A webhook that does not take its messages, while it does not 对方故障. Everything for it waits until `next_at`."""

    delivery = True

    webhook = models.OneToOneField(
        Webhook, models.CASCADE, primary_key=True, related_name="+", verbose_name="回调 webhook"
    )
    since = models.DateTimeField("开始时间 since")
    tries = models.PositiveIntegerField("连续失败次数 failures in a row", default=0)
    next_at = models.DateTimeField("下次 next at")
    outcome = models.CharField("结果 outcome", max_length=60, blank=True)
    told_at = models.DateTimeField("已告知管理员 told at", null=True)

    class Meta:
        verbose_name = "对方故障 outage"

    def __str__(self) -> str:
        return f"{self.webhook_id} since {self.since}"
