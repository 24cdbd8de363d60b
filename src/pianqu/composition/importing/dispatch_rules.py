"""Rules of dispatch as a table: a line is a rule, in their order; several values stand in one cell, separated by commas.

Columns: name 名称, category 类别, area 街镇社区, cell 网格, channel 渠道, weekday 星期, time 时间 (08:00-18:00), words 关键词,
returned_by 退回单位, lead 主办, helpers 协办, template 模板, nature 性质, automatic 自动 (是), code 编号.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.utils.translation import gettext as _

from pianqu.composition.importing import table
from pianqu.composition.importing.cells import Bad, Line, by_name, one, text
from pianqu.composition.importing.table import Fault
from pianqu.composition.importing.workbook import table as write
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services
from pianqu.rooms.casework.queries import RuleRow
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory

LARGEST = 2_000_000
NEEDED = {"lead": "主办"}
OPTIONAL = {
    "name": "名称",
    "category": "类别",
    "area": "街镇社区",
    "cell": "网格",
    "channel": "渠道",
    "weekday": "星期",
    "time": "时间",
    "words": "关键词",
    "returned_by": "退回单位",
    "helpers": "协办",
    "template": "模板",
    "nature": "性质",
    "automatic": "自动",
    "code": "编号",
}
WEEKDAYS = {"1": "周一", "2": "周二", "3": "周三", "4": "周四", "5": "周五", "6": "周六", "7": "周日"}
NATURES = {"enquiry": "咨询", "help": "求助", "complaint": "投诉举报建议", "urgent": "紧急"}
CHANNELS = {
    "portal": "网上",
    "phone": "电话",
    "window": "窗口",
    "department": "部门",
    "open311": "Open311",
    "district": "外区",
    "import": "导入",
}
YES = frozenset({"是", "yes", "1", "true", "自动"})
NO = frozenset({"", "否", "no", "0", "false"})
_SPLIT = re.compile(r"[,，;；、\n]+")
_TIME = re.compile(r"(\d{1,2}:\d{2})\s*[-–—~至到]\s*(\d{1,2}:\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Rules that can be taken, and what is wrong with the other lines."""

    good: tuple[RuleRow, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """Names and codes of everything that a line may name."""

    categories: Mapping[str, set[str]]
    areas: Mapping[str, set[str]]
    cells: Mapping[str, set[str]]
    organisations: Mapping[str, set[str]]
    templates: Mapping[str, set[str]]
    channels: Mapping[str, set[str]]
    weekdays: Mapping[str, set[str]]
    natures: Mapping[str, set[str]]


def _known(on: date) -> _Known:
    ground = territory.ground(on=on)
    living = [card for card in casework.templates().cards.values() if not card.ended]
    return _Known(
        categories=by_name((card.code, (card.name_zh, card.name_en)) for card in casework.categories()),
        areas=by_name((code, (card.name, card.short_name)) for code, card in ground.places.items()),
        cells=by_name((cell.code, (cell.name,)) for cell in territory.cells(on=on)),
        organisations=by_name((card.code, (card.name, card.short_name)) for card in directory.all_organisations(on=on)),
        templates=by_name((card.code, (card.name,)) for card in living),
        channels=by_name((code, (name,)) for code, name in CHANNELS.items()),
        weekdays=by_name((code, (name,)) for code, name in WEEKDAYS.items()),
        natures=by_name((code, (name,)) for code, name in NATURES.items()),
    )


def read(path: Path, *, on: date) -> Rules:
    """The table, checked against this installation. Raises Invalid for a file that is no such table."""
    return checked(table.lines(path, NEEDED, OPTIONAL, largest=LARGEST), on=on)


def checked(lines: list[Line], *, on: date) -> Rules:
    """Rules that fit, and every line that does not with its reason."""
    known, world = _known(on), casework.world(on)
    good: dict[str, RuleRow] = {}
    faults: list[Fault] = []
    for number, cells in lines:
        try:
            row = _row(number, cells, known)
            if row.code in good:
                raise Bad(_("an earlier line has the number “%(code)s” already") % {"code": row.code})
            casework.check_row(row, world)
            good[row.code] = row
        except Bad as bad:
            faults.append(Fault(number=number, reason=str(bad)))
        except Invalid as invalid:
            faults.append(Fault(number=number, reason=invalid.message))
    return Rules(good=tuple(good.values()), faults=tuple(faults))


def _row(number: int, cells: Mapping[str, object], known: _Known) -> RuleRow:
    since, until = _time(text(cells, "time"))
    automatic = text(cells, "automatic").casefold()
    if automatic not in YES | NO:
        raise Bad(_("“%(text)s” is neither yes nor no.") % {"text": automatic[:40]})
    return RuleRow(
        code=text(cells, "code")[:40] or f"r{number}",
        name=text(cells, "name")[:40],
        categories=_each(cells, "category", known.categories, _("“%(text)s” is no category.")),
        areas=_each(cells, "area", known.areas, _("“%(text)s” is no street or community.")),
        cells=_each(cells, "cell", known.cells, _("“%(text)s” is no cell.")),
        channels=_each(cells, "channel", known.channels, _("“%(text)s” is no channel.")),
        weekdays=tuple(
            int(code) for code in _each(cells, "weekday", known.weekdays, _("“%(text)s” is no day of the week."))
        ),
        since=since,
        until=until,
        words=tuple(_values(text(cells, "words"))),
        returned_by=_each(cells, "returned_by", known.organisations, _("“%(text)s” is no organisation.")),
        lead=next(iter(_each(cells, "lead", known.organisations, _("“%(text)s” is no organisation."))), ""),
        helpers=_each(cells, "helpers", known.organisations, _("“%(text)s” is no organisation.")),
        template=next(iter(_each(cells, "template", known.templates, _("“%(text)s” is no template."))), ""),
        nature=next(iter(_each(cells, "nature", known.natures, _("“%(text)s” is no kind of matter."))), ""),
        automatic=automatic in YES,
    )


def _values(cell: str) -> Iterable[str]:
    return (value.strip() for value in _SPLIT.split(cell) if value.strip())


def _each(cells: Mapping[str, object], name: str, known: Mapping[str, set[str]], wrong: str) -> tuple[str, ...]:
    return tuple(one(value, known, (wrong, wrong)) for value in _values(text(cells, name)))


def _time(written: str) -> tuple[str, str]:
    if not written:
        return "", ""
    found = _TIME.fullmatch(written)
    if found is None:
        raise Bad(_("“%(text)s” is no time like 08:00-18:00.") % {"text": written[:40]})
    return f"{found[1]:0>5}", f"{found[2]:0>5}"


def take(found: Rules, *, actor: Actor, now: datetime) -> int:
    """The good lines are the draft: the one there is says this from now on, or a new one is begun. Answers its number."""
    if not found.good:
        raise Invalid("list-empty", _("No line of the list can be taken. Nothing was changed."))
    return services.take_rules(actor=actor, rows=found.good, now=now)


def workbook(rows: Iterable[RuleRow], *, on: date) -> bytes:
    """Rules as a table that can be taken in again."""
    ground = territory.ground(on=on)
    categories = {card.code: card.name_zh for card in casework.categories()}
    living = {card.code: card.name for card in casework.templates().cards.values()}

    def named(codes: Iterable[str], names: Mapping[str, str]) -> str:
        return "、".join(names.get(code, code) for code in codes)

    columns = {**OPTIONAL, **NEEDED}
    order = (
        *("name", "category", "area", "cell", "channel", "weekday", "time", "words", "returned_by", "lead"),
        *("helpers", "template", "nature", "automatic", "code"),
    )
    lines = [
        (
            row.name,
            named(row.categories, categories),
            named(row.areas, _once({code: card.name for code, card in ground.places.items()})),
            "、".join(row.cells),
            named(row.channels, CHANNELS),
            named(map(str, row.weekdays), WEEKDAYS),
            f"{row.since}-{row.until}" if row.since else "",
            "、".join(row.words),
            "、".join(row.returned_by),
            row.lead,
            "、".join(row.helpers),
            named([row.template], living) if row.template else "",
            NATURES.get(row.nature, row.nature),
            "是" if row.automatic else "",
            row.code,
        )
        for row in rows
    ]
    widths = (20, 20, 20, 16, 12, 16, 14, 24, 20, 20, 24, 18, 14, 8, 14)
    head = {columns[key]: width for key, width in zip(order, widths, strict=True)}
    return write("派单规则", head, lines, words={"性质": list(NATURES.values()), "自动": ["是", "否"]})


def _once(names: Mapping[str, str]) -> Mapping[str, str]:
    """Names that only one place has; others are written as their codes."""
    counts: dict[str, int] = {}
    for name in names.values():
        counts[name] = counts.get(name, 0) + 1
    return {code: name for code, name in names.items() if counts[name] == 1}
