"""Lists of matters in Excel: an empty one to fill in, what a filled one says, and the wrong rows to be mended.

Rows are only read here; what they mean, casework decides (`services.look_at_list`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils.datetime import from_excel
from openpyxl.worksheet.datavalidation import DataValidation

from pianqu.composition.importing.cells import Formula
from pianqu.composition.importing.excel import excel_lines
from pianqu.composition.importing.workbook import inert, saved
from pianqu.foundation.errors import Invalid
from pianqu.foundation.reached import reached
from pianqu.foundation.tables import FORMS, Cell, Column
from pianqu.foundation.templatetags.ui import state_word
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework.queries import ListResult
from pianqu.rooms.casework.services import CHANNEL_WORDS, LIST_CHANNELS, LIST_COLUMNS, GoodRow, RowFault, SentRow
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

COLUMNS = {
    "number": "编号",
    "words": "诉求",
    "category": "类别",
    "community": "社区或网格",
    "landmark": "地点描述",
    "longitude": "经度",
    "latitude": "纬度",
    "contact": "联系电话",
    "channel": "渠道",
    "day": "发生日期",
}
"""Key → Chinese heading; the English heading is the key with a capital."""
WIDTHS = (16, 60, 20, 24, 30, 12, 12, 18, 12, 14)
LARGEST, UNPACKED, MOST = 5_000_000, 60_000_000, 2_000
HEAD_WITHIN, WIDEST = 5, 64
"""A title may stand above the heading; columns further right are not read."""
EXCERPT = 60
_TEXT, _DAY = "@", "yyyy-mm-dd"


def read(path: Path) -> tuple[SentRow, ...]:
    """The rows as they were written. Raises Invalid for a file that is no list at all."""
    if path.suffix.lower() not in {".xlsx", ".xlsm"}:
        raise Invalid("list-kind", _("This file is not Excel (.xlsx). Please save it as .xlsx and send it again."))
    if path.stat().st_size > LARGEST:
        raise Invalid("list-large", _("This file is too large: at most %(size)s MB.") % {"size": LARGEST // 1_000_000})
    optional = set(COLUMNS) - {"words", "category"}
    rows: list[SentRow] = []
    for number, cells in excel_lines(
        path,
        COLUMNS,
        optional=optional,
        formulas=True,
        unpacked=UNPACKED,
        head_within=HEAD_WITHIN,
        widest=WIDEST,
    ):
        row = _row(number, cells)
        if row.formulas or any(row.cells.values()):
            rows.append(row)
        if len(rows) > MOST:
            raise Invalid("list-long", _("At most 2 000 rows at once. Please split the list; nothing was taken in."))
    return tuple(rows)


def _row(number: int, cells: Mapping[str, object]) -> SentRow:
    formulas = tuple(name for name, value in cells.items() if isinstance(value, Formula))
    return SentRow(line=number, cells={name: _text(name, value) for name, value in cells.items()}, formulas=formulas)


def _text(name: str, value: object) -> str:
    if name == "day" and isinstance(value, int | float) and 20_000 < value < 80_000:
        value = from_excel(value)  # a day whose cell lost its format
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m-%d}"
    if isinstance(value, timedelta) or value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # telephone numbers that Excel keeps as numbers
    return str(value).replace("\x00", "").strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A right row as it will be taken in, in the reader's language; who can be reached is masked."""

    line: int
    number: str
    words: str
    category: str
    place: str
    contact: str
    channel: str
    day: date | None


def told(good: Sequence[GoodRow]) -> tuple[Told, ...]:
    """Right rows for people to look at: columns that slipped are seen here."""
    named = {card.code: card.name_en if _in_english() else card.name_zh for card in casework.categories()}
    places = dict(_places())
    return tuple(_told(one, named, places) for one in good)


def _told(one: GoodRow, named: Mapping[str, str], places: Mapping[str, str]) -> Told:
    opening, place = one.opening, one.opening.place
    point = f"{place.lon}, {place.lat}" if place.lon is not None else ""
    where = (places.get(place.community_code or "", place.community_code or ""), place.landmark or "", point)
    return Told(
        line=one.line,
        number=one.number,
        words=opening.words if len(opening.words) <= EXCERPT else f"{opening.words[:EXCERPT]}…",
        category=named.get(opening.category, opening.category),
        place=" · ".join(part for part in where if part),
        contact=reached(opening.contact).mask if opening.contact else "",
        channel=CHANNEL_WORDS[opening.channel][_in_english()],
        day=one.happened_date,
    )


# workbooks -----------------------------------------------------------------------------------------------------------


def template() -> bytes:
    """An empty list with an example, and a second sheet that says what may be written into it; in the reader's language."""
    book = Workbook()
    sheet = _headed(book, LIST_COLUMNS)
    today = f"{timezone.localdate():%Y-%m-%d}"
    category = casework.categories()[0]
    place = _places()[0][1] if _places() else ""
    known = category.name_en if _in_english() else category.name_zh
    channel = CHANNEL_WORDS["phone"][_in_english()]
    words, where = _("Example, please delete: the street lamp has been dark for three days."), _("by the bridge")
    sheet.append(["1", words, known, place, where, "", "", "13800000000", channel, today])
    other = book.create_sheet(_("What may be written"))
    columns = _offered()
    other.append([heading for heading, _words in columns])
    for at in range(max(len(words) for _heading, words in columns)):
        other.append([words[at] if at < len(words) else "" for _heading, words in columns])
    for cell, width in zip(other[1], (24, 28, 34, 18), strict=True):
        cell.font = Font(bold=True)
        other.column_dimensions[cell.column_letter].width = width
    other.freeze_panes = "A2"
    inert(other)
    _offer(sheet, "category", other, "A", len(columns[0][1]))
    _offer(sheet, "channel", other, "D", len(columns[3][1]))
    inert(sheet)
    return saved(book)


def wrong_rows(rows: Iterable[SentRow], faults: Sequence[RowFault]) -> bytes:
    """The rows that could not be taken in, as they were written, each with what is wrong with it in the last column."""
    book = Workbook()
    sheet = _headed(book, LIST_COLUMNS)
    last = sheet.cell(row=1, column=len(LIST_COLUMNS) + 1, value=_("What is wrong there"))
    last.font = Font(bold=True)
    sheet.column_dimensions[last.column_letter].width = 60
    names = headings()
    said: dict[int, list[str]] = {}
    for fault in faults:
        said.setdefault(fault.line, []).append(
            _("%(column)s: %(sentence)s") % {"column": names[fault.column], "sentence": fault.sentence}
        )
    for row in rows:
        if row.line in said:
            sheet.append([*(row.cells.get(name, "")[:32_000] for name in LIST_COLUMNS), " ".join(said[row.line])])
    inert(sheet)
    return saved(book)


def results(found: Iterable[ListResult]) -> bytes:
    """What became of the rows of a list, each by its source's own number. No words: those need a purpose."""
    columns = [
        Column(name="number", heading=headings()["number"]),
        Column(name="day", heading=headings()["day"]),
        Column(name="code", heading=_("Code")),
        Column(name="state", heading=_("State")),
        Column(name="lead", heading=_("Lead")),
        Column(name="opened_at", heading=_("Came in at"), kind="moment"),
        Column(name="due_at", heading=_("Due at"), kind="moment"),
        Column(name="resolved_at", heading=_("Resolved at"), kind="moment"),
        Column(name="score", heading=_("Score"), kind="whole"),
    ]
    names = {card.code: card for card in directory.every_organisation()}
    out = BytesIO()
    table = FORMS["xlsx"].begin(out, columns, _("What became of them"))
    table.add([_result(one, names) for one in found])
    table.finish()
    return out.getvalue()


def _result(one: ListResult, names: Mapping[str, directory.OrganisationCard]) -> tuple[Cell, ...]:
    lead = names.get(one.lead_code)
    called = (lead.name_en if _in_english() else lead.short_name) or lead.name if lead else one.lead_code
    day = one.happened_date.isoformat() if one.happened_date else ""
    return (
        one.number,
        day,
        one.code,
        state_word(one.state),
        called,
        one.opened_at,
        one.due_at,
        one.resolved_at,
        one.score,
    )


def headings() -> dict[str, str]:
    """What the columns are called in the reader's language; either language is understood in a file."""
    return {name: name.capitalize() if _in_english() else zh for name, zh in COLUMNS.items()}


def _in_english() -> bool:
    return (get_language() or "").startswith("en")


def _headed(book: Any, names: Sequence[str]) -> Any:
    sheet = book.active
    sheet.title = _("Matters")
    called = headings()
    sheet.append([called[name] for name in names])
    for cell, name, width in zip(sheet[1], names, WIDTHS, strict=True):
        cell.font, cell.alignment = Font(bold=True), Alignment(vertical="top")
        column = sheet.column_dimensions[cell.column_letter]
        column.width, column.number_format = width, _DAY if name == "day" else _TEXT
    sheet.freeze_panes = "A2"
    return sheet


def _offer(sheet: Any, name: str, other: Any, letter: str, many: int) -> None:
    """A cell of this column offers the words of the second sheet."""
    title = other.title.replace("'", "''")
    offered = DataValidation(
        type="list", formula1=f"'{title}'!${letter}$2:${letter}${many + 1}", allow_blank=True, showErrorMessage=False
    )
    at = sheet.cell(row=1, column=LIST_COLUMNS.index(name) + 1).column_letter
    sheet.add_data_validation(offered)
    offered.add(f"{at}2:{at}{MOST + 1}")


def _offered() -> list[tuple[str, list[str]]]:
    names = headings()
    return [
        (names["category"], [card.name_en if _in_english() else card.name_zh for card in casework.categories()]),
        (_("Code of the place"), [code for code, _name in _places()] or [""]),
        (names["community"], [name for _code, name in _places()] or [""]),
        (names["channel"], [CHANNEL_WORDS[code][_in_english()] for code in LIST_CHANNELS]),
    ]


def _places() -> list[tuple[str, str]]:
    """Communities, then cells of the grid, by the name that a row may use; where that is several's, the code alone is."""
    found = [
        (place.code, (street.street.short_name or street.street.name) + (place.short_name or place.name))
        for street in territory.community_choices()
        for place in street.communities
    ]
    return found + [(cell.code, cell.name) for cell in territory.cells(on=timezone.localdate())]
