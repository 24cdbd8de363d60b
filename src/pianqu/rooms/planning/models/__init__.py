"""Tables of planning: units, drafts with their history, comments, runs, studies of sites."""

from pianqu.rooms.planning.models.departments import Closing, DepartmentCell, DepartmentGrid, Merge
from pianqu.rooms.planning.models.drafts import Comment, Draft, DraftChange, PlanOption
from pianqu.rooms.planning.models.runs import Run, RunProgress
from pianqu.rooms.planning.models.studies import Ground, Study
from pianqu.rooms.planning.models.units import UnitSet

__all__ = [
    "Closing",
    "Comment",
    "DepartmentCell",
    "DepartmentGrid",
    "Draft",
    "DraftChange",
    "Ground",
    "Merge",
    "PlanOption",
    "Run",
    "RunProgress",
    "Study",
    "UnitSet",
]
