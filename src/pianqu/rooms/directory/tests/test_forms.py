"""The forms through HTTP: who may use them, what is refused and why, and that what was typed stays on the page."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.tests.builders import (
    CENTRE,
    CICHENG,
    CICHENG_1,
    CLUSTER,
    DISTRICT,
    LAW,
    MARKET,
    SYSTEM,
    account,
    listed,
    posted,
    power,
    small_district,
)

pytestmark = pytest.mark.django_db
NOW = timezone.now()
TODAY = timezone.localdate(NOW)
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()


def client(login: str, organisation_code: str, kind: str) -> Client:
    person = account(login)
    services.appoint(
        actor=SYSTEM, account_id=person.id, organisation_code=organisation_code, kind=kind, title="岗", now=NOW
    )
    browser = Client(headers=ENGLISH)
    browser.force_login(person)
    return browser


@pytest.fixture
def admin() -> Client:
    return client("admin", DISTRICT, "administrator")


def send(browser: Client, name: str, typed: Mapping[str, Any]) -> HttpResponse:
    answer: Any = browser.post(f"/desk/directory/{name}/", {"key": secrets.token_urlsafe(16), **typed})
    return answer


def lent(**changes: Any) -> dict[str, Any]:
    given = {"what": "service", "title": "义诊", "from": LAW, "to": CLUSTER, "presence": "resident"}
    return {**given, "starts": TODAY.isoformat(), **changes}


def at(hours: float) -> str:
    return timezone.localtime(NOW + timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M")


def hours(post: UUID, first: float, last: float, **more: Any) -> dict[str, Any]:
    return {"organisation": LAW, "post": str(post), "starts": at(first), "ends": at(last), **more}


def test_something_is_sent_down_and_recalled(admin: Client) -> None:
    listed([power()])
    answer = send(admin, "send-down", lent(may_decide=["noise"]))
    assert answer.status_code == 302, answer.content.decode()[:300]
    (card,) = queries.who_is_here(CLUSTER, TODAY)
    assert (card.title, card.may_decide) == ("义诊", ("noise",))
    assert "Recall" in admin.get("/desk/here-today/").content.decode()
    assert send(admin, "recall", {"id": str(card.send_down_id)}).status_code == 302
    assert not queries.who_is_here(CLUSTER, TODAY)
    gone = send(admin, "recall", {"id": str(card.send_down_id), "x": "a stale form"})
    assert gone.status_code == 404 and "nothing of the kind there any more" in gone.content.decode()


def test_a_form_sent_twice_does_it_once(admin: Client) -> None:
    for _turn in range(2):
        assert send(admin, "send-down", lent(key="a-key-of-a-form-0001")).status_code == 302
    assert len(queries.who_is_here(CLUSTER, TODAY)) == 1
    other = send(admin, "send-down", lent(key="a-key-of-a-form-0001", title="别的"))
    assert other.status_code == 422 and "别的" in other.content.decode()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"title": " "}, "title", "Please fill this in."),
        ({"title": "长" * 81}, "title", "at most 80"),
        ({"to": ""}, "to", "Please choose one."),
        ({"to": MARKET}, "to", "to a centre, street, town"),
        ({"starts": "31.1."}, "starts", "2026-01-31"),
        ({"ends": "2020-01-01"}, "ends", "The end must be after the beginning."),
        ({"weekdays": ["1"]}, "weekdays", "rotating presence"),
        ({"may_decide": ["roads"]}, "may_decide", "no power over one of the categories"),
        ({"post": "nobody"}, "post", "Please choose one."),
    ],
)
def test_what_was_typed_stays_beside_the_reason(
    admin: Client, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = send(admin, "send-down", lent(**{"title": "老人体检", **changes}))
    text = answer.content.decode()
    assert answer.status_code in (409, 422) and sentence in text
    assert f'id="send-down-{field}-error"' in text or f'id="send-down-{field}"' in text
    assert str(changes.get("title", "老人体检")).strip() in text
    assert not queries.who_is_here(CLUSTER, TODAY)


def test_duty_is_given_and_taken_in_ones_own_organisation() -> None:
    post, foreign = posted("worker"), posted("other", MARKET)
    leader = client("leader", LAW, "leader")
    assert send(leader, "put-on-duty", hours(post, 1, 9)).status_code == 302
    (duty,) = queries.roster([LAW], NOW, NOW + timedelta(days=1))
    twice = send(leader, "put-on-duty", hours(post, 2, 10))
    assert twice.status_code == 409 and "has duty at that time already" in twice.content.decode()
    other = send(leader, "put-on-duty", hours(foreign, 1, 2, organisation=MARKET))
    assert other.status_code == 403
    assert send(leader, "take-off-duty", {"id": str(duty.duty_id)}).status_code == 302
    assert not queries.roster([LAW], NOW, NOW + timedelta(days=1))
    assert send(leader, "take-off-duty", {"id": str(duty.duty_id), "x": "again"}).status_code == 404
    backwards = send(leader, "put-on-duty", hours(post, 9, 1))
    assert backwards.status_code == 422 and at(9) in backwards.content.decode()


def test_a_person_of_two_organisations_has_duty_in_one(admin: Client) -> None:
    person = account("both")
    posts = [
        services.appoint(
            actor=SYSTEM,
            account_id=person.id,
            organisation_code=code,
            kind="handler",
            title="岗",
            beside=True,
            now=NOW,
        )
        for code in (LAW, MARKET)
    ]
    assert send(admin, "put-on-duty", hours(posts[0], 1, 9)).status_code == 302
    other = send(admin, "put-on-duty", hours(posts[1], 8, 12, organisation=MARKET))
    assert other.status_code == 409
    shown = admin.get(f"/desk/organisations/{MARKET}/").content.decode()
    assert "both" in shown
    again = send(
        admin, "appoint", {"login": "both", "organisation": LAW, "kind": "handler", "title": "岗", "beside": "1"}
    )
    assert again.status_code == 409 and "holds such a post there already" in again.content.decode()


def test_a_substitute_of_a_substitute_is_refused() -> None:
    first, second, third = posted("first"), posted("second"), posted("third")
    leader = client("leader", LAW, "leader")
    away = {"post": str(first), "by_post": str(second), "starts": at(1), "ends": at(30)}
    assert send(leader, "substitute", away).status_code == 302
    chain = send(leader, "substitute", {**away, "post": str(second), "by_post": str(third)})
    assert chain.status_code == 409 and "A substitute has no substitute" in chain.content.decode()
    own = send(leader, "substitute", {**away, "by_post": str(first)})
    assert own.status_code == 422 and "stands in for themselves" in own.content.decode()
    (card,) = queries.substitutions([LAW], NOW)
    assert send(leader, "end-substitution", {"id": str(card.substitution_id)}).status_code == 302
    assert queries.substitutions([LAW], NOW) == ()


def test_posts_are_filled_and_ended(admin: Client) -> None:
    account("newcomer")
    typed = {"login": "newcomer", "organisation": MARKET, "kind": "handler", "title": "经办"}
    unknown = send(admin, "appoint", {**typed, "login": "nobody"})
    assert unknown.status_code == 422 and "Nobody signs in by this name." in unknown.content.decode()
    assert send(admin, "appoint", typed)["Location"] == f"/desk/organisations/{MARKET}/#appoint"
    (post,) = queries.held_posts([MARKET])
    assert send(admin, "end-post", {"id": str(post.post_id), "organisation": MARKET}).status_code == 302
    assert queries.held_posts([MARKET]) == ()
    stale = send(admin, "end-post", {"id": str(post.post_id), "organisation": MARKET, "x": "again"})
    assert stale.status_code == 404 and "There is no such post." in stale.content.decode()


def test_organisations_and_their_line(admin: Client) -> None:
    typed = {"code": "330205-new", "kind": "department", "name": "新局", "parent": DISTRICT}
    assert send(admin, "add-organisation", typed).status_code == 302
    taken = send(admin, "add-organisation", {**typed, "name": "另一局"})
    assert taken.status_code == 422 and "This code is taken" in taken.content.decode()
    wrong = send(admin, "add-organisation", {**typed, "code": "新 局"})
    assert wrong.status_code == 422 and 'value="新 局"' in wrong.content.decode()
    station = send(admin, "add-organisation", {**typed, "code": "330205-st", "kind": "station"})
    assert station.status_code == 422 and "is a station" in station.content.decode()
    line = {"organisation": CICHENG, "parent": CICHENG_1, "was": DISTRICT}
    circle = send(admin, "set-superior", line)
    assert circle.status_code == 409 and "goes round in a circle" in circle.content.decode()
    moved = send(admin, "set-superior", {"organisation": CLUSTER, "parent": DISTRICT, "was": CICHENG})
    assert moved.status_code == 302 and queries.superiors(CLUSTER) == (DISTRICT,)
    stale = send(admin, "set-superior", {"organisation": CLUSTER, "parent": CENTRE, "was": CICHENG})
    assert stale.status_code == 409 and "changed this reporting line meanwhile" in stale.content.decode()


ACTS = ("send-down", "put-on-duty", "substitute", "add-organisation", "set-superior", "appoint", "recall", "end-post")


@pytest.mark.parametrize("name", ACTS)
def test_who_may_not_is_not_offered_it_and_is_refused(name: str) -> None:
    post, other = posted("a", MARKET), posted("b", MARKET)
    (card,) = [one for one in queries.held_posts([MARKET]) if one.post_id == post]
    sent = services.send_down(
        actor=SYSTEM,
        what="service",
        title="义诊",
        from_code=MARKET,
        to_code=CLUSTER,
        starts=TODAY,
        ends=None,
        presence="resident",
        now=NOW,
    )
    typed = {
        **lent(**{"from": MARKET}),
        **({} if name == "send-down" else hours(post, 1, 2, organisation=MARKET)),
        "by_post": str(other),
        "code": "330205-x",
        "kind": "handler",
        "name": "x",
        "parent": DISTRICT,
        "login": "a",
        "title": "岗",
        "id": str(sent if name == "recall" else card.post_id),
        "was": DISTRICT,
    }
    for browser in (
        client("worker", LAW, "handler"),
        client("boss", LAW, "leader"),
        client("adm", LAW, "administrator"),
    ):
        assert send(browser, name, typed).status_code == 403
    for address in ("/desk/organisations/", f"/desk/organisations/{MARKET}/", "/desk/here-today/", "/desk/duty/"):
        assert "/desk/directory/" not in client(f"w{len(address)}", LAW, "handler").get(address).content.decode()
    assert Client().post(f"/desk/directory/{name}/", typed).status_code == 302
    assert Client().post(f"/desk/directory/{name}/", typed)["Location"].startswith("/sign-in/")


def test_who_comes_by_the_address_is_led_to_the_page(admin: Client) -> None:
    assert admin.get("/desk/directory/send-down/")["Location"] == "/desk/here-today/"
    assert admin.post("/desk/directory/nothing/").status_code == 404
    assert admin.get("/desk/organisations/330205-nobody/").status_code == 404
