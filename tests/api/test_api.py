"""The JSON API as another program meets it: over HTTP, with tokens, in both languages."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import gettext, override
from ninja import Schema

from pianqu.composition.api import api
from pianqu.foundation.api import RIGHTS
from pianqu.foundation.installation import installation
from pianqu.foundation.limits import LIMITS
from pianqu.rooms.casework.endpoints import ACTS
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.views.acts import ACTS as ON_PAGES
from pianqu.rooms.directory import queries as directory_questions
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.tests.builders import SYSTEM, WAITAN_1
from tests.api.conftest import World, issue
from tests.journeys import test_matrix as matrix

ROOT = "/api/v1"


def post(program: Client, path: str, body: Mapping[str, Any] | None = None, **headers: str) -> Any:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return program.post(
        f"{ROOT}{path}", None if body is None else json.dumps(body), content_type="application/json", headers=given
    )


# who calls -----------------------------------------------------------------------------------------------------------


def test_a_token_acts_in_its_post(world: World) -> None:
    told = world.program("window").get(f"{ROOT}/cases").json()
    assert {row["case_id"] for row in told["rows"]} == {str(one.case_id) for one in world.made.values()}


@pytest.mark.parametrize(
    ("header", "code"), [("", "token-missing"), ("Bearer pq_nothing", "token-unknown"), ("Basic abc", "token-missing")]
)
def test_nobody_is_let_in_without_a_token(world: World, header: str, code: str) -> None:
    answer = Client(headers={"authorization": header} if header else {}).get(f"{ROOT}/cases")
    assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert answer["Content-Type"] == "application/problem+json" and answer["WWW-Authenticate"].startswith("Bearer")


def test_a_token_of_a_post_that_ended_opens_nothing(world: World) -> None:
    program, now = world.program("law"), timezone.now()
    assert program.get(f"{ROOT}/cases").status_code == 200
    directory.end_post(actor=SYSTEM, post_id=matrix.UUID(str(world.actors["law"].post_id)), now=now)
    answer = program.get(f"{ROOT}/cases")
    assert (answer.status_code, answer.json()["code"]) == (401, "token-post-ended")


def test_an_ended_and_an_expired_token_say_what_they_are(world: World) -> None:
    actor = world.actors["law"]
    token = issue(actor, "read", days=1)
    program = Client(headers={"authorization": f"Bearer {token}"})
    with patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=2)):
        assert program.get(f"{ROOT}/cases").json()["code"] == "token-expired"
    for card in directory_questions.tokens_for(actor, at=timezone.now()):
        directory.end_token(actor=actor, token_id=card.token_id, now=timezone.now())
    assert program.get(f"{ROOT}/cases").json()["code"] == "token-ended"


@pytest.mark.parametrize(("login", "right"), [("window", "intake"), ("window", "handle"), ("window", "contacts")])
def test_a_right_that_a_token_lacks_is_refused_whatever_the_post_may(world: World, login: str, right: str) -> None:
    token = issue(world.actors[login], *(set(RIGHTS) - {right}))
    program = Client(headers={"authorization": f"Bearer {token}", "accept-language": "en"})
    case_id = world.made["new"].case_id
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "intake": ("/cases", {"words": "路灯不亮", "category": "roads"}),
        "handle": (f"/cases/{case_id}/accept", {"nature": "complaint"}),
        "contacts": (f"/cases/{case_id}/contact", {"purpose": "回电"}),
    }
    answer = post(program, *asked[right])
    assert (answer.status_code, answer.json()["code"]) == (403, "token-lacks-right") and right in answer.json()["title"]


# the same rules as on pages ------------------------------------------------------------------------------------------


def test_every_act_of_the_pages_is_an_act_of_the_api() -> None:
    elsewhere = {"title", "order", "tick"}  # releaseTitle, orderParts, tickCheck
    assert set(ACTS) >= set(ON_PAGES) - elsewhere | {"resolve", "close", "erase"}


BODIES: dict[str, dict[str, Any]] = {
    "dispatch": {"lead_code": matrix.HEALTH, "nature": "complaint"},
    "join": {"helper_code": matrix.HEALTH},
    "review": {"upheld": True, "words": "清单写明"},
    "decide-on-time": {"granted": True, "words": "同意"},
    "call-back": {"score": 4},
    "call-joint": {"helper_codes": ["330205-health"], "last_day": "2030-01-01", "words": "请到场"},
    "check-rectification": {"put_right": True, "words": "已改"},
    "erase": {"basis": "period-over"},
}
"""Bodies whose fields differ from what the pages' forms post."""


@pytest.mark.parametrize("verb", [verb for verb in matrix.VERBS if verb in ACTS and verb != "link"])
def test_who_may_do_what_is_decided_as_for_pages(world: World, verb: str) -> None:
    for login in matrix.ROLES:
        program = world.program(login)
        for name, one in world.made.items():
            wanted = 404 if not matrix.sees(login, one) else 200 if matrix.may(login, verb, one) else "refused"
            body = BODIES.get(verb, {key: value for key, value in matrix.VERBS[verb][0].items() if key != "sure"})
            with matrix.taken_back():
                answer = post(program, f"/cases/{one.case_id}/{verb}", body if ACTS[verb].takes else None)
            said = "refused" if answer.status_code in (403, 409) else answer.status_code
            assert said == wanted, f"{login} {verb} {name}: {answer.status_code} {answer.content!r}"


def test_lists_and_single_matters_show_what_the_post_sees(world: World) -> None:
    for login in matrix.ROLES:
        program = world.program(login)
        seen = {row["case_id"] for row in program.get(f"{ROOT}/cases?size=200").json()["rows"]}
        assert seen == {str(one.case_id) for one in world.made.values() if matrix.sees(login, one)}
        for one in world.made.values():
            status = 200 if matrix.sees(login, one) else 404
            for path in (f"{one.case_id}", f"{one.case_id}/clock", f"by-code/{one.code}"):
                assert program.get(f"{ROOT}/cases/{path}").status_code == status


# lists ---------------------------------------------------------------------------------------------------------------


def test_cursors_lead_through_a_list_once(world: World) -> None:
    program, found, cursor = world.program("window"), [], ""
    for _page in range(20):
        told = program.get(f"{ROOT}/cases", {"size": 3, "cursor": cursor}).json()
        found += [row["case_id"] for row in told["rows"]]
        if not (cursor := told["next_cursor"]):
            break
    assert sorted(found) == sorted(str(one.case_id) for one in world.made.values())


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"cursor": "bm90aGluZw"}, 422, "cursor-of-another-question"),
        ({"cursor": "%%%"}, 422, "cursor-unknown"),
        ({"size": 1_000_000}, 422, "request-invalid"),
        ({"size": 0}, 422, "request-invalid"),
        ({"stat": "opened"}, 422, "parameter-unknown"),
        ({"state": ["opened", "closed"]}, 422, "parameter-twice"),
        ({"since": "2026-12-01", "until": "2026-11-01"}, 422, "span-wrong"),
        ({"q": "路" * 101}, 422, "request-invalid"),
        ({"place": f"{WAITAN_1}9999"}, 422, "request-invalid"),
        ({"category": "nothing"}, 422, "category-unknown"),
        ({"since": "9999-12-31"}, 422, "request-invalid"),
        ({"q": "\x00"}, 422, "request-invalid"),
        ({"q": "%_"}, 200, ""),
    ],
)
def test_odd_questions_get_a_sentence(world: World, query: dict[str, Any], status: int, code: str) -> None:
    answer = world.program("window").get(f"{ROOT}/cases", query)
    assert (answer.status_code, answer.json().get("code", "")) == (status, code)


def test_a_place_that_is_too_long_is_not_cut_to_one_that_is_there(world: World) -> None:
    program = world.program("window")
    assert program.get(f"{ROOT}/cases", {"place": WAITAN_1}).json()["rows"]
    assert program.get(f"{ROOT}/cases", {"place": f"{WAITAN_1}9999"}).status_code == 422


def test_a_list_is_kept_as_the_desk_shows_it_and_nothing_else(world: World) -> None:
    program = world.program("window")
    kept = post(program, "/desk/filters", {"name": "道路", "query": "?category=roads&queue=unassigned"})
    assert kept.status_code == 201
    assert program.get(f"{ROOT}/desk/filters").json()[0]["query"] == "category=roads&queue=unassigned"
    for query in ("<script>", "stat=opened", "since=yesterday"):
        assert post(program, "/desk/filters", {"name": "x", "query": query}).json()["code"] == "filter-query"


def test_a_cursor_belongs_to_its_question_and_its_post(world: World) -> None:
    cursor = world.program("window").get(f"{ROOT}/cases", {"size": 2}).json()["next_cursor"]
    other = world.program("window").get(f"{ROOT}/cases", {"size": 2, "state": "opened", "cursor": cursor})
    foreign = world.program("town").get(f"{ROOT}/cases", {"size": 2, "cursor": cursor})
    assert other.json()["code"] == foreign.json()["code"] == "cursor-of-another-question"


def test_a_list_costs_the_same_statements_whatever_it_holds(world: World, django_assert_num_queries: Any) -> None:
    program = world.program("window")
    program.get(f"{ROOT}/cases")
    with django_assert_num_queries(3):
        program.get(f"{ROOT}/cases?size=2")
    with django_assert_num_queries(3):
        program.get(f"{ROOT}/cases?size=200")


# once ----------------------------------------------------------------------------------------------------------------


def test_a_repeated_key_does_nothing_twice(world: World) -> None:
    program, one = world.program("window"), world.made["new"]
    path, body = f"/cases/{one.case_id}/accept", {"nature": "complaint"}
    first = post(program, path, body, Idempotency_Key="a-key-of-my-own")
    again = post(program, path, body, Idempotency_Key="a-key-of-my-own")
    assert first.status_code == again.status_code == 200 and first.json() == again.json() and first.json()["id"]
    assert post(program, path, body, Idempotency_Key="another-key").status_code == 409
    other = post(program, path, {"nature": "help"}, Idempotency_Key="a-key-of-my-own")
    assert (other.status_code, other.json()["code"]) == (422, "idempotency-key-reused")


def test_a_matter_is_taken_in_once(world: World) -> None:
    program, before = world.program("window"), Case.objects.count()
    body = {"words": "路灯不亮", "category": "roads", "place": {"community_code": WAITAN_1}, "contact": "13800138000"}
    first = post(program, "/cases", body, Idempotency_Key="taken-in-once-0001")
    again = post(program, "/cases", body, Idempotency_Key="taken-in-once-0001")
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert Case.objects.count() == before + 1
    assert "13800138000" not in program.get(f"{ROOT}/cases/{first.json()['case_id']}").content.decode()


@pytest.mark.parametrize(
    ("login", "path", "key", "status"),
    [
        ("window", "/cases", "!!", 422),
        ("window", "/cases", "a" * 65, 422),
        ("window", "/cases", "1", 201),
        ("", "/reports", "1", 422),
        ("", "/reports", "a key with blanks", 422),
        ("", "/reports", "a-key-of-my-own-0002", 201),
    ],
)
def test_a_key_has_to_look_like_one(world: World, login: str, path: str, key: str, status: int) -> None:
    body = {"words": "路灯不亮", "category": "roads", "place": {"community_code": WAITAN_1}}
    answer = post(world.program(login), path, body, Idempotency_Key=key)
    assert answer.status_code == status, answer.content
    if status == 422:
        assert answer.json()["code"] == "idempotency-key-wrong" and "Idempotency-Key" in answer.json()["title"]


def test_a_key_is_one_of_its_token_alone(world: World) -> None:
    body = {"words": "路灯不亮", "category": "roads", "place": {"community_code": WAITAN_1}}
    first, second = (post(world.program(login), "/cases", body, Idempotency_Key="1") for login in ("window", "leader"))
    assert first.status_code == second.status_code == 201 and first.json()["code"] != second.json()["code"]


# a resident ----------------------------------------------------------------------------------------------------------


def test_a_stranger_reports_follows_and_withdraws(world: World) -> None:
    stranger = world.program()
    opened = post(stranger, "/reports", {"words": "井盖响", "category": "roads", "contact": "13800138000"}).json()
    path, secret = f"{ROOT}/reports/{opened['code']}", {"receipt-secret": opened["receipt_secret"]}
    told = stranger.get(path, headers=secret).json()["case"]
    assert told["words"] == "井盖响" and told["state"] == "opened" and told["masked_contact"] != "13800138000"
    assert stranger.get(f"{path}/clock", headers=secret).json()["rule"]
    added = post(stranger, f"/reports/{opened['code']}/additions", {"words": "夜里更响"}, **secret)
    assert added.json()["case"]["additions"][0]["words"] == "夜里更响"
    early = post(stranger, f"/reports/{opened['code']}/rating", {"score": 5}, **secret)
    assert early.status_code == 409
    gone = post(stranger, f"/reports/{opened['code']}/withdrawal", **secret)
    assert gone.json()["case"]["state"] == "withdrawn"


def test_a_wrong_secret_is_counted_and_locked(world: World) -> None:
    stranger = world.program()
    opened = post(stranger, "/reports", {"words": "井盖响", "category": "roads"}).json()
    path = f"{ROOT}/reports/{opened['code']}"
    said = [stranger.get(path, headers={"receipt-secret": "wrong"}).status_code for _try in range(6)]
    assert said == [404] * 5 + [429]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"words": "", "category": "roads"}, 422, "words-empty"),
        ({"words": "路灯", "category": "nothing"}, 422, "category-unknown"),
        ({"words": "路灯", "place": {"lon": 29.9, "lat": 121.5}}, 422, "request-invalid"),
        ({"words": "路灯", "place": {"lon": 121.5}}, 422, "place-half"),
        ({"words": "路灯", "place": {"lon": 0, "lat": 0}}, 422, None),
        ({"words": "路" * 5_001}, 422, "request-invalid"),
        ({"words": "路灯", "contact": "12"}, 422, None),
        ({"words": "路灯", "tell": True}, 422, "contact-missing"),
        ({"words": "路灯", "surprise": 1}, 422, "request-invalid"),
        ({"words": "\ud800"}, 422, "request-invalid"),
        ([1], 422, "request-invalid"),
    ],
)
def test_bad_reports_get_a_sentence_and_nothing_is_kept(world: World, body: Any, status: int, code: str | None) -> None:
    before = Case.objects.count()
    answer = post(world.program(), "/reports", body)
    assert answer.status_code == status and (code is None or answer.json()["code"] == code), answer.content
    assert Case.objects.count() == before


# refusals ------------------------------------------------------------------------------------------------------------


def test_refusals_are_problem_json_in_the_language_that_is_asked_for(world: World) -> None:
    path = f"{ROOT}/cases/{uuid4()}"
    for language, word in (("en", "There is no such matter."), ("zh-hans", "没有")):
        answer = world.program("window", language).get(path)
        assert answer.status_code == 404 and answer["Content-Type"] == "application/problem+json"
        assert word in answer.json()["title"]


def test_a_wrong_field_is_named_in_the_language_that_is_asked_for(world: World) -> None:
    for language, word in (("en", "At most 5000 characters."), ("zh-hans", "最多 5000 个字符。")):
        answer = post(world.program("", language), "/reports", {"words": "路" * 5_001})
        assert answer.json()["errors"] == [{"field": "body.words", "message": word}]
    assert "最多" in answer.content.decode()


def test_every_kind_of_wrong_field_is_named_in_chinese(world: World) -> None:
    sent = {
        '{"words": "x", "place": {"lon": NaN, "lat": 29}}': "应为数字。",
        '{"words": "x", "place": []}': "应为带字段名的对象。",
        '{"words": "\\u0000"}': "文字中不能有空字符（NUL）。",
    }
    program = world.program("", "zh-hans")
    for content, said in sent.items():
        answer = program.post(f"{ROOT}/reports", content, content_type="application/json")
        assert [one["message"] for one in answer.json()["errors"]] == [said], answer.content.decode()
    late = world.program("window", "zh-hans").get(f"{ROOT}/cases?since=9999-12-31").json()
    assert late["errors"][0]["message"] == "应为 2000 至 2099 年之间的日期。"


def test_chinese_sentences_are_joined_without_a_blank(world: World) -> None:
    program, path = world.program("window", "zh-hans"), f"/cases/{world.made['new'].case_id}/close"
    assert post(program, path).json()["title"] == "这件事还没有受理。没有作任何改动。"


def test_what_is_no_door_or_no_json_is_said_so(world: World) -> None:
    program = world.program("window")
    assert program.get("/api/v2/cases").json()["code"] == "door-absent"
    wrong = program.put(f"{ROOT}/cases")
    assert (wrong.status_code, wrong.json()["code"], wrong["Allow"]) == (405, "method-wrong", "GET, POST")
    unread = program.post(f"{ROOT}/cases", "{", content_type="application/json")
    assert (unread.status_code, unread.json()["code"]) == (400, "request-unreadable")
    big = program.post(f"{ROOT}/cases", b'"' + b"x" * 3_000_000 + b'"', content_type="application/json")
    assert (big.status_code, big.json()["code"]) == (413, "request-too-big")


def test_a_program_that_asks_too_fast_is_told_to_wait(world: World) -> None:
    program = world.program("window")
    with slow(6):
        said = [program.get(f"{ROOT}/desk/filters") for _request in range(3)]
    assert [answer.status_code for answer in said] == [200, 429, 429]
    assert int(said[-1]["Retry-After"]) >= 1 and said[0]["RateLimit-Limit"] == "6"
    assert world.program("law").get(f"{ROOT}/desk/filters").status_code == 200


@contextmanager
def slow(rate: int) -> Iterator[None]:
    """So many requests a minute."""
    slower = replace(installation(), api_rate=rate)
    LIMITS.forget()
    with (
        patch("pianqu.composition.api.installation", lambda: slower),
        patch("pianqu.foundation.api.installation", lambda: slower),
    ):
        yield


# the description -----------------------------------------------------------------------------------------------------


def test_the_description_is_whole() -> None:
    described = api.get_openapi_schema()
    names = []
    for methods in described["paths"].values():
        for operation in methods.values():
            names.append(operation["operationId"])
            assert operation["summary"] and {"401", "403", "404", "409", "422", "429"} <= {
                str(status) for status in operation["responses"]
            }
            assert operation["x-right"] == "" or operation["x-right"] in RIGHTS
            assert bool(operation.get("security")) == bool(operation["x-right"])
    assert len(names) == len(set(names))


def test_every_body_has_an_example_that_can_be_sent_as_it_stands() -> None:
    """Ids in it are made up; everything else is taken."""
    validators = pytest.importorskip("jsonschema_rs", reason="install the extra `dev`: it reads JSON Schema")
    described = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    for operation in (one for methods in described["paths"].values() for one in methods.values()):
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            if media == "application/json":
                schema = {**content["schema"], "components": described["components"]}
                assert content["example"], operation["operationId"]
                validators.validate(schema, content["example"])


def test_parameters_have_examples_as_openapi_has_them() -> None:
    """A list of them is none, and a default has to fit its own schema: foreign readers refuse the description whole."""
    validators = pytest.importorskip("jsonschema_rs", reason="install the extra `dev`: it reads JSON Schema")
    components = api.get_openapi_schema()["components"]
    for methods in api.get_openapi_schema()["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                assert "examples" not in parameter, parameter["name"]
                schema = {**parameter["schema"], "components": components}
                for told in [schema[key] for key in ("default",) if key in schema]:
                    validators.validate(schema, told)


def test_every_operation_is_said_in_chinese() -> None:
    with override("zh-hans"):
        for methods in api.get_openapi_schema()["paths"].values():
            for operation in methods.values():
                said = gettext(operation["summary"])
                assert any("\u4e00" <= sign <= "\u9fff" for sign in said), operation["summary"]


def test_no_two_shapes_of_the_description_share_a_name() -> None:
    """The later one would stand in the place of the first."""
    classes = [one for one in _below(Schema) if one.__module__.startswith("pianqu")]
    assert len(classes) == len({one.__name__ for one in classes})


def _below(parent: type) -> Iterator[type]:
    for child in parent.__subclasses__():
        yield child
        yield from _below(child)
