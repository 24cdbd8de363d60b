"""Departments' grids: those in force, those that wait to be taken, their cells, and what was found in their files."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.kernels.overlay.findings import Finding
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.planning.models import DepartmentCell, DepartmentGrid
from pianqu.rooms.territory.queries.findings import told


@dataclass(frozen=True, slots=True, kw_only=True)
class GridCard:
    """A department's grid, without its cells. `valid_from` is None while it waits to be taken."""

    grid_id: uuid.UUID
    system: str
    organisation_code: str
    organisation: str
    name: str
    source: str
    asked: Mapping[str, str]
    crs: str
    keep: bool
    duties: tuple[str, ...]
    columns: tuple[str, ...]
    findings: int
    digest: str
    cells: int
    covered: int
    checked_at: datetime
    valid_from: date | None
    valid_to: date | None

    @property
    def waits(self) -> bool:
        return self.valid_from is None

    @property
    def percent(self) -> float:
        return self.covered / 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentCellCard:
    """A cell of a department with the grid's own duties among its duties."""

    grid_id: uuid.UUID
    code: str
    name: str
    duties: tuple[str, ...]
    workers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GridFiles:
    """What of a grid that waits lies in the store."""

    content: str
    ending: str
    duties_list: str


def department_grids() -> tuple[GridCard, ...]:
    """All editions, those in force first, then those that wait, then those that ended. Two statements."""
    rows = list(DepartmentGrid.objects.order_by("system", "organisation_code", "-valid_from", "-checked_at"))
    names = _names(rows)
    return tuple(_card(row, names) for row in sorted(rows, key=_order))


def _order(row: DepartmentGrid) -> int:
    return 1 if row.valid_from is None else 2 if row.valid_to else 0


def department_grid(grid_id: uuid.UUID) -> GridCard:
    """One edition. Raises Absent."""
    row = _row(grid_id)
    return _card(row, _names([row]))


def grids_on(on: date) -> tuple[GridCard, ...]:
    """The grids in force on a day. Two statements."""
    rows = list(_in_force(on).order_by("system", "organisation_code"))
    names = _names(rows)
    return tuple(_card(row, names) for row in rows)


def _in_force(on: date) -> QuerySet[DepartmentGrid]:
    started = DepartmentGrid.objects.filter(valid_from__lte=on)
    return started.filter(Q(valid_to=None) | Q(valid_to__gt=on))


def grids_by_id(grid_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, GridCard]:
    """Editions by id; unknown ids are missing. Two statements."""
    rows = list(DepartmentGrid.objects.filter(id__in=list(grid_ids)))
    names = _names(rows)
    return {row.id: _card(row, names) for row in rows}


def department_cells(grid_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, DepartmentCellCard]]:
    """The cells of editions by code; every cell has its grid's own duties too. Two statements."""
    ids = list(grid_ids)
    whole = dict(DepartmentGrid.objects.filter(id__in=ids).values_list("id", "duties"))
    found: dict[uuid.UUID, dict[str, DepartmentCellCard]] = {one: {} for one in whole}
    rows = DepartmentCell.objects.filter(grid_id__in=ids).order_by("code")
    for grid_id, code, name, duties, workers in rows.values_list("grid_id", "code", "name", "duties", "workers"):
        found[grid_id][code] = DepartmentCellCard(
            grid_id=grid_id,
            code=code,
            name=name,
            duties=tuple(dict.fromkeys([*whole[grid_id], *duties])),
            workers=tuple(workers),
        )
    return found


def department_shapes(grid_id: uuid.UUID) -> dict[str, Any]:
    """Code → geometry (WGS 84). One statement."""
    return dict(DepartmentCell.objects.filter(grid_id=grid_id).order_by("code").values_list("code", "geometry"))


def grid_findings(grid_id: uuid.UUID) -> tuple[Finding, ...]:
    """Everything that was found in the grid's file. One statement."""
    kept = DepartmentGrid.objects.filter(id=grid_id).values_list("findings", flat=True).first()
    return tuple(finding_of(one) for one in kept or ())


def told_findings(findings: Iterable[Finding]) -> tuple[str, ...]:
    """In the reader's language."""
    return tuple(told(finding) for finding in findings)


def kept_finding(finding: Finding) -> dict[str, Any]:
    """A finding as it is kept, without numbers that JSON has no word for."""
    kept = {
        "code": finding.code,
        "layer": finding.layer,
        "keys": list(finding.keys[:20]),
        "at": list(finding.at) if finding.at else None,
        "values": dict(finding.values),
    }
    return dict(json.loads(json.dumps(kept, default=str)))


def finding_of(kept: Mapping[str, Any]) -> Finding:
    at = kept["at"]
    return Finding(
        code=kept["code"],
        layer=kept["layer"],
        keys=tuple(kept["keys"]),
        at=(at[0], at[1]) if at else None,
        values=kept["values"],
    )


def grid_files(grid_id: uuid.UUID) -> GridFiles:
    """Raises Absent for a grid that does not wait any more."""
    row = _row(grid_id)
    if not row.file_name:
        raise _absent()
    return GridFiles(content=row.file_name, ending=row.file_kind, duties_list=row.list_name)


def department_files_in_use(names: Sequence[str]) -> frozenset[str]:
    """Which of these files of the store belong to grids that wait. One statement."""
    rows = DepartmentGrid.objects.filter(Q(file_name__in=names) | Q(list_name__in=names))
    return frozenset(name for pair in rows.values_list("file_name", "list_name") for name in pair if name)


def waiting_before(moment: datetime) -> tuple[uuid.UUID, ...]:
    """Grids that wait since before a moment. One statement."""
    rows = DepartmentGrid.objects.filter(taken_at=None, checked_at__lt=moment)
    return tuple(rows.order_by("checked_at").values_list("id", flat=True)[:100])


def _row(grid_id: uuid.UUID) -> DepartmentGrid:
    row = DepartmentGrid.objects.filter(id=grid_id).first()
    if row is None:
        raise _absent()
    return row


def _absent() -> Absent:
    return Absent("department-grid-absent", _("There is no such grid of a department, or it was put away."))


def _names(rows: Iterable[DepartmentGrid]) -> dict[str, str]:
    cards = directory.organisations({row.organisation_code for row in rows})
    return {code: card.short_name or card.name for code, card in cards.items()}


def _card(row: DepartmentGrid, names: Mapping[str, str]) -> GridCard:
    return GridCard(
        grid_id=row.id,
        system=row.system,
        organisation_code=row.organisation_code,
        organisation=names.get(row.organisation_code, row.organisation_code),
        name=row.name,
        source=row.source,
        asked=row.asked,
        crs=row.crs,
        keep=row.keep,
        duties=tuple(row.duties),
        columns=tuple(row.columns),
        findings=len(row.findings),
        digest=row.digest,
        cells=row.cells,
        covered=row.covered,
        checked_at=row.checked_at,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )
