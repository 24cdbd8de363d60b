"""What casework promises to have happened. Codes, times and commitments; never words, names, contacts or positions.

Every fact carries category and place, so that a reader needs no table of this room, also after an erasure.
`happened_at` and `imported_from` are an importer's claim; where they are empty, the entry's own time holds.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class CaseOpened(Fact):
    """A matter was taken in."""

    kind: ClassVar[str] = "casework.case-opened"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter received")

    case_id: str
    case_code: str
    category: str
    channel: str
    place_code: str | None
    place_source: str
    words_commitment: str
    photo_commitments: tuple[str, ...] = ()
    has_contact: bool = False
    happened_at: str = ""
    imported_from: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseExtended(Fact):
    """Who reported added words or photos."""

    kind: ClassVar[str] = "casework.case-extended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter added to")

    case_id: str
    category: str
    place_code: str | None
    words_commitment: str
    photo_commitments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CaseWithdrawn(Fact):
    """Who reported took the matter back."""

    kind: ClassVar[str] = "casework.case-withdrawn"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter withdrawn")

    case_id: str
    category: str
    place_code: str | None


@dataclass(frozen=True, kw_only=True)
class CaseResolved(Fact):
    """The matter was dealt with and answered."""

    kind: ClassVar[str] = "casework.case-resolved"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter resolved")

    case_id: str
    category: str
    place_code: str | None
    reply_commitment: str
    happened_at: str = ""
    imported_from: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseClosed(Fact):
    """The matter went to the archive. `reason` is a code, never words."""

    kind: ClassVar[str] = "casework.case-closed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Matter closed")

    case_id: str
    category: str
    place_code: str | None
    reason: str
    happened_at: str = ""
    imported_from: str = ""


@dataclass(frozen=True, kw_only=True)
class CaseErased(Fact):
    """Words, replies, photos, contact and exact place were destroyed (个人信息保护法 第四十七条). `basis` is a code."""

    kind: ClassVar[str] = "casework.case-erased"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Words of a matter erased")

    case_id: str
    category: str
    place_code: str | None
    basis: str


@dataclass(frozen=True, kw_only=True)
class CategoryAdded(Fact):
    """A category of another district's matters was taken over."""

    kind: ClassVar[str] = "casework.category-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Category entered")

    code: str
    name_zh: str
    name_en: str
