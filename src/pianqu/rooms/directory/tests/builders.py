"""A small district made by the verbs: two streets, four communities, a cluster centre, two departments, a station."""

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime
from typing import Any

from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.services import NewOrganisation, NewPower

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TODAY = NOW.date()
BEGAN = date(2026, 1, 1)
DISTRICT = "330205"
WAITAN, CICHENG = "330205001000", "330205103000"
WAITAN_1, WAITAN_2 = "330205001001", "330205001004"
CICHENG_1, CICHENG_2 = "330205103001", "330205103201"
LAW, MARKET, STATION, CLUSTER = "330205-law", "330205-market", "330205-law-cicheng", "330205-huanyunhu"
CENTRE = "330205-centre"
SYSTEM = Actor(kind="system", organisation_code=DISTRICT)
LIST = "duty list 2026"


def body(code: str, kind: str = "department", parent: str = DISTRICT, **more: Any) -> NewOrganisation:
    return NewOrganisation(code=code, kind=kind, name=f"{code}机构", short_name=f"名{code}", parent_code=parent, **more)


def small_district() -> None:
    """Cluster 环云湖 serves one of the two communities of 慈城."""
    items = [
        body(DISTRICT, "district", ""),
        body(CENTRE, "centre"),
        body(WAITAN, "street"),
        body(CICHENG, "town"),
        body(WAITAN_1, "community", WAITAN),
        body(WAITAN_2, "community", WAITAN),
        body(CICHENG_1, "community", CICHENG),
        body(CICHENG_2, "village", CICHENG),
        body(CLUSTER, "centre", CICHENG),
        body(LAW),
        body(MARKET),
        body(STATION, "station", LAW, serves_code=CICHENG),
    ]
    services.add_organisations(actor=SYSTEM, items=items, valid_from=BEGAN, now=NOW)
    for code, areas in ((CLUSTER, [CICHENG_1]), (STATION, [CICHENG])):
        services.serve_areas(actor=SYSTEM, organisation_code=code, area_codes=areas, valid_from=BEGAN, now=NOW)


def account(login: str) -> Account:
    """Nobody signs in with it: hashing a password costs more than a whole merger."""
    return Account.objects.create(id=new_id(), login=login, name=login, password="!")


def posted(login: str, organisation_code: str = LAW, kind: str = "handler", **more: Any) -> uuid.UUID:
    """A post of a new account."""
    return services.appoint(
        actor=SYSTEM,
        account_id=account(login).id,
        organisation_code=organisation_code,
        kind=kind,
        title=f"{kind}岗",
        now=NOW,
        **more,
    )


def official(login: str, organisation_code: str = LAW, kind: str = "handler") -> Actor:
    """Somebody in a post there."""
    person = account(login)
    services.appoint(
        actor=SYSTEM, account_id=person.id, organisation_code=organisation_code, kind=kind, title="岗", now=NOW
    )
    actor = queries.actor_for(person.id)
    assert actor is not None
    return actor


def power(organisation_code: str = LAW, area_code: str = DISTRICT, **changes: Any) -> NewPower:
    given: dict[str, Any] = {
        "verb": "handle",
        "category": "noise",
        "area_code": area_code,
        "level": "district",
        "organisation_code": organisation_code,
        "list_kind": "basic",
        "article": "item 1",
        "valid_from": BEGAN,
    }
    return NewPower(**{**given, **changes})


def listed(rows: Iterable[NewPower], source: str = LIST, **more: Any) -> services.PowersReport:
    return services.import_powers(actor=SYSTEM, rows=list(rows), source=source, now=NOW, **more)
