"""Tables for matters that are the same: by what they are found, what is said of them in public, and answers to many at once."""

from django.db import models
from django.db.models import Q

from pianqu.rooms.casework.models.cases import Case


class Likeness(models.Model):
    """An open matter that can be found as like another one 相似索引. Made from the words; gone when the matter has ended."""

    id = models.BigAutoField("行号 row", primary_key=True)
    case = models.OneToOneField(Case, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "相似索引 likeness"

    def __str__(self) -> str:
        return str(self.case_id)


class LikenessKey(models.Model):
    """One pair of characters of such a matter, as a number (kernels/likeness.py: keys)."""

    id = models.BigAutoField("行号 row", primary_key=True)
    key = models.IntegerField("键 key")
    likeness = models.ForeignKey(Likeness, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = "相似键 key of a likeness"
        indexes = [models.Index(fields=["key", "likeness"], name="likeness_by_key")]

    def __str__(self) -> str:
        return f"{self.key} of {self.likeness_id}"


class PublicTitle(models.Model):
    """What staff let everybody read of a matter 公开标题. Without one nobody else reads a word of it."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="+")
    title = models.CharField("标题 title", max_length=60)
    salt = models.BinaryField("盐 salt", max_length=32)
    by_post = models.CharField("公开岗位 post that released it", max_length=36, blank=True)
    released_at = models.DateTimeField("公开时间 released at")

    class Meta:
        verbose_name = "公开标题 public title"

    def __str__(self) -> str:
        return self.title


class Succession(models.Model):
    """A matter of its own that continues one that had ended before somebody could join it 续办."""

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="+")
    earlier = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name="前件 earlier matter")

    class Meta:
        verbose_name = "续办 succession"

    def __str__(self) -> str:
        return f"{self.case_id} after {self.earlier_id}"


class JointAnswer(models.Model):
    """One answer for all who joined a matter 并单答复; the worker carries it to each in turn."""

    id = models.UUIDField("编号 id", primary_key=True, editable=False)
    parent = models.ForeignKey(Case, models.PROTECT, related_name="+", verbose_name="主件 parent")
    reply = models.TextField("答复 reply")
    salt = models.BinaryField("盐 salt", max_length=32)
    organisation_code = models.CharField("答复机构 organisation", max_length=32)
    by_post = models.CharField("答复岗位 post", max_length=36, blank=True)
    asked_at = models.DateTimeField("提出时间 asked at")
    answered = models.PositiveIntegerField("已答复 answered", default=0)
    done_at = models.DateTimeField("完成时间 done at", null=True)

    class Meta:
        verbose_name = "并单答复 joint answer"
        constraints = [
            models.UniqueConstraint(fields=["parent"], condition=Q(done_at=None), name="one_joint_answer_at_a_time")
        ]
        indexes = [models.Index(fields=["asked_at"], name="joint_answer_open", condition=Q(done_at=None))]

    def __str__(self) -> str:
        return f"answer to who joined {self.parent_id}"
