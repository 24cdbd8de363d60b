"""Tables of planning: units, drafts with their history, comments, runs, studies of sites."""

from pianqu.rooms.planning.models.drafts import Comment, Draft, DraftChange, PlanOption
from pianqu.rooms.planning.models.runs import Run, RunProgress
from pianqu.rooms.planning.models.studies import Ground, Study
from pianqu.rooms.planning.models.units import UnitSet

__all__ = ["Comment", "Draft", "DraftChange", "Ground", "PlanOption", "Run", "RunProgress", "Study", "UnitSet"]
