"""Opening hours: spans of each weekday, other spans for single days; open at a moment, next opening, free time between bookings.

Moments are local and naive: the clocks of one zone that does not change (China has known no summer time since 1991). A span that
passes midnight belongs to the day on which it begins, and so does the exception that replaces it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

DAY = 1440
"""Minutes."""
FAR = 400
"""Days that are looked through for an opening: longer than any closure that a year's table holds."""
CLOSED = ("closed", "休", "-", "—")
_SPAN = re.compile(r"(\d{1,2})[:：](\d{2})\s*[-–—~～至]\s*(?:(次日)\s*)?(\d{1,2})[:：](\d{2})")
_ONE_DAY = timedelta(days=1)


class WrongHours(ValueError):
    """Words that are no opening hours, or hours that overlap."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Minutes after midnight of the day on which it begins; `closes` is beyond 1440 when it passes midnight."""

    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not (0 <= self.opens < DAY and self.opens < self.closes <= self.opens + DAY):
            raise WrongHours(f"no span of a day: {self.opens}-{self.closes}")


Spans = tuple[Span, ...]
Moments = tuple[datetime, datetime]
"""From the first until the second, which is not inside."""


@dataclass(frozen=True, slots=True)
class Table:
    """Seven weekdays from Monday on, and days on which other spans hold (none at all: closed)."""

    weekly: tuple[Spans, ...] = ((),) * 7
    exceptions: Mapping[date, Spans] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.weekly) != 7:
            raise WrongHours("a week has seven days")

    def on(self, day: date) -> Spans:
        """What begins on a day."""
        return self.exceptions.get(day, self.weekly[day.weekday()])


def intervals(table: Table, first: date, last: date) -> list[Moments]:
    """When it is open from the beginning of the first day to the end of the last: in order, joined where they touch."""
    begin, end = _midnight(first), _midnight(last) + _ONE_DAY
    found: list[Moments] = []
    for opens, closes in _raw(table, first - _ONE_DAY, last):
        opens, closes = max(opens, begin), min(closes, end)
        if opens >= closes:
            continue
        if found and opens <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], closes))
        else:
            found.append((opens, closes))
    return found


def _raw(table: Table, first: date, last: date) -> Iterator[Moments]:
    day = first
    while day <= last:
        for span in sorted(table.on(day)):
            yield _midnight(day) + timedelta(minutes=span.opens), _midnight(day) + timedelta(minutes=span.closes)
        day += _ONE_DAY


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def is_open(table: Table, at: datetime) -> bool:
    """Whether it is open at a moment; the moment of closing is closed."""
    return any(opens <= at < closes for opens, closes in _raw(table, at.date() - _ONE_DAY, at.date()))


def covers(table: Table, starts: datetime, ends: datetime) -> bool:
    """Whether it is open all the time between two moments."""
    if starts >= ends:
        return False
    return any(opens <= starts and ends <= closes for opens, closes in intervals(table, starts.date(), ends.date()))


def open_until(table: Table, at: datetime) -> datetime | None:
    """When it closes next, if it is open; None while it is closed, or where it never closes within `FAR` days."""
    far = at.date() + timedelta(days=FAR)
    for opens, closes in intervals(table, at.date(), far):
        if opens <= at < closes:
            return closes if closes < _midnight(far) else None
    return None


def next_opening(table: Table, at: datetime) -> datetime | None:
    """The first moment from now on at which it opens; `at` itself while it is open, None within `FAR` days without one."""
    if is_open(table, at):
        return at
    day = at.date()
    for _step in range(FAR):
        later = [opens for opens, _closes in _raw(table, day, day) if opens > at]
        if later:
            return min(later)
        day += _ONE_DAY
    return None


def free(table: Table, day: date, taken: Iterable[Moments]) -> list[Moments]:
    """When it is open on a day and nothing of `taken` lies there."""
    busy = sorted(taken)
    return [part for opens, closes in intervals(table, day, day) for part in _without(opens, closes, busy)]


def _without(opens: datetime, closes: datetime, busy: Sequence[Moments]) -> Iterator[Moments]:
    at = opens
    for starts, ends in busy:
        if starts >= closes:
            break
        if starts > at:
            yield at, starts
        at = max(at, ends)
    if at < closes:
        yield at, closes


def faults(weekly: Sequence[Sequence[Span]]) -> list[int]:
    """Weekdays on which a span begins before another one has ended, yesterday's last included."""
    wrong = []
    for weekday in range(7):
        before = [Span(0, span.closes - DAY) for span in weekly[weekday - 1] if span.closes > DAY]
        spans = sorted([*before, *weekly[weekday]])
        if any(later.opens < earlier.closes for earlier, later in pairwise(spans)):
            wrong.append(weekday)
    return wrong


def read(text: str) -> Spans:
    """Spans as people write them: `08:30-12:00, 14:00-17:30`, `22:00-06:00`, `00:00-24:00`, `closed` or nothing.

    Raises WrongHours for anything else and for spans of one day that overlap.
    """
    words = text.strip()
    if not words or words.lower() in CLOSED:
        return ()
    spans = sorted(_span(*found.groups()) for found in _SPAN.finditer(words))
    if not spans or re.sub(r"[\s,，、;；]", "", _SPAN.sub("", words)):
        raise WrongHours(text)
    if any(later.opens < earlier.closes for earlier, later in pairwise(spans)):
        raise WrongHours(text)
    return tuple(spans)


def _span(hour: str, minute: str, next_day: str | None, end_hour: str, end_minute: str) -> Span:
    if int(minute) > 59 or int(end_minute) > 59 or int(end_hour) > 24:
        raise WrongHours(f"{hour}:{minute}-{end_hour}:{end_minute}")
    opens, closes = int(hour) * 60 + int(minute), int(end_hour) * 60 + int(end_minute)
    if closes > DAY:
        raise WrongHours(f"{end_hour}:{end_minute}")
    return Span(opens, closes + DAY if next_day or closes <= opens else closes)


def write(spans: Iterable[Span]) -> str:
    """The same in one way that `read` takes: `08:30-12:00, 14:00-17:30`, nothing when closed."""
    return ", ".join(f"{clock(span.opens)}-{clock(span.closes)}" for span in sorted(spans))


def clock(minutes: int) -> str:
    """Minutes after midnight as a clock shows them; the end of the day is 24:00."""
    past = minutes - DAY if minutes > DAY else minutes
    return f"{past // 60:02}:{past % 60:02}"


def grouped(weekly: Sequence[Spans]) -> list[tuple[int, int, Spans]]:
    """Weekdays that follow each other with the same spans, as first day, last day, spans."""
    groups: list[tuple[int, int, Spans]] = []
    for weekday, spans in enumerate(weekly):
        if groups and groups[-1][2] == spans:
            groups[-1] = (groups[-1][0], weekday, spans)
        else:
            groups.append((weekday, weekday, spans))
    return groups
