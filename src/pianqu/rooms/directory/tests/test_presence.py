"""What was sent down, who is here today, and duty round the clock."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.queries import DutyCard
from pianqu.rooms.directory.tests.builders import (
    CICHENG,
    CICHENG_1,
    CICHENG_2,
    CLUSTER,
    LAW,
    MARKET,
    NOW,
    SYSTEM,
    TODAY,
    listed,
    official,
    posted,
    power,
    small_district,
)
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()


def sent(**changes: Any) -> UUID:
    given: dict[str, Any] = {
        "actor": SYSTEM,
        "what": "service",
        "title": "执法窗口",
        "from_code": LAW,
        "to_code": CLUSTER,
        "starts": TODAY,
        "ends": None,
        "presence": "resident",
        "now": NOW,
    }
    return services.send_down(**{**given, **changes})


def here(on: date = TODAY) -> list[str]:
    return [card.presence for card in queries.who_is_here(CLUSTER, on)]


def test_resident_rotating_and_on_call() -> None:
    """2026-11-23 is a Monday."""
    sent(presence="on_call", title="专家")
    sent(presence="rotating", weekdays=(1, 3))
    sent(presence="resident", ends=TODAY + timedelta(days=2))
    assert here() == ["resident", "rotating", "on_call"]
    assert here(TODAY + timedelta(days=1)) == ["resident", "on_call"]
    assert here(TODAY + timedelta(days=2)) == ["rotating", "on_call"], "the end is the first day without"
    assert here(TODAY - timedelta(days=1)) == []
    assert queries.here_by_centre(TODAY)[CLUSTER] == queries.who_is_here(CLUSTER, TODAY)


def test_a_recalled_one_is_gone() -> None:
    row = sent()
    services.recall(actor=SYSTEM, send_down_id=row, now=NOW)
    assert here() == []
    assert [item.kind for item in ledger.history(f"send-down:{row}")] == ["directory.sent-down", "directory.recalled"]
    assert "执法窗口" not in str(ledger.history(f"send-down:{row}"))
    with pytest.raises(Absent):
        services.recall(actor=SYSTEM, send_down_id=row, now=NOW)


def test_what_may_be_decided_there_is_held_there() -> None:
    listed([power(), power(category="market", organisation_code=MARKET)])
    row = sent(may_decide=("noise",))
    officer = official("a", CLUSTER)
    found = queries.holds(officer, "decide", "noise", CICHENG_1, TODAY)
    assert found is not None
    assert (found.list_kind, found.source, found.power_id) == ("sent_down", LAW, row)
    for verb, category, place, on in (
        ("handle", "noise", CICHENG_1, TODAY),
        ("decide", "market", CICHENG_1, TODAY),
        ("decide", "noise", CICHENG_2, TODAY),
        ("decide", "noise", CICHENG_1, TODAY - timedelta(days=1)),
    ):
        assert queries.holds(officer, verb, category, place, on) is None
    services.recall(actor=SYSTEM, send_down_id=row, now=NOW)
    assert queries.holds(officer, "decide", "noise", CICHENG_1, TODAY) is None


def test_what_was_taken_back_is_not_sent_down() -> None:
    listed([power(list_kind="taken_back"), power(MARKET, category="market")])
    for categories in (("noise",), ("market",), ("nothing",)):
        with pytest.raises(Refused):
            sent(may_decide=categories)
    row = sent(from_code=MARKET, may_decide=("market",))
    officer = official("a", CLUSTER)
    assert queries.holds(officer, "decide", "market", CICHENG_1, TODAY) is not None
    listed([power(LAW, category="market", list_kind="taken_back")], source="later list")
    assert queries.holds(officer, "decide", "market", CICHENG_1, TODAY) is None, "what is taken back later comes back"
    assert row


def test_a_person_is_of_the_sender_and_gone_with_the_post() -> None:
    person = posted("li")
    sent(what="person", title="驻点执法员", post_id=person)
    assert queries.who_is_here(CLUSTER, TODAY)[0].post_title == "handler岗"
    with pytest.raises(Invalid):
        sent(what="person", from_code=MARKET, post_id=person)
    services.end_post(actor=SYSTEM, post_id=person, now=NOW)
    assert here() == []


@pytest.mark.parametrize(
    "changes",
    [
        {"what": "gift"},
        {"presence": "sometimes"},
        {"title": " "},
        {"title": "长" * 81},
        {"ends": TODAY},
        {"weekdays": (1,)},
        {"presence": "rotating", "weekdays": (0,)},
        {"presence": "rotating", "weekdays": (8,)},
        {"to_code": MARKET},
    ],
)
def test_what_cannot_be_sent_is_invalid(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        sent(**changes)


def test_who_may_send_and_recall() -> None:
    row = sent(actor=official("a", LAW, "leader"))
    for actor in (official("b", LAW), official("c", CLUSTER, "leader")):
        with pytest.raises(Forbidden):
            sent(actor=actor)
        with pytest.raises(Forbidden):
            services.recall(actor=actor, send_down_id=row, now=NOW)
    with pytest.raises(Absent):
        sent(to_code="nobody")


# duty -----------------------------------------------------------------------------------------------------------------


def on(post_id: UUID, start: int, hours: int, code: str = CLUSTER) -> UUID:
    starts = NOW + start * HOUR
    return services.put_on_duty(
        actor=SYSTEM, post_id=post_id, organisation_code=code, starts=starts, ends=starts + hours * HOUR, now=NOW
    )


def test_duty_crosses_midnight_and_hands_over_without_a_gap() -> None:
    """09:00 UTC is 17:00 here: the night runs from 17:00 to 08:00."""
    day, night = posted("day", CLUSTER), posted("night", LAW)
    on(night, 0, 15)
    on(day, 15, 9)
    midnight = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    found = queries.on_duty(CLUSTER, midnight)
    assert [(card.post_id, card.home_name) for card in found] == [(night, f"名{LAW}")]
    assert [card.post_id for card in queries.on_duty(CLUSTER, NOW + 15 * HOUR)] == [day], "one second, one answer"
    assert queries.duty_gaps(CLUSTER, NOW, NOW + 24 * HOUR) == ()


def test_gaps_are_reported() -> None:
    on(posted("a"), 2, 4)
    on(posted("b"), 8, 4)
    gaps = queries.duty_gaps(CLUSTER, NOW, NOW + 24 * HOUR)
    assert [((gap.starts - NOW) // HOUR, (gap.ends - NOW) // HOUR) for gap in gaps] == [(0, 2), (6, 8), (12, 24)]
    assert len(queries.duty_gaps(CICHENG, NOW, NOW + HOUR)) == 1


def test_nobody_has_duty_twice_at_a_time_even_elsewhere() -> None:
    person = posted("a")
    row = on(person, 0, 8)
    with pytest.raises(Refused):
        on(person, 7, 8, CICHENG)
    on(person, 8, 8, CICHENG)
    services.take_off_duty(actor=SYSTEM, duty_id=row, now=NOW + HOUR)
    assert queries.on_duty(CLUSTER, NOW + HOUR) == ()
    on(person, 2, 2)
    with pytest.raises(Absent):
        services.take_off_duty(actor=SYSTEM, duty_id=row, now=NOW + HOUR)
    with pytest.raises(Invalid):
        on(person, 30, 0)


def test_the_substitute_has_the_duty_of_the_absent_one() -> None:
    away, deputy = posted("away", CLUSTER), posted("deputy", CLUSTER)
    on(away, 0, 8)
    on(away, 24, 8)
    services.substitute(actor=SYSTEM, post_id=away, by_post_id=deputy, starts=NOW, ends=NOW + 20 * HOUR, now=NOW)
    first = queries.on_duty(CLUSTER, NOW)[0]
    assert first.post_id == deputy
    assert first.instead_of is not None
    assert queries.on_duty(CLUSTER, NOW + 25 * HOUR)[0].post_id == away


def test_duty_of_an_ended_post_leaves_a_gap() -> None:
    person = posted("a")
    on(person, 0, 8)
    services.end_post(actor=SYSTEM, post_id=person, now=NOW)
    assert queries.on_duty(CLUSTER, NOW) == ()
    assert len(queries.duty_gaps(CLUSTER, NOW, NOW + HOUR)) == 1


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 12)), max_size=8))
def test_gaps_are_exactly_the_hours_without_duty(spans: list[tuple[int, int]]) -> None:
    cards = [
        DutyCard(
            duty_id=new_id(),
            post_id=new_id(),
            account_id=new_id(),
            title="",
            organisation_code=CLUSTER,
            organisation_name="",
            home_name="",
            starts=NOW + start * HOUR,
            ends=NOW + (start + long) * HOUR,
        )
        for start, long in spans
    ]
    gaps = queries.uncovered(cards, NOW, NOW + 24 * HOUR)
    for hour in range(24):
        moment = NOW + hour * HOUR
        empty = not any(card.starts <= moment < card.ends for card in cards)
        assert any(gap.starts <= moment < gap.ends for gap in gaps) == empty
