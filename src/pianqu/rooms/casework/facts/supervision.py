"""What casework promises to have happened when leaders press, when reporters are called back, and in reports of a month."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact
from pianqu.rooms.casework.facts.cases import AboutCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class SupervisionAnswered(AboutCase):
    """Who holds the matter answered the leader who presses for it."""

    kind: ClassVar[str] = "casework.supervision-answered"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Supervision answered")

    supervision_id: str
    times: int
    in_time: bool
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class SupervisionAccepted(AboutCase):
    """The answer settles it: the matter is supervised no longer."""

    kind: ClassVar[str] = "casework.supervision-accepted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Answer to a supervision accepted")

    supervision_id: str
    words_commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class SupervisionRepeated(AboutCase):
    """The answer does not settle it, or the demand changes: it is asked again, by a new date."""

    kind: ClassVar[str] = "casework.supervision-repeated"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Pressed for again")

    supervision_id: str
    times: int
    due_at: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class SupervisionLifted(AboutCase):
    """It is not needed any more."""

    kind: ClassVar[str] = "casework.supervision-lifted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Supervision lifted")

    supervision_id: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class SupervisionDueSoon(AboutCase):
    """Less than a fifth of the time is left for the answer to a supervision: who owes it is warned, once a date."""

    kind: ClassVar[str] = "casework.supervision-due-soon"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Answer to a supervision due soon")

    supervision_id: str
    holder_code: str
    due_at: str


@dataclass(frozen=True, kw_only=True)
class SupervisionEscalated(AboutCase):
    """The answer is overdue: the centre's leaders and the next above in the holder's reporting line are told."""

    kind: ClassVar[str] = "casework.supervision-escalated"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Answer to a supervision overdue")

    supervision_id: str
    level: int
    from_code: str
    to_code: str


@dataclass(frozen=True, kw_only=True)
class CallBacksDrawn(Fact):
    """A sample of answered matters was drawn to be called back. With the seed anybody who knows the matters draws the same.

    `digest` is the SHA-256 of the drawn matters' ids in order, one a line.
    """

    kind: ClassVar[str] = "casework.call-backs-drawn"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Call-backs drawn")

    draw_id: str
    since: str
    until: str
    percent: int
    seed: str
    population: int
    drawn: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class CallBackDone(AboutCase):
    """Somebody who did not handle the matter asked its reporter. `outcome`: satisfied, dissatisfied, unreachable.

    `holds` and `fails` where nobody could be asked: that person looked at the answer.
    """

    kind: ClassVar[str] = "casework.call-back-done"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Reporter called back")

    call_back_id: str
    reason: str
    outcome: str
    attempt: int
    words_commitment: str = ""
