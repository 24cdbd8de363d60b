"""Studies of sites: asked for, answered by the worker, moved by hand, shown to everybody, forgotten."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.verbs import verb
from pianqu.kernels import canonical, words
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning import queries, rules
from pianqu.rooms.planning.facts import (
    GroundLaid,
    SitesChosen,
    SitesFound,
    StudyAsked,
    StudyForgotten,
    StudyPublished,
)
from pianqu.rooms.planning.models import Ground, Run, Study
from pianqu.rooms.planning.queries import DEGREE, HOUSEHOLDS, KEEP, NONE, Candidate
from pianqu.rooms.planning.services.runs import ask_run, stop_all
from pianqu.rooms.territory import queries as territory

SITING = "sites"
"""Kind of the runs that answer studies."""
LONGEST_TITLE = 60
MOST_SITES, MOST_MINUTES, MOST_CAPACITY = rules.MOST_SITES, 60, 1_000_000
MOST_STUDIES = 200
SEED = 2611


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyAsk:
    """What somebody wants to know. `sites` counts all that are open in the end, present ones too."""

    title: str
    question: str = queries.COVERAGE
    demand: str = HOUSEHOLDS
    sites: int
    minutes: int = 15
    present: str = KEEP
    point_kind: str = ""
    kinds: tuple[str, ...] = queries.CANDIDATE_KINDS[:3]
    capacity: int | None = None
    seed: int = SEED


@dataclass(frozen=True, slots=True, kw_only=True)
class NewGround:
    """Demand and candidates, to be laid down. A point is longitude, latitude, weight, number of its community."""

    communities: Sequence[str]
    points: Sequence[tuple[float, float, int, int]]
    candidates: Sequence[Candidate]
    is_grouped: bool = False
    since: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the search found: candidates by number."""

    sites: tuple[int, ...]
    value: int
    bound: int
    rounds: int
    curve: tuple[queries.StudyStep, ...]
    stopped: bool = False
    """Somebody stopped the search: this is the best until then."""


def study_faults(asked: StudyAsk, *, now: datetime) -> Iterator[tuple[str, str]]:
    """Every field that cannot be taken as it is, and why. Three statements at most."""
    if not words.clean(asked.title) or len(words.clean(asked.title)) > LONGEST_TITLE:
        yield "title", _("Please give the study a name of at most 60 characters.")
    yield from _choice_faults(asked)
    yield from _number_faults(asked)
    if asked.demand == HOUSEHOLDS and territory.building_roll() is None:
        yield "demand", _("No buildings are counted yet. Take in the roll of buildings first, or ask by matters.")
    there = len(
        queries.candidates(
            kinds=asked.kinds, present=asked.present, point_kind=asked.point_kind, on=timezone.localdate(now)
        )
    )
    if 0 < asked.sites <= MOST_SITES and asked.sites > there:
        sentence = _("%(sites)s sites are asked for, but there are only %(there)s candidates of these kinds.")
        yield "sites", sentence % {"sites": asked.sites, "there": there}


def _choice_faults(asked: StudyAsk) -> Iterator[tuple[str, str]]:
    chosen = {"question": queries.QUESTIONS, "demand": queries.DEMANDS, "present": queries.PRESENT_SITES}
    for name, known in chosen.items():
        if getattr(asked, name) not in known:
            yield name, _("Please choose one of those that are offered.")
    if asked.point_kind and asked.point_kind not in territory.POINT_KINDS:
        yield "point_kind", _("Please choose one of those that are offered.")
    if not set(asked.kinds) <= set(queries.CANDIDATE_KINDS) or not (asked.kinds or asked.present != NONE):
        yield "kinds", _("Please choose at least one kind of place where a site could be.")


def _number_faults(asked: StudyAsk) -> Iterator[tuple[str, str]]:
    if not 1 <= asked.sites <= MOST_SITES:
        yield "sites", _("A study asks for 1 to %(most)s sites.") % {"most": MOST_SITES}
    if not 1 <= asked.minutes <= MOST_MINUTES:
        yield "minutes", _("A walk takes 1 to %(most)s minutes here.") % {"most": MOST_MINUTES}
    if asked.capacity is not None and not 1 <= asked.capacity <= MOST_CAPACITY:
        yield "capacity", _("A site has room for 1 to 1,000,000; leave it empty if it does not matter.")
    if not 0 <= asked.seed < 2**31:
        yield "seed", _("A seed is a whole number from 0 to 2147483647.")


@verb
def ask_study(*, actor: Actor, asked: StudyAsk, now: datetime) -> uuid.UUID:
    """Let the worker look for sites; answers the study's id. Raises Forbidden, Invalid with the first fault, Refused."""
    rules.check_may_plan(actor)
    for field, sentence in study_faults(asked, now=now):
        raise Invalid(f"study-{field.replace('_', '-')}", sentence)
    if Study.objects.count() >= MOST_STUDIES:
        raise Refused("studies-many", _("There are 200 studies. Please forget one that nobody needs."))
    given = asdict(asked) | {"title": words.clean(asked.title), "kinds": list(asked.kinds)}
    study = Study.objects.create(
        id=new_id(),
        **given,
        organisation_code=actor.organisation_code,
        post_id=actor.acting_post_id or "",
        asked_at=now,
    )
    told = StudyAsked(
        **_about(study),
        question=study.question,
        demand=study.demand,
        sites=study.sites,
        minutes=study.minutes,
        seed=study.seed,
    )
    ledger.record([told], actor=actor, now=now)
    ask_run(actor=actor, kind=SITING, subject_id=study.id, asked={}, now=now)
    return study.id


@verb
def ask_study_again(*, actor: Actor, study_id: uuid.UUID, now: datetime) -> uuid.UUID:
    """Let the worker look once more, where it was stopped or failed. Raises Refused for a study that has its whole answer, and
    for one that is public: it stays as it was published."""
    study = _own(actor, study_id)
    if study.found is not None and not study.found.get("stopped"):
        raise Refused("study-found", _("This study has its answer. For other numbers begin a new one."))
    if study.published_at is not None:
        raise Refused("study-public", _("This study is public. Take it back first."))
    return ask_run(actor=actor, kind=SITING, subject_id=study.id, asked={}, now=now)


@verb
def stop_study(*, actor: Actor, study_id: uuid.UUID, now: datetime) -> None:
    """Stop looking for sites, with the best so far. Harmless where nothing is computed."""
    study = _own(actor, study_id)
    stop_all(actor=actor, subject_id=study.id, kinds=(SITING,), now=now)


@verb
def keep_ground(*, actor: Actor, study_id: uuid.UUID, laid: NewGround, now: datetime) -> uuid.UUID:
    """Fix what the study counts on; answers its id. A study that has its ground keeps it."""
    study = _locked(study_id)
    if study.ground_id is not None:
        return study.ground_id
    content = canonical.encode(_told(laid))
    digest = sha256(content).hexdigest()
    ground, _made = Ground.objects.get_or_create(
        digest=digest,
        defaults={
            "id": new_id(),
            "content": content.decode(),
            "points": len(laid.points),
            "candidates": len(laid.candidates),
            "laid_at": now,
        },
    )
    study.ground = ground
    study.save(update_fields=["ground"])
    told = GroundLaid(**_about(study), points=ground.points, candidates=ground.candidates, digest=digest)
    ledger.record([told], actor=actor, now=now)
    return ground.id


def _told(laid: NewGround) -> dict[str, Any]:
    """Whole numbers only, so that the digest is the same on every machine."""
    return {
        "v": 1,
        "communities": list(laid.communities),
        "points": [[_parts(lon), _parts(lat), weight, group] for lon, lat, weight, group in laid.points],
        "candidates": [asdict(one) | {"lon": _parts(one.lon), "lat": _parts(one.lat)} for one in laid.candidates],
        "grouped": laid.is_grouped,
        "since": laid.since,
        "until": laid.until,
    }


def _parts(degrees: float) -> int:
    return round(degrees * DEGREE)


@verb
def keep_study(*, actor: Actor, study_id: uuid.UUID, run_id: uuid.UUID, found: Found, now: datetime) -> None:
    """Write down what the worker found. What the same run found before, a study that nobody needs any more, and a public one
    stay as they are; so does the better of two that were stopped. Sites that somebody moved by hand stay chosen."""
    study = Study.objects.select_for_update().filter(id=study_id).first()
    if study is None or study.run_id == run_id or study.published_at is not None or not _is_news(study, found):
        return
    codes = _codes(study, found.sites)
    curve = [asdict(step) for step in found.curve]
    if study.found is None or study.chosen == study.found["sites"]:
        study.chosen = list(found.sites)
    study.found = asdict(found) | {"sites": list(found.sites), "curve": curve}
    study.run_id, study.found_at = run_id, now
    study.save(update_fields=["found", "chosen", "run_id", "found_at"])
    told = SitesFound(
        **_about(study),
        run_id=str(run_id),
        question=study.question,
        minutes=study.minutes,
        capacity=study.capacity or 0,
        ground=queries.ground(_ground_of(study)).digest,
        seed=study.seed,
        rounds=found.rounds,
        value=found.value,
        bound=found.bound,
        sites=codes,
        stopped=found.stopped,
    )
    ledger.record([told], actor=actor, now=now)


def _is_news(study: Study, found: Found) -> bool:
    """Whether what was found is whole, or nearer to it than what is there."""
    if study.found is None or not found.stopped:
        return True
    before = study.found
    told = found.value if study.question == queries.COVERAGE else -found.value
    known = before["value"] if study.question == queries.COVERAGE else -before["value"]
    return (told, len(found.curve)) > (known, len(before["curve"]))


@verb
def choose_sites(*, actor: Actor, study_id: uuid.UUID, sites: Sequence[int], now: datetime) -> None:
    """Put these candidates in the place of those that were found. Raises Forbidden, Absent, Invalid, Refused: what is public
    stays as it was published."""
    study = _own(actor, study_id)
    if study.published_at is not None:
        raise Refused("study-public", _("This study is public. Take it back first."))
    if study.found is None:
        raise Refused("study-open", _("There is no answer yet that could be moved."))
    chosen = sorted(set(sites))
    if not chosen or chosen[0] < 0 or chosen[-1] >= len(queries.ground(_ground_of(study)).candidates):
        raise Invalid("study-sites", _("Please choose at least one of the candidates of this study."))
    if len(chosen) > MOST_SITES:
        raise Invalid("study-sites", _("A study asks for 1 to %(most)s sites.") % {"most": MOST_SITES})
    if chosen == study.chosen:
        return
    study.chosen, study.chosen_at = chosen, now
    study.save(update_fields=["chosen", "chosen_at"])
    ledger.record([SitesChosen(**_about(study), sites=_codes(study, chosen))], actor=actor, now=now)


@verb
def publish_study(*, actor: Actor, study_id: uuid.UUID, public: bool, now: datetime) -> None:
    """Show it to everybody, or no longer. Raises Forbidden, Absent, Refused."""
    study = _own(actor, study_id)
    if public and study.found is None:
        raise Refused("study-open", _("There is no answer yet that could be published."))
    if public == (study.published_at is not None):
        return
    study.published_at = now if public else None
    study.save(update_fields=["published_at"])
    ledger.record([StudyPublished(**_about(study), public=public)], actor=actor, now=now)


@verb
def forget_study(*, actor: Actor, study_id: uuid.UUID, now: datetime) -> None:
    """Take it out of the list, with its answer. Raises Forbidden, Absent, Refused while it is public or computed."""
    study = _own(actor, study_id)
    if study.published_at is not None:
        raise Refused("study-public", _("This study is public. Take it back first."))
    if Run.objects.filter(subject_id=study.id, ended_at=None).exists():
        raise Refused("run-under-way", _("This is being computed already. Wait for it, or stop it first."))
    about, ground_id = _about(study), study.ground_id
    study.delete()
    if ground_id and not Study.objects.filter(ground_id=ground_id).exists():
        Ground.objects.filter(id=ground_id).delete()
    ledger.record([StudyForgotten(**about)], actor=actor, now=now)


def _own(actor: Actor, study_id: uuid.UUID) -> Study:
    """The study, locked, if this actor may change it."""
    rules.check_may_plan(actor)
    study = _locked(study_id)
    rules.check_may_change_study(actor, study.organisation_code)
    return study


def _locked(study_id: uuid.UUID) -> Study:
    study = Study.objects.select_for_update().filter(id=study_id).first()
    if study is None:
        raise Absent("study-absent", _("There is no such study of sites."))
    return study


def _ground_of(study: Study) -> uuid.UUID:
    if study.ground_id is None:
        raise Absent("ground-absent", _("Nothing was counted for this study yet."))
    return study.ground_id


def _codes(study: Study, sites: Sequence[int]) -> list[str]:
    known = queries.ground(_ground_of(study)).candidates
    return [known[number].code for number in sites]


def _about(study: Study) -> Mapping[str, Any]:
    return {
        "subject": f"plan:{study.id}",
        "organisation_code": study.organisation_code,
        "study_id": str(study.id),
    }
