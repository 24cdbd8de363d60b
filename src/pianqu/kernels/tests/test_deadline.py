"""The sum of a term: against published dates, against its definition, against a walk by hand."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pianqu.kernels.deadline import (
    Calendar,
    Due,
    NoTable,
    Pause,
    Standing,
    Term,
    Unit,
    Why,
    YearTable,
    add_months,
    due_at,
    standing,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
OFF = [date(2026, 10, d) for d in range(1, 8)] + [date(2026, 9, d) for d in (25, 26, 27)]
WORKED = [date(2026, 9, 20), date(2026, 10, 10)]
CALENDAR = Calendar(
    {
        2025: YearTable(2025, frozenset(), frozenset()),
        2026: YearTable(2026, frozenset(OFF), frozenset(WORKED)),
        **{year: YearTable(year, frozenset(), frozenset(), provisional=True) for year in range(2027, 2040)},
    }
)


def at(day: str, clock: str = "10:00") -> datetime:
    return datetime.combine(date.fromisoformat(day), time.fromisoformat(clock), SHANGHAI)


def due(start: datetime, *terms: Term, pauses: tuple[Pause, ...] = ()) -> Due:
    found = due_at(start, terms, CALENDAR, zone=SHANGHAI, pauses=pauses)
    assert found is not None
    return found


WD20 = Term(20, Unit.WORKING_DAYS)
CD60 = Term(60, Unit.CALENDAR_DAYS, rolls=True)


@pytest.mark.parametrize(
    ("start", "terms", "last"),
    [
        ("2026-09-18", [WD20], "2026-10-22"),
        ("2026-08-04", [CD60], "2026-10-08"),
        ("2026-08-04", [Term(60, Unit.CALENDAR_DAYS)], "2026-10-03"),
        ("2026-08-04", [CD60, Term(30, Unit.CALENDAR_DAYS, rolls=True)], "2026-11-02"),
        ("2026-01-31", [Term(1, Unit.MONTHS)], "2026-02-28"),
        ("2026-01-31", [Term(13, Unit.MONTHS)], "2027-02-28"),
        ("2026-08-31", [Term(1, Unit.MONTHS, rolls=True)], "2026-09-30"),
        ("2026-09-05", [Term(1, Unit.MONTHS, rolls=True)], "2026-10-08"),
        ("2026-09-18", [Term(1, Unit.WORKING_DAYS)], "2026-09-20"),
        ("2026-10-09", [Term(1, Unit.WORKING_DAYS), Term(1, Unit.CALENDAR_DAYS)], "2026-10-11"),
    ],
)
def test_dates_that_somebody_counted(start: str, terms: list[Term], last: str) -> None:
    found = due(at(start), *terms)
    assert found.last_day == date.fromisoformat(last)
    assert found.at == datetime.combine(found.last_day + DAY, time(), SHANGHAI)


def test_hours_run_through_night_and_weekend_but_not_through_a_pause() -> None:
    start = at("2026-10-02", "22:30")
    assert due(start, Term(4, Unit.HOURS)).at == at("2026-10-03", "02:30")
    pause = Pause(at("2026-10-02", "23:00"), at("2026-10-03", "09:00"))
    found = due(start, Term(4, Unit.HOURS), pauses=(pause,))
    assert found.at == at("2026-10-03", "12:30") and found.last_day == date(2026, 10, 3)


def test_a_day_stands_still_when_the_clock_stood_at_its_first_moment() -> None:
    within = Pause(at("2026-11-03", "08:00"), at("2026-11-03", "20:00"))
    assert due(at("2026-11-02"), Term(3, Unit.WORKING_DAYS), pauses=(within,)).last_day == date(2026, 11, 5)
    overnight = Pause(at("2026-11-03", "20:00"), at("2026-11-04", "08:00"))
    assert due(at("2026-11-02"), Term(3, Unit.WORKING_DAYS), pauses=(overnight,)).last_day == date(2026, 11, 6)


def test_a_last_day_that_a_pause_cut_short_goes_on_when_the_clock_does() -> None:
    evening = at("2026-11-05", "23:00")
    three, start = Term(3, Unit.WORKING_DAYS), at("2026-11-02")
    assert due(start, three).last_day == date(2026, 11, 5)
    assert due(start, three, pauses=(Pause(evening, at("2026-11-10", "09:00")),)).last_day == date(2026, 11, 10)
    assert due(start, three, pauses=(Pause(evening, at("2026-11-07", "09:00")),)).last_day == date(2026, 11, 9)
    assert due_at(start, [three], CALENDAR, zone=SHANGHAI, pauses=[Pause(evening)]) is None


def test_a_pause_without_end_has_no_due_date_unless_it_comes_later() -> None:
    pause = Pause(at("2026-11-03"))
    for term in (Term(3, Unit.WORKING_DAYS), Term(72, Unit.HOURS), Term(1, Unit.MONTHS)):
        assert due_at(at("2026-11-02"), [term], CALENDAR, zone=SHANGHAI, pauses=[pause]) is None
    assert due(at("2026-10-12"), Term(3, Unit.WORKING_DAYS), pauses=(pause,)).last_day == date(2026, 10, 15)


def test_what_needs_a_year_without_its_notice_is_provisional() -> None:
    assert due(at("2026-12-25"), Term(5, Unit.WORKING_DAYS)).provisional
    assert not due(at("2026-12-01"), Term(5, Unit.WORKING_DAYS)).provisional
    assert not due(at("2026-12-25"), Term(30, Unit.CALENDAR_DAYS)).provisional
    assert due(at("2026-12-25"), Term(30, Unit.CALENDAR_DAYS, rolls=True)).provisional
    with pytest.raises(NoTable):
        due(at("2039-12-20"), WD20)


def test_the_explanation_names_every_day_once() -> None:
    found = due(at("2026-09-18"), WD20, pauses=(Pause(at("2026-09-21"), at("2026-09-22")),))
    days = [step.since + DAY * n for step in found.steps for n in range((step.until - step.since).days + 1)]
    assert days == [date(2026, 9, 18) + DAY * n for n in range((found.last_day - date(2026, 9, 18)).days + 1)]
    assert found.steps[0].why is Why.FIRST and found.steps[1].why is Why.WEEKEND
    assert found.steps[2] == found.steps[2].__class__(date(2026, 9, 20), date(2026, 9, 20), Why.WORKED, 1)
    assert found.steps[-1].count == 20 and found.steps[-1].until == found.last_day
    assert Why.PAUSED in {step.why for step in found.steps}


@pytest.mark.parametrize("wrong", [[], [Term(1, Unit.HOURS)]])
def test_nonsense_is_refused(wrong: list[Term]) -> None:
    with pytest.raises(ValueError, match="a clock needs"):
        due_at(datetime(2026, 1, 1) if wrong else at("2026-01-01"), wrong, CALENDAR, zone=SHANGHAI)  # noqa: DTZ001
    with pytest.raises(ValueError, match="at least one"):
        Term(0, Unit.HOURS)
    with pytest.raises(ValueError, match="before it begins"):
        due(at("2026-01-05"), WD20, pauses=(Pause(at("2026-01-07"), at("2026-01-06")),))


def test_standing_by_the_share_that_is_left() -> None:
    start, end = at("2026-03-02"), at("2026-03-12")
    assert standing(start, end, at("2026-03-09")) is Standing.OK
    assert standing(start, end, at("2026-03-10", "10:01")) is Standing.SOON
    assert standing(start, end, end) is Standing.LATE
    assert standing(start, end, end, paused=True) is Standing.PAUSED
    assert standing(start, None, end) is Standing.PAUSED


SINCE = datetime(2025, 1, 1, tzinfo=UTC)
moments = st.integers(0, 6 * 365 * 24 * 60).map(lambda minutes: SINCE + timedelta(minutes=minutes))
day_terms = st.builds(Term, st.integers(1, 60), st.sampled_from([Unit.WORKING_DAYS, Unit.CALENDAR_DAYS]), st.booleans())


@st.composite
def pauses_of(draw: st.DrawFn) -> tuple[Pause, ...]:
    starts = draw(st.lists(moments, max_size=3))
    return tuple(Pause(start, start + timedelta(hours=draw(st.integers(0, 900)))) for start in starts)


def stands(day: date, pauses: tuple[Pause, ...]) -> bool:
    midnight = datetime.combine(day, time(), SHANGHAI)
    return any(pause.start <= midnight < pause.end for pause in pauses if pause.end)


@given(moments, day_terms, pauses_of())
def test_the_last_day_is_the_one_that_the_definition_names(
    start: datetime, term: Term, pauses: tuple[Pause, ...]
) -> None:
    first = start.astimezone(SHANGHAI).date()
    counts = [
        day
        for day in (first + DAY * n for n in range(1, 900))
        if not stands(day, pauses) and (term.unit is Unit.CALENDAR_DAYS or CALENDAR.is_working(day))
    ]
    last = counts[term.amount - 1]
    needs_work = term.rolls or term.unit is Unit.WORKING_DAYS
    while (
        stands(last + DAY, pauses)
        or (term.rolls and stands(last, pauses))
        or (needs_work and not CALENDAR.is_working(last))
    ):
        last += DAY
    assert due(start, term, pauses=pauses).last_day == last


@given(moments, st.integers(1, 500), pauses_of())
def test_hours_between_start_and_end_that_are_not_paused_are_the_term(
    start: datetime, hours: int, pauses: tuple[Pause, ...]
) -> None:
    found = due(start, Term(hours, Unit.HOURS), pauses=pauses)
    edges = sorted({start, found.at, *(p.start for p in pauses), *(p.end for p in pauses if p.end)})
    edges = [edge for edge in edges if start <= edge <= found.at]
    running = timedelta()
    for left, right in pairwise(edges):
        if not any(p.end and p.start <= left < p.end for p in pauses):
            running += right - left
    assert running == timedelta(hours=hours)


@given(moments, day_terms, pauses_of(), st.integers(1, 30))
def test_more_never_ends_sooner(start: datetime, term: Term, pauses: tuple[Pause, ...], more: int) -> None:
    longer = Term(term.amount + more, term.unit, term.rolls)
    assert due(start, term, pauses=pauses).at <= due(start, longer, pauses=pauses).at
    assert due(start, term).at <= due(start, term, pauses=pauses).at
    assert due(start, term, Term(more, term.unit, term.rolls), pauses=pauses) == due(start, longer, pauses=pauses)


@given(st.dates(date(2000, 1, 1), date(2100, 12, 31)), st.integers(1, 600))
def test_a_month_keeps_the_number_or_takes_the_last_day(day: date, months: int) -> None:
    found = add_months(day, months)
    assert (found.year - day.year) * 12 + found.month - day.month == months
    assert found.day == day.day or (found + DAY).day == 1
    assert found.day <= day.day
