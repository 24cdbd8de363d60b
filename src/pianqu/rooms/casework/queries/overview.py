"""What a leader sees at one look: counts over the cases of the leader's scope, never of single officials.

Every number counts what one list shows (`CaseFilter`); the two are tested against each other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case as Choose
from django.db.models import Count, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.kernels.share import Quantile, Share, quantile, share
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.queries.cases import street_of, week_ends
from pianqu.rooms.casework.queries.kept import MANY, Kept
from pianqu.rooms.casework.queries.seen import own_work, scope_of, seen_by
from pianqu.rooms.casework.queries.shipped import NONE, platform_of
from pianqu.rooms.casework.sql import minutes_between
from pianqu.rooms.territory import queries as territory

WEEKS = 12
SAMPLE = 20
"""Below so many cases no share and no median is shown: chance would speak, or single people be seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week from Monday to Sunday. Resolved and reopened: what now stands as resolved, or was last reopened, then."""

    first: date
    received: int
    resolved: int
    reopened: int

    @property
    def last(self) -> date:
        return self.first + timedelta(days=6)


@dataclass(slots=True, kw_only=True)
class Line:
    """The counts of one category, platform, cluster or place, or of all: open ones as of now, the others over the weeks.

    Open ones are work: what is joined to another matter and follows it is not counted again. Received and resolved ones are
    reports: each has an own answer, so each counts.
    """

    code: str
    """NONE where the place or platform is not known."""
    open: int = 0
    overdue: int = 0
    week: int = 0
    """Falls due until this week is over."""
    received: int = 0
    resolved: int = 0
    rated: int = 0
    minutes: Counter[int] = field(default_factory=Counter)
    """How long the resolved ones took; only the total and categories have it."""

    @property
    def late_share(self) -> Share | None:
        """Overdue of open, with its uncertainty; None for too few."""
        return share(self.overdue, self.open) if self.open >= SAMPLE else None

    @property
    def rated_share(self) -> Share | None:
        return share(self.rated, self.resolved) if self.resolved >= SAMPLE else None

    @property
    def median(self) -> Quantile | None:
        """Minutes from coming in to the answer."""
        return self._time(0.5)

    @property
    def ninetieth(self) -> Quantile | None:
        return self._time(0.9)

    def _time(self, q: float) -> Quantile | None:
        return quantile(self.minutes, q) if self.minutes.total() >= SAMPLE else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Lines in the order of their codes, never by how well they do."""

    now: datetime
    weeks: tuple[Week, ...]
    total: Line
    categories: tuple[Line, ...]
    platforms: tuple[Line, ...]
    clusters: tuple[Line, ...]
    """As today's grid draws them; empty where it draws none."""
    places: tuple[Line, ...]
    """Streets; of one street its communities; of one community its cells, as each was on the day of the matter."""

    @property
    def since(self) -> date:
        return self.weeks[0].first

    @property
    def until(self) -> date:
        return self.weeks[-1].last


OVERVIEWS: Kept[Overview] = Kept(timedelta(minutes=1))


class _Sums:
    """Adds what the statements answer up, by every way in which the page divides it."""

    def __init__(self, area_code: str, today: date) -> None:
        self._cluster_of = {place: card.code for card in territory.clusters(on=today) for place in card.community_codes}
        self._area = area_code
        self._is_street = bool(area_code) and street_of(area_code) == area_code
        self.columns = ("category", "platform", "place_code") + (
            ("cell_code",) if area_code and not self._is_street else ()
        )
        """By what the statements group: cells only where they are asked for."""
        self.total = Line(code="")
        self.by: dict[str, dict[str, Line]] = {"category": {}, "platform": {}, "cluster": {}, "place": {}}

    def lines(self, category: str, platform: str, place: str | None, cell: str = "") -> Iterable[Line]:
        yield self.total
        yield self._line("category", category)
        yield self._line("platform", platform_of(category, platform))
        if self._cluster_of:
            yield self._line("cluster", self._cluster_of.get(place or "", NONE))
        if not self._area:
            yield self._line("place", street_of(place) or NONE)
        elif self._is_street and street_of(place) == self._area:
            yield self._line("place", place or NONE)
        elif place == self._area:
            yield self._line("place", cell or NONE)

    def _line(self, by: str, code: str) -> Line:
        return self.by[by].setdefault(code, Line(code=code))

    def add(self, where: Sequence[str], **numbers: int) -> None:
        """`where` are the values of `columns`."""
        for line in self.lines(*where):
            for name, number in numbers.items():
                setattr(line, name, getattr(line, name) + number)

    def took(self, category: str, minutes: int, count: int) -> None:
        for line in (self.total, self._line("category", category)):
            line.minutes[minutes] += count

    def sorted(self, by: str) -> tuple[Line, ...]:
        return tuple(line for _code, line in sorted(self.by[by].items(), key=lambda item: (item[0] == NONE, item[0])))


def overview_for(actor: Actor, *, now: datetime, area_code: str = "") -> Overview:
    """In five statements beside the scope's and one for the grid of the day, whatever the number of cases.

    With a street, places are its communities; with a community, its cells. Where very many are open, what was counted within
    the last minute is answered again; it says when that was.
    """
    found, _is_new = OVERVIEWS.answer(
        (scope_of(actor), area_code),
        now=now,
        count=lambda: _overview(actor, now, area_code),
        is_kept=lambda found: found.total.open > MANY,
    )
    return found


def _overview(actor: Actor, now: datetime, area_code: str) -> Overview:
    cases, sums = seen_by(actor), _Sums(area_code, timezone.localdate(now))
    ends = week_ends(now)
    mondays = mondays_of(ends)
    _add_open(cases, sums, now, ends)
    received = _add_weekly(cases, sums, "opened_at", mondays, received=Count("id"))
    resolved = _add_weekly(cases, sums, "resolved_at", mondays, resolved=Count("id"), rated=Count("score"))
    reopened = weekly(cases, "reopened_at", mondays).values_list("number").annotate(Count("id"))
    _add_times(cases, sums, mondays)
    again = dict(reopened)
    weeks = (
        Week(first=timezone.localdate(monday), received=received[n], resolved=resolved[n], reopened=again.get(n, 0))
        for n, monday in enumerate(mondays[:-1])
    )
    return Overview(
        now=now,
        weeks=tuple(weeks),
        total=sums.total,
        categories=sums.sorted("category"),
        platforms=sums.sorted("platform"),
        clusters=sums.sorted("cluster"),
        places=sums.sorted("place"),
    )


def mondays_of(ends: datetime) -> list[datetime]:
    """The beginnings of the weeks, and the end of the last one."""
    return [_midnight(timezone.localdate(ends) - timedelta(weeks=back)) for back in range(WEEKS, -1, -1)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, timezone.get_default_timezone())


def _add_open(cases: QuerySet[Case], sums: _Sums, now: datetime, ends: datetime) -> None:
    grouped = cases.filter(own_work(), state__in=OPEN).order_by().values_list(*sums.columns)
    counted = grouped.annotate(
        there=Count("id"),
        late=Count("id", filter=Q(due_at__lte=now)),
        due=Count("id", filter=Q(due_at__gt=now, due_at__lt=ends)),
    )
    for *where, there, late, due in counted:
        sums.add(where, open=there, overdue=late, week=due)


def weekly(cases: QuerySet[Case], column: str, mondays: list[datetime]) -> QuerySet[Any]:
    """What happened within the weeks, each with the number of its week."""
    within = cases.filter(**{f"{column}__gte": mondays[0], f"{column}__lt": mondays[-1]}).order_by()
    numbers = [When(**{f"{column}__gte": mondays[n]}, then=Value(n)) for n in range(WEEKS - 1, 0, -1)]
    return within.annotate(number=Choose(*numbers, default=Value(0), output_field=IntegerField()))


def _add_weekly(
    cases: QuerySet[Case], sums: _Sums, column: str, mondays: list[datetime], **counts: Count
) -> Mapping[int, int]:
    """Adds to the lines; answers the first count by week."""
    by_week: defaultdict[int, int] = defaultdict(int)
    rows = weekly(cases, column, mondays).values_list("number", *sums.columns).annotate(**counts)
    width = 1 + len(sums.columns)
    for row in rows:
        number, numbers = row[0], row[width:]
        by_week[number] += numbers[0]
        sums.add(row[1:width], **dict(zip(counts, numbers, strict=True)))
    return by_week


def _add_times(cases: QuerySet[Case], sums: _Sums, mondays: list[datetime]) -> None:
    within = cases.filter(resolved_at__gte=mondays[0], resolved_at__lt=mondays[-1]).order_by()
    took = within.annotate(minutes=minutes_between("opened_at", "resolved_at"))
    for category, minutes, count in took.values_list("category", "minutes").annotate(Count("id")):
        sums.took(category, minutes, count)
