"""`pianqu import buildings`: how many households each building has, from a table; the whole roll takes the last one's place.

Columns: code 楼栋编码, name 名称, lon 经度, lat 纬度, households 户数; community 社区 (code or name) where the point does not
say it, and population 人数 where people were counted.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext as _

from pianqu.composition.importing import table
from pianqu.composition.importing.cells import Bad, Line, by_name, one, position, text
from pianqu.composition.importing.table import Fault
from pianqu.composition.importing.workbook import table as write
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewBuilding

LARGEST = 40_000_000
NEEDED = {"code": "楼栋编码", "name": "名称", "lon": "经度", "lat": "纬度", "households": "户数"}
OPTIONAL = {"community": "社区", "population": "人数"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """What a table says: the buildings that can be taken in, and what is wrong with the other lines."""

    good: tuple[NewBuilding, ...]
    faults: tuple[Fault, ...]

    @property
    def households(self) -> int:
        return sum(building.households for building in self.good)


def read(path: Path, *, crs: str = "WGS84") -> Roll:
    """The table, checked against this installation. Raises Invalid for a file that is no such table."""
    return checked(table.lines(path, NEEDED, OPTIONAL, largest=LARGEST), crs=crs)


def checked(lines: list[Line], *, crs: str = "WGS84") -> Roll:
    """Buildings that fit, and every line that does not with its first reason."""
    places = [place for place in territory.places().values() if place.level == "community"]
    names = by_name((place.code, (place.name, place.short_name)) for place in places)
    found: list[tuple[int, NewBuilding]] = []
    faults: list[Fault] = []
    for number, cells in lines:
        try:
            found.append((number, _building(cells, names, crs)))
        except Bad as bad:
            faults.append(Fault(number=number, reason=str(bad)))
    wrong = dict(services.building_faults([building for _number, building in found]))
    faults += [Fault(number=number, reason=wrong[one.code]) for number, one in found if one.code in wrong]
    good = tuple(building for _number, building in found if building.code not in wrong)
    return Roll(good=good, faults=tuple(sorted(faults, key=lambda fault: fault.number)))


def _building(cells: Mapping[str, object], names: Mapping[str, set[str]], crs: str) -> NewBuilding:
    place = position(cells, crs)
    if place is None:
        raise Bad(_("Longitude and latitude are missing."))
    lon, lat = place
    return NewBuilding(
        code=text(cells, "code"),
        name=text(cells, "name"),
        community_code=_community(cells, names, lon, lat),
        lon=lon,
        lat=lat,
        households=_count(cells, "households"),
        population=_count(cells, "population") if text(cells, "population") else None,
    )


def _community(cells: Mapping[str, object], names: Mapping[str, set[str]], lon: float, lat: float) -> str:
    """What is written, else where the point lies."""
    if written := text(cells, "community"):
        return one(written, names, ("", _("There is no community %(text)s.")))
    found = territory.placing(code=None, lon=lon, lat=lat)
    if found.place is None:
        if territory.looks_swapped(lon, lat):
            raise Bad(_("Longitude and latitude seem to be exchanged."))
        raise Bad(_("The point lies in no community of the district."))
    return found.place.code


def _count(cells: Mapping[str, object], name: str) -> int:
    written = text(cells, name)
    if not (written.isascii() and written.isdigit() and len(written) < 9):
        raise Bad(_("“%(text)s” is no count.") % {"text": written[:40]})
    return int(written)


def take(found: Roll, *, source: str, actor: Actor | None = None, now: datetime) -> None:
    """Put the roll in the place of the last one, as the installation itself unless somebody did it. Raises Problem."""
    actor = actor or Actor(kind="system", organisation_code=installation().district_code)
    services.take_in_buildings(actor=actor, items=found.good, source=source, now=now)


def workbook() -> bytes:
    """The roll that counts, as a table that can be changed and taken in again."""
    rows = [
        (
            card.code,
            card.name,
            card.community_code,
            *map(str, (card.lon, card.lat, card.households)),
            _known(card.population),
        )
        for card in territory.buildings()
    ]
    widths = {"楼栋编码": 20, "名称": 24, "社区": 16, "经度": 14, "纬度": 14, "户数": 8, "人数": 8}
    return write("楼栋户数表", widths, rows, words={})


def _known(count: int | None) -> str:
    return "" if count is None else str(count)


def run(path: Path, *, crs: str, source: str, skip_bad: bool, dry_run: bool) -> int:
    """Check the table and take it in; 1 when a bad line stopped it."""
    found = read(path, crs=crs)
    sys.stdout.writelines(table.said(path, found.faults))
    if found.faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    told = f"{len(found.good)} buildings 楼栋, {found.households} households 户"
    if dry_run:
        sys.stdout.write(f"{told}: can be taken 可导入.\n")
        return 0
    take(found, source=source or path.stem, now=timezone.now())
    sys.stdout.write(f"{told}: taken in 已录入.\n")
    return 0
