"""Organisations and posts: who an account acts as."""

from datetime import UTC, date, datetime

import pytest

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import queries as ledger

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SYSTEM = Actor(kind="system", organisation_code="d")

pytestmark = pytest.mark.django_db


def organisation(code: str, kind: str = "department", parent: str = "") -> NewOrganisation:
    return NewOrganisation(code=code, kind=kind, name=f"{code}局", short_name=code, parent_code=parent)


@pytest.fixture
def account() -> Account:
    items = [organisation("d", "district"), organisation("law", parent="d")]
    services.add_organisations(actor=SYSTEM, items=items, valid_from=date(2026, 1, 1), now=NOW)
    return Account.objects.create_account(login="li", password="long enough 1", name="李")


def test_an_account_without_a_post_is_nobody(account: Account) -> None:
    assert queries.actor_for(account.id) is None
    assert queries.title_of(account.id) == ""


def test_a_post_makes_an_actor(account: Account) -> None:
    post_id = services.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code="law", kind="handler", title="经办人", now=NOW
    )
    actor = queries.actor_for(account.id)
    assert actor == Actor(kind="post", account_id=str(account.id), post_id=str(post_id), organisation_code="law")
    assert queries.title_of(account.id) == "law · 经办人"
    fact = ledger.history(f"post:{post_id}")[0].fact
    assert fact == {"post_id": str(post_id), "post_kind": "handler"}


def test_a_new_post_ends_the_former_one(account: Account) -> None:
    first = services.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code="law", kind="handler", title="甲", now=NOW
    )
    services.appoint(actor=SYSTEM, account_id=account.id, organisation_code="d", kind="window", title="乙", now=NOW)
    actor = queries.actor_for(account.id)
    assert actor is not None
    assert actor.organisation_code == "d"
    assert [item.kind for item in ledger.history(f"post:{first}")] == [
        "directory.post-appointed",
        "directory.post-ended",
    ]


def test_an_ended_post_gives_no_power(account: Account) -> None:
    post_id = services.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code="law", kind="handler", title="甲", now=NOW
    )
    services.end_post(actor=SYSTEM, post_id=post_id, now=NOW)
    assert queries.actor_for(account.id) is None
    with pytest.raises(Absent):
        services.end_post(actor=SYSTEM, post_id=post_id, now=NOW)


def test_what_cannot_be_is_refused(account: Account) -> None:
    with pytest.raises(Invalid):
        services.appoint(actor=SYSTEM, account_id=account.id, organisation_code="law", kind="king", title="王", now=NOW)
    with pytest.raises(Absent):
        services.appoint(
            actor=SYSTEM, account_id=account.id, organisation_code="moon", kind="handler", title="甲", now=NOW
        )
    with pytest.raises(Absent):
        services.end_post(actor=SYSTEM, post_id=new_id(), now=NOW)
    for wrong in (organisation("x", "kingdom"), organisation("x", parent="nowhere")):
        with pytest.raises(Invalid):
            services.add_organisations(actor=SYSTEM, items=[wrong], valid_from=date(2026, 1, 1), now=NOW)


def test_only_the_set_up_changes_the_directory(account: Account) -> None:
    clerk = Actor(kind="post", post_id="p", organisation_code="law")
    with pytest.raises(Forbidden):
        services.appoint(
            actor=clerk, account_id=account.id, organisation_code="law", kind="handler", title="甲", now=NOW
        )
    with pytest.raises(Forbidden):
        services.add_organisations(actor=clerk, items=[], valid_from=date(2026, 1, 1), now=NOW)


def test_adding_again_adds_nothing(account: Account) -> None:
    assert (
        services.add_organisations(actor=SYSTEM, items=[organisation("law")], valid_from=date(2026, 1, 1), now=NOW) == 0
    )
