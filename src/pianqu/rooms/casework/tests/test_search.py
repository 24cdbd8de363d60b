"""Words of cases are found, by whoever may see the case, as long as they are there; a plain reading is the oracle."""

import random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.actor import Actor
from pianqu.kernels import bigrams
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case, SearchText
from pianqu.rooms.casework.queries import CaseFilter, search
from pianqu.rooms.casework.services import searching
from pianqu.rooms.casework.tests.builders import COMMUNITY, NOW, OTHER_COMMUNITY, clerk, handler, opened, resolved

pytestmark = pytest.mark.django_db

SIGNS = "路灯坏了水管漏电梯停Aaｂ１2%_\\'\"*&|!:(). ㎡ß"
MANY = 120


def texts(seed: int) -> list[str]:
    dice = random.Random(seed)
    return ["".join(dice.choices(SIGNS, k=dice.randint(2, 14))).strip() or "空" for _ in range(MANY)]


def taken_in(written: list[str]) -> list[services.Opened]:
    items = [
        services.Opening(
            words=text,
            category="roads",
            place=services.PlaceChoice(
                community_code=COMMUNITY if number % 3 else OTHER_COMMUNITY,
                landmark="桥头" if number % 5 == 0 else "",
                source="community",
            ),
        )
        for number, text in enumerate(written)
    ]
    return list(services.open_cases(actor=clerk(), items=items, now=NOW))


def found(text: str, actor: Actor | None = None, **more: Any) -> set[Any]:
    page = queries.cases_for(actor or clerk(), filters=CaseFilter(text=text, **more), size=MANY, now=NOW)
    return {row.case_id for row in page.rows}


def by_reading(text: str) -> set[Any]:
    terms = bigrams.terms(text)
    rows = Case.objects.values_list("id", "words", "landmark")
    return {case_id for case_id, *parts in rows if bigrams.holds(bigrams.document(*parts), terms)}


@pytest.mark.parametrize("few", [0, search.FEW], ids=["frequent", "rare"])
def test_a_search_finds_what_a_plain_reading_finds(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FEW", few)
    written = texts(11)
    taken_in(written)
    dice = random.Random(3)
    for _ in range(80):
        text = dice.choice(written)
        start = dice.randrange(len(text))
        typed = text[start : start + dice.randint(1, 4)] + dice.choice(["", "", " 桥头", " 灯"])
        if typed.strip():
            assert found(typed) == by_reading(typed), typed


def test_only_who_may_see_a_case_finds_its_words() -> None:
    taken_in(["水管漏了", "水管裂了", "电梯停了"])
    assert len(found("水管")) == 2
    assert found("水管", handler("330205-market")) == set()
    assert len(found("水管", place_code=OTHER_COMMUNITY)) == 1


def test_erased_words_are_found_no_more() -> None:
    case = resolved(words="身份证号写错了")
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    assert found("身份证") == {case.case_id}
    services.erase_case(actor=clerk(), case_id=case.case_id, basis="purpose-achieved", now=NOW)
    assert found("身份证") == set() == found("桥头")
    assert not SearchText.objects.filter(case_id=case.case_id).exists()


def test_a_word_that_nobody_wrote_and_a_word_of_signs() -> None:
    taken_in(["坡度 100%", "a_b", "O'Hara \\ 号"])
    assert found("没有") == set()
    for typed, count in [("%", 1), ("_", 1), ("a%b", 0), ("o'hara", 1), ("\\", 1), ("ＯＨＡＲＡ", 0), ("100％", 1)]:
        assert len(found(typed)) == count, typed


def test_a_frequent_word_is_not_counted_and_a_rare_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_in(["路灯坏了"] * 9)
    page = queries.cases_for(clerk(), filters=CaseFilter(text="路灯"), size=4)
    assert (page.total, page.more_than) == (9, 0)
    monkeypatch.setattr(search, "FEW", 5)
    page = queries.cases_for(clerk(), filters=CaseFilter(text="路灯"), size=4)
    assert (page.total, page.more_than) == (None, 4)
    page = queries.cases_for(clerk(), filters=CaseFilter(text="路灯"), size=9)
    assert (page.total, page.more_than) == (9, 0)


def test_pages_of_a_search_leave_nothing_out() -> None:
    made = {case.case_id for case in taken_in(["井盖响"] * 11)}
    got: list[Any] = []
    token = ""
    for _ in range(6):
        page = queries.cases_for(clerk(), filters=CaseFilter(text="井盖"), page=token, size=4)
        got += [row.case_id for row in page.rows]
        token = page.next_page
        if not page.has_next:
            break
    assert len(got) == 11 and set(got) == made


def test_a_search_asks_the_same_however_many_there_are() -> None:
    asked = []
    for _ in range(2):
        taken_in(["井盖响"] * 10)
        with CaptureQueriesContext(connection) as seen:
            found("井盖")
        asked.append(len(seen))
    assert asked[0] == asked[1]


def test_what_stood_there_before_the_index_is_taken_in() -> None:
    made = {case.case_id for case in taken_in(["水管漏了", "水管裂了"])}
    SearchText.objects.all().delete()
    assert found("水管") == set()
    searching.make_texts()
    assert found("水管") == made
    searching.make_texts()
    assert SearchText.objects.count() == 2


def test_one_statement_more_takes_a_text_in() -> None:
    with CaptureQueriesContext(connection) as seen:
        opened()
    assert sum("searchtext" in query["sql"] for query in seen) == 1
