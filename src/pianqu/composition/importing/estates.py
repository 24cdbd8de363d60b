"""`pianqu import estates`: estates with their companies and committees from a table, with every bad line by number and reason.

Columns: code 编码, name 名称, community 社区 (name or code); and, where known, company 物业企业 and owners 业主委员会 (name or
code), their office telephones, cells 网格 and buildings 楼栋 (codes, separated by 、 or commas). No cells: the buildings tell.
"""

import re
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.composition.importing import table
from pianqu.composition.importing.cells import Bad, Line, by_name, one, text
from pianqu.composition.importing.table import Fault
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewEstate

LARGEST = 5_000_000
NEEDED = {"code": "编码", "name": "名称", "community": "社区"}
OPTIONAL = {
    "company": "物业企业",
    "owners": "业主委员会",
    "company_phone": "物业电话",
    "owners_phone": "业委会电话",
    "committee_phone": "居委会电话",
    "cells": "网格",
    "buildings": "楼栋",
}
_BETWEEN = re.compile(r"[\s,，、;；]+")
Known = Mapping[str, set[str]]


def read_lines(path: Path) -> list[Line]:
    """The lines with their numbers. Raises Invalid for a file that is no such table."""
    return table.lines(path, NEEDED, OPTIONAL, largest=LARGEST)


def checked(lines: list[Line], *, on: date) -> tuple[list[NewEstate], list[Fault]]:
    """Estates that fit, and every line that does not with its first reason."""
    places = [card for card in territory.places().values() if card.level == "community"]
    communities = by_name((card.code, (card.name, card.short_name)) for card in places)
    companies, committees = _bodies("property"), _bodies("owners_committee")
    read: dict[int, NewEstate] = {}
    faults: list[Fault] = []
    for number, cells in lines:
        try:
            read[number] = _estate(cells, communities, companies, committees)
        except Bad as bad:
            faults.append(Fault(number=number, reason=str(bad)))
    wrong = dict(services.estate_faults(list(read.values()), on=on))
    faults += [Fault(number=number, reason=wrong[item.code]) for number, item in read.items() if item.code in wrong]
    good = [item for item in read.values() if item.code not in wrong]
    return good, sorted(faults, key=lambda fault: fault.number)


def _bodies(kind: str) -> dict[str, set[str]]:
    bodies = directory.all_organisations(kind)
    return by_name((card.code, (card.name, card.short_name)) for card in bodies)


def _estate(cells: Mapping[str, object], communities: Known, companies: Known, committees: Known) -> NewEstate:
    missing = _("The community is missing."), _("There is no community %(text)s.")
    return NewEstate(
        code=text(cells, "code"),
        name=text(cells, "name"),
        community_code=one(text(cells, "community"), communities, missing),
        property_code=_maybe(text(cells, "company"), companies, _("There is no property company %(text)s.")),
        owners_code=_maybe(text(cells, "owners"), committees, _("There is no owners' committee %(text)s.")),
        property_phone=text(cells, "company_phone"),
        owners_phone=text(cells, "owners_phone"),
        committee_phone=text(cells, "committee_phone"),
        cell_codes=_codes(text(cells, "cells")),
        building_codes=_codes(text(cells, "buildings")),
    )


def _maybe(written: str, known: Known, unknown: str) -> str:
    return one(written, known, ("", unknown)) if written else ""


def _codes(written: str) -> list[str]:
    return [code for code in _BETWEEN.split(written) if code]


def run(path: Path, *, valid_from: date | None, skip_bad: bool, dry_run: bool) -> int:
    """Check the table and set its estates; 1 when a bad line stopped it."""
    day = valid_from or timezone.localdate()
    items, faults = checked(read_lines(path), on=day)
    sys.stdout.writelines(table.said(path, faults))
    if faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(items)} estates can be taken 可导入.\n")
        return 0
    actor = Actor(kind="system", organisation_code=installation().district_code)
    changed = services.set_estates(actor=actor, items=items, valid_from=day, now=timezone.now())
    sys.stdout.write(f"{changed} estates set 已设定, {len(items) - changed} stood so already 无变化.\n")
    return 0
