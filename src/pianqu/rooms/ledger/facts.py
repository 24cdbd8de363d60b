"""Facts about the ledger itself: a personal datum was read, an entry's secret was destroyed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class PersonalDataRead(Fact):
    """Somebody looked at protected data of a person. The subject says whose; erasable with the person's other data."""

    kind: ClassVar[str] = "ledger.personal-data-read"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Personal data looked at")
    about_person: ClassVar[bool] = True

    purpose: str
    fields: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class EntryErased(Fact):
    """Payload and salt of an entry were destroyed (个人信息保护法 第四十七条); its leaf stays in the log."""

    kind: ClassVar[str] = "ledger.entry-erased"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Personal data erased")

    entry_id: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class KeyAdded(Fact):
    """The ledger signs with one more key, and until `overlap_until` with those before it too. The subject is the ledger."""

    kind: ClassVar[str] = "ledger.key-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "The ledger got another key")

    number: int
    vkey: str
    overlap_until: str


@dataclass(frozen=True, kw_only=True)
class KeysRetired(Fact):
    """The ledger's earlier keys sign no more, before the time that was said for it."""

    kind: ClassVar[str] = "ledger.keys-retired"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "The ledger's earlier keys were retired")

    vkeys: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class TwinStated(Fact):
    """The twin by the national standards stood so at this size: whoever witnesses the log covers the twin's root and key too."""

    kind: ClassVar[str] = "ledger.twin-stated"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "The twin by the national standards entered")

    size: int
    root: str
    """By SM3, base64url without padding."""
    vkey: str


@dataclass(frozen=True, kw_only=True)
class PolicyAdopted(Fact):
    """From now on these witnesses are asked, and this quorum of them counts. The subject is the ledger."""

    kind: ClassVar[str] = "ledger.policy-adopted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Witnesses appointed")

    policy: int
    digest: str
    """SHA-256 of the policy's text, base64url without padding."""
    witnesses: tuple[str, ...]
    """Their verifier keys: names, ids and public keys of organisations; of a long key its SHA-256."""
    quorum: str


@dataclass(frozen=True, kw_only=True)
class MirrorNamed(Fact):
    """Somebody keeps a full copy of the log, and the monitor compares with it from now on."""

    kind: ClassVar[str] = "ledger.mirror-named"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Mirror named")

    vkey: str
    """Its verifier key; of a long key its SHA-256."""
    url: str


@dataclass(frozen=True, kw_only=True)
class MirrorDropped(Fact):
    """The monitor compares no longer with this mirror."""

    kind: ClassVar[str] = "ledger.mirror-dropped"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Mirror dropped")

    vkey: str


@dataclass(frozen=True, kw_only=True)
class ForkFound(Fact):
    """Two checkpoints with the log's signature were shown that cannot both be true. The evidence is open to everybody."""

    kind: ClassVar[str] = "ledger.fork-found"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Second history found")

    size: int
    digest: str
    """SHA-256 of both texts, base64url without padding."""
    shown_by: str


@dataclass(frozen=True, kw_only=True)
class LogEnded(Fact):
    """A person declared the log dead; another goes on over the entries that were left. The words stand in a table."""

    kind: ClassVar[str] = "ledger.log-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Ledger ended and begun anew")

    origin: str
    went_on_as: str
    published_size: int
    held_size: int
    reason_digest: str
    """SHA-256 of the reason's text, base64url without padding."""


@dataclass(frozen=True, kw_only=True)
class CaughtUp(Fact):
    """A database that had been put back took over from a copy what the log had signed since."""

    kind: ClassVar[str] = "ledger.caught-up"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Ledger completed from a copy")

    from_size: int
    to_size: int
    recognised: int
    lost: int
    """Entries whose content is lost here: numbers and check sums came back."""
    renumbered: int
    source: str
