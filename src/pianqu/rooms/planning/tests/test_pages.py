"""The pages of a draft through HTTP: with a script and without, and what they say when something is refused."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client

from pianqu.foundation.models import Account
from pianqu.rooms.planning import queries
from pianqu.rooms.planning.tests.builders import HOUSEHOLDS, NOW, SYSTEM, official, started

JSON = {"accept": "application/json"}


@pytest.fixture
def leader() -> Client:
    official("leader")
    opened = Client(headers={"accept-language": "en"})
    opened.force_login(Account.objects.get(login="leader"))
    return opened


def at(draft: uuid.UUID, rest: str = "") -> str:
    return f"/desk/planning/{draft}/{rest}"


def state(draft: uuid.UUID) -> queries.DraftState:
    return queries.draft_state(SYSTEM, draft, now=NOW)


def sent(client: Client, draft: uuid.UUID, rest: str, given: dict[str, Any]) -> Any:
    return client.post(at(draft, rest), json.dumps(given), content_type="application/json", headers=JSON)


def test_a_draft_is_begun_and_listed(leader: Client) -> None:
    assert "Begin a draft below" in leader.get("/desk/planning/").content.decode()
    given = {"title": "2027 片区", "level": "clusters", "clusters": "4", "tolerance": "7.5", "balance": "households"}
    answer = leader.post("/desk/planning/", given)
    page = leader.get(answer["Location"]).content.decode()
    assert "2027 片区" in page and "No deviation above 7.5%" in page
    assert "2027 片区" in leader.get("/desk/planning/").content.decode()


def test_what_was_typed_wrong_is_kept(leader: Client) -> None:
    given = {"title": "2027 片区", "level": "clusters", "clusters": "many", "tolerance": "5", "balance": "households"}
    answer = leader.post("/desk/planning/", given)
    assert answer.status_code == 422
    assert "“many” is no whole number" in answer.content.decode() and "2027 片区" in answer.content.decode()


def test_the_page_has_a_row_for_each_cluster_and_opens_one(leader: Client) -> None:
    draft = started()
    page = leader.get(at(draft, "?cluster=1")).content.decode()
    assert page.count("<tr data-cluster=") == 3
    assert 'name="unit" value="4"' in page and 'name="unit" value="3"' not in page


def test_a_move_is_tried_and_then_confirmed_without_a_script(leader: Client) -> None:
    draft = started()
    tried = leader.post(
        at(draft, "change/"), {"kind": "try", "cluster": "1", "unit": ["4"], "to": "0", "revision": "0"}
    )
    page = tried.content.decode()
    assert "households moved 0 → 360" in page
    assert state(draft).revision == 0
    done = leader.post(
        at(draft, "change/"), {"kind": "paint", "cluster": "1", "unit": ["4"], "to": "0", "revision": "0"}
    )
    assert done.status_code == 302
    assert state(draft).part[4] == 0


def test_the_script_gets_the_new_state(leader: Client) -> None:
    draft = started()
    answer = sent(leader, draft, "change/", {"revision": 0, "kind": "paint", "moves": [[4, 0]]})
    assert answer.json()["revision"] == 1
    assert answer.json()["figures"]["moved"] == HOUSEHOLDS[4]


def test_who_comes_second_is_told_who_was_first_and_gets_their_plan(leader: Client) -> None:
    draft = started()
    sent(leader, draft, "change/", {"revision": 0, "kind": "paint", "moves": [[4, 0]]})
    second = sent(leader, draft, "change/", {"revision": 0, "kind": "paint", "moves": [[5, 0]]})
    assert second.status_code == 409
    assert second.json()["code"] == "draft-changed"
    assert second.json()["state"]["part"][4] == 0
    plain = leader.post(at(draft, "change/"), {"kind": "undo", "revision": "0"})
    assert plain.status_code == 409 and "leader leader" in plain.content.decode()


@pytest.mark.parametrize(
    "given",
    [
        {"kind": "paint", "moves": [[4]]},
        {"kind": "paint", "moves": "x"},
        {"kind": "nothing"},
        {"kind": "paint", "moves": [[400, 0]]},
        {"kind": "merge", "clusters": [0]},
        {"kind": "centre", "cluster": 0, "units": [1, 2]},
        {"kind": "settings", "settings": {"tolerance": "much"}},
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_changes(leader: Client, given: dict[str, Any]) -> None:
    draft = started()
    answer = sent(leader, draft, "change/", {"revision": 0, **given})
    assert answer.status_code == 422, answer.content
    assert answer.json()["detail"].endswith("Nothing was changed.")
    assert state(draft).revision == 0


def test_settings_come_from_the_forms_fields(leader: Client) -> None:
    draft = started()
    given = {"kind": "settings", "revision": "0", "clusters": "4", "tolerance": "1000", "cut": "2", "split": "3"}
    leader.post(at(draft, "change/"), {**given, "moved": "1", "balance": "population", "seed": "7"})
    kept = state(draft).settings
    assert (kept["clusters"], kept["tolerance"], kept["cut"], kept["balance"], kept["seed"]) == (
        4,
        1000,
        2,
        "population",
        7,
    )


def test_chosen_communities_are_locked_and_become_a_cluster_of_their_own(leader: Client) -> None:
    draft = started()
    leader.post(at(draft, "change/"), {"kind": "lock", "cluster": "1", "unit": ["4", "5"], "revision": "0"})
    assert state(draft).locks == (4, 5)
    leader.post(at(draft, "change/"), {"kind": "split", "cluster": "1", "unit": ["6", "7"], "revision": "1"})
    assert state(draft).part[4:8] == (1, 1, 3, 3)
    leader.post(at(draft, "change/"), {"kind": "merge", "cluster": "1", "other": "3", "revision": "2"})
    assert state(draft).part[4:8] == (1, 1, 1, 1)
    leader.post(at(draft, "change/"), {"kind": "centre", "cluster": "1", "unit": ["6"], "revision": "3"})
    assert state(draft).centres == (-1, 6, -1)


def test_computing_is_asked_for_and_stopped(leader: Client) -> None:
    draft = started()
    assert sent(leader, draft, "compute/", {"kind": "front", "count": 6}).status_code == 202
    assert "Being computed" in leader.get(at(draft)).content.decode()
    stopping = sent(leader, draft, "stop/", {})
    assert stopping.json()["run"]["state"] == "stopping"


def test_the_units_are_kept_by_their_digest(leader: Client) -> None:
    draft = started()
    digest = state(draft).units_digest
    answer = leader.get(at(draft, f"units.json?d={digest}"))
    assert "immutable" in answer["Cache-Control"]
    assert len(answer.json()["shapes"]["features"]) == len(answer.json()["units"]["keys"]) == 12
    assert answer.json()["units"]["keys"][0] == answer.json()["shapes"]["features"][0]["properties"]["key"]


@pytest.mark.parametrize("rest", ["", "compare/", "history/", "publish/", "withdraw/"])
def test_every_page_opens(leader: Client, rest: str) -> None:
    assert leader.get(at(started(), rest)).status_code == 200


def test_a_draft_that_does_not_exist_is_not_found(leader: Client) -> None:
    for rest in ("", "state.json", "units.json", "compare/", "history/"):
        assert leader.get(at(uuid.uuid4(), rest)).status_code == 404
