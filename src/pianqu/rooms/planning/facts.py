"""Facts of planning."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class RunAsked(Fact):
    """The worker is to compute something about a draft, a merge or a study."""

    kind: ClassVar[str] = "planning.run-asked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Computation asked for")

    run_id: str
    run_kind: str


@dataclass(frozen=True, kw_only=True)
class RunEnded(Fact):
    """It is done, was stopped with the best so far, or failed."""

    kind: ClassVar[str] = "planning.run-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Computation ended")

    run_id: str
    run_kind: str
    state: str
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class StudyAsked(Fact):
    """Somebody asks where so many sites should be."""

    kind: ClassVar[str] = "planning.study-asked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Study of sites asked for")

    study_id: str
    question: str
    demand: str
    sites: int
    minutes: int
    seed: int


@dataclass(frozen=True, kw_only=True)
class GroundLaid(Fact):
    """What the study counts on: so many demand points and candidates, with the SHA-256 of them all."""

    kind: ClassVar[str] = "planning.ground-laid"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Demand and candidates of a study fixed")

    study_id: str
    points: int
    candidates: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class SitesFound(Fact):
    """The answer, with what it takes to find it again: the ground's digest, seed, rounds. No plan is better than `bound`."""

    kind: ClassVar[str] = "planning.sites-found"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Sites found")

    study_id: str
    run_id: str
    question: str
    minutes: int
    capacity: int
    """Of each site; 0: as many as come."""
    ground: str
    seed: int
    rounds: int
    value: int
    bound: int
    sites: list[str]
    """Codes of the candidates."""


@dataclass(frozen=True, kw_only=True)
class SitesChosen(Fact):
    """Somebody moved the sites of a study by hand."""

    kind: ClassVar[str] = "planning.sites-chosen"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Sites moved by hand")

    study_id: str
    sites: list[str]


@dataclass(frozen=True, kw_only=True)
class StudyPublished(Fact):
    """Everybody can see the study, or no longer."""

    kind: ClassVar[str] = "planning.study-published"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Study of sites published or taken back")

    study_id: str
    public: bool


@dataclass(frozen=True, kw_only=True)
class StudyForgotten(Fact):
    """Nobody needs the study any more."""

    kind: ClassVar[str] = "planning.study-forgotten"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Study of sites forgotten")

    study_id: str
