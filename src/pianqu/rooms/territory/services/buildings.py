"""Buildings and how many households they have: one roll of the whole district at a time."""

import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import canonical
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries, rules
from pianqu.rooms.territory.facts import BuildingsTakenIn
from pianqu.rooms.territory.models import Building, BuildingRoll, Place

CENTIMETRES = 10_000_000
MOST_HOUSEHOLDS = 5_000
"""No building has more households; a file that says so has its columns mixed up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBuilding:
    """A building in WGS 84. `population` is None where nobody counted people."""

    code: str
    name: str
    community_code: str
    lon: float
    lat: float
    households: int
    population: int | None = None


@verb
def take_in_buildings(
    *, actor: Actor, items: Sequence[NewBuilding], source: str, synthetic: bool = False, now: datetime
) -> uuid.UUID:
    """Put a whole roll of buildings in the place of the last one; answers its id. Raises Invalid with the first fault."""
    rules.check_may_adopt_grid(actor)
    if not items:
        raise Invalid("buildings-empty", _("This roll has no building. Nothing was changed."))
    for code, reason in building_faults(items):
        raise Invalid("building-wrong", f"{code}: {reason}")
    roll = BuildingRoll.objects.create(
        id=new_id(), source=source[:80], synthetic=synthetic, digest=_digest(items), taken_at=now
    )
    Building.objects.bulk_create(
        (
            Building(
                id=new_id(),
                roll=roll,
                code=item.code,
                name=item.name[:60],
                community_code=item.community_code,
                lon=item.lon,
                lat=item.lat,
                households=item.households,
                population=item.population,
            )
            for item in items
        ),
        batch_size=500,
    )
    told = BuildingsTakenIn(
        subject=f"buildings:{roll.id}",
        organisation_code=actor.organisation_code,
        roll_id=str(roll.id),
        source="",
        buildings=len(items),
        households=sum(item.households for item in items),
        digest=roll.digest,
    )
    ledger.record([told], actor=actor, now=now)
    queries.forget_buildings()
    return roll.id


def building_faults(items: Sequence[NewBuilding]) -> Iterator[tuple[str, str]]:
    """Every building that a roll would be refused for: its code and why. One statement."""
    communities = set(Place.objects.filter(level="community", valid_to=None).values_list("code", flat=True))
    counts = Counter(item.code for item in items)
    for item in items:
        if reason := _fault(item, communities, counts[item.code]):
            yield item.code, reason


def _fault(item: NewBuilding, communities: set[str], times: int) -> str:
    if not item.code or len(item.code) > 24 or not item.name:
        return _("A building needs a code of at most 24 characters and a name.")
    if times > 1:
        return _("The building %(code)s is there twice.") % {"code": item.code}
    if item.community_code not in communities:
        return _("The community %(code)s is not known.") % {"code": item.community_code}
    if not (-180 <= item.lon <= 180 and -90 <= item.lat <= 90):
        return _("A point has a longitude from -180 to 180 and a latitude from -90 to 90.")
    if not 0 <= item.households <= MOST_HOUSEHOLDS or (item.population is not None and item.population < 0):
        return _("A building has 0 to 5,000 households, and no fewer than no people.")
    return ""


def _digest(items: Sequence[NewBuilding]) -> str:
    told = [
        [
            item.code,
            item.community_code,
            round(item.lon * CENTIMETRES),
            round(item.lat * CENTIMETRES),
            item.households,
            item.population,
        ]
        for item in sorted(items, key=lambda item: item.code)
    ]
    return sha256(canonical.encode(told)).hexdigest()
