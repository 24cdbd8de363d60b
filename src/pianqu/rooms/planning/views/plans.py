"""Plans for everybody: what is proposed or was decided, what changes for whom, what was said, and a form to say something.

Households are told of whole communities and clusters, below five none. Of cells the houses are left out: how many live in one
house is nobody else's business.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from pianqu.foundation import throttle
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Problem, TooMany
from pianqu.kernels import suppression
from pianqu.kernels.partition.records import CELLS
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.queries import DraftCard, DraftState, Written
from pianqu.rooms.planning.views import posted, site_words
from pianqu.rooms.planning.views.comparing import broken, pairs, told
from pianqu.rooms.planning.views.figures import Moved, moved, off, signed

FEWEST = suppression.K
"""Fewer households than these are no published figure."""
SCOPE, MOST_IN_AN_HOUR = "plan-comment", 20
MOST_PLANS, SHOWN = 500, 500
"""Plans in the list, and comments beside a plan."""
YEAR_S = 31_536_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A plan in the list."""

    card: DraftCard
    is_cells: bool
    link: str
    takes_comments: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A cluster of the plan as everybody reads it."""

    name: str
    units: tuple[str, ...]
    households: str
    off: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Who changes cluster, with households where there are enough of them."""

    before: str
    after: str
    units: tuple[str, ...]
    households: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A plan as everybody reads it."""

    draft_id: uuid.UUID
    title: str
    state: str
    is_cells: bool
    clusters: int
    revision: int
    published_revision: int
    published_at: datetime | None
    comments_until: date | None
    valid_from: date | None
    decided_at: datetime | None
    reason: str
    unasked: str
    """Why nobody was asked."""
    takes_comments: bool
    units_digest: str
    digest: str
    is_synthetic: bool
    is_few: bool
    """Its units would give away a number below five: they are not published."""

    @property
    def units_file(self) -> str:
        """As both files are called when they are downloaded."""
        return _units_name(self.units_digest)

    @property
    def record_file(self) -> str:
        return _record_name(self.draft_id)

    @property
    def changed_since(self) -> int:
        """Revisions after it was published."""
        return max(0, self.revision - self.published_revision)


def _units_name(digest: str) -> str:
    return f"units-{digest[:12]}.json"


def _record_name(draft_id: uuid.UUID) -> str:
    return f"plan-{draft_id}.json"


def resident(draft_id: uuid.UUID) -> Actor:
    """Whoever comments: no account, no name; the organisation that drafts receives it and answers for the fact."""
    return Actor(kind="resident", organisation_code=queries.draft_card(draft_id).organisation_code)


@require_safe
def plans(request: HttpRequest) -> HttpResponse:
    """Everything that was ever published, what changed last first."""
    today = timezone.localdate()
    lines = [
        Line(
            card=card,
            is_cells=card.level == CELLS,
            link=reverse("planning:plan", args=[card.draft_id]),
            takes_comments=queries.takes_comments(card.state, card.comments_until, today),
        )
        for card in queries.drafts(published=True, most=MOST_PLANS)
    ]
    studies = [(card, site_words.questions()[card.question][0]) for card in queries.published_studies()]
    return render(request, "planning/plans.html", {"lines": lines, "studies": studies})


@require_safe
def studies(request: HttpRequest) -> HttpResponse:
    """Studies of sites stand in the list of plans."""
    return redirect(f"{reverse('planning:plans')}#sites")


@never_cache
@require_safe
def plan(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """One of them."""
    return _plan(request, draft_id, "", "", None)


@never_cache
@require_http_methods(["POST"])
def comment(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Say something of it; refused, the page shows what was typed and why."""
    words, unit, now = request.POST.get("words", ""), request.POST.get("unit", ""), timezone.now()
    address = request.META.get("REMOTE_ADDR", "")
    try:
        _check_often(address, now)
        services.comment(
            actor=resident(draft_id), draft_id=draft_id, words=words, unit=unit, revision=posted.seen(request), now=now
        )
    except Absent:
        raise
    except Problem as problem:
        return _plan(request, draft_id, words, unit, problem)
    throttle.count_wrong(scope=SCOPE, party=address, now=now, tries=MOST_IN_AN_HOUR)
    return HttpResponseRedirect(f"{reverse('planning:plan', args=[draft_id])}?said=1#comments")


def _check_often(address: str, now: datetime) -> None:
    try:
        throttle.check_open(scope=SCOPE, party=address, now=now)
    except TooMany:
        sentence = _(
            "Many comments came from your connection within an hour. Your words are kept below: send them in an hour."
        )
        raise TooMany("comments-often", sentence) from None


def _plan(request: HttpRequest, draft_id: uuid.UUID, words: str, unit: str, problem: Problem | None) -> HttpResponse:
    state = queries.public_plan(resident(draft_id), draft_id, now=timezone.now())
    written = queries.units_of(state.units_id)
    rows = moved(written, state)
    is_cells = state.level == CELLS
    whole = all(row.households >= FEWEST for row in rows)  # else the total would tell what a line leaves out
    loads = _loads(state, written, is_cells=is_cells)
    hidden = {"moved": not whole, "deviation": not all(load.off for load in loads)}
    context = {
        "sheet": _sheet(state, written),
        "pairs": [pair for pair in pairs(state) if not hidden.get(pair.name)],
        "broken": broken(state),
        "moves": [_move(row, is_cells=is_cells) for row in rows],
        "moved_households": sum(row.households for row in rows) if whole else None,
        "loads": loads,
        "comments": queries.comments(draft_id, for_all=True, most=SHOWN),
        "comment_count": state.comments,
        "units": () if is_cells else sorted(zip(written.keys, written.names, strict=True)),
        "words": words,
        "unit": unit,
        "told": told(state, written, f"{reverse('planning:plan_map', args=[draft_id])}?d={written.digest}"),
        "said": request.GET.get("said") == "1",
        "problem": str(problem.told) if problem else "",
    }
    return render(request, "planning/plan.html", context, status=problem.status if problem else 200)


def _sheet(state: DraftState, written: Written) -> Sheet:
    decided = queries.decision(state.id)
    return Sheet(
        draft_id=state.id,
        title=state.title,
        state=state.state,
        is_cells=state.level == CELLS,
        clusters=len(state.names),
        revision=state.revision,
        published_revision=state.published_revision or 0,
        published_at=state.published_at,
        comments_until=state.comments_until,
        valid_from=state.valid_from,
        decided_at=decided.decided_at,
        reason=decided.reason,
        unasked=state.unasked,
        takes_comments=queries.takes_comments(state.state, state.comments_until, timezone.localdate()),
        units_digest=state.units_digest,
        digest=state.digest,
        is_synthetic=bool(written.sources.get("synthetic", True)),
        is_few=queries.tells_of_few(state.units_id),
    )


def _households(count: int) -> str:
    return f"{count:,}".replace(",", "\u2009") if count >= FEWEST else _("fewer than %(n)s") % {"n": FEWEST}


def _move(row: Moved, *, is_cells: bool) -> Move:
    return Move(
        before=row.before,
        after=row.after,
        units=() if is_cells else row.units,
        households=_households(row.households),
    )


def _loads(state: DraftState, written: Written, *, is_cells: bool) -> list[Load]:
    who = written.units.households or written.units.column("population")
    members: list[list[int]] = [[] for _name in state.names]
    for unit, cluster in enumerate(state.part):
        if cluster >= 0:
            members[cluster].append(unit)
    counts = [sum(who[unit] for unit in part) for part in members]
    is_told = not any(0 < count < FEWEST for count in counts)  # deviations would tell how few
    return [
        Load(
            name=one["name"],
            units=() if is_cells else _names(written, members[number]),
            households=_households(counts[number]),
            off=signed(off(state.figures.loads[number], state.figures.loads)) if is_told else "",
        )
        for number, one in enumerate(state.names)
    ]


def _names(written: Written, units: Sequence[int]) -> tuple[str, ...]:
    return tuple(written.names[unit] for unit in units)


@require_safe
def plan_map(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """The units' shapes; by their digest, so that a browser may keep them."""
    text = queries.public_units(draft_id)
    response = HttpResponse(f'{{"shapes":{text.shapes}}}', content_type="application/json")
    is_named = request.GET.get("d") == text.digest
    response["Cache-Control"] = f"public, max-age={YEAR_S}, immutable" if is_named else "no-store"
    return response


@require_safe
def units_file(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """The units as the search reads them, for who computes the plan again. Of cells there is none: it would count houses."""
    text = queries.public_units(draft_id)
    if queries.draft_card(draft_id).level == CELLS:
        sentence = _("How many households live in each house is not published. Officials can compute this plan again.")
        raise Absent("units-private", sentence)
    if queries.public_units_tell_of_few(draft_id):
        sentence = _(
            "A community has a number below five, so the units are not published. Officials can compute it again."
        )
        raise Absent("units-few", sentence)
    response = HttpResponse(text.content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{_units_name(text.digest)}"'
    return response


@require_safe
def record_file(request: HttpRequest, draft_id: uuid.UUID) -> HttpResponse:
    """Questions, plans and every change, for who computes the plan again."""
    response = JsonResponse(queries.plan_record(draft_id), json_dumps_params={"ensure_ascii": False})
    response["Content-Disposition"] = f'attachment; filename="{_record_name(draft_id)}"'
    return response
