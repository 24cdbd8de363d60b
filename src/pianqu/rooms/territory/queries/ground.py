"""Places and clusters together, for pages that name both: asked in one statement."""

from dataclasses import dataclass
from datetime import date

from pianqu.rooms.territory.queries import grids, places
from pianqu.rooms.territory.queries.grids import ClusterCard
from pianqu.rooms.territory.queries.places import PlaceCard


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a district consists of on a day."""

    places: dict[str, PlaceCard]
    clusters: tuple[ClusterCard, ...]
    """By code; empty before the first grid."""


def ground(*, on: date) -> Ground:
    """Places as of now and the clusters of a day, as they stood some seconds ago or later. One statement at most."""
    known, marks, drawn = places.counted()
    return Ground(places=places.kept(known, marks).places, clusters=grids.clusters_among(drawn, on))
