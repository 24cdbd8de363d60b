"""Facts of the directory: codes and ids, no names of persons."""

from dataclasses import dataclass
from typing import ClassVar

from pianqu.foundation.facts import Fact


@dataclass(frozen=True, kw_only=True)
class OrganisationAdded(Fact):
    """An organisation exists from a day on."""

    kind: ClassVar[str] = "directory.organisation-added"

    code: str
    organisation_kind: str
    parent_code: str = ""
    valid_from: str = ""


@dataclass(frozen=True, kw_only=True)
class PostAppointed(Fact):
    """Somebody holds a post in the organisation that the fact belongs to."""

    kind: ClassVar[str] = "directory.post-appointed"

    post_id: str
    post_kind: str


@dataclass(frozen=True, kw_only=True)
class PostEnded(Fact):
    """The post gives no more power."""

    kind: ClassVar[str] = "directory.post-ended"

    post_id: str
