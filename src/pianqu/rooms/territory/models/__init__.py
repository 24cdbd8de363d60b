"""Tables of territory: places and names, buildings, the grid, and the four parties of a place."""

from pianqu.rooms.territory.models.buildings import Building, BuildingRoll
from pianqu.rooms.territory.models.grids import (
    CellPerson,
    Cluster,
    ClusterCommunity,
    EntryItem,
    GridCell,
    GridVersion,
)
from pianqu.rooms.territory.models.parties import Estate, JointRound, Promise, RoundParty
from pianqu.rooms.territory.models.places import Landmark, Place
from pianqu.rooms.territory.models.points import Booking, OpeningHours, Room, ServicePoint

__all__ = [
    "Booking",
    "Building",
    "BuildingRoll",
    "CellPerson",
    "Cluster",
    "ClusterCommunity",
    "EntryItem",
    "Estate",
    "GridCell",
    "GridVersion",
    "JointRound",
    "Landmark",
    "OpeningHours",
    "Place",
    "Promise",
    "Room",
    "RoundParty",
    "ServicePoint",
]
