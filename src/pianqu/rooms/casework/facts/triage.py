"""What happened to the models that suggest, to suggestions, and to wrong categories."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact
from pianqu.rooms.casework.facts.cases import AboutCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class CaseRecategorised(AboutCase):
    """It was sorted wrongly: `category` is the new one, `former` the old one."""

    kind: ClassVar[str] = "casework.case-recategorised"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Category changed")

    former: str
    words_commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class SuggestionAnswered(AboutCase):
    """A person chose where something was suggested. `rank`: 1 the first suggestion, 2 or 3 another one, 0 none of them."""

    kind: ClassVar[str] = "casework.suggestion-answered"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Suggestion answered")

    what: str
    version: int
    suggested: str
    chosen: str
    rank: int
    prefilled: bool


@dataclass(frozen=True, kw_only=True)
class AboutTriageModel(Fact, shared=True):
    """What happened to a model that suggests."""

    model_id: str


@dataclass(frozen=True, kw_only=True)
class TriageModelAsked(AboutTriageModel):
    """A model is to be learned from the district's confirmed matters."""

    kind: ClassVar[str] = "casework.triage-model-asked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Learning asked for")


@dataclass(frozen=True, kw_only=True)
class TriageModelLearned(AboutTriageModel):
    """A model was learned; `digest` is that of its file, `in_use` whether it suggests from now on."""

    kind: ClassVar[str] = "casework.triage-model-learned"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Model learned")

    version: int
    digest: str
    matters: int
    in_use: bool


@dataclass(frozen=True, kw_only=True)
class TriageModelNotLearned(AboutTriageModel):
    """No model came of it. `reason` is a code."""

    kind: ClassVar[str] = "casework.triage-model-not-learned"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "No model learned")

    reason: str
    matters: int


@dataclass(frozen=True, kw_only=True)
class TriageModelChosen(AboutTriageModel):
    """Somebody chose which model suggests; version 0 is the shipped list of phrases."""

    kind: ClassVar[str] = "casework.triage-model-chosen"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Model chosen")

    version: int
    former: int
