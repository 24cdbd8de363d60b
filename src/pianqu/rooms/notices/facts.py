"""What notices promises to have happened: codes and ids, never words, names, contacts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class InboxCleared(Fact):
    """An organisation is done with its notices up to a position of the ledger."""

    kind: ClassVar[str] = "notices.inbox-cleared"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Notices cleared")

    up_to: int


@dataclass(frozen=True, kw_only=True)
class SendSettled(Fact):
    """Somebody found out whether a doubtful message had arrived. `outcome`: arrived, again or given-up."""

    kind: ClassVar[str] = "notices.send-settled"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Doubtful message settled")

    outgoing_id: str
    case_id: str
    outcome: str
