"""Tables of the directory. Validity is half-open everywhere: [valid_from, valid_to), [starts, ends)."""

from django.db import models
from django.db.models import F, Q


class Organisation(models.Model):
    """A body that answers for something 机构."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    code = models.CharField("代码 code", max_length=32, unique=True)
    kind = models.CharField("类别 kind", max_length=24)
    name = models.CharField("名称 name", max_length=80)
    short_name = models.CharField("简称 short name", max_length=40)
    name_en = models.CharField("英文名称 English name", max_length=120, blank=True)
    parent_code = models.CharField("上级代码 parent", max_length=32, blank=True)
    serves_code = models.CharField("服务机构代码 serves", max_length=32, blank=True)
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "机构 organisation"
        indexes = [models.Index(fields=["parent_code"], name="organisation_by_parent")]

    def __str__(self) -> str:
        return f"{self.code} {self.short_name}"


class ServedArea(models.Model):
    """A street or community on whose ground an organisation works 服务范围: a centre's communities, a station's street."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="机构 organisation")
    area_code = models.CharField("地方代码 area", max_length=12)
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "服务范围 served area"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "area_code"], condition=Q(valid_to=None), name="area_served_once"
            )
        ]
        indexes = [models.Index(fields=["area_code"], name="served_by_area")]

    def __str__(self) -> str:
        return self.area_code


class Succession(models.Model):
    """Which organisation took over from which, and when 承接: old codes in facts and lists stay readable."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    old_code = models.CharField("原代码 old code", max_length=32)
    new_code = models.CharField("新代码 new code", max_length=32)
    on = models.DateField("生效日 on")

    class Meta:
        verbose_name = "承接 succession"
        constraints = [models.UniqueConstraint(fields=["old_code", "new_code", "on"], name="one_succession")]

    def __str__(self) -> str:
        return f"{self.old_code} → {self.new_code}"


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

    def __str__(self) -> str:
        return f"{self.title} ({self.kind})"


class Substitution(models.Model):
    """Somebody acts in an absent colleague's post 代岗."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name="被代岗位 post")
    by_post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name="代岗人岗位 by post")
    starts = models.DateTimeField("开始 starts")
    ends = models.DateTimeField("结束 ends")

    class Meta:
        verbose_name = "代岗 substitution"
        constraints = [
            models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="substitution_ends_after_start"),
            models.CheckConstraint(condition=~Q(post=F("by_post")), name="substitution_by_another"),
        ]

    def __str__(self) -> str:
        return f"{self.by_post_id} for {self.post_id}"


class Token(models.Model):
    """What another program signs in with 访问令牌: it acts in one post, with the rights that its holder gave it.

    Of the token itself only a hash is kept: it is told once.
    """

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name="岗位 post")
    name = models.CharField("名称 name", max_length=40)
    secret_hash = models.BinaryField("令牌摘要 hash of the token", max_length=32, unique=True)
    rights = models.JSONField("权限 rights")
    issued_at = models.DateTimeField("签发时间 issued at")
    expires_at = models.DateTimeField("到期时间 expires at")
    ended_at = models.DateTimeField("停用时间 ended at", null=True)

    class Meta:
        verbose_name = "访问令牌 token"
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("issued_at")), name="token_expires_after_issue")
        ]

    def __str__(self) -> str:
        return self.name


class Power(models.Model):
    """Who may or must do what, for which category, on which ground 职权: one line of a published duty list."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    verb = models.CharField("职权 verb", max_length=12)
    category = models.CharField("事项类别 category", max_length=40)
    area_code = models.CharField("地方代码 area", max_length=12)
    level = models.CharField("层级 level", max_length=12)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="机构 organisation")
    list_kind = models.CharField("清单 list", max_length=12)
    article = models.CharField("条目 article", max_length=120)
    source = models.CharField("来源 source", max_length=80)
    valid_from = models.DateField("生效日 valid from")
    valid_to = models.DateField("失效日 valid to", null=True)

    class Meta:
        verbose_name = "职权 power"
        indexes = [
            models.Index(fields=["category", "area_code"], name="power_by_category_area"),
            models.Index(fields=["source"], name="power_by_source"),
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.category} {self.area_code}"


class SendDown(models.Model):
    """A resource, service, person or responsibility that an upper organisation lends to the ground 下沉."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    what = models.CharField("类别 what", max_length=16)
    title = models.CharField("内容 title", max_length=80)
    sender = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="派出机构 from")
    centre = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="接收机构 to")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", null=True, verbose_name="派驻人员 post")
    presence = models.CharField("驻点方式 presence", max_length=12)
    weekdays = models.CharField("驻点日 weekdays", max_length=7, blank=True)
    may_decide = models.JSONField("可当场决定的事项 may decide", default=list)
    starts = models.DateField("开始日 starts")
    ends = models.DateField("结束日 ends", null=True)

    class Meta:
        verbose_name = "下沉 send-down"
        constraints = [
            models.CheckConstraint(condition=Q(ends=None) | Q(ends__gte=F("starts")), name="send_down_ends_after_start")
        ]

    def __str__(self) -> str:
        return self.title


class Duty(models.Model):
    """A post's hours of duty for an organisation 值班: nights are simply hours that cross midnight."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", verbose_name="岗位 post")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name="机构 organisation")
    starts = models.DateTimeField("开始 starts")
    ends = models.DateTimeField("结束 ends")

    class Meta:
        verbose_name = "值班 duty"
        constraints = [models.CheckConstraint(condition=Q(ends__gte=F("starts")), name="duty_ends_after_start")]
        indexes = [models.Index(fields=["organisation", "ends"], name="duty_by_organisation_end")]

    def __str__(self) -> str:
        return f"{self.starts:%Y-%m-%d %H:%M}"


class Resident(models.Model):
    """A person of the resident roll 居民名册: who confirmed a contact, or was proven to be who they are.

    Of the identity number only a keyed fingerprint is kept: enough to find it again and to enter nobody twice.
    """

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    contact_kind = models.CharField("联系方式类别 kind of contact", max_length=8, blank=True)
    contact_sealed = models.TextField("联系方式密文 sealed contact", blank=True)
    contact_print = models.CharField("联系方式指纹 fingerprint of the contact", max_length=64, blank=True)
    confirmed_at = models.DateTimeField("验证时间 confirmed at", null=True)
    used_at = models.DateTimeField("最近使用 last used at", null=True)
    doubted = models.BooleanField("待核 doubted", default=False)
    name_sealed = models.TextField("姓名密文 sealed name", blank=True)
    number_print = models.CharField("证件号码指纹 fingerprint of the identity number", max_length=64, blank=True)
    area_code = models.CharField("所在社区 community", max_length=12, blank=True)
    proven_at = models.DateTimeField("实名时间 proven at", null=True)
    proven_how = models.CharField("实名方式 proven how", max_length=8, blank=True)
    passes_from = models.DateTimeField("登录起点 passes from")
    former_ids = models.JSONField("原编号 former ids", default=list)

    class Meta:
        verbose_name = "居民 resident"
        constraints = [
            models.UniqueConstraint(
                fields=["contact_print"], condition=~Q(contact_print=""), name="one_resident_per_contact"
            ),
            models.UniqueConstraint(
                fields=["number_print"], condition=~Q(number_print=""), name="one_resident_per_number"
            ),
            models.CheckConstraint(
                condition=Q(proven_at=None) | ~Q(number_print=""), name="who_is_proven_has_a_number"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Enrolment(models.Model):
    """What a first officer read from somebody's card, until a second one read it too 待复核登记. Gone after that, or a day."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    organisation_code = models.CharField("办理机构 organisation", max_length=32)
    name_sealed = models.TextField("姓名密文 sealed name")
    number_print = models.CharField("证件号码指纹 fingerprint of the identity number", max_length=64, unique=True)
    contact_kind = models.CharField("联系方式类别 kind of contact", max_length=8, blank=True)
    contact_sealed = models.TextField("联系方式密文 sealed contact", blank=True)
    contact_print = models.CharField("联系方式指纹 fingerprint of the contact", max_length=64, blank=True)
    area_code = models.CharField("所在社区 community", max_length=12)
    first_account_id = models.UUIDField("经办账号 first officer's account")
    first_post_id = models.UUIDField("经办岗位 first officer's post")
    begun_at = models.DateTimeField("登记时间 begun at")

    class Meta:
        verbose_name = "待复核登记 enrolment"
        indexes = [models.Index(fields=["organisation_code", "begun_at"], name="enrolment_by_organisation")]

    def __str__(self) -> str:
        return f"{self.id} at {self.organisation_code}"
