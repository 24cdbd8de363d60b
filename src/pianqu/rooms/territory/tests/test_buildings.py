"""Buildings: a whole roll takes the last one's place; what is wrong with a row is said, and nothing is changed."""

from dataclasses import replace
from typing import Any

import pytest

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries, services
from pianqu.rooms.territory.services import NewBuilding
from pianqu.rooms.territory.tests.builders import NOW, ONE, SOUTH, SYSTEM, TWO, WEST, small_district

HOUSE = NewBuilding(
    code="h1", name="一幢", community_code=ONE, lon=WEST + 0.001, lat=SOUTH + 0.001, households=30, population=80
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _district() -> None:
    small_district()


def taken(*items: NewBuilding, **changes: Any) -> None:
    given: dict[str, Any] = {"actor": SYSTEM, "items": items, "source": "测试", "now": NOW}
    services.take_in_buildings(**{**given, **changes})


def test_before_the_first_roll_nothing_is_counted() -> None:
    assert queries.building_roll() is None
    assert queries.buildings() == ()
    assert queries.households_by_community() == {}


def test_the_latest_roll_counts() -> None:
    taken(HOUSE)
    taken(
        HOUSE,
        replace(HOUSE, code="h2", households=12, population=None),
        replace(HOUSE, code="h3", community_code=TWO, population=None),
    )
    assert [card.code for card in queries.buildings()] == ["h1", "h2", "h3"]
    counts = queries.households_by_community()
    assert (counts[ONE].buildings, counts[ONE].households, counts[ONE].population) == (2, 42, 80)
    assert counts[TWO].population is None


def test_the_order_of_rows_changes_no_digest_and_a_count_does() -> None:
    other = replace(HOUSE, code="h2")
    digests = []
    for items in ([HOUSE, other], [other, HOUSE], [HOUSE, replace(other, households=31)]):
        taken(*items)
        roll = queries.building_roll()
        assert roll is not None
        digests.append(roll.digest)
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": ""},
        {"code": "x" * 25},
        {"name": ""},
        {"community_code": "330205009999"},
        {"lon": 300.0},
        {"lat": float("nan")},
        {"households": -1},
        {"households": 5_001},
        {"population": -1},
    ],
)
def test_a_wrong_row_is_named_and_nothing_changes(wrong: dict[str, Any]) -> None:
    taken(HOUSE)
    with pytest.raises(Invalid):
        taken(HOUSE, replace(HOUSE, **{"code": "h2", **wrong}))
    assert [card.code for card in queries.buildings()] == ["h1"]


def test_a_code_twice_and_an_empty_roll_are_refused() -> None:
    with pytest.raises(Invalid, match="h1"):
        taken(HOUSE, HOUSE)
    with pytest.raises(Invalid):
        taken()


def test_only_administrators_take_a_roll_in() -> None:
    with pytest.raises(Forbidden):
        taken(HOUSE, actor=Actor(kind="resident", organisation_code=ONE))
    assert queries.building_roll() is None


def test_the_ledger_has_counts_and_no_names() -> None:
    taken(HOUSE)
    roll = queries.building_roll()
    assert roll is not None
    facts = [entry for entry in ledger.history(f"buildings:{roll.roll_id}")]
    assert len(facts) == 1
    assert facts[0].fact is not None and facts[0].fact["source"] == "", "where it comes from is typed and may be a name"
    assert roll.source == "测试"
