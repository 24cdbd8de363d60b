"""How many households there are, and where: the latest roll of buildings."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import Count, Sum

from pianqu.rooms.territory.models import Building, BuildingRoll


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCard:
    """One count of all buildings."""

    roll_id: uuid.UUID
    source: str
    synthetic: bool
    digest: str
    taken_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildingCard:
    """A building with its counts; `population` is None where nobody counted people."""

    code: str
    name: str
    community_code: str
    lon: float
    lat: float
    households: int
    population: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Of one community."""

    buildings: int
    households: int
    population: int | None
    """None where no building of it has a count of people."""


def building_roll(as_of: datetime | None = None) -> RollCard | None:
    """The roll that counts now, or that did at a moment; None before the first one. One statement."""
    rows = BuildingRoll.objects.all() if as_of is None else BuildingRoll.objects.filter(taken_at__lte=as_of)
    row = rows.order_by("-taken_at", "-id").first()
    if row is None:
        return None
    return RollCard(
        roll_id=row.id, source=row.source, synthetic=row.synthetic, digest=row.digest, taken_at=row.taken_at
    )


def buildings() -> tuple[BuildingCard, ...]:
    """All buildings of the latest roll, by code. One statement, and one for the first time."""
    roll = building_roll()
    return buildings_in(roll.roll_id) if roll else ()


@lru_cache(maxsize=1)
def buildings_in(roll_id: uuid.UUID) -> tuple[BuildingCard, ...]:
    """All buildings of one roll, by code. A roll never changes."""
    names = ("code", "name", "community_code", "lon", "lat", "households", "population")
    rows = Building.objects.filter(roll_id=roll_id).order_by("code").values_list(*names)
    return tuple(BuildingCard(**dict(zip(names, row, strict=True))) for row in rows)


def buildings_by_code() -> Mapping[str, BuildingCard]:
    """The same, by code."""
    roll = building_roll()
    return _by_code(roll.roll_id) if roll else {}


@lru_cache(maxsize=1)
def _by_code(roll_id: uuid.UUID) -> Mapping[str, BuildingCard]:
    return {card.code: card for card in buildings_in(roll_id)}


def forget_buildings() -> None:
    """A verb took in a roll."""
    buildings_in.cache_clear()
    _by_code.cache_clear()


def households_by_community() -> dict[str, Counts]:
    """Community code → its counts in the latest roll; communities without a building are missing. Two statements."""
    roll = building_roll()
    if roll is None:
        return {}
    rows = Building.objects.filter(roll_id=roll.roll_id).values("community_code")
    told = rows.annotate(many=Count("id"), homes=Sum("households"), people=Sum("population"))
    return {
        row["community_code"]: Counts(buildings=row["many"], households=row["homes"], population=row["people"])
        for row in told.order_by("community_code")
    }
