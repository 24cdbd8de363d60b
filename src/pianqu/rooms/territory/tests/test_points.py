"""Service points are opened, have hours and rooms, and a room is had by one at a time."""

import uuid
from dataclasses import replace
from datetime import date, datetime, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem, Refused
from pianqu.foundation.models import Account
from pianqu.kernels.opening import Span, read
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as history
from pianqu.rooms.ledger.models import Entry
from pianqu.rooms.territory import queries, services
from pianqu.rooms.territory.models import Booking
from pianqu.rooms.territory.services import NewPoint
from pianqu.rooms.territory.tests.builders import CENTRE, NOW, ONE, SIDE, SOUTH, STREET, SYSTEM, TODAY, TWO, WEST

pytestmark = pytest.mark.django_db
OFFICE = (read("08:30-12:00, 14:00-17:30"),) * 5 + ((), ())
"""NOW is Monday, 17:30 here."""
TUESDAY = TODAY + timedelta(days=1)


def new_point(code: str = "P1", **changes: Any) -> NewPoint:
    given: dict[str, Any] = {
        "name": "一号社区便民窗口",
        "kind": "window",
        "place_code": ONE,
        "organisation_code": CENTRE,
        "lon": WEST + SIDE,
        "lat": SOUTH + SIDE,
        "weekly": OFFICE,
    }
    return NewPoint(code=code, **{**given, **changes})


def opened(**changes: Any) -> str:
    services.open_points(actor=SYSTEM, items=[new_point(**changes)], valid_from=TODAY, now=NOW)
    return str(changes.get("code", "P1"))


def official(organisation_code: str = CENTRE, kind: str = "handler") -> Actor:
    account = Account.objects.create_account(login=uuid.uuid4().hex[:10], password="p", name="某")
    post = directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=organisation_code, kind=kind, title="经办", now=NOW
    )
    return Actor(kind="post", account_id=str(account.id), post_id=str(post), organisation_code=organisation_code)


def at(hour: int, minute: int = 0, day: date = TUESDAY) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=timezone.get_default_timezone())


def room(**changes: Any) -> uuid.UUID:
    given: dict[str, Any] = {"code": opened(), "name": "议事厅", "seats": 20}
    return services.add_room(actor=SYSTEM, now=NOW, **{**given, **changes})


def book(actor: Actor, room_id: uuid.UUID, starts: datetime, ends: datetime, **changes: Any) -> uuid.UUID:
    given: dict[str, Any] = {"purpose": "meeting", "now": NOW}
    return services.book_room(actor=actor, room_id=room_id, starts=starts, ends=ends, **{**given, **changes})


def test_a_point_is_opened_once_with_its_hours() -> None:
    opened()
    assert services.open_points(actor=SYSTEM, items=[new_point(name="另一名")], valid_from=TODAY, now=NOW) == 0
    card = queries.point("P1")
    assert (card.name, card.kind, card.organisation_code) == ("一号社区便民窗口", "window", CENTRE)
    table = queries.hours_of(["P1"])["P1"]
    assert table.weekly[0] == (Span(510, 720), Span(840, 1050)) and table.weekly[6] == ()
    assert [one.code for one in queries.points(on=TODAY)] == ["P1"] and queries.points(on=TODAY, kind="care") == ()
    assert queries.points(on=TODAY - timedelta(days=1)) == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "shop"}, "point-wrong"),
        ({"name": " "}, "point-wrong"),
        ({"place_code": "330205999999"}, "point-wrong"),
        ({"organisation_code": "nobody"}, "point-wrong"),
        ({"lat": None}, "point-wrong"),
        ({"weekly": ((Span(1320, 1800),), (Span(300, 600),), (), (), (), (), ())}, "point-wrong"),
        ({"lon": SOUTH + SIDE, "lat": WEST + SIDE}, "point-swapped"),
        ({"lon": WEST + 3 * SIDE}, "point-elsewhere"),
        ({"lon": WEST + 1}, "point-outside"),
    ],
)
def test_what_does_not_fit_is_refused_whole(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        services.open_points(actor=SYSTEM, items=[new_point("P0"), new_point(**changes)], valid_from=TODAY, now=NOW)
    assert refusal.value.code == code and queries.points(on=TODAY) == ()


def test_a_point_of_a_street_may_lie_in_any_of_its_communities() -> None:
    opened(place_code=STREET, lon=WEST + 3 * SIDE)
    assert queries.point("P1").place_code == STREET


def test_who_runs_a_point_arranges_it_and_nobody_else() -> None:
    code, leader, others = opened(), official(kind="leader"), (official(), official(STREET, "leader"))
    acts: list[Any] = [
        lambda who: services.set_hours(actor=who, code=code, weekly=((),) * 7, now=NOW),
        lambda who: services.add_room(actor=who, code=code, name="小会议室", seats=8, now=NOW),
        lambda who: services.close_point(actor=who, code=code, on=TODAY + timedelta(days=9), now=NOW),
    ]
    for act in acts:
        for other in others:
            with pytest.raises(Forbidden):
                act(other)
        act(leader)


def test_hours_are_said_anew_with_single_days() -> None:
    code = opened()
    weekly = (read("00:00-24:00"),) * 7
    services.set_hours(actor=SYSTEM, code=code, weekly=weekly, days={TUESDAY: ()}, now=NOW)
    table = queries.hours_of([code])[code]
    assert table.on(TUESDAY) == () and table.on(TODAY) == (Span(0, 1440),)
    services.set_hours(actor=SYSTEM, code=code, weekly=OFFICE, now=NOW)
    assert queries.hours_of([code])[code].exceptions == {}
    told = [item.fact for item in history.history("point:P1") if item.kind == "territory.hours-set"]
    assert told[0]["days"] == [[TUESDAY.isoformat(), []]] and told[1]["weekly"][0] == [[510, 720], [840, 1050]]


def test_a_room_is_had_within_the_hours_by_one_at_a_time() -> None:
    mine, other, where = official(), official(STREET), room()
    first = book(mine, where, at(9), at(11))
    for starts, ends in ((at(8, 30), at(9, 1)), (at(10), at(10, 30)), (at(10, 59), at(12)), (at(8, 30), at(12))):
        with pytest.raises(Refused) as taken:
            book(other, where, starts, ends)
        assert taken.value.code == "room-taken" and "09:00" in taken.value.message
    book(other, where, at(8, 30), at(9))
    book(other, where, at(11), at(12))
    services.cancel_booking(actor=mine, booking_id=first, now=NOW)
    book(other, where, at(9, 30), at(10))


@pytest.mark.parametrize(
    ("starts", "ends", "changes", "code"),
    [
        (at(9), at(9), {}, "booking-wrong"),
        (at(9), at(8), {}, "booking-wrong"),
        (at(9, day=TODAY), at(10, day=TODAY), {}, "booking-wrong"),
        (at(9), at(10), {"purpose": "party"}, "booking-wrong"),
        (at(9, day=TODAY + timedelta(days=64)), at(10, day=TODAY + timedelta(days=64)), {}, "booking-wrong"),
        (at(0), at(13), {}, "booking-wrong"),
        (at(11), at(15), {}, "booking-closed"),
        (at(9, day=date(2026, 3, 7)), at(10, day=date(2026, 3, 7)), {}, "booking-closed"),
    ],
)
def test_times_that_are_none_say_why(starts: datetime, ends: datetime, changes: dict[str, Any], code: str) -> None:
    where = room()
    with pytest.raises(Problem) as refusal:
        book(official(), where, starts, ends, **changes)
    assert refusal.value.code == code and not Booking.objects.exists()


def test_a_room_of_its_own_is_for_its_own_people_and_an_auditor_books_nothing() -> None:
    where = room(booked_by="own")
    with pytest.raises(Forbidden):
        book(official(STREET), where, at(9), at(10))
    with pytest.raises(Forbidden):
        book(replace(official(), reads_only=True), where, at(9), at(10))
    book(official(), where, at(9), at(10))
    with pytest.raises(Absent):
        book(official(), uuid.uuid4(), at(9), at(10))


def test_who_booked_or_who_runs_the_point_cancels_and_nobody_else() -> None:
    where, street = room(), official(STREET)
    one, two = book(street, where, at(9), at(10)), book(street, where, at(10), at(11))
    with pytest.raises(Forbidden):
        services.cancel_booking(actor=official(), booking_id=one, now=NOW)
    services.cancel_booking(actor=official(STREET), booking_id=one, now=NOW)
    services.cancel_booking(actor=official(kind="leader"), booking_id=two, now=NOW)
    with pytest.raises(Refused):
        services.cancel_booking(actor=street, booking_id=one, now=NOW)


def test_a_point_with_bookings_to_come_is_not_closed() -> None:
    where = room()
    booking = book(official(), where, at(9), at(10))
    with pytest.raises(Refused):
        services.close_point(actor=SYSTEM, code="P1", on=TUESDAY, now=NOW)
    services.cancel_booking(actor=official(), booking_id=booking, now=NOW)
    services.close_point(actor=SYSTEM, code="P1", on=TUESDAY, now=NOW)
    assert queries.points(on=TUESDAY) == () and queries.points(on=TODAY)
    with pytest.raises(Refused):
        book(official(), where, at(9), at(10))


def test_a_fact_of_a_booking_names_nobody() -> None:
    where, who = room(), official()
    book(who, where, at(9), at(10))
    told = next(item.fact for item in history.history("point:P1") if item.kind == "territory.room-booked")
    assert set(told) == {"booking_id", "room_id", "starts", "ends", "purpose"}
    assert Entry.objects.filter(kind="territory.room-booked").count() == 1


def test_a_list_of_points_and_a_booking_cost_the_same_however_many_there_are() -> None:
    where, costs = room(), []
    for number in (3, 9):
        items = [new_point(f"Q{number}-{n}") for n in range(number)]
        services.open_points(actor=SYSTEM, items=items, valid_from=TODAY, now=NOW)
        with CaptureQueriesContext(connection) as listed:
            queries.hours_of([card.code for card in queries.points(on=TODAY)])
        who = official()
        with CaptureQueriesContext(connection) as booked:
            book(who, where, at(9 if number == 3 else 10), at(10 if number == 3 else 11))
        costs.append((len(listed), len(booked)))
    assert costs[0] == costs[1] and costs[0][0] == 2 and costs[0][1] <= 20, costs


def test_hours_are_not_taken_from_under_a_booking() -> None:
    where = room()
    booking = book(official(), where, at(9), at(10))
    with pytest.raises(Refused) as refusal:
        services.set_hours(actor=SYSTEM, code="P1", weekly=OFFICE, days={TUESDAY: ()}, now=NOW)
    assert refusal.value.code == "hours-booked" and "09:00" in refusal.value.message
    services.set_hours(actor=SYSTEM, code="P1", weekly=OFFICE, days={TUESDAY: read("09:00-10:00")}, now=NOW)
    services.cancel_booking(actor=SYSTEM, booking_id=booking, now=NOW)
    services.set_hours(actor=SYSTEM, code="P1", weekly=OFFICE, days={TUESDAY: ()}, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_never_both_have_it() -> None:
    where, people = room(), [official(), official(STREET), official(TWO), official(ONE)]
    got: list[str] = []
    ready = Barrier(len(people))

    def ask(who: Actor) -> None:
        ready.wait()
        try:
            book(who, where, at(9), at(10))
            got.append("booked")
        except Refused as refusal:
            got.append(refusal.code)
        finally:
            connection.close()

    crowd = [Thread(target=ask, args=(who,)) for who in people]
    for thread in crowd:
        thread.start()
    for thread in crowd:
        thread.join()
    assert sorted(got) == ["booked", "room-taken", "room-taken", "room-taken"]
