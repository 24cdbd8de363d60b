"""Estates, joint rounds and promises: who may, what is refused, what is recorded, how many statements."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation, NewPower
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries, services
from pianqu.rooms.territory.queries import COMMITTEE, COMPANY, GRID, OWNERS
from pianqu.rooms.territory.services import NewBuilding, NewEntry, NewEstate, NewPerson, NewPromise
from pianqu.rooms.territory.tests.builders import (
    CENTRE,
    NOW,
    ONE,
    SIDE,
    SOUTH,
    STREET,
    SYSTEM,
    TODAY,
    TOMORROW,
    TWO,
    WEST,
    adopted,
    cells,
    posts,
)

WY, WY2, YWH = "wy-one", "wy-two", "ywh-one"
LATER = TODAY + timedelta(days=10)


def bodies() -> None:
    items = [
        NewOrganisation(code=WY, kind="property", name="一号物业", short_name="一号物业", parent_code=ONE),
        NewOrganisation(code=WY2, kind="property", name="二号物业", short_name="二号物业", parent_code=ONE),
        NewOrganisation(code=YWH, kind="owners_committee", name="一号业委会", short_name="一号业委会", parent_code=ONE),
    ]
    directory.add_organisations(actor=SYSTEM, items=items, valid_from=TODAY, now=NOW)


def estate(**changes: Any) -> NewEstate:
    given: dict[str, Any] = {
        "code": "E1",
        "name": "锦绣小区",
        "community_code": ONE,
        "property_code": WY,
        "owners_code": YWH,
        "property_phone": "0574-0000-0001",
        "cell_codes": ["A1"],
    }
    return NewEstate(**{**given, **changes})


def set_one(**changes: Any) -> int:
    return services.set_estates(actor=SYSTEM, items=[estate(**changes)], valid_from=TODAY, now=NOW)


def official(organisation_code: str, kind: str = "handler") -> Actor:
    account = Account(id=new_id(), login=f"p{new_id().hex}", name="某人", password="!")
    account.save()
    post = directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=organisation_code, kind=kind, title="岗", now=NOW
    )
    return Actor(
        kind="post",
        account_id=str(account.id),
        post_id=str(post),
        organisation_code=organisation_code,
        reads_only=kind == "auditor",
    )


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def stands(district: None) -> None:
    adopted()
    bodies()
    set_one()


def hold(actor: Actor = SYSTEM, **changes: Any) -> uuid.UUID:
    given: dict[str, Any] = {
        "kind": "cell",
        "code": "A1",
        "day": TODAY,
        "parties": [(COMPANY, WY), (COMMITTEE, ONE)],
        "promises": [promise()],
    }
    return services.hold_round(actor=actor, **{**given, **changes}, now=NOW)


def promise(**changes: Any) -> NewPromise:
    given = NewPromise(role=COMPANY, organisation_code=WY, words="修好 3 幢门禁", due_on=LATER)
    return replace(given, **changes)


def facts(subject: str) -> list[dict[str, Any]]:
    return [dict(item.fact) for item in ledger.history(subject)]


# estates -------------------------------------------------------------------------------------------------------------


def test_a_cell_shows_its_four_parties(stands: None) -> None:
    services.staff_cell(
        actor=SYSTEM,
        cell_code="A1",
        people=[NewPerson(role="leader", post_id=posts(1)[0])],
        valid_from=TODAY,
        now=NOW,
    )
    found = queries.parties_of(queries.neighbourhood("cell", "A1", on=TODAY), on=TODAY)
    assert [(card.role, card.organisation_code) for card in found] == [
        (COMPANY, WY),
        (COMMITTEE, ONE),
        (OWNERS, YWH),
        (GRID, ONE),
    ]
    assert found[0].phone == "0574-0000-0001" and found[0].estate_codes == ("E1",) and found[3].posts == 1


def test_a_cluster_shows_the_parties_of_all_its_cells(stands: None) -> None:
    set_one(code="E2", name="翠柏小区", property_code=WY2, owners_code="", cell_codes=["A2"])
    found = queries.parties_of(queries.neighbourhood("cluster", "BJ", on=TODAY), on=TODAY)
    assert [card.organisation_code for card in found if card.role == COMPANY] == [WY, WY2]
    assert [card.organisation_code for card in found if card.role == COMMITTEE] == [ONE]


def test_an_estate_lies_where_its_buildings_stand(stands: None) -> None:
    house = NewBuilding(
        code="H1", name="1 幢", community_code=ONE, lon=WEST + SIDE / 2, lat=SOUTH + 1.5 * SIDE, households=8
    )
    services.take_in_buildings(actor=SYSTEM, items=[house], source="测试", now=NOW)
    set_one(code="E3", cell_codes=[], building_codes=["H1"])
    assert queries.estate("E3", on=TODAY).cell_codes == ("A2",)


def test_after_a_grid_with_other_codes_all_estates_find_their_cells_at_once(stands: None) -> None:
    def asked() -> tuple[set[tuple[str, ...]], int]:
        with CaptureQueriesContext(connection) as told:
            found = queries.estates(on=TOMORROW)
        return {card.cell_codes for card in found}, len(told)

    house = NewBuilding(code="H1", name="1 幢", community_code=ONE, lon=WEST + 0.001, lat=SOUTH + 0.001, households=8)
    services.take_in_buildings(actor=SYSTEM, items=[house], source="测试", now=NOW)
    set_one(building_codes=["H1"])
    anew = [replace(cell, code=f"N{cell.code}") for cell in cells() if not cell.parent_code]
    adopted(cells=anew, valid_from=TOMORROW)
    lie, _cold = asked()
    assert lie == {("NA1",)}
    _same, before = asked()
    for number in range(2, 6):
        set_one(code=f"E{number}", building_codes=["H1"])
    assert asked() == (lie, before)


def test_a_new_company_leaves_older_days_theirs(stands: None) -> None:
    assert services.set_estates(actor=SYSTEM, items=[estate()], valid_from=TOMORROW, now=NOW) == 0, "nothing changed"
    changed = [estate(property_code=WY2)]
    assert services.set_estates(actor=SYSTEM, items=changed, valid_from=TOMORROW, now=NOW) == 1
    assert queries.estate("E1", on=TODAY).property_code == WY
    assert queries.estate("E1", on=TOMORROW).property_code == WY2
    with pytest.raises(Invalid, match="later day"):
        services.set_estates(actor=SYSTEM, items=[estate(name="别名")], valid_from=TODAY, now=NOW)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"code": ""}, "needs a code"),
        ({"community_code": "330205009009"}, "not known"),
        ({"property_code": YWH}, "no property company"),
        ({"owners_code": WY}, "no owners"),
        ({"property_code": "nobody"}, "no property company"),
        ({"cell_codes": []}, "needs the cells"),
        ({"cell_codes": ["B1"]}, "no cell of its community"),
        ({"cell_codes": [], "building_codes": ["H9"]}, "no building"),
        ({"property_phone": "王经理 1380"}, "telephone of an office"),
    ],
)
def test_an_estate_that_cannot_be_is_refused_with_its_reason(stands: None, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        set_one(**{"code": "E9", **wrong})
    assert [card.code for card in queries.estates(on=TODAY)] == ["E1"]


def test_an_estate_ends_and_says_so_once(stands: None) -> None:
    services.end_estate(actor=SYSTEM, code="E1", on=TOMORROW, now=NOW)
    assert queries.estates(on=TODAY) and not queries.estates(on=TOMORROW)
    with pytest.raises(Absent):
        services.end_estate(actor=SYSTEM, code="E1", on=TOMORROW, now=NOW)
    assert facts("estate:E1")[-1]["valid_to"] == TOMORROW.isoformat()


ARRANGE = {
    (CENTRE, "leader"): True,
    (STREET, "administrator"): True,
    (ONE, "leader"): True,
    ("330205", "administrator"): True,
    (ONE, "grid_worker"): False,
    (TWO, "leader"): False,
    (WY, "leader"): False,
    (ONE, "auditor"): False,
}
GO_ROUND = {
    (WY, "handler"): True,
    (YWH, "leader"): True,
    (ONE, "grid_worker"): True,
    (STREET, "leader"): True,
    (CENTRE, "administrator"): True,
    ("330205", "administrator"): True,
    (STREET, "window"): False,
    (WY2, "leader"): False,
    (TWO, "leader"): False,
    (ONE, "auditor"): False,
}


def may(act: Callable[[], object]) -> bool:
    try:
        act()
    except Forbidden:
        return False
    return True


@pytest.mark.parametrize(("who", "allowed"), ARRANGE.items())
def test_leaders_of_community_street_and_cluster_arrange_estates(
    stands: None, who: tuple[str, str], allowed: bool
) -> None:
    actor = official(*who)
    changed = [estate(name="改名小区")]
    done = may(lambda: services.set_estates(actor=actor, items=changed, valid_from=TOMORROW, now=NOW))
    assert done is allowed
    assert may(lambda: services.end_estate(actor=actor, code="E1", on=LATER, now=NOW)) is allowed


def test_nobody_takes_an_estate_away_from_a_community_that_is_not_theirs(stands: None) -> None:
    taken = [estate(community_code=TWO, cell_codes=["B1"])]
    for actor in (official(TWO, "leader"), official(ONE, "leader")):
        with pytest.raises(Forbidden):
            services.set_estates(actor=actor, items=taken, valid_from=TOMORROW, now=NOW)
    assert queries.estate("E1", on=LATER).community_code == ONE
    both = official("330205", "administrator")
    assert services.set_estates(actor=both, items=taken, valid_from=TOMORROW, now=NOW) == 1


@pytest.mark.parametrize(("who", "allowed"), GO_ROUND.items())
def test_the_four_parties_and_the_leaders_above_enter_rounds(stands: None, who: tuple[str, str], allowed: bool) -> None:
    actor, round_id = official(*who), hold()
    made = queries.all_promises()[0]
    assert may(lambda: hold(actor)) is allowed
    assert may(lambda: services.make_promise(actor=actor, round_id=round_id, promise=promise(), now=NOW)) is allowed
    assert (
        may(lambda: services.tell_promise(actor=actor, promise_id=made.promise_id, verdict="kept", on=TODAY, now=NOW))
        is allowed
    )


def test_who_works_in_the_cell_goes_round_too(stands: None) -> None:
    actor = official(STREET, "window")
    people = [NewPerson(role="leader", post_id=uuid.UUID(actor.post_id or ""))]
    services.staff_cell(actor=SYSTEM, cell_code="A1", people=people, valid_from=TODAY, now=NOW)
    assert may(lambda: hold(actor))


def test_a_resident_enters_nothing(stands: None) -> None:
    resident = Actor(kind="resident", organisation_code=CENTRE)
    for act in (
        lambda: hold(resident),
        lambda: services.set_estates(actor=resident, items=[estate(name="x")], valid_from=TODAY, now=NOW),
    ):
        with pytest.raises(Forbidden):
            act()


# rounds and promises -------------------------------------------------------------------------------------------------


def test_a_promise_is_open_then_overdue_then_kept_late(stands: None) -> None:
    hold()
    made = queries.all_promises()[0]
    assert made.standing(TODAY) == "open" and made.standing(LATER) == "open"
    assert made.standing(LATER + timedelta(days=1)) == "overdue"
    late = NOW + timedelta(days=12)
    services.tell_promise(
        actor=SYSTEM, promise_id=made.promise_id, verdict="kept", on=LATER + timedelta(days=2), now=late
    )
    told = queries.promise(made.promise_id)
    assert told.standing(LATER + timedelta(days=5)) == "late" and told.told_by == "330205"


def test_kept_in_time_and_broken_are_told_apart_and_told_anew(stands: None) -> None:
    hold()
    made = queries.all_promises()[0].promise_id
    services.tell_promise(actor=SYSTEM, promise_id=made, verdict="kept", on=TODAY, now=NOW)
    assert queries.promise(made).standing(TODAY) == "kept"
    with pytest.raises(Refused):
        services.tell_promise(actor=SYSTEM, promise_id=made, verdict="kept", on=TODAY, now=NOW)
    with pytest.raises(Invalid, match="why"):
        services.tell_promise(actor=SYSTEM, promise_id=made, verdict="broken", on=TODAY, now=NOW)
    services.tell_promise(actor=SYSTEM, promise_id=made, verdict="broken", on=TODAY, words="只修了一扇", now=NOW)
    assert queries.promise(made).standing(TODAY) == "broken"
    assert [told["verdict"] for told in facts(f"promise:{made}")[1:]] == ["kept", "broken"]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"day": TOMORROW}, "after it was held"),
        ({"day": TODAY - timedelta(days=61)}, "60 days"),
        ({"parties": [(COMPANY, WY)]}, "at least two"),
        ({"parties": [(COMPANY, WY2), (COMMITTEE, ONE)]}, "parties of this place"),
        ({"promises": [promise(role=OWNERS, organisation_code=YWH)]}, "took part"),
        ({"promises": [promise(due_on=TODAY - timedelta(days=1))]}, "after the round"),
        ({"promises": [promise(due_on=TODAY + timedelta(days=400))]}, "within a year"),
        ({"promises": [promise(words="  ")]}, "what was promised"),
        ({"promises": [promise(words="长" * 301)]}, "300 characters"),
        ({"promises": [promise(words="王师傅 13812345678 来修")]}, "name, a number"),
        ({"promises": [promise()] * 13}, "12 promises"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_entered(stands: None, wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        hold(**wrong)
    assert not queries.all_promises()


def test_unknown_places_rounds_and_promises_are_absent(stands: None) -> None:
    for act in (
        lambda: hold(code="Z9"),
        lambda: hold(kind="cluster", code="Z9"),
        lambda: services.make_promise(actor=SYSTEM, round_id=new_id(), promise=promise(), now=NOW),
        lambda: services.tell_promise(actor=SYSTEM, promise_id=new_id(), verdict="kept", on=TODAY, now=NOW),
    ):
        with pytest.raises(Absent):
            act()


def test_a_round_of_a_cluster_is_seen_in_its_cells(stands: None) -> None:
    hold(kind="cluster", code="BJ")
    here = queries.rounds_of(queries.neighbourhood("cell", "A2", on=TODAY))
    assert [card.cluster_code for card in here] == ["BJ"] and here[0].promises[0].words == "修好 3 幢门禁"
    assert not queries.rounds_of(queries.neighbourhood("cell", "B1", on=TODAY))
    assert queries.promise_counts(on=LATER + timedelta(days=1))[1]["BJ"].overdue == 1


def test_a_round_whose_cell_is_gone_is_left_as_it_is(stands: None) -> None:
    round_id = hold()
    adopted(
        cells=[cell for cell in cells() if cell.code != "A1"],
        valid_from=TOMORROW,
    )
    with pytest.raises(Refused, match="no more"):
        services.make_promise(actor=SYSTEM, round_id=round_id, promise=promise(), now=NOW + timedelta(days=1))


def test_no_word_and_no_name_stands_in_a_fact(stands: None) -> None:
    round_id = hold()
    made = queries.all_promises()[0].promise_id
    told = [facts(subject) for subject in ("estate:E1", f"round:{round_id}", f"promise:{made}")]
    assert [len(one) for one in told] == [1, 1, 1]
    said = str(told)
    assert not any(word in said for word in ("门禁", "锦绣", "0574", "物业"))


# who answers ---------------------------------------------------------------------------------------------------------


def power(organisation_code: str, **changes: Any) -> NewPower:
    given: dict[str, Any] = {
        "verb": "handle",
        "category": "property",
        "area_code": ONE,
        "level": "community",
        "organisation_code": organisation_code,
        "list_kind": "basic",
        "article": f"第 {organisation_code} 项",
        "valid_from": TODAY,
    }
    return NewPower(**{**given, **changes})


def listed(*rows: NewPower) -> None:
    directory.import_powers(actor=SYSTEM, rows=rows, source="物业清单", now=NOW)


def answer(**changes: Any) -> queries.PartyAnswer | None:
    given: dict[str, Any] = {
        "category": "property",
        "community_code": ONE,
        "cell_code": "A1",
        "lon": None,
        "lat": None,
        "words": "电梯坏了",
        "on": TODAY,
    }
    return queries.party_for(**{**given, **changes})


def test_the_party_whose_power_holds_it_is_named_with_list_and_article(stands: None) -> None:
    listed(power(WY), power(STREET, area_code=STREET, level="street"))
    found = answer()
    assert found and (found.role, found.lead, found.how) == (COMPANY, WY, "cell")
    assert (found.article, found.source, found.since) == (f"第 {WY} 项", "物业清单", TODAY)


def test_the_company_of_another_estate_is_no_candidate(stands: None) -> None:
    set_one(code="E2", name="翠柏小区", property_code=WY2, owners_code="", cell_codes=["A2"])
    listed(power(WY), power(WY2))
    first, second = answer(), answer(words="翠柏小区门口积水", cell_code="")
    assert first and second and (first.lead, second.lead, second.how) == (WY, WY2, "name")
    assert queries.is_of_another(first, WY2, on=TODAY) and not queries.is_of_another(first, WY, on=TODAY)


def test_what_the_lists_give_to_nobody_of_the_four_is_none_of_theirs(stands: None) -> None:
    found = answer()
    assert found and (found.role, found.lead, found.candidates) == ("", "", ())
    listed(power(STREET, area_code=STREET, level="street"))
    found = answer()
    assert found and (found.role, found.lead) == ("", STREET)


def test_several_at_once_are_all_named_and_none_is_chosen(stands: None) -> None:
    listed(power(WY), power(YWH))
    found = answer()
    assert found and (found.role, found.lead, found.candidates) == ("", "", (WY, YWH))


def test_the_entry_list_says_whether_grid_workers_may_have_it(stands: None) -> None:
    item = NewEntry(cell_kind="ordinary", category="property", article="第 3 项")
    services.set_entry_list(actor=SYSTEM, list_name="准入清单", items=[item], valid_from=TODAY, now=NOW)
    found = answer()
    assert found and (found.entry_list, found.entry_article) == ("准入清单", "第 3 项")


def test_other_matters_and_places_without_an_estate_have_no_answer(stands: None) -> None:
    assert answer(category="noise") is None
    assert answer(cell_code="A2") is None
    assert answer(community_code="") is None


def test_a_building_nearby_tells_the_estate(stands: None) -> None:
    lon, lat = WEST + SIDE / 2, SOUTH + 1.5 * SIDE
    house = NewBuilding(code="H1", name="1 幢", community_code=ONE, lon=lon, lat=lat, households=8)
    services.take_in_buildings(actor=SYSTEM, items=[house], source="测试", now=NOW)
    set_one(code="E3", name="兰亭小区", cell_codes=[], building_codes=["H1"])
    near, far = answer(lon=lon + 0.0003, lat=lat, cell_code=""), answer(lon=lon + 0.001, lat=lat, cell_code="")
    assert near and (near.estate.code, near.how) == ("E3", "near") and far is None


def test_a_place_in_another_estate_than_the_words_name_is_told_and_none_is_chosen(stands: None) -> None:
    lon, lat = WEST + SIDE / 2, SOUTH + 1.5 * SIDE
    houses = [
        NewBuilding(code=code, name=code, community_code=ONE, lon=lon + east, lat=lat, households=8)
        for code, east in (("H1", 0.0), ("H2", 0.002), ("H3", 0.0004))
    ]
    services.take_in_buildings(actor=SYSTEM, items=houses, source="测试", now=NOW)
    set_one(code="E3", name="兰亭小区", cell_codes=[], building_codes=["H1"])
    set_one(code="E4", name="翠柏小区", property_code=WY2, owners_code="", cell_codes=[], building_codes=["H2", "H3"])
    listed(power(WY), power(WY2))
    at = {"lon": lon, "lat": lat, "cell_code": ""}
    both = answer(**at, words="翠柏小区门口积水")
    assert both and both.how == "name", "a building of either stands beside the point: the words decide"
    other = answer(**at, words="锦绣小区电梯坏了")
    assert other and other.also and (other.estate.code, other.how, other.also.code) == ("E3", "near", "E1")
    apart = answer(lon=lon + 0.002, lat=lat, cell_code="", words="兰亭小区电梯坏了")
    assert apart and apart.also and (apart.estate.code, apart.also.code) == ("E4", "E3")
    assert (apart.lead, apart.candidates) == ("", (WY, WY2))
    assert not queries.is_of_another(apart, WY, on=TODAY) and not queries.is_of_another(apart, WY2, on=TODAY)


def test_the_duties_of_the_four_stand_with_article_and_day(stands: None) -> None:
    listed(power(WY), power(ONE, verb="assist", category="noise"), power(TWO, area_code=TWO))
    where = queries.neighbourhood("cell", "A1", on=TODAY)
    lines = queries.duties_of(where, queries.parties_of(where, on=TODAY), on=TODAY)
    assert [(line.role, line.verb, line.category) for line in lines] == [
        (COMPANY, "handle", "property"),
        (COMMITTEE, "assist", "noise"),
    ]
    assert lines[0].source == "物业清单" and lines[0].since == TODAY
    named = queries.prevailing(where, category="property", on=TODAY)
    assert named and named.lead == WY


def test_statements_do_not_grow_with_estates_and_promises(stands: None) -> None:
    def statements() -> int:
        where = queries.neighbourhood("cluster", "BJ", on=TODAY)
        with CaptureQueriesContext(connection) as told:
            queries.parties_of(where, on=TODAY)
            queries.rounds_of(where)
            queries.promises_of(where)
            queries.duties_of(where, queries.parties_of(where, on=TODAY), on=TODAY)
        return len(told)

    hold()
    before = statements()
    set_one(code="E2", name="翠柏小区", property_code=WY2, owners_code="", cell_codes=["A2"])
    for _number in range(3):
        hold(promises=[promise(), promise(words="补种绿化")])
    assert statements() == before
