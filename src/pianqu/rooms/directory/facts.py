"""Facts of the directory: codes and ids, no names of persons."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class OrganisationAdded(Fact):
    """An organisation exists from a day on."""

    kind: ClassVar[str] = "directory.organisation-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Organisation entered")

    code: str
    organisation_kind: str
    parent_code: str = ""
    valid_from: str = ""


@dataclass(frozen=True, kw_only=True)
class PostAppointed(Fact):
    """Somebody holds a post in the organisation that the fact belongs to."""

    kind: ClassVar[str] = "directory.post-appointed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Post filled")

    post_id: str
    post_kind: str


@dataclass(frozen=True, kw_only=True)
class PostEnded(Fact):
    """The post gives no more power."""

    kind: ClassVar[str] = "directory.post-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Post ended")

    post_id: str
