"""A draft as its page shows it: the plan, what it is worth, what was computed, who may do what next."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.foundation.ids import read_id
from pianqu.kernels.partition.front import non_dominated
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.planning import rules
from pianqu.rooms.planning.models import Comment, Draft, PlanOption
from pianqu.rooms.planning.queries.plans import (
    BrokenCard,
    FiguresCard,
    board_of,
    broken_areas,
    plan_digest,
    worth,
    worth_now,
)
from pianqu.rooms.planning.queries.runs import RunCard, latest_run
from pianqu.rooms.planning.queries.sayings import sentences
from pianqu.rooms.planning.queries.units import UnitsText, tells_of_few, units_of, units_text

EDITING, PUBLISHED, ADOPTED, WITHDRAWN = "editing", "published", "adopted", "withdrawn"
OPEN = frozenset({EDITING, PUBLISHED})
PLAN, FRONT = "plan", "front"
COMPUTING = (PLAN, FRONT)
MOST_OPTIONS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCard:
    """A line of a list of drafts."""

    draft_id: uuid.UUID
    title: str
    level: str
    state: str
    clusters: int
    revision: int
    organisation_code: str
    started_at: datetime
    changed_at: datetime
    published_at: datetime | None
    comments_until: date | None
    decided_at: datetime | None
    valid_from: date | None
    version_id: uuid.UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionCard:
    """A plan that was computed; `within`: it keeps the draft's hard limits; `front`: of those no other is as good in all."""

    id: uuid.UUID
    number: int
    deviation: int
    cut: int
    splits: int
    moved: int
    score: int
    within: bool
    front: bool
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftMay:
    """What the actor may do with it now."""

    edit: bool
    publish: bool
    adopt: bool
    withdraw: bool
    comment: bool
    decide: bool
    """It is published, and the actor may put plans into force: once comments are over."""
    answer: bool
    """Comments are answered by those who may change it, also when it is decided on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftState:
    """All that the page of a draft needs beside the units."""

    id: uuid.UUID
    title: str
    level: str
    state: str
    revision: int
    may: DraftMay
    settings: Mapping[str, Any]
    part: tuple[int, ...]
    names: tuple[Mapping[str, str], ...]
    locks: tuple[int, ...]
    centres: tuple[int, ...]
    figures: FiguresCard
    now_figures: FiguresCard | None
    broken: tuple[BrokenCard, ...]
    options: tuple[OptionCard, ...]
    run: RunCard | None
    run_sentences: tuple[str, ...]
    changed_by: str
    changed_at: datetime
    units_id: uuid.UUID
    units_digest: str
    digest: str
    comments: int
    published_revision: int | None
    published_at: datetime | None
    comments_until: date | None
    unasked: str
    """Why nobody was asked, where it was published without a period for comments."""
    organisation_code: str
    """Whose draft it is."""
    organisation: str
    valid_from: date | None
    version_id: uuid.UUID | None

    def as_json(self) -> dict[str, Any]:
        """As `state.json` gives it."""
        told = asdict(self)
        for name in ("run_sentences", "units_id", "digest", "published_at", "version_id"):
            told.pop(name)
        return {
            **told,
            "id": str(self.id),
            "options": [{**asdict(one), "id": str(one.id)} for one in self.options],
            "run": _run_told(self.run, self.run_sentences) if self.run else None,
            "changed_at": self.changed_at.isoformat(),
            "comments_until": self.comments_until.isoformat() if self.comments_until else "",
            "valid_from": self.valid_from.isoformat() if self.valid_from else "",
        }


def _run_told(run: RunCard, said: Sequence[str]) -> dict[str, Any]:
    return {
        "id": str(run.run_id),
        "kind": run.kind,
        "state": run.state,
        "done": run.done,
        "of": run.of,
        "percent": run.percent,
        "seconds_left": round(run.left.total_seconds()) if run.left is not None else None,
        "reason": run.reason,
        "sentences": list(said),
    }


def drafts(
    *, levels: Sequence[str] = (), states: Sequence[str] = (), published: bool = False, most: int = 100
) -> tuple[DraftCard, ...]:
    """Drafts, what changed last first; only those that everybody may see where asked. One statement."""
    rows = Draft.objects.order_by("-changed_at", "-id")
    rows = rows.filter(published_at__isnull=False) if published else rows
    rows = rows.filter(level__in=levels) if levels else rows
    rows = rows.filter(state__in=states) if states else rows
    return tuple(_card(row) for row in rows.defer("part", "locks", "centres")[:most])


def draft_card(draft_id: uuid.UUID) -> DraftCard:
    """One of them. One statement. Raises Absent."""
    return _card(_draft(draft_id))


def _card(row: Draft) -> DraftCard:
    return DraftCard(
        draft_id=row.id,
        title=row.title,
        level=row.level,
        state=row.state,
        clusters=len(row.names),
        revision=row.revision,
        organisation_code=row.organisation_code,
        started_at=row.started_at,
        changed_at=row.changed_at,
        published_at=row.published_at,
        comments_until=row.comments_until,
        decided_at=row.decided_at,
        valid_from=row.valid_from,
        version_id=row.version_id,
    )


def _draft(draft_id: uuid.UUID) -> Draft:
    draft = Draft.objects.filter(id=draft_id).first()
    if draft is None:
        raise Absent("draft-absent", _("There is no such draft."))
    return draft


def draft_units(draft_id: uuid.UUID) -> UnitsText:
    """What a draft joins, as text. Two statements at most. Raises Absent."""
    return units_text(_draft(draft_id).units_id)


def public_units(draft_id: uuid.UUID) -> UnitsText:
    """The same of a draft that was published, for everybody. Two statements at most. Raises Absent."""
    return units_text(_published(draft_id).units_id)


def public_units_tell_of_few(draft_id: uuid.UUID) -> bool:
    """Whether they would give away a number below five. Two statements at most. Raises Absent."""
    return tells_of_few(_published(draft_id).units_id)


def _published(draft_id: uuid.UUID) -> Draft:
    draft = _draft(draft_id)
    if draft.published_at is None:
        raise Absent("draft-absent", _("There is no such draft."))
    return draft


def draft_state(actor: Actor, draft_id: uuid.UUID, *, now: datetime) -> DraftState:
    """Everything about a draft for who plans. A handful of statements, whatever its size. Raises Forbidden, Absent."""
    rules.check_may_see(actor)
    return _state(actor, _draft(draft_id), now)


def public_plan(actor: Actor, draft_id: uuid.UUID, *, now: datetime) -> DraftState:
    """The same of a plan that was published, for everybody. Raises Absent."""
    return _state(actor, _published(draft_id), now)


def _state(actor: Actor, draft: Draft, now: datetime) -> DraftState:
    written, board = units_of(draft.units_id), board_of(draft)
    run = latest_run(draft.id, kinds=COMPUTING, now=now)
    digest = plan_digest(draft.part)
    return DraftState(
        id=draft.id,
        title=draft.title,
        level=draft.level,
        state=draft.state,
        revision=draft.revision,
        may=_may(actor, draft, timezone.localdate(now)),
        settings=draft.settings,
        part=board.part,
        names=board.names,
        locks=board.locks,
        centres=board.centres,
        figures=worth(written, board),
        now_figures=worth_now(written, board),
        broken=broken_areas(written, board.part),
        options=options(draft.id, digest),
        run=run,
        run_sentences=sentences(run.details) if run else (),
        changed_by=post_title(draft.changed_by_post),
        changed_at=draft.changed_at,
        units_id=draft.units_id,
        units_digest=written.digest,
        digest=digest,
        comments=Comment.objects.filter(draft=draft).count(),
        published_revision=draft.published_revision,
        published_at=draft.published_at,
        comments_until=draft.comments_until,
        unasked=draft.unasked,
        organisation_code=draft.organisation_code,
        organisation=directory.name_of(draft.organisation_code),
        valid_from=draft.valid_from,
        version_id=draft.version_id,
    )


def _may(actor: Actor, draft: Draft, today: date) -> DraftMay:
    answers, decides = rules.may_change(actor, draft.organisation_code), rules.may_decide(actor)
    changes = answers and draft.state in OPEN
    is_asked = takes_comments(draft.state, draft.comments_until, today)
    return DraftMay(
        edit=changes,
        publish=changes and draft.state == EDITING,
        adopt=draft.state == PUBLISHED and not is_asked and decides,
        withdraw=changes,
        comment=is_asked and rules.may_comment(actor),
        answer=answers,
        decide=draft.state == PUBLISHED and decides,
    )


def takes_comments(state: str, until: date | None, today: date) -> bool:
    """Whether something can be said of it today: the last day counts; without one nobody is asked."""
    return state == PUBLISHED and until is not None and today <= until


def post_title(post_id: str) -> str:
    """How the post is called that changed something; empty for the installation's own programs. One statement at most."""
    number = read_id(post_id)
    held = directory.holders([number]).get(number) if number else None
    return f"{held.organisation_name} · {held.title}" if held else ""


def options(draft_id: uuid.UUID, digest: str = "") -> tuple[OptionCard, ...]:
    """Plans that were computed for a draft, oldest first. One statement."""
    rows = PlanOption.objects.filter(draft_id=draft_id).order_by("-made_at", "-number")
    latest = {row["digest"]: row for row in _rows(rows)}
    kept = list(latest.values())
    within = [n for n, row in enumerate(kept) if _within(row["figures"], row["draft__settings"])]
    best = _best([row["figures"] for row in kept], within)
    return tuple(
        OptionCard(
            id=row["id"],
            number=row["number"],
            deviation=row["figures"]["deviation"],
            cut=row["figures"]["cut"],
            splits=row["figures"]["splits"],
            moved=row["figures"]["moved"],
            score=row["figures"]["score"],
            within=place in within,
            front=place in best,
            chosen=row["digest"] == digest,
        )
        for place, row in enumerate(kept)
    )


def _rows(rows: QuerySet[PlanOption]) -> Sequence[Mapping[str, Any]]:
    """The oldest first, so that of equal plans the newest stands."""
    latest = rows.values("id", "number", "figures", "digest", "draft__settings")[:MOST_OPTIONS]
    return [dict(row) for row in latest][::-1]


def _within(figures: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    """Whether a plan keeps what the draft demands now: it may have been computed with other limits."""
    if figures["loose"]:
        return False
    if "least" in asked:
        return all(asked["least"] <= load <= asked["most"] for load in figures["loads"])
    return bool(figures["deviation"] <= asked["tolerance"])


def _best(figures: Sequence[Mapping[str, Any]], within: Sequence[int]) -> set[int]:
    """Places of the plans within the limits than which no other such is as good in all. One beyond them is never offered."""
    points = [tuple(figures[n][name] for name in ("deviation", "cut", "splits", "moved")) for n in within]
    return {within[n] for n in non_dominated(points)}


def named(names: Sequence[Mapping[str, str]], clusters: int) -> list[Mapping[str, str]]:
    """So many names: those that are there, and new ones."""
    found = list(names[:clusters])
    taken = {one["name"] for one in found}
    number = len(found)
    while len(found) < clusters:
        number += 1
        name = _("New cluster %(number)s") % {"number": number}
        if name not in taken:
            found.append({"code": "", "name": name, "centre_code": ""})
    return found


def question(draft: Draft) -> dict[str, Any]:
    """What a draft asks of the search, with the plan after whose numbers the new clusters are called."""
    board = board_of(draft)
    return {
        "clusters": board.clusters,
        "settings": dict(board.settings),
        "locks": [[unit, board.part[unit]] for unit in board.locks if board.part[unit] >= 0],
        "centres": list(board.centres),
        "known": list(board.part),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Computing:
    """What the worker needs for a run about a draft."""

    units: str
    """The units' text."""
    level: str
    kept: frozenset[int]
    """Numbers of the plans that are kept already: of an earlier worker that was killed."""


def computing(draft_id: uuid.UUID, run_id: uuid.UUID) -> Computing:
    """Three statements at most."""
    draft = _draft(draft_id)
    numbers = PlanOption.objects.filter(run_id=run_id).values_list("number", flat=True)
    return Computing(units=units_text(draft.units_id).content, level=draft.level, kept=frozenset(numbers))
