"""Questions to territory. Answers are frozen cards of plain values."""

from pianqu.rooms.territory.queries.places import (
    Bounds,
    Hit,
    Located,
    PlaceCard,
    Placing,
    StreetChoice,
    bounds,
    community_choices,
    find,
    forget_places,
    locate,
    looks_swapped,
    map_layers,
    place,
    places,
    placing,
)

__all__ = [
    "Bounds",
    "Hit",
    "Located",
    "PlaceCard",
    "Placing",
    "StreetChoice",
    "bounds",
    "community_choices",
    "find",
    "forget_places",
    "locate",
    "looks_swapped",
    "map_layers",
    "place",
    "places",
    "placing",
]
