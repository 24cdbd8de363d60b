"""carry_people: another grid is in force, and who worked in a cell that is gone works in the one that holds most of it."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pianqu.foundation.actor import Actor
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import succession
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries, rules
from pianqu.rooms.territory.facts import CellStaffed, PeopleCarried
from pianqu.rooms.territory.models import CellPerson, GridVersion

LEADER, OTHER = queries.CELL_ROLES[0], queries.CELL_ROLES[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Crew:
    """The people of one old cell, and the cell that takes them; "" for none."""

    old: str
    new: str
    rows: Sequence[CellPerson]


@verb
def carry_people(*, actor: Actor, version_id: uuid.UUID, now: datetime) -> int:
    """Let people follow the ground of their cells into a grid that is in force; answers how many cells they left.

    A code that goes on keeps its people. Those of a code that is gone go to the cell that holds at least four fifths of its
    households (of its area where it has none); where two would lead, who comes helps. Without such a cell they stay named where
    they were, and a person has to staff the new ones. Done once for a version.
    """
    rules.check_may_carry_people(actor)
    version = GridVersion.objects.select_for_update().filter(id=version_id, carried_at=None).first()
    change = queries.change_of(version_id) if version else None
    if version is None or change is None:
        return 0
    crews = _crews(change)
    carried = [crew for crew in crews if crew.new]
    staffed = _join(carried, version.valid_from)
    version.carried_at = now
    version.save(update_fields=["carried_at"])
    told = PeopleCarried(
        subject=f"grid:{version.id}",
        organisation_code=actor.organisation_code,
        version_id=str(version.id),
        valid_from=version.valid_from.isoformat(),
        carried=tuple((crew.old, crew.new, len(crew.rows)) for crew in carried),
        waiting=tuple((crew.old, len(crew.rows)) for crew in crews if not crew.new),
    )
    facts = [_told(actor, code, people, version.valid_from) for code, people in sorted(staffed.items())]
    ledger.record([*facts, told], actor=actor, now=now)
    return len(carried)


def _crews(change: queries.Change) -> list[_Crew]:
    """Cells that are gone and still have people, those with most households first, so that their leader leads."""
    heirs = succession.heirs(change.parts)
    rows: dict[str, list[CellPerson]] = defaultdict(list)
    for row in CellPerson.objects.select_for_update().filter(valid_to=None).order_by("cell_code", "id"):
        rows[row.cell_code].append(row)
    weight: dict[str, int] = defaultdict(int)
    for part in change.parts:
        weight[part.old] += part.households
    gone = sorted((code for code in change.gone if code in rows), key=lambda code: (-weight[code], code))
    return [_Crew(old=code, new=heirs.get(code, ""), rows=rows[code]) for code in gone]


def _join(crews: Sequence[_Crew], day: date) -> dict[str, list[CellPerson]]:
    """End the old rows and begin the new ones; answers who works in each cell concerned, nobody in those that are gone."""
    held = directory.holders(row.post_id for crew in crews for row in crew.rows)
    found: dict[str, list[CellPerson]] = defaultdict(list)
    for row in CellPerson.objects.filter(cell_code__in={crew.new for crew in crews}, valid_to=None):
        found[row.cell_code].append(row)
    begun: list[CellPerson] = []
    for crew in crews:
        coming = [_moved(row, crew.new, day) for row in crew.rows if row.post_id in held]
        begun += _added(found[crew.new], coming)
    ended = [row for crew in crews for row in crew.rows]
    for row in ended:
        row.valid_to = max(row.valid_from, day)
    CellPerson.objects.bulk_update(ended, ["valid_to"], batch_size=500)
    CellPerson.objects.bulk_create(begun, batch_size=500)
    return {**{crew.old: [] for crew in crews}, **found}


def _moved(row: CellPerson, code: str, day: date) -> CellPerson:
    starts = max(row.valid_from, day)
    return CellPerson(id=new_id(), cell_code=code, role=row.role, post_id=row.post_id, valid_from=starts)


def _added(there: list[CellPerson], coming: Sequence[CellPerson]) -> list[CellPerson]:
    """Who comes that is not there yet, with one leader in all."""
    added = []
    for row in coming:
        if row.post_id in {one.post_id for one in there}:
            continue
        if row.role == LEADER and any(one.role == LEADER for one in there):
            row.role = OTHER
        there.append(row)
        added.append(row)
    return added


def _told(actor: Actor, code: str, people: Sequence[CellPerson], day: date) -> CellStaffed:
    return CellStaffed(
        subject=f"cell:{code}",
        organisation_code=actor.organisation_code,
        cell_code=code,
        roles=tuple(row.role for row in people),
        post_ids=tuple(str(row.post_id) for row in people),
        valid_from=day.isoformat(),
    )
