"""What another grid changed, told by readers.py from the facts of its adoption."""

from django.db import models

from pianqu.rooms.territory.models.grids import GridVersion


class GridChange(models.Model):
    """How a version differs from the one that is in force before it 网格变更. `roll` names the households that counted."""

    derived = True

    version = models.OneToOneField(GridVersion, models.PROTECT, primary_key=True, related_name="+")
    former = models.ForeignKey(GridVersion, models.PROTECT, related_name="+")
    roll_id = models.UUIDField("楼栋户数表 roll of buildings", null=True)
    kept = models.PositiveIntegerField("沿用网格 cells that go on")
    gone = models.PositiveIntegerField("撤销网格 cells that are gone")
    new = models.PositiveIntegerField("新设网格 new cells")
    households = models.PositiveIntegerField("户数 households in old cells")
    moved = models.PositiveIntegerField("变动户数 households in a cell of another code")
    carried_on = models.DateField("人员承接日 day on which people were carried over", null=True)

    class Meta:
        verbose_name = "网格变更 change of the grid"

    def __str__(self) -> str:
        return f"{self.former_id} to {self.version_id}"


class CommunityMove(models.Model):
    """A community that is in another cluster than before 社区调整片区; a code is empty for no cluster."""

    derived = True

    change = models.ForeignKey(GridChange, models.CASCADE, related_name="+")
    community_code = models.CharField("社区代码 community", max_length=12)
    old_code = models.CharField("原片区 old cluster", max_length=24, blank=True)
    new_code = models.CharField("新片区 new cluster", max_length=24, blank=True)
    households = models.PositiveIntegerField("户数 households", null=True)

    class Meta:
        verbose_name = "社区调整 community that moved"
        constraints = [models.UniqueConstraint(fields=["change", "community_code"], name="one_move_per_community")]

    def __str__(self) -> str:
        return f"{self.community_code}: {self.old_code} to {self.new_code}"


class CellPart(models.Model):
    """What of an old cell lies in a new one 网格对照. Cells that go on whole under their code have none."""

    derived = True

    change = models.ForeignKey(GridChange, models.CASCADE, related_name="+")
    old_code = models.CharField("原网格 old cell", max_length=24)
    new_code = models.CharField("新网格 new cell", max_length=24, blank=True)
    households = models.PositiveIntegerField("户数 households")
    share = models.FloatField("占比 share of the old cell")
    by_area = models.BooleanField("按面积 by area")

    class Meta:
        verbose_name = "网格对照 part of a cell"
        constraints = [models.UniqueConstraint(fields=["change", "old_code", "new_code"], name="one_part_per_pair")]

    def __str__(self) -> str:
        return f"{self.old_code} in {self.new_code}"


class PeopleMove(models.Model):
    """How many posts of an old cell work in a new one now 网格力量承接; no new cell where nobody could be carried over."""

    derived = True

    change = models.ForeignKey(GridChange, models.CASCADE, related_name="+")
    old_code = models.CharField("原网格 old cell", max_length=24)
    new_code = models.CharField("新网格 new cell", max_length=24, blank=True)
    posts = models.PositiveSmallIntegerField("岗位数 posts")

    class Meta:
        verbose_name = "网格力量承接 people carried over"
        constraints = [models.UniqueConstraint(fields=["change", "old_code"], name="people_go_to_one_cell")]

    def __str__(self) -> str:
        return f"{self.posts} of {self.old_code} to {self.new_code}"
