"""The worker answers a study of sites: counts the demand, searches, and writes down what it found.

What the demand is stays fixed once it was counted, and the search counts its steps: a study whose worker was killed gets the
same answer from the next one. One that is stopped keeps the best that was found until then.
"""

import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, time, timedelta
from typing import Any, Protocol

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid
from pianqu.kernels.saying import Sentence
from pianqu.kernels.siting import figures, planning
from pianqu.kernels.siting.figures import Step
from pianqu.kernels.siting.model import Effort, Infeasible, Plan, Question, Reason
from pianqu.rooms.planning import queries, services
from pianqu.rooms.planning.jobs.running import Executor, Interrupted, Report
from pianqu.rooms.planning.queries import FAILED, HOUSEHOLDS, Candidate, RunWork, StudyCard, StudyStep
from pianqu.rooms.planning.services import Found, NewGround
from pianqu.rooms.territory import queries as territory

YEAR = timedelta(days=365)
AROUND = 6
"""The curve goes so many sites down and up from the study's own number."""
FREE = {"rounds": 300}
LIMITED = {"rounds": 60, "steps": 200, "looks": 100_000_000, "nodes": 20}
"""With limited places each look costs a sharing: a minute, where the proof could take hours."""
FOR_CURVE = {"rounds": 40, "steps": 200, "looks": 50_000_000, "nodes": 20}
MOST_PAIRS = 4_000_000
RASTER = 3
"""Decimals of a degree within which buildings stand as one point where places are limited."""
NO_PLAN = "no-plan"
FINE = 1_000
"""The share of one search that is done is told in so many parts."""


class Arisen(Protocol):
    """So many matters about a spot, as a higher room counts them."""

    @property
    def place_code(self) -> str: ...
    @property
    def lon(self) -> float | None: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def matters(self) -> int: ...


class Matters(Protocol):
    """Where matters arose between two moments."""

    def __call__(self, *, since: datetime, until: datetime) -> Iterable[Arisen]: ...


Spot = tuple[str, float, float, int]
"""Community, longitude, latitude, weight."""


def siting(matters: Matters) -> Executor:
    """Who answers studies, with where the demand by matters is asked for."""

    def answer(work: RunWork, report: Report, actor: Actor, clock: Callable[[], datetime]) -> None:
        try:
            card = queries.study(work.subject_id)
        except Absent:
            return  # forgotten meanwhile: nobody needs the answer
        ground_id = card.ground_id or services.keep_ground(
            actor=actor, study_id=card.study_id, laid=_laid(card, matters, clock()), now=clock()
        )
        _answer(card, ground_id, work.run_id, report, actor, clock)

    return answer


# demand and candidates -----------------------------------------------------------------------------------------------


def _laid(card: StudyCard, matters: Matters, now: datetime) -> NewGround:
    """Counted now, for good."""
    day = timezone.localdate(now)
    until = timezone.make_aware(datetime.combine(day, time()))
    since = until - YEAR
    by_households = card.demand == HOUSEHOLDS
    spots = _homes(grouped=card.capacity is not None) if by_households else _arisen(matters(since=since, until=until))
    found = queries.candidates(kinds=card.kinds, present=card.present, point_kind=card.point_kind, on=day)
    _check_size(spots, found)
    communities = sorted({community for community, _lon, _lat, _weight in spots})
    number = {code: at for at, code in enumerate(communities)}
    return NewGround(
        communities=communities,
        points=[(lon, lat, weight, number[community]) for community, lon, lat, weight in spots],
        candidates=found,
        is_grouped=by_households and card.capacity is not None,
        since="" if by_households else timezone.localdate(since).isoformat(),
        until="" if by_households else (day - timedelta(days=1)).isoformat(),
    )


def _check_size(spots: Sequence[Spot], found: Sequence[Candidate]) -> None:
    if not spots:
        raise Invalid("study-no-demand", _("Nothing was counted that a site could serve."))
    if len(spots) * len(found) > MOST_PAIRS:
        raise Invalid("study-large", _("There are too many points and candidates to be searched."))


def _homes(*, grouped: bool) -> list[Spot]:
    """Buildings with households; grouped: those of one community within about a hundred metres as one, at their middle."""
    homes = [
        (card.community_code, card.lon, card.lat, card.households)
        for card in territory.buildings()
        if card.households > 0
    ]
    if not grouped:
        return homes
    near: dict[tuple[str, float, float], list[Spot]] = defaultdict(list)
    for home in homes:
        near[home[0], round(home[1], RASTER), round(home[2], RASTER)].append(home)
    return [_middle(group) for _key, group in sorted(near.items())]


def _middle(group: Sequence[Spot]) -> Spot:
    weight = sum(one[3] for one in group)
    lon = sum(one[1] * one[3] for one in group) / weight
    lat = sum(one[2] * one[3] for one in group) / weight
    return group[0][0], lon, lat, weight


def _arisen(rows: Iterable[Arisen]) -> list[Spot]:
    """Matters at their point, or at the middle of their community; those of a street or of nowhere are left out."""
    known, spots = territory.places(), dict[tuple[str, float, float], int]()
    for row in rows:
        place = known.get(row.place_code)
        if place is None or place.level != "community":
            continue
        lon, lat = (place.lon, place.lat) if row.lon is None or row.lat is None else (row.lon, row.lat)
        if lon is not None and lat is not None:
            spots[place.code, lon, lat] = spots.get((place.code, lon, lat), 0) + row.matters
    return [(*key, many) for key, many in sorted(spots.items())]


# the search ----------------------------------------------------------------------------------------------------------


def _answer(
    card: StudyCard,
    ground_id: uuid.UUID,
    run_id: uuid.UUID,
    report: Report,
    actor: Actor,
    clock: Callable[[], datetime],
) -> None:
    question = queries.question_of(card, ground_id)
    counts = _counts(card.sites, len(question.kept), question.cost.shape[1])
    search = _Search(card, question, counts)
    try:
        search.watched(report)
    except Interrupted:
        if search.best is not None and not report.lost:
            services.keep_study(actor=actor, study_id=card.study_id, run_id=run_id, found=search.best, now=clock())
        raise
    if search.reasons:
        details = [_as_json(reason.sentence) for reason in search.reasons]
        services.end_run(actor=actor, run_id=run_id, state=FAILED, reason=NO_PLAN, details=details, now=clock())
    elif search.best is not None:
        services.keep_study(actor=actor, study_id=card.study_id, run_id=run_id, found=search.best, now=clock())


def _counts(sites: int, kept: int, there: int) -> list[int]:
    """Numbers of sites that the curve tells of: the study's own among them."""
    return list(range(max(1, kept, sites - AROUND), min(there, sites + AROUND) + 1))


class _Halted(Exception):
    """Nobody listens any more."""


class _Search:
    """The kernel at work in a thread of its own, so that the worker can say once a second that it is alive."""

    def __init__(self, card: StudyCard, question: Question, counts: Sequence[int]) -> None:
        self.card, self.question, self.counts = card, question, counts
        self.effort = Effort(**(FREE if card.capacity is None else LIMITED))
        self.done = 0
        self.best: Found | None = None
        """As good as it is known so far; in the end whole."""
        self.reasons: tuple[Reason, ...] = ()
        self._halted = False

    def watched(self, report: Report) -> None:
        """Search to the end. Raises Interrupted where nobody wants it any more; the thread then ends by itself, unheard."""
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"siting {self.card.study_id}")
        try:
            searching = pool.submit(self._searched)
            while wait([searching], timeout=1.0).not_done:
                report.tell(self.done, FINE * (1 + len(self.counts)))
            searching.result()
        finally:
            self._halted = True
            pool.shutdown(wait=False)

    def _searched(self) -> None:
        within, seed, effort = queries.metres_in(self.card.minutes), self.card.seed, self.effort
        if self.card.question == queries.COVERAGE:
            plan = planning.coverage(self.question, within=within, seed=seed, effort=effort, hear=self._hear)
        else:
            plan = getattr(planning, self.card.question)(self.question, seed=seed, effort=effort, hear=self._hear)
        if isinstance(plan, Infeasible):
            self.reasons = plan.reasons
            return
        self._keep(plan, ())
        steps = figures.curve(
            self.question,
            self.counts,
            within=within,
            seed=seed,
            effort=Effort(**FOR_CURVE),
            tell=lambda done, steps: self._tell(plan, done, steps),
            hear=lambda _so_far: self._check(),
        )
        self._keep(plan, steps, is_whole=True)

    def _hear(self, so_far: planning.SoFar) -> None:
        self._check()
        self._keep(so_far, ())
        self.done = min(FINE - 1, max(self.done, FINE * so_far.rounds // self.effort.rounds))

    def _tell(self, plan: Plan, done: int, steps: tuple[Step, ...]) -> None:
        self._check()
        self._keep(plan, steps)
        self.done = FINE * (1 + done)

    def _check(self) -> None:
        if self._halted:
            raise _Halted

    def _keep(self, plan: Plan | planning.SoFar, steps: Sequence[Step], *, is_whole: bool = False) -> None:
        self.best = Found(
            sites=plan.sites,
            value=plan.value,
            bound=plan.bound,
            rounds=plan.rounds,
            curve=tuple(StudyStep(sites=step.sites, within=step.within, bound=step.bound) for step in steps),
            stopped=not is_whole,
        )


def _as_json(sentence: Sentence) -> list[Any]:
    """Words and values, as a run's details hold them."""
    values = {
        name: _as_json(value) if isinstance(value, Sentence) else value for name, value in sentence.values.items()
    }
    return [sentence.words, values]
