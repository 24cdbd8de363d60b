"""`pianqu admin add`: a district that lost its administrator gets one from the terminal, with a one-time password."""

import re
from unittest.mock import patch

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.composition import administrators
from pianqu.composition.commands import admin
from pianqu.composition.signing import factors
from pianqu.foundation.errors import Absent, Invalid
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.tests.builders import LAW, SYSTEM, small_district
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
GOOD, OWN = "三月的风吹过江北 2026", "春水碧于天画船听雨眠"


def add(login: str, name: str = "") -> str:
    return administrators.add(login=login, name=name, now=timezone.now())


def may(login: str) -> bool:
    """Whether the account may change the directory in one of its posts."""
    account_id = Account.objects.get(login=login).id
    actors = [queries.actor_for(account_id, post.post_id) for post in queries.posts_of(account_id)]
    return any(actor is not None and queries.may_change_directory(actor) for actor in actors)


def test_a_new_administrator_signs_in_and_chooses_a_password() -> None:
    small_district()
    password, client = add("keeper", "管理员"), Client()
    assert may("keeper") and Account.objects.get(login="keeper").name == "管理员"
    assert client.post("/sign-in/", {"login": "keeper", "password": password})["Location"] == "/sign-in/password/"
    assert client.post("/sign-in/password/", {"new": OWN, "again": OWN})["Location"] == "/desk/"
    assert client.get("/desk/accounts/").status_code == 200


def test_an_account_that_is_there_keeps_its_posts_and_loses_what_was_lost() -> None:
    small_district()
    account = Account.objects.create_account(login="li", password=GOOD, name="李")
    services.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=LAW, kind="handler", title="经办人", now=timezone.now()
    )
    with patch.object(factors, "_step", lambda *_given: 1):
        factors.turn_on(account=account, secret=factors.draw_secret(), code="123456", now=timezone.now())
    here = Client()
    here.force_login(account)
    password = add("li")
    assert here.get("/desk/").status_code == 302 and factors.second_step(account) is None
    assert may("li") and [post.kind for post in queries.posts_of(account.id)] == ["handler", "administrator"]
    assert Client().post("/sign-in/", {"login": "li", "password": GOOD}).status_code == 422
    again = add("li")
    assert len(queries.posts_of(account.id)) == 2 and password != again
    kinds = [item.kind for item in ledger.history(f"account:{account.id}")]
    assert kinds == ["directory.access-renewed"] * 2


def test_what_the_terminal_refuses() -> None:
    with pytest.raises(Absent):
        add("keeper")
    small_district()
    for login in ("", "a", "a b", "x" * 65, "a\nb"):
        with pytest.raises(Invalid):
            add(login)
    Account.objects.create_account(login="gone", password=GOOD, name="某")
    Account.objects.filter(login="gone").update(is_active=False)
    for login in ("gone", "GONE"):
        with pytest.raises(Absent):
            add(login)
    assert Account.objects.count() == 1


def test_the_command_says_the_password_once(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    small_district()
    monkeypatch.setattr("pianqu.composition.prepare.prepare", lambda *, empty: None)
    monkeypatch.setattr("pianqu.composition.wiring.seal_and_drain", lambda: None)
    assert admin.main(["add", "keeper"]) == 0
    said = capsys.readouterr().out
    password = re.findall(r"\b\w{4}-\w{4}-\w{4}\b", said)
    assert len(password) == 1 and Account.objects.get(login="keeper").check_password(password[0])
    with pytest.raises(SystemExit):
        admin.main([])
