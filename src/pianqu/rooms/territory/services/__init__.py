"""The verbs of territory."""

from pianqu.rooms.territory.services.grids import (
    NewCell,
    NewCluster,
    NewEntry,
    NewPerson,
    adopt_grid,
    cell_faults,
    set_entry_list,
    staff_cell,
)
from pianqu.rooms.territory.services.places import LEVELS, NewLandmark, NewPlace, add_landmarks, add_places
from pianqu.rooms.territory.services.points import (
    AHEAD,
    NewPoint,
    add_room,
    book_room,
    cancel_booking,
    check_point,
    close_point,
    open_points,
    set_hours,
    wrong_hours,
    wrong_time,
)

__all__ = [
    "AHEAD",
    "LEVELS",
    "NewCell",
    "NewCluster",
    "NewEntry",
    "NewLandmark",
    "NewPerson",
    "NewPlace",
    "NewPoint",
    "add_landmarks",
    "add_places",
    "add_room",
    "adopt_grid",
    "book_room",
    "cancel_booking",
    "cell_faults",
    "check_point",
    "close_point",
    "open_points",
    "set_entry_list",
    "set_hours",
    "staff_cell",
    "wrong_hours",
    "wrong_time",
]
