"""Organisations and posts: who an account acts as."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.directory import queries, rules, services
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
    assert fact == {"post_id": str(post_id), "post_kind": "handler", "valid_from": ""}


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


# several posts, substitutes ------------------------------------------------------------------------------------------


def appointed(account: Account, organisation_code: str, kind: str = "handler", *, minutes: int = 0) -> UUID:
    return services.appoint(
        actor=SYSTEM,
        account_id=account.id,
        organisation_code=organisation_code,
        kind=kind,
        title=kind,
        beside=True,
        now=NOW + timedelta(minutes=minutes),
    )


def test_one_account_holds_posts_in_two_organisations(account: Account) -> None:
    first, second = appointed(account, "law"), appointed(account, "d", "approver", minutes=1)
    assert [card.post_id for card in queries.posts_of(account.id)] == [first, second]
    actor = queries.actor_for(account.id)
    assert actor is not None and actor.post_id == str(first), "the longest held post, unless another is asked for"
    other = queries.actor_for(account.id, second)
    assert other is not None and other.organisation_code == "d"
    assert queries.title_of(account.id, second) == "d · approver"
    assert queries.actor_for(account.id, new_id()) is None
    with pytest.raises(Refused):
        appointed(account, "law")


@pytest.mark.parametrize("kind", sorted(rules.POST_KINDS))
def test_every_kind_of_post(account: Account, kind: str) -> None:
    appointed(account, "law", kind)
    actor = queries.actor_for(account.id)
    assert actor is not None
    assert queries.is_leader(actor) == (kind == "leader")
    assert queries.may_approve(actor, "law") == (kind in {"approver", "leader"})


def test_approvers_stand_in_the_organisation_or_above_it(account: Account) -> None:
    appointed(account, "d", "approver")
    actor = queries.actor_for(account.id)
    assert actor is not None
    assert queries.may_approve(actor, "law")
    other = Account.objects.create_account(login="bo", password="long enough 1", name="Bo")
    appointed(other, "law", "approver")
    below = queries.actor_for(other.id)
    assert below is not None
    assert not queries.may_approve(below, "d")
    assert not queries.may_approve(SYSTEM, "law")


class Leave:
    """Two colleagues of the law bureau, and one of the district."""

    def __init__(self, account: Account) -> None:
        self.away = account
        self.deputy, self.third = (
            Account.objects.create_account(login=login, password="long enough 1", name=login) for login in ("bo", "cy")
        )
        self.post = appointed(self.away, "law", "leader")
        self.deputys = appointed(self.deputy, "d")
        self.thirds = appointed(self.third, "law")

    def put(
        self, post: UUID, by: UUID, *, start: int = 0, days: int = 5, actor: Actor = SYSTEM, across: bool = True
    ) -> UUID:
        starts = NOW + timedelta(days=start)
        ends = starts + timedelta(days=days)
        return services.substitute(
            actor=actor, post_id=post, by_post_id=by, starts=starts, ends=ends, across=across, now=NOW
        )


@pytest.fixture
def leave(account: Account) -> Leave:
    return Leave(account)


def test_a_substitute_of_another_organisation_is_asked_about(leave: Leave) -> None:
    with pytest.raises(Refused) as refused:
        leave.put(leave.post, leave.deputys, across=False)
    assert refused.value.code == "substitute-elsewhere" and "bo" in refused.value.message
    assert queries.substitutions(None, NOW) == ()
    leave.put(leave.post, leave.thirds, across=False)
    (card,) = queries.substitutions(None, NOW)
    assert (card.organisation_name, card.by_organisation) == (queries.name_of("law"), queries.name_of("law"))


def test_a_substitute_acts_and_says_for_whom(leave: Leave) -> None:
    leave.put(leave.post, leave.deputys)
    actor = queries.actor_for(leave.deputy.id, leave.post, NOW)
    assert actor == Actor(
        kind="post",
        account_id=str(leave.deputy.id),
        post_id=str(leave.deputys),
        organisation_code="law",
        for_post_id=str(leave.post),
    )
    assert queries.is_leader(actor)
    assert queries.may_approve(actor, "law")
    cards = queries.posts_of(leave.deputy.id, NOW)
    assert [(card.organisation_code, card.instead_of) for card in cards] == [("d", None), ("law", leave.away.id)]
    assert queries.actor_for(leave.deputy.id, leave.post, NOW + timedelta(days=5)) is None, "until, not including"
    assert queries.actor_for(leave.deputy.id, leave.post) is None
    assert queries.actor_for(leave.third.id, leave.post, NOW) is None


def test_the_ledger_says_for_whom(leave: Leave) -> None:
    leave.put(leave.post, leave.deputys)
    actor = queries.actor_for(leave.deputy.id, leave.post, NOW)
    assert actor is not None
    duty = services.put_on_duty(
        actor=actor, post_id=leave.thirds, organisation_code="law", starts=NOW, ends=NOW + timedelta(hours=8), now=NOW
    )
    assert ledger.history(f"duty:{duty}")[0].actor == {
        "kind": "post",
        "organisation": "law",
        "post": str(leave.deputys),
        "for": str(leave.post),
    }


def test_nobody_stands_in_for_a_substitute(leave: Leave) -> None:
    leave.put(leave.post, leave.deputys)
    for post, by in (
        (leave.deputys, leave.thirds),  # the substitute goes away as well
        (leave.thirds, leave.post),  # the absent one as a substitute
        (leave.deputys, leave.post),  # each for the other
        (leave.post, leave.thirds),  # two for one
    ):
        with pytest.raises(Refused):
            leave.put(post, by, start=2)
    leave.put(leave.deputys, leave.thirds, start=5)
    with pytest.raises(Invalid):
        leave.put(leave.post, leave.deputys, days=0)
    with pytest.raises(Invalid):
        leave.put(leave.post, appointed(leave.away, "d", "window"), start=20)
    with pytest.raises(Absent):
        leave.put(new_id(), leave.deputys)


def test_a_substitution_ends_early(leave: Leave) -> None:
    row = leave.put(leave.post, leave.deputys)
    services.end_substitution(actor=SYSTEM, substitution_id=row, now=NOW + timedelta(days=1))
    assert queries.actor_for(leave.deputy.id, leave.post, NOW + timedelta(days=1)) is None
    with pytest.raises(Absent):
        services.end_substitution(actor=SYSTEM, substitution_id=row, now=NOW + timedelta(days=2))
    assert [item.kind for item in ledger.history(f"post:{leave.post}")][1:] == [
        "directory.substitute-named",
        "directory.substitute-ended",
    ]


def test_a_leader_arranges_the_own_organisation_only(leave: Leave) -> None:
    leader = queries.actor_for(leave.away.id)
    assert leader is not None
    leave.put(leave.thirds, leave.deputys, actor=leader)
    with pytest.raises(Forbidden):
        leave.put(leave.deputys, leave.post, start=30, actor=leader)
