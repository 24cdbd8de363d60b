"""A draft is published for comments, put into force, or given up."""

import secrets
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid, Refused, unchanged
from pianqu.foundation.verbs import verb
from pianqu.kernels import words as kernel
from pianqu.kernels.leaf import SALT_BYTES, text_commitment
from pianqu.kernels.partition.records import CELLS, digest_of
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries, rules
from pianqu.rooms.planning.facts import DraftAdopted, DraftPublished, DraftWithdrawn
from pianqu.rooms.planning.models import Draft, DraftChange, PlanOption
from pianqu.rooms.planning.queries import Board, FiguresCard, Written
from pianqu.rooms.planning.services import adopting
from pianqu.rooms.planning.services.changing import CHOOSE, across_communities, open_draft
from pianqu.rooms.planning.services.plans import stop_plan
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services as grids

SHOWN = 6
LONGEST_REASON = 2_000


@verb
def publish_draft(
    *,
    actor: Actor,
    draft_id: uuid.UUID,
    comments_until: date | None,
    because: str = "",
    revision: int | None = None,
    now: datetime,
) -> None:
    """Everybody may see it and say something until a day, that day included. No day: nothing is asked, and everybody reads
    `because`. Raises Refused for a draft that is no whole plan yet, and for one that has changed since this revision."""
    draft = open_draft(actor, draft_id, revision)
    if draft.state != queries.EDITING:
        raise Refused("draft-published", _("This draft is published already."))
    why = _unasked(comments_until, because, now)
    written, board = queries.units_of(draft.units_id), queries.board_of(draft)
    _check_whole(written, board, queries.worth(written, board))
    draft.state, draft.published_at, draft.comments_until = queries.PUBLISHED, now, comments_until
    draft.published_revision, draft.unasked = draft.revision, why
    draft.unasked_salt = secrets.token_bytes(SALT_BYTES) if why else b""
    draft.save()
    told = DraftPublished(
        subject=f"plan:{draft.id}",
        organisation_code=actor.organisation_code,
        draft_id=str(draft.id),
        revision=draft.revision,
        digest=board.digest,
        comments_until=comments_until.isoformat() if comments_until else "",
        unasked_commitment=text_commitment(why, draft.unasked_salt) if why else "",
    )
    ledger.record([told], actor=actor, now=now)


def _unasked(until: date | None, because: str, now: datetime) -> str:
    """Why nobody is asked; empty where people are."""
    if until is not None:
        if until < timezone.localdate(now):
            raise Invalid("comments-until", _("The last day for comments lies in the past. Nothing was published."))
        return ""
    why = kernel.clean(because)[:LONGEST_REASON]
    if not why:
        sentence = _(
            "Give the last day for comments, or say why nobody is asked: everybody reads it. Nothing was published."
        )
        raise Invalid("unasked-reason", sentence)
    return why


@verb
def withdraw_draft(*, actor: Actor, draft_id: uuid.UUID, now: datetime) -> None:
    """Give it up; what was said of it stays."""
    draft = open_draft(actor, draft_id, None)
    stop_plan(actor=actor, draft_id=draft.id, now=now)
    draft.state, draft.decided_at = queries.WITHDRAWN, now
    draft.save(update_fields=["state", "decided_at"])
    told = DraftWithdrawn(
        subject=f"plan:{draft.id}",
        organisation_code=actor.organisation_code,
        draft_id=str(draft.id),
        revision=draft.revision,
        digest=queries.plan_digest(draft.part),
    )
    ledger.record([told], actor=actor, now=now)


@verb
def adopt_draft(
    *,
    actor: Actor,
    draft_id: uuid.UUID,
    valid_from: date,
    names: Mapping[int, str] | None = None,
    reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> uuid.UUID:
    """Make it the grid from a day on; answers the grid version's id. A plan beyond its tolerance needs a reason.

    Raises Invalid for a day that is over, Refused until the last day for comments is over, for what is no whole plan, for one
    that has changed since this revision, and where another grid was adopted since. What is still computed for it stops.
    """
    rules.check_may_decide(actor)
    draft = open_draft(actor, draft_id, revision)
    _check_time(draft, now)
    _check_day(valid_from, now)
    written = queries.units_of(draft.units_id)
    board = _renamed(queries.board_of(draft), names or {})
    found = queries.worth(written, board)
    _check_whole(written, board, found)
    _check_names(written, board)
    why = _reason(found, reason)
    grid = _grid(draft, written, board)
    version = grids.adopt_grid(
        actor=actor,
        cells=grid.cells,
        clusters=grid.clusters,
        valid_from=valid_from,
        source=draft.title,
        plan_id=str(draft.id),
        now=now,
    )
    stop_plan(actor=actor, draft_id=draft.id, now=now)
    salt = secrets.token_bytes(SALT_BYTES) if why else b""
    draft.names = [dict(one) for one in grid.names]
    draft.state, draft.decided_at, draft.valid_from, draft.version_id = queries.ADOPTED, now, valid_from, version
    draft.reason, draft.reason_salt = why, salt
    draft.save()
    committed = text_commitment(why, salt) if why else ""
    ledger.record([_adopted(draft, board, found, actor, committed)], actor=actor, now=now)
    return version


def _grid(draft: Draft, written: Written, board: Board) -> adopting.Grid:
    build = adopting.cells_grid if draft.level == CELLS else adopting.clusters_grid
    return build(written, board, queries.units_text(draft.units_id).shapes)


def _adopted(draft: Draft, board: Board, found: FiguresCard, actor: Actor, why: str) -> DraftAdopted:
    changes = [list(row) for row in queries.change_chain(draft.id)]
    return DraftAdopted(
        subject=f"plan:{draft.id}",
        organisation_code=actor.organisation_code,
        draft_id=str(draft.id),
        version_id=str(draft.version_id),
        valid_from=draft.valid_from.isoformat() if draft.valid_from else "",
        revision=draft.revision,
        units_digest=draft.units.digest,
        shapes_digest=draft.units.shapes_digest,
        digest=board.digest,
        computed_entry=_computed_entry(draft),
        changes_digest=digest_of(changes),
        changes=len(changes),
        deviation=found.deviation,
        over=found.over,
        reason_commitment=why,
    )


def _computed_entry(draft: Draft) -> str:
    """The entry of the plan that was chosen last."""
    chosen = DraftChange.objects.filter(draft=draft, kind=CHOOSE).order_by("-number").first()
    option = PlanOption.objects.filter(id=chosen.detail["option"]).first() if chosen else None
    return str(option.entry_id) if option and option.entry_id else ""


# what is checked -----------------------------------------------------------------------------------------------------


def _check_time(draft: Draft, now: datetime) -> None:
    if draft.state != queries.PUBLISHED:
        raise Refused("draft-unpublished", unchanged(_("A plan is published for comments before it is adopted.")))
    if draft.comments_until and timezone.localdate(now) <= draft.comments_until:
        sentence = _("Comments are taken until %(day)s, that day included. It can be decided on from the next day on.")
        raise Refused("comments-open", unchanged(sentence % {"day": draft.comments_until.isoformat()}))
    latest = territory.versions()[:1]
    if latest and latest[0].version_id != draft.grid_version_id:
        sentence = _("Another grid was adopted on %(day)s since this draft began. Begin a new draft from it.")
        raise Refused("grid-moved", unchanged(sentence % {"day": latest[0].valid_from.isoformat()}))


def _check_day(valid_from: date, now: datetime) -> None:
    if valid_from < timezone.localdate(now):
        sentence = _("The first day in force lies in the past: what was done since then went by the grid of its day.")
        raise Invalid("adopt-day", unchanged(sentence))


def _check_whole(written: Written, board: Board, found: FiguresCard) -> None:
    """Every unit in one cluster, and every cluster in one piece."""
    if found.unassigned:
        missing = [written.names[unit] for unit, cluster in enumerate(board.part) if cluster < 0]
        sentence = _("%(count)s units are in no cluster yet: %(names)s.")
        raise Refused("units-left", unchanged(sentence % {"count": len(missing), "names": _some(missing)}))
    if found.loose:
        loose = [board.names[cluster]["name"] for cluster in found.loose]
        sentence = (
            _("These cells are empty or in pieces: %(names)s. Repair them first.")
            if written.level == CELLS
            else _("These clusters are empty or in pieces: %(names)s. Repair them first.")
        )
        raise Refused("clusters-loose", unchanged(sentence % {"names": _some(loose)}))
    if across := across_communities(written, board):
        names = [board.names[cell]["name"] for cell in sorted(across)]
        sentence = _("These cells lie in more than one community: %(names)s. Draw them within one first.")
        raise Refused("cells-across", unchanged(sentence % {"names": _some(names)}))


def _check_names(written: Written, board: Board) -> None:
    called = [one["name"] for one in board.names]
    twice = sorted({name for name in called if called.count(name) > 1 or not name.strip()})
    if twice and written.level != CELLS:
        sentence = _("Clusters need names of their own: %(names)s.")
        raise Refused("names-wrong", unchanged(sentence % {"names": _some(twice)}))


def _renamed(board: Board, names: Mapping[int, str]) -> Board:
    given = {number: called for number, name in names.items() if (called := kernel.clean(name)[:60])}
    kept = tuple({**one, "name": given.get(number, one["name"])} for number, one in enumerate(board.names))
    return Board(part=board.part, names=kept, locks=board.locks, centres=board.centres, settings=board.settings)


def _reason(found: FiguresCard, typed: str) -> str:
    why = kernel.clean(typed)[:LONGEST_REASON]
    if found.over and not why:
        sentence = _(
            "The plan lies beyond its tolerance (largest deviation %(percent)s %%). Say why it is adopted all the same."
        )
        raise Refused("reason-missing", unchanged(sentence % {"percent": f"{found.deviation / 100:.2f}"}))
    return why


def _some(names: Sequence[str]) -> str:
    return "、".join(names[:SHOWN]) + (" …" if len(names) > SHOWN else "")
