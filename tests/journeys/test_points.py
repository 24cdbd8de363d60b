"""Service points from a table to the pages: every bad line by number, open now, booked twice, cancelled."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import Workbook

from pianqu.composition.demo.points import make_points
from pianqu.composition.importing import points
from pianqu.foundation.errors import Invalid
from pianqu.foundation.models import Account
from pianqu.kernels import geo
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.territory import queries
from pianqu.rooms.territory.tests.builders import (
    CENTRE,
    NOW,
    ONE,
    SIDE,
    SOUTH,
    STREET,
    SYSTEM,
    WEST,
    adopted,
    small_district,
)

pytestmark = pytest.mark.django_db
HEAD = "编码,名称,类别,地方,运行机构,经度,纬度,无障碍,工作日,周末"
GOOD = f"P1,一号便民窗口,便民窗口,{ONE},北郊,{WEST + SIDE},{SOUTH + SIDE},是,08:30-17:00,"


@pytest.fixture(autouse=True)
def district() -> None:
    queries.forget_places()
    queries.forget_grids()
    small_district()
    ledger.create_log(now=NOW)


def table(folder: Path, *lines: str) -> Path:
    path = folder / "points.csv"
    path.write_text("\n".join([HEAD, *lines]), encoding="utf-8")
    return path


def test_a_table_opens_points(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for expected in ("1 service points opened", "0 service points opened 新增, 1 there already"):
        assert points.run(table(tmp_path, GOOD), valid_from=None, skip_bad=False, dry_run=False, crs="WGS84") == 0
        assert expected in capsys.readouterr().out
    card = queries.point("P1")
    assert card.organisation_code == CENTRE and card.accessible
    assert queries.hours_of(["P1"])["P1"].weekly[4] and not queries.hours_of(["P1"])["P1"].weekly[5]


def test_every_bad_line_has_its_number_and_reason_and_nothing_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    east = WEST + SIDE
    wrong = [
        f"P1,又一个,便民窗口,{ONE},北郊,,,,,",
        f"P3,三号,饭店,{ONE},北郊,,,,,",
        f"P4,四号,便民窗口,{ONE},无名局,,,,,",
        "P5,五号,便民窗口,330205999999,北郊,,,,,",
        f"P6,六号,便民窗口,{ONE},北郊,{SOUTH + SIDE},{east},,,",
        f"P7,七号,便民窗口,{ONE},北郊,{WEST + 3 * SIDE},{SOUTH + SIDE},,,",
        f"P8,八号,便民窗口,{ONE},北郊,{east},{SOUTH + SIDE},也许,,",
        f"P9,九号,便民窗口,{ONE},北郊,,,,8点到5点,",
        f",无码,便民窗口,{ONE},北郊,,,,,",
        f"P11,十一号,便民窗口,{ONE},北郊,east,north,,,",
    ]
    path = table(tmp_path, GOOD, *wrong)
    assert points.run(path, valid_from=None, skip_bad=False, dry_run=False, crs="WGS84") == 1
    said = capsys.readouterr().out
    assert [f"line 第 {number} 行" in said for number in range(2, 13)] == [False] + [True] * 10
    assert "Nothing was imported" in said and not queries.point_codes()
    assert points.run(path, valid_from=None, skip_bad=True, dry_run=False, crs="WGS84") == 0
    assert queries.point_codes() == {"P1"}


def test_excel_and_the_map_services_coordinates_are_taken(tmp_path: Path) -> None:
    lon, lat = geo.gcj02(WEST + SIDE, SOUTH + SIDE)
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEAD.split(","))
    sheet.append(["P1", "一号便民窗口", "window", int(ONE), CENTRE, lon, lat, "", "08:30-17:00", "休"])
    book.save(tmp_path / "points.xlsx")
    assert points.run(tmp_path / "points.xlsx", valid_from=None, skip_bad=False, dry_run=False, crs="GCJ-02") == 0
    card = queries.point("P1")
    assert card.lon == pytest.approx(WEST + SIDE, abs=1e-5) and card.lat == pytest.approx(SOUTH + SIDE, abs=1e-5)


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("name\nx\n", encoding="utf-8")
    with pytest.raises(Invalid):
        points.read_lines(path)


# pages ---------------------------------------------------------------------------------------------------------------


def signed_in(organisation_code: str, kind: str) -> Client:
    account = Account.objects.create_account(login=f"{kind}-{organisation_code}", password="p", name="某")
    directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=organisation_code, kind=kind, title="经办", now=NOW
    )
    client = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
    client.force_login(account)
    return client


@pytest.fixture
def demo() -> None:
    adopted()
    make_points([], now=timezone.now())


def test_residents_find_a_point_and_its_hours(demo: None) -> None:
    resident = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
    listed = resident.get(f"/points/?place={ONE}").text
    assert "0.0 km" in listed and "/points/C01/" in listed
    page = resident.get("/points/C01/").text
    assert "other than usual" in page and "Run by" in page
    assert resident.get("/points/nothing/").status_code == 404
    features = [one["properties"] for one in resident.get("/points/map.json?only=C01").json()["features"]]
    assert [told["href"] for told in features if told["level"] == "point"] == ["/points/C01/"]


def test_a_room_is_booked_once_and_the_second_hears_what_is_free(demo: None) -> None:
    one, two = signed_in(STREET, "window"), signed_in(CENTRE, "handler")
    hall = next(room for room in queries.rooms("C01") if room.booked_by == "staff")
    day = (timezone.localdate() + timedelta(days=2)).isoformat()
    asked = {
        "act": "book",
        "room": str(hall.room_id),
        "purpose": "meeting",
        "day": day,
        "starts": "09:00",
        "ends": "11:00",
    }
    assert one.post("/desk/points/C01/", asked).status_code == 302
    answer = two.post("/desk/points/C01/", {**asked, "starts": "10:00", "ends": "12:00"})
    assert answer.status_code == 409 and "from 09:00 to 11:00" in answer.text and "11:00–24:00" in answer.text
    assert 'value="10:00"' in answer.text, "what was typed is kept"
    for wrong in ({"day": "soon"}, {"starts": "nine"}, {"room": "x"}, {"act": "burn"}):
        assert two.post("/desk/points/C01/", {**asked, **wrong}).status_code in (404, 422)
    booking = one.get("/desk/points/C01/").text.partition('name="booking" value="')[2][:36]
    assert two.post("/desk/points/C01/", {"act": "cancel", "booking": booking}).status_code == 403
    assert one.post("/desk/points/C01/", {"act": "cancel", "booking": booking}).status_code == 302


def test_who_runs_it_sets_the_hours_on_the_page(demo: None) -> None:
    leader = signed_in(CENTRE, "leader")
    hours = {f"hours-{number}": "09:00-17:00" for number in range(7)}
    answer = leader.post("/desk/points/C01/", {"act": "hours", **hours, "hours-2": "nine"})
    assert answer.status_code == 422 and "are no opening hours" in answer.text
    assert leader.post("/desk/points/C01/", {"act": "hours", **hours}).status_code == 302
    assert queries.hours_of(["C01"])["C01"].weekly[2][0].opens == 540
    room = {"act": "room", "name": "小会议室", "seats": "12", "equipment": "", "booked_by": "own"}
    assert leader.post("/desk/points/C01/", {**room, "seats": "many"}).status_code == 422
    assert leader.post("/desk/points/C01/", room).status_code == 302
    assert leader.post("/desk/points/C01/", room).status_code == 409
