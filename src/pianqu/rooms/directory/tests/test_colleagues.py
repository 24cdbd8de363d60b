"""Colleagues taken on together: all or none, few statements, facts without names; a new way in for somebody who lost theirs."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem, Refused
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.models import Post
from pianqu.rooms.directory.services import NewColleague
from pianqu.rooms.directory.tests.builders import CENTRE, LAW, MARKET, NOW, SYSTEM, account, official, small_district
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
UNTIL = NOW + timedelta(days=30)


@pytest.fixture(autouse=True)
def district() -> None:
    small_district()


def new(login: str = "li", **changes: Any) -> NewColleague:
    given: dict[str, Any] = {
        "login": login,
        "name": "李某",
        "password": "!sealed",
        "organisation_code": LAW,
        "kind": "handler",
        "title": "经办人",
        "valid_from": NOW,
    }
    return NewColleague(**{**given, **changes})


def take_on(*items: NewColleague, actor: Any = SYSTEM) -> tuple[uuid.UUID, ...]:
    return services.take_on(actor=actor, items=items, once_until=UNTIL, now=NOW)


def test_they_have_account_and_post_and_the_facts_name_nobody() -> None:
    first, second = take_on(new("li"), new("wang", organisation_code=MARKET, valid_from=NOW - timedelta(days=400)))
    actor = queries.actor_for(first)
    assert actor is not None and actor.organisation_code == LAW
    card = queries.account(second)
    assert card is not None and card.once_until == UNTIL and card.posts == ("名330205-market · 经办人",)
    posts = Post.objects.order_by("account__login")
    facts = [ledger.history(f"post:{post.id}")[0].fact for post in posts]
    assert [fact and fact["valid_from"] for fact in facts] == ["", "2025-10-19"]
    assert "李某" not in str(facts) and "wang" not in str(facts)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"organisation_code": "nowhere"}, Absent),
        ({"kind": "king"}, Invalid),
        ({"valid_from": NOW + timedelta(days=1)}, Invalid),
        ({"login": "OLD"}, Refused),
        ({"login": "Li"}, Refused),
    ],
)
def test_one_wrong_one_and_nobody_is_taken_on(changes: dict[str, Any], refusal: type[Problem]) -> None:
    account("old")
    with pytest.raises(refusal):
        take_on(new("li"), new("wang"), new(**{"login": "zhao", **changes}))
    assert list(Account.objects.values_list("login", flat=True)) == ["old"] and not Post.objects.exists()


def test_a_name_that_is_taken_between_look_and_leap(monkeypatch: pytest.MonkeyPatch) -> None:
    account("li")
    with (
        patch("pianqu.rooms.directory.services.colleagues.taken_logins", lambda _logins: frozenset()),
        pytest.raises(Refused),
    ):
        take_on(new("li"))


def test_only_administrators_of_the_district_do_this() -> None:
    leader, other = official("leader", CENTRE, "leader"), official("law-admin", LAW, "administrator")
    person = account("somebody")
    for actor in (leader, other):
        with pytest.raises(Forbidden):
            take_on(new(), actor=actor)
        with pytest.raises(Forbidden):
            services.renew_access(actor=actor, account_id=person.id, password="!x", once_until=UNTIL, now=NOW)


def test_as_many_statements_for_thirty_as_for_three() -> None:
    def count(number: int, prefix: str) -> int:
        with CaptureQueriesContext(connection) as seen:
            take_on(*(new(f"{prefix}{at}") for at in range(number)))
        return len(seen)

    take_on(new("warm"))
    assert count(30, "b") == count(3, "a")


def test_a_new_way_in_voids_the_old_password_and_is_told() -> None:
    admin, (person,) = official("admin", CENTRE, "administrator"), take_on(new())
    services.renew_access(actor=admin, account_id=person, password="!other", once_until=UNTIL, now=NOW)
    assert Account.objects.get(id=person).password == "!other"
    last = ledger.history(f"account:{person}")[-1]
    assert last.kind == "directory.access-renewed" and last.fact == {"account_id": str(person)}
    with pytest.raises(Refused):
        own = uuid.UUID(str(admin.account_id))
        services.renew_access(actor=admin, account_id=own, password="!x", once_until=UNTIL, now=NOW)
    Account.objects.filter(id=person).update(is_active=False)
    for gone in (person, uuid.uuid4()):
        with pytest.raises(Absent):
            services.renew_access(actor=admin, account_id=gone, password="!x", once_until=UNTIL, now=NOW)


def test_accounts_are_found_by_name_login_and_organisation(django_assert_max_num_queries: Callable[[int], Any]) -> None:
    take_on(*(new(f"user{at:02}", name=f"张{at}") for at in range(12)), new("wang", organisation_code=MARKET))
    with django_assert_max_num_queries(3):
        page = queries.accounts("", first=5, most=4)
    assert page.total == 13 and [card.login for card in page.cards] == ["user05", "user06", "user07", "user08"]
    assert [card.login for card in queries.accounts("张11").cards] == ["user11"]
    assert [card.login for card in queries.accounts(MARKET).cards] == ["wang"]
    assert [card.login for card in queries.accounts("名330205-market").cards] == ["wang"]
    assert queries.accounts("nobody").cards == () and queries.account(uuid.uuid4()) is None
