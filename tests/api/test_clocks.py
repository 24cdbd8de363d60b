"""Terms and forecasts by programs: drafted, looked at, put in force, and who may."""

import json
from typing import Any

from django.test import Client
from django.utils import timezone

from pianqu.kernels import breach
from pianqu.rooms.casework import queries as casework
from tests.api.conftest import World
from tests.api.test_api import ROOT, post
from tests.journeys import test_matrix as matrix

TERMS = {"terms": [{"nature": "complaint", "category": "", "amount": 1, "unit": "wd"}]}


def put(program: Client, path: str, body: Any) -> Any:
    return program.put(f"{ROOT}{path}", json.dumps(body), content_type="application/json")


def an_admin() -> str:
    return next(login for login in matrix.ROLES if matrix.changes_directory(login))


def test_a_program_drafts_previews_and_puts_in_force(world: World) -> None:
    admin = world.program(an_admin())
    usual = admin.get(f"{ROOT}/clocks").json()
    assert usual["version"] == 0 and {one["nature"] for one in usual["terms"]} == set(casework.NATURES)
    assert admin.get(f"{ROOT}/clocks/draft").status_code == 409
    assert put(admin, "/clocks/draft", TERMS).status_code == 200
    seen = admin.get(f"{ROOT}/clocks/draft").json()
    assert seen["running"] >= seen["total"]["earlier"] > 0 and seen["shifts"]
    given = {"seen": seen["seen"], "from_date": timezone.localdate().isoformat(), "also_open": True, "words": "试行"}
    other = post(admin, "/clocks/draft/enforce", {**given, "seen": "0" * 16})
    assert other.status_code == 409 and other.json()["code"] == "clock-draft-other"
    done = post(admin, "/clocks/draft/enforce", given)
    assert done.status_code == 200, done.content
    (version,) = admin.get(f"{ROOT}/clocks/versions").json()
    assert version["number"] == 1 and version["state"] == "in_force" and version["also_open"]
    assert admin.get(f"{ROOT}/clocks").json()["version"] == 1
    assert put(admin, "/clocks/draft", {"terms": []}).status_code == 200
    assert admin.delete(f"{ROOT}/clocks/draft").status_code == 200


def test_a_program_overwrites_no_draft_that_it_has_not_seen(world: World) -> None:
    admin = world.program(an_admin())
    put(admin, "/clocks/draft", TERMS)
    seen = admin.get(f"{ROOT}/clocks/draft").json()["seen"]
    assert put(admin, "/clocks/draft", {"terms": [], "seen": seen}).status_code == 200
    late = put(admin, "/clocks/draft", {**TERMS, "seen": seen})
    assert late.status_code == 409 and late.json()["code"] == "clock-draft-changed"
    card = casework.clock_draft()
    assert card is not None and card.terms == ()


def test_what_is_wrong_is_said_and_nothing_kept(world: World) -> None:
    admin = world.program(an_admin())
    for wrong in (
        {"nature": "praise", "amount": 1, "unit": "wd"},
        {"nature": "help", "amount": 0, "unit": "wd"},
        {"nature": "help", "amount": 13, "unit": "mo"},
        {"nature": "help", "category": "no-such", "amount": 1, "unit": "wd"},
    ):
        answer = put(admin, "/clocks/draft", {"terms": [wrong]})
        assert answer.status_code == 422, answer.content
    assert casework.clock_draft() is None


def test_only_administrators_may(world: World) -> None:
    for login in matrix.ROLES:
        program = world.program(login)
        allowed = matrix.changes_directory(login)
        assert program.get(f"{ROOT}/clocks").status_code == 200, login
        assert put(program, "/clocks/draft", TERMS).status_code == (200 if allowed else 403), login
    for login in matrix.ROLES:
        allowed = matrix.changes_directory(login)
        assert world.program(login).get(f"{ROOT}/clocks/draft").status_code == (200 if allowed else 403), login
    assert world.program().get(f"{ROOT}/clocks").status_code == 401


def test_the_forecasts_schema_is_told_and_nothing_is_known_yet(world: World) -> None:
    told = world.program(an_admin()).get(f"{ROOT}/clocks/forecasts").json()
    assert told["fields"] == list(breach.FIELDS) and told["model"] is None and told["marked"] == 0
