"""A department's grid: handed in and checked, checked again with other words about its file, taken, or put away."""

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext as _

from pianqu.foundation import files
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries, rules
from pianqu.rooms.planning.facts import DepartmentGridChecked, DepartmentGridsPutAway, DepartmentGridTaken
from pianqu.rooms.planning.models import DepartmentCell, DepartmentGrid
from pianqu.rooms.planning.queries import SYSTEMS, Asked, CheckedGrid

MOST_FINDINGS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGrid:
    """Whose grid it is, and what its owner says of it."""

    system: str
    organisation_code: str
    name: str
    source: str = ""
    keep: bool = False
    duties: Sequence[str] = ()


@verb
def check_department_grid(
    *,
    actor: Actor,
    grid: NewGrid,
    asked: Asked,
    found: CheckedGrid,
    content: bytes = b"",
    duties_list: bytes = b"",
    now: datetime,
) -> uuid.UUID:
    """Keep what was read until somebody takes it. The file stays in the store so that nobody chooses it twice."""
    rules.check_may_hand_in(actor, grid.organisation_code)
    _check_words(grid)
    row = DepartmentGrid(
        id=new_id(),
        system=grid.system,
        organisation_code=grid.organisation_code,
        name=grid.name[:60],
        source=(grid.source or grid.name)[:80],
        keep=grid.keep,
        duties=list(grid.duties),
        file_kind=asked.ending,
        post_id=actor.acting_post_id or "",
        checked_at=now,
    )
    row.file_name = files.keep(content) if content else ""
    row.list_name = files.keep(duties_list) if duties_list else ""
    _keep(row, asked, found)
    _checked(row, actor, now)
    return row.id


@verb
def check_grid_again(*, actor: Actor, grid_id: uuid.UUID, asked: Asked, found: CheckedGrid, now: datetime) -> None:
    """The same file, read with another coordinate system or other columns."""
    row = _waiting(grid_id)
    rules.check_may_hand_in(actor, row.organisation_code)
    row.checked_at = now
    DepartmentCell.objects.filter(grid=row).delete()
    _keep(row, asked, found)
    _checked(row, actor, now)


@verb
def take_department_grid(*, actor: Actor, grid_id: uuid.UUID, valid_from: date, now: datetime) -> None:
    """It counts from this day on; the department's former edition ends. Raises Refused for a day before that one's."""
    row = _waiting(grid_id)
    rules.check_may_hand_in(actor, row.organisation_code)
    if not row.cells:
        raise Refused(
            "grid-empty", _("Nothing in this file could be read, so there is nothing to take. It still waits here.")
        )
    own = DepartmentGrid.objects.select_for_update().filter(system=row.system, organisation_code=row.organisation_code)
    former = own.filter(valid_from__isnull=False, valid_to=None).first()
    if former is not None and former.valid_from is not None and valid_from <= former.valid_from:
        sentence = _("An edition counts since %(day)s; the new one has to begin after it. It still waits here.")
        raise Refused("grid-day", sentence % {"day": former.valid_from.isoformat()})
    if former is not None:
        former.valid_to = valid_from
        former.save(update_fields=["valid_to"])
    names = [row.file_name, row.list_name]
    row.file_name = row.list_name = ""
    row.valid_from, row.taken_at = valid_from, now
    row.save()
    _forget_files(names)
    told = DepartmentGridTaken(
        subject=f"department-grid:{row.id}",
        organisation_code=actor.organisation_code,
        grid_id=str(row.id),
        system=row.system,
        department=row.organisation_code,
        cells=row.cells,
        covered=row.covered,
        valid_from=valid_from.isoformat(),
        digest=row.digest,
        ended=str(former.id) if former else "",
    )
    ledger.record([told], actor=actor, now=now)


@verb
def drop_department_grid(*, actor: Actor, grid_id: uuid.UUID, now: datetime) -> None:
    """Nobody takes it: what was read and its file go."""
    row = _waiting(grid_id)
    rules.check_may_hand_in(actor, row.organisation_code)
    _put_away([row], actor, now)


@verb
def put_away_department_grids(*, actor: Actor, before: datetime, now: datetime) -> int:
    """What waits since before a moment goes; answers how many."""
    rules.check_may_plan(actor)
    rows = list(DepartmentGrid.objects.select_for_update().filter(id__in=queries.waiting_before(before)))
    if rows:
        _put_away(rows, actor, now)
    return len(rows)


def _check_words(grid: NewGrid) -> None:
    if grid.system not in SYSTEMS:
        raise Invalid("grid-system", _("Choose which department's kind of grid this is."))
    if not grid.name.strip():
        raise Invalid("grid-name", _("Give the grid a name, as “Police areas 2026”."))
    if not directory.organisations([grid.organisation_code]):
        raise Invalid("grid-organisation", _("Choose the department whose grid this is."))


def _keep(row: DepartmentGrid, asked: Asked, found: CheckedGrid) -> None:
    row.asked = {name: value for name, value in asdict(asked).items() if name not in ("name", "ending")}
    row.crs, row.digest, row.covered = found.crs[:120], found.digest, found.covered
    row.columns = [name[:60] for name in found.columns[:60]]
    row.findings = [queries.kept_finding(finding) for finding in found.findings[:MOST_FINDINGS]]
    row.cells = len(found.cells)
    row.save()
    DepartmentCell.objects.bulk_create(
        (
            DepartmentCell(
                id=new_id(),
                grid=row,
                code=cell.code,
                name=cell.name,
                geometry=cell.geometry,
                duties=list(cell.duties),
                workers=list(cell.workers),
            )
            for cell in found.cells
        ),
        batch_size=500,
    )


def _checked(row: DepartmentGrid, actor: Actor, now: datetime) -> None:
    told = DepartmentGridChecked(
        subject=f"department-grid:{row.id}",
        organisation_code=actor.organisation_code,
        grid_id=str(row.id),
        system=row.system,
        cells=row.cells,
        findings=len(row.findings),
        digest=row.digest,
    )
    ledger.record([told], actor=actor, now=now)


def _waiting(grid_id: uuid.UUID) -> DepartmentGrid:
    row = DepartmentGrid.objects.select_for_update().filter(id=grid_id).first()
    if row is None:
        raise Absent("department-grid-absent", _("There is no such grid of a department, or it was put away."))
    if row.taken_at is not None:
        raise Refused("grid-taken", _("This grid was taken already; it does not change any more."))
    return row


def _put_away(rows: Sequence[DepartmentGrid], actor: Actor, now: datetime) -> None:
    DepartmentCell.objects.filter(grid__in=rows).delete()
    DepartmentGrid.objects.filter(id__in=[row.id for row in rows]).delete()
    _forget_files([name for row in rows for name in (row.file_name, row.list_name)])
    told = DepartmentGridsPutAway(
        subject=f"organisation:{actor.organisation_code}",
        organisation_code=actor.organisation_code,
        grids=len(rows),
    )
    ledger.record([told], actor=actor, now=now)


def _forget_files(names: Sequence[str]) -> None:
    for name in names:
        if name:
            transaction.on_commit(partial(files.remove, name))
