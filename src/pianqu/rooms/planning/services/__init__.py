"""The verbs of planning."""

from pianqu.rooms.planning.services.changing import Change, change_draft, choose_plan
from pianqu.rooms.planning.services.commenting import answer_comment, comment, hide_comment
from pianqu.rooms.planning.services.deciding import adopt_draft, publish_draft, withdraw_draft
from pianqu.rooms.planning.services.drafts import start_draft
from pianqu.rooms.planning.services.plans import ask_plan, keep_plan, repair_draft, stop_plan
from pianqu.rooms.planning.services.runs import ask_run, end_run, stop_run
from pianqu.rooms.planning.services.units import fault_told, gathered

__all__ = [
    "Change",
    "adopt_draft",
    "answer_comment",
    "ask_plan",
    "ask_run",
    "change_draft",
    "choose_plan",
    "comment",
    "end_run",
    "fault_told",
    "gathered",
    "hide_comment",
    "keep_plan",
    "publish_draft",
    "repair_draft",
    "start_draft",
    "stop_plan",
    "stop_run",
    "withdraw_draft",
]
