"""When a term ends: hours, working days, calendar days and months, with pauses, extensions and the reason of every day.

Problem: terms of Chinese law are written in four units; holidays and worked weekends are announced year by year; a clock may
stand still, and may be extended. Whoever waits must be able to check the sum.
Method: a walk over days. The first day does not count (民法典 第二百零一条); a day stands still when the clock stood still at its
first moment; no term ends while the clock stands, so a last day that a pause cut short goes on when the clock does. A month ends
on the same day number, or on the month's last day (第二百零二条); where the rule says so, a last day of rest moves to the next
working day (第二百零三条). Hours run from the moment itself, day and night, except while paused.
Source: 民法典 200-204; 行政许可法 82; 信访工作条例 34. Cost: O(days of the term).
Guarantee: the definitions above, checked against their declarative form by property tests and against published dates.
"""

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum

DAY = timedelta(days=1)
LONGEST = 3_700
"""Days after which a walk is given up: no term is as long as ten years, so its pauses never end."""


class Unit(StrEnum):
    """What a term is counted in."""

    HOURS = "h"
    WORKING_DAYS = "wd"
    CALENDAR_DAYS = "cd"
    MONTHS = "mo"


class Why(StrEnum):
    """Why a day counts or does not."""

    FIRST = "first-day"
    COUNTED = "counted"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    WORKED = "worked-weekend"
    PAUSED = "paused"
    ROLLED = "rolled"


_COUNTS = frozenset({Why.COUNTED, Why.WORKED})


class NoTable(LookupError):
    """The calendar has no table for this year, not even a provisional one."""

    def __init__(self, year: int) -> None:
        super().__init__(f"no holiday table for {year}")
        self.year = year


@dataclass(frozen=True, slots=True)
class YearTable:
    """The days of one year that differ from Monday-to-Friday. `provisional` until the year's notice is known."""

    year: int
    off: frozenset[date]
    worked: frozenset[date]
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """Working days over years."""

    tables: Mapping[int, YearTable]

    def table(self, year: int) -> YearTable:
        """Raises NoTable."""
        try:
            return self.tables[year]
        except KeyError:
            raise NoTable(year) from None

    def is_working(self, day: date) -> bool:
        """Raises NoTable."""
        return self.why(day) in _COUNTS

    def why(self, day: date) -> Why:
        """COUNTED or WORKED for a working day, HOLIDAY or WEEKEND for a day of rest. Raises NoTable."""
        table = self.table(day.year)
        if day in table.worked:
            return Why.WORKED
        if day in table.off:
            return Why.HOLIDAY
        return Why.WEEKEND if day.weekday() >= 5 else Why.COUNTED


@dataclass(frozen=True, slots=True)
class Term:
    """An amount of one unit; `rolls` moves a last day of rest to the next working day. Raises ValueError for no amount."""

    amount: int
    unit: Unit
    rolls: bool = False

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise ValueError("a term is at least one")


@dataclass(frozen=True, slots=True)
class Pause:
    """From `start` until `end` the clock stands still; with no end it still does."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A run of days with one reason. `count` is how many days were counted up to and with `until`."""

    since: date
    until: date
    why: Why
    count: int


@dataclass(frozen=True, slots=True)
class Due:
    """When a term ends. It is kept by everything that happens before `at`; for days, that is 24:00 of `last_day`."""

    at: datetime
    last_day: date
    provisional: bool
    steps: tuple[Step, ...]


class Standing(StrEnum):
    """How a clock stands."""

    OK = "ok"
    SOON = "soon"
    LATE = "late"
    PAUSED = "paused"


def due_at(
    start: datetime, terms: Sequence[Term], calendar: Calendar, *, zone: tzinfo, pauses: Sequence[Pause] = ()
) -> Due | None:
    """The end of a term and its extensions, one after the other; None while a pause has no end that is reached.

    Terms of one unit add up before anything rolls: 60 and 30 days are 90. Only the last term rolls.
    Raises ValueError without terms or for a moment without its zone, NoTable for an unknown year.
    """
    if not terms or start.tzinfo is None:
        raise ValueError("a clock needs a term and a moment with its zone")
    walk = _Walk(calendar, zone, _merged(pauses))
    try:
        for term in _added_up(terms):
            start = walk.after(start, term)
        return walk.end(start, terms[-1])
    except _Standstill:
        return None


def standing(
    start: datetime, due: datetime | None, now: datetime, *, paused: bool = False, share: float = 0.2
) -> Standing:
    """How the clock stands at `now`: SOON when less than `share` of the whole time is left."""
    if paused or due is None:
        return Standing.PAUSED
    if now >= due:
        return Standing.LATE
    return Standing.SOON if now > warning_at(start, due, share=share) else Standing.OK


def warning_at(start: datetime, due: datetime, *, share: float = 0.2) -> datetime:
    """When the clock turns yellow: from then on less than `share` of the whole time is left."""
    return due - (due - start) * share


def add_months(day: date, months: int) -> date:
    """The same day number so many months later, or that month's last day (民法典 第二百零二条)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


class _Standstill(Exception):
    """The clock is paused and nobody said until when."""


class _Walk:
    """One sum: the calendar, the pauses, and the days seen on the way."""

    def __init__(self, calendar: Calendar, zone: tzinfo, pauses: Sequence[Pause]) -> None:
        self.calendar, self.zone, self.pauses = calendar, zone, pauses
        self.starts = [pause.start for pause in pauses]
        self.provisional = False
        self.seen: list[tuple[date, Why]] = []

    def after(self, start: datetime, term: Term) -> datetime:
        """The moment at which the term, counted from `start`, is over."""
        if term.unit is Unit.HOURS:
            return self._hours(start, timedelta(hours=term.amount))
        first = self._day_of(start)
        if not self.seen:
            self.seen.append((first, Why.FIRST))
        if term.unit is Unit.MONTHS:
            last = self._months(first, term.amount)
        else:
            last = self._days(first, term.amount, working=term.unit is Unit.WORKING_DAYS)
        return self._midnight(last + DAY)

    def end(self, at: datetime, term: Term) -> Due:
        last = self._day_of(at)
        while term.unit is not Unit.HOURS and self._goes_on(last, term):
            last += DAY
            self._see(last, Why.ROLLED)
            at = self._midnight(last + DAY)
        return Due(at=at, last_day=last, provisional=self.provisional, steps=_runs(self.seen))

    def _goes_on(self, last: date, term: Term) -> bool:
        """Whether the term cannot end with this day."""
        if self._stands(last + DAY) or (term.rolls and self._stands(last)):
            return True
        return (term.rolls or term.unit is Unit.WORKING_DAYS) and not self._is_working(last)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone)

    def _day_of(self, moment: datetime) -> date:
        """The day of a moment; midnight after counted days is 24:00 of the last one."""
        local = moment.astimezone(self.zone)
        return local.date() - DAY if self.seen and local.time() == time() else local.date()

    def _hours(self, start: datetime, left: timedelta) -> datetime:
        for pause in self.pauses:
            if pause.end is not None and pause.end <= start:
                continue
            if start + left <= pause.start:
                break
            left -= max(pause.start - start, timedelta())
            if pause.end is None:
                raise _Standstill
            start = pause.end
        return start + left

    def _days(self, day: date, amount: int, *, working: bool) -> date:
        while amount:
            day += DAY
            why = self._why(day, working=working)
            self._see(day, why)
            amount -= why in _COUNTS
        return day

    def _months(self, day: date, amount: int) -> date:
        last = add_months(day, amount)
        while day < last:
            day += DAY
            stands = self._stands(day)
            last += DAY if stands else timedelta()
            self._see(day, Why.PAUSED if stands else Why.COUNTED)
        return last

    def _why(self, day: date, *, working: bool) -> Why:
        if self._stands(day):
            return Why.PAUSED
        if not working:
            return Why.COUNTED
        self._is_working(day)
        return self.calendar.why(day)

    def _is_working(self, day: date) -> bool:
        self.provisional = self.provisional or self.calendar.table(day.year).provisional
        return self.calendar.is_working(day)

    def _stands(self, day: date) -> bool:
        """Whether the clock stood still at the day's first moment."""
        at = bisect_right(self.starts, self._midnight(day)) - 1
        if at < 0:
            return False
        end = self.pauses[at].end
        if end is None:
            raise _Standstill
        return self._midnight(day) < end

    def _see(self, day: date, why: Why) -> None:
        self.seen.append((day, why))
        if len(self.seen) > LONGEST:
            raise _Standstill


def _runs(seen: Sequence[tuple[date, Why]]) -> tuple[Step, ...]:
    """Neighbouring days with one reason as one step, with the count reached at its end."""
    steps: list[Step] = []
    count = 0
    for day, why in seen:
        count += why in _COUNTS
        if steps and steps[-1].why is why:
            steps[-1] = Step(steps[-1].since, day, why, count)
        else:
            steps.append(Step(day, day, why, count))
    return tuple(steps)


def _added_up(terms: Sequence[Term]) -> Iterator[Term]:
    """Neighbours of one unit as one term."""
    whole = terms[0]
    for term in terms[1:]:
        if term.unit is whole.unit:
            whole = Term(whole.amount + term.amount, term.unit, term.rolls)
        else:
            yield whole
            whole = term
    yield whole


def _merged(pauses: Sequence[Pause]) -> list[Pause]:
    """The pauses in order, those that touch as one. Raises ValueError for one that ends before it begins."""
    merged: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.start):
        if pause.end is not None and pause.end < pause.start:
            raise ValueError("a pause ends before it begins")
        last = merged[-1] if merged else None
        if last and (last.end is None or pause.start <= last.end):
            ends = None if last.end is None or pause.end is None else max(last.end, pause.end)
            merged[-1] = Pause(last.start, ends)
        else:
            merged.append(pause)
    return merged
