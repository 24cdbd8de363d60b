"""“Is it one of these?” on the report form, and who joined on the desk."""

import re
from typing import Any

import pytest
from django.test import Client

from pianqu.rooms.casework import jobs, queries, rules, services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.casework.services.likening import keep_likeness
from pianqu.rooms.casework.tests import builders
from pianqu.rooms.casework.tests.builders import COMMUNITY, NOW, clerk, handler, importer, resident
from pianqu.rooms.casework.tests.test_joining import _copy
from pianqu.rooms.casework.tests.test_platforms import official

FORM = {"words": "桥头路灯坏了三天，晚上好黑", "category": "roads", "community": COMMUNITY, "key": "k" * 22}


def opened(**changes: Any) -> services.Opened:
    """A matter that came in, and that the worker made to be found."""
    found = builders.opened(**changes)
    keep_likeness()
    return found


@pytest.fixture
def page() -> Client:
    return Client(headers={"accept-language": "en"})


def offer_in(body: str) -> str:
    found = re.search(r'name="join" value="([^"]+)"', body)
    assert found
    return found[1]


def test_a_step_between_asks_and_shows_no_word_of_another(page: Client) -> None:
    other = opened()
    answer = page.post("/report/", FORM)
    body = answer.content.decode()
    assert answer.status_code == 200 and "Is it one of these?" in body and FORM["words"] in body
    assert "很黑" not in body and other.case_code not in body and str(other.case_id) not in body
    assert Case.objects.count() == 1


def test_joining_gives_a_receipt_of_its_own(page: Client) -> None:
    other = opened()
    token = offer_in(page.post("/report/", FORM).content.decode())
    answer = page.post("/report/", {**FORM, "join": token}, follow=True)
    assert answer.status_code == 200 and "You joined a matter" in answer.content.decode()
    child = Case.objects.exclude(id=other.case_id).get()
    assert child.parent_id == other.case_id and child.words == FORM["words"]


def test_none_of_these_is_an_own_matter(page: Client) -> None:
    opened()
    assert page.post("/report/", {**FORM, "alone": "1"}).status_code == 302
    assert Case.objects.filter(parent=None).count() == 2


def test_back_to_what_was_written(page: Client) -> None:
    opened()
    body = page.post("/report/", {**FORM, "change": "1"}).content.decode()
    assert FORM["words"] in body and 'name="words"' in body


def test_what_ended_meanwhile_is_said_and_nothing_is_lost(page: Client) -> None:
    other = opened()
    token = offer_in(page.post("/report/", FORM).content.decode())
    services.resolve_case(actor=clerk(), case_id=other.case_id, reply="灯已换好。", now=NOW)
    answer = page.post("/report/", {**FORM, "join": token}, follow=True)
    assert "had been answered or ended meanwhile" in answer.content.decode()
    assert Case.objects.exclude(id=other.case_id).get().words == FORM["words"]


@pytest.mark.parametrize("token", ["x", "A" * 500, "87344b02-6fc4-4514-a20d-f76f730d9a06"])
def test_a_made_up_proposal_is_refused_and_the_form_is_kept(page: Client, token: str) -> None:
    answer = page.post("/report/", {**FORM, "join": token})
    assert answer.status_code == 422 and FORM["words"] in answer.content.decode()
    assert not Case.objects.exists()


def test_the_part_of_the_form(page: Client) -> None:
    assert "Is it one of these?" not in page.post("/report/alike/", FORM).content.decode()
    opened()
    body = page.post("/report/alike/", FORM).content.decode()
    assert "Is it one of these?" in body and "很黑" not in body
    assert page.post("/report/alike/", {**FORM, "lon": "x", "lat": "y"}).status_code == 200
    assert page.get("/report/alike/").status_code == 405


def test_a_public_title_is_shown(page: Client) -> None:
    case = opened()
    services.release_title(actor=clerk(), case_id=case.case_id, title="桥头路灯不亮", now=NOW)
    assert "桥头路灯不亮" in page.post("/report/", FORM).content.decode()


def test_a_reporter_reads_of_others_from_five_on(page: Client) -> None:
    parent = opened()
    for number in range(4):
        services.join_report(
            actor=resident(),
            parent_id=parent.case_id,
            words=f"路灯不亮{number}",
            category="roads",
            place=services.PlaceChoice(community_code=COMMUNITY, source="community"),
            now=NOW,
        )
    assert queries.alike_to(queries.ReportedWords(words=FORM["words"], category="roads"), now=NOW)[0].joined == 0


@pytest.fixture
def window() -> Client:
    return official(rules.centre_code())


def test_the_desk_shows_candidates_joins_and_splits(window: Client) -> None:
    first, second = opened(), opened(words="路灯坏了三天没人修")
    part = window.get(f"/desk/case/{second.case_id}/joined/?part=1").content.decode()
    assert str(first.case_id) in part and "路灯坏了三天" in part
    code = queries.case_head(first.case_id).code
    assert window.post(f"/desk/case/{second.case_id}/act/link/", {"code": code}).status_code == 302
    body = window.get(f"/desk/case/{first.case_id}/joined/").content.decode()
    assert str(second.case_id) in body and "没人修" in body
    assert window.post(f"/desk/case/{second.case_id}/act/unlink/").status_code == 302
    assert Case.objects.get(id=second.case_id).parent_id is None


def test_many_are_counted_with_thin_spaces(window: Client) -> None:
    first, second = opened(), opened(words="路灯坏了三天没人修")
    services.link_case(actor=clerk(), case_id=second.case_id, parent_code=first.case_code, now=NOW)
    template = Case.objects.get(id=second.case_id)
    Case.objects.bulk_create([_copy(template, number) for number in range(1_006)], batch_size=500)
    address = f"/desk/case/{first.case_id}/"
    for page in (address, f"{address}joined/", f"{address}joined/?part=1"):
        body = window.get(page).content.decode()
        alone = re.search(r"(?<![\w-])1007(?![\w-])", re.sub(r"<[^>]*>", " ", body))  # ids and codes are drawn
        assert "1\u2009007" in body and not alone, page


def test_a_page_has_one_main_button_to_dispatch(window: Client) -> None:
    body = window.get(f"/desk/case/{opened().case_id}/", headers={"accept-language": "en"}).content.decode()
    main = re.findall(r'class="btn btn-primary"[^>]*>\s*<svg(?:(?!</svg>).)*</svg>\s*Dispatch<', body, re.S)
    assert len(main) == 1 and 'class="btn btn-outline" href="#dispatch"' in body


def test_the_desk_answers_and_keeps_what_was_refused(window: Client) -> None:
    first, second = opened(), opened(words="路灯坏了三天没人修")
    services.link_case(actor=clerk(), case_id=second.case_id, parent_code=first.case_code, now=NOW)
    address = f"/desk/case/{first.case_id}/joined/"
    own = f"own-{second.case_id}"
    wrong = window.post(address, {"reply": "好" * 5_001, own: "单独说明"})
    assert wrong.status_code == 422 and "单独说明" in wrong.content.decode() and "好好好" in wrong.content.decode()
    assert window.post(address, {own: "单独说明", "own-x": "y"}).status_code == 302
    assert Case.objects.get(id=second.case_id).reply == "单独说明"


def test_two_colleagues_answer_at_once_and_nothing_is_lost(window: Client) -> None:
    first, second = opened(), opened(words="路灯坏了三天没人修")
    services.link_case(actor=clerk(), case_id=second.case_id, parent_code=first.case_code, now=NOW)
    address = f"/desk/case/{first.case_id}/joined/"
    assert 'name="reply"' in window.get(address).content.decode()
    assert window.post(address, {"reply": "路灯已经换好。"}).status_code == 302
    assert 'name="reply"' not in window.get(address).content.decode(), "the answer is on its way"
    late = window.post(address, {"reply": "我也写了一份答复。"})
    assert late.status_code == 409 and "我也写了一份答复。" in late.content.decode()


@pytest.mark.parametrize(("code", "status"), [("8K3F27QH", 404), ("", 404), ("own", 409)])
def test_a_wrong_code_is_said_on_the_matters_own_page(window: Client, code: str, status: int) -> None:
    case = opened()
    typed = case.case_code if code == "own" else code
    answer = window.post(f"/desk/case/{case.case_id}/act/link/", {"code": typed})
    assert answer.status_code == status and f'name="code" value="{typed}"' in answer.content.decode()


def test_a_matter_that_others_wait_with_is_not_closed_and_the_desk_says_so(window: Client) -> None:
    first, second = opened(), opened(words="路灯坏了三天没人修")
    services.link_case(actor=clerk(), case_id=second.case_id, parent_code=first.case_code, now=NOW)
    services.resolve_case(actor=clerk(), case_id=first.case_id, reply="已换好。", now=NOW)
    answer = window.post(f"/desk/case/{first.case_id}/close/", headers={"accept-language": "en"})
    page = answer.content.decode()
    assert (
        answer.status_code == 409 and 'data-face="desk"' in page and queries.case_head(first.case_id).code[:4] in page
    )


def test_a_matter_that_continues_another_leads_there_and_back(window: Client, page: Client) -> None:
    earlier, stranger = opened(), opened(words="另一件事")
    services.resolve_case(actor=clerk(), case_id=earlier.case_id, reply="灯已换好。", now=NOW)
    own = services.join_report(
        actor=resident(),
        parent_id=earlier.case_id,
        words="桥头的路灯也不亮",
        category="roads",
        place=PlaceChoice(community_code=COMMUNITY, source="community"),
        now=NOW,
    )
    assert not own.joined
    of = {one: f"/desk/case/{one.case_id}/" for one in (earlier, own.opened, stranger)}
    texts = {one: window.get(of[one], headers={"accept-language": "en"}).content.decode() for one in of}
    assert "Continues" in texts[own.opened] and of[earlier] in texts[own.opened]
    assert "Continued by" in texts[earlier] and of[own.opened] in texts[earlier]
    assert "Continue" not in texts[stranger]
    assert queries.continued(handler(), own.opened.case_id) == (), "only what the actor sees"


def test_who_joined_is_not_told_that_an_answered_matter_is_worked_on() -> None:
    first = opened()
    services.link_case(actor=clerk(), case_id=(second := opened()).case_id, parent_code=first.case_code, now=NOW)
    assert queries.company_of(second.case_id).goes_on
    services.resolve_case(actor=clerk(), case_id=first.case_id, reply="已换好。", now=NOW)
    assert not queries.company_of(second.case_id).goes_on


@pytest.mark.parametrize("ticked", [True, False])
def test_who_joined_is_answered_with_the_matter_where_that_is_ticked(window: Client, ticked: bool) -> None:
    first, second = opened(), opened(words="路灯坏了三天没人修")
    assert 'name="joined"' not in window.get(f"/desk/case/{first.case_id}/").content.decode()
    services.link_case(actor=clerk(), case_id=second.case_id, parent_code=first.case_code, now=NOW)
    assert 'name="joined" value="1" checked' in window.get(f"/desk/case/{first.case_id}/").content.decode()
    typed = {"reply": "路灯已换好。", **({"joined": "1"} if ticked else {})}
    refused = window.post(f"/desk/case/{first.case_id}/resolve/", {**typed, "reply": " "}).content.decode()
    assert ('name="joined" value="1" checked' in refused) is ticked
    assert window.post(f"/desk/case/{first.case_id}/resolve/", typed).status_code == 302
    jobs.carry_answers(actor=importer())
    assert queries.case_head(first.case_id).state == "resolved"
    assert (Case.objects.get(id=second.case_id).reply == "路灯已换好。") is ticked


def test_a_title_that_is_refused_is_still_there(window: Client) -> None:
    case = opened()
    answer = window.post(f"/desk/case/{case.case_id}/act/title/", {"title": "请打13900000000"})
    assert answer.status_code == 422 and "13900000000" in answer.content.decode()


def test_a_second_tap_gets_the_first_receipt_and_no_question(page: Client) -> None:
    first = page.post("/report/", FORM)
    assert first.status_code == 302
    keep_likeness()
    second = page.post("/report/", FORM)
    assert second.status_code == 302 and second["Location"] == first["Location"]
    assert Case.objects.count() == 1
    other = page.post("/report/", {**FORM, "words": "桥头路灯又坏了三天，晚上好黑"})
    assert other.status_code == 422 and "This form was sent before" in other.content.decode()
    assert "Is it one of these?" in page.post("/report/", {**FORM, "key": "n" * 22}).content.decode()


def test_comparing_has_a_pace_and_a_report_is_never_turned_away(page: Client) -> None:
    opened()
    answers = []
    while len(answers) < queries.A_MINUTE and not (answers and answers[-1].status_code == 429):
        answers.append(page.post("/report/alike/", FORM))
    assert len(answers) > queries.A_MINUTE // 6 and {answer.status_code for answer in answers[:-1]} == {200}
    last = answers[-1]
    assert last.status_code == 429 and int(last["Retry-After"]) >= 1
    assert "Too many requests came from here" in last.content.decode() and "one of these" not in last.content.decode()
    asked = {"words": FORM["words"], "category": "roads", "place": {"community_code": COMMUNITY, "landmark": "桥头"}}
    by_program = page.post("/api/v1/alike", asked, content_type="application/json")
    assert by_program.status_code == 429 and by_program.json()["code"] == "too-many-requests"
    assert (
        page.post("/api/v1/alike", asked, content_type="application/json", REMOTE_ADDR="192.0.2.7").status_code == 200
    )
    assert page.post("/report/", FORM).status_code == 302 and Case.objects.count() == 2
