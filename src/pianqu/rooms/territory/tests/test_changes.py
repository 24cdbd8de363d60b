"""Another grid: what it changes, who follows it, and how a mistake is taken back."""

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import queries as history
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import jobs, queries, readers, services
from pianqu.rooms.territory.models import CellPart, CellPerson, CommunityMove, GridVersion, PeopleMove
from pianqu.rooms.territory.services import NewBuilding, NewCell, NewCluster, NewPerson
from pianqu.rooms.territory.tests.builders import (
    CENTRE,
    NOW,
    ONE,
    SIDE,
    SOUTH,
    SYSTEM,
    TODAY,
    TOMORROW,
    TWO,
    WEST,
    adopted,
    cells,
    new_cell,
    posts,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OTHER = "330205-other"


def other_centre() -> None:
    item = NewOrganisation(code=OTHER, kind="centre", name="环湖片区中心", short_name="环湖", parent_code="330205")
    directory.add_organisations(actor=SYSTEM, items=[item], valid_from=TODAY, now=NOW)


def homes(*given: tuple[str, float, float, int]) -> None:
    """Buildings: code, sides east and north of the corner, households."""
    items = [
        NewBuilding(
            code=code,
            name=f"{code}幢",
            community_code=ONE if east < 2 else TWO,
            lon=round(WEST + east * SIDE, 7),
            lat=round(SOUTH + north * SIDE, 7),
            households=households,
        )
        for code, east, north, households in given
    ]
    services.take_in_buildings(actor=SYSTEM, items=items, source="测试", now=NOW)


def redrawn() -> list[NewCell]:
    """A1 is N1 now, A2 and the market are cut in other halves; the second community as before."""
    return [
        new_cell("N1", WEST, SOUTH),
        new_cell("N2", WEST, SOUTH + SIDE, side=SIDE / 2),
        new_cell("N3", WEST + SIDE / 2, SOUTH + SIDE, side=SIDE / 2),
        new_cell("A3", WEST + SIDE, SOUTH, kind="special", special_kind="market"),
        new_cell("B1", WEST + 2 * SIDE, SOUTH, community_code=TWO),
    ]


def one_cluster() -> list[NewCluster]:
    return [NewCluster(code="HH", name="环湖片区", community_codes=[ONE, TWO], centre_code=OTHER)]


def change_grid(day: date = TOMORROW, **changes: Any) -> uuid.UUID:
    other_centre()
    given: dict[str, Any] = {"cells": redrawn(), "clusters": one_cluster(), "valid_from": day}
    return adopted(**{**given, **changes})


def staff(code: str, held: list[uuid.UUID]) -> None:
    roles = ["leader", "full_time", "part_time"]
    people = [NewPerson(role=role, post_id=post) for role, post in zip(roles, held, strict=False)]
    services.staff_cell(actor=SYSTEM, cell_code=code, people=people, valid_from=TODAY, now=NOW)


def heard() -> None:
    if not ledger_is_there():
        ledger.create_log(now=NOW)
    ledger.seal(now=NOW)
    while ledger.deliver(reader=readers.NAME, to=readers.hear):
        pass


def ledger_is_there() -> bool:
    return bool(history.sealed_size())


# what changed --------------------------------------------------------------------------------------------------------


def test_the_reader_keeps_what_an_adoption_changes() -> None:
    homes(("a", 0.5, 0.5, 60), ("b", 0.2, 1.2, 30), ("c", 0.8, 1.2, 10), ("d", 1.5, 0.5, 5), ("e", 2.5, 0.5, 40))
    first, second = adopted(), change_grid()
    heard()
    assert queries.change(first) is None
    found = queries.change(second)
    assert found is not None and found.former_id == first and found.by_households
    assert (found.kept, found.gone, found.new, found.households, found.moved) == (2, 3, 3, 145, 100)
    assert [(one.community_code, one.old_code, one.new_code, one.households) for one in found.communities] == [
        (TWO, "", "HH", 40),
        (ONE, "BJ", "HH", 105),
    ]
    parts = {(one.old_code, one.new_code): (one.households, one.share, one.by_area) for one in found.parts}
    assert parts[("A1", "N1")] == (60, 1.0, False)
    assert parts[("A2", "N2")] == (30, 0.75, False) and parts[("A2", "N3")] == (10, 0.25, False)
    assert ("B1", "B1") not in parts and ("A3", "A3") not in parts, "what goes on whole is not told"
    assert queries.to_staff(second) == ("N1", "N2", "N3")


def test_without_a_roll_the_shares_are_of_the_area() -> None:
    adopted()
    second = change_grid()
    heard()
    found = queries.change(second)
    assert found is not None and not found.by_households and found.households == 0
    assert [one.households for one in found.communities] == [None, None]
    parts = {(one.old_code, one.new_code): (round(one.share, 2), one.by_area) for one in found.parts}
    assert parts[("A1", "N1")] == (1.0, True)
    assert {pair: part for pair, part in parts.items() if pair[0] == "A2"} == {
        ("A2", ""): (0.5, True),
        ("A2", "N2"): (0.25, True),
        ("A2", "N3"): (0.25, True),
    }


def test_a_roll_that_came_later_changes_nothing_in_a_replay() -> None:
    homes(("a", 0.5, 0.5, 60))
    adopted()
    second = change_grid()
    heard()
    before = queries.change(second)
    items = [NewBuilding(code="z", name="新楼", community_code=ONE, lon=WEST, lat=SOUTH, households=900)]
    services.take_in_buildings(actor=SYSTEM, items=items, source="后来", now=NOW + DAY)
    ledger.replay(reader=readers.NAME, forget=readers.forget)
    assert not CellPart.objects.exists() and not CommunityMove.objects.exists()
    heard()
    assert queries.change(second) == before


def test_a_leader_who_will_follow_the_ground_counts_before_the_day() -> None:
    homes(("a", 0.5, 0.5, 60), ("b", 0.2, 1.2, 30), ("c", 0.8, 1.2, 10), ("d", 1.5, 0.5, 5))
    adopted()
    people = posts(2)
    staff("A1", people[:1])
    staff("A2", people[1:])
    second = change_grid()
    heard()
    assert queries.to_staff(second) == ("N2", "N3"), "of A2 no cell holds four fifths"


# who follows ---------------------------------------------------------------------------------------------------------


def test_people_follow_where_one_cell_holds_four_fifths_and_stay_where_none_does() -> None:
    homes(("a", 0.5, 0.5, 60), ("b", 0.2, 1.2, 30), ("c", 0.8, 1.2, 10), ("d", 1.5, 0.5, 5))
    adopted()
    people = posts(4)
    staff("A1", people[:2])
    staff("A2", people[2:])
    second = change_grid()
    assert jobs.carry_people(actor=SYSTEM, now=NOW) == 0, "its day has not come"
    assert jobs.carry_people(actor=SYSTEM, now=NOW + DAY) == 1
    assert [person.post_id for person in queries.people_of("A1", on=TODAY)] == people[:2]
    assert queries.people_of("A1", on=TOMORROW) == ()
    assert [(person.role, person.post_id) for person in queries.people_of("N1", on=TOMORROW)] == [
        ("leader", people[0]),
        ("full_time", people[1]),
    ]
    assert queries.people_of("N1", on=TODAY) == ()
    assert {person.post_id for person in queries.people_of("A2", on=TOMORROW)} == set(people[2:])
    heard()
    found = queries.change(second)
    assert found is not None and found.carried_on == TOMORROW
    assert [(one.old_code, one.new_code, one.posts) for one in found.people] == [("A1", "N1", 2), ("A2", "", 2)]
    assert queries.to_staff(second) == ("N2", "N3")
    told = [item.fact for item in history.history("cell:N1")]
    assert [fact["roles"] for fact in told] == [["leader", "full_time"]]
    assert history.history("cell:A1")[-1].fact["post_ids"] == []


def test_people_are_carried_over_once() -> None:
    adopted()
    staff("A1", posts(1))
    second = change_grid()
    assert [jobs.carry_people(actor=SYSTEM, now=NOW + DAY) for _again in range(3)] == [1, 0, 0]
    assert services.carry_people(actor=SYSTEM, version_id=second, now=NOW + DAY) == 0
    assert CellPerson.objects.filter(cell_code="N1").count() == 1
    heard()
    ledger.replay(reader=readers.NAME, forget=readers.forget)
    heard()
    assert PeopleMove.objects.count() == 1 and CellPerson.objects.filter(cell_code="N1").count() == 1


def test_where_two_cells_become_one_the_larger_ones_leader_leads() -> None:
    homes(("a", 0.5, 0.5, 20), ("b", 0.5, 1.5, 80), ("c", 1.5, 0.5, 7))
    adopted()
    small, large, both = posts(3)
    staff("A1", [small, both])
    staff("A2", [large, both])
    whole = [new_cell("N", WEST, SOUTH, side=2 * SIDE), new_cell("B1", WEST + 2 * SIDE, SOUTH, community_code=TWO)]
    change_grid(cells=whole)
    jobs.carry_people(actor=SYSTEM, now=NOW + DAY)
    assert {(person.role, person.post_id) for person in queries.people_of("N", on=TOMORROW)} == {
        ("leader", large),
        ("full_time", both),
        ("other", small),
    }


def test_a_post_that_has_ended_follows_nowhere() -> None:
    adopted()
    gone, stays = posts(2)
    staff("A1", [gone, stays])
    directory.end_post(actor=SYSTEM, post_id=gone, now=NOW)
    change_grid()
    jobs.carry_people(actor=SYSTEM, now=NOW + DAY)
    assert [(person.role, person.post_id) for person in queries.people_of("N1", on=TOMORROW)] == [("full_time", stays)]


def test_a_code_that_goes_on_keeps_its_people() -> None:
    adopted()
    leader = posts(1)
    staff("B1", leader)
    change_grid()
    jobs.carry_people(actor=SYSTEM, now=NOW + DAY)
    assert [person.post_id for person in queries.people_of("B1", on=TOMORROW)] == leader
    assert CellPerson.objects.count() == 1


def test_only_the_installation_carries_people_over() -> None:
    adopted()
    version = change_grid()
    clerk = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code=CENTRE)
    with pytest.raises(Forbidden):
        services.carry_people(actor=clerk, version_id=version, now=NOW)


def test_carrying_and_hearing_take_no_statement_for_each_cell(django_assert_max_num_queries: Any) -> None:
    many = [new_cell(f"C{n}", WEST + n * SIDE / 20, SOUTH, side=SIDE / 20) for n in range(40)]
    adopted(cells=many)
    held = posts(1)
    for cell in many:
        staff(cell.code, held)
    renamed = [new_cell(f"D{n}", WEST + n * SIDE / 20, SOUTH, side=SIDE / 20) for n in range(40)]
    second = change_grid(cells=renamed)
    with django_assert_max_num_queries(30):
        assert services.carry_people(actor=SYSTEM, version_id=second, now=NOW + DAY) == 40
    ledger.create_log(now=NOW)
    ledger.seal(now=NOW)
    with django_assert_max_num_queries(30):
        ledger.deliver(reader=readers.NAME, to=readers.hear)


# a mistake -----------------------------------------------------------------------------------------------------------


def revert(version_id: uuid.UUID, **changes: Any) -> uuid.UUID:
    given: dict[str, Any] = {
        "actor": SYSTEM,
        "version_id": version_id,
        "valid_from": TOMORROW + DAY,
        "reason": "划错了",
        "now": NOW + DAY,
    }
    return services.revert_grid(**{**given, **changes})


def test_a_mistake_is_taken_back_by_a_new_version_and_past_days_keep_what_was() -> None:
    first, mistake = adopted(), change_grid()
    third = revert(mistake)
    assert GridVersion.objects.count() == 3
    one, two, three = (queries.version(version_id) for version_id in (first, mistake, third))
    assert three.digest == one.digest and three.reverts == mistake and queries.reason_of(third) == "划错了"
    assert (two.valid_from, two.valid_to) == (TOMORROW, TOMORROW + DAY)
    assert {cell.code for cell in queries.cells(on=TOMORROW)} == {cell.code for cell in redrawn()}
    assert {cell.code for cell in queries.cells(on=TOMORROW + DAY)} == {cell.code for cell in cells()}
    told = history.history(f"grid:{third}")[-1].fact
    assert (told["reverts"], told["restores"], told["former_id"]) == (str(mistake), str(first), str(mistake))
    assert told["reason_commitment"] and "划错了" not in str(told)


def test_one_that_lies_ahead_is_taken_back_before_it_ever_holds() -> None:
    first, ahead = adopted(), change_grid(day=TODAY + 9 * DAY)
    third = revert(ahead, valid_from=TODAY + 9 * DAY, now=NOW)
    assert queries.version(ahead).is_void
    for day in (TODAY + 8 * DAY, TODAY + 9 * DAY, TODAY + 30 * DAY):
        assert {cell.code for cell in queries.cells(on=day)} == {cell.code for cell in cells()}
    told = history.history(f"grid:{third}")[-1].fact
    assert told["former_id"] == str(first) and queries.former_of(queries.version(third)) == queries.version(first)
    assert queries.to_carry(on=TODAY + 9 * DAY) == (third,)
    with pytest.raises(Refused):
        adopted(valid_from=TODAY + 9 * DAY)


def test_people_come_back_with_their_cells() -> None:
    homes(("a", 0.5, 0.5, 60), ("b", 0.2, 1.2, 30), ("c", 0.8, 1.2, 10))
    adopted()
    people = posts(2)
    staff("A1", people[:1])
    staff("A2", people[1:])
    mistake = change_grid()
    jobs.carry_people(actor=SYSTEM, now=NOW + DAY)
    revert(mistake)
    jobs.carry_people(actor=SYSTEM, now=NOW + 2 * DAY)
    back = TOMORROW + DAY
    assert [person.post_id for person in queries.people_of("A1", on=back)] == people[:1]
    assert [person.post_id for person in queries.people_of("A2", on=back)] == people[1:]
    assert queries.people_of("N1", on=back) == ()


def test_a_reverted_reversion_can_go_to_any_earlier_grid() -> None:
    first, second = adopted(), change_grid()
    third = revert(second)
    assert [card.version_id for card in queries.earlier_than(third)] == [second, first]
    fourth = revert(third, valid_from=TOMORROW + 2 * DAY, now=NOW + 2 * DAY)
    assert queries.version(fourth).digest == queries.version(second).digest
    fifth = revert(fourth, valid_from=TOMORROW + 3 * DAY, now=NOW + 3 * DAY, to_id=first)
    assert queries.version(fifth).digest == queries.version(first).digest


def test_what_cannot_be_taken_back_is_refused_and_nothing_changes() -> None:
    first = adopted()
    with pytest.raises(Absent) as none_before:
        revert(first)
    second = change_grid()
    refusals = {
        "grid-superseded": (Refused, {"version_id": first}),
        "grid-absent": (Absent, {"version_id": uuid.uuid4()}),
        "grid-no-earlier": (Absent, {"to_id": uuid.uuid4()}),
        "revert-reason": (Invalid, {"reason": " \u200b"}),
        "revert-day": (Refused, {"valid_from": TOMORROW}),
        "revert-far": (Refused, {"valid_from": date(2099, 1, 1)}),
        "grid-forbidden": (Forbidden, {"actor": Actor(kind="resident", organisation_code="330205")}),
    }
    for code, (kind, changes) in refusals.items():
        with pytest.raises(kind) as refused:
            revert(**{"version_id": second, **changes})
        assert refused.value.code == code
    with pytest.raises(Invalid):
        revert(second, reason="长" * 201)
    assert none_before.value.code == "grid-no-earlier" and GridVersion.objects.count() == 2


def test_a_plan_is_named_in_the_adoption() -> None:
    version = adopted(plan_id="0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11")
    told = history.history(f"grid:{version}")[-1].fact
    assert told["plan_id"] == "0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11" and told["former_id"] == ""
