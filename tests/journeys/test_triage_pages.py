"""Suggestions on the forms and on a matter's page, with and without JavaScript; the page of the models."""

import pytest
from django.test import Client
from django.utils import timezone

from pianqu.composition import chores, learning
from pianqu.rooms.casework import queries, rules, services
from pianqu.rooms.casework.models import Case, TriageModel
from pianqu.rooms.casework.tests.builders import small_district
from pianqu.rooms.casework.tests.test_views import SYSTEM, now_opened, official
from pianqu.rooms.directory import services as directory
from tests.journeys.test_triage import broken, history

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district(db: None) -> None:
    small_district()
    queries.forget_working_days()


ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}


@pytest.fixture
def window() -> Client:
    return official(rules.centre_code())


@pytest.fixture
def leader(window: Client) -> Client:
    """The same colleague in another post: a leader of the centre."""
    directory.appoint(
        actor=SYSTEM,
        account_id=window.session["_auth_user_id"],
        organisation_code=rules.centre_code(),
        kind="leader",
        title="主任",
        now=timezone.now(),
    )
    return window


def learn() -> None:
    history()
    actor = chores.system_actor()
    learning.learn(services.ask_for_training(actor=actor, now=timezone.now()), actor=actor)


def test_the_report_form_hints_without_javascript_and_keeps_what_was_typed(client: Client) -> None:
    page = client.post("/report/", {"words": "小区门口路灯不亮，<b>还有漏电</b>", "suggest": "1", "key": "k" * 22})
    text = page.content.decode()
    assert page.status_code == 200
    assert 'for="category-0"' in text and "data-suggestion" in text
    assert "听起来有危险" in text
    assert "&lt;b&gt;" in text and not Case.objects.exists()
    part = client.post("/report/suggestion/", {"words": "the shop refuses a refund"}, **ENGLISH).content.decode()
    assert 'for="category-6"' in part and "%" not in part
    assert "because of" in part and '<q dir="auto">refund</q>' in part
    assert client.post("/report/suggestion/", {"words": ""}).content.decode().strip() == ""
    assert client.get("/report/suggestion/").status_code == 405


def test_intake_shows_reasons_and_counts_what_was_chosen(window: Client) -> None:
    given = {"words": "超市卖过期食品", "channel": "phone", "key": "k" * 22, "landmark": "桥头"}
    text = window.post("/desk/intake/", {**given, "suggest": "1"}).content.decode()
    assert 'name="suggested_by" value="0"' in text and '<q dir="auto">过期</q>' in text
    part = window.post("/desk/intake/suggestion/", {"words": given["words"]}).content.decode()
    assert "消费与市场" in part
    taken = window.post("/desk/intake/", {**given, "category": "market", "suggested_by": "0"})
    assert taken.status_code == 200
    assert queries.answers_since(timezone.now() - queries.triage.LOOK_BACK)[0].first == 1


def test_a_sure_category_is_chosen_beforehand_but_never_over_a_choice(window: Client) -> None:
    learn()
    given = {"words": "桥边路灯不亮", "channel": "phone", "key": "k" * 22, "suggest": "1"}
    text = window.post("/desk/intake/", given).content.decode()
    assert 'id="category-0" name="category" value="roads" checked' in text
    chosen = window.post("/desk/intake/", {**given, "category": "water"}).content.decode()
    assert 'value="water" checked' in chosen and 'value="roads" checked' not in chosen


def test_a_matter_is_sorted_anew_from_its_page(window: Client) -> None:
    case = now_opened(words="超市卖过期食品，燃气泄漏", category="roads")
    address = f"/desk/case/{case.case_id}/"
    text = window.get(address).content.decode()
    assert 'id="looks-like"' in text and "改为“消费与市场”" in text
    assert '<option value="urgent" selected>' in text
    done = window.post(f"{address}act/recategorise/", {"category": "market", "suggested_by": "0", "words": "归市监"})
    assert done.status_code == 302
    assert Case.objects.get(id=case.case_id).category == "market"
    assert "类别" in window.get(address).content.decode()
    again = window.post(f"{address}act/recategorise/", {"category": "market", "words": "归市监"})
    assert again.status_code == 422 and 'value="归市监"' in again.content.decode()


def test_without_danger_nothing_is_urgent_beforehand(window: Client) -> None:
    case = now_opened(words="路灯不亮")
    assert '<option value="urgent" selected>' not in window.get(f"/desk/case/{case.case_id}/").content.decode()


def test_the_page_of_the_models_in_both_languages(leader: Client) -> None:
    for more in ({}, ENGLISH):
        assert leader.get("/desk/triage/", **more).status_code == 200
    learn()
    text = leader.get("/desk/triage/", **ENGLISH).content.decode()
    assert "Version 1: how well it does" in text and "macro-F1" in text and "Roads and public facilities" in text
    broken(TriageModel.objects.get(version=1))
    warned = leader.get("/desk/triage/", **ENGLISH).content.decode()
    assert "The file of version 1 is missing or was changed" in warned and "file broken" in warned


@pytest.mark.parametrize("version", ["9", "x", "", "-1", "99999999999999999999"])
def test_a_version_that_is_not_there_is_refused_in_words(window: Client, version: str) -> None:
    answer = window.post("/desk/triage/choose/", {"version": version})
    assert answer.status_code in (403, 404)
    assert window.post("/desk/triage/train/").status_code == 403


def test_a_department_sees_no_models(client: Client) -> None:
    assert official("330205-parks").get("/desk/triage/").status_code == 403
