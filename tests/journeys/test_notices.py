"""From a report to the bell on a desk and a message to who reported, through the doors that people use."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from pianqu.composition import chores, wiring
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.rooms.casework.tests.builders import LEAD, importer, small_district
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import services as ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district() -> None:
    small_district()
    ledger.create_log(now=timezone.now())


@pytest.fixture
def unreachable() -> Iterator[None]:
    """A gateway where nobody listens."""
    with override_settings(INSTALLATION=replace(installation(), sms_url="http://127.0.0.1:9/")):
        installation.cache_clear()
        yield
    installation.cache_clear()


def signed_in(organisation_code: str, kind: str) -> Client:
    now = timezone.now()
    account = Account.objects.create_account(login=f"{kind}-{organisation_code}", password="p", name="某")
    directory.appoint(
        actor=importer("330205"),
        account_id=account.id,
        organisation_code=organisation_code,
        kind=kind,
        title="窗口",
        now=now,
    )
    client = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
    client.force_login(account)
    return client


def reported(resident: Client, **more: Any) -> str:
    """Through the form; answers the code."""
    key = re.search(r'name="key" value="([^"]+)"', resident.get("/report/").content.decode())
    assert key
    form = {"key": key[1], "words": "路灯坏了", "category": "roads", "community": "330205001001", **more}
    answer = resident.post("/report/", form)
    assert answer.status_code == 302, answer.content.decode()[:2000]
    return answer["Location"].split("/")[2]


def test_from_the_form_to_the_bell_and_the_message(unreachable: None) -> None:
    resident, window = Client(SERVER_NAME="localhost"), signed_in("330205-centre", "window")
    bureau, admin = signed_in(LEAD, "handler"), signed_in("330205-centre", "administrator")
    code = reported(resident, contact="139 1234 5678", tell="1")
    page = resident.get(f"/case/{code}/").content.decode()
    assert "有进展时发短信到 139********" in page
    address = re.search(r"/desk/case/[0-9a-f-]+/", window.get(f"/desk/?q={code}").content.decode())
    assert address
    window.post(f"{address[0]}act/dispatch/", {"lead": LEAD, "nature": "help"})
    assert "Notices, 1 new" not in bureau.get("/desk/").content.decode()
    wiring.seal_and_drain()
    assert "Notices, 1 new" in bureau.get("/desk/").content.decode()
    inbox = bureau.get("/desk/notices/").content.decode()
    assert "Given to you" in inbox and address[0] in inbox
    up_to = re.search(r'name="up_to" value="(\d+)"', inbox)
    assert up_to
    bureau.post("/desk/notices/clear/", {"up_to": up_to[1]})
    assert "Notices, 1 new" not in bureau.get("/desk/").content.decode()

    chores.send()
    page = admin.get("/desk/notices/sending/").content.decode()
    assert code in page and "It was not reached." in page and "again at" in page
    assert "139" not in re.sub(rf"<[^>]*>|{code}", " ", page), (
        "the code is drawn, and any three digits stand in one now and then"
    )
    assert window.get("/desk/notices/sending/").status_code == 403


def test_the_reporter_changes_the_way_and_a_wrong_contact_keeps_it(unreachable: None) -> None:
    resident = Client(SERVER_NAME="localhost", headers={"accept-language": "en"})
    code = reported(resident)
    answer = resident.post(f"/case/{code}/tell/", {"tell": "1", "contact": "wang@"})
    assert answer.status_code == 422 and "This is not a mail address" in answer.content.decode()
    resident.post(f"/case/{code}/tell/", {"tell": "1", "contact": "wang@example.cn"})
    assert "a mail goes to w***@example.cn" in resident.get(f"/case/{code}/").content.decode()
    resident.post(f"/case/{code}/tell/", {"tell": "0", "contact": ""})
    assert "no message is sent" in resident.get(f"/case/{code}/").content.decode()
    stranger = Client(SERVER_NAME="localhost")
    assert stranger.post(f"/case/{code}/tell/", {"tell": "1"}).status_code == 302


@pytest.mark.parametrize("up_to", ["", "-1", "9" * 30, "٣", "1 or 1"])
def test_a_made_up_position_clears_nothing(up_to: str) -> None:
    bureau = signed_in(LEAD, "handler")
    assert bureau.post("/desk/notices/clear/", {"up_to": up_to}).status_code == 302


def test_a_message_that_is_in_doubt_no_longer_is_said_so() -> None:
    admin = signed_in("330205-centre", "administrator")
    gone = "/desk/notices/sending/00000000-0000-4000-8000-000000000000/"
    answer = admin.post(gone, {"outcome": "arrived"}, follow=True)
    assert "in doubt no longer" in answer.content.decode()


def test_another_system_is_added_on_the_page_and_its_secret_is_shown_once() -> None:
    admin = signed_in("330205-centre", "administrator")
    page = "/desk/notices/webhooks/"
    form = {"name": "统计平台", "url": "https://system.example/hook", "kinds": ["casework.case-opened"]}
    answer = admin.post(page, {**form, "url": "system.example"})
    assert (
        answer.status_code == 422
        and 'value="system.example"' in answer.text
        and "Please give an address" in answer.text
    )
    secret = re.search(r"whsec_[A-Za-z0-9+/=]+", admin.post(page, form).text)
    again = admin.get(page).text
    assert secret and secret[0] not in again and "https://system.example/hook" in again
    dropped = re.search(r"/desk/notices/webhooks/[0-9a-f-]+/", again)
    assert dropped and admin.post(dropped[0]).status_code == 302
    assert "https://system.example/hook" not in admin.get(page).text
