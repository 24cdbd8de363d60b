"""What happened to the district's own terms. A term is a code: `complaint/roads=3wd`, and for every category `complaint=5wd`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact
from pianqu.rooms.casework.facts.cases import AboutCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class AboutClockRules(Fact, shared=True):
    """What every fact about a version tells besides its own."""

    version: int


@dataclass(frozen=True, kw_only=True)
class ClockRulesDrafted(AboutClockRules):
    """Somebody wrote down which terms are to hold; nothing is moved by that. `back_to` is the version that it makes again."""

    kind: ClassVar[str] = "casework.clock-rules-drafted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Terms drafted")

    terms: tuple[str, ...]
    back_to: int = 0


@dataclass(frozen=True, kw_only=True)
class ClockRulesDropped(AboutClockRules):
    """A draft is not wanted any more."""

    kind: ClassVar[str] = "casework.clock-rules-dropped"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Draft of terms dropped")


@dataclass(frozen=True, kw_only=True)
class ClockRulesEnforced(AboutClockRules):
    """From this day on these terms hold for what comes in, and for what is open too where it says so."""

    kind: ClassVar[str] = "casework.clock-rules-enforced"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Terms put in force")

    from_date: str
    also_open: bool
    terms: tuple[str, ...]
    words_commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class ClockRulesApplied(AboutClockRules):
    """Some open matters were looked at by the new terms: how many dates moved, how many standing clocks were changed."""

    kind: ClassVar[str] = "casework.clock-rules-applied"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Terms applied to open matters")

    looked: int
    moved: int
    held: int
    finished: bool


@dataclass(frozen=True, kw_only=True)
class ClockTermChanged(AboutCase):
    """The term of a clock that stands still was changed; when it runs again its end is computed by it."""

    kind: ClassVar[str] = "casework.clock-term-changed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Term changed while the clock stands")

    rule_id: str
    version: int
    amount: int
    unit: str
    before_amount: int
    before_unit: str
