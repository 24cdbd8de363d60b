"""Kinds, stations, the reporting line and the ground of organisations."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.rooms.directory import queries, rules, services
from pianqu.rooms.directory.tests.builders import (
    CICHENG,
    CICHENG_1,
    CLUSTER,
    DISTRICT,
    LAW,
    MARKET,
    NOW,
    STATION,
    SYSTEM,
    TODAY,
    WAITAN,
    body,
    official,
    small_district,
)
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()


def add(*items: services.NewOrganisation, valid_from: date = TODAY) -> int:
    return services.add_organisations(actor=SYSTEM, items=items, valid_from=valid_from, now=NOW)


@pytest.mark.parametrize("kind", sorted(rules.ORGANISATION_KINDS - {"station"}))
def test_every_kind_can_be_entered(kind: str) -> None:
    assert add(body("new", kind)) == 1
    assert queries.organisation("new").kind == kind


def test_a_station_needs_its_department_and_whom_it_serves() -> None:
    assert queries.organisation(STATION).serves_code == CICHENG
    for wrong in (
        body("s", "station", LAW),
        body("s", "station", CICHENG, serves_code=WAITAN),
        body("s", "station", LAW, serves_code=MARKET),
        body("s", "department", DISTRICT, serves_code=WAITAN),
    ):
        with pytest.raises(Invalid):
            add(wrong)


def test_the_reporting_line_nearest_first(statements: Callable[[Callable[[], Any]], int]) -> None:
    assert queries.superiors(CICHENG_1) == (CICHENG, DISTRICT)
    assert queries.superiors(STATION) == (LAW, DISTRICT)
    assert queries.superiors(DISTRICT) == ()
    assert queries.superiors("nobody") == ()
    assert queries.superiors(CLUSTER, date(2025, 1, 1)) == (), "nothing was valid then"
    assert statements(lambda: queries.superiors(CICHENG_1)) == 1


def test_a_circle_is_refused_and_named() -> None:
    services.set_superior(actor=SYSTEM, code=MARKET, parent_code=LAW, now=NOW)
    with pytest.raises(Refused) as refused:
        services.set_superior(actor=SYSTEM, code=LAW, parent_code=MARKET, now=NOW)
    assert f"{LAW} → {MARKET} → {LAW}" in refused.value.message
    with pytest.raises(Refused):
        services.set_superior(actor=SYSTEM, code=LAW, parent_code=LAW, now=NOW)
    with pytest.raises(Refused):
        add(body("a", parent="b"), body("b", parent="a"))
    assert queries.superiors(MARKET) == (LAW, DISTRICT)
    assert ledger.history(f"organisation:{MARKET}")[-1].fact == {
        "code": MARKET,
        "old_parent_code": DISTRICT,
        "new_parent_code": LAW,
    }


def test_validity_by_date() -> None:
    add(body("later"), valid_from=date(2027, 1, 1))
    assert "later" in {card.code for card in queries.all_organisations("department")}
    assert "later" not in {card.code for card in queries.all_organisations("department", on=TODAY)}
    assert "later" in {card.code for card in queries.all_organisations("department", on=date(2027, 1, 1))}


def test_ground_is_served_from_a_day_to_a_day() -> None:
    later = date(2027, 1, 1)
    changed = services.serve_areas(
        actor=SYSTEM, organisation_code=CLUSTER, area_codes=[WAITAN], valid_from=later, now=NOW
    )
    assert changed == 2
    assert queries.areas_of(CLUSTER, TODAY) == {CICHENG_1}
    assert queries.areas_of(CLUSTER, later) == {WAITAN}
    assert (
        services.serve_areas(actor=SYSTEM, organisation_code=CLUSTER, area_codes=[WAITAN], valid_from=later, now=NOW)
        == 0
    )
    with pytest.raises(Invalid):
        services.serve_areas(actor=SYSTEM, organisation_code=CLUSTER, area_codes=[LAW], valid_from=later, now=NOW)


def test_administrators_of_the_district_change_the_directory_and_nobody_else() -> None:
    administrator = official("root", DISTRICT, "administrator")
    services.set_superior(actor=administrator, code=MARKET, parent_code=LAW, now=NOW)
    for login, code, kind in (("a", LAW, "administrator"), ("b", DISTRICT, "leader"), ("c", CLUSTER, "administrator")):
        with pytest.raises(Forbidden):
            services.set_superior(actor=official(login, code, kind), code=MARKET, parent_code=DISTRICT, now=NOW)
    forged = Actor(kind="post", post_id=administrator.post_id, organisation_code=LAW)
    with pytest.raises(Forbidden):
        services.set_superior(actor=forged, code=MARKET, parent_code=DISTRICT, now=NOW)


def test_unknown_ones_are_absent() -> None:
    assert queries.name_of("nobody") == "nobody"
    assert queries.name_of(LAW) == f"名{LAW}"
    with pytest.raises(Absent):
        queries.organisation("nobody")
    with pytest.raises(Absent):
        services.set_superior(actor=SYSTEM, code="nobody", parent_code=LAW, now=NOW)
