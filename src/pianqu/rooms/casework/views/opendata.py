"""Open data: the figures of each month, for everybody, as a page and as files."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date
from io import StringIO

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from pianqu.foundation.templatetags.ui import month_year
from pianqu.kernels.suppression import K
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.queries import ALL, MonthCard
from pianqu.rooms.casework.views import shown
from pianqu.rooms.territory import queries as territory

MEASURES = ("received", "answered", "reopened")
COLUMNS = ("month", "measure", "category", "category_name", "street", "street_name", "count", "withheld")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    count: int | None
    is_total: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One category of the latest month's table, or all of them."""

    name: str
    lang: str
    cells: tuple[Cell, ...]
    is_total: bool


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """All months, and the latest one's table."""
    months = queries.published_months()
    return _page(request, months, months[0] if months else None, "received")


@require_safe
def month_page(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The same with another month's table, and with what was answered or reopened in it."""
    measure = request.GET.get("of", "received")
    if measure not in MEASURES:
        measure = "received"
    return _page(request, queries.published_months(), queries.published_month(_day(year, month)), measure)


def _page(request: HttpRequest, months: Sequence[MonthCard], chosen: MonthCard | None, measure: str) -> HttpResponse:
    titles = {
        "received": _("Received in %(month)s"),
        "answered": _("Answered in %(month)s"),
        "reopened": _("Reopened in %(month)s"),
    }
    seen = {
        "months": [_told(month) for month in months],
        "chosen": _told(chosen) if chosen else None,
        "title": titles[measure] % {"month": month_year(chosen.month)} if chosen else "",
        "measure": measure,
        "measures": [
            ("received", pgettext("figures", "Received")),
            ("answered", pgettext("figures", "Answered")),
            ("reopened", pgettext("figures", "Reopened")),
        ],
        "streets": _streets(chosen) if chosen else (),
        "lines": _lines(chosen, measure) if chosen else (),
        "most": K - 1,
    }
    return render(request, "casework/open_data.html", seen)


@require_safe
def month_json(_request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The file whose digest the ledger holds, byte for byte."""
    card = queries.published_month(_day(year, month))
    return _file(card.content, "application/json", f"{card.month:%Y-%m}.json")


@require_safe
def month_csv(_request: HttpRequest, year: int, month: int) -> HttpResponse:
    """The same as a table with names, for spreadsheets."""
    card = queries.published_month(_day(year, month))
    out = StringIO()
    out.write("\ufeff")  # spreadsheets take it for UTF-8 then
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    categories, streets = _category_names(), _street_names(card)
    for figure in card.figures:
        names = categories.get(figure.category, figure.category), streets[figure.street_code]
        count = ("", "1") if figure.count is None else (str(figure.count), "0")
        rows.writerow(
            [f"{card.month:%Y-%m}", figure.measure, figure.category, names[0], figure.street_code, names[1], *count]
        )
    return _file(out.getvalue(), "text/csv; charset=utf-8", f"{card.month:%Y-%m}.csv")


def _day(year: int, month: int) -> date:
    """The month that an address names; one that no calendar has is never published."""
    return date(year, month, 1) if 1 <= month <= 12 and MINYEAR <= year <= MAXYEAR else date.min


def _file(content: str, kind: str, name: str) -> HttpResponse:
    return HttpResponse(
        content.encode(), content_type=kind, headers={"Content-Disposition": f'attachment; filename="pianqu-{name}"'}
    )


def _told(card: MonthCard) -> dict[str, object]:
    return {
        "card": card,
        "received": card.count("received"),
        "answered": card.count("answered"),
        "year": f"{card.month:%Y}",
        "month": f"{card.month:%m}",
    }


def _category_names() -> dict[str, str]:
    names = {code: str(choice.name) for code, choice in shown.category_names().items()}
    return {**names, ALL: _("All categories")}


def _codes(card: MonthCard, part: str) -> Sequence[str]:
    return tuple(dict.fromkeys(str(getattr(figure, part)) for figure in card.figures))


def _street_names(card: MonthCard) -> dict[str, str]:
    codes = _codes(card, "street_code")
    known = territory.places()
    names = {code: shown.place_name(known[code]).text for code in codes if code in known}
    fixed = {queries.NONE: pgettext("place", "No place given"), ALL: _("Whole district")}
    return {code: fixed.get(code) or names.get(code, code) for code in codes}


def _streets(card: MonthCard) -> list[str]:
    return list(_street_names(card).values())


def _lines(card: MonthCard, measure: str) -> list[Line]:
    names = _category_names()
    by_cell = {(f.category, f.street_code): f.count for f in card.figures if f.measure == measure}
    streets = _codes(card, "street_code")
    return [
        Line(
            name=names.get(category, category),
            lang="",
            cells=tuple(Cell(count=by_cell[category, code], is_total=code == ALL) for code in streets),
            is_total=category == ALL,
        )
        for category in _codes(card, "category")
    ]
