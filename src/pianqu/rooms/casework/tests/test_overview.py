"""The overview: its numbers are those of the lists, within the scope, in a constant number of statements."""

import random
import re
from datetime import timedelta
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from openpyxl import load_workbook

from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case
from pianqu.rooms.casework.queries import NONE, CaseFilter, Line, overview_for
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    LEAD,
    NOW,
    OTHER_COMMUNITY,
    brought_to,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    resident,
    resolved,
)
from pianqu.rooms.directory import services as directory
from pianqu.rooms.territory import services as grids
from pianqu.rooms.territory.services import NewCell, NewCluster

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=40)
STREET = "330205001000"


def _drawn(lon: float = 121.55, lat: float = 29.9) -> None:
    """A grid with one cell and one cluster around it; the other community lies in none."""
    ring = [[lon, lat], [lon + 0.01, lat], [lon + 0.01, lat + 0.01], [lon, lat]]
    cell = NewCell(
        code="C1",
        name="一网格",
        kind="ordinary",
        community_code=COMMUNITY,
        geometry={"type": "Polygon", "coordinates": [ring]},
        lon=lon,
        lat=lat,
    )
    cluster = NewCluster(code="P1", name="江湾片区", centre_code="", community_codes=(COMMUNITY,))
    day = NOW.date()
    grids.adopt_grid(actor=importer("330205"), cells=[cell], clusters=[cluster], valid_from=day, source="测试", now=NOW)


def total(**wanted: Any) -> int:
    found = queries.cases_for(clerk(), filters=CaseFilter(**wanted), now=LATER).total
    assert found is not None
    return found


def _agrees(line: Line, since: Any, until: Any, **which: Any) -> None:
    """Each number is that of the list to which the page links it."""
    days = {"since": since, "until": until}
    assert line.open == total(queue="open", **which)
    assert line.overdue == total(queue="overdue", **which)
    assert line.week == total(queue="week", **which)
    assert line.received == total(**days, **which)
    assert line.resolved == total(moment="resolved", **days, **which)
    assert line.minutes.total() in (0, line.resolved)


STATES = ("opened", "dispatched", "paused", "resolved", "rated", "reopened", "closed", "withdrawn", "returned")


@pytest.mark.parametrize("seed", range(5))
def test_every_number_is_that_of_its_list(seed: int) -> None:
    """For any mixture of cases."""
    dice = random.Random(seed)
    for _number in range(dice.randrange(9)):
        brought_to(dice.choice(STATES))
    weeks, placeless = dice.randrange(14), dice.random() < 0.5
    opened(category="market", place=services.PlaceChoice(community_code=OTHER_COMMUNITY, source="community"))
    opened(category="unknown", now=LATER - timedelta(weeks=weeks))
    if placeless:
        opened(place=services.PlaceChoice(landmark="江边", source="none"))
    if dice.random() < 0.7:
        _drawn()
    found = overview_for(clerk(), now=LATER)
    span = (found.since, found.until)
    _agrees(found.total, *span)
    divided = {
        "category": found.categories,
        "platform": found.platforms,
        "cluster_code": found.clusters,
        "place_code": found.places,
    }
    for which, lines in divided.items():
        for line in lines:
            _agrees(line, *span, **{which: line.code})
        assert sum(line.open for line in lines) == (found.total.open if lines or which != "cluster_code" else 0)
    for week in found.weeks:
        days = {"since": week.first, "until": week.last}
        assert week.received == total(**days)
        assert week.resolved == total(moment="resolved", **days)
        assert week.reopened == total(moment="reopened", **days)


def test_a_street_shows_its_communities() -> None:
    opened()
    opened(place=services.PlaceChoice(community_code=OTHER_COMMUNITY, source="community"))
    assert [line.code for line in overview_for(clerk(), now=NOW).places] == [STREET, "330205103000"]
    assert [line.code for line in overview_for(clerk(), now=NOW, area_code=STREET).places] == [COMMUNITY]


def test_a_cluster_has_its_line_and_its_list(leader: Client) -> None:
    _drawn()
    now = timezone.now()
    opened(now=now)
    opened(now=now)
    opened(now=now, place=services.PlaceChoice(community_code=OTHER_COMMUNITY, source="community"))
    assert [(line.code, line.open) for line in overview_for(clerk(), now=now).clusters] == [("P1", 2), (NONE, 1)]
    page = leader.get("/desk/overview/", headers={"accept-language": "en"}).content.decode()
    assert "By cluster" in page and 'href="/desk/?queue=open&amp;cluster=P1"' in page
    assert "江湾片区" in page and "In no cluster" in page
    listed = leader.get("/desk/?cluster=P1", headers={"accept-language": "en"}).content.decode()
    assert ">2 cases" in listed and '<option value="P1" selected>江湾片区' in listed
    assert ">0 cases" in leader.get("/desk/?cluster=P9", headers={"accept-language": "en"}).content.decode()


def test_a_district_without_clusters_shows_none(leader: Client) -> None:
    opened(now=timezone.now())
    assert "By cluster" not in leader.get("/desk/overview/", headers={"accept-language": "en"}).content.decode()
    assert 'name="cluster"' not in leader.get("/desk/", headers={"accept-language": "en"}).content.decode()


def test_a_community_shows_its_cells() -> None:
    for cell, number in (("C1", 2), ("C2", 1), ("", 1)):
        for _number in range(number):
            case = opened()
            Case.objects.filter(id=case.case_id).update(cell_code=cell)
    opened(place=services.PlaceChoice(community_code=OTHER_COMMUNITY, source="community"))
    found = overview_for(clerk(), now=LATER, area_code=COMMUNITY)
    assert [(line.code, line.open) for line in found.places] == [("C1", 2), ("C2", 1), (NONE, 1)]
    for line in found.places:
        _agrees(line, found.since, found.until, place_code=COMMUNITY, cell_code=line.code)
    assert found.total.open == 5


def test_the_page_of_a_community_leads_to_lists_of_cells(leader: Client) -> None:
    case = opened(now=timezone.now())
    Case.objects.filter(id=case.case_id).update(cell_code="C1")
    page = leader.get(f"/desk/overview/?street={COMMUNITY}", headers={"accept-language": "en"}).content.decode()
    assert "By cell" in page and f'href="/desk/overview/?street={STREET}#places"' in page
    listed = leader.get(f"/desk/?place={COMMUNITY}&cell=C1", headers={"accept-language": "en"}).content.decode()
    assert ">1 case" in listed and 'name="cell" value="C1"' in listed
    assert ">0 cases" in leader.get("/desk/?cell=C2", headers={"accept-language": "en"}).content.decode()


def test_nobody_counts_what_they_may_not_see() -> None:
    dispatched()
    opened()
    assert overview_for(clerk(), now=NOW).total.open == 2
    assert overview_for(handler(LEAD), now=NOW).total.open == 1
    assert overview_for(handler("330205-market"), now=NOW).total.open == 0
    assert overview_for(resident(), now=NOW).total.open == 0


@pytest.mark.parametrize("count", [0, 30])
def test_statements_do_not_grow(count: int) -> None:
    for _number in range(count):
        resolved()
        opened(category="noise")
    overview_for(clerk(), now=NOW)
    with CaptureQueriesContext(connection) as seen:
        found = overview_for(clerk(), now=NOW)
    assert len(seen) == 6
    assert found.total.open == count
    with CaptureQueriesContext(connection) as seen:
        overview_for(handler(LEAD), now=NOW)
    assert len(seen) <= 9


def test_too_few_have_no_share_and_no_median() -> None:
    for _number in range(queries.SAMPLE - 1):
        resolved()
        opened()
    line = overview_for(clerk(), now=LATER).total
    assert line.late_share is None and line.median is None and line.rated_share is None
    case = opened(now=NOW - timedelta(minutes=90))
    services.resolve_case(actor=clerk(), case_id=case.case_id, reply="好了", now=NOW)
    opened()
    line = overview_for(clerk(), now=LATER).total
    assert line.late_share and line.late_share.value == 1 and line.late_share.low < 0.9
    assert line.median and line.median.value == 0 and line.minutes[90] == 1
    assert line.rated_share and line.rated_share.value == 0


def test_what_has_no_place_stands_last() -> None:
    opened(place=services.PlaceChoice(landmark="江边", source="none"))
    opened()
    assert [line.code for line in overview_for(clerk(), now=NOW).places] == [STREET, NONE]


@pytest.fixture
def leader(client: Client) -> Client:
    account = Account.objects.create_account(login="leader", password="a long one for tests", name="主任")
    directory.appoint(
        actor=importer("330205"),
        account_id=account.id,
        organisation_code="330205-centre",
        kind="leader",
        title="主任",
        now=NOW,
    )
    client.force_login(account)
    return client


@pytest.mark.parametrize(("language", "words"), [("zh", "未办结"), ("en", "Open")])
def test_the_page_says_it_in_words_charts_and_tables(leader: Client, language: str, words: str) -> None:
    opened(now=timezone.now())
    answer = leader.get("/desk/overview/", headers={"accept-language": language})
    page = answer.content.decode()
    assert words in page and 'id="weeks-data"' in page and "/desk/?queue=open&amp;category=roads" not in page
    for href in re.findall(r'href="(/desk/\?[^"]+)"', page):
        assert leader.get(unescape(href)).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        leader.get("/desk/overview/?street=" + STREET)
    assert len(seen) <= 16


def test_a_link_shows_what_its_number_counts(leader: Client) -> None:
    opened(now=timezone.now())
    resolved(now=timezone.now())
    page = leader.get("/desk/overview/", headers={"accept-language": "en"}).content.decode()
    for href, number in re.findall(r'href="(/desk/\?[^"]+)">(\d+)</a>', page):
        shown_page = leader.get(unescape(href), headers={"accept-language": "en"}).content.decode()
        assert f">{number} case" in shown_page, href


def test_an_empty_district_has_a_page(leader: Client) -> None:
    assert "没有未办结的件" in leader.get("/desk/overview/?street=nowhere").content.decode()


def test_a_workbook_runs_nothing(leader: Client) -> None:
    services.add_categories(
        actor=importer(),
        categories=[services.NewCategory(code="bad", name_zh='=HYPERLINK("x")', name_en="@x")],
        now=NOW,
    )
    opened(category="bad", now=timezone.now())
    answer = leader.get("/desk/overview/tables.xlsx")
    book = load_workbook(BytesIO(answer.content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert '=HYPERLINK("x")' in [cell.value for cell in cells]
    assert all(cell.data_type in "sn" for cell in cells)


def test_nobody_signed_in_sees_nothing(client: Client) -> None:
    assert client.get("/desk/overview/").status_code == 302
    assert client.get("/desk/overview/tables.xlsx").status_code == 302
