"""Numbers over very many matters are some seconds old, those over fewer never."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pianqu.rooms.casework.queries import desk, kept, overview, overview_for, standing_for
from pianqu.rooms.casework.tests.builders import NOW, clerk, opened

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two open matters are very many."""
    for module in (desk, overview):
        monkeypatch.setattr(module, "MANY", 1)
    yield
    desk.STANDINGS.forget()
    overview.OVERVIEWS.forget()


def test_numbers_over_few_are_counted_for_each_page() -> None:
    for number in range(1, 3):
        opened(now=NOW)
        assert standing_for(clerk(), now=NOW).waiting == overview_for(clerk(), now=NOW).total.open == number


def test_numbers_over_very_many_are_kept_for_ten_seconds_and_an_overview_for_a_minute(many: None) -> None:
    opened(now=NOW), opened(now=NOW)
    assert standing_for(clerk(), now=NOW).waiting == overview_for(clerk(), now=NOW).total.open == 2
    opened(now=NOW)
    assert standing_for(clerk(), now=NOW + 9 * SECOND).waiting == 2
    assert standing_for(clerk(), now=NOW + 10 * SECOND).waiting == 3
    seen = overview_for(clerk(), now=NOW + 59 * SECOND)
    assert (seen.total.open, seen.now) == (2, NOW)
    assert overview_for(clerk(), now=NOW + 60 * SECOND).total.open == 3


def test_kept_numbers_cost_one_statement_for_the_own_ones(many: None) -> None:
    opened(now=NOW), opened(now=NOW)
    standing_for(clerk(), now=NOW)
    with CaptureQueriesContext(connection) as seen:
        standing_for(clerk(), now=NOW + SECOND)
    assert len(seen) == 1 and "casework_task" in seen[0]["sql"] and "casework_case" not in seen[0]["sql"]


def test_the_memory_is_bounded_and_never_answers_for_a_moment_before() -> None:
    memory: kept.Kept[int] = kept.Kept(10 * SECOND)
    for number in range(kept.MOST + 1):
        memory.keep(number, number, NOW)
    assert memory.get(0, NOW) is None and memory.get(1, NOW) == 1
    assert memory.get(1, NOW - SECOND) is None
