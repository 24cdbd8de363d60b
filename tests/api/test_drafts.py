"""A program drafts, computes, publishes and adopts clusters; it is refused where a person would be."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.composition.chores import compute
from pianqu.foundation.limits import LIMITS
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.planning.tests.twelve import DISTRICT, EAST, HOUSEHOLDS, code_of, district_of_twelve, official
from pianqu.rooms.territory import queries as territory
from tests.api.conftest import issue

ROOT = "/api/v1/drafts"
QUICK = {"clusters": 3, "tolerance": 1_500, "sweeps": 40, "tries": 1}


@pytest.fixture
def program(db: None) -> Client:
    LIMITS.forget()
    ledger.create_log(now=timezone.now())
    district_of_twelve()
    return _with(official("planner"))


def _with(actor: Any) -> Client:
    return Client(headers={"accept-language": "en", "authorization": f"Bearer {issue(actor)}"})


def post(program: Client, path: str, body: dict[str, Any] | None = None) -> Any:
    return program.post(f"{ROOT}{path}", body or {}, content_type="application/json")


def begun(program: Client) -> str:
    answer = post(program, "", {"title": "试划", "settings": QUICK})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def test_a_program_takes_a_draft_from_its_beginning_to_the_grid(
    program: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = begun(program)
    assert post(program, f"/{draft}/compute", {"kind": "front", "count": 5}).status_code == 201
    assert compute() == 1
    whole = program.get(f"{ROOT}/{draft}").json()
    assert whole["run"]["state"] == "done"
    best = next(one for one in whole["options"] if one["front"])
    assert post(program, f"/{draft}/choose", {"revision": 0, "option": best["id"]}).json()["revision"] == 1
    edit = {"revision": 1, "kind": "rename", "cluster": 0, "name": "甲片区"}
    assert post(program, f"/{draft}/change", edit).json() == {"revision": 2, "moved": []}
    today = timezone.localdate()
    until = {"comments_until": today.isoformat()}
    assert post(program, f"/{draft}/publish", {**until, "revision": 1}).json()["code"] == "draft-changed"
    assert post(program, f"/{draft}/publish", {**until, "revision": 2}).status_code == 200
    assert post(program, f"/{draft}/comments", {"words": "可行", "unit": code_of(0)}).status_code == 201
    assert [one["words"] for one in program.get(f"{ROOT}/{draft}/comments").json()] == ["可行"]
    day = today + timedelta(days=2)
    assert post(program, f"/{draft}/adopt", {"valid_from": day.isoformat()}).json()["code"] == "adopt-forbidden"
    decides = _with(official("decides", kind="administrator"))
    assert post(decides, f"/{draft}/adopt", {"valid_from": day.isoformat()}).json()["code"] == "comments-open"
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    answer = post(decides, f"/{draft}/adopt", {"valid_from": day.isoformat()})
    assert answer.status_code == 200, answer.content
    assert "甲片区" in [card.name for card in territory.clusters(on=day)]
    assert [one["state"] for one in program.get(ROOT).json()] == ["adopted"]


def test_units_and_record_are_what_it_takes_to_compute_again(program: Client) -> None:
    draft = begun(program)
    found = program.get(f"{ROOT}/{draft}/units").json()
    assert found["units"]["households"] == list(HOUSEHOLDS)
    assert len(found["shapes"]["features"]) == 12
    record = program.get(f"{ROOT}/{draft}/record").json()
    assert record["format"] == "planning.record/v1"
    assert record["changes"] == []


def test_an_old_revision_is_refused_and_says_who_was_faster(program: Client) -> None:
    draft = begun(program)
    paint = {"revision": 0, "kind": "paint", "moves": [[4, 0]]}
    assert post(program, f"/{draft}/change", paint).status_code == 200
    answer = post(program, f"/{draft}/change", paint)
    assert answer.status_code == 409
    assert answer.json()["code"] == "draft-changed"
    assert "leader planner" in answer.json()["title"]
    repaired = post(program, f"/{draft}/repair", {"revision": 1, "near": [4]})
    assert repaired.status_code == 200, repaired.content
    assert repaired.json()["revision"] == 1 + bool(repaired.json()["moved"])


def test_whoever_may_not_plan_reads_and_changes_nothing(program: Client) -> None:
    draft = begun(program)
    worker = _with(official("worker", DISTRICT, "handler"))
    assert worker.get(f"{ROOT}/{draft}").json()["may"]["edit"] is False
    for path, body in (
        ("/change", {"revision": 0, "kind": "undo"}),
        ("/compute", {}),
        ("/stop", {}),
        ("/withdraw", {}),
    ):
        assert post(worker, f"/{draft}{path}", body).status_code == 403, path
    assert Client().get(f"{ROOT}/{draft}").status_code == 401
    assert program.get(f"{ROOT}/{uuid.uuid4()}").status_code == 404


def test_a_program_publishes_without_asking_only_with_a_reason(program: Client) -> None:
    draft = begun(program)
    assert post(program, f"/{draft}/change", {"revision": 0, "kind": "settings", "settings": QUICK}).status_code == 200
    assert post(program, f"/{draft}/publish").json()["code"] == "unasked-reason"
    assert post(program, f"/{draft}/publish", {"because": "更正上次误划"}).status_code == 200
    whole = program.get(f"{ROOT}/{draft}").json()
    assert (whole["unasked"], whole["may"]["comment"], whole["organisation_code"]) == ("更正上次误划", False, DISTRICT)
    assert post(program, f"/{draft}/comments", {"words": "我有意见"}).json()["code"] == "comments-over"


def test_a_street_reads_the_districts_draft_and_changes_nothing(program: Client) -> None:
    draft = begun(program)
    street = _with(official("street", EAST))
    assert street.get(f"{ROOT}/{draft}").json()["may"]["edit"] is False
    for path, body in (
        ("/change", {"revision": 0, "kind": "lock", "units": [1]}),
        ("/repair", {"revision": 0, "near": [1]}),
        ("/compute", {}),
        ("/stop", {}),
        ("/publish", {"because": "试"}),
        ("/withdraw", {}),
    ):
        assert post(street, f"/{draft}{path}", body).json()["code"] == "draft-of-others", path


def test_a_draft_is_given_up(program: Client) -> None:
    draft = begun(program)
    assert post(program, f"/{draft}/withdraw").status_code == 200
    assert post(program, f"/{draft}/change", {"revision": 0, "kind": "undo"}).json()["code"] == "draft-over"
