"""Tables of planning: units, drafts, plans that were computed, comments, runs."""

from pianqu.rooms.planning.models.drafts import Comment, Draft, DraftChange, PlanOption
from pianqu.rooms.planning.models.runs import Run, RunProgress
from pianqu.rooms.planning.models.units import UnitSet

__all__ = ["Comment", "Draft", "DraftChange", "PlanOption", "Run", "RunProgress", "UnitSet"]
