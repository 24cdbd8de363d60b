"""The JSON door that tells what moved when another grid came into force: of territory, matters, people and centres."""

import uuid
from datetime import date, datetime

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_noop
from ninja import Schema
from pydantic import Field

from pianqu.composition import grid_changes
from pianqu.composition.grid_changes import LeftCentre, Report, Stage
from pianqu.foundation.api import Doors
from pianqu.rooms.casework.queries import HomeWay
from pianqu.rooms.territory.queries import Moved, PartCard, PeopleCard

turns = Doors("territory")
routers = {"/grid/versions": turns.router}


class GridChanges(Schema):
    """What moved with a version of the grid. Lists are empty for the first one, and until its adoption was heard."""

    version_id: uuid.UUID
    valid_from: date
    standing: Stage = Field(
        description=(
            "The first grid; taken back before its day; waits for its day; matters and people are being moved; all is moved."
        )
    )
    former_id: uuid.UUID | None
    reverts: uuid.UUID | None
    by_households: bool = Field(description="Whether shares are of households; else of the area.")
    cells_kept: int
    cells_gone: int
    cells_new: int
    households: int
    households_moved: int = Field(description="In a cell of another code than before.")
    communities: list[Moved] = Field(description="In another cluster than before.")
    parts: list[PartCard] = Field(description="Old cells that do not go on whole under their code.")
    matters: int = Field(description="Open matters located anew so far.")
    matters_done_at: datetime | None
    ways: list[HomeWay] = Field(description="How many open matters went from which cell and cluster to which.")
    people: list[PeopleCard] = Field(description="Of cells that are gone.")
    to_staff: list[str] = Field(description="New cells without a leader.")
    left_centres: list[LeftCentre] = Field(description="Centres without a cluster, and what is still meant for them.")

    @classmethod
    def of(cls, found: Report) -> "GridChanges":
        """The report as it is sent."""
        change, moved = found.change, found.rehoming
        return cls(
            version_id=found.version.version_id,
            valid_from=found.version.valid_from,
            standing=found.standing,
            former_id=found.former.version_id if found.former else None,
            reverts=found.version.reverts,
            by_households=bool(change and change.by_households),
            cells_kept=change.kept if change else 0,
            cells_gone=change.gone if change else 0,
            cells_new=change.new if change else 0,
            households=change.households if change else 0,
            households_moved=change.moved if change else 0,
            communities=list(change.communities) if change else [],
            parts=list(change.parts) if change else [],
            matters=moved.cases if moved else 0,
            matters_done_at=moved.done_at if moved else None,
            ways=list(moved.ways) if moved else [],
            people=list(change.people) if change else [],
            to_staff=list(found.to_staff),
            left_centres=list(found.left),
        )


@turns.asks(
    "/{uuid:version_id}/changes",
    name="getGridChanges",
    says=gettext_noop("What moved when a version of the grid came into force"),
    gives=GridChanges,
)
def changes(request: HttpRequest, version_id: uuid.UUID) -> GridChanges:
    return GridChanges.of(grid_changes.report(version_id, on=timezone.localdate()))
