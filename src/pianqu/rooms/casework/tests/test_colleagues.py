"""Notes among colleagues: who may be mentioned, what becomes of a note, and that no reporter ever learns of one."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.foundation.errors import Absent, Forbidden, Invalid, Refused
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import ColleagueNote, Mention, Note
from pianqu.rooms.casework.tests.builders import HELPER, LEAD, NOW, clerk, opened, resident, resolved, started
from pianqu.rooms.casework.tests.test_replies import CENTRE, browser, official
from pianqu.rooms.ledger import queries as ledger

LATE = NOW + services.RETRACT_WITHIN + timedelta(seconds=1)
WORDS = "请明天一起到现场。"


def kinds(case_id: uuid.UUID) -> list[str]:
    return [item.kind.partition(".")[2] for item in ledger.history(f"case:{case_id}")]


def login_of(actor: Any) -> str:
    return Account.objects.get(id=actor.account_id).login


def cards(actor: Any, case_id: uuid.UUID) -> tuple[queries.NoteCard, ...]:
    items = queries.case_for(actor, case_id).timeline
    return queries.notes_among(actor, items, retract_after=NOW - services.RETRACT_WITHIN)


def test_a_note_calls_whom_it_names_and_whom_it_chooses() -> None:
    case = started(helpers=(HELPER,))
    writer, named, chosen = official(LEAD, "handler"), official(HELPER, "handler"), official(CENTRE, "window")
    words = f"{WORDS}@{login_of(named)}，看一下"
    services.write_note(
        actor=writer, case_id=case.case_id, words=words, post_ids=[chosen.post_id or "", named.post_id or ""], now=NOW
    )
    assert {row.post_id for row in Mention.objects.all()} == {named.post_id, chosen.post_id}
    told = {item.kind: item.fact for item in ledger.history(f"case:{case.case_id}")}
    assert "现场" not in str(told["casework.case-noted"])
    assert set(told["casework.colleagues-mentioned"]["called_organisations"]) == {HELPER, CENTRE}
    for reader in (named, chosen):
        (row,), more = queries.mentions_of(reader)
        assert (row.words, row.is_new, more, queries.mentions_new(reader)) == (words, True, False, 1)
    assert queries.mentions_of(writer) == ((), False)


@pytest.mark.parametrize("how", ["login", "post", "nobody", "made-up"])
def test_only_who_sees_the_matter_may_be_mentioned(how: str) -> None:
    case, writer, stranger = started(), official(LEAD, "handler"), official(HELPER, "handler")
    words = {"login": f"@{login_of(stranger)} {WORDS}", "nobody": f"@nobody.here {WORDS}"}.get(how, WORDS)
    posts = {"post": [stranger.post_id or ""], "made-up": ["x"]}.get(how, [])
    with pytest.raises(Invalid) as refusal:
        services.write_note(actor=writer, case_id=case.case_id, words=words, post_ids=posts, now=NOW)
    assert refusal.value.code == "mention-unseen"
    assert not ColleagueNote.objects.exists() and "case-noted" not in kinds(case.case_id)


@pytest.mark.parametrize("how", ["logins", "posts"])
def test_a_flood_of_mentions_is_refused_before_anybody_is_looked_up(how: str) -> None:
    case, writer = started(), official(LEAD, "handler")
    many = 2_000
    words = " ".join(f"@n{at}" for at in range(500)) if how == "logins" else WORDS
    posts = [str(uuid.uuid4()) for _ in range(many)] if how == "posts" else []
    with CaptureQueriesContext(connection) as seen, pytest.raises(Invalid) as refusal:
        services.write_note(actor=writer, case_id=case.case_id, words=words, post_ids=posts, now=NOW)
    assert refusal.value.code == "mention-many"
    assert len(seen.captured_queries) < 15
    assert not ColleagueNote.objects.exists()


@pytest.mark.parametrize("number", ["0", "-1", "x", "٣", "1e3", "99999", "0001" + "0" * 5_000])
def test_an_odd_page_of_mentions_is_a_page(number: str) -> None:
    assert browser(official(LEAD, "handler")).get("/desk/mentions/", {"page": number}).status_code == 200


def test_who_does_not_see_it_or_only_looks_writes_none() -> None:
    case = started()
    with pytest.raises(Absent):
        services.write_note(actor=official(HELPER), case_id=case.case_id, words=WORDS, now=NOW)
    with pytest.raises(Forbidden):
        services.write_note(actor=official(CENTRE, "auditor"), case_id=case.case_id, words=WORDS, now=NOW)
    with pytest.raises(Invalid):
        services.write_note(actor=official(LEAD), case_id=case.case_id, words=" ", now=NOW)


def test_no_reporter_learns_of_a_note() -> None:
    case, writer, other = started(), official(LEAD, "handler"), official(CENTRE, "window")
    first = services.write_note(actor=writer, case_id=case.case_id, words=f"@{login_of(other)} 内部秘密", now=NOW)
    second = services.write_note(actor=writer, case_id=case.case_id, words="内部秘密二", now=NOW)
    services.note_case(actor=clerk(), case_id=case.case_id, words="内部秘密三", now=NOW)
    services.retract_note(actor=writer, case_id=case.case_id, note_id=first, now=NOW)
    services.strike_note(actor=writer, case_id=case.case_id, note_id=second, now=NOW)
    services.note_case(actor=clerk(), case_id=case.case_id, words="给您的话", for_reporter=True, now=NOW)
    lines = queries.resident_case(case.case_id).timeline
    said = [line.words for line in lines if line.kind == "casework.case-noted"]
    assert said == ["给您的话"] and "内部" not in str(lines)
    assert not {"casework.colleagues-mentioned", "casework.note-retracted", "casework.note-struck"} & {
        line.kind for line in lines
    }


def test_a_note_is_taken_back_soon_or_struck_later() -> None:
    case, writer, other = started(), official(LEAD, "handler"), official(CENTRE, "window")
    given: dict[str, Any] = {"actor": writer, "case_id": case.case_id}
    one = services.write_note(**given, words=f"@{login_of(other)}", now=NOW)
    assert cards(writer, case.case_id)[0].may_retract
    with pytest.raises(Forbidden):
        services.retract_note(actor=other, case_id=case.case_id, note_id=one, now=NOW)
    with pytest.raises(Refused):
        services.retract_note(**given, note_id=one, now=LATE)
    services.retract_note(**given, note_id=one, now=NOW)
    assert Note.objects.get(entry_id=one).words == "" and queries.mentions_new(other) == 0
    two = services.write_note(**given, words="说错了", now=NOW)
    with pytest.raises(Forbidden):
        services.strike_note(actor=other, case_id=case.case_id, note_id=two, now=LATE)
    services.strike_note(actor=official(CENTRE, "leader"), case_id=case.case_id, note_id=two, now=LATE)
    with pytest.raises(Refused):
        services.strike_note(**given, note_id=two, now=LATE)
    marks = [(card.mark, card.words) for card in cards(writer, case.case_id)]
    assert marks == [("struck", "说错了"), ("retracted", "")]


def test_erasing_a_matter_erases_its_notes() -> None:
    case, writer, other = resolved(), official(CENTRE, "window"), official(CENTRE, "leader")
    services.write_note(actor=writer, case_id=case.case_id, words=f"@{login_of(other)} 姓王的", now=NOW)
    services.close_case(actor=clerk(), case_id=case.case_id, now=NOW)
    services.erase_case(actor=clerk(), case_id=case.case_id, basis="period-over", now=NOW)
    assert not Note.objects.exclude(words="").exists()
    assert queries.mentions_of(other)[0][0].words == "" and cards(writer, case.case_id)[0].words == ""
    with pytest.raises(Refused):
        services.write_note(actor=writer, case_id=case.case_id, words=WORDS, now=NOW)


def test_a_post_settles_its_own_mentions_and_no_others() -> None:
    case, writer = started(), official(CENTRE, "window")
    readers = official(LEAD, "handler"), official(LEAD, "leader")
    for _time in range(2):
        posts = [one.post_id or "" for one in readers]
        services.write_note(actor=writer, case_id=case.case_id, words=WORDS, post_ids=posts, now=NOW)
    first = queries.mentions_of(readers[0])[0][0].mention_id
    assert services.settle_mentions(actor=readers[1], mention_ids=[first], now=NOW) == 0
    assert services.settle_mentions(actor=readers[0], mention_ids=[first], now=NOW) == 1
    assert (queries.mentions_new(readers[0]), queries.mentions_new(readers[1])) == (1, 2)
    assert [card.is_new for card in queries.mentions_of(readers[0])[0]] == [True, False]
    assert services.settle_mentions(actor=readers[0], now=NOW) == 1


def test_words_of_a_matter_that_is_gone_are_not_shown() -> None:
    case, writer, reader = started(), official(CENTRE, "window"), official(LEAD, "handler")
    services.write_note(actor=writer, case_id=case.case_id, words=f"@{login_of(reader)} 内情", now=NOW)
    services.return_task(actor=reader, case_id=case.case_id, article="12", words="不归我局", now=NOW)
    card = queries.mentions_of(reader)[0][0]
    assert (card.words, card.is_seen) == ("", False)
    assert "内情" not in browser(reader).get("/desk/mentions/").content.decode()


def test_the_pages_write_refuse_and_settle() -> None:
    case, writer, reader = started(), official(LEAD, "handler"), official(CENTRE, "window")
    desk, at = browser(writer), f"/desk/case/{case.case_id}/"
    assert str(reader.post_id) in desk.get(f"{at}notes/").content.decode()
    refused = desk.post(f"{at}notes/", {"words": "@nobody.here 先看看", "posts": [reader.post_id]})
    body = refused.content.decode()
    assert refused.status_code == 422 and "@nobody.here 先看看" in body and "cannot be mentioned" in body
    assert f'value="{reader.post_id}" checked' in body
    assert desk.post(f"{at}notes/", {"words": "<i>看看</i>", "posts": [reader.post_id]}).status_code == 302
    page = desk.get(at).content.decode()
    assert page.count("&lt;i&gt;看看&lt;/i&gt;") == 1 and "Take it back" in page
    other = browser(reader)
    listed = other.get("/desk/mentions/").content.decode()
    assert "&lt;i&gt;看看&lt;/i&gt;" in listed
    assert "/desk/mentions/" in other.get("/desk/").content.decode()
    assert other.post("/desk/mentions/", {"mention": "all"}).status_code == 302
    assert queries.mentions_new(reader) == 0
    note = ColleagueNote.objects.get().entry_id
    assert desk.post(f"{at}notes/{note}/burn/").status_code == 404
    assert browser(official(HELPER)).get(f"{at}notes/").status_code == 404
    assert browser(official(HELPER)).post(f"{at}notes/", {"words": "x"}).status_code == 404


def test_lists_cost_the_same_however_long(django_assert_max_num_queries: Callable[[int], Any]) -> None:
    case, writer, reader = started(), official(LEAD, "handler"), official(CENTRE, "window")

    def write(times: int) -> None:
        for _time in range(times):
            services.write_note(
                actor=writer, case_id=case.case_id, words=WORDS, post_ids=[reader.post_id or ""], now=NOW
            )

    write(1)
    with django_assert_max_num_queries(9) as before:
        queries.mentions_of(reader)
    desk = browser(reader)
    desk.get(f"/desk/case/{case.case_id}/")
    with django_assert_max_num_queries(60) as page:
        desk.get(f"/desk/case/{case.case_id}/")
    write(5)
    with django_assert_max_num_queries(len(before)):
        queries.mentions_of(reader)
    with django_assert_max_num_queries(len(page)):
        desk.get(f"/desk/case/{case.case_id}/")


def test_a_resident_writes_no_note() -> None:
    case = opened()
    with pytest.raises((Absent, Forbidden)):
        services.write_note(actor=resident(), case_id=case.case_id, words=WORDS, now=NOW)
