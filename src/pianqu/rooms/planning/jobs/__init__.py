"""What the worker does for planning: one long computation after the other."""

from pianqu.rooms.planning.jobs.computing import compute_plans
from pianqu.rooms.planning.jobs.running import Executor, Interrupted, Report, run_waiting

__all__ = ["Executor", "Interrupted", "Report", "compute_plans", "run_waiting"]
