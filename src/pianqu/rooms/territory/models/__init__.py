"""Tables of territory: places and names, buildings, the grid and what its changes did, and the four parties of a place."""

from pianqu.rooms.territory.models.buildings import Building, BuildingRoll
from pianqu.rooms.territory.models.changes import CellPart, CommunityMove, GridChange, PeopleMove
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
    "CellPart",
    "CellPerson",
    "Cluster",
    "ClusterCommunity",
    "CommunityMove",
    "EntryItem",
    "Estate",
    "GridCell",
    "GridChange",
    "GridVersion",
    "JointRound",
    "Landmark",
    "OpeningHours",
    "PeopleMove",
    "Place",
    "Promise",
    "Room",
    "RoundParty",
    "ServicePoint",
]
