"""What casework promises of root causes. Codes, days and commitments; titles, suppositions and measures stay in their tables."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class AboutCause(Fact, shared=True):
    """What every fact of a root cause tells besides its own. An empty place means the whole district."""

    cause_id: str
    category: str
    place_code: str


@dataclass(frozen=True, kw_only=True)
class CauseOpened(AboutCause):
    """Matters of one cause became a root cause that somebody leads."""

    kind: ClassVar[str] = "casework.cause-opened"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Root cause opened")

    lead_code: str
    due_on: str
    title_commitment: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class CauseLinked(AboutCause):
    """These matters come from it."""

    kind: ClassVar[str] = "casework.cause-linked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matters linked to a root cause")

    case_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CauseUnlinked(AboutCause):
    """This matter does not come from it after all."""

    kind: ClassVar[str] = "casework.cause-unlinked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter taken out of a root cause")

    case_id: str


@dataclass(frozen=True, kw_only=True)
class MeasurePlanned(AboutCause):
    """A step against it was planned."""

    kind: ClassVar[str] = "casework.measure-planned"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Measure planned")

    measure_id: str
    by_code: str
    due_on: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class MeasureEnded(AboutCause):
    """A step was done, or given up."""

    kind: ClassVar[str] = "casework.measure-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Measure done or given up")

    measure_id: str
    done: bool


@dataclass(frozen=True, kw_only=True)
class CauseTookEffect(AboutCause):
    """Its measures work from this day on."""

    kind: ClassVar[str] = "casework.cause-took-effect"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Measures took effect")

    effective_on: str


@dataclass(frozen=True, kw_only=True)
class CauseClosed(AboutCause):
    """It was closed with what came of it. `verdict`: what the counts said then; empty where they were too few."""

    kind: ClassVar[str] = "casework.cause-closed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Root cause closed")

    verdict: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class CauseReopened(AboutCause):
    """It was not gone after all."""

    kind: ClassVar[str] = "casework.cause-reopened"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Root cause reopened")

    words_commitment: str
