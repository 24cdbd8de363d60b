"""Notes among colleagues, and whom they mention. Their words lie with all other notes' (models/cases.py Note)."""

from django.db import models


class ColleagueNote(models.Model):
    """Who wrote an internal note 内部备注, and what became of it: taken back (its words are gone) or struck (they stay)."""

    entry_id = models.UUIDField("条目 entry", primary_key=True, editable=False)
    case = models.ForeignKey("casework.Case", models.PROTECT, related_name="+")
    organisation_code = models.CharField("机构 organisation", max_length=32)
    by_post = models.CharField("书写岗位 post that wrote", max_length=36)
    written_at = models.DateTimeField("书写时间 written at")
    retracted_at = models.DateTimeField("撤回时间 taken back at", null=True)
    struck_at = models.DateTimeField("划去时间 struck at", null=True)

    class Meta:
        verbose_name = "内部备注 note among colleagues"
        indexes = [models.Index(fields=["case"], name="colleague_note_by_case")]

    def __str__(self) -> str:
        return f"note of {self.case_id}"


class Mention(models.Model):
    """A post that a note calls 提到. Whether its holder is done with it is told to nobody else."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    note = models.ForeignKey(ColleagueNote, models.PROTECT, related_name="+")
    case = models.ForeignKey("casework.Case", models.PROTECT, related_name="+")
    post_id = models.CharField("岗位 post", max_length=36)
    at = models.DateTimeField("时间 at")
    done_at = models.DateTimeField("已阅时间 done with at", null=True)

    class Meta:
        verbose_name = "提到 mention"
        constraints = [models.UniqueConstraint(fields=["note", "post_id"], name="one_mention_per_post_and_note")]
        indexes = [models.Index(fields=["post_id", "done_at", "-at"], name="mention_by_post")]

    def __str__(self) -> str:
        return f"mention in {self.note_id}"
