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


@dataclass(frozen=True, kw_only=True)
class BuildingsTakenIn(Fact):
    """The buildings with their households were counted anew. `digest` is the SHA-256 of codes, places and counts.

    `source` is empty: where the roll comes from is typed by people or a file's name, and stays with the roll.
    """

    kind: ClassVar[str] = "territory.buildings-taken-in"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Buildings and households taken in")

    roll_id: str
    source: str
    buildings: int
    households: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class GridAdopted(Fact):
    """A whole grid with its clusters is in force from a day on. `digest` is the SHA-256 of its canonical GeoJSON.

    `former_id` is the version in force before that day, `plan_id` the draft from which it came, `reverts` a version that was a
    mistake and `restores` the one whose cells and clusters hold again. `source` is empty: where the grid comes from is typed by
    people or a file's name, and stays with the version.
    """

    kind: ClassVar[str] = "territory.grid-adopted"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Grid adopted")

    version_id: str
    valid_from: str
    source: str
    ordinary: int
    special: int
    micro: int
    clusters: int
    digest: str
    former_id: str = ""
    plan_id: str = ""
    reverts: str = ""
    restores: str = ""
    reason_commitment: str = ""


@dataclass(frozen=True, kw_only=True)
class PeopleCarried(Fact):
    """Another grid is in force, and the people of cells that are gone work in those that hold most of them.

    `carried`: old cell, new cell, how many posts; `waiting`: old cell without an heir, how many posts.
    """

    kind: ClassVar[str] = "territory.people-carried"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "People of cells carried over to a new grid")

    version_id: str
    valid_from: str
    carried: tuple[tuple[str, str, int], ...]
    waiting: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class CellStaffed(Fact):
    """Who works in a cell from a day on: posts by role, in the same order; none where the cell is gone."""

    kind: ClassVar[str] = "territory.cell-staffed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "People of a cell named")

    cell_code: str
    roles: tuple[str, ...]
    post_ids: tuple[str, ...]
    valid_from: str


@dataclass(frozen=True, kw_only=True)
class EntryListSet(Fact):
    """What may be handed to cells from a day on: kinds of cell, categories and articles, in the same order."""

    kind: ClassVar[str] = "territory.entry-list-set"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Entry list of the grid set")

    list_name: str
    cell_kinds: tuple[str, ...]
    categories: tuple[str, ...]
    articles: tuple[str, ...]
    valid_from: str


@dataclass(frozen=True, kw_only=True)
class PointOpened(Fact):
    """A service point serves people from a day on."""

    kind: ClassVar[str] = "territory.point-opened"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Service point opened")

    point_code: str
    point_kind: str
    place_code: str
    valid_from: str


@dataclass(frozen=True, kw_only=True)
class PointClosed(Fact):
    """A service point serves nobody any more from a day on."""

    kind: ClassVar[str] = "territory.point-closed"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Service point closed")

    point_code: str
    valid_to: str


@dataclass(frozen=True, kw_only=True)
class HoursSet(Fact):
    """When a service point is open: seven weekdays from Monday on, and single days. Minutes after midnight."""

    kind: ClassVar[str] = "territory.hours-set"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Opening hours set")

    point_code: str
    weekly: tuple[tuple[tuple[int, int], ...], ...]
    days: tuple[tuple[str, tuple[tuple[int, int], ...]], ...] = ()


@dataclass(frozen=True, kw_only=True)
class RoomAdded(Fact):
    """A service point has a room that can be booked, by its `own` organisation or by all `staff`."""

    kind: ClassVar[str] = "territory.room-added"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Room added")

    point_code: str
    room_id: str
    seats: int
    booked_by: str


@dataclass(frozen=True, kw_only=True)
class RoomBooked(Fact):
    """An organisation has a room for a time."""

    kind: ClassVar[str] = "territory.room-booked"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Room booked")

    booking_id: str
    room_id: str
    starts: str
    ends: str
    purpose: str


@dataclass(frozen=True, kw_only=True)
class BookingCancelled(Fact):
    """A room is free again."""

    kind: ClassVar[str] = "territory.booking-cancelled"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Booking cancelled")

    booking_id: str
    room_id: str


@dataclass(frozen=True, kw_only=True)
class EstateSet(Fact):
    """An estate with its property company and owners' committee is so from a day on; `digest` binds its name and telephones."""

    kind: ClassVar[str] = "territory.estate-set"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Estate set")

    estate_code: str
    community_code: str
    property_code: str
    owners_code: str
    cell_codes: tuple[str, ...]
    buildings: int
    valid_from: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class EstateEnded(Fact):
    """There is no such estate any more from a day on."""

    kind: ClassVar[str] = "territory.estate-ended"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Estate ended")

    estate_code: str
    community_code: str
    valid_to: str


@dataclass(frozen=True, kw_only=True)
class RoundHeld(Fact):
    """Parties of a cell or a cluster went round together: who, as which of the four, in the same order."""

    kind: ClassVar[str] = "territory.round-held"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Joint round held")

    round_id: str
    day: str
    cell_code: str
    cluster_code: str
    roles: tuple[str, ...]
    organisation_codes: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class PromiseMade(Fact):
    """An organisation promised something by a day. The words are kept in the room."""

    kind: ClassVar[str] = "territory.promise-made"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Promise made")

    promise_id: str
    round_id: str
    role: str
    promiser_code: str
    due_on: str
    words_commitment: str


@dataclass(frozen=True, kw_only=True)
class PromiseTold(Fact):
    """Whether a promise was kept, as the organisation that records it tells: `kept` or `broken`, on which day."""

    kind: ClassVar[str] = "territory.promise-told"
    label: ClassVar["StrOrPromise"] = pgettext_lazy("fact", "Told whether a promise was kept")

    promise_id: str
    round_id: str
    promiser_code: str
    verdict: str
    settled_on: str
    due_on: str
    words_commitment: str
