"""Who let something be computed is told when it ends, also when it failed."""

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.ledger import services as ledger
from pianqu.rooms.notices import queries, readers
from pianqu.rooms.planning import jobs
from pianqu.rooms.planning import services as planning
from pianqu.rooms.planning.queries import RunWork
from pianqu.rooms.planning.tests.twelve import CENTRE, DISTRICT, EAST, NOW, SYSTEM, official, started
from pianqu.rooms.planning.tests.twelve import district_of_twelve as twelve

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district() -> None:
    """Another one than the other tests of this room."""
    twelve()
    ledger.create_log(now=NOW)


def quick(work: RunWork, report: jobs.Report, *_rest: object) -> None:
    report.tell(1, 1)


def impossible(*_given: object) -> None:
    raise Refused("no-plan", "There is none.")


def asked(actor: Actor, kind: str = "plan", *, ends: bool = True) -> uuid.UUID:
    """What was asked for and brought to an end."""
    draft = started(actor=actor)
    planning.ask_plan(actor=actor, draft_id=draft, kind=kind, now=NOW)
    executor = quick if ends else impossible
    jobs.run_waiting({kind: executor}, actor=SYSTEM, clock=lambda: NOW)
    return draft


def hear() -> None:
    while ledger.seal(now=NOW):
        pass
    while ledger.deliver(reader=readers.INBOX, to=readers.hear):
        pass


def told(actor: Actor) -> list[tuple[str, uuid.UUID, bool]]:
    return [(one.kind, one.case_id, one.urgent) for one in queries.inbox_for(actor, now=NOW)]


def test_who_asked_is_told_that_it_is_done_and_that_it_failed() -> None:
    street, district_leader = official("street", EAST), official("leader")
    done = asked(street)
    failed = asked(street, "front", ends=False)
    asked(district_leader)
    hear()
    assert told(street) == [("run-front-failed", failed, True), ("run-plan-done", done, False)]
    assert [kind for kind, _about, _urgent in told(district_leader)] == ["run-plan-done"]
    assert told(Actor(kind="post", post_id=str(new_id()), organisation_code=CENTRE)) == []


def test_who_stopped_it_is_not_told_of_it() -> None:
    leader = official("leader")
    draft = started(actor=leader)
    planning.ask_plan(actor=leader, draft_id=draft, now=NOW)
    planning.stop_plan(actor=leader, draft_id=draft, now=NOW)
    jobs.run_waiting({"plan": quick}, actor=SYSTEM, clock=lambda: NOW)
    hear()
    assert told(leader) == []


@pytest.mark.parametrize(
    ("language", "done", "failed"),
    [
        ("en", "The plan that you asked for is computed", "The choice of plans that you asked for was not found"),
        ("zh-hans", "您要的方案已经算好", "您要的备选方案没有算出来"),
    ],
)
def test_the_inbox_leads_to_the_draft_in_both_languages(
    language: str, done: str, failed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    leader = official("leader")
    draft, other = asked(leader), asked(leader, "front", ends=False)
    hear()
    monkeypatch.setattr(timezone, "now", lambda: NOW + timedelta(hours=1))
    client = Client(headers={"accept-language": language})
    client.force_login(Account.objects.get(login="leader"))
    page = client.get("/desk/notices/").content.decode()
    assert done in page and failed in page and "三片区调整" in page
    assert f"/desk/planning/{draft}/" in page and f"/desk/planning/{other}/" in page
    assert leader.organisation_code == DISTRICT
