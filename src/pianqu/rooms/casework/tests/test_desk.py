"""The desk: lists in two orders, kept lists, taking in by telephone, one shift handing over to the next."""

import re
import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.models import Account
from pianqu.kernels import checkcode
from pianqu.rooms.casework import queries, rules, services
from pianqu.rooms.casework.models import Case, Handover, SavedFilter
from pianqu.rooms.casework.queries import CaseFilter
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    HELPER,
    LEAD,
    NOW,
    OTHER_COMMUNITY,
    brought_to,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    post_of,
    resident,
)
from pianqu.rooms.casework.tests.test_views import official
from pianqu.rooms.ledger.models import Entry

pytestmark = pytest.mark.django_db


def ids(**wanted: object) -> list[uuid.UUID]:
    return [row.case_id for row in queries.cases_for(clerk(), filters=CaseFilter(**wanted), now=NOW).rows]  # type: ignore[arg-type]


# lists ---------------------------------------------------------------------------------------------------------------


def test_rows_are_drawn_anew_for_each_language_and_as_soon_as_they_say_something_else() -> None:
    case, staff = opened(words="井盖松动").case_id, official("330205-centre")
    zh, en = ({"accept-language": language} for language in ("zh-hans", "en"))
    for _turn in range(2):
        assert "待受理" in staff.get("/desk/", headers=zh).text and "Waiting" in staff.get("/desk/", headers=en).text
    Case.objects.filter(id=case).update(words="路灯坏了")
    after = staff.get("/desk/", headers=zh).text
    assert "路灯坏了" in after and "井盖松动" not in after


def test_giving_a_matter_to_an_organisation_takes_at_most_fifteen_statements() -> None:
    case, again = opened().case_id, dispatched().case_id
    services.return_task(actor=handler(), case_id=again, article="第 7 项", words="不归我局", now=NOW)
    for one, nature, most in ((case, "complaint", 17), (again, "", 15)):  # the first is accepted in the same act
        with CaptureQueriesContext(connection) as seen:
            services.dispatch_case(actor=clerk(), case_id=one, lead_code=LEAD, nature=nature, now=NOW)
        assert len(seen) <= most


def test_what_is_due_first_comes_first_and_pages_leave_no_gap() -> None:
    made = [opened(now=NOW + timedelta(minutes=90 * n)).case_id for n in range(9)]
    made += [dispatched(now=NOW - timedelta(days=n)).case_id for n in (1, 2)]
    brought_to("closed"), brought_to("paused")
    due = dict(Case.objects.filter(id__in=made).values_list("id", "due_at"))
    got, token = [], ""
    while True:
        page = queries.cases_for(clerk(), filters=CaseFilter(order=queries.DUE), page=token, size=3)
        got += [row.case_id for row in page.rows]
        if not page.has_next:
            break
        token = page.next_page
    assert got == sorted(made, key=lambda case: (due[case], case)) and page.total == len(made)


def test_a_list_is_narrowed_by_period_and_by_who_has_it() -> None:
    old = opened(now=NOW - timedelta(days=3)).case_id
    new = dispatched(helpers=(HELPER,)).case_id
    day = timezone.localdate(NOW)
    assert ids(since=day) == [new] and ids(until=day - timedelta(days=1)) == [old]
    assert set(ids(since=day - timedelta(days=3), until=day)) == {old, new}
    assert ids(party=LEAD) == [new] == ids(party=HELPER) and ids(party="330205-nobody") == []


@pytest.mark.parametrize("wanted", [{"order": "due"}, {"party": LEAD}, {"since": NOW.date(), "until": NOW.date()}])
def test_a_narrowed_list_takes_two_statements(wanted: dict[str, object]) -> None:
    for _number in range(5):
        opened()
    with CaptureQueriesContext(connection) as seen:
        queries.cases_for(clerk(), filters=CaseFilter(**wanted))  # type: ignore[arg-type]
    assert len(seen) == 2


@pytest.mark.parametrize(
    "asked",
    [
        "order=due",
        "order=nothing",
        "since=2026-02-30",
        "since=0001-01-01&until=9999-12-31",
        "party=%00&place=%00&category=%00&state=%00&q=%00",
        "queue=mine",
    ],
)
def test_the_list_takes_whatever_a_link_carries(asked: str) -> None:
    window = official(rules.centre_code())
    opened(now=timezone.now())
    assert window.get(f"/desk/?{asked}").status_code == 200


# kept lists ----------------------------------------------------------------------------------------------------------


def test_a_post_keeps_a_list_and_nobody_else_sees_it() -> None:
    kept = services.save_filter(actor=clerk(), name=" 水的事 ", query="category=water", now=NOW)
    services.save_filter(actor=clerk(), name="水的事", query="category=water&order=due", now=NOW)
    assert [(f.name, f.query) for f in queries.filters_of(clerk())] == [("水的事", "category=water&order=due")]
    assert queries.filters_of(handler()) == ()
    with pytest.raises(Absent):
        services.drop_filter(actor=handler(), filter_id=kept, now=NOW)
    services.drop_filter(actor=clerk(), filter_id=kept, now=NOW)
    assert queries.filters_of(clerk()) == ()
    kinds = list(
        Entry.objects.filter(subject=f"post:{clerk().post_id}").order_by("counter").values_list("kind", flat=True)
    )
    assert kinds == ["casework.filter-saved", "casework.filter-saved", "casework.filter-dropped"]


@pytest.mark.parametrize(("name", "query"), [("", "q=x"), ("  ", "q=x"), ("水", ""), ("水", "q=" + "x" * 300)])
def test_a_list_needs_a_name_and_a_filter(name: str, query: str) -> None:
    with pytest.raises(Invalid):
        services.save_filter(actor=clerk(), name=name, query=query, now=NOW)
    assert not SavedFilter.objects.exists()


def test_twelve_lists_are_enough() -> None:
    for number in range(12):
        services.save_filter(actor=clerk(), name=f"第{number}个", query="q=x", now=NOW)
    with pytest.raises(Invalid) as refused:
        services.save_filter(actor=clerk(), name="再一个", query="q=x", now=NOW)
    assert refused.value.code == "filter-many"
    services.save_filter(actor=clerk(), name="第3个", query="q=y", now=NOW)


def test_the_page_keeps_what_it_shows_and_drops_it() -> None:
    window = official(rules.centre_code())
    answer = window.post("/desk/keep/?category=water&evil=1", {"name": "水"})
    assert answer.status_code == 302
    shown = window.get("/desk/?category=water").content.decode()
    kept = SavedFilter.objects.get()
    assert kept.query == "category=water" and "<bdi>水</bdi>" in shown
    assert window.post("/desk/keep/?category=water", {"name": ""}).status_code == 422
    window.post("/desk/keep/", {"drop": str(kept.id)})
    assert not SavedFilter.objects.exists()
    assert window.post("/desk/keep/", {"drop": "nonsense"}).status_code == 404


# taking in -----------------------------------------------------------------------------------------------------------


def form(**changes: str) -> dict[str, str]:
    page = {"key": "a-key-of-one-form-0001", "channel": "phone", "words": "楼道灯不亮", "category": "property"}
    return {**page, "community": COMMUNITY, "contact": "13805744406", **changes}


def test_a_caller_gets_a_code_and_the_slip_opens_the_matter(client: Client) -> None:
    window = official(rules.centre_code())
    answer = window.post("/desk/intake/", form())
    case = Case.objects.get()
    page = answer.content.decode()
    assert answer.status_code == 200 and checkcode.show(case.code) in page
    assert (case.channel, case.place_code, case.state) == ("phone", COMMUNITY, "opened")
    link = re.search(rf"/case/{checkcode.show(case.code)}/\?s=[\w-]+", _unquoted(page))
    assert link is None
    answer = window.post("/desk/intake/", form())
    assert answer.status_code == 200 and Case.objects.count() == 1
    found = client.post("/follow/", {"code": case.code, "proof": "4406"})
    assert found.status_code == 302


def _unquoted(page: str) -> str:
    return page.replace("&amp;", "&")


def test_the_slips_picture_is_the_private_link(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    from pianqu.rooms.casework.views import shown

    monkeypatch.setattr(shown, "link_picture", lambda url: drawn.append(url) or "")
    official(rules.centre_code()).post("/desk/intake/", form())
    case = Case.objects.get()
    secret = drawn[0].partition("?s=")[2]
    found = queries.follow(case.code, receipt_secret=secret, address="x", now=timezone.now())
    assert found.case_id == case.id and drawn[0].startswith("http://testserver/case/")


def test_an_answer_given_at_once_resolves_in_the_same_moment() -> None:
    window = official(rules.centre_code())
    assert window.post("/desk/intake/", form(reply="周一到周五都开。", category="services")).status_code == 200
    case = Case.objects.get()
    assert (case.state, case.reply) == ("resolved", "周一到周五都开。")
    assert window.post("/desk/intake/", form(reply="周一到周五都开。", category="services")).status_code == 200
    assert Entry.objects.filter(subject=f"case:{case.id}").count() == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"words": " "}, "words"),
        ({"category": ""}, "category"),
        ({"contact": "12"}, "contact"),
        ({"community": "330205999999"}, "place"),
        ({"reply": "长" * 5001}, "reply"),
    ],
)
def test_what_is_wrong_is_said_and_everything_typed_is_kept(wrong: dict[str, str], field: str) -> None:
    answer = official(rules.centre_code()).post("/desk/intake/", form(landmark="三号楼旁", **wrong))
    page = answer.content.decode()
    assert answer.status_code == 422 and f'href="#{field}"' in page and "三号楼旁" in page
    assert not Case.objects.exists()


def test_only_officials_take_in() -> None:
    place = services.PlaceChoice(source="none")
    with pytest.raises(Forbidden):
        services.take_in(
            actor=resident(),
            channel="phone",
            words="x",
            category="roads",
            place=place,
            idempotency_key="k" * 16,
            now=NOW,
        )
    assert Client().post("/desk/intake/", form()).status_code == 302


def test_earlier_matters_are_found_by_code_or_by_kind_and_place_never_by_person() -> None:
    same = opened(category="water", now=NOW - timedelta(days=2))
    opened(category="water", place=services.PlaceChoice(community_code=OTHER_COMMUNITY, source="community"))
    opened(category="water", now=NOW - timedelta(days=40))
    near = queries.earlier(clerk(), code="", place_code=COMMUNITY, category="water", now=NOW)
    assert [row.case_id for row in near] == [same.case_id]
    by_code = queries.earlier(clerk(), code=f" {same.case_code.lower()} ", place_code="", category="", now=NOW)
    assert [row.case_id for row in by_code] == [same.case_id]
    assert queries.earlier(clerk(), code="13805744406", place_code="", category="", now=NOW) == ()
    assert queries.earlier(handler("330205-civil"), code=same.case_code, place_code="", category="", now=NOW) == ()


def test_the_part_with_earlier_matters_answers(settings: object) -> None:
    window = official(rules.centre_code())
    case = opened(now=timezone.now())
    assert window.get("/desk/intake/earlier/?community=%00&category=%00&code=%00").status_code == 200
    page = window.get(f"/desk/intake/earlier/?code={case.case_code}").content.decode()
    assert checkcode.show(case.case_code) in page
    looked = window.post("/desk/intake/", form(look="1", code=case.case_code)).content.decode()
    assert checkcode.show(case.case_code) in looked and "楼道灯不亮" in looked and Case.objects.count() == 1


# shifts --------------------------------------------------------------------------------------------------------------


def on_shift(name: str) -> Actor:
    """Somebody at the centre with an account of their own."""
    account, _made = Account.objects.get_or_create(
        login=name, defaults={"id": uuid.uuid5(uuid.NAMESPACE_URL, name), "name": name, "password": "!"}
    )
    return Actor(kind="post", account_id=str(account.id), post_id=post_of(name), organisation_code=rules.centre_code())


def test_a_shift_is_handed_over_once_and_taken_over_by_somebody_else() -> None:
    brought_to("opened"), brought_to("in_progress"), brought_to("paused"), brought_to("resolved"), brought_to("closed")
    later = NOW + timedelta(days=20)
    left = services.hand_over_shift(actor=on_shift("early"), words="留意水的事", now=later)
    row = Handover.objects.get()
    assert (row.waiting, row.handled, row.overdue, row.answered) == (1, 2, 2, 1)
    with pytest.raises(Refused, match="还没有人接班"):
        services.hand_over_shift(actor=on_shift("early"), words="", now=later)
    with pytest.raises(Refused, match="下一班"):
        services.take_over_shift(actor=on_shift("early"), handover_id=left, now=later)
    with pytest.raises(Absent):
        services.take_over_shift(actor=handler(), handover_id=left, now=later)
    services.take_over_shift(actor=on_shift("late"), handover_id=left, now=later + timedelta(minutes=5))
    with pytest.raises(Refused, match="已经接班"):
        services.take_over_shift(actor=on_shift("late"), handover_id=left, now=later)
    card = queries.handovers(on_shift("late"))[0]
    assert (card.by, card.taken_by, card.words) == ("early", "late", "留意水的事")
    assert queries.handovers(handler()) == ()
    kinds = Entry.objects.filter(subject=f"shift:{left}").order_by("counter").values_list("kind", flat=True)
    assert list(kinds) == ["casework.shift-handed-over", "casework.shift-taken-over"]


def test_the_shift_page_shows_what_is_due_first_in_few_statements() -> None:
    window = official(rules.centre_code())
    for _number in range(3):
        opened(now=timezone.now())
    window.get("/desk/shift/")  # what a process knows for a few seconds it knows from here on
    with CaptureQueriesContext(connection) as seen:
        page = window.get("/desk/shift/").content.decode()
    few = len(seen)
    for _number in range(20):
        opened(now=timezone.now())
    with CaptureQueriesContext(connection) as seen:
        assert window.get("/desk/shift/").status_code == 200
    assert len(seen) == few and "先到期的" in page
    assert window.post("/desk/shift/", {"words": "看好二号件"}).status_code == 302
    again = window.post("/desk/shift/", {"words": "再来一次"})
    assert again.status_code == 409 and "看好二号件" in again.content.decode()
    own = Handover.objects.get()
    assert window.post(f"/desk/shift/{own.id}/").status_code == 409


def test_what_sounds_dangerous_stands_out_before_anybody_opens_it() -> None:
    quiet, window = opened().case_id, official(rules.centre_code())
    case = opened(words="楼道里煤气泄漏味道很大，赶紧来人").case_id
    page = window.get("/desk/", headers={"Accept-Language": "zh"}).content.decode()
    assert page.count("badge bg-red-lt") == 1, "one row of two is marked"
    assert ids(queue="danger") == [case] and queries.standing_for(clerk(), now=NOW).danger == 1
    services.extend_case(actor=resident(), case_id=quiet, words="现在冒烟了", now=NOW)
    assert set(ids(queue="danger")) == {case, quiet}, "what is added can raise it too"
    services.extend_case(actor=resident(), case_id=case, words="没事了", now=NOW)
    assert set(ids(queue="danger")) == {case, quiet}, "and never lowers it"


def test_who_reads_it_and_says_that_it_is_no_emergency_takes_the_mark_away() -> None:
    case = opened(words="楼下着火了").case_id
    urgent = opened(words="楼上着火了").case_id
    services.accept_case(actor=clerk(), case_id=case, nature="complaint", now=NOW)
    services.accept_case(actor=clerk(), case_id=urgent, nature="urgent", now=NOW)
    assert ids(queue="danger") == [urgent]
    services.resolve_case(actor=clerk(), case_id=urgent, reply="已扑灭。", now=NOW)
    assert ids(queue="danger") == []


def test_what_another_system_claims_of_earlier_days_raises_no_alarm() -> None:
    claim = services.Claim(happened_at=NOW - timedelta(days=400), imported_from="old", imported_id="1")
    opened(actor=importer(), words="着火了", claim=claim)
    assert ids(queue="danger") == []
