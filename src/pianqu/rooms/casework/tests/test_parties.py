"""A property matter in an estate: the party whose listed power holds it is named, with list and article, and may lead it."""

from typing import Any

import pytest
from django.test import Client

from pianqu.foundation.errors import Refused
from pianqu.foundation.ids import new_id
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case, Task
from pianqu.rooms.casework.services import PlaceChoice
from pianqu.rooms.casework.tests.builders import COMMUNITY, NOW, checker, clerk, handler, importer, opened
from pianqu.rooms.directory import services as directory
from pianqu.rooms.directory.services import NewOrganisation, NewPower
from pianqu.rooms.territory import queries as territory
from pianqu.rooms.territory import services as grids
from pianqu.rooms.territory.services import NewCell, NewEstate

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
SYSTEM = importer("330205")
STREET, COMPANY, OTHER, OWNERS = "330205001000", "wy-1", "wy-2", "ywh-1"
LON, LAT, HALF = 121.55, 29.9, 0.005


def _cell(code: str, west: float) -> NewCell:
    ring = [[west, LAT - HALF], [west + HALF, LAT - HALF], [west + HALF, LAT + HALF], [west, LAT + HALF]]
    return NewCell(
        code=code,
        name=f"{code}网格",
        kind="ordinary",
        community_code=COMMUNITY,
        geometry={"type": "Polygon", "coordinates": [[*ring, ring[0]]]},
        lon=west + HALF / 2,
        lat=LAT,
    )


@pytest.fixture(autouse=True)
def estates() -> None:
    territory.forget_places()
    territory.forget_grids()
    bodies = [
        NewOrganisation(code=STREET, kind="street", name="外滩街道", short_name="外滩街道", parent_code="330205"),
        NewOrganisation(code=COMMUNITY, kind="community", name="外滩社区", short_name="外滩社区", parent_code=STREET),
        NewOrganisation(code=COMPANY, kind="property", name="锦绣物业", short_name="锦绣物业", parent_code=COMMUNITY),
        NewOrganisation(code=OTHER, kind="property", name="翠柏物业", short_name="翠柏物业", parent_code=COMMUNITY),
        NewOrganisation(
            code=OWNERS, kind="owners_committee", name="锦绣业委会", short_name="锦绣业委会", parent_code=COMMUNITY
        ),
    ]
    directory.add_organisations(actor=SYSTEM, items=bodies, valid_from=TODAY, now=NOW)
    grids.adopt_grid(
        actor=SYSTEM,
        cells=[_cell("C1", LON), _cell("C2", LON + HALF)],
        clusters=[],
        valid_from=TODAY,
        source="测试",
        now=NOW,
    )
    items = [
        NewEstate(
            code="E1",
            name="锦绣小区",
            community_code=COMMUNITY,
            property_code=COMPANY,
            owners_code=OWNERS,
            cell_codes=["C1"],
        ),
        NewEstate(code="E2", name="翠柏小区", community_code=COMMUNITY, property_code=OTHER, cell_codes=["C2"]),
    ]
    grids.set_estates(actor=SYSTEM, items=items, valid_from=TODAY, now=NOW)


def listed(*codes: str, list_kind: str = "basic") -> None:
    rows = [
        NewPower(
            verb="handle",
            category="property",
            area_code=COMMUNITY,
            level="community",
            organisation_code=code,
            list_kind=list_kind,
            article=f"第 {number} 项",
            valid_from=TODAY,
        )
        for number, code in enumerate(codes, start=1)
    ]
    directory.import_powers(actor=SYSTEM, rows=rows, source="物业服务事项清单", now=NOW)


def lift(**changes: Any) -> services.Opened:
    place = PlaceChoice(lon=LON + HALF / 2, lat=LAT, source="map")
    return opened(**{"words": "电梯停了两天", "category": "property", "place": place, **changes})


def give(case: services.Opened, lead: str) -> None:
    services.dispatch_case(actor=clerk(), case_id=case.case_id, lead_code=lead, nature="complaint", now=NOW)


def signed_in(language: str) -> Client:
    """At the centre's window."""
    account = Account(id=new_id(), login="window-a", name="窗口", password="!")
    account.save()
    directory.appoint(
        actor=SYSTEM, account_id=account.id, organisation_code="330205-centre", kind="window", title="窗口", now=NOW
    )
    client = Client(SERVER_NAME="localhost", headers={"accept-language": language})
    client.force_login(account)
    return client


def suggested(case: services.Opened) -> queries.PartySuggestion | None:
    return queries.party_suggestion(queries.case_for(clerk(), case.case_id), now=NOW)


def test_the_company_of_the_estate_is_named_and_leads_by_its_article() -> None:
    listed(COMPANY, OTHER)
    case = lift()
    found = suggested(case)
    assert found and found.lead_code == COMPANY
    assert (found.answer.estate.name, found.answer.source) == ("锦绣小区", "物业服务事项清单")
    give(case, COMPANY)
    assert Case.objects.get(id=case.case_id).lead_code == COMPANY


def test_the_company_of_another_estate_may_not_have_it_though_it_is_listed() -> None:
    listed(COMPANY, OTHER)
    with pytest.raises(Refused) as refused:
        give(lift(), OTHER)
    assert refused.value.code == "other-estate" and "锦绣小区" in refused.value.message
    give(lift(words="翠柏小区电梯停了"), OTHER)


def test_where_words_name_another_estate_than_the_place_staff_are_asked() -> None:
    listed(COMPANY)
    case = lift(words="翠柏小区电梯停了")  # on the map it lies in a cell whose only estate is the other one
    found = suggested(case)
    assert found and found.answer.also and (found.lead_code, found.answer.estate.name) == ("", "锦绣小区")
    page = signed_in("en").get(f"/desk/case/{case.case_id}/").text
    assert "But the words name the estate" in page and "翠柏小区" in page
    give(case, COMPANY)
    assert Case.objects.get(id=case.case_id).lead_code == COMPANY


@pytest.mark.parametrize("party", [COMPANY, OWNERS, COMMUNITY])
def test_nothing_is_given_to_a_party_without_a_listed_power(party: str) -> None:
    listed("330205-urban")
    with pytest.raises(Refused) as refused:
        give(lift(), party)
    assert refused.value.code == "not-listed"
    found = suggested(lift())
    assert found and (found.lead_code, found.answer.lead) == ("", "330205-urban")


def test_what_a_department_took_back_is_none_of_theirs() -> None:
    listed(COMPANY)
    rows = [
        NewPower(
            verb="handle",
            category="property",
            area_code="330205",
            level="district",
            organisation_code="330205-urban",
            list_kind="taken_back",
            article="收回 3",
            valid_from=TODAY,
        )
    ]
    directory.import_powers(actor=SYSTEM, rows=rows, source="收回清单", now=NOW)
    found = suggested(lift())
    assert found and (found.lead_code, found.answer.lead, found.answer.article) == ("", "330205-urban", "收回 3")
    with pytest.raises(Refused):
        give(lift(), COMPANY)


def test_a_party_that_objected_is_not_chosen_beforehand_again() -> None:
    listed(COMPANY)
    case = lift()
    give(case, COMPANY)
    services.object_to_dispatch(
        actor=handler(COMPANY), case_id=case.case_id, article="第 1 项", words="电梯归维保单位", now=NOW
    )
    services.review_objection(actor=checker(), case_id=case.case_id, upheld=True, words="属实", now=NOW)
    assert Task.objects.filter(case_id=case.case_id, organisation_code=COMPANY, ended_at=None).count() == 0
    found = suggested(case)
    assert found and found.gave_back and not found.lead_code
    with pytest.raises(Refused):
        give(case, COMPANY)


def test_other_matters_have_no_suggestion_among_the_four() -> None:
    listed(COMPANY)
    assert suggested(lift(category="noise")) is None
    assert suggested(opened(category="property", words="楼道灯不亮")) is None, "no estate is known"


@pytest.mark.parametrize(
    ("language", "says"),
    [("en", "Of the four parties the lists name the property company"), ("zh-hans", "四方")],
)
def test_the_page_names_the_party_the_list_and_the_article(language: str, says: str) -> None:
    listed(COMPANY, OTHER)
    case = lift()
    client = signed_in(language)
    page = client.get(f"/desk/case/{case.case_id}/").text
    assert says in page and "物业服务事项清单 · 第 1 项" in page and "锦绣小区" in page
    assert f'<option value="{COMPANY}" selected>' in page
    assert f'<option value="{OTHER}"' not in page.partition('id="lead"')[2].partition("</select>")[0]
    sent = {"lead": COMPANY, "nature": "complaint"}
    assert client.post(f"/desk/case/{case.case_id}/act/dispatch/", sent).status_code == 302
    assert Case.objects.get(id=case.case_id).lead_code == COMPANY
