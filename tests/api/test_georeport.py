"""Our Open311 server over HTTP: a foreign client reads it, PyPI's georeport, and our own client files, follows and adds; and
servers that are out of order are understood as such."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Literal

import pytest
from django.utils import timezone

from pianqu.composition import wiring
from pianqu.foundation.limits import LIMITS
from pianqu.foundation.testing import reset_database
from pianqu.kernels import georeport as ours
from pianqu.rooms.casework import readers, services
from pianqu.rooms.casework.models import Addition, Case
from pianqu.rooms.casework.tests.builders import clerk, opened, small_district
from pianqu.rooms.ledger import services as ledger
from tests.foreign import (
    BROKEN_JSON,
    ENDLESS,
    HALF,
    HANG,
    HANG_UP,
    LAUGHS,
    NO_HTTP,
    WEB_PAGE,
    WRONG_JSON,
    Answer,
    Foreign,
    foreign,
    listed,
    redirect,
    refusal,
)

georeport = pytest.importorskip("georeport", reason="install the extra `dev`: georeport reads Open311 servers")
Form = Literal["json", "xml"]


@pytest.fixture
def server(live_server: Any, transactional_db: None) -> Iterator[str]:
    LIMITS.forget()
    small_district()
    ledger.create_log(now=timezone.now())
    for _number in range(2):
        opened(now=timezone.now())
    yield f"{live_server.url}/open311/v2"
    reset_database()


def asked(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return bytes(answer.read(ours.LONGEST + 1))


def sent(url: str, fields: ours.Pairs) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, ours.form_body(fields)), timeout=20) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize("form", ["json", "xml"])
def test_georeport_reads_us(server: str, form: str) -> None:
    client = georeport.GeoReport(server, output_format=form)
    services = client.get_service_list()
    assert {"roads", "noise"} <= {one["service_code"] for one in services}
    assert client.get_service_definition("roads")["service_code"] == "roads"
    rows = client.get_service_requests(status="open")
    assert len(rows) == 2
    one = client.get_service_request(rows[0]["service_request_id"])
    assert one["status"] == "open" and one["service_code"] == "roads"


@pytest.mark.parametrize("form", ["json", "xml"])
def test_we_read_what_georeport_reads(server: str, form: Form) -> None:
    foreign_client, here = georeport.GeoReport(server, output_format=form), ours.Server(base=f"{server}/", form=form)
    codes = [one["service_code"] for one in foreign_client.get_service_list()]
    assert [one.service_code for one in ours.services(asked(ours.services_url(here)))] == codes
    definition = ours.service_definition(asked(ours.service_url(here, "roads")))
    assert definition.service_code == "roads" and [one.code for one in definition.attributes] == ["landmark"]
    rows = {one["service_request_id"]: one for one in foreign_client.get_service_requests()}
    read = ours.requests(asked(ours.request_list_url(here, tuple(rows))))
    assert {one.service_request_id for one in read} == set(rows)
    for one in read:
        row = rows[one.service_request_id]
        assert (one.status, one.service_name) == (row["status"], row["service_name"]) and one.requested_datetime


@pytest.mark.parametrize("form", ["json", "xml"])
def test_our_client_files_follows_and_adds(server: str, form: Form) -> None:
    here = ours.Server(base=server, form=form)
    fields = ours.report_fields(
        here, service_code="roads", description="路灯坏了", lat=29.9, long=121.55, attributes={"landmark": "桥头"}
    )
    filed = ours.posted(sent(ours.requests_url(here), fields))
    name, key = filed.service_request_id, filed.receipt_secret
    assert key and key in filed.service_notice
    assert ours.token(asked(ours.token_url(here, name))).service_request_id == name

    def add(update_id: str, status: str, words: str) -> str:
        update = ours.update_fields(
            here,
            service_request_id=name,
            update_id=update_id,
            status=status,
            updated_datetime=timezone.now(),
            description=words,
            api_key=key,
        )
        return ours.posted_update(sent(ours.updates_url(here), update))

    assert add("1", "open", "又黑了一盏") == add("1", "open", "又黑了一盏") and Addition.objects.count() == 1
    case = Case.objects.get(channel="open311")
    services.resolve_case(actor=clerk(), case_id=case.id, reply="灯已换好。", now=timezone.now())
    (request,) = ours.requests(asked(ours.request_url(here, name, api_key=key)))
    assert request.is_open is False and request.status_notes == "灯已换好。" and request.address == "桥头"
    reopening = add("2", "reopen", "还是不亮")
    wiring.seal_and_drain()
    since, until = timezone.now() - timedelta(hours=2), timezone.now() + timedelta(minutes=1)
    question = ours.update_list_url(here, since=since, until=until, service_request_id=name, api_key=key)
    answer, again = ours.updates(asked(question))
    assert (answer.is_open, answer.description) == (False, "灯已换好。")
    assert (again.is_open, again.description, again.update_id) == (True, "还是不亮", reopening)
    wiring.replay(readers.CHANGES)
    assert ours.updates(asked(question)) == (answer, again)
    assert answer.updated_datetime and again.updated_datetime and answer.updated_datetime <= again.updated_datetime


@pytest.mark.parametrize("form", ["json", "xml"])
def test_our_client_understands_our_refusals(server: str, form: Form) -> None:
    here = ours.Server(base=server, form=form)
    with pytest.raises(urllib.error.HTTPError) as refused:
        asked(ours.service_url(here, "no/such"))
    with pytest.raises(urllib.error.HTTPError) as other:
        asked(ours.request_url(here, "0" * 32))
    with refused.value, other.value:
        (fault,) = ours.errors(other.value.read())
    assert refused.value.code == 404 and fault.code == "404" and len(fault.description) > 5


# servers that are out of order ---------------------------------------------------------------------------------------


@pytest.fixture
def other() -> Iterator[Foreign]:
    with foreign() as server:
        yield server


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (WEB_PAGE, "html"),
        (WRONG_JSON, "shape"),
        (BROKEN_JSON, "broken"),
        (LAUGHS, "doctype"),
        (Answer(), "empty"),
        (ENDLESS, "large"),
        (refusal(200, "no"), "refused"),
    ],
)
def test_answers_that_cannot_be_used(other: Foreign, answer: Answer, reason: str) -> None:
    other.says(answer)
    with pytest.raises(ours.GeoReportError) as refused:
        ours.services(asked(ours.services_url(ours.Server(base=other.url))))
    assert refused.value.reason == reason


def test_the_foreign_server_does_what_it_is_told(other: Foreign) -> None:
    here = ours.Server(base=other.url, jurisdiction_id="city", form="json")
    other.says(listed([{"service_code": "1"}], "services"), HANG_UP, HALF, NO_HTTP, refusal(503, "busy", retry_after=9))
    assert ours.services(asked(ours.services_url(here)))[0].service_code == "1"
    for error in (OSError, http.client.IncompleteRead, http.client.BadStatusLine):
        with (
            pytest.raises(error),
            urllib.request.urlopen(ours.services_url(here), timeout=20) as answer,
        ):
            answer.read()
    for _again in range(2):
        with pytest.raises(urllib.error.HTTPError) as busy:
            asked(ours.services_url(here))
        with busy.value as answer:
            assert answer.code == 503 and answer.headers["Retry-After"] == "9"
    assert {one.path for one in other.got} == {"/open311/v2/services.json"}
    assert other.got[0].query == {"jurisdiction_id": "city"}


def test_who_does_not_wait_for_a_hanging_server_is_let_go(other: Foreign) -> None:
    other.says(HANG, listed([], "services"))
    url = ours.services_url(ours.Server(base=other.url))
    with pytest.raises(OSError):
        urllib.request.urlopen(url, timeout=0.3)
    assert ours.services(asked(url)) == () and len(other.got) == 2


def test_the_foreign_server_scripts_one_resource_alone(other: Foreign) -> None:
    here = ours.Server(base=other.url, form="json")
    other.at("POST", "requests", listed([{"token": 7}], "service_requests", status=201))
    other.at("GET", "7", redirect(f"{other.url}/tokens/8.json"))
    other.at("GET", "8", listed([{"token": 7, "service_request_id": 12}], "service_requests", form="xml"))
    fields = ours.report_fields(here, service_code="roads", description="路灯", address_string="桥头", api_key="k")
    filed = ours.posted(sent(ours.requests_url(here), fields))
    assert ours.token(asked(ours.token_url(here, filed.token))).service_request_id == "12"
    assert other.got[0].pairs == fields and [one.method for one in other.got] == ["POST", "GET", "GET"]
    other.forget()
    with pytest.raises(urllib.error.HTTPError) as absent:
        asked(ours.services_url(here))
    with absent.value:
        assert ours.errors(absent.value.read())[0].code == "404"
