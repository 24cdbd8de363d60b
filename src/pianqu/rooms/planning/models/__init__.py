"""Tables of planning: departments' grids and their merges, units, drafts, plans that were computed, comments, runs."""

from pianqu.rooms.planning.models.departments import Closing, DepartmentCell, DepartmentGrid, Merge
from pianqu.rooms.planning.models.drafts import Comment, Draft, DraftChange, PlanOption
from pianqu.rooms.planning.models.runs import Run, RunProgress
from pianqu.rooms.planning.models.units import UnitSet

__all__ = [
    "Closing",
    "Comment",
    "DepartmentCell",
    "DepartmentGrid",
    "Draft",
    "DraftChange",
    "Merge",
    "PlanOption",
    "Run",
    "RunProgress",
    "UnitSet",
]
