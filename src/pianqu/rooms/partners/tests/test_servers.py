"""Matters go to an Open311 server once, and its answers come back; the server is a real one that does what the test says."""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.foundation.installation import installation
from pianqu.rooms.casework import queries as casework
from pianqu.rooms.casework import services as cases
from pianqu.rooms.casework.tests.builders import clerk, importer, opened, resident
from pianqu.rooms.ledger import queries as ledger_questions
from pianqu.rooms.partners import jobs, queries, services
from pianqu.rooms.partners.models import Letter, Partner, Posting, Transfer, Watch
from pianqu.rooms.partners.services import NewServer
from pianqu.rooms.partners.tests.builders import NOW, hear
from tests.foreign import (
    BROKEN_JSON,
    HANG_UP,
    LAUGHS,
    WEB_PAGE,
    WRONG_JSON,
    Answer,
    Foreign,
    foreign,
    listed,
    redirect,
    refusal,
)

FILED = listed([{"service_request_id": "B-42", "service_notice": "Thank you"}], "service_requests")


@pytest.fixture
def city() -> Iterator[Foreign]:
    """Another city's server, which may be reached from here."""
    names = {name: getattr(installation(), name) for name in installation().__dataclass_fields__}
    reached = type(installation())(**{**names, "webhook_networks": ("127.0.0.0/8",)})
    with foreign() as server, override_settings(INSTALLATION=reached):
        installation.cache_clear()
        yield server
    installation.cache_clear()


def connected(city: Foreign, **changes: Any) -> uuid.UUID:
    given = {"name": "城市热线", "url": city.url, "services": {"roads": "POTHOLE"}, "api_key": "geheim"}
    return services.add_server(actor=importer(), server=NewServer(**{**given, **changes}), now=NOW)


def offered(city: Foreign, **changes: Any) -> tuple[cases.Opened, uuid.UUID]:
    partner = Partner.objects.filter(kind="open311").values_list("id", flat=True).first() or connected(city)
    case = opened(contact="13912345678", **changes)
    transfer = services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=partner, words="请处理", now=NOW)
    hear()
    return case, transfer


def go(**apart: float) -> None:
    jobs.exchange(actor=importer(), now=later(**apart))
    hear()


def later(**apart: float) -> datetime:
    return timezone.now() + timedelta(**apart)


def state(transfer: uuid.UUID) -> str:
    return Transfer.objects.get(id=transfer).state


def request(status: str, **more: Any) -> Answer:
    told = {"service_request_id": "B-42", "status": status, "service_code": "POTHOLE", **more}
    return listed([told], "service_requests", form="xml")


def test_a_matter_is_filed_there_and_their_answer_is_ours(city: Foreign) -> None:
    city.at("POST", "requests", FILED)
    city.at("GET", "B-42", request("open"))
    case, transfer = offered(city)
    go(seconds=1)
    sent = next(one for one in city.got if one.method == "POST")
    assert sent.fields["service_code"] == "POTHOLE" and sent.fields["api_key"] == "geheim"
    assert (
        sent.fields["description"] == "路灯坏了三天，晚上很黑。\n\n请处理" and sent.fields["address_string"] == "桥头"
    )
    assert "13912345678" not in str(sent.pairs)
    assert state(transfer) == "taken" and Transfer.objects.get(id=transfer).their_reference == "B-42"
    go(seconds=2)
    assert state(transfer) == "taken"
    city.forget()
    city.at("GET", "B-42", request("closed", status_notes="补好了", updated_datetime="2026-03-05T10:00:00+08:00"))
    go(minutes=30)
    mine = casework.resident_case(case.case_id)
    assert mine.state == "resolved" and mine.reply.startswith("补好了") and "B-42" in mine.reply
    letters = Letter.objects.filter(transfer_id=transfer, direction="in").count()
    go(hours=2)
    assert Letter.objects.filter(transfer_id=transfer, direction="in").count() == letters, "said once"


def test_a_token_first_and_the_number_later(city: Foreign) -> None:
    city.at("POST", "requests", listed([{"token": "t-1"}], "service_requests"))
    city.at("GET", "t-1", listed([{"token": "t-1"}], "service_requests"))
    _case, transfer = offered(city)
    go(seconds=1)
    assert state(transfer) == "offered" and Watch.objects.get().token == "t-1"
    city.forget()
    city.at("GET", "t-1", listed([{"token": "t-1", "service_request_id": "B-42"}], "service_requests"))
    go(minutes=20)
    assert state(transfer) == "taken" and Transfer.objects.get(id=transfer).their_reference == "B-42"


def test_updates_come_and_go(city: Foreign) -> None:
    connected(city, takes_updates=True)
    city.at("POST", "requests", FILED)
    city.at("GET", "B-42", request("open"))
    city.at("GET", "servicerequestupdates", listed([], "service_request_updates"))
    case, transfer = offered(city)
    go(seconds=1)
    cases.extend_case(actor=resident(), case_id=case.case_id, words="又大了", now=NOW)
    hear()
    city.forget()
    update = {"update_id": "7", "service_request_id": "B-42", "status": "OPEN", "description": "明天去看"}
    other = {"update_id": "8", "service_request_id": "B-43", "status": "CLOSED", "description": "别的"}
    city.at("GET", "servicerequestupdates", listed([update, other], "service_request_updates"))
    city.at("GET", "B-42", request("open"))
    city.at("POST", "servicerequestupdates", listed([{"update_id": "x"}], "service_request_updates"))
    go(minutes=20)
    added = next(one for one in city.got if one.method == "POST")
    assert (added.fields["service_request_id"], added.fields["status"]) == ("B-42", "OPEN")
    assert added.fields["description"] == "又大了"
    told = casework.timeline(case.case_id, for_reporter=True)
    assert any("明天去看" in line.words for line in told) and not any("别的" in line.words for line in told)
    go(minutes=40)
    assert Letter.objects.filter(transfer_id=transfer, kind="progress").count() == 1


def test_who_takes_no_updates_is_told_none(city: Foreign) -> None:
    city.at("POST", "requests", FILED)
    city.at("GET", "B-42", request("open"))
    case, transfer = offered(city)
    go(seconds=1)
    cases.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    hear()
    go(minutes=20)
    assert state(transfer) == "withdrawn"
    assert sum(one.method == "POST" for one in city.got) == 1
    assert Posting.objects.get(letter__kind="withdrawn").outcome == "not-told"


@pytest.mark.parametrize("answer", [HANG_UP, Answer(500), WEB_PAGE, WRONG_JSON, BROKEN_JSON, LAUGHS, Answer(201)])
def test_what_may_have_arrived_is_not_sent_again_by_itself(city: Foreign, answer: Answer) -> None:
    city.at("POST", "requests", answer)
    case, transfer = offered(city)
    for hours in (1, 5, 50):
        go(hours=hours)
    assert sum(one.method == "POST" for one in city.got) == 1
    posting = Posting.objects.get()
    assert posting.state == "doubtful" and state(transfer) == "offered"
    assert [one.letter_id for one in queries.doubtful_for(importer())] == [posting.letter_id]
    cases.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    hear()
    go(hours=60)
    assert sum(one.method == "POST" for one in city.got) == 1, "what follows waits until somebody knows"


def test_somebody_finds_out(city: Foreign) -> None:
    city.at("POST", "requests", HANG_UP)
    _case, transfer = offered(city)
    go(hours=1)
    letter = Posting.objects.get().letter_id
    with pytest.raises(Forbidden):
        services.settle_posting(actor=clerk(), letter_id=letter, outcome="again", now=NOW)
    with pytest.raises(Invalid):
        services.settle_posting(actor=importer(), letter_id=letter, outcome="arrived", now=NOW)
    services.settle_posting(actor=importer(), letter_id=letter, outcome="arrived", reference="B-42", now=NOW)
    hear()
    assert state(transfer) == "taken" and Posting.objects.get(letter_id=letter).state == "sent"
    with pytest.raises(Refused):
        services.settle_posting(actor=importer(), letter_id=letter, outcome="again", now=NOW)


def test_sent_again_after_a_look(city: Foreign) -> None:
    city.at("POST", "requests", HANG_UP, FILED)
    city.at("GET", "B-42", request("open"))
    _case, transfer = offered(city)
    go(hours=1)
    services.settle_posting(actor=importer(), letter_id=Posting.objects.get().letter_id, outcome="again", now=NOW)
    hear()
    go(hours=2)
    assert state(transfer) == "taken"


@pytest.mark.parametrize("answer", [refusal(429, "slow", retry_after=5), refusal(503, "busy")])
def test_who_asks_to_wait_gets_it_later(city: Foreign, answer: Answer) -> None:
    city.at("POST", "requests", answer, FILED)
    city.at("GET", "B-42", request("open"))
    _case, transfer = offered(city)
    go(seconds=1)
    assert Posting.objects.get().state == "waiting"
    go(hours=1)
    assert state(transfer) == "taken"


@pytest.mark.parametrize(
    "answer", [refusal(400, "No such service"), refusal(403, "Key unknown"), redirect("http://127.0.0.1:1/")]
)
def test_who_refuses_for_good_does_not_take_it(city: Foreign, answer: Answer) -> None:
    city.at("POST", "requests", answer)
    case, transfer = offered(city)
    go(seconds=1)
    go(hours=9)
    assert state(transfer) == "declined" and sum(one.method == "POST" for one in city.got) == 1
    assert any("answer" in line.words for line in casework.timeline(case.case_id)), "people here read why"


@pytest.mark.parametrize("answer", [HANG_UP, Answer(500), WEB_PAGE, BROKEN_JSON, LAUGHS, Answer(404)])
def test_a_server_out_of_order_is_asked_again_more_and_more_seldom(city: Foreign, answer: Answer) -> None:
    city.at("POST", "requests", FILED)
    city.at("GET", "B-42", answer)
    _case, transfer = offered(city)
    go(seconds=1)
    for hours in range(1, 9):
        go(hours=hours * 7)
    watch = Watch.objects.get()
    assert watch.tries >= 8 and watch.outcome and state(transfer) == "taken"
    assert watch.next_at - later(hours=56) <= timedelta(hours=6)
    assert queries.partners_for(importer())[0].trouble == watch.outcome
    city.forget()
    city.at("GET", "B-42", request("closed", status_notes="好了"))
    go(hours=70)
    assert state(transfer) == "answered" and Watch.objects.get().tries == 0


def test_what_has_no_service_there_is_not_offered(city: Foreign) -> None:
    partner = connected(city)
    case = opened(category="noise")
    assert queries.offering_for(clerk(), case.case_id) == ()
    with pytest.raises(Refused) as caught:
        services.offer_case(actor=clerk(), case_id=case.case_id, partner_id=partner, now=NOW)
    assert caught.value.code == "offer-no-service"


def test_a_key_is_kept_sealed_and_never_shown(city: Foreign) -> None:
    connected(city)
    row = Partner.objects.get(kind="open311")
    assert "geheim" not in row.sealed_key and row.sealed_key
    assert "geheim" not in repr(queries.partners_for(importer()))
    history = ledger_questions.history(f"partner:{row.id}")
    assert "geheim" not in repr(history)


@pytest.mark.parametrize(
    "wrong",
    [{"name": " "}, {"services": {}}, {"services": {"nothing": "A"}}, {"services": {"roads": " "}}, {"url": "x"}],
)
def test_a_server_that_is_described_wrongly(city: Foreign, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        connected(city, **wrong)


def test_a_worker_that_dies_while_it_sends_leaves_doubt(city: Foreign) -> None:
    offered(city)
    Posting.objects.update(state="sending", tried_at=later(minutes=-10))
    go(seconds=1)
    assert Posting.objects.get().state == "doubtful" and not city.got
