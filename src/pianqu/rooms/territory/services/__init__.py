"""The verbs of territory."""

from pianqu.rooms.territory.services.buildings import MOST_HOUSEHOLDS, NewBuilding, building_faults, take_in_buildings
from pianqu.rooms.territory.services.carrying import carry_people
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
from pianqu.rooms.territory.services.parties import (
    NewEstate,
    end_estate,
    estate_faults,
    set_estates,
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
from pianqu.rooms.territory.services.reverting import LONGEST_REASON, revert_grid
from pianqu.rooms.territory.services.rounds import (
    NewPromise,
    hold_round,
    make_promise,
    tell_promise,
)

__all__ = [
    "AHEAD",
    "LEVELS",
    "LONGEST_REASON",
    "MOST_HOUSEHOLDS",
    "NewBuilding",
    "NewCell",
    "NewCluster",
    "NewEntry",
    "NewEstate",
    "NewLandmark",
    "NewPerson",
    "NewPlace",
    "NewPoint",
    "NewPromise",
    "add_landmarks",
    "add_places",
    "add_room",
    "adopt_grid",
    "book_room",
    "building_faults",
    "cancel_booking",
    "carry_people",
    "cell_faults",
    "check_point",
    "close_point",
    "end_estate",
    "estate_faults",
    "hold_round",
    "make_promise",
    "open_points",
    "revert_grid",
    "set_entry_list",
    "set_estates",
    "set_hours",
    "staff_cell",
    "take_in_buildings",
    "tell_promise",
    "wrong_hours",
    "wrong_time",
]
