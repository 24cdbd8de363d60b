"""The duty lists and a dispatch: who is named is offered and cited, and nothing is handed down without a listed power."""

from dataclasses import replace
from datetime import date

import pytest
from django.test import Client
from django.utils import translation

from pianqu.foundation.actor import Actor
from pianqu.foundation.errors import Forbidden, Invalid, Refused
from pianqu.foundation.ids import new_id
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case, Clock, Request, Task
from pianqu.rooms.casework.tests.builders import LEAD, NOW, clerk, importer, opened, resident
from pianqu.rooms.casework.tests.test_handling import told
from pianqu.rooms.casework.tests.test_views import official
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation, NewPower

pytestmark = pytest.mark.django_db
STREET = "330205001000"


@pytest.fixture(autouse=True)
def street(district: None) -> None:
    item = NewOrganisation(code=STREET, kind="street", name="外滩街道", short_name="外滩街道", parent_code="330205")
    directory.add_organisations(actor=importer("330205"), items=[item], valid_from=date(2020, 1, 1), now=NOW)


def listed(organisation_code: str, *, area: str = "330205", level: str = "district", kind: str = "basic") -> None:
    power = NewPower(
        verb="handle",
        category="roads",
        area_code=area,
        level=level,
        organisation_code=organisation_code,
        list_kind=kind,
        article="清单第 9 项",
        valid_from=date(2020, 1, 1),
    )
    directory.import_powers(actor=importer("330205"), rows=[power], source="测试清单", now=NOW)


def dispatched_to(code: str) -> services.Opened:
    case = opened()
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=code, nature="help", now=NOW)
    return case


def test_a_dispatch_cites_the_item_that_names_the_lead() -> None:
    listed(LEAD)
    assert told(dispatched_to(LEAD).case_id, "case-dispatched")["article"] == "清单第 9 项"


def test_a_department_that_no_list_names_may_be_asked() -> None:
    assert told(dispatched_to(LEAD).case_id, "case-dispatched")["article"] == ""


def test_nothing_is_handed_down_without_a_listed_power() -> None:
    with pytest.raises(Refused) as unlisted:
        dispatched_to(STREET)
    assert unlisted.value.code == "not-listed" and Case.objects.get().state == "opened"
    listed(STREET, area=STREET, level="street")
    dispatched_to(STREET)


def test_what_a_department_took_back_stays_there_and_the_list_is_cited() -> None:
    listed(LEAD, kind="taken_back")
    with pytest.raises(Refused, match="清单第 9 项"):
        dispatched_to(STREET)


def test_the_page_offers_whom_the_list_names_and_says_why() -> None:
    window: Client = official("330205-centre")
    page = f"/desk/case/{opened().case_id}/"
    english = {"accept-language": "en"}
    assert "No duty list names anybody" in window.get(page, headers=english).content.decode()
    listed(LEAD)
    text = window.get(page, headers=english).content.decode()
    assert "清单第 9 项" in text and f'<option value="{LEAD}" selected>' in text


def window_of(code: str) -> Actor:
    return Actor(kind="post", account_id=str(new_id()), post_id=str(new_id()), organisation_code=code)


def test_whom_the_list_names_takes_it_on_without_the_centre() -> None:
    case, street = opened(), window_of(STREET)
    with pytest.raises(Forbidden):
        services.take_case(actor=street, case_id=case.case_id, nature="help", now=NOW)
    listed(STREET, area=STREET, level="street")
    assert queries.handling_for(street, case.case_id, now=NOW).own_article == "清单第 9 项"
    for other in (window_of(LEAD), replace(street, reads_only=True)):
        assert not queries.handling_for(other, case.case_id, now=NOW).may.take
        with pytest.raises(Forbidden):
            services.take_case(actor=other, case_id=case.case_id, nature="help", now=NOW)
    services.take_case(actor=street, case_id=case.case_id, nature="help", now=NOW)
    row, task = Case.objects.get(id=case.case_id), Task.objects.get(case_id=case.case_id)
    assert (row.state, row.lead_code, task.state, task.binding) == ("in_progress", STREET, "working", False)
    assert row.due_at is not None and told(case.case_id, "case-dispatched")["article"] == "清单第 9 项"
    assert not queries.handling_for(street, case.case_id, now=NOW).may.take
    with pytest.raises(Refused):
        services.take_case(actor=street, case_id=case.case_id, nature="help", now=NOW)


def test_what_was_reopened_is_taken_on_again_with_a_clock() -> None:
    listed(STREET, area=STREET, level="street")
    case, street = opened(), window_of(STREET)
    services.take_case(actor=street, case_id=case.case_id, nature="help", now=NOW)
    services.resolve_case(actor=street, case_id=case.case_id, reply="已修好", now=NOW)
    services.reopen_case(actor=resident(), case_id=case.case_id, words="又坏了", now=NOW)
    services.take_case(actor=street, case_id=case.case_id, now=NOW)
    assert Clock.objects.filter(case_id=case.case_id, stopped_at=None).count() == 1


def test_who_was_upheld_neither_gets_it_again_nor_takes_it() -> None:
    listed(STREET, area=STREET, level="street")
    case, street = dispatched_to(STREET), window_of(STREET)
    services.object_to_dispatch(actor=street, case_id=case.case_id, article="清单第 9 项", words="不归我们", now=NOW)
    checker = replace(clerk(), post_id=str(new_id()))
    services.review_objection(actor=checker, case_id=case.case_id, upheld=True, words="对", now=NOW)
    assert Case.objects.get(id=case.case_id).returns == 1
    with pytest.raises(Refused) as again:
        services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=STREET, now=NOW)
    with pytest.raises(Refused) as taken:
        services.take_case(actor=street, case_id=case.case_id, now=NOW)
    assert again.value.code == taken.value.code == "objection-upheld"


def test_what_is_cited_stands_in_a_list_in_force_there() -> None:
    listed(STREET, area=STREET, level="street")
    case, street = dispatched_to(STREET), window_of(STREET)
    cites = {"actor": street, "case_id": case.case_id, "words": "不归我们", "now": NOW}
    with translation.override("en"), pytest.raises(Invalid) as unknown:
        services.return_task(article="xyz", **cites)
    assert unknown.value.code == "article-unknown"
    assert "“xyz”" in unknown.value.message and "清单第 9 项" in unknown.value.message
    assert Task.objects.filter(case_id=case.case_id, ended_at=None).exists()
    services.return_task(article=" 清单第  9 项 ", **cites)
    assert told(case.case_id, "task-returned")["article"] == "清单第 9 项"


def test_without_any_list_in_force_an_item_is_taken_as_it_is_named() -> None:
    case = dispatched_to(LEAD)
    services.return_task(actor=window_of(LEAD), case_id=case.case_id, article="三定 3", words="不归我局", now=NOW)
    assert told(case.case_id, "task-returned")["article"] == "三定 3"


def test_an_answer_ends_what_was_asked_for() -> None:
    case = dispatched_to(LEAD)
    bureau = window_of(LEAD)
    services.object_to_dispatch(actor=bureau, case_id=case.case_id, article="5", words="不归我们", now=NOW)
    services.resolve_case(actor=bureau, case_id=case.case_id, reply="还是办好了", now=NOW)
    assert queries.handling_for(clerk(), case.case_id, now=NOW).asked == ()
    with pytest.raises(Refused):
        services.review_objection(actor=clerk(), case_id=case.case_id, upheld=True, words="对", now=NOW)
    services.reopen_case(actor=resident(), case_id=case.case_id, words="又坏了", now=NOW)
    assert not Request.objects.filter(decided_at=None).exists()


def test_a_refusal_says_whom_the_list_names_instead() -> None:
    listed(LEAD)
    with pytest.raises(Refused, match="清单第 9 项"):
        dispatched_to(STREET)


def test_who_gives_it_back_is_led_to_the_list() -> None:
    case = dispatched_to(LEAD)
    bureau: Client = official(LEAD)
    typed = {"article": "清单 3", "words": "不归我局"}
    answer = bureau.post(f"/desk/case/{case.case_id}/act/return/", typed, headers={"accept-language": "en"})
    assert answer.status_code == 302 and answer["Location"] == "/desk/"
    assert (
        "not with your organisation any more"
        in bureau.get("/desk/", headers={"accept-language": "en"}).content.decode()
    )
