"""`pianqu import points`: service points from a table (Excel or CSV), with every bad line by number and reason.

Columns: code 编码, name 名称, kind 类别, place 地方 (a community's or street's code), organisation 运行机构 (code or name); and,
where known, name_en, address, lon, lat, phone, accessible, and hours: one column a weekday, or `weekdays` and `weekend`.
"""

import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.composition.importing import table
from pianqu.composition.importing.cells import Bad, Line, by_name, one, position, text
from pianqu.composition.importing.table import Fault
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.foundation.installation import installation
from pianqu.kernels import opening
from pianqu.kernels.opening import Spans
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewPoint

LARGEST = 5_000_000
NEEDED = {"code": "编码", "name": "名称", "kind": "类别", "place": "地方", "organisation": "运行机构"}
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
HOURS = dict(zip(WEEK, ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), strict=True))
OPTIONAL = {
    "name_en": "英文名称",
    "address": "地址",
    "lon": "经度",
    "lat": "纬度",
    "phone": "电话",
    "accessible": "无障碍",
    "weekdays": "工作日",
    "weekend": "周末",
    **HOURS,
}
KINDS = {
    "centre": ("片区中心", "党群服务中心"),
    "window": ("便民窗口", "便民服务中心"),
    "mediation": ("调解室",),
    "care": ("居家养老", "养老服务"),
    "health": ("卫生服务",),
    "culture": ("文化站", "文化礼堂"),
}
YES, NO = frozenset({"1", "yes", "true", "是", "有"}), frozenset({"", "0", "no", "false", "否", "无"})


def read_lines(path: Path) -> list[Line]:
    """The lines with their numbers. Raises Invalid for a file that is no such table."""
    return table.lines(path, NEEDED, OPTIONAL, largest=LARGEST)


def checked(lines: list[Line], *, crs: str) -> tuple[list[NewPoint], list[Fault]]:
    """Points that fit, and every line that does not with its first reason."""
    bodies = [card for card in directory.every_organisation() if not card.ended]
    names = by_name((card.code, (card.name, card.short_name)) for card in bodies)
    kinds = by_name((code, words) for code, words in KINDS.items())
    running = {card.code for card in bodies}
    good: dict[str, NewPoint] = {}
    faults: list[Fault] = []
    for number, cells in lines:
        try:
            point = _point(cells, names, kinds, crs)
            if point.code in good:
                raise Bad(_("the code stands on an earlier line already"))
            services.check_point(point, running=running)
            good[point.code] = point
        except Bad as bad:
            faults.append(Fault(number=number, reason=str(bad)))
        except Problem as problem:
            faults.append(Fault(number=number, reason=problem.message))
    return list(good.values()), faults


def _point(
    cells: Mapping[str, object], bodies: Mapping[str, set[str]], kinds: Mapping[str, set[str]], crs: str
) -> NewPoint:
    lon, lat = position(cells, crs) or (None, None)
    accessible = text(cells, "accessible").lower()
    if accessible not in YES | NO:
        raise Bad(_("“%(text)s” is neither yes nor no.") % {"text": accessible[:40]})
    return NewPoint(
        code=text(cells, "code"),
        name=text(cells, "name"),
        kind=one(text(cells, "kind"), kinds, (_("The kind is missing."), _("“%(text)s” is no kind of service point."))),
        place_code=text(cells, "place"),
        organisation_code=one(
            text(cells, "organisation"),
            bodies,
            (_("The organisation is missing."), _("There is no organisation %(text)s.")),
        ),
        name_en=text(cells, "name_en"),
        address=text(cells, "address"),
        lon=lon,
        lat=lat,
        phone=text(cells, "phone"),
        accessible=accessible in YES,
        weekly=tuple(_hours(cells, name, number) for number, name in enumerate(WEEK)),
    )


def _hours(cells: Mapping[str, object], name: str, weekday: int) -> Spans:
    written = text(cells, name) or text(cells, "weekend" if weekday > 4 else "weekdays")
    try:
        return opening.read(written)
    except opening.WrongHours:
        raise Bad(_("“%(text)s” are no opening hours. Please write 08:30-12:00, 14:00-17:30.") % {"text": written[:40]})


def run(path: Path, *, valid_from: date | None, skip_bad: bool, dry_run: bool, crs: str) -> int:
    """Check the table and open its points; 1 when a bad line stopped it."""
    day = valid_from or timezone.localdate()
    points, faults = checked(read_lines(path), crs=crs)
    sys.stdout.writelines(table.said(path, faults))
    if faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(points)} service points can be taken 可导入.\n")
        return 0
    actor = Actor(kind="system", organisation_code=installation().district_code)
    added = services.open_points(actor=actor, items=points, valid_from=day, now=timezone.now())
    sys.stdout.write(f"{added} service points opened 新增, {len(points) - added} there already 已有.\n")
    return 0
