"""A report through HTTP, as browsers without JavaScript send it: what is taken in, what is refused and how, nothing lost."""

import errno
import re
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from PIL import Image

from pianqu.foundation import files, photos
from pianqu.foundation.photos import MAX_PHOTOS
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.tests.builders import COMMUNITY, clerk, small_district
from pianqu.rooms.casework.views import report
from pianqu.rooms.ledger import services as ledger

pytestmark = pytest.mark.django_db
KEY = "a-key-that-nobody-guesses"
HERE = {"lon": "121.55", "lat": "29.9"}


@pytest.fixture(autouse=True)
def district(transactional_db: None) -> None:
    small_district()


@pytest.fixture(params=["zh-hans", "en"])
def reader(request: pytest.FixtureRequest) -> Client:
    return Client(headers={"accept-language": request.param})


def form(**changes: Any) -> dict[str, Any]:
    given = {"key": KEY, "words": "路灯坏了三天", "category": "roads", "community": COMMUNITY, "contact": ""}
    return {**given, **changes}


def send(client: Client, **changes: Any) -> HttpResponse:
    answer: HttpResponse = client.post("/report/", form(**changes))  # type: ignore[assignment]
    return answer


def cases() -> tuple[queries.CaseRow, ...]:
    return queries.cases_for(clerk()).rows


def jpeg(width: int = 40, height: int = 30) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), "teal").save(out, "JPEG")
    return out.getvalue()


def upload(content: bytes, name: str = "photo.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, "image/jpeg")


def bomb() -> bytes:
    """A PNG of 900 million pixels in less than a megabyte."""
    out = BytesIO()
    Image.new("1", (30_000, 30_000)).save(out, "PNG")
    return out.getvalue()


def archive() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as box:
        box.writestr("a.txt", "a")
    return out.getvalue()


# taken in ------------------------------------------------------------------------------------------------------------


def test_a_report_becomes_a_case_and_leads_to_its_receipt(reader: Client) -> None:
    answer = send(reader, contact="138 0574 4406", photos=[upload(jpeg())])
    assert answer.status_code == 302
    page = reader.get(answer["Location"])
    assert page.status_code == 200
    (row,) = cases()
    assert row.shown_code in page.content.decode()
    assert "13805744406" not in page.content.decode()
    assert (row.has_photos, row.has_contact, row.place_code) == (True, True, COMMUNITY)


def test_the_receipt_goes_from_written_to_sealed(reader: Client) -> None:
    address = send(reader)["Location"].partition("?")[0]
    assert b'hx-trigger="every 1s"' in reader.get(address).content
    ledger.create_log(now=cases()[0].opened_at)
    ledger.seal(now=cases()[0].opened_at)
    part = reader.get(f"{address}proof/").content
    assert b"every 1s" not in part
    assert b'id="qr" hx-swap-oob' in part
    assert b'id="timeline" hx-swap-oob' in part
    saved = re.search(rb'href="(/open/ledger/receipt/[^"]+[.]tlog-proof)"', part)
    assert saved
    assert reader.get(saved[1].decode()).content.startswith(b"c2sp.org/tlog-proof@v1")
    bundle = re.search(rb'href="(/open/ledger/receipt/[^"]+[.]zip)"', part)
    assert bundle
    assert reader.get(bundle[1].decode()).content.startswith(b"PK")


@pytest.mark.parametrize(("asked", "most"), [(True, 16), (False, 13)])
def test_a_create_takes_few_statements(*, asked: bool, most: int) -> None:
    """Thirteen to make a matter; what it is first compared with costs three more where nothing is like it."""
    client = Client()
    client.get("/report/")
    send(client, key="warm-up-the-process")
    chosen = {} if asked else {"alone": "1"}
    with CaptureQueriesContext(connection) as seen:
        assert send(client, contact="13805744406", **chosen).status_code == 302
    written = [query["sql"] for query in seen.captured_queries]
    assert len(written) <= most, written


def test_a_double_tap_makes_one_case_and_gets_the_same_receipt() -> None:
    first = send(Client(), photos=[upload(jpeg())])
    second = send(Client(), photos=[upload(jpeg())])
    assert first["Location"] == second["Location"]
    assert len(cases()) == 1


def test_the_same_key_with_other_words_is_refused_and_keeps_everything(reader: Client) -> None:
    send(reader)
    answer = send(reader, words="另外一件事", contact="13805744406")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "另外一件事" in text
    assert "13805744406" in text
    assert KEY not in text, "the form has a fresh key: sending it again makes a new matter"
    assert len(cases()) == 1


def test_a_point_finds_its_community_and_wins_over_the_list() -> None:
    send(Client(), **HERE, place_source="map", community="330205103001")
    assert cases()[0].place_code == COMMUNITY


def test_a_name_can_be_searched_without_javascript(reader: Client) -> None:
    found = send(reader, landmark="外滩社区", find="1", photos=[upload(jpeg())])
    assert found.status_code == 200
    assert 'name="found" value="121.550000,29.900000"' in found.content.decode()
    assert "路灯坏了三天" in found.content.decode()
    assert 'name="kept" value="0" checked' in found.content.decode()
    answer = send(reader, landmark="外滩社区", found="121.550000,29.900000", kept="0", community="")
    assert answer.status_code == 302
    (row,) = cases()
    assert (row.place_code, row.has_photos) == (COMMUNITY, True)


@pytest.mark.parametrize("address", ["/report/places/?q=外滩", "/report/places/?q=", "/report/places/?q=%00"])
def test_the_search_is_also_a_page_of_its_own(reader: Client, address: str) -> None:
    assert reader.get(address).status_code == 200
    assert b"<html" not in reader.get(address, headers={"hx-request": "true"}).content


# words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["井盖坏了🚧👷‍♀️", "𠮷野家门口𡘙", "الضوء مكسور", "一" * 5_000, "a\x00b", "\u202e倒过来"]
)
def test_every_script_is_taken_in_and_shown(words: str) -> None:
    client = Client()
    page = client.get(send(client, words=words)["Location"])
    kept = words.replace("\x00", "").replace("\u202e", "")
    assert kept in page.content.decode()


@pytest.mark.parametrize("words", ["", "   \n", "\u200b\u200d", "\x00", "字" * 20_000])
def test_no_words_and_too_many_are_refused_and_kept(reader: Client, words: str) -> None:
    answer = send(reader, words=words, contact="13805744406")
    assert answer.status_code == 422
    assert b'id="words-error"' in answer.content
    assert words.strip().strip("\x00") in answer.content.decode()
    assert "13805744406" in answer.content.decode()
    assert not cases()


def test_words_cannot_become_markup() -> None:
    client = Client()
    page = client.get(send(client, words='<script>alert(1)</script><b onclick="x">')["Location"])
    assert b"<script>alert" not in page.content


@pytest.mark.parametrize("category", ["", "no-such", "roads\x00"])
def test_a_category_has_to_be_one_of_the_list(reader: Client, category: str) -> None:
    answer = send(reader, category=category)
    assert answer.status_code == 422
    assert b'id="category-error"' in answer.content


# places --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lon", "lat"),
    [("29.9", "121.55"), ("NaN", "29.9"), ("121.55", ""), ("inf", "1"), ("116.4", "39.9"), ("x", "y"), ("500", "29")],
)
def test_points_that_are_none_of_ours_get_a_sentence(reader: Client, lon: str, lat: str) -> None:
    answer = send(reader, lon=lon, lat=lat)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="place-error"' in text
    assert "路灯坏了三天" in text
    assert not cases()
    assert b'name="lon" value=""' in answer.content, "a point that was refused must not outweigh what is chosen next"
    assert 'class="pq-error' in reader.get("/report/where/", {"lon": lon, "lat": lat}).content.decode()


def test_a_made_up_community_is_refused(reader: Client) -> None:
    answer = send(reader, community="999999999999")
    assert answer.status_code == 422
    assert b'id="place-error"' in answer.content


# photos --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xd8\xff" + b"x" * (40 * 1024 * 1024), id="40 MB"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", id="svg"),
        pytest.param(archive(), id="zip"),
        pytest.param(jpeg(400, 300)[:-900], id="truncated"),
        pytest.param(b"", id="empty"),
        pytest.param(bomb(), id="bomb"),
    ],
)
def test_what_is_no_good_photo_is_named_and_the_others_are_kept(reader: Client, content: bytes) -> None:
    answer = send(reader, photos=[upload(jpeg(), "good.jpg"), upload(content, "bad.jpg")])
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "bad.jpg" in text
    assert "good.jpg: " not in text
    shown = re.search(r'src="(/report/draft/[^"]+)"', text)
    assert shown
    assert reader.get(shown[1])["Content-Type"] == "image/jpeg"
    assert send(reader, kept="0").status_code == 302
    assert cases()[0].has_photos


def test_a_photo_that_is_not_ticked_any_more_is_left_out(reader: Client) -> None:
    send(reader, words="", photos=[upload(jpeg()), upload(jpeg(50, 50))])
    send(reader)
    assert not cases()[0].has_photos


def test_six_photos_are_too_many_and_five_are_kept(reader: Client) -> None:
    answer = send(reader, photos=[upload(jpeg(20 + n, 20)) for n in range(MAX_PHOTOS + 1)])
    assert answer.status_code == 422
    assert answer.content.count(b'name="kept"') == MAX_PHOTOS


def test_no_more_photos_are_looked_at_than_can_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    looked = []
    monkeypatch.setattr(report, "sanitise", lambda raw: looked.append(raw) or photos.sanitise(raw))  # type: ignore[func-returns-value]
    answer = send(Client(), photos=[upload(jpeg(20 + n, 20)) for n in range(40)])
    assert (answer.status_code, len(looked)) == (422, MAX_PHOTOS)


def test_photos_stay_in_no_cache() -> None:
    client = Client()
    text = send(client, words="", photos=[upload(jpeg())]).content.decode()
    draft = re.search(r'src="(/report/draft/[^"]+)"', text)
    assert draft
    page = client.get(send(client, kept="0")["Location"]).content.decode()
    kept = re.search(r'"(/case/[^"]+/photo/[^"]+)"', page)
    assert kept
    for address in (draft[1], kept[1]):
        assert "no-store" in client.get(address)["Cache-Control"]


def test_drafts_are_for_who_knows_the_key() -> None:
    assert Client().get("/report/draft/another-key-nobody-made/0.jpg").status_code == 404


# trouble -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("contact", ["12", "not a number", "1" * 40, "138\x000574"])
def test_a_contact_that_is_no_number_is_refused(reader: Client, contact: str) -> None:
    answer = send(reader, contact=contact)
    if contact == "138\x000574":
        assert answer.status_code == 302  # cleaned, it is a number
        return
    assert answer.status_code == 422
    assert b'id="contact-error"' in answer.content


def test_a_form_without_its_token_comes_back_with_everything() -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post("/report/", form(photos=[upload(jpeg())]))
    text = answer.content.decode()
    assert answer.status_code == 403
    assert "路灯坏了三天" in text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    assert token
    again = strict.post("/report/", form(kept="0", csrfmiddlewaretoken=token[1]))
    assert again.status_code == 302
    assert cases()[0].has_photos


def test_other_forms_without_token_say_what_to_do() -> None:
    answer = Client(enforce_csrf_checks=True).post("/follow/", {"code": "x"})
    assert answer.status_code == 403
    assert "Cookie" in answer.content.decode()


def test_a_full_disk_saves_nothing_and_keeps_the_words(reader: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: Path, _content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "_write", full)
    answer = send(reader, photos=[upload(jpeg())])
    assert answer.status_code == 503
    assert "路灯坏了三天" in answer.content.decode()
    assert not cases()


@pytest.mark.parametrize("said", ["database is locked", "database or disk is full"])
def test_a_busy_database_says_so_and_keeps_the_words(
    reader: Client, monkeypatch: pytest.MonkeyPatch, said: str
) -> None:
    def busy(**_given: object) -> None:
        raise OperationalError(said)

    monkeypatch.setattr(services, "open_case", busy)
    answer = send(reader)
    assert answer.status_code == 503
    assert "路灯坏了三天" in answer.content.decode()


def test_far_too_much_is_a_bad_request_with_a_page(reader: Client) -> None:
    answer = reader.post("/report/", form(words="字" * 2_000_000))
    assert answer.status_code == 400
    assert b"<h1" in answer.content


@pytest.mark.parametrize("address", ["/nowhere/", "/case/XXXX-XXXX/photo/", "/desk/case/not-an-id/"])
def test_an_unknown_address_has_a_page_too(reader: Client, address: str) -> None:
    answer = reader.get(address)
    assert answer.status_code == 404
    assert b"<h1" in answer.content
