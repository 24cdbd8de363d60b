"""Where open matters lie in the grid of today, beside the cell of the day on which they came in."""

from django.db import models

from pianqu.rooms.casework.models.cases import Case


class Home(models.Model):
    """Where a matter that was open when a grid came into force lies in it 现属网格. Made from facts by readers.py."""

    derived = True

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="+")
    version_id = models.UUIDField("网格版本 grid version")
    cell_code = models.CharField("现属网格 cell", max_length=24, blank=True)
    cluster_code = models.CharField("现属片区 cluster", max_length=24, blank=True)

    class Meta:
        verbose_name = "现属网格 home"
        indexes = [models.Index(fields=["cell_code"], name="home_by_cell")]

    def __str__(self) -> str:
        return f"{self.case_id} in {self.cell_code}"


class Turn(models.Model):
    """A grid that was adopted and takes over from another one on its day 网格换版. It waits until then. Made by readers.py."""

    derived = True

    version_id = models.UUIDField("网格版本 grid version", primary_key=True, editable=False)
    valid_from = models.DateField("生效日 valid from")

    class Meta:
        verbose_name = "网格换版 turn of the grid"

    def __str__(self) -> str:
        return f"{self.valid_from} {self.version_id}"


class Rehoming(models.Model):
    """How far the open matters were located anew in a version 重新归属进度: those up to `after`, in the order of their ids."""

    version_id = models.UUIDField("网格版本 grid version", primary_key=True, editable=False)
    after = models.UUIDField("已到 reached", null=True)
    cases = models.PositiveIntegerField("件数 matters", default=0)
    done_at = models.DateTimeField("完成时间 done at", null=True)

    class Meta:
        verbose_name = "重新归属 rehoming"

    def __str__(self) -> str:
        return f"{self.cases} in {self.version_id}"


class HomeCount(models.Model):
    """How many open matters went from one cell and cluster to another with a version 归属变动计数. Made by readers.py."""

    derived = True

    version_id = models.UUIDField("网格版本 grid version")
    old_cell = models.CharField("原网格 old cell", max_length=24, blank=True)
    new_cell = models.CharField("现网格 new cell", max_length=24, blank=True)
    old_cluster = models.CharField("原片区 old cluster", max_length=24, blank=True)
    new_cluster = models.CharField("现片区 new cluster", max_length=24, blank=True)
    old_centre = models.CharField("移交中心 centre that handed over", max_length=32, blank=True)
    new_centre = models.CharField("承接中心 centre that took over", max_length=32, blank=True)
    cases = models.PositiveIntegerField("件数 matters")

    class Meta:
        verbose_name = "归属变动计数 count of homes"
        constraints = [
            models.UniqueConstraint(
                fields=["version_id", "old_cell", "new_cell", "old_cluster", "new_cluster", "old_centre", "new_centre"],
                name="one_count_per_way",
            )
        ]

    def __str__(self) -> str:
        return f"{self.cases} from {self.old_cell} to {self.new_cell}"
