"""Studies of sites: what was asked, what was found, and what any set of sites would mean."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from django.utils.translation import gettext as _

from pianqu.foundation.errors import Absent
from pianqu.kernels import suppression
from pianqu.kernels.siting import asking, figures, model, walking
from pianqu.kernels.siting.model import Question
from pianqu.rooms.planning.models import Run, Study
from pianqu.rooms.planning.queries.grounds import GroundCard, ground

MEDIAN: Final = "median"
CENTRE: Final = "centre"
COVERAGE: Final = "coverage"
QUESTIONS = (COVERAGE, MEDIAN, CENTRE)
HOUSEHOLDS, CASES = "households", "cases"
DEMANDS = (HOUSEHOLDS, CASES)
RINGS = (5, 10, 15)
"""Minutes that are told of every study, besides its own."""
SHOWN = 100
"""So many studies a list shows, the newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStep:
    """The most that so many sites have within the study's minutes; no plan has more than `bound`."""

    sites: int
    within: int
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyCard:
    """A study, and what was found."""

    study_id: uuid.UUID
    title: str
    question: str
    demand: str
    sites: int
    minutes: int
    present: str
    point_kind: str
    kinds: tuple[str, ...]
    capacity: int | None
    seed: int
    ground_id: uuid.UUID | None
    organisation_code: str
    asked_at: datetime
    found_at: datetime | None
    chosen_at: datetime | None
    published_at: datetime | None
    found: tuple[int, ...]
    """Candidates by number, as the search found them."""
    chosen: tuple[int, ...]
    """The same, or as somebody moved them by hand."""
    value: int
    bound: int
    rounds: int
    curve: tuple[StudyStep, ...]
    is_stopped: bool = False
    """Somebody stopped the search: what was found is the best until then."""

    @property
    def is_found(self) -> bool:
        return self.found_at is not None

    @property
    def is_proved(self) -> bool:
        return self.is_found and self.value == self.bound

    @property
    def gap(self) -> float:
        """By which part of the value a plan could be better at most."""
        return abs(self.value - self.bound) / self.value if self.value else float(self.value != self.bound)

    @property
    def is_moved(self) -> bool:
        return self.chosen != self.found


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyLine:
    """A study in the list, with how its last computation stands."""

    card: StudyCard
    run_state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityReach:
    """A community's households or matters, and who of them is farther than the study's minutes.

    None: fewer than five, or a number from which fewer than five could be found out.
    """

    community_code: str
    total: int | None
    beyond: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLoad:
    """An open site, who goes there, and the community in which it stands."""

    number: int
    code: str
    community_code: str
    load: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """What a set of sites means."""

    total: int
    within: Mapping[int, int]
    """Minutes → how many walk no longer."""
    beyond: int
    unserved: int
    mean_minutes: float
    worst_minutes: float
    sites: tuple[SiteLoad, ...]
    communities: tuple[CommunityReach, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """The best site to add so that the most come within the minutes; `number` is None where none helps."""

    number: int | None
    before: int
    after: int


def studies() -> tuple[StudyLine, ...]:
    """The newest studies. Two statements."""
    rows = list(Study.objects.order_by("-asked_at", "-id")[:SHOWN])
    runs = Run.objects.filter(subject_id__in=[row.id for row in rows]).order_by("asked_at", "id")
    states = dict(runs.values_list("subject_id", "state"))
    return tuple(StudyLine(card=_card(row), run_state=states.get(row.id, "")) for row in rows)


def study(study_id: uuid.UUID) -> StudyCard:
    """Raises Absent where it is not there or was forgotten. One statement."""
    row = Study.objects.filter(id=study_id).first()
    if row is None:
        raise Absent("study-absent", _("There is no such study of sites."))
    return _card(row)


def published_studies() -> tuple[StudyCard, ...]:
    """What everybody may see, the newest first. One statement."""
    rows = Study.objects.exclude(published_at=None).order_by("-published_at", "-id")[:SHOWN]
    return tuple(_card(row) for row in rows)


def published_study(study_id: uuid.UUID) -> StudyCard:
    """Raises Absent where it is not public. One statement."""
    card = study(study_id)
    if card.published_at is None:
        raise Absent("study-absent", _("There is no such study of sites."))
    return card


def _card(row: Study) -> StudyCard:
    found: dict[str, Any] = row.found or {}
    return StudyCard(
        study_id=row.id,
        title=row.title,
        question=row.question,
        demand=row.demand,
        sites=row.sites,
        minutes=row.minutes,
        present=row.present,
        point_kind=row.point_kind,
        kinds=tuple(row.kinds),
        capacity=row.capacity,
        seed=row.seed,
        ground_id=row.ground_id,
        organisation_code=row.organisation_code,
        asked_at=row.asked_at,
        found_at=row.found_at,
        chosen_at=row.chosen_at,
        published_at=row.published_at,
        found=tuple(found.get("sites", ())),
        chosen=tuple(row.chosen),
        value=found.get("value", 0),
        bound=found.get("bound", 0),
        rounds=found.get("rounds", 0),
        curve=tuple(StudyStep(**step) for step in found.get("curve", ())),
        is_stopped=bool(found.get("stopped")),
    )


# what sites mean -----------------------------------------------------------------------------------------------------


def question_of(card: StudyCard, ground_id: uuid.UUID) -> Question:
    """The study as the kernel takes it."""
    return replace(_question(ground_id, card.capacity), sites=card.sites)


@lru_cache(maxsize=2)
def _question(ground_id: uuid.UUID, capacity: int | None) -> Question:
    """All but how many sites there are to be: some megabytes, and a page asks for them again and again."""
    laid = ground(ground_id)
    metres = walking.straight(laid.points, [(one.lon, one.lat) for one in laid.candidates])
    return Question(
        cost=metres,
        weight=laid.weights,
        sites=1,
        capacity=None if capacity is None else [capacity] * len(laid.candidates),
        kept=laid.kept,
    )


def metres_in(minutes: int) -> int:
    """How far somebody walks in so many minutes."""
    return int(minutes * walking.METRES_A_MINUTE)


def reach(card: StudyCard, sites: Sequence[int]) -> Reach:
    """What these sites mean for the study's demand. Raises Absent before the demand was counted."""
    if card.ground_id is None:
        raise Absent("ground-absent", _("There is no such ground of a study."))
    return _reach(card.ground_id, card.capacity, card.minutes, tuple(sites))


@lru_cache(maxsize=64)
def _reach(ground_id: uuid.UUID, capacity: int | None, minutes: int, sites: tuple[int, ...]) -> Reach:
    laid = ground(ground_id)
    asked = sorted({*RINGS, minutes})
    told = figures.figures(
        _question(ground_id, capacity),
        sites,
        groups=laid.groups,
        distances=[metres_in(one) for one in asked],
        limit=metres_in(minutes),
    )
    pace = walking.METRES_A_MINUTE
    within = dict(zip(asked, told.within, strict=True))
    return Reach(
        total=told.total,
        within=within,
        beyond=told.total - within[minutes],
        unserved=told.unserved,
        mean_minutes=told.mean / pace,
        worst_minutes=told.worst / pace,
        sites=tuple(_load(laid, number, load) for number, load in zip(sites, told.loads, strict=True)),
        communities=_communities(laid, [(group.total - group.beyond, group.beyond) for group in told.groups]),
    )


def _communities(laid: GroundCard, counts: Sequence[tuple[int, int]]) -> tuple[CommunityReach, ...]:
    """Within and beyond by community, without what would tell of fewer than five."""
    told = suppression.published(counts)[:-1]
    return tuple(
        CommunityReach(community_code=code, total=total, beyond=beyond)
        for code, (_within, beyond, total) in zip(laid.communities, told, strict=True)
    )


def _load(laid: GroundCard, number: int, load: int) -> SiteLoad:
    one = laid.candidates[number]
    return SiteLoad(number=number, code=one.code, community_code=one.community_code, load=load)


def one_more(card: StudyCard, sites: Sequence[int]) -> Addition | None:
    """What the best further site would bring; None where places are limited (the curve says it) or nothing is known yet."""
    if card.ground_id is None or card.capacity is not None or not sites:
        return None
    return _one_more(card.ground_id, card.minutes, tuple(sites))


@lru_cache(maxsize=64)
def _one_more(ground_id: uuid.UUID, minutes: int, sites: tuple[int, ...]) -> Addition:
    question = _question(ground_id, None)
    plan = model.Plan(measure=COVERAGE, sites=sites, value=0, bound=0, shares=(), rounds=0)
    added = asking.one_more(question, plan, limit=metres_in(minutes))
    best = next(one for one in added if one.measure == COVERAGE)
    return Addition(number=best.site, before=best.before, after=best.after)


def rings(card: StudyCard, sites: Sequence[int]) -> tuple[tuple[int, Any], ...]:
    """Minutes and the GeoJSON shape that is reached within them but not within fewer, around all these sites together."""
    if card.ground_id is None or not sites:
        return ()
    laid = ground(card.ground_id)
    places = [(laid.candidates[number].lon, laid.candidates[number].lat) for number in sites]
    return tuple(zip(RINGS, walking.rings(places, RINGS), strict=True))
