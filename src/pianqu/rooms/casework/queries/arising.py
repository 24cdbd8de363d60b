"""Where matters arise, for planning: how many at which place, never which ones."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from pianqu.rooms.casework.lifecycle import State
from pianqu.rooms.casework.models import Case

RASTER = 3
"""Decimals of a degree: about a hundred metres, so that no house is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arisen:
    """So many matters about a spot; without a point where only the community is known."""

    place_code: str
    lon: float | None
    lat: float | None
    matters: int


def arisen(*, since: datetime, until: datetime) -> tuple[Arisen, ...]:
    """Matters received in this time that have a place, without those withdrawn, counted on a raster. One statement."""
    rows = Case.objects.filter(opened_at__gte=since, opened_at__lt=until).exclude(state=State.WITHDRAWN)
    placed = rows.exclude(place_code=None).values_list("place_code", "lon", "lat")
    counted = Counter(
        (code, _on_raster(lon), _on_raster(lat)) for code, lon, lat in placed.iterator(chunk_size=5_000) if code
    )
    return tuple(
        Arisen(place_code=code, lon=lon, lat=lat, matters=many)
        for (code, lon, lat), many in sorted(
            counted.items(), key=lambda one: (one[0][0], one[0][1] or 0, one[0][2] or 0)
        )
    )


def _on_raster(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, RASTER)
