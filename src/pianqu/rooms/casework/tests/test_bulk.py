"""Acts on many matters: rehearsed without a trace, undone before they begin, done once each whatever is killed."""

import uuid
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.models import Account
from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.models import BulkAct, BulkItem, Case, Note
from pianqu.rooms.casework.services import Wanted, bulk
from pianqu.rooms.casework.tests.builders import LEAD, NOW, dispatched, opened, resolved
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as ledger

SYSTEM = Actor(kind="system", organisation_code="330205")
NOTE = Wanted(act="note", values={}, words="周三统一巡查")
ACCEPT = Wanted(act="accept", values={"nature": "help"})


def official(organisation_code: str = "330205-centre", kind: str = "window", *, reads: bool = False) -> Actor:
    account = Account.objects.create_account(login=f"at-{uuid.uuid4()}", password="p", name="某人")
    post = directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=organisation_code, kind=kind, title="经办", now=NOW
    )
    return Actor(
        kind="post",
        account_id=str(account.id),
        post_id=str(post),
        organisation_code=organisation_code,
        reads_only=reads,
    )


def later() -> datetime:
    return NOW + services.UNDO_WINDOW


def plan(actor: Actor, ids: list[uuid.UUID], wanted: Wanted = NOTE) -> uuid.UUID:
    return services.plan_bulk(actor=actor, case_ids=ids, wanted=wanted, language="en", now=NOW)


def kinds(case_id: uuid.UUID) -> list[str]:
    return [entry.kind for entry in ledger.history(f"case:{case_id}")]


def test_a_rehearsal_says_why_and_leaves_no_trace() -> None:
    new, done = opened().case_id, resolved().case_id
    before = kinds(new)
    found = services.rehearse_bulk(actor=official(), case_ids=[new, done, new], wanted=ACCEPT, now=NOW)
    assert found.can == (new,)
    assert [len(why.codes) for why in found.cannot] == [1]
    assert Case.objects.get(id=new).state == "opened"
    assert kinds(new) == before


def test_nothing_begins_before_the_window_is_over_and_undoing_cancels_all() -> None:
    actor, case_id = official(), opened().case_id
    bulk_id = plan(actor, [case_id])
    assert queries.bulk_acts_due(now=NOW + services.UNDO_WINDOW - timedelta(seconds=1)) == ()
    assert services.undo_bulk(actor=actor, bulk_id=bulk_id, now=NOW) == 1
    assert queries.bulk_acts_due(now=NOW + timedelta(days=1)) == ()
    assert not Note.objects.exists()
    assert BulkAct.objects.get().words == ""
    with pytest.raises(Refused):
        services.undo_bulk(actor=actor, bulk_id=bulk_id, now=NOW)


def test_each_matter_has_its_own_fact_and_each_refusal_its_reason() -> None:
    actor, good, bad = official(), opened().case_id, resolved().case_id
    bulk_id = plan(actor, [good, bad], ACCEPT)
    assert jobs.run_bulk(actor=SYSTEM, bulk_id=bulk_id, clock=later) == 2
    card, refusals = queries.bulk_act_of(actor, bulk_id)
    assert (card.done, card.refused, card.waiting) == (1, 1, 0)
    assert len(refusals) == 1
    assert "casework.case-accepted" in kinds(good)
    last = ledger.history(f"bulk:{bulk_id}")[-1]
    assert last.kind == "casework.bulk-ended"


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_killed_half_way_it_goes_on_and_does_nothing_twice(monkeypatch: pytest.MonkeyPatch, turns: int) -> None:
    """Killed right after the matter's verb, before the mark is kept: both are gone, and both come again."""
    actor, ids = official(), [opened().case_id for _ in range(3)]
    bulk_id, real, count = plan(actor, ids), bulk._act, 0

    def dies(*given: object) -> None:
        nonlocal count
        real(*given)  # type: ignore[arg-type]
        if count == turns:
            raise KeyboardInterrupt
        count += 1

    monkeypatch.setattr(bulk, "_act", dies)
    if turns < len(ids):
        with pytest.raises(KeyboardInterrupt):
            jobs.run_bulk(actor=SYSTEM, bulk_id=bulk_id, clock=later)
        assert Note.objects.count() == turns
        assert BulkItem.objects.filter(state="done").count() == turns
    monkeypatch.setattr(bulk, "_act", real)
    jobs.run_bulk(actor=SYSTEM, bulk_id=bulk_id, clock=later)
    jobs.run_bulk(actor=SYSTEM, bulk_id=bulk_id, clock=later)
    assert sorted(Note.objects.values_list("case_id", flat=True)) == sorted(ids)


def test_stopping_the_rest_keeps_what_was_done() -> None:
    actor, ids = official(), [opened().case_id for _ in range(3)]
    bulk_id = plan(actor, ids)
    first = queries.bulk_items_waiting(bulk_id)[0]
    assert services.do_bulk_item(actor=SYSTEM, item_id=first, now=NOW)
    assert services.undo_bulk(actor=actor, bulk_id=bulk_id, now=NOW) == 2
    assert not services.do_bulk_item(actor=SYSTEM, item_id=first, now=NOW)
    assert Note.objects.count() == 1


def test_scopes_and_roles() -> None:
    foreign, own = opened().case_id, dispatched().case_id
    department = official(LEAD, "handler")
    found = services.rehearse_bulk(actor=department, case_ids=[foreign, own], wanted=NOTE, now=NOW)
    assert found.can == (own,)
    assert found.cannot[0].codes == ("-",)  # not even its code is told
    with pytest.raises(Absent):
        plan(department, [foreign])
    with pytest.raises(Forbidden):
        plan(official(reads=True), [own])
    with pytest.raises(Invalid):
        plan(department, [])
    with pytest.raises(Invalid):
        plan(department, [uuid.uuid4()] * (services.MOST_AT_ONCE + 1))
    bulk_id = plan(department, [own])
    with pytest.raises(Absent):
        queries.bulk_act_of(official(), bulk_id)
    with pytest.raises(Absent):
        services.undo_bulk(actor=official(), bulk_id=bulk_id, now=NOW)


def test_the_pages_lead_from_the_list_to_the_end(client: Client) -> None:
    actor, case_id = official(), opened().case_id
    client.force_login(Account.objects.get(id=actor.account_id))
    assert str(case_id) in client.get("/desk/").content.decode()
    typed = {"case": [str(case_id)], "act": "note", "words": "周三"}
    assert client.post("/desk/bulk/", {"case": [str(case_id)]}).status_code == 200
    assert client.post("/desk/bulk/", {"all": "1"}).content.decode().count(str(case_id)) == 1
    assert 'value="plan"' in client.post("/desk/bulk/", {**typed, "step": "preview"}).content.decode()
    planned = client.post("/desk/bulk/", {**typed, "step": "plan"})
    assert planned.status_code == 302
    assert client.get(planned["Location"]).status_code == 200
    assert client.get(planned["Location"] + "progress/").status_code == 200
    assert client.post(planned["Location"] + "undo/").status_code == 302
    assert client.get("/desk/bulk/").status_code == 200
    assert client.post("/desk/bulk/", {"step": "plan", "act": "note"}).status_code == 422


def test_an_error_at_one_matter_is_told_there_and_holds_up_neither_others_nor_later_acts(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    actor, ids = official(), [opened().case_id for _ in range(3)]
    first, second, real = plan(actor, ids), plan(actor, ids[:1]), bulk._act

    def fails(holder: Actor, case_id: uuid.UUID, wanted: Wanted, now: datetime) -> None:
        real(holder, case_id, wanted, now)
        if case_id == ids[1]:
            raise ZeroDivisionError

    monkeypatch.setattr(bulk, "_act", fails)
    assert jobs.run_bulks(actor=SYSTEM, clock=later) == 4
    card, refusals = queries.bulk_act_of(actor, first)
    assert (card.done, card.refused, card.waiting) == (2, 1, 0)
    assert "left as it was" in refusals[0].sentence
    assert queries.bulk_act_of(actor, second)[0].done == 1
    assert not Note.objects.filter(case_id=ids[1]).exists()
    assert "ZeroDivisionError" in caplog.text


def test_an_act_that_cannot_even_be_ended_holds_up_no_later_one(monkeypatch: pytest.MonkeyPatch) -> None:
    actor, case_id = official(), opened().case_id
    first, second, real = plan(actor, [case_id]), plan(actor, [case_id]), services.end_bulk

    def ends(*, actor: Actor, bulk_id: uuid.UUID, now: datetime) -> None:
        if bulk_id == first:
            raise ZeroDivisionError
        real(actor=actor, bulk_id=bulk_id, now=now)

    monkeypatch.setattr(services, "end_bulk", ends)
    jobs.run_bulks(actor=SYSTEM, clock=later)
    assert queries.bulk_act_of(actor, second)[0].ended_at is not None
    monkeypatch.undo()
    jobs.run_bulks(actor=SYSTEM, clock=later)
    assert queries.bulk_acts_due(now=later()) == ()


def test_the_whole_list_says_when_only_its_first_matters_were_taken(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_AT_ONCE", 2)
    actor, made = official(), [opened() for _ in range(2)]
    client.force_login(Account.objects.get(id=actor.account_id))
    assert 'name="cut"' not in client.post("/desk/bulk/", {"all": "1"}).content.decode()
    opened()
    whole = client.post("/desk/bulk/", {"all": "1"}, headers={"accept-language": "en"}).content.decode()
    assert "only its first 2 matters were taken" in whole
    kept = {"cut": "1", "case": [str(made[0].case_id)], "act": "note", "words": "x", "step": "preview"}
    assert 'name="cut"' in client.post("/desk/bulk/", kept).content.decode()


def test_the_form_shows_the_fields_of_the_chosen_act_alone(client: Client) -> None:
    actor, case_id = official(), opened().case_id
    client.force_login(Account.objects.get(id=actor.account_id))

    def fields(**typed: str) -> set[str]:
        page = client.post("/desk/bulk/", {"case": [str(case_id)], **typed}).content.decode()
        return {name for name in ("nature", "lead", "parent", "words") if f'id="{name}"' in page}

    assert fields() == set()
    assert fields(act="accept") == {"nature"}
    assert fields(act="dispatch") == {"nature", "lead", "words"}
    assert fields(act="link") == {"parent"}
    assert fields(act="note") == {"words"}
    tried = client.post("/desk/bulk/", {"case": [str(case_id)], "act": "close"}).content.decode()
    assert 'id="rehearsal"' in tried


def test_statements_do_not_grow_with_what_a_page_shows(client: Client) -> None:
    actor, ids = official(), [opened().case_id for _ in range(6)]
    client.force_login(Account.objects.get(id=actor.account_id))
    small = plan(actor, ids[:1])

    def statements(at: str) -> int:
        client.get(at)
        with CaptureQueriesContext(connection) as seen:
            assert client.get(at).status_code == 200
        return len(seen)

    before = statements("/desk/bulk/"), statements(f"/desk/bulk/{small}/")
    large = plan(actor, [*ids, resolved().case_id], ACCEPT)
    jobs.run_bulks(actor=SYSTEM, clock=later)
    assert (statements("/desk/bulk/"), statements(f"/desk/bulk/{large}/")) == before


@pytest.mark.parametrize(
    ("act", "wrong", "field"),
    [
        ("accept", "nature", "nature"),
        ("dispatch", "lead_code", "lead"),
        ("note", "words", "words"),
        ("answer", "words", "words"),
        ("link", "parent_code", "parent"),
    ],
)
def test_a_missing_field_is_told_once_at_the_field(act: str, wrong: str, field: str, client: Client) -> None:
    actor, case_id = official(), opened().case_id
    client.force_login(Account.objects.get(id=actor.account_id))
    typed = {"case": [str(case_id)], "act": act, "step": "preview"}
    answer = client.post("/desk/bulk/", typed, headers={"accept-language": "en"})
    page = answer.content.decode()
    assert answer.status_code == 422 and answer.context["wrong"] == wrong
    assert f'aria-describedby="{field}-error"' in page and f'href="#{field}"' in page and 'id="rehearsal"' not in page
    with pytest.raises(Invalid):
        plan(actor, [case_id], Wanted(act=act, values={}, words=" "))


def test_a_rehearsal_names_each_matter_and_can_leave_out_what_is_refused(client: Client) -> None:
    actor, new, done = official(), [opened() for _ in range(2)], [resolved() for _ in range(7)]
    client.force_login(Account.objects.get(id=actor.account_id))
    ids = [str(case.case_id) for case in (*new, *done)]
    typed = {"case": ids, "act": "accept", "nature": "help", "step": "preview"}
    page = client.post("/desk/bulk/", typed, headers={"accept-language": "en"}).content.decode()
    assert all(f'href="/desk/case/{one}/"' in page for one in ids), "also the sixth that is refused"
    assert "Leave out those for which it cannot be done" in page and "Back to the list" in page
    fewer = {**typed, "case": [str(case.case_id) for case in new]}
    page = client.post("/desk/bulk/", fewer, headers={"accept-language": "en"}).content.decode()
    assert "Leave out those" not in page and "It can be done for 2 matters" in page


def test_who_may_undo_sees_what_with_which_matters(client: Client) -> None:
    actor, case = official(), opened()
    client.force_login(Account.objects.get(id=actor.account_id))
    wanted = Wanted(act="dispatch", values={"lead_code": LEAD, "nature": "help"}, words="请周三前到现场")
    at = f"/desk/bulk/{plan(actor, [case.case_id], wanted)}/"
    page = client.get(at, headers={"accept-language": "zh-hans"}).content.decode()
    assert "请周三前到现场" in page and "执法局" in page and f'href="/desk/case/{case.case_id}/"' in page
    assert queries.bulk_whole(actor, BulkAct.objects.get().id).values == {"lead_code": LEAD, "nature": "help"}
    with pytest.raises(Absent):
        queries.bulk_whole(official(), BulkAct.objects.get().id)
    services.undo_bulk(actor=actor, bulk_id=BulkAct.objects.get().id, now=NOW)
    assert f'href="/desk/case/{case.case_id}/"' in client.get(at).content.decode(), "still there when it has ended"
