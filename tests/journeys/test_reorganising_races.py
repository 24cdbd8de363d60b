"""A merger and daily work at once: nothing lands on an organisation that ended in the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from pianqu.composition.reorganising import reorganise
from pianqu.foundation.errors import Problem
from pianqu.rooms.casework import queries, services
from pianqu.rooms.casework.models import Case, Task
from pianqu.rooms.casework.tests.builders import (
    COMMUNITY,
    HELPER,
    LEAD,
    NOW,
    clerk,
    dispatched,
    handler,
    importer,
    opened,
    small_district,
)
from pianqu.rooms.directory.services import Reorganisation

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = 4


def at_once(*acts: Callable[[], Any]) -> list[str]:
    """Run them in threads that start together; what each was refused for, empty for done."""
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
        return list(pool.map(run, acts))


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_no_matter_stays_with_an_organisation_that_ended(_round: int) -> None:
    small_district()
    queries.forget_working_days()
    waiting, worked_on = opened(), dispatched(helpers=())
    plan = Reorganisation(of=(LEAD,), rest_to=HELPER, on=NOW.date())

    def give() -> Any:
        return services.dispatch_case(
            actor=clerk(), case_id=waiting.case_id, lead_code=LEAD, nature="complaint", now=NOW
        )

    def take_in() -> Any:
        place = services.PlaceChoice(community_code=COMMUNITY, source="community")
        return services.open_case(
            actor=handler(LEAD), words="路灯不亮", category="roads", place=place, channel="department", now=NOW
        )

    def answer() -> Any:
        return services.start_task(actor=handler(LEAD), case_id=worked_on.case_id, now=NOW)

    merged, given, taken_in, _answered = at_once(
        lambda: reorganise(actor=importer("330205"), plan=plan, now=NOW), give, take_in, answer
    )
    assert merged == "" and given in ("", "party-ended") and taken_in in ("", "own-ended")
    assert not Task.objects.filter(organisation_code=LEAD, ended_at=None).exists()
    assert not Case.objects.filter(lead_code=LEAD).exists()
    assert not Case.objects.filter(organisation_code=LEAD).exists()
    assert Case.objects.get(id=waiting.case_id).lead_code == (HELPER if given == "" else "")
