"""Tables of casework: columns and constraints. Words, replies and their salts lie here and nowhere else."""

from django.db import models
from django.db.models import F, Func, Q

from pianqu.foundation.fields import GramsField
from pianqu.rooms.casework.lifecycle import State

STREET = Func(F("place_code"), template="SUBSTR(%(expressions)s, 1, 9)", output_field=models.CharField(max_length=9))
"""The digits of a place's code that name its street or town. The index says it with the same signs, or it would not be used."""


class Category(models.Model):
    """A category beyond the shipped ones 类别, taken over with another district's matters."""

    code = models.CharField("代码 code", max_length=40, primary_key=True)
    name_zh = models.CharField("名称 Chinese name", max_length=60)
    name_en = models.CharField("英文名称 English name", max_length=60)

    class Meta:
        verbose_name = "类别 category"

    def __str__(self) -> str:
        return self.code


class Case(models.Model):
    """A matter 办件."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    code = models.CharField("查询码 code", max_length=8, unique=True)
    entry_id = models.UUIDField("登记条目 entry of its opening")
    category = models.CharField("类别 category", max_length=40)
    platform = models.CharField("平台 platform", max_length=12, blank=True, default="", db_default="")
    channel = models.CharField("渠道 channel", max_length=16)
    state = models.CharField("状态 state", max_length=16)
    organisation_code = models.CharField("受理机构 organisation", max_length=32)
    place_code = models.CharField("社区代码 place", max_length=12, null=True)
    place_source = models.CharField("位置来源 source of the place", max_length=12)
    lon = models.FloatField("经度 longitude", null=True)
    lat = models.FloatField("纬度 latitude", null=True)
    landmark = models.CharField("地点描述 landmark", max_length=200, blank=True)
    cell_code = models.CharField("网格编码 cell", max_length=24, blank=True)
    grid_version = models.UUIDField("网格版本 grid version", null=True)
    words = models.TextField("诉求 words", blank=True)
    words_salt = models.BinaryField("诉求盐 salt of the words", max_length=32)
    danger = models.BooleanField("可能危险 may be dangerous", default=False, db_default=False)
    nature = models.CharField("性质 nature", max_length=16, blank=True)
    lead_code = models.CharField("主办机构 lead organisation", max_length=32, blank=True)
    due_at = models.DateTimeField("期限 due at", null=True)
    due_provisional = models.BooleanField("暂定期限 provisional", default=False)
    warn_at = models.DateTimeField("预警时间 warn at", null=True)
    warned = models.BooleanField("已预警 warned", default=False)
    returns = models.PositiveSmallIntegerField("退回次数 returns", default=0)
    reopenings = models.PositiveSmallIntegerField("重开次数 reopenings", default=0)
    escalation = models.PositiveSmallIntegerField("升级层数 level of escalation", default=0)
    score = models.PositiveSmallIntegerField("评分 score", null=True)
    resolver_post = models.CharField("办结岗位 post that resolved", max_length=36, blank=True)
    checker_post = models.CharField("回访岗位 post that called back", max_length=36, blank=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", verbose_name="主件 parent")
    reply = models.TextField("答复 reply", blank=True)
    reply_salt = models.BinaryField("答复盐 salt of the reply", max_length=32, default=b"")
    opened_at = models.DateTimeField("受理时间 opened at")
    resolved_at = models.DateTimeField("办结时间 resolved at", null=True)
    reopened_at = models.DateTimeField("最近重开时间 last reopened at", null=True)
    closed_at = models.DateTimeField("归档或撤回时间 closed or withdrawn at", null=True)
    receipt_secret_hash = models.BinaryField("回执密钥摘要 hash of the receipt secret", max_length=32, null=True)
    receipt_expires_at = models.DateTimeField("回执到期 receipt expires at", null=True)
    erased_at = models.DateTimeField("删除个人信息时间 erased at", null=True)
    imported_from = models.CharField("导入来源 imported from", max_length=40, null=True)
    imported_id = models.CharField("原编号 imported id", max_length=64, null=True)

    class Meta:
        verbose_name = "办件 case"
        constraints = [
            models.UniqueConstraint(fields=["imported_from", "imported_id"], name="one_case_per_imported_id"),
            models.CheckConstraint(condition=Q(state__in=[str(s) for s in State]), name="case_state_is_known"),
            models.CheckConstraint(
                condition=Q(lon=None, lat=None) | Q(lon__range=(-180, 180), lat__range=(-90, 90)),
                name="case_point_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(resolved_at=None) | Q(state__in=["resolved", "rated", "closed"]),
                name="case_resolved_has_its_state",
            ),
        ]
        indexes = [
            models.Index(fields=["opened_at", "id"], name="case_by_time"),
            models.Index(fields=["state", "opened_at", "id"], name="case_by_state"),
            # with what the desk's counts ask behind the order of its lists: SQLite takes it for them only where it holds all
            models.Index(
                fields=["organisation_code", "state", "opened_at", "id", "due_at", "warn_at", "place_code"],
                name="case_by_organisation",
            ),
            models.Index(fields=["organisation_code", "opened_at", "id"], name="case_received"),
            models.Index(fields=["lead_code", "state", "due_at", "id"], name="case_by_lead"),
            # what the desk's counts ask, so that they read no row of the table
            models.Index(
                fields=["state", "due_at", "id", "warn_at", "organisation_code", "place_code"], name="case_by_due"
            ),
            models.Index(fields=["category", "opened_at", "id"], name="case_by_category"),
            models.Index(fields=["place_code", "opened_at", "id"], name="case_by_place"),
            models.Index(STREET, "opened_at", "id", name="case_by_street"),
            models.Index(
                fields=["cell_code", "grid_version", "opened_at", "id"], name="case_by_cell", condition=~Q(cell_code="")
            ),
            models.Index(fields=["resolved_at", "id"], name="case_by_answer"),
            models.Index(fields=["platform", "state", "id"], name="case_by_platform", condition=~Q(platform="")),
            models.Index(fields=["opened_at", "id"], name="case_by_danger", condition=Q(danger=True)),
            models.Index(fields=["parent", "opened_at"], name="case_by_parent", condition=Q(parent__isnull=False)),
            # which joined matters follow another one, as every list of work asks
            models.Index(fields=["state", "parent", "id"], name="case_joined", condition=Q(parent__isnull=False)),
            models.Index(
                fields=["reopened_at", "id"], name="case_by_reopening", condition=Q(reopened_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.code


class SearchText(models.Model):
    """What a search reads of a case 检索文本: its words and landmark, folded, and the pairs of characters by which it is found.

    The index over the pairs is each database's own (migration 0014): GIN on PostgreSQL, FTS5 on SQLite.
    """

    id = models.BigAutoField("行号 row", primary_key=True)
    case = models.OneToOneField(Case, models.PROTECT, related_name="+")
    folded = models.TextField("折叠文本 folded text")
    grams = GramsField("字对 pairs of characters")

    class Meta:
        verbose_name = "检索文本 search text"

    def __str__(self) -> str:
        return str(self.case_id)


class Task(models.Model):
    """One organisation's part in a case 任务: it leads 主办 or helps 协办."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    case_opened_at = models.DateTimeField("办件受理时间 when its case came in")
    case_ended = models.BooleanField("办件已终结 whether its case has ended", default=False)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    role = models.CharField("角色 role", max_length=8)
    state = models.CharField("状态 state", max_length=12)
    binding = models.BooleanField("不得再退 binding", default=False)
    list_kind = models.CharField("清单类别 kind of list", max_length=12, blank=True)
    article = models.CharField("清单条目 article", max_length=80, blank=True)
    cell_code = models.CharField("交办网格 cell", max_length=24, blank=True)
    due_at = models.DateTimeField("分期限 sub-deadline", null=True)
    escalation = models.PositiveSmallIntegerField("升级层数 level of escalation", default=0)
    given_at = models.DateTimeField("分派时间 given at")
    given_by_post = models.CharField("分派岗位 post that dispatched", max_length=36, blank=True)
    ended_at = models.DateTimeField("结束时间 ended at", null=True)

    class Meta:
        verbose_name = "任务 task"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "organisation_code"], condition=Q(ended_at=None), name="one_live_task_per_organisation"
            ),
            models.UniqueConstraint(
                fields=["case"], condition=Q(ended_at=None, role="lead"), name="one_live_lead_per_case"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation_code", "ended_at", "case", "state"], name="task_by_organisation"),
            # a page of what an organisation has a part in, read in the order of the list (queries/seen.py)
            models.Index(fields=["organisation_code", "case_opened_at", "case", "state"], name="task_by_time"),
            # what evaluation sums up over a month
            models.Index(fields=["role", "state", "ended_at"], name="task_by_end"),
            models.Index(fields=["role", "given_at"], name="task_by_giving"),
            # the desk's counts: what was done in years past is not walked through for each page
            models.Index(
                fields=["organisation_code", "case", "state"], name="task_of_living", condition=Q(case_ended=False)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.organisation_code} of {self.case_id}"


class Clock(models.Model):
    """A term that runs on a case 时钟. It keeps the rule that it was set by: a changed pack moves no old deadline."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    rule_id = models.CharField("规则 rule", max_length=60)
    amount = models.PositiveSmallIntegerField("数量 amount")
    unit = models.CharField("单位 unit", max_length=2)
    rolls = models.BooleanField("顺延 rolls", default=False)
    extra = models.PositiveSmallIntegerField("延长数量 extension", default=0)
    extra_unit = models.CharField("延长单位 unit of the extension", max_length=2, blank=True, default="")
    rules_version = models.PositiveIntegerField("时限规则版本 version of the district's terms", default=0)
    started_at = models.DateTimeField("起算 started at")
    due_at = models.DateTimeField("到期 due at", null=True)
    last_day = models.DateField("最后一日 last day", null=True)
    provisional = models.BooleanField("暂定 provisional", default=False)
    stopped_at = models.DateTimeField("停止 stopped at", null=True)

    class Meta:
        verbose_name = "时钟 clock"
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=Q(stopped_at=None), name="one_running_clock_per_case")
        ]
        indexes = [models.Index(fields=["stopped_at", "due_at"], name="clock_by_due")]

    def __str__(self) -> str:
        return f"{self.rule_id} of {self.case_id}"


class Pause(models.Model):
    """A time in which a clock stands still 中止. `reason` is a code."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    clock = models.ForeignKey(Clock, models.PROTECT, related_name="+")
    reason = models.CharField("理由 reason", max_length=24)
    started_at = models.DateTimeField("开始 started at")
    ended_at = models.DateTimeField("结束 ended at", null=True)

    class Meta:
        verbose_name = "中止 pause"
        constraints = [
            models.UniqueConstraint(fields=["clock"], condition=Q(ended_at=None), name="one_running_pause_per_clock")
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.started_at}"


class Request(models.Model):
    """Something that another post has to decide 申请: an extension of the term, or an objection to a dispatch."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    kind = models.CharField("类别 kind", max_length=12)
    organisation_code = models.CharField("申请机构 organisation", max_length=32)
    by_post = models.CharField("申请岗位 post", max_length=36, blank=True)
    asked_at = models.DateTimeField("申请时间 asked at")
    granted = models.BooleanField("同意 granted", null=True)
    decided_at = models.DateTimeField("决定时间 decided at", null=True)

    class Meta:
        verbose_name = "申请 request"
        constraints = [
            models.UniqueConstraint(
                fields=["case", "kind"], condition=Q(decided_at=None), name="one_open_request_of_a_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.case_id}"


class Note(models.Model):
    """Words that belong to one entry of a case's history 说明: a reason, an instruction, an answer, what a caller said."""

    entry_id = models.UUIDField("条目 entry", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    words = models.TextField("文字 words", blank=True)
    salt = models.BinaryField("盐 salt", max_length=32)
    for_reporter = models.BooleanField("反映人可见 shown to the reporter", default=False)

    class Meta:
        verbose_name = "说明 note"
        indexes = [models.Index(fields=["case"], name="note_by_case")]

    def __str__(self) -> str:
        return f"note of {self.case_id}"


class Year(models.Model):
    """A year's holidays as its notice announced them 年度放假安排: they take the place of the shipped table."""

    year = models.PositiveSmallIntegerField("年 year", primary_key=True)
    off = models.JSONField("放假 days off")
    worked = models.JSONField("上班 worked days")
    notice = models.CharField("通知 notice", max_length=120)

    class Meta:
        verbose_name = "年度放假安排 year"

    def __str__(self) -> str:
        return str(self.year)


class SavedFilter(models.Model):
    """A list that somebody in a post comes back to 常用筛选. `query` is the address's part behind the question mark."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    post_id = models.CharField("岗位 post", max_length=36)
    name = models.CharField("名称 name", max_length=24)
    query = models.CharField("条件 query", max_length=300)

    class Meta:
        verbose_name = "常用筛选 saved filter"
        constraints = [models.UniqueConstraint(fields=["post_id", "name"], name="one_saved_filter_per_name")]

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """A table of matters that a post asked for 导出. Its file lies in the data folder while it is `ready`, for a few days."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    post_id = models.CharField("岗位 post", max_length=36)
    account_id = models.UUIDField("申请账号 account that asked")
    organisation_code = models.CharField("机构 organisation", max_length=32)
    form = models.CharField("格式 form", max_length=8)
    filters = models.JSONField("条件 filters")
    with_words = models.BooleanField("含诉求原文 with words", default=False)
    purpose = models.CharField("用途 purpose", max_length=200, blank=True)
    language = models.CharField("语言 language", max_length=12)
    state = models.CharField("状态 state", max_length=12)
    reason = models.CharField("原因 reason", max_length=24, blank=True)
    matters = models.PositiveIntegerField("件数 matters", null=True)
    file_name = models.CharField("文件名 file", max_length=64, blank=True)
    size = models.PositiveBigIntegerField("字节数 size", null=True)
    scope_mark = models.CharField("范围摘要 digest of the scope", max_length=32, blank=True)
    asked_at = models.DateTimeField("申请时间 asked at")
    ready_at = models.DateTimeField("完成时间 ready at", null=True)
    expires_at = models.DateTimeField("到期时间 expires at")

    class Meta:
        verbose_name = "导出 export"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="ready") & ~Q(file_name="") | ~Q(state="ready") & Q(file_name=""),
                name="export_has_a_file_while_ready",
            )
        ]
        indexes = [
            models.Index(fields=["post_id", "asked_at"], name="export_by_post"),
            models.Index(fields=["state", "asked_at"], name="export_by_state"),
            models.Index(fields=["expires_at"], name="export_by_expiry"),
        ]

    def __str__(self) -> str:
        return f"{self.form} {self.state}"


class ExportRun(models.Model):
    """Who writes an export's file just now, and how far it is 导出进度."""

    delivery = True

    export_id = models.UUIDField("导出 export", primary_key=True, editable=False)
    token = models.CharField("写入者 writer", max_length=16, blank=True)
    held_until = models.DateTimeField("占用至 held until")
    tries = models.PositiveSmallIntegerField("次数 tries", default=0)
    written = models.PositiveIntegerField("已写件数 written", default=0)
    total = models.PositiveIntegerField("总件数 total", null=True)

    class Meta:
        verbose_name = "导出进度 run of an export"

    def __str__(self) -> str:
        return f"{self.written} of {self.total}"


class Handover(models.Model):
    """What one shift leaves to the next 交接班: words, with the counts as they were then."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    words = models.TextField("交代 words", blank=True)
    salt = models.BinaryField("盐 salt", max_length=32)
    by_post = models.CharField("交班岗位 post that hands over", max_length=36)
    by_account = models.UUIDField("交班账号 account that hands over")
    handed_at = models.DateTimeField("交班时间 handed over at")
    taken_by_post = models.CharField("接班岗位 post that took over", max_length=36, blank=True)
    taken_by_account = models.UUIDField("接班账号 account that took over", null=True)
    taken_at = models.DateTimeField("接班时间 taken over at", null=True)
    waiting = models.PositiveIntegerField("待分派 waiting")
    handled = models.PositiveIntegerField("办理中 handled")
    overdue = models.PositiveIntegerField("已超期 overdue")
    soon = models.PositiveIntegerField("将到期 due soon")
    answered = models.PositiveIntegerField("待回访 answered")

    class Meta:
        verbose_name = "交接班 hand-over"
        constraints = [
            models.UniqueConstraint(
                fields=["organisation_code"], condition=Q(taken_at=None), name="one_open_handover_per_organisation"
            )
        ]
        indexes = [models.Index(fields=["organisation_code", "handed_at"], name="handover_by_organisation")]

    def __str__(self) -> str:
        return f"{self.organisation_code} {self.handed_at}"


class Addition(models.Model):
    """Words that the reporter added later 补充."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    entry_id = models.UUIDField("条目 entry")
    words = models.TextField("补充内容 words", blank=True)
    words_salt = models.BinaryField("盐 salt", max_length=32)
    added_at = models.DateTimeField("补充时间 added at")

    class Meta:
        verbose_name = "补充 addition"

    def __str__(self) -> str:
        return f"addition to {self.case_id}"


class Photo(models.Model):
    """A sanitised photo 照片: its file lies in the store."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    addition = models.ForeignKey(Addition, models.PROTECT, null=True, related_name="+")
    order = models.PositiveSmallIntegerField("顺序 order")
    file_name = models.CharField("文件 file", max_length=32)
    media_type = models.CharField("类型 media type", max_length=32)
    width = models.PositiveIntegerField("宽 width")
    height = models.PositiveIntegerField("高 height")
    salt = models.BinaryField("盐 salt", max_length=32)
    commitment = models.CharField("承诺 commitment", max_length=43)

    class Meta:
        verbose_name = "照片 photo"

    def __str__(self) -> str:
        return f"photo of {self.case_id}"


class Contact(models.Model):
    """How to reach the reporter 联系方式: sealed; the mask is what staff see. `channel` is how the person wants to be told."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="+")
    sealed = models.TextField("密文 sealed")
    mask = models.CharField("掩码 mask", max_length=40)
    tail_hash = models.CharField("尾号指纹 fingerprint of the tail", max_length=64)
    kind = models.CharField("类别 kind", max_length=8, default="phone")
    channel = models.CharField("通知渠道 channel of notices", max_length=8, blank=True)
    resident_id = models.UUIDField("居民编号 resident", null=True)
    identity = models.CharField("实名层级 identity level", max_length=10, blank=True)
    voice = models.CharField("计数标记 mark by which a person counts once", max_length=40, blank=True)
    """`<first day of the salt>.<keyed hash>` (services/voices.py); without its salt nobody can make it again."""

    class Meta:
        verbose_name = "联系方式 contact"
        indexes = [models.Index(fields=["resident_id"], name="contact_by_resident")]

    def __str__(self) -> str:
        return f"contact of {self.case_id}"


class DayCount(models.Model):
    """What happened on one day, by category and street 日计数. Made from facts by readers.py."""

    derived = True

    day = models.DateField("日期 day")
    category = models.CharField("类别 category", max_length=40)
    street_code = models.CharField("街道代码 street", max_length=12, blank=True)
    opened = models.PositiveIntegerField("受理 opened", default=0)
    resolved = models.PositiveIntegerField("办结 resolved", default=0)
    closed = models.PositiveIntegerField("归档 closed", default=0)
    withdrawn = models.PositiveIntegerField("撤回 withdrawn", default=0)
    reopened = models.PositiveIntegerField("重开 reopened", default=0)

    class Meta:
        verbose_name = "日计数 day count"
        constraints = [models.UniqueConstraint(fields=["day", "category", "street_code"], name="one_count_per_cell")]

    def __str__(self) -> str:
        return f"{self.day} {self.category} {self.street_code}"


class Change(models.Model):
    """That a case was answered, or reopened 变化: what systems that follow it are told. Made from facts by readers.py."""

    derived = True

    entry_id = models.UUIDField("条目 entry", primary_key=True, editable=False)
    case = models.ForeignKey(Case, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间 when")
    is_open = models.BooleanField("重开 open again")

    class Meta:
        verbose_name = "变化 change"
        indexes = [models.Index(fields=["at", "entry_id"], name="change_by_time")]

    def __str__(self) -> str:
        return f"{'reopening' if self.is_open else 'answer'} of {self.case_id}"


class PublishedMonth(models.Model):
    """What was published of a month 月度开放数据. Written once: what would change with every late matter could be compared."""

    month = models.DateField("月份 first day of the month", primary_key=True)
    content = models.TextField("内容 content")
    digest = models.CharField("摘要 SHA-256 of the content", max_length=64)
    published_at = models.DateTimeField("发布时间 published at")

    class Meta:
        verbose_name = "月度开放数据 published month"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
