"""Opening hours against a walk through every minute, and what people write."""

from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pianqu.kernels import opening
from pianqu.kernels.opening import DAY, Span, Table, WrongHours

MONDAY = date(2026, 11, 23)
OFFICE = opening.read("08:30-12:00, 14:00-17:30")
WEEK = Table(weekly=(OFFICE,) * 5 + (opening.read("9:00-12:00"), ()))
STEP = 30


def at(day: int, clock: str = "00:00") -> datetime:
    return datetime.fromisoformat(f"2026-11-{day:02}T{clock}")


def test_an_office_is_open_in_its_hours_and_not_at_closing_time() -> None:
    said = {clock: opening.is_open(WEEK, at(23, clock)) for clock in ("08:29", "08:30", "11:59", "12:00", "14:00")}
    assert said == {"08:29": False, "08:30": True, "11:59": True, "12:00": False, "14:00": True}
    assert not opening.is_open(WEEK, at(29, "10:00"))
    assert opening.open_until(WEEK, at(23, "10:00")) == at(23, "12:00")
    assert opening.open_until(WEEK, at(23, "12:30")) is None


def test_the_next_opening_passes_over_the_weekend_and_over_closed_days() -> None:
    assert opening.next_opening(WEEK, at(23, "12:30")) == at(23, "14:00")
    assert opening.next_opening(WEEK, at(28, "12:00")) == at(30, "08:30")
    closed = Table(
        weekly=WEEK.weekly, exceptions={date(2026, 11, 30): (), date(2026, 12, 1): opening.read("10:00-11:00")}
    )
    assert opening.next_opening(closed, at(28, "12:00")) == datetime.fromisoformat("2026-12-01T10:00")
    assert opening.next_opening(WEEK, at(23, "09:00")) == at(23, "09:00"), "it is open already"
    assert opening.next_opening(Table(), at(23)) is None


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    nights = Table(weekly=(opening.read("22:00-06:00"),) * 7, exceptions={date(2026, 11, 24): ()})
    assert opening.is_open(nights, at(24, "05:59")) and not opening.is_open(nights, at(24, "06:00"))
    assert not opening.is_open(nights, at(24, "23:00")) and not opening.is_open(nights, at(25, "03:00"))
    assert opening.covers(nights, at(23, "23:00"), at(24, "01:00"))
    assert opening.open_until(nights, at(23, "23:30")) == at(24, "06:00")


def test_round_the_clock_never_closes() -> None:
    always = Table(weekly=(opening.read("00:00-24:00"),) * 7)
    assert opening.open_until(always, at(23, "10:00")) is None and opening.is_open(always, at(23, "10:00"))
    assert opening.covers(always, at(23, "23:00"), at(24, "02:00"))
    assert opening.intervals(always, MONDAY, MONDAY) == [(at(23), at(24))]


def test_free_time_lies_between_bookings() -> None:
    taken = [(at(23, "10:00"), at(23, "11:00")), (at(23, "11:30"), at(23, "15:00"))]
    assert opening.free(WEEK, MONDAY, taken) == [
        (at(23, "08:30"), at(23, "10:00")),
        (at(23, "11:00"), at(23, "11:30")),
        (at(23, "15:00"), at(23, "17:30")),
    ]


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("", ()),
        ("休", ()),
        (" closed ", ()),
        ("8:30—12:00，14:00–17:30", (Span(510, 720), Span(840, 1050))),
        ("14:00至17:30、08:30至12:00", (Span(510, 720), Span(840, 1050))),
        ("22:00-06:00", (Span(1320, 1800),)),
        ("22:00-次日06:00", (Span(1320, 1800),)),
        ("00:00-24:00", (Span(0, 1440),)),
    ],
)
def test_what_people_write_is_read(text: str, spans: opening.Spans) -> None:
    assert opening.read(text) == spans
    assert opening.read(opening.write(spans)) == spans


@pytest.mark.parametrize(
    "text",
    [
        "all day",
        "08:30",
        "25:00-26:00",
        "08:60-09:00",
        "08:30-12:00 or so",
        "8-12",
        "08:00-12:00, 11:00-13:00",
        "08:00-24:30",
        "24:00-25:00",
    ],
)
def test_what_is_no_span_is_refused(text: str) -> None:
    with pytest.raises(WrongHours):
        opening.read(text)


def test_weekdays_alike_are_told_together() -> None:
    assert [(first, last) for first, last, _spans in opening.grouped(WEEK.weekly)] == [(0, 4), (5, 5), (6, 6)]


def test_an_overlap_with_yesterday_is_a_fault() -> None:
    week = ((Span(1320, 1800),), (Span(300, 600),), (), (), (), (), ())
    assert opening.faults(week) == [1]
    assert opening.faults(WEEK.weekly) == []
    sunday = ((Span(60, 120),), (), (), (), (), (), (Span(1380, 1380 + 180),))
    assert opening.faults(sunday) == [0]


spans = st.builds(
    lambda opens, length: Span(opens * STEP, opens * STEP + length * STEP),
    st.integers(0, DAY // STEP - 1),
    st.integers(1, DAY // STEP),
)
days = st.lists(spans, max_size=3).map(tuple)
tables = st.builds(
    Table,
    st.tuples(*[days] * 7),
    st.dictionaries(st.integers(-2, 9).map(lambda n: MONDAY + timedelta(days=n)), days, max_size=4),
)


def open_by_hand(table: Table, moment: datetime) -> bool:
    """Every span of today and of yesterday, minute by minute."""
    minute = moment.hour * 60 + moment.minute
    today = any(minute in range(span.opens, span.closes) for span in table.on(moment.date()))
    before = moment.date() - timedelta(days=1)
    return today or any(minute + DAY in range(span.opens, span.closes) for span in table.on(before))


def walk(start: datetime, steps: int) -> list[datetime]:
    return [start + timedelta(minutes=STEP * step) for step in range(steps)]


@settings(max_examples=60, deadline=None)
@given(tables, st.integers(0, 7 * DAY // STEP - 1))
def test_every_question_agrees_with_a_walk(table: Table, step: int) -> None:
    moment = at(23) + timedelta(minutes=STEP * step)
    there = open_by_hand(table, moment)
    assert opening.is_open(table, moment) == there
    day = moment.date()
    inside = [m for m in walk(datetime.combine(day, datetime.min.time()), DAY // STEP) if open_by_hand(table, m)]
    found = opening.intervals(table, day, day)
    assert inside == [m for a, b in found for m in walk(a, int((b - a).total_seconds()) // 60 // STEP)]
    assert all(b < c for (_a, b), (c, _d) in pairwise(found)), "joined, in order"
    later = next((m for m in walk(moment, 14 * DAY // STEP) if open_by_hand(table, m)), None)
    if later is not None:
        assert opening.next_opening(table, moment) == later
    shut = next((m for m in walk(moment, 14 * DAY // STEP) if not open_by_hand(table, m)), None)
    if there and shut is not None:
        assert opening.open_until(table, moment) == shut


@settings(max_examples=60, deadline=None)
@given(
    tables,
    st.integers(0, 3 * DAY // STEP),
    st.integers(1, 30),
    st.lists(st.tuples(st.integers(0, 47), st.integers(1, 8)), max_size=5),
)
def test_cover_and_free_time_agree_with_a_walk(
    table: Table, step: int, length: int, busy: list[tuple[int, int]]
) -> None:
    starts = at(23) + timedelta(minutes=STEP * step)
    asked = walk(starts, length)
    assert opening.covers(table, starts, starts + timedelta(minutes=STEP * length)) == all(
        open_by_hand(table, moment) for moment in asked
    )
    taken = [(at(24) + timedelta(minutes=STEP * a), at(24) + timedelta(minutes=STEP * (a + n))) for a, n in busy]
    left = [
        m
        for a, b in opening.free(table, date(2026, 11, 24), taken)
        for m in walk(a, int((b - a).total_seconds()) // 60 // STEP)
    ]
    assert left == [m for m in walk(at(24), 48) if open_by_hand(table, m) and not any(a <= m < b for a, b in taken)]
