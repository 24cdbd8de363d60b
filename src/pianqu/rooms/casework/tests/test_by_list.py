"""The duty lists and a dispatch: who is named is offered and cited, and nothing is handed down without a listed power."""

from datetime import date

import pytest
from django.test import Client

from pianqu.foundation.errors import Refused
from pianqu.rooms.casework import services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.tests.builders import LEAD, NOW, clerk, importer, opened
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
