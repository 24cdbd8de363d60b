"""Open311 as other systems speak it: both formats, the published schemas, a foreign client, and nothing personal in public."""

import json
import xml.etree.ElementTree as ET
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.foundation.crypto import unveiled, veiled
from pianqu.foundation.ids import new_id
from pianqu.foundation.limits import LIMITS
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.tests.builders import COMMUNITY, clerk, opened, resident, small_district
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.tests.builders import CENTRE, official

ROOT = "/open311/v2"
PHONE = "13800138000"
SCHEMAS = Path(__file__).resolve().parents[6] / "shared" / "data" / "open311" / "schema"
FILED = {"service_code": "roads", "description": "路灯坏了三天", "lat": "29.9", "long": "121.55", "phone": PHONE}


@pytest.fixture(autouse=True)
def _here(db: None) -> None:
    LIMITS.forget()
    queries.forget_working_days()
    small_district()


def filed(**changes: str) -> Any:
    return Client(headers={"accept-language": "en"}).post(f"{ROOT}/requests.json", FILED | changes)


def listed(**asked: str) -> Any:
    return Client(headers={"accept-language": "en"}).get(f"{ROOT}/requests.json", asked).json()


def test_filed_listed_and_followed() -> None:
    answer = filed()
    assert answer.status_code == 201
    (told,) = answer.json()
    case = Case.objects.get()
    assert case.channel == "open311" and case.place_code == COMMUNITY and case.words == "路灯坏了三天"
    assert case.code[:4] in told["service_notice"] and "?s=" in told["service_notice"]
    (row,) = listed()
    assert row["service_request_id"] == told["service_request_id"] and row["status"] == "open"
    for name in (told["service_request_id"], case.code):
        (one,) = Client().get(f"{ROOT}/requests/{name}.json").json()
        assert one == listed_in_chinese(one)
    services.resolve_case(actor=clerk(), case_id=case.id, reply="灯已换好。", now=timezone.now())
    (update,) = Client().get(f"{ROOT}/servicerequestupdates.json").json()
    assert update["status"] == "CLOSED" and update["service_request_id"] == told["service_request_id"]


def listed_in_chinese(one: dict[str, Any]) -> dict[str, Any]:
    (row,) = Client().get(f"{ROOT}/requests.json", {"service_request_id": one["service_request_id"]}).json()
    found: dict[str, Any] = row
    return found


def test_a_repeated_filing_is_one_matter() -> None:
    assert filed().json() == filed().json() and Case.objects.count() == 1
    filed(description="另一件事")
    assert Case.objects.count() == 2


def test_nothing_personal_is_published() -> None:
    filed(description="我住在三号楼", **{"attribute[landmark]": "三号楼"})
    case = Case.objects.get()
    services.resolve_case(actor=clerk(), case_id=case.id, reply="已到三号楼看过", now=timezone.now())
    for form in ("json", "xml"):
        for path in ("requests", "servicerequestupdates", f"requests/{queries.published_id(case.id)}"):
            text = Client().get(f"{ROOT}/{path}.{form}").content.decode()
            for secret in (
                "三号楼",
                PHONE,
                case.code,
                str(case.id),
                case.id.hex,
                "29.91",
                f"{case.opened_at:%H:%M:%S}",
            ):
                assert secret not in text, (path, secret)
    (row,) = listed()
    assert (row["lat"], row["long"], row["description"]) == (29.9, 121.55, None)


def test_an_officials_program_reads_what_its_post_may_see() -> None:
    filed()
    now = timezone.now()

    def key(login: str, organisation_code: str, *rights: str) -> str:
        actor = official(login, organisation_code, "window")
        return directory.issue_token(actor=actor, name="x", rights=rights, expires_at=now + timedelta(days=1), now=now)

    (row,) = listed(api_key=key("centre", CENTRE, "read"))
    assert row["description"] == "路灯坏了三天"
    assert listed(api_key=key("market", "330205-market", "read")) == []
    assert listed(api_key="pq_wrong")[0]["code"] == 401
    assert listed(api_key=key("writer", CENTRE, "handle"))[0]["code"] == 403


@pytest.mark.parametrize(
    ("wrong", "status", "words"),
    [
        ({"service_code": "potholes"}, 404, "no such service"),
        ({"lat": "", "long": ""}, 400, "Where is it"),
        ({"lat": "121.55", "long": "29.9"}, 400, "seem to be swapped"),
        ({"lat": "29.9", "long": ""}, 400, "two numbers"),
        ({"lat": "here", "long": "there"}, 400, "two numbers"),
        ({"lat": "nan", "long": "inf"}, 400, ""),
        ({"lat": "51.5", "long": "-0.1"}, 400, ""),
        ({"description": ""}, 400, "few words"),
        ({"description": "路" * 5_001}, 400, "too many"),
        ({"phone": "12"}, 400, ""),
    ],
)
def test_bad_filings_get_a_sentence(wrong: dict[str, str], status: int, words: str) -> None:
    answer = filed(**wrong)
    (error,) = answer.json()
    assert (answer.status_code, error["code"]) == (status, status) and words in error["description"]
    assert len(error["description"]) > 20 and not Case.objects.exists()
    xml = Client(headers={"accept-language": "en"}).post(f"{ROOT}/requests.xml", FILED | wrong)
    assert ET.fromstring(xml.content).findtext("error/code") == str(status)


@pytest.mark.parametrize(
    "asked",
    [
        {"start_date": "yesterday"},
        {"start_date": "2026-01-01", "end_date": "2026-06-01"},
        {"start_date": "2026-06-01", "end_date": "2026-05-01"},
        {"start_date": "9999-12-31"},
        {"page": "0"},
        {"page": "two"},
        {"page_size": "1000000"},
    ],
)
def test_odd_questions_get_a_sentence(asked: dict[str, str]) -> None:
    for path in ("requests", "servicerequestupdates"):
        answer = Client().get(f"{ROOT}/{path}.json", asked)
        assert answer.status_code == 400 and answer.json()[0]["description"]


@pytest.mark.parametrize("name", ["0" * 32, "zz", "8K3F27QH", "0198f3a2-7c1e-7d3a-9d52-1f6f0c9b7a11", "a" * 64])
def test_what_is_not_there_is_404(name: str) -> None:
    assert Client().get(f"{ROOT}/requests/{name}.json").status_code == 404
    assert Client().get(f"{ROOT}/tokens/{name}.xml").status_code == 404


def test_filters_and_pages() -> None:
    now = timezone.now()
    for number in range(5):
        opened(words=f"第 {number} 件", category="noise" if number % 2 else "roads", now=now - timedelta(days=number))
    services.withdraw_case(actor=resident(), case_id=opened(now=now).case_id, now=now)
    assert (
        len(listed()) == 5 and len(listed(service_code="noise")) == 2 and len(listed(service_code="noise,roads")) == 5
    )
    assert len(listed(status="open")) == 5 and listed(status="closed") == []
    ids = [row["service_request_id"] for row in listed()]
    pages = [row["service_request_id"] for page in "123" for row in listed(page=page, page_size="2")]
    assert pages == ids and len(set(ids)) == 5
    assert len(listed(service_request_id=",".join(ids[:2]))) == 2
    since = (now - timedelta(days=2, hours=1)).isoformat()
    assert len(listed(start_date=since)) == 3


def test_lists_cost_the_same_statements_whatever_they_hold() -> None:
    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            listed()
        return len(asked)

    opened(now=timezone.now())
    listed()
    few = statements()
    for _number in range(8):
        opened(now=timezone.now())
    assert statements() == few <= 5


@pytest.mark.parametrize(
    ("path", "schema"),
    [("services", "services"), ("services/roads", "service-definition"), ("requests", "requests")],
)
def test_answers_are_valid_against_the_published_schemas(path: str, schema: str) -> None:
    if not SCHEMAS.exists():
        pytest.skip("the published Open311 schemas are not on this machine")
    jsonschema = pytest.importorskip("jsonschema_rs")
    filed()
    wanted = json.loads((SCHEMAS / f"{schema}.json").read_text())
    if wanted.get("type") == "array":
        wanted["items"] = json.loads((SCHEMAS / wanted["items"]["$ref"]).read_text())
    answer = Client().get(f"{ROOT}/{path}.json").json()
    jsonschema.validate(wanted, answer)
    assert answer


def test_discovery_names_the_doors() -> None:
    told = Client().get("/open311/discovery.json").json()
    assert told["endpoints"][0]["url"].endswith(ROOT)
    xml = ET.fromstring(Client().get("/open311/discovery.xml").content)
    assert [one.text for one in xml.findall("endpoints/endpoint/formats/format")] == ["application/json", "text/xml"]


def test_who_asks_too_fast_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from pianqu.foundation.installation import installation

    slower = replace(installation(), api_rate=6)
    monkeypatch.setattr("pianqu.rooms.casework.views.open311.installation", lambda: slower)
    answers = [Client().get(f"{ROOT}/services.json") for _request in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429] and int(answers[1]["Retry-After"]) >= 1


def test_public_names_are_a_permutation() -> None:
    one = new_id()
    assert unveiled(veiled(one, scope="a"), scope="a") == one
    assert veiled(one, scope="a") != veiled(one, scope="b") and veiled(one, scope="a") == veiled(one, scope="a")
    assert unveiled("zz", scope="a") is None and unveiled("00", scope="a") is None
