"""Facts of matters that are the same. Both sides are told: the one that joined (CaseLinked), and the one it was joined to."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.rooms.casework.facts.cases import AboutCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class MatterTakenIn(AboutCase):
    """Staff joined another matter to this one."""

    kind: ClassVar[str] = "casework.matter-taken-in"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Another matter joined to it")

    child_id: str


@dataclass(frozen=True, kw_only=True)
class MatterSplitOff(AboutCase):
    """Staff took a matter out of this one again."""

    kind: ClassVar[str] = "casework.matter-split-off"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "A joined matter taken out again")

    child_id: str


@dataclass(frozen=True, kw_only=True)
class CaseSucceeds(AboutCase):
    """It was to join a matter that had ended meanwhile, so it is a matter of its own that points there."""

    kind: ClassVar[str] = "casework.case-succeeds"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Follows a matter that had ended")

    earlier_id: str


@dataclass(frozen=True, kw_only=True)
class JointAnswerGiven(AboutCase):
    """One answer goes to all who joined; each gets it as the answer to their own matter."""

    kind: ClassVar[str] = "casework.joint-answer-given"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "All who joined are answered")

    matters: int
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class JointAnswerCarried(AboutCase):
    """The answer for all who joined has reached everybody whom it could reach."""

    kind: ClassVar[str] = "casework.joint-answer-carried"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "All who joined have their answer")

    matters: int


@dataclass(frozen=True, kw_only=True)
class TitleReleased(AboutCase):
    """Staff let everybody read a title of this matter."""

    kind: ClassVar[str] = "casework.title-released"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Public title released")

    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class TitleTakenBack(AboutCase):
    """Nobody else reads a title of this matter any more."""

    kind: ClassVar[str] = "casework.title-taken-back"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Public title taken back")
