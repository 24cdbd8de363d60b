"""The tables of what moved with another grid, as the page shows their beginning and the workbook all of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Font

from pianqu.composition.desk.who import called
from pianqu.composition.grid_changes import Report
from pianqu.composition.importing.workbook import inert, saved
from pianqu.rooms.casework.queries import HomeWay
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

SHOWN = 50
"""Rows of a table on the page."""
WIDTH = 26


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell of a table."""

    text: str | int
    href: str = ""
    lang: str = ""
    """Of a name that is not in the page's language."""

    @property
    def is_count(self) -> bool:
        return isinstance(self.text, int)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of the report."""

    key: str
    title: str
    note: str
    empty: str
    head: tuple[str, ...]
    figures: int
    """How many of the last columns hold figures."""
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def heads(self) -> tuple[tuple[str, bool], ...]:
        """Headings, and whether figures stand under them."""
        first = len(self.head) - self.figures
        return tuple((name, at >= first) for at, name in enumerate(self.head))

    @property
    def shown(self) -> tuple[tuple[tuple[Cell, bool], ...], ...]:
        """The first rows, each cell with whether it stands in a column of figures."""
        flags = [is_figure for _name, is_figure in self.heads]
        return tuple(tuple(zip(row, flags, strict=True)) for row in self.rows[:SHOWN])

    @property
    def more(self) -> int:
        return max(0, len(self.rows) - SHOWN)


class _Names:
    """Names of everything in the report, and where each is shown."""

    def __init__(self, found: Report) -> None:
        self._found = found
        self._places = territory.places()
        codes = {one.centre_code for one in found.clusters.values()} | {one.code for one in found.left}
        codes |= {code for way in self.ways() for code in (way.old_centre, way.new_centre)}
        self._bodies = directory.organisations(codes - {""})
        self._english = (get_language() or "").startswith("en")

    def ways(self) -> tuple[HomeWay, ...]:
        return self._found.rehoming.ways if self._found.rehoming else ()

    def community(self, code: str) -> Cell:
        card = self._places.get(code)
        if card is None:
            return Cell(text=code)
        if self._english and card.name_en:
            return Cell(text=card.name_en)
        return Cell(text=card.short_name, lang="zh-CN")

    def cluster(self, code: str, *, of_matters: bool = False) -> Cell:
        if not code:
            return Cell(text=_("In no cluster"))
        card = self._found.clusters.get(code)
        query = urlencode({"cluster": code, "queue": "open"})
        return Cell(
            text=card.name if card else code,
            lang="zh-CN",
            href=f"{reverse('casework:desk')}?{query}" if of_matters else "",
        )

    def old_cell(self, code: str, *, of_matters: bool = False) -> Cell:
        former = self._found.former
        if of_matters and code:
            query = urlencode({"cell": code, "queue": "open"})
            return Cell(text=self._named(code), lang="zh-CN", href=f"{reverse('casework:desk')}?{query}")
        return self._cell(code, former.valid_from.isoformat() if former else "")

    def new_cell(self, code: str) -> Cell:
        return self._cell(code, self._found.version.valid_from.isoformat())

    def _cell(self, code: str, day: str) -> Cell:
        if not code:
            return Cell(text=_("In no cell"))
        href = f"{reverse('territory:grid')}?{urlencode({'on': day, 'cell': code})}#cell" if day else ""
        return Cell(text=self._named(code), lang="zh-CN", href="" if self._found.version.is_void else href)

    def _named(self, code: str) -> str:
        name = self._found.cells.get(code, "")
        return f"{name} {code}" if name else code

    def centre(self, code: str) -> Cell:
        card = self._bodies.get(code)
        return Cell(text=called(card, code), lang="" if self._english and card and card.name_en else "zh-CN")


def sheets(found: Report) -> tuple[Sheet, ...]:
    """All tables of a report, those that are empty too; none for the first grid."""
    if found.change is None:
        return ()
    names = _Names(found)
    return tuple(make(found, names) for make in (_communities, _matters, _by_cell, _parts, _people, _to_staff, _left))


def _communities(found: Report, names: _Names) -> Sheet:
    moved = found.change.communities if found.change else ()
    return Sheet(
        key="communities",
        title=_("Communities in another cluster"),
        note="",
        empty=_("Every community stays in its cluster."),
        head=(_("Community"), pgettext("cluster", "From"), pgettext("cluster", "To"), _("Households")),
        figures=1,
        rows=tuple(
            (
                names.community(one.community_code),
                names.cluster(one.old_code),
                names.cluster(one.new_code),
                Cell(text="–" if one.households is None else one.households),
            )
            for one in moved
        ),
    )


def _matters(found: Report, names: _Names) -> Sheet:
    counts: Counter[tuple[str, str]] = Counter()
    handed: Counter[tuple[str, str]] = Counter()
    for way in names.ways():
        counts[way.old_cluster, way.new_cluster] += way.cases
        handed[way.old_cluster, way.new_cluster] += way.cases if way.new_centre else 0
    return Sheet(
        key="matters",
        title=_("Open matters by cluster"),
        note=_("Those that were answered lately and may come back count too."),
        empty=_("No open matter has been located in this grid yet."),
        head=(pgettext("cluster", "From"), pgettext("cluster", "To"), _("Open matters"), _("Now with another centre")),
        figures=2,
        rows=tuple(
            (
                names.cluster(old),
                names.cluster(new, of_matters=True),
                Cell(text=many),
                Cell(text=handed[old, new]),
            )
            for (old, new), many in sorted(counts.items())
        ),
    )


def _by_cell(found: Report, names: _Names) -> Sheet:
    counts: Counter[tuple[str, str]] = Counter()
    for way in names.ways():
        counts[way.old_cell, way.new_cell] += way.cases if way.old_cell != way.new_cell else 0
    ordered = sorted((pair for pair, many in counts.items() if many), key=lambda pair: (-counts[pair], pair))
    return Sheet(
        key="cells",
        title=_("Open matters in another cell"),
        note=_("Each keeps the cell in which it was filed, too."),
        empty=_("No open matter lies in another cell than before."),
        head=(_("Filed in"), _("Lies in now"), _("Open matters")),
        figures=1,
        rows=tuple(
            (names.old_cell(old, of_matters=True), names.new_cell(new), Cell(text=counts[old, new]))
            for old, new in ordered
        ),
    )


def _parts(found: Report, names: _Names) -> Sheet:
    parts = found.change.parts if found.change else ()
    return Sheet(
        key="parts",
        title=_("Old cells in new ones"),
        note=_("Cells that go on whole under their code are left out."),
        empty=_("Every cell goes on as it was."),
        head=(_("Old cell"), _("New cell"), _("Share"), _("Households")),
        figures=2,
        rows=tuple(
            (
                names.old_cell(one.old_code),
                names.new_cell(one.new_code),
                Cell(text=_share(one)),
                Cell(text="–" if one.by_area else one.households),
            )
            for one in parts
        ),
    )


def _share(one: territory.PartCard) -> str:
    percent = f"{one.share * 100:.0f}%" if one.share >= 0.995 or one.share < 0.985 else f"{one.share * 100:.1f}%"
    return _("%(percent)s of the area") % {"percent": percent} if one.by_area else percent


def _people(found: Report, names: _Names) -> Sheet:
    people = found.change.people if found.change else ()
    return Sheet(
        key="people",
        title=_("People of cells that are gone"),
        note=_("They follow where one new cell holds at least four fifths of the old one."),
        empty=_("Nobody worked in a cell that is gone.")
        if found.change and found.change.carried_on
        else _("They are carried over on the day on which the grid comes into force."),
        head=(_("Old cell"), _("Work in now"), _("Posts")),
        figures=1,
        rows=tuple(
            (
                names.old_cell(one.old_code),
                names.new_cell(one.new_code) if one.new_code else Cell(text=_("no cell holds most of it")),
                Cell(text=one.posts),
            )
            for one in people
        ),
    )


def _to_staff(found: Report, names: _Names) -> Sheet:
    return Sheet(
        key="to-staff",
        title=_("New cells without a leader"),
        note=_("A person has to name who works there."),
        empty=_("Every new cell has its leader."),
        head=(_("New cell"),),
        figures=0,
        rows=tuple((names.new_cell(code),) for code in found.to_staff),
    )


def _left(found: Report, names: _Names) -> Sheet:
    return Sheet(
        key="left",
        title=_("Centres without a cluster"),
        note=_("What is still meant for them has to be recalled or sent elsewhere."),
        empty=_("Every centre still has its cluster."),
        head=(_("Centre"), _("Sent down to it"), _("Turns of duty")),
        figures=1,
        rows=tuple(
            (names.centre(one.code), Cell(text="; ".join(one.sent_down) or "–"), Cell(text=one.duties))
            for one in found.left
        ),
    )


def workbook(found: Sequence[Sheet]) -> bytes:
    """One sheet for each table."""
    made = Workbook()
    made.remove(made.active)
    for sheet in found:
        _write(made.create_sheet(sheet.title[:31]), sheet.head, sheet.rows)
    if not found:
        made.create_sheet(_("First grid")[:31])
    return saved(made)


def _write(page: Any, head: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    page.append(list(head))
    for row in rows:
        page.append([cell.text for cell in row])
    for cell in page[1]:
        cell.font = Font(bold=True)
        page.column_dimensions[cell.column_letter].width = WIDTH
    page.freeze_panes = "A2"
    inert(page)
