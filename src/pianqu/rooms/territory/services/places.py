"""Places with their statistical codes, and the names of the gazetteer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries, rules
from pianqu.rooms.territory.facts import LandmarksAdded, PlaceAdded
from pianqu.rooms.territory.models import Landmark, Place

LEVELS = ("district", "street", "community")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlace:
    """What has to be said of a place. `outline` is a GeoJSON geometry in WGS 84, longitude first."""

    code: str
    level: str
    kind: str
    name: str
    short_name: str
    name_en: str = ""
    parent_code: str = ""
    lon: float | None = None
    lat: float | None = None
    point_source: str = "synthetic"
    outline: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLandmark:
    """A name with its point in WGS 84."""

    name: str
    kind: str
    lon: float
    lat: float


@verb
def add_places(*, actor: Actor, items: Sequence[NewPlace], valid_from: date, now: datetime) -> int:
    """Add those that are not there yet; answers how many. Raises Invalid for a wrong code, level or orphan."""
    rules.check_may_change_places(actor)
    known = set(Place.objects.values_list("code", flat=True))
    fresh = [item for item in items if item.code not in known]
    _check(fresh, known | {item.code for item in fresh})
    Place.objects.bulk_create(_row(item, valid_from) for item in fresh)
    told = [
        PlaceAdded(
            subject=f"place:{item.code}",
            organisation_code=actor.organisation_code,
            code=item.code,
            level=item.level,
            parent_code=item.parent_code,
            valid_from=valid_from.isoformat(),
        )
        for item in fresh
    ]
    ledger.record(told, actor=actor, now=now)
    queries.forget_places()
    return len(fresh)


def _check(items: Sequence[NewPlace], codes: set[str]) -> None:
    for item in items:
        if len(item.code) != 12 or not item.code.isdigit() or item.level not in LEVELS:
            raise Invalid("place-code", _("%(code)s is not a statistical code of 12 digits.") % {"code": item.code})
        if item.parent_code and item.parent_code not in codes:
            raise Invalid("place-orphan", _("%(code)s has an unknown parent.") % {"code": item.code})


def _row(item: NewPlace, valid_from: date) -> Place:
    return Place(
        id=new_id(),
        code=item.code,
        level=item.level,
        kind=item.kind,
        name=item.name,
        short_name=item.short_name,
        name_en=item.name_en,
        parent_code=item.parent_code,
        lon=item.lon,
        lat=item.lat,
        point_source=item.point_source,
        outline=item.outline,
        valid_from=valid_from,
    )


@verb
def add_landmarks(*, actor: Actor, items: Sequence[NewLandmark], source: str, now: datetime) -> int:
    """Add names to the gazetteer; answers how many were new."""
    rules.check_may_change_places(actor)
    known = set(Landmark.objects.values_list("name", "lon", "lat"))
    fresh = [item for item in items if (item.name, item.lon, item.lat) not in known]
    Landmark.objects.bulk_create(
        Landmark(id=new_id(), name=item.name, kind=item.kind, lon=item.lon, lat=item.lat, source=source)
        for item in fresh
    )
    told = LandmarksAdded(
        subject=f"gazetteer:{source}", organisation_code=actor.organisation_code, source=source, count=len(fresh)
    )
    ledger.record([told], actor=actor, now=now)
    queries.forget_places()
    return len(fresh)
