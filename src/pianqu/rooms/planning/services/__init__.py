"""The verbs of planning."""

from pianqu.rooms.planning.services.departments import (
    NewGrid,
    check_department_grid,
    check_grid_again,
    drop_department_grid,
    put_away_department_grids,
    take_department_grid,
)
from pianqu.rooms.planning.services.merging import (
    MadeMerge,
    MergeWish,
    ask_merge,
    close_all_places,
    close_place,
    keep_merge,
)
from pianqu.rooms.planning.services.runs import ask_run, end_run, stop_run

__all__ = [
    "MadeMerge",
    "MergeWish",
    "NewGrid",
    "ask_merge",
    "ask_run",
    "check_department_grid",
    "check_grid_again",
    "close_all_places",
    "close_place",
    "drop_department_grid",
    "end_run",
    "keep_merge",
    "put_away_department_grids",
    "stop_run",
    "take_department_grid",
]
