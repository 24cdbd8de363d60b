"""Two at once: what one verb has looked at does not change before it is done."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from pianqu.foundation.errors import Problem
from pianqu.rooms.directory import queries, services
from pianqu.rooms.directory.models import Duty, Post, Power
from pianqu.rooms.directory.services import Reorganisation
from pianqu.rooms.directory.tests.builders import (
    CLUSTER,
    LAW,
    LIST,
    MARKET,
    NOW,
    SYSTEM,
    TODAY,
    account,
    posted,
    power,
    small_district,
)

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Run them in threads that start together; the codes of those that were refused."""
    start = Barrier(len(acts))

    def run(act: Callable[[], Any]) -> str:
        try:
            start.wait(10)
            act()
        except Problem as problem:
            return problem.code
        finally:
            connection.close()
        return ""

    with ThreadPoolExecutor(len(acts)) as pool:
        return [code for code in pool.map(run, acts) if code]


def on_duty(post_id: Any, code: str) -> Callable[[], Any]:
    return lambda: services.put_on_duty(
        actor=SYSTEM, post_id=post_id, organisation_code=code, starts=NOW, ends=NOW + timedelta(hours=8), now=NOW
    )


def test_nobody_gets_duty_twice() -> None:
    small_district()
    person = posted("a")
    assert at_once(on_duty(person, CLUSTER), on_duty(person, LAW)) == ["duty-double"]
    assert Duty.objects.count() == 1


def test_nobody_is_appointed_where_the_organisation_has_just_ended() -> None:
    small_district()
    people = [account(login) for login in "abc"]
    plan = Reorganisation(of=(LAW,), rest_to=MARKET, on=TODAY)

    def appoint(person: Any) -> Callable[[], Any]:
        return lambda: services.appoint(
            actor=SYSTEM, account_id=person.id, organisation_code=LAW, kind="handler", title="岗", now=NOW
        )

    at_once(lambda: services.reorganise(actor=SYSTEM, plan=plan, now=NOW), *(appoint(person) for person in people))
    assert queries.organisation(LAW).ended
    assert not Post.objects.filter(valid_to=None, organisation__code=LAW).exists()


def test_a_list_imported_twice_at_once_is_there_once() -> None:
    small_district()

    def take() -> None:
        services.import_powers(actor=SYSTEM, rows=[power()], source=LIST, now=NOW)

    at_once(take, take, take)
    assert Power.objects.count() == 1
