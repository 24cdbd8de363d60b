"""What happened to the breach forecast: only that something was learned. What it says of a matter is no fact."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class BreachModelLearned(Fact):
    """The district's own ended matters were learned from; figures in thousandths. `used` is whether it is good enough."""

    kind: ClassVar[str] = "casework.breach-model-learned"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Forecast learned")

    digest: str
    matters: int
    auc: int
    ece: int
    used: bool
