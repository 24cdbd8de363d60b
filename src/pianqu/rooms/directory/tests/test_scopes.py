"""Territory x department: who sees rows of whom, where. The whole table, every organisation x every place."""

from dataclasses import replace

import pytest

from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.queries.organisations import _tree, tree
from pianqu.rooms.directory.tests.builders import (
    CENTRE,
    CICHENG,
    CICHENG_1,
    CICHENG_2,
    CLUSTER,
    DISTRICT,
    LAW,
    MARKET,
    NOW,
    STATION,
    SYSTEM,
    TODAY,
    WAITAN,
    WAITAN_1,
    body,
    official,
    small_district,
)

pytestmark = pytest.mark.django_db
PLACES = (WAITAN_1, CICHENG_1, CICHENG_2, "")
BODIES = (DISTRICT, CENTRE, WAITAN, CICHENG, WAITAN_1, CICHENG_1, CICHENG_2, CLUSTER, LAW, MARKET, STATION, "330205-wy")
ALL = {(code, place) for code in BODIES for place in PLACES}


def rows(*codes: str) -> set[tuple[str, str]]:
    return {(code, place) for code in codes for place in PLACES}


def at(*places: str) -> set[tuple[str, str]]:
    return {(code, place) for code in BODIES for place in places}


SEEN = {
    DISTRICT: ALL,
    CENTRE: ALL,
    WAITAN: rows(WAITAN, WAITAN_1) | at(WAITAN_1),
    CICHENG: rows(CICHENG, CICHENG_1, CICHENG_2, CLUSTER) | at(CICHENG_1, CICHENG_2),
    CICHENG_1: rows(CICHENG_1) | at(CICHENG_1),
    CICHENG_2: rows(CICHENG_2) | at(CICHENG_2),
    CLUSTER: rows(CLUSTER) | at(CICHENG_1),
    LAW: rows(LAW, STATION),
    MARKET: rows(MARKET),
    STATION: rows(STATION) | {(LAW, CICHENG_1), (LAW, CICHENG_2)},
    "330205-wy": rows("330205-wy"),
}


@pytest.mark.parametrize("code", list(SEEN))
def test_an_official_sees_this_and_nothing_else(code: str) -> None:
    small_district()
    company = body("330205-wy", "property", CICHENG_1)
    services.add_organisations(actor=SYSTEM, items=[company], valid_from=TODAY, now=NOW)
    scope = queries.scope_of(official("a", code))
    assert {(body, place) for body, place in ALL if scope.sees(body, place)} == SEEN[code]


def test_stems_are_prefixes_for_a_filter() -> None:
    small_district()
    assert queries.scope_of(official("a", CICHENG)).stems == (CICHENG[:9],)
    assert queries.scope_of(official("b", CLUSTER)).stems == (CICHENG_1,)


def test_an_organisation_that_another_process_entered_is_known_at_once() -> None:
    small_district()
    new = "330205-order"
    actor = official("a", LAW)
    kept = tree()
    services.add_organisations(actor=SYSTEM, items=[body(new)], valid_from=TODAY, now=NOW)
    _tree._kept = kept  # as in a process that did not enter it
    moved = replace(actor, organisation_code=new)
    assert queries.scope_of(moved).sees(new, "")
