"""How units answer matters over a month or a quarter: organisations, streets, platforms; never single people.

All figures are of *answers*: lead parts of matters that were brought to an end by an answer. They are sums over the matters of
the actor's scope, made by the database in four statements whatever the number of matters.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Substr
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.kernels.ranking import Ranked, Unit, ranked
from pianqu.kernels.share import Quantile, Share, quantile, share
from pianqu.rooms.casework.models import Clock, Rating, Request, Task
from pianqu.rooms.casework.queries.seen import scope_of, seen_by
from pianqu.rooms.casework.queries.shipped import NONE, shipped_categories
from pianqu.rooms.casework.sql import minutes_between

ORGANISATION, STREET_, PLATFORM = "organisation", "street", "platform"
UNITS = (ORGANISATION, STREET_, PLATFORM)
IN_TIME, RIGHT, KEPT, SATISFIED = "in-time", "first-time-right", "not-reopened", "satisfied"
MEASURES = (IN_TIME, RIGHT, KEPT, SATISFIED)
"""By what units can be compared: more is better in each."""
MONTHS_BACK = 12
_PERIOD = re.compile(r"(20\d\d)-(?:(0[1-9]|1[0-2])|Q([1-4]))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A month or a quarter, by its code (2026-11, 2026-Q4)."""

    code: str
    first: date
    last: date

    @property
    def is_month(self) -> bool:
        return "Q" not in self.code

    def moments(self) -> tuple[datetime, datetime]:
        """From its first moment to the first one after it."""
        zone = timezone.get_default_timezone()
        after = self.last + timedelta(days=1)
        return datetime.combine(self.first, time.min, zone), datetime.combine(after, time.min, zone)


@dataclass(slots=True, kw_only=True)
class UnitFigures:
    """The figures of one unit. Shares are None where nothing was counted; else they come with their uncertainty."""

    code: str
    """NONE where the street or platform is not known."""
    answered: int = 0
    late: int = 0
    reopened: int = 0
    right: int = 0
    given: int = 0
    returned: int = 0
    objected: int = 0
    rated: int = 0
    satisfied: int = 0
    hours: Counter[int] = field(default_factory=Counter)

    def part_of(self, measure: str) -> tuple[int, int]:
        """So many of so many."""
        return {
            IN_TIME: (self.answered - self.late, self.answered),
            RIGHT: (self.right, self.answered),
            KEPT: (self.answered - self.reopened, self.answered),
            SATISFIED: (self.satisfied, self.rated),
            "reopened": (self.reopened, self.answered),
            "returned": (self.returned, self.given),
            "objected": (self.objected, self.given),
        }[measure]

    def share_of(self, measure: str) -> Share | None:
        part, whole = self.part_of(measure)
        return share(part, whole) if whole else None

    @property
    def median(self) -> Quantile | None:
        """Whole hours from being given the matter to the answer."""
        return quantile(self.hours, 0.5) if self.hours else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Units in the order of their codes, and those that can be compared by one measure."""

    period: Period
    by: str
    measure: str
    units: tuple[UnitFigures, ...]
    total: UnitFigures
    ranks: tuple[Ranked, ...]


def period_of(text: str) -> Period | None:
    """The period that a code names; None where it names none."""
    match = _PERIOD.fullmatch(text)
    if match is None:
        return None
    year, month, quarter = (int(one) if one else 0 for one in match.groups())
    first = date(year, month or quarter * 3 - 2, 1)
    last = _month_after(_month_after(_month_after(first)) if quarter else first) - timedelta(days=1)
    return Period(code=text, first=first, last=last)


def _month_after(day: date) -> date:
    return (day.replace(day=1) + timedelta(days=32)).replace(day=1)


def last_month(now: datetime) -> Period:
    """The last whole month."""
    day = timezone.localdate(now).replace(day=1) - timedelta(days=1)
    return _known(f"{day:%Y-%m}")


def periods(now: datetime) -> tuple[Period, ...]:
    """What can be chosen: this month and the twelve before it, then the quarters in which they lie; the newest first."""
    day, months = timezone.localdate(now).replace(day=1), list[Period]()
    for _number in range(MONTHS_BACK + 1):
        months.append(_known(f"{day:%Y-%m}"))
        day = (day - timedelta(days=1)).replace(day=1)
    quarters = dict.fromkeys(f"{one.first.year}-Q{(one.first.month + 2) // 3}" for one in months)
    return (*months, *map(_known, quarters))


def _known(code: str) -> Period:
    found = period_of(code)
    if found is None:
        raise ValueError(f"{code} is no period")
    return found


def evaluation_for(actor: Actor, *, period: Period, by: str = ORGANISATION, measure: str = IN_TIME) -> Evaluation:
    """The figures of the units in the actor's scope. Four statements beside the scope's."""
    sums = _Sums(by)
    seen = None if scope_of(actor).everything else seen_by(actor).values("id")
    begin, end = period.moments()
    _add_answers(sums, _in(Task.objects, seen).filter(role="lead", state="done", ended_at__gte=begin, ended_at__lt=end))
    _add_given(sums, _in(Task.objects, seen).filter(role="lead", given_at__gte=begin, given_at__lt=end))
    _add_ratings(sums, _in(Rating.objects, seen).filter(rated_at__gte=begin, rated_at__lt=end))
    units = sums.sorted()
    parts = (Unit(one.code, *one.part_of(measure)) for one in units if one.code != NONE)
    return Evaluation(period=period, by=by, measure=measure, units=units, total=sums.total, ranks=ranked(parts))


def _in(rows: Any, seen: Any) -> QuerySet[Any, Any]:
    found: QuerySet[Any, Any] = rows.order_by() if seen is None else rows.filter(case__in=seen).order_by()
    return found


class _Sums:
    """Adds what the statements answer up, by unit."""

    def __init__(self, by: str) -> None:
        self.by = by
        self.total = UnitFigures(code="")
        self._units: dict[str, UnitFigures] = {}
        self._platforms: Mapping[str, str] = {card.code: card.platform for card in shipped_categories()}

    def grouped(self, rows: QuerySet[Any, Any], *more: str) -> QuerySet[Any, Any]:
        """The rows by the column that names their unit, and by more."""
        columns: Mapping[str, Callable[[], Any]] = {
            ORGANISATION: lambda: F("organisation_code"),
            STREET_: lambda: Substr("case__place_code", 1, 9),
            PLATFORM: lambda: F("case__category"),
        }
        found: QuerySet[Any, Any] = rows.annotate(unit=columns[self.by]()).values("unit", *more)
        return found

    def of(self, value: str | None) -> tuple[UnitFigures, UnitFigures]:
        """The unit's line and the sum of all."""
        code = self._platforms.get(value or "", "") if self.by == PLATFORM else value or ""
        if self.by == STREET_ and code:
            code = f"{code}000"
        code = code or NONE
        return self._units.setdefault(code, UnitFigures(code=code)), self.total

    def add(self, rows: Iterable[Mapping[str, Any]], *names: str) -> None:
        for row in rows:
            for line in self.of(row["unit"]):
                for name in names:
                    setattr(line, name, getattr(line, name) + row[f"n_{name}"])

    def sorted(self) -> tuple[UnitFigures, ...]:
        return tuple(one for _code, one in sorted(self._units.items(), key=lambda item: (item[0] == NONE, item[0])))


def _add_answers(sums: _Sums, answers: QuerySet[Any, Any]) -> None:
    """Late: the clock that the answer stopped had run over. Right at the first try: no return, no reopening, no bad rating."""
    late = Exists(
        Clock.objects.filter(case=OuterRef("case"), stopped_at=OuterRef("ended_at"), due_at__lt=F("stopped_at"))
    )
    bad = Exists(Rating.objects.filter(case=OuterRef("case"), score__lt=3))
    right = Q(case__reopened_at=None, case__returns=0) & ~Q(bad)
    rows = sums.grouped(answers).annotate(
        n_answered=Count("id"),
        n_late=Count("id", filter=Q(late)),
        n_reopened=Count("id", filter=Q(case__reopened_at__gte=F("ended_at"))),
        n_right=Count("id", filter=right),
    )
    sums.add(rows, "answered", "late", "reopened", "right")
    took = answers.annotate(minutes=minutes_between("given_at", "ended_at"))
    for row in sums.grouped(took.annotate(hours=F("minutes") / 60), "hours").annotate(n=Count("id")):
        for line in sums.of(row["unit"]):
            line.hours[max(0, row["hours"])] += row["n"]


def _add_given(sums: _Sums, parts: QuerySet[Any, Any]) -> None:
    asked = Request.objects.filter(
        case=OuterRef("case"), kind="objection", organisation_code=OuterRef("organisation_code")
    )
    rows = sums.grouped(parts).annotate(
        n_given=Count("id"),
        n_returned=Count("id", filter=Q(state="returned")),
        n_objected=Count("id", filter=Q(Exists(asked))),
    )
    sums.add(rows, "given", "returned", "objected")


def _add_ratings(sums: _Sums, ratings: QuerySet[Any, Any]) -> None:
    rows = sums.grouped(ratings).annotate(
        n_rated=Count("entry_id"), n_satisfied=Count("entry_id", filter=Q(score__gte=4))
    )
    sums.add(rows, "rated", "satisfied")
