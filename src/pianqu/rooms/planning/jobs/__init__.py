"""What the worker does for planning: one long computation after the other."""

from pianqu.rooms.planning.jobs.computing import compute_plans
from pianqu.rooms.planning.jobs.merging import merge_grids
from pianqu.rooms.planning.jobs.running import Executor, Interrupted, Report, run_waiting
from pianqu.rooms.planning.jobs.siting import siting

__all__ = [
    "Executor",
    "Interrupted",
    "Report",
    "compute_plans",
    "merge_grids",
    "run_waiting",
    "siting",
]
