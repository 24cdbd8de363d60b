"""Facts of territory."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from django.utils.translation import pgettext_lazy

from pianqu.foundation.facts import Fact

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, kw_only=True)
class PlaceAdded(Fact):
    """A place with its statistical code is known from a day on."""

    kind: ClassVar[str] = "territory.place-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Place entered")

    code: str
    level: str
    parent_code: str = ""
    valid_from: str = ""


@dataclass(frozen=True, kw_only=True)
class LandmarksAdded(Fact):
    """So many names of a source came into the gazetteer."""

    kind: ClassVar[str] = "territory.landmarks-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Place names added")

    source: str
    count: int
