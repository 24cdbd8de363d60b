"""Makes cases by calling the verbs, so that test data is always lawful."""

import uuid
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from PIL import Image

from pianqu.foundation.actor import Actor
from pianqu.foundation.photos import SafePhoto, sanitise
from pianqu.rooms.casework import rules, services
from pianqu.rooms.territory import services as territory
from pianqu.rooms.territory.services import NewPlace

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
COMMUNITY = "330205001001"
OTHER_COMMUNITY = "330205103001"


def resident() -> Actor:
    return Actor(kind="resident", organisation_code=rules.centre_code())


def clerk() -> Actor:
    """A window clerk of the district's centre."""
    return Actor(kind="post", post_id="window-1", organisation_code=rules.centre_code())


def handler(organisation_code: str = "330205-urban") -> Actor:
    """An official of one department."""
    return Actor(kind="post", post_id="handler-1", organisation_code=organisation_code)


def importer(organisation_code: str = "330205-centre") -> Actor:
    return Actor(kind="system", organisation_code=organisation_code)


def opened(**changes: Any) -> services.Opened:
    """A case in 外滩街道, as a resident reports it."""
    given: dict[str, Any] = {
        "actor": resident(),
        "words": "路灯坏了三天，晚上很黑。",
        "category": "roads",
        "place": services.PlaceChoice(community_code=COMMUNITY, landmark="桥头", source="community"),
        "now": NOW,
    }
    return services.open_case(**{**given, **changes})


def resolved(**changes: Any) -> services.Opened:
    case = opened(**changes)
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="灯已换好。", now=NOW)
    return case


def brought_to(state: str) -> uuid.UUID:
    """A case in this state."""
    case = opened() if state in {"opened", "withdrawn"} else resolved()
    if state == "withdrawn":
        services.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    if state == "closed":
        services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    return case.case_id


def photo(colour: str = "teal") -> SafePhoto:
    out = BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return sanitise(out.getvalue())


def small_district() -> None:
    """Two streets with a community each."""
    lines = [
        ("330205001000", "street", "外滩街道", "", 121.55),
        (COMMUNITY, "community", "外滩社区", "330205001000", 121.55),
        ("330205103000", "street", "慈城镇", "", 121.45),
        (OTHER_COMMUNITY, "community", "古县城社区", "330205103000", 121.45),
    ]
    items = [
        NewPlace(code=code, level=level, kind=level, name=name, short_name=name, parent_code=above, lon=lon, lat=29.9)
        for code, level, name, above, lon in lines
    ]
    territory.add_places(actor=importer(), items=items, valid_from=NOW.date(), now=NOW)
