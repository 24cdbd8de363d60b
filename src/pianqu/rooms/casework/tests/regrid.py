"""Two clusters with a centre each, and another grid that comes into force over open matters."""

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from pianqu.rooms.casework import readers, services
from pianqu.rooms.casework.tests.builders import COMMUNITY, NOW, OTHER_COMMUNITY, clerk, importer, opened
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation, NewPower
from pianqu.rooms.ledger import queries as history
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services as grids
from pianqu.rooms.territory.services import NewCell, NewCluster

TODAY = NOW.date()
DAY = timedelta(days=1)
SYSTEM = importer("330205")
LON, LAT = 121.55, 29.9
NORTH, LAKE = "330205-north", "330205-lake"


def cell(code: str, *, community: str = COMMUNITY, lon: float = LON, side: float = 0.01) -> NewCell:
    ring = [[lon - side, LAT - side], [lon + side, LAT - side], [lon + side, LAT + side], [lon - side, LAT + side]]
    return NewCell(
        code=code,
        name=f"{code}网格",
        kind="ordinary",
        community_code=community,
        geometry={"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        lon=lon,
        lat=LAT,
    )


def cluster(code: str, centre: str, *communities: str) -> NewCluster:
    return NewCluster(code=code, name=f"{code}片区", community_codes=communities, centre_code=centre)


def adopt(cells: Sequence[NewCell], clusters: Sequence[NewCluster], *, day: date = TODAY) -> uuid.UUID:
    version = grids.adopt_grid(actor=SYSTEM, cells=cells, clusters=clusters, valid_from=day, source="测试", now=NOW)
    heard()
    return version


def heard() -> None:
    if not history.sealed_size():
        ledger.create_log(now=NOW)
    ledger.seal(now=NOW)
    while ledger.deliver(reader=readers.REHOMING, to=readers.hear_grids):
        pass


def two_clusters() -> None:
    """Two clusters with a centre each: 外滩 belongs to the north, 古县城 to the lake."""
    territory.forget_places()
    territory.forget_grids()
    bodies = [
        NewOrganisation(code=code, kind=kind, name=name, short_name=name, parent_code="330205")
        for code, kind, name in (
            (NORTH, "centre", "北郊中心"),
            (LAKE, "centre", "环湖中心"),
            (COMMUNITY, "community", "外滩社区"),
            (OTHER_COMMUNITY, "community", "古县城社区"),
        )
    ]
    directory.add_organisations(actor=SYSTEM, items=bodies, valid_from=TODAY, now=NOW)
    rows = [
        NewPower(
            verb="handle",
            category="roads",
            area_code="330205",
            level="cluster",
            organisation_code=centre,
            list_kind="basic",
            article="第 7 项",
            valid_from=TODAY,
        )
        for centre in (NORTH, LAKE)
    ]
    directory.import_powers(actor=SYSTEM, rows=rows, source="清单", categories=frozenset({"roads"}), now=NOW)
    adopt(
        [cell("C1"), cell("C2", community=OTHER_COMMUNITY, lon=LON - 0.1)],
        [cluster("north", NORTH, COMMUNITY), cluster("lake", LAKE, OTHER_COMMUNITY)],
    )


def one_for_all(day: date = TODAY + DAY) -> uuid.UUID:
    """From a day on the lake's cluster has both communities, and the cell has another code."""
    return adopt(
        [cell("D1"), cell("C2", community=OTHER_COMMUNITY, lon=LON - 0.1)],
        [cluster("lake", LAKE, COMMUNITY, OTHER_COMMUNITY)],
        day=day,
    )


def here(**changes: object) -> services.Opened:
    return opened(place=services.PlaceChoice(lon=LON, lat=LAT, source="map"), **changes)


def given(**changes: object) -> services.Opened:
    """A matter that the north's centre leads."""
    case = here(**changes)
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=NORTH, nature="complaint", now=NOW)
    return case
