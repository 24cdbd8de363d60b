"""What bulk acts promise to have happened. What was done with each matter is that matter's own fact."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class AboutBulk(Fact, shared=True):
    """What happened to an act on many matters."""

    bulk_id: str


@dataclass(frozen=True, kw_only=True)
class BulkPlanned(AboutBulk):
    """A post planned one act for many matters; `act` is a code."""

    kind: ClassVar[str] = "casework.bulk-planned"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Act on many matters planned")

    act: str
    matters: int
    begins_at: str


@dataclass(frozen=True, kw_only=True)
class BulkUndone(AboutBulk):
    """What was not begun of it was cancelled."""

    kind: ClassVar[str] = "casework.bulk-undone"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Act on many matters undone")

    cancelled: int


@dataclass(frozen=True, kw_only=True)
class BulkEnded(AboutBulk):
    """Every matter of it had its turn."""

    kind: ClassVar[str] = "casework.bulk-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Act on many matters ended")

    done: int
    refused: int


@dataclass(frozen=True, kw_only=True)
class BulkItemRefused(AboutBulk):
    """It could not be done for one matter; `reason` is the code of the refusal."""

    kind: ClassVar[str] = "casework.bulk-item-refused"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Refused in an act on many matters")

    case_id: str
    reason: str
