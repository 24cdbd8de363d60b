"""People change a draft: painted, locked, split, merged, named, set right near by, taken back. Each change is one revision.

Whoever changes says which revision they saw. Where somebody else was faster nothing is written over: they are refused, with who
and when, and their page keeps what they did.
"""

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import words as kernel
from pianqu.kernels.partition.records import CELLS, Written
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries, rules
from pianqu.rooms.planning.facts import DraftChanged
from pianqu.rooms.planning.models import Draft, DraftChange, PlanOption
from pianqu.rooms.planning.queries import Board
from pianqu.rooms.planning.services import adopting
from pianqu.rooms.planning.services.settings import fitted

PAINT, LOCK, UNLOCK, SPLIT, MERGE, CENTRE, RENAME, SETTINGS, UNDO = (
    "paint",
    "lock",
    "unlock",
    "split",
    "merge",
    "centre",
    "rename",
    "settings",
    "undo",
)
CHOOSE, REPAIR = "choose", "repair"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody wants to do; which fields count depends on the kind."""

    kind: str
    moves: Sequence[tuple[int, int]] = ()
    units: Sequence[int] = ()
    cluster: int = -1
    clusters: Sequence[int] = ()
    unit: int = -1
    name: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


@verb
def change_draft(*, actor: Actor, draft_id: uuid.UUID, revision: int, change: Change, now: datetime) -> int:
    """One change; answers the new revision. Raises Refused where somebody else was faster, Invalid for what does not fit."""
    draft = open_draft(actor, draft_id, revision)
    written, board = queries.units_of(draft.units_id), queries.board_of(draft)
    if change.kind == UNDO:
        return kept(draft, _undone(draft, board), UNDO, actor, now, detail={"of": last_standing(draft).number})
    act = ACTS.get(change.kind)
    if act is None:
        raise Invalid("change-unknown", _("This change is not known here. Nothing was changed."))
    after = act(written, board, change)
    if (across := across_communities(written, after)) and not across <= across_communities(written, board):
        name = after.names[min(across)]["name"]
        sentence = _("%(name)s would reach into another community; a cell lies within one. Nothing was changed.")
        raise Invalid("cell-across", sentence % {"name": name})
    return kept(draft, after, change.kind, actor, now)


def across_communities(written: Written, board: Board) -> set[int]:
    """Cells that lie in more than one community; clusters may."""
    if written.level != CELLS:
        return set()
    homes: dict[int, int] = {}
    placed = [(unit, cell) for unit, cell in enumerate(board.part) if cell >= 0]
    return {cell for unit, cell in placed if homes.setdefault(cell, written.groups[unit]) != written.groups[unit]}


@verb
def choose_plan(*, actor: Actor, draft_id: uuid.UUID, revision: int, option_id: uuid.UUID, now: datetime) -> int:
    """Go on from a plan that was computed; what was drawn before can be taken back."""
    draft = open_draft(actor, draft_id, revision)
    option = PlanOption.objects.filter(id=option_id, draft=draft).first()
    if option is None:
        raise Absent("option-absent", _("There is no such plan for this draft."))
    board = queries.board_of(draft)
    chosen = _resized(replace(board, part=tuple(option.part)), option.task["clusters"])
    if draft.level == CELLS:
        chosen = replace(chosen, names=adopting.cell_names(queries.units_of(draft.units_id), chosen))
    return kept(draft, chosen, CHOOSE, actor, now, detail={"option": str(option.id)}, option_id=str(option.id))


def open_draft(actor: Actor, draft_id: uuid.UUID, revision: int | None) -> Draft:
    """The draft, locked, if this actor may change it now and has seen its last revision."""
    rules.check_may_plan(actor)
    draft = Draft.objects.select_for_update().filter(id=draft_id).first()
    if draft is None:
        raise Absent("draft-absent", _("There is no such draft."))
    rules.check_may_change(actor, draft.organisation_code)
    if draft.state not in queries.OPEN:
        raise Refused("draft-over", _("This draft has been decided on; it is not changed any more. Begin a new one."))
    if revision is not None and draft.revision != revision:
        raise Refused("draft-changed", _changed_meanwhile(draft))
    return draft


def _changed_meanwhile(draft: Draft) -> str:
    words = {
        "who": queries.post_title(draft.changed_by_post) or _("somebody else"),
        "when": timezone.localtime(draft.changed_at).strftime("%H:%M:%S"),
    }
    sentence = _(
        "%(who)s changed this draft at %(when)s. What you did is kept on your page: look at theirs and do it again."
    )
    return sentence % words


def kept(
    draft: Draft,
    after: Board,
    kind: str,
    actor: Actor,
    now: datetime,
    *,
    detail: dict[str, Any] | None = None,
    option_id: str = "",
) -> int:
    """Write the change down with what it takes to take it back; answers the revision."""
    before = queries.board_of(draft)
    moves = [
        [unit, was, is_] for unit, (was, is_) in enumerate(zip(before.part, after.part, strict=True)) if was != is_
    ]
    others = {name: value for name in queries.FIELDS[1:] if (value := _pair(before, after, name)) is not None}
    draft.revision += 1
    draft.part, draft.names = list(after.part), [dict(one) for one in after.names]
    draft.locks, draft.centres, draft.settings = list(after.locks), list(after.centres), dict(after.settings)
    draft.changed_at, draft.changed_by_post = now, actor.acting_post_id or ""
    draft.save()
    DraftChange.objects.create(
        id=new_id(),
        draft=draft,
        number=draft.revision,
        kind=kind,
        moves=moves,
        detail={**(detail or {}), **({"was": others} if others else {})},
        digest=after.digest,
        post_id=draft.changed_by_post,
        made_at=now,
    )
    told = DraftChanged(
        subject=f"plan:{draft.id}",
        organisation_code=actor.organisation_code,
        draft_id=str(draft.id),
        number=draft.revision,
        change=kind,
        units=len(moves),
        before=before.digest,
        digest=after.digest,
        option_id=option_id,
    )
    ledger.record([told], actor=actor, now=now)
    return draft.revision


def _pair(before: Board, after: Board, name: str) -> list[Any] | None:
    was, is_ = queries.plain(getattr(before, name)), queries.plain(getattr(after, name))
    return None if was == is_ else [was, is_]


# kinds of changes ----------------------------------------------------------------------------------------------------


def _known(written: Written, units: Sequence[int]) -> list[int]:
    if any(not 0 <= unit < len(written) for unit in units):
        raise Invalid("unit-unknown", _("A unit that was named does not exist in this draft. Nothing was changed."))
    return list(units)


def _cluster(board: Board, cluster: int) -> int:
    if not 0 <= cluster < board.clusters:
        raise Invalid(
            "cluster-unknown", _("A cluster that was named does not exist in this draft. Nothing was changed.")
        )
    return cluster


def _paint(written: Written, board: Board, change: Change) -> Board:
    _known(written, [unit for unit, _to in change.moves])
    part = list(board.part)
    for unit, cluster in change.moves:
        part[unit] = -1 if cluster == -1 else _cluster(board, cluster)
    locks = set(board.locks)
    held = [unit for unit, _to in change.moves if unit in locks and part[unit] != board.part[unit]]
    if held:
        sentence = _("%(names)s is locked. Unlock it first. Nothing was changed.")
        raise Refused("unit-locked", sentence % {"names": "、".join(written.names[unit] for unit in held[:5])})
    return replace(board, part=tuple(part))


def _lock(written: Written, board: Board, change: Change) -> Board:
    return replace(board, locks=tuple(sorted({*board.locks, *_known(written, change.units)})))


def _unlock(written: Written, board: Board, change: Change) -> Board:
    return replace(board, locks=tuple(sorted({*board.locks} - set(_known(written, change.units)))))


def _split(written: Written, board: Board, change: Change) -> Board:
    """Some units of a cluster become a new one."""
    cluster = _cluster(board, change.cluster)
    units = {unit for unit in _known(written, change.units) if board.part[unit] == cluster}
    if not units or units >= {unit for unit, its in enumerate(board.part) if its == cluster}:
        sentence = _("To split a cluster, choose some of its units, but not all of them. Nothing was changed.")
        raise Invalid("split-wrong", sentence)
    larger = _resized(board, board.clusters + 1)
    part = tuple(board.clusters if unit in units else its for unit, its in enumerate(board.part))
    return replace(larger, part=part)


def _merge(_written: Written, board: Board, change: Change) -> Board:
    """The second becomes part of the first; numbers above it close up."""
    if len(set(change.clusters)) != 2:
        raise Invalid("merge-wrong", _("Please choose two clusters to be one. Nothing was changed."))
    kept_, gone = (_cluster(board, cluster) for cluster in change.clusters)
    where = [n - (n > gone) for n in range(board.clusters)]
    where[gone] = where[kept_]
    rest = [n for n in range(board.clusters) if n != gone]
    return replace(
        board,
        part=tuple(where[its] if its >= 0 else -1 for its in board.part),
        names=tuple(board.names[n] for n in rest),
        centres=tuple(board.centres[n] for n in rest),
        settings={**board.settings, "clusters": len(rest)},
    )


def _centre(written: Written, board: Board, change: Change) -> Board:
    """Where a cluster's centre is to be: in one of its units, which no other cluster has as its centre."""
    cluster = _cluster(board, change.cluster)
    if change.unit != -1:
        _known(written, [change.unit])
    centres = list(board.centres)
    if change.unit != -1 and change.unit in centres and centres[cluster] != change.unit:
        sentence = _("%(name)s is the centre of another cluster already. Nothing was changed.")
        raise Refused("centre-taken", sentence % {"name": written.names[change.unit]})
    centres[cluster] = change.unit
    return replace(board, centres=tuple(centres))


def _rename(_written: Written, board: Board, change: Change) -> Board:
    cluster, name = _cluster(board, change.cluster), kernel.clean(change.name)[:60]
    if not name:
        raise Invalid("name-missing", _("A cluster needs a name. Nothing was changed."))
    if any(one["name"] == name for n, one in enumerate(board.names) if n != cluster):
        sentence = _("Another cluster is called “%(name)s” already. Nothing was changed.")
        raise Refused("name-taken", sentence % {"name": name})
    names = tuple({**one, "name": name} if n == cluster else one for n, one in enumerate(board.names))
    return replace(board, names=names)


def _settings(written: Written, board: Board, change: Change) -> Board:
    asked = fitted(written, {**board.settings, **change.settings})
    return _resized(replace(board, settings=asked), asked["clusters"])


def _resized(board: Board, clusters: int) -> Board:
    """So many clusters: new ones get a name, what was in others belongs to nobody."""
    centres = [*board.centres, *([-1] * clusters)][:clusters]
    return replace(
        board,
        part=tuple(its if its < clusters else -1 for its in board.part),
        names=tuple(queries.named(board.names, clusters)),
        centres=tuple(centres),
        settings={**board.settings, "clusters": clusters},
    )


ACTS: dict[str, Callable[[Written, Board, Change], Board]] = {
    PAINT: _paint,
    LOCK: _lock,
    UNLOCK: _unlock,
    SPLIT: _split,
    MERGE: _merge,
    CENTRE: _centre,
    RENAME: _rename,
    SETTINGS: _settings,
}


# taking back ---------------------------------------------------------------------------------------------------------


def last_standing(draft: Draft) -> DraftChange:
    """The last change that was not taken back. Raises Refused where there is none."""
    standing: list[int] = []
    for number, kind in DraftChange.objects.filter(draft=draft).order_by("number").values_list("number", "kind"):
        if kind != UNDO:
            standing.append(number)
        elif standing:
            standing.pop()
    if not standing:
        raise Refused("nothing-to-undo", _("There is nothing to take back."))
    return DraftChange.objects.get(draft=draft, number=standing[-1])


def _undone(draft: Draft, board: Board) -> Board:
    change = last_standing(draft)
    part = list(board.part)
    for unit, was, _is in change.moves:
        part[unit] = was
    was = {name: queries.revived(pair[0]) for name, pair in change.detail.get("was", {}).items()}
    return replace(board, part=tuple(part), **was)
