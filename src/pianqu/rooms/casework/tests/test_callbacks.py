"""回访: a drawn sample and what was rated badly, asked by somebody who had no hand in it; a bad answer comes back."""

import uuid
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.kernels.drawing import draw
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import CallBack, CallBackDraw, Case, Rating
from pianqu.rooms.casework.tests.builders import (
    LEAD,
    NOW,
    checker,
    clerk,
    handler,
    importer,
    opened,
    resident,
    resolved,
    started,
)
from pianqu.rooms.casework.tests.test_handling import code_of, leader, told
from pianqu.rooms.casework.tests.test_views import official
from pianqu.rooms.casework.views import pressing
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db
CENTRE = "330205-centre"
PHONE = "10005551234"
DAY = date(2026, 3, 2)
LATER = NOW + timedelta(days=3)


def answered(**changes: Any) -> services.Opened:
    """By the urban management bureau."""
    case = started(contact=PHONE, **changes)
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="灯已换好。", now=NOW)
    return case


def rated_badly(**changes: Any) -> services.Opened:
    case = answered(**changes)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, words="没修", now=NOW)
    return case


def rated_late(**changes: Any) -> services.Opened:
    """After the time to be reopened."""
    case = answered(**changes)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, now=NOW + timedelta(days=40))
    return case


def answer_again(case: services.Opened) -> None:
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=LEAD, now=NOW)
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="这回好了。", now=NOW)


def waiting(case: services.Opened) -> CallBack:
    return CallBack.objects.get(case=case.case_id, ended_at=None)


def row(case: services.Opened) -> Case:
    return Case.objects.get(id=case.case_id)


def record(
    case: services.Opened, actor: Actor, outcome: str = "satisfied", words: str = "", *, now: datetime = LATER
) -> uuid.UUID:
    given = {"call_back_id": waiting(case).id, "outcome": outcome, "words": words}
    return services.record_call_back(actor=actor, now=now, **given)


# a bad rating --------------------------------------------------------------------------------------------------------


def test_a_bad_rating_reopens_the_matter_and_has_its_reporter_called() -> None:
    case = rated_badly()
    assert (row(case).state, row(case).reopenings, row(case).score) == ("reopened", 1, None)
    assert told(case.case_id, "case-reopened")["cause"] == "bad-rating"
    assert (waiting(case).reason, Rating.objects.get(case=case.case_id).score) == ("bad-rating", 1)
    assert Rating.objects.get(case=case.case_id).organisation_code == LEAD
    with pytest.raises(Refused) as early:
        record(case, clerk())
    assert code_of(early) == "call-back-early"


def test_the_second_bad_rating_waits_for_a_call_instead_of_going_round_for_ever() -> None:
    case = rated_badly()
    answer_again(case)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, words="还没修", now=NOW)
    assert (row(case).state, row(case).score) == ("rated", 1)
    assert CallBack.objects.filter(case=case.case_id).count() == 1
    record(case, clerk(), "dissatisfied", "还是不亮")
    assert (row(case).state, row(case).reopenings) == ("reopened", 2)
    assert told(case.case_id, "case-reopened")["cause"] == "call-back"


def test_a_fair_rating_changes_nothing_else() -> None:
    case = answered()
    services.rate_case(actor=resident(), case_id=case.case_id, score=3, now=NOW)
    assert row(case).state == "rated" and not CallBack.objects.exists()


def test_a_bad_rating_after_the_time_for_it_reopens_nothing_and_is_called() -> None:
    case = answered()
    services.rate_case(actor=resident(), case_id=case.case_id, score=2, now=NOW + timedelta(days=30))
    assert row(case).state == "rated" and waiting(case).reason == "bad-rating"


def test_the_next_answer_is_checked_by_somebody_else() -> None:
    case = resolved(contact=PHONE)  # by window-1 of the centre
    services.call_back(actor=checker(), case_id=case.case_id, score=1, words="没修", now=NOW)
    assert row(case).state == "reopened"
    answer_again(case)
    for actor in (checker(), clerk()):  # checked before, answered before
        with pytest.raises(Forbidden):
            services.call_back(actor=actor, case_id=case.case_id, score=5, now=NOW)
    third = leader(CENTRE)
    services.call_back(actor=third, case_id=case.case_id, score=5, now=NOW)
    assert row(case).checker_post == third.post_id


# the new answer of a matter that came back ---------------------------------------------------------------------------


def test_who_was_called_and_not_content_has_the_next_answer_checked_by_another() -> None:
    """The former checker of it does neither check nor archive it, and nobody archives it before."""
    case = answered()
    services.rate_case(actor=resident(), case_id=case.case_id, score=3, now=NOW)
    drawn(percent=100)
    record(case, checker(), "dissatisfied", "没修好")
    answer_again(case)
    assert (waiting(case).reason, waiting(case).attempts) == ("reopened", 0)
    for actor in (checker(), clerk(), leader(CENTRE)):
        with pytest.raises(Refused) as unchecked:
            services.close_case(actor=actor, case_id=case.case_id, now=LATER)
        assert code_of(unchecked) == "close-unchecked" and row(case).state == "resolved"
        assert not queries.case_for(actor, case.case_id).may_close
    with pytest.raises(Forbidden) as twice:
        record(case, checker())
    assert code_of(twice) == "call-back-twice" and waiting(case).attempts == 0
    record(case, clerk())
    assert queries.case_for(checker(), case.case_id).may_close
    services.close_case(actor=checker(), case_id=case.case_id, now=LATER)
    assert row(case).state == "closed"


def test_a_third_answer_is_not_checked_by_who_checked_the_second() -> None:
    case = rated_badly()
    answer_again(case)
    record(case, checker(), "dissatisfied", "没修好")
    answer_again(case)
    services.rate_case(actor=resident(), case_id=case.case_id, score=2, now=LATER)
    assert row(case).state == "rated", "it goes round by itself only once"
    card = queries.call_backs_for(checker()).cards[0]
    assert (card.may_do, card.by_another, card.is_check) == (False, True, True)
    assert queries.call_backs_for(clerk()).cards[0].may_do
    with pytest.raises(Forbidden):
        record(case, checker())
    with pytest.raises(Refused):
        services.close_case(actor=clerk(), case_id=case.case_id, now=LATER)
    record(case, clerk())
    services.close_case(actor=clerk(), case_id=case.case_id, now=LATER)


def test_who_checked_it_in_a_former_post_does_not_check_the_next_answer() -> None:
    boss = leader(CENTRE)
    assert boss.account_id
    second = directory.appoint(
        actor=importer(),
        account_id=uuid.UUID(boss.account_id),
        organisation_code=CENTRE,
        kind="handler",
        title="窗口",
        now=NOW,
    )
    case = rated_badly()
    answer_again(case)
    record(case, boss, "dissatisfied", "没修好")
    answer_again(case)
    other = Actor(kind="post", account_id=boss.account_id, post_id=str(second), organisation_code=CENTRE)
    with pytest.raises(Forbidden) as twice:
        record(case, other)
    assert code_of(twice) == "call-back-twice"


def test_who_took_it_in_and_answers_it_again_cannot_archive_it_unchecked() -> None:
    case = answered()
    Case.objects.filter(id=case.case_id).update(organisation_code=LEAD)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, now=NOW)
    answer_again(case)
    with pytest.raises(Refused) as unchecked:
        services.close_case(actor=handler(LEAD), case_id=case.case_id, now=NOW)
    assert code_of(unchecked) == "close-unchecked"
    services.rate_case(actor=resident(), case_id=case.case_id, score=4, now=NOW)
    done = CallBack.objects.get(case=case.case_id)
    assert (done.outcome, done.ended_at) == ("rated", NOW), "the reporter has said it: nobody needs to ask"
    services.close_case(actor=handler(LEAD), case_id=case.case_id, now=NOW)


def test_the_reporters_own_reopening_has_the_answer_checked_too() -> None:
    case = answered()
    services.reopen_case(actor=resident(), case_id=case.case_id, words="又坏了", now=NOW)
    assert not CallBack.objects.exists(), "there is nothing to check yet"
    answer_again(case)
    assert waiting(case).reason == "reopened"
    services.call_back(actor=checker(), case_id=case.case_id, score=5, now=NOW)
    done = CallBack.objects.get(case=case.case_id)
    assert (done.outcome, done.attempts, done.by_post) == ("satisfied", 1, checker().post_id)
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)


def test_an_earlier_check_is_not_one_of_the_new_answer() -> None:
    case = answered()
    services.reopen_case(actor=resident(), case_id=case.case_id, words="又坏了", now=NOW)
    answer_again(case)
    record(case, checker())
    services.reopen_case(actor=resident(), case_id=case.case_id, words="又坏了", now=LATER + timedelta(hours=1))
    answer_again(case)
    CallBack.objects.filter(case=case.case_id, ended_at=None).delete()  # as if nobody had listed it
    with pytest.raises(Refused):
        services.close_case(actor=clerk(), case_id=case.case_id, now=LATER)


def test_an_archived_matter_is_rated_as_long_as_it_could_be_reopened() -> None:
    case = answered()
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    late = NOW + timedelta(days=40)
    assert queries.resident_case(case.case_id, now=NOW).may_rate
    assert not queries.resident_case(case.case_id, now=late).may_rate
    with pytest.raises(Refused) as over:
        services.rate_case(actor=resident(), case_id=case.case_id, score=5, now=late)
    assert code_of(over) == "rate-late"
    services.rate_case(actor=resident(), case_id=case.case_id, score=4, now=NOW)
    assert (row(case).state, row(case).score) == ("closed", 4)
    assert not queries.resident_case(case.case_id, now=NOW).may_rate
    with pytest.raises(Refused):
        services.rate_case(actor=resident(), case_id=case.case_id, score=1, now=NOW)


def test_a_bad_rating_after_the_archive_reopens_it() -> None:
    case = answered()
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, now=NOW)
    assert (row(case).state, waiting(case).reason) == ("reopened", "bad-rating")


def test_where_nobody_can_be_called_somebody_looks() -> None:
    case = started()  # without a contact
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="灯已换好。", now=NOW)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, now=NOW)
    answer_again(case)
    card = queries.call_back_for(clerk(), case.case_id)
    assert card and list(pressing.outcomes_of(card)) == ["satisfied", "dissatisfied", "holds", "fails"]
    for outcome, words, code in (("unreachable", "", "call-back-no-contact"), ("holds", "", "words-empty")):
        with pytest.raises(Invalid) as wrong:
            record(case, clerk(), outcome, words)
        assert code_of(wrong) == code
    record(case, clerk(), "fails", "到现场看，灯还是不亮")
    assert (row(case).state, row(case).reopenings) == ("reopened", 2)
    answer_again(case)
    record(case, checker(), "holds", "到现场看，灯亮了")
    services.close_case(actor=checker(), case_id=case.case_id, now=LATER)


def test_who_left_a_number_is_called_before_somebody_looks() -> None:
    case = rated_badly()
    answer_again(case)
    with pytest.raises(Invalid) as first:
        record(case, clerk(), "holds", "看过了")
    assert code_of(first) == "call-back-call-first"
    for attempt in range(3):
        record(case, clerk(), "unreachable", now=LATER + timedelta(hours=5 * attempt))
    with pytest.raises(Refused) as enough:
        record(case, clerk(), "unreachable", now=LATER + timedelta(hours=20))
    assert code_of(enough) == "call-back-look"
    with pytest.raises(Refused):
        services.close_case(actor=clerk(), case_id=case.case_id, now=LATER)
    record(case, clerk(), "holds", "到现场看，灯亮了")
    assert CallBack.objects.get(case=case.case_id).outcome == "holds"


def test_nobody_waits_for_a_call_that_nobody_can_make() -> None:
    case = started()
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="灯已换好。", now=NOW)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, now=NOW + timedelta(days=40))
    done = CallBack.objects.get(case=case.case_id)
    assert (done.outcome, done.attempts) == ("no-contact", 0) and done.ended_at
    found = queries.call_backs_for(clerk())
    assert (found.waiting, found.done, found.unreachable, found.no_contact) == (0, 1, 0, 1)


# who may -------------------------------------------------------------------------------------------------------------


def test_neither_who_handled_it_nor_their_department_calls() -> None:
    case = rated_badly()
    answer_again(case)
    auditor = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code=CENTRE, reads_only=True)
    for actor in (handler(LEAD), leader(LEAD), resident(), importer(), auditor, handler("330205-market")):
        with pytest.raises(Forbidden):
            record(case, actor)
    record(case, clerk())


def test_a_department_that_took_it_in_does_not_call_about_its_own_answer() -> None:
    case = services.take_in(
        actor=handler(LEAD),
        channel="window",
        words="路灯坏了",
        category="roads",
        place=services.PlaceChoice(community_code="330205001001", source="community"),
        contact=PHONE,
        tell=False,
        reply="",
        idempotency_key="k" * 20,
        now=NOW,
    )
    Case.objects.filter(id=case.case_id).update(organisation_code=LEAD)
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=LEAD, nature="help", now=NOW)
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="好了", now=NOW)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, now=NOW + timedelta(days=40))
    other = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code=LEAD)
    with pytest.raises(Forbidden) as own:
        record(case, other)
    assert code_of(own) == "call-back-own-department"


def test_a_person_who_answered_in_another_post_does_not_call() -> None:
    boss = leader(CENTRE)
    assert boss.account_id
    second = directory.appoint(
        actor=importer(),
        account_id=uuid.UUID(boss.account_id),
        organisation_code=LEAD,
        kind="handler",
        title="经办",
        now=NOW,
    )
    at_bureau = Actor(kind="post", account_id=boss.account_id, post_id=str(second), organisation_code=LEAD)
    case = started(contact=PHONE)
    services.resolve_case(actor=at_bureau, case_id=case.case_id, reply="好了", now=NOW)
    services.rate_case(actor=resident(), case_id=case.case_id, score=1, now=NOW + timedelta(days=40))
    with pytest.raises(Forbidden) as own:
        record(case, boss)
    assert code_of(own) == "call-back-own"
    record(case, clerk())


# what comes of it ----------------------------------------------------------------------------------------------------


def test_satisfied_ends_it_and_leaves_the_matter() -> None:
    case = answered()
    services.rate_case(actor=resident(), case_id=case.case_id, score=2, now=NOW + timedelta(days=40))
    record(case, clerk(), words="说已经好了")
    done = CallBack.objects.get(case=case.case_id)
    assert (done.outcome, done.attempts, row(case).state) == ("satisfied", 1, "rated")
    assert queries.call_backs_for(clerk(), which="done").cards[0].words == "说已经好了"
    with pytest.raises(Refused) as twice:
        services.record_call_back(actor=clerk(), call_back_id=done.id, outcome="satisfied", now=LATER)
    assert code_of(twice) == "call-back-over"


def test_who_is_not_reached_is_called_three_times() -> None:
    case = rated_late()
    for attempt in (1, 2):
        record(case, clerk(), "unreachable", now=LATER + attempt * timedelta(hours=4))
        assert waiting(case).attempts == attempt
    record(case, clerk(), "unreachable", now=LATER + timedelta(hours=12))
    done = CallBack.objects.get(case=case.case_id)
    assert (done.outcome, done.attempts) == ("unreachable", 3) and done.ended_at is not None


def test_three_tries_in_a_minute_are_one() -> None:
    case = rated_late()
    record(case, clerk(), "unreachable")
    for later in (timedelta(seconds=1), timedelta(hours=4) - timedelta(seconds=1)):
        with pytest.raises(Refused) as soon:
            record(case, clerk(), "unreachable", now=LATER + later)
        assert code_of(soon) == "call-back-soon" and waiting(case).attempts == 1
    (card,) = [one for one in queries.call_backs_for(clerk()).cards if one.case_id == case.case_id]
    assert card.next_at == LATER + timedelta(hours=4)
    record(case, clerk(), "satisfied", now=LATER + timedelta(seconds=2))
    assert CallBack.objects.get(case=case.case_id).outcome == "satisfied", (
        "who calls back by themselves is heard at once"
    )


@pytest.mark.parametrize(
    ("outcome", "words"), [("", ""), ("happy", ""), ("dissatisfied", " "), ("satisfied", "x" * 6_000)]
)
def test_what_is_wrong_changes_nothing(outcome: str, words: str) -> None:
    case = rated_badly()
    answer_again(case)
    with pytest.raises(Invalid):
        record(case, clerk(), outcome, words)
    assert waiting(case).attempts == 0
    with pytest.raises(Absent):
        services.record_call_back(actor=clerk(), call_back_id=uuid.uuid4(), outcome="satisfied", now=NOW)


# the sample ----------------------------------------------------------------------------------------------------------


def drawn(**changes: Any) -> CallBackDraw:
    given: dict[str, Any] = {"actor": leader(CENTRE), "since": DAY, "until": DAY, "now": LATER, **changes}
    return CallBackDraw.objects.get(id=services.draw_call_backs(**given))


def test_a_sample_is_drawn_by_its_recorded_seed() -> None:
    cases = [answered() for _number in range(8)]
    resolved()  # without a contact
    opened(contact=PHONE)
    one = drawn(percent=10)
    assert (one.population, one.drawn) == (8, 5)
    again = draw([str(case.case_id) for case in cases], 5, seed=one.seed)
    assert {str(row.case_id) for row in CallBack.objects.all()} == set(again)
    fact = ledger.history(f"draw:{one.id}")[-1].fact
    assert (fact["seed"], fact["drawn"]) == (one.seed, 5)
    assert fact["digest"] == sha256("\n".join(again).encode()).hexdigest()
    with pytest.raises(Refused) as twice:
        drawn()
    assert code_of(twice) == "draw-twice"


@pytest.mark.parametrize(
    "changes",
    [
        {"percent": 0},
        {"percent": 101},
        {"since": DAY + timedelta(days=1)},
        {"until": LATER.date()},
        {"since": DAY - timedelta(days=400)},
    ],
)
def test_a_wrong_draw_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        drawn(**changes)
    assert not CallBackDraw.objects.exists()


def test_only_a_leader_of_the_centre_or_the_house_draws() -> None:
    for actor in (clerk(), leader(LEAD), handler(), resident()):
        with pytest.raises(Forbidden):
            drawn(actor=actor)
    assert drawn(actor=importer()).drawn == 0


def test_the_worker_draws_of_the_last_week_once() -> None:
    answered()
    monday = NOW + timedelta(days=7)
    assert services.draw_last_week(actor=importer(), now=NOW) == 0 == CallBack.objects.count()
    assert services.draw_last_week(actor=importer(), now=monday) == 1
    assert services.draw_last_week(actor=importer(), now=monday + timedelta(days=2)) == 0
    assert CallBackDraw.objects.count() == 1, "of a week in which nothing was answered nothing is drawn"


def test_a_draw_by_hand_takes_only_its_own_days_out_of_the_week() -> None:
    """NOW is a Monday; answers of Wednesday and of Sunday are drawn though a leader drew of Monday and of Thursday."""
    first, wednesday, sunday = answered(), answered(), answered()
    for case, days in ((wednesday, 2), (sunday, 6)):
        Case.objects.filter(id=case.case_id).update(resolved_at=NOW + timedelta(days=days))
    monday = NOW + timedelta(days=7)
    drawn(since=DAY, until=DAY, now=monday)
    drawn(since=DAY + timedelta(days=3), until=DAY + timedelta(days=3), now=monday)
    assert services.draw_last_week(actor=importer(), now=monday) == 2
    assert {row.case_id for row in CallBack.objects.all()} == {one.case_id for one in (first, wednesday, sunday)}
    spans = [(row.since.day - DAY.day, row.until.day - DAY.day) for row in CallBackDraw.objects.order_by("since")]
    assert spans == [(0, 0), (1, 2), (3, 3), (4, 6)], "each day once"
    assert services.draw_last_week(actor=importer(), now=monday) == 0


def test_the_list_holds_to_the_scope_in_a_constant_number_of_statements() -> None:
    rated_badly()
    for _number in range(2):
        answered()
    drawn()

    def asked(actor: Actor, which: str = "") -> queries.CallBackPage:
        return queries.call_backs_for(actor, which=which)

    found = asked(clerk())
    assert (found.waiting, found.early, found.done) == (2, 1, 0)
    assert all(card.may_do and card.has_contact for card in found.cards) and len(found.cards) == 2
    bureau = asked(handler(LEAD))
    assert bureau.waiting == 2 and not any(card.may_do for card in bureau.cards)
    assert not asked(handler("330205-market")).waiting
    assert len(asked(clerk(), "early").cards) == 1 and len(asked(clerk(), "nothing").cards) == 2
    with CaptureQueriesContext(connection) as few:
        asked(clerk())
    for _number in range(4):
        services.rate_case(actor=resident(), case_id=answered().case_id, score=1, now=NOW + timedelta(days=40))
    with CaptureQueriesContext(connection) as many:
        assert asked(clerk()).waiting == 6
    assert len(few) == len(many) <= 6


def test_a_matters_page_offers_how_the_call_went() -> None:
    """Beside the outcomes of a platform's inspection, which are others."""
    case = rated_badly()
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="又修了。", now=LATER)
    page = official(CENTRE).get(f"/desk/case/{case.case_id}/").text
    assert all(f'name="outcome" value="{one}"' in page for one in ("satisfied", "dissatisfied", "unreachable"))


def test_what_came_back_is_first_and_the_list_is_narrowed() -> None:
    """Then what was rated badly, then samples; by reason and by who answered, on the page too."""
    sampled = answered()
    drawn(percent=100, now=LATER)
    bad, back = rated_late(), rated_badly()
    own = opened(contact=PHONE)
    services.resolve_case(actor=clerk(), case_id=own.case_id, reply="好了。", now=NOW)
    services.rate_case(actor=resident(), case_id=own.case_id, score=1, now=NOW + timedelta(days=40))
    answer_again(back)

    def shown(**changes: str) -> list[uuid.UUID]:
        return [card.case_id for card in queries.call_backs_for(checker(), **changes).cards]

    assert shown() == [back.case_id, bad.case_id, own.case_id, sampled.case_id]
    assert shown(reason="sample") == [sampled.case_id]
    assert shown(lead_code=CENTRE) == [own.case_id] and shown(lead_code="330205-civil") == []
    found = queries.call_backs_for(checker(), lead_code=CENTRE)
    assert (found.units, found.waiting) == ((CENTRE, LEAD), 1)
    client = official(CENTRE)
    page = client.get("/desk/callbacks/", {"reason": "bad-rating", "unit": LEAD}).text
    assert bad.case_code[:4] in page and "已等" in page and "bg-yellow-lt" in page
    assert "?show=done&amp;reason=bad-rating&amp;unit=330205-urban" in page
    assert "目前没有" in client.get("/desk/callbacks/", {"unit": "nobody"}).text


def test_the_page_of_a_matter_says_who_checks_it() -> None:
    case = rated_badly()
    client = official(CENTRE)
    answer_again(case)
    page = client.get(f"/desk/case/{case.case_id}/").text
    close = f"/desk/case/{case.case_id}/close/"
    assert "核查新的答复" in page and close not in page
    bureau = official(LEAD).get(f"/desk/case/{case.case_id}/").text
    assert "要由没有经手的人核查" in bureau
    assert client.post(close).status_code == 409
    record(case, clerk())
    assert close in client.get(f"/desk/case/{case.case_id}/").text
