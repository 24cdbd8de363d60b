"""The demo's grid as a whole: every community covered, and what everybody on the desk sees of it."""

import json

import pytest
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
    assert "北郊片区" in page and "合成数据" in page
    assert "第1网格" in window.get("/desk/territory/?cluster=beijiao").content.decode()
    whole = window.get("/desk/territory/map.json").json()["features"]
    assert len(whole) == 2 * len(queries.clusters(on=timezone.localdate()))
    assert len(window.get("/desk/territory/map.json?cluster=beijiao").json()["features"]) > 40
    take = "/desk/territory/take-in/"
    assert 'name="adopt"' not in window.get(take).content.decode()
    assert 'name="adopt"' in signed_in("administrator").get(take).content.decode()
    table = json.loads(window.get("/desk/territory/grid.geojson?crs=GCJ-02").content)
    assert table["crs_name"] == "GCJ-02" and table["synthetic"] is True
    for odd in ("?on=9999-99-99", "?on=0001-01-01", "?cluster=%00"):
        assert window.get(f"/desk/territory/{odd}").status_code == 200
    assert Client().get("/desk/territory/map.json").status_code == 302
