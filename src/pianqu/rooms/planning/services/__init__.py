"""The verbs of planning."""

from pianqu.rooms.planning.services.runs import ask_run, end_run, stop_run

__all__ = ["ask_run", "end_run", "stop_run"]
