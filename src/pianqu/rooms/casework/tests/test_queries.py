"""The questions: who sees what, how many statements, pages, following, public figures."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from pianqu.foundation.errors import Absent, Invalid, Refused, TooMany
from pianqu.rooms.casework import lifecycle, queries, readers, services
from pianqu.rooms.casework.models import DayCount
from pianqu.rooms.casework.queries import CaseFilter
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    NOW,
    OTHER_COMMUNITY,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    photo,
    resident,
    resolved,
)
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation
from pianqu.rooms.ledger import services as ledger

pytestmark = pytest.mark.django_db


def test_each_sees_what_their_post_answers_for() -> None:
    mine = opened(actor=handler("330205-urban"), channel="department")
    opened()
    assert len(queries.cases_for(clerk()).rows) == 2
    assert [row.case_id for row in queries.cases_for(handler("330205-urban")).rows] == [mine.case_id]
    assert queries.cases_for(resident()).rows == ()
    with pytest.raises(Absent):
        queries.case_for(handler("330205-market"), mine.case_id)


@pytest.mark.parametrize("count", [0, 3, 60])
def test_a_list_takes_as_many_statements_whatever_its_length(count: int) -> None:
    for number in range(count):
        opened(words=f"第{number}件", contact="13800001234")
    with CaptureQueriesContext(connection) as seen:
        page = queries.cases_for(clerk())
    assert len(seen) == 2
    with CaptureQueriesContext(connection) as seen:
        queries.cases_for(handler("330205-urban"))
    assert len(seen) <= 4
    assert len(page.rows) == min(count, 50) and page.total == count and page.has_next == (count > 50)


def test_pages_follow_each_other_without_gap_or_repetition_at_equal_times() -> None:
    made = {opened(now=NOW + timedelta(minutes=number // 3)).case_id for number in range(14)}
    got, token = [], ""
    while True:
        page = queries.cases_for(clerk(), page=token, size=4)
        got += [row.case_id for row in page.rows]
        token = page.next_page
        if not page.has_next:
            break
    assert len(got) == 14 and set(got) == made


@pytest.mark.parametrize(
    "token", ["x", "2026-01-01,1", ",", "2026-01-01T00:00:00,0190c0de-0000-7000-8000-000000000000"]
)
def test_a_broken_page_token_is_told(token: str) -> None:
    with pytest.raises(Invalid):
        queries.cases_for(clerk(), page=token)


def test_filters() -> None:
    lamp = opened()
    noise = resolved(words="半夜施工", category="noise", place=services.PlaceChoice(community_code=OTHER_COMMUNITY))

    def found(**wanted: str) -> set[Any]:
        return {row.case_id for row in queries.cases_for(clerk(), filters=CaseFilter(**wanted)).rows}

    assert found(state="opened") == {lamp.case_id}
    assert found(category="noise") == {noise.case_id}
    assert found(place_code=f"{COMMUNITY[:9]}000") == {lamp.case_id} == found(place_code=COMMUNITY)
    assert found(text="施工") == {noise.case_id}
    assert found(text=f"{lamp.case_code[:4].lower()}-{lamp.case_code[4:]}") == {lamp.case_id}
    assert found(text="桥头", state="opened") == {lamp.case_id}
    assert found(organisation_code="330205-market") == set()


@pytest.mark.parametrize("queue", ["", "unassigned", "overdue", "open", "answered"])
@pytest.mark.parametrize("area", [COMMUNITY, OTHER_COMMUNITY, f"{COMMUNITY[:9]}000"])
def test_an_area_lists_what_the_centre_lists_of_it(area: str, queue: str) -> None:
    """However a list is walked: an area by its own index, the centre by what is open anywhere."""
    bodies = [(f"{COMMUNITY[:9]}000", "street", "330205"), (COMMUNITY, "community", f"{COMMUNITY[:9]}000")]
    bodies += [
        (f"{OTHER_COMMUNITY[:9]}000", "town", "330205"),
        (OTHER_COMMUNITY, "community", f"{OTHER_COMMUNITY[:9]}000"),
    ]
    items = [NewOrganisation(code=c, kind=kind, name=c, short_name=c, parent_code=above) for c, kind, above in bodies]
    directory.add_organisations(actor=importer("330205"), items=items, valid_from=NOW.date(), now=NOW)
    for place in (COMMUNITY, OTHER_COMMUNITY, COMMUNITY):
        at = {"place": services.PlaceChoice(community_code=place, source="community")}
        opened(**at), resolved(**at), dispatched(**at)
    asked = CaseFilter(queue=queue), NOW + timedelta(days=30)
    own = queries.cases_for(handler(area), filters=asked[0], now=asked[1])
    all_of_it = queries.cases_for(clerk(), filters=replace(asked[0], place_code=area), now=asked[1])
    assert own.rows == all_of_it.rows and own.rows and own.total == all_of_it.total


def test_a_place_without_matters_has_an_empty_list() -> None:
    opened()
    for code in ("330205103018", "330205999000", "330205103000"):
        page = queries.cases_for(clerk(), filters=CaseFilter(place_code=code))
        assert (page.rows, page.total, page.has_next) == ((), 0, False)


def test_a_case_as_an_official_sees_it() -> None:
    case = opened(contact="13800001234", photos=[photo()])
    services.extend_case(actor=resident(), case_id=case.case_id, words="还没来", photos=[photo("red")], now=NOW)
    with CaptureQueriesContext(connection) as seen:
        card = queries.case_for(clerk(), case.case_id)
    assert len(seen) <= 10
    assert card.masked_contact == "138********" and card.shown_code[4] == "-"
    assert len(card.photos) == 1 and len(card.additions[0].photos) == 1
    assert card.may_resolve and card.may_reveal_contact and not card.may_close
    assert [item.actor_kind for item in card.timeline] == ["resident", "resident"]


def test_a_photo_is_handed_out_only_with_its_case() -> None:
    one, other = opened(photos=[photo()]), opened()
    picture = queries.resident_case(one.case_id).photos[0]
    assert queries.resident_photo(one.case_id, picture.photo_id).media_type == "image/jpeg"
    with pytest.raises(Absent):
        queries.resident_photo(other.case_id, picture.photo_id)
    with pytest.raises(Absent):
        queries.photo_for(handler("330205-market"), picture.photo_id)


def follow(code: str, **proof: Any) -> queries.ResidentCase:
    return queries.follow(code, **{"address": "192.0.2.1", "now": NOW, **proof})


def test_following_with_the_receipt_or_the_last_digits() -> None:
    case = opened(contact="13800001234")
    typed = f" {case.case_code[:4]}-{case.case_code[4:]} ".lower()
    assert follow(typed, receipt_secret=case.receipt_secret).case_id == case.case_id
    assert follow(case.case_code, contact_tail="1234").may_withdraw


def test_an_unknown_code_and_a_wrong_proof_get_the_same_answer() -> None:
    case = opened(contact="13800001234")
    said = set()
    for code, proof in [
        (case.case_code, {"receipt_secret": "wrong"}),
        (case.case_code, {"contact_tail": "9999"}),
        ("ZZZZ-ZZZZ", {"receipt_secret": case.receipt_secret}),
        (case.case_code, {}),
    ]:
        with pytest.raises(Absent) as refusal:
            follow(code, **proof)
        said.add((refusal.value.code, refusal.value.message))
    assert len(said) == 1


@pytest.mark.parametrize(("same", "tries"), [("code", 5), ("address", 50)])
def test_five_wrong_tries_lock_the_code_and_fifty_the_address_for_an_hour(same: str, tries: int) -> None:
    case, others = opened(), [opened() for _number in range(10)]
    right = {"receipt_secret": case.receipt_secret}
    for number in range(tries):
        if number == tries - 1:
            assert follow(case.case_code, **right).case_id == case.case_id
        tried = case if same == "code" else others[number % 10]
        address = "192.0.2.1" if same == "address" else f"198.51.100.{number}"
        with pytest.raises(Absent):
            follow(tried.case_code, receipt_secret="wrong", address=address)
    with pytest.raises(TooMany):
        follow(case.case_code, **right, now=NOW + timedelta(minutes=59))
    assert follow(case.case_code, **right, now=NOW + timedelta(minutes=61)).case_id == case.case_id


def test_the_right_digits_forget_the_wrong_tries_of_the_code() -> None:
    case = opened(contact="13800001234")
    for number in range(12):
        address = f"192.0.2.{number}"
        if number % 4 == 3:
            follow(case.case_code, contact_tail="1234", address=address)
        else:
            with pytest.raises(Absent):
                follow(case.case_code, contact_tail="9999", address=address)


def test_looks_by_the_receipt_give_nobody_more_guesses_at_the_digits() -> None:
    case = opened(contact="13800001234")
    for number in range(5):
        follow(case.case_code, receipt_secret=case.receipt_secret)
        with pytest.raises(Absent):
            follow(case.case_code, contact_tail=f"000{number}", address=f"198.51.100.{number}")
    with pytest.raises(TooMany):
        follow(case.case_code, contact_tail="1234", address="198.51.100.99")


def test_an_expired_receipt_says_so_and_the_last_digits_still_open() -> None:
    case = opened(contact="13800001234")
    late = NOW + timedelta(days=181)
    with pytest.raises(Refused) as refusal:
        follow(case.case_code, receipt_secret=case.receipt_secret, now=late)
    assert refusal.value.code == "receipt-expired"
    assert follow(case.case_code, contact_tail="1234", now=late).case_id == case.case_id


def test_an_imported_case_has_no_receipt_to_guess() -> None:
    claim = services.Claim(happened_at=NOW, imported_from="elsewhere", imported_id="7")
    case = opened(actor=importer(), claim=claim, channel="import")
    for proof in ({"receipt_secret": ""}, {"receipt_secret": None}, {"contact_tail": ""}):
        with pytest.raises(Absent):
            follow(case.case_code, **proof)


def test_what_everybody_may_see_holds_no_words_and_no_finer_place_than_the_street() -> None:
    opened()
    gone = opened()
    services.withdraw_case(actor=resident(), case_id=gone.case_id, now=NOW)
    (row,) = queries.public_recent(10)
    assert (row.street_code, row.category, row.state) == (f"{COMMUNITY[:9]}000", "roads", "opened")


def test_counts_are_made_from_facts_and_made_again_by_a_replay() -> None:
    ledger.create_log(now=NOW)
    for number in range(3):
        opened(now=NOW + timedelta(days=number))
    services.close_case(actor=clerk(), case_id=resolved().case_id, now=NOW)
    services.withdraw_case(actor=resident(), case_id=opened().case_id, now=NOW)
    _hear_all()
    opened()
    _hear_all()
    expected = queries.Counts(opened=6, resolved=1, closed=1, withdrawn=1, reopened=0)
    assert queries.counts() == expected and expected.waiting == 4
    assert queries.counts(since=NOW.date() + timedelta(days=1)).opened == 2
    rows = set(DayCount.objects.values_list("day", "category", "street_code", "opened", "resolved"))
    ledger.replay(reader=readers.NAME, forget=readers.forget)
    _hear_all()
    assert queries.counts() == expected
    assert set(DayCount.objects.values_list("day", "category", "street_code", "opened", "resolved")) == rows


def test_the_shipped_categories_end_with_i_do_not_know() -> None:
    cards = queries.categories()
    assert 7 <= len(cards) <= 10 and cards[-1].code == "unknown" and cards[-1].name_zh == "我不知道"
    assert all(card.icon and card.hint_zh and card.hint_en for card in cards)
    assert len({card.code for card in cards}) == len(cards)


def test_the_diagram_is_plain_text() -> None:
    assert json.dumps(lifecycle.diagram())


def test_refusals_are_sentences_in_the_readers_language() -> None:
    with translation.override("en"), pytest.raises(Invalid) as refusal:
        opened(words="")
    assert refusal.value.message == "Please say in a few words what it is about."


def test_a_reopened_matter_waits_again_and_counts_as_answered_once() -> None:
    ledger.create_log(now=NOW)
    case = resolved()
    services.reopen_case(actor=resident(), case_id=case.case_id, words="没好", now=NOW)
    _hear_all()
    assert (queries.counts().waiting, queries.counts().answered) == (1, 0)
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了", now=NOW)
    _hear_all()
    assert (queries.counts().waiting, queries.counts().answered) == (0, 1)


def _hear_all() -> None:
    """Seal what waits and let the day counts catch up, as the worker does."""
    ledger.seal(now=NOW)
    while ledger.deliver(reader=readers.NAME, to=readers.hear):
        pass
