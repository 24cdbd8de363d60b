"""Reply templates: who keeps them, what their blanks become, and that nothing half filled is ever sent."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import ReplyTemplate
from pianqu.rooms.casework.services import ReplyWords
from pianqu.rooms.casework.tests.builders import HELPER, LEAD, NOW, clerk, dispatched, handler, opened, started
from pianqu.rooms.directory import queries as people
from pianqu.rooms.directory import services as directory
from pianqu.rooms.ledger import queries as ledger

CENTRE = "330205-centre"
SYSTEM = Actor(kind="system", organisation_code="330205")
ENGLISH = {"accept-language": "en"}
WORDS = "您好，{{受理编号}}（{{category}}，{{ 地点 }}）已由{{承办单位}}办结。{{organisation}} {{今天}}"


def official(organisation_code: str = LEAD, kind: str = "leader") -> Actor:
    account = Account.objects.create_account(login=f"at-{uuid.uuid4()}", password="p", name="某人")
    post = directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code=organisation_code, kind=kind, title="岗位", now=NOW
    )
    actor = people.actor_for(account.id, post)
    assert actor is not None
    return actor


def browser(actor: Actor) -> Client:
    client = Client(headers=ENGLISH)
    client.force_login(Account.objects.get(id=actor.account_id))
    return client


def made(actor: Actor | None = None, *, for_all: bool = False, **changes: Any) -> uuid.UUID:
    given = {"name": "路灯已修", "use": "answer", "words": WORDS, **changes}
    return services.make_reply_template(actor=actor or official(), wanted=ReplyWords(**given), for_all=for_all, now=NOW)


def kinds(template_id: uuid.UUID) -> list[str]:
    return [item.kind for item in ledger.history(f"reply-template:{template_id}")]


# keeping -------------------------------------------------------------------------------------------------------------


def test_every_change_is_a_fact_without_words() -> None:
    boss = official()
    one = made(boss, words_en="Dear {{number}}")
    services.change_reply_template(
        actor=boss, template_id=one, version=1, wanted=ReplyWords(name="新名", use="return", words="退回"), now=NOW
    )
    services.retire_reply_template(actor=boss, template_id=one, now=NOW)
    assert kinds(one) == [f"casework.reply-template-{what}" for what in ("made", "changed", "retired")]
    told = [item.fact for item in ledger.history(f"reply-template:{one}")]
    assert told[0]["words_commitment"] and told[0]["english_commitment"] and told[1]["english_commitment"] == ""
    assert not any("路灯" in str(fact) or "退回" in str(fact) or "新名" in str(fact) for fact in told)
    with pytest.raises(Absent):
        services.retire_reply_template(actor=boss, template_id=one, now=NOW)


@pytest.mark.parametrize(
    ("changes", "code", "names"),
    [
        ({"words": "您好 {{姓名}}"}, "reply-template-blank", ("{{姓名}}", "{{受理编号}}/{{number}}")),
        ({"words_en": "Dear {{name}}"}, "reply-template-blank", ("{{name}}",)),
        ({"words": "{{受理编号"}, "reply-template-braces", ()),
        ({"words": "好" * 2_001}, "reply-template-words", ("2 000",)),
        ({"words": " \u200b"}, "reply-template-words", ()),
        ({"name": ""}, "reply-template-name", ()),
        ({"name": "长" * 41}, "reply-template-name", ()),
        ({"use": "joke"}, "reply-template-use", ()),
        ({"category": "nothing"}, "reply-template-category", ()),
    ],
)
def test_what_cannot_be_kept_is_said(changes: dict[str, str], code: str, names: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refusal:
        made(**changes)
    assert refusal.value.code == code
    assert all(name in refusal.value.message for name in names)
    assert not ReplyTemplate.objects.exists()


def test_two_of_one_name_are_refused_until_the_first_is_retired() -> None:
    boss = official()
    first = made(boss)
    with pytest.raises(Invalid):
        made(boss)
    made(boss, use="return")
    second = made(boss, name="另一个")
    with pytest.raises(Invalid):
        services.change_reply_template(
            actor=boss,
            template_id=second,
            version=1,
            wanted=ReplyWords(name="路灯已修", use="answer", words="x"),
            now=NOW,
        )
    services.retire_reply_template(actor=boss, template_id=first, now=NOW)
    made(boss)


def test_a_change_of_what_was_changed_meanwhile_is_refused() -> None:
    boss = official()
    one = made(boss)
    wanted = ReplyWords(name="路灯已修", use="answer", words="新")
    services.change_reply_template(actor=boss, template_id=one, version=1, wanted=wanted, now=NOW)
    with pytest.raises(Refused):
        services.change_reply_template(actor=boss, template_id=one, version=1, wanted=wanted, now=NOW)


def test_an_organisation_keeps_no_more_than_can_be_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pianqu.rooms.casework.services.replies.MOST_REPLIES", 1)
    boss = official()
    made(boss)
    with pytest.raises(Refused):
        made(boss, name="第二")


@pytest.mark.parametrize(
    ("organisation", "kind", "own", "for_all"),
    [
        (LEAD, "leader", True, False),
        (LEAD, "administrator", True, False),
        (LEAD, "handler", False, False),
        (LEAD, "auditor", False, False),
        (CENTRE, "window", False, False),
        (CENTRE, "leader", True, True),
        (CENTRE, "administrator", True, True),
        (CENTRE, "auditor", False, False),
        ("330205", "administrator", True, True),
    ],
)
def test_who_may_keep_them(organisation: str, kind: str, own: bool, for_all: bool) -> None:
    actor = official(organisation, kind)
    for wide, may in ((False, own), (True, for_all)):
        if may:
            made(actor, for_all=wide)
        else:
            with pytest.raises(Forbidden):
                made(actor, for_all=wide)


def test_others_see_the_districts_and_not_ones_own() -> None:
    own, district = made(official(LEAD)), made(official(CENTRE), for_all=True)
    seen = [card.template_id for card in queries.reply_templates_for(official(HELPER, "handler"), now=NOW)]
    assert seen == [district]
    with pytest.raises(Absent):
        services.retire_reply_template(actor=official(HELPER), template_id=own, now=NOW)
    with pytest.raises(Forbidden):
        services.retire_reply_template(actor=official(HELPER), template_id=district, now=NOW)


# filling -------------------------------------------------------------------------------------------------------------


def test_blanks_become_what_is_known_of_the_matter() -> None:
    case = started()
    code = queries.case_for(handler(LEAD), case.case_id).shown_code
    boss = official()
    text = queries.filled_reply(boss, case_id=case.case_id, template_id=made(boss), now=NOW)
    category = {card.code: card.name_zh for card in queries.categories()}["roads"]
    assert text == f"您好，{code}（{category}，外滩社区）已由综合执法局办结。综合执法局 2026年3月2日"
    assert "{{" not in text and "桥头" not in text


def test_english_words_are_filled_in_english() -> None:
    case = started()
    boss = official()
    one = made(boss, words_en="{{number}} {{today}} {{due}}")
    text = queries.filled_reply(boss, case_id=case.case_id, template_id=one, language="en", now=NOW)
    assert re.fullmatch(r"\w{4}-\w{4} 2 March 2026 \d+ March 2026", text)


def test_what_is_not_known_stays_open_and_is_not_sent() -> None:
    case = opened(place=services.PlaceChoice())
    boss = official(CENTRE)
    one = made(boss, words="{{地点}}的路灯已修好。")
    text = queries.filled_reply(boss, case_id=case.case_id, template_id=one, now=NOW)
    assert text == "{{地点}}的路灯已修好。"
    with pytest.raises(Invalid) as refusal:
        services.resolve_case(actor=clerk(), case_id=case.case_id, reply=text, now=NOW)
    assert refusal.value.code == "words-open-blank" and "{{地点}}" in refusal.value.message
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply=text.replace("{{地点}}", "桥头"), now=NOW)


@pytest.mark.parametrize("words", ["{{due}} 前办结", "｛｛受理编号｝｝"])
def test_no_act_that_offers_templates_sends_an_open_blank(words: str) -> None:
    case = started(helpers=(HELPER,))
    lead, helper = handler(LEAD), handler(HELPER)
    acts = [
        lambda: services.finish_task(actor=helper, case_id=case.case_id, words=words, now=NOW),
        lambda: services.pause_case(actor=lead, case_id=case.case_id, reason="inspection", words=words, now=NOW),
        lambda: services.return_task(actor=lead, case_id=case.case_id, article="12", words=words, now=NOW),
        lambda: services.object_to_dispatch(actor=lead, case_id=case.case_id, article="12", words=words, now=NOW),
        lambda: services.resolve_case(actor=lead, case_id=case.case_id, reply=words, now=NOW),
    ]
    for act in acts:
        with pytest.raises(Invalid) as refusal:
            act()
        assert refusal.value.code == "words-open-blank"


def test_who_reports_may_write_braces() -> None:
    assert opened(words="屏幕上写着 {{number}}").case_id


def test_offers_are_those_of_the_category_and_use() -> None:
    boss = official()
    made(boss)
    made(boss, name="只给噪声", category="noise")
    made(boss, name="道路", category="roads", words_en="x")
    made(official(CENTRE), name="全区", use="return", for_all=True)
    offers = queries.replies_offered(boss, "roads")
    assert [(one.name, one.language) for one in offers] == [
        ("道路", "zh"),
        ("道路", "en"),
        ("路灯已修", "zh"),
        ("全区", "zh"),
    ]


# counting ------------------------------------------------------------------------------------------------------------


def test_uses_are_counted_for_the_template_and_for_nobody() -> None:
    boss, case = official(), started()
    one = made(boss)
    for _time in range(2):
        services.use_reply_template(actor=boss, template_id=one, case_id=case.case_id, now=NOW)
    card = queries.reply_templates_for(boss, now=NOW)[0]
    assert (card.uses, card.uses_this_month) == (2, 2)
    told = next(item for item in ledger.history(f"reply-template:{one}") if item.kind.endswith("used")).fact
    assert set(told) == {"template_id", "for_all", "case_id"}


def test_a_refused_act_counts_nothing() -> None:
    boss, case = official(), started()
    one = made(boss)
    answer = browser(boss).post(
        f"/desk/case/{case.case_id}/resolve/", {"reply": "{{due}}", "reply_template": f"{one}.zh"}
    )
    assert answer.status_code == 422
    assert queries.reply_templates_for(boss, now=NOW)[0].uses == 0
    body = answer.content.decode()
    assert "{{due}} is still open" in body and f'value="{one}.zh" selected' in body


# pages ---------------------------------------------------------------------------------------------------------------


def test_a_template_is_put_in_without_losing_what_was_typed_and_then_sent() -> None:
    boss, case = official(), started()
    one = made(boss)
    desk, at = browser(boss), f"/desk/case/{case.case_id}/"
    page = desk.get(at).content.decode()
    assert f'formaction="{at}fill/resolve/#reply"' in page and f'value="{one}.zh"' in page
    filled = desk.post(f"{at}fill/resolve/", {"reply": "先说一句。", "reply_template": f"{one}.zh"})
    body = filled.content.decode()
    words = queries.filled_reply(boss, case_id=case.case_id, template_id=one, now=NOW)
    assert filled.status_code == 200 and "先说一句。\n\n您好，" in body
    assert words.partition("（")[0] in body and f'value="{one}.zh" selected' in body
    assert desk.get(f"{at}words/{one}/").json()["words"].startswith("您好，")
    done = desk.post(f"{at}resolve/", {"reply": "先说一句。已经修好。", "reply_template": f"{one}.zh"})
    assert done.status_code == 302
    assert queries.reply_templates_for(boss, now=NOW)[0].uses == 1
    assert "used 1 time" in desk.get("/desk/replies/").content.decode()


def test_a_return_keeps_its_article_when_a_template_is_put_in() -> None:
    boss, case = official(), started()
    one = made(boss, use="return", words="{{事项类别}}不属我局职责。")
    typed = {"article": "第十二条", "words": "", "reply_template": f"{one}.zh"}
    body = browser(boss).post(f"/desk/case/{case.case_id}/fill/return/", typed).content.decode()
    assert 'value="第十二条"' in body and "不属我局职责。" in body
    gone = browser(boss).post(f"/desk/case/{case.case_id}/act/return/", {**typed, "words": "不属我局职责。"})
    assert gone.status_code == 302
    assert queries.reply_templates_for(boss, now=NOW)[0].uses == 1


def test_putting_in_nothing_or_what_was_retired_loses_nothing() -> None:
    boss, case = official(), started()
    one = made(boss)
    services.retire_reply_template(actor=boss, template_id=one, now=NOW)
    desk, at = browser(boss), f"/desk/case/{case.case_id}/"
    for chosen, status in (("", 422), ("made-up", 422), (f"{one}.zh", 404)):
        answer = desk.post(f"{at}fill/resolve/", {"reply": "已经写了很多", "reply_template": chosen})
        assert answer.status_code == status and "已经写了很多" in answer.content.decode()
    assert desk.post(f"{at}fill/dispatch/", {}).status_code == 404
    assert desk.get(f"{at}words/{one}/").status_code == 404
    sent = desk.post(f"{at}resolve/", {"reply": "已经写了很多", "reply_template": f"{one}.zh"})
    assert sent.status_code == 302


def test_a_matter_that_is_not_seen_is_not_filled() -> None:
    case = opened()
    stranger = official(HELPER)
    one = made(stranger)
    desk = browser(stranger)
    assert desk.get(f"/desk/case/{case.case_id}/words/{one}/").status_code == 404
    filled = desk.post(f"/desk/case/{case.case_id}/fill/resolve/", {"reply_template": f"{one}.zh"})
    assert filled.status_code == 404


def test_the_page_makes_changes_and_retires() -> None:
    desk = browser(official())
    typed = {"name": "路灯", "use": "answer", "words": "<b>{{受理编号}}</b>"}
    assert desk.post("/desk/replies/", {**typed, "words": "{{姓名}}"}).status_code == 422
    assert "{{姓名}} is no variable" in desk.post("/desk/replies/", {**typed, "words": "{{姓名}}"}).content.decode()
    assert desk.post("/desk/replies/", typed).status_code == 302
    page = desk.get("/desk/replies/").content.decode()
    assert "&lt;b&gt;<mark>{{受理编号}}</mark>&lt;/b&gt;" in page
    one = ReplyTemplate.objects.get()
    form = desk.get(f"/desk/replies/?template={one.id}").content.decode()
    assert f'name="template" value="{one.id}"' in form
    assert desk.post("/desk/replies/", {**typed, "template": one.id, "version": 1, "name": "新"}).status_code == 302
    late = desk.post("/desk/replies/", {**typed, "template": one.id, "version": 1, "name": "再新"})
    assert late.status_code == 409 and 'value="再新"' in late.content.decode()
    assert desk.post(f"/desk/replies/{one.id}/retire/").status_code == 302
    assert desk.post(f"/desk/replies/{one.id}/retire/").status_code == 404
    assert browser(official(LEAD, "handler")).post("/desk/replies/", typed).status_code == 403


def test_the_page_costs_the_same_however_many_there_are(django_assert_max_num_queries: Any) -> None:
    boss = official()
    desk = browser(boss)
    made(boss)
    desk.get("/desk/replies/")
    with django_assert_max_num_queries(40) as before:
        desk.get("/desk/replies/")
    for number in range(6):
        made(boss, name=f"模板{number}")
    with django_assert_max_num_queries(len(before)):
        desk.get("/desk/replies/")


def test_a_matters_page_asks_once_for_templates(django_assert_max_num_queries: Any) -> None:
    boss, case = official(), started()
    desk = browser(boss)
    made(boss)
    desk.get(f"/desk/case/{case.case_id}/")
    with django_assert_max_num_queries(60) as before:
        desk.get(f"/desk/case/{case.case_id}/")
    for number in range(6):
        made(boss, name=f"模板{number}", words_en="x")
    with django_assert_max_num_queries(len(before)):
        desk.get(f"/desk/case/{case.case_id}/")


def test_a_dispatched_matter_offers_returns() -> None:
    boss, case = official(), dispatched()
    one = made(boss, use="return")
    assert f'value="{one}.zh"' in browser(boss).get(f"/desk/case/{case.case_id}/").content.decode()
