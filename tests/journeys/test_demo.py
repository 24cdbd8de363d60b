"""The demo district: varied, lawful, the same every time, and never made twice."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest

from pianqu.composition import demo, wiring
from pianqu.foundation.actor import Actor
from pianqu.foundation.installation import installation
from pianqu.foundation.models import Account
from pianqu.rooms.casework import queries
from pianqu.rooms.casework.lifecycle import State
from pianqu.rooms.casework.models import Case, Contact, Photo
from pianqu.rooms.casework.queries import street_of
from pianqu.rooms.ledger import services as ledger

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def test_the_demo_shows_every_state_street_category_and_way_in() -> None:
    demo.load(now=NOW)
    cases = list(Case.objects.all())
    assert len(cases) >= 60
    assert len({street_of(case.place_code) for case in cases if case.place_code}) == 8
    assert {case.category for case in cases} == queries.shipped_codes()
    states = Counter(case.state for case in cases)
    assert set(states) == {str(state) for state in State}
    assert queries.cases_for(Actor(kind="system", organisation_code="330205"), filters=overdue(), now=NOW).rows
    assert {case.channel for case in cases} == {"portal", "window", "phone", "department", "list"}
    assert all(case.words.endswith(demo.loading.SAYS_SYNTHETIC) for case in cases)
    assert len({case.words for case in cases}) == len(cases)
    assert all(case.opened_at <= NOW for case in cases)
    assert Contact.objects.count() >= 10 and Photo.objects.count() >= 2
    assert all(mask.startswith("100") for mask in Contact.objects.values_list("mask", flat=True))


def test_a_second_load_makes_nothing_twice_and_keeps_the_passwords() -> None:
    demo.load(now=NOW)
    path = installation().data / "demo-logins.json"
    logins = path.read_text(encoding="utf-8")
    before = Case.objects.order_by("code").values_list("code", "state")
    codes = list(before)
    demo.load(now=NOW)
    assert list(before.all()) == codes
    assert path.read_text(encoding="utf-8") == logins
    assert path.stat().st_mode & 0o777 == 0o600
    for row in json.loads(logins):
        assert Account.objects.get(login=row["login"]).check_password(row["password"]) and row["role"]


def overdue() -> queries.CaseFilter:
    return queries.CaseFilter(queue="overdue")


def test_every_role_finds_work() -> None:
    ledger.create_log(now=NOW)
    actors = demo.people.make_people
    demo.load(now=NOW)
    mine = actors(now=NOW)
    for login, queue in (("window", "unassigned"), ("handler", "mine"), ("leader", "asked"), ("checker", "answered")):
        page = queries.cases_for(mine[login], filters=queries.CaseFilter(queue=queue), now=NOW)
        assert page.rows, (login, queue)
    for login in ("cluster", "street", "grid", "admin"):
        assert queries.cases_for(mine[login], now=NOW).rows, login
    here = street_of(demo.people.GRID.organisation)
    market = queries.platform_figures(mine["window"], "market", street_code=here, now=NOW)
    law = queries.platform_figures(mine["window"], "enforcement", street_code=here, now=NOW)
    assert market.open >= 3 and market.overdue and law.notices, "every queue of a platform shows something"
    version = queries.rules_in_force(NOW.date())
    assert version is not None
    figures = queries.rule_figures(mine["leader"], version.number).values()
    assert sum(one.uses for one in figures) >= 5 and any(one.back for one in figures), (
        "rules were used, and some came back"
    )
    current = queries.rules_in_force(NOW.date())
    assert current is not None and current.starts_on is not None and current.starts_on < NOW.date()
    figures = queries.rule_figures(mine["leader"], current.number).values()
    assert sum(one.followed for one in figures) > 5 and sum(one.back for one in figures) > 0
    for login in ("leader", "checker"):
        assert [trial.state for trial in queries.trials_of(mine[login])] == [queries.TRIAL_READY]
    wiring.seal()
    wiring.drain()
    assert queries.counts().opened == Case.objects.count()
