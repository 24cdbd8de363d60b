"""Numbers over very many matters are some seconds old, those over fewer never."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

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


def test_the_memory_is_bounded() -> None:
    memory: kept.Kept[int] = kept.Kept(10 * SECOND)

    def asked(key: int) -> bool:
        return memory.answer(key, now=NOW, count=lambda: key, is_kept=lambda _value: True)[1]

    assert all(asked(number) for number in range(kept.MOST + 1))
    assert not asked(kept.MOST) and asked(0)


def test_one_counts_again_while_others_wait_for_it() -> None:
    memory: kept.Kept[int] = kept.Kept(10 * SECOND)
    counted: list[int] = []
    begun, go_on = threading.Event(), threading.Event()

    def count() -> int:
        counted.append(1)
        begun.set()
        go_on.wait(20)
        return len(counted)

    def ask(now: datetime) -> int:
        return memory.answer("key", now=now, count=count, is_kept=lambda _value: True)[0]

    go_on.set()
    assert ask(NOW) == 1
    go_on.clear()
    begun.clear()
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(ask, NOW + 10 * SECOND)
        assert begun.wait(20)
        others = [pool.submit(ask, NOW + 11 * SECOND) for _ in range(3)]
        go_on.set()
        assert [one.result(20) for one in (first, *others)] == [2, 2, 2, 2]
    assert len(counted) == 2
