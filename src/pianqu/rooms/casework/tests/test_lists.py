"""Lists of matters: what is wrong is told row by row, what is right is taken in once, what is kept goes after a day."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Absent, Forbidden, Invalid, Problem, Refused
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case, CaseList, CaseListItem, Contact
from pianqu.rooms.casework.services import SentRow
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    NOW,
    checker,
    clerk,
    handler,
    importer,
    opened,
    post_of,
    resident,
    small_district,
)
from pianqu.rooms.ledger import queries as ledger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def district() -> Iterator[None]:
    small_district()
    with translation.override("en"):
        yield


def cells(number: str = "1", **changes: str) -> dict[str, str]:
    given = {"number": number, "words": f"路灯 {number} 坏了", "category": "roads", "community": "外滩社区"}
    return {**given, **changes}


def sent(*rows: dict[str, str], actor: Actor | None = None, source: str = "12345热线", **own: Any) -> Any:
    made = [SentRow(line=line, cells=row, **own) for line, row in enumerate(rows, start=2)]
    return services.send_list(actor=actor or clerk(), source=source, rows=made, content=b"file", now=NOW)


def looked(list_id: Any, actor: Actor | None = None) -> services.ListLook:
    return services.look_at_list(actor=actor or clerk(), list_id=list_id, now=NOW)


def take(list_id: Any, actor: Actor | None = None) -> queries.ListCard:
    return services.take_in_list(actor=actor or clerk(), list_id=list_id, now=NOW)


@pytest.mark.parametrize(
    ("changes", "column", "says"),
    [
        ({"category": "月亮"}, "category", "月亮"),
        ({"category": ""}, "category", "missing"),
        ({"words": " "}, "words", "few words"),
        ({"words": "长" * 5_001}, "words", "1 too many"),
        ({"words": "长" * 10_001}, "words", "too much text"),
        ({"community": "朝阳社区"}, "community", "no community or grid cell of this district"),
        ({"community": "", "longitude": "116.40", "latitude": "39.90"}, "longitude", "outside"),
        ({"community": "", "longitude": "121.55"}, "latitude", "both"),
        ({"longitude": "东经"}, "longitude", "degrees"),
        ({"contact": "12ab"}, "contact", "telephone number"),
        ({"contact": "1.38E+10"}, "contact", "telephone number"),
        ({"channel": "鸽子"}, "channel", "鸽子"),
        ({"day": "2026-03-03"}, "day", "to come"),
        ({"day": "1999-03-03"}, "day", "too long ago"),
        ({"day": "昨天"}, "day", "no day"),
        ({"landmark": "长" * 201}, "landmark", "200"),
        ({"number": "9" * 65}, "number", "64 characters"),
    ],
)
def test_every_wrong_cell_is_told_with_its_line_and_column(changes: dict[str, str], column: str, says: str) -> None:
    look = looked(sent(cells(), {**cells("2"), **changes}))
    assert [(fault.line, fault.column) for fault in look.faults] == [(3, column)]
    assert says in look.faults[0].sentence
    assert [good.line for good in look.good] == [2]


def test_every_fault_of_a_row_is_told() -> None:
    assert {fault.column for fault in looked(sent(cells(words="", category="x", day="x"))).faults} == {
        "words",
        "category",
        "day",
    }


def test_a_formula_is_never_read() -> None:
    look = looked(sent(cells(words="=1+1"), formulas=("words",)))
    assert "formula" in look.faults[0].sentence and not look.good


def test_the_same_row_twice_in_a_list() -> None:
    look = looked(sent(cells("7"), cells("7", words="别的"), cells("", words="同一句"), cells("", words="同一句")))
    assert [(fault.line, fault.column) for fault in look.faults] == [(3, "number"), (5, "number")]
    assert "Line 2" in look.faults[0].sentence and "Line 4" in look.faults[1].sentence
    assert [good.line for good in look.good] == [2, 4]


def test_days_and_channels_as_people_write_them() -> None:
    rows = [
        cells(str(at), day=day) for at, day in enumerate(("2026/3/1", "2026年3月1日", "2026-03-01 08:30", "2026.3.1"))
    ]
    look = looked(sent(*rows, cells("p", channel="电话"), cells("q", channel="Window")))
    assert not look.faults
    assert {str(good.happened_date) for good in look.good[:4]} == {"2026-03-01"}
    assert [good.opening.channel for good in look.good[3:]] == ["list", "phone", "window"]


def test_what_is_right_is_taken_in_with_all_that_it_says() -> None:
    list_id = sent(cells("A-1", contact="138 0013 8000", landmark="桥头", day="2026-03-01"), cells("A-2", category="x"))
    card = take(list_id)
    assert (card.taken, card.wrong, card.before) == (1, 1, 0)
    case = Case.objects.get()
    assert (case.channel, case.place_code, case.landmark, case.state) == ("list", COMMUNITY, "桥头", "opened")
    assert case.organisation_code == clerk().organisation_code and case.due_at is not None
    contact = Contact.objects.get(case=case)
    assert "13800138000" not in contact.sealed and contact.mask == "138********"
    assert queries.from_list(case.id) == queries.FromList(
        source="12345热线", number="A-1", happened_date=NOW.date() - timedelta(days=1)
    )
    kinds = [entry.kind for entry in ledger.history(f"list:{list_id}")]
    assert sorted(kinds) == ["casework.list-sent", "casework.list-taken-in"]
    assert [entry.kind for entry in ledger.history(f"case:{case.id}")] == ["casework.case-opened"]


def test_nothing_is_taken_in_twice() -> None:
    rows = [cells("1"), cells("2"), cells("", words="没有编号")]
    list_id = sent(*rows)
    assert take(list_id).taken == take(list_id).taken == 3
    again = sent(*rows, cells("3"))
    assert [line for line, _code in looked(again).before] == [2, 3, 4]
    assert (take(again).taken, take(again).before, Case.objects.count()) == (1, 3, 4)
    with pytest.raises(Refused):
        take(sent(*rows))
    assert take(sent(*rows, source="物业")).taken == 3, "another source has its own numbers"


def test_a_known_number_with_other_words_is_asked_about() -> None:
    take(sent(cells("1")))
    look = looked(sent(cells("1", words="完全另一件事")))
    assert [fault.column for fault in look.faults] == ["number"]
    assert "taken in before with other words" in look.faults[0].sentence


def test_mended_rows_are_taken_in_and_the_rest_passed_over() -> None:
    take(sent(cells("1"), cells("2", category="x")))
    assert take(sent(cells("1"), cells("2", category="roads"))).taken == 1
    assert Case.objects.count() == 2


def test_only_the_wrong_rows_are_kept_and_for_a_day_only() -> None:
    list_id = sent(cells("1", contact="13800138000"), cells("2", category="x", contact="13900139000"))
    assert "13800138000" not in CaseList.objects.get().sealed
    take(list_id)
    assert [row.line for row in looked(list_id).rows] == [3]
    early = services.forget_lists(actor=importer(), now=NOW + timedelta(hours=23))
    assert (early, services.forget_lists(actor=importer(), now=NOW + services.LIST_KEPT)) == (0, 1)
    assert (CaseList.objects.get().sealed, looked(list_id).rows) == ("", ())
    assert queries.list_of(clerk(), list_id).wrong == 1, "the figures stay"
    clean = sent(cells("9"))
    take(clean)
    assert CaseList.objects.get(id=clean).sealed == "", "nothing is wrong, so nothing is kept"


def test_a_list_that_was_put_away_is_to_be_sent_again() -> None:
    list_id = sent(cells())
    services.forget_list(actor=clerk(), list_id=list_id, now=NOW)
    with pytest.raises(Refused, match="send it again"):
        take(list_id)


def test_erasing_a_matter_erases_what_the_list_kept_of_it() -> None:
    list_id = sent(cells("卡号1", contact="13800138000", day="2026-03-01"), cells("2", category="x"))
    take(list_id)
    case = Case.objects.get()
    services.withdraw_case(actor=clerk(), case_id=case.id, now=NOW)
    services.erase_case(actor=clerk(), case_id=case.id, basis="consent-withdrawn", now=NOW)
    item = CaseListItem.objects.get()
    assert (item.number, item.happened_date, CaseList.objects.get().sealed) == ("", None, "")
    assert not Contact.objects.exists()


def test_who_may_take_in_a_list() -> None:
    auditor = Actor(kind="post", post_id=post_of("a"), organisation_code="330205", reads_only=True)
    for other in (resident(), importer(), auditor):
        with pytest.raises(Forbidden):
            sent(cells(), actor=other)
    list_id = sent(cells())
    for other in (checker(), handler()):
        with pytest.raises(Absent):
            looked(list_id, other)
        with pytest.raises(Absent):
            take(list_id, other)
        with pytest.raises(Absent):
            services.forget_list(actor=other, list_id=list_id, now=NOW)
    assert [card.is_own for card in queries.lists_of(checker())] == [False]
    assert queries.lists_of(handler()) == ()
    assert take(sent(cells(), actor=handler()), handler()).taken == 1
    assert Case.objects.get().organisation_code == handler().organisation_code


@pytest.mark.parametrize(("source", "many"), [(" ", 1), ("长" * 41, 1), ("热线", 0), ("热线", 2_001)])
def test_a_list_that_is_none(source: str, many: int) -> None:
    with pytest.raises(Invalid):
        sent(*[cells(str(at)) for at in range(many)], source=source)
    assert not CaseList.objects.exists()


def test_a_refused_row_in_the_middle_keeps_all_or_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    list_id = sent(cells("1"), cells("2"))

    def fails(*_args: Any, **_given: Any) -> Any:
        raise Problem("broken", "Broken.")

    monkeypatch.setattr("pianqu.rooms.casework.services.lists._keep_items", fails)
    with pytest.raises(Problem):
        take(list_id)
    assert not Case.objects.exists() and queries.list_of(clerk(), list_id).taken_at is None


def test_the_statements_do_not_grow_with_the_rows() -> None:
    counts = []
    for at, many in enumerate((5, 120)):
        list_id = sent(*[cells(f"{at}-{number}") for number in range(many)])
        with CaptureQueriesContext(connection) as seen:
            take(list_id)
        counts.append(len(seen))
    assert counts[1] - counts[0] <= 115 + 6, "one look at the places for each matter, and pages of rows"


def test_a_table_of_matters_names_the_list_and_its_number() -> None:
    take(sent(cells("HW-1", day="2026-03-01"), cells("HW-2")))
    opened()
    names = queries.Names(NOW.date())
    at = [column.name for column in queries.export_columns(with_words=False)]
    found = queries.export_page(clerk(), queries.CaseFilter(), names, with_words=False, page="", size=10, now=NOW)
    told = {
        tuple(dict(zip(at, row, strict=True))[name] for name in ("imported_from", "imported_id", "happened_on"))
        for row in found.rows
    }
    assert told == {("12345热线", "HW-1", "2026-03-01"), ("12345热线", "HW-2", ""), ("", "", "")}


def test_what_became_of_a_list_is_told_by_its_own_numbers() -> None:
    list_id = sent(cells("HW-1", day="2026-03-01"), cells("HW-2"), cells("HW-3", category="x"))
    take(list_id)
    first = CaseListItem.objects.get(number="HW-1").case_id
    services.resolve_case(actor=clerk(), case_id=first, reply="修好了", now=NOW)
    with CaptureQueriesContext(connection) as asked:
        found = queries.list_results(clerk(), list_id)
    assert [(one.number, one.state, one.resolved_at) for one in found] == [
        ("HW-1", "resolved", NOW),
        ("HW-2", "opened", None),
    ]
    assert found[0].happened_date == NOW.date() - timedelta(days=1) and found[0].line == 2
    assert len(asked) <= 3
    for other in (checker(), handler()):
        with pytest.raises(Absent):
            queries.list_results(other, list_id)
