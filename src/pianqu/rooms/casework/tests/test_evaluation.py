"""Figures of units against a plain count over all matters; scopes, periods, ranks, and what the page and the workbook say."""

import uuid
from datetime import date, timedelta
from io import BytesIO

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from pianqu.foundation.actor import Actor
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.queries import NONE, Period, UnitFigures
from pianqu.rooms.casework.tests.builders import (
    HELPER,
    LEAD,
    NOW,
    OTHER_COMMUNITY,
    checker,
    clerk,
    handler,
    importer,
    opened,
    resident,
)
from pianqu.rooms.directory import services as directory

pytestmark = pytest.mark.django_db
MARCH = queries.period_of("2026-03")
ENGLISH = {"Accept-Language": "en"}


def period() -> Period:
    assert MARCH is not None
    return MARCH


def answered(code: str = LEAD, *, days: float = 1, score: int = 0, **changes: object) -> uuid.UUID:
    case = opened(**changes).case_id
    services.dispatch_case(actor=clerk(), case_id=case, lead_code=code, nature="complaint", now=NOW)
    services.resolve_case(actor=handler(code), case_id=case, reply="好了。", now=NOW + timedelta(days=days))
    if score:
        services.rate_case(actor=resident(), case_id=case, score=score, now=NOW + timedelta(days=days, hours=1))
    return case


def unit(code: str, *, by: str = "organisation", actor: Actor | None = None) -> UnitFigures:
    found = queries.evaluation_for(actor or clerk(), period=period(), by=by)
    return next(one for one in found.units if one.code == code)


def test_each_figure_counts_what_its_words_say() -> None:
    answered()
    answered(days=20)  # five working days were given
    answered(score=5)
    answered(score=1)  # reopens by itself
    returned = opened().case_id
    services.dispatch_case(actor=clerk(), case_id=returned, lead_code=LEAD, nature="complaint", now=NOW)
    services.return_task(actor=handler(LEAD), case_id=returned, article="12", words="不归我局", now=NOW)
    objected = opened().case_id
    services.dispatch_case(actor=clerk(), case_id=objected, lead_code=LEAD, nature="complaint", now=NOW)
    services.object_to_dispatch(actor=handler(LEAD), case_id=objected, article="12", words="不归我局", now=NOW)
    services.review_objection(actor=checker(), case_id=objected, upheld=False, words="归你局", now=NOW)
    one = unit(LEAD)
    assert (one.answered, one.late, one.reopened, one.right) == (4, 1, 1, 3)
    assert (one.given, one.returned, one.objected) == (6, 1, 1)
    assert (one.rated, one.satisfied) == (2, 1), "the bad rating stays, though its matter was reopened"
    assert one.hours == {24: 3, 480: 1} and one.median is not None and one.median.value == 24
    assert one.part_of("in-time") == (3, 4) and one.share_of("not-reopened") is not None


def test_a_matter_that_came_back_is_not_right_at_the_first_try() -> None:
    case = opened().case_id
    services.dispatch_case(actor=clerk(), case_id=case, lead_code=HELPER, nature="complaint", now=NOW)
    services.return_task(actor=handler(HELPER), case_id=case, article="12", words="不归我局", now=NOW)
    services.dispatch_case(actor=clerk(), case_id=case, lead_code=LEAD, now=NOW)
    services.resolve_case(actor=handler(LEAD), case_id=case, reply="好了。", now=NOW)
    services.reopen_case(actor=resident(), case_id=case, words="没好", now=NOW + timedelta(hours=1))
    services.dispatch_case(actor=clerk(), case_id=case, lead_code=LEAD, now=NOW + timedelta(hours=2))
    services.resolve_case(actor=handler(LEAD), case_id=case, reply="好了。", now=NOW + timedelta(hours=3))
    one = unit(LEAD)
    assert (one.answered, one.right, one.reopened, one.given) == (2, 0, 1, 2), (
        "each answer counts, the first was reopened"
    )
    assert unit(HELPER).answered == 0 and unit(HELPER).returned == 1


def test_streets_and_platforms_add_up_to_the_same() -> None:
    from pianqu.rooms.casework.services import PlaceChoice

    market = next(card.code for card in queries.shipped_categories() if card.platform == "market")
    answered()
    answered(HELPER, place=PlaceChoice(community_code=OTHER_COMMUNITY, source="community"), category=market)
    answered(place=PlaceChoice(source="none"))
    sums = {}
    for by in queries.UNITS:
        found = queries.evaluation_for(clerk(), period=period(), by=by)
        sums[by] = sum(one.answered for one in found.units)
        assert found.total.answered == sums[by]
    assert set(sums.values()) == {3}
    assert unit("330205103000", by="street").answered == 1 == unit(NONE, by="street").answered
    assert unit("market", by="platform").answered == 1


def test_the_period_holds_its_days_and_no_others() -> None:
    answered()
    april = queries.period_of("2026-04")
    assert april is not None and not queries.evaluation_for(clerk(), period=april).units
    quarter = queries.period_of("2026-Q1")
    assert quarter is not None and queries.evaluation_for(clerk(), period=quarter).total.answered == 1


def test_scopes_hold() -> None:
    answered()
    answered(HELPER)
    assert {one.code for one in queries.evaluation_for(clerk(), period=period()).units} == {LEAD, HELPER}
    assert {one.code for one in queries.evaluation_for(handler(LEAD), period=period()).units} == {LEAD}
    other = Actor(kind="post", post_id=str(uuid.uuid4()), organisation_code="330205-nobody")
    assert not queries.evaluation_for(other, period=period()).units


def test_it_takes_as_many_statements_for_many_as_for_few() -> None:
    answered()
    queries.evaluation_for(handler(LEAD), period=period())  # the scope is known from now on
    with CaptureQueriesContext(connection) as few:
        queries.evaluation_for(handler(LEAD), period=period(), by="street")
    for number in range(6):
        answered((LEAD, HELPER)[number % 2], score=number % 5 + 1)
    with CaptureQueriesContext(connection) as many:
        queries.evaluation_for(handler(LEAD), period=period(), by="street")
    assert len(few) == len(many) <= 6


def test_only_units_with_thirty_matters_are_ranked() -> None:
    for _number in range(30):
        answered()
    for _number in range(3):
        answered(HELPER)
    found = queries.evaluation_for(clerk(), period=period())
    assert [(one.code, one.is_ranked, one.whole) for one in found.ranks] == [(LEAD, True, 30), (HELPER, False, 3)]


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "2026-Q5", "2026-1", "２０２６-01", "2026-01\n", "1999-01"]
)
def test_what_is_no_period_is_none(text: str) -> None:
    assert queries.period_of(text) is None


def test_periods() -> None:
    quarter = queries.period_of("2026-Q4")
    assert quarter is not None and (quarter.first, quarter.last) == (date(2026, 10, 1), date(2026, 12, 31))
    assert queries.last_month(NOW).code == "2026-02"
    codes = [one.code for one in queries.periods(NOW)]
    assert codes[:2] == ["2026-03", "2026-02"] and codes[13:] == ["2026-Q1", "2025-Q4", "2025-Q3", "2025-Q2", "2025-Q1"]


def signed_in(client: Client) -> None:
    account = Account.objects.create_account(login="leader", password="a long one for tests", name="主任")
    directory.appoint(
        actor=importer(),
        account_id=account.id,
        organisation_code="330205-centre",
        kind="leader",
        title="主任",
        now=NOW,
    )
    client.force_login(account)


# the page ------------------------------------------------------------------------------------------------------------


def test_the_page_tells_figures_ranks_and_what_they_mean(client: Client) -> None:
    answered()
    signed_in(client)
    page = client.get("/desk/evaluation/?period=2026-03&by=organisation&measure=in-time", headers=ENGLISH)
    said = page.content.decode()
    assert page.status_code == 200 and "too few" in said and "Nobody's own work is counted" in said
    wrong = client.get("/desk/evaluation/?period=never&by=people&measure=luck", headers=ENGLISH)
    assert wrong.status_code == 200 and "names no month or quarter" in wrong.content.decode()
    empty = client.get("/desk/evaluation/?period=2025-01", headers=ENGLISH).content.decode()
    assert "Nothing to compare" in empty


def test_the_workbook_holds_numbers(client: Client) -> None:
    answered()
    signed_in(client)
    sent = client.get("/desk/evaluation/tables.xlsx?period=2026-03", headers=ENGLISH)
    book = load_workbook(BytesIO(sent.content))
    assert book.sheetnames == ["Figures", "Ranks", "What the figures mean"]
    rows = list(book["Figures"].values)
    assert rows[1][1:5] == (1, 1, 1, 1) and "evaluation-2026-03" in sent["Content-Disposition"]
