"""`pianqu import organisations`: organisations from a table (Excel or CSV), with every bad line by number and reason.

Columns: code 编码, kind 类别, name 名称; and, where they apply, short_name 简称, name_en 英文名称, parent 上级, serves 服务机构
(the street, town or centre of a station), areas 服务范围 (codes of streets or communities, 、 between). A superior may stand
further down.
`--with-places` first enters an organisation for each street, town, community and village of the place tree that has none.
"""

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.composition.importing import table
from pianqu.composition.importing.cells import Bad, Line, by_name, one, text
from pianqu.composition.importing.table import Fault
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Problem
from pianqu.foundation.installation import installation
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory import services
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.territory import queries as territory

LARGEST = 5_000_000
NEEDED = {"code": "编码", "kind": "类别", "name": "名称"}
OPTIONAL = {
    "short_name": "简称",
    "name_en": "英文名称",
    "parent": "上级",
    "serves": "服务机构",
    "areas": "服务范围",
}
KINDS = {
    "centre": ("中心", "社会治理中心", "片区中心"),
    "street": ("街道",),
    "town": ("镇",),
    "community": ("社区",),
    "village": ("村",),
    "department": ("部门", "委办局"),
    "station": ("站所", "派出机构"),
    "party": ("党组织",),
    "social": ("社会组织",),
    "property": ("物业", "物业企业"),
    "owners_committee": ("业委会", "业主委员会"),
}
LONGEST = {"name": 80, "short_name": 40, "name_en": 120}
_CODE = re.compile(r"[0-9a-z][0-9a-z-]{1,31}")
_BETWEEN = re.compile(r"[\s、，,;；]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A line that fits, and the ground that it works on."""

    number: int
    organisation: NewOrganisation
    areas: tuple[str, ...]


def checked(lines: list[Line], *, known: Mapping[str, str]) -> tuple[list[Body], list[Fault]]:
    """What can be taken, superiors before those beneath; and every line that cannot, with its first reason.

    `known` are codes that are there already, with their kinds. What stands beneath a bad line is bad too.
    """
    kinds = by_name((code, words) for code, words in KINDS.items())
    read: dict[str, Body] = {}
    faults: list[Fault] = []
    for number, cells in lines:
        try:
            body = _body(number, cells, kinds)
            if body.organisation.code in read:
                raise Bad(_("the code stands on an earlier line already"))
            read[body.organisation.code] = body
        except Bad as bad:
            faults.append(Fault(number=number, reason=str(bad)))
    good: dict[str, Body] = {}
    for body in read.values():
        try:
            _place(body, read, known, good, ())
        except Bad as bad:
            faults.append(Fault(number=body.number, reason=str(bad)))
    return list(good.values()), sorted(faults, key=lambda fault: fault.number)


def _body(number: int, cells: Mapping[str, object], kinds: Mapping[str, set[str]]) -> Body:
    code, name = text(cells, "code").lower(), text(cells, "name")
    if not _CODE.fullmatch(code):
        raise Bad(_("“%(text)s” is no code: 2 to 32 letters, digits and hyphens.") % {"text": code[:40]})
    if not name:
        raise Bad(_("The name of the organisation is missing."))
    for column, longest in LONGEST.items():
        if len(text(cells, column)) > longest:
            raise Bad(_("%(column)s has more than %(longest)s characters.") % {"column": column, "longest": longest})
    missing = (_("The kind is missing."), _("“%(text)s” is no kind of organisation."))
    return Body(
        number=number,
        organisation=NewOrganisation(
            code=code,
            kind=one(text(cells, "kind"), kinds, missing),
            name=name,
            short_name=text(cells, "short_name") or name[:40],
            name_en=text(cells, "name_en"),
            parent_code=text(cells, "parent").lower() or installation().district_code,
            serves_code=text(cells, "serves").lower(),
        ),
        areas=tuple(part for part in _BETWEEN.split(text(cells, "areas")) if part),
    )


def _place(
    body: Body, read: Mapping[str, Body], known: Mapping[str, str], good: dict[str, Body], below: tuple[str, ...]
) -> None:
    """Put the line among the good ones, what it needs first. Raises Bad."""
    it = body.organisation
    if it.code in good:
        return
    if it.code in below:
        raise Bad(_("The reporting line goes round in a circle: %(line)s.") % {"line": " → ".join((*below, it.code))})
    for code, missing in (
        (it.parent_code, _("There is no superior %(code)s.")),
        (it.serves_code, _("There is no organisation %(code)s that it could serve.")),
    ):
        if code and code not in known and code not in read:
            raise Bad(missing % {"code": code})
        if code in read:
            _place(read[code], read, known, good, (*below, it.code))
    _check(body)
    good[it.code] = body


def _check(body: Body) -> None:
    it = body.organisation
    if it.kind == "station" and not it.serves_code:
        raise Bad(_("A station needs the street, town or centre that it serves."))
    if it.kind != "station" and it.serves_code:
        raise Bad(_("Only a station serves another organisation."))
    if unknown := [code for code in body.areas if code not in territory.places()]:
        raise Bad(_("There is no place %(code)s.") % {"code": unknown[0]})


def from_places() -> list[NewOrganisation]:
    """An organisation for each place that has none: streets and towns beneath the district, the others beneath them."""
    there = {card.code for card in directory.every_organisation()}
    district = installation().district_code
    made = []
    for place in sorted(territory.places().values(), key=lambda place: (place.level == "community", place.code)):
        if place.code in there or place.level not in {"street", "community"}:
            continue
        made.append(
            NewOrganisation(
                code=place.code,
                kind=_kind(place.level, place.code, place.name),
                name=place.name,
                short_name=(place.short_name or place.name)[:40],
                name_en=place.name_en,
                parent_code=place.parent_code if place.level == "community" else district,
            )
        )
    return made


def _kind(level: str, code: str, name: str) -> str:
    """Village committees are numbered from 200 on (统计用区划代码和城乡划分代码编制规则)."""
    if level == "street":
        return "town" if name.endswith(("镇", "乡")) else "street"
    return "community" if int(code[9:]) < 200 else "village"


def run(path: Path, *, valid_from: date | None, skip_bad: bool, dry_run: bool, with_places: bool) -> int:
    """Check the table and enter its organisations; 1 when a bad line stopped it."""
    day = valid_from or timezone.localdate()
    grounds = from_places() if with_places else []
    known = {card.code: card.kind for card in directory.every_organisation() if not card.ended}
    known |= {item.code: item.kind for item in grounds}
    bodies, faults = checked(table.lines(path, NEEDED, OPTIONAL, largest=LARGEST), known=known)
    sys.stdout.writelines(table.said(path, faults))
    if faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(bodies)} organisations can be taken 可导入, {len(grounds)} from places 来自区划.\n")
        return 0
    try:
        added = _enter(actor=_system(), grounds=grounds, bodies=bodies, valid_from=day, now=timezone.now())
    except Problem as problem:
        sys.stdout.write(f"{problem.message}\nNothing was imported 未导入.\n")
        return 1
    already = len(bodies) + len(grounds) - added
    sys.stdout.write(f"{added} organisations entered 新增, {already} there already 已有.\n")
    return 0


def _system() -> Actor:
    return Actor(kind="system", organisation_code=installation().district_code)


@verb
def _enter(*, actor: Actor, grounds: list[NewOrganisation], bodies: list[Body], valid_from: date, now: datetime) -> int:
    """All of them with their ground, or none."""
    items = [*grounds, *(body.organisation for body in bodies)]
    added = services.add_organisations(actor=actor, items=items, valid_from=valid_from, now=now)
    for body in bodies:
        if body.areas:
            services.serve_areas(
                actor=actor,
                organisation_code=body.organisation.code,
                area_codes=list(body.areas),
                valid_from=valid_from,
                now=now,
            )
    return added
