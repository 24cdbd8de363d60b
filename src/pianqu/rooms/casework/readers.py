"""What casework makes of its own facts: the counts of each day, rebuilt by a replay, unchanged by an erasure."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime

from django.utils import timezone

from pianqu.rooms.casework.facts import CaseClosed, CaseOpened, CaseResolved, CaseWithdrawn
from pianqu.rooms.casework.models import DayCount
from pianqu.rooms.casework.queries import street_of
from pianqu.rooms.ledger.services import Heard

NAME = "casework.day-counts"
_COLUMN: dict[type, str] = {
    CaseOpened: "opened",
    CaseResolved: "resolved",
    CaseClosed: "closed",
    CaseWithdrawn: "withdrawn",
}
_COLUMNS = tuple(_COLUMN.values())
Cell = tuple[date, str, str]


def hear(heard: Sequence[Heard]) -> None:
    """Add a page of facts to the counts, in three statements."""
    changes: dict[Cell, Counter[str]] = {}
    for item in heard:
        if cell := _cell(item):
            changes.setdefault(cell, Counter())[_COLUMN[type(item.fact)]] += 1
    if changes:
        _add(changes)


def forget() -> None:
    """Remove all counts, before a replay."""
    DayCount.objects.all().delete()


def _cell(item: Heard) -> Cell | None:
    """Where a fact counts. What an importer claims counts on the day that it claims."""
    fact = item.fact
    if not isinstance(fact, CaseOpened | CaseResolved | CaseClosed | CaseWithdrawn):
        return None
    claimed = getattr(fact, "happened_at", "")
    day = datetime.fromisoformat(claimed).date() if claimed else timezone.localdate(item.recorded_at)
    return day, fact.category, street_of(fact.place_code)


def _add(changes: dict[Cell, Counter[str]]) -> None:
    rows = {
        (row.day, row.category, row.street_code): row
        for row in DayCount.objects.filter(day__in={day for day, _category, _street in changes})
    }
    touched = []
    for cell, counted in changes.items():
        day, category, street = cell
        row = rows.get(cell) or DayCount(day=day, category=category, street_code=street)
        for column, count in counted.items():
            setattr(row, column, getattr(row, column) + count)
        touched.append(row)
    _store(touched)


def _store(rows: Sequence[DayCount]) -> None:
    DayCount.objects.bulk_create([row for row in rows if row.pk is None])
    DayCount.objects.bulk_update([row for row in rows if row.pk is not None], list(_COLUMNS))
