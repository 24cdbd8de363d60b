"""The page of tables: asked for from the list, looked after without JavaScript, fetched and given up; and the API's doors."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.foundation import tables
from pianqu.foundation.actor import Actor
from pianqu.foundation.limits import LIMITS
from pianqu.foundation.models import Account
from pianqu.rooms.casework import jobs, queries
from pianqu.rooms.casework.models import Export, ExportRun
from pianqu.rooms.casework.tests.builders import opened
from pianqu.rooms.directory import services as directory

SYSTEM = Actor(kind="system", organisation_code="330205")


class Desk:
    """Somebody in a post of the centre, at the desk and with a token."""

    def __init__(self, login: str) -> None:
        now = timezone.now()
        account = Account.objects.create_account(login=login, password="p", name="某人")
        post = directory.appoint(
            actor=SYSTEM,
            account_id=account.id,
            organisation_code="330205-centre",
            kind="window",
            title="窗口",
            now=now,
        )
        self.actor = Actor(
            kind="post", account_id=str(account.id), post_id=str(post), organisation_code="330205-centre"
        )
        self.browser = Client(headers={"accept-language": "en"})
        self.browser.force_login(account)
        token = directory.issue_token(
            actor=self.actor, name="t", rights=["read"], expires_at=now + timedelta(days=2), now=now
        )
        self.program = Client(headers={"accept-language": "en", "authorization": f"Bearer {token}"})


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    LIMITS.forget()
    yield Desk("one")
    LIMITS.forget()


def test_the_list_leads_to_a_table_of_what_it_shows(desk: Desk) -> None:
    opened(category="noise")
    opened(category="roads")
    listed = desk.browser.get("/desk/?category=noise&q=路灯")
    assert 'href="/desk/exports/?category=noise&amp;q=%E8%B7%AF%E7%81%AF"' in listed.content.decode()
    page = desk.browser.get("/desk/exports/?category=noise").content.decode()
    assert "Noise" in page and "No table was asked for yet" in page
    answer = desk.browser.post("/desk/exports/?category=noise", {"form": "csv"})
    assert answer.status_code == 302 and answer["Location"] == "/desk/exports/"
    waiting = desk.browser.get("/desk/exports/").content.decode()
    assert "Waits for its turn" in waiting and 'hx-trigger="every 2s"' in waiting
    assert jobs.write_exports(actor=SYSTEM) == 1
    part = desk.browser.get("/desk/exports/progress/").content.decode()
    assert "1 matter ·" in part and "hx-trigger" not in part and "<html" not in part
    (row,) = Export.objects.all()
    fetched = desk.browser.get(f"/desk/exports/{row.id}/file/")
    content = b"".join(fetched.streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"\xef\xbb\xbf") and content.count(b"\r\n") == 2
    assert fetched["Content-Disposition"].startswith('attachment; filename="matters-2')
    assert desk.browser.head(f"/desk/exports/{row.id}/file/").status_code == 405


def test_progress_is_shown_and_it_can_be_cancelled_half_way(desk: Desk) -> None:
    for _number in range(5):
        opened()
    desk.browser.post("/desk/exports/", {"form": "xlsx"})
    (work,) = queries.exports_to_write(now=timezone.now(), most=1)
    steps = jobs.written(work, actor=SYSTEM, page_size=2)
    next(steps)
    ExportRun.objects.update(written=2)
    assert "2 of 5" in desk.browser.get("/desk/exports/").content.decode()
    answer = desk.browser.post(f"/desk/exports/{work.export_id}/cancel/")
    assert answer.status_code == 302
    assert list(steps) == []
    assert "Cancelled. Nothing of it is kept." in desk.browser.get("/desk/exports/").content.decode()
    assert desk.browser.get(f"/desk/exports/{work.export_id}/file/").status_code == 409


def test_words_without_a_purpose_are_refused_and_the_form_is_kept(desk: Desk) -> None:
    answer = desk.browser.post("/desk/exports/?state=opened", {"form": "geojson", "with_words": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "Please say what the words are needed for" in page
    assert 'value="geojson" checked' in page and 'name="with_words" value="1" checked' in page
    assert 'action="/desk/exports/?state=opened"' in page
    assert not Export.objects.exists()


def test_without_its_library_parquet_is_not_offered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "find_spec", lambda name: None)
    assert 'value="parquet" disabled' in desk.browser.get("/desk/exports/").content.decode()
    answer = desk.browser.post("/desk/exports/", {"form": "parquet"})
    assert answer.status_code == 503 and "the extra “analysis” (pyarrow)" in answer.content.decode()


def test_another_posts_table_is_not_there(desk: Desk) -> None:
    desk.browser.post("/desk/exports/", {"form": "csv"})
    jobs.write_exports(actor=SYSTEM)
    (row,) = Export.objects.all()
    other = Desk("two")
    assert other.browser.get(f"/desk/exports/{row.id}/file/").status_code == 404
    assert other.browser.post(f"/desk/exports/{row.id}/cancel/").status_code == 404
    assert other.program.get(f"/api/v1/desk/exports/{row.id}/file").status_code == 404
    assert other.program.delete(f"/api/v1/desk/exports/{row.id}").status_code == 404
    assert "CSV" in desk.browser.get("/desk/exports/progress/").content.decode()
    assert "CSV ·" not in other.browser.get("/desk/exports/progress/").content.decode()
    assert Client().get(f"/desk/exports/{row.id}/file/").status_code == 302


def test_a_program_asks_looks_fetches_and_gives_up(desk: Desk) -> None:
    opened()
    asked = desk.program.post("/api/v1/desk/exports", {"form": "csv", "state": "opened"}, "application/json")
    assert asked.status_code == 201
    at = f"/api/v1/desk/exports/{asked.json()['id']}"
    assert desk.program.get(at).json()["state"] == "asked"
    assert desk.program.get(f"{at}/file").status_code == 409
    jobs.write_exports(actor=SYSTEM)
    found = desk.program.get(at).json()
    assert (found["state"], found["matters"]) == ("ready", 1)
    assert desk.program.get("/api/v1/desk/exports").json() == [found]
    fetched = desk.program.get(f"{at}/file")
    assert fetched["Content-Type"] == "text/csv" and len(b"".join(fetched.streaming_content)) == found["size"]  # type: ignore[attr-defined]
    assert desk.program.delete(at).status_code == 200
    assert desk.program.get(at).json()["reason"] == "cancelled"
    assert desk.program.get(f"/api/v1/desk/exports/{uuid.uuid4()}").status_code == 404
    wrong = desk.program.post("/api/v1/desk/exports", {"form": "csv", "state": "nonsense"}, "application/json")
    assert wrong.status_code == 422
