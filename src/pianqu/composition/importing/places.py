"""`pianqu import places`: the tree of statistical codes from a table, with every bad line by number and reason.

Columns: code (12 digits, or 9 for a street), name; and short_name, name_en, lon, lat where they are known. A community's street
is the first nine digits of its code (统计用区划代码和城乡划分代码编制规则); one that street_name names needs no line.
"""

import csv
import io
import math
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from django.utils import timezone

from pianqu.composition.importing import table
from pianqu.composition.importing.table import Fault
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Invalid
from pianqu.foundation.installation import installation
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services
from pianqu.rooms.territory.services import NewPlace

LARGEST = 20_000_000
VILLAGES_FROM = 200
"""Village committees are numbered from here on."""


def read_table(path: Path) -> list[tuple[int, Mapping[str, str]]]:
    """The lines with their numbers. Raises Invalid for a file that is no such table."""
    if not path.is_file():
        raise Invalid("places-absent", f"There is no file {path}.")
    if path.stat().st_size > LARGEST:
        raise Invalid("places-large", f"{path.name} is larger than {LARGEST // 1_000_000} MB.")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        text = path.read_bytes().decode("gb18030", "replace")
    reader = csv.DictReader(io.StringIO(text))
    if not {"code", "name"} <= set(reader.fieldnames or ()):
        raise Invalid("places-columns", f"{path.name} needs the columns code and name 需要 code、name 两列.")
    return [(number, {key: value or "" for key, value in row.items() if key}) for number, row in enumerate(reader, 2)]


def checked(
    lines: list[tuple[int, Mapping[str, str]]], *, district: str, known: set[str]
) -> tuple[list[NewPlace], list[Fault]]:
    """Places in the order streets, communities; and every line that is wrong. `known` are codes that are there already."""
    faults: list[Fault] = []
    good: dict[str, NewPlace] = {}
    first: dict[str, int] = {}
    streets = known | {_twelve(row["code"]) for _number, row in lines if _twelve(row["code"]).endswith("000")}
    lines = [*_named_streets(lines, streets), *lines]
    streets |= {_twelve(row["code"]) for _number, row in lines if _twelve(row["code"]).endswith("000")}
    for number, row in lines:
        code = _twelve(row["code"])
        reason = _fault(code, row, district, streets)
        if not reason and code in first:
            reason = f"the code stands on line {first[code]} already 编码与第 {first[code]} 行重复"
        if reason:
            faults.append(Fault(number=number, reason=reason))
            continue
        first[code] = number
        good[code] = _place(code, row, district)
    return sorted(good.values(), key=lambda place: (place.level != "street", place.code)), faults


def _named_streets(lines: list[tuple[int, Mapping[str, str]]], known: set[str]) -> list[tuple[int, Mapping[str, str]]]:
    """Streets that only their communities' lines name, each under the number of the first of them."""
    found: dict[str, tuple[int, Mapping[str, str]]] = {}
    for number, row in lines:
        code, name = f"{row['code'].strip()[:9]}000", row.get("street_name", "").strip()
        if name and code not in known:
            found.setdefault(code, (number, {"code": code, "name": name}))
    return list(found.values())


def _twelve(text: str) -> str:
    code = text.strip()
    return code + "000" if len(code) == 9 else code


def _fault(code: str, row: Mapping[str, str], district: str, streets: set[str]) -> str:
    checks: tuple[tuple[bool, str], ...] = (
        (
            len(code) != 12 or not (code.isascii() and code.isdigit()),
            f"{code!r} is not a code of 12 digits 不是十二位代码",
        ),
        (not code.startswith(district), f"{code} lies outside of district {district} 不属于本区"),
        (not row["name"].strip(), "the name is missing 缺少名称"),
        (code[6:] == "000000", f"{code} is the district itself 是区本身"),
        (f"{code[:9]}000" not in streets, f"its street {code[:9]}000 is missing 缺少所属街道"),
        (not _point_fits(row), "longitude or latitude is no point 经纬度有误"),
    )
    return next((reason for wrong, reason in checks if wrong), "")


def _point_fits(row: Mapping[str, str]) -> bool:
    lon, lat = row.get("lon", "").strip(), row.get("lat", "").strip()
    if not lon and not lat:
        return True
    try:
        numbers = float(lon), float(lat)
    except ValueError:
        return False
    return all(map(math.isfinite, numbers)) and abs(numbers[0]) <= 180 and abs(numbers[1]) <= 90


def _place(code: str, row: Mapping[str, str], district: str) -> NewPlace:
    is_street = code.endswith("000")
    name = row["name"].strip()
    kind = (
        ("town" if name.endswith("镇") else "street")
        if is_street
        else ("village" if _is_village(code) else "community")
    )
    return NewPlace(
        code=code,
        level="street" if is_street else "community",
        kind=kind,
        name=name,
        short_name=row.get("short_name", "").strip() or name,
        name_en=row.get("name_en", "").strip(),
        parent_code=district.ljust(12, "0") if is_street else f"{code[:9]}000",
        lon=float(row["lon"]) if row.get("lon", "").strip() else None,
        lat=float(row["lat"]) if row.get("lat", "").strip() else None,
        point_source="imported",
    )


def _is_village(code: str) -> bool:
    return int(code[9:]) >= VILLAGES_FROM


def run(path: Path, *, valid_from: date | None, skip_bad: bool, dry_run: bool) -> int:
    """Check the table and enter its places; 1 when a bad line stopped it."""
    district = installation().district_code
    places, faults = checked(read_table(path), district=district, known=set(territory.places()))
    sys.stdout.writelines(table.said(path, faults))
    if faults and not skip_bad:
        sys.stdout.write("Nothing was imported 未导入. Mend these lines, or pass over them with --skip-bad.\n")
        return 1
    if dry_run:
        sys.stdout.write(f"{len(places)} places can be taken 可导入.\n")
        return 0
    added = _enter(places, district, valid_from or timezone.localdate())
    sys.stdout.write(f"{added} places added 新增, {len(places) - added} there already 已有.\n")
    return 0


def _enter(places: list[NewPlace], district: str, day: date) -> int:
    whole = NewPlace(
        code=district.ljust(12, "0"), level="district", kind="district", name=district, short_name=district
    )
    actor = Actor(kind="system", organisation_code=district)
    items = places if whole.code in territory.places() else [whole, *places]
    return services.add_places(actor=actor, items=items, valid_from=day, now=timezone.now()) - (items is not places)
