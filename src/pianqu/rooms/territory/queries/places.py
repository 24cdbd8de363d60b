"""Places and names. What hardly changes (places, names, outlines) is kept in the process until a verb changes it."""

import math
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.db import fetch
from pianqu.foundation.errors import Absent
from pianqu.foundation.fresh import Fresh
from pianqu.kernels.gazetteer import Found, Locator, Named, Outlined, rings_of
from pianqu.kernels.gazetteer import find as find_names
from pianqu.rooms.territory import sql
from pianqu.rooms.territory.models import Landmark, Place


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceCard:
    """A street, town, community or village."""

    code: str
    level: str
    name: str
    short_name: str
    name_en: str
    parent_code: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetChoice:
    """A street or town with its communities, as a form offers them."""

    street: PlaceCard
    communities: tuple[PlaceCard, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place or landmark that was found by name."""

    name: str
    detail: str
    community_code: str
    lon: float | None
    lat: float | None
    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LandmarkCard:
    """A name by which people say where something is, with its point."""

    landmark_id: uuid.UUID
    name: str
    kind: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """The community of a point. Methods: outline, nearest, outside (too far from every community)."""

    community: PlaceCard
    street: PlaceCard | None
    method: str
    distance_m: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What a code and a point mean together. `trouble` is empty, or why they cannot be: unknown, swapped, outside."""

    place: PlaceCard | None = None
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Bounds:
    """West, south, east, north in degrees."""

    west: float
    south: float
    east: float
    north: float

    def hold(self, lon: float, lat: float) -> bool:
        return self.west <= lon <= self.east and self.south <= lat <= self.north


@dataclass(frozen=True, slots=True)
class _Atlas:
    places: dict[str, PlaceCard]
    names: tuple[Named, ...]
    landmarks: dict[str, tuple[str, str, float, float]]
    locator: Locator
    bounds: Bounds | None


def forget_places() -> None:
    """Read places anew at the next question: a verb changed them."""
    kept.cache_clear()
    map_layers.cache_clear()
    counted.forget()


def _count() -> tuple[int, int, int]:
    places, landmarks, versions = fetch(sql.how_many())[0]
    return places, landmarks, versions


counted = Fresh(_count)
"""Numbers of places, names and versions of the grid, some seconds old at most: other processes add too."""


def _atlas() -> _Atlas:
    """What is kept, as long as the number of places and names is the same in the database."""
    return kept(*counted()[:2])


@lru_cache(maxsize=1)
def kept(_places: int, _landmarks: int) -> _Atlas:
    """Everything known of places, read once for these numbers of places and landmarks."""
    rows = list(Place.objects.filter(valid_to=None).order_by("code"))
    places = {row.code: _card(row) for row in rows}
    outlined = [
        Outlined(key=row.code, lon=row.lon, lat=row.lat, rings=rings_of(row.outline))
        for row in rows
        if row.level == "community" and row.lon is not None and row.lat is not None
    ]
    marks = {f"mark:{m.id}": (m.name, m.kind, m.lon, m.lat) for m in Landmark.objects.order_by("name")}
    names = [
        Named(
            key=c.code,
            names=tuple(n for n in (c.short_name, c.name, c.name_en) if n),
            rank=0 if c.level == "street" else 1,
        )
        for c in places.values()
        if c.level != "district"
    ]
    names += [Named(key=key, names=(mark[0],), rank=2) for key, mark in marks.items()]
    return _Atlas(places, tuple(names), marks, Locator(outlined), _bounds(outlined))


def _card(row: Place) -> PlaceCard:
    return PlaceCard(
        code=row.code,
        level=row.level,
        name=row.name,
        short_name=row.short_name,
        name_en=row.name_en,
        parent_code=row.parent_code,
        lon=row.lon,
        lat=row.lat,
    )


def _bounds(outlined: list[Outlined]) -> Bounds | None:
    points = [(p.lon, p.lat) for p in outlined] + [point for p in outlined for ring in p.rings for point in ring]
    if not points:
        return None
    lons, lats = [x for x, _ in points], [y for _, y in points]
    return Bounds(min(lons), min(lats), max(lons), max(lats))


def place(code: str) -> PlaceCard:
    """Raises Absent for an unknown code."""
    found = _atlas().places.get(code)
    if found is None:
        raise Absent("place-absent", _("There is no such place."))
    return found


def places() -> dict[str, PlaceCard]:
    """All places by code."""
    return _atlas().places


def bounds() -> Bounds | None:
    """The box around everything that is known; None in an empty installation."""
    return _atlas().bounds


def community_choices() -> tuple[StreetChoice, ...]:
    """Streets and towns with their communities, by code."""
    known = _atlas().places.values()
    return tuple(
        StreetChoice(street=street, communities=tuple(c for c in known if c.parent_code == street.code))
        for street in known
        if street.level == "street"
    )


def find(words: str, *, limit: int = 8) -> tuple[Hit, ...]:
    """Places and landmarks by what people call them, best first."""
    atlas = _atlas()
    return tuple(_hit(atlas, key) for key in find_names(words[:60], atlas.names, limit=limit))


def _hit(atlas: _Atlas, key: str) -> Hit:
    if key in atlas.places:
        card = atlas.places[key]
        above = atlas.places.get(card.parent_code)
        return Hit(
            name=card.name,
            detail=above.name if above else "",
            community_code=card.code if card.level == "community" else "",
            lon=card.lon,
            lat=card.lat,
            kind=card.level,
        )
    name, kind, lon, lat = atlas.landmarks[key]
    there = atlas.locator.locate(lon, lat)
    near = atlas.places[there.key] if there and there.method != "outside" else None
    return Hit(
        name=name,
        detail=near.name if near else "",
        community_code=near.code if near else "",
        lon=lon,
        lat=lat,
        kind=kind,
    )


def locate(lon: float, lat: float) -> Located | None:
    """The community of a point; None for numbers that are no point, or in an empty installation."""
    atlas = _atlas()
    found: Found | None = atlas.locator.locate(lon, lat)
    if found is None:
        return None
    community = atlas.places[found.key]
    return Located(
        community=community,
        street=atlas.places.get(community.parent_code),
        method=found.method,
        distance_m=found.distance_m,
    )


def placing(*, code: str | None, lon: float | None, lat: float | None) -> Placing:
    """The place that is meant by a code, or else by a point; in one statement at most. An empty installation knows no code."""
    atlas = _atlas()
    if code and code not in atlas.places:
        counted.forget()  # another process may have added it a moment ago
        atlas = _atlas()
    if code and code not in atlas.places:
        return Placing(trouble="unknown")
    found = atlas.locator.locate(lon, lat) if lon is not None and lat is not None else None
    if found is not None and found.method == "outside" and lon is not None and lat is not None:
        box = atlas.bounds
        return Placing(trouble="swapped" if box and box.hold(lat, lon) else "outside")
    key = code or (found.key if found else "")
    return Placing(place=atlas.places.get(key))


def landmarks(*, source: str) -> tuple[LandmarkCard, ...]:
    """The landmarks of one source, by kind and name. One statement."""
    names = ("id", "name", "kind", "lon", "lat")
    rows = Landmark.objects.filter(source=source).order_by("kind", "name", "id").values_list(*names)
    return tuple(
        LandmarkCard(landmark_id=one, name=name, kind=kind, lon=lon, lat=lat) for one, name, kind, lon, lat in rows
    )


def looks_swapped(lon: float, lat: float) -> bool:
    """Whether the two numbers would be a point of this district the other way round."""
    box = bounds()
    if box is None or not (math.isfinite(lon) and math.isfinite(lat)):
        return False
    return not box.hold(lon, lat) and box.hold(lat, lon)


def outlines() -> dict[str, Any]:
    """Code → outline (GeoJSON, WGS 84) of the communities that have one. One statement."""
    rows = Place.objects.filter(level="community", valid_to=None).exclude(outline=None)
    return dict(rows.values_list("code", "outline"))


@lru_cache(maxsize=1)
def map_layers() -> dict[str, Any]:
    """GeoJSON of everything that a map draws: outlines (synthetic ones say so) and names."""
    shapes = [
        _feature(row.outline, name=row.short_name, code=row.code, level=row.level, synthetic=True)
        for row in Place.objects.exclude(outline=None).order_by("-level", "code")
    ]
    marks = [
        _feature({"type": "Point", "coordinates": [m.lon, m.lat]}, name=m.name, level="landmark", kind=m.kind)
        for m in Landmark.objects.order_by("name")
    ]
    return {"type": "FeatureCollection", "features": shapes + marks}


def _feature(geometry: Any, **properties: object) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}
