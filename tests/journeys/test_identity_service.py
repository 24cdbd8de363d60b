"""Signing in by an identity service: connected accounts only, after the password; lies, strangers and silence are refused."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.socialaccount.models import SocialAccount, SocialToken
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import Client, override_settings
from django.utils import timezone

from pianqu.composition.env import read
from pianqu.composition.outside import LASTS
from pianqu.composition.settings import identity_services
from pianqu.composition.signing import factors, outside
from pianqu.foundation.models import Account, SignIn
from tests.journeys.identity import CLIENT, SECRET, Provider, provider

pytestmark = pytest.mark.django_db
GOOD = "三月的风吹过江北 2026"
PAGE, BEGIN = "/desk/account/outside/", "/sign-in/outside/"


@pytest.fixture
def service() -> Iterator[Provider]:
    with provider() as made:
        given = {"PIANQU_OIDC_ISSUER": made.url, "PIANQU_OIDC_CLIENT": CLIENT, "PIANQU_OIDC_SECRET": SECRET}
        apps = identity_services(read({**given, "PIANQU_OIDC_NAME": "市统一认证"}))
        with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": apps}}):
            yield made


@pytest.fixture
def account() -> Account:
    return Account.objects.create_account(login="one", password=GOOD, name="某人")


def browser(account: Account | None = None) -> Client:
    client = Client(HTTP_HOST="localhost")
    if account:
        client.post("/sign-in/", {"login": account.login, "password": GOOD})
    return client


def there_and_back(service: Provider, client: Client, query: str = "?next=/desk/account/") -> Any:
    """Where the browser ends up after it signed in there."""
    off = client.get(f"{BEGIN}{query}")
    assert off.status_code == 302 and off["Location"].startswith(service.url), off.content.decode()[-900:]
    _status, _body, back = service.asked(off["Location"].removeprefix(service.url))
    return client.get(back.removeprefix("http://localhost"))


def connect(service: Provider, account: Account) -> Client:
    client = browser(account)
    assert client.post(PAGE, {"step": "on", "password": GOOD})["Location"] == PAGE
    assert there_and_back(service, client, "?connect=1")["Location"] == PAGE
    return client


def test_a_connected_account_signs_in_and_only_its_subject_is_kept(service: Provider, account: Account) -> None:
    mine = connect(service, account)
    assert outside.connected_since(account) is not None
    client = browser()
    assert "市统一认证" in client.get("/sign-in/").content.decode()
    assert there_and_back(service, client)["Location"] == "/desk/account/"
    assert client.get("/desk/account/").status_code == 200 and SignIn.objects.filter(account=account).count() == 2
    row = SocialAccount.objects.get()
    assert (row.uid, row.extra_data) == ("s-1", {}) and not SocialToken.objects.exists()
    assert mine.post(PAGE, {"step": "off", "password": GOOD})["Location"] == PAGE
    assert there_and_back(service, browser()).status_code == 422


def test_what_is_asked_there(service: Provider) -> None:
    asked = parse_qs(urlsplit(browser().get(BEGIN)["Location"]).query)
    assert asked["scope"] == ["openid"] and asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["http://localhost/sign-in/outside/oidc/"]


def test_nobody_becomes_a_colleague_by_signing_in_there(service: Provider, account: Account) -> None:
    service.claims = {"preferred_username": "one", "email": "one@example.org", "email_verified": True}
    client = browser()
    assert there_and_back(service, client).status_code == 422
    assert Account.objects.count() == 1 and not SocialAccount.objects.exists()
    assert client.get("/desk/account/").status_code == 302


def test_the_second_step_and_an_own_password_are_asked_for_all_the_same(service: Provider, account: Account) -> None:
    connect(service, account)
    Account.objects.update(once_until=timezone.now())
    assert there_and_back(service, browser())["Location"] == "/sign-in/password/"
    with patch.object(factors, "_step", lambda *_given: 1):
        factors.turn_on(account=account, secret=factors.draw_secret(), code="123456", now=timezone.now())
    client = browser()
    assert there_and_back(service, client)["Location"] == "/sign-in/second/"
    assert client.get("/desk/account/").status_code == 302


@pytest.mark.parametrize(
    "claims", [{"iss": "https://elsewhere.example"}, {"aud": "another"}, {"exp": 1}, {"sub": None}, {"aud": []}]
)
def test_a_token_for_somebody_else_or_of_yesterday(service: Provider, account: Account, claims: dict[str, Any]) -> None:
    connect(service, account)
    service.claims = claims
    client = browser()
    assert there_and_back(service, client).status_code == 422 and client.get("/desk/account/").status_code == 302


def test_a_token_signed_by_another(service: Provider, account: Account) -> None:
    connect(service, account)
    service.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert there_and_back(service, browser()).status_code == 422


def test_a_code_that_was_not_asked_for_or_came_before(service: Provider, account: Account) -> None:
    connect(service, account)
    client = browser()
    off = client.get(BEGIN)["Location"].removeprefix(service.url)
    back = service.asked(off)[2].removeprefix("http://localhost")
    assert browser().get(back).status_code == 422, "another browser's"
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 422, "a second time"
    for query in ("", "?code=x", "?state=x", "?error=access_denied", "?error=server_error&state=x"):
        assert browser().get(f"{BEGIN}oidc/{query}").status_code == 422
    assert browser().get(f"{BEGIN}google/").status_code == 404


def test_a_service_that_is_down(service: Provider, account: Account) -> None:
    connect(service, account)
    service.down = True
    assert browser().get(BEGIN).status_code == 422
    service.down = False
    client = browser()
    off = client.get(BEGIN)["Location"].removeprefix(service.url)
    back = service.asked(off)[2].removeprefix("http://localhost")
    service.down = True
    assert client.get(back).status_code == 422


def test_connecting_asks_for_the_password_shortly_before(service: Provider, account: Account) -> None:
    client = browser(account)
    assert client.get(f"{BEGIN}?connect=1")["Location"] == PAGE
    assert browser().get(f"{BEGIN}?connect=1")["Location"] == PAGE
    assert client.post(PAGE, {"step": "on", "password": "x"}).status_code == 422
    assert client.get(f"{BEGIN}?connect=1")["Location"] == PAGE
    client.post(PAGE, {"step": "on", "password": GOOD})
    late = timezone.now() + LASTS
    with patch("pianqu.composition.outside.timezone.now", lambda: late):
        assert client.get(f"{BEGIN}?connect=1")["Location"] == PAGE
    off = client.get(f"{BEGIN}?connect=1")["Location"].removeprefix(service.url)
    back = service.asked(off)[2].removeprefix("http://localhost")
    client.post("/sign-out/")
    assert client.get(back).status_code in (302, 422) and not SocialAccount.objects.exists()
    assert Client().get(PAGE)["Location"].startswith("/sign-in/")


def test_one_identity_one_account(service: Provider, account: Account) -> None:
    mine = connect(service, account)
    other = browser(Account.objects.create_account(login="two", password=GOOD, name="他"))
    other.post(PAGE, {"step": "on", "password": GOOD})
    assert there_and_back(service, other, "?connect=1").status_code == 409
    service.subject = "s-2"
    mine.post(PAGE, {"step": "on", "password": GOOD})
    assert there_and_back(service, mine, "?connect=1").status_code == 409
    assert list(SocialAccount.objects.values_list("uid", "user__login")) == [("s-1", "one")]


def test_who_was_switched_off_or_renewed_comes_in_no_more(service: Provider, account: Account) -> None:
    connect(service, account)
    Account.objects.update(is_active=False)
    assert there_and_back(service, browser()).status_code == 422
    factors.forget_all(account)
    assert not SocialAccount.objects.exists()


def test_without_a_service_there_is_no_such_page(account: Account) -> None:
    client = browser(account)
    for at in (BEGIN, f"{BEGIN}oidc/", PAGE):
        assert client.get(at).status_code == 404
    assert BEGIN not in browser().get("/sign-in/").content.decode()
