"""What open desks hear of: only what they may see, only what is new, in few statements whatever happened."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import CaseFilter
from pianqu.rooms.casework.tests.builders import HELPER, LEAD, clerk, dispatched, handler, opened
from pianqu.rooms.casework.tests.test_views import official
from pianqu.rooms.ledger.queries import Recorded

pytestmark = pytest.mark.django_db


def shown_on(page: str, client: Client) -> str:
    """The mark that a page carries."""
    return str(client.get(page).context["live_after"])


def heard(client: Client, after: str, **wanted: str) -> dict[str, Any]:
    answer = client.get("/desk/news/", {"after": after, **wanted})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_a_list_hears_of_what_came_after_it_and_of_nothing_before() -> None:
    window = official("330205-centre")
    opened(now=timezone.now())
    mark = shown_on("/desk/", window)
    assert heard(window, mark) == {"here": [], "elsewhere": []}
    new = opened(now=timezone.now()).case_id
    assert heard(window, mark) == {"here": [str(new)], "elsewhere": []}
    assert heard(window, shown_on("/desk/", window)) == {"here": [], "elsewhere": []}


def test_nobody_hears_of_a_matter_that_they_may_not_see() -> None:
    bureau, other = official(LEAD), official(HELPER)
    marks = {client: shown_on("/desk/", client) for client in (bureau, other)}
    case = str(dispatched(now=timezone.now()).case_id)
    assert heard(bureau, marks[bureau])["here"] == [case]
    assert heard(other, marks[other]) == {"here": [], "elsewhere": []}
    assert heard(other, "") == {"here": [], "elsewhere": []}, "not with a mark of one's own making either"
    assert other.get(f"/desk/case/{case}/news/").status_code == 404


def test_what_left_the_list_is_told_apart() -> None:
    window = official("330205-centre")
    case = opened(now=timezone.now()).case_id
    mark = shown_on("/desk/?queue=unassigned", window)
    now = timezone.now()
    services.dispatch_case(actor=clerk(), case_id=case, lead_code=LEAD, helper_codes=(), nature="complaint", now=now)
    assert heard(window, mark, queue="unassigned") == {"here": [], "elsewhere": [str(case)]}
    assert heard(window, mark)["here"] == [str(case)]
    assert heard(window, mark, category="roads")["here"] == [str(case)]
    assert heard(window, mark, category="water")["elsewhere"] == [str(case)]


def test_who_asks_again_is_told_that_nothing_is_new() -> None:
    window = official("330205-centre")
    mark = shown_on("/desk/", window)
    first = window.get("/desk/news/", {"after": mark})
    again = window.get("/desk/news/", {"after": mark}, headers={"if-none-match": first["ETag"]})
    assert again.status_code == 304 and not again.content
    squeezed = window.get("/desk/news/", {"after": mark}, headers={"if-none-match": f"W/{first['ETag']}"})
    assert squeezed.status_code == 304, "a proxy that compresses weakens the tag"
    opened(now=timezone.now())
    assert window.get("/desk/news/", {"after": mark}, headers={"if-none-match": first["ETag"]}).status_code == 200


def test_a_matters_page_says_who_changed_it() -> None:
    window, bureau = official("330205-centre"), official(LEAD)
    case = dispatched(now=timezone.now()).case_id
    page = f"/desk/case/{case}/"
    mark = shown_on(page, window)
    assert window.get(f"{page}news/", {"after": mark}).json() == {"sentence": ""}
    services.start_task(actor=handler(LEAD), case_id=case, now=timezone.now())
    english = {"accept-language": "en"}
    once = window.get(f"{page}news/", {"after": mark}, headers=english).json()["sentence"]
    assert once.startswith("This matter was changed by 执法局, ")
    services.resolve_case(actor=handler(LEAD), case_id=case, reply="已修好。", now=timezone.now())
    twice = window.get(f"{page}news/", {"after": mark}, headers=english).json()["sentence"]
    assert "changed 2 times" in twice and "已修好" not in twice
    assert window.get(f"{page}news/", {"after": shown_on(page, window)}).json() == {"sentence": ""}
    assert bureau.get(f"{page}news/", {"after": "nonsense"}).json() == {"sentence": ""}


def test_a_look_at_a_contact_changes_nothing_that_others_see() -> None:
    window = official("330205-centre")
    case = opened(contact="13805744406", now=timezone.now()).case_id
    list_mark, page_mark = shown_on("/desk/", window), shown_on(f"/desk/case/{case}/", window)
    services.reveal_contact(actor=clerk(), case_id=case, purpose="回电话", now=timezone.now())
    assert heard(window, list_mark) == {"here": [], "elsewhere": []}
    assert window.get(f"/desk/case/{case}/news/", {"after": page_mark}).json() == {"sentence": ""}


def test_a_mark_that_no_page_carried_is_refused_in_words() -> None:
    window = official("330205-centre")
    answer = window.get("/desk/news/", {"after": "%%%"}, headers={"accept-language": "en"})
    assert answer.status_code == 422 and "load it again" in answer.text


def test_whoever_is_signed_out_is_led_to_the_sign_in(client: Client) -> None:
    assert client.get("/desk/news/").status_code == 302


ASKED: dict[str, Callable[[Client, str], Any]] = {
    "list": lambda client, after: client.get("/desk/news/", {"after": after}),
    "queue": lambda client, after: client.get("/desk/news/", {"after": after, "queue": "mine"}),
}


@pytest.mark.parametrize("asked", ASKED)
def test_statements_do_not_grow_with_what_happened(asked: str) -> None:
    window = official("330205-centre")
    mark = shown_on("/desk/", window)
    counts = []
    for more in (1, 12):
        for _one in range(more):
            opened(now=timezone.now())
        with CaptureQueriesContext(connection) as seen:
            assert ASKED[asked](window, mark).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 8, [one["sql"][:90] for one in seen.captured_queries]


def test_a_quiet_house_answers_in_one_statement_beside_who_asks() -> None:
    window = official("330205-centre")
    mark = shown_on("/desk/", window)
    tag = window.get("/desk/news/", {"after": mark})["ETag"]
    with CaptureQueriesContext(connection) as seen:
        assert window.get("/desk/news/", {"after": mark}, headers={"if-none-match": tag}).status_code == 304
    assert len(seen) <= 5, [one["sql"][:90] for one in seen.captured_queries]
    assert sum("ledger_entry" in one["sql"] for one in seen.captured_queries) == 1


def test_an_entry_that_becomes_visible_late_is_not_lost() -> None:
    """An id made before the newest one, seen after it: within the moments of a transaction it still counts as new."""
    opened(now=timezone.now())
    mark = queries.mark_now()
    assert queries.recorded_since(mark) == ()
    one = queries.recorded_since(queries.Mark())[0]
    late = Recorded(
        type(one.entry_id)(int=mark.after.int + 1), one.kind, one.subject, one.organisation_code, datetime.now(UTC)
    )
    assert mark.unknown([one, late]) == (late,)


def test_a_mark_survives_its_text() -> None:
    for _one in range(40):
        opened(now=timezone.now() - timedelta(seconds=1))
    mark = queries.mark_now()
    assert queries.Mark.of(str(mark)) == mark and len(str(mark)) < 400
    assert queries.news_for(clerk(), queries.recorded_since(mark), CaseFilter(), timezone.now()).here == frozenset()
