"""The district's own terms: drafted, looked at before they are applied, put in force, applied batch by batch, made again."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.foundation.limits import LIMITS
from pianqu.foundation.models import Account
from pianqu.kernels import checkcode
from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.models import Case, Clock, ClockVersion, Task
from pianqu.rooms.casework.queries import LocalTerm
from pianqu.rooms.casework.tests.builders import (
    HELPER,
    LEAD,
    NOW,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    started,
)
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as ledger

PROGRAM = importer()
TODAY = timezone.localdate(NOW)
SHORT = (LocalTerm(nature="complaint", category="", amount=2, unit="wd"),)
LONG_ROADS = (LocalTerm(nature="complaint", category="roads", amount=9, unit="wd"),)


def in_force(terms: tuple[LocalTerm, ...], *, also_open: bool = False, on: date = TODAY, now: datetime = NOW) -> None:
    services.draft_clock_rules(actor=PROGRAM, terms=terms, now=now)
    draft = queries.clock_draft()
    assert draft is not None
    services.enforce_clock_rules(
        actor=PROGRAM, seen=draft.digest, from_date=on, also_open=also_open, words="试行", now=now
    )


def due(case_id: object) -> str:
    at = Case.objects.get(id=case_id).due_at
    return f"{timezone.localtime(at):%m-%d %H}" if at else ""


def told(case_id: object, kind: str) -> dict[str, object]:
    return dict(next(one for one in reversed(ledger.history(f"case:{case_id}")) if one.kind == f"casework.{kind}").fact)


# what holds ----------------------------------------------------------------------------------------------------------


def test_without_terms_of_its_own_the_district_has_the_packs() -> None:
    assert queries.clock_rules(on=TODAY).version == 0
    case = dispatched()
    clock = Clock.objects.get(case_id=case.case_id)
    assert (clock.amount, clock.unit, clock.rules_version) == (5, "wd", 0)


def test_a_categorys_own_term_goes_before_the_natures() -> None:
    in_force((*SHORT, *LONG_ROADS))
    roads, noise = dispatched(category="roads"), dispatched(category="noise")
    assert Clock.objects.get(case_id=roads.case_id).amount == 9
    assert Clock.objects.get(case_id=noise.case_id).amount == 2
    assert told(noise.case_id, "due-date-set")["rules_version"] == 1
    found = queries.explained(noise.case_id)
    assert found and found.term and found.term.amount == 2 and found.rules_version == 1


def test_terms_hold_from_their_day_on_for_what_came_in_then() -> None:
    in_force(SHORT, on=TODAY + timedelta(days=1))
    before = opened()
    after = opened(now=NOW + timedelta(days=1))
    for case in (before, after):
        services.accept_case(actor=clerk(), case_id=case.case_id, nature="complaint", now=NOW + timedelta(days=1))
    assert Clock.objects.get(case_id=before.case_id).amount == 5
    assert Clock.objects.get(case_id=after.case_id).amount == 2


def test_terms_for_open_matters_hold_for_what_is_accepted_late_too() -> None:
    """It came in before their day, and no clock ran when the open ones were moved."""
    case = opened()
    in_force(SHORT, also_open=True, on=TODAY + timedelta(days=1))
    later = NOW + timedelta(days=2)
    jobs.apply_clock_rules(actor=PROGRAM, now=later)
    services.accept_case(actor=clerk(), case_id=case.case_id, nature="complaint", now=later)
    assert Clock.objects.get(case_id=case.case_id).amount == 2


@pytest.mark.parametrize(
    ("term", "code"),
    [
        (LocalTerm(nature="praise", category="", amount=2, unit="wd"), "nature-unknown"),
        (LocalTerm(nature="help", category="no-such", amount=2, unit="wd"), "category-unknown"),
        (LocalTerm(nature="help", category="", amount=2, unit="weeks"), "term-unit"),
        (LocalTerm(nature="help", category="", amount=0, unit="wd"), "term-amount"),
        (LocalTerm(nature="help", category="", amount=366, unit="cd"), "term-amount"),
    ],
)
def test_a_wrong_term_is_refused_and_nothing_is_kept(term: LocalTerm, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.draft_clock_rules(actor=PROGRAM, terms=[term], now=NOW)
    assert refused.value.code == code and not ClockVersion.objects.exists()


def test_the_same_matter_cannot_have_two_terms() -> None:
    with pytest.raises(Invalid) as refused:
        services.draft_clock_rules(actor=PROGRAM, terms=[*SHORT, *SHORT], now=NOW)
    assert refused.value.code == "term-twice"


def test_only_administrators_set_terms() -> None:
    with pytest.raises(Forbidden):
        services.draft_clock_rules(actor=clerk(), terms=SHORT, now=NOW)
    services.draft_clock_rules(actor=PROGRAM, terms=SHORT, now=NOW)
    draft = queries.clock_draft()
    assert draft is not None
    with pytest.raises(Forbidden):
        queries.preview_clocks(clerk(), draft.rules, now=NOW)
    with pytest.raises(Forbidden):
        services.enforce_clock_rules(
            actor=clerk(), seen=draft.digest, from_date=TODAY, also_open=True, words="x", now=NOW
        )
    with pytest.raises(Forbidden):
        services.drop_clock_draft(actor=clerk(), now=NOW)


def test_what_is_put_in_force_is_what_was_seen() -> None:
    services.draft_clock_rules(actor=PROGRAM, terms=SHORT, now=NOW)
    seen = queries.clock_draft()
    assert seen is not None
    services.draft_clock_rules(actor=PROGRAM, terms=LONG_ROADS, now=NOW)
    with pytest.raises(Refused) as refused:
        services.enforce_clock_rules(
            actor=PROGRAM, seen=seen.digest, from_date=TODAY, also_open=True, words="x", now=NOW
        )
    assert refused.value.code == "clock-draft-other" and queries.clock_rules(on=TODAY).version == 0
    for day in (TODAY - timedelta(days=1), TODAY + timedelta(days=400)):
        with pytest.raises(Invalid):
            services.enforce_clock_rules(
                actor=PROGRAM, seen=seen.digest, from_date=day, also_open=True, words="x", now=NOW
            )
    with pytest.raises(Invalid):
        services.enforce_clock_rules(
            actor=PROGRAM, seen=seen.digest, from_date=TODAY, also_open=True, words=" ", now=NOW
        )


def test_a_draft_can_be_dropped_once() -> None:
    services.draft_clock_rules(actor=PROGRAM, terms=SHORT, now=NOW)
    services.drop_clock_draft(actor=PROGRAM, now=NOW)
    assert queries.clock_draft() is None and not queries.clock_versions(now=NOW)
    with pytest.raises(Refused):
        services.drop_clock_draft(actor=PROGRAM, now=NOW)


# before it is applied ------------------------------------------------------------------------------------------------


def preview(terms: tuple[LocalTerm, ...], *, now: datetime = NOW) -> queries.Preview:
    return queries.preview_clocks(PROGRAM, queries.ClockRules(version=9, terms=terms), now=now)


def test_a_preview_is_what_happens() -> None:
    cases = [dispatched(category=category) for category in ("roads", "noise", "roads")]
    found = preview(LONG_ROADS)
    assert (found.running, found.total.later, found.total.earlier, found.unmoved) == (3, 2, 0, 1)
    promised = {one.case_id: one.after for one in found.shifts}
    before = {case.case_id: due(case.case_id) for case in cases}
    in_force(LONG_ROADS, also_open=True)
    assert {case.case_id: due(case.case_id) for case in cases} == before, "the worker moves them, not the verb"
    assert jobs.apply_clock_rules(actor=PROGRAM, now=NOW) == 1
    assert {id_: Case.objects.get(id=id_).due_at for id_ in promised} == promised
    assert due(cases[1].case_id) == before[cases[1].case_id]
    fact = told(cases[0].case_id, "due-date-set")
    assert (fact["cause"], fact["rules_version"]) == ("rules-changed", 1)
    (version,) = queries.clock_versions(now=NOW)
    assert (version.looked, version.moved, version.held) == (3, 2, 0) and version.finished_at == NOW
    assert jobs.apply_clock_rules(actor=PROGRAM, now=NOW) == 0


def test_a_preview_asks_as_much_for_many_as_for_one(django_assert_max_num_queries: object) -> None:
    for _number in range(6):
        started()
    with django_assert_max_num_queries(3):  # type: ignore[operator]
        assert preview(SHORT).total.earlier == 6


def test_a_preview_says_what_would_be_overdue_at_once_and_who_has_it() -> None:
    case = dispatched()
    late = NOW + timedelta(days=3)
    found = preview(SHORT, now=late)
    assert found.total.late_now == 1 and found.shifts[0].late_now and found.shifts[0].by < timedelta()
    assert [one.organisation_code for one in found.by_organisation] == [LEAD]
    after = NOW + timedelta(days=9)
    assert preview(LONG_ROADS, now=after).total.relieved == 1
    assert Case.objects.get(id=case.case_id).state == "dispatched"


# rules change while a case is paused ---------------------------------------------------------------------------------


def test_a_paused_clock_keeps_its_pause_and_is_computed_when_it_runs_again() -> None:
    """Five working days from Monday 2 March; paused on Wednesday over three mornings, changed to nine meanwhile."""
    case, plain = started(), started()
    paused_at, resumed_at = NOW + timedelta(days=2), NOW + timedelta(days=5)
    services.pause_case(actor=handler(LEAD), case_id=case.case_id, reason="inspection", words="等检测", now=paused_at)
    found = preview(LONG_ROADS, now=paused_at + timedelta(hours=1))
    assert found.total.paused == 1 and found.total.later == 2
    in_force(LONG_ROADS, also_open=True, now=paused_at, on=timezone.localdate(paused_at))
    jobs.apply_clock_rules(actor=PROGRAM, now=paused_at)
    row = Case.objects.get(id=case.case_id)
    assert (row.state, row.due_at) == ("paused", None)
    fact = told(case.case_id, "clock-term-changed")
    assert (fact["amount"], fact["before_amount"], fact["version"]) == (9, 5, 1)
    (version,) = queries.clock_versions(now=paused_at)
    assert (version.moved, version.held) == (1, 1)
    services.resume_case(actor=handler(LEAD), case_id=case.case_id, now=resumed_at)
    assert due(plain.case_id) == "03-14 00", "nine working days: 3 to 13 March"
    assert due(case.case_id) == "03-18 00", "Thursday and Friday stood still"
    explained = queries.explained(case.case_id)
    assert explained and explained.due and len(explained.pauses) == 1


def test_an_extension_keeps_the_unit_in_which_it_was_granted() -> None:
    """Ten working days more stay ten working days where the term becomes hours."""
    case = started()
    leader = Actor(kind="post", post_id=str(_appointed("leader", LEAD)[1]), organisation_code=LEAD)
    clock = Clock.objects.get(case_id=case.case_id)
    hours = (LocalTerm(nature="complaint", category="", amount=24, unit="h"),)
    services.ask_for_time(actor=handler(LEAD), case_id=case.case_id, words="要等材料", now=NOW)
    services.decide_on_time(actor=leader, case_id=case.case_id, granted=True, words="同意", now=NOW)
    in_force(hours, also_open=True)
    jobs.apply_clock_rules(actor=PROGRAM, now=NOW)
    clock.refresh_from_db()
    assert (clock.amount, clock.unit, clock.extra, clock.extra_unit) == (24, "h", 10, "wd")
    assert clock.due_at and clock.due_at - NOW > timedelta(days=14)


# batches, a newer version, back again --------------------------------------------------------------------------------


def test_batches_go_on_where_they_stood() -> None:
    cases = [dispatched() for _number in range(5)]
    in_force(SHORT, also_open=True)
    (version_id,) = queries.versions_to_apply(now=NOW)
    assert services.apply_clock_rules(actor=PROGRAM, version_id=version_id, now=NOW, most=2)
    (half,) = queries.clock_versions(now=NOW)
    assert (half.looked, half.moved, half.to_look_at, half.finished_at) == (2, 2, 5, None)
    while services.apply_clock_rules(actor=PROGRAM, version_id=version_id, now=NOW, most=2):
        pass
    assert {Clock.objects.get(case_id=case.case_id).amount for case in cases} == {2}
    assert not services.apply_clock_rules(actor=PROGRAM, version_id=version_id, now=NOW)
    with pytest.raises(Forbidden):
        services.apply_clock_rules(actor=clerk(), version_id=version_id, now=NOW)


def test_a_version_whose_day_is_still_to_come_moves_nothing() -> None:
    dispatched()
    in_force(SHORT, also_open=True, on=TODAY + timedelta(days=3))
    assert queries.versions_to_apply(now=NOW) == ()
    assert len(queries.versions_to_apply(now=NOW + timedelta(days=3))) == 1


def test_a_newer_version_takes_the_place_of_one_that_is_not_through() -> None:
    case = dispatched()
    in_force(SHORT, also_open=True)
    in_force(LONG_ROADS, also_open=True)
    jobs.apply_clock_rules(actor=PROGRAM, now=NOW)
    assert Clock.objects.get(case_id=case.case_id).amount == 9
    newer, older = queries.clock_versions(now=NOW)
    assert newer.moved == 1 and (older.looked, older.moved) == (0, 0) and older.finished_at


def test_going_back_is_a_new_version() -> None:
    case = dispatched()
    first = due(case.case_id)
    in_force(SHORT, also_open=True)
    jobs.apply_clock_rules(actor=PROGRAM, now=NOW)
    assert due(case.case_id) != first
    in_force((), also_open=True)
    jobs.apply_clock_rules(actor=PROGRAM, now=NOW)
    assert due(case.case_id) == first
    assert [card.number for card in queries.clock_versions(now=NOW)] == [2, 1]


def test_a_date_that_moves_away_is_not_escalated_any_more() -> None:
    case = dispatched()
    late = NOW + timedelta(days=9)
    services.escalate_overdue(actor=PROGRAM, now=late)
    assert Case.objects.get(id=case.case_id).escalation == 1
    in_force(LONG_ROADS, also_open=True, now=late, on=timezone.localdate(late))
    jobs.apply_clock_rules(actor=PROGRAM, now=late)
    assert Case.objects.get(id=case.case_id).escalation == 0


# pages ---------------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(db: None) -> Iterator[Client]:
    LIMITS.forget()
    yield _signed_in("administrator", "330205")
    LIMITS.forget()


def _appointed(kind: str, organisation_code: str) -> tuple[Account, object]:
    account = Account.objects.create_account(login=f"{kind}-1", password="p", name="某人")
    post = directory.appoint(
        actor=importer("330205"),
        account_id=account.id,
        organisation_code=organisation_code,
        kind=kind,
        title="岗位",
        now=datetime(2026, 1, 1, tzinfo=UTC),
    )
    return account, post


def _signed_in(kind: str, organisation_code: str) -> Client:
    browser = Client(headers={"accept-language": "en"})
    browser.force_login(_appointed(kind, organisation_code)[0])
    return browser


def form(*lines: tuple[str, str, str, str]) -> dict[str, list[str]]:
    usual = [(nature, "", "", "wd") for nature in ("enquiry", "help", "complaint", "urgent")]
    columns = zip(*usual, *lines, strict=True)
    return dict(zip(("nature", "category", "amount", "unit"), map(list, columns), strict=True))


def test_an_administrator_drafts_previews_puts_in_force_and_goes_back(admin: Client) -> None:
    now = timezone.now()
    case = dispatched(now=now - timedelta(minutes=1))
    page = admin.get("/desk/clocks/").content.decode()
    assert "As they were shipped" in page and "Keep it and see what it would move" in page
    answer = admin.post("/desk/clocks/", form(("complaint", "roads", "9", "wd")))
    assert answer.status_code == 302 and answer["Location"] == "/desk/clocks/preview/"
    shown = admin.get("/desk/clocks/preview/").content.decode()
    assert checkcode.show(case.case_code) in shown and "nothing was changed yet" in shown
    book = load_workbook(BytesIO(admin.get("/desk/clocks/preview.xlsx").content)).active
    assert book is not None and book.max_row == 2 and book["A2"].value == checkcode.show(case.case_code)
    draft = queries.clock_draft()
    assert draft is not None
    given = {"seen": draft.digest, "from_date": timezone.localdate().isoformat(), "also_open": "1"}
    refused = admin.post("/desk/clocks/enforce/", given)
    assert refused.status_code == 422 and "say why" in refused.content.decode()
    assert admin.post("/desk/clocks/enforce/", {**given, "words": "试行一季度"}).status_code == 302
    part = admin.get("/desk/clocks/progress/").content.decode()
    assert 'hx-trigger="every 2s"' in part and "0 of 1 open matters" in part
    jobs.apply_clock_rules(actor=PROGRAM, now=timezone.now())
    page = admin.get("/desk/clocks/").content.decode()
    assert "1 dates moved" in page and "试行一季度" in page and "hx-trigger" not in page
    assert admin.post("/desk/clocks/back/0/").status_code == 302
    assert "All terms as they were shipped" in admin.get("/desk/clocks/preview/").content.decode()
    assert admin.post("/desk/clocks/", {"step": "drop"}).status_code == 302 and queries.clock_draft() is None
    clock = admin.get(f"/desk/case/{case.case_id}/clock/")
    assert "9 working days" in clock.content.decode() and "By version 1" in clock.content.decode()


def test_what_was_typed_wrong_is_kept(admin: Client) -> None:
    answer = admin.post("/desk/clocks/", form(("complaint", "roads", "soon", "wd")))
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "“soon” is no term" in text and 'value="soon"' in text and queries.clock_draft() is None
    for line in (("complaint", "roads", "", "wd"), ("", "roads", "3", "wd")):
        assert admin.post("/desk/clocks/", form(line)).status_code == 422


@pytest.mark.parametrize(
    ("line", "field"),
    [
        (("complaint", "roads", "soon", "wd"), "amount"),
        (("complaint", "roads", "", "wd"), "amount"),
        (("complaint", "roads", "0", "wd"), "amount"),
        (("complaint", "roads", "9999", "wd"), "amount"),
        (("", "roads", "3", "wd"), "nature"),
        (("complaint", "", "3", "wd"), "category"),
        (("complaint", "noise", "4", "wd"), "category"),
    ],
)
def test_a_wrong_line_is_marked_and_led_to(admin: Client, line: tuple[str, str, str, str], field: str) -> None:
    """It is the second of the lines for one category, behind four usual ones and a right one."""
    answer = admin.post("/desk/clocks/", form(("complaint", "noise", "3", "wd"), line))
    page = answer.content.decode()
    assert answer.status_code == 422 and queries.clock_draft() is None
    summary = page.split("data-error-summary")[1].split("</ul>")[0]
    assert f'href="#{field}-5"' in summary and "Line 2: " in summary
    marked = re.findall(r'<(?:input|select)[^>]*aria-invalid="true"[^>]*>', page)
    assert len(marked) == 1 and f'id="{field}-5"' in marked[0] and 'aria-describedby="term-error-5"' in marked[0]
    assert "is-invalid" in marked[0] and page.count('id="term-error-5"') == 1


def test_two_wrong_lines_are_both_said_at_once(admin: Client) -> None:
    page = admin.post(
        "/desk/clocks/", form(("complaint", "roads", "x", "wd"), ("", "noise", "3", "wd"))
    ).content.decode()
    assert 'href="#amount-4"' in page and 'href="#nature-5"' in page and "2 things need a look" in page


def test_full_width_digits_are_digits(admin: Client) -> None:
    assert admin.post("/desk/clocks/", form(("complaint", "roads", "３", "wd"))).status_code == 302
    assert [one.amount for one in drafted()] == [3]


def test_the_way_of_a_paused_matter_says_which_term_it_took_over(admin: Client) -> None:
    case = started()
    services.pause_case(actor=handler(LEAD), case_id=case.case_id, reason="inspection", words="等检测", now=NOW)
    in_force((LocalTerm(nature="complaint", category="roads", amount=9, unit="cd"),), also_open=True)
    jobs.apply_clock_rules(actor=PROGRAM, now=NOW)
    page = admin.get(f"/desk/case/{case.case_id}/").content.decode()
    assert "Term changed from 5 working days to 9 calendar days (version 1 of the district" in page
    chinese = admin.get(f"/desk/case/{case.case_id}/", headers={"accept-language": "zh-hans"}).content.decode()
    assert "时限由 5 个工作日改为 9 日（本区时限第 1 版），恢复计时时再计算" in chinese


def test_others_see_the_terms_and_change_nothing(db: None) -> None:
    window = _signed_in("window", "330205-centre")
    page = window.get("/desk/clocks/").content.decode()
    assert "What holds for matters that come in today" in page and "Keep it and see" not in page
    assert window.get("/desk/clocks/preview/").status_code == 403
    assert window.post("/desk/clocks/", form(("complaint", "roads", "9", "wd"))).status_code == 403
    assert window.get("/desk/clocks/enforce/").status_code == 302


# helpers' own dates --------------------------------------------------------------------------------------------------


def helped(sub_due: datetime) -> services.Opened:
    case = opened()
    services.dispatch_case(
        actor=clerk(),
        case_id=case.case_id,
        lead_code=LEAD,
        helper_codes=(HELPER,),
        nature="complaint",
        sub_due=sub_due,
        now=NOW,
    )
    services.start_task(actor=handler(LEAD), case_id=case.case_id, now=NOW)
    return case


def part(case_id: object) -> str:
    at = Task.objects.get(case_id=case_id, organisation_code=HELPER, ended_at=None).due_at
    return f"{timezone.localtime(at):%m-%d %H}" if at else ""


def test_a_helpers_date_stands_still_with_the_matters_clock() -> None:
    """Due on Thursday 5 March; paused from Wednesday to the next Wednesday: nobody is told, then it moves on with the matter."""
    case = helped(NOW + timedelta(days=3))
    before = due(case.case_id)
    services.pause_case(
        actor=handler(LEAD), case_id=case.case_id, reason="weather", words="台风", now=NOW + timedelta(days=2)
    )
    assert services.escalate_parts(actor=PROGRAM, now=NOW + timedelta(days=6)) == 0
    assert not [one for one in queries.due_dates(handler(HELPER)) if one.case_id == case.case_id]
    services.resume_case(actor=handler(LEAD), case_id=case.case_id, now=NOW + timedelta(days=9))
    moved = Case.objects.get(id=case.case_id)
    assert part(case.case_id) > "03-11" and due(case.case_id) > before
    task = Task.objects.get(case_id=case.case_id, organisation_code=HELPER)
    assert task.due_at is not None and moved.due_at is not None and task.due_at <= moved.due_at
    assert queries.working_days().is_working(timezone.localdate(task.due_at))
    assert told(case.case_id, "parts-due-moved")["cause"] == "resumed"
    assert services.escalate_parts(actor=PROGRAM, now=NOW + timedelta(days=9)) == 0


def test_what_had_passed_before_the_pause_stays_passed() -> None:
    case = helped(NOW + timedelta(days=1))
    services.pause_case(
        actor=handler(LEAD), case_id=case.case_id, reason="weather", words="台风", now=NOW + timedelta(days=2)
    )
    passed = part(case.case_id)
    services.resume_case(actor=handler(LEAD), case_id=case.case_id, now=NOW + timedelta(days=4))
    assert part(case.case_id) == passed
    assert services.escalate_parts(actor=PROGRAM, now=NOW + timedelta(days=4)) == 1


def test_a_shorter_term_takes_helpers_dates_along_and_a_longer_one_leaves_them() -> None:
    near, far = helped(NOW + timedelta(days=1)), helped(NOW + timedelta(days=4))
    in_force(SHORT, also_open=True)
    jobs.apply_clock_rules(actor=PROGRAM, now=NOW)
    assert part(far.case_id) == due(far.case_id) == "03-05 00" and part(near.case_id) == "03-03 17"
    assert told(far.case_id, "parts-due-moved")["cause"] == "earlier"
    in_force(LONG_ROADS, also_open=True)
    jobs.apply_clock_rules(actor=PROGRAM, now=NOW)
    assert due(far.case_id) == "03-14 00" and part(far.case_id) == "03-05 00"


def test_a_term_that_shrank_during_a_pause_takes_helpers_dates_along() -> None:
    case = helped(NOW + timedelta(days=4))
    services.pause_case(actor=handler(LEAD), case_id=case.case_id, reason="weather", words="台风", now=NOW)
    in_force(SHORT, also_open=True)
    jobs.apply_clock_rules(actor=PROGRAM, now=NOW)
    services.resume_case(actor=handler(LEAD), case_id=case.case_id, now=NOW + timedelta(hours=1))
    assert part(case.case_id) == due(case.case_id)


# two administrators --------------------------------------------------------------------------------------------------


def basis(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]*)"', page)
    assert found is not None
    return found[1]


def drafted() -> tuple[LocalTerm, ...]:
    card = queries.clock_draft()
    return card.terms if card else ()


def test_a_draft_that_was_not_seen_is_neither_overwritten_nor_dropped() -> None:
    services.draft_clock_rules(actor=PROGRAM, terms=SHORT, seen="", now=NOW)
    first = queries.clock_basis()
    services.draft_clock_rules(actor=PROGRAM, terms=LONG_ROADS, seen=first, now=NOW)
    for seen in ("", first):
        with pytest.raises(Refused) as refused:
            services.draft_clock_rules(actor=PROGRAM, terms=(*SHORT, *LONG_ROADS), seen=seen, now=NOW)
        assert refused.value.code == "clock-draft-changed" and drafted() == LONG_ROADS
    with pytest.raises(Refused):
        services.drop_clock_draft(actor=PROGRAM, seen=first, now=NOW)
    assert drafted() == LONG_ROADS
    services.drop_clock_draft(actor=PROGRAM, seen=queries.clock_basis(), now=NOW)
    assert drafted() == ()


def test_a_version_that_was_not_seen_is_not_written_over() -> None:
    in_force(SHORT)
    with pytest.raises(Refused):
        services.draft_clock_rules(actor=PROGRAM, terms=LONG_ROADS, seen="", now=NOW)
    services.draft_clock_rules(actor=PROGRAM, terms=LONG_ROADS, seen=queries.clock_basis(), now=NOW)


def test_the_same_draft_sent_twice_is_written_once() -> None:
    twice = [services.draft_clock_rules(actor=PROGRAM, terms=SHORT, seen="", now=NOW) for _ in range(2)]
    assert twice[0] == twice[1]
    assert len([one for one in ledger.history("clock-rules:1") if one.kind == "casework.clock-rules-drafted"]) == 1


def test_two_tabs_both_keep_what_was_typed(admin: Client) -> None:
    stale = basis(admin.get("/desk/clocks/").content.decode())
    assert admin.post("/desk/clocks/", {"seen": stale, **form(("help", "roads", "8", "wd"))}).status_code == 302
    answer = admin.post("/desk/clocks/", {"seen": stale, **form(("enquiry", "noise", "3", "wd"))})
    page = answer.content.decode()
    assert answer.status_code == 409 and "A colleague changed the draft" in page
    assert "8 working days" in page and "岗位" in page, "what the colleague wrote, and which post"
    assert 'value="3"' in page and [one.amount for one in drafted()] == [8]
    mine = {"seen": basis(page), **form(("enquiry", "noise", "3", "wd"))}
    assert admin.post("/desk/clocks/", mine).status_code == 302
    assert [one.amount for one in drafted()] == [3], "who saw it may replace it"
    dropping = admin.post("/desk/clocks/", {"seen": basis(page), "step": "drop"})
    assert dropping.status_code == 409 and [one.amount for one in drafted()] == [3]


def test_going_back_asks_before_it_replaces_a_draft(admin: Client) -> None:
    in_force(SHORT)
    in_force(LONG_ROADS)
    services.draft_clock_rules(actor=PROGRAM, terms=(*SHORT, *LONG_ROADS), now=NOW)
    answer = admin.post("/desk/clocks/back/1/")
    page = answer.content.decode()
    assert answer.status_code == 409 and "Replace it by version 1" in page and len(drafted()) == 2
    assert admin.post("/desk/clocks/back/1/", {"seen": basis(page)}).status_code == 302
    assert drafted() == SHORT
    again = admin.post("/desk/clocks/back/0/", {"seen": basis(page)})
    assert again.status_code == 409 and drafted() == SHORT, "it is another draft by now"


def test_who_enforces_second_is_told_and_keeps_the_reason(admin: Client) -> None:
    admin.post("/desk/clocks/", form(("complaint", "roads", "9", "wd")))
    draft = queries.clock_draft()
    assert draft is not None
    given = {"seen": draft.digest, "from_date": timezone.localdate().isoformat()}
    assert admin.post("/desk/clocks/enforce/", {**given, "words": "试行一季度"}).status_code == 302
    late = admin.post("/desk/clocks/enforce/", {**given, "words": "<按街道意见>"})
    page = late.content.decode()
    assert late.status_code == 409 and "There is no draft any more" in page
    assert "&lt;按街道意见&gt;" in page and 'href="#versions"' in page and "试行一季度" in page
