"""What the four platforms promise to have happened: members, moves, and the main act of each."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact
from pianqu.rooms.casework.facts.cases import AboutCase

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class AboutPlatform(Fact, shared=True):
    """Who takes part in a platform of a street. `post_id` is empty where the whole organisation does."""

    platform: str
    street_code: str
    member_code: str
    post_id: str = ""


@dataclass(frozen=True, kw_only=True)
class PlatformMemberAdded(AboutPlatform):
    """An organisation, or one post of it, takes part from now on."""

    kind: ClassVar[str] = "casework.platform-member-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Member of a platform added")


@dataclass(frozen=True, kw_only=True)
class PlatformMemberRemoved(AboutPlatform):
    """It takes part no longer."""

    kind: ClassVar[str] = "casework.platform-member-removed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Member of a platform removed")


@dataclass(frozen=True, kw_only=True)
class PlatformChanged(AboutCase):
    """A matter went to another platform. `holder_code` led it until then, and does no longer; `member_codes` take part there."""

    kind: ClassVar[str] = "casework.platform-changed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Moved to another platform")

    from_platform: str
    platform: str
    holder_code: str
    words_commitment: str
    member_codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PlatformPingPong(AboutCase):
    """A matter came back to a platform that had it before: a leader is told."""

    kind: ClassVar[str] = "casework.platform-ping-pong"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Passed to and fro between platforms")

    platform: str
    times: int


@dataclass(frozen=True, kw_only=True)
class JointCalled(AboutCase):
    """综治工作: members of the platform were called to handle a matter together."""

    kind: ClassVar[str] = "casework.joint-called"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Members called together")

    act_id: str
    helper_codes: tuple[str, ...]
    last_day: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class PlaceInspected(AboutCase):
    """市场监管: somebody went and looked; `outcome` is a code."""

    kind: ClassVar[str] = "casework.place-inspected"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Inspected on the spot")

    act_id: str
    outcome: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class RectificationOrdered(AboutCase):
    """综合执法: a notice was served on the spot, with the last day to put it right and the day of the second look."""

    kind: ClassVar[str] = "casework.rectification-ordered"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Notice served on the spot")

    act_id: str
    last_day: str
    recheck_on: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class RectificationChecked(AboutCase):
    """Somebody looked again whether it was put right."""

    kind: ClassVar[str] = "casework.rectification-checked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Looked at again")

    act_id: str
    put_right: bool
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class GuidedAtWindow(AboutCase):
    """便民服务: the window answered, or said which service helps and what it needs; the reporter reads it."""

    kind: ClassVar[str] = "casework.guided-at-window"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Advised at the window")

    act_id: str
    outcome: str
    words_commitment: str
