"""A refused act on the page of a matter: said on top, with a way to the field, which is marked and keeps what was typed."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.rooms.casework import rules
from pianqu.rooms.casework.tests.builders import LEAD
from pianqu.rooms.casework.tests.test_acts import act, given, page
from pianqu.rooms.casework.tests.test_views import now_opened, official

pytestmark = pytest.mark.django_db
SUMMARY = re.compile(r"<div[^>]*data-error-summary.*?</div></div>", re.DOTALL)


def leads(text: str) -> str:
    """The id that the summary on top leads to; it is on the page, once."""
    summary = SUMMARY.search(text)
    assert summary is not None, "no summary"
    link = re.search(r'href="#([\w-]+)"', summary[0])
    assert link is not None, summary[0]
    assert text.count(f'id="{link[1]}"') == 1, link[1]
    return link[1]


def tag(text: str, name: str) -> str:
    found = re.search(rf'<\w+[^>]*id="{name}"[^>]*>', text)
    assert found is not None, name
    return found[0]


def test_a_day_that_is_over_is_marked_and_led_to() -> None:
    case, boss = given(), official(rules.centre_code(), kind="leader")
    past = (timezone.localdate() - timedelta(days=2)).isoformat()
    status, text = act(boss, case, "supervise", level="priority", due_on=past, words="请今天答复")
    assert status == 422 and leads(text) == "supervise-due"
    assert 'aria-invalid="true"' in tag(text, "supervise-due") and "is-invalid" in tag(text, "supervise-due")
    assert 'aria-invalid="true"' not in tag(text, "supervise-words") and "请今天答复" in text
    assert f'value="{past}"' in tag(text, "supervise-due") and "<title>Not done: " in text
    assert text.count('id="supervise-error"') == 1


def test_words_that_are_missing_are_marked_and_led_to() -> None:
    case, boss = given(), official(rules.centre_code(), kind="leader")
    status, text = act(boss, case, "supervise", level="priority", words=" ")
    assert status == 422 and leads(text) == "supervise-words"
    assert 'aria-invalid="true"' in tag(text, "supervise-words")
    assert 'aria-invalid="true"' not in tag(text, "supervise-due")


@pytest.mark.parametrize(
    ("name", "typed", "at"),
    [
        ("dispatch", {"nature": "complaint", "lead": ""}, "dispatch"),
        ("recategorise", {"category": "no-such", "words": "改"}, "recategorise"),
    ],
)
def test_every_act_of_the_window_leads_to_its_form(name: str, typed: dict[str, str], at: str) -> None:
    status, text = act(official(rules.centre_code()), now_opened(), name, **typed)
    assert status == 422 and leads(text) == at


@pytest.mark.parametrize("name", ["return", "object", "pause", "ask-for-time"])
def test_every_act_of_a_bureau_leads_to_its_words(name: str) -> None:
    bureau, case = official(LEAD), given()
    if name in ("pause", "ask-for-time"):
        act(bureau, case, "start")
    status, text = act(bureau, case, name, words="", reason="inspection")
    assert status == 422 and leads(text) == f"{name}-words"


@pytest.mark.parametrize("reply", ["", "您好，{{办理期限}}前办结。"])
def test_a_refused_answer_is_said_on_top(reply: str) -> None:
    case, bureau = given(), official(LEAD)
    assert act(bureau, case, "start")[0] == 302
    answer = bureau.post(f"{page(case)}resolve/", {"reply": reply}, headers={"accept-language": "en"})
    text = answer.content.decode()
    assert answer.status_code == 422 and leads(text) == "reply" and reply in text
    assert 'aria-invalid="true"' in tag(text, "reply") and "<title>Not done: " in text


def test_a_page_that_refused_nothing_says_nothing() -> None:
    text = Client.get(official(LEAD), page(given())).content.decode()
    assert "data-error-summary" not in text and "Not done" not in text
