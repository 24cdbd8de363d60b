"""What pages do beside matters, done by programs: photos, accounts, hours, grids, reorganisations, a resident's own, proofs."""

import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.utils import timezone
from PIL import Image

from pianqu.composition import wiring
from pianqu.foundation.installation import installation
from pianqu.rooms.casework.models import PublishedMonth
from pianqu.rooms.casework.queries import Figure
from pianqu.rooms.casework.queries import opendata as months
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.directory.tests.builders import CENTRE, LAW, MARKET, WAITAN_1
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory.tests.builders import square
from tests.api.conftest import World, issue
from tests.api.test_api import ROOT, post


def picture(colour: str = "teal") -> SimpleUploadedFile:
    made = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(made, "PNG")
    return SimpleUploadedFile("photo.png", made.getvalue(), content_type="image/png")


def sent(program: Client, path: str, form: dict[str, Any], **headers: str) -> Any:
    """A form with files."""
    return program.post(
        f"{ROOT}{path}", form, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


# photos --------------------------------------------------------------------------------------------------------------


def test_a_stranger_adds_photos_to_their_own_matter_and_sees_them(world: World) -> None:
    stranger = world.program()
    opened = post(stranger, "/reports", {"words": "井盖响", "category": "roads"}).json()
    path, secret = f"/reports/{opened['code']}", {"Receipt_Secret": opened["receipt_secret"]}
    key = {"Idempotency_Key": "photos-of-my-own-1"}
    for _try in range(2):
        told = sent(
            stranger, f"{path}/photos", {"photos": [picture(), picture("red")], "words": "两张"}, **secret, **key
        )
        assert told.status_code == 200, told.content
    additions = told.json()["case"]["additions"]
    assert len(additions) == 1 and additions[0]["words"] == "两张" and len(additions[0]["photos"]) == 2
    where = f"{ROOT}{path}/photos/{additions[0]['photos'][0]['photo_id']}"
    shown = stranger.get(where, headers={"receipt-secret": opened["receipt_secret"]})
    assert shown["Content-Type"] == "image/jpeg" and shown.content[:3] == b"\xff\xd8\xff"
    assert stranger.get(where, headers={"receipt-secret": "wrong"}).status_code == 404


@pytest.mark.parametrize(
    ("photos", "code"),
    [
        ([SimpleUploadedFile("a.png", b"no picture")], "photo-not-a-photo"),
        ([picture() for _photo in range(6)], "photos-too-many"),
        ([], "request-invalid"),
    ],
)
def test_what_is_no_photo_is_refused(world: World, photos: list[SimpleUploadedFile], code: str) -> None:
    path = f"/cases/{world.made['new'].case_id}/photos"
    answer = sent(world.program("window"), path, {"photos": photos})
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_staff_add_photos_where_they_see_the_matter(world: World) -> None:
    path = f"/cases/{world.made['new'].case_id}/photos"
    assert sent(world.program("window"), path, {"photos": [picture()]}).json()["id"]
    assert sent(world.program("town"), path, {"photos": [picture()]}).status_code == 404
    case = world.program("window").get(f"{ROOT}/cases/{world.made['new'].case_id}").json()["case"]
    assert len(case["additions"][-1]["photos"]) == 1


def test_a_broken_form_is_said_to_be_broken(world: World) -> None:
    path = f"{ROOT}/cases/{world.made['new'].case_id}/photos"
    answer = world.program("window").post(path, b"--x", content_type="multipart/form-data; boundary=" + "x" * 300)
    assert (answer.status_code, answer.json()["code"]) == (400, "request-unreadable")


# the ledger and open data --------------------------------------------------------------------------------------------


def test_a_receipt_comes_as_far_as_the_ledger(world: World) -> None:
    stranger = world.program()
    entry = post(stranger, "/reports", {"words": "井盖响", "category": "roads"}).json()["entry_id"]
    assert stranger.get(f"{ROOT}/ledger/receipts/{entry}").json()["stage"] == "recorded"
    ledger.seal(now=timezone.now())
    log = stranger.get(f"{ROOT}/ledger").json()
    assert log["waiting"] == 0 and log["size"] > 0 and log["trouble"] == "" and log["vkey"].startswith(log["origin"])
    nobody = world.program("", "zh-hans").get(f"{ROOT}/ledger/receipts/{WAITAN_1[:8]}-0000-7000-8000-000000000000")
    assert (nobody.status_code, nobody.json()["title"]) == (404, "没有这条记录。")


def test_published_months_are_told_with_what_is_withheld(world: World) -> None:
    month = timezone.localdate().replace(year=2026, month=3, day=1)
    figures = (
        Figure(measure="received", category="all", street_code="all", count=13),
        Figure(measure="received", category="roads", street_code="all", count=None),
    )
    PublishedMonth.objects.create(
        month=month, content=months.written(month, figures), digest="00", published_at=timezone.now()
    )
    stranger = world.program()
    assert [one["received"] for one in stranger.get(f"{ROOT}/open-data").json()] == [13]
    told = stranger.get(f"{ROOT}/open-data/2026-03").json()
    assert told["month"]["withheld"] == 1 and [one["count"] for one in told["figures"]] == [13, None]
    assert stranger.get(f"{ROOT}/open-data/2026-02").json()["code"] == "month-absent"
    assert stranger.get(f"{ROOT}/open-data/2026-13").status_code == 422


# the directory -------------------------------------------------------------------------------------------------------

COLLEAGUE = {"login": "li.si", "name": "李四", "organisation_code": LAW, "kind": "handler", "title": "经办人"}


def test_an_administrator_makes_accounts_and_gives_new_ways_in(world: World) -> None:
    program = world.program("district-admin")
    made = post(program, "/accounts", COLLEAGUE)
    assert made.status_code == 201 and re.fullmatch(r"\w{4}-\w{4}-\w{4}", made.json()["password"])
    assert post(program, "/accounts", COLLEAGUE).json()["code"] == "login-taken"
    row = program.get(f"{ROOT}/accounts", {"q": "li.si"}).json()["rows"][0]
    renewed = post(program, f"/accounts/{row['account_id']}/renewal").json()
    assert renewed["login"] == "li.si" and renewed["password"] != made.json()["password"]
    assert Client().login(username="li.si", password=renewed["password"])


def test_accounts_go_by_pages(world: World) -> None:
    program, found, cursor = world.program("district-admin"), [], ""
    for _page in range(20):
        told = program.get(f"{ROOT}/accounts", {"size": 7, "cursor": cursor}).json()
        found += [row["login"] for row in told["rows"]]
        if not (cursor := told["next_cursor"]):
            break
    assert found == sorted(found) and len(found) == told["total"] >= len(world.actors)


@pytest.mark.parametrize("login", ["window", "leader", "law-leader", "auditor"])
def test_accounts_are_the_administrators_alone(world: World, login: str) -> None:
    program = world.program(login)
    assert program.get(f"{ROOT}/accounts").status_code == 403
    assert post(program, "/accounts", COLLEAGUE).status_code == 403
    account = world.actors["town"].account_id
    assert post(program, f"/accounts/{account}/renewal").status_code == 403


def test_tokens_are_listed_and_ended(world: World) -> None:
    program, spare = world.program("law"), Client(headers={"authorization": f"Bearer {issue(world.actors['law'])}"})
    assert spare.get(f"{ROOT}/me").status_code == 200
    cards = program.get(f"{ROOT}/tokens").json()
    assert len(cards) == 2 and "secret" not in json.dumps(cards)
    assert world.program("market").delete(f"{ROOT}/tokens/{cards[1]['token_id']}").status_code == 404
    assert program.delete(f"{ROOT}/tokens/{cards[1]['token_id']}").status_code == 200
    assert spare.get(f"{ROOT}/me").json()["code"] == "token-ended"


def test_a_reorganisation_is_carried_out_as_its_preview_showed(world: World) -> None:
    program = world.program("district-admin")
    plan = {"of": [MARKET, LAW], "rest_to": LAW}
    seen = post(program, "/reorganisations/preview", plan).json()
    assert seen["ended"] == [MARKET] and seen["passed"][0]["posts"] > 0
    assert directory.organisation(MARKET).ended is None or not directory.organisation(MARKET).ended
    stale = post(program, "/reorganisations", {**plan, "seen": "0" * 16})
    assert (stale.status_code, stale.json()["code"]) == (409, "preview-stale")
    assert post(world.program("leader"), "/reorganisations", {**plan, "seen": seen["seen"]}).status_code == 403
    assert post(program, "/reorganisations", {**plan, "seen": seen["seen"]}).status_code == 200
    assert program.get(f"{ROOT}/organisations/{MARKET}").json()["successors"] == [LAW]


# territory -----------------------------------------------------------------------------------------------------------


def test_a_point_is_opened_and_its_hours_are_said_anew(world: World) -> None:
    program = world.program("district-admin")
    point = {"code": "C99", "name": "便民点", "kind": "window", "place_code": WAITAN_1, "organisation_code": CENTRE}
    assert post(program, "/points", point).json() == {"id": "C99"}
    assert post(program, "/points", point).json()["code"] == "point-known"
    hours = {"weekly": [*["08:30-12:00, 14:00-17:30"] * 5, "", "22:00-06:00"], "days": {"2026-10-01": ""}}
    assert post(program, "/points/C99/hours", hours).status_code == 200
    assert world.program().get(f"{ROOT}/points/C99/hours").json() == hours
    wrong = post(program, "/points/C99/hours", {"weekly": ["always"] * 7})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "hours-wrong")
    assert post(world.program("law"), "/points", {**point, "code": "C98"}).status_code == 403


def grid(*features: dict[str, Any]) -> SimpleUploadedFile:
    content = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return SimpleUploadedFile("grid.geojson", content, content_type="application/geo+json")


CELL = {
    "type": "Feature",
    "properties": {"code": f"{WAITAN_1}901", "name": "一网格", "kind": "ordinary", "community_code": WAITAN_1},
    "geometry": square(121.55, 29.88),
}


def test_a_grid_is_checked_adopted_and_given_out_again(world: World) -> None:
    program = world.program("district-admin")
    day = timezone.localdate().isoformat()
    form = {"valid_from": day, "source": "test"}
    checked = sent(program, "/grid", {**form, "file": grid(CELL)}).json()
    assert checked["cells"] == 1 and checked["version_id"] is None and not checked["faults"], checked
    wrong = sent(program, "/grid", {**form, "adopt": "true", "file": grid(CELL, CELL)}).json()
    assert wrong["version_id"] is None and wrong["faults"]
    assert sent(program, "/grid", {**form, "adopt": "true", "file": grid(CELL)}).json()["version_id"]
    told = program.get(f"{ROOT}/grid")
    assert told["Content-Type"] == "application/geo+json"
    assert [one["properties"]["code"] for one in told.json()["features"]] == [f"{WAITAN_1}901"]
    assert sent(world.program("leader"), "/grid", {**form, "file": grid(CELL)}).status_code == 403
    assert sent(program, "/grid", {**form, "file": SimpleUploadedFile("x", b"{")}).json()["code"] == "grid-json"
    assert program.get(f"{ROOT}/entry-list").json() == []


def test_buildings_are_counted_by_a_program(world: World) -> None:
    program = world.program("district-admin")
    house = {"code": "h1", "name": "一幢", "community_code": WAITAN_1, "lon": 121.55, "lat": 29.88, "households": 48}
    assert program.get(f"{ROOT}/households").json() == []
    assert post(program, "/buildings", {"source": "普查", "items": [house]}).status_code == 201
    told = {"community_code": WAITAN_1, "buildings": 1, "households": 48, "population": None}
    assert program.get(f"{ROOT}/households").json() == [told]
    assert post(program, "/buildings", {"source": "普查", "items": [house, house]}).json()["code"] == "building-wrong"
    assert post(world.program("law"), "/buildings", {"source": "普查", "items": [house]}).status_code == 403


def test_a_mistaken_grid_is_taken_back_and_what_moved_is_told(world: World) -> None:
    program, today = world.program("district-admin"), timezone.localdate()
    ahead = (today + timedelta(days=9)).isoformat()
    first = sent(program, "/grid", {"valid_from": today.isoformat(), "adopt": "true", "file": grid(CELL)}).json()
    moved = {**CELL, "properties": {**CELL["properties"], "code": f"{WAITAN_1}902"}}
    second = sent(program, "/grid", {"valid_from": ahead, "adopt": "true", "file": grid(moved)}).json()
    wiring.seal_and_drain()
    told = world.program("law").get(f"{ROOT}/grid/versions/{second['version_id']}/changes").json()
    assert (told["standing"], told["former_id"], told["by_households"]) == ("waits", first["version_id"], False)
    assert (told["cells_kept"], told["cells_gone"], told["cells_new"], told["matters"]) == (0, 1, 1, 0)
    assert [(one["old_code"], one["new_code"], one["share"]) for one in told["parts"]] == [
        (f"{WAITAN_1}901", f"{WAITAN_1}902", 1.0)
    ]
    plan = {"version_id": second["version_id"], "valid_from": ahead, "reason": "未公示"}
    assert post(world.program("leader"), "/grid/revert", plan).status_code == 403
    early = post(program, "/grid/revert", {**plan, "valid_from": today.isoformat()})
    assert (early.status_code, early.json()["code"]) == (409, "revert-day")
    third = post(program, "/grid/revert", plan).json()["id"]
    wiring.seal_and_drain()
    standings = [
        world.program("law").get(f"{ROOT}/grid/versions/{one}/changes").json()["standing"]
        for one in (first["version_id"], second["version_id"], third)
    ]
    assert standings == ["first", "void", "waits"]
    assert world.program("law").get(f"{ROOT}/grid/versions/{NO_VERSION}/changes").status_code == 404


NO_VERSION = "0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11"


# a resident's own ----------------------------------------------------------------------------------------------------


@pytest.fixture
def outbox(world: World, tmp_path: Path) -> Iterator[Path]:
    with override_settings(INSTALLATION=replace(installation(), data=tmp_path)):
        installation.cache_clear()
        yield tmp_path / "outbox"
    installation.cache_clear()


def known(program: Client, outbox: Path, contact: str = "13800138000") -> dict[str, str]:
    """The header of somebody whose contact is confirmed."""
    asked = post(program, "/resident/codes", {"contact": contact}).json()
    assert asked == {"to": "phone", "outbox": True, "code": ""}
    (message,) = outbox.iterdir()
    code = json.loads(message.read_text(encoding="utf-8"))["params"]["code"]
    message.unlink()
    wrong = post(program, "/resident/passes", {"contact": contact, "code": "000000" if code != "000000" else "1"})
    assert (wrong.status_code, wrong.json()["code"]) == (409, "code-wrong")
    given = post(program, "/resident/passes", {"contact": contact, "code": code})
    assert given.status_code == 201, given.content
    assert post(program, "/resident/passes", {"contact": contact, "code": code}).status_code == 409
    return {"Resident_Pass": given.json()["resident_pass"]}


def mine(program: Client, held: dict[str, str]) -> Any:
    return program.get(f"{ROOT}/resident", headers={"resident-pass": held["Resident_Pass"]})


def test_a_resident_is_known_by_a_code_and_finds_their_matters(world: World, outbox: Path) -> None:
    program = world.program()
    body = {"words": "井盖响", "category": "roads", "contact": "13800138000"}
    before = post(program, "/reports", body).json()["code"]
    held = known(program, outbox)
    assert mine(program, held).json()["matters"] == []
    added = post(program, "/resident/matters", {"code": before}, **held)
    assert [one["code"] for one in added.json()["matters"]] == [before]
    later = post(program, "/reports", {"words": "又响了", "category": "roads"}, **held).json()["code"]
    assert [one["code"] for one in mine(program, held).json()["matters"]] == [later, before]
    assert mine(program, held).json()["kept"]


def test_passes_end_and_the_roll_is_left(world: World, outbox: Path) -> None:
    program = world.program()
    held = known(program, outbox)
    headers = {"resident-pass": held["Resident_Pass"]}
    assert program.delete(f"{ROOT}/resident/passes", headers=headers).status_code == 200
    assert (mine(program, held).status_code, mine(program, held).json()["code"]) == (401, "pass-unknown")
    held = known(program, outbox)
    assert post(program, "/resident/leave", {"sure": False}, **held).status_code == 422
    assert post(program, "/resident/leave", {"sure": True}, **held).status_code == 200
    assert mine(program, held).status_code == 401


def test_a_made_up_pass_is_nobodys(world: World) -> None:
    program, held = world.program(), {"Resident_Pass": "made:up"}
    assert mine(program, held).status_code == 401
    answer = post(program, "/reports", {"words": "井盖响", "category": "roads"}, **held)
    assert (answer.status_code, answer.json()["code"]) == (401, "pass-unknown")
