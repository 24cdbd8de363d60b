"""The grid's page: what everybody on the desk sees, and what only the district's administrators may send."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from pianqu.composition.demo.grid import make_grid
from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.models import GridVersion

pytestmark = pytest.mark.django_db
SYSTEM = Actor(kind="system", organisation_code="330205")


@pytest.fixture(autouse=True)
def district() -> None:
    queries.forget_places()
    queries.forget_grids()
    load_district(code="330205", now=timezone.now())


def signed_in(kind: str) -> Client:
    now = timezone.now()
    account = Account.objects.create_account(login=kind, password="p", name="某人")
    directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code="330205-centre", kind=kind, title="岗", now=now
    )
    client = Client()
    client.force_login(account)
    return client


def gridded() -> None:
    make_grid(now=timezone.now(), valid_from=timezone.localdate())


def sent(features: list[dict[str, Any]], **more: str) -> dict[str, Any]:
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return {"file": SimpleUploadedFile("grid.geojson", content), "crs": "WGS84", **more}


def one_cell(code: str = "G1") -> dict[str, Any]:
    community, outline = sorted(queries.outlines().items())[0]
    told = {"code": code, "name": "一网格", "community_code": community}
    return {"type": "Feature", "properties": told, "geometry": outline}


def test_the_demo_covers_every_community_without_overlap_and_clusters_them_all() -> None:
    gridded()
    today = timezone.localdate()
    cells = queries.cells(on=today)
    assert 1_000 <= sum(cell.kind != "micro" for cell in cells) <= 1_600
    assert {cell.community_code for cell in cells} == set(queries.outlines())
    members = [code for cluster in queries.clusters(on=today) for code in cluster.community_codes]
    assert sorted(members) == sorted(queries.outlines())
    found = queries.locate_cells([(cell.lon, cell.lat) for cell in cells], on=today)
    assert all(cell.code in (place.cell_code, place.micro_code) for cell, place in zip(cells, found, strict=True))
    gridded()
    assert GridVersion.objects.count() == 1


def test_the_page_map_and_file_show_the_grid() -> None:
    gridded()
    window = signed_in("window")
    page = window.get("/desk/territory/").content.decode()
    assert "北郊片区" in page and "合成图形" in page and 'name="adopt"' not in page
    assert "第1网格" in window.get("/desk/territory/?cluster=beijiao").content.decode()
    whole = window.get("/desk/territory/map.json").json()["features"]
    assert len(whole) == len(queries.clusters(on=timezone.localdate()))
    assert len(window.get("/desk/territory/map.json?cluster=beijiao").json()["features"]) > 40
    table = json.loads(window.get("/desk/territory/grid.geojson?crs=GCJ-02").content)
    assert table["crs_name"] == "GCJ-02" and table["synthetic"] is True
    for odd in ("?on=9999-99-99", "?on=0001-01-01", "?cluster=%00"):
        assert window.get(f"/desk/territory/{odd}").status_code == 200
    assert Client().get("/desk/territory/map.json").status_code == 302


def test_without_a_grid_the_page_says_what_to_do() -> None:
    window = signed_in("window")
    assert "没有生效的网格" in window.get("/desk/territory/").content.decode()
    assert window.get("/desk/territory/map.json").json()["features"] == []
    assert window.get("/desk/territory/grid.geojson").status_code == 404


def test_an_administrator_checks_a_file_then_puts_it_into_force() -> None:
    keeper, today = signed_in("administrator"), timezone.localdate()
    checked = keeper.post("/desk/territory/", sent([one_cell()], check="1"))
    assert checked.status_code == 200 and not GridVersion.objects.exists()
    assert "网格 1 个" in checked.content.decode()
    without_day = keeper.post("/desk/territory/", sent([one_cell()], adopt="1"))
    assert without_day.status_code == 422 and not GridVersion.objects.exists()
    done = keeper.post("/desk/territory/", sent([one_cell()], adopt="1", **{"from": today.isoformat()}))
    assert done.status_code == 302 and queries.cell("G1", on=today).name == "一网格"
    early = keeper.post("/desk/territory/", sent([one_cell()], adopt="1", **{"from": today.isoformat()}))
    assert early.status_code == 409 and GridVersion.objects.count() == 1
    later = (today + timedelta(days=30)).isoformat()
    bad = one_cell() | {"geometry": {"type": "Point", "coordinates": [1, 2]}}
    assert keeper.post("/desk/territory/", sent([bad], adopt="1", **{"from": later})).status_code == 422
    assert GridVersion.objects.count() == 1


def test_nobody_else_may_send_one() -> None:
    window = signed_in("window")
    day = timezone.localdate().isoformat()
    answer = window.post("/desk/territory/", sent([one_cell()], adopt="1", **{"from": day}))
    assert answer.status_code == 422 and not GridVersion.objects.exists()
    assert signed_in("administrator").post("/desk/territory/", {"adopt": "1"}).status_code == 422
