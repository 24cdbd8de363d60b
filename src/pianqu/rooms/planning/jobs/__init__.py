"""What the worker does for planning: one long computation after the other."""

from pianqu.rooms.planning.jobs.merging import merge_grids
from pianqu.rooms.planning.jobs.running import Executor, Interrupted, Report, run_waiting

__all__ = ["Executor", "Interrupted", "Report", "merge_grids", "run_waiting"]
