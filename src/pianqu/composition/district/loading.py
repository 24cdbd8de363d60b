"""Bring a district pack in through the verbs of directory and territory. Loading again changes nothing."""

import csv
import json
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pianqu.composition.importing.duties import read_toml
from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent
from pianqu.foundation.verbs import verb
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.territory import services as territory
from pianqu.rooms.territory.services import NewLandmark, NewPlace

HERE = Path(__file__).resolve().parent
CODES_OF = date(2023, 6, 30)
"""The statistical codes are those of mid-2023."""


@verb
def load_district(*, code: str, now: datetime) -> None:
    """Organisations, their duty list, places and landmarks of the pack `code`. Raises Absent where there is no such pack."""
    pack = HERE / code
    if not pack.is_dir():
        raise Absent("district-pack-absent", f"There is no district pack for {code}.")
    actor = Actor(kind="system", organisation_code=code)
    streets, communities, english = _table(pack, "streets"), _table(pack, "communities"), _english(pack)
    organisations = _listed(pack) + _from_codes(code, streets, communities, english)
    directory.add_organisations(actor=actor, items=organisations, valid_from=CODES_OF, now=now)
    for centre, areas in _grounds(pack).items():
        directory.serve_areas(actor=actor, organisation_code=centre, area_codes=areas, valid_from=CODES_OF, now=now)
    duties = read_toml(pack / "duties_synthetic.toml")
    directory.import_powers(actor=actor, rows=duties.powers, source=duties.source, now=now)
    places = _places(pack, code, streets, communities, english)
    territory.add_places(actor=actor, items=places, valid_from=CODES_OF, now=now)
    territory.add_landmarks(actor=actor, items=_osm(pack), source="openstreetmap", now=now)
    territory.add_landmarks(actor=actor, items=_geonames(pack), source="geonames", now=now)


def _table(pack: Path, name: str) -> list[dict[str, str]]:
    with (pack / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _english(pack: Path) -> dict[str, str]:
    return {row["name"]: row["name_en"] for row in _table(pack, "english_names")}


def _listed(pack: Path) -> list[NewOrganisation]:
    table = tomllib.loads((pack / "organisations.toml").read_text(encoding="utf-8"))
    return [
        NewOrganisation(
            code=row["code"],
            kind=row["kind"],
            name=row["name"],
            short_name=row["short_name"],
            name_en=row["name_en"],
            parent_code=row.get("parent", ""),
            serves_code=row.get("serves", ""),
        )
        for row in table["organisation"]
    ]


def _grounds(pack: Path) -> dict[str, list[str]]:
    """Where cluster centres and stations work."""
    table = tomllib.loads((pack / "organisations.toml").read_text(encoding="utf-8"))
    rows = {row["code"]: row.get("areas") or [row.get("serves", "")] for row in table["organisation"]}
    return {code: areas for code, areas in rows.items() if areas[0]}


def _twelve(code: str) -> str:
    return code.ljust(12, "0")


def _from_codes(
    district: str, streets: list[dict[str, str]], communities: list[dict[str, str]], english: dict[str, str]
) -> list[NewOrganisation]:
    made = [
        NewOrganisation(
            code=_twelve(row["code"]),
            kind="town" if row["name"].endswith("镇") else "street",
            name=row["name"],
            short_name=row["name"],
            name_en=english[row["name"]],
            parent_code=district,
        )
        for row in streets
    ]
    made += [
        NewOrganisation(
            code=row["code"],
            kind=_kind(row),
            name=row["name"],
            short_name=row["short_name"],
            name_en=english[row["short_name"]],
            parent_code=_twelve(row["street_code"]),
        )
        for row in communities
    ]
    return made


def _kind(row: dict[str, str]) -> str:
    """Village committees are numbered from 200 on (statistical rules), residents' committees below."""
    return "community" if int(row["code"][9:]) < 200 else "village"


def _places(
    pack: Path, district: str, streets: list[dict[str, str]], communities: list[dict[str, str]], english: dict[str, str]
) -> list[NewPlace]:
    points: dict[str, list[float]] = json.loads((pack / "points_synthetic.json").read_text())
    outlines = _outlines(pack)
    made = [NewPlace(code=_twelve(district), level="district", kind="district", name="江北区", short_name="江北区")]
    for row in streets:
        code = _twelve(row["code"])
        lon, lat = _middle([points[c["code"]] for c in communities if c["street_code"] == row["code"]])
        made.append(
            NewPlace(
                code=code,
                level="street",
                kind="town" if row["name"].endswith("镇") else "street",
                name=row["name"],
                short_name=row["name"],
                name_en=english[row["name"]],
                parent_code=_twelve(district),
                lon=lon,
                lat=lat,
                outline=outlines[code],
            )
        )
    made += [_community(row, points[row["code"]], outlines[row["code"]], english) for row in communities]
    return made


def _community(row: dict[str, str], point: list[float], outline: dict[str, Any], english: dict[str, str]) -> NewPlace:
    return NewPlace(
        code=row["code"],
        level="community",
        kind=_kind(row),
        name=row["short_name"],
        short_name=row["short_name"],
        name_en=english[row["short_name"]],
        parent_code=_twelve(row["street_code"]),
        lon=point[0],
        lat=point[1],
        outline=outline,
    )


def _outlines(pack: Path) -> dict[str, dict[str, Any]]:
    shapes = json.loads((pack / "outlines_synthetic.geojson").read_text())["features"]
    return {shape["properties"]["code"]: shape["geometry"] for shape in shapes}


def _middle(points: list[list[float]]) -> tuple[float, float]:
    return (
        round(sum(x for x, _ in points) / len(points), 5),
        round(sum(y for _, y in points) / len(points), 5),
    )


def _osm(pack: Path) -> list[NewLandmark]:
    shapes = json.loads((pack / "landmarks_osm.geojson").read_text(encoding="utf-8"))["features"]
    return [
        NewLandmark(
            name=shape["properties"]["name"],
            kind=shape["properties"]["kind"],
            lon=shape["geometry"]["coordinates"][0],
            lat=shape["geometry"]["coordinates"][1],
        )
        for shape in shapes
    ]


def _geonames(pack: Path) -> list[NewLandmark]:
    return [
        NewLandmark(name=row["name"], kind="town", lon=float(row["lon"]), lat=float(row["lat"]))
        for row in _table(pack, "geonames")
    ]
