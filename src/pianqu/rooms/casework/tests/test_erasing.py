"""Erasure: what was said of a person is gone from every table and the store; counts, receipt and history stand."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from pianqu.foundation import files
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.rooms.casework import services
from pianqu.rooms.casework.models import Addition, Case, Contact, Photo
from pianqu.rooms.casework.tests.builders import NOW, clerk, handler, importer, opened, photo, resident
from pianqu.rooms.casework.tests.test_views import official

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(days=400)


def full(**changes: Any) -> services.Opened:
    """An ended matter with everything in it that speaks of a person, its contact seen once."""
    place = services.PlaceChoice(lon=121.551234, lat=29.901234, landmark="老王家楼下", source="map")
    case = opened(words="我叫老王，灯坏了", photos=[photo()], contact="13805744406", place=place, **changes)
    services.extend_case(actor=resident(), case_id=case.case_id, words="老王补一句", photos=[photo("red")], now=NOW)
    services.reveal_contact(actor=clerk(), case_id=case.case_id, purpose="给老王回电", now=NOW)
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="老王你好，修好了", now=NOW)
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    return case


def erase(case_id: uuid.UUID, **changes: Any) -> uuid.UUID:
    return services.erase_case(
        **{"actor": clerk(), "case_id": case_id, "basis": "consent-withdrawn", "now": LATER, **changes}
    )


def everything_stored() -> str:
    """Every cell of every table in plain sight."""
    with connection.cursor() as cursor:
        cells = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            cells += [
                bytes(cell) if isinstance(cell, memoryview) else cell for row in cursor.fetchall() for cell in row
            ]
    return repr([cell.decode("utf-8", "replace") if isinstance(cell, bytes) else cell for cell in cells])


def test_nothing_that_was_said_is_left(django_capture_on_commit_callbacks: Any) -> None:
    case = full()
    assert all(said in everything_stored() for said in ("老王", "138********", "121.551234"))
    names = list(Photo.objects.values_list("file_name", flat=True))
    with django_capture_on_commit_callbacks(execute=True):
        erase(case.case_id)
    left = everything_stored()
    assert "老王" not in left and "138********" not in left and "121.551234" not in left
    assert not Photo.objects.exists() and not Contact.objects.exists()
    row, more = Case.objects.get(), Addition.objects.get()
    assert (bytes(row.words_salt), bytes(row.reply_salt), bytes(more.words_salt)) == (b"", b"", b"")
    for name in names:
        with pytest.raises(Absent):
            files.read(name)


@pytest.mark.parametrize("actor", [resident(), handler(), importer()])
def test_only_the_centre_erases(actor: Any) -> None:
    case = full()
    with pytest.raises(Forbidden):
        erase(case.case_id, actor=actor)
    assert Case.objects.get().words


def test_what_cannot_be_erased_says_why() -> None:
    case = opened()
    with pytest.raises(Refused) as still_open:
        erase(case.case_id)
    assert still_open.value.code == "case-open"
    with pytest.raises(Invalid):
        erase(case.case_id, basis="mood")
    with pytest.raises(Absent):
        erase(uuid.uuid4())
    services.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    erase(case.case_id)
    with pytest.raises(Refused) as twice:
        erase(case.case_id)
    assert twice.value.code == "case-erased-before"


def test_the_window_erases_on_its_page_and_the_person_sees_that_it_happened(client: Client) -> None:
    window, case = official("330205-centre"), full()
    page = f"/desk/case/{case.case_id}/"
    assert 'id="erase"' in window.get(page).content.decode()
    unsure = window.post(f"{page}erase/", {"basis": "consent-withdrawn"}, headers={"accept-language": "en"})
    assert unsure.status_code == 422 and b"cannot be undone" in unsure.content and Case.objects.get().words
    assert window.post(f"{page}erase/", {"basis": "consent-withdrawn", "sure": "1"}).status_code == 302
    shown = window.get(page).content.decode()
    assert "老王" not in shown and 'id="erase"' not in shown
    assert "老王" not in window.get("/desk/").content.decode()
    Case.objects.update(receipt_expires_at=LATER)
    mine = client.get(
        f"/case/{case.case_code}/?s={case.receipt_secret}", follow=True, headers={"accept-language": "en"}
    )
    assert b"What this matter said was erased on" in mine.content


def test_who_may_not_erase_is_not_offered_it() -> None:
    other, case = official("330205-urban"), full(actor=handler("330205-urban"))
    assert 'id="erase"' not in other.get(f"/desk/case/{case.case_id}/").content.decode()
    refused = other.post(f"/desk/case/{case.case_id}/erase/", {"basis": "unlawful", "sure": "1"})
    assert refused.status_code == 403 and Case.objects.get().words
