"""Makes cases by calling the verbs, so that test data is always lawful."""

import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any

from PIL import Image

from pianqu.foundation.actor import Actor
from pianqu.foundation.photos import SafePhoto, sanitise
from pianqu.rooms.casework import rules, services
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.territory import services as territory
from pianqu.rooms.territory.services import NewPlace

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
COMMUNITY = "330205001001"
OTHER_COMMUNITY = "330205103001"


def resident() -> Actor:
    return Actor(kind="resident", organisation_code=rules.centre_code())


def post_of(name: str) -> str:
    """The same id for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def clerk() -> Actor:
    """A window clerk of the district's centre."""
    return Actor(kind="post", post_id=post_of("window-1"), organisation_code=rules.centre_code())


def handler(organisation_code: str = "330205-urban") -> Actor:
    """An official of one department."""
    return Actor(kind="post", post_id=post_of("handler-1"), organisation_code=organisation_code)


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


def checker() -> Actor:
    """Another colleague at the centre."""
    return Actor(kind="post", post_id=post_of("window-2"), organisation_code=rules.centre_code())


LEAD, HELPER = "330205-urban", "330205-market"


def dispatched(*, helpers: tuple[str, ...] = (), **changes: Any) -> services.Opened:
    """A case that the urban management bureau leads."""
    case = opened(**changes)
    services.dispatch_case(
        actor=clerk(), case_id=case.case_id, lead_code=LEAD, helper_codes=helpers, nature="complaint", now=NOW
    )
    return case


def started(**changes: Any) -> services.Opened:
    case = dispatched(**changes)
    services.start_task(actor=handler(LEAD), case_id=case.case_id, now=NOW)
    return case


def brought_to(state: str) -> uuid.UUID:
    """A case in this state, by the shortest lawful way."""
    return _WAYS[state]().case_id


def _then(case: services.Opened, verb: Any, actor: Actor, **own: Any) -> services.Opened:
    verb(actor=actor, case_id=case.case_id, now=NOW, **own)
    return case


_WAYS: dict[str, Callable[[], services.Opened]] = {
    "opened": opened,
    "accepted": lambda: _then(opened(), services.accept_case, clerk(), nature="help"),
    "dispatched": dispatched,
    "in_progress": started,
    "returned": lambda: _then(dispatched(), services.return_task, handler(LEAD), article="12", words="不归我局"),
    "paused": lambda: _then(started(), services.pause_case, handler(LEAD), reason="inspection", words="等检测"),
    "resolved": resolved,
    "rated": lambda: _then(resolved(), services.rate_case, resident(), score=5),
    "reopened": lambda: _then(resolved(), services.reopen_case, resident(), words="还是不亮"),
    "closed": lambda: _then(resolved(), services.close_case, clerk()),
    "withdrawn": lambda: _then(opened(), services.withdraw_case, resident()),
}


def photo(colour: str = "teal") -> SafePhoto:
    out = BytesIO()
    Image.new("RGB", (40, 30), colour).save(out, "JPEG")
    return sanitise(out.getvalue())


ORGANISATIONS = [
    NewOrganisation(code="330205", kind="district", name="江北区", short_name="江北区"),
    NewOrganisation(
        code="330205-centre", kind="centre", name="区社会治理中心", short_name="区中心", parent_code="330205"
    ),
    NewOrganisation(code=LEAD, kind="department", name="综合执法局", short_name="执法局", parent_code="330205"),
    NewOrganisation(code=HELPER, kind="department", name="市场监管局", short_name="市监局", parent_code="330205"),
]


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
    directory.add_organisations(actor=importer("330205"), items=ORGANISATIONS, valid_from=NOW.date(), now=NOW)
    territory.add_places(actor=importer(), items=items, valid_from=NOW.date(), now=NOW)
