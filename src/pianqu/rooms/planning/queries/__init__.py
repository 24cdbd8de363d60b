"""Questions to planning. Answers are frozen cards of plain values."""

from pianqu.rooms.planning.queries.runs import (
    DONE,
    ENDED,
    FAILED,
    STOPPED,
    STOPPING,
    WAITS,
    RunCard,
    RunWork,
    is_wanted,
    latest_run,
    next_runs,
    run_card,
)
from pianqu.rooms.planning.rules import may_decide, may_plan

__all__ = [
    "DONE",
    "ENDED",
    "FAILED",
    "STOPPED",
    "STOPPING",
    "WAITS",
    "RunCard",
    "RunWork",
    "is_wanted",
    "latest_run",
    "may_decide",
    "may_plan",
    "next_runs",
    "run_card",
]
