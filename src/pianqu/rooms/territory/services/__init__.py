"""The verbs of territory."""

from pianqu.rooms.territory.services.grids import (
    NewCell,
    NewCluster,
    NewEntry,
    NewPerson,
    adopt_grid,
    set_entry_list,
    staff_cell,
)
from pianqu.rooms.territory.services.places import LEVELS, NewLandmark, NewPlace, add_landmarks, add_places

__all__ = [
    "LEVELS",
    "NewCell",
    "NewCluster",
    "NewEntry",
    "NewLandmark",
    "NewPerson",
    "NewPlace",
    "add_landmarks",
    "add_places",
    "adopt_grid",
    "set_entry_list",
    "staff_cell",
]
