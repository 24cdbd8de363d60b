"""督办: pressed for with a clock of its own, answered, accepted or asked again, lifted; warned of, gone up, listed."""

import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Supervision
from pianqu.rooms.casework.tests.builders import HELPER, LEAD, NOW, clerk, dispatched, handler, importer, resident
from pianqu.rooms.casework.tests.test_handling import code_of, kinds, leader, told

pytestmark = pytest.mark.django_db
CENTRE = "330205-centre"


def pressed(boss: Actor, **changes: Any) -> services.Opened:
    case = dispatched()
    services.supervise_case(**{"actor": boss, "case_id": case.case_id, "words": "今天办完", "now": NOW, **changes})
    return case


def row(case: services.Opened) -> Supervision:
    return Supervision.objects.filter(case=case.case_id).latest("asked_at")


@pytest.mark.parametrize(("level", "last"), [("reminder", 5), ("formal", 9), ("priority", 3)])
def test_each_level_has_its_own_term_and_the_matter_keeps_its_date(level: str, last: int) -> None:
    boss, before = leader(CENTRE), dispatched()
    due = queries.handling_for(clerk(), before.case_id, now=NOW).due_at
    case = pressed(boss, level=level)
    assert row(case).due_at == datetime(2026, 3, last, 16, tzinfo=UTC), "the day's end in Ningbo"
    assert queries.handling_for(clerk(), case.case_id, now=NOW).due_at == due
    assert told(case.case_id, "case-supervised")["level"] == level


def test_a_leader_may_give_the_day() -> None:
    case = pressed(leader(CENTRE), due_on=date(2026, 3, 20))
    assert row(case).due_at == datetime(2026, 3, 20, 16, tzinfo=UTC)


@pytest.mark.parametrize("day", [date(2026, 3, 1), date(2026, 6, 1), date(9999, 12, 31)])
def test_a_day_that_is_past_or_far_away_is_refused(day: date) -> None:
    with pytest.raises(Invalid) as wrong:
        pressed(leader(CENTRE), due_on=day)
    assert code_of(wrong) == "supervision-day" and not Supervision.objects.exists()


def test_what_is_wrong_changes_nothing() -> None:
    boss = leader(CENTRE)
    for changes in ({"words": " "}, {"level": "nothing"}, {"words": "x" * 6_000}):
        with pytest.raises(Invalid):
            pressed(boss, **changes)
    assert not Supervision.objects.exists()
    case = pressed(boss)
    with pytest.raises(Refused) as twice:
        services.supervise_case(actor=boss, case_id=case.case_id, words="快", now=NOW)
    assert code_of(twice) == "supervise-twice"


def test_asked_answered_asked_again_answered_accepted() -> None:
    boss, at = leader(CENTRE), {"now": NOW + timedelta(hours=2)}
    case = pressed(boss)
    with pytest.raises(Refused):
        services.accept_supervision(actor=boss, case_id=case.case_id, **at)
    services.answer_supervision(actor=handler(LEAD), case_id=case.case_id, words="周五修好", **at)
    card = queries.supervision_of(case.case_id)
    assert card is not None and (card.state, card.demand, card.answer) == ("answered", "今天办完", "周五修好")
    with pytest.raises(Refused):
        services.answer_supervision(actor=handler(LEAD), case_id=case.case_id, words="再答", **at)
    services.repeat_supervision(actor=boss, case_id=case.case_id, words="太晚了", level="priority", **at)
    again = row(case)
    assert (again.state, again.times, again.level, again.answered_at) == ("asked", 2, "priority", None)
    services.answer_supervision(actor=handler(LEAD), case_id=case.case_id, words="今天修", **at)
    services.accept_supervision(actor=boss, case_id=case.case_id, words="好", **at)
    assert row(case).state == "accepted" and queries.supervision_of(case.case_id) is None
    assert sorted(kinds(case.case_id)[-5:]) == [
        "case-supervised",
        "supervision-accepted",
        "supervision-answered",
        "supervision-answered",
        "supervision-repeated",
    ]
    services.supervise_case(actor=boss, case_id=case.case_id, words="又坏了", **at)


def test_who_may_do_what() -> None:
    boss, case = leader(CENTRE), dispatched(helpers=(HELPER,))
    at: dict[str, Any] = {"case_id": case.case_id, "now": NOW, "words": "快"}
    auditor = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code=CENTRE, reads_only=True)
    others = (clerk(), leader(), handler(LEAD), handler(HELPER), resident(), importer(), auditor)
    for actor in others:
        with pytest.raises(Forbidden):
            services.supervise_case(actor=actor, **at)
    services.supervise_case(actor=boss, **at)
    for actor in (boss, clerk(), handler(HELPER), resident(), importer(), auditor):
        with pytest.raises(Forbidden):
            services.answer_supervision(actor=actor, **at)
    for verb in (services.accept_supervision, services.repeat_supervision, services.lift_supervision):
        for actor in others:
            with pytest.raises(Forbidden):
                verb(actor=actor, **at)
    services.lift_supervision(actor=boss, **at)
    assert row(case).state == "lifted"


def test_it_goes_along_with_the_matter() -> None:
    boss = leader(CENTRE)
    case = pressed(boss)
    services.return_task(actor=handler(LEAD), case_id=case.case_id, article="12", words="不归我局", now=NOW)
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=HELPER, now=NOW)
    with pytest.raises(Forbidden):
        services.answer_supervision(actor=handler(LEAD), case_id=case.case_id, words="好", now=NOW)
    services.answer_supervision(actor=handler(HELPER), case_id=case.case_id, words="好", now=NOW)


def test_it_is_warned_of_once_and_goes_up_a_level_a_working_day() -> None:
    system, case = importer("330205"), pressed(leader(CENTRE), level="priority")
    due = row(case).due_at
    warn, up = services.warn_supervised, services.escalate_supervised
    assert warn(actor=system, now=NOW + timedelta(hours=1)) == 0
    assert [warn(actor=system, now=due - timedelta(minutes=1)) for _ in range(2)] == [1, 0]
    assert told(case.case_id, "supervision-due-soon")["holder_code"] == LEAD
    assert up(actor=system, now=due - timedelta(seconds=1)) == 0
    assert [up(actor=system, now=due) for _ in range(2)] == [1, 0]
    assert told(case.case_id, "supervision-escalated")["to_code"] == CENTRE
    assert [up(actor=system, now=due + timedelta(days=2, hours=1)) for _ in range(2)] == [1, 0]
    assert told(case.case_id, "supervision-escalated")["to_code"] == "330205"
    assert up(actor=system, now=due + timedelta(days=9)) == 0, "nobody stands above"
    with pytest.raises(Forbidden):
        up(actor=leader(CENTRE), now=due)


def test_what_is_answered_lifted_or_withdrawn_is_neither_warned_of_nor_goes_up() -> None:
    boss, system = leader(CENTRE), importer("330205")
    answered, lifted, withdrawn = pressed(boss), pressed(boss), pressed(boss)
    services.answer_supervision(actor=handler(LEAD), case_id=answered.case_id, words="好", now=NOW)
    services.lift_supervision(actor=boss, case_id=lifted.case_id, words="不用了", now=NOW)
    services.withdraw_case(actor=resident(), case_id=withdrawn.case_id, now=NOW)
    late = NOW + timedelta(days=30)
    assert services.warn_supervised(actor=system, now=late) == services.escalate_supervised(actor=system, now=late) == 0


def test_the_list_shows_each_sort_within_the_scope_in_a_constant_number_of_statements() -> None:
    boss = leader(CENTRE)
    pressed(boss)
    answered = pressed(boss)
    services.answer_supervision(actor=handler(LEAD), case_id=answered.case_id, words="好", now=NOW)
    over = pressed(boss)
    services.lift_supervision(actor=boss, case_id=over.case_id, words="好", now=NOW)

    def asked(actor: Actor, which: str = "") -> queries.SupervisionPage:
        return queries.supervisions_for(actor, which=which, now=NOW + timedelta(days=20))

    found = asked(boss)
    assert (found.asked, found.late, found.answered, found.over) == (1, 1, 1, 1)
    assert [card.state for card in found.cards] == ["asked", "answered"] and len(found.cases) == 2
    assert [len(asked(boss, which).cards) for which in ("asked", "late", "answered", "over", "nothing")] == [
        1,
        1,
        1,
        1,
        2,
    ]
    assert len(asked(handler(LEAD)).cards) == 2 and not asked(handler(HELPER)).cards
    with CaptureQueriesContext(connection) as few:
        asked(boss)
    for _number in range(5):
        pressed(boss)
    with CaptureQueriesContext(connection) as many:
        assert len(asked(boss).cards) == 7
    assert len(few) == len(many) <= 6


def test_a_page_holds_fifty() -> None:
    boss = leader(CENTRE)
    for _number in range(3):
        pressed(boss)
    queries.supervision.SHOWN, before = 2, queries.supervision.SHOWN
    try:
        first = queries.supervisions_for(boss, now=NOW)
        last = queries.supervisions_for(boss, page=first.next_page, now=NOW)
    finally:
        queries.supervision.SHOWN = before
    assert (len(first.cards), first.next_page, len(last.cards), last.next_page) == (2, 2, 1, 0)
