"""Facts of territory."""

from dataclasses import dataclass
from typing import ClassVar

from pianqu.foundation.facts import Fact


@dataclass(frozen=True, kw_only=True)
class PlaceAdded(Fact):
    """A place with its statistical code is known from a day on."""

    kind: ClassVar[str] = "territory.place-added"

    code: str
    level: str
    parent_code: str = ""
    valid_from: str = ""


@dataclass(frozen=True, kw_only=True)
class LandmarksAdded(Fact):
    """So many names of a source came into the gazetteer."""

    kind: ClassVar[str] = "territory.landmarks-added"

    source: str
    count: int
