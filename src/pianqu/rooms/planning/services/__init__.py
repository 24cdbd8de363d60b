"""The verbs of planning."""

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
    study_faults,
)

__all__ = [
    "MOST_SITES",
    "SEED",
    "SITING",
    "Found",
    "NewGround",
    "StudyAsk",
    "ask_run",
    "ask_study",
    "ask_study_again",
    "choose_sites",
    "end_run",
    "forget_study",
    "keep_ground",
    "keep_study",
    "publish_study",
    "stop_run",
    "study_faults",
]
