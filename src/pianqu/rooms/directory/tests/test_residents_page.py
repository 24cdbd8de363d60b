"""The window's page through HTTP: one reads a card, a colleague reads it too; slips are told and nothing typed is lost."""

from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.models import IdempotencyKey
from pianqu.rooms.directory.models import Enrolment, Resident
from pianqu.rooms.directory.tests.builders import CENTRE, LAW, WAITAN_1, small_district
from pianqu.rooms.directory.tests.test_forms import client, send
from pianqu.rooms.directory.tests.test_residents import NAME, NUMBER, SECOND

pytestmark = pytest.mark.django_db
PAGE = "/desk/residents/"


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()


def page(browser: Client) -> str:
    return browser.get(PAGE).content.decode()


def read_first(browser: Client, **changes: str) -> HttpResponse:
    given = {"name": NAME, "number": NUMBER, "area": WAITAN_1, "contact": ""}
    answer: Any = send(browser, "enrol", {**given, **changes})
    return answer


def test_one_reads_the_card_and_a_colleague_reads_it_too() -> None:
    one, other = client("one", CENTRE, "window"), client("other", CENTRE, "leader")
    assert read_first(one, contact="13800001234").status_code == 302
    waiting = str(Enrolment.objects.get().id)
    assert "a colleague has to read it too" in page(one) and NAME not in page(other) and "张**" in page(other)
    wrong: Any = send(other, "finish-enrolment", {"id": waiting, "number": SECOND})
    html = wrong.content.decode()
    assert wrong.status_code == 422 and "not the one that the first officer read" in html and SECOND in html
    assert send(one, "finish-enrolment", {"id": waiting, "number": NUMBER}).status_code == 403
    assert send(other, "finish-enrolment", {"id": waiting, "number": NUMBER}).status_code == 302
    assert Resident.objects.get().proven_at is not None and "No card waits" in page(other)
    assert send(other, "finish-enrolment", {"id": waiting, "number": NUMBER}).status_code == 404


@pytest.mark.parametrize(
    ("changes", "anchor"),
    [
        ({"number": NUMBER[:-1] + "1"}, "enrol-number"),
        ({"name": ""}, "enrol-name"),
        ({"area": ""}, "enrol-area"),
        ({"contact": "12"}, "enrol-contact"),
    ],
)
def test_a_slip_stands_at_its_field_and_the_rest_is_kept(changes: dict[str, str], anchor: str) -> None:
    answer = read_first(client("one", CENTRE, "window"), **changes)
    html = answer.content.decode()
    assert answer.status_code == 422 and f'href="#{anchor}"' in html
    assert ("name" in changes or NAME in html) and ("number" in changes or NUMBER in html)


def test_the_same_form_twice_is_one_enrolment_and_tells_no_number() -> None:
    one, typed = client("one", CENTRE, "window"), {"name": NAME, "number": NUMBER, "area": WAITAN_1, "key": "k" * 22}
    for _twice in range(2):
        assert one.post("/desk/directory/enrol/", typed).status_code == 302
    assert Enrolment.objects.count() == 1 and NUMBER not in str(list(IdempotencyKey.objects.values()))


def test_given_up() -> None:
    one = client("one", CENTRE, "window")
    read_first(one)
    assert send(one, "drop-enrolment", {"id": str(Enrolment.objects.get().id)}).status_code == 302
    assert not Enrolment.objects.exists()


def test_who_reads_no_cards_is_told_so() -> None:
    bureau = client("law", LAW, "handler")
    assert "In your post you do not read any" in page(bureau) and "enrol-number" not in page(bureau)
    assert read_first(bureau).status_code == 403


def test_statements_do_not_grow_with_what_waits() -> None:
    one = client("one", CENTRE, "window")
    counts = []
    for number in (NUMBER, SECOND):
        read_first(one, number=number)
        page(one)
        with CaptureQueriesContext(connection) as asked:
            page(one)
        counts.append(len(asked))
    assert counts[0] == counts[1] <= 9, counts
