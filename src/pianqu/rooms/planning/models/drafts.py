"""Tables of drafts: the plan on which people work, its history, plans that were computed, what was said of it."""

from django.db import models
from django.db.models import Q


class Draft(models.Model):
    """A plan of clusters or cells on which people work 规划草案, until it is adopted or withdrawn."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    title = models.CharField("名称 title", max_length=60)
    level = models.CharField("层级 level", max_length=12)
    units = models.ForeignKey("planning.UnitSet", models.PROTECT, related_name="+", verbose_name="规划单元 units")
    state = models.CharField("状态 state", max_length=12)
    settings = models.JSONField("设置 settings")
    """How many clusters, tolerance, weights, seed: as `queries.settings` reads them."""
    part = models.JSONField("划分 part")
    """Each unit's cluster by number; −1 for none yet."""
    names = models.JSONField("名称 names")
    """By cluster: {"code", "name", "centre_code"}."""
    locks = models.JSONField("锁定 locks", default=list)
    """Units that stay where they are."""
    centres = models.JSONField("中心 centres", default=list)
    """By cluster the unit in which its centre is; −1 for none."""
    revision = models.PositiveIntegerField("修订 revision", default=0)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    grid_version_id = models.UUIDField("起始网格版本 grid it began from", null=True)
    started_at = models.DateTimeField("开始时间 started at")
    changed_at = models.DateTimeField("改动时间 changed at")
    changed_by_post = models.CharField("改动岗位 post that changed it", max_length=36, blank=True)
    published_at = models.DateTimeField("公布时间 published at", null=True)
    comments_until = models.DateField("意见截止 comments until", null=True)
    unasked = models.TextField("不征求意见的理由 why nobody was asked", blank=True)
    unasked_salt = models.BinaryField("盐 salt", max_length=32, default=b"")
    published_revision = models.PositiveIntegerField("公布时的修订 revision that was published", null=True)
    reason = models.TextField("超出允许偏差的理由 why it may be beyond the tolerance", blank=True)
    reason_salt = models.BinaryField("盐 salt", max_length=32, default=b"")
    decided_at = models.DateTimeField("决定时间 decided at", null=True)
    valid_from = models.DateField("生效日 valid from", null=True)
    version_id = models.UUIDField("网格版本 grid that was adopted", null=True)

    class Meta:
        verbose_name = "规划草案 draft"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["editing", "published", "adopted", "withdrawn"]), name="draft_state_is_known"
            ),
            models.CheckConstraint(condition=Q(level__in=["clusters", "cells"]), name="draft_level_is_known"),
            models.CheckConstraint(
                condition=Q(state="adopted", version_id__isnull=False) | ~Q(state="adopted") & Q(version_id=None),
                name="adopted_drafts_have_a_grid",
            ),
        ]
        indexes = [models.Index(fields=["state", "changed_at"], name="draft_by_state")]

    def __str__(self) -> str:
        return self.title


class DraftChange(models.Model):
    """One change of a draft 草案改动: what was moved, by whom, and what the plan was afterwards."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    draft = models.ForeignKey(Draft, models.PROTECT, related_name="+", verbose_name="规划草案 draft")
    number = models.PositiveIntegerField("修订 revision")
    kind = models.CharField("类别 kind", max_length=12)
    moves = models.JSONField("移动 moves", default=list)
    """[[unit, from, to], …]"""
    detail = models.JSONField("内容 detail", default=dict)
    """What else changed, before and after, so that it can be taken back."""
    digest = models.CharField("划分摘要 digest of the plan", max_length=64)
    post_id = models.CharField("岗位 post", max_length=36, blank=True)
    made_at = models.DateTimeField("时间 made at")

    class Meta:
        verbose_name = "草案改动 change of a draft"
        constraints = [models.UniqueConstraint(fields=["draft", "number"], name="one_change_per_revision")]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"


class PlanOption(models.Model):
    """A plan that was computed for a draft 备选方案, with all that it takes to compute it again."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    draft = models.ForeignKey(Draft, models.PROTECT, related_name="+", verbose_name="规划草案 draft")
    run = models.ForeignKey("planning.Run", models.PROTECT, related_name="+", verbose_name="计算 run")
    number = models.PositiveSmallIntegerField("序号 number")
    """The place of its setting in the run."""
    task = models.JSONField("要求 task")
    part = models.JSONField("划分 part")
    figures = models.JSONField("数值 figures")
    digest = models.CharField("划分摘要 digest of the plan", max_length=64)
    entry_id = models.UUIDField("账本条目 entry of the ledger", null=True)
    made_at = models.DateTimeField("时间 made at")

    class Meta:
        verbose_name = "备选方案 computed plan"
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_plan_per_setting")]
        indexes = [models.Index(fields=["draft", "made_at"], name="plan_by_draft")]

    def __str__(self) -> str:
        return f"{self.number} {self.digest[:12]}"


class Comment(models.Model):
    """What a resident or an official says of a published draft 意见. Words stay here; the ledger has their commitment."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    draft = models.ForeignKey(Draft, models.PROTECT, related_name="+", verbose_name="规划草案 draft")
    words = models.TextField("意见 words")
    salt = models.BinaryField("盐 salt", max_length=32)
    kind = models.CharField("谁 who", max_length=12)
    organisation_code = models.CharField("机构 organisation", max_length=32)
    """The official's; of a resident the one that received it."""
    post_id = models.CharField("岗位 post", max_length=36, blank=True)
    revision = models.PositiveIntegerField("所评修订 revision it speaks of", default=0)
    unit = models.CharField("所指单元 unit it is about", max_length=40, blank=True)
    answer = models.TextField("答复 answer", blank=True)
    answered_at = models.DateTimeField("答复时间 answered at", null=True)
    hidden = models.CharField("不公开理由 why it is not shown", max_length=24, blank=True)
    made_at = models.DateTimeField("时间 made at")

    class Meta:
        verbose_name = "意见 comment"
        constraints = [models.CheckConstraint(condition=Q(kind__in=["resident", "post"]), name="comment_kind_is_known")]
        indexes = [models.Index(fields=["draft", "made_at"], name="comment_by_draft")]

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%Y-%m-%d}"
