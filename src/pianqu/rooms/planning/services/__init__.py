"""The verbs of planning."""

from pianqu.rooms.planning.services.changing import Change, change_draft, choose_plan
from pianqu.rooms.planning.services.commenting import answer_comment, comment, hide_comment
from pianqu.rooms.planning.services.deciding import adopt_draft, publish_draft, withdraw_draft
from pianqu.rooms.planning.services.departments import (
    NewGrid,
    check_department_grid,
    check_grid_again,
    drop_department_grid,
    put_away_department_grids,
    take_department_grid,
)
from pianqu.rooms.planning.services.drafts import start_draft
from pianqu.rooms.planning.services.merging import (
    MadeMerge,
    MergeWish,
    ask_merge,
    close_all_places,
    close_place,
    keep_merge,
)
from pianqu.rooms.planning.services.plans import ask_plan, keep_plan, repair_draft, stop_plan
from pianqu.rooms.planning.services.runs import ask_run, end_run, stop_run
from pianqu.rooms.planning.services.studies import (
    MOST_SITES,
    SEED,
    SITING,
    Found,
    NewGround,
    StudyAsk,
    ask_study,
    ask_study_again,
    choose_sites,
    forget_study,
    keep_ground,
    keep_study,
    publish_study,
    stop_study,
    study_faults,
)
from pianqu.rooms.planning.services.units import fault_told, gathered

__all__ = [
    "MOST_SITES",
    "SEED",
    "SITING",
    "Change",
    "Found",
    "MadeMerge",
    "MergeWish",
    "NewGrid",
    "NewGround",
    "StudyAsk",
    "adopt_draft",
    "answer_comment",
    "ask_merge",
    "ask_plan",
    "ask_run",
    "ask_study",
    "ask_study_again",
    "change_draft",
    "check_department_grid",
    "check_grid_again",
    "choose_plan",
    "choose_sites",
    "close_all_places",
    "close_place",
    "comment",
    "drop_department_grid",
    "end_run",
    "fault_told",
    "forget_study",
    "gathered",
    "hide_comment",
    "keep_ground",
    "keep_merge",
    "keep_plan",
    "keep_study",
    "publish_draft",
    "publish_study",
    "put_away_department_grids",
    "repair_draft",
    "start_draft",
    "stop_plan",
    "stop_run",
    "stop_study",
    "study_faults",
    "take_department_grid",
    "withdraw_draft",
]
