"""All departments' grids as one: asked for, kept once the worker has computed it, and its uncovered places closed."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import canonical
from pianqu.kernels.partition.cells import CELL
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries, rules
from pianqu.rooms.planning.facts import GridsMerged, MergeAsked, PlacesClosed
from pianqu.rooms.planning.models import Closing, Merge
from pianqu.rooms.planning.queries import MERGE, NEW, PRESENT, ClosingCard
from pianqu.rooms.planning.services.runs import ask_run
from pianqu.rooms.territory import queries as territory

LEAST, MOST = 20, 5_000
MOST_FINDINGS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeWish:
    """How the common grid is to be made."""

    mode: str = NEW
    with_own: bool = True
    """The district's own cells are a layer too; they never count as covering."""
    least: int = CELL.least
    most: int = CELL.most
    seed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeMerge:
    """What the worker computed: content as planning.merge/v1, the places' shapes, and what was found."""

    content: dict[str, Any]
    shapes: str
    atoms: int
    uncovered: int
    inputs: tuple[str, ...]
    findings: Sequence[dict[str, Any]] = field(default_factory=list)


@verb
def ask_merge(*, actor: Actor, on: date, wish: MergeWish, now: datetime) -> uuid.UUID:
    """Let the worker lay all departments' grids of a day over one another; answers the merge's id."""
    rules.check_may_plan(actor)
    _check_wish(wish, on)
    grids = queries.grids_on(on)
    if not grids:
        raise Refused("merge-no-grid", _("No department's grid counts on this day. Take one in first."))
    row = Merge.objects.create(
        id=new_id(),
        on=on,
        asked={
            "grids": [str(card.grid_id) for card in grids],
            "mode": wish.mode,
            "with_own": wish.with_own or wish.mode == PRESENT,
            "least": wish.least,
            "most": wish.most,
            "seed": wish.seed,
        },
        organisation_code=actor.organisation_code,
        asked_at=now,
    )
    told = MergeAsked(
        subject=f"merge:{row.id}",
        organisation_code=actor.organisation_code,
        merge_id=str(row.id),
        on=on.isoformat(),
        grids=len(grids),
    )
    ledger.record([told], actor=actor, now=now)
    ask_run(actor=actor, kind=MERGE, subject_id=row.id, asked=row.asked, now=now)
    return row.id


def _check_wish(wish: MergeWish, on: date) -> None:
    if wish.mode not in (NEW, PRESENT):
        raise Invalid("merge-mode", _("Choose whether cells are proposed anew or stay as they are."))
    if not LEAST <= wish.least < wish.most <= MOST:
        words = {"least": LEAST, "most": MOST}
        raise Invalid(
            "merge-band",
            _("A cell has from %(least)d to %(most)d households, the least below the most.") % words,
        )
    if wish.mode == PRESENT and territory.version_on(on) is None:
        raise Refused(
            "merge-no-cells", _("No grid of the district is in force on this day, so there are no cells to join to.")
        )


@verb
def keep_merge(*, actor: Actor, merge_id: uuid.UUID, made: MadeMerge, now: datetime) -> None:
    """The worker's result; one that was kept already stays as it is."""
    rules.check_may_plan(actor)
    row = _locked(merge_id)
    if row.digest:
        return
    text = canonical.encode(made.content)
    row.content, row.shapes = text.decode(), made.shapes
    row.digest = sha256(text).hexdigest()
    row.findings = list(made.findings)[:MOST_FINDINGS]
    row.atoms, row.uncovered, row.cells = made.atoms, made.uncovered, len(made.content["cells"])
    row.kept_at = now
    row.save()
    told = GridsMerged(
        subject=f"merge:{row.id}",
        organisation_code=row.organisation_code,
        merge_id=str(row.id),
        inputs=made.inputs,
        digest=row.digest,
        atoms=row.atoms,
        cells=row.cells,
        uncovered=row.uncovered,
        households=sum(made.content["households"]),
    )
    ledger.record([told], actor=actor, now=now)


@verb
def close_place(*, actor: Actor, merge_id: uuid.UUID, place: int, taker: str, now: datetime) -> None:
    """Say who answers for a place that no department covers: one of its neighbours, as `Taker.key` writes it."""
    rules.check_may_plan(actor)
    row = _locked(merge_id)
    whole = queries.merge_whole(row.id)
    if place not in whole.bare:
        raise Invalid("place-covered", _("This place is covered by a department; there is nothing to close."))
    chosen = next((one for one in whole.takers(place) if one.key == taker), None)
    if chosen is None:
        raise Invalid("place-taker", _("Choose one of the neighbours that are listed for this place."))
    _close(row, [ClosingCard(place=place, cell=chosen.cell, grid_id=chosen.grid_id, code=chosen.code)], actor, now)


@verb
def close_all_places(*, actor: Actor, merge_id: uuid.UUID, now: datetime) -> int:
    """Every place that is left goes to the department's cell with which it shares most border; answers how many."""
    rules.check_may_plan(actor)
    row = _locked(merge_id)
    found = queries.merge_whole(row.id).by_longest_border()
    if found:
        _close(row, found, actor, now)
    return len(found)


def _close(row: Merge, closings: Sequence[ClosingCard], actor: Actor, now: datetime) -> None:
    """A place that was closed already is closed anew."""
    Closing.objects.filter(merge=row, place__in=[one.place for one in closings]).delete()
    Closing.objects.bulk_create(
        (
            Closing(
                id=new_id(),
                merge=row,
                place=one.place,
                cell=one.cell,
                grid_id=one.grid_id,
                code=one.code,
                post_id=actor.acting_post_id or "",
                made_at=now,
            )
            for one in closings
        ),
        batch_size=500,
    )
    told = PlacesClosed(
        subject=f"merge:{row.id}",
        organisation_code=actor.organisation_code,
        merge_id=str(row.id),
        places=len(closings),
        takers=tuple(
            f"{one.place}>{one.grid_id}:{one.code}" if one.grid_id else f"{one.place}>{one.cell}" for one in closings
        ),
        left=queries.merge_card(row.id).left,
    )
    ledger.record([told], actor=actor, now=now)


def _locked(merge_id: uuid.UUID) -> Merge:
    row = Merge.objects.select_for_update().filter(id=merge_id).first()
    if row is None:
        raise Absent("merge-absent", _("There is no such merge, or it is not computed yet."))
    return row
