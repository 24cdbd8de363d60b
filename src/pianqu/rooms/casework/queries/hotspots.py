"""Hot issues within an actor's scope, and what the worker compares to find them."""

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.rooms.casework.lifecycle import OPEN, State
from pianqu.rooms.casework.models import Case as Matter
from pianqu.rooms.casework.models import CauseMatter, Contact, HotIssue, HotMatter, HotRun
from pianqu.rooms.casework.queries.cases import CaseRow, rows_for, street_of
from pianqu.rooms.casework.queries.seen import one_seen_by, scope_of

SHORT, LONG = 14, 90
"""Days that are looked at, each hour and each night."""
LEAST_SEEN = 3
"""Who sees fewer matters of an issue is not shown it: it would speak of others' matters."""
MOST_ISSUES = 60
MOST_ROWS = 200
MOST_LINKED = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """A matter as it is compared. `voice` is the mark of who reported it; empty without a contact."""

    case_id: uuid.UUID
    words: str
    category: str
    place_code: str
    opened_at: datetime
    lon: float | None
    lat: float | None
    voice: str
    same: str = ""
    """The matter that it joined, or itself: these are one by a person's word."""

    @property
    def street_code(self) -> str:
        return street_of(self.place_code) if self.place_code else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard:
    """When was looked, and over how many matters."""

    found_at: datetime
    matters: int
    left_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HotCard:
    """A hot issue. Its counts are of all its matters; `seen` of them lie in the actor's scope."""

    issue_id: uuid.UUID
    span_days: int
    category: str
    place_code: str
    street_code: str
    lon: float | None
    lat: float | None
    first_at: datetime
    last_at: datetime
    matters: int
    voices: int
    heat: float
    daily: tuple[int, ...]
    """The last is the day on which it was found."""
    found_at: datetime
    phrases: tuple[str, ...]
    seen: int
    open: int
    """Of those that the actor sees."""
    cause_id: uuid.UUID | None
    """The root cause that most of those have been linked to, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HotPage:
    """An issue with its matters, as far as the actor sees them, the latest first."""

    card: HotCard
    rows: tuple[CaseRow, ...]
    unlinked: tuple[uuid.UUID, ...]
    """Those that no root cause has yet, the latest; no more than can be linked at a time, so others may follow."""


def spoken(*, since: datetime, until: datetime) -> tuple[Spoken, ...]:
    """What is compared: matters of this time that say something. Two statements."""
    cases = Matter.objects.filter(opened_at__gte=since, opened_at__lte=until, erased_at=None)
    rows = cases.exclude(state=State.WITHDRAWN).exclude(words="").order_by("opened_at", "id")
    marks = Contact.objects.filter(case__opened_at__gte=since, case__opened_at__lte=until).exclude(voice="")
    voices = dict(marks.values_list("case_id", "voice"))
    names = ("id", "words", "category", "place_code", "opened_at", "lon", "lat", "parent_id")
    return tuple(
        Spoken(
            case_id=case_id,
            words=words,
            category=category,
            place_code=place or "",
            opened_at=opened_at,
            lon=lon,
            lat=lat,
            voice=voices.get(case_id, ""),
            same=str(parent or case_id),
        )
        for case_id, words, category, place, opened_at, lon, lat, parent in rows.values_list(*names)
    )


def hot_runs() -> dict[int, RunCard]:
    """The last look over each span."""
    return {
        run.span_days: RunCard(found_at=run.found_at, matters=run.matters, left_out=run.left_out)
        for run in HotRun.objects.all()
    }


def hot_issues(actor: Actor, *, span_days: int) -> tuple[HotCard, ...]:
    """The hottest issues of which the actor sees enough, in three statements beside the scope's."""
    seen = _seen(actor, HotMatter.objects.filter(issue__span_days=span_days))
    rows = HotIssue.objects.filter(span_days=span_days, id__in=list(seen)).order_by("-heat", "id")[:MOST_ISSUES]
    issues = list(rows)
    causes = _causes([issue.id for issue in issues])
    return tuple(_card(issue, *seen[issue.id], causes.get(issue.id)) for issue in issues)


def hot_issue(actor: Actor, issue_id: uuid.UUID) -> HotPage:
    """One issue. Raises Absent where it is not any more, and where the actor sees too little of it."""
    issue = HotIssue.objects.filter(id=issue_id).first()
    seen = _seen(actor, HotMatter.objects.filter(issue_id=issue_id))
    if issue is None or issue_id not in seen:
        raise Absent("hot-absent", _("There is no such hot issue now: they are found anew each hour."))
    matters = HotMatter.objects.filter(issue_id=issue_id).values("case_id")
    latest = one_seen_by(actor).filter(id__in=matters).order_by("-opened_at", "-id").values_list("id", flat=True)
    ids = list(latest[:MOST_ROWS])
    rows = rows_for(actor, ids)
    free = latest.exclude(id__in=CauseMatter.objects.filter(case_id__in=matters).values("case_id"))
    card = _card(issue, *seen[issue_id], _causes([issue_id]).get(issue_id))
    return HotPage(card=card, rows=tuple(rows[one] for one in ids if one in rows), unlinked=tuple(free[:MOST_LINKED]))


def hot_issue_of(actor: Actor, case_id: uuid.UUID) -> HotCard | None:
    """The issue of the longest span in which a matter stands, if the actor may see it."""
    found = HotMatter.objects.filter(case_id=case_id).order_by("-issue__span_days").values_list("issue_id", flat=True)
    issue_id = found.first()
    if issue_id is None:
        return None
    seen = _seen(actor, HotMatter.objects.filter(issue_id=issue_id))
    if issue_id not in seen:
        return None
    return _card(HotIssue.objects.get(id=issue_id), *seen[issue_id], None)


def _seen(actor: Actor, matters: QuerySet[HotMatter]) -> dict[uuid.UUID, tuple[int, int]]:
    """Of each issue how many matters the actor sees, and how many of them are open; few are left out."""
    scope = scope_of(actor)
    if not scope.everything:
        matters = matters.filter(case_id__in=one_seen_by(actor).values("id"))
    counted = matters.values_list("issue_id").annotate(
        there=Count("case_id"), open=Count("case_id", filter=Q(case__state__in=OPEN))
    )
    return {issue_id: (there, still) for issue_id, there, still in counted if there >= LEAST_SEEN}


def _causes(ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """The root cause of most linked matters of each issue."""
    linked = HotMatter.objects.filter(issue_id__in=ids, case_id__in=CauseMatter.objects.values("case_id"))
    of_case = dict(CauseMatter.objects.filter(case_id__in=linked.values("case_id")).values_list("case_id", "cause_id"))
    counts: defaultdict[uuid.UUID, defaultdict[uuid.UUID, int]] = defaultdict(lambda: defaultdict(int))
    for issue_id, case_id in linked.values_list("issue_id", "case_id"):
        counts[issue_id][of_case[case_id]] += 1
    return {issue: min(found, key=lambda cause: (-found[cause], cause)) for issue, found in counts.items()}


def _card(issue: HotIssue, seen: int, still: int, cause_id: uuid.UUID | None) -> HotCard:
    return HotCard(
        issue_id=issue.id,
        span_days=issue.span_days,
        category=issue.category,
        place_code=issue.place_code,
        street_code=issue.street_code,
        lon=issue.lon,
        lat=issue.lat,
        first_at=issue.first_at,
        last_at=issue.last_at,
        matters=issue.matters,
        voices=issue.voices,
        heat=issue.heat,
        daily=tuple(issue.daily),
        found_at=issue.found_at,
        phrases=tuple(issue.phrases),
        seen=seen,
        open=still,
        cause_id=cause_id,
    )
