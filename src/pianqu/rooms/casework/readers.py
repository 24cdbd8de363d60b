"""What casework makes of its own facts, rebuilt by a replay, unchanged by an erasure: the counts of each day, the list of
answers and reopenings that other systems follow, and where open matters lie in a new grid; hot issues leave with what is
erased."""

import uuid
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from operator import attrgetter

from django.utils import timezone

from pianqu.rooms.casework import queries
from pianqu.rooms.casework.facts import (
    CaseClosed,
    CaseErased,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    CasesRehomed,
    CaseWithdrawn,
)
from pianqu.rooms.casework.models import Change, DayCount, Home, HomeCount, HotIssue, HotMatter, HotRun, Turn
from pianqu.rooms.casework.queries import opendata, street_of
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.ledger.services import Heard
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory.facts import GridAdopted

NAME = opendata.DAY_COUNTS
CHANGES = "casework.changes"
HOT = "casework.hot-issues"
REHOMING = queries.REHOMING
_COLUMN: dict[type, str] = {
    CaseOpened: "opened",
    CaseResolved: "resolved",
    CaseClosed: "closed",
    CaseWithdrawn: "withdrawn",
    CaseReopened: "reopened",
}
_COLUMNS = tuple(_COLUMN.values())
Cell = tuple[date, str, str]


def hear(heard: Sequence[Heard]) -> None:
    """Add a page of facts to the counts, in two statements."""
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
    if not isinstance(fact, CaseOpened | CaseResolved | CaseClosed | CaseWithdrawn | CaseReopened):
        return None
    claimed = getattr(fact, "happened_at", "")
    day = datetime.fromisoformat(claimed).date() if claimed else timezone.localdate(item.recorded_at)
    return day, fact.category, street_of(fact.place_code)


def hear_changes(heard: Sequence[Heard]) -> None:
    """Note a page's answers and reopenings, in two statements; those of matters that are not here are passed over."""
    found = [(item, change) for item in heard if (change := _change(item))]
    if not found:
        return
    here = queries.codes_of({change.case_id for _item, change in found})
    Change.objects.bulk_create([change for _item, change in found if change.case_id in here], ignore_conflicts=True)
    ledger.pass_over(reader=CHANGES, facts=[item for item, change in found if change.case_id not in here])


def forget_changes() -> None:
    """Remove the list, before a replay."""
    Change.objects.all().delete()


def hear_erasures(heard: Sequence[Heard]) -> None:
    """An issue in which an erased matter stood goes with its phrases; the worker finds it anew from what is left."""
    erased = [uuid.UUID(item.fact.case_id) for item in heard if isinstance(item.fact, CaseErased)]
    if erased:
        HotIssue.objects.filter(id__in=HotMatter.objects.filter(case_id__in=erased).values("issue_id")).delete()


def forget_hot_issues() -> None:
    """Remove what was found, before a replay: the worker looks anew."""
    HotIssue.objects.all().delete()
    HotRun.objects.all().delete()


def hear_grids(heard: Sequence[Heard]) -> None:
    """A grid that was adopted waits for its day, and what was located in it is kept; a page in a bounded number of statements."""
    versions = {card.version_id: card for card in territory.versions()}
    beside = []
    for item in heard:
        fact = item.fact
        if isinstance(fact, CaseErased):
            Home.objects.filter(case_id=fact.case_id).delete()
        elif not isinstance(fact, GridAdopted | CasesRehomed):
            continue
        elif (version := versions.get(uuid.UUID(fact.version_id))) is None:
            beside.append(item)
        elif isinstance(fact, CasesRehomed):
            _settle(version.version_id, fact)
        elif territory.former_of(version):
            _await(version, fact)
    ledger.pass_over(reader=REHOMING, facts=beside)


def forget_grids() -> None:
    """Remove it all, before a replay. What was handed over stays so: the verb keeps how far it was."""
    for model in (Home, HomeCount, Turn):
        model.objects.all().delete()


def _await(version: territory.VersionCard, fact: GridAdopted) -> None:
    """What is taken back before its day never comes."""
    Turn.objects.create(version_id=version.version_id, valid_from=version.valid_from)
    if fact.reverts:
        Turn.objects.filter(version_id=fact.reverts, valid_from__gte=version.valid_from).delete()


def _settle(version_id: uuid.UUID, fact: CasesRehomed) -> None:
    ways = Counter(tuple(way) for _case_id, *way in fact.homes)
    here = queries.codes_of({uuid.UUID(case_id) for case_id, *_way in fact.homes})
    Home.objects.bulk_create(
        [
            Home(case_id=uuid.UUID(case_id), version_id=version_id, cell_code=way[1], cluster_code=way[3])
            for case_id, *way in fact.homes
            if uuid.UUID(case_id) in here
        ],
        update_conflicts=True,
        unique_fields=["case"],
        update_fields=["version_id", "cell_code", "cluster_code"],
    )
    known = {_WAY(row): row.cases for row in HomeCount.objects.filter(version_id=version_id)}
    HomeCount.objects.bulk_create(
        [
            HomeCount(version_id=version_id, **dict(zip(_WAY_FIELDS, way, strict=True)), cases=many + known.get(way, 0))
            for way, many in sorted(ways.items())
        ],
        update_conflicts=True,
        unique_fields=["version_id", *_WAY_FIELDS],
        update_fields=["cases"],
    )


_WAY_FIELDS = ("old_cell", "new_cell", "old_cluster", "new_cluster", "old_centre", "new_centre")
_WAY = attrgetter(*_WAY_FIELDS)


def _change(item: Heard) -> Change | None:
    fact = item.fact
    if not isinstance(fact, CaseResolved | CaseReopened):
        return None
    claimed = getattr(fact, "happened_at", "")
    return Change(
        entry_id=item.entry_id,
        case_id=uuid.UUID(fact.case_id),
        at=datetime.fromisoformat(claimed) if claimed else item.recorded_at,
        is_open=isinstance(fact, CaseReopened),
    )


def _add(changes: dict[Cell, Counter[str]]) -> None:
    """One question and one upsert. The reader's cursor is locked, so nobody else counts meanwhile."""
    known = DayCount.objects.filter(day__in={day for day, _category, _street in changes})
    for day, category, street, *numbers in known.values_list("day", "category", "street_code", *_COLUMNS):
        if counted := changes.get((day, category, street)):
            counted.update(dict(zip(_COLUMNS, numbers, strict=True)))
    DayCount.objects.bulk_create(
        [DayCount(day=cell[0], category=cell[1], street_code=cell[2], **counted) for cell, counted in changes.items()],
        update_conflicts=True,
        unique_fields=["day", "category", "street_code"],
        update_fields=list(_COLUMNS),
    )
