"""The leader's overview: how the matters of one's scope stand and went, as sentence, tables, charts and workbook."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from io import BytesIO
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell

from pianqu.kernels.share import Quantile, Share
from pianqu.rooms.casework import queries, rules
from pianqu.rooms.casework.queries import NONE, Line, Overview
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of, address_of
from pianqu.rooms.territory import queries as territory

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FEW = "—"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A number, a sentence or a time; `href` shows exactly the cases that a number counts."""

    text: str | int
    href: str = ""
    note: str = ""
    tone: str = ""
    label: str = ""
    """The column's name, where rows become blocks on a phone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str
    href: str
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    title: str
    head: Sequence[str]
    """Begins with the name of what the rows are."""
    rows: Sequence[Row]


@never_cache
@login_required
@require_safe
def overview(request: HttpRequest) -> HttpResponse:
    """The page. `street` divides places into its communities, or a community into its cells."""
    seen, pages = _asked(request)
    context = {
        "seen": seen,
        "sentences": _sentences(seen),
        "figures": _figures(seen),
        "weeks": pages.weeks(),
        "platforms": pages.platforms(),
        "categories": pages.categories(),
        "clusters": pages.clusters() if seen.clusters else None,
        "places": pages.places(),
        "street": pages.area_name,
        "street_code": pages.area,
        "above": pages.above(),
        "sample": queries.SAMPLE,
        "chart": _weekly_chart(seen),
        "bars": _category_chart(seen, pages),
        "sees_models": rules.may_see_models(actor_of(request)),
    }
    return render(request, "casework/overview.html", context)


@never_cache
@login_required
@require_safe
def tables(request: HttpRequest) -> HttpResponse:
    """The tables as a workbook."""
    seen, pages = _asked(request)
    by_cluster = (pages.clusters(),) if seen.clusters else ()
    content = workbook((pages.weeks(), pages.platforms(), pages.categories(), *by_cluster, pages.places()))
    name = f"overview-{timezone.localdate(seen.now).isoformat()}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=WORKBOOK, headers=headers)


def _asked(request: HttpRequest) -> tuple[Overview, "_Tables"]:
    names, asked = shown.Places(), request.GET.get("street", "")[:12]
    area = asked if names.name(asked) else ""
    seen = queries.overview_for(actor_of(request), now=timezone.now(), area_code=area)
    return seen, _Tables(seen, names, area)


# sentences and figures -----------------------------------------------------------------------------------------------


def _sentences(seen: Overview) -> tuple[str, ...]:
    """What matters, in words."""
    total, whole = seen.total, seen.weeks[-2]
    if not (total.open or total.received):
        return (_("Nothing is open, and nothing came in these twelve weeks."),)
    standing = _("%(open)s open; %(overdue)s of them overdue, %(week)s more due by Sunday.") % {
        "open": _n(total.open),
        "overdue": _n(total.overdue),
        "week": _n(total.week),
    }
    went = _("Last week %(received)s came in and %(resolved)s were resolved: %(change)s.") % {
        "received": _n(whole.received),
        "resolved": _n(whole.resolved),
        "change": _change(whole.received - whole.resolved),
    }
    return (standing, went)


def _change(more: int) -> str:
    if more == 0:
        return _("as many out as in")
    return (_("%(n)s more in than out") if more > 0 else _("%(n)s more out than in")) % {"n": _n(abs(more))}


def _figures(seen: Overview) -> tuple[tuple[Cell, str], ...]:
    total = seen.total
    resolved = address_of(moment="resolved", since=seen.since, until=seen.until)
    return (
        (Cell(text=_n(total.open), href=address_of(queue="open")), _("Open")),
        (Cell(text=_n(total.overdue), href=address_of(queue="overdue"), tone="late"), _("Overdue")),
        (Cell(text=_n(total.week), href=address_of(queue="week")), _("Due this week")),
        (_time(total.median, total, resolved), _("Median time to the answer")),
        (_time(total.ninetieth, total, resolved), _("Nine of ten within")),
        (_percent(total.rated_share, total.rated, total.resolved), _("Rated by who reported it")),
    )


def _n(number: int) -> str:
    """With a thin space between thousands."""
    return f"{number:,}".replace(",", "\u2009")


def _percent(found: Share | None, part: int, whole: int) -> Cell:
    if found is None:
        return Cell(text=FEW, note=_("only %(n)s: too few") % {"n": _n(whole)} if whole else "")
    bounds = {"low": round(found.low * 100), "high": round(found.high * 100)}
    note = _("%(low)d to %(high)d %%") % bounds
    return Cell(text=f"{found.value:.0%}", note=f"{_n(part)}/{_n(whole)} · {note}")


def _time(found: Quantile | None, line: Line, href: str = "") -> Cell:
    count = line.minutes.total()
    if found is None:
        return Cell(text=FEW, note=_("only %(n)s: too few") % {"n": _n(count)} if count else "")
    note = _("%(low)s to %(high)s, n = %(n)s") % {
        "low": _long(found.low),
        "high": _long(found.high),
        "n": _n(count),
    }
    return Cell(text=_long(found.value), note=note, href=href)


def _long(minutes: int) -> str:
    epoch = datetime(2000, 1, 1, tzinfo=timezone.get_default_timezone())
    return shown.waited(epoch, epoch + timedelta(minutes=minutes))


# tables --------------------------------------------------------------------------------------------------------------


class _Tables:
    """The tables of one overview; places and categories are asked for their names once."""

    def __init__(self, seen: Overview, names: shown.Places, area: str) -> None:
        self.seen, self.names, self.area = seen, names, area
        self.of_community = bool(area) and queries.street_of(area) != area
        self.categories_by_code = shown.category_names()
        here = names.name(area)
        self.area_name = here.text if here else ""

    def above(self) -> tuple[str, str] | None:
        """The way back to the wider table: address and words."""
        street = self.names.street(self.area) if self.of_community else None
        if street:
            return f"?street={queries.street_of(self.area)}", street.text
        return ("?", _("All streets")) if self.area else None

    def weeks(self) -> Table:
        rows = [self._week(week) for week in self.seen.weeks]
        head = (_("Week from"), _("Received"), _("Resolved"), _("Reopened"))
        return Table(title=_("Twelve weeks"), head=head, rows=rows[::-1])

    def _week(self, week: queries.Week) -> Row:
        days = {"since": week.first, "until": week.last}
        cells = (
            Cell(text=week.received, href=address_of(**days)),
            Cell(text=week.resolved, href=address_of(moment="resolved", **days)),
            Cell(text=week.reopened, href=address_of(moment="reopened", **days)),
        )
        return Row(name=_day(week.first), href="", cells=cells)

    def platforms(self) -> Table:
        rows = [
            replace(self._row(line, queries.platform_name(line.code), platform=line.code), href=self._page_of(line))
            for line in self.seen.platforms
        ]
        return Table(title=_("By platform"), head=(_("Platform"), *_head()), rows=rows)

    def _page_of(self, line: Line) -> str:
        """The platform's own page, of this street where one is chosen."""
        street = queries.street_of(self.area) if self.area else "all"
        return "" if line.code == NONE else f"{reverse('casework:platform', args=[line.code])}?street={street}"

    def categories(self) -> Table:
        rows = [
            self._row(line, self.category_name(line.code), timed=True, category=line.code)
            for line in self.seen.categories
        ]
        return Table(title=_("By category"), head=(_("Category"), *_head(timed=True)), rows=rows)

    def clusters(self) -> Table:
        names = {choice.code: choice.name for choice in self.names.clusters()}
        rows = [self._row(line, names.get(line.code, line.code), cluster_code=line.code) for line in self.seen.clusters]
        return Table(title=_("By cluster"), head=(_("Cluster"), *_head()), rows=rows)

    def places(self) -> Table:
        if self.of_community:
            return self._cells()
        rows = [self._row(line, self._place(line.code), place_code=line.code) for line in self.seen.places]
        title = _("By community") if self.area else _("By street")
        return Table(title=title, head=(_("Community") if self.area else _("Street"), *_head()), rows=rows)

    def _cells(self) -> Table:
        """Cells as the grid of today calls them; one of an earlier grid keeps its code."""
        today = timezone.localdate(self.seen.now)
        names = {card.code: card.name for card in territory.cells(on=today, community_code=self.area)}
        rows = [
            self._row(
                line,
                _("No cell known") if line.code == NONE else names.get(line.code, line.code),
                place_code=self.area,
                cell_code=line.code,
            )
            for line in self.seen.places
        ]
        return Table(title=_("By cell"), head=(_("Cell"), *_head()), rows=rows)

    def category_name(self, code: str) -> str:
        known = self.categories_by_code.get(code)
        return known.name if known else code

    def _place(self, code: str) -> str:
        known = self.names.name(code)
        return _("No place known") if code == NONE else known.text if known else code

    def _row(self, line: Line, name: str, *, timed: bool = False, **which: str) -> Row:
        days: dict[str, Any] = {"since": self.seen.since, "until": self.seen.until, **which}
        cells = [
            Cell(text=line.open, href=address_of(queue="open", **which)),
            Cell(text=line.overdue, href=address_of(queue="overdue", **which)),
            _percent(line.late_share, line.overdue, line.open),
            Cell(text=line.week, href=address_of(queue="week", **which)),
            Cell(text=line.received, href=address_of(**days)),
            Cell(text=line.resolved, href=address_of(moment="resolved", **days)),
            _percent(line.rated_share, line.rated, line.resolved),
        ]
        if timed:
            cells += [_time(line.median, line), _time(line.ninetieth, line)]
        narrower = "place_code" in which and not self.of_community and line.code != NONE
        return Row(name=name, href=f"?street={line.code}#places" if narrower else "", cells=cells)


def _head(*, timed: bool = False) -> tuple[str, ...]:
    head = (
        _("Open"),
        _("Overdue"),
        _("Share overdue"),
        _("Due this week"),
        _("Received, 12 weeks"),
        _("Resolved, 12 weeks"),
        _("Share rated"),
    )
    return (*head, _("Median time"), _("Nine of ten within")) if timed else head


def _day(day: date) -> str:
    return date_format(day, "Y-m-d")


# charts and workbook -------------------------------------------------------------------------------------------------


def _weekly_chart(seen: Overview) -> dict[str, Any]:
    """The last week is not over: its points are dashed nowhere, so it is left out here and stands in the table."""
    whole = seen.weeks[:-1]
    lines: tuple[tuple[str, Callable[[queries.Week], int]], ...] = (
        (_("Received"), lambda week: week.received),
        (_("Resolved"), lambda week: week.resolved),
        (_("Reopened"), lambda week: week.reopened),
    )
    series = [{"name": name, "type": "bar", "data": [of(week) for week in whole]} for name, of in lines]
    return {"labels": [date_format(week.first, "m-d") for week in whole], "series": series, "unit": _("matters")}


def _category_chart(seen: Overview, pages: _Tables) -> dict[str, Any]:
    series = [{"name": _("Open"), "type": "bar", "data": [line.open for line in seen.categories]}]
    labels = [pages.category_name(line.code) for line in seen.categories]
    return {"labels": labels, "series": series, "unit": _("matters")}


def workbook(shown_tables: Sequence[Table]) -> bytes:
    book, out = Workbook(write_only=True), BytesIO()
    for table in shown_tables:
        sheet = book.create_sheet(table.title[:31])
        sheet.append([inert(sheet, head) for head in table.head])
        for row in table.rows:
            sheet.append([inert(sheet, row.name), *(inert(sheet, _said(cell)) for cell in row.cells)])
    book.save(out)
    return out.getvalue()


def _said(cell: Cell) -> str | int:
    return f"{cell.text} ({cell.note})" if cell.note else cell.text


def inert(sheet: Any, value: str | int) -> Any:
    """A cell that no programme takes for a formula, whatever a category or place is called."""
    cell = WriteOnlyCell(sheet, value=value)
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = True
    return cell
