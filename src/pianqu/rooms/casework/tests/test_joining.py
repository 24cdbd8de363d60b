"""Matters that are the same: found, offered without a word, joined, split, answered one by one and all at once."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.rooms.casework import jobs, queries, services
from pianqu.rooms.casework.models import Case, JointAnswer, Likeness, LikenessKey, PublicTitle, Succession
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.casework.services.likening import keep_likeness
from pianqu.rooms.casework.tests import builders
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    LEAD,
    NOW,
    clerk,
    dispatched,
    handler,
    importer,
    resident,
    resolved,
)

PLACE = PlaceChoice(lon=121.5512, lat=29.9013, landmark="桥头", source="map")


def opened(**changes: Any) -> services.Opened:
    """A matter that came in, and that the worker made to be found."""
    found = builders.opened(**changes)
    keep_likeness()
    return found


def asked(words: str = "桥头路灯坏了三天了，晚上好黑", **more: Any) -> queries.ReportedWords:
    return queries.ReportedWords(words=words, category="roads", place_code=COMMUNITY, **more)


def joined(parent: services.Opened, words: str = "桥头的路灯也不亮，孩子怕黑", **more: Any) -> services.Joined:
    given = {"actor": resident(), "category": "roads", "place": PLACE, "now": NOW}
    return services.join_report(parent_id=parent.case_id, words=words, **{**given, **more})


def row(case_id: uuid.UUID) -> Case:
    return Case.objects.get(id=case_id)


def test_what_is_alike_is_found_and_shows_no_word() -> None:
    other = opened(words="路灯坏了三天，晚上很黑。", place=PLACE)
    opened(words="楼下烧烤店油烟太大")
    (found,) = queries.alike_to(asked(lon=121.5513, lat=29.9014), now=NOW + timedelta(days=2))
    assert (found.case_id, found.days, found.state, found.metres, found.title) == (other.case_id, 2, "opened", 50, "")
    assert "路灯" not in repr(found) and "桥头" not in repr(found) and other.case_code not in repr(found)
    assert (found.lon, found.lat) != (PLACE.lon, PLACE.lat)


def test_a_place_is_told_to_fifty_metres_the_same_for_every_asker() -> None:
    opened(place=PLACE)
    seen = {
        (found.lon, found.lat)
        for shift in (0.0001, 0.0002, 0.0003)
        for found in queries.alike_to(asked(lon=121.5512 + shift, lat=29.9013), now=NOW)
    }
    assert len(seen) == 1


@pytest.mark.parametrize("words", ["", "？！", "楼下烧烤店油烟太大", "\x00", "a" * 6_000])
def test_what_is_alike_to_nothing_finds_nothing(words: str) -> None:
    opened(words="路灯坏了三天，晚上很黑。")
    assert queries.alike_to(queries.ReportedWords(words=words), now=NOW) == ()


def test_ended_and_joined_matters_are_not_offered() -> None:
    case = opened(place=PLACE)
    child = joined(case).opened
    assert [found.case_id for found in queries.alike_to(asked(), now=NOW)] == [case.case_id]
    services.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    assert child.case_id not in [found.case_id for found in queries.alike_to(asked(), now=NOW)]


OWN_WORDS = "滨江步道那一堆垃圾还在，天一热味道更大。"


def test_who_says_what_somebody_who_joined_said_is_offered_the_matter_they_joined() -> None:
    parent = opened(place=PLACE)
    child = joined(parent, words=OWN_WORDS).opened
    joined(parent, words=OWN_WORDS)
    keep_likeness()
    report = asked(OWN_WORDS, lon=121.5513, lat=29.9014)
    assert [one.case_id for one in queries.alike_to(report, now=NOW)] == [parent.case_id], "once, and never who joined"
    other = opened(words="滨江步道的垃圾还在，味道更大了。", place=PLACE)
    (found,) = queries.candidates_for(clerk(), other.case_id, now=NOW)
    assert found.case_id == parent.case_id and row(parent.case_id).words in found.excerpt
    assert any("滨江步道" in piece for piece in found.shared)
    assert child.case_id not in {one.case_id for one in queries.candidates_for(clerk(), parent.case_id, now=NOW)}
    services.unlink_case(actor=clerk(), case_id=child.case_id, now=NOW)
    keep_likeness()
    assert child.case_id in [one.case_id for one in queries.alike_to(report, now=NOW)], "a matter of its own again"


@pytest.mark.parametrize("gone", ["split off", "withdrawn", "answered", "erased"])
def test_when_who_said_it_first_is_gone_the_others_are_still_found(gone: str) -> None:
    parent = opened(place=PLACE)
    first = joined(parent, words=OWN_WORDS).opened.case_id
    keep_likeness()
    joined(parent, words=OWN_WORDS + "！")
    keep_likeness()
    if gone == "split off":
        services.unlink_case(actor=clerk(), case_id=first, now=NOW)
    if gone in {"split off", "withdrawn", "erased"}:
        services.withdraw_case(actor=resident(), case_id=first, now=NOW)
    if gone == "erased":
        services.erase_case(actor=clerk(), case_id=first, basis="consent-withdrawn", now=NOW)
    if gone == "answered":
        services.answer_joined(actor=clerk(), case_id=parent.case_id, own={first: "先给您答复。"}, now=NOW)
    keep_likeness()
    assert [one.case_id for one in queries.alike_to(asked(OWN_WORDS), now=NOW)] == [parent.case_id]
    services.withdraw_case(actor=resident(), case_id=parent.case_id, now=NOW)
    assert queries.alike_to(asked(OWN_WORDS), now=NOW) == ()
    keep_likeness()
    assert not Likeness.objects.exists() and keep_likeness() == 0


def test_matters_without_a_letter_are_read_once() -> None:
    builders.opened(words="？！", place=PlaceChoice(community_code=COMMUNITY, source="community"))
    assert keep_likeness() == 1 and keep_likeness() == 0


def test_a_crowd_hides_neither_itself_nor_others() -> None:
    """Many join with nearly the same words: the next one finds them, and others are found beside them."""
    said = "姚江边步道路灯不亮，晚上看不清，第{}个人反映。"
    parent = opened(place=PLACE)
    template = row(joined(parent, words=said.format(0)).opened.case_id)
    copies = [_copy(template, number) for number in range(1_500)]
    for number, copy in enumerate(copies):
        copy.words = said.format(number)
    Case.objects.bulk_create(copies, batch_size=500)
    beside = opened(words="姚江边步道的栏杆松了，晚上看不清。", place=PLACE)
    while keep_likeness():
        pass
    assert LikenessKey.objects.count() < 400
    for words in (said.format(5), said.format(1_400), row(parent.case_id).words):
        report = asked(words, lon=121.5512, lat=29.9013)
        assert queries.alike_to(report, now=NOW)[0].case_id == parent.case_id
    report = asked("步道栏杆松了", lon=121.5512, lat=29.9013)
    assert beside.case_id in [one.case_id for one in queries.alike_to(report, now=NOW)]


def test_the_index_is_kept() -> None:
    case = opened()
    services.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    other = opened(words="井盖松动")
    Likeness.objects.all().filter(case_id=other.case_id).delete()
    assert keep_likeness() == 1
    assert list(Likeness.objects.values_list("case_id", flat=True)) == [other.case_id]
    assert keep_likeness() == 0


def test_who_joins_has_a_code_a_receipt_and_words_of_their_own() -> None:
    parent = opened(place=PLACE)
    result = joined(parent, contact="13900000000", idempotency_key="k" * 20)
    assert result.joined and result.opened.case_code != parent.case_code and result.opened.receipt_secret
    child = row(result.opened.case_id)
    assert (child.parent_id, child.words, child.due_at) == (parent.case_id, "桥头的路灯也不亮，孩子怕黑", None)
    assert joined(parent, contact="13900000000", idempotency_key="k" * 20) == result
    assert Case.objects.count() == 2


def test_nobody_sees_another_who_joined() -> None:
    parent = opened(place=PLACE)
    children = [joined(parent, words=f"桥头路灯不亮，第{number}户").opened for number in range(2)]
    services.unlink_case(actor=clerk(), case_id=children[1].case_id, now=NOW)
    services.link_case(actor=clerk(), case_id=children[1].case_id, parent_code=parent.case_code, now=NOW)
    for case in (parent, *children):
        mine = queries.resident_case(case.case_id)
        others = [one for one in (parent, *children) if one is not case]
        told = repr(mine)
        assert not any(str(one.case_id) in told or one.case_code in told for one in others)
        assert not any("matter-taken-in" in item.kind for item in mine.timeline)
    assert queries.company_of(children[0].case_id).others == 0
    assert queries.company_of(parent.case_id).kind == ""
    for number in range(2, 5):
        joined(parent, words=f"桥头路灯不亮，第{number}户")
    assert queries.company_of(children[0].case_id).others == 5
    assert queries.company_of(parent.case_id).others == 5


@pytest.mark.parametrize("ended", ["resolved", "withdrawn"])
def test_joining_what_ended_meanwhile_is_an_own_matter_that_points_there(ended: str) -> None:
    parent = resolved() if ended == "resolved" else opened()
    if ended == "withdrawn":
        services.withdraw_case(actor=resident(), case_id=parent.case_id, now=NOW)
    result = joined(parent)
    child = row(result.opened.case_id)
    assert not result.joined and child.parent_id is None and child.due_at is not None
    assert child.words == "桥头的路灯也不亮，孩子怕黑"
    assert Succession.objects.get(case=child).earlier_id == parent.case_id
    assert queries.company_of(child.id).kind == "succeeds"


def test_who_joins_one_that_joined_joins_the_first() -> None:
    parent = opened(place=PLACE)
    first = joined(parent).opened
    assert row(joined(first).opened.case_id).parent_id == parent.case_id


def test_merging_and_splitting_lose_nothing_and_stand_in_both() -> None:
    parent, case = opened(), opened(words="另一盏路灯")
    before = queries.case_for(clerk(), case.case_id)
    services.link_case(actor=clerk(), case_id=case.case_id, parent_code=parent.case_code, now=NOW)
    services.unlink_case(actor=clerk(), case_id=case.case_id, now=NOW)
    after = queries.case_for(clerk(), case.case_id)
    assert (after.words, after.due_at, after.state) == (before.words, before.due_at, before.state)
    kinds = [item.kind for item in queries.case_for(clerk(), parent.case_id).timeline]
    assert kinds[-2:] == ["casework.matter-taken-in", "casework.matter-split-off"]


def test_a_joined_matter_that_is_split_off_has_its_first_term_again() -> None:
    child = joined(opened(place=PLACE)).opened
    services.unlink_case(actor=clerk(), case_id=child.case_id, now=NOW)
    assert row(child.case_id).due_at is not None


def test_candidates_say_why() -> None:
    case, other = opened(place=PLACE), opened(words="路灯坏了三天没人修", place=PLACE)
    (found,) = queries.candidates_for(clerk(), case.case_id, now=NOW)
    assert found.case_id == other.case_id and "路灯坏了三天" in found.shared
    assert found.same_category and found.same_community and found.metres == 0
    assert queries.candidates_for(clerk(), opened(words="完全不同的事情").case_id, now=NOW) == ()


def test_candidates_stay_in_the_scope() -> None:
    case = dispatched(place=PLACE)
    opened(words="路灯坏了三天没人修", place=PLACE)
    assert queries.candidates_for(handler(LEAD), case.case_id, now=NOW) == ()


def carry() -> None:
    for number in queries.joint_answers():
        while services.carry_answer(actor=importer(), answer_id=number, now=NOW):
            pass


def test_all_are_answered_each_on_their_own_and_rate_for_themselves() -> None:
    parent = opened(place=PLACE)
    children = [joined(parent, words=f"桥头路灯不亮，第{number}户").opened.case_id for number in range(3)]
    services.answer_joined(
        actor=clerk(),
        case_id=parent.case_id,
        reply="路灯已经换好。",
        own={children[0]: "您家门口也加了一盏。"},
        now=NOW,
    )
    assert row(children[0]).reply == "您家门口也加了一盏。\n\n路灯已经换好。"
    carry()
    assert [row(child).reply for child in children[1:]] == ["路灯已经换好。"] * 2
    assert row(parent.case_id).state == "resolved" and JointAnswer.objects.get().reply == ""
    services.rate_case(actor=resident(), case_id=children[0], score=5, now=NOW)
    services.rate_case(actor=resident(), case_id=children[1], score=4, now=NOW)
    page = queries.joined_to(clerk(), parent.case_id)
    assert (page.total, page.waiting, page.ratings) == (3, 0, ((5, 1), (4, 1)))
    assert row(parent.case_id).score is None


@pytest.mark.django_db(transaction=True)
def test_answers_are_carried_one_after_the_other_and_each_comes_to_its_end() -> None:
    """With commits: a change that records nothing is undone there."""
    for many in (1, 2):
        parent = opened(place=PLACE, words=f"桥头路灯坏了{many}")
        children = [joined(parent, words=f"桥头路灯不亮，第{number}户").opened.case_id for number in range(many)]
        services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="路灯已经换好。", now=NOW)
        jobs.carry_answers(actor=importer())
        assert {row(child).state for child in children} == {"resolved"}
        answer = JointAnswer.objects.get(parent_id=parent.case_id)
        assert (answer.done_at is not None, answer.answered, answer.reply) == (True, many, "")
        told = queries.timeline(parent.case_id)[-1]
        assert told.kind == "casework.joint-answer-carried"
        assert "joint-answer-carried" not in repr(queries.resident_case(parent.case_id).timeline)
    lonely = opened(place=PLACE, words="桥头路灯又坏了")
    child = joined(lonely).opened.case_id
    services.answer_joined(actor=clerk(), case_id=lonely.case_id, reply="换好了。", now=NOW)
    services.withdraw_case(actor=resident(), case_id=child, now=NOW)
    jobs.carry_answers(actor=importer())
    assert JointAnswer.objects.get(parent_id=lonely.case_id).done_at, "nobody is left: it is done all the same"


def test_one_that_cannot_be_carried_holds_up_no_other() -> None:
    parents = [opened(place=PLACE, words=f"桥头路灯坏了{number}") for number in range(2)]
    children = [joined(parent).opened.case_id for parent in parents]
    for parent in parents:
        services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="路灯已经换好。", now=NOW)
    JointAnswer.objects.filter(parent_id=parents[0].case_id).update(reply="", asked_at=NOW - timedelta(days=1))
    Case.objects.filter(id=children[0]).update(opened_at=NOW - timedelta(days=2))
    assert jobs.carry_answers(actor=importer()) >= 1
    assert [row(child).state for child in children] == ["opened", "resolved"]
    assert len(queries.joint_answers()) == 1, "it is tried again"


def test_a_second_answer_for_all_waits_until_the_first_has_arrived() -> None:
    parent = opened(place=PLACE)
    children = [joined(parent, words=f"不亮{number}").opened.case_id for number in range(2)]
    services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="路灯已经换好。", now=NOW)
    with pytest.raises(Refused) as refused:
        services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="另一个答复。", now=NOW)
    assert refused.value.code == "joined-being-carried"
    services.answer_joined(actor=clerk(), case_id=parent.case_id, own={children[0]: "先给您答复。"}, now=NOW)
    carry()
    assert [row(child).reply for child in children] == ["先给您答复。", "路灯已经换好。"]


@pytest.mark.parametrize("title", ["王先生楼下路灯", "电话 13900000000", "联系人：张伟"])
def test_a_title_that_points_at_a_person_is_refused(title: str) -> None:
    case = opened(place=PLACE)
    with pytest.raises(Invalid) as refused:
        services.release_title(actor=clerk(), case_id=case.case_id, title=title, now=NOW)
    assert refused.value.code == "title-contact" and not PublicTitle.objects.exists()
    services.release_title(actor=clerk(), case_id=case.case_id, title="１２号楼门口路灯不亮", now=NOW)


def test_one_alone_is_answered() -> None:
    parent = opened(place=PLACE)
    first, second = (joined(parent, words=f"不亮{number}").opened.case_id for number in range(2))
    services.answer_joined(actor=clerk(), case_id=parent.case_id, own={first: "先给您答复。"}, now=NOW)
    assert (row(first).state, row(second).state, row(parent.case_id).state) == ("resolved", "opened", "opened")


def test_bad_answers_are_refused_and_change_nothing() -> None:
    parent = opened(place=PLACE)
    with pytest.raises(Refused):
        services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="好", now=NOW)
    child = joined(parent).opened.case_id
    with pytest.raises(Invalid):
        services.answer_joined(actor=clerk(), case_id=parent.case_id, reply=" ", own={child: " "}, now=NOW)
    with pytest.raises(Refused):
        services.answer_joined(actor=clerk(), case_id=parent.case_id, own={parent.case_id: "好"}, now=NOW)
    with pytest.raises(Invalid):
        services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="好" * 5_001, now=NOW)
    with pytest.raises(Forbidden):
        services.answer_joined(actor=handler(), case_id=parent.case_id, reply="好", now=NOW)
    assert {row(child).state, row(parent.case_id).state} == {"opened"} and not JointAnswer.objects.exists()


def test_many_joins_need_no_more_statements() -> None:
    parent = opened(place=PLACE)
    few = [joined(parent, words=f"桥头路灯不亮{number}").opened.case_id for number in range(12)]
    small = _statements(parent.case_id)
    template = row(few[0])
    rows = [_copy(template, number) for number in range(3_000)]
    Case.objects.bulk_create(rows)
    assert _statements(parent.case_id) == small
    card = queries.handling_for(clerk(), parent.case_id, now=NOW)
    assert (card.joined, len(card.children)) == (3_012, 10)
    services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="路灯已经换好。", now=NOW)
    (answer,) = queries.joint_answers()
    with CaptureQueriesContext(connection) as two:
        assert services.carry_answer(actor=importer(), answer_id=answer, now=NOW, most=2) == 2
    with CaptureQueriesContext(connection) as many:
        assert services.carry_answer(actor=importer(), answer_id=answer, now=NOW, most=100) == 100
    assert len(many) <= len(two) + 6  # SQLite takes a statement for some hundred values
    carry()
    assert queries.joined_to(clerk(), parent.case_id).waiting == 0


def _statements(case_id: uuid.UUID) -> int:
    with CaptureQueriesContext(connection) as caught:
        queries.handling_for(clerk(), case_id, now=NOW)
        queries.joined_to(clerk(), case_id)
        queries.company_of(case_id)
        queries.alike_to(asked(), now=NOW)
    return len(caught)


def _copy(template: Case, number: int) -> Case:
    copy = Case(**{field.attname: getattr(template, field.attname) for field in Case._meta.concrete_fields})
    copy.id, copy.code, copy.entry_id = uuid.uuid4(), f"Z{number:07d}", uuid.uuid4()
    return copy


def test_a_public_title_is_all_that_others_read() -> None:
    case = opened(place=PLACE)
    services.release_title(actor=clerk(), case_id=case.case_id, title=" 桥头路灯不亮 ", now=NOW)
    (found,) = queries.alike_to(asked(), now=NOW)
    assert found.title == "桥头路灯不亮"
    services.release_title(actor=clerk(), case_id=case.case_id, title="", now=NOW)
    assert not PublicTitle.objects.exists()


@pytest.mark.parametrize("title", ["", "灯" * 61, "请打13900000000", "a@b.cn"])
def test_titles_that_cannot_be_released(title: str) -> None:
    case = opened()
    with pytest.raises(Invalid):
        services.release_title(actor=clerk(), case_id=case.case_id, title=title, now=NOW)
    with pytest.raises(Forbidden):
        services.release_title(actor=handler(), case_id=case.case_id, title="路灯", now=NOW)


def test_erasing_takes_title_and_index_away() -> None:
    case = opened(place=PLACE)
    services.release_title(actor=clerk(), case_id=case.case_id, title="桥头路灯不亮", now=NOW)
    services.withdraw_case(actor=resident(), case_id=case.case_id, now=NOW)
    services.erase_case(actor=clerk(), case_id=case.case_id, basis="consent-withdrawn", now=NOW)
    assert not PublicTitle.objects.exists() and not Likeness.objects.exists()


def test_an_offer_tells_nothing_and_ends() -> None:
    case = opened()
    text = services.offer(case.case_id, now=NOW)
    assert str(case.case_id) not in text and services.offered(text, now=NOW) == case.case_id
    for wrong in ("", "x", text[:-3], text * 9):
        with pytest.raises(Invalid):
            services.offered(wrong, now=NOW)
    with pytest.raises(Invalid):
        services.offered(text, now=NOW + timedelta(days=2))


def test_who_is_not_content_while_the_answer_is_on_its_way_does_not_get_it_twice() -> None:
    parent = opened(place=PLACE)
    children = [joined(parent, words=f"桥头路灯不亮，第{number}户").opened.case_id for number in range(3)]
    services.answer_joined(actor=clerk(), case_id=parent.case_id, reply="路灯已经换好。", now=NOW)
    (answer,) = queries.joint_answers()
    later = NOW + timedelta(minutes=1)
    assert services.carry_answer(actor=importer(), answer_id=answer, now=NOW, most=1) == 1
    first = next(child for child in children if row(child).state == "resolved")
    services.reopen_case(actor=resident(), case_id=first, words="还是不亮", now=later)
    carry()
    assert row(first).state == "reopened"
    assert {row(child).state for child in children if child != first} == {"resolved"}
