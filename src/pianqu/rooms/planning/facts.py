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
    """Everybody may see a draft and say something of it until a day."""

    kind: ClassVar[str] = "planning.draft-published"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Draft plan published")

    draft_id: str
    revision: int
    digest: str
    comments_until: str


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
