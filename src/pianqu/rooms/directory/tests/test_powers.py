"""The powers matrix: who answers where, what an import does, and what it finds wrong."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid
from pianqu.foundation.ids import new_id
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.models import Organisation
from pianqu.rooms.directory.queries.prevailing import PowerCard, covers, responsibility
from pianqu.rooms.directory.tests.builders import (
    BEGAN,
    CICHENG,
    CICHENG_1,
    CICHENG_2,
    CLUSTER,
    DISTRICT,
    LAW,
    LIST,
    MARKET,
    NOW,
    STATION,
    SYSTEM,
    TODAY,
    WAITAN,
    WAITAN_1,
    WAITAN_2,
    listed,
    official,
    power,
    small_district,
)
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()


def lead(place_code: str, on: date = TODAY) -> str:
    return queries.who_answers(category="noise", place_code=place_code, on=on).lead


STREET_POWER = power(CICHENG, CICHENG, level="street")
CLUSTER_POWER = power(CLUSTER, CICHENG, level="cluster")
COMMUNITY_POWER = power(CICHENG_1, CICHENG_1, level="community")


def test_the_more_specific_ground_answers() -> None:
    listed([power()])
    assert lead(CICHENG_1) == LAW
    listed([power(), STREET_POWER])
    assert (lead(CICHENG_1), lead(CICHENG_2), lead(WAITAN_1)) == (CICHENG, CICHENG, LAW)
    listed([power(), STREET_POWER, CLUSTER_POWER])
    assert (lead(CICHENG_1), lead(CICHENG_2), lead(CICHENG)) == (CLUSTER, CICHENG, CICHENG), (
        "only where the centre serves"
    )
    listed([power(), STREET_POWER, CLUSTER_POWER, COMMUNITY_POWER])
    assert (lead(CICHENG_1), lead(CICHENG_2)) == (CICHENG_1, CICHENG)


def test_the_answer_cites_the_line() -> None:
    listed(
        [power(article="item 7", valid_to=date(2027, 1, 1)), power(CICHENG, CICHENG, verb="assist", article="item 9")]
    )
    answer = queries.who_answers(category="noise", place_code=CICHENG_1, on=TODAY)
    assert (answer.lead, answer.assisting, answer.trouble) == (LAW, (CICHENG,), "")
    assert (answer.article, answer.source, answer.list_kind, answer.level) == ("item 7", LIST, "basic", "district")
    assert (answer.valid_from, answer.valid_to) == (BEGAN, date(2027, 1, 1))
    assert lead(CICHENG_1, date(2026, 12, 31)) == LAW
    gone = queries.who_answers(category="noise", place_code=CICHENG_1, on=date(2027, 1, 1))
    assert (gone.lead, gone.trouble, gone.candidates) == ("", "gap", ())


def test_what_was_taken_back_is_never_pushed_down() -> None:
    listed([power(list_kind="taken_back"), STREET_POWER, COMMUNITY_POWER])
    assert lead(CICHENG_1) == lead(CICHENG_2) == LAW
    street, law = official("a", CICHENG), official("b", LAW)
    assert queries.holds(street, "handle", "noise", CICHENG_2, TODAY) is None
    found = queries.holds(law, "handle", "noise", CICHENG_2, TODAY)
    assert found is not None and found.list_kind == "taken_back"
    given = queries.may_be_given(category="noise", place_code=CICHENG_2, organisation_code=CICHENG, on=TODAY)
    assert (given.allowed, given.reason, given.article) == (False, "taken_back", "item 1")


def test_only_listed_matters_go_down_and_any_department_may_be_asked() -> None:
    listed([power(), power(CICHENG, CICHENG, verb="assist", article="item 9")])

    def allowed(code: str, place: str = CICHENG_1) -> bool:
        return queries.may_be_given(category="noise", place_code=place, organisation_code=code, on=TODAY).allowed

    assert allowed(LAW) and allowed(MARKET) and allowed(CICHENG)
    assert not allowed(CICHENG_1) and not allowed(WAITAN, WAITAN_1)
    refused = queries.may_be_given(category="noise", place_code=WAITAN_1, organisation_code=WAITAN, on=TODAY)
    assert refused.reason == "not_listed"


def test_contradicting_lists_name_nobody() -> None:
    report = listed([power(), power(MARKET, article="item 2")])
    answer = queries.who_answers(category="noise", place_code=WAITAN_1, on=TODAY)
    assert (answer.lead, answer.trouble, answer.candidates) == ("", "overlap", (LAW, MARKET))
    assert {trouble.place_code for trouble in report.overlaps} == {WAITAN, CICHENG}
    found = report.overlaps[0]
    assert (found.place_name, found.candidates, found.articles) == (f"名{WAITAN}", (LAW, MARKET), ("item 1", "item 2"))


def test_overlaps_and_gaps_are_reported_by_place_and_day() -> None:
    rows = [power(WAITAN, WAITAN_1, level="street"), STREET_POWER, power(MARKET, CICHENG_2, article="item 2")]
    report = listed(rows, categories=["noise", "roads"])
    gaps = {(gap.category, gap.place_code, gap.place_name) for gap in report.gaps}
    assert gaps == {
        ("noise", WAITAN_2, f"名{WAITAN_2}"),
        ("roads", WAITAN, f"名{WAITAN}"),
        ("roads", CICHENG, f"名{CICHENG}"),
    }
    assert report.overlaps == (), "a community's own line is more specific than its town's"
    ends = listed([power(valid_to=date(2027, 3, 1))], source="other").gaps
    assert {(gap.place_code, gap.on) for gap in ends} == {(WAITAN_2, date(2027, 3, 1))}
    assert listed([power(CICHENG_2, CICHENG_2, article="item 3")], source="third").overlaps[0].place_code == CICHENG_2


def test_taken_back_beside_a_basic_line_is_reported() -> None:
    report = listed([power(list_kind="taken_back"), power(CICHENG_1, CICHENG_1, level="community", article="item 5")])
    assert [(one.place_code, one.candidates) for one in report.overlaps] == [(CICHENG_1, (LAW, CICHENG_1))] or [
        (one.place_code, set(one.candidates)) for one in report.overlaps
    ] == [(CICHENG_1, {LAW, CICHENG_1})]


def test_importing_adds_keeps_and_ends() -> None:
    first = listed([power(), STREET_POWER])
    assert (first.added, first.kept, first.ended) == (2, 0, 0)
    before = ledger.history(f"list:{LIST}")
    again = listed([power(), STREET_POWER])
    assert (again.added, again.kept, again.ended) == (0, 2, 0)
    assert ledger.history(f"list:{LIST}") == before, "nothing changed, nothing recorded"
    third = listed([power(), CLUSTER_POWER])
    assert (third.added, third.kept, third.ended) == (1, 1, 1)
    assert lead(CICHENG_2) == LAW
    assert lead(CICHENG_2, TODAY - timedelta(days=1)) == CICHENG, "yesterday's answer stays"
    other = listed([power(MARKET, category="market")], source="another list")
    assert (other.added, other.ended) == (1, 0)


def test_lines_with_an_end_are_imported_once() -> None:
    over, ends = power(valid_to=date(2026, 6, 1)), power(MARKET, article="item 2", valid_to=date(2027, 6, 1))
    listed([over, ends])
    assert (listed([over, ends]).added, listed([over, ends]).ended) == (0, 0)
    longer = power(MARKET, article="item 2")
    assert (listed([over, longer]).added, lead(WAITAN_1, date(2028, 1, 1))) == (0, MARKET)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"verb": "rule"}, "rule"),
        ({"level": "galaxy"}, "galaxy"),
        ({"list_kind": "secret"}, "secret"),
        ({"category": ""}, "category"),
        ({"article": ""}, "article"),
        ({"area_code": "999999999999"}, "999999999999"),
        ({"area_code": LAW}, LAW),
        ({"organisation_code": "nobody"}, "nobody"),
        ({"valid_to": BEGAN}, "ends before"),
        ({"organisation_code": CICHENG, "list_kind": "taken_back"}, "department"),
        ({"organisation_code": CICHENG, "list_kind": "assisting"}, "helps"),
    ],
)
def test_a_line_that_cannot_be_stops_everything(changes: dict[str, Any], said: str) -> None:
    rows = [power(), power(**{"article": "item 2", **changes})]
    with translation.override("en"):
        assert [(number, said in fault) for number, fault in services.faults_of(rows)] == [(1, True)]
        with pytest.raises(Invalid) as refused:
            listed(rows)
    assert said in refused.value.message
    assert queries.powers_of(LAW, TODAY) == ()


def test_the_same_line_twice_is_said() -> None:
    assert [number for number, _fault in services.faults_of([power(), STREET_POWER, power()])] == [2]


def test_only_the_district_imports() -> None:
    with pytest.raises(Forbidden):
        services.import_powers(actor=official("a", LAW, "leader"), rows=[power()], source=LIST, now=NOW)


def test_what_an_organisation_holds() -> None:
    rows = [STREET_POWER, power(CICHENG, CICHENG, verb="approve"), power(LAW, verb="decide"), power(LAW, verb="assist")]
    listed(rows)
    street, law = official("a", CICHENG), official("b", LAW)
    for verb, actor, place, yes in (
        ("handle", street, CICHENG_1, True),
        ("handle", street, WAITAN_1, False),
        ("approve", street, CICHENG_2, True),
        ("decide", street, CICHENG_2, False),
        ("decide", law, WAITAN_1, True),
        ("assist", law, WAITAN_1, True),
        ("approve", law, WAITAN_1, False),
    ):
        assert (queries.holds(actor, verb, "noise", place, TODAY) is not None) == yes, (verb, place)
    assert {one.verb for one in queries.powers_of(CICHENG, TODAY)} == {"handle", "approve"}


def test_statements_stay_the_same(statements: Callable[[Callable[[], Any]], int]) -> None:
    def costs() -> list[int]:
        queries.forget_organisations()
        return [
            statements(lambda: queries.who_answers(category="noise", place_code=CICHENG_1, on=TODAY)),
            statements(lambda: queries.holds(street, "decide", "noise", CICHENG_1, TODAY)),
            statements(lambda: queries.scope_of(street)),
            statements(lambda: queries.troubles(on=TODAY)),
        ]

    street = official("a", CICHENG)
    listed([power(), CLUSTER_POWER])
    few = costs()
    assert few[0] <= 2
    many = [power(area_code=place, article=f"i{n}") for n in range(40) for place in (CICHENG_1, WAITAN_1, CICHENG)]
    listed([power(), CLUSTER_POWER, STREET_POWER, *many])
    assert costs() == few


# the order of powers, against a slow and plain oracle -----------------------------------------------------------------

PLACES = (WAITAN_1, WAITAN_2, CICHENG_1, CICHENG_2)
GROUND = {CLUSTER: frozenset({CICHENG_1})}


def card(organisation_code: str, area_code: str, level: str, list_kind: str, verb: str) -> PowerCard:
    return PowerCard(
        power_id=new_id(),
        verb=verb,
        category="noise",
        area_code=area_code,
        level=level,
        organisation_code=organisation_code,
        list_kind=list_kind,
        article="item",
        source=LIST,
        valid_from=BEGAN,
        valid_to=None,
    )


CARDS = st.lists(
    st.builds(
        card,
        st.sampled_from([LAW, MARKET, CICHENG, WAITAN, CLUSTER, CICHENG_1]),
        st.sampled_from([DISTRICT, f"{DISTRICT}000000", WAITAN, CICHENG, *PLACES]),
        st.sampled_from(["district", "street", "cluster", "community"]),
        st.sampled_from(["basic", "assisting", "taken_back"]),
        st.sampled_from(["handle", "handle", "assist"]),
    ),
    max_size=8,
)


def oracle(cards: Sequence[PowerCard]) -> set[str]:
    """Walk down the order in words: taken back or all; community, cluster, street, district."""
    leads = [one for one in cards if one.verb == "handle"]
    if any(one.list_kind == "taken_back" for one in leads):
        leads = [one for one in leads if one.list_kind == "taken_back"]
    for fits in (
        lambda one: one.area_code in PLACES,
        lambda one: one.level == "cluster",
        lambda one: one.area_code in {WAITAN, CICHENG},
        lambda one: True,
    ):
        if there := {one.organisation_code for one in leads if fits(one)}:
            return there
    return set()


@given(cards=CARDS, place=st.sampled_from(PLACES))
def test_the_order_is_what_the_words_say(cards: list[PowerCard], place: str) -> None:
    reaching = [one for one in cards if covers(one, place, GROUND)]
    answer, leads = responsibility(reaching), oracle(reaching)
    assert set(answer.candidates) == leads
    assert answer.trouble == ("gap" if not leads else "overlap" if len(leads) > 1 else "")
    assert (answer.lead in leads) == (len(leads) == 1)
    assert not set(answer.assisting) & leads
    assert responsibility(list(reversed(reaching))).candidates == answer.candidates


def test_a_resident_holds_nothing() -> None:
    listed([power()])
    resident = Actor(kind="resident", organisation_code=STATION)
    assert queries.holds(resident, "handle", "noise", WAITAN_1, TODAY) is None
    assert queries.scope_of(resident) == queries.Scope(
        organisation_codes=frozenset(), area_codes=frozenset(), everything=False
    )
    assert queries.scope_of(SYSTEM).everything


def test_who_works_at_a_place_stands_there_or_has_no_ground() -> None:
    everywhere, there, elsewhere = (queries.working_at(place) for place in ("", CICHENG_1, WAITAN_1))
    assert {LAW, STATION, CLUSTER, CICHENG, WAITAN} <= everywhere
    assert {LAW, STATION, CLUSTER, CICHENG} <= there and WAITAN not in there
    assert {LAW, WAITAN} <= elsewhere and not {STATION, CLUSTER, CICHENG} & elsewhere
    assert CLUSTER not in queries.working_at(CICHENG_2)
    Organisation.objects.filter(code=STATION).update(valid_to=TODAY + timedelta(days=1))
    queries.forget_organisations()
    assert STATION not in queries.working_at(CICHENG_1)
