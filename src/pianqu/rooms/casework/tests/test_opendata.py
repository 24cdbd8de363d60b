"""Months become open data once, with too small counts withheld, and the ledger holds the file's digest."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from io import StringIO

import pytest
from django.test import Client

from pianqu.foundation.errors import Absent, Forbidden, Refused
from pianqu.rooms.casework import queries, readers, services
from pianqu.rooms.casework.tests.builders import COMMUNITY, NOW, OTHER_COMMUNITY, clerk, importer, opened, resolved
from pianqu.rooms.ledger import queries as ledger
from pianqu.rooms.ledger import services as services_of_ledger

MARCH = date(2026, 3, 1)
APRIL = datetime(2026, 4, 8, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def log(district: None) -> None:
    services_of_ledger.create_log(now=NOW)


def sealed() -> None:
    """Counted, as the worker does it."""
    services_of_ledger.seal(now=NOW)
    while services_of_ledger.deliver(reader=readers.NAME, to=readers.hear):
        pass


def happened(count: int, *, category: str, place: str = COMMUNITY, day: int = 2) -> None:
    for number in range(count):
        at = datetime(2026, 3, day, 9, number % 60, tzinfo=UTC)
        opened(category=category, place=services.PlaceChoice(community_code=place, source="community"), now=at)


def published() -> queries.MonthCard:
    sealed()
    assert services.publish_due(actor=importer(), now=APRIL) >= 1
    return queries.published_month(MARCH)


def test_a_month_is_published_once_and_the_ledger_holds_its_digest(client: Client) -> None:
    happened(7, category="roads")
    happened(6, category="noise", place=OTHER_COMMUNITY)
    card = published()
    assert card.count("received") == 13 and card.count("received", "roads") == 7
    told = ledger.history("month:2026-03")
    assert [item.fact["digest"] for item in told] == [card.digest]
    answer = client.get("/open/data/2026-03.json")
    assert sha256(answer.content).hexdigest() == card.digest
    happened(1, category="roads", day=30)
    sealed()
    assert services.publish_due(actor=importer(), now=APRIL) == 0
    with pytest.raises(Refused):
        services.publish_month(actor=importer(), month=MARCH, now=APRIL)
    assert client.get("/open/data/2026-03.json").content == answer.content


def test_too_few_are_withheld_and_cannot_be_computed(client: Client) -> None:
    happened(9, category="roads")
    happened(2, category="noise")
    happened(8, category="noise", place=OTHER_COMMUNITY)
    happened(12, category="roads", place=OTHER_COMMUNITY)
    card = published()
    street, other = f"{COMMUNITY[:9]}000", f"{OTHER_COMMUNITY[:9]}000"
    assert card.count("received", "noise", street) is None
    hidden = [f for f in card.figures if f.count is None]
    assert len(hidden) >= 4, "one number alone could be computed from the totals"
    for line in ("category", "street_code"):
        alone = [getattr(f, line) for f in hidden if f.measure == "received"]
        assert all(alone.count(code) != 1 for code in alone)
    assert card.count("received") == 31 and card.count("received", street_code=other) in (20, None)
    rows = list(csv.DictReader(StringIO(client.get("/open/data/2026-03.csv").content.decode("utf-8-sig"))))
    assert len(rows) == len(card.figures)
    assert sum(row["withheld"] == "1" for row in rows) == card.withheld
    assert all((row["count"] == "") == (row["withheld"] == "1") for row in rows)
    assert not [row for row in rows if row["count"] in {"1", "2", "3", "4"}]


def test_a_month_waits_until_it_is_over() -> None:
    happened(6, category="roads")
    sealed()
    assert queries.months_to_publish(datetime(2026, 4, 4, tzinfo=UTC)) == ()
    assert queries.months_to_publish(APRIL) == (MARCH,)
    with pytest.raises(Refused):
        services.publish_month(actor=importer(), month=MARCH, now=datetime(2026, 4, 4, tzinfo=UTC))


def test_nothing_is_published_while_facts_wait_to_be_counted() -> None:
    happened(6, category="roads")
    assert services.publish_due(actor=importer(), now=APRIL) == 0
    sealed()
    happened(1, category="roads", day=4)
    assert services.publish_due(actor=importer(), now=APRIL) == 0
    sealed()
    assert services.publish_due(actor=importer(), now=APRIL) == 1


def test_only_the_platform_publishes() -> None:
    with pytest.raises(Forbidden):
        services.publish_month(actor=clerk(), month=MARCH, now=APRIL)


def test_answers_and_reopenings_are_counted() -> None:
    for _ in range(6):
        resolved(now=datetime(2026, 3, 3, 9, 0, tzinfo=UTC))
    card = published()
    assert (card.count("received"), card.count("answered"), card.count("reopened")) == (6, 6, 0)


def test_a_month_that_is_none_is_absent(client: Client) -> None:
    for name in ("2026-01.json", "2026-13.csv", "0-0.json", "99999-1.csv"):
        assert client.get(f"/open/data/{name}").status_code == 404
    with pytest.raises(Absent):
        queries.published_month(date(2020, 1, 1))
    assert client.get("/open/data/").status_code == 200


def test_the_page_shows_the_latest_month(client: Client) -> None:
    happened(6, category="roads")
    happened(2, category="noise")
    published()
    for language, said in (("zh-CN", "2026 年 3 月"), ("en", "March 2026")):
        page = client.get("/open/data/", headers={"accept-language": language}).content.decode()
        assert said in page and ">*</span>" in page
    assert json.loads(client.get("/open/data/2026-03.json").content)["k"] == 5


def test_the_page_asks_the_same_however_many_months(client: Client, django_assert_max_num_queries: object) -> None:
    happened(6, category="roads")
    published()
    opened(now=datetime(2026, 4, 2, 9, 0, tzinfo=UTC))
    sealed()
    services.publish_due(actor=importer(), now=APRIL + timedelta(days=40))
    with django_assert_max_num_queries(8):  # type: ignore[operator]
        client.get("/open/data/")


def test_every_month_has_a_page_with_what_was_received_answered_and_reopened(client: Client) -> None:
    happened(7, category="roads")
    published()
    page = client.get("/open/data/2026-03/", headers={"accept-language": "en"}).content.decode()
    assert "Received in March 2026" in page and "<b>7</b>" in page
    answered = client.get("/open/data/2026-03/?of=answered", headers={"accept-language": "en"}).content.decode()
    assert "Answered in March 2026" in answered and "<b>7</b>" not in answered
    assert (
        "Received in March 2026"
        in client.get("/open/data/2026-03/?of=nonsense", headers={"accept-language": "en"}).content.decode()
    )
    for nowhere in ("/open/data/2026-02/", "/open/data/2026-13/", "/open/data/0-0/"):
        assert client.get(nowhere).status_code == 404
