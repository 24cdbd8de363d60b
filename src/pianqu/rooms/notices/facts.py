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


@dataclass(frozen=True, kw_only=True)
class WebhookAdded(Fact):
    """Another system is told of facts of these kinds from now on. `host` is where it listens."""

    kind: ClassVar[str] = "notices.webhook-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Webhook added")

    webhook_id: str
    host: str
    kinds: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class WebhookDropped(Fact):
    """Another system is told of nothing any more."""

    kind: ClassVar[str] = "notices.webhook-dropped"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Webhook dropped")

    webhook_id: str


@dataclass(frozen=True, kw_only=True)
class WebhookRetried(Fact):
    """What another system never took is told to it again."""

    kind: ClassVar[str] = "notices.webhook-retried"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Webhook told again")

    webhook_id: str
    calls: int


@dataclass(frozen=True, kw_only=True)
class AboutOutage(Fact, shared=True):
    """Another system does not take its messages, or takes them again."""

    webhook_id: str


@dataclass(frozen=True, kw_only=True)
class WebhookSilent(AboutOutage):
    """Another system has taken nothing for hours. `since` is an ISO time, `outcome` what became of the latest try."""

    kind: ClassVar[str] = "notices.webhook-silent"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Another system takes nothing")

    since: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class WebhookBack(AboutOutage):
    """Another system that took nothing for hours takes its messages again."""

    kind: ClassVar[str] = "notices.webhook-back"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Another system takes messages again")
