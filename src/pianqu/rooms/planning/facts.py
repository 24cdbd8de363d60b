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
    stopped: bool = False
    """Somebody stopped the search: the best until then."""


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


@dataclass(frozen=True, kw_only=True)
class DepartmentGridChecked(Fact):
    """A department's grid was handed in and waits to be taken."""

    kind: ClassVar[str] = "planning.department-grid-checked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Department's grid checked")

    grid_id: str
    system: str
    cells: int
    findings: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class DepartmentGridTaken(Fact):
    """A department's grid counts from a day on; `ended` is the edition that it follows."""

    kind: ClassVar[str] = "planning.department-grid-taken"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Department's grid taken in")

    grid_id: str
    system: str
    department: str
    cells: int
    covered: int
    valid_from: str
    digest: str
    ended: str = ""


@dataclass(frozen=True, kw_only=True)
class DepartmentGridsPutAway(Fact):
    """Grids that were handed in and not taken are gone."""

    kind: ClassVar[str] = "planning.department-grids-put-away"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Departments' grids put away")

    grids: int


@dataclass(frozen=True, kw_only=True)
class MergeAsked(Fact):
    """The departments' grids of a day are to be laid over one another."""

    kind: ClassVar[str] = "planning.merge-asked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Merge asked for")

    merge_id: str
    on: str
    grids: int


@dataclass(frozen=True, kw_only=True)
class GridsMerged(Fact):
    """Departments' grids became one. `inputs` are the digests of the grids, in the order of their ids."""

    kind: ClassVar[str] = "planning.grids-merged"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Departments' grids merged")

    merge_id: str
    inputs: tuple[str, ...]
    digest: str
    atoms: int
    cells: int
    uncovered: int
    households: int


@dataclass(frozen=True, kw_only=True)
class PlacesClosed(Fact):
    """Somebody answers from now on for places that no department covered: numbers of places, each with its taker."""

    kind: ClassVar[str] = "planning.places-closed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Uncovered places closed")

    merge_id: str
    places: int
    takers: tuple[str, ...]
    left: int


@dataclass(frozen=True, kw_only=True)
class DraftStarted(Fact):
    """A plan of clusters or cells is worked on. The digests name the units that it joins and the plan that it begins with."""

    kind: ClassVar[str] = "planning.draft-started"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Plan drafted")

    draft_id: str
    level: str
    units: int
    units_digest: str
    shapes_digest: str
    digest: str
    grid_version_id: str = ""


@dataclass(frozen=True, kw_only=True)
class DraftChanged(Fact):
    """A draft was changed: the digest of the plan before and after, so that nobody can leave one out."""

    kind: ClassVar[str] = "planning.draft-changed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Draft plan changed")

    draft_id: str
    number: int
    change: str
    units: int
    before: str
    digest: str
    option_id: str = ""


@dataclass(frozen=True, kw_only=True)
class PlanComputed(Fact):
    """A plan was computed, with all that it takes to compute it again from the units of that digest."""

    kind: ClassVar[str] = "planning.plan-computed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Plan computed")

    draft_id: str
    run_id: str
    option_id: str
    number: int
    units_digest: str
    task_digest: str
    digest: str
    clusters: int
    seed: int
    sweeps: int
    tries: int
    tolerance: int
    weights: tuple[int, ...]
    """Of cut borders, split areas and moved households."""
    systems: tuple[tuple[str, int], ...]
    score: int
    deviation: int
    kernel: int
    metis: str
    steps: int = 0
    """After so many steps it was stopped; 0: it ran to its end."""


@dataclass(frozen=True, kw_only=True)
class DraftPublished(Fact):
    """Everybody may see a draft and say something of it until a day. No day: nobody was asked, for the committed reason."""

    kind: ClassVar[str] = "planning.draft-published"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Draft plan published")

    draft_id: str
    revision: int
    digest: str
    comments_until: str
    unasked_commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class DraftCommented(Fact):
    """Somebody said something of a published draft; the words stay out of the ledger."""

    kind: ClassVar[str] = "planning.draft-commented"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Comment on a draft plan")

    draft_id: str
    comment_id: str
    revision: int
    by: str
    words_commitment: str
    unit: str = ""


@dataclass(frozen=True, kw_only=True)
class CommentAnswered(Fact):
    """A comment was answered."""

    kind: ClassVar[str] = "planning.comment-answered"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Comment on a draft plan answered")

    draft_id: str
    comment_id: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class CommentHidden(Fact):
    """A comment is not shown to everybody, for one of the published reasons; an empty reason: it is shown again."""

    kind: ClassVar[str] = "planning.comment-hidden"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Comment on a draft plan hidden")

    draft_id: str
    comment_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class DraftWithdrawn(Fact):
    """A draft is given up."""

    kind: ClassVar[str] = "planning.draft-withdrawn"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Draft plan withdrawn")

    draft_id: str
    revision: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class DraftAdopted(Fact):
    """A draft became the grid from a day on. Units, computed plan, and every change after it by their digests."""

    kind: ClassVar[str] = "planning.draft-adopted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Plan adopted")

    draft_id: str
    version_id: str
    valid_from: str
    revision: int
    units_digest: str
    shapes_digest: str
    digest: str
    computed_entry: str
    """The entry of `planning.plan-computed` from which people went on; empty where all was drawn by hand."""
    changes_digest: str
    """SHA-256 of [[number, kind, digest], …] of all changes, canonical JSON."""
    changes: int
    deviation: int
    over: int = 0
    reason_commitment: str = ""
