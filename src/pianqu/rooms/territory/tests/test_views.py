"""The grid's pages through HTTP: who may open them, what they say of a day, files in and out, and what they cost."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import services as directory
from pianqu.rooms.territory import queries, services
from pianqu.rooms.territory.models import GridVersion
from pianqu.rooms.territory.services import NewEntry, NewPerson
from pianqu.rooms.territory.tests.builders import (
    CENTRE,
    NOW,
    ONE,
    SYSTEM,
    TODAY,
    adopted,
    new_cell,
    posts,
    small_district,
    square,
)

pytestmark = pytest.mark.django_db
PAGE, TAKE = "/desk/territory/", "/desk/territory/take-in/"
ALL = (PAGE, TAKE, "/desk/territory/map.json", "/desk/territory/grid.geojson")


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()


def client(kind: str, home: str = CENTRE) -> Client:
    person, opened = (
        Account(id=new_id(), login=kind, name=kind, password="!"),
        Client(headers={"accept-language": "en"}),
    )
    person.save()
    if kind != "nobody":
        directory.appoint(actor=SYSTEM, account_id=person.id, organisation_code=home, kind=kind, title="岗", now=NOW)
    opened.force_login(person)
    return opened


@pytest.fixture
def clerk() -> Client:
    return client("handler")


@pytest.mark.parametrize("address", ALL)
def test_they_ask_for_a_sign_in_and_a_post(address: str) -> None:
    adopted()
    assert Client().get(address)["Location"].startswith("/sign-in/")
    assert client("nobody").get(address).status_code == 403
    assert client("handler").get(address).status_code == 200


def test_without_a_grid_the_page_says_so(clerk: Client) -> None:
    assert "No grid is in force on this day." in clerk.get(PAGE).text
    assert clerk.get("/desk/territory/map.json").json()["features"] == []
    assert clerk.get("/desk/territory/grid.geojson").status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_day_shows_its_clusters_then_cells_then_a_cell(language: str, clerk: Client) -> None:
    adopted()
    items = [NewEntry(cell_kind="special", category="market", article="第 12 项")]
    services.set_entry_list(actor=SYSTEM, list_name="准入清单", items=items, valid_from=TODAY, now=NOW)
    said = {"accept-language": language}
    first = clerk.get(PAGE, headers=said).text
    assert "北郊片区" in first and "A1网格" not in first
    cluster = clerk.get(f"{PAGE}?cluster=BJ", headers=said).text
    assert "A1网格" in cluster and "A3-1网格" in cluster and "B1网格" not in cluster
    assert "B1网格" in clerk.get(f"{PAGE}?cluster=none", headers=said).text
    cell = clerk.get(f"{PAGE}?cell=A3", headers=said).text
    assert "第 12 项" in cell and "准入清单" in cell and "A3-1网格" in cell
    assert "A2网格" in clerk.get(f"{PAGE}?q=A2", headers=said).text


@pytest.mark.parametrize(
    "asked",
    [
        "on=never",
        "on=2026-02-30",
        "on=0001-01-01",
        "on=9999-12-31",
        "cluster=x&cell=y",
        "q=%00&page=-1",
        "q=A&page=99999",
        "page=²",
    ],
)
def test_nonsense_in_the_address_is_no_fault(asked: str, clerk: Client) -> None:
    adopted()
    assert clerk.get(f"{PAGE}?{asked}").status_code == 200
    assert clerk.get(f"/desk/territory/map.json?{asked}").status_code == 200


def test_the_map_marks_a_synthetic_grid_and_colours_by_cluster(clerk: Client) -> None:
    adopted(synthetic=True)
    assert "Synthetic cells, no legal force" in clerk.get(PAGE).text
    whole = clerk.get("/desk/territory/map.json").json()["features"]
    assert [f["properties"]["level"] for f in whole] == ["cell", "cluster"], "the ground, then the name"
    assert whole[0]["properties"]["tone"] == 1 and "cluster=BJ" in whole[0]["properties"]["href"]
    other = clerk.get("/desk/territory/map.json?cluster=none").json()["features"]
    assert [(f["properties"]["tip"], f["properties"]["tone"]) for f in other] == [("B1网格", 0)]
    one = clerk.get("/desk/territory/map.json?cluster=BJ&cell=A3").json()["features"]
    assert [f["properties"]["tip"] for f in one if f["properties"]["here"]] == ["A3网格"]
    assert [f["properties"]["tip"] for f in one[:2]] == ["A3网格", "A3-1网格"], "the first lies on top"


def test_a_past_day_keeps_its_version(clerk: Client) -> None:
    adopted()
    later = TODAY + timedelta(days=5)
    adopted(cells=[new_cell("N1", 121.55, 29.90)], clusters=[], valid_from=later)
    assert "北郊片区" in clerk.get(f"{PAGE}?on={TODAY}").text
    after = clerk.get(f"{PAGE}?on={later}&q=N").text
    assert "N1网格" in after and "北郊片区" not in after
    assert "2026-03-06" in after, "the last day of the first version"


def test_pages_cost_the_same_however_many_cells(clerk: Client, django_assert_max_num_queries: Any) -> None:
    adopted(cells=[new_cell(f"M{number:03}", 121.55 + number * 0.001, 29.90, side=0.0009) for number in range(120)])
    clerk.get(PAGE)
    with django_assert_max_num_queries(14):
        clerk.get(PAGE)
    with django_assert_max_num_queries(15):
        text = clerk.get(f"{PAGE}?cluster=BJ&cell=M050&page=2").text
    assert "2 / 5" in text
    with django_assert_max_num_queries(9):
        clerk.get("/desk/territory/map.json?cluster=BJ")


def leader(opened: Client, held: object, **changes: Any) -> Any:
    given = {"cell": "A1", "cluster": "BJ", "role": "leader", "post": str(held), "starts": TODAY.isoformat()}
    return opened.post(f"{PAGE}people/", {**given, **changes})


def test_administrators_name_the_people_of_a_cell() -> None:
    adopted()
    held, chief = posts(2), client("administrator", home="330205")
    page = chief.get(f"{PAGE}?cluster=BJ&cell=A1&on={TODAY}").text
    assert "Nobody is named yet." in page and 'name="post"' in page and "网格员1 · 网格员" in page
    done = leader(chief, "", role=["leader", "other", "other"], post=[held[0], "", held[1]])
    assert done.status_code == 302 and "cell=A1" in done["Location"] and done["Location"].endswith("#cell")
    after = chief.get(done["Location"]).text
    assert "The people of the cell are named." in after and "网格员0" in after and "一号" in after
    assert [card.role for card in queries.people_of("A1", on=TODAY)] == ["leader", "other"]
    seen = client("handler").get(f"{PAGE}?cluster=BJ&cell=A1&on={TODAY}").text
    assert "网格员0" in seen and 'name="post"' not in seen, "colleagues see who, and change nothing"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"role": "other"}, "leader"),
        ({"post": "no-uuid"}, "Please choose again."),
        ({"post": "00000000-0000-0000-0000-000000000001"}, "Please choose again."),
        ({"starts": "2026-02-30"}, "Write the first day like"),
        ({"starts": ""}, "Write the first day like"),
        ({"role": "king"}, "role"),
    ],
)
def test_people_that_do_not_fit_are_said_on_the_page_with_what_was_typed(changes: dict[str, str], said: str) -> None:
    adopted()
    (post,), chief = posts(1), client("administrator", home="330205")
    refused = leader(chief, post, **changes)
    assert refused.status_code == 422 and said in refused.text and "Nothing was changed." in refused.text
    assert queries.people_of("A1", on=TODAY) == ()
    if "post" not in changes:
        assert f'value="{post}" selected' in refused.text


def test_who_may_not_name_people_is_refused() -> None:
    adopted()
    (post,) = posts(1)
    assert leader(client("handler"), post).status_code == 403
    assert leader(client("administrator", home="330205"), post, cell="A9").status_code == 404
    assert queries.people_of("A1", on=TODAY) == ()


def test_cells_without_a_leader_are_found(clerk: Client) -> None:
    adopted()
    people = [NewPerson(role="leader", post_id=posts(1)[0])]
    services.staff_cell(actor=SYSTEM, cell_code="A1", people=people, valid_from=TODAY, now=NOW)
    text = clerk.get(f"{PAGE}?bare=1&on={TODAY}").text
    assert "A1网格" not in text and "A2网格" in text and "A3网格" in text
    assert "A3-1网格" not in text, "micro-cells are led from the cell around them"


def test_the_sheet_of_a_cell_costs_the_same_however_many_people(django_assert_max_num_queries: Any) -> None:
    adopted()
    held, chief = posts(9), client("administrator", home="330205")
    roles = ["leader", *["other"] * 8]
    people = [NewPerson(role=role, post_id=post) for role, post in zip(roles, held, strict=True)]
    services.staff_cell(actor=SYSTEM, cell_code="A1", people=people, valid_from=TODAY, now=NOW)
    chief.get(PAGE)
    with django_assert_max_num_queries(20):
        assert "网格员8" in chief.get(f"{PAGE}?cluster=BJ&cell=A1&on={TODAY}").text


def upload(opened: Client, content: bytes | None, **changes: str) -> Any:
    given: dict[str, Any] = {"crs": "WGS84", "starts": "2026-06-01", "source": "", **changes}
    if content is not None:
        given["grid"] = SimpleUploadedFile("新网格.geojson", content)
    return opened.post(TAKE, given)


def collection(*cells: tuple[str, Any, str]) -> bytes:
    features = [
        {"type": "Feature", "properties": {"code": code, "community_code": home}, "geometry": geometry}
        for code, geometry, home in cells
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


GOOD = collection(("G1", square(121.55, 29.90), ONE))


def test_a_file_is_checked_by_anybody_and_changes_nothing(clerk: Client) -> None:
    answer = upload(clerk, GOOD)
    assert answer.status_code == 200 and "No faults." in answer.text and "without a cell" in answer.text
    refused = upload(clerk, GOOD, adopt="1")
    assert refused.status_code == 403 and "administrators" in refused.text
    assert not GridVersion.objects.exists()


def test_an_administrator_puts_it_into_force(clerk: Client) -> None:
    keeper = client("administrator", "330205")
    answer = upload(keeper, GOOD, adopt="1")
    assert answer.status_code == 302 and "on=2026-06-01&adopted=" in answer["Location"]
    assert "The grid was adopted." in keeper.get(answer["Location"]).text
    assert queries.versions()[0].source == "新网格"
    again = upload(keeper, GOOD, adopt="1")
    assert again.status_code == 409 and "begin after it" in again.text and GridVersion.objects.count() == 1


def test_what_is_downloaded_can_be_taken_in_again(clerk: Client) -> None:
    adopted()
    for crs in ("WGS84", "GCJ-02"):
        file = clerk.get(f"/desk/territory/grid.geojson?on={TODAY}&crs={crs}")
        assert file["Content-Disposition"] == f'attachment; filename="grid-{TODAY}-{crs}.geojson"'
        report = upload(clerk, file.content, crs=crs).text
        assert "5 cells and 1 clusters can be read" in report and "No faults." in report
    assert clerk.get("/desk/territory/grid.geojson?crs=BD09").status_code == 422


BOW = {"type": "Polygon", "coordinates": [[[121.55, 29.9], [121.554, 29.904], [121.554, 29.9], [121.55, 29.904]]]}


def test_faults_and_repairs_are_told_and_nothing_is_adopted() -> None:
    keeper = client("administrator", "330205")
    content = collection(("bow", BOW, ONE), ("far", square(121.7, 29.9), ONE), ("none", None, ONE))
    answer = upload(keeper, content, adopt="1")
    assert answer.status_code == 422
    for words in ("the ring crossed itself", "the ring was open", "(none): is no area", "cell far", "100%"):
        assert words in answer.text, words
    assert not GridVersion.objects.exists()


@pytest.mark.parametrize(
    ("content", "changes", "words"),
    [
        (None, {}, "Choose the file"),
        (GOOD, {"crs": "BD09"}, "Choose the coordinate system"),
        (GOOD, {"starts": "soon"}, "Write the first day"),
        (b"\xff", {}, "JSON"),
        (b"[]", {}, "FeatureCollection"),
    ],
)
def test_what_is_wrong_with_the_form_is_said_at_its_field(
    content: bytes | None, changes: dict[str, str], words: str, clerk: Client
) -> None:
    answer = upload(clerk, content, **{"source": "会议纪要", **changes})
    assert answer.status_code == 422 and words in answer.text and "会议纪要" in answer.text
