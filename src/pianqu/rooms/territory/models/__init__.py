"""Tables of territory: places and names."""

from pianqu.rooms.territory.models.places import Landmark, Place

__all__ = ["Landmark", "Place"]
