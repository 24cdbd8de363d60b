"""The pages through HTTP: who may open them, what they say, and that nothing they cost grows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.rooms.directory import services
from pianqu.rooms.directory.tests.builders import (
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
STAFF = ("/desk/who-answers/", "/desk/here-today/", "/desk/duty/", "/desk/organisations/")
NOW = timezone.now()
TODAY = timezone.localdate(NOW)


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()


@pytest.fixture
def clerk() -> Client:
    person, client = account("clerk"), Client(headers={"accept-language": "en"})
    services.appoint(actor=SYSTEM, account_id=person.id, organisation_code=LAW, kind="handler", title="经办", now=NOW)
    client.force_login(person)
    return client


@pytest.mark.parametrize("address", STAFF[1:])
def test_staff_pages_ask_for_a_sign_in_and_a_post(address: str) -> None:
    answer = Client().get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/")
    client = Client()
    client.force_login(account("nobody"))
    assert client.get(address).status_code == 403


@pytest.mark.parametrize("address", STAFF)
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_open_in_both_languages(address: str, language: str, clerk: Client) -> None:
    answer = clerk.get(address, headers={"accept-language": language})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_everybody_may_ask_who_answers() -> None:
    listed([power(list_kind="taken_back", article="item 7"), power(MARKET, category="market")])
    answer = Client(headers={"accept-language": "en"}).get(f"/who-answers/?place={CICHENG_1}")
    text = answer.content.decode()
    assert f"名{LAW}" in text and "item 7" in text and "Taken back" in text
    assert text.count("The lists name nobody here") == 7, "of nine categories two have an answer"
    assert "pq-dir-tabs" not in text, "no way to staff pages"
    one = Client().get(f"/who-answers/?place={CICHENG_1}&category=noise").content.decode()
    assert f"名{MARKET}" not in one


def test_programs_may_ask_too() -> None:
    listed([power(article="item 7")])
    client = Client(headers={"accept": "application/json", "accept-language": "en"})
    told = client.get(f"/who-answers.json?category=noise&place={CICHENG_1}&on={TODAY}").json()
    assert (told["lead"], told["article"], told["trouble"], told["valid_to"]) == (LAW, "item 7", "", None)
    for asked, status, code in (
        (f"category=noise&place={LAW}", 404, "place-absent"),
        (f"category=ufo&place={CICHENG_1}", 404, "category-absent"),
        (f"category=noise&place={CICHENG_1}&on=tomorrow", 422, "day-wrong"),
        ("", 404, "place-absent"),
    ):
        answer = Client(headers={"accept-language": "en"}).get(f"/who-answers.json?{asked}")
        assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_contradiction_and_a_former_day(clerk: Client) -> None:
    listed([power(), power(MARKET, article="item 2")])
    text = clerk.get(f"/desk/who-answers/?place={CICHENG_1}&category=noise").content.decode()
    assert "The lists contradict each other" in text and f"名{MARKET}" in text
    before = clerk.get(f"/desk/who-answers/?place={CICHENG_1}&category=noise&on=2025-12-31").content.decode()
    assert "The lists name nobody here" in before


def test_staff_see_what_the_lists_leave_open(clerk: Client) -> None:
    listed([power()])
    text = clerk.get("/desk/who-answers/").content.decode()
    assert "What the lists leave open" in text and "And 8 more" in text


@pytest.mark.parametrize("on", ["yesterday", "2026-02-30", "9999-12-31", "0001-01-01", "%00", "١٢"])
@pytest.mark.parametrize("address", STAFF[:3])
def test_a_wrong_day_shows_today_and_says_so(address: str, on: str, clerk: Client) -> None:
    answer = clerk.get(f"{address}?on={on}&place=nowhere")
    assert answer.status_code == 200
    assert "Today is shown" in answer.content.decode()


def test_who_is_here_with_what_may_be_decided(clerk: Client) -> None:
    listed([power()])
    services.send_down(
        actor=SYSTEM,
        what="service",
        title="<b>窗口</b>",
        from_code=LAW,
        to_code=CLUSTER,
        starts=TODAY,
        ends=None,
        presence="resident",
        may_decide=("noise",),
        now=NOW,
    )
    text = clerk.get("/desk/here-today/").content.decode()
    assert "&lt;b&gt;窗口" in text and "Noise" in text and "Resident" in text
    assert "窗口" not in clerk.get(f"/desk/here-today/?on={TODAY - timedelta(days=1)}").content.decode()


def test_a_person_who_was_sent_down_is_named_on_the_desk(clerk: Client) -> None:
    services.send_down(
        actor=SYSTEM,
        what="person",
        title="驻点民警",
        from_code=LAW,
        to_code=CLUSTER,
        starts=TODAY,
        ends=None,
        presence="resident",
        post_id=posted("赵六", LAW),
        now=NOW,
    )
    assert "赵六" in clerk.get("/desk/here-today/").content.decode()


def test_duty_of_the_day_with_its_gaps(clerk: Client) -> None:
    services.put_on_duty(
        actor=SYSTEM,
        post_id=posted("王五", CLUSTER),
        organisation_code=CLUSTER,
        starts=NOW - timedelta(hours=1),
        ends=NOW + timedelta(hours=2),
        now=NOW,
    )
    text = clerk.get("/desk/duty/").content.decode()
    assert "王五" in text and "Nobody has duty" in text and "bg-green-lt" in text
    assert "On duty now" in clerk.get("/desk/here-today/").content.decode()


def test_the_tree_and_its_search(clerk: Client) -> None:
    text = clerk.get("/desk/organisations/").content.decode()
    for code in (DISTRICT, CLUSTER, CICHENG_1, MARKET):
        assert text.count(f">{code}<") == 1
    found = clerk.get("/desk/organisations/?q=HUANYUN").content.decode()
    assert CLUSTER in found and MARKET not in found and "reports to" in found
    assert "No organisation has such a name" in clerk.get("/desk/organisations/?q=%00<script>").content.decode()


@pytest.mark.parametrize("address", [*STAFF, f"/desk/who-answers/?place={CICHENG_1}", "/desk/organisations/?q=3"])
def test_a_page_costs_the_same_with_more_on_it(
    address: str, clerk: Client, statements: Callable[[Callable[[], Any]], int]
) -> None:
    def more(number: int) -> None:
        listed([power(area_code=CICHENG_1, article=f"{number}.{one}") for one in range(number * 4)], source=f"{number}")
        for one in range(number):
            services.send_down(
                actor=SYSTEM,
                what="resource",
                title="物资",
                from_code=LAW,
                to_code=CLUSTER,
                starts=TODAY,
                ends=None,
                presence="resident",
                now=NOW,
            )
            services.put_on_duty(
                actor=SYSTEM,
                post_id=posted(f"p{number}-{one}", CLUSTER),
                organisation_code=CLUSTER,
                starts=NOW,
                ends=NOW + timedelta(hours=2),
                now=NOW,
            )

    more(1)
    clerk.get(address)
    before = statements(lambda: clerk.get(address))
    more(5)
    assert statements(lambda: clerk.get(address)) == before <= 14
