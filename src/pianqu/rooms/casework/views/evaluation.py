"""How units answer matters: figures with their uncertainty, and ranges of ranks only where the numbers support them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from openpyxl import Workbook

from pianqu.foundation.markup import put
from pianqu.kernels.ranking import LEAST, Ranked
from pianqu.kernels.share import Share
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.queries import NONE, Evaluation, Period, UnitFigures
from pianqu.rooms.casework.views import shown
from pianqu.rooms.casework.views.desk import actor_of
from pianqu.rooms.casework.views.overview import WORKBOOK, Cell, Row, Table, inert

WIDTH = 140
"""Of the picture of an interval, in its own units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A unit among those that can be compared, or beside them."""

    name: str
    rank: str
    share: str
    interval: str
    counted: str
    picture: SafeString


@never_cache
@login_required
@require_safe
def evaluation(request: HttpRequest) -> HttpResponse:
    """The page of a month or quarter."""
    found, names = _asked(request), _Names()
    now, unknown = timezone.now(), request.GET.get("period", "")
    context = {
        "found": found,
        "table": _table(found, names),
        "places": [_place(one, found, names) for one in found.ranks],
        "ranked": sum(one.is_ranked for one in found.ranks),
        "figures": _figures(found.total),
        "measures": [shown.Choice(code=code, name=name) for code, name in measures().items()],
        "units": [shown.Choice(code=code, name=name) for code, name in units().items()],
        "months": [(one.code, called(one)) for one in queries.periods(now) if one.is_month],
        "quarters": [(one.code, called(one)) for one in queries.periods(now) if not one.is_month],
        "called": called(found.period),
        "goes_on": found.period.last >= timezone.localdate(now),
        "doubt": unknown if unknown and queries.period_of(unknown) is None else "",
        "definitions": definitions(),
        "least": LEAST,
        "measure_name": measures()[found.measure],
        "here": "evaluation",
    }
    return render(request, "casework/evaluation.html", context)


def _asked(request: HttpRequest) -> Evaluation:
    """What the address asks for; what it asks wrongly is what stands there first."""
    given, period = request.GET, queries.period_of(request.GET.get("period", ""))
    return queries.evaluation_for(
        actor_of(request),
        period=period or queries.last_month(timezone.now()),
        by=given["by"] if given.get("by") in queries.UNITS else queries.UNITS[0],
        measure=given["measure"] if given.get("measure") in queries.MEASURES else queries.MEASURES[0],
    )


def units() -> Mapping[str, str]:
    return {"organisation": _("Organisations"), "street": _("Streets and towns"), "platform": _("Platforms")}


def measures() -> Mapping[str, str]:
    return {
        "in-time": _("Answered in time"),
        "first-time-right": _("Right at the first try"),
        "not-reopened": _("Not reopened"),
        "satisfied": pgettext("share", "Satisfied"),
    }


def called(period: Period) -> str:
    """A period in words."""
    if period.is_month:
        return date_format(period.first, "YEAR_MONTH_FORMAT")
    return _("%(year)d, quarter %(quarter)s") % {"year": period.first.year, "quarter": period.code[-1]}


class _Names:
    """What units are called."""

    def __init__(self) -> None:
        self._places, self._organisations = shown.Places(), shown.Organisations()

    def of(self, code: str, by: str) -> str:
        if code == NONE:
            return _("Not known") if by == "platform" else _("No place known")
        if by == "platform":
            return queries.platform_name(code)
        if by == "organisation":
            return self._organisations.short(code)
        known = self._places.name(code)
        return known.text if known else code


def _place(one: Ranked, found: Evaluation, names: _Names) -> Place:
    bounds = {"low": _percent(one.low), "high": _percent(one.high)}
    return Place(
        name=names.of(one.code, found.by),
        rank=_rank(one),
        share=_percent(one.value),
        interval=_("%(low)s to %(high)s") % bounds,
        counted=f"{one.part}/{one.whole}",
        picture=_picture(one),
    )


def _rank(one: Ranked) -> str:
    if not one.is_ranked:
        return ""
    return str(one.first) if one.first == one.last else f"{one.first}–{one.last}"


_PICTURE = (
    '<svg class="pq-interval" viewBox="0 0 {0} 14" width="{0}" height="14" aria-hidden="true" focusable="false">'
    '<rect class="g" x="0" y="6.5" width="{0}" height="1"/><rect class="i" x="{1}" y="4" width="{2}" height="6" rx="1"/>'
    '<rect class="v" x="{3}" y="1" width="2.5" height="12"/></svg>'
)


def _picture(one: Ranked) -> SafeString:
    """The interval as a bar on a line from none to all. The same stands in words beside it."""
    at = [round(x * (WIDTH - 3), 1) for x in (one.low, one.high - one.low, one.value)]
    return put(_PICTURE, WIDTH, at[0], max(at[1], 2), at[2])


def _percent(value: float) -> str:
    return f"{value:.1%}" if 0 < value < 1 else f"{value:.0%}"


# figures -------------------------------------------------------------------------------------------------------------


def _head(by: str) -> tuple[str, ...]:
    return (
        units()[by],
        pgettext("count", "Answers"),
        _("Answered in time"),
        _("Right at the first try"),
        pgettext("share", "Reopened"),
        pgettext("share", "Given back"),
        pgettext("share", "Objected to"),
        pgettext("share", "Satisfied"),
        _("Median time to the answer"),
    )


def _table(found: Evaluation, names: _Names) -> Table:
    head = _head(found.by)
    rows = [Row(name=names.of(one.code, found.by), href="", cells=_labelled(_cells(one), head)) for one in found.units]
    return Table(title=_("Figures"), head=head, rows=rows)


def _labelled(cells: Sequence[Cell], head: Sequence[str]) -> list[Cell]:
    return [replace(cell, label=label) for cell, label in zip(cells, head[1:], strict=True)]


SHARES = ("in-time", "first-time-right", "reopened", "returned", "objected", "satisfied")


def _cells(one: UnitFigures) -> list[Cell]:
    shares = [_share(one.share_of(name), *one.part_of(name)) for name in SHARES]
    return [Cell(text=one.answered), *shares, _time(one)]


def _share(found: Share | None, part: int, whole: int) -> Cell:
    if found is None:
        return Cell(text="—")
    bounds = {"low": round(found.low * 100), "high": round(found.high * 100)}
    return Cell(text=_percent(found.value), note=f"{part}/{whole} · {_('%(low)d to %(high)d %%') % bounds}")


def _time(one: UnitFigures) -> Cell:
    median = one.median
    if median is None:
        return Cell(text="—")
    bounds = {"low": _hours(median.low), "high": _hours(median.high), "n": one.hours.total()}
    return Cell(text=_hours(median.value), note=_("%(low)s to %(high)s, n = %(n)s") % bounds)


def _hours(hours: int) -> str:
    days, rest = divmod(hours, 24)
    return _("%(days)d d %(hours)d h") % {"days": days, "hours": rest} if days else _("%(n)d h") % {"n": rest}


def _figures(total: UnitFigures) -> Sequence[tuple[Cell, str]]:
    head = _head("organisation")
    return list(zip(_cells(total), head[1:], strict=True))


def definitions() -> Sequence[tuple[str, str]]:
    """What each figure means, in plain words."""
    return (
        (
            pgettext("count", "Answers"),
            _(
                "Matters that a unit led and answered in the period. What stands to the right is of these, if not said otherwise."
            ),
        ),
        (
            _("Answered in time"),
            _("The clock that the answer stopped had not run over. Pauses and granted extensions count for the unit."),
        ),
        (
            _("Right at the first try"),
            _("Never given back, never reopened, and nobody rated it 1 or 2, as of today."),
        ),
        (
            pgettext("share", "Reopened"),
            _(
                "The matter was reopened after this answer, as of today. Late answers of a period may still be reopened."
            ),
        ),
        (
            pgettext("share", "Given back"),
            _("Of the matters that were given to the unit in the period: it gave them back, citing a duty list."),
        ),
        (
            pgettext("share", "Objected to"),
            _("Of the matters that were given to the unit in the period: it objected to the dispatch."),
        ),
        (
            pgettext("share", "Satisfied"),
            _("Of the period's ratings, on the receipt's page or in a call-back: 4 or 5. Silence is not satisfaction."),
        ),
        (
            _("Median time to the answer"),
            _("Half of the answers came within this time after the unit got the matter, nights and weekends included."),
        ),
    )


# Excel ---------------------------------------------------------------------------------------------------------------


@never_cache
@login_required
@require_safe
def tables(request: HttpRequest) -> HttpResponse:
    """Figures, ranks and definitions as a workbook; numbers are numbers."""
    found, names = _asked(request), _Names()
    book, out = Workbook(write_only=True), BytesIO()
    _figures_sheet(book.create_sheet(_("Figures")), found, names)
    sheet = book.create_sheet(_("Ranks"))
    _put(
        sheet,
        (
            units()[found.by],
            _("First rank"),
            _("Last rank"),
            measures()[found.measure],
            _("out of"),
            _("Share"),
            *_bounds(),
        ),
    )
    for one in found.ranks:
        ranks = (one.first, one.last) if one.is_ranked else ("", "")
        name = names.of(one.code, found.by)
        _put(sheet, (name, *ranks, one.part, one.whole, one.value, one.low, one.high))
    sheet = book.create_sheet(_("What the figures mean"))
    for name, says in definitions():
        _put(sheet, (name, says))
    book.save(out)
    called_ = f"evaluation-{found.period.code}-{found.by}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{called_}"'}
    return HttpResponse(out.getvalue(), content_type=WORKBOOK, headers=headers)


def _bounds() -> tuple[str, str]:
    return _("Lower bound"), _("Upper bound")


def _figures_sheet(sheet: Any, found: Evaluation, names: _Names) -> None:
    head = _head(found.by)
    wide = [part for name in head[2:-1] for part in (name, _("out of"), _("Share"), *_bounds())]
    _put(sheet, (head[0], head[1], *wide, _("Median, hours"), *_bounds()))
    for one in found.units:
        cells: list[str | int | float] = [names.of(one.code, found.by), one.answered]
        for name in SHARES:
            told = one.share_of(name)
            cells += [*one.part_of(name), *((told.value, told.low, told.high) if told else ("", "", ""))]
        median = one.median
        cells += [median.value, median.low, median.high] if median else ["", "", ""]
        _put(sheet, cells)


def _put(sheet: Any, cells: Sequence[str | int | float]) -> None:
    sheet.append([inert(sheet, cell) if isinstance(cell, str) else cell for cell in cells])
