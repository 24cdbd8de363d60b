"""What the worker does for planning: one long computation after the other."""

from pianqu.rooms.planning.jobs.running import Executor, Interrupted, Report, run_waiting
from pianqu.rooms.planning.jobs.siting import siting

__all__ = ["Executor", "Interrupted", "Report", "run_waiting", "siting"]
