"""Open311 as other systems speak it: both formats, the published schemas, a foreign client, and nothing personal in public."""

import json
import xml.etree.ElementTree as ET
from datetime import datetime, timedelta
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
from pianqu.rooms.casework import queries, readers, services
from pianqu.rooms.casework.models import Addition, Case
from pianqu.rooms.casework.tests.builders import COMMUNITY, LEAD, clerk, handler, opened, resident, small_district
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.tests.builders import CENTRE, official
from pianqu.rooms.ledger import services as ledger

ROOT = "/open311/v2"
PHONE = "13800138000"
SCHEMAS = Path(__file__).resolve().parents[6] / "shared" / "data" / "open311" / "schema"
FILED = {"service_code": "roads", "description": "路灯坏了三天", "lat": "29.9", "long": "121.55", "phone": PHONE}


@pytest.fixture(autouse=True)
def _here(db: None) -> None:
    LIMITS.forget()
    queries.forget_working_days()
    small_district()
    ledger.create_log(now=timezone.now())


def filed(**changes: str) -> Any:
    return Client(headers={"accept-language": "en"}).post(f"{ROOT}/requests.json", FILED | changes)


def heard() -> None:
    """Sealed and told to the readers, as the worker does it."""
    ledger.seal(now=timezone.now())
    while ledger.deliver(reader=readers.CHANGES, to=readers.hear_changes):
        pass


def changes(**asked: str) -> Any:
    return Client(headers={"accept-language": "en"}).get(f"{ROOT}/servicerequestupdates.json", asked).json()


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
    services.resolve_case(actor=clerk(), case_id=case.id, reply="已到三号楼看过", now=case.opened_at)
    heard()
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
    since = timezone.localtime(now - timedelta(days=2)).replace(hour=0, minute=0)
    assert len(listed(start_date=since.isoformat())) == 3


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
    assert [one["url"].endswith(ROOT) for one in told["endpoints"]] == [True, True]
    assert told["endpoints"][0]["specification"] == "http://wiki.open311.org/GeoReport_v2"
    xml = ET.fromstring(Client().get("/open311/discovery.xml").content)
    assert [one.text for one in xml.findall("endpoints/endpoint/formats/format")] == [
        "application/json",
        "text/xml",
    ] * 2


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


# updates from other systems ------------------------------------------------------------------------------------------


def updated(**sent: str) -> Any:
    return Client(headers={"accept-language": "en"}, enforce_csrf_checks=True).post(
        f"{ROOT}/servicerequestupdates.json", {"update_id": "7", "description": "又黑了一盏", "status": "OPEN"} | sent
    )


def token_of(login: str, organisation_code: str, *rights: str) -> str:
    now = timezone.now()
    actor = official(login, organisation_code, "window")
    return directory.issue_token(actor=actor, name="x", rights=rights, expires_at=now + timedelta(days=1), now=now)


def mine() -> dict[str, str]:
    """What the system that filed a matter sends with each of its updates."""
    (told,) = filed().json()
    return {"service_request_id": told["service_request_id"], "api_key": told["receipt_secret"]}


def test_the_receipts_secret_is_told_for_programs_as_in_the_link() -> None:
    (told,) = filed().json()
    assert told["service_notice"].endswith(f"?s={told['receipt_secret']}")
    xml = ET.fromstring(Client().post(f"{ROOT}/requests.xml", FILED).content)
    assert xml.findtext("request/receipt_secret")


def test_who_filed_adds_to_it_each_update_once() -> None:
    known = mine()
    first, again, other = updated(**known), updated(**known), updated(**known, update_id="8")
    assert [answer.status_code for answer in (first, again, other)] == [201] * 3
    assert first.json() == again.json() != other.json() and set(first.json()[0]) == {"update_id"}
    assert [row.words for row in Addition.objects.order_by("added_at")] == ["又黑了一盏"] * 2
    changed = updated(**known, description="别的话")
    assert changed.status_code == 400 and "other content" in changed.json()[0]["description"]
    assert Addition.objects.count() == 2


def test_an_update_is_answered_in_xml_as_fixmystreet_reads_it() -> None:
    sent = mine() | {"update_id_ext": "12", "description": "又黑了一盏", "status": "FIXED", "email": "a@example.org"}
    answer = Client().post(f"{ROOT}/servicerequestupdates.xml", sent)
    root = ET.fromstring(answer.content)
    assert root.tag == "service_request_updates" and len(root.findtext("request_update/update_id") or "") == 32
    assert "a@example.org" not in Addition.objects.get().words


def test_settled_over_there_closes_nothing_here() -> None:
    known = mine()
    answer = updated(**known, status="CLOSED", media_url="https://example.org/a.jpg")
    assert answer.status_code == 201 and Case.objects.get().state == "opened"
    words = Addition.objects.get().words
    assert "https://example.org/a.jpg" in words and "it goes on here" in words


def test_open_over_there_reopens_what_was_answered() -> None:
    known, case = mine(), Case.objects.get()
    services.resolve_case(actor=clerk(), case_id=case.id, reply="灯已换好。", now=timezone.now())
    assert updated(**known, status="CLOSED").status_code == 409
    assert updated(**known, status="").status_code == 409
    answer = updated(**known, status="REOPEN")
    assert answer.status_code == 201 and Case.objects.get().state == "reopened"
    assert updated(**known, status="REOPEN").json() == answer.json() and Case.objects.get().reopenings == 1


def test_what_was_answered_long_ago_stays_answered() -> None:
    known, case = mine(), Case.objects.get()
    services.resolve_case(actor=clerk(), case_id=case.id, reply="灯已换好。", now=timezone.now())
    Case.objects.update(opened_at=timezone.now() - timedelta(days=50), resolved_at=timezone.now() - timedelta(days=40))
    answer = updated(**known)
    assert answer.status_code == 409 and "ten working days" in answer.json()[0]["description"]
    assert Case.objects.get().state == "resolved"


def test_a_withdrawn_matter_takes_no_update() -> None:
    known = mine()
    services.withdraw_case(actor=resident(), case_id=Case.objects.get().id, now=timezone.now())
    assert updated(**known).status_code == 409 and not Addition.objects.exists()


def test_a_post_with_intake_adds_what_a_caller_says_within_its_scope() -> None:
    name = mine()["service_request_id"]
    good, reading = token_of("centre", CENTRE, "intake"), token_of("reader", CENTRE, "read")
    foreign = token_of("market", "330205-market", "intake")
    assert updated(service_request_id=name, api_key=good).status_code == 201
    assert updated(service_request_id=name, api_key=reading).status_code == 403
    assert updated(service_request_id=name, api_key=foreign).status_code == 404
    assert Addition.objects.count() == 1


def test_an_official_reopens_only_where_the_rules_let_them() -> None:
    known, case = mine(), Case.objects.get()
    services.dispatch_case(
        actor=clerk(), case_id=case.id, lead_code=LEAD, helper_codes=(), nature="complaint", now=timezone.now()
    )
    lead = token_of("lead", LEAD, "intake")
    answer = updated(service_request_id=known["service_request_id"], api_key=lead)
    assert answer.status_code == 403 and "Only who reported" in answer.json()[0]["description"]
    services.resolve_case(actor=handler(LEAD), case_id=case.id, reply="灯已换好。", now=timezone.now())
    assert updated(service_request_id=known["service_request_id"], api_key=lead).status_code == 403
    centre = token_of("centre", CENTRE, "intake")
    assert updated(service_request_id=known["service_request_id"], api_key=centre).status_code == 201
    assert Case.objects.get().state == "reopened"


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"api_key": ""}, 401),
        ({"api_key": "pq_wrong"}, 401),
        ({"service_request_id": "nothing"}, 404),
        ({"service_request_id": "0" * 32}, 401),
        ({"update_id": ""}, 400),
        ({"update_id": "7" * 201}, 400),
        ({"status": "EXPLODED"}, 400),
        ({"description": ""}, 400),
        ({"description": "路" * 5_001}, 400),
    ],
)
def test_wrong_updates_add_nothing_and_say_why(wrong: dict[str, str], status: int) -> None:
    answer = updated(**(mine() | wrong))
    (error,) = answer.json()
    assert (answer.status_code, error["code"]) == (status, status) and len(error["description"]) > 20
    assert not Addition.objects.exists()


def test_one_receipt_opens_no_other_matter_and_wrong_tries_lock_nobody_out() -> None:
    known = mine()
    (other,) = filed(description="另一件").json()
    for _number in range(12):
        LIMITS.forget()
        assert updated(**known | {"api_key": other["receipt_secret"]}).status_code == 401
    assert updated(**known).status_code == 201


def test_an_expired_receipt_says_so() -> None:
    known = mine()
    Case.objects.update(receipt_expires_at=timezone.now() - timedelta(seconds=1))
    answer = updated(**known)
    assert answer.status_code == 409 and "expired" in answer.json()[0]["description"]


def test_who_filed_reads_the_answer_with_the_receipts_secret() -> None:
    known, case = mine(), Case.objects.get()
    services.resolve_case(actor=clerk(), case_id=case.id, reply="灯已换好。", now=timezone.now())
    path, key = f"{ROOT}/requests/{known['service_request_id']}.json", {"api_key": known["api_key"]}
    (row,) = Client().get(path, key).json()
    assert (row["status"], row["status_notes"], row["description"]) == ("closed", "灯已换好。", "路灯坏了三天")
    assert listed(**known) == [row | {"service_name": listed()[0]["service_name"]}]
    assert "灯已换好。" not in Client().get(path).content.decode()
    assert Client().get(path, {"api_key": "pq_wrong"}).status_code == 401


# updates for other systems -------------------------------------------------------------------------------------------


def told_and_retold(at: datetime) -> Case:
    """Answered, reopened and answered again within an hour."""
    case_id = opened(now=at).case_id
    services.resolve_case(actor=clerk(), case_id=case_id, reply="灯已换好。", now=at + timedelta(minutes=1))
    services.reopen_case(actor=resident(), case_id=case_id, words="又黑了", now=at + timedelta(minutes=2))
    services.resolve_case(actor=clerk(), case_id=case_id, reply="线路已修。", now=at + timedelta(minutes=3))
    heard()
    return Case.objects.get(id=case_id)


def noon(days_ago: int) -> datetime:
    return timezone.localtime(timezone.now() - timedelta(days=days_ago)).replace(
        hour=12, minute=0, second=0, microsecond=0
    )


def test_each_change_is_listed_once_and_in_order() -> None:
    at = noon(1)
    told_and_retold(at)
    reader = token_of("centre", CENTRE, "read")
    rows = changes(api_key=reader)
    assert [(row["status"], row["description"]) for row in rows] == [
        ("CLOSED", "灯已换好。"),
        ("OPEN", "又黑了"),
        ("CLOSED", "线路已修。"),
    ]
    assert [datetime.fromisoformat(row["updated_datetime"]) for row in rows] == [
        at + timedelta(minutes=minute) for minute in (1, 2, 3)
    ]
    pieces = [
        row
        for minute in (1, 2, 3)
        for row in changes(
            api_key=reader,
            start_date=(at + timedelta(minutes=minute)).isoformat(),
            end_date=(at + timedelta(minutes=minute + 1)).isoformat(),
        )
    ]
    pages = [row for page in "123" for row in changes(api_key=reader, page=page, page_size="1")]
    assert pieces == pages == rows and len({row["update_id"] for row in rows}) == 3
    readers.forget_changes()
    assert changes(api_key=reader) == []


def test_everybody_is_told_of_a_day_when_it_is_over() -> None:
    case = told_and_retold(noon(1))
    midnight = noon(0).replace(hour=0)
    rows = changes()
    assert [row["status"] for row in rows] == ["CLOSED", "OPEN", "CLOSED"]
    assert {row["updated_datetime"] for row in rows} == {midnight.isoformat()}
    assert not any(word in str(rows) for word in ("灯已换好", "又黑了", "线路已修"))
    assert changes(end_date=midnight.isoformat()) == []
    assert changes(start_date=midnight.isoformat()) == rows
    assert changes(start_date=(midnight + timedelta(seconds=1)).isoformat()) == []
    assert changes(start_date=noon(1).isoformat(), end_date=(noon(1) + timedelta(hours=1)).isoformat()) == []
    assert changes(service_request_id=queries.published_id(case.id)) == rows
    assert changes(service_request_id="0" * 32) == []


def test_todays_changes_are_not_told_yet_whatever_is_asked_for() -> None:
    case_id = opened(now=timezone.now()).case_id
    services.resolve_case(actor=clerk(), case_id=case_id, reply="灯已换好。", now=timezone.now())
    heard()
    ahead = (timezone.now() + timedelta(days=2)).isoformat()
    assert changes() == changes(end_date=ahead) == []
    assert len(changes(api_key=token_of("centre", CENTRE, "read"))) == 1
    assert changes(api_key=token_of("market", "330205-market", "read")) == []


def test_who_filed_is_told_at_once_and_of_that_matter_alone() -> None:
    known = mine()
    for case in (Case.objects.get(), Case.objects.get(id=opened(now=timezone.now()).case_id)):
        services.resolve_case(actor=clerk(), case_id=case.id, reply="灯已换好。", now=timezone.now())
    answer = updated(**known, status="OPEN").json()
    heard()
    rows = changes(**known)
    assert [(row["status"], row["description"]) for row in rows] == [("CLOSED", "灯已换好。"), ("OPEN", "又黑了一盏")]
    assert {row["service_request_id"] for row in rows} == {known["service_request_id"]}
    assert rows[1]["update_id"] == answer[0]["update_id"]
    assert changes(api_key=known["api_key"])[0]["code"] == 401


def test_the_lists_of_everybody_are_of_whole_days() -> None:
    """Else who asks for ever shorter times would find the moment that the answer hides."""
    opened(now=noon(1))
    for hour in (0, 6, 11, 13, 23):
        at = noon(1).replace(hour=hour)
        assert len(listed(start_date=at.isoformat(), end_date=(at + timedelta(minutes=1)).isoformat())) == 1
    before, after = noon(2).replace(hour=23), noon(0).replace(hour=0)
    assert listed(start_date=before.isoformat(), end_date=noon(1).replace(hour=0).isoformat()) == []
    assert listed(start_date=after.isoformat()) == []
    assert len(listed(start_date=before.isoformat().replace("+", " "))) == 1


def test_updates_cost_the_same_statements_whatever_they_hold() -> None:
    reader = token_of("centre", CENTRE, "read")

    def statements() -> int:
        with CaptureQueriesContext(connection) as asked:
            changes(api_key=reader)
        return len(asked)

    told_and_retold(noon(2))
    few = statements()
    for _number in range(4):
        told_and_retold(noon(1))
    assert statements() == few <= 5


def test_a_service_that_is_not_named_is_asked_for() -> None:
    for answer in (
        filed(service_code=""),
        Client().post(f"{ROOT}/requests.json", "{}", content_type="application/json"),
    ):
        assert (answer.status_code, answer.json()[0]["code"]) == (400, 400)
    assert "service_code" in filed(service_code="").json()[0]["description"]


def test_a_community_can_be_the_address() -> None:
    given = {"service_code": "roads", "description": "路灯坏了", "address_id": COMMUNITY}
    client = Client(headers={"accept-language": "en"})
    assert client.post(f"{ROOT}/requests.json", given).status_code == 201
    assert Case.objects.get().place_code == COMMUNITY
    nowhere = client.post(f"{ROOT}/requests.json", given | {"address_id": "999999999999"})
    assert nowhere.status_code == 400 and "community" in nowhere.json()[0]["description"]


def test_a_status_that_is_none_is_not_taken_for_all() -> None:
    filed()
    assert len(listed(status="open")) == len(listed(status="open,closed")) == len(listed()) == 1
    assert listed(status="closed") == []
    assert listed(status="weird")[0]["code"] == 400
