"""Somebody's own account: the first one of an empty installation, several posts, several browsers, a new password."""

import uuid
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.composition import setup
from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account, SignIn
from pianqu.rooms.directory import queries, services

pytestmark = pytest.mark.django_db
SYSTEM = Actor(kind="system", organisation_code="330205")
GOOD = "三月的风吹过江北 2026"


@pytest.fixture
def code() -> Iterator[str]:
    installation().data.mkdir(parents=True, exist_ok=True)
    setup.ensure_code(installation().data)
    path = installation().data / setup.CODE
    yield path.read_text()
    path.unlink(missing_ok=True)


def form(code: str, **changes: str) -> dict[str, str]:
    typed = {"code": code, "district": "江北区", "login": "keeper", "name": "管理员", "password": GOOD, "again": GOOD}
    return {**typed, **changes}


def test_the_first_administrator_sets_up_an_empty_installation_once(client: Client, code: str) -> None:
    assert (installation().data / setup.CODE).stat().st_mode & 0o777 == 0o600
    assert client.get("/setup/").status_code == 200
    assert client.post("/setup/", form(f" {code}\n"))["Location"] == "/desk/"
    assert client.get("/desk/").status_code == 200
    account = Account.objects.get()
    actor = queries.actor_for(account.id)
    assert actor is not None and queries.may_change_directory(actor)
    assert not (installation().data / setup.CODE).exists()
    assert client.get("/setup/").status_code == 404 == Client().post("/setup/", form(code)).status_code
    setup.ensure_code(installation().data)
    assert not (installation().data / setup.CODE).exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": "0000-0000-0000-0000"},
        {"code": ""},
        {"again": "another one entirely"},
        {"password": "short", "again": "short"},
        {"password": "keeper1234", "again": "keeper1234"},
        {"password": "password123", "again": "password123"},
        {"login": ""},
        {"login": "x" * 65},
        {"name": " "},
        {"district": ""},
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(client: Client, code: str, wrong: dict[str, str]) -> None:
    answer = client.post("/setup/", {**form(code), **wrong})
    assert answer.status_code == 422 and not Account.objects.exists()
    assert GOOD not in answer.content.decode()
    assert queries.every_organisation() == ()


def test_guessing_the_code_locks(client: Client, code: str) -> None:
    for _try in range(5):
        client.post("/setup/", form("0000-0000-0000-0000"))
    assert client.post("/setup/", form(code)).status_code == 429


# posts ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def two_posts() -> tuple[Account, list[uuid.UUID]]:
    now = timezone.now()
    load_district(code="330205", now=now)
    account = Account.objects.create_account(login="two", password=GOOD, name="某人")
    posts = [
        services.appoint(
            actor=SYSTEM,
            account_id=account.id,
            organisation_code=organisation,
            kind=kind,
            title=title,
            beside=True,
            now=now + timedelta(seconds=number),
        )
        for number, (organisation, kind, title) in enumerate(
            [("330205-enforcement", "handler", "经办人"), ("330205-centre", "leader", "值班领导")]
        )
    ]
    return account, posts


def signed_in(account: Account, agent: str = "") -> Client:
    client = Client(HTTP_USER_AGENT=agent)
    answer = client.post("/sign-in/", {"login": account.login, "password": GOOD})
    assert answer.status_code == 302
    return client


def test_who_holds_two_posts_chooses_one(two_posts: tuple[Account, list[uuid.UUID]]) -> None:
    account, posts = two_posts
    client = signed_in(account)
    first = client.get("/desk/account/").content.decode()
    assert "值班领导" in first and "经办人" in first
    assert client.post("/desk/account/post/", {"post": str(posts[1])}).status_code == 302
    assert "值班领导" in client.get("/desk/").content.decode()
    services.end_post(actor=SYSTEM, post_id=posts[1], now=timezone.now())
    assert "经办人" in client.get("/desk/").content.decode()
    assert client.post("/desk/account/post/", {"post": str(posts[1])}).status_code == 409
    assert client.post("/desk/account/post/", {"post": str(uuid.uuid4())}).status_code == 409
    assert client.post("/desk/account/post/", {"post": "nonsense"}).status_code == 409


# browsers ------------------------------------------------------------------------------------------------------------


def test_one_sees_where_one_is_signed_in_and_ends_it(two_posts: tuple[Account, list[uuid.UUID]]) -> None:
    account, _posts = two_posts
    here, phone = signed_in(account, "Mozilla (Windows) Chrome/1"), signed_in(account, "Mozilla (Android) Firefox/1")
    page = here.get("/desk/account/").content.decode()
    assert "Chrome · Windows" in page and "Firefox · Android" in page
    other = SignIn.objects.get(browser="Firefox · Android")
    assert here.post("/desk/account/end/", {"one": str(other.id)}).status_code == 302
    assert phone.get("/desk/").status_code == 302 and here.get("/desk/").status_code == 200
    assert here.post("/desk/account/end/", {"one": str(other.id)}).status_code == 404
    assert here.post("/desk/account/end/", {"one": "nonsense"}).status_code == 404


def test_nobody_ends_another_persons_session(two_posts: tuple[Account, list[uuid.UUID]]) -> None:
    account, _posts = two_posts
    mine = signed_in(account)
    stranger = signed_in(Account.objects.create_account(login="stranger", password=GOOD, name="他"))
    own = SignIn.objects.get(account=account)
    assert stranger.post("/desk/account/end/", {"one": str(own.id)}).status_code == 404
    stranger.post("/desk/account/end/", {})
    assert mine.get("/desk/").status_code == 200


def test_signing_out_leaves_nothing_to_end(two_posts: tuple[Account, list[uuid.UUID]]) -> None:
    client = signed_in(two_posts[0])
    client.post("/sign-out/")
    assert not SignIn.objects.exists()


def test_a_new_password_signs_every_other_browser_out(two_posts: tuple[Account, list[uuid.UUID]]) -> None:
    account, _posts = two_posts
    here, there = signed_in(account), signed_in(account)
    new = "春水碧于天画船听雨眠"
    change = {"old": GOOD, "new": new, "again": new}
    for wrong in ({"old": "x"}, {"again": "x"}, {"new": "short", "again": "short"}):
        assert here.post("/desk/account/password/", {**change, **wrong}).status_code == 422
    assert here.post("/desk/account/password/", change).status_code == 302
    assert here.get("/desk/").status_code == 200 and there.get("/desk/").status_code == 302
    account.refresh_from_db()
    assert account.check_password(new) and account.password.startswith("argon2")
    assert SignIn.objects.filter(account=account).count() == 1


def test_guessing_the_old_password_locks(two_posts: tuple[Account, list[uuid.UUID]]) -> None:
    client = signed_in(two_posts[0])
    for _try in range(5):
        client.post("/desk/account/password/", {"old": "x", "new": "y", "again": "y"})
    new = "春水碧于天画船听雨眠"
    assert client.post("/desk/account/password/", {"old": GOOD, "new": new, "again": new}).status_code == 429
