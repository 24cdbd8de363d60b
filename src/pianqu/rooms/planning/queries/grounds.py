"""What a study of sites counts on: candidates and present points, and what was laid down of them with the demand."""

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.rooms.planning.models import Ground
from pianqu.rooms.territory import queries as territory

SOURCE = "openstreetmap"
FACILITIES = ("school", "hospital", "commercial")
PLACE, POINT = "community", "point"
CANDIDATE_KINDS = (*FACILITIES, PLACE)
"""Kinds of candidates that a study can ask for, besides present points."""
KEEP, FREE, NONE = "keep", "free", "none"
PRESENT_SITES = (KEEP, FREE, NONE)
"""What becomes of present points: they stay, they may be closed, they are not looked at."""
DEGREE = 10_000_000
"""Parts of a degree in the ground: centimetres, so that it holds whole numbers only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Where a site could be, or is."""

    code: str
    kind: str
    """school, hospital, commercial, community (its middle), or the kind of a present service point."""
    name: str
    name_en: str
    lon: float
    lat: float
    community_code: str
    state: str
    """candidate, free (there now, may be closed), keep (there now, stays)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundCard:
    """Demand points and candidates as they were laid down."""

    ground_id: uuid.UUID
    digest: str
    communities: tuple[str, ...]
    points: tuple[tuple[float, float], ...]
    weights: tuple[int, ...]
    groups: tuple[int, ...]
    """Of each point the number of its community."""
    candidates: tuple[Candidate, ...]
    is_grouped: bool
    """Buildings within about a hundred metres stand as one point."""
    since: date | None
    until: date | None
    """Of matters: from which day to which."""

    @property
    def kept(self) -> tuple[int, ...]:
        return tuple(number for number, one in enumerate(self.candidates) if one.state == KEEP)

    @property
    def total(self) -> int:
        return sum(self.weights)


def candidates(*, kinds: Sequence[str], present: str, point_kind: str, on: date) -> tuple[Candidate, ...]:
    """Present points first, then facilities and middles of communities. Two statements, and one for the first time."""
    found = [] if present == NONE else _points(present, point_kind, on)
    marks = territory.landmarks(source=SOURCE) if set(kinds) & set(FACILITIES) else ()
    found += [
        Candidate(
            code=f"osm-{mark.landmark_id}",
            kind=mark.kind,
            name=mark.name,
            name_en="",
            lon=mark.lon,
            lat=mark.lat,
            community_code=near,
            state="candidate",
        )
        for mark in marks
        if mark.kind in kinds and (near := community_at(mark.lon, mark.lat))
    ]
    return tuple(found + (_middles() if PLACE in kinds else []))


def _points(present: str, point_kind: str, on: date) -> list[Candidate]:
    return [
        Candidate(
            code=card.code,
            kind=card.kind,
            name=card.name,
            name_en=card.name_en,
            lon=card.lon,
            lat=card.lat,
            community_code=community_at(card.lon, card.lat),
            state=present,
        )
        for card in territory.points(on=on, kind=point_kind)
        if card.lon is not None and card.lat is not None
    ]


def _middles() -> list[Candidate]:
    return [
        Candidate(
            code=card.code,
            kind=PLACE,
            name=card.short_name,
            name_en=card.name_en,
            lon=card.lon,
            lat=card.lat,
            community_code=card.code,
            state="candidate",
        )
        for card in territory.places().values()
        if card.level == "community" and card.lon is not None and card.lat is not None
    ]


def community_at(lon: float, lat: float) -> str:
    """The community in which a point lies; empty beyond the district."""
    there = territory.locate(lon, lat)
    return there.community.code if there and there.method != "outside" else ""


def ground(ground_id: uuid.UUID) -> GroundCard:
    """Raises Absent for one that is not there. One statement the first time: it never changes."""
    return _ground(ground_id)


@lru_cache(maxsize=8)
def _ground(ground_id: uuid.UUID) -> GroundCard:
    row = Ground.objects.filter(id=ground_id).first()
    if row is None:
        raise Absent("ground-absent", _("There is no such ground of a study."))
    told: dict[str, Any] = json.loads(row.content)
    return GroundCard(
        ground_id=row.id,
        digest=row.digest,
        communities=tuple(told["communities"]),
        points=tuple((lon / DEGREE, lat / DEGREE) for lon, lat, _weight, _group in told["points"]),
        weights=tuple(weight for _lon, _lat, weight, _group in told["points"]),
        groups=tuple(group for _lon, _lat, _weight, group in told["points"]),
        candidates=tuple(_candidate(one) for one in told["candidates"]),
        is_grouped=told["grouped"],
        since=date.fromisoformat(told["since"]) if told["since"] else None,
        until=date.fromisoformat(told["until"]) if told["until"] else None,
    )


def _candidate(told: dict[str, Any]) -> Candidate:
    return Candidate(**{**told, "lon": told["lon"] / DEGREE, "lat": told["lat"] / DEGREE})


def ground_text(ground_id: uuid.UUID) -> str:
    """What was laid down, as its digest was taken of it. Raises Absent. One statement."""
    found = Ground.objects.filter(id=ground_id).values_list("content", flat=True).first()
    if found is None:
        raise Absent("ground-absent", _("There is no such ground of a study."))
    return found
