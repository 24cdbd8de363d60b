"""The year behind the demo: drawn by seed, lawful, in order of time, with seasons and the planted surge."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from pianqu.composition import demo
from pianqu.composition.demo import year
from pianqu.composition.demo.people import LEADER
from pianqu.composition.district import load_district
from pianqu.foundation.actor import Actor
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.lifecycle import OPEN
from pianqu.rooms.casework.models import CallBack, Case
from pianqu.rooms.directory import queries as directory
from pianqu.rooms.ledger.models import Entry

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
SYSTEM = Actor(kind="system", organisation_code="330205")

pytestmark = pytest.mark.django_db


def told(matter: year.Matter) -> tuple[object, ...]:
    return (matter.words, matter.opened_at, matter.place, matter.channel, matter.contact)


def test_the_same_seed_draws_the_same_year_with_its_seasons() -> None:
    load_district(code="330205", now=NOW)
    drawn = year.matters(3_000, now=NOW)
    assert [told(m) for m in drawn] == [told(m) for m in year.matters(3_000, now=NOW)]
    assert len(drawn) >= 3_000
    assert len({m.words for m in drawn}) > 0.8 * len(drawn)
    assert all(m.words.endswith(year.SAYS_SYNTHETIC) and "{" not in m.words for m in drawn)
    noise = Counter(m.opened_at.month for m in drawn if m.kind["category"] == "noise")
    assert noise[6] + noise[7] + noise[8] > 2 * (noise[12] + noise[1] + noise[2])
    hours = Counter(m.opened_at.astimezone(year.HERE).hour for m in drawn)
    assert hours[10] > 2 * hours[7] and set(hours) == set(year.HOURS)


def test_the_surge_stands_out_where_it_was_planted() -> None:
    load_district(code="330205", now=NOW)
    drawn = [m for m in year.matters(3_000, now=NOW) if m.kind["category"] == "water"]
    days = Counter(m.opened_at.date() for m in drawn if (m.place.community_code or "").startswith("330205008"))
    (_first, most), (_second, _fewer) = days.most_common(2)
    usual = sorted(days.values())[len(days) // 2]
    assert most >= 10 * usual


def test_a_year_runs_through_the_verbs_in_the_order_of_time() -> None:
    demo.load(now=NOW, year=200)
    cases = Case.objects.count()
    assert cases >= 320
    course = ("casework.case-opened", "casework.case-dispatched", "casework.case-resolved", "casework.case-closed")
    lived = Entry.objects.filter(
        kind__in=course, recorded_at__lt=NOW - timedelta(days=8)
    )  # what was shown beside comes later, and some of it is a week old
    at = list(lived.order_by("organisation_code", "counter").values_list("organisation_code", "recorded_at"))
    assert at == sorted(at)
    old = Case.objects.filter(opened_at__lt=NOW - timedelta(days=60))
    assert old.filter(state__in=OPEN).count() <= 0.05 * old.count()
    assert {"closed", "withdrawn", "rated"} <= set(Case.objects.values_list("state", flat=True))
    late = queries.cases_for(SYSTEM, filters=queries.CaseFilter(queue="overdue"), now=NOW)
    assert late.total is not None and late.total < 0.1 * cases
    back = Case.objects.filter(reopenings__gt=0, state="closed", opened_at__lt=NOW - timedelta(days=60))
    checked = CallBack.objects.filter(case__in=back, ended_at__isnull=False).exclude(by_post="")
    assert back.exists() and back.count() == checked.values("case").distinct().count(), "archived once it was checked"
    assert not CallBack.objects.filter(ended_at=None, listed_at__lt=NOW - timedelta(days=60)).exists()
    past = Entry.objects.filter(recorded_at__lt=NOW - timedelta(days=60))
    assert past.filter(kind="casework.task-returned").exists(), "a share of returns is true of every quarter"
    assert (
        past.filter(kind="casework.dispatch-objected").count()
        == past.filter(kind="casework.objection-reviewed").count()
        > 0
    )
    boss = directory.actor_for(Account.objects.get(login=LEADER.login).id)
    assert boss is not None and [act.done for act in queries.bulk_acts_of(boss)] == [4]
    demo.load(now=NOW, year=200)
    assert Case.objects.count() == cases


def test_the_surge_is_the_hottest_issue_of_the_quarter_and_has_a_root_cause() -> None:
    demo.load(now=NOW, year=200)
    centre = Actor(kind="system", organisation_code=queries.centre_code())
    hottest = queries.hot_issues(centre, span_days=queries.LONG)[0]
    assert (hottest.category, hottest.street_code) == ("water", "330205008000") and hottest.matters > 50
    (row,) = queries.root_causes(centre)
    assert row.cause_id == hottest.cause_id and row.matters == hottest.matters and (row.done, row.measures) == (2, 3)
    page = queries.root_cause(centre, row.cause_id, now=NOW)
    assert page.measured is not None and sum(page.measured.here[: page.measured.weeks_before]) > 50
