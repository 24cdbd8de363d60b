"""The page of access tokens: issued, shown once, ended; by the holder, or by the district's administrator."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.foundation.errors import Forbidden, Problem
from pianqu.foundation.limits import LIMITS, Limits, TooFast
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.models import Token
from pianqu.rooms.directory.tests.builders import DISTRICT, LAW, SYSTEM, account, official, posted, small_district
from pianqu.rooms.ledger import queries as ledger


@pytest.fixture
def clerk(db: None) -> Client:
    LIMITS.forget()
    small_district()
    return signed_in("clerk")


def signed_in(login: str, organisation_code: str = LAW, kind: str = "handler") -> Client:
    official(login, organisation_code, kind)
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(Account.objects.get(login=login))
    return browser


ASKED = {"name": "statistics", "rights": ["read", "handle"], "days": "30"}


def test_a_token_is_shown_once_works_and_ends(clerk: Client) -> None:
    issued = clerk.post("/desk/account/tokens/", ASKED)
    secret = issued.context["secret"]
    assert issued.status_code == 200 and secret.startswith("pq_") and secret in issued.content.decode()
    row = Token.objects.get()
    assert secret.encode() not in bytes(row.secret_hash)
    again = clerk.get("/desk/account/tokens/").content.decode()
    assert secret not in again and "statistics" in again
    program = Client(headers={"authorization": f"Bearer {secret}"})
    assert program.get("/api/v1/me").json()["rights"] == ["handle", "read"]
    clerk.post(f"/desk/account/tokens/{row.id}/end/")
    assert program.get("/api/v1/me").json()["code"] == "token-ended"
    kinds = [item.kind for item in ledger.history(f"post:{row.post_id}")]
    assert {"directory.token-issued", "directory.token-ended"} <= set(kinds)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": ""}, "token-name"),
        ({"name": "n" * 41}, "token-name"),
        ({"rights": []}, "token-rights"),
        ({"rights": ["everything"]}, "token-rights"),
        ({"rights": ["read", "everything"]}, "token-rights"),
        ({"days": "100000"}, "token-expiry"),
        ({"days": "-1"}, "token-expiry"),
    ],
)
def test_a_wrong_form_gets_a_sentence_and_keeps_what_was_typed(
    clerk: Client, wrong: dict[str, object], code: str
) -> None:
    answer = clerk.post("/desk/account/tokens/", ASKED | wrong)
    assert answer.status_code == 422 and answer.context["error"] and not answer.context["secret"]
    assert answer.context["typed_name"] == (ASKED | wrong)["name"] and not Token.objects.exists()


def test_nobody_ends_a_colleagues_token_but_an_administrator_does(clerk: Client) -> None:
    clerk.post("/desk/account/tokens/", ASKED)
    row = Token.objects.get()
    other, admin = signed_in("other"), signed_in("admin", DISTRICT, "administrator")
    assert "statistics" not in other.get("/desk/account/tokens/").content.decode()
    other.post(f"/desk/account/tokens/{row.id}/end/")
    assert Token.objects.get().ended_at is None
    assert "statistics" in admin.get("/desk/account/tokens/").content.decode()
    admin.post(f"/desk/account/tokens/{row.id}/end/")
    assert Token.objects.get().ended_at is not None


def test_a_substitute_lends_no_post_to_a_program(clerk: Client) -> None:
    now = timezone.now()
    absent, by = posted("absent"), posted("stand-in")
    services.substitute(actor=SYSTEM, post_id=absent, by_post_id=by, starts=now, ends=now + timedelta(days=3), now=now)
    stand_in = queries.actor_for(Account.objects.get(login="stand-in").id, absent, now + timedelta(minutes=1))
    assert stand_in is not None
    with pytest.raises(Forbidden):
        services.issue_token(actor=stand_in, name="x", rights=["read"], expires_at=now + timedelta(days=1), now=now)
    with pytest.raises(Forbidden):
        services.issue_token(actor=SYSTEM, name="x", rights=["read"], expires_at=now + timedelta(days=1), now=now)


def test_a_post_has_twenty_tokens_and_no_more(clerk: Client) -> None:
    actor, now = official("many"), timezone.now()
    for number in range(20):
        services.issue_token(
            actor=actor, name=str(number), rights=["read"], expires_at=now + timedelta(days=1), now=now
        )
    with pytest.raises(Problem) as refused:
        services.issue_token(actor=actor, name="21", rights=["read"], expires_at=now + timedelta(days=1), now=now)
    assert refused.value.code == "token-many"


def test_who_holds_no_post_has_no_tokens(db: None) -> None:
    person, browser = account("nobody"), Client()
    browser.force_login(person)
    assert browser.get("/desk/account/tokens/").status_code == 403


def test_limits_forget_who_was_not_seen_for_long() -> None:
    limits = Limits()
    for _request in range(10):
        limits.check("one", per_minute=60, at=100.0)
    with pytest.raises(TooFast) as refused:
        limits.check("one", per_minute=60, at=100.0)
    assert 0.9 < refused.value.wait_s <= 1.1
    assert limits.check("one", per_minute=0) is None
    for number in range(10_000):
        limits.check(f"other {number}", per_minute=60, at=100.0)
    assert limits.check("one", per_minute=60, at=100.0) is not None
