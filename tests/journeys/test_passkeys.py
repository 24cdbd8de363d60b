"""Passkeys: added after the password, signing in without one, removed; every answer that does not fit is refused in words."""

import json
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from pianqu.composition.signing import passkeys
from pianqu.foundation import throttle
from pianqu.foundation.models import Account, SignIn
from tests.journeys.device import Device

pytestmark = pytest.mark.django_db
GOOD = "三月的风吹过江北 2026"
PAGE, OPTIONS = "/desk/account/passkeys/", "/desk/account/passkeys/options/"
ASK, SIGN_IN = "/sign-in/passkey/options/", "/sign-in/passkey/"


@pytest.fixture
def account() -> Account:
    return Account.objects.create_account(login="one", password=GOOD, name="某人")


def browser(account: Account | None = None, **more: Any) -> Client:
    client = Client(HTTP_HOST="localhost", HTTP_USER_AGENT="Mozilla (Windows) Chrome/1", **more)
    if account:
        client.post("/sign-in/", {"login": account.login, "password": GOOD})
    return client


def keep(client: Client, device: Device, **more: str) -> Any:
    options = client.post(OPTIONS, {"password": GOOD}).json()
    return client.post(PAGE, {"credential": device.create(options), **more})


def enter(device: Device, client: Client | None = None, **other: bytes) -> Any:
    client = client or browser()
    return client.post(SIGN_IN, {"credential": device.get(client.post(ASK).json(), **other), "next": "/desk/account/"})


def test_a_device_signs_in_without_password_and_code(account: Account) -> None:
    mine, device = browser(account), Device()
    assert keep(mine, device)["Location"] == PAGE
    (key,) = passkeys.passkeys(account)
    assert key.name == "Chrome · Windows" and key.used_at is None
    client = browser()
    assert enter(device, client)["Location"] == "/desk/account/"
    assert client.get("/desk/account/").status_code == 200 and SignIn.objects.filter(account=account).count() == 2
    assert passkeys.passkeys(account)[0].used_at is not None
    assert mine.post(PAGE, {"remove": str(key.id), "password": GOOD})["Location"] == PAGE
    assert enter(device).status_code == 422


def test_a_key_that_was_signed_for_a_page_elsewhere_opens_nothing(account: Account) -> None:
    device = Device()
    keep(browser(account), device)
    device.origin = "https://localhost.example"
    assert enter(device).status_code == 422
    device.origin = "http://localhost"
    assert enter(device).status_code == 302


@pytest.mark.parametrize(
    "other",
    [
        {"signature": b"nonsense"},
        {"signature": b""},
        {"userHandle": b""},
        {"userHandle": b"\xff\xfe"},
        {"userHandle": b"0" * 32},
        {"authenticatorData": b""},
        {"clientDataJSON": b"{}"},
        {"clientDataJSON": b"\xff"},
    ],
)
def test_an_answer_with_a_wrong_part(account: Account, other: dict[str, bytes]) -> None:
    device = Device()
    keep(browser(account), device)
    answer = enter(device, **other)
    assert answer.status_code == 422 and not SignIn.objects.exclude(account=account).exists()


@pytest.mark.parametrize(
    "sent", ["", "x", "[]", "null", "{}", '{"response": 1}', '{"response": {}}', "[" * 9000, "9" * 30_000]
)
def test_what_is_no_answer_at_all(account: Account, sent: str) -> None:
    client, mine = browser(), browser(account)
    client.post(ASK)
    assert client.post(SIGN_IN, {"credential": sent}).status_code == 422
    mine.post(OPTIONS, {"password": GOOD})
    assert mine.post(PAGE, {"credential": sent}).status_code == 422
    assert not Authenticator.objects.exists()


def test_a_challenge_is_answered_once(account: Account) -> None:
    mine, device = browser(account), Device()
    options = mine.post(OPTIONS, {"password": GOOD}).json()
    answer = device.create(options)
    assert mine.post(PAGE, {"credential": answer}).status_code == 302
    assert mine.post(PAGE, {"credential": answer}).status_code == 422
    client = browser()
    answer = device.get(client.post(ASK).json())
    assert client.post(SIGN_IN, {"credential": answer}).status_code == 302
    assert client.post(SIGN_IN, {"credential": answer}).status_code == 422
    assert browser().post(SIGN_IN, {"credential": answer}).status_code == 422, "another browser was not asked"


def test_a_wrong_answer_uses_the_challenge_up(account: Account) -> None:
    device, client = Device(), browser()
    keep(browser(account), device)
    options = client.post(ASK).json()
    assert client.post(SIGN_IN, {"credential": device.get(options, signature=b"x")}).status_code == 422
    assert client.post(SIGN_IN, {"credential": device.get(options)}).status_code == 422


def test_a_device_that_asks_nobody_is_refused(account: Account) -> None:
    mine, device = browser(account), Device(verifies=False)
    assert keep(mine, device).status_code == 422
    device = Device()
    keep(mine, device)
    device.flags = 0x01
    assert enter(device).status_code == 422


def test_the_password_comes_first(account: Account) -> None:
    mine = browser(account)
    assert mine.post(OPTIONS, {"password": "x"}).status_code == 422
    device, asked = Device(), browser().post(ASK).json()
    asked["publicKey"] |= {"rp": {"id": "localhost"}, "user": {"id": "eA"}}
    assert mine.post(PAGE, {"credential": device.create(asked)}).status_code == 422
    keep(mine, device)
    key = str(passkeys.passkeys(account)[0].id)
    assert mine.post(PAGE, {"remove": key, "password": "x"}).status_code == 422
    for _try in range(3):
        mine.post(OPTIONS, {"password": "x"})
    answer = mine.post(OPTIONS, {"password": GOOD})
    assert answer.status_code == 429 and json.loads(answer.content)["error"]
    assert len(passkeys.passkeys(account)) == 1


def test_nobody_removes_or_uses_what_is_anothers(account: Account) -> None:
    mine, device = browser(account), Device()
    keep(mine, device)
    stranger = Account.objects.create_account(login="two", password=GOOD, name="他")
    key = str(passkeys.passkeys(account)[0].id)
    theirs = browser(stranger)
    for asked in (key, "nonsense", "9" * 30, "²"):
        assert theirs.post(PAGE, {"remove": asked, "password": GOOD}).status_code == 404
    assert enter(device, userHandle=stranger.id.hex.encode()).status_code == 422
    Account.objects.filter(id=account.id).update(is_active=False)
    assert enter(device).status_code == 422
    assert browser().get(PAGE)["Location"].startswith("/sign-in/")
    assert browser().post(OPTIONS, {"password": GOOD}).status_code == 302


def test_ten_are_enough(account: Account) -> None:
    mine = browser(account)
    for number in range(10):
        assert keep(mine, Device(), name=f"第{number}把").status_code == 302
    assert mine.post(OPTIONS, {"password": GOOD}).status_code == 409
    assert "第9把" in mine.get(PAGE).content.decode()


def test_guessing_locks_the_address_and_no_name(account: Account) -> None:
    device = Device()
    keep(browser(account), device)
    guesser = browser(REMOTE_ADDR="10.3.3.3")
    for _try in range(throttle.ADDRESS_TRIES):
        assert enter(device, guesser, signature=b"x").status_code == 422
    assert enter(device, guesser).status_code == 429
    assert enter(device).status_code == 302
