"""Tables of siting: where sites should be, for whom it was asked, and what was found."""

from django.db import models
from django.db.models import Q


class Ground(models.Model):
    """What a study of sites counts on 选址底数: demand points and candidates, as they were on a day. It never changes."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    content = models.TextField("内容 content")
    """Canonical JSON (planning.ground/v1): everything that the search reads."""
    digest = models.CharField("摘要 digest", max_length=64, unique=True)
    """SHA-256 of `content`."""
    points = models.PositiveIntegerField("需求点 demand points")
    candidates = models.PositiveIntegerField("候选点 candidates")
    laid_at = models.DateTimeField("生成时间 laid at")

    class Meta:
        verbose_name = "选址底数 ground of a study"

    def __str__(self) -> str:
        return self.digest[:12]


class Study(models.Model):
    """A question where sites should be 选址研究, and its answer."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    title = models.CharField("名称 title", max_length=60)
    question = models.CharField("目标 question", max_length=12)
    demand = models.CharField("需求 demand", max_length=12)
    sites = models.PositiveSmallIntegerField("点位总数 sites")
    minutes = models.PositiveSmallIntegerField("步行分钟 minutes")
    present = models.CharField("现有阵地 present points", max_length=12)
    point_kind = models.CharField("阵地类别 kind of present points", max_length=16, blank=True)
    kinds = models.JSONField("候选类别 kinds of candidates", default=list)
    capacity = models.PositiveIntegerField("每处容量 capacity of each site", null=True)
    seed = models.PositiveIntegerField("种子 seed")
    ground = models.ForeignKey(Ground, models.PROTECT, related_name="+", null=True, verbose_name="选址底数 ground")
    run_id = models.UUIDField("得出结果的计算 run that found it", null=True)
    found = models.JSONField("结果 what was found", null=True)
    """The sites by number, value, bound, rounds and curve; none before the first answer."""
    chosen = models.JSONField("选定点位 chosen sites", default=list)
    """Candidates by number: as found, or as somebody moved them by hand."""
    organisation_code = models.CharField("机构 organisation", max_length=32)
    post_id = models.CharField("岗位 post", max_length=36, blank=True)
    asked_at = models.DateTimeField("提出时间 asked at")
    found_at = models.DateTimeField("得出时间 found at", null=True)
    chosen_at = models.DateTimeField("选定时间 moved by hand at", null=True)
    published_at = models.DateTimeField("公布时间 published at", null=True)

    class Meta:
        verbose_name = "选址研究 study of sites"
        constraints = [
            models.CheckConstraint(
                condition=Q(question__in=["median", "centre", "coverage"]), name="study_question_is_known"
            ),
            models.CheckConstraint(condition=Q(demand__in=["households", "cases"]), name="study_demand_is_known"),
            models.CheckConstraint(condition=Q(present__in=["keep", "free", "none"]), name="study_present_is_known"),
            models.CheckConstraint(
                condition=Q(found__isnull=True) | Q(ground__isnull=False, found_at__isnull=False, run_id__isnull=False),
                name="study_answer_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(found_at__isnull=False), name="published_studies_have_an_answer"
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], name="study_by_time")]

    def __str__(self) -> str:
        return self.title
