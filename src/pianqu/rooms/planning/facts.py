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
