"""Tables of territory: places and names, and the grid."""

from pianqu.rooms.territory.models.grids import (
    CellPerson,
    Cluster,
    ClusterCommunity,
    EntryItem,
    GridCell,
    GridVersion,
)
from pianqu.rooms.territory.models.places import Landmark, Place

__all__ = ["CellPerson", "Cluster", "ClusterCommunity", "EntryItem", "GridCell", "GridVersion", "Landmark", "Place"]
