"""Tables of dispatch: rules by version, trials, templates of joint handling, whistles, joint task forces."""

from django.db import models
from django.db.models import Q

from pianqu.rooms.casework.models.cases import Case, Task


class RuleVersion(models.Model):
    """One ordered list of dispatch rules 派单规则版本. A draft is written; what was put in force changes no more."""

    number = models.PositiveIntegerField("版本号 number", primary_key=True)
    state = models.CharField("状态 state", max_length=8)
    rules = models.JSONField("规则 rules")
    digest = models.CharField("摘要 digest of the rules", max_length=64)
    based_on = models.PositiveIntegerField("所据版本 based on", null=True)
    starts_on = models.DateField("生效日 in force from", null=True)
    written_at = models.DateTimeField("起草时间 written at")
    adopted_at = models.DateTimeField("发布时间 put in force at", null=True)

    class Meta:
        verbose_name = "规则版本 version of the rules"
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["draft", "adopted", "dropped"]), name="rules_state_is_known"),
            models.UniqueConstraint(fields=["state"], condition=Q(state="draft"), name="one_draft_of_rules"),
        ]

    def __str__(self) -> str:
        return f"rules {self.number}"


class RuleUse(models.Model):
    """A rule's suggestion for one dispatch 规则采用: what was suggested, and whether the person followed it."""

    task = models.OneToOneField(Task, models.PROTECT, primary_key=True, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    version = models.PositiveIntegerField("版本号 version")
    rule_code = models.CharField("规则 rule", max_length=40)
    suggested_code = models.CharField("建议机构 suggested lead", max_length=32)
    followed = models.BooleanField("采用 followed")
    automatic = models.BooleanField("自动 automatic", default=False)
    at = models.DateTimeField("时间 at")

    class Meta:
        verbose_name = "规则采用 use of a rule"
        indexes = [models.Index(fields=["version", "rule_code"], name="rule_use_by_rule")]

    def __str__(self) -> str:
        return f"{self.rule_code} of {self.version}"


class RuleCursor(models.Model):
    """Up to which matter automatic rules were tried 自动派单位置, for each version."""

    delivery = True

    version = models.PositiveIntegerField("版本号 version", primary_key=True)
    up_to = models.DateTimeField("已查到 tried up to")

    class Meta:
        verbose_name = "自动派单位置 cursor of the rules"

    def __str__(self) -> str:
        return f"{self.version} up to {self.up_to}"


class RuleTrial(models.Model):
    """A version tried with past matters 规则试算. Its outcome is made by the worker and holds ids and counts."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    post_id = models.CharField("岗位 post", max_length=36)
    account_id = models.UUIDField("申请账号 account that asked")
    version = models.PositiveIntegerField("版本号 version")
    digest = models.CharField("摘要 digest of the rules", max_length=64)
    rules = models.JSONField("规则 rules")
    compared = models.PositiveIntegerField("对比版本 compared with", null=True)
    since = models.DateField("起 since")
    until = models.DateField("止 until")
    state = models.CharField("状态 state", max_length=8)
    total = models.PositiveIntegerField("件数 matters", default=0)
    asked_at = models.DateTimeField("申请时间 asked at")
    ready_at = models.DateTimeField("完成时间 ready at", null=True)
    scope_mark = models.CharField("范围摘要 digest of the scope", max_length=32, blank=True)
    outcome = models.JSONField("结果 outcome", default=dict)

    class Meta:
        verbose_name = "规则试算 trial of rules"
        indexes = [models.Index(fields=["post_id", "asked_at"], name="trial_by_post")]

    def __str__(self) -> str:
        return f"trial of {self.version}"


class RuleTrialRun(models.Model):
    """How far a trial is 试算进度: written by its worker alone."""

    delivery = True

    trial_id = models.UUIDField("试算 trial", primary_key=True)
    done = models.PositiveIntegerField("已算 done", default=0)
    held_until = models.DateTimeField("占用至 held until")
    tries = models.PositiveSmallIntegerField("次数 tries", default=1)

    class Meta:
        verbose_name = "试算进度 run of a trial"

    def __str__(self) -> str:
        return str(self.trial_id)


class JointTemplate(models.Model):
    """How matters of some categories are handled jointly 联办模板: who leads, who helps until when, what is checked."""

    code = models.CharField("代码 code", max_length=40, primary_key=True)
    name = models.CharField("名称 name", max_length=40)
    categories = models.JSONField("类别 categories")
    lead_code = models.CharField("主办机构 lead", max_length=32, blank=True)
    parts = models.JSONField("协办 parts")
    checklist = models.JSONField("清单 checklist")
    includes = models.JSONField("引用模板 templates that it takes in", default=list)
    ended_at = models.DateTimeField("停用时间 ended at", null=True)

    class Meta:
        verbose_name = "联办模板 template of joint handling"

    def __str__(self) -> str:
        return self.code


class JointWait(models.Model):
    """One organisation's part of a matter begins when another's is done 先后."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    organisation_code = models.CharField("机构 organisation", max_length=32)
    after_code = models.CharField("先于它的机构 after whom", max_length=32)

    class Meta:
        verbose_name = "先后 order of parts"
        constraints = [
            models.UniqueConstraint(fields=["case", "organisation_code", "after_code"], name="one_wait_per_pair")
        ]

    def __str__(self) -> str:
        return f"{self.organisation_code} after {self.after_code}"


class CheckItem(models.Model):
    """Something to be done in a joint matter 清单项, from its template."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    template_code = models.CharField("模板 template", max_length=40)
    order = models.PositiveSmallIntegerField("次序 order")
    words = models.CharField("内容 words", max_length=120)
    organisation_code = models.CharField("完成机构 who did it", max_length=32, blank=True)
    done_at = models.DateTimeField("完成时间 done at", null=True)

    class Meta:
        verbose_name = "清单项 check item"
        indexes = [models.Index(fields=["case", "order"], name="check_item_by_case")]

    def __str__(self) -> str:
        return self.words


class Whistle(models.Model):
    """An area calls departments to the spot 吹哨, for a matter or a place, with a question."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+")
    organisation_code = models.CharField("吹哨机构 who calls", max_length=32)
    by_post = models.CharField("岗位 post", max_length=36)
    place_code = models.CharField("地点代码 place", max_length=12)
    landmark = models.CharField("集合地点 spot", max_length=120)
    words = models.TextField("问题 question")
    words_salt = models.BinaryField("问题盐 salt", max_length=32)
    answer_by = models.DateTimeField("应答期限 answer by")
    be_there_by = models.DateTimeField("到场期限 be there by")
    blown_at = models.DateTimeField("吹哨时间 blown at")
    ended_at = models.DateTimeField("结束时间 ended at", null=True)

    class Meta:
        verbose_name = "吹哨 whistle"
        indexes = [
            models.Index(fields=["organisation_code", "blown_at"], name="whistle_by_caller"),
            models.Index(fields=["place_code", "blown_at"], name="whistle_by_place"),
            models.Index(fields=["case"], name="whistle_by_case", condition=Q(case__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"whistle of {self.organisation_code}"


class WhistleCall(models.Model):
    """One organisation that is called 报到. `due_at` is its next date: to answer, then to be there; none once it came."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    whistle = models.ForeignKey(Whistle, models.PROTECT, related_name="+")
    organisation_code = models.CharField("机构 organisation", max_length=32)
    state = models.CharField("状态 state", max_length=10)
    office = models.CharField("到场科室或岗位 office that comes", max_length=60, blank=True)
    comes_at = models.DateTimeField("预计到场 comes at", null=True)
    words = models.TextField("异议、裁定或结果 words", blank=True)
    words_salt = models.BinaryField("文字盐 salt", max_length=32, default=b"")
    due_at = models.DateTimeField("期限 due at", null=True)
    warn_at = models.DateTimeField("预警时间 warn at", null=True)
    warned = models.BooleanField("已预警 warned", default=False)
    escalation = models.PositiveSmallIntegerField("升级层数 level of escalation", default=0)
    answered_at = models.DateTimeField("应答时间 answered at", null=True)
    arrived_at = models.DateTimeField("到场时间 arrived at", null=True)
    finished_at = models.DateTimeField("完成时间 finished at", null=True)
    late = models.BooleanField("逾期 was late", default=False)

    class Meta:
        verbose_name = "报到 call of a whistle"
        constraints = [
            models.UniqueConstraint(fields=["whistle", "organisation_code"], name="one_call_per_organisation"),
            models.CheckConstraint(
                condition=Q(state__in=["called", "coming", "objected", "excused", "arrived", "finished", "ended"]),
                name="whistle_call_state_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation_code", "state"], name="whistle_call_by_party"),
            models.Index(fields=["due_at"], name="whistle_call_by_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"call of {self.organisation_code}"


class TaskForce(models.Model):
    """Several organisations under a lead for a span of time 联合工作组."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    name = models.CharField("名称 name", max_length=60)
    purpose = models.TextField("任务 purpose")
    purpose_salt = models.BinaryField("任务盐 salt", max_length=32)
    lead_code = models.CharField("牵头机构 lead", max_length=32)
    starts_on = models.DateField("开始 starts on")
    ends_on = models.DateField("结束 ends on")
    formed_at = models.DateTimeField("成立时间 formed at")
    report = models.TextField("总结 report", blank=True)
    report_salt = models.BinaryField("总结盐 salt", max_length=32, default=b"")
    ended_at = models.DateTimeField("撤销时间 ended at", null=True)

    class Meta:
        verbose_name = "联合工作组 joint task force"
        indexes = [models.Index(fields=["ended_at", "ends_on"], name="force_by_end")]

    def __str__(self) -> str:
        return self.name


class ForceMember(models.Model):
    """An organisation that is in it 成员."""

    force = models.ForeignKey(TaskForce, models.PROTECT, related_name="+")
    organisation_code = models.CharField("机构 organisation", max_length=32)

    class Meta:
        verbose_name = "成员 member of a task force"
        constraints = [models.UniqueConstraint(fields=["force", "organisation_code"], name="one_membership")]
        indexes = [models.Index(fields=["organisation_code", "force"], name="member_by_organisation")]

    def __str__(self) -> str:
        return self.organisation_code


class ForceCase(models.Model):
    """A matter that a task force looks after; it may come after another one of them."""

    force = models.ForeignKey(TaskForce, models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    after = models.ForeignKey(Case, models.PROTECT, null=True, related_name="+", verbose_name="先办 after which")
    given_at = models.DateTimeField("交办时间 given at")

    class Meta:
        verbose_name = "工作组事项 matter of a task force"
        constraints = [models.UniqueConstraint(fields=["force", "case"], name="one_matter_per_force")]
        indexes = [models.Index(fields=["case"], name="force_case_by_case")]

    def __str__(self) -> str:
        return f"{self.case_id} of {self.force_id}"
