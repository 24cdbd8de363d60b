"""Where open matters lie in the grid of today, and how many moved with each version of it."""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from pianqu.rooms.casework.models import Case, Home, HomeCount, Rehoming, Turn

REHOMING = "casework.rehoming"
"""The reader that keeps what waits and what moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeCard:
    """Where a matter lies now; empty codes where no cell or cluster is known."""

    version_id: uuid.UUID
    cell_code: str
    cluster_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeWay:
    """How many open matters went this way. The centres are empty where nothing was handed over."""

    old_cell: str
    new_cell: str
    old_cluster: str
    new_cluster: str
    old_centre: str
    new_centre: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RehomingCard:
    """What became of the open matters with a version."""

    cases: int
    """Located anew so far."""
    done_at: datetime | None
    ways: tuple[HomeWay, ...]

    @property
    def handed(self) -> int:
        """How many have another centre now."""
        return sum(way.cases for way in self.ways if way.new_centre)


def to_rehome(*, on: date) -> tuple[uuid.UUID, ...]:
    """Versions whose day has come and whose matters were not all located anew, the earliest first. One statement."""
    done = Rehoming.objects.filter(done_at__isnull=False).values("version_id")
    due = Turn.objects.filter(valid_from__lte=on).exclude(version_id__in=done)
    return tuple(due.order_by("valid_from", "version_id").values_list("version_id", flat=True))


def home_of(case_id: uuid.UUID) -> HomeCard | None:
    """Where a matter lies now; None while no other grid came since it was filed. One statement."""
    row = Home.objects.filter(case_id=case_id).first()
    if row is None:
        return None
    return HomeCard(version_id=row.version_id, cell_code=row.cell_code, cluster_code=row.cluster_code)


def with_home(cases: QuerySet[Case]) -> QuerySet[Any]:
    """The same matters, each with where it lies now (`home_in`), in the statement that reads them."""
    at = Home.objects.filter(case_id=OuterRef("id"))
    return cases.annotate(
        home_version=Subquery(at.values("version_id")[:1]),
        home_cell=Subquery(at.values("cell_code")[:1]),
        home_cluster=Subquery(at.values("cluster_code")[:1]),
    )


def home_in(case: Any) -> HomeCard | None:
    """What `with_home` read of a matter."""
    if case.home_version is None:
        return None
    return HomeCard(version_id=case.home_version, cell_code=case.home_cell, cluster_code=case.home_cluster)


def rehomings(version_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, RehomingCard]:
    """What became of the open matters with each of these versions; those that were not begun are missing. Two statements."""
    ways: dict[uuid.UUID, list[HomeWay]] = {}
    rows = HomeCount.objects.filter(version_id__in=version_ids).order_by("old_cell", "new_cell", "old_cluster", "id")
    for row in rows:
        ways.setdefault(row.version_id, []).append(_way(row))
    return {
        run.version_id: RehomingCard(cases=run.cases, done_at=run.done_at, ways=tuple(ways.get(run.version_id, ())))
        for run in Rehoming.objects.filter(version_id__in=version_ids)
    }


def _way(row: HomeCount) -> HomeWay:
    return HomeWay(
        old_cell=row.old_cell,
        new_cell=row.new_cell,
        old_cluster=row.old_cluster,
        new_cluster=row.new_cluster,
        old_centre=row.old_centre,
        new_centre=row.new_centre,
        cases=row.cases,
    )
