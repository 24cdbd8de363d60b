"""The desk's acts over HTTP: done, refused with everything kept, and not offered to who may not."""

import uuid

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.rooms.casework import rules, services
from pianqu.rooms.casework.models import Case, Clock, Task
from pianqu.rooms.casework.tests.builders import HELPER, LEAD, checker, clerk, handler, resident
from pianqu.rooms.casework.tests.test_views import case_path, now_opened, official

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def window() -> Client:
    return official(rules.centre_code())


@pytest.fixture
def bureau() -> Client:
    return official(LEAD)


def page(case: services.Opened) -> str:
    return f"/desk/case/{case.case_id}/"


def act(client: Client, case: services.Opened, name: str, **typed: str | list[str]) -> tuple[int, str]:
    answer = client.post(f"{page(case)}act/{name}/", typed, headers=ENGLISH)
    return answer.status_code, answer.content.decode()


def state(case: services.Opened) -> str:
    return Case.objects.get(id=case.case_id).state


def given(**changes: object) -> services.Opened:
    case = now_opened(**changes)
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=LEAD, nature="complaint", now=timezone.now())
    return case


def test_from_the_window_to_a_bureau_and_back_with_an_answer(window: Client, bureau: Client) -> None:
    case = now_opened()
    typed = {"nature": "complaint", "lead": LEAD, "helpers": [HELPER], "words": "请现场查看"}
    assert act(window, case, "dispatch", **typed)[0] == 302
    assert state(case) == "dispatched" and Task.objects.filter(case=case.case_id).count() == 2
    seen = bureau.get(page(case), headers=ENGLISH).content.decode()
    assert "请现场查看" in seen and "/act/start/" in seen and "/act/return/" in seen and "/act/dispatch/" not in seen
    assert act(bureau, case, "start")[0] == 302
    status, text = act(bureau, case, "pause", reason="inspection", words="")
    assert status == 422 and "Please say why, or what was done" in text
    assert act(bureau, case, "pause", reason="inspection", words="送检")[0] == 302
    assert "The clock stands still" in bureau.get(page(case), headers=ENGLISH).content.decode()
    assert act(bureau, case, "resume")[0] == 302
    answer = bureau.post(f"{page(case)}resolve/", {"reply": "修好了"}, headers=ENGLISH)
    assert answer.status_code == 409 and "have not done their part" in answer.content.decode()
    assert "修好了" in answer.content.decode(), "what was typed is kept"
    helper = official(HELPER)
    assert act(helper, case, "finish", words="查过了")[0] == 302
    assert bureau.post(f"{page(case)}resolve/", {"reply": "修好了"}).status_code == 302
    assert state(case) == "resolved"


def test_who_leads_is_not_asked_to_help_as_well(window: Client) -> None:
    """A rule had ticked it among the helpers; then it was chosen to lead."""
    case = now_opened()
    assert act(window, case, "dispatch", nature="complaint", lead=LEAD, helpers=["", LEAD, HELPER])[0] == 302
    given = Task.objects.filter(case=case.case_id).values_list("organisation_code", "role")
    assert sorted(given) == sorted([(LEAD, "lead"), (HELPER, "helper")])


def test_what_is_refused_keeps_what_was_typed(window: Client, bureau: Client) -> None:
    case = given()
    status, text = act(bureau, case, "return", article="", words="应由别的局办")
    assert status == 422 and "Please name the item" in text and "应由别的局办" in text
    assert act(bureau, case, "return", article="第 3 项", words="应由别的局办")[0] == 302
    status, text = act(window, case, "dispatch", lead="", nature="help", words="再看看")
    assert status == 422 and "Please choose organisations" in text and "再看看" in text
    status, text = act(bureau, case, "start")
    assert status == 404, "who gave it back does not see it any more"


def test_a_later_colleague_sees_the_earlier_change_and_keeps_the_words(bureau: Client) -> None:
    case = given()
    services.withdraw_case(actor=clerk(), case_id=case.case_id, now=timezone.now())
    status, text = act(bureau, case, "return", article="第 3 项", words="不归我局")
    assert status == 403 and "no part in this matter" in text and "不归我局" in text


def test_an_unknown_act_or_a_look_at_it_is_no_page(window: Client) -> None:
    case = now_opened()
    assert act(window, case, "sell")[0] == 404
    assert window.get(f"{page(case)}act/start/")["Location"] == page(case)
    assert Client().post(f"{page(case)}act/accept/", {"nature": "help"}).status_code == 302
    assert state(case) == "opened"
    assert window.post(f"/desk/case/{uuid.uuid4()}/act/accept/", {"nature": "help"}).status_code == 404


def test_the_clock_explains_itself_to_those_who_see_the_case(window: Client, bureau: Client) -> None:
    case = now_opened()
    assert bureau.get(f"{page(case)}clock/").status_code == 404
    first = window.get(f"{page(case)}clock/", headers=ENGLISH).content.decode()
    assert "1 working day" in first and "The first day does not count" in first
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=LEAD, nature="urgent", now=timezone.now())
    hours = bureau.get(f"{page(case)}clock/", headers=ENGLISH).content.decode()
    assert "4 hours" in hours and "day and night" in hours
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了", now=timezone.now())
    assert "No clock runs" in window.get(f"{page(case)}clock/", headers=ENGLISH).content.decode()


def test_queues_hold_what_their_names_say(window: Client, bureau: Client) -> None:
    fresh, mine, late = now_opened(words="新来的"), given(words="派出的"), given(words="过期的")
    Case.objects.filter(id=late.case_id).update(due_at=timezone.now())
    Clock.objects.filter(case=late.case_id).update(due_at=timezone.now())

    def listed(client: Client, queue: str) -> set[str]:
        text = client.get(f"/desk/?queue={queue}").content.decode()
        return {word for word in ("新来的", "派出的", "过期的") if word in text}

    assert listed(window, "unassigned") == {"新来的"}
    assert listed(bureau, "mine") == {"派出的", "过期的"} == listed(bureau, "")
    assert listed(window, "overdue") == {"过期的"}
    services.object_to_dispatch(
        actor=handler(LEAD), case_id=mine.case_id, article="3", words="不归", now=timezone.now()
    )
    assert listed(window, "asked") == {"派出的"}
    services.resolve_case(actor=clerk(), case_id=fresh.case_id, reply="好", now=timezone.now())
    assert listed(window, "answered") == {"新来的"}


def test_a_queue_and_the_list_of_call_backs_do_not_share_a_name(window: Client) -> None:
    case = now_opened()
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好", now=timezone.now())
    for language, name, calls in (
        ("zh-hans", "已答复待评价", "待回访"),
        ("en", "Answered, to be rated", "To be called"),
    ):
        headers = {"accept-language": language}
        side = window.get("/desk/?queue=answered", headers=headers).content.decode().split("<main")[1]
        assert name in side and "待回访" not in side
        listed = window.get("/desk/callbacks/", headers=headers).content.decode()
        assert calls in listed and name not in listed


def test_the_reporter_rates_and_reopens(client: Client) -> None:
    case = now_opened()
    client.get(f"{case_path(case)}?s={case.receipt_secret}")
    assert client.post(f"{case_path(case)}rate/", {"score": "5"}, headers=ENGLISH).status_code == 409
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了", now=timezone.now())
    shown = client.get(case_path(case), headers=ENGLISH).content.decode()
    assert "Was that settled?" in shown and "It is not settled" in shown
    assert client.post(f"{case_path(case)}rate/", {}, headers=ENGLISH).status_code == 422
    assert client.post(f"{case_path(case)}rate/", {"score": "3"}).status_code == 302
    assert (state(case), Case.objects.get(id=case.case_id).score) == ("rated", 3)
    empty = client.post(f"{case_path(case)}reopen/", {"words": " "}, headers=ENGLISH)
    assert empty.status_code == 422 and state(case) == "rated"
    assert client.post(f"{case_path(case)}reopen/", {"words": "灯还是不亮"}).status_code == 302
    assert state(case) == "reopened"
    assert "灯还是不亮" in client.get(case_path(case)).content.decode()
    assert Client().post(f"{case_path(case)}rate/", {"score": "5"}).status_code == 302, (
        "a stranger is asked for the proof"
    )


def test_inner_words_are_not_the_reporters_to_read(client: Client) -> None:
    case = given()
    services.join_case(actor=checker(), case_id=case.case_id, helper_code=HELPER, words="内部话", now=timezone.now())
    client.get(f"{case_path(case)}?s={case.receipt_secret}")
    assert "内部话" not in client.get(case_path(case)).content.decode()
    assert "内部话" in official(rules.centre_code()).get(page(case)).content.decode()


def test_parts_of_a_matter_end_and_live_with_it() -> None:
    case = given()
    parts = Task.objects.filter(case=case.case_id)
    services.start_task(actor=handler(LEAD), case_id=case.case_id, now=timezone.now())
    services.resolve_case(actor=handler(LEAD), case_id=case.case_id, reply="修好了", now=timezone.now())
    assert set(parts.values_list("case_ended", flat=True)) == {False}
    services.close_case(actor=clerk(), case_id=case.case_id, now=timezone.now())
    assert set(parts.values_list("case_ended", flat=True)) == {True}
    services.reopen_case(actor=clerk(), case_id=case.case_id, words="又坏了", now=timezone.now())
    assert set(parts.values_list("case_ended", flat=True)) == {False}
    services.withdraw_case(actor=resident(), case_id=case.case_id, now=timezone.now())
    assert set(parts.values_list("case_ended", flat=True)) == {True}
