"""What is published of each month: how many matters came in, were answered, were reopened, by category and street."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.foundation.installation import installation
from pianqu.kernels import suppression
from pianqu.rooms.casework.models import DayCount, PublishedMonth
from pianqu.rooms.casework.queries.cases import street_of
from pianqu.rooms.casework.queries.shipped import NONE, shipped_categories
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.territory import queries as territory

ALL = "all"
DAY_COUNTS = "casework.day-counts"
"""The reader that counts (readers.py)."""
MEASURES = {"received": "opened", "answered": "resolved", "reopened": "reopened"}
"""What is counted, and its column of the day counts."""
WAIT = timedelta(days=5)
"""So long after its end a month may still change: then it is published, once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One published number; None where it would speak of too few."""

    measure: str
    category: str
    """A category, or ALL."""
    street_code: str
    """A street, NONE for no known place, or ALL."""
    count: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthCard:
    """A published month."""

    month: date
    content: str
    digest: str
    published_at: datetime
    figures: tuple[Figure, ...]

    def count(self, measure: str, category: str = ALL, street_code: str = ALL) -> int | None:
        """The published number; None where it is withheld, or is none of the table."""
        wanted = (measure, category, street_code)
        return next((f.count for f in self.figures if (f.measure, f.category, f.street_code) == wanted), None)

    @property
    def withheld(self) -> int:
        return sum(figure.count is None for figure in self.figures)


def published_months() -> tuple[MonthCard, ...]:
    """All published months, the latest first."""
    return tuple(_card(row) for row in PublishedMonth.objects.order_by("-month"))


def published_month(month: date) -> MonthCard:
    """Raises Absent for a month that is not published."""
    row = PublishedMonth.objects.filter(month=month).first()
    if row is None:
        raise Absent("month-absent", _("Nothing is published of this month."))
    return _card(row)


def months_to_publish(now: datetime) -> tuple[date, ...]:
    """Whole months that are long enough over and have something to tell, the earliest first."""
    ends = DayCount.objects.aggregate(first=Min("day"), last=Max("day"))
    if ends["first"] is None:
        return ()
    there = set(PublishedMonth.objects.values_list("month", flat=True))
    last = min(ends["last"], timezone.localdate(now - WAIT).replace(day=1) - timedelta(days=1))
    return tuple(month for month in _months(ends["first"].replace(day=1), last) if month not in there)


def is_counting() -> bool:
    """Whether facts wait to be counted: a month's figures may not be whole then."""
    return ledger.unheard(DAY_COUNTS) > 0


def figures_of(month: date) -> tuple[Figure, ...]:
    """The month's table with totals, every measure by itself, small counts withheld. One statement beside the names'."""
    days = DayCount.objects.filter(day__gte=month, day__lt=next_month(month)).order_by()
    sums = days.values_list("category", "street_code").annotate(**{name: Sum(col) for name, col in MEASURES.items()})
    counted = {(category, street or NONE): numbers for category, street, *numbers in sums}
    shipped = [card.code for card in shipped_categories()]
    categories = [*shipped, *sorted({category for category, _street in counted} - set(shipped))]
    known = sorted({street_of(code) for code, place in territory.places().items() if place.level == "community"})
    streets = [*known, *sorted({street for _category, street in counted} - {*known, NONE}), NONE]
    found: list[Figure] = []
    for which, measure in enumerate(MEASURES):
        table = [[_number(counted.get((category, street)), which) for street in streets] for category in categories]
        found += _figures(measure, [*categories, ALL], [*streets, ALL], suppression.published(table))
    return tuple(found)


def written(month: date, figures: Sequence[Figure]) -> str:
    """The file as it is published and as the ledger's digest has it."""
    rows = [{"measure": f.measure, "category": f.category, "street": f.street_code, "count": f.count} for f in figures]
    told = {"month": f"{month:%Y-%m}", "district": installation().district_code, "k": suppression.K, "figures": rows}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def _months(first: date, last: date) -> Iterator[date]:
    while first <= last:
        yield first
        first = next_month(first)


def _number(numbers: Sequence[int] | None, which: int) -> int:
    return int(numbers[which] or 0) if numbers else 0


def _figures(
    measure: str, categories: Sequence[str], streets: Sequence[str], table: Sequence[Sequence[int | None]]
) -> Iterator[Figure]:
    for category, row in zip(categories, table, strict=True):
        for street, count in zip(streets, row, strict=True):
            yield Figure(measure=measure, category=category, street_code=street, count=count)


def _card(row: PublishedMonth) -> MonthCard:
    told: dict[str, Any] = json.loads(row.content)
    return MonthCard(
        month=row.month,
        content=row.content,
        digest=row.digest,
        published_at=row.published_at,
        figures=tuple(
            Figure(measure=f["measure"], category=f["category"], street_code=f["street"], count=f["count"])
            for f in told["figures"]
        ),
    )
