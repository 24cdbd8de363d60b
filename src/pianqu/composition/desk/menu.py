"""The way around the desk: one table. A new page is one line in it, and stands in the bar and in the phone's menu.

What is done all day stands in the bar itself; everything else in a group, by what one wants to do there. A group without a
page is not shown, and one with a single page is that page's link.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Entry:
    """A page, and every address beneath it. `also` are addresses that belong to it too; /desk/ itself has none beneath."""

    at: str
    name: "StrOrPromise"
    also: tuple[str, ...] = ()
    but: tuple[str, ...] = ()
    """Addresses beneath it that are entries of their own."""
    key: str = ""
    """After `g` it leads here. `a`, `m` and `n` lead to pages that stand in no group (ui/_keys.html)."""

    def holds(self, path: str) -> bool:
        beneath = self.at != HOME and path.startswith(self.at) and not path.startswith(self.but)
        own = path == self.at or beneath
        return own or any(path.startswith(other) for other in self.also)


@dataclass(frozen=True, slots=True)
class Group:
    name: "StrOrPromise"
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    at: str
    name: "StrOrPromise"
    is_here: bool
    key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A group as a page shows it; one link without a name stands for itself."""

    name: "StrOrPromise"
    links: tuple[Link, ...]

    @property
    def is_here(self) -> bool:
        return any(link.is_here for link in self.links)


HOME = "/desk/"
FIRST = (
    Entry(HOME, pgettext_lazy("menu", "Cases"), also=("/desk/case/",), key="c"),
    Entry("/desk/intake/", pgettext_lazy("menu", "Take in"), key="i"),
)
"""Not in a group: what is opened a hundred times a day."""
WHO = ("/desk/here-today/", "/desk/duty/", "/desk/organisations/", "/desk/residents/", "/desk/witnesses/")
GRIDS = ("/desk/planning/departments/", "/desk/planning/merge/", "/desk/planning/editions/")
SITES = "/desk/planning/sites/"

GROUPS = (
    Group(
        pgettext_lazy("menu", "Handle"),
        (
            Entry("/desk/shift/", pgettext_lazy("menu", "Shift"), key="s"),
            Entry("/desk/bulk/", pgettext_lazy("menu", "Acts on many")),
            Entry("/desk/lists/", pgettext_lazy("menu", "Take in a list")),
            Entry("/desk/mentions/", pgettext_lazy("menu", "Where I am mentioned")),
            Entry("/desk/replies/", pgettext_lazy("menu", "Reply templates")),
            Entry("/desk/exports/", pgettext_lazy("menu", "Tables to take away")),
        ),
    ),
    Group(
        pgettext_lazy("menu", "Together"),
        (
            Entry("/desk/platforms/", pgettext_lazy("menu", "Four platforms"), key="p"),
            Entry("/desk/whistles/", pgettext_lazy("menu", "Calls to the spot")),
            Entry("/desk/forces/", pgettext_lazy("menu", "Joint task forces")),
            Entry("/desk/partners/", pgettext_lazy("menu", "Other districts")),
        ),
    ),
    Group(
        pgettext_lazy("menu", "Press and check"),
        (
            Entry("/desk/supervision/", pgettext_lazy("menu", "Supervision"), key="v"),
            Entry("/desk/callbacks/", pgettext_lazy("menu", "Call-backs"), key="b"),
            Entry("/desk/evaluation/", pgettext_lazy("menu", "Evaluation of units")),
            Entry("/desk/reports/", pgettext_lazy("menu", "Monthly reports")),
        ),
    ),
    Group(
        pgettext_lazy("menu", "See"),
        (
            Entry("/desk/overview/", pgettext_lazy("menu", "Overview"), key="o"),
            Entry("/desk/hot/", pgettext_lazy("menu", "Hot issues"), key="h"),
            Entry("/desk/causes/", pgettext_lazy("menu", "Root causes")),
            Entry("/desk/forecasts/", pgettext_lazy("menu", "Likely late")),
        ),
    ),
    Group(
        pgettext_lazy("menu", "Plan"),
        (
            Entry("/desk/territory/", pgettext_lazy("menu", "Clusters and grid")),
            Entry("/desk/planning/", pgettext_lazy("menu", "Plans of clusters and cells"), but=(*GRIDS, SITES)),
            Entry(GRIDS[0], pgettext_lazy("menu", "Departments' grids"), also=GRIDS[1:]),
            Entry(SITES, pgettext_lazy("menu", "Sites of services")),
            Entry("/desk/neighbours/", pgettext_lazy("menu", "Four parties of a place")),
        ),
    ),
    Group(
        pgettext_lazy("menu", "District"),
        (
            Entry("/desk/who-answers/", pgettext_lazy("menu", "Who does what"), also=WHO, key="w"),
            Entry("/desk/rules/", pgettext_lazy("menu", "Dispatch rules")),
            Entry("/desk/points/", pgettext_lazy("menu", "Service points and rooms")),
            Entry("/desk/clocks/", pgettext_lazy("menu", "Terms")),
        ),
    ),
)


def menu_at(path: str) -> tuple[Shown, ...]:
    """The whole way around, as it looks from this address."""
    return tuple(_shown(path))


def _shown(path: str) -> Iterator[Shown]:
    for entry in FIRST:
        yield Shown(name="", links=(_link(entry, path),))
    for group in GROUPS:
        links = tuple(_link(entry, path) for entry in group.entries)
        if links:
            yield Shown(name=group.name if len(links) > 1 else "", links=links)


def _link(entry: Entry, path: str) -> Link:
    return Link(at=entry.at, name=entry.name, is_here=entry.holds(path), key=entry.key)
