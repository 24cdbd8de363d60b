"""What partners promises to have happened: ids, kinds, numbers and digests; never words, names or contacts."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class PartnerAdded(Fact):
    """Matters may be given to another system. `origin` and `vkey` are its ledger's name and key, empty where it has none."""

    kind: ClassVar[str] = "partners.partner-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Another system connected")

    partner_id: str
    partner_kind: str
    host: str
    origin: str = ""
    vkey: str = ""


@dataclass(frozen=True, kw_only=True)
class PartnerDropped(Fact):
    """Nothing is given to, nor taken from, another system any more."""

    kind: ClassVar[str] = "partners.partner-dropped"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Another system disconnected")

    partner_id: str


@dataclass(frozen=True, kw_only=True)
class AboutTransfer(Fact, shared=True):
    """What both sides' facts of a letter tell: an auditor with the letter finds the same digest in two ledgers."""

    transfer_id: str
    partner_id: str
    partner_origin: str
    letter_id: str
    letter_kind: str
    number: int
    digest: str
    case_id: str = ""


@dataclass(frozen=True, kw_only=True)
class LetterWritten(AboutTransfer):
    """A partner is told something of a matter."""

    kind: ClassVar[str] = "partners.letter-written"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Another system is told")


@dataclass(frozen=True, kw_only=True)
class LetterReceived(AboutTransfer):
    """A partner told something of a matter."""

    kind: ClassVar[str] = "partners.letter-received"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Another system told us")


@dataclass(frozen=True, kw_only=True)
class LettersEmptied(Fact):
    """The words of a transfer's letters were destroyed, because its matter was erased or left; their digests stay."""

    kind: ClassVar[str] = "partners.letters-emptied"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Letters to another system emptied")

    transfer_id: str
    letters: int
    case_id: str = ""


@dataclass(frozen=True, kw_only=True)
class PostingSettled(Fact):
    """Somebody found out whether an Open311 server had taken a letter. `outcome`: arrived, again or given-up."""

    kind: ClassVar[str] = "partners.posting-settled"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Doubtful delivery settled")

    letter_id: str
    outcome: str
    case_id: str = ""
