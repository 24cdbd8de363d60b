"""The verbs of planning."""

from pianqu.rooms.planning.services.changing import Change, change_draft, choose_plan
from pianqu.rooms.planning.services.drafts import start_draft
from pianqu.rooms.planning.services.plans import ask_plan, keep_plan, repair_draft
from pianqu.rooms.planning.services.runs import ask_run, end_run, stop_run
from pianqu.rooms.planning.services.units import fault_told, gathered

__all__ = [
    "Change",
    "ask_plan",
    "ask_run",
    "change_draft",
    "choose_plan",
    "end_run",
    "fault_told",
    "gathered",
    "keep_plan",
    "repair_draft",
    "start_draft",
    "stop_run",
]
